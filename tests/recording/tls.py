"""Conversations through TLS, watched, and what of a recording belongs to it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import helpers
from helpers.recording.events import Event
from helpers.recording.recorder import Recording
from helpers.watching.watcher import Watch
from tests.support.certificates import NAME, Contexts


@contextlib.contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """A server that does this with its first connection, in a thread; it has ended by then."""
    fallen: list[BaseException] = []

    def run() -> None:
        try:
            with listener.accept()[0] as conn:
                serve(conn)
        except BaseException as error:
            fallen.append(error)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run)
        thread.start()
        yield listener.getsockname()
        thread.join(10)
    if fallen:
        raise fallen[0]


def echo(contexts: Contexts, politely: bool = True) -> Callable[[socket.socket], None]:
    def serve(conn: socket.socket) -> None:
        with contexts.server.wrap_socket(conn, server_side=True) as secure:
            while data := secure.recv(1024):
                secure.sendall(data)
            if politely:
                secure.unwrap()

    return serve


def connected(contexts: Contexts, address: tuple[str, int], name: str = NAME) -> ssl.SSLSocket:
    return contexts.client.wrap_socket(socket.create_connection(address), server_hostname=name)


def watched(contexts: Contexts, politely: bool = True, message: bytes = b"password") -> Watch:
    with (
        helpers.watch() as recording,
        serving(echo(contexts, politely)) as address,
        connected(contexts, address) as client,
    ):
        client.sendall(message)
        received = b""
        while len(received) < len(message):
            received += client.recv(1024)
        assert received == message
        if politely:
            client.unwrap()
    return recording


def calls(recording: Recording, role: str) -> list[Event]:
    return [event for event in recording.events if event.socket.role == role and event.tls]


def records(recording: Recording, role: str, call: str) -> list[tuple[int, int]]:
    runs = [event for event in recording.events if event.socket.role == role and event.call == call]
    return [(record.inner, record.size) for run in runs for record in run.records]
