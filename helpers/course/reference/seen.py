"""What you see and what it means: errors, results, states, pictures, and programs that do not come to an end.

Comes in: the lessons, for the links; the patients of the clinic and the kernel's states, which have their words already. Goes out: the tables, and the page in Markdown. Who may import it: this folder.
Tests produce each error and each result, and find what is said here.
"""

from __future__ import annotations

from typing import NamedTuple

from helpers.course.lessons import CHEAT_SHEET
from helpers.course.reference.lessons import Lessons
from helpers.course.reference.tables import table
from helpers.exercises.lesson19.clinic import symptoms
from helpers.pictures.kernel import MEANINGS


class Seen(NamedTuple):
    """A row."""

    name: str
    """The error's class; or what is seen, as it is seen."""
    says: str
    """What the error says, or how it begins; on Linux, where systems differ. "" where it is no error."""
    means: str
    what_to_do: str
    """The usual cause, and what to do."""
    lesson: int
    cell: str
    numbers: tuple[int, int, int] | None = None
    """Of an error of the system's: on Linux, on macOS, on Windows."""
    elsewhere: str = ""
    """What else differs on macOS or Windows: a sentence."""


ERRORS = [
    Seen("ConnectionRefusedError", "Connection refused", "The machine answered: nobody listens on this port.", "Start the server first; compare host and port on both sides; with `localhost` try 127.0.0.1. It is no firewall, mostly.", 2, "which-is-which", (111, 61, 10061)),
    Seen("TimeoutError", "timed out", "Nothing came in the time that you set. Nothing else is known.", "In `connect`: look at the host's address and at firewalls. In `recv`: the peer has not spoken; wait again, or give up. In `sendall`: a part may have gone; close the connection.", 5, "accept-said", None, "`connect` without a timeout of yours gives up by itself, after 20 s on Windows, over a minute on macOS, two minutes on Linux."),
    Seen("BlockingIOError", "Resource temporarily unavailable", "The call would have to wait, and may not (`setblocking(False)`, or a timeout of 0).", "Ask `select` first, and try again when it says so. It is no failure.", 5, "three-answers", (11, 35, 10035)),
    Seen("ConnectionResetError", "Connection reset by peer", "The peer broke the connection off (RST). Something may be missing.", "Give up this connection, and make a new socket. Often the peer fell, or closed with bytes unread.", 9, "reset-said", (104, 54, 10054), "On Windows a socket for datagrams raises it, too, when an earlier one met nobody."),
    Seen("BrokenPipeError", "Broken pipe", "You write to a peer that has gone, or after your own `shutdown(SHUT_WR)`.", "Stop sending, and close. The `send` before this one succeeded, and its bytes may be lost.", 9, "gone-second-said", (32, 32, 10058), "On Windows it is `ConnectionAbortedError`, 10053, where the peer has gone."),
    Seen("OSError", "Address already in use", "The port belongs to another socket, or waits in TIME_WAIT.", "End the other program (look for it in another notebook, or terminal); set `SO_REUSEADDR` before `bind`; or take another port.", 4, "plain-bind-said", (98, 48, 10048)),
    Seen("OSError", "Cannot assign requested address", "`bind` to an address that this machine does not have.", "Bind 127.0.0.1, or `''` for all of this machine's.", 2, "where-to-use", (99, 49, 10049), "From `connect` to `::1`: this machine has no IPv6; take 127.0.0.1. Windows says it of a `connect` to `''`, too."),
    Seen("OSError", "Bad file descriptor", "The socket is closed.", "Look for the `close`, or for the end of its `with`. A closed socket stays closed: make a new one.", 1, "close-said", (9, 9, 10038)),
    Seen("OSError", "Transport endpoint is not connected", "The socket has no peer.", "Connect first. On a server talk through what `accept` gave you, not through the listening socket.", 3, "not-connected-said", (107, 57, 10057), "On Linux `send` says `BrokenPipeError` in its place."),
    Seen("OSError", "Transport endpoint is already connected", "A second `connect` of a connected socket.", "Make a new socket for each connection.", 1, "close-said", (106, 56, 10056)),
    Seen("OSError", "Too many open files", "The program has as many descriptors as it may have.", "Look for connections that nobody closes: `helpers.states`, CLOSE_WAIT. The call that raises it is innocent.", 19, "p4-said", (24, 24, 10024)),
    Seen("OSError", "Message too long", "A datagram that is larger than UDP carries.", "Send at most 65,507 bytes, and better no more than 1,200.", 16, "largest-said", (90, 40, 10040), "macOS takes 9,216, unless it is told otherwise. On Windows `recvfrom` raises it as well, where the datagram is longer than was asked for."),
    Seen("OSError", "Network is unreachable", "There is no way from here to there.", "Is there a network, and a family of addresses that both have? Try the name's next address.", 2, "which-is-which", (101, 51, 10051)),
    Seen("PermissionError", "Permission denied", "The port is the administrator's: on many systems all below 1024 are.", "Take a port from 1024 on.", 2, "two-servers-said", (13, 13, 10013), "Windows says it of ports that it keeps for itself."),
    Seen("gaierror", "Name or service not known", "The host is a name, and nobody knows it.", "Look at the spelling: a host has no `http://` in front and no port behind.", 2, "which-is-which", None, "It is number -2 on Linux, 8 on macOS (*nodename nor servname provided, or not known*), and 11001 on Windows (*getaddrinfo failed*). *Temporary failure in name resolution*: no name server could be asked."),
    Seen("TypeError", "a bytes-like object is required, not 'str'", "Text where bytes are wanted.", "Encode it, or write `b` in front. In `split` both must be of one kind.", 1, "send-str-said"),
    Seen("TypeError", "socket.connect() takes exactly one argument (2 given)", "An address is one argument, a tuple.", "Write both pairs of parentheses: `connect((host, port))`.", 2, "parentheses-said"),
    Seen("TypeError", "'str' object cannot be interpreted as an integer", "The port is a string.", "`int(port)`.", 2, "port-string-said"),
    Seen("OverflowError", "connect(): port must be 0-65535.", "There is no such port.", "A port has two bytes.", 2, "largest-guess"),
    Seen("UnicodeDecodeError", "'utf-8' codec can't decode byte …", "These bytes are no UTF-8, or a character is cut in two.", "*invalid start byte*: the sender used another encoding. *unexpected end of data*: the rest of the character is on its way; use an incremental decoder.", 6, "latin-read-why"),
    Seen("ValueError", "invalid literal for int() with base 10: …", "What came is no number.", "Catch it, and answer with an error.", 7, "int-point-why"),
    Seen("ValueError", "Timeout value out of range", "A negative timeout: the deadline is over.", "If nothing is left, raise `TimeoutError` yourself.", 5, "negative-said"),
    Seen("RuntimeError", "dictionary changed size during iteration", "A loop goes through a dict, and somebody adds or takes something out.", "Go through a copy, `list(members)`; between threads under a lock.", 11, "changed-said"),
    Seen("ValueError", "filedescriptor out of range in select()", "`select` takes descriptors up to 1023.", "Use the module `selectors`.", 12, "selector-intro"),
    Seen("RuntimeError", "asyncio.run() cannot be called from a running event loop", "A notebook has a running loop already.", "In a cell write `await main()`.", 13, "run-said"),
    Seen("RuntimeWarning", "coroutine … was never awaited", "A coroutine was made, and nobody ran it.", "Write `await` in front, or make a task of it.", 13, "await-said"),
    Seen("ValueError", "Separator is not found, and chunk exceed the limit", "A line of more than 64 KiB came to `readline`; it is lost.", "Hang up. Or use `read`, and a buffer of your own. *Separator is found, but chunk is longer than limit* says the same.", 13, "long-rest-said"),
    Seen("SSLCertVerificationError", "unable to get local issuer certificate", "Nobody on your list has signed this certificate.", "Put the CA that should be there on the list. `CERT_NONE` mends nothing.", 18, "errors"),
    Seen("SSLCertVerificationError", "self-signed certificate", "It vouches for itself.", "If the server is yours, bring its certificate by another way, and put it on the list (`cadata`).", 18, "errors"),
    Seen("SSLCertVerificationError", "Hostname mismatch", "The certificate is for another name.", "Ask for the right name, or do not talk.", 18, "errors"),
    Seen("SSLEOFError", "EOF occurred in violation of protocol", "The connection ended without close_notify.", "Something may be missing: was the message whole? Mostly a peer that closes without `unwrap`. `recv` says it only with `suppress_ragged_eofs=False`; else it gives `b''`. In a handshake the peer hung up.", 18, "end-said"),
    Seen("SSLWantReadError", "The operation did not complete (read)", "No whole record is there yet, and the socket may not wait.", "Ask `select`, and try again.", 18, "pending-said"),
    Seen("KeyboardInterrupt", "", "You pressed ■, or Ctrl-C. Nothing is broken.", "Names keep their values: go on.", 5, "rescue"),
    Seen("NameError", "name … is not defined", "Python does not know this name.", "Is it spelt correctly? Then run the cells above; after a restart all of them.", 0, "misspelt-said"),
]  # fmt: skip

