"""A line of the socket bench: the code that a press runs, what became of it, and why it failed where it did.

Comes in: the name of a call and what it raised. Goes out: the line as code and as a sentence, in words that are the same on every system. The bench and its two
programs use it.
"""

from __future__ import annotations

import dataclasses
import traceback

from helpers.recording.events import short_repr

CODE = {
    "create": "{name} = socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "bind": "{name}.bind(('127.0.0.1', 0))",
    "listen": "{name}.listen()",
    "accept": "conn, addr = {name}.accept()",
    "connect": "{name}.connect(address)",
    "send": "{name}.sendall({data!r})",
    "recv": "{name}.recv(1024)",
    "close": "{name}.close()",
}
"""The buttons, and the line that each of them runs."""
ADDRESS = "address = server.getsockname()"
"""Follows the server's `bind`, as in lesson 3, or a `listen` without one, for which the system chooses the address: the clients' `connect` goes
there, also when the server is closed."""

LONGEST = 100
"""Characters of a text that is sent at most."""


@dataclasses.dataclass(eq=False)
class Line:
    """A press: its code, and what became of it."""

    name: str
    call: str
    code: str
    stage: str
    """What its socket was when it was pressed."""
    running: bool = True
    waited: bool = False
    value: bytes = b""
    """What `recv` gave."""
    error: str = ""
    """The name of the class of what it raised."""
    caught: bool = False
    """Whether that was an error of the system's, an OSError."""
    words: str = ""
    """The same as the system words it. The course's notes are left out: they speak of cells to run, and here is none."""
    reason: str = ""
    """The same in our words, which are alike on every system."""
    dropped: list[str] = dataclasses.field(default_factory=list)
    """The names of open sockets that were lost: nothing refers to them any more."""

    def fell(self, error: BaseException) -> None:
        interrupted = isinstance(error, KeyboardInterrupt)  # a Stopped is one
        self.error = "KeyboardInterrupt" if interrupted else type(error).__name__
        self.caught = isinstance(error, OSError)
        self.words = self.error if interrupted else traceback.format_exception_only(error)[0].rstrip()
        self.reason = _reason(self, error)

    @property
    def outcome(self) -> str:
        """What became of it, in a few words; nothing where it has only returned."""
        said = ["waited"] if self.waited and not self.error else []
        if self.error:
            said.append(f"{self.error}: {self.reason}" if self.reason else self.error)
        elif self.call == "recv":
            bytes_shown = short_repr(self.value, len(self.value), 2 * LONGEST)
            said.append(f"→ {bytes_shown}" + ("" if self.value else ", the end: the peer sends no more"))
        elif self.call == "accept":
            said.append("conn is a new socket")
        said += [f"closes the {name} of before, to which nothing refers any more" for name in self.dropped]
        return "; ".join(said)

    @property
    def as_sentence(self) -> str:
        """It and its outcome, in a sentence."""
        first = self.code.splitlines()[0]
        if self.running:
            return f"{first} waits {_WAITS.get(self.call, '')}".rstrip()
        if not self.outcome:
            return f"{first} has returned"
        return f"{first} {self.outcome}" if self.outcome.startswith("→") else f"{first}: {self.outcome}"

    @property
    def as_code(self) -> str:
        """It and its outcome, as code that can be run: what failed fails again and is caught, and nothing waits that nobody would end."""
        if self.running:
            return f"# {self.code}  (waits)"
        first, *more = self.code.splitlines()
        if self.caught:  # left out, it would not leave the socket as it did
            return f"try:\n    {first}\nexcept OSError:\n    pass  # {self.outcome}"
        if self.error:
            return f"# {first}  # {self.outcome}"
        return "\n".join([f"{first}  # {self.outcome}" if self.outcome else first, *more])


def _reason(line: Line, error: BaseException) -> str:
    """Why a call fails, in words that are the same on every system."""
    if isinstance(error, NameError):
        return _NAMES.get(error.name or "", "")
    for kind, reason in _ERRORS.items():
        if isinstance(error, kind) and (
            line.stage == "connected" or kind in (KeyboardInterrupt, ConnectionRefusedError)
        ):
            return reason
    return _CLOSED if line.stage == "closed" else _STAGES.get((line.call, line.stage), "")


_WAITS = {
    "accept": "for a client: connect one, or stop waiting",
    "connect": "for an answer",
    "recv": "for bytes: let the peer send or close, or stop waiting",
    "send": "for room: the peer has to receive",
}
_NAMES = {
    "client": "there is no client yet; create makes one",
    "server": "there is no server yet; create makes one",
    "conn": "there is no conn yet; accept makes one",
    "address": "no address is known yet; the server's bind gives it one",
}
_ERRORS = {
    KeyboardInterrupt: "you stopped it while it waited",
    ConnectionRefusedError: "nobody listens at this address",
    ConnectionResetError: "the peer has broken the connection off",
    ConnectionAbortedError: "the connection is broken off",
    BrokenPipeError: "the peer has closed, and takes no more bytes",
}
_CLOSED = "a closed socket does nothing any more; create makes a new one"
_NO_PEER = "it is not connected: there is nobody to talk to"
_ONE_ADDRESS = "it has an address already"
_STAGES = {
    **{(call, stage): _NO_PEER for call in ("send", "recv") for stage in ("created", "bound")},
    **{
        (call, "listening"): "a listening socket never talks; the conn that accept makes does"
        for call in ("send", "recv")
    },
    **{(call, "broken off"): "the connection is broken off" for call in ("send", "recv")},
    ("accept", "created"): "it does not listen yet",
    ("accept", "bound"): "it does not listen yet",
    ("accept", "connected"): "it is one end of a connection; only a listening socket accepts",
    ("bind", "bound"): _ONE_ADDRESS,
    ("bind", "listening"): _ONE_ADDRESS,
    ("bind", "connected"): _ONE_ADDRESS,
    ("listen", "connected"): "it is one end of a connection, and a socket does not listen and talk",
    ("connect", "connected"): "it is connected already, and a socket has one peer",
    ("connect", "listening"): "it listens, and a socket does not listen and talk",
}
