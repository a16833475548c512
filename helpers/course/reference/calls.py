"""The calls of the course, a row each: what it waits for, what it returns, what it raises, where it is met. And the sheet of paper that they stand on.

Comes in: the lessons, for the links. Goes out: `CALLS`, and the cheat sheet in Markdown. Who may import it: this folder. Tests play each call against real sockets, and find what its row says.
"""

from __future__ import annotations

from typing import NamedTuple

from helpers.course.lessons import SEEN
from helpers.course.reference.lessons import Lessons
from helpers.course.reference.tables import table

NOTHING = "–"


class Call(NamedTuple):
    """A row."""

    written: str
    """As one writes it."""
    waits: str
    """What it waits for; "" if for nothing."""
    returns: str
    """The type of what it returns, and what that is."""
    raises: dict[str, str]
    """By the error's name: when."""
    lesson: int
    cell: str
    """Where it is met: a cell that uses it, or shows what is said here."""

    @property
    def name(self) -> str:
        """Of the function: `recv` of `s.recv(n)`."""
        return self.written.removeprefix("await ").partition("(")[0].rpartition(".")[2]

    @property
    def type(self) -> str:
        """Of what it returns."""
        return self.returns.split("`")[1]


CALLS: dict[str, list[Call]] = {
    "A socket": [
        Call("socket.socket(AF_INET, SOCK_STREAM)", "", "`socket`", {"OSError": "too many open files"}, 1, "create-socket"),
        Call("s.settimeout(seconds)", "", "`None`; bounds each wait", {"ValueError": "negative"}, 5, "negative-timeout"),
        Call("s.setblocking(False)", "", "`None`; it never waits now", {}, 12, "welcome"),
        Call("s.setsockopt(level, option, value)", "", "`None`", {"OSError": "no such option"}, 4, "reuse-terminal"),
        Call("s.getsockname()", "", "`tuple`: its own address", {"OSError": "closed"}, 2, "port-zero"),
        Call("s.getpeername()", "", "`tuple`: the peer's address", {"OSError": "not connected"}, 1, "peer"),
        Call("s.fileno()", "", "`int`: its descriptor; -1: closed", {}, 3, "close"),
    ],
    "A server": [
        Call("s.bind((host, port))", "", "`None`; port 0: the system chooses", {"OSError": "taken, or not this machine's", "TypeError": "the port is a `str`"}, 2, "port-zero"),
        Call("s.listen()", "", "`None`; clients can connect now", {}, 3, "listen"),
        Call("socket.create_server(address)", "", "`socket`: made, bound, listening", {"OSError": "as `bind`"}, 5, "frozen"),
        Call("s.accept()", "a client", "`tuple`: new socket, client's address", {"TimeoutError": "nobody came", "BlockingIOError": "it may not wait", "OSError": "closed, or not listening"}, 3, "accept"),
    ],
    "A client": [
        Call("s.connect((host, port))", "an answer", "`None`", {"ConnectionRefusedError": "nobody listens", "TimeoutError": "no answer", "gaierror": "unknown name", "OSError": "closed, or connected"}, 2, "connect-refused"),
        Call("s.connect_ex(address)", "the same", "`int`: 0, or the error's number", {"gaierror": "unknown name"}, 2, "full-queue"),
        Call("socket.create_connection(address)", "the same, in turn", "`socket`, connected", {"ConnectionRefusedError": "the last address refuses"}, 14, "stranger"),
    ],
    "Sending": [
        Call("s.send(data)", "room", "`int`: so many bytes it took", {"TypeError": "a `str`", "TimeoutError": "no room", "BlockingIOError": "it may not wait", "ConnectionResetError": "broken off", "BrokenPipeError": "the peer has gone; after `SHUT_WR`"}, 9, "part"),
        Call("s.sendall(data)", "room for all of it", "`None`", {"TypeError": "a `str`", "TimeoutError": "a part may have gone", "ConnectionResetError": "broken off", "BrokenPipeError": "as `send`"}, 9, "some-arrived-said"),
    ],
    "Receiving": [
        Call("s.recv(n)", "one byte, or the end", "`bytes`: 1 to n; `b''` at the end", {"TimeoutError": "nothing yet", "BlockingIOError": "it may not wait", "ConnectionResetError": "broken off", "OSError": "closed, or not connected"}, 5, "three-answers"),
        Call("s.makefile('rb')", "", "`BufferedReader`: the stream as a file", {}, 7, "converse"),
        Call("lines.readline()", "a newline, or the end", "`bytes`: a line; `b''` at the end", {"TimeoutError": "close it then", "ConnectionResetError": "broken off"}, 7, "fall-what"),
    ],
    "Ending": [
        Call("s.shutdown(SHUT_WR)", "", "`None`; the peer's `recv` will give `b''`", {"OSError": "not connected"}, 9, "half-close"),
        Call("s.close()", "", "`None`; RST if unread bytes lie there", {}, 1, "close-socket"),
    ],
    "Many sockets": [
        Call("select.select(r, w, x, seconds)", "one that is ready", "`tuple`: three lists", {"ValueError": "a closed socket; a descriptor above 1023"}, 12, "select"),
        Call("selector.register(s, events, data)", "", "`SelectorKey`", {"KeyError": "is registered", "ValueError": "is closed"}, 12, "selector"),
        Call("selector.modify(s, events, data)", "", "`SelectorKey`", {"KeyError": "is not registered"}, 12, "expect"),
        Call("selector.unregister(s)", "", "`SelectorKey`", {"KeyError": "is not registered"}, 12, "loop"),
        Call("selector.select(seconds)", "one that is ready", "`list` of pairs: key, events", {}, 12, "ready"),
    ],
    "Datagrams": [
        Call("udp.sendto(data, address)", "", "`int`: as many as were given", {"OSError": "too long"}, 16, "nobody"),
        Call("udp.recvfrom(n)", "a datagram", "`tuple`: its bytes, its sender", {"TimeoutError": "none came"}, 16, "borders"),
        Call("udp.connect(address)", "", "`None`; notes the address", {}, 16, "connected"),
        Call("udp.recv(n)", "a datagram", "`bytes`: n at most", {"TimeoutError": "none came", "ConnectionRefusedError": "a `send` met nobody"}, 16, "connected"),
    ],
    "Names": [
        Call("socket.getaddrinfo(host, port)", "a file, a name server", "`list` of tuples, the address last", {"gaierror": "not found"}, 17, "list"),
    ],
    "TLS": [
        Call("context.wrap_socket(s, …)", "the handshake", "`SSLSocket`; `s` has no descriptor now", {"SSLCertVerificationError": "nobody you trust signed it; wrong name", "SSLError": "the peer speaks no TLS", "TimeoutError": "it says nothing", "ConnectionResetError": "broken off"}, 18, "attempt"),
        Call("tls.recv(n)", "a record, or the end", "`bytes`: of one record at most", {"SSLWantReadError": "it may not wait", "SSLEOFError": "no close_notify, if asked for", "TimeoutError": "nothing yet"}, 18, "pending-said"),
        Call("tls.pending()", "", "`int`: bytes that `select` cannot see", {}, 18, "pending"),
        Call("tls.unwrap()", "close_notify", "`SSLSocket`: `tls`, plain now", {"TimeoutError": "it did not come"}, 18, "end-mended"),
    ],
    "asyncio": [
        Call("await start_server(f, host, port)", "", "`Server`: `f(reader, writer)` serves", {"OSError": "as `bind`"}, 13, "capitals"),
        Call("await open_connection(host, port)", "as `connect`", "`tuple`: reader, writer", {"ConnectionRefusedError": "as `connect`"}, 13, "own-asked"),
        Call("await reader.read(n)", "one byte, or the end", "`bytes`: 1 to n; `b''` at the end", {"ConnectionResetError": "broken off"}, 13, "limit-said"),
        Call("await reader.readline()", "a newline, or the end", "`bytes`: a line; `b''` at the end", {"ValueError": "a line over 64 KiB; it is lost", "ConnectionResetError": "broken off"}, 13, "long-line"),
        Call("writer.write(data)", "", "`None`; what finds no room is kept", {}, 13, "write"),
        Call("await writer.drain()", "room in the buffer", "`None`", {"ConnectionResetError": "broken off"}, 13, "drain"),
        Call("await wait_for(x, seconds)", "x, so long at most", "`object`: what x gives", {"TimeoutError": "x is cancelled"}, 13, "own-asked"),
    ],
}  # fmt: skip
"""By what they are for."""

HEAD = f"""# Cheat sheet

Each call, what it waits for, and what comes of it. A wait has no end unless you set one (`settimeout`): then it raises `TimeoutError`; only `connect` gives up by itself, after 20 s on Windows, and a minute or two elsewhere. `s` is a socket for TCP, `udp` one for datagrams, `tls` one that TLS is around. \
On a closed socket most calls raise `OSError`, Bad file descriptor. The errors are Linux's; where others differ, and what they say: [What you see, and what it means]({SEEN})."""


def page(lessons: Lessons) -> str:
    """The sheet, as Markdown."""
    lines = [HEAD]
    for title, calls in CALLS.items():
        rows = [_row(lessons, call) for call in calls]
        lines += ["", f"## {title}", "", *table(["call", "waits for", "returns", "raises", "lesson"], rows)]
    return "\n".join(lines) + "\n"


def _row(lessons: Lessons, call: Call) -> list[str]:
    raised = "; ".join(f"`{name}`: {when}" for name, when in call.raises.items())
    link = lessons.link(call.lesson, call.cell, str(call.lesson))
    return [f"`{call.written}`", call.waits or NOTHING, call.returns, raised or NOTHING, link]
