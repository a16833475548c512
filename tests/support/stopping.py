"""What a program that waits is held to: it stops at once."""

from __future__ import annotations

import time
from collections.abc import Callable

import helpers

PROMISE = 0.05
"""Seconds within which a program that waits is stopped."""


def start(code: str, name: str) -> helpers.Program:
    """`code` as a program in the background; the modules that such code needs are imported."""
    return helpers.background(f"import socket, threading, time\n{code}", name)


def stops_within_promise(start: Callable[[], helpers.Program]) -> None:
    """Once in ten times at least: longer it may take on a machine that is busy."""
    for _ in range(10):
        program = start()
        assert program.running, program.error
        begun = time.perf_counter()
        program.stop()
        took = time.perf_counter() - begun
        assert (program.running, program.error, program.status) == (False, None, "stopped")
        if took < PROMISE:
            return
    raise AssertionError(f"it stops within {took * 1000:.0f} ms")
