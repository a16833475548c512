"""Lesson 8: receiving exactly n bytes, and lines, from a stream."""

from __future__ import annotations

import random
from typing import Any

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown

PATIENT = 20.0
"""Seconds: the timeout of a socket that has one, far longer than any peer here is silent."""

# Exactly n bytes ------------------------------------------------------------------------------------------------------

receive_exactly = Exercise(
    lesson=8,
    signature="receive_exactly(conn, n)",
    brief="Return the next n bytes of the stream, and leave what follows for the next call. If the stream ends before, raise EOFError. "
    "n may be 0, and it may be ten million.",
    hints=(
        "How many bytes are still missing, after each recv?",
        "A loop: while some are missing, ask recv for just those. What does b'' mean inside that loop?",
        "data = b''; while len(data) < n: piece = conn.recv(n - len(data)); raise EOFError if piece is empty; data += piece.",
    ),
    solution="""
def receive_exactly(conn, n):
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data
""",
    reasons="recv gives at most what it is asked for, so the loop asks for what is missing: never more, or the start of the next message would be "
    "taken. b'' is the end of the stream, and half a message is none: EOFError. For n = 0 the loop is never entered, and nothing is waited for.",
)


def _must_receive(call: Call, expected: bytes) -> None:
    """It returns `expected`, and no other kind of thing."""
    call.finish()
    _must_be_no_error(call)
    if not same(call.value, expected):
        raise _not_received(call.value, expected)


def _must_be_no_error(call: Call) -> None:
    """Nothing is wrong with the stream so far."""
    if call.error == "EOFError" and not call.saw_the_end():
        raise Fell(
            "It raised EOFError, though the stream goes on: fewer bytes than were asked for are not the end of it. Only b'' is.",
            2,
        )
    call.must_not_raise()


def _not_received(value: Any, expected: bytes) -> Fell:
    got, wanted = shown(value), shown(expected)
    if type(value) is not bytes:
        return Fell(f"It returned {got} where {wanted} was to come, which is bytes.")
    if value and value in (expected.strip(), expected.lstrip(), expected.rstrip()):
        return Fell(
            f"It returned {got} where {wanted} was to come: blanks and newlines at the ends are bytes of the message."
        )
    if value and len(value) < len(expected) and expected.startswith(value):
        return Fell(
            f"It returned {got}, the first piece, where {wanted} was to come: recv(n) gives at most n bytes, and fewer when fewer are there.",
            2,
        )
    if len(value) > len(expected) and value.startswith(expected):
        return Fell(f"It returned {got}, with the start of the next message, where {wanted} was to come.", 3)
    return Fell(f"It returned {got} where {wanted} was to come.")


