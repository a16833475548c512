"""What the exercises of lesson 8 share: a stream, and how it is cut."""

from __future__ import annotations

import random

PATIENT = 20.0
"""Seconds: the timeout of a socket that has one, far longer than any peer here is silent."""


def cut(stream: bytes, chance: random.Random, pieces: int) -> list[bytes]:
    """The stream in so many pieces."""
    at = [0, *sorted(chance.sample(range(1, len(stream)), pieces - 1)), len(stream)]
    return [stream[start:end] for start, end in zip(at, at[1:], strict=False)]
