"""Both kinds of traced socket. The one of macOS and Windows, which waits in short turns, works on Linux as well."""

from __future__ import annotations

import pytest

from helpers.running.install import install
from helpers.sockets import install as sockets
from helpers.sockets import waking
from helpers.sockets.polling import PollingSocket


def wait_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the next `install()` on, as long as the test lasts, every socket that is made waits in turns."""
    monkeypatch.setattr(sockets, "TRACED", PollingSocket)
    monkeypatch.setattr(waking, "WOKEN_BY_SHUTDOWN", False)


@pytest.fixture(params=["shutdown", "polling"])
def each_kind_of_socket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets are this system's own; then those of macOS and Windows."""
    if request.param == "polling":
        wait_in_turns(monkeypatch)
    install()
