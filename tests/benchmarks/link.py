"""What a link without a fault costs, against a direct connection, side by side in one run. By hand: python tests/benchmarks/link.py

Beside it run a relay of a few lines on the raw `epoll` (the most that Python can do; Linux only), and socat and haproxy where they are installed. Client,
server and each relay are processes of their own, pinned to one core. They take turns, a short measurement each, so that a machine whose
speed drifts slows all of them; what counts is the median of the ratios of neighbours.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import helpers
from tests.benchmarks.neighbours import of_direct

ROUNDS = 30
SECONDS = 0.1  # a measurement
MESSAGE = b"x" * 64
CHUNK = b"x" * 65536
CONNECTIONS = 1000
CYCLES = 1000
BOUNDS = {"round trips": 0.38, "bulk": 0.43}
Address = tuple[str, int]


def serve(kind: str, target: Address | None = None) -> None:
    """In a process of its own: print the port, and serve until the standard input ends."""
    if kind == "Link":
        assert target is not None
        link = helpers.Link(target).start()
        print(link.address[1], flush=True)  # type: ignore[index]
    else:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        print(listener.getsockname()[1], flush=True)
        work = functools.partial(relay, listener, target) if target else functools.partial(answer, listener)
        threading.Thread(target=work, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


def answer(listener: socket.socket) -> None:
    """Echo what begins with b'x' at once; of other connections only count the bytes, and send the count at their end."""
    while True:
        conn, _ = listener.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=answer_one, args=(conn,), daemon=True).start()


def answer_one(conn: socket.socket) -> None:
    with conn, contextlib.suppress(OSError):
        if conn.recv(1) == b"e":
            while data := conn.recv(65536):
                conn.sendall(data)
            return
        count, buffer = 0, bytearray(1 << 18)
        while size := conn.recv_into(buffer):
            count += size
        conn.sendall(b"%d" % count)


def relay(listener: socket.socket, target: Address) -> None:
    """The bare minimum: no back-pressure, no half-close."""
    poll = select.epoll()
    poll.register(listener.fileno(), select.EPOLLIN)
    peers: dict[int, tuple[socket.socket, socket.socket]] = {}
    while True:
        for fd, _ in poll.poll():
            if fd == listener.fileno():
                one, other = listener.accept()[0], socket.create_connection(target)
                for a, b in ((one, other), (other, one)):
                    a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    peers[a.fileno()] = a, b
                    poll.register(a.fileno(), select.EPOLLIN)
                continue
            source, sink = peers[fd]
            if data := source.recv(65536):
                sink.sendall(data)
            else:
                poll.unregister(fd)
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def process(kind: str, target: Address | None = None) -> Iterator[Address]:
    command = [sys.executable, __file__, kind, *(map(str, target) if target else ())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None and running.stdin is not None
        try:
            yield "127.0.0.1", int(running.stdout.readline())
        finally:
            running.stdin.close()


@contextlib.contextmanager
def installed(kind: str, target: Address) -> Iterator[Address]:
    """socat, or haproxy, in front of `target`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    to = f"{target[0]}:{target[1]}"
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write(
            "global\n  maxconn 4000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
            f"listen relay\n  bind 127.0.0.1:{port}\n  server one {to}\n"
        )
        file.flush()
        command = {
            "socat": ["socat", "-b65536", f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,nodelay", f"TCP:{to},nodelay"],
            "haproxy": ["haproxy", "-q", "-f", file.name],
        }[kind]  # fmt: skip
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
            try:
                wait_until_open(("127.0.0.1", port))
                yield "127.0.0.1", port
            finally:
                running.terminate()


def wait_until_open(address: Address) -> None:
    deadline = time.monotonic() + 5
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(address).close()
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody listens on {address}")


def connected(address: Address) -> socket.socket:
    client = socket.create_connection(address)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def round_trips(address: Address) -> float:
    with connected(address) as client:
        client.sendall(b"e")
        begun, count = time.perf_counter(), 0
        while time.perf_counter() < begun + SECONDS:
            for _ in range(50):
                client.sendall(MESSAGE)
                client.recv(1024)
            count += 50
        return count / (time.perf_counter() - begun)


def bulk(address: Address) -> float:
    """MB a second, until the last byte has arrived."""
    with connected(address) as client:
        client.sendall(b"b")
        begun, count = time.perf_counter(), 0
        while time.perf_counter() < begun + SECONDS:
            for _ in range(20):
                client.sendall(CHUNK)
            count += 20 * len(CHUNK)
        client.shutdown(socket.SHUT_WR)
        assert int(client.recv(100)) == count
        return count / 1e6 / (time.perf_counter() - begun)


def delays() -> None:
    """How much later than asked a message comes through `latency`."""
    with helpers.EchoServer() as server:
        for latency in (0.001, 0.005, 0.02, 0.1):
            late = []
            with helpers.Link(server.address, upstream={"latency": latency}) as link, connected(link.address) as client:  # type: ignore[arg-type]
                for _ in range(30):
                    begun = time.perf_counter()
                    client.sendall(b"x")
                    client.recv(1)
                    late.append(time.perf_counter() - begun - latency)
            median = statistics.median(late) * 1000
            print(
                f"latency {latency * 1000:5.0f} ms: {median:.2f} ms late at the median {'ok' if median < 1 else 'NOT MET'}"
            )


def pieces() -> None:
    sizes: list[int] = []
    with (
        helpers.EchoServer() as server,
        helpers.Link(server.address, downstream={"slicer": 1}) as link,  # type: ignore[arg-type]
        connected(link.address) as client,  # type: ignore[arg-type]
    ):
        begun = time.perf_counter()
        client.sendall(b"x" * 1000)
        while sum(sizes) < 1000:
            sizes.append(len(client.recv(1024)))
        seconds = time.perf_counter() - begun
    print(f"cut into {len(sizes)} pieces of 1000: {seconds:.2f} ms a piece")


def many() -> None:
    """All at once, each with a message of its own, through one link."""
    with contextlib.suppress(ImportError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(8 * CONNECTIONS, hard), hard))
    with process("echo") as target, helpers.Link(target) as link, contextlib.ExitStack() as stack:
        begun = time.perf_counter()
        clients = [stack.enter_context(connected(link.address)) for _ in range(CONNECTIONS)]  # type: ignore[arg-type]
        for number, client in enumerate(clients):
            client.sendall(b"e%04d" % number)
        answers = [client.recv(4, socket.MSG_WAITALL) for client in clients]
        assert answers == [b"%04d" % number for number in range(CONNECTIONS)]
        print(f"{CONNECTIONS:,} connections at once: opened, asked and answered in {time.perf_counter() - begun:.2f} s")


