"""A receiver that stops reading stops the sender: a link buffers little."""

from __future__ import annotations

import gc
import hashlib
import random
import socket
import sys
import threading
import tracemalloc
from typing import Any

import pytest

from tests.link.support import (
    BOTH,
    DOWNSTREAM,
    FOREVER,
    ONCE,
    UPSTREAM,
    another,
    buffered,
    fill,
    joined,
    named,
    passes,
)

pytestmark = pytest.mark.slow  # together; most take a tenth of a second

RANDOM = random.Random(0).randbytes(1 << 18)
SYSTEM = 48 << 20
"""Bytes: more than the system's buffers hold of one connection through a link."""
BUFFERED = 256 << 10
"""Bytes that a link may hold in one direction."""


def digest(total: int) -> str:
    sent = hashlib.sha256()
    for at in range(0, total, len(RANDOM)):
        sent.update(RANDOM[: total - at])
    return sent.hexdigest()


@ONCE
@pytest.mark.parametrize("direction", [UPSTREAM, DOWNSTREAM])
@pytest.mark.parametrize("faults", [{}, {"slicer": 10_000}, {"coalesce": FOREVER}, {"timeout": 0}], ids=named)
def test_a_reader_that_stops_stops_the_writer(faults: dict[str, Any], direction: str) -> None:
    with joined(**faults) as talk:
        sender, receiver = talk.ends(direction)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            taken = fill(sender, RANDOM, patience=0.1)
            memory = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert 0 < taken < SYSTEM
        assert memory < 4 * BUFFERED
        if sys.platform == "linux":
            assert buffered(sender, receiver, taken) <= BUFFERED
        talk.set(BOTH, **dict.fromkeys(faults))
        sender.shutdown(socket.SHUT_WR)
        received = hashlib.sha256()
        size = 0
        while data := receiver.recv(1 << 20):
            received.update(data)
            size += len(data)
        assert (size, received.hexdigest()) == (taken, digest(taken))


@ONCE
def test_a_fast_stream_takes_no_memory() -> None:
    size = 10 << 20
    data = RANDOM * (size // len(RANDOM))
    with joined() as talk:
        gc.collect()
        tracemalloc.start()
        try:
            sender = threading.Thread(target=talk.client.sendall, args=(data,))
            sender.start()
            left = size
            while left:
                left -= len(talk.server.recv(65536))
            sender.join()
            assert tracemalloc.get_traced_memory()[1] < 4 << 20
        finally:
            tracemalloc.stop()


def test_one_that_does_not_read_holds_up_nobody_else() -> None:
    with joined() as talk:
        fill(talk.client, RANDOM, patience=0.05)
        passes(talk.server, talk.client)
        client, server = another(talk.link, talk.listener)
        with client, server:
            passes(client, server)
            passes(server, client)
