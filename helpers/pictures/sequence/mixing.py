"""Whose bytes are whose where several threads send on one socket, and one begins before another has ended what it says.

Comes in: the calls of a picture. Goes out: `Mixed`, a letter for each such thread. Only the `Scene` asks here.

That several threads send on a socket is no harm, as long as each says a line before the next one does. So it is looked for a thread that goes on after another one came in between: in the middle of a
`sendall`, or of a line.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import re
import string
from collections.abc import Iterable, Mapping, Sequence

from helpers.recording.events import Event
from helpers.words import number

_Thread = tuple[str | None, str, int | None]
_UNNAMED = re.compile(r"Thread-\d+(?: \((.*)\))?")
"""A name that Python gave, with the name of the function in brackets: the number is another one at each run."""

_OURS = "helpers: "
"""How the names of threads begin that a program did not start itself."""


@dataclasses.dataclass(frozen=True)
class Mixed:
    """The threads whose bytes are mixed."""

    senders: Mapping[int, str]
    """The letter of the thread that made a send, by the `order` of the call."""
    names: Mapping[str, str]
    """The name of each, by its letter."""

    def words(self) -> list[str]:
        """Who is meant by the letters."""
        if not self.names:
            return []
        called = collections.Counter(self.names.values())
        known = [f"{letter} is {name}" for letter, name in self.names.items() if name and called[name] == 1]
        who = f" {', '.join(known)}." if known else ""
        count = number(len(self.names)).capitalize()
        threads = f"{count} threads sent on one socket: the bytes of one stand among those of another."
        return [f"{threads}{who}"]


def mixed(events: Iterable[Event]) -> Mixed:
    """Give a letter to each thread that sent, in the order of `events`, among what others were saying."""
    sends: dict[int, list[Event]] = collections.defaultdict(list)
    for event in events:
        if event.sends and event.size and event.offset is not None:
            sends[event.socket.number].append(event)
    letters: dict[_Thread, str] = {}
    senders: dict[int, str] = {}
    for mine in sends.values():
        mine.sort(key=lambda event: event.offset or 0)
        if len({_thread(event) for event in mine}) < 2 or not _goes_on_later(mine):
            continue
        for event in mine:
            if _thread(event) in letters or len(letters) < len(string.ascii_uppercase):
                letter = letters.setdefault(_thread(event), string.ascii_uppercase[len(letters) % 26])
                senders[event.order] = letter
    return Mixed(senders, {letter: _name(thread) for thread, letter in letters.items()})


def is_piece(event: Event) -> bool:
    """Whether it is one of the pieces of a `sendall` between which others sent."""
    return event.call == "sendall" and not event.error and event.ended is not None and event.size < event.asked


def _goes_on_later(sends: Sequence[Event]) -> bool:
    """Whether a thread was interrupted by another, and went on behind it."""
    interrupted: set[_Thread] = set()
    for before, after in itertools.pairwise(sends):
        if _thread(after) in interrupted:
            return True
        if _thread(before) != _thread(after) and (is_piece(before) or not before.data.endswith(b"\n")):
            interrupted.add(_thread(before))
    return False


def _thread(event: Event) -> _Thread:
    return event.program, event.thread, event.thread_number


def _name(thread: _Thread) -> str:
    """As its program calls it; empty: Python, or we, have given it a name."""
    program, name, _ = thread
    name = name.removesuffix(f" of {program}")
    given = _UNNAMED.fullmatch(name)
    if given is not None:
        return given[1] or ""
    return "" if name.startswith(_OURS) else name
