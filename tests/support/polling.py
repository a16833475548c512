"""The way of macOS and Windows, where sockets wait in short turns: it works on Linux as well."""

from __future__ import annotations

import pytest

from helpers.sockets import install, waking
from helpers.sockets.polling import PollingSocket


def wait_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the next `install()` on, as long as the test lasts, every socket that is made waits in turns."""
    monkeypatch.setattr(install, "TRACED", PollingSocket)
    monkeypatch.setattr(waking, "WOKEN_BY_SHUTDOWN", False)
