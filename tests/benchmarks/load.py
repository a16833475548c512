"""What a load measures, against a client in C that does the same, in turns. By hand: python tests/benchmarks/load.py

Three servers in Python, each a process of its own: a thread for each client, a loop around a selector, asyncio. Each is measured by `helpers.load` and by `load_client.c`, which needs a C compiler
(`cc`) and Linux's `epoll`. What counts is the median of the ratios of neighbours: by how much longer a wait is when a Python measures it. Beside it stands what the load says of itself, and what
an exchange costs in processor time: the load, the client in C, and the server.

Server and clients are pinned to a core each; and once more all to one, where the clients take from the server whatever they use.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

import helpers

SOURCE = Path(__file__).with_name("load_client.c")
ROUNDS = 15
CLIENTS, LINES = 50, 100
BOUND = 1.10
"""Times as long as C says that a wait is, at most, at the median; and of an exchange that C drives, what one costs."""


def threads(listener: socket.socket) -> None:
    def handle(conn: socket.socket) -> None:
        with conn, contextlib.suppress(ConnectionError):
            while data := conn.recv(1024):
                conn.sendall(data)

    while True:
        threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()


def selecting(listener: socket.socket) -> None:
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                selector.register(listener.accept()[0], selectors.EVENT_READ)
                continue
            conn = key.fileobj
            assert isinstance(conn, socket.socket)
            with contextlib.suppress(ConnectionError):
                if data := conn.recv(1024):
                    conn.sendall(data)
                    continue
            selector.unregister(conn)
            conn.close()


def tasks(listener: socket.socket) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1024):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(handle, sock=listener) as server:
            await server.serve_forever()

    asyncio.run(serve())


SERVERS: dict[str, Callable[[socket.socket], None]] = {"threads": threads, "selector": selecting, "asyncio": tasks}


class Measured(NamedTuple):
    """By one of the two."""

    waits: list[float]
    busy: float
    """Seconds of the processor."""
    own: float = 0.0
    """Of the waits, what at most is its own doing, where it has a core to itself."""

    def quantile(self, part: float) -> float:
        return self.waits[int(part * (len(self.waits) - 1))]


def in_python(port: int) -> Measured:
    with contextlib.redirect_stdout(io.StringIO()):
        load = helpers.load(("127.0.0.1", port), CLIENTS, slow=0, lines=LINES)
    assert load.served == CLIENTS, load.describe()
    # Not `own_share`: pinned to one core, a load takes it for the only one.
    return Measured(load.waits.answered, load.outcome.busy, load.outcome.own / sum(load.waits.answered))


def in_c(program: Path, port: int) -> Measured:
    command = [str(program), str(port), str(CLIENTS), str(LINES)]
    *waits, busy = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(waits) == CLIENTS * LINES
    return Measured(sorted(map(float, waits)), float(busy.split()[1]))


@contextlib.contextmanager
def process(name: str, core: int) -> Iterator[tuple[psutil.Process, int]]:
    """The server of that name, and its port."""
    with subprocess.Popen(
        [sys.executable, __file__, name, str(core)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        try:
            yield psutil.Process(server.pid), int(server.stdout.readline())
        finally:
            server.kill()


def compare(name: str, program: Path, core: int) -> None:
    mine, theirs, served = [], [], []
    with process(name, core) as (server, port):
        for _ in range(ROUNDS):
            used = sum(server.cpu_times()[:2])
            mine.append(in_python(port))
            served.append(sum(server.cpu_times()[:2]) - used)
            theirs.append(in_c(program, port))
    pairs = list(zip(mine, theirs, strict=True))
    ratio, ratio_of_99 = (
        statistics.median(one.quantile(part) / other.quantile(part) for one, other in pairs) for part in (0.5, 0.99)
    )
    median, in_c_median = (statistics.median(each.quantile(0.5) for each in kind) * 1000 for kind in (mine, theirs))
    own = statistics.median(each.own for each in mine)
    costs = [
        statistics.mean(each) / (CLIENTS * LINES) * 1e6
        for each in ([m.busy for m in mine], [c.busy for c in theirs], served)
    ]
    surplus = (costs[0] - costs[1]) / (costs[1] + costs[2])
    print(
        f"  {name:9} median wait {median:6.3f} ms, in C {in_c_median:6.3f} ms: ratio {ratio:.2f} {'ok' if ratio <= BOUND else 'NOT MET'}, "
        f"of the 99th percentile {ratio_of_99:.2f}; at most {own:.0%} of the waiting is the load's own; "
        f"processor per exchange: load {costs[0]:4.1f} µs, C {costs[1]:4.1f} µs, server {costs[2]:4.1f} µs: "
        f"its surplus over C is {surplus:.0%} of an exchange {'ok' if surplus <= BOUND - 1 else 'NOT MET'}"
    )


def serve(name: str, core: int) -> None:
    """In a process of its own: print the port, and serve."""
    os.sched_setaffinity(0, {core})
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        SERVERS[name](listener)


def main() -> None:
    if sys.platform != "linux" or shutil.which("cc") is None:
        print("Nothing to compare with: load_client.c needs Linux and a C compiler (cc).")
        return
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "load_client")
        subprocess.run(["cc", "-O2", "-o", program, SOURCE], check=True)
        os.sched_setaffinity(0, {cores[-1]})
        for core, where in ((cores[0], "server and clients on a core each"), (cores[-1], "all on one core")):
            print(where)
            for name in SERVERS:
                compare(name, program, core)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1], int(sys.argv[2]))
    else:
        main()
