"""The learner's process, from the judge's side: started, told what to do, listened to, and ended whatever it does."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import psutil

from helpers.checking import plain

PRINTED = 200_000
"""Bytes that a function may print; more is a flood."""
KEPT = 2_000
"""Bytes of these that are shown."""
BYTES = 1 << 30
"""Bytes of memory that it may have."""


class Process:
    """The process in which the learner's function runs."""

    def __init__(self, payload: bytes) -> None:
        """`payload`: the function, as cloudpickle writes it."""
        options: dict[str, Any] = {}
        if os.name == "posix":
            options["start_new_session"] = True  # what it starts can be ended with it
        self._process = subprocess.Popen(
            [sys.executable, "-m", "helpers.checking.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip
        self._info = psutil.Process(self._process.pid)
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.printed = 0
        """Bytes that it has printed."""
        self._head = b""
        self._readers = [
            threading.Thread(target=each, name="helpers: judge", daemon=True)
            for each in (self._read_events, self._read_output)
        ]
        for each in self._readers:
            each.start()
        self._write(plain.line({"size": len(payload)}) + payload)

    @property
    def output(self) -> str:
        """The beginning of what it has printed."""
        return self._head.decode("utf-8", "replace")

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def send(self, **command: Any) -> None:
        """Tell it what to do."""
        self._write(plain.line(command))

    def event(self, timeout: float) -> dict[str, Any] | None:
        """The next thing it says, within so many seconds; {} if nothing comes, None if it will say no more."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return {}

    def seconds(self) -> float:
        """Of the processor, used so far."""
        with contextlib.suppress(psutil.Error):
            times = self._info.cpu_times()
            return float(times.user + times.system)
        return 0.0

    def memory(self) -> int:
        """Bytes that it has now."""
        with contextlib.suppress(psutil.Error):
            return int(self._info.memory_info().rss)
        return 0

    def offspring(self) -> list[psutil.Process]:
        """The processes that it has started."""
        with contextlib.suppress(psutil.Error):
            return self._info.children(recursive=True)
        return []

    def end(self) -> None:
        """End it, and whatever it has started. Nothing of it is left."""
        offspring = self.offspring()
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        for each in offspring:
            with contextlib.suppress(psutil.Error):
                each.kill()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            reader = self._readers[pipe is self._process.stderr]
            if pipe is not self._process.stdin:
                reader.join(2)
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, which is seen elsewhere
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):  # the function has found the pipe
                continue
            if isinstance(event, dict):
                self._events.put(event)
        self._events.put(None)

    def _read_output(self) -> None:
        assert self._process.stderr is not None
        while data := os.read(self._process.stderr.fileno(), 65536):
            self.printed += len(data)
            self._head = (self._head + data)[:KEPT]


def deadline(seconds: float) -> float:
    return time.monotonic() + seconds
