"""Every socket of these tests is traced."""

from __future__ import annotations

import pytest

from helpers.running.install import install


@pytest.fixture(autouse=True)
def traced() -> None:
    install()
