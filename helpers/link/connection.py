"""A connection through a link: a client's, the one that was made to the server for it, and what passes between them.

In: two traced sockets and the faults of each direction; readiness and times, from the loop. Out: whatever the two directions hand over, and the end of both
sockets. For `link`.
"""

from __future__ import annotations

import contextlib
import functools
import math
import random
import selectors
from collections.abc import Callable
from typing import Any

from helpers.link.direction import MOST_BUFFERED, Direction, Ending
from helpers.link.faults import Faults
from helpers.link.loop import Alarm, Loop, now
from helpers.sockets.nonblocking import finish_connect, start_connect
from helpers.sockets.plain import break_off
from helpers.sockets.traced import Socket

MOST_DRAINED = 2**24
"""Bytes that are thrown away at most when a connection is closed on its peers."""


class Connection:
    """Two sockets, and a direction each way."""

    def __init__(
        self, loop: Loop, client: Socket, server: Socket, upstream: Faults, downstream: Faults, seed: str, ended: Callable[[Connection], object]
    ) -> None:  # fmt: skip
        self._loop = loop
        self._ended = ended
        self._is_open = False
        self.upstream = Direction(client, server, upstream, random.Random(f"{seed} upstream"), self)
        self.downstream = Direction(server, client, downstream, random.Random(f"{seed} downstream"), self)
        self._alarms: dict[Direction, Alarm | None] = {self.upstream: None, self.downstream: None}
        self._client, self._server = client, server
        client._trace.across, server._trace.across = server._trace, client._trace
        self._events = {client: 0, server: 0}

    def open(self, address: Any) -> None:
        """Connect to the server at `address`, then begin to pass bytes. If it refuses, the client is reset."""
        begun = now()

        def connected(events: int) -> None:
            self._register(self._server, 0, connected)
            try:
                stands = finish_connect(self._server, address, begun)
            except OSError:
                return self.reset()
            self._is_open = True
            if not stands:
                self.downstream.meet_reset(now())
            self.settle()

        try:
            start_connect(self._server, address)
        except OSError:
            return self.reset()
        self._register(self._server, selectors.EVENT_WRITE, connected)

    def advance(self) -> None:
        """Hand over what may be handed over by now: a fault has changed, or its time has come."""
        if not self._is_open:
            return
        moment = now()
        for direction in (self.upstream, self.downstream):
            direction.advance(moment)
        self.settle()

    def settle(self) -> None:
        """Listen for what both directions wait for now."""
        if not self._is_open:
            return
        for direction in (self.upstream, self.downstream):
            self._set_alarm(direction)
        self._listen(self._client, self.upstream, self.downstream, self._client_is_ready)
        self._listen(self._server, self.downstream, self.upstream, self._server_is_ready)

    def close(self) -> None:
        """End both connections; their peers see the end of the stream."""
        for sock in (self._client, self._server):
            with contextlib.suppress(OSError):
                # Bytes that nobody has read would turn the FIN into a RST. (A peer that never stops sending gets that one.)
                for _ in range(MOST_DRAINED // MOST_BUFFERED):
                    if not sock.recv(MOST_BUFFERED):
                        break
        self.drop()

    def reset(self) -> None:
        """End both connections with RST."""
        self.drop(break_off)

    def source_ended(self, direction: Direction) -> None:
        """The source of `direction` will send no more."""
        self._other(direction).sink_has_ended = True

    def sink_lost(self, direction: Direction) -> None:
        """Nobody takes what `direction` hands over any more: its sink was reset. Whoever sends is told so."""
        other = self._other(direction)
        direction.over = True
        if other.over:
            return self.reset()
        if other.ending is not Ending.RESET:
            other.meet_reset(now())

    def end_passed_on(self, direction: Direction) -> None:
        """`direction` has passed the end of its stream on."""
        if self.upstream.over and self.downstream.over:
            self.close()

    def drop(self, close: Callable[[Socket], None] = Socket.close) -> None:
        """End both connections, as the end of a process does; or as `close` does."""
        if self._client.fileno() < 0:
            return
        self._is_open = False
        self.upstream.over = self.downstream.over = True
        for sock in (self._client, self._server):
            self._register(sock, 0, self._client_is_ready)
        for alarm in filter(None, self._alarms.values()):
            self._loop.cancel(alarm)
        self._ended(self)
        close(self._client)
        close(self._server)

    def _set_alarm(self, direction: Direction) -> None:
        """Let `direction` go on when it is time."""
        when, alarm = direction.wake_at, self._alarms[direction]
        if alarm is not None:
            if alarm.when == when:
                return
            self._loop.cancel(alarm)
            self._alarms[direction] = None
        if when < math.inf:
            ring = functools.partial(self._ring, direction)
            self._alarms[direction] = self._loop.at(when, ring, direction.has_work)

    def _ring(self, direction: Direction) -> None:
        self._alarms[direction] = None
        self.advance()

    def _other(self, direction: Direction) -> Direction:
        return self.downstream if direction is self.upstream else self.upstream

    def _listen(self, sock: Socket, outgoing: Direction, incoming: Direction, call: Callable[[int], None]) -> None:
        events = (selectors.EVENT_READ if outgoing.wants_bytes else 0) | (
            selectors.EVENT_WRITE if incoming.wants_room else 0
        )
        self._register(sock, events, call)

    def _register(self, sock: Socket, events: int, call: Callable[[int], None]) -> None:
        if events != self._events[sock]:
            self._events[sock] = events
            self._loop.register(sock, events, call)

    def _client_is_ready(self, events: int) -> None:
        self._is_ready(events, self.upstream, self.downstream)

    def _server_is_ready(self, events: int) -> None:
        self._is_ready(events, self.downstream, self.upstream)

    def _is_ready(self, events: int, outgoing: Direction, incoming: Direction) -> None:
        if not self._is_open:  # closed by what happened a moment ago
            return
        if events & selectors.EVENT_READ and outgoing.relay() and events == selectors.EVENT_READ:
            return
        if events & selectors.EVENT_WRITE:
            incoming.advance(now())
        self.settle()
