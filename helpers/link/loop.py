"""The event loop in which one thread serves all connections of a link.

In: sockets to watch (`register`), times to wait for (`at`), and calls from other threads (`call`). Out: calls, all made in the loop's own thread. For
`link` and `connection`; of what is called the loop knows nothing.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import heapq
import itertools
import os
import select
import selectors
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from helpers.running.bell import Bell
from helpers.running.plain import plain_sleep
from helpers.running.rest import is_ready, loops

MILLISECOND = 0.001

now = time.perf_counter


def _always() -> bool:
    return True


class Alarm:
    """A call that is to be made at a time."""

    __slots__ = ("when", "call", "matters", "is_cancelled")

    def __init__(self, when: float, call: Callable[[], None], matters: Callable[[], bool]) -> None:
        self.when = when
        """On the clock `now`."""
        self.call = call
        self.matters = matters
        """Whether the call would do anything if it were made now. Asked from other threads."""
        self.is_cancelled = False


class Loop:
    """Made by the thread that starts the link, which calls `call`; all else happens in the thread that is in `run`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._ready = _Ready(self._selector)
        self._caller, self._called = socket.socketpair()
        for each in (self._caller, self._called):
            each.setblocking(False)
        self._calls: collections.deque[tuple[Callable[[], None], concurrent.futures.Future[None]]] = collections.deque()
        self._alarms: list[tuple[float, int, Alarm]] = []
        """A heap: the next one is the first. The number decides between two at the same time, the one that was set first."""
        self._numbers = itertools.count()
        self._cancelled = 0
        """How many of the alarms are cancelled."""
        self._closed = False
        self.register(self._called, selectors.EVENT_READ, self._serve_calls)

    def run(self, stopping: Bell) -> None:
        """Until `stopping` is set, and a `call` has come."""
        while not stopping.is_set():
            for call, events in self._wait():
                call(events)
            if self._alarms:
                self._ring(now())

    def close(self) -> None:
        self._closed = True
        while self._calls:
            self._calls.popleft()[1].cancel()
        self._ready.close()
        self._selector.close()
        self._caller.close()
        self._called.close()

    def register(self, sock: socket.socket, events: int, call: Callable[[int], None]) -> None:
        """Call `call(events)` whenever `sock` is ready for one of `events`; 0: no more."""
        self._ready.register(sock.fileno(), events, call)
        if not events:
            with contextlib.suppress(KeyError):  # it was not
                self._selector.unregister(sock)
            return
        try:
            self._selector.modify(sock, events, call)
        except KeyError:
            self._selector.register(sock, events, call)

    def at(self, when: float, call: Callable[[], None], matters: Callable[[], bool] = _always) -> Alarm:
        """Call `call()` at `when`, on the clock `now`. While not `matters()`, the loop counts as resting though this is still to come."""
        alarm = Alarm(when, call, matters)
        heapq.heappush(self._alarms, (when, next(self._numbers), alarm))
        return alarm

    def cancel(self, alarm: Alarm) -> None:
        """Do not make this call, which has not been made yet."""
        alarm.is_cancelled = True
        self._cancelled += 1
        if self._cancelled > len(self._alarms) // 2:  # seldom enough, so that many cost no more than a few
            self._alarms = [each for each in self._alarms if not each[-1].is_cancelled]
            heapq.heapify(self._alarms)
            self._cancelled = 0

    def call(self, what: Callable[[], None]) -> concurrent.futures.Future[None]:
        """Let `what` be called in the thread of the loop. The future has its OSError, if it raises one; it is cancelled if the loop ends before."""
        done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._calls.append((what, done))
        if self._closed:
            done.cancel()
            return done
        with contextlib.suppress(OSError):  # enough calls stand in the queue; or the loop is closed
            self._caller.send(b"\0")
        return done

    def rests(self) -> bool:
        """Whether nothing happens before a peer, or somebody else, does something."""
        alarms = [
            alarm for _, _, alarm in list(self._alarms) if not alarm.is_cancelled
        ]  # a copy: it is another thread that asks
        return not (self._calls or any(alarm.matters() for alarm in alarms) or is_ready(self._selector))

    def _ring(self, moment: float) -> None:
        """Make the calls whose time has come."""
        while self._alarms and self._alarms[0][0] <= moment:
            _, _, alarm = heapq.heappop(self._alarms)
            if alarm.is_cancelled:
                self._cancelled -= 1
            else:
                alarm.call()

    def _serve_calls(self, events: int) -> None:
        with contextlib.suppress(OSError):
            self._called.recv(4096)
        while self._calls:
            what, done = self._calls.popleft()
            try:
                what()
                done.set_result(None)
            except OSError as error:
                done.set_exception(error)

    def _wait(self) -> list[tuple[Callable[[int], None], int]]:
        if not self._alarms:
            return self._ready.wait()
        pause = self._alarms[0][0] - now()
        if pause < MILLISECOND:  # which is what a selector's time is counted in
            if pause > 0:
                plain_sleep(pause)
            return self._ready.wait(0)
        return self._ready.wait(pause - MILLISECOND)


class _Ready:
    """Who is ready, of those that a selector watches: on Linux asked of the selector's `epoll` itself, at half the cost."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._epoll: Any = None
        self._calls: dict[int, tuple[Callable[[int], None], int]] = {}
        """By descriptors: what to call, and for which events."""
        if sys.platform == "linux" and isinstance(selector, selectors.EpollSelector):
            self._epoll = select.epoll.fromfd(os.dup(selector.fileno()))

    def register(self, fd: int, events: int, call: Callable[[int], None]) -> None:
        """0: no more."""
        if events:
            self._calls[fd] = call, events
        else:
            self._calls.pop(fd, None)

    def wait(self, timeout: float | None = None) -> list[tuple[Callable[[int], None], int]]:
        """What to call, and with which events, as soon as somebody is ready, or after `timeout` seconds."""
        if self._epoll is None:
            return [(key.data, events) for key, events in self._selector.select(timeout)]
        found = []
        for fd, mask in self._epoll.poll(timeout):
            if fd not in self._calls:
                continue  # closed, but a child process has it still
            call, wanted = self._calls[fd]
            if mask != _IN:
                # As selectors have it: an error, or the end, is for whoever waits for anything.
                wanted &= (_READ if mask & ~_OUT else 0) | (_WRITE if mask & ~_IN else 0)
            found.append((call, wanted))
        return found

    def close(self) -> None:
        if self._epoll is not None:
            self._epoll.close()


_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_IN, _OUT = 1, 4
"""EPOLLIN, EPOLLOUT."""


loops[Loop._wait.__code__] = Loop.rests
