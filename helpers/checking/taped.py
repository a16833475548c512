"""What the sockets of the learner's process did: from its tape into a message, and from the message into a recording of the judge's process.

Comes in: entries of a tape; goes out: a `State`, and on the other side entries again, as the calls of a program. Who may import it: the learner's process
(`state_of`) and the judge (`entries_of`).
"""

from __future__ import annotations

import socket
from collections.abc import Iterable

from helpers.checking.messages import Detail, Doing, SocketCall, SocketInfo, State
from helpers.checking.wire import DEEPEST, TEXT
from helpers.sockets.tapes import Caller, Entry, More, Thread, Trace

LATER = 1 << 40
"""More steps than a process takes, and more bytes than it sends."""
_NOTHING_MORE = More()


def state_of(entries: Iterable[Entry], doing: Doing = Doing()) -> State:  # noqa: B008  # it is immutable
    """The calls of these entries, and the sockets that are named in them. (Without those that a library keeps for itself.)"""
    seen: dict[int, Trace] = {}
    calls = tuple(_call(each, seen) for each in entries if not each.trace.inner)
    for trace in list(seen.values()):
        if trace.listener is not None:
            seen.setdefault(trace.listener.number, trace.listener)
    return State(calls, tuple(_info(each) for each in seen.values()), doing)


def _call(entry: Entry, seen: dict[int, Trace]) -> SocketCall:
    more = entry.more or _NOTHING_MORE
    detail, made = more.detail, None
    if entry.call == "accept" and isinstance(detail, tuple):
        made, detail = detail
    for trace in (entry.trace, made):
        if trace is not None:
            seen[trace.number] = trace
    return SocketCall(
        entry.trace.number, entry.call, entry.begun, entry.ended, entry.thread.name, entry.data, entry.size, _bounded(entry.asked), entry.offset,
        more.error, _plain(detail), int(more.flags), more.timeout, made.number if made is not None else None,
    )  # fmt: skip


def _bounded(asked: int) -> int:
    """What a program asked for: any number, or True."""
    return max(-(1 << 63), min(int(asked), (1 << 63) - 1))


def _info(trace: Trace) -> SocketInfo:
    return SocketInfo(
        trace.number, int(trace.family), int(trace.kind), trace.role, _plain(trace.local), _plain(trace.peer), _plain(trace.bound), trace.since,
        trace.listener.number if trace.listener is not None else None, _timeout(trace.find()),
    )  # fmt: skip


def _plain(detail: object, depth: int = 0) -> Detail:
    """An address, or another detail, as far as it is plain: a program may call `connect` with anything."""
    if isinstance(detail, (tuple, list)) and depth < DEEPEST:
        return tuple(_plain(each, depth + 1) for each in detail)
    if isinstance(detail, str):
        return detail[:TEXT]
    if isinstance(detail, int) and -(1 << 63) <= detail < 1 << 63:
        return int(detail)
    return detail if isinstance(detail, float) and detail - detail == 0 else None


def _timeout(sock: socket.socket | None) -> float | None:
    return sock.gettimeout() if sock is not None and sock.fileno() >= 0 else None


def entries_of(state: State, program: str) -> tuple[list[tuple[Entry, Caller]], list[Trace]]:
    """The calls as entries of `program`, each with its caller, and the sockets: what `Recording.add` takes."""
    traces = {each.number: _trace(each, program) for each in state.sockets}
    for each in state.sockets:
        traces[each.number].listener = traces.get(each.listener) if each.listener is not None else None
    threads: dict[str, Thread] = {}
    entries = []
    for call in state.calls:
        name = f"{program}: {call.thread}"
        thread = threads.setdefault(name, Thread(-1 - len(threads), name))
        detail = call.detail if call.accepted is None else (traces[call.accepted], call.detail)
        entry = Entry(
            traces[call.socket], call.method, call.begun, call.ended, thread, call.data, call.size, call.asked, call.offset,
            More(call.error, detail, call.flags, call.timeout),
        )  # fmt: skip
        entries.append((entry, Caller(name, program)))
    return entries, list(traces.values())


def _trace(told: SocketInfo, program: str) -> Trace:
    trace = Trace(told.family, told.kind, program)
    trace.role, trace.local, trace.peer, trace.bound = told.role, told.local, told.peer, told.bound
    # Steps are counted in each process for itself: its listening sockets were there before our clients, its clients come after our listening sockets.
    trace.sent = LATER  # it has counted them in its own process
    trace.since = 0 if trace.role == "listening" else LATER + told.since
    return trace
