"""What recording costs, against plain `socket`, side by side in one run. By hand: python tests/benchmarks/recording.py

Client and server run in this process, as they do in a notebook, pinned to one core: round trips between threads on two cores swing by a
factor of five. The three kinds take turns, a short measurement each, so that a machine whose speed drifts slows all of them; what counts
is the median of the ratios of neighbours.
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable

PLAIN = socket.socket

import helpers  # noqa: E402
from helpers.sockets.install import TRACED  # noqa: E402

ROUNDS = 60
SECONDS = 0.1  # a measurement
MESSAGE = b"x" * 64
CHUNK = b"x" * 65536
BOUNDS = {("unwatched", "round trips"): 0.92, ("unwatched", "bulk"): 0.97, ("watched", "round trips"): 0.80, ("watched", "bulk"): 0.92}  # fmt: skip


def connected(kind: type[socket.socket]) -> tuple[socket.socket, socket.socket]:
    with kind(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = kind(socket.AF_INET, socket.SOCK_STREAM)
        client.connect(listener.getsockname())
        return client, listener.accept()[0]


def echo(conn: socket.socket) -> None:
    while data := conn.recv(1024):
        conn.sendall(data)


def swallow(conn: socket.socket) -> None:
    while conn.recv(65536):
        pass


def round_trips(client: socket.socket) -> float:
    begun, count = time.perf_counter(), 0
    while time.perf_counter() < begun + SECONDS:
        for _ in range(50):
            client.sendall(MESSAGE)
            client.recv(1024)
        count += 50
    return count / (time.perf_counter() - begun)


def bulk(client: socket.socket) -> float:
    begun, count = time.perf_counter(), 0
    while time.perf_counter() < begun + SECONDS:
        for _ in range(20):
            client.sendall(CHUNK)
        count += 20
    return count / (time.perf_counter() - begun)


def measure(kind: str, serve: Callable[[socket.socket], None], what: Callable[[socket.socket], float]) -> float:
    client, conn = connected(PLAIN if kind == "plain" else TRACED)
    with client, conn, helpers.watch() if kind == "watched" else contextlib.nullcontext():
        thread = threading.Thread(target=serve, args=(conn,))
        thread.start()
        try:
            return what(client)
        finally:
            client.shutdown(socket.SHUT_WR)
            thread.join()


def compare(what: Callable[[socket.socket], float], serve: Callable[[socket.socket], None], unit: str) -> None:
    name = what.__name__.replace("_", " ")
    ratios: dict[str, list[float]] = {"unwatched": [], "watched": []}
    plain = []
    for _ in range(ROUNDS):
        for kind, found in ratios.items():
            before = measure("plain", serve, what)
            figure = measure(kind, serve, what)
            after = measure("plain", serve, what)
            plain.append(before)
            found.append(figure / ((before + after) / 2))
    print(f"{name:12} plain {statistics.median(plain):9,.0f} {unit}")
    for kind, found in ratios.items():
        bound = BOUNDS[kind, name]
        ratio = statistics.median(found)
        print(f"{'':12} {kind:10} ratio {ratio:.3f}   (bound {bound}: {'met' if ratio >= bound else 'MISSED'})")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    compare(round_trips, echo, "a second")
    compare(bulk, swallow, "chunks a second")
