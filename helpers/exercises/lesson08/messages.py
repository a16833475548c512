"""receive_messages(conn): messages with their length in front."""

from __future__ import annotations

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown
from helpers.exercises.slow import must_be_broken, must_wait

LARGEST = 1 << 20

receive_messages = Exercise(
    lesson=8,
    signature="receive_messages(conn)",
    brief="A generator: yield each message of the stream as soon as it is whole, as bytes. In front of each stands its length: four bytes, the largest first. "
    "At the end of the stream it ends too; a stream that ends in mid-message, or in a length, raises EOFError. A length of more than 1 MiB (1,048,576) raises ValueError. "
    "If the connection is broken off, let that error through. Leave conn as it was found: open, with its own timeout.",
    tidies=True,
    hints=(
        "Both the length and what follows it may arrive in pieces, or glued to the next message. What do you have that receives exactly n bytes?",
        "Twice exactly, in a loop: four bytes, made a number with `int.from_bytes(…, 'big')`, then so many. Only `b''` instead of the first of the four bytes "
        "is a proper end.",
        "In a loop: `first = conn.recv(1)`; `if not first: return`; `n = int.from_bytes(first + exactly(conn, 3), 'big')`; look at `n`; `yield exactly(conn, "
        "n)`.",
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
    shows="a length in two pieces",
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


@receive_messages.scenario(2, "a peer that is slow")
def _slow(judge: Judge) -> None:
    peer, call = judge.talk(each=True)
    peer.send(_with_lengths(b"tea"))
    must_wait(judge, call, "The peer had sent one message")
    peer.send(_with_lengths(b"milk")[:6])
    must_wait(judge, call, "The peer had sent one message, and half of the next")
    peer.send(_with_lengths(b"milk")[6:])
    peer.end()
    _must_yield_messages(call, [b"tea", b"milk"], "The message")


@receive_messages.scenario(2, "a peer that breaks off, in a message and between two")
def _breaks_off(judge: Judge) -> None:
    milk = _with_lengths(b"milk")
    for sent, where in (
        (milk[:6], "in mid-message"),
        (milk[:2], "in the middle of a length"),
        (b"", "after a whole message"),
    ):
        peer, call = judge.talk(each=True)
        peer.send(_with_lengths(b"tea") + sent)
        peer.wait_until_taken()
        peer.reset()
        call.finish(Fell("The peer broke the connection off, and it goes on trying: nothing comes any more.", 21))
        if not same(call.items, [b"tea"]):
            raise Fell(f"The peer sent the message b'tea', and broke off {where}; it yielded {shown(call.items)}.", 21)
        must_be_broken(call, f"the peer broke the connection off {where}")


@receive_messages.scenario(3, "lengths that are far too large, whichever of their bytes is looked at")
def _far_too_large(judge: Judge) -> None:
    for length, why in (
        (b"\x01\0\0\x03", "Its first byte counts too, and for most: without it that would be 3"),
        (b"\xff\xff\xff\xff", "Its four bytes have no sign: signed=True would make -1 of them, and nothing is received then"),
        (b"\x80\0\0\x03", "Its four bytes have no sign, and its first byte counts too"),
        (b"\0\x20\0\x01", "Its second byte counts too"),
    ):  # fmt: skip
        peer, call = judge.talk(each=True)
        peer.send(length + b"tea")
        peer.end()
        number = int.from_bytes(length, "big")
        wrong = Fell(f"The length {length!r} is {number:,}, more than 1 MiB: that asks for ValueError. {why}.", 25)
        call.finish(wrong)
        if call.error is None or "ValueError" not in call.kinds:
            raise wrong


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
