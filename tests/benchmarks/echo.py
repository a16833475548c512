"""How `helpers.EchoServer` compares with `socketserver.ThreadingTCPServer`, side by side in one run. By hand: python tests/benchmarks/echo.py

Both run in this process, as they do in a notebook, and are measured in turn, a round each, so that a machine whose speed drifts slows both;
what counts is the ratio. The process is pinned to one core: round trips between threads on two cores swing by a factor of five.
"""

from __future__ import annotations

import os
import socket
import socketserver
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PLAIN_SOCKET = socket.socket  # the client's: the same for both servers

import helpers  # noqa: E402

ROUNDS = 15
MESSAGE = b"x" * 64
SECONDS = 0.3  # a measurement


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Threading(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __enter__(self) -> Any:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        self.shutdown()
        super().__exit__(*error)

    @property
    def address(self) -> Any:
        return self.server_address


SERVERS: dict[str, Callable[[], Any]] = {
    "EchoServer": helpers.EchoServer,
    "ThreadingTCPServer": lambda: Threading(("127.0.0.1", 0), Echo),
}


def connected(address: Any) -> socket.socket:
    client = PLAIN_SOCKET(socket.AF_INET, socket.SOCK_STREAM)
    client.connect(address)
    return client


def round_trips(address: Any) -> float:
    """64 bytes there and back on one connection."""
    with connected(address) as client:
        begun, count = time.perf_counter(), 0
        while time.perf_counter() < begun + SECONDS:
            for _ in range(100):
                client.sendall(MESSAGE)
                client.recv(1024)
            count += 100
        return count / (time.perf_counter() - begun)


def connections(address: Any) -> float:
    """Connect, one round trip, close."""
    begun, count = time.perf_counter(), 0
    while time.perf_counter() < begun + SECONDS:
        for _ in range(20):
            with connected(address) as client:
                client.sendall(MESSAGE)
                client.recv(1024)
        count += 20
    return count / (time.perf_counter() - begun)


def held(address: Any) -> float:
    """1,000 connections open at once, one round trip on each: milliseconds for the round."""
    clients = [connected(address) for _ in range(1000)]
    try:
        for client in clients:  # each is being served
            client.sendall(MESSAGE)
            client.recv(1024)
        begun = time.perf_counter()
        for client in clients:
            client.sendall(MESSAGE)
        for client in clients:
            assert client.recv(1024) == MESSAGE
        return (time.perf_counter() - begun) * 1000
    finally:
        for client in clients:
            client.close()


def compare(what: str, measure: Callable[[Any], float], unit: str, rounds: int) -> None:
    figures: dict[str, list[float]] = {name: [] for name in SERVERS}
    for _ in range(rounds):
        for name, make in SERVERS.items():
            with make() as server:
                figures[name].append(measure(server.address))
    ours, theirs = figures.values()
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    shown = "   ".join(f"{name} {statistics.median(values):9,.0f} {unit}" for name, values in figures.items())
    print(f"{what:22} {shown}   ratio {ratio:.2f}")


def start_and_stop(times: int = 300) -> None:
    """From nothing to the first echo; and the stop with that client still connected."""
    starts, stops = [], []
    for _ in range(times):
        begun = time.perf_counter()
        server = helpers.EchoServer().start()
        with connected(server.address) as client:
            client.sendall(b"?")
            client.recv(1)
            starts.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
            server.stop()
            stops.append((time.perf_counter() - begun) * 1000)
            assert client.recv(1) == b"", "the client sees the end of the stream"
    for what, figures in (("start to first echo", starts), ("stop, client connected", stops)):
        print(f"{what:22} median {statistics.median(figures):.2f} ms   most {max(figures):.2f} ms")


def import_time(times: int = 11) -> None:
    code = "import time; t = time.perf_counter(); import helpers; print((time.perf_counter() - t) * 1000)"
    figures = [
        float(
            subprocess.run(
                [sys.executable, "-c", f"import IPython, ipykernel; {code}"], capture_output=True, text=True
            ).stdout
        )
        for _ in range(times)
    ]
    print(f"{'import helpers':22} median {statistics.median(figures):.2f} ms   most {max(figures):.2f} ms")


def allow_descriptors(wanted: int) -> None:
    """Both ends of 1,000 connections are in this process."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard == resource.RLIM_INFINITY or hard >= wanted > soft:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    allow_descriptors(4096)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    compare("round trips", round_trips, "a second", ROUNDS)
    compare("connections", connections, "a second", ROUNDS)
    compare("1,000 connections held", held, "ms", 5)
    start_and_stop()
    import_time()
