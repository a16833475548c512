"""Who talks with whom: the two ends of each connection, and for each datagram its sender and its receiver, found by their addresses.

Comes in: what is remembered of the sockets (`Trace`), and the datagrams that they moved. Goes out: pairs of sockets; matches of datagrams. Who imports it: `history`.

Of two connections with the same addresses the order of their calls decides. One clock is read: no datagram is received before its `send` began.
"""

from __future__ import annotations

import collections
import itertools
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from helpers.recording.streams import Match, Transfer
from helpers.sockets.addresses import is_every, is_group, plain_address, port_of, reaches
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

    Each arrives whole, cut at its end, or not at all; between two addresses loopback keeps their order. What is sent to a group (multicast, broadcast) may arrive at each of its members.
    """
    addresses = _Addresses(ends)
    under_way: dict[Any, dict[Any, collections.deque[Mover]]] = {}  # by where they go, and where they come from
    to_groups: dict[Any, dict[Any, _Copies]] = {}  # by the port of the group, and where they come from
    # Who sends to an address: if nobody asks where a datagram comes from, it is likely to be from there.
    partners: dict[Any, Trace] = {}
    for end, transfer in sends:
        source = addresses.of(end)
        if (port := _port_of_group(transfer)) is not None:
            to_groups.setdefault(port, {}).setdefault(source, _Copies()).sent.append((end, transfer))
        else:
            target = addresses.met(end, transfer)
            there = under_way.setdefault(target, {})
            there.setdefault(source, collections.deque()).append((end, transfer))
            partners.setdefault(target, end)
    for end, transfer in receives:
        source, own = addresses.met(end, transfer), addresses.of(end)
        queue, at = _first(_from(under_way.get(own, {}), source), transfer)
        copies, copy = _first_copy(_from(to_groups.get(port_of(own), {}), source), end, transfer)
        if copies and copy and (queue is None or copy[1].call < queue[at][1].call):
            copies.take(end, copy)
            yield copy[0], end, Match(copy[1].call, transfer.call, transfer.size)
        elif queue is not None:
            # Where several sockets have one address, another one may receive what this one has not.
            overtaken = 0 if addresses.is_shared(own) else at
            for _ in range(overtaken):
                yield _lost(*queue.popleft(), end)
            sender, sent = queue[at - overtaken]
            del queue[at - overtaken]
            yield sender, end, Match(sent.call, transfer.call, transfer.size)
        elif transfer.size:  # an empty one that nobody sent: the socket was shut down
            likely = addresses.holder(source) if source is not None else partners.get(own)
            yield likely, end, Match(None, transfer.call, transfer.size)
    for address, queues in under_way.items():
        for end, transfer in itertools.chain.from_iterable(queues.values()):
            yield _lost(end, transfer, addresses.holder(address))
    for port, groups in to_groups.items():
        for end, transfer in itertools.chain.from_iterable(each.never_taken() for each in groups.values()):
            yield _lost(end, transfer, addresses.holder_of_port(port))


T = TypeVar("T")


def _from(by_source: Mapping[Any, T], source: Any) -> list[T]:
    """What comes from there. Whoever does not ask for the sender's address (`recv`) may have it from any."""
    if source is None:
        return list(by_source.values())
    return [by_source[source]] if source in by_source else []


def _first(
    queues: Iterable[collections.deque[Mover]], received: Transfer
) -> tuple[collections.deque[Mover] | None, int]:
    """The queue with the datagram that was `received`, and its place there: of several the one that was sent first."""
    found = []
    for queue in queues:
        at = next((at for at, (_, sent) in enumerate(queue) if _is_same(sent, received)), None)
        if at is not None:
            found.append((queue, at))
    return min(found, key=lambda each: each[0][each[1]][1].call, default=(None, 0))


def _first_copy(
    groups: Iterable[_Copies], receiver: Trace, received: Transfer
) -> tuple[_Copies, Mover] | tuple[None, None]:
    """The same among what was sent to groups."""
    found = [(copies, copy) for copies in groups if (copy := copies.next_one(receiver, received)) is not None]
    return min(found, key=lambda each: each[1][1].call, default=(None, None))


def _lost(sender: Trace, sent: Transfer, receiver: Trace | None) -> tuple[Trace, Trace | None, Match]:
    return sender, receiver, Match(sent.call, None, sent.size)


class _Copies:
    """What one sender has sent to groups at one port: each datagram for as many as take it, in its order for each."""

    def __init__(self) -> None:
        self.sent: list[Mover] = []
        self._taken: set[int] = set()  # by their calls
        self._place: dict[int, int] = collections.defaultdict(int)  # by receivers, behind the last one that each took

    def next_one(self, receiver: Trace, received: Transfer) -> Mover | None:
        """The one that `receiver` has `received`."""
        return next((each for each in self.sent[self._place[receiver.number] :] if _is_same(each[1], received)), None)

    def take(self, receiver: Trace, copy: Mover) -> None:
        self._place[receiver.number] = self.sent.index(copy, self._place[receiver.number]) + 1
        self._taken.add(copy[1].call)

    def never_taken(self) -> Iterator[Mover]:
        return (each for each in self.sent if each[1].call not in self._taken)


class _Addresses:
    """Where datagram sockets are to be found. An address may have been used again: by one after the other, or by several at once."""

    def __init__(self, ends: Sequence[Trace]) -> None:
        self._holders: dict[Any, list[Trace]] = collections.defaultdict(list)
        self._by_port: dict[int, list[Any]] = collections.defaultdict(list)
        for end in ends:
            address = self.of(end)
            if address is None:
                continue
            if address not in self._holders and (port := port_of(address)) is not None and end.mate is None:
                self._by_port[port].append(address)
            self._holders[address].append(end)

    def of(self, end: Trace) -> Any:
        """Its own; None: it has no address."""
        return ("pair", end.number) if end.mate is not None else plain_address(end.local) or None

    def met(self, end: Trace, transfer: Transfer) -> Any:
        """Where the datagram went, or came from, as the socket there would say it."""
        if end.mate is not None:
            return "pair", end.mate.number
        address = plain_address(transfer.address if transfer.address is not None else end.peer)
        if address in self._holders or port_of(address) is None:
            return address or None
        # One that listens on all addresses of this computer, or a name for it such as "localhost".
        here = [each for each in self._by_port[address[1]] if reaches(address, each)]
        loopback = "::1" if end.family == getattr(socket, "AF_INET6", None) else "127.0.0.1"
        here.sort(key=lambda each: (each[0] != loopback, not is_every(each[0])))
        return here[0] if here else address

    def is_shared(self, address: Any) -> bool:
        return len(self._holders.get(address, ())) > 1

    def holder(self, address: Any) -> Trace | None:
        """The last one that had it."""
        return self._holders[address][-1] if address in self._holders else None

    def holder_of_port(self, port: int) -> Trace | None:
        found = self._by_port.get(port)
        return self.holder(found[0]) if found else None


def _port_of_group(sent: Transfer) -> int | None:
    """The port of all members of the group that it was sent to; None: it was sent to one socket."""
    port = port_of(sent.address)
    return port if port is not None and is_group(str(sent.address[0])) else None


def _is_same(sent: Transfer, received: Transfer) -> bool:
    size = min(sent.size, received.size, KEPT_HEAD)
    return sent.begun < received.ended and sent.size >= received.size and sent.data[:size] == received.data[:size]
