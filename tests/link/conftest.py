"""Every test of a link runs twice: sockets wait as on Linux, and as on macOS and Windows."""

from __future__ import annotations

import pytest

from helpers.running.install import install
from tests.support.polling import wait_in_turns


@pytest.fixture(autouse=True, params=["shutdown", "polling"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of Linux, and that of macOS and Windows."""
    if request.param == "polling":
        wait_in_turns(monkeypatch)
    install()
