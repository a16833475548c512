"""`with watch() as recording:`: the sockets of a block recorded, and drawn; `states(…)`: what the kernel says of them.

A recording begins and ends when everything in the background has come to rest, so that it holds the whole of what the block set off, and nothing of
what was set off before: the same program gives the same recording.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from helpers import pictures
from helpers.pictures.drawing import Picture
from helpers.recording.recorder import EVENTS, Recording
from helpers.running.install import install
from helpers.running.processes.together import ANSWER, SharedTape, wait_for_joint_rest
from helpers.sockets import owners
from helpers.sockets.tapes import now
from helpers.watching.drawn import Drawn

REST = 0.25
"""Seconds that a recording waits at its beginning, and at its end, for programs and servers to come to rest. Most need less than one millisecond."""
AT_ONCE = 0.3
"""Seconds that programs in processes have to say what they did, where somebody interrupts the block."""


_started: Watch | None = None
"""The one that `start` has begun, and that runs."""


class Watch(Drawn, Recording):
    """A recording of a block: `with` begins and ends it."""

    def __init__(self, limit: int = EVENTS) -> None:
        super().__init__(limit)
        self._elsewhere = SharedTape(limit)

    def start(self) -> None:
        """Record from now on, over several cells. One that was started so before is stopped: a cell that is run again begins anew. RuntimeError if it is this one."""
        global _started
        super().start()
        before, _started = _started, self
        if before is not None:
            before.stop()

    def stop(self) -> None:
        """Record no more."""
        global _started
        super().stop()
        if _started is self:
            _started = None

    def __enter__(self) -> Self:
        install()
        wait_for_joint_rest(REST)
        super().start()
        try:
            self._elsewhere.start()
        except BaseException:  # interrupted
            self._stop(patience=0)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        waits = kind is None or issubclass(kind, Exception)  # whoever interrupts wants no more waiting
        try:
            if waits:
                wait_for_joint_rest(REST, lambda: self.threads() | set(owners.everybody()))
        finally:
            self._stop(ANSWER if waits else AT_ONCE)

    def _stop(self, patience: float) -> None:
        self.stop()
        rows, dropped = self._elsewhere.stop(now(), patience)
        for each in rows:
            self.add(*each)
        self.add([], [], dropped=dropped)
        self.missing += self._elsewhere.missing

    def draw(self) -> Picture:
        """The conversation as a picture."""
        return pictures.conversation(self.so_far() if self.running else self)

    def __repr__(self) -> str:
        return f"<recording of {len(self.events):,} calls>"


def watch(limit: int = EVENTS) -> Watch:
    """Record every socket call of a block, of whatever socket, thread or program. `limit`: how many calls are kept, the first ones.

    >>> with watch() as recording:
    ...     s.sendall(b"hello")
    >>> recording.draw()

    Over several cells `recording.start()` and `recording.stop()` do it, for one recording at a time. Meanwhile it can be drawn as well, with the calls that still wait; what programs in processes do is not in it.
    """
    if not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit is a number of calls, such as 10_000; this is {limit!r}.")
    return Watch(limit)
