"""The eighteen servers that an attack meets, in groups, each with what is said of it: of a wrong one its illness, of a right one what it does that the specification allows. Never its source.

Comes in: nothing. Goes out: the groups. Who may import it: the exercise, and its tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cloudpickle

from helpers.exercises.lesson20.attacker import servers
from helpers.exercises.lesson20.attacker.servers import Socket

cloudpickle.register_pickle_by_value(servers)  # by its source: their process need not import what stands around them


class Wrong(NamedTuple):
    """A server that is to fall."""

    serve: Callable[[Socket], object]
    illness: str
    """What it does, behind "one that"."""
    number: int | None = None
    """Of its misconception."""


class Right(NamedTuple):
    """A server that is to be spared."""

    serve: Callable[[Socket], object]
    does: str
    """Behind "one that"."""
    why: str
    """The specification allows that, …"""


class Group(NamedTuple):
    """Servers of one scenario."""

    stage: int
    title: str
    wrong: tuple[Wrong, ...]
    right: Right


STRIPS = Wrong(servers.strips, "strips the blanks at the ends of a text, which belong to it")
PIECES = Wrong(servers.takes_pieces_for_lines, "takes the end of a piece for the end of a line", 1)
FIRST_LINE = Wrong(servers.answers_one_line_of_a_piece, "answers only the first of two lines in a piece", 1)
DECODES = Wrong(
    servers.decodes_pieces, "decodes each piece by itself, and hangs up where a character was cut in two", 9
)
INT = Wrong(servers.trusts_int, "trusts int(), and hangs up where a count is no number", 25)
EMPTY = Wrong(servers.ends_at_an_empty_line, "takes an empty line for the end of the conversation")
ONE = Wrong(servers.one_at_a_time, "serves one client after another", 26)
BUFFER = Wrong(servers.one_buffer_for_all, "has one buffer for the unfinished lines of all its clients")
RESET = Wrong(servers.ends_for_all, "ends for all when one client breaks off")
HALF_CLOSE = Wrong(
    servers.hangs_up_at_the_end, "hangs up as soon as a client has ended its direction, with half of the answer unsent"
)
SEND = Wrong(servers.believes_send, "loses the end of a long answer, since send does not send everything", 6)
READERS = Wrong(servers.waits_for_readers, "lets everybody wait while one client does not read", 29)

THREADS = Right(
    servers.threads, "has a thread for each client, as in lesson 10", "it does what is written there, and nothing else"
)
IN_PIECES = Right(
    servers.in_pieces,
    "sends its answers in pieces, the first byte alone",
    "TCP carries a stream of bytes, and no pieces",
)
SLOW = Right(servers.slow_at_first, "needs a second before it can answer anybody", "no time is set there")
WITH_WORDS = Right(
    servers.with_words,
    "says behind its ? what is wrong, in asyncio",
    "such a line begins with ?, and any words may follow",
)
BYTES = Right(
    servers.byte_by_byte,
    "reads byte by byte, and hangs up at a line that is too long",
    "no line is longer than 1,000 bytes, and what becomes of one that is, is left open",
)
ONE_THREAD = Right(
    servers.in_one_thread,
    "serves all in one thread, as in lesson 12, and sends the answers to several lines at once",
    "TCP carries a stream of bytes, and no messages",
)

GROUPS = (
    Group(1, "the example: a right server, and a wrong one", (STRIPS,), THREADS),
    Group(2, "lines in pieces: a right server, and three wrong ones", (PIECES, FIRST_LINE, DECODES), IN_PIECES),
    Group(2, "lines that are no messages: a right server, and two wrong ones", (INT, EMPTY), WITH_WORDS),
    Group(2, "clients that end, or break off: a right server, and two wrong ones", (HALF_CLOSE, RESET), SLOW),
    Group(3, "several clients: a right server, and two wrong ones", (ONE, BUFFER), BYTES),
    Group(
        3, "long answers, and who does not read them: a right server, and two wrong ones", (SEND, READERS), ONE_THREAD
    ),
)
