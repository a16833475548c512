"""Chance, and the seed that repeats it."""

from __future__ import annotations

import contextlib
import itertools
import socket
from collections.abc import Callable
from typing import Any

import pytest

import helpers
from tests.link.support import (
    ANY,
    ONCE,
    PATIENCE,
    another,
    joined,
    passes,
    pieces,
)

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

MESSAGE = bytes(range(100))


def cuts(
    seed: int | None, connections: int = 2, order: Callable[[list[Any]], Any] = list
) -> list[tuple[list[int], list[int]]]:
    """For each connection the sizes of the pieces upstream and downstream."""
    found: list[tuple[list[int], list[int]]] = [([], [])] * connections
    with socket.create_server(ANY) as listener, helpers.Link(listener.getsockname(), slicer=(1, 9), seed=seed) as link:
        listener.settimeout(PATIENCE)
        with contextlib.ExitStack() as stack:
            ends = [another(link, listener) for _ in range(connections)]
            for each in itertools.chain(*ends):
                stack.enter_context(each)
            for i in order([*range(connections)]):
                client, server = ends[i]
                client.sendall(MESSAGE)
                server.sendall(MESSAGE)
                found[i] = (
                    [len(piece) for piece in pieces(server, 100)],
                    [len(piece) for piece in pieces(client, 100)],
                )
    return found


def test_a_seed_repeats_the_cuts() -> None:
    first = cuts(1)
    for _ in range(5):
        assert cuts(1) == first
    assert cuts(1, order=lambda numbers: numbers[::-1]) == first  # the order of accept counts
    assert cuts(1, connections=3)[:2] == first
    every = [sizes for connection in [*first, *cuts(2)] for sizes in connection]
    assert len({tuple(sizes) for sizes in every}) == 8  # another seed, connection or direction: other cuts
    assert {size for sizes in every for size in sizes} == set(range(1, 10))
    assert {sum(sizes) for sizes in every} == {100}


@ONCE
def test_without_a_seed_cuts_differ() -> None:
    assert cuts(None) != cuts(None)


@ONCE
def test_what_passes_in_the_other_direction_changes_no_cuts() -> None:
    found = []
    for talkative in (False, True):
        with joined(slicer=(1, 9), seed=5) as talk:
            if talkative:
                passes(talk.server, talk.client, MESSAGE)
            talk.client.sendall(MESSAGE)
            found.append([len(piece) for piece in pieces(talk.server, 100)])
    assert found[0] == found[1]
