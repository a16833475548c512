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
from typing import TYPE_CHECKING

from helpers import threads

if TYPE_CHECKING:
    from helpers.link.direction import Direction

SHORTEST, LONGEST = 0.0001, 0.02
"""Seconds between two looks at receivers that have not taken their pieces yet: a fiftieth of the time that it takes so far, within these bounds."""
MILLISECOND = 0.001

now = time.perf_counter


class Loop:
    """Made by the thread that starts the link, which calls `call`; all else happens in the thread that is in `run`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._caller, self._called = socket.socketpair()
        for each in (self._caller, self._called):
            each.setblocking(False)
        self._calls: collections.deque[tuple[Callable[[], None], concurrent.futures.Future[None]]] = collections.deque()
        self._alarms: list[tuple[float, int, Direction | None, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._waiting: dict[Direction, None] = {}  # for their receivers
        self.register(self._called, selectors.EVENT_READ, self._serve_calls)

    def run(self, stopping: threads.Bell) -> None:
        """Until `stopping` is set, and a `call` has come."""
        while not stopping.is_set():
            for key, events in self._wait():
                key.data(events)
            if self._alarms or self._waiting:
                self._tend()

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
        """Let `direction` go on when it is time, and when its receiver has taken what it waits for."""
        if direction.awaits_taker:
            self._waiting[direction] = None
        else:
            self._waiting.pop(direction, None)
        if direction.wake_at != direction.alarm:
            direction.alarm = direction.wake_at
            if direction.alarm < math.inf:
                self._set_alarm(direction.alarm, direction, functools.partial(self._ring, direction, direction.alarm))

    def forget(self, *directions: Direction) -> None:
        """Their connection has ended."""
        for each in directions:
            self._waiting.pop(each, None)
        if any(alarm[2] in directions for alarm in self._alarms):
            self._alarms = [alarm for alarm in self._alarms if alarm[2] not in directions]
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
        moment = now()
        return not (
            any(direction is None or direction.alarm == when for when, _, direction, _ in list(self._alarms))
            or self._calls
            or any(direction.is_due(moment) for direction in list(self._waiting))
            or threads.is_ready(self._selector)
        )

    def _set_alarm(self, when: float, direction: Direction | None, call: Callable[[], None]) -> None:
        heapq.heappush(self._alarms, (when, next(self._numbers), direction, call))

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
        if not self._alarms and not self._waiting:
            return self._selector.select()
        pause = self._pause()
        if pause < MILLISECOND:  # which is what a selector's time is counted in
            if pause > 0:
                threads.plain_sleep(pause)
            return self._selector.select(0)
        return self._selector.select(pause - MILLISECOND)

    def _pause(self) -> float:
        """Seconds until there is something to do, if nothing happens before."""
        moment = now()
        pauses = [self._alarms[0][0] - moment] if self._alarms else []
        if self._waiting:
            waited = moment - max(direction.sent_at for direction in self._waiting)
            pauses.append(min(max(waited / 50, SHORTEST), LONGEST))
        return max(min(pauses), 0)

    def _tend(self) -> None:
        moment = now()
        while self._alarms and self._alarms[0][0] <= moment:
            heapq.heappop(self._alarms)[3]()
        for direction in list(self._waiting):
            if direction.is_due(moment):
                direction.connection.advance()


threads.loops[Loop._wait.__code__] = Loop.rests
