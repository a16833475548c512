"""Which calls block, and what on: read off the frames of the threads that are in them."""

from __future__ import annotations

import dis
import socket
import sys
import threading
import types

from helpers.sockets import tapes
from helpers.sockets.plain import Plain, is_ready
from helpers.sockets.polling import PollingSocket
from helpers.sockets.tapes import (
    Entry,
    Trace,
    size_of,
)
from helpers.sockets.traced import Socket


def socket_in(frame: types.FrameType) -> socket.socket | None:
    """The socket in whose method `frame`, a thread's innermost one, stands: ours, or the standard library's (`ssl`)."""
    this = frame.f_locals.get("sock" if frame.f_code is is_ready.__code__ else "self")
    return this if isinstance(this, Plain) else None


def waits(frame: types.FrameType) -> bool:
    """Whether `frame` is one of the blocking calls, and still in the line that waits: what it brings may be there, with the thread not yet at work on it."""
    lines = _BLOCKING.get(frame.f_code)
    return lines is not None and (not lines or frame.f_lineno in lines)


def is_ready_for(frame: types.FrameType) -> bool:
    """Whether the blocking call in `frame` need wait no longer, and its thread is about to run."""
    sock = socket_in(frame)
    if sock is None or sock.fileno() < 0:
        return False
    while frame.f_code not in _CALLS and frame.f_back is not None:
        frame = frame.f_back
    call = frame.f_code.co_name
    reads = call.startswith(("accept", "recv"))
    if isinstance(sock, Socket) and _is_due(sock._trace, call):
        return True
    try:
        return is_ready(sock, reading=reads)
    except (OSError, ValueError):  # closed meanwhile
        return False


def _is_due(trace: Trace, call: str) -> bool:
    """Whether something is on its way to `call`: the system says nothing of what a thread has taken already, but not come back with."""
    if call == "accept":
        return bool(trace.queue)
    if not call.startswith("recv") or trace.mate is None or trace.ended:
        return False
    return trace.mate.sent > trace.received or trace.mate.finished


def calls_under_way() -> list[Entry]:
    """An entry, without an end, for each blocking call that has not come back; where several threads wait in the same call, one."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    found: dict[tuple[Trace, str], Entry] = {}
    for ident, innermost in sys._current_frames().items():
        frame: types.FrameType | None = innermost if waits(innermost) else None
        while frame is not None and frame.f_code not in _CALLS:
            frame = frame.f_back
        sock = frame.f_locals.get("self") if frame is not None else None
        if frame is None or not isinstance(sock, Socket):
            continue
        call, begun = frame.f_code.co_name, frame.f_locals.get("begun")
        thread = tapes.Thread(ident, names.get(ident, "a thread without a name"))
        entry = Entry(sock._trace, call, begun, None, thread, b"", 0, _asked(frame), sock._trace.sent, None)
        found.setdefault((entry.trace, entry.call), entry)
    return sorted(found.values(), key=lambda entry: entry.trace.number)


def _asked(frame: types.FrameType) -> int:
    """How many bytes the call in `frame` was given to send, or asked for."""
    known = frame.f_locals
    if "data" in known:
        return size_of(known["data"])
    if "buffers" in known:
        return sum(map(size_of, known["buffers"]))
    return known.get("asked", known.get("bufsize", 0))


_CALLS = {
    getattr(Socket, name).__code__
    for name in (
        "accept", "connect", "recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into",
        "send", "sendall", "sendto", "sendmsg",
    )
    if hasattr(Socket, name)
}  # fmt: skip

_WAITING = {"_accept", "_connect", "_recv", "_recv_into", "_recvfrom", "_recvfrom_into", "_recvmsg", "_recvmsg_into", "_send", "_sendto", "_sendmsg"}  # fmt: skip


def _waiting_lines(code: types.CodeType) -> set[int]:
    """The lines of a blocking call in which it is the system that keeps it waiting."""
    found = {each.positions.lineno for each in dis.get_instructions(code) if each.argval in _WAITING and each.positions}
    return {line for line in found if line is not None}


# Of two threads that a `PollingSocket` has told of the same client, or the same bytes, one finds nothing, and waits in the system.
_LATE = {vars(PollingSocket)[name].__code__ for name in _WAITING & set(vars(PollingSocket))}

_BLOCKING: dict[types.CodeType, set[int]] = {code: _waiting_lines(code) for code in _CALLS | _LATE} | {
    code: set()
    for code in (
        PollingSocket._wait.__code__,
        Plain.accept.__code__,
        Socket._wait_for_room.__code__,
        is_ready.__code__,
    )
}
