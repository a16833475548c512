"""Bounds on what a call may use: its process is looked at from outside, while somebody waits for it.

Comes in: a process and a call. Goes out: `Fell`, where the call uses too much or rests too long. How much that is, and of which clock: `limits`. Who may import it: peer
and judge.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from helpers.checking.call import Call
from helpers.checking.limits import (
    DEARER,
    DEFINING,
    IN_SILENCE,
    LONGEST,
    LONGEST_PAUSE,
    LOOK,
    LULL,
    MEMORY,
    MORE,
    PATIENCE,
    PAUSE,
    PRINTED,
    TICK,
)
from helpers.checking.process import Process
from helpers.checking.verdicts import (
    Fell,
    goes_on_for_too_long,
    is_slow,
    prints_without_end,
    spins,
    spins_at_the_end,
    took_memory,
    waits_for_ever,
    waits_where_it_is_defined,
    works_in_silence,
    works_where_it_is_defined,
)


class Patience:
    """How long a process has had the time to do something, and has not: on a busy machine it gets little of the processor, however long that takes."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._used_at_first = process.seconds()
        self._looked = time.monotonic()
        self._at_rest = 0.0

    def is_at_its_end(self) -> bool:
        """Whether it has rested, or worked, for PATIENCE seconds. To be asked again and again."""
        now = time.monotonic()
        if now < self._looked + LOOK:
            return False
        self._looked = now
        if self._process.rests():
            self._at_rest += LOOK
        return self._at_rest + self._process.seconds() - self._used_at_first >= PATIENCE


class Rest:
    """Whether a process that has nothing to do does nothing. Its work is counted, not time: a busy machine makes both answers later, and changes neither."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._used_at_first = process.seconds()
        self._looked = 0.0
        self._looks = self._rested = 0
        self._worked, self._worked_at = 0.0, time.monotonic()

    def look(self) -> bool:
        """To be called again and again; it looks every now and then. Whether it did."""
        now = time.monotonic()
        if now < self._looked + LOOK / 5:
            return False
        self._looked = now
        self._looks += 1
        rests, worked = self._process.rests(), self._process.exact_seconds()
        self._rested += rests
        if not rests or worked != self._worked:
            self._worked, self._worked_at = worked, now
        return True

    def is_sure(self) -> bool:
        """Whether it has been seen to rest. Fell if it works on and on. To be asked again and again."""
        if self.look() and self._process.seconds() - self._used_at_first > IN_SILENCE:
            raise works_in_silence()
        return self._rested > 2

    def is_there(self) -> bool:
        """Whether it has been seen to rest. To be asked again and again."""
        self.look()
        return self._rested > 2

    def lasts(self) -> bool:
        """Whether it has done nothing for LULL seconds on end. To be asked again and again."""
        self.look()
        return self._looked - self._worked_at >= LULL

    def is_missing(self) -> bool:
        """Whether it has hardly been seen to rest, though it had nothing to do all the time."""
        return self._looks > 9 and self._rested < self._looks * 0.3


class Watch:
    """Looks whether a call does something that none should."""

    def __init__(self, process: Process, call: Call, busy: float, idle: float, others_rest: Callable[[], bool]) -> None:
        """`busy`: seconds of the processor that it may use from now on; `idle`: seconds that it may rest. `others_rest`: whether nobody else has work to do."""
        self._process = process
        self._call = call
        self._busy = busy
        self._idle = idle
        self._others_rest = others_rest
        self._begun = self._looked = time.monotonic()
        self._used_at_first = self._used = process.seconds()
        self._at_rest = 0.0  # seconds for which it has been seen to do nothing
        self._used_by_offspring = 0.0

    @property
    def pause(self) -> float:
        """Seconds that whoever waits may sleep until they look again: the longer they have waited, the less it matters when they see what comes."""
        return min(max(PAUSE, (time.monotonic() - self._begun) / 4), LONGEST_PAUSE)

    def look(self) -> None:
        """Fell if it does. To be called again and again; it looks every LOOK seconds."""
        now = time.monotonic()
        if now < self._looked + LOOK:
            return
        self._looked = now
        self._look_at_output(PRINTED)
        if self._process.memory() > MEMORY:
            raise took_memory()
        used = self._process.seconds()
        self._count_rest(used)
        if not self._process.has_loaded and used > DEFINING * DEARER:
            raise works_where_it_is_defined()
        if used > max(self._used_at_first, self._process.start_up) + self._busy:
            self._fall_for_work()
        if self._at_rest >= self._idle and not (self._others_rest() and self._offspring_rests()):
            self._at_rest = 0.0
        if self._at_rest >= self._idle or now > self._begun + LONGEST:
            self._give_up(at_last=now > self._begun + LONGEST)

    def _offspring_rests(self) -> bool:
        """Whether the processes that it has started have done nothing since somebody asked: it may wait for one of them."""
        before, self._used_by_offspring = self._used_by_offspring, self._process.offspring_seconds()
        return self._used_by_offspring == before

    def _fall_for_work(self) -> None:
        """Fell: it has worked for too long. Whether to any purpose."""
        self._call.ask_state()
        if self._call.spins_at_the_end():
            raise spins_at_the_end()
        self._look_at_output(PRINTED // 10)  # so much was read so far; a busy machine is not quick at it
        used = self._process.seconds()
        if self._call.has_gone_on(
            lambda: self._process.seconds() < used + MORE and time.monotonic() < self._begun + LONGEST
        ):
            raise is_slow(self._call.doing, self._busy)
        raise spins(self._call.doing, self._call.refused())

    def _look_at_output(self, most: int) -> None:
        if self._process.printed > most:
            raise prints_without_end(most)

    def _count_rest(self, used: float) -> None:
        if used > self._used + TICK:
            self._used, self._at_rest = used, 0.0
        elif self._process.rests():
            # Not what has passed: on a busy machine that may be time in which nobody could do anything.
            self._at_rest += LOOK

    def _give_up(self, at_last: bool) -> None:
        """Fell, unless it has come back meanwhile, or goes on after all. `at_last`: there is no more time for that."""
        if not self._process.has_loaded:
            self._call.hear(0)
        if not self._process.has_loaded and self._process.exit_code is None:
            raise waits_where_it_is_defined()
        self._call.ask_state()
        if self._process.exit_code is not None:  # and something that it has started keeps its pipes open
            self._call.ended()
        if self._call.over:
            return
        # What it was seen to do at one moment may be what it has just been woken from: it rests if it does the same at the next.
        if self._call.state is not None and self._call.has_gone_on(self._until_at_rest()):
            if at_last and not self._call.over:
                raise goes_on_for_too_long()
            self._at_rest = 0.0
            return
        raise self._hangs()

    def _until_at_rest(self) -> Callable[[], bool]:
        """Until it is seen to rest, LOOK seconds from now or later: on a busy machine it gets no turn on the processor for as long as that."""
        now = time.monotonic()

        def goes_on() -> bool:
            return time.monotonic() < now + LOOK or (time.monotonic() < now + PATIENCE and not self._process.rests())

        return goes_on

    def _hangs(self) -> Fell:
        if self._call.spins_at_the_end():  # and got too little of the processor to be seen
            return spins_at_the_end()
        waits = self._call.waits()
        if waits is None and not self._at_rest:  # the same: it was never seen to rest
            return spins(self._call.doing, self._call.refused())
        return waits_for_ever(waits.method if waits else None, self._call.doing, self._call.timeout_of(waits))
