"""Every test of a link runs twice: sockets wait as on Linux, and as on macOS and Windows."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def each_way(each_kind_of_socket: None) -> None:
    """Every test of a link runs with both kinds."""
