"""The capstone *A · A chat*: the room of lesson 11, with a history for whoever comes late, and private lines; in any design.

Comes in: the scenes of the room, which the chat has to stand as well. Goes out: the exercise `chat_server`. `exercise` has what is asked and one answer, `history` what a newcomer is to hear,
`place` the room as the judge has it, `talks` and `crowds` what happens there that happens in no room of lesson 11. Who may import it: the face of the lesson.
"""

from __future__ import annotations

from helpers.exercises.lesson20.chat.exercise import chat_server as chat_server
