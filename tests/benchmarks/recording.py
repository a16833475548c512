"""What recording costs, against plain `socket`, side by side in one run. By hand: python tests/benchmarks/recording.py

Client and server run in this process, as they do in a notebook, pinned to one core: round trips between threads on two cores swing by a
factor of five. The three kinds take turns, a short measurement each, so that a machine whose speed drifts slows all of them; what counts
is the median of the ratios of neighbours.

Before that, two programs talk to each other, watched, in threads and in processes of their own, in turns.
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
from tests.benchmarks.neighbours import against_plain  # noqa: E402

ROUNDS = 60
SECONDS = 0.1  # a measurement
MESSAGE = b"x" * 64
IN_A_ROW = 1000
CHUNK = b"x" * 65536
PROCESSES_TAKE = 1.3
"""Times as long as threads, at most, for a round trip between two programs that are watched."""
SERVER = """
import socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    conn, _ = listener.accept()
    while data := conn.recv(1024):
        conn.sendall(data)
"""
CLIENT = """
import socket, time
with socket.create_connection(("127.0.0.1", {port})) as client:
    while input():
        begun = time.perf_counter()
        for _ in range({rounds}):
            client.sendall({message})
            client.recv(1024)
        print(time.perf_counter() - begun)
"""
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


def two_programs(process: bool) -> tuple[helpers.Program, helpers.Program]:
    """A server, and a client that measures whenever a line is typed."""
    kind = "process" if process else "thread"
    server = helpers.background(SERVER, f"server in a {kind}", process=process)
    assert server.address
    code = CLIENT.format(port=server.address[1], rounds=IN_A_ROW, message=MESSAGE)
    return server, helpers.background(code, f"client in a {kind}", process=process)


def seconds_of(client: helpers.Program) -> float:
    """For some round trips, watched."""
    before = client.output
    with helpers.watch():
        client.type("go")
        while client.output.count("\n") < before.count("\n") + 2 or client.status != "running, waits for input":
            time.sleep(0.002)
    return float(client.output.split()[-1])


def compare_programs() -> None:
    threads, processes = two_programs(process=False), two_programs(process=True)
    ratios, took = [], []
    for _ in range(ROUNDS):
        before, figure, after = (seconds_of(each[1]) for each in (threads, processes, threads))
        took.append(before / IN_A_ROW)
        ratios.append(figure / ((before + after) / 2))
    for program in (*threads, *processes):
        program.stop()
    ratio = statistics.median(ratios)
    print(
        f"two programs, watched: a round trip in threads {statistics.median(took) * 1e6:.0f} µs, in processes {ratio:.2f} times that",
        end="",
    )
    print(f"   (bound {PROCESSES_TAKE}: {'met' if ratio <= PROCESSES_TAKE else 'MISSED'})")


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    compare_programs()
    against_plain("round trips", "a second", lambda kind: measure(kind, echo, round_trips), BOUNDS, ROUNDS)
    against_plain("bulk", "chunks a second", lambda kind: measure(kind, swallow, bulk), BOUNDS, ROUNDS)
