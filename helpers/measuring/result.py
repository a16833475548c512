"""A load at its end: what its clients waited and who was never served, told in words; plotted alone, or beside others.

Comes in: a plan and its outcome. Goes out: `Load`, which a notebook can show. `load` makes it.

What differs from run to run stands in lines that begin with `measured: `, which comparisons of a lesson with its stored outputs overlook (`course/sanitize.cfg`). All else is the same whenever
the server does the same.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Iterator, Sequence

from helpers.checking import prose
from helpers.measuring.outcome import (
    ASKS,
    BROKEN,
    CLOSED,
    CONNECTING,
    REFUSED,
    SERVED,
    SILENT,
    SLOW,
    WAITING,
    WRONG,
    Fate,
    Outcome,
)
from helpers.measuring.plan import ROOM, Plan
from helpers.measuring.waits import MEASURED, Waits, duration, waits_of
from helpers.pictures.drawing import Picture
from helpers.words import listed, many, shortened, visible

NAME = 22
"""Letters of a name that a plot shows."""
WRONG_SHOWN = 3
"""Wrong answers that are told one by one."""
HIDES = 0.1
"""Of what clients waited, how much may be the load's own doing before a sentence says so."""


@dataclasses.dataclass(frozen=True, repr=False)
class Load:
    """What a load has found. `describe()` tells it, `plot()` draws it, `beside(other, …)` draws several."""

    name: str
    plan: Plan
    outcome: Outcome

    @functools.cached_property
    def waits(self) -> Waits:
        """Of all lines: the seconds of those that were answered, and how many were not."""
        return waits_of(self.outcome, self.plan.lines)

    @property
    def median(self) -> float | None:
        """Seconds within which half of the lines were answered; None: fewer were."""
        return self.percentile(50)

    @property
    def most(self) -> float | None:
        """Seconds that the slowest answer took; None: some never came."""
        return self.percentile(100)

    def percentile(self, percent: float) -> float | None:
        """Seconds within which so many of 100 lines were answered; None: fewer were."""
        return self.waits.within(percent)

    @property
    def served(self) -> int:
        """Clients all of whose lines were answered."""
        return sum(fate.end == SERVED for fate in self._asking)

    @property
    def never_served(self) -> int:
        """Clients that never had an answer."""
        return sum(not fate.waits for fate in self._asking)

    @property
    def own_share(self) -> float:
        """Of what the clients waited, how much may be the load's own doing at most, from 0 to 1."""
        waited = sum(self.waits.answered)
        late = self.outcome.own / waited if waited else 0.0
        return max(late, self.outcome.busy / self.outcome.seconds) if self.outcome.one_core else late

    def describe(self) -> str:
        """All of it in words."""
        return visible("\n".join([self.headline, *(f"  {line}" for line in self._lines())]))

    def plot(self) -> Picture:
        """What the lines waited, as a curve. Needs matplotlib."""
        return self.beside()

    def beside(self, *others: Load) -> Picture:
        """The same of several loads, a curve each: `threads.beside(selectors, tasks)`."""
        for other in others:
            if not isinstance(other, Load):
                raise TypeError(
                    f"What stands beside a load is another one, as helpers.load gives it; this is {type(other).__name__}."
                )
        from helpers.measuring.plot import Curve, plot

        loads = [self, *others]
        return plot([Curve(each.title, each.waits) for each in loads], "\n".join(each.describe() for each in loads))

    @property
    def title(self) -> str:
        """Its name, and how many are slow or silent."""
        guests = [
            f"{count} {what}" for count, what in ((self.plan.slow, "slow"), (self.plan.silent, "silent")) if count
        ]
        name = shortened(self.name, NAME)
        return f"{name} ({', '.join(guests)})" if guests else name

    @property
    def headline(self) -> str:
        """What became of the clients, in a sentence without a measured number."""
        asking = many(len(self._asking), "client")
        if self._all(REFUSED):
            return f"{self.name}: nobody listens at {self.plan.host}:{self.plan.port}."
        if self.served == len(self._asking):
            return f"{self.name}: {'all ' if self.served > 1 else ''}{asking} {'were' if self.served > 1 else 'was'} served."
        if self.never_served == len(self._asking):
            return f"{self.name}: none of {asking} was served{self._in_time()}."
        return f"{self.name}: not all of {asking} were served to the end{self._in_time()}."

    def _in_time(self) -> str:
        """Where somebody waited until the time was over."""
        if not any(fate.end in (WAITING, CONNECTING) for fate in self._asking):
            return ""
        seconds = self.plan.seconds
        return f" within {seconds:g} second{'' if seconds == 1 else 's'}"

    def as_html(self) -> str:
        """All of it in words, as HTML."""
        rows = "".join(f"<li>{prose.as_html(line)}</li>" for line in self._lines())
        under = f'<ul style="padding-left: 1.5em">{rows}</ul>' if rows else ""
        return prose.whole(f"<p><strong>{prose.as_html(self.headline)}</strong></p>{under}")

    def __repr__(self) -> str:
        return f"<load: {visible(self.headline)}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.plot()._repr_mimebundle_()

    @property
    def _asking(self) -> list[Fate]:
        return [fate for fate in self.outcome.fates if fate.does == ASKS]

    def _all(self, end: str) -> bool:
        return all(fate.end == end for fate in self._asking)

    def _lines(self) -> Iterator[str]:
        if self._all(REFUSED):
            return
        yield from self._of_ends()
        yield from self._of_wrong_answers()
        yield from self._of_holders()
        if self.outcome.still:
            yield "When the time was over, answers were still coming: in more seconds, more clients would be served."
        if self.waits.answered:
            yield MEASURED + self._in_numbers()

    def _of_ends(self) -> Iterator[str]:
        """What became of those that were not served to the end."""
        counts = Counter(_kind(fate) for fate in self._asking)
        if set(counts) in ({SERVED}, {NEVER}):
            return  # which the headline says
        said = [SAID[kind].format(many(counts[kind], "client")) for kind in SAID if counts[kind]]
        # One kind is no accident of the moment at which the time was over; how many are of which is.
        yield ("" if len(said) == 1 else MEASURED) + "; ".join(said) + "."
        if details := sorted({fate.detail for fate in self._asking if fate.end == BROKEN}):
            yield f"The system said: {', '.join(details)}."

    def _of_wrong_answers(self) -> Iterator[str]:
        wrong = [fate for fate in self._asking if fate.end == WRONG]
        for fate in wrong[:WRONG_SHOWN]:
            yield f"Client {fate.number} got {fate.detail}."
        if len(wrong) > WRONG_SHOWN:
            yield (
                MEASURED + f"{many(len(wrong) - WRONG_SHOWN, 'more client')} got something else than what was to come."
            )

    def _of_holders(self) -> Iterator[str]:
        """Of the slow and silent ones, and whether the others waited behind them."""
        holders = [fate for fate in self.outcome.fates if fate.does != ASKS]
        for does, did in ((SILENT, "said nothing"), (SLOW, self._asked_for())):
            if came := [fate for fate in holders if fate.does == does and fate.end not in (CONNECTING, REFUSED)]:
                yield f"{_named(came)} connected first, {'and ' if does == SILENT else ''}{did}."
        if out := [fate for fate in holders if fate.end in (CONNECTING, REFUSED)]:
            yield f"{_named(out)} had come first, and never got in."
        if ended := [fate for fate in holders if fate.end in (CLOSED, BROKEN)]:
            yield f"{_named(ended)} saw the server end the connection."
        if self.outcome.released:
            yield self._of_the_release(holders)

    def _asked_for(self) -> str:
        """What the slow ones did."""
        if self.plan.kind != ROOM:
            return "asked for much, and read nothing"
        return f"gave {'its name' if self.plan.slow == 1 else 'their names'}, and read nothing"

    def _of_the_release(self, holders: Sequence[Fate]) -> str:
        one = len(holders) == 1
        they = f"client {holders[0].number}" if one else "these"
        read = any(fate.does == SLOW for fate in holders)
        did = f"{they} {'read what was there' if read else 'had gone'}"
        waiting = [fate for fate in self._asking if fate.end in (WAITING, CONNECTING)]
        answered = sum(fate.afterwards for fate in waiting)
        if not answered:
            return f"Also when, at the end, {did}, nobody was answered."
        if answered == len(waiting):
            return f"They waited behind {they}: when, at the end, {did}, all were answered."
        return f"When, at the end, {did}, some of those that waited were answered, and not all."

    def _in_numbers(self) -> str:
        waits = self.waits
        words = (
            f"waited for an answer: median {duration(self.median)}, 99th percentile {duration(self.percentile(99))}, most {duration(self.most)}; "
            f"{len(waits.answered):,} of {many(waits.lines, 'line')} were answered in {duration(self.outcome.seconds)}"
        )
        share = f"{max(100 * self.own_share, 1):.0f} %"
        care = ": compare servers that are so quick with care" if self.own_share > HIDES else ""
        return f"{words}. Of the waiting at most {share} is the load's own doing{care}."


NEVER = "never"
SAID = {
    SERVED: "{} had all answers",
    WAITING: "{} had some answers, and then waited in vain",
    NEVER: "{} never had an answer",
    CONNECTING: "{} never got in, since the backlog was full",
    REFUSED: "{} found nobody listening",
    CLOSED: "{} saw the server end the connection before all answers had come",
    BROKEN: "{} had the connection broken off",
    WRONG: "{} got a wrong answer",
}
"""What is said of so many clients, the best first."""


def _kind(fate: Fate) -> str:
    return NEVER if fate.end == WAITING and not fate.waits else fate.end


def _named(fates: Sequence[Fate]) -> str:
    """Client 1; clients 1 to 3."""
    if len(fates) == 1:
        return f"Client {fates[0].number}"
    if len(fates) == 2:
        return f"Clients {listed([str(fate.number) for fate in fates])}"
    return f"Clients {fates[0].number} to {fates[-1].number}"
