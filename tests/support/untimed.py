"""Pictures in which no wait is told: whoever compares them whole asks for the fixture, which a test imports from here."""

from __future__ import annotations

import pytest

from helpers.pictures.sequence import scene, wording
from helpers.pictures.telling import order, walk


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wait is long enough to be told, or to put calls into an order: a busy machine may keep one for longer than 50 ms, and the other not."""
    for module, name in ((wording, "WAITED"), (walk, "TOGETHER"), (scene, "TOGETHER"), (order, "TOGETHER")):
        monkeypatch.setattr(module, name, 1000.0)
