"""Pictures of what happened: each an image with an alt text, and the same told in words (`describe()`).

Comes in: a recording (`Recorded`), the kernel's states, a text, the bytes of a message. Goes out: a `Picture`, the same bytes for the same run. Nothing here
talks to a socket. Who draws: `watching`, the panels, the report of a check, and whoever calls `helpers.pictures` in a cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.lazy import face

if TYPE_CHECKING:
    from helpers.pictures.characters.diagram import encoding as encoding
    from helpers.pictures.drawing import Picture as Picture
    from helpers.pictures.kernel import states as states
    from helpers.pictures.life_cycles.diagram import life_cycle as life_cycle
    from helpers.pictures.messages.diagram import message as message
    from helpers.pictures.messages.fields import Field as Field
    from helpers.pictures.sequence.sheet import conversation as conversation
    from helpers.pictures.stairs import stream as stream

__getattr__, __dir__, __all__ = face(
    "helpers.pictures",
    {
        "Field": "messages.fields",
        "Picture": "drawing",
        "conversation": "sequence.sheet",
        "encoding": "characters.diagram",
        "life_cycle": "life_cycles.diagram",
        "message": "messages.diagram",
        "states": "kernel",
        "stream": "stairs",
    },
)
