"""The specification of lesson 14, as the judge has it: how a message is written, what a reader gives back after each piece, and input of every kind that it allows.

    message = kind, a blank, length, a newline, text
    kind    = 1 to 16 of the letters A to Z
    length  = of the text, in bytes: digits 0 to 9, without needless zeros; 65536 at most
    text    = UTF-8

Who may import it: the exercises of lesson 14.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from helpers.checking.shrinking import simpler_texts
from helpers.words import many

Message: TypeAlias = tuple[str, str]
"""Kind and text."""

LONGEST = 65_536
"""Bytes of a text."""
HEADER = 22
"""Bytes of the longest header: 16 letters, a blank, five digits."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
UNKNOWN = "DANCE"
"""A kind that the specification does not name, and allows."""
KINDS = ("SAY", "HELLO", "ERROR", UNKNOWN, "A", "Z" * 16)
"""Some of the specification's, and some that are only allowed."""
EXAMPLE: list[Message] = [
    ("HELLO", "1"),
    ("SAY", "tea?"),
    ("SAY", ""),
    ("SAY", "Zürich"),
    ("SAY", "one\ntwo\n"),
    ("ERROR", "SAY 3\ntea"),
]
"""A conversation with all that lesson 14 speaks of."""  # fmt: skip

CHARACTERS = "abcxyzABCXYZ  0123456789\n\n\r\t\0\\'\"%{}:äöüßñé世界😀🏳\u0301\ufeff\u2028\x85\x1c\x7f"


def written(message: Message) -> bytes:
    """The bytes of a message."""
    kind, text = message
    return b"%s %d\n%s" % (kind.encode(), len(text.encode()), text.encode())


def allowed(kind: str) -> str:
    """Why this is a kind, in a sentence."""
    if kind == UNKNOWN:
        return "The kinds in the specification's table are those of today; a kind is 1 to 16 letters A to Z, so that new ones can come."
    return f"A kind is 1 to 16 of the letters A to Z, and this one has {many(len(kind), 'letter')}, all of them among those."


def stream_of(messages: Iterable[Message]) -> bytes:
    return b"".join(map(written, messages))


def read(messages: Iterable[Message], pieces: Iterable[bytes]) -> list[tuple[list[Message], bytes]]:
    """What `feed` gives back for each of the pieces in which these messages arrive: the messages that became whole by it, and the rest."""
    ends = list(itertools.accumulate(len(written(each)) for each in messages))
    waiting = list(zip(ends, messages, strict=True))
    stream, came, used, given = stream_of(messages), 0, 0, []
    for piece in pieces:
        came += len(piece)
        whole = [message for end, message in waiting if used < end <= came]
        used = max((end for end in ends if end <= came), default=0)
        given.append((whole, stream[used:came]))
    return given


# Cuts -----------------------------------------------------------------------------------------------------------------


def pieces_of(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The stream, cut at these places."""
    at = [0, *cuts, len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(at)]


def every_cut(stream: bytes) -> list[list[bytes]]:
    """The stream as a whole; in two pieces, cut at each place; and in single bytes."""
    two = [pieces_of(stream, [at]) for at in range(1, len(stream))]
    return [[stream], *two, pieces_of(stream, range(1, len(stream)))]


def some_cuts(stream: bytes, chance: random.Random) -> list[bytes]:
    """The stream in a few pieces; now and then an empty one."""
    return pieces_of(stream, sorted(chance.choices(range(len(stream) + 1), k=chance.randrange(1, 8))))


# Input ----------------------------------------------------------------------------------------------------------------


def some_message(chance: random.Random) -> Message:
    kind = chance.choice([*KINDS, "".join(chance.choices(LETTERS, k=chance.randrange(1, 17)))])
    return kind, some_text(chance)


def some_text(chance: random.Random) -> str:
    """Mostly short; or as long as two and three digits say; or one that looks like a message, or like its length."""
    shape = chance.randrange(10)
    if shape == 0:
        return written(("SAY", some_text(chance))).decode()
    if shape == 1:
        return str(chance.randrange(1000))
    size = chance.randrange(150) if shape == 2 else chance.randrange(9)
    return "".join(chance.choices(CHARACTERS, k=size))


def simpler_messages(message: Message) -> Iterator[Message]:
    """Those with another kind, or a shorter and plainer text."""
    kind, text = message
    if kind != "SAY":
        yield "SAY", text
    yield from ((kind, simpler) for simpler in simpler_texts(text))


def simpler_conversations(messages: list[Message]) -> Iterator[list[Message]]:
    """Those without one of the messages, or with a simpler one."""
    for at in range(len(messages)):
        if len(messages) > 1:
            yield messages[:at] + messages[at + 1 :]
    for at, message in enumerate(messages):
        yield from ([*messages[:at], simpler, *messages[at + 1 :]] for simpler in simpler_messages(message))
