"""What a load is to be: how many clients, which of them are slow, what each of them says, for how long at most.

Comes in: what the caller of `helpers.load` wants. Goes out: a `Plan` within bounds, or an error whose sentence says what is wrong. It is carried into the process that drives the clients, as JSON.
Whoever measures may import it; it imports nothing that takes long to load.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from helpers.sockets.addresses import host_and_port, is_loopback

MOST_CLIENTS = 500 if sys.platform == "win32" else 1000
"""Clients at most. On Windows a selector takes 512 sockets."""
SPARE = 32
"""Descriptors that the process of a load has besides its clients'."""
MOST_LINES = 100_000
"""Lines of all clients together."""
MOST_BYTES = 256 << 20
"""Of these, all of them together."""
LONGEST_LINE = 1 << 20
MOST_SECONDS = 60
IN_A_ROOM = 512
"""Bytes of a line that is said in a room, unless told: what a member does not read is soon more than the system holds for it."""

ECHO, ROOM = KINDS = ("echo", "room")


class Plan(NamedTuple):
    """What the clients do."""

    host: str
    port: int
    clients: int
    slow: int
    silent: int
    lines: int
    message: bytes | None
    until: bytes | None
    kind: str
    seconds: float

    @property
    def asking(self) -> int:
        """Clients that ask and read, and are measured."""
        return self.clients - self.slow - self.silent

    def line(self, client: int, number: int) -> bytes:
        """What the client of that number says, in its line of that number, counted from 1. In a room: without the newline."""
        if self.kind == ROOM:
            return self.message.removesuffix(b"\n") if self.message else (b"line %d " % number).ljust(IN_A_ROOM, b".")
        # No two are alike: an answer that is another client's is found out.
        return self.message or b"client %d, line %d\n" % (client, number)

    def as_json(self) -> dict[str, Any]:
        """It as JSON can carry it."""
        return {
            key: value.decode("latin-1") if isinstance(value, bytes) else value for key, value in self._asdict().items()
        }

    @classmethod
    def of_json(cls, fields: dict[str, Any]) -> Plan:
        """What `as_json` was made of."""
        texts = {key: fields[key] and fields[key].encode("latin-1") for key in ("message", "until")}
        return cls(**{**fields, **texts})


def plan(
    address: object, clients: int, slow: int, silent: int, lines: int, message: bytes | None, until: bytes | None, kind: str, seconds: float,
) -> Plan:  # fmt: skip
    """What was asked for, once it is found to be within bounds. TypeError, ValueError: it is not."""
    host, port = _loopback(address)
    for name, count, least in (("clients", clients, 1), ("slow", slow, 0), ("silent", silent, 0), ("lines", lines, 1)):
        if not isinstance(count, int) or isinstance(count, bool) or count < least:
            raise ValueError(f"{name} is a whole number, {least} or more; this is {count!r}.")
    if clients > MOST_CLIENTS:
        raise ValueError(f"A load has {MOST_CLIENTS:,} clients at most here; these are {clients:,}.")
    if slow + silent >= clients:
        raise ValueError(
            f"Of {clients:,} clients {slow + silent:,} are slow or silent, and nobody is left to be measured: take more clients, or slow=0."
        )
    if not isinstance(seconds, int | float) or not 0 < seconds <= MOST_SECONDS:
        raise ValueError(f"seconds is a time, more than 0 and {MOST_SECONDS} at most; this is {seconds!r}.")
    if kind not in KINDS:
        raise ValueError(
            f"kind is 'echo', for a server that answers, or 'room', for one that tells all others; this is {kind!r}."
        )
    _require_texts(message, until, kind)
    _require_descriptors(clients)
    made = Plan(host, port, clients, slow, silent, lines, message, until, kind, float(seconds))
    _require_room(made)
    return made


def _loopback(address: object) -> tuple[str, int]:
    """Host and port. A load is for a server of one's own, on this computer, and for no other."""
    host, port = host_and_port(address)
    if host == "localhost":
        return "127.0.0.1", port
    if host in ("", "0.0.0.0", "::"):
        raise ValueError(
            f"{host!r} stands for every address of a computer: a server can listen there, and a client calls 127.0.0.1."
        )
    if not is_loopback(host):
        raise ValueError(
            f"A load may only be put on a server of this computer: on 127.0.0.1, ::1 or localhost. {host!r:.100} may be somebody else's, whom many clients at once "
            "would harm, and who has not been asked."
        )
    return host, port


def _require_texts(message: object, until: object, kind: str) -> None:
    for name, text in (("message", message), ("until", until)):
        if text is not None and (not isinstance(text, bytes) or not text):
            raise TypeError(f"{name} is bytes, such as b'hello\\n', and not empty; this is {text!r:.100}.")
    if kind != ROOM:
        return
    if until is not None:
        raise ValueError("until says where an answer ends; in a room nobody answers, and lines end with a newline.")
    if isinstance(message, bytes) and (not message.removesuffix(b"\n") or b"\n" in message[:-1]):
        raise ValueError("In a room message is one line: some bytes, and a newline only at their end.")


def _require_descriptors(clients: int) -> None:
    """That the system lets a process have so many connections."""
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < clients + SPARE:
        raise ValueError(
            f"The system lets a process have {hard:,} descriptors at most (ulimit -Hn): too few for {clients:,} clients."
        )


def _require_room(made: Plan) -> None:
    """That it is not more than a computer can bear."""
    size = len(made.line(made.clients, made.lines))
    if size > LONGEST_LINE:
        raise ValueError(f"A message has {LONGEST_LINE:,} bytes at most; this one has {size:,}.")
    lines = made.asking * made.lines
    answers = lines * (made.asking if made.kind == ROOM else 1)
    if lines > MOST_LINES:
        raise ValueError(f"All clients together say {MOST_LINES:,} lines at most; these would be {lines:,}.")
    if answers * size > MOST_BYTES:
        raise ValueError(
            f"All answers together have {MOST_BYTES >> 20} MiB at most; these would have {answers * size >> 20:,}."
        )
