"""The same page with nobody in it, for the projector: what could name somebody is taken out of the values, before anything is written.

Comes in: a `ClassPage`. Goes out: another. Who may import it: page.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

from helpers.class_page.marks import ClassPage, Mark, Stuck
from helpers.grading.verdict import FELL, HOLDS, NO_VERDICT, NOT_STARTED

FEW = 3
"""Learners: what fewer have done is not told, since it may be known who they are."""


def without_names(page: ClassPage) -> ClassPage:
    """Learners are numbers. Nothing that they wrote is left, no flag, no mistake of a few, and no exercise that only a few have tried."""
    numbers = {name: f"{at}" for at, name in enumerate(dict.fromkeys(mark.name for mark in page.marks))}
    tried = Counter(mark.exercise for mark in page.marks if mark.state in (HOLDS, FELL))
    titles = {each.key: each.scenarios for each in page.exercises if tried[each.key] >= FEW}
    met = Counter(
        number for _, number in {(mark.name, mark.misconception) for mark in page.marks if mark.exercise in titles}
    )
    common = {number for number, count in met.items() if count >= FEW}
    return dataclasses.replace(
        page,
        exercises=[each for each in page.exercises if each.key in titles],
        marks=[_bare(mark, numbers[mark.name], common, titles.get(mark.exercise, ())) for mark in page.marks],
        stuck=_together(page),
        left_out=len(titles) < len(page.exercises),
    )


def _bare(mark: Mark, number: str, common: set[int | None], titles: tuple[str, ...]) -> Mark:
    """Of why somebody gave in nothing that could be judged, nothing is told."""
    return Mark(
        number,
        mark.exercise,
        mark.state if mark.state in (HOLDS, FELL, NOT_STARTED) else NO_VERDICT,
        mark.held,
        mark.of,
        mark.misconception if titles and mark.misconception in common else None,
        mark.scenario if mark.scenario in titles else "",
        handed_in=mark.handed_in,
    )


def _together(page: ClassPage) -> list[Stuck]:
    """Where several are stuck at the same place. How long, and how often each has tried, is theirs."""
    titles = {(each.key, title) for each in page.exercises for title in each.scenarios}
    where = Counter((each.exercise, each.scenario) for each in page.stuck)
    return [
        Stuck(f"{at}", exercise, scenario, 0, 0)
        for (exercise, scenario), count in where.items()
        if count >= FEW and (exercise, scenario) in titles
        for at in range(count)
    ]
