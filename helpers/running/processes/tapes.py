"""Whether a program in a process of its own rests, and what its sockets do: the part of `child` that nobody needs while nobody asks, so that the program starts sooner.

Comes in: what whoever made the process asks. Goes out: the answers. Who imports it: `child`, in the thread that listens.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

from helpers.recording.carried import Carried, carried
from helpers.recording.taping import Taping
from helpers.running import queues, rest
from helpers.running.plain import join_thread, start_thread
from helpers.running.processes.messages import AT_A_TIME, Event, Recorded, RecordedAll
from helpers.running.processes.streams import Keyboard
from helpers.sockets import tapes
from helpers.sockets.registry import live_sockets
from helpers.sockets.stacks import OtherStacks


class Tapes:
    """What is recorded in this process, and for whom."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._running: dict[int, Taping] = {}
        rest.across_processes = True
        # There it waits for a line.
        rest.loops[Keyboard._line.__code__] = lambda keyboard: keyboard.waits and not keyboard.has_line()
        threading.Thread.start = _start  # type: ignore[method-assign,assignment]
        threading.Thread.join = _join  # type: ignore[method-assign]
        queue.Queue._put, queue.Queue._get = queues.put, queues.get  # type: ignore[method-assign]

    def wait_for_rest(self, seconds: float) -> None:
        """Wait until each thread but this one waits for something, so many seconds at most."""
        rest.wait_for_rest(seconds, _others)

    def start(self, number: int, limit: int) -> None:
        if number not in self._running:
            taping = Taping(limit)
            taping.start()
            self._running[number] = taping

    def stop(self, number: int) -> None:
        """Record no more, and tell what was recorded."""
        taping = self._running.pop(number, None)
        if taping is None:
            return
        taping.stop()
        for part in _parts(taping):
            self._tell(Recorded(number, part))
        self._tell(RecordedAll(number, taping.tape.dropped))

    def end(self) -> None:
        """The process ends, and with it the sockets that the program has left open."""
        if not self._running:
            return
        for sock in live_sockets():
            try:
                sock._trace.left = True  # type: ignore[attr-defined]
                sock._real_close()  # type: ignore[attr-defined]  # not `close`: that waits for files made by `makefile`
            except OSError:
                continue
        for number in list(self._running):
            self.stop(number)


def _parts(taping: Taping) -> Iterator[Carried]:
    """What was recorded, in pieces that a line can hold; the first has all sockets that lived, too."""
    entries = [*taping.tape.entries(len(taping.tape)), *(entry for entry, _ in taping.under_way)]
    met = tuple(each for each in list(tapes.handed_over) if each.given >= taping.tape.began)
    yield carried(entries[:AT_A_TIME], taping.known.values(), taping.before, taping.after)._replace(handed_over=met)
    for at in range(AT_A_TIME, len(entries), AT_A_TIME):
        yield carried(entries[at : at + AT_A_TIME], (), taping.before, taping.after)


def _others() -> set[int]:
    """All threads but the one that asks."""
    with OtherStacks() as frames:
        return set(frames)


def _start(thread: threading.Thread) -> None:
    begun = tapes.now()
    start_thread(thread)
    tapes.hand_over(begun, begun, threading.get_ident(), thread.ident)


def _join(self: threading.Thread, timeout: float | None = None) -> None:
    join_thread(self, timeout)
    if not self.is_alive():
        ended = tapes.now()
        tapes.hand_over(ended, ended, self.ident, threading.get_ident())
