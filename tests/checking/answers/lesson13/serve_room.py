"""Members of the room."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: list[str] = []
WRONG: list[Wrong] = []