RESULTS = [
    Seen("b''", "", "From `recv`: the peer has ended its stream.", "Leave the loop, and close. It will not change any more: a loop that tries again spins.", 5, "end-said"),
    Seen("b'he'", "", "Less came than you sent, or than you asked for: a part of the message.", "Receive again until it is whole: count, or look for the delimiter.", 8, "slice-why"),
    Seen("b'teamilk'", "", "Two messages came in one `recv`.", "Draw borders: a length in front, or a delimiter behind; keep what came too early.", 8, "glue-why"),
    Seen("the answer to the question before", "", "One `recv` did not take all of an answer; or an answer came late.", "Receive the whole answer before you ask again; number the questions.", 5, "behind-said"),
    Seen("ZÃ¼rich", "", "UTF-8, read as Latin-1.", "Both sides have to use one encoding.", 6, "mojibake-why"),
    Seen("Z�rich", "", "A byte that is no UTF-8, read with `errors='replace'`.", "For the eyes it will do. To store or compare, find out the encoding.", 6, "errors-why"),
    Seen("\"b'hi'\"", "", "`str(data)` shows bytes as Python writes them.", "Use `data.decode()`.", 6, "str-call-why"),
    Seen("nan", "", "`float` takes the word for a number.", "Look at what comes before you convert it, and ask `math.isfinite`.", 7, "nan-why"),
]  # fmt: skip

