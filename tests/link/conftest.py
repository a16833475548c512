"""Every test of a link runs twice, as here and as on macOS; and some a third time, as on Windows."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def each_way(each_kind_of_socket: None) -> None:
    """Every test of a link has each kind of socket."""
