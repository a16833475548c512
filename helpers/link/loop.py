"""The loop in which one thread serves all connections of a link: it waits for sockets, for times, and for receivers to take their pieces."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import functools
import heapq
import itertools
import math
import selectors
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from helpers.running.bell import Bell
from helpers.running.plain import plain_sleep
from helpers.running.rest import is_ready, loops

if TYPE_CHECKING:
    from helpers.link.direction import Direction

MILLISECOND = 0.001

now = time.perf_counter


class _Alarm(NamedTuple):
    when: float
    number: int
    """Of two at the same time the first one rings first."""
    direction: Direction | None
    call: Callable[[], None]


def _does_something(alarm: _Alarm) -> bool:
    """Whether anything comes of it: not where it was set anew, or where somebody only looks, in vain, whether a receiver has taken a piece."""
    direction = alarm.direction
    if direction is None:
        return True
    return direction.alarm == alarm.when and (not direction.awaits_taker or direction.is_due(now()))


class Loop:
    """Made by the thread that starts the link, which calls `call`; all else happens in the thread that is in `run`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._caller, self._called = socket.socketpair()
        for each in (self._caller, self._called):
            each.setblocking(False)
        self._calls: collections.deque[tuple[Callable[[], None], concurrent.futures.Future[None]]] = collections.deque()
        self._alarms: list[_Alarm] = []
        self._numbers = itertools.count()
        self.register(self._called, selectors.EVENT_READ, self._serve_calls)

    def run(self, stopping: Bell) -> None:
        """Until `stopping` is set, and a `call` has come."""
        while not stopping.is_set():
            for key, events in self._wait():
                key.data(events)
            moment = now()
            while self._alarms and self._alarms[0].when <= moment:
                heapq.heappop(self._alarms).call()

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

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Call `call()` at `when`, on the clock `now`."""
        self._set_alarm(when, None, call)

    def attend(self, direction: Direction) -> None:
        """Let `direction` go on when it is time."""
        if direction.wake_at != direction.alarm:
            direction.alarm = direction.wake_at
            if direction.alarm < math.inf:
                self._set_alarm(direction.alarm, direction, functools.partial(self._ring, direction, direction.alarm))

    def forget(self, *directions: Direction) -> None:
        """Their connection has ended."""
        if any(alarm.direction in directions for alarm in self._alarms):
            self._alarms = [alarm for alarm in self._alarms if alarm.direction not in directions]
            heapq.heapify(self._alarms)

    def call(self, what: Callable[[], None]) -> concurrent.futures.Future[None]:
        """Let `what` be called in the thread of the loop. The future has its OSError, if it raises one."""
        done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._calls.append((what, done))
        with contextlib.suppress(OSError):  # enough calls stand in the queue; or the loop is closed
            self._caller.send(b"\0")
        return done

    def rests(self) -> bool:
        """Whether nothing happens before a peer, or somebody else, does something."""
        return not (self._calls or any(map(_does_something, list(self._alarms))) or is_ready(self._selector))

    def _set_alarm(self, when: float, direction: Direction | None, call: Callable[[], None]) -> None:
        heapq.heappush(self._alarms, _Alarm(when, next(self._numbers), direction, call))

    def _ring(self, direction: Direction, when: float) -> None:
        if direction.alarm == when:
            direction.alarm = math.inf
            direction.connection.advance()

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
        pause = self._alarms[0].when - now()
        if pause < MILLISECOND:  # which is what a selector's time is counted in
            if pause > 0:
                plain_sleep(pause)
            return self._selector.select(0)
        return self._selector.select(pause - MILLISECOND)


loops[Loop._wait.__code__] = Loop.rests
