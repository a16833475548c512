"""A conversation that is held again and again: each time in the background, recorded, and drawn while it goes on.

Comes in: a function that talks, and wishes (again, stop, something has changed), from whatever thread. Goes out: its latest run, and the picture of that. The
panel of a link holds one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from helpers import pictures
from helpers.panels.excerpt import Excerpt, ends, excerpt
from helpers.pictures.drawing import Picture
from helpers.recording.events import Event, Recorded
from helpers.recording.recorder import Recording
from helpers.running.bell import Bell
from helpers.running.group import STOP_TIMEOUT
from helpers.running.rest import wait_for_rest
from helpers.running.thread_program import ThreadProgram
from helpers.sockets.owners import Guard

CALLS = 2000
"""Calls of a run that are recorded, the first ones: more nobody reads in a picture."""
FRAME = 0.1
"""Seconds between two drawings of a run that goes on, at least."""
SHARE = 4
"""The pause after a drawing takes at least so many times as long as the drawing did."""
DRAG = 0.5
"""Seconds between two changes that belong together: a slider that is dragged."""
AT_LEAST = 0.1
"""Seconds that a run which a change began gets before the next change ends it: most are over by then, and are seen."""
REST, SHORT_REST = 0.25, 0.02
"""Seconds that a run waits at its beginning for what is in the background to come to rest; after a change, when somebody waits to see it."""
AFTER = 5.0
"""Seconds at most for which bytes that are still on their way are recorded when the conversation itself has ended."""


class Run(ThreadProgram):
    """One run."""

    has_window = False

    def read_line(self, hidden: bool = False) -> str:
        return ""  # nobody types in a panel


def of_program(recording: Recorded, name: str) -> Excerpt:
    """Of a recording, what has to do with the program of that name: its own calls, and those of whom it talks with, through links too."""
    part = _taking_part(recording, name)
    events = [event for event in recording.events if event.socket.number in part or _made(event) in part]
    return excerpt(recording, events, part)


def _taking_part(recording: Recorded, name: str) -> set[int]:
    """The sockets that do, by their numbers."""
    neighbours: dict[int, set[int]] = {}
    for conversation in recording.conversations:
        numbers = {end.number for end in ends(conversation)}
        across = {end.across for end in ends(conversation) if end.across is not None}
        for number in numbers:
            neighbours.setdefault(number, set()).update(numbers, across)
    part: set[int] = set()
    found = {event.socket.number for event in recording.events if event.program == name}
    while found:
        part |= found
        found = {each for number in found for each in neighbours.get(number, ())} - part
    return part


def _made(event: Event) -> int | None:
    return event.accepted.number if event.accepted is not None else None


class Runs:
    """The runs of `code`, one after the other. `changed` is called, in whatever thread, whenever there is something new to see.

    There is a thread for it only while something runs.
    """

    def __init__(self, code: Callable[[], object], name: str, changed: Callable[[], None]) -> None:
        self._code = code
        self._name = name
        self._changed = changed
        self._lock = Guard()
        self._worker: threading.Thread | None = None
        self._works = False
        self._wanted = self._wanted_by_change = self._by_change = False
        self._stop_asked = self._closed = False
        self._changed_at = 0.0
        self._drawn: list[Event] | None = None
        self._news = Bell()
        self.count = 0
        """Runs so far."""
        self.latest: Run | None = None
        """The latest one."""
        self.picture: Picture | None = None
        """Of the latest that was drawn."""
        self.trouble = ""
        """Why it cannot be ended, or drawn."""
        self.lingers = False
        """Whether the conversation has ended, and its bytes have not arrived yet."""

    @property
    def status(self) -> str:
        """What it does, in a few words."""
        if self.latest is None:
            return "not run yet"
        still = ", bytes are still on their way" if self.lingers else ""
        return f"run {self.count}: {self.latest.status}{still}"

    @property
    def goes_on(self) -> bool:
        """Whether a run goes on, so that it takes place under what is changed now."""
        return self.latest is not None and self.latest.running

    def again(self) -> None:
        """Run it again; one that goes on is ended first."""
        with self._lock:
            self._want(by_change=False)

    def note_change(self, anew: bool) -> None:
        """What it depends on has been changed: run it again if it is to begin `anew`, or while a slider is dragged; else the one that went on has seen it."""
        with self._lock:
            now = time.monotonic()
            dragged = self._by_change and now - self._changed_at < DRAG
            self._changed_at = now
            if anew or self._wanted or dragged:
                self._want(by_change=not self._wanted or self._wanted_by_change)

    def stop(self) -> None:
        """End the run that goes on."""
        with self._lock:
            self._stop_asked = True
            self._wanted = False
        self._news.set()

    def close(self) -> None:
        """End the run that goes on, and run no more. Returns when its threads are gone, or cannot be ended."""
        self._closed = True
        self.stop()
        self.wait(2 * STOP_TIMEOUT)

    def wait(self, timeout: float) -> bool:
        """Wait until nothing runs, `timeout` seconds at most. Whether nothing does."""
        if self._worker is not None:
            self._worker.join(timeout)
        return not self._works

    def _want(self, by_change: bool) -> None:
        if self._closed:
            return
        self._wanted, self._wanted_by_change, self._stop_asked = True, by_change, False
        self._news.set()
        if not self._works:
            worker = threading.Thread(target=self._work, name=f"helpers: panel ({self._name})", daemon=True)
            try:
                worker.start()  # it waits for the lock, which is ours
            except RuntimeError as error:
                self._wanted = False
                self.trouble = f"It cannot be run: {error}."
                return
            self._worker, self._works = worker, True

    # What follows is called in the worker's thread.

    def _work(self) -> None:
        try:
            while self._take_wish():
                self._run()
                if not self._wanted:
                    self._changed()
        except BaseException:  # the page is gone, say: the next wish gets another worker
            self._works = False
            raise

    def _take_wish(self) -> bool:
        """Whether another run is wanted. If not, this was the last that the worker did."""
        with self._lock:
            if not self._wanted or self._closed:
                self._works = False
                return False
            self._wanted, self._by_change = False, self._wanted_by_change
            return True

    def _run(self) -> None:
        wait_for_rest(SHORT_REST if self._by_change else REST)
        recording = Recording(CALLS)
        run = Run(self._code, self._name)
        run.watch_for_changes(lambda: None if run.running else self._news.set())
        self._news.clear()
        recording.start()
        try:
            self.latest, self.count, self.trouble = run, self.count + 1, ""
            run.start()
            self._follow(run, recording)
            run.stop()  # one that has ended is given the time for its last breath
        except RuntimeError as error:  # it cannot be ended, or there are no more threads to be had
            self.trouble = str(error)
            if not run.threads():
                run.finished()
        finally:
            recording.stop()
            self.lingers = False
        if not self._wanted and not self._closed:
            self._draw(recording)

    def _follow(self, run: Run, recording: Recording) -> None:
        """Draw what happens until it ends, or is ended, and its bytes have arrived."""
        begun = time.monotonic()
        pause = FRAME
        while run.running:
            self._news.wait(pause)
            self._news.clear()
            if self._is_over(begun):
                return
            if run.running:
                pause = self._show(recording)
        deadline = time.monotonic() + AFTER
        while not wait_for_rest(pause) and time.monotonic() < deadline:
            if self._wanted or self._stop_asked:
                return
            self.lingers = True
            pause = self._show(recording)

    def _is_over(self, begun: float) -> bool:
        """Whether it is to end now, though it would go on."""
        if self._stop_asked:
            return True
        return self._wanted and (not self._wanted_by_change or time.monotonic() - begun > AT_LEAST)

    def _show(self, recording: Recording) -> float:
        """What there is to see so far. Gives back the seconds until the next time."""
        begun = time.monotonic()
        self._draw(recording)
        self._changed()
        return max(FRAME, (time.monotonic() - begun) * SHARE)

    def _draw(self, recording: Recording) -> None:
        try:
            events = recording.events
            if events is not self._drawn:
                self.picture = pictures.conversation(of_program(recording, self._name))
                self._drawn = events
        except Exception as error:  # the faults can still be set, and the conversation goes on
            self.trouble = f"It cannot be drawn: {type(error).__name__}: {error}"
