"""read_lines(conn): the lines of a stream."""

from __future__ import annotations

import random

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Value
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown
from helpers.exercises.lesson08.streams import PATIENT, cut
from helpers.exercises.slow import must_be_broken, must_wait

read_lines = Exercise(
    lesson=8,
    signature="read_lines(conn)",
    brief="A generator: yield each line of the stream as soon as it is whole, as bytes without its b'\\n'. A last line without newline counts. A line of "
    "more than 64 KiB (65,536 bytes, its newline not counted) raises ValueError, also one whose end has not come yet. It keeps up: six million "
    "bytes of lines take it less than a second. If the connection is broken off, let that error through: half a line is none then. "
    "Leave conn as it was found: open, with its own timeout.",
    tidies=True,
    hints=(
        "What `recv` brings may be part of a line, or several. Keep a buffer; when is a line in it whole?",
        "Two loops, one inside the other: receive and add to the buffer; then, while there is a newline in it, take off one line and yield it. What is left in "
        "the buffer when `recv` gives `b''`?",
        "`while data := conn.recv(4096):` and in it `buffer += data`; then `while b'\\n' in buffer:` and in that `line, _, buffer = buffer.partition(b'\\n')` and"
        " `yield line`. Behind the loops: `if buffer: yield buffer`. Look at the length of each line, and of what is left in the buffer.",
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
    shows="a line in two pieces",
    reasons="`split` gives the whole lines, and behind the last newline the beginning of the next: it stays in the buffer. A line goes out before the next `recv`, "
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


def _look_at_lines(items: list[Value], expected: list[bytes], ended: bool = False) -> None:
    """Fell if these are not the lines, as far as they go; or all of them, if it has ended."""
    if items == expected[: len(items)] and (len(items) == len(expected) or not ended):
        return
    got, wanted = f"It yielded {shown(items)}", f"where {shown(expected)} were to come"
    lines = [item for item in items if isinstance(item, bytes)]
    if len(lines) < len(items):
        odd = next(item for item in items if not isinstance(item, bytes))
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
    if [line for line in lines if line] == expected and b"" not in expected:
        raise Fell(
            f"{got} {wanted}: what split gives behind the last newline, b'' here, is no line, but the beginning of the next."
        )
    if items == [line for line in expected if line]:
        raise Fell(f"{got} {wanted}: an empty line is a line.")
    if any(b"\n" in line for line in lines):
        raise Fell(
            f"{got} {wanted}: what one recv brings may be more than one line. Behind the first newline, look for the next.",
            1,
        )
    if [line.strip() for line in lines] == [line.strip() for line in expected]:
        raise Fell(f"{got} {wanted}: blanks and \\r at the ends of a line are the line's own.")
    if (
        b"\r" in b"".join(expected)
        and b"\n".join(lines).replace(b"\r", b"\n").split() == b"\n".join(expected).replace(b"\r", b"\n").split()
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


def _yields(call: Call) -> list[Value]:
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


@read_lines.scenario(2, "a peer that is slow")
def _slow(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(b"tea\nmi")
    must_wait(judge, call, "The peer had sent a line, and half of the next")
    peer.send(b"lk\nsugar")
    peer.end()
    _must_yield(call, [b"tea", b"milk", b"sugar"])


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


@read_lines.scenario(2, "words that mean nothing here")
def _words(judge: Judge) -> None:
    words = [b"quit", b"exit", b".", b"end", b"QUIT", b"bye"]
    peer, call = judge.talk(each=True)
    peer.send(b"\n".join([*words, b"tea"]))
    peer.end()
    _must_yield(call, [*words, b"tea"])


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
    peer.send(*cut(b"\n".join(lines) + b"\n", judge.chance, 16))
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
    call.finish(Fell("The peer broke the connection off, and it goes on trying: nothing comes any more.", 21))
    if not same(call.items, [b"tea"]):
        raise Fell(
            f"The peer sent b'tea\\nmil', and broke the connection off; it yielded {shown(call.items)}. b'tea' is a line. b'mil' is the half of one, and no last line either: "
            "that would need the end of the stream.",
            21,
        )
    must_be_broken(call, "the peer broke the connection off in mid-line")
    peer, call = judge.talk(each=True)
    peer.send(b"sugar\n")
    peer.end()
    if _yields(call)[:1] not in ([], [b"sugar"]):
        raise Fell(
            f"It yielded {shown(call.items)} where b'sugar' was to come: something of an earlier connection is among it. Each call needs a buffer of its own."
        )
    _must_yield(call, [b"sugar"])
    peer, call = judge.talk(each=True)
    peer.send(b"tea\n")
    peer.wait_until_taken()
    peer.reset()
    must_be_broken(call.finish(), "the peer broke the connection off after a whole line")


@read_lines.scenario(3, "lines of 64 KiB")
def _longest(judge: Judge) -> None:
    lines = [_line(judge.chance, 1 << 16) for _ in range(2)]
    judge.busy = 3.0  # a byte at a time is slow work, which is another scenario's matter
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
