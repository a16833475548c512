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
import selectors
import socket
import time
from collections.abc import Callable

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
        self._caller, self._called = socket.socketpair()
        for each in (self._caller, self._called):
            each.setblocking(False)
        self._calls: collections.deque[tuple[Callable[[], None], concurrent.futures.Future[None]]] = collections.deque()
        self._alarms: list[tuple[float, int, Alarm]] = []
        """A heap: the next one is the first. The number decides between two at the same time, the one that was set first."""
        self._numbers = itertools.count()
        self._cancelled = 0
        """How many of the alarms are cancelled."""
        self.register(self._called, selectors.EVENT_READ, self._serve_calls)

    def run(self, stopping: Bell) -> None:
        """Until `stopping` is set, and a `call` has come."""
        while not stopping.is_set():
            for key, events in self._wait():
                key.data(events)
            if self._alarms:
                self._ring(now())

    def close(self) -> None:
        self._selector.close()
        self._caller.close()
        self._called.close()

    def register(self, sock: socket.socket, events: int, call: Callable[[int], None]) -> None:
        """Call `call(events)` whenever `sock` is ready for one of `events`; 0: no more."""
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
        """Let `what` be called in the thread of the loop. The future has its OSError, if it raises one."""
        done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._calls.append((what, done))
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

    def _wait(self) -> list[tuple[selectors.SelectorKey, int]]:
        if not self._alarms:
            return self._selector.select()
        pause = self._alarms[0][0] - now()
        if pause < MILLISECOND:  # which is what a selector's time is counted in
            if pause > 0:
                plain_sleep(pause)
            return self._selector.select(0)
        return self._selector.select(pause - MILLISECOND)


loops[Loop._wait.__code__] = Loop.rests
