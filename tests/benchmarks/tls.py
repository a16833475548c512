"""What recording TLS costs, against plain `ssl`, side by side in one run. By hand: python tests/benchmarks/tls.py

As `recording.py` does it: client and server in this process, pinned to one core; the kinds take turns, a short measurement each; what counts is the median of the ratios of
neighbours. A connection is made for each measurement, and its handshake is not part of it. It is the processor's time that counts, that of both ends and of the system for them: others may use the machine meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable

import trustme

PLAIN_SOCKET, PLAIN_TLS = socket.socket, ssl.SSLSocket

import helpers  # noqa: E402
from helpers.sockets import install  # noqa: E402
from tests.benchmarks.neighbours import against_plain  # noqa: E402
from tests.benchmarks.recording import CHUNK, MESSAGE, echo, swallow  # noqa: E402

ROUNDS = 40
SECONDS = 0.1  # a measurement
NAME = "server.example"
BOUNDS = {("unwatched", "round trips"): 0.97, ("watched", "round trips"): 0.75, ("unwatched", "bulk"): 0.97, ("watched", "bulk"): 0.75}  # fmt: skip


def round_trips(client: ssl.SSLSocket) -> float:
    begun, count = time.process_time(), 0
    while time.process_time() < begun + SECONDS:
        for _ in range(50):
            client.sendall(MESSAGE)
            client.recv(1024)
        count += 50
    return count / (time.process_time() - begun)


def bulk(client: ssl.SSLSocket) -> float:
    begun, count = time.process_time(), 0
    while time.process_time() < begun + SECONDS:
        for _ in range(20):
            client.sendall(CHUNK)
        count += 20
    return count / (time.process_time() - begun)


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The client's and the server's."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return client, server


def measure(
    kind: str,
    serve: Callable[[socket.socket], None],
    what: Callable[[ssl.SSLSocket], float],
    client: ssl.SSLContext,
    server: ssl.SSLContext,
) -> float:
    (install.uninstall if kind == "plain" else install.install)()
    watched = helpers.watch() if kind == "watched" else contextlib.nullcontext()
    with watched, socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            conn, _ = listener.accept()
            with server.wrap_socket(conn, server_side=True) as secure:
                serve(secure)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            conn = socket.create_connection(listener.getsockname())
            with client.wrap_socket(conn, server_hostname=NAME) as secure:
                assert (type(secure) is PLAIN_TLS) == (kind == "plain")
                return what(secure)
        finally:
            thread.join()


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    # A context remembers that it was asked for its records: each measurement has its own.
    against_plain("round trips", "a second", lambda kind: measure(kind, echo, round_trips, *contexts()), BOUNDS, ROUNDS)
    against_plain("bulk", "chunks a second", lambda kind: measure(kind, swallow, bulk, *contexts()), BOUNDS, ROUNDS)
