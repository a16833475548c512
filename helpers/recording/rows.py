"""What another process has recorded, as it stands in a line of JSON: a row for each call and each socket, in the order of the fields, since there may be thousands.

Comes in: `SocketCall`s and `SocketInfo`s. Goes out: their rows, and on the other side the same again; `Damaged` if they are none, or contradict each other. Who uses it: the judge's `wire`,
and `running.processes.messages`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from helpers.recording.carried import Carried, SocketCall, SocketInfo
from helpers.recording.fields import (
    TEXT,
    Damaged,
    Told,
    detail,
    head,
    listing,
    seconds_or_none,
    text,
    text_or_none,
    whole,
    whole_or_none,
)
from helpers.sockets.tapes import Bypassed

ROLES = frozenset({"client", "server", "listening", "datagram", "pair", "unconnected"})
"""Of a socket, as recordings have them."""


def told(calls: Sequence[SocketCall], sockets: Sequence[SocketInfo]) -> Told:
    """The fields of a message."""
    return {
        "calls": [
            (*call[:4], call.thread[:TEXT], base64.b64encode(call.data).decode("ascii"), *call[6:9], call.error and call.error[:TEXT], *call[10:])
            for call in calls
        ],
        "sockets": sockets,
    }  # fmt: skip


def read(message: Told, most_calls: int, most_sockets: int) -> Carried:
    """What the fields say."""
    calls, sockets = listing(message["calls"]), listing(message["sockets"])
    if len(calls) > most_calls or len(sockets) > most_sockets:
        raise Damaged("too many calls")
    found = Carried(tuple(_socket_call(each) for each in calls), tuple(_socket_info(each) for each in sockets))
    known = {each.number for each in found.sockets}
    for call in found.calls:
        if call.socket not in known or (call.accepted is not None and call.accepted not in known):
            raise Damaged("a call of a socket that nothing is known of")
        if call.method == "accept" and call.accepted is None and not call.waits and call.error is None:
            raise Damaged("an accept that made no socket")
    return found


def _socket_call(row: object) -> SocketCall:
    (
        number, method, begun, ended, thread, data, size, asked, offset, error, given, flags, timeout, accepted, ident
    ) = _padded(row, SocketCall)  # fmt: skip
    return SocketCall(
        whole(number),
        text(method),
        seconds_or_none(begun),
        seconds_or_none(ended),
        text(thread),
        head(data),
        whole(size),
        whole(asked),
        whole(offset),
        text_or_none(error),
        detail(given),
        whole(flags),
        seconds_or_none(timeout),
        whole_or_none(accepted),
        whole(ident),
    )


def _socket_info(row: object) -> SocketInfo:
    (
        number, family, kind, role, local, peer, bound, since, listener, timeout, mate, sent, before, after
    ) = _padded(row, SocketInfo)  # fmt: skip
    if text(role) not in ROLES:
        raise Damaged("a socket of no role")
    return SocketInfo(
        whole(number),
        whole(family),
        whole(kind),
        text(role),
        detail(local),
        detail(peer),
        detail(bound),
        whole(since),
        whole_or_none(listener),
        seconds_or_none(timeout),
        whole_or_none(mate),
        whole(sent),
        _bypassed(before),
        _bypassed(after),
    )


def _padded(row: object, kind: type[SocketCall] | type[SocketInfo]) -> list[object]:
    """The fields of a row; what has a default may be left out at its end."""
    found, defaults = listing(row), list(kind._field_defaults.values())
    left_out = len(kind._fields) - len(found)
    if not 0 <= left_out <= len(defaults):
        raise Damaged("no row of that length")
    return found + [list(each) if isinstance(each, tuple) else each for each in defaults[len(defaults) - left_out :]]


def _bypassed(row: object) -> Bypassed:
    sent, received = listing(row, 2)
    return Bypassed(whole_or_none(sent), whole_or_none(received))
