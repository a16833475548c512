"""Who talks with whom: the two ends of each connection, and for each datagram its sender and its receiver, found by their addresses.

Comes in: what is remembered of the sockets (`Trace`), and the datagrams that they moved. Goes out: pairs of sockets; matches of datagrams. Who imports it: `history`.

Of two connections with the same addresses the order of their calls decides. One clock is read: no datagram is received before its `send` began.
"""

from __future__ import annotations

import collections
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from helpers.recording.streams import Match, Transfer
from helpers.sockets.addresses import plain_address
from helpers.sockets.tapes import KEPT_HEAD, Trace

Pair = tuple[Trace | None, Trace | None]
"""The two ends of a conversation, the one that connected (or sent) first; None: in another process."""


def pair_connections(traces: Iterable[Trace]) -> list[Pair]:
    """The ends of each stream connection, found by their addresses. An end whose peer is not among `traces` stands alone."""
    ends = sorted((trace for trace in traces if trace.kind == socket.SOCK_STREAM), key=lambda trace: trace.number)
    servers: dict[Any, collections.deque[Trace]] = collections.defaultdict(collections.deque)
    for end in ends:
        if end.role == "server":
            servers[plain_address(end.local), plain_address(end.peer)].append(end)
    pairs: list[Pair] = []
    met = {end.number: end for end in ends}
    for end in ends:
        if end.role == "pair" and end.mate is not None:
            mate = met.get(end.mate.number)
            if mate is None or end.number < mate.number:
                pairs.append((end, mate))
    # Connections with the same addresses (an address was used again; AF_UNIX clients have none) are accepted in the order in which they were made.
    clients = [end for end in ends if end.role == "client" and end.peer is not None]
    for client in sorted(clients, key=lambda end: end.since):
        same = servers[plain_address(client.peer), plain_address(client.local)]
        pairs.append((client, same.popleft() if same and _can_accept(same[0], client) else None))
    return pairs + [(None, end) for same in servers.values() for end in same]


def _can_accept(server: Trace, client: Trace) -> bool:
    """Whether the socket that accepted `server` listened already when `client` connected."""
    return server.listener is None or server.listener.since < client.since


Mover = tuple[Trace, Transfer]
"""A datagram that was sent or received, and by whom."""


def match_datagrams(
    sends: Iterable[Mover], receives: Iterable[Mover], ends: Sequence[Trace]
) -> Iterator[tuple[Trace | None, Trace | None, Match]]:
    """Sender, receiver, and the match, for each datagram. Sender or receiver is None where it is in another process.

    Each arrives whole, cut at its end, or not at all; between two addresses loopback keeps their order.
    """
    addresses = _Addresses(ends)
    under_way: dict[Any, collections.deque[Mover]] = collections.defaultdict(collections.deque)
    for end, transfer in sends:
        under_way[addresses.of(end), addresses.met(end, transfer)].append((end, transfer))
    for end, transfer in receives:
        source = addresses.met(end, transfer)
        queue = under_way[source, addresses.of(end)]
        at = next((i for i, (_, sent) in enumerate(queue) if _is_same(sent, transfer)), None)
        if at is not None:
            for _ in range(at):
                yield _lost(*queue.popleft(), end)
            sender, sent = queue.popleft()
            yield sender, end, Match(sent.call, transfer.call, transfer.size)
        elif transfer.size:  # an empty one that nobody sent: the socket was shut down
            yield addresses.holder(source), end, Match(None, transfer.call, transfer.size)
    for (_, address), queue in under_way.items():
        for end, transfer in queue:
            yield _lost(end, transfer, addresses.holder(address))


def _lost(sender: Trace, sent: Transfer, receiver: Trace | None) -> tuple[Trace, Trace | None, Match]:
    return sender, receiver, Match(sent.call, None, sent.size)


class _Addresses:
    """Where datagram sockets are to be found. An address may have been used again: by one after the other."""

    def __init__(self, ends: Sequence[Trace]) -> None:
        self._holders: dict[Any, Trace] = {}
        self._by_port: dict[Any, Any] = {}
        for end in ends:
            address = self.of(end)
            if address is not None:
                self._holders[address] = end
                self._by_port[_port(address)] = address

    def of(self, end: Trace) -> Any:
        """Its own; None: it has no address."""
        return ("pair", end.number) if end.mate is not None else plain_address(end.local) or None

    def met(self, end: Trace, transfer: Transfer) -> Any:
        """Where the datagram went, or came from, as the socket there would say it."""
        if end.mate is not None:
            return "pair", end.mate.number
        address = plain_address(transfer.address if transfer.address is not None else end.peer)
        if address in self._holders or not isinstance(address, tuple):
            return address or None
        here = self._by_port.get(address[1])
        # One that listens on all addresses of this computer, or a name for it such as "localhost".
        return (
            here
            if here is not None and (_is_any(here[0]) or _is_any(address[0]) or not _is_number(address[0]))
            else address
        )

    def holder(self, address: Any) -> Trace | None:
        return self._holders.get(address)


def _port(address: Any) -> Any:
    return address[1] if isinstance(address, tuple) and address[0] != "pair" else None


def _is_any(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _is_same(sent: Transfer, received: Transfer) -> bool:
    size = min(sent.size, received.size, KEPT_HEAD)
    return sent.begun < received.ended and sent.size >= received.size and sent.data[:size] == received.data[:size]
