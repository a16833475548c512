"""`getpass.getpass` in a program's window: the question is shown, the answer is not.

Comes in: how a program in a thread, or one in a process, writes into its window and reads what is typed there. Goes out: the answer. Those two use it.
"""

from __future__ import annotations

from collections.abc import Callable


def ask_unseen(write: Callable[[str], object], read: Callable[[], str], prompt: object, echo_char: str | None) -> str:
    """What is typed, without the end of its line; a terminal shows `echo_char` for each character of it. EOFError if nobody types any more."""
    write(str(prompt))
    line = read()
    answer = line.removesuffix("\n")
    write((echo_char or "") * len(answer) + "\n")
    if not line:
        raise EOFError
    return answer
