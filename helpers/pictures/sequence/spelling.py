"""A call as it is written in Python, in lines of so many characters: never without the bytes that matter.

Comes in: an `Event`, and its address as it may be shown. Goes out: lines. Only the `Wording` asks here.

Which bytes matter: of a short message all of them (a length stands in front of it, a character may be cut in it); of a long one those at its
beginning and those at its end, since a receive ends where a message was cut, and the next one begins there. Only what lies between is left out.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import NamedTuple

from helpers.pictures.sequence.mixing import is_piece
from helpers.recording.events import Event
from helpers.sockets.tapes import KEPT_HEAD, LARGE
from helpers.words import many, shortened

WHOLE = 16
"""Bytes that are always spelled out."""
LINES = 3
"""Lines that bytes may take, in a picture."""
WORD = 12
"""Characters of a word that is not broken."""
FIRST, LAST = 8, 4
"""Bytes at the beginning and at the end that one line must have room for; if it has not, they take two."""
_HOW: dict[int | None, str] = {socket.SHUT_RD: "SHUT_RD", socket.SHUT_WR: "SHUT_WR", socket.SHUT_RDWR: "SHUT_RDWR"}


class Call(NamedTuple):
    """A call, taken apart."""

    before: str
    """All that stands before the bytes."""
    data: bytes | None = None
    """Those that are known; None: there are none to be shown."""
    size: int = 0
    """How many they are."""
    after: str = ""


def spelled(event: Event, address: str) -> Call:
    """What a call was given, and what it gave back."""
    call = event.call
    if event.error == "TypeError" or ((event.receives or event.hears) and event.ended is None):
        return Call(f"{call}(…)")  # what it was given is not known
    if event.says:
        return _sent(event)
    if event.hears:
        asked = f"{call}({event.asked if '_into' not in call else 'buffer'})"
        return Call(asked) if event.error else Call(f"{asked} → ", event.data, event.size)
    if call == "pending":
        return Call(f"pending() → {event.told}")
    if call == "accept":
        return Call("accept() → conn" if event.accepted is not None else "accept()")
    if call in ("bind", "connect", "connect_ex"):
        return Call(f"{call}({address})")
    if call == "listen":
        return Call(f"listen({event.asked or '' if event.how is None else event.how})")
    if call == "shutdown":
        return Call(f"shutdown({_HOW.get(event.how, event.how)})")
    return Call(f"{call}()")


def _sent(event: Event) -> Call:
    call, asked, given = event.call, event.asked, ", …" if event.call == "sendto" else ""
    result = f" → {event.size:,}" if call != "sendall" and not event.error else ""
    if event.error and not event.size and asked and event.data:
        return Call(f"{call}(", event.data, asked, f"{given})")
    if event.error and not event.size and not asked:
        return Call(f"{call}(…)")  # mostly it was no bytes
    if is_piece(event):
        return Call(f"{call}(… ", event.data, event.size, " …)")
    if event.size != asked:
        return Call(f"{call}({many(asked, 'byte')}{given}){result}")
    return Call(f"{call}(", event.data, event.size, f"{given}){result}")


# In one line


def in_one_line(call: Call, most: int) -> str:
    """In about `most` characters; short messages are whole all the same."""
    if call.data is None:
        return call.before + call.after
    return call.before + bytes_in_one_line(call.data, call.size, most - len(call.before + call.after)) + call.after


def bytes_in_one_line(data: bytes, size: int, most: int) -> str:
    """`size` bytes, of which `data` is known."""
    if size == len(data) and (size <= WHOLE or len(repr(data)) <= most):
        return repr(data)
    count = f" ({many(size, 'byte')})"
    return (_both_ends(data, size, most - len(count)) or _begun(data, size, most - len(count))) + count


# In several


def in_lines(call: Call, most: int) -> list[str]:
    """In lines of at most `most` characters each; what has no bytes is cut where it is too long for two."""
    line = in_one_line(call, most)
    if len(line) <= most and (call.data is None or call.size == len(call.data)):
        return [line]
    if call.data is None:
        return [shortened(each, most) for each in _broken(line)]
    if call.size == len(call.data):
        lines = _filled(call.data, call.after, most)
        if len(lines) <= LINES or call.size <= WHOLE:
            return [call.before, *lines]
    count = f"{call.before}{many(call.size, 'byte')}{call.after}"
    first, *result = [count] if len(count) <= most else _broken(count)
    return [shortened(first, most), *_ends(call.data, call.size, most), *result]


def _broken(line: str) -> list[str]:
    """A call that is too long for one line: in front of its result, or else of what it was given."""
    call, arrow, result = line.partition(" → ")
    if arrow:
        return [f"{call} ", f"→ {result}"]
    name, opened, given = line.partition("(")
    return [name + opened, given] if given else [line]


def _ends(data: bytes, size: int, most: int) -> list[str]:
    """The beginning and the end of a long message, in as few lines as will do."""
    line = _both_ends(data, size, most)
    if line is not None:
        return [line]
    head, tail, quote = _known(data, size)
    first = f"b{quote}{_fitting(head, most - 4)}…"
    return [first, f"…{_fitting(tail, most - 2, end=True)}{quote}"] if tail else [first + quote]


def _filled(data: bytes, after: str, most: int) -> list[str]:
    """A message in as many lines as it takes; `after` stands at the end of the last one."""
    quote = _quote(data)
    lines = [f"b{quote}"]
    for piece in [*_pieces(data, quote), quote + after]:
        if len(lines[-1]) + len(piece) > most:
            # Between words, if one has just begun.
            end = lines[-1].rfind(" ", max(most - WORD, 0)) + 1 or len(lines[-1])
            lines[-1:] = [lines[-1][:end], lines[-1][end:]]
        lines[-1] += piece
    return lines


# Messages that are too long


class _Known(NamedTuple):
    """What is known of a message, each byte as it stands between quotes."""

    head: Sequence[str]
    tail: Sequence[str]
    quote: str


def _known(data: bytes, size: int) -> _Known:
    """The bytes at its beginning and at its end."""
    head, tail = data, data
    if size > len(data):
        head, tail = data[:KEPT_HEAD], data[KEPT_HEAD:] if size <= LARGE else b""
    quote = _quote(data)
    return _Known(_pieces(head, quote), _pieces(tail, quote), quote)


def _both_ends(data: bytes, size: int, most: int) -> str | None:
    """Its beginning and its end, if there is room for both."""
    head, tail, quote = _known(data, size)
    if not tail:
        return None
    room = most - len("b'…'")
    end = _fitting(tail, max(room // 3, sum(map(len, tail[-LAST:]))), end=True)
    begin = _fitting(head, room - len(end))
    if len(begin) < sum(map(len, head[:FIRST])) or len(end) < sum(map(len, tail[-LAST:])):
        return None
    return f"b{quote}{begin}…{end}{quote}"


def _begun(data: bytes, size: int, most: int) -> str:
    """Its beginning, and as much of its end as there is room for."""
    head, tail, quote = _known(data, size)
    room = max(most - len("b'…'"), FIRST + LAST)
    end = _fitting(tail, room // 3, end=True)
    return f"b{quote}{_fitting(head, room - len(end))}…{end}{quote}"


def _quote(data: bytes) -> str:
    """The quotes that Python puts around it."""
    return repr(data)[1]


def _pieces(data: bytes, quote: str) -> list[str]:
    return [f"\\{quote}" if byte == ord(quote) else repr(bytes([byte]))[2:-1] for byte in data]


def _fitting(pieces: Sequence[str], most: int, end: bool = False) -> str:
    """As many of them, from the beginning or the `end`, as fit."""
    taken: list[str] = []
    length = 0
    for piece in reversed(pieces) if end else pieces:
        length += len(piece)
        if length > most:
            break
        taken.append(piece)
    return "".join(reversed(taken) if end else taken)
