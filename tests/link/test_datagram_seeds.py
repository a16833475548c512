"""Chance, and the seed that repeats it: for each client and direction."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence
from typing import Any

import helpers
from tests.link.datagrams import MARK, address_of, numbered, talking, udp, until_mark
from tests.link.support import ANY, DOWNSTREAM, ONCE, UPSTREAM

FAULTS: dict[str, Any] = {"loss": 0.3, "duplicate": 0.3, "corrupt": 0.3}


def one(seed: int | None, direction: str, **faults: Any) -> list[bytes]:
    with talking(seed=seed) as talk:
        return talk.through(direction, [b"%d" % number * 10 for number in range(60)], **(faults or FAULTS))


def test_a_seed_repeats_what_happened() -> None:
    first = one(1, UPSTREAM)
    assert [one(1, UPSTREAM) for _ in range(3)] == [first] * 3
    found = [first, one(1, DOWNSTREAM), one(2, UPSTREAM), one(2, DOWNSTREAM)]
    assert len({tuple(each) for each in found}) == 4
    assert one(None, UPSTREAM) != one(None, UPSTREAM)


@ONCE
def test_each_client_has_chances_of_its_own_whoever_speaks_first() -> None:
    def run(order: Sequence[int]) -> list[list[bytes]]:
        with (
            udp(ANY) as server,
            helpers.DatagramLink(server.getsockname(), seed=3) as link,
            contextlib.ExitStack() as stack,
        ):
            clients = [stack.enter_context(udp()) for _ in range(3)]
            backs = []
            for client in clients:
                client.sendto(b"hello", address_of(link))
                backs.append(server.recvfrom(100)[1])
            link.loss = 0.5
            sent: dict[Any, list[bytes]] = {back: [] for back in backs}
            for at in order:
                clients[at].sendto(b"%d" % at, address_of(link))
            link.loss = None
            clients[0].sendto(MARK, address_of(link))
            while (came := server.recvfrom(100))[0] != MARK:
                sent[came[1]].append(came[0])
            return list(sent.values())

    order = [0, 1, 2] * 40
    shuffled = random.Random(5).sample(order, len(order))
    first = run(order)
    assert run(shuffled) == first
    assert len({len(each) for each in first}) > 1


@ONCE
def test_the_same_when_the_link_is_started_again() -> None:
    with udp(ANY) as server, udp() as client:
        link = helpers.DatagramLink(server.getsockname(), loss=0.5, duplicate=[2], seed=1)
        found = []
        for _ in range(2):
            with link:
                for data in numbered(50):
                    client.sendto(data, address_of(link))
            client.sendto(MARK, server.getsockname())  # what was sent before the link's end has been handed over
            found.append(until_mark(server))
        assert found[0] == found[1] and 10 < len(found[0]) < 45
