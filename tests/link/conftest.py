"""Every test of a link runs twice, as here and as on macOS; and some a third time, as on Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def each_way(each_kind_of_socket: None) -> None:
    """Every test of a link has each kind of socket."""


@pytest.fixture
def busy_cores() -> Iterator[None]:
    """Every core of this computer has something else to do, meanwhile."""
    count = os.cpu_count() or 1
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()