@receive_exactly.scenario(1, "five bytes that come in one piece")
def _whole(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.send(b"hello")
    _must_receive(call, b"hello")


@receive_exactly.scenario(1, "five bytes in two pieces")
def _pieces(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.send(b"he", b"llo")
    _must_receive(call, b"hello")


@receive_exactly.scenario(1, "two messages, cut in the first, and a call for each")
def _two(judge: Judge) -> None:
    peer, call = judge.talk(5, again=[[5]])
    peer.send(b"hel", b"loworld")
    _must_receive_in_turn(call, [b"hello", b"world"])


def _must_receive_in_turn(call: Call, messages: list[bytes]) -> None:
    """Each call returns its message. The peer has sent all of them."""
    hangs: Fell | None = None
    try:
        call.finish()
    except Hangs as error:
        hangs = error
    returned = [*call.items, call.value] if call.over and call.error is None else call.items
    for value, message in zip(returned, messages, strict=False):
        if not same(value, message):
            raise _not_received(value, message)
    if hangs is None and call.error is None:
        return
    if not returned:
        _must_be_no_error(call)
        raise hangs or Fell("It does not come back.")
    if call.error is not None:
        raise Fell(
            f"The first call returned {shown(returned[0])}; call number {len(returned) + 1}, on the same connection, raised {call.error}: {call.text}. "
            "The connection has to stay as it was found."
        )
    raise Fell(
        f"The call before returned {shown(returned[-1])}, and this one waits for {shown(messages[len(returned)])}, which has arrived: "
        "it was taken by the call before, with more than n bytes, and is lost.",
        3,
    )


@receive_exactly.scenario(1, "what follows is left for whoever reads next")
def _rest(judge: Judge) -> None:
    peer, call = judge.talk(5, rest=True)
    peer.send(b"hel", b"loworld")
    peer.end()
    _must_receive(call, b"hello")
    if call.rest is None:
        raise Fell("It closed the connection, and what follows cannot be read any more.")
    if not same(call.rest, b"world"):
        raise Fell(
            f"The stream was b'helloworld', and after its 5 bytes {shown(call.rest)} is left to read instead of b'world': it took more than n, and whoever "
            "reads next misses that.",
            3,
        )


@receive_exactly.scenario(1, "a stream that ends in the middle")
def _ends(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.send(b"hel")
    peer.end()
    call.finish()
    if call.error is None and same(call.value, b"hel"):
        raise Fell(
            "It returned b'hel' where the stream ended after 3 of 5 bytes: half a message is none, and that asks for EOFError."
        )
    call.must_raise(EOFError, "the stream ended after 3 of 5 bytes")


@receive_exactly.scenario(2, "a second connection, after one that ended in the middle")
def _second(judge: Judge) -> None:
    peer, call = judge.talk(9)
    peer.send(b"he", b"llo")
    peer.end()
    call.must_raise(EOFError, "the stream ended after 5 of 9 bytes")
    peer, call = judge.talk(5)
    peer.send(b"w", b"orld")
    call.finish()
    if type(call.value) is bytes and b"h" in call.value:
        raise Fell(
            f"It returned {shown(call.value)} where b'world' was to come: something of an earlier connection is among it. Each call begins with nothing."
        )
    _must_receive(call, b"world")


@receive_exactly.scenario(2, "a stream that ends at once")
def _nothing(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.end()
    call.must_raise(EOFError, "the stream ended before the first of 5 bytes")


@receive_exactly.scenario(2, "no bytes at all: n = 0")
def _none(judge: Judge) -> None:
    silent = Fell("It waits for something to arrive where n is 0: nothing is missing, so there is nothing to wait for.")
    _, call = judge.talk(0)
    _must_be_empty(call.finish(silent), "nothing is missing")
    peer, call = judge.talk(0, again=[[3]])
    peer.send(b"tea")
    _must_receive_in_turn(call, [b"", b"tea"])
    peer, call = judge.talk(0)
    peer.end()
    _must_be_empty(call.finish(silent), "the stream has ended, and nothing is missing of 0 bytes")


def _must_be_empty(call: Call, why: str) -> None:
    if call.error is not None:
        raise Fell(f"It raised {call.error} for n = 0: {why}, so b'' is the answer.")
    if not same(call.value, b""):
        raise Fell(f"It returned {shown(call.value)} for n = 0, where b'' was to come: {why}.")


@receive_exactly.scenario(2, "any bytes, cut anywhere, a length before each message")
def _framed(judge: Judge) -> None:
    messages = [judge.chance.randbytes(judge.chance.randrange(1, 30)) + b"\0 \n" for _ in range(3)]
    stream, sizes, expected = b"", [], []
    for message in messages:
        length = len(message).to_bytes(4, "big")
        stream += length + message
        sizes += [len(length), len(message)]
        expected += [length, message]
    peer, call = judge.talk(sizes[0], again=[[size] for size in sizes[1:]])
    peer.send(*_cut(stream, judge.chance, 12))
    _must_receive_in_turn(call, expected)


def _cut(stream: bytes, chance: random.Random, pieces: int) -> list[bytes]:
    """The stream in so many pieces."""
    at = [0, *sorted(chance.sample(range(1, len(stream)), pieces - 1)), len(stream)]
    return [stream[start:end] for start, end in zip(at, at[1:], strict=False)]


@receive_exactly.scenario(2, "a socket with a timeout")
def _timeout(judge: Judge) -> None:
    peer, call = judge.talk(5, timeout=PATIENT, again=[[5]])
    peer.send(b"he", b"llowo", b"rld")
    _must_receive_in_turn(call, [b"hello", b"world"])


@receive_exactly.scenario(3, "a peer that breaks off in the middle")
def _breaks_off(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.send(b"hel")
    peer.wait_until_taken()
    peer.reset()
    call.finish(
        Fell("The peer broke the connection off after 3 of 5 bytes, and it goes on trying: nothing comes any more.")
    )
    if call.error is None:
        raise Fell(
            f"It returned {shown(call.value)} where the peer broke the connection off after 3 of 5 bytes: that is no message. "
            "Let the ConnectionResetError out, or raise EOFError."
        )
    if not {"OSError", "EOFError"} & set(call.kinds):
        raise Fell(
            f"It raised {call.error} where the peer broke off: an OSError or EOFError is what callers are ready for."
        )


@receive_exactly.scenario(3, "ten million bytes")
def _many(judge: Judge) -> None:
    judge.busy = 1.2
    message = judge.chance.randbytes(1_000_000) * 10
    slow = Fell(
        "Ten million bytes take it more than a second of work. How many bytes does each recv ask for, and how often is everything copied?"
    )
    peer, call = judge.talk(len(message), rest=True)
    try:
        peer.send(message + b"tea")
    except Hangs:
        raise slow from None
    peer.end()
    call.finish(slow)
    _must_be_no_error(call)
    if not same(call.value, message):
        raise Fell(f"It returned {shown(call.value)}, and these are not the {len(message):,} bytes that were to come.")
    if call.rest != b"tea":
        raise Fell("It took more than the ten million bytes that it was asked for.", 3)


# Lines ----------------------------------------------------------------------------------------------------------------

read_lines = Exercise(
    lesson=8,
    signature="read_lines(conn)",
    brief="A generator: yield each line of the stream as soon as it is whole, as bytes without its b'\\n'. A last line without newline counts. A line of "
    "more than 64 KiB (65,536 bytes, its newline not counted) raises ValueError, also one whose end has not come yet. It keeps up: six million "
    "bytes of lines take it less than a second.",
    hints=(
        "What recv brings may be part of a line, or several. Keep a buffer; when is a line in it whole?",
        "Two loops, one inside the other: receive and add to the buffer; then, while there is a newline in it, take off one line and yield it. "
        "What is left in the buffer when recv gives b''?",
        "while data := conn.recv(4096): buffer += data; while b'\\n' in buffer: line, _, buffer = buffer.partition(b'\\n'); yield line. Behind the loops: "
        "if buffer: yield buffer. Look at the length of each line, and of what is left in the buffer.",
    ),
    solution="""
LONGEST = 64 * 1024

def read_lines(conn):
    buffer = b""
    while data := conn.recv(4096):
        *lines, buffer = (buffer + data).split(b"\\n")
        for line in lines:
            yield bounded(line)
        bounded(buffer)
    if buffer:
        yield buffer

def bounded(line):
    if len(line) > LONGEST:
        raise ValueError(f"a line of more than {LONGEST} bytes")
    return line
""",
    reasons="split gives the whole lines, and behind the last newline the beginning of the next: it stays in the buffer. A line goes out before the next recv, "
    "since the peer may wait for an answer to it. The bound holds for whole lines too: whether a line is too long must not depend on how it was cut.",
)


def _must_yield(call: Call, expected: list[bytes]) -> None:
    """It yields just these lines and ends; the peer has sent all, and ended."""
    try:
        call.finish()
    except Hangs:
        if len(call.items) > len(expected) + 2 and not any(call.items[len(expected) :]):
            raise Fell(
                "It yields b'' again and again: that is what recv gives when the stream has ended, and no line.", 11
            ) from None
        _look_at_lines(call.items, expected)
        raise
    if call.error is not None:
        raise _broke(call, expected)
    if len(call.items) < len(expected) and call.saw_the_end() is False:
        raise Fell(
            f"It ended after {shown(call.items)}, though the stream goes on: only b'' from recv says that it has ended."
        )
    _look_at_lines(call.items, expected, ended=True)


def _broke(call: Call, expected: list[bytes]) -> Fell:
    where = f", in line {call.line} of the cell" if call.line else ""
    if call.error == "TypeError" and ("not iterable" in call.text or "not an iterator" in call.text):
        return Fell(f"It gave back what no loop can go over: {call.text}. A generator hands each line out with yield.")
    if call.error == "TypeError" and "bytes-like object is required" in call.text:
        return Fell(
            f"It raised TypeError{where}: {call.text}. The stream is bytes, so what it is searched for and split with is bytes too: b'\\n'.",
            8,
        )
    if call.error == "UnicodeDecodeError":
        return Fell(
            f"It raised UnicodeDecodeError{where}: a piece may end in mid-character, wherever the network cuts. Lines are bytes, and need no decoding.",
            9,
        )
    yielded = f" after {shown(call.items)}" if call.items else ""
    return Fell(
        f"It raised {call.error}{where}{yielded}, where {shown(expected)} were to come: {call.text or 'without a word'}."
    )


def _look_at_lines(items: list[Any], expected: list[bytes], ended: bool = False) -> None:
    """Fell if these are not the lines, as far as they go; or all of them, if it has ended."""
    if (
        items == expected[: len(items)]
        and all(type(item) is bytes for item in items)
        and (len(items) == len(expected) or not ended)
    ):
        return
    got, wanted = f"It yielded {shown(items)}", f"where {shown(expected)} were to come"
    odd = next((item for item in items if type(item) is not bytes), None)
    if odd is not None:
        kind = "text, not bytes" if type(odd) is str else f"{shown(odd)} is no line of bytes"
        raise Fell(f"{got} {wanted}: {kind}.")
    if items == [line + b"\n" for line in expected]:
        raise Fell(f"{got} {wanted}: the newline is the mark between lines, and no part of one.")
    if items == [*expected, b""]:
        raise Fell(f"{got} {wanted}: behind the last newline there is no line any more, not even an empty one.")
    if items == expected[:-1]:
        raise Fell(
            f"{got} {wanted}: the last line is missing. What is left in the buffer, or lies in it still, when the stream ends?"
        )
    if items == [line for line in expected if line]:
        raise Fell(f"{got} {wanted}: an empty line is a line.")
    if any(b"\n" in item for item in items):
        raise Fell(
            f"{got} {wanted}: what one recv brings may be more than one line. Behind the first newline, look for the next.",
            1,
        )
    if [item.strip() for item in items] == [line.strip() for line in expected]:
        raise Fell(f"{got} {wanted}: blanks and \\r at the ends of a line are the line's own.")
    if (
        b"\r" in b"".join(expected)
        and b"\n".join(items).replace(b"\r", b"\n").split() == b"\n".join(expected).replace(b"\r", b"\n").split()
    ):
        raise Fell(f"{got} {wanted}: only b'\\n' ends a line; splitlines cuts at \\r as well.")
    raise Fell(f"{got} {wanted}.")


@read_lines.scenario(1, "two lines, each sent for itself")
def _lines(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"tea\n", b"milk\n")
    peer.end()
    _must_yield(call, [b"tea", b"milk"])


@read_lines.scenario(1, "two lines in one piece")
def _glued(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"tea\nmilk\n")
    peer.end()
    if _yields(call) in ([b"tea\nmilk\n"], [b"tea\nmilk"], [b"tea"]):
        raise Fell(
            f"It yielded {shown(call.items)}, and no more, where b'tea\\nmilk\\n' came in one piece: what one recv brings may be more than one line.",
            1,
        )
    _must_yield(call, [b"tea", b"milk"])


@read_lines.scenario(1, "a line in two pieces")
def _halves(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"te", b"a\nmi", b"lk\n")
    peer.end()
    items = _yields(call)
    if items and items[0] == b"te":
        raise Fell(
            f"It yielded {shown(items)}: b'te' is what the first recv brought, and only a part of a line. The line is whole when its b'\\n' is there.",
            1,
        )
    _must_yield(call, [b"tea", b"milk"])


def _yields(call: Call) -> list[Any]:
    """What it yields until it ends or hangs."""
    try:
        return call.finish().items
    except Hangs as error:
        if isinstance(error, Spins):
            raise
        return call.items


@read_lines.scenario(1, "a last line without newline")
def _last(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"tea\nmi", b"lk")
    peer.end()
    _must_yield(call, [b"tea", b"milk"])


@read_lines.scenario(1, "a peer that waits for an answer to each line")
def _dialogue(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"tea\nmi")
    _must_yield_by_now(judge, call, [b"tea"])
    peer.send(b"lk\nsugar\n")
    _must_yield_by_now(judge, call, [b"tea", b"milk", b"sugar"])
    peer.end()
    _must_yield(call, [b"tea", b"milk", b"sugar"])


def _must_yield_by_now(judge: Judge, call: Call, lines: list[bytes]) -> None:
    """It yields these lines though the stream goes on, and the peer is silent until it has them."""
    try:
        judge.wait(lambda: len(call.items) >= len(lines), call)
    except Hangs as error:
        if isinstance(error, Spins):
            raise
        raise Fell(
            f"{shown(lines[-1])} has arrived with its newline, and it waits for more before it yields that line. The peer waits for an answer to it: "
            "both wait for ever.",
            12,
        ) from None
    if call.over:
        if call.error is not None:
            raise _broke(call, lines)
        raise Fell(
            f"It ended after {shown(call.items)}, though the stream goes on: only b'' from recv says that it has ended."
        )
    _look_at_lines(call.items, lines)


@read_lines.scenario(2, "nothing at all")
def _no_line(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.end()
    _must_yield(call, [])


@read_lines.scenario(2, "empty lines")
def _empty_lines(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"\n\ntea\n", b"\n", b"milk\n\n")
    peer.end()
    _must_yield(call, [b"", b"", b"tea", b"", b"milk", b""])


@read_lines.scenario(2, "\\r, and blanks at the ends")
def _spaces(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"tea\r\n mi\rlk\t\n", b" \n\x0bsugar\x0c\r", b"\n")
    peer.end()
    _must_yield(call, [b"tea\r", b" mi\rlk\t", b" ", b"\x0bsugar\x0c\r"])


@read_lines.scenario(2, "a character cut in two")
def _character(judge: Judge) -> None:
    zurich = "Zürich".encode()
    peer, call = judge.talk(each=True)
    peer.send(zurich[:2], zurich[2:] + b"\n")
    peer.end()
    _look_for_mending(call, b"Zrich")
    _must_yield(call, [zurich])


@read_lines.scenario(2, "bytes that are no text")
def _no_text(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"caf\xe9\n", b"\0\xff\n")
    peer.end()
    _look_for_mending(call, b"caf")
    if call.error == "UnicodeDecodeError":
        raise Fell(
            "It raised UnicodeDecodeError: these lines are no UTF-8. That is for whoever asked for lines to know; here they are bytes.",
            24,
        )
    _must_yield(call, [b"caf\xe9", b"\0\xff"])


def _look_for_mending(call: Call, dropped: bytes) -> None:
    """Fell if it left out what could not be decoded, or put something in its place. `dropped`: what is left of the first line then."""
    got = f"It yielded {shown(_yields(call))}"
    if call.items[:1] == [dropped]:
        raise Fell(
            f"{got}: the bytes that could not be decoded were dropped. Lines are bytes, and need no decoding.", 10
        )
    if any(type(item) is bytes and "\ufffd".encode() in item for item in call.items):
        raise Fell(
            f"{got}: the bytes that could not be decoded were replaced by others. Lines are bytes, and need no decoding.",
            10,
        )


@read_lines.scenario(2, "any lines, cut anywhere")
def _anywhere(judge: Judge) -> None:
    lines = [_line(judge.chance, judge.chance.randrange(12)) for _ in range(12)] + [b"the last"]
    peer, call = judge.talk(each=True, timeout=PATIENT)
    peer.send(*_cut(b"\n".join(lines) + b"\n", judge.chance, 16))
    peer.end()
    _must_yield(call, lines)


def _line(chance: random.Random, size: int) -> bytes:
    """So many bytes, any but a newline."""
    return chance.randbytes(size).replace(b"\n", b"\r")


@read_lines.scenario(2, "a second connection, after one that broke off in mid-line")
def _after(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"tea\nmil")
    peer.wait_until_taken()
    peer.reset()
    call.finish(Fell("The peer broke the connection off, and it goes on trying: nothing comes any more."))
    peer, call = judge.talk(each=True)
    peer.send(b"sugar\n")
    peer.end()
    if _yields(call)[:1] not in ([], [b"sugar"]):
        raise Fell(
            f"It yielded {shown(call.items)} where b'sugar' was to come: something of an earlier connection is among it. Each call needs a buffer of its own."
        )
    _must_yield(call, [b"sugar"])


@read_lines.scenario(3, "lines of 64 KiB")
def _longest(judge: Judge) -> None:
    lines = [_line(judge.chance, 1 << 16) for _ in range(2)]
    peer, call = judge.talk(each=True)
    peer.send(b"\n".join(lines))
    peer.end()
    call.finish()
    if call.error == "ValueError":
        raise Fell(
            f"It raised ValueError ({call.text}) after {len(call.items)} of two lines of 65,536 bytes: that is the bound, and each of them is within it."
        )
    _must_yield(call, lines)


@read_lines.scenario(3, "a line without an end")
def _endless(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"tea\n" + b"x" * 70_000)
    _must_refuse(
        call,
        [b"tea"],
        "70,000 bytes came without a newline",
        "This peer sends x for ever, and the buffer would hold all of it",
    )


@read_lines.scenario(3, "a byte over 64 KiB, and then the newline")
def _over(judge: Judge) -> None:
    long = _line(judge.chance, (1 << 16) + 1)
    reason = "Whether a line is too long must not depend on how it was cut"
    for stream in b"tea\n" + long + b"\nmilk\n", b"tea\n" + long:
        peer, call = judge.talk(each=True)
        peer.send(stream)
        peer.end()
        _must_refuse(call, [b"tea"], "A line of 65,537 bytes came", reason)


def _must_refuse(call: Call, before: list[bytes], what: str, why: str) -> None:
    """ValueError, after the lines before."""
    call.finish(Fell(f"{what}, and it waits for more. {why}: over 64 KiB, raise ValueError."))
    if call.error is None:
        sizes = ", ".join(f"{len(item):,}" for item in call.items if isinstance(item, bytes))
        raise Fell(f"{what}, and it yielded lines of {sizes} bytes. {why}: over 64 KiB, raise ValueError.")
    if call.error == "MemoryError" or "ValueError" not in call.kinds:
        raise Fell(f"{what}, and it raised {call.error}: over 64 KiB, raise ValueError. ({call.text})")
    if not same(call.items, before):
        raise Fell(
            f"It yielded {shown(call.items)} before its ValueError, where {shown(before)} was to come: the line before is good."
        )


@read_lines.scenario(3, "six million bytes, in short lines and in long ones")
def _many_lines(judge: Judge) -> None:
    judge.busy = 1.0
    first = judge.chance.randrange(1000)
    lines = [b"%d" % number for number in range(first, 20_000)] + [
        b"%d" % number * 250 for number in range(first, 6_000)
    ]
    slow = Fell(
        "Six million bytes of lines take it more than a second of work. Does each line, or each piece, copy or search all that came before?"
    )
    peer, call = judge.talk(each="together")
    try:
        peer.send(b"\n".join(lines) + b"\n")
    except Hangs:
        raise slow from None
    peer.end()
    call.finish(slow)
    if call.error is not None:
        raise _broke(call, lines[:3])
    if not same(call.value, repr(lines).encode()):
        raise Fell(f"Of {len(lines):,} lines that came in large pieces, it did not yield just these.")


# Messages with their length in front ----------------------------------------------------------------------------------

LARGEST = 1 << 20

receive_messages = Exercise(
    lesson=8,
    signature="receive_messages(conn)",
    brief="A generator: yield each message of the stream as soon as it is whole, as bytes. In front of each stands its length: four bytes, the largest first. "
    "At the end of the stream it ends too; a stream that ends in mid-message, or in a length, raises EOFError. A length of more than 1 MiB (1,048,576) raises ValueError.",
    hints=(
        "Both the length and what follows it may arrive in pieces, or glued to the next message. What do you have that receives exactly n bytes?",
        "Twice exactly, in a loop: four bytes, made a number with int.from_bytes(…, 'big'), then so many. Only b'' instead of the first of the four bytes is a proper end.",
        "first = conn.recv(1); if not first: return; n = int.from_bytes(first + exactly(conn, 3), 'big'); look at n; yield exactly(conn, n).",
    ),
    solution="""
LARGEST = 1024 * 1024

def receive_messages(conn):
    while first := conn.recv(1):
        n = int.from_bytes(first + exactly_of(conn, 3), "big")
        if n > LARGEST:
            raise ValueError(f"a message of {n:,} bytes")
        yield exactly_of(conn, n)

def exactly_of(conn, n):
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data
""",
    reasons="The length is received exactly, and so is the message: neither need arrive whole, and what follows stays for the next turn. The stream may end between "
    "two messages and nowhere else, so the first byte of a length is asked for alone. The length is looked at before anybody waits for so many bytes.",
)


def _with_lengths(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def _must_yield_messages(call: Call, expected: list[bytes], cut: str = "") -> None:
    """It yields just these messages and ends; the peer has sent all, and ended. `cut`: what came in pieces."""
    try:
        call.finish()
    except Spins:
        raise
    except Hangs as error:
        raise _not_messages(call, expected, cut) or error from None
    fell = _not_messages(call, expected, cut)
    if fell is not None:
        raise fell
    if call.error is not None:
        raise Fell(
            f"It raised {call.error} after {shown(call.items)}, though the stream ended behind a whole message: {call.text or 'without a word'}."
        )


def _not_messages(call: Call, expected: list[bytes], cut: str) -> Fell | None:
    """What is wrong with what it has yielded, and with what it raised, as far as that goes."""
    items = call.items
    right = next(
        (at for at, pair in enumerate(zip(items, expected, strict=False)) if not same(*pair)),
        min(len(items), len(expected)),
    )
    if right == len(expected) == len(items):
        return None
    before = f"After {shown(items[:right])} it" if right else "It"
    if right < len(items):
        got, wanted = items[right], expected[right] if right < len(expected) else None
        if wanted is None:
            return Fell(f"{before} yielded {shown(got)}, and there was no more message.")
        if type(got) is not bytes:
            return Fell(f"{before} yielded {shown(got)} where {shown(wanted)} was to come, which is bytes.")
        said = f"{before} yielded {shown(got)} where {shown(wanted)} was to come"
        if cut and len(got) < len(wanted) and (wanted.startswith(got) or not got):
            return Fell(f"{said}. {cut} came in pieces: neither a length nor a message need arrive whole.", 5)
        if len(got) > len(wanted) and (got.startswith(wanted) or wanted in got):
            return Fell(f"{said}: what one recv brings may hold the next message too, or its length.", 3)
        return Fell(
            f"{said}: its length and its payload were not told apart, and what is taken too little, or too much, is read as the next length.",
            4,
        )
    wanted = expected[right]
    if call.error is not None and call.error not in ("EOFError", "ValueError"):
        where = f", in line {call.line} of the cell" if call.line else ""
        return Fell(
            f"{before} raised {call.error}{where}, where {shown(wanted)} was to come: {call.text or 'without a word'}.",
            5 if cut and call.error == "error" else None,
        )
    if call.error is not None:
        return Fell(
            f"{before} raised {call.error} ({call.text}) where {shown(wanted)} was to come: it took other bytes for a length.",
            5 if cut else 4,
        )
    if call.over:
        return Fell(f"{before} ended where {shown(wanted)} was to come.", 5 if cut else None)
    return Fell(
        f"{before} waits, though {shown(wanted)} is there with its length: it took other bytes for a length, and waits for so many.",
        5 if cut else 4,
    )


@receive_messages.scenario(1, "two messages, each sent for itself")
def _messages(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(_with_lengths(b"tea"), _with_lengths(b"milk, please"))
    peer.end()
    _must_yield_messages(call, [b"tea", b"milk, please"])


@receive_messages.scenario(1, "a length in two pieces")
def _length_cut(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    data = _with_lengths(b"hello", b"world")
    peer.send(data[:3], data[3:9], data[9:])
    peer.end()
    _must_yield_messages(call, [b"hello", b"world"], "The length")


@receive_messages.scenario(1, "a message in two pieces")
def _message_cut(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    data = _with_lengths(b"hello", b"world")
    peer.send(data[:4], data[4:6], data[6:])
    peer.end()
    _must_yield_messages(call, [b"hello", b"world"], "The message")


@receive_messages.scenario(1, "two messages in one piece")
def _messages_glued(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(_with_lengths(b"hello", b"world", b"!"))
    peer.end()
    _must_yield_messages(call, [b"hello", b"world", b"!"])


@receive_messages.scenario(1, "a stream that ends in mid-message")
def _message_ends(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(_with_lengths(b"hello")[:7])
    peer.end()
    if call.finish().error is None and call.items:
        raise Fell(
            f"It yielded {shown(call.items)} of a stream that ended after 3 of 5 bytes: half a message is none, and that asks for EOFError.",
            12,
        )
    call.must_raise(EOFError, "the stream ended after 3 of 5 bytes")


@receive_messages.scenario(2, "an empty message between two others")
def _empty_message(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(_with_lengths(b"tea", b"", b"milk"))
    peer.end()
    _must_yield_messages(call, [b"tea", b"", b"milk"])


@receive_messages.scenario(2, "a peer that waits for an answer to each message")
def _message_dialogue(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    for count, message in enumerate([b"tea", b"milk"], start=1):
        peer.send(_with_lengths(message))
        try:
            judge.wait(lambda count=count: len(call.items) >= count, call)  # type: ignore[misc]
        except Spins:
            raise
        except Hangs:
            raise Fell(
                f"{shown(message)} has arrived, and it waits for more before it yields that. The peer waits for an answer: both wait for ever.",
                12,
            ) from None
    peer.end()
    _must_yield_messages(call, [b"tea", b"milk"])


@receive_messages.scenario(2, "a stream that ends in the middle of a length")
def _length_ends(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(_with_lengths(b"tea") + b"\0\0")
    peer.end()
    call.must_raise(EOFError, "the stream ended after 2 bytes of a length")
    if not same(call.items, [b"tea"]):
        raise Fell(f"It yielded {shown(call.items)} before the end, where the message b'tea' had come whole.")


@receive_messages.scenario(3, "a browser that calls the wrong port")
def _browser(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    believes = Fell(
        "It took b'GET ' for the length of a message of more than a gigabyte, and would wait for that. A length is input: refuse what is too large.", 25
    )  # fmt: skip
    try:
        call.must_raise(ValueError, "the length is 1,195,725,856", believes, 25)
    except Fell as fell:
        raise believes if "memory" in fell.sentence else fell from None


@receive_messages.scenario(3, "messages of all kinds and sizes, cut anywhere")
def _any_messages(judge: Judge) -> None:
    sizes = [0, 1, 4, 5, 255, 256, judge.chance.randrange(1000, 3000), judge.chance.randrange(70_000, 90_000)]
    judge.chance.shuffle(sizes)
    messages = [judge.chance.randbytes(size) for size in sizes]
    data = _with_lengths(*messages)
    peer, call = judge.talk(each=True)
    at = 0
    while at < len(data):
        size = judge.chance.choice([1, 2, 3, 7, 500, 40_000])
        peer.send(data[at : at + size])
        peer.wait_until_taken()
        at += size
    peer.end()
    _must_yield_messages(call, messages, "The stream")


@receive_messages.scenario(3, "a message of just 1 MiB, and one that announces a byte more")
def _largest_message(judge: Judge) -> None:
    peer, call = judge.talk(each="together")
    peer.send(_with_lengths(b"x" * LARGEST))
    peer.end()
    call.must_return(repr([b"x" * LARGEST]).encode())
    peer, call = judge.talk(each=True)
    peer.send((LARGEST + 1).to_bytes(4, "big") + b"x")
    waits = Fell(
        "It waits for a message of 1,048,577 bytes: that is more than 1 MiB, and asks for ValueError before anybody waits for it.",
        25,
    )
    call.must_raise(ValueError, "the length is 1,048,577", waits, 25)


EXERCISES = [receive_exactly, receive_messages, read_lines]
