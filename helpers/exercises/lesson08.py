"""Lesson 8: receiving exactly n bytes, and lines, from a stream."""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Fell, Judge

receive_exactly = Exercise(
    lesson=8,
    signature="receive_exactly(conn, n)",
    brief="Return the next n bytes of the stream, and not one more. If the stream ends before, raise EOFError.",
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
    "taken. b'' is the end of the stream, and half a message is none: EOFError.",
)


@receive_exactly.scenario(1, "five bytes that come in one piece")
def _whole(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.send(b"hello")
    call.must_return(b"hello")


@receive_exactly.scenario(1, "five bytes in two pieces")
def _cut(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.send(b"he", b"llo")
    call.finish()
    if call.value == b"he":
        raise Fell(
            "It returned b'he', the first piece, where b'hello' was to come: recv(5) gives at most 5 bytes, and fewer when fewer are there.",
            2,
        )
    call.must_return(b"hello")


@receive_exactly.scenario(2, "the next message right behind it")
def _more(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.send(b"helloworld")
    call.must_return(b"hello")


@receive_exactly.scenario(2, "a stream that ends in the middle")
def _ends(judge: Judge) -> None:
    peer, call = judge.talk(5)
    peer.send(b"hel")
    peer.end()
    call.must_raise(EOFError, "the stream ended after 3 of 5 bytes", Fell("It spins.", 11), 11)


EXERCISES = [receive_exactly]