WAITS = [
    Seen("[*]", "", "The cell waits: in `accept`, `recv` or `connect`, or for another cell above it.", "Press ■; if that does not help, restart the kernel. Then give it what it waits for, or a timeout.", 5, "rescue"),
    Seen("a window that says nothing", "", "The program waits, mostly in `accept`.", "Connect to it. Its window says where it listens.", 4, "server-lines"),
    Seen("both ends wait in `recv`", "", "Each waits for the other to speak; one of them has not said that it is done.", "Send the line's end, or `shutdown(SHUT_WR)`.", 4, "empty-line-said"),
    Seen("both ends wait in `sendall`", "", "A deadlock: all buffers are full, and nobody reads.", "Read while you send.", 9, "swap-said"),
]  # fmt: skip

MARKS = [
    Seen("a band", "", "Bytes on their way, from the `send` that gave them to the `recv` that took them.", "", 0, "call-said"),
    Seen("not received yet", "", "They wait in the peer's system.", "", 1, "send-hello"),
    Seen("never received", "", "Nobody will receive them any more: the socket that they waited for is closed.", "", 4, "break-off"),
    Seen("received in two parts", "", "One `send`, several `recv`s.", "", 5, "two"),
    Seen("two sends in one", "", "Several `send`s, one `recv`.", "", 8, "glue"),
    Seen("2 of 5 bytes", "", "The `recv` took a part of what was sent.", "", 8, "slice"),
    Seen("waits in the backlog", "", "Connected, and not accepted.", "", 3, "first"),
    Seen("still waits", "", "The call had not come back when the picture was drawn.", "", 4, "talk"),
    Seen("waited 0.2 s", "", "So long the call took. Shorter waits are not told.", "", 10, "timeout"),
    Seen("end of stream", "", "`recv` gave `b''`.", "", 3, "close-conn"),
    Seen("FIN", "", "An end has closed, or ended its half.", "", 9, "half-close"),
    Seen("RST", "", "The connection was broken off.", "", 9, "reset"),
    Seen("the rest is lost", "", "A datagram was longer than `recvfrom` asked for.", "", 16, "cut"),
]  # fmt: skip
"""What stands in a picture of a conversation, in its words."""

