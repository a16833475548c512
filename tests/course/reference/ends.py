"""Real sockets in the situations that the reference speaks of: connected, full, broken off, with TLS around them."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from tests.support.certificates import NAME, Contexts, contexts_for
from tests.support.connections import RST_ON_CLOSE, connected

LOOPBACK = "127.0.0.1"
PATIENCE = 10.0
"""Seconds that anything takes at most that is to come about."""
SHORT = 0.02
"""A timeout that is to run out."""


def raised_by(call: Callable[..., Any], *arguments: Any) -> BaseException:
    """The error that it raises: of the system's own kinds, the most exact."""
    try:
        call(*arguments)
    except Exception as error:
        return error
    raise AssertionError(f"{call} raised nothing")


def given(call: Callable[..., Any], *arguments: Any) -> Any:
    """What it returns, be it None."""
    return call(*arguments)


@contextlib.contextmanager
def listening(backlog: int | None = None) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(*([] if backlog is None else [backlog]))
        listener.settimeout(PATIENCE)
        yield listener


@contextlib.contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    with connected() as (client, conn):
        client.settimeout(PATIENCE)
        conn.settimeout(PATIENCE)
        yield client, conn


@contextlib.contextmanager
def silent() -> Iterator[Any]:
    """An address from which no answer comes: that of a server whose backlog is full."""
    with listening(0) as listener, contextlib.ExitStack() as callers:
        for _ in range(4):
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()


def nobody() -> Any:
    """An address at which nobody listens."""
    with socket.socket() as s:
        s.bind((LOOPBACK, 0))
        return s.getsockname()


@contextlib.contextmanager
def most_descriptors(count: int) -> Iterator[None]:
    """Below, this process gets no descriptor from `count` on."""
    import resource  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def waits_until_readable(s: socket.socket) -> bool:
    return bool(select.select([s], [], [], PATIENCE)[0])


def reset(s: socket.socket) -> None:
    """Break the connection off."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
    s.close()


@contextlib.contextmanager
def datagrams() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two sockets for datagrams, each with an address."""
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        for each in one, other:
            each.bind((LOOPBACK, 0))
            each.settimeout(PATIENCE)
        yield one, other


@contextlib.contextmanager
def beside(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """`work` in a thread, which is over at the end; what goes wrong with it there is not asked."""

    def quietly() -> None:
        with contextlib.suppress(OSError):
            work()

    thread = threading.Thread(target=quietly)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def waits_for(call: Callable[[], Any], cause: Callable[[], object]) -> Any:
    """What `call` gives, which does not come back before `cause` has been brought about."""
    results: list[Any] = []
    with beside(lambda: results.append(call())) as thread:
        thread.join(0.05)
        assert thread.is_alive(), "it has not waited"
        cause()
    (result,) = results
    return result


@contextlib.contextmanager
def secured(contexts: Contexts | None = None) -> Iterator[tuple[ssl.SSLSocket, ssl.SSLSocket]]:
    """Both ends of a connection with TLS."""
    contexts = contexts or contexts_for()
    with pair() as (client, conn):
        served: list[ssl.SSLSocket] = []
        with beside(lambda: served.append(contexts.server.wrap_socket(conn, server_side=True))):
            tls = contexts.client.wrap_socket(client, server_hostname=NAME, suppress_ragged_eofs=False)
        with tls, served[0]:
            yield tls, served[0]


class Found(NamedTuple):
    """What a call did that was played."""

    returned: Any
    waits: bool | None = False
    """None: it waits for what no test has in its hands."""
    raised: Iterable[BaseException] = ()


def timed_out(error: BaseException) -> bool:
    return type(error) is TimeoutError
