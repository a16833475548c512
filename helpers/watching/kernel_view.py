"""What the system's kernel says about the two ends of a TCP connection: LISTEN, ESTABLISHED, CLOSE_WAIT, TIME_WAIT…

>>> with states(listener) as kernel:
...     kernel.look("listening")
...     client.connect(listener.getsockname())
...     kernel.look("connected")
>>> kernel                                  # as the last line of a cell: a row for each step, a column for each end
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import time
import weakref
from types import TracebackType
from typing import Any, NamedTuple, Self

from helpers.running.rest import wait_for_rest
from helpers.sockets.addresses import is_every
from helpers.sockets.kernel import PASSING, Address, KernelSocket, in_figures, tcp_sockets

LISTENING, CLIENT, SERVER = "listening", "client", "server"
"""The ends, as they are named: "listening", "client", "server", from the second on with a number: "client 2". """

SETTLED = 0.25
"""Seconds that a look waits at most for programs in the background, and for the kernel, to come to rest."""

PASSED = 1.0
"""Seconds that a look waits at most for a state to pass that lasts for a moment only: a busy machine takes its time."""

_PAUSE = 0.005

_NEITHER = "CLOSE", "NONE"  # neither listening nor connected


@dataclasses.dataclass(frozen=True)
class Step:
    """One look at the kernel."""

    label: str
    states: dict[str, str | None]
    """For each end its state, as the kernel names it; None: it lists no such socket."""


class _Connection(NamedTuple):
    """A connection: where its two ends are."""

    client: Address
    server: Address


_Key = tuple[str, Any]

_Sample = dict[_Key, str]


class KernelView:
    """The states of the ends that belong to some servers or sockets, look by look. Made by `states`."""

    def __init__(self, *whom: Any) -> None:
        self._whom = [_remembered(each) for each in whom]
        self._servers: list[Address] = []
        self._connections: list[_Connection] = []
        self._looks: list[tuple[str, _Sample]] = []
        self.missing = ""
        """What this system does not show, in words; empty where it shows everything."""
        for each in whom:
            _check(each)
        self._entries, self.missing = tcp_sockets()
        # What has ended before is not what this cell did. Ports are used again: on a busy machine there are many.
        self._old = {_pair(entry) for entry in self._entries if entry.state == "TIME_WAIT"}

    def look(self, label: str = "now") -> Step:
        """Ask the kernel, and keep the answer as a step called `label`. Waits for programs to come to rest, and for states to pass that last for a moment: a second at most."""
        self._looks.append((label, self._settled()))
        return self.steps[-1]

    def wait_for(self, end: str, state: str | None, seconds: float = 2.0) -> bool:
        """Wait until `end` ("client", "server", "listening", "client 2"…) is in `state`, at most `seconds`. Whether it is.

        `None` stands for an end that the kernel does not list. This is no step: `look` afterwards.
        """
        deadline = time.monotonic() + seconds
        while True:
            sample = self._sample()
            if sample.get(self._key(end)) == state:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)

    @property
    def ends(self) -> list[str]:
        """The names of the ends that were seen, in the order of their columns."""
        return list(self._names())

    @property
    def steps(self) -> list[Step]:
        """The looks so far."""
        return self._named(self._looks)

    def now(self) -> list[Step]:
        """The looks so far; where there is none, what the kernel says now, which is not kept."""
        return self.steps if self._looks else self._named([("now", self._settled())])

    def __repr__(self) -> str:
        return f"<the kernel's view of {', '.join(self.ends) or 'no socket'}: {len(self._looks)} looks>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    # Names

    def _named(self, looks: list[tuple[str, _Sample]]) -> list[Step]:
        names = self._names()
        return [Step(label, {name: sample.get(key) for name, key in names.items()}) for label, sample in looks]

    def _names(self) -> dict[str, _Key]:
        names: dict[str, _Key] = {}
        for number, address in enumerate(self._servers, start=1):
            names[_numbered(LISTENING, number)] = (LISTENING, address)
        for number, connection in enumerate(self._connections, start=1):
            names[_numbered(CLIENT, number)] = (CLIENT, connection)
            names[_numbered(SERVER, number)] = (SERVER, connection)
        return names

    def _key(self, end: str) -> _Key:
        kind, _, number = end.partition(" ")
        if kind not in (LISTENING, CLIENT, SERVER) or not (number or "1").isdigit():
            raise ValueError(
                f"The ends are called {LISTENING!r}, {CLIENT!r}, {SERVER!r}, {CLIENT + ' 2'!r}…, not {end!r}."
            )
        return self._names().get(_numbered(kind, int(number or 1)), (kind, None))

    # What the kernel says

    def _settled(self) -> _Sample:
        """A sample that was the same twice, and in which no state is about to pass: the ACK of a FIN comes a moment later."""
        wait_for_rest(SETTLED)
        begun = time.monotonic()
        sample = self._sample()
        while True:
            again, waited = self._sample(), time.monotonic() - begun
            passes = not PASSING.isdisjoint(again.values())
            if waited >= (PASSED if passes else SETTLED) or (again == sample and not passes):
                return again
            sample = again
            if passes:
                time.sleep(_PAUSE)

    def _sample(self) -> _Sample:
        """The states of the ends that belong here. Ends that are new are given their place."""
        self._entries, self.missing = tcp_sockets()
        self._meet()
        sample: _Sample = {}
        for entry in self._entries:
            if entry.state in _NEITHER:
                continue
            if entry.state == "LISTEN":
                for address in self._servers:
                    if _covers(address, entry.local) or _covers(entry.local, address):
                        sample[LISTENING, address] = entry.state
                continue
            for connection in self._connections:
                if _is_end_of(entry, connection):
                    sample[CLIENT if entry.local == connection.client else SERVER, connection] = entry.state
        return sample

    def _meet(self) -> None:
        """Learn the addresses of those who had none before, and the connections that are new."""
        for each in self._whom:
            self._meet_one(each())
        found: dict[_Connection, int] = {}
        for entry in self._entries:
            connection = self._connection_of(entry)
            if connection is not None and (entry.state != "TIME_WAIT" or _pair(entry) not in self._old):
                descriptor = entry.descriptor if entry.local == connection.client else -1
                found[connection] = max(descriptor, found.get(connection, -1))
        # Several that are new at once: in the order in which this process made its sockets, as far as it did.
        fresh = [connection for connection in found if connection not in self._connections]
        self._connections += sorted(
            fresh, key=lambda connection: (found[connection] < 0, found[connection], connection)
        )

    def _meet_one(self, whom: Any) -> None:
        if whom is None:
            return
        if not isinstance(whom, socket.socket):
            self._serve(whom if isinstance(whom, tuple) else whom.address)
            return
        own, peer = _addresses(whom)
        if own is None or not own[1]:
            return
        if peer is None:
            if any(entry.state == "LISTEN" and entry.local == own for entry in self._entries):
                self._serve(own)
            return
        listening = [entry.local for entry in self._entries if entry.state == "LISTEN"]
        made_by_accept = _role(whom) == "server" or any(_covers(server, own) for server in listening + self._servers)
        connection = _Connection(peer, own) if made_by_accept else _Connection(own, peer)
        if connection not in self._connections:
            self._connections.append(connection)

    def _serve(self, address: Any) -> None:
        if address is not None and (known := in_figures(address)) not in self._servers:
            self._servers.append(known)

    def _connection_of(self, entry: KernelSocket) -> _Connection | None:
        """The connection that `entry` is an end of, if it belongs to one of the servers."""
        if entry.remote is None:
            return None
        for server in self._servers:
            if _covers(server, entry.local):
                return _Connection(entry.remote, entry.local)
            if _covers(server, entry.remote):
                return _Connection(entry.local, entry.remote)
        return None


def _check(whom: Any) -> None:
    if isinstance(whom, socket.socket):
        if whom.type != socket.SOCK_STREAM or whom.family not in (socket.AF_INET, socket.AF_INET6):
            raise ValueError("Only TCP sockets have these states. UDP has no connection, so there is nothing to be in.")
        return
    if isinstance(whom, tuple):
        if len(whom) < 2 or not isinstance(whom[0], str) or not isinstance(whom[1], int):
            raise ValueError(f"An address is (host, port), such as ('127.0.0.1', 50007); this is {whom!r}.")
        in_figures(whom)
        return
    if not hasattr(whom, "address"):
        raise TypeError(f"states() takes sockets, addresses, programs and servers, and no {type(whom).__name__}.")


def _remembered(whom: Any) -> Any:
    """A call that gives `whom`. A socket is not kept alive: forgetting one is something to look at."""
    return weakref.ref(whom) if isinstance(whom, socket.socket) else lambda: whom


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def _addresses(sock: socket.socket) -> tuple[Address | None, Address | None]:
    """Its own address and its peer's, as far as it has them."""
    own = peer = None
    with contextlib.suppress(OSError):
        own = in_figures(sock.getsockname())
        peer = in_figures(sock.getpeername())
    return own, peer


def _role(sock: socket.socket) -> str | None:
    """What a traced socket knows of itself."""
    trace = getattr(sock, "_trace", None)
    return trace.role if trace is not None else None


def _pair(entry: KernelSocket) -> frozenset[Address | None]:
    """The same for both ends."""
    return frozenset((entry.local, entry.remote))


def _covers(server: Address, address: Address) -> bool:
    """Whether a server at `server`, which may be every address of this machine, is reached at `address`."""
    return server[1] == address[1] and (is_every(server[0]) or server[0] == address[0])


def _is_end_of(entry: KernelSocket, connection: _Connection) -> bool:
    return (entry.local, entry.remote) in (
        (connection.client, connection.server),
        (connection.server, connection.client),
    )
