"""What the sockets of the learner's process did: from its tape into a message, and from the message into a recording of the judge's process.

Comes in: entries of a tape; goes out: a `State`, and on the other side entries again, as the calls of a program. How they travel: `recording.carried`. Who may import it: the learner's process
(`state_of`) and the judge (`entries_of`).
"""

from __future__ import annotations

from collections.abc import Iterable

from helpers.checking.messages import Doing, State
from helpers.recording.carried import Carried, Reader, carried
from helpers.sockets.tapes import Caller, Entry, Trace


def state_of(entries: Iterable[Entry], doing: Doing = Doing()) -> State:  # noqa: B008  # it is immutable
    """The calls of these entries, and the sockets that are named in them. (Without those that a library keeps for itself.)"""
    found = carried(entries)
    return State(found.calls, found.sockets, doing)


def entries_of(state: State, program: str) -> tuple[list[tuple[Entry, Caller]], list[Trace]]:
    """The calls as entries of `program`, each with its caller, and the sockets: what `Recording.add` takes."""
    rows = Reader(program).rows(Carried(state.calls, state.sockets))
    return rows.entries, rows.traces
