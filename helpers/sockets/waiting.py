"""Which threads are blocked in a call of a socket, and on what: read off their frames.

Comes in: a thread's innermost frame. Goes out: the socket in it, whether it waits, whether what it waits for is there; and an entry for each call that has not
come back. Which methods block, and where, is said by the table in `blocking`. Who uses it: a recording as it ends, `running` to see whether all rests, and
to wake whoever is stopped.
"""

from __future__ import annotations

import socket
import types

from helpers.sockets import owners, tapes
from helpers.sockets.blocking import BlockingMethod, Examined, examine, lines_with
from helpers.sockets.plain import Plain, is_ready
from helpers.sockets.stacks import OtherStacks
from helpers.sockets.tapes import Entry, Trace
from helpers.sockets.traced import is_traced

_CODE = examine()


def know(more: Examined) -> None:
    """Methods that are there only now."""
    _CODE.calls.update(more.calls)
    _CODE.waiting.update(more.waiting)


def socket_in(frame: types.FrameType) -> socket.socket | None:
    """The socket in whose method `frame`, a thread's innermost one, stands: ours, or the standard library's (`ssl`)."""
    this = frame.f_locals.get("sock" if frame.f_code is is_ready.__code__ else "self")
    return this if isinstance(this, Plain) else None


def waits(frame: types.FrameType) -> bool:
    """Whether `frame` is one of the blocking calls, and still in the line that waits: what it brings may be there, with the thread not yet at work on it."""
    code = frame.f_code
    if code not in _CODE.waiting:
        return False
    method = _CODE.waiting[code]
    return method is None or frame.f_lineno in lines_with(code, method)


def is_ready_for(frame: types.FrameType) -> bool:
    """Whether the blocking call in `frame` need wait no longer, and its thread is about to run."""
    sock = socket_in(frame)
    if sock is None or sock.fileno() < 0:
        return False
    call = _call_around(frame)
    method = _CODE.calls[call.f_code] if call is not None else None
    if is_traced(sock) and method is not None and _is_due(sock._trace, method):
        return True
    try:
        return is_ready(sock, reading=method is not None and method.reads)
    except (OSError, ValueError):  # closed meanwhile
        return False


def has_mate(frame: types.FrameType) -> bool:
    """Whether the call in `frame` waits for an end that is in this process as well."""
    sock = socket_in(frame)
    return is_traced(sock) and sock._trace.mate is not None


def _call_around(frame: types.FrameType) -> types.FrameType | None:
    """The frame of the blocking method that a program called, from the innermost one of its thread; None: it waits in none."""
    found: types.FrameType | None = frame
    while found is not None and found.f_code not in _CODE.calls:
        found = found.f_back
    return found


def _is_due(trace: Trace, method: BlockingMethod) -> bool:
    """Whether something is on its way to a call: the system says nothing of what a thread has taken already, but not come back with."""
    if method.name == "accept":
        return bool(trace.queue)
    if not method.reads or trace.mate is None or trace.ended:
        return False
    return trace.mate.sent > trace.received or trace.mate.finished


def calls_under_way() -> list[Entry]:
    """An entry, without an end, for each blocking call that has not come back; where several threads wait in the same call, one (of `sendall`s each: some of their bytes are gone)."""
    found: dict[tuple[Trace, str, int], Entry] = {}
    with OtherStacks() as frames:
        for ident, innermost in frames.items():
            entry = _call_under_way(ident, innermost)
            if entry is not None:
                found.setdefault((entry.trace, entry.call, ident if entry.call == "sendall" else 0), entry)
    return sorted(found.values(), key=lambda entry: entry.trace.number)


def _call_under_way(ident: int, innermost: types.FrameType) -> Entry | None:
    frame = _call_around(innermost) if waits(innermost) else None
    sock = frame.f_locals["self"] if frame is not None else None
    if frame is None or not is_traced(sock):
        return None
    method = _CODE.calls[frame.f_code]
    asked = method.measure(frame.f_locals[method.asked]) if method.asked else 0
    thread = tapes.Thread(ident, owners.name_of(ident))
    begun = frame.f_locals["begun"]
    shakes_hands = method.name == "tls.do_handshake" and not getattr(sock, "_made", True)
    name = "tls.wrap_socket" if shakes_hands else method.name
    return Entry(sock._trace, name, begun, None, thread, b"", 0, asked, sock._trace.sent, None)