def cycles() -> None:
    """Start, one echo, stop with the client connected."""
    starts, stops = [], []
    before = threading.active_count(), descriptors()
    with helpers.EchoServer() as server:
        helpers.Link(server.address).start().stop()  # type: ignore[arg-type]
        for _ in range(CYCLES):
            link = helpers.Link(server.address, slicer=1)  # type: ignore[arg-type]
            starts.append(timed(link.start))
            with connected(link.address) as client:  # type: ignore[arg-type]
                client.sendall(b"x")
                client.recv(1)
                stops.append(timed(link.stop))
    start, stop = statistics.median(starts) * 1000, statistics.median(stops) * 1000
    print(f"start {start:.2f} ms, stop {stop:.2f} ms at the median {'ok' if max(start, stop) < 1 else 'NOT MET'}")
    left = threading.active_count() - before[0], descriptors() - before[1]
    print(
        f"after {CYCLES:,} cycles: {left[0]} threads and {left[1]} descriptors left {'ok' if left == (0, 0) else 'NOT MET'}"
    )


def timed(what: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


def descriptors() -> int:
    return len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # inherited by the others
    with contextlib.ExitStack() as stack:
        direct = stack.enter_context(process("echo"))
        relays = {"Link": stack.enter_context(process("Link", direct))}
        if hasattr(select, "epoll"):
            relays["raw epoll"] = stack.enter_context(process("relay", direct))
        for kind in filter(shutil.which, ("socat", "haproxy")):
            relays[kind] = stack.enter_context(installed(kind, direct))
        of_direct("round trips", relays, direct, round_trips, BOUNDS["round trips"], ROUNDS)
        of_direct("bulk", relays, direct, bulk, BOUNDS["bulk"], ROUNDS)
    delays()
    pieces()
    many()
    cycles()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1], (sys.argv[2], int(sys.argv[3])) if len(sys.argv) > 2 else None)
    main()
