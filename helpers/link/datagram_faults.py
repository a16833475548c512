"""What a link does to datagrams that pass it in one direction: the faults of Linux's netem, by its names and with its meanings (tc-netem(8), net/sched/sch_netem.c).

In: values, as a learner sets them, from any thread. Out: for each datagram what becomes of it (`Fate`), always the same for the same seed and number. For `datagrams`.

In netem's order: whether it is doubled, whether it is lost (of one that is both, one passes), which bit is flipped, and when it goes on. A double has chances of its own, but is never doubled
again; it has no number, so what is asked for by numbers meets the datagram, and not its double. The times are those of its arrival: a latency that is changed holds only for those that come.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from helpers.link.faults import Fault, Settings, is_number, is_time, is_whole

Which = float | tuple[int, ...] | range
"""A chance, from 0 to 1, or the numbers of datagrams: as it is kept, and reads."""
Given = Which | list[int] | set[int] | frozenset[int]
"""The same, as it may be set."""


def _is_which(value: object) -> bool:
    """Whether it is a chance, or numbers from 1, each once."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(is_whole(number) and number >= 1 for number in value) and len(set(value)) == len(value)
    if isinstance(value, range):
        return not value or min(value[0], value[-1]) >= 1
    return is_number(value) and 0 <= value <= 1


class WhichFault(Fault[Which]):
    def __set__(self, faults: Settings, value: Given | None) -> None:
        faults.set({self.name: value})


def _which(what: str) -> WhichFault:
    return WhichFault(
        _is_which, f"the chance that a datagram {what}, 0 to 1, such as 0.3, or exactly these, each once and counted from 1, such as [2, 5]"
    )  # fmt: skip


class Fate(NamedTuple):
    """What becomes of a datagram, or of its double."""

    lost: bool
    delay: float
    """Seconds until it goes on."""
    bit: int | None
    """Which of its bits is flipped, counted from 0; None: none."""


class DatagramFaults(Settings):
    """The faults of one direction. `count` is how many datagrams have come in it."""

    __slots__ = ("count", "_since", "_meanwhile")

    loss = _which("is lost")
    duplicate = _which("is doubled")
    reorder = _which("goes on at once, while the others wait out their latency,")
    corrupt = _which("has one of its bits flipped")
    latency = Fault[float](is_time, "the seconds that every datagram arrives later, such as 0.05")
    jitter = Fault[float](is_time, "the seconds by which the latency of each datagram varies, up or down, such as 0.02")

    def __init__(self, meanwhile: Callable[[Callable[[], None]], None] = lambda apply: apply()) -> None:
        """`meanwhile` makes a change at a moment when every datagram that was sent before it has been counted."""
        super().__init__()
        self.count = 0
        self._since: dict[
            str, int
        ] = {}  # how many had come when the numbers of a fault were set: those are counted from there
        self._meanwhile = meanwhile

    def checked(self, values: Mapping[str, object]) -> dict[str, Any]:
        values = super().checked(values)
        after = {**self._values, **values}
        if after.get("reorder") and not after.get("latency"):
            raise ValueError(
                "reorder needs a latency: the datagrams that it means go on at once, and overtake those that wait. "
                "Without one, nobody waits; set latency too, such as latency=0.05, and take reorder away (None) before latency."
            )
        return {name: _kept(value) for name, value in values.items()}

    def restart(self) -> None:
        """Count from 1 again: the link starts."""
        self.count = 0
        self._since.clear()

    def fates(self, chance: random.Random, size: int) -> list[Fate]:
        """What becomes of the datagram that has been counted just now, of `size` bytes, and then of its double, if it has one. `chance` is its own."""
        doubled = self._meets("duplicate", chance.random())
        fate = self._fate(chance, size, True)
        if not doubled:
            return [fate]
        return [fate._replace(lost=False)] if fate.lost else [fate, self._fate(chance, size, False)]

    def _fate(self, chance: random.Random, size: int, has_number: bool) -> Fate:
        # Every chance is drawn, whatever is set: so a fault that is added leaves those of the others as they are.
        drawn = {name: chance.random() for name in ("loss", "corrupt", "reorder")}
        deviation, bit = chance.uniform(-1, 1), chance.random()
        lost, corrupt, at_once = (self._meets(name, each, has_number) for name, each in drawn.items())
        delay = 0.0 if at_once else max((self.latency or 0.0) + deviation * (self.jitter or 0.0), 0.0)
        return Fate(lost, delay, int(bit * size * 8) if corrupt and size else None)

    def _meets(self, name: str, drawn: float, has_number: bool = True) -> bool:
        which: Which | None = self._values.get(name)
        if which is None:
            return False
        if isinstance(which, (tuple, range)):
            return has_number and self.count - self._since.get(name, 0) in which
        return drawn < which

    def _apply(self, values: Mapping[str, Any]) -> None:
        def apply() -> None:
            self._since.update(dict.fromkeys(values, self.count))
            super(DatagramFaults, self)._apply(values)

        self._meanwhile(apply)


def _kept(value: object) -> object:
    """Numbers so that nobody changes them afterwards."""
    return tuple(sorted(value)) if isinstance(value, (list, tuple, set, frozenset)) else value