STATES = {
    "LISTEN": (10, "states"),
    "SYN_SENT": (2, "silent-said"),
    "ESTABLISHED": (10, "states-said"),
    "FIN_WAIT2": (9, "half-states"),
    "CLOSE_WAIT": (9, "half-states-said"),
    "TIME_WAIT": (9, "time-wait-said"),
}
"""Those that a learner meets, and where."""


def page(lessons: Lessons) -> str:
    """All of it, as Markdown."""
    return (
        "\n".join(
            [
                "# What you see, and what it means",
                "",
                f"Look for what you see, then read from left to right. Which call does what: [Cheat sheet]({CHEAT_SHEET}).",
                *_section("Errors", _errors(lessons), ERRORS_INTRO),
                *_section("What comes, and looks odd", _told(lessons, RESULTS)),
                *_section("What does not come back", _told(lessons, WAITS)),
                *_section("A program that is ill", _illnesses(lessons), ILL_INTRO),
                *_section("What the kernel says", _states(lessons), STATES_INTRO),
                *_section("What stands in a picture", _marks(lessons)),
            ]
        )
        + "\n"
    )


ERRORS_INTRO = "A traceback's last line has the error's name and what it says. The numbers in brackets are those of Linux, macOS and Windows; the words are Linux's."
ILL_INTRO = "From the clinic, lesson 19: the call that is to blame is often not the one that waits or raises."
STATES_INTRO = "`helpers.states` shows them; in a terminal `ss -tan` does on Linux, `netstat -an` elsewhere. They spell some of them in other ways: `ESTAB`, `FIN-WAIT-2`, `FIN_WAIT_2`, `LISTENING`."


def _section(title: str, rows: list[str], intro: str = "") -> list[str]:
    return ["", f"## {title}", "", *([intro, ""] if intro else []), *rows]


def _errors(lessons: Lessons) -> list[str]:
    rows = [
        [_error(each), each.means, " ".join(filter(None, [each.what_to_do, each.elsewhere])), _lesson(lessons, each)]
        for each in ERRORS
    ]
    return table(["you see", "it means", "usual cause, and what to do", "lesson"], rows)


def _error(each: Seen) -> str:
    """Its name and words, with its numbers where it has any."""
    said = f": {each.says}" if each.says else ""
    numbers = f" ({', '.join(map(str, each.numbers))})" if each.numbers else ""
    return f"`{each.name}`{said}{numbers}"


def _lesson(lessons: Lessons, each: Seen) -> str:
    return lessons.link(each.lesson, each.cell, str(each.lesson))


def _code(seen: str) -> str:
    """Back-quotes around what is code, and none around words."""
    return seen if seen[0].isalpha() and seen[0].isascii() and " " in seen else f"`{seen}`"


def _illnesses(lessons: Lessons) -> list[str]:
    rows = [
        [
            each.symptom,
            lessons.link(19, f"p{each.number}-chart", each.illness),
            f"`{each.seats[0]}`",
            each.mend,
            str(each.lesson),
        ]
        for each in symptoms().patients
    ]
    return table(["you see", "it is", "the call", "the smallest mend", "lesson"], rows)


def _told(lessons: Lessons, seen: list[Seen]) -> list[str]:
    rows = [[_code(each.name), each.means, each.what_to_do, _lesson(lessons, each)] for each in seen]
    return table(["you see", "it means", "what to do", "lesson"], rows)


def _marks(lessons: Lessons) -> list[str]:
    return table(["it says", "it means", "lesson"], [[each.name, each.means, _lesson(lessons, each)] for each in MARKS])


def _states(lessons: Lessons) -> list[str]:
    rows = [[f"`{name}`", MEANINGS[name], lessons.link(*place, str(place[0]))] for name, place in STATES.items()]
    return table(["state", "this end", "lesson"], rows)
