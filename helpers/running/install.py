"""Lets threads, the standard streams and sockets belong to the programs and servers that use them: `install()` does all of it.

Whoever starts something in the background, or records, calls it first. It replaces what Python offers (`Thread.start`, `_thread.start_new_thread`, `time.sleep`, the
streams, `input`, `socket.socket`); what was there before is kept in the two modules called `plain`.
"""

from __future__ import annotations

import atexit
import functools
import os
import queue
import threading
import time

from helpers.running import queues
from helpers.running.group import group, stop_all
from helpers.running.per_program import (
    asking,
    chances,
    descriptors,
    errors,
    event_loops,
    exits,
    filters,
    logs,
    main_module,
    modules,
    multi,
    signals,
    starting,
    streams,
    threads,
)
from helpers.running.plain import join_thread, plain_sleep, start_thread
from helpers.running.rest import sleeps
from helpers.sockets import install as sockets
from helpers.sockets import tapes
from helpers.sockets.replacing import Replacements

_PER_PROGRAM = (
    threads,
    streams,
    asking,
    descriptors,
    main_module,
    errors,
    exits,
    signals,
    logs,
    modules,
    chances,
    filters,
    starting,
)


def install() -> None:
    """Make threads inherit their starter's group, `time.sleep` end when a group is stopped, and what a thread prints its owner's. Sockets are traced.

    Twice does no harm. It is called again whenever a program starts: others (a kernel, while a cell runs) replace `input` too.
    """
    sockets.install()
    for each in _PER_PROGRAM:
        each.install()
    _replaced.install()
    _prepare_for_the_end()


def uninstall() -> None:
    """Put everything back as it was."""
    sockets.uninstall()
    for each in (*_PER_PROGRAM, event_loops, multi):
        each.uninstall()
    _replaced.uninstall()


@functools.cache  # neither can be taken back, and once is enough
def _prepare_for_the_end() -> None:
    """Stop all programs and servers when the process ends; forget them in a process that is forked."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=starting.go_on_in_child)
    # A process that ends first waits for its threads, and only then calls what `atexit` holds: programs must be stopped before that wait.
    getattr(threading, "_register_atexit", atexit.register)(stop_all)


def _start_in_group(thread: threading.Thread) -> None:
    mine, begun = group(), tapes.now()
    if mine is None:
        start_thread(thread)
    else:
        mine.take(thread)
    tapes.hand_over(begun, begun, threading.get_ident(), thread.ident)


@functools.wraps(join_thread)
def _join(self: threading.Thread, timeout: float | None = None) -> None:
    join_thread(self, timeout)
    if not self.is_alive():
        ended = tapes.now()
        tapes.hand_over(ended, ended, self.ident, threading.get_ident())


@functools.wraps(plain_sleep)
def _sleep_in_group(seconds: float, /) -> None:
    mine = group()
    if mine is None or not isinstance(seconds, (int, float)) or not seconds > 0:  # the plain one says what is wrong
        return plain_sleep(seconds)
    mine.sleep(seconds)


sleeps.add(_sleep_in_group.__code__)  # type: ignore[attr-defined]

_replaced = Replacements()
_replaced.add(threading.Thread, start=_start_in_group, join=_join)
_replaced.add(time, sleep=_sleep_in_group)
_replaced.add(queue.Queue, _put=queues.put, _get=queues.get)
