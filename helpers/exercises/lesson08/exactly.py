"""receive_exactly(conn, n): the next n bytes of a stream."""

from __future__ import annotations

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Value
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown
from helpers.exercises.lesson08.streams import PATIENT, cut
from helpers.exercises.slow import must_be_broken, must_wait

receive_exactly = Exercise(
    lesson=8,
    signature="receive_exactly(conn, n)",
    brief="Return the next n bytes of the stream, and leave what follows for the next call. If the stream ends before, raise EOFError; "
    "if the connection is broken off, let that error through. n may be 0, and it may be ten million. Leave conn as it was found: open, with its own timeout.",
    tidies=True,
    hints=(
        "How many bytes are still missing, after each `recv`?",
        "A loop: while some are missing, ask `recv` for just those. What does `b''` mean inside that loop?",
        "`data = b''`; then `while len(data) < n:` and in it `piece = conn.recv(n - len(data))`, `raise EOFError` if `piece` is empty, `data += piece`.",
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
    shows="five bytes in two pieces",
    reasons="`recv` gives at most what it is asked for, so the loop asks for what is missing: never more, or the start of the next message would be taken. `b''` is"
    " the end of the stream, and half a message is none: `EOFError`. For n = 0 the loop is never entered, and nothing is waited for.",
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


def _not_received(value: Value, expected: bytes) -> Fell:
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
    if isinstance(hangs, Spins):
        raise hangs
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


@receive_exactly.scenario(2, "a peer that is slow")
def _slow(judge: Judge) -> None:
    peer, call = judge.talk(10)
    peer.send(b"hel")
    must_wait(judge, call, "The peer had sent 3 of 10 bytes")
    peer.send(b"loworld")
    _must_receive(call, b"helloworld")


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
    peer.send(*cut(stream, judge.chance, 12))
    _must_receive_in_turn(call, expected)


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
    must_be_broken(call, "the peer broke the connection off after 3 of 5 bytes")
    peer, call = judge.talk(5)
    peer.reset()
    must_be_broken(call.finish(), "the peer broke the connection off before the first of 5 bytes")


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
