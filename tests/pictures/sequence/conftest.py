"""Real sockets for the tests of pictures."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from helpers.running.install import install


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    install()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock
