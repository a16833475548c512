"""What the judge sees of any server whose clients come and go: for whom it waits, whom it has accepted, and what it still holds when they have gone.

Comes in: its call, and its clients by their addresses. Goes out: calls and clients; `Fell` for what is left. Who may import it: the exercises.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from helpers.checking.call import Call
from helpers.checking.limits import LONGEST, RECORDED
from helpers.checking.messages import Doing, SocketCall
from helpers.checking.peer import Peer
from helpers.checking.verdicts import Fell, Hangs, Spins
from helpers.words import many

ROUNDS = 3
"""Times that the server is seen to rest before what it still holds is called a leak."""
LITTLE = 1 << 15
"""Bytes that a client has room for who is to be slow."""
CLOSES = "close() belongs on every way out."
ENDS = "a thread ends when its function comes back."

Address = tuple[str, int]
C = TypeVar("C")


class Holding(Protocol):
    """What is asked here of a server."""

    def holds(self) -> Doing:
        """What it has when it rests."""

    def ended(self) -> Fell | None:
        """Why it came to its end, if it did."""


def must_hold(
    server: Holding,
    connections: int,
    threads: int | None,
    gone: str,
    about: Iterable[str] = (),
    *,
    closes: str = CLOSES,
    ends: str = ENDS,
) -> None:
    """Fell unless it holds no more than that when it rests. `threads`: None: any number. `gone`: who has gone, the beginning of a sentence. `closes`, `ends`: what to do for a connection to be closed, and for a thread to end."""
    for _ in range(ROUNDS):
        now = server.holds()
        if now.connections <= connections and (threads is None or now.threads <= threads):
            return
    if fell := server.ended():
        raise fell
    if now.connections > connections:
        left = now.connections - connections
        raise Fell(
            f"{gone}, and {many(left, 'connection')} too many {'is' if left == 1 else 'are'} still open in the server: each keeps a file descriptor, until there are no more. {closes}",
            about=about,
        )
    left = now.threads - (threads or 0)
    raise Fell(
        f"{gone}, and {many(left, 'thread')} too many still {'runs' if left == 1 else 'run'} in the server: {ends}",
        about=about,
    )


def wait_until_turned_away(peer: Peer) -> None:
    """Wait until the first client's connection is closed, which had gone before it was accepted: so it is the first one also where several threads accept."""
    with contextlib.suppress(Hangs):
        peer.ended()


def wait_while_bytes_move(wait: Callable[[], bool], moved: Callable[[], int]) -> bool:
    """`wait()`, and again as long as bytes trickle between small buffers, while nobody works. `moved`: how many have so far."""
    until = time.monotonic() + LONGEST
    while True:
        before = moved()
        try:
            return wait()
        except Hangs as error:
            if isinstance(error, Spins) or moved() == before or time.monotonic() > until:
                raise


def waiting(call: Call, clients: Mapping[Address, C], which: Callable[[SocketCall], bool]) -> Iterator[tuple[SocketCall, C]]:  # fmt: skip
    """The calls in which the server waits for one of the clients, with that client."""
    for each in call.socket_calls:
        if each.waits and which(each) and (client := client_of(call, clients, each)) is not None:
            yield each, client


def client_of(call: Call, clients: Mapping[Address, C], at: SocketCall) -> C | None:
    """Whose connection it is that the server calls."""
    state = call.state
    peers = [each.peer for each in state.sockets if each.number == at.socket] if state is not None else []
    return clients.get(peers[0]) if peers and isinstance(peers[0], tuple) else None  # type: ignore[arg-type]


def is_accepted(call: Call, clients: Mapping[Address, C], who: C) -> bool:
    """Whether the server has accepted its connection; or whether that is not known, since so much has happened."""
    address = next((address for address, each in clients.items() if each is who), None)
    accepted = [each.detail for each in call.socket_calls if each.method == "accept" and not each.waits]
    return address in accepted or len(call.socket_calls) >= RECORDED


def patience(call: Call, clients: Mapping[Address, C], who: C) -> float | None:
    """Seconds for which the server has waited for a client to say something, when it gave up; None if it has not."""
    for each in (each for each in call.socket_calls if client_of(call, clients, each) is who):
        if each.method in ("shutdown", "close"):  # whatever it waits for after that, it has hung up already
            return None
        if each.receives and each.error == "TimeoutError":
            return each.timeout
    return None


def no_thread_is_free(call: Call, clients: Mapping[Address, C], who: C, what: str) -> Fell | None:
    """Whether it has accepted a client's connection, while all threads of its pool wait for others. `what`: nobody serves that client, the beginning of a sentence."""
    others = [client for _, client in waiting(call, clients, lambda each: each.receives or each.sends) if client is not who]  # fmt: skip
    if call.doing.threads or len(others) < 2 or not is_accepted(call, clients, who):
        return None
    return Fell(
        f"{what}, while the server waits for {len(others)} others at the same time: the connection is accepted, and waits until a thread is free. A pool has so many threads, and no more; nobody is to wait for another client.",
        26,
    )


def waits_for_a_lock(call: Call, clients: Mapping[Address, C], who: C, name: str, what: str) -> Fell | None:
    """Whether a client's thread, though none of its own has fallen, waits for something else than its client. `what`: as for `no_thread_is_free`."""
    doing = call.doing
    if not doing.threads or doing.thread_error or any(other is who for _, other in waiting(call, clients, lambda each: True)):  # fmt: skip
        return None
    return Fell(
        f"{what}: the thread that serves {name} is neither in recv nor in sendall. It waits for a lock that another one holds, it seems, or for room in a queue. Whoever holds a lock must not wait for anything that takes the same lock, nor for a client."
    )
