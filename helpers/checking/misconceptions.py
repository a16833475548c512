"""What learners get wrong about sockets, by number: collected from public questions, issues and course forums. The one source of the list that a learner can open.

Comes in: nothing. Goes out: the mistakes, each with what is true instead, and `page()`, which is the list as it stands beside the lessons. Who may import it: the report, which names the one that a function
fell for, and tests, which hold the page to it.
"""

from __future__ import annotations

from typing import NamedTuple

PAGE = "COMMON-MISTAKES.md"
"""The list, beside the lessons. `python -m tests.lessons.misconceptions --write` writes it anew."""


class Misconception(NamedTuple):
    """A mistake that many make."""

    mistake: str
    """What they believe or do, as it goes on behind "The mistake is": "to believe that …"."""
    truth: str
    """What is true instead; in a sentence or two."""
    lessons: tuple[int, ...]
    """Where it is met."""


MISCONCEPTIONS = {
    1: Misconception(
        "to believe that what one `send` sends, one `recv` receives",
        "TCP carries a stream of bytes, without any marks between them: one `recv` may bring a part of what was sent, or several messages at once.",
        (8,),
    ),
    2: Misconception(
        "to believe that `recv(n)` returns n bytes",
        "It returns what is there, at most n bytes: one is enough. For n bytes it takes a loop.",
        (5, 8),
    ),
    3: Misconception(
        "to believe that a `recv` larger than the message does no harm",
        "It takes the start of the next message too, and whoever reads next misses that. Ask for what is missing, or keep the rest.",
        (8,),
    ),
    4: Misconception(
        "to read bytes of the message as its length",
        "Where the length in front is not told apart from what follows, anything is taken for a length, and for the next one as well.",
        (8,),
    ),
    5: Misconception(
        "to believe that a message with its length in front arrives whole, or the length itself",
        "Both are bytes of a stream: each may come in pieces, down to single bytes.",
        (8,),
    ),
    6: Misconception(
        "to believe that `send` sends everything",
        "It takes what there is room for, and returns how many bytes that was. `sendall` goes on until all are taken.",
        (9,),
    ),
    7: Misconception(
        "to believe that text, a `str`, can be sent",
        "A socket carries bytes: `encode` makes them of a text, `decode` makes the text again.",
        (1, 6),
    ),
    8: Misconception(
        "to split bytes by a `str`, as in `data.split(',')`",
        "Bytes are searched and split by bytes: `data.split(b',')`.",
        (7,),
    ),
    9: Misconception(
        "to believe that each piece that arrives can be decoded on its own",
        "A piece may end in the middle of a character. Decode what is whole, or use an incremental decoder.",
        (6,),
    ),
    10: Misconception(
        "to believe that `errors='ignore'` mends a decoding error",
        "It throws away what cannot be read, and tells nobody.",
        (6,),
    ),
    11: Misconception(
        "to believe that `b''` from `recv` means \"nothing yet\"",
        "It means that the stream has ended, and `recv` gives it again and again. Where nothing has come yet, `recv` waits.",
        (5,),
    ),
    12: Misconception(
        "to believe that the end of the peer's message is the end of the stream",
        "The stream ends when the peer closes, or ends its half with `shutdown`. Who waits for that, while the peer waits for an answer, waits for ever.",
        (8, 9),
    ),
    13: Misconception(
        "to believe that a cell which does not come back is a broken notebook",
        "`accept`, `recv` and others wait, for as long as it takes. Interrupt the kernel, or give them what they wait for.",
        (5,),
    ),
    14: Misconception(
        "to believe that `listen()` waits for a client",
        "It opens the door, and comes back at once. `accept()` waits.",
        (3,),
    ),
    15: Misconception(
        "to believe that the client can start first",
        "Where nobody listens yet, `connect` is refused. The server starts first, or the client tries again.",
        (4,),
    ),
    16: Misconception(
        'to believe that "connection refused" is the work of a firewall',
        "A refusal is an answer: the machine is there, and nobody listens at that port. A firewall mostly keeps silent, and that ends in a timeout.",
        (2,),
    ),
    17: Misconception(
        "to believe that a port is free as soon as its program has ended",
        "Who closes first keeps the connection's addresses in TIME_WAIT for a while. `SO_REUSEADDR` lets a server bind all the same.",
        (4, 9),
    ),
    18: Misconception(
        "to believe that `localhost` is always 127.0.0.1, or that `''` is somewhere to connect to",
        "`localhost` may be `::1` first, and `''` means every address of this machine, which is for `bind` alone. Write `127.0.0.1`.",
        (2,),
    ),
    19: Misconception(
        "to believe that binding `''` or `0.0.0.0` is the same as loopback",
        "It is every address of this machine: whoever can reach it may call. `127.0.0.1` hears this machine only.",
        (2,),
    ),
    20: Misconception(
        'to believe that a second client "sticks in connect" while the first is served',
        "The system connects it, and keeps it in the backlog: it can even send. It waits in `recv`, until the server accepts it.",
        (3,),
    ),
    21: Misconception(
        "to believe that a reset, a broken pipe and the end of the stream are the same thing",
        "`b''` says that all has come. `ConnectionResetError` and `BrokenPipeError` say that the connection broke, and that something may be missing.",
        (9,),
    ),
    22: Misconception(
        "to believe that a closed socket can connect again",
        "It stays closed: each connection takes a new socket.",
        (1,),
    ),
    23: Misconception(
        "to believe that it is Nagle's algorithm which puts two messages into one `recv`",
        "They come together with `TCP_NODELAY` too, whenever the reader is slower than the sender: a stream has no messages.",
        (8,),
    ),
    24: Misconception(
        'to believe that the bytes on the wire are "UTF-8" by nature',
        "They are bytes. What they mean is agreed upon by the protocol, and both sides have to keep to it.",
        (6,),
    ),
    25: Misconception(
        "to believe that `int()` or `float()` of what arrived is safe",
        "What arrives is whatever a stranger sends: nothing, `abc`, `nan`, five thousand digits. Look at it first, and say no to it without falling.",
        (7,),
    ),
    26: Misconception(
        "to believe that who has connected is being served, since the backlog has room for many",
        "In the backlog a connection waits until somebody accepts it. Clients are served at the same time only where the server goes back to `accept` while it serves: with threads, or by waiting for all sockets at once.",
        (10,),
    ),
    27: Misconception(
        "to believe that Python (its GIL) keeps two threads' messages apart on one socket",
        "`sendall` sends in pieces where there is little room, and between two pieces another thread has its turn. A lock that all senders share, or one thread that sends, keeps messages whole.",
        (11,),
    ),
    28: Misconception(
        "to believe that two threads may receive from one socket",
        "Each takes what comes when it is its turn, and neither has the whole message. One thread reads from a socket, and passes on what the others need.",
        (11,),
    ),
    29: Misconception(
        "to believe that a slow client harms only itself",
        "Whoever waits in `sendall` for it holds up all that wait for the sender. What is to be sent waits in a queue, or a buffer, for each client, and has a bound.",
        (11,),
    ),
    30: Misconception(
        'to believe that "readable" means that a whole message is there',
        "It means that some bytes are there, or the end: a part of a message, or three of them. Keep what came in a buffer for each client, and take the whole messages out of it.",
        (12,),
    ),
    31: Misconception(
        "to believe that it costs nothing to be registered for writing all the time",
        "A socket can nearly always be written to: the selector comes back at once, again and again, and the processor never rests. Ask for it only while something waits to be sent.",
        (12,),
    ),
    32: Misconception(
        "to believe that `async` makes blocking calls wait politely",
        "An event loop has one thread. `time.sleep`, `recv` of a socket, or a long computation holds all of it: only `await` lets the others run.",
        (13,),
    ),
    33: Misconception(
        "to believe that `writer.write` has sent",
        "It puts bytes into a buffer, which grows as long as the peer does not read. `await writer.drain()` waits until there is room again.",
        (13,),
    ),
    34: Misconception(
        "to believe that an example defines the protocol",
        "Many rules fit one example, and two programs that both give it back may speak different languages. Rules define; the example shows whether one has understood them.",
        (14,),
    ),
    35: Misconception(
        "to believe that Content-Length counts characters",
        "It counts the bytes of the body, as `len` does once the text is encoded: ü is one character, and two bytes in UTF-8. Count one too few, and the last byte is missing; one too many, and the other side waits for it.",
        (15,),
    ),
    36: Misconception(
        "to believe that one connection carries one request",
        "A browser asks again and again on one connection, and may open several for one page. What follows a request is the next one: take the bytes of the first, and leave those of the next.",
        (15,),
    ),
    37: Misconception(
        "to believe that the target of a request is a file's name",
        "It is text that a stranger wrote: with a query behind it, bytes written as %20, `..`, or a way through a link. Decode it once, work out the real path, and look whether that lies in the folder whose files may be given.",
        (15,),
    ),
}


def page() -> str:
    """The list, as Markdown."""
    lines = [
        "# Common mistakes",
        "",
        "What is written here in bold is **wrong**, and many believe it, or do it, when they begin with sockets. What is true stands below. `helpers.check` says a mistake's number where an answer falls for it.",
    ]
    for number, each in MISCONCEPTIONS.items():
        where = ", ".join(str(lesson) for lesson in each.lessons)
        lines += [
            "",
            f"## Number {number}",
            "",
            f"The mistake is **{each.mistake}**.",
            "",
            f"{each.truth} (Lesson{'s' if len(each.lessons) > 1 else ''} {where}.)",
        ]
    return "\n".join(lines) + "\n"
