"""How one function did, as it goes from the sandbox to whoever grades: a line of JSON, read there as what a stranger may have written.

Comes in: a report, or what kept the judge from one. Goes out: a `Verdict`; its line; and the verdict that a line is, every field looked at for its type and its bounds. Who may import it: the rest of grading, the command, and `class_page`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from helpers.checking.exercise import Exercise
from helpers.checking.misconceptions import MISCONCEPTIONS
from helpers.checking.report import Report, Result
from helpers.pictures.drawing import Picture
from helpers.recording.fields import Damaged, Told, listing, object_in, seconds_or_none, text, truth, whole

HOLDS, FELL, NOT_STARTED = "holds", "fell", "not started"
MISSING, NO_PYTHON, UNREADABLE, NO_VERDICT = "missing", "no Python", "unreadable", "no verdict"
STATES = (HOLDS, FELL, NOT_STARTED, MISSING, NO_PYTHON, UNREADABLE, NO_VERDICT)
SENTENCE = 4_000
"""Characters of what is said of a function, or was printed by it."""
DRAWING = 2 << 20
"""Characters of a picture; a larger one is left out."""
MANY = 200
"""Scenarios, calls, flags."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """How a function did."""

    exercise: str
    """Its key."""
    state: str
    """One of STATES."""
    sentence: str = ""
    """Why, where it does not hold."""
    held: int = 0
    of: int = 0
    """How many scenarios it held in, of how many."""
    scenario: str = ""
    """In which it fell."""
    misconception: int | None = None
    flags: tuple[str, ...] = ()
    """What somebody should look at. They change no verdict."""
    likeness: str = ""
    """The same for functions that are alike."""
    seconds: float = 0.0
    report: Report | None = None
    """What the judge said; None where it was not asked."""
    picture: Picture | None = None
    """The conversation that broke it."""
    handed_in: bool = True
    """Whether there was something to judge."""


def of_report(exercise: Exercise, report: Report, flags: Sequence[str], likeness: str, seconds: float) -> Verdict:
    """The verdict that a report is. What was recorded goes no further than into the picture."""
    bare = dataclasses.replace(report, results=[dataclasses.replace(each, recording=None) for each in report.results])
    fell = report.fallen
    return Verdict(
        exercise.key,
        HOLDS if report.passed else FELL if report.started else NOT_STARTED,
        fell.sentence if fell else "",
        report.held,
        report.scenarios,
        fell.scenario if fell else "",
        fell.misconception if fell else None,
        tuple(flags),
        likeness,
        seconds,
        bare,
        report.picture(),
    )


def told(verdict: Verdict) -> Told:
    """Its fields, for a line."""
    fields = {name: getattr(verdict, name) for name in _PLAIN}
    fields["sentence"] = verdict.sentence[:SENTENCE]
    report, picture = verdict.report, verdict.picture
    if report is not None:
        fields["report"] = {
            "results": [_result_told(each) for each in report.results[:MANY]],
            "seed": report.seed,
            "output": report.output[-SENTENCE:],
            "cut": report.cut,
            "variables": [each[:SENTENCE] for each in report.variables[:MANY]],
        }
    if picture is not None and isinstance(picture.image, str) and len(picture.image) <= DRAWING:
        fields["picture"] = [picture.image, picture.alt[:DRAWING], picture.text[:DRAWING]]
    return fields


_PLAIN = ("exercise", "state", "held", "scenario", "misconception", "flags", "likeness", "seconds")


def _result_told(result: Result) -> list[Any]:
    calls = [each[:SENTENCE] for each in result.calls[:MANY]]
    return [result.scenario, result.held, result.sentence[:SENTENCE], result.misconception, result.thread_error[:SENTENCE], calls, result.number, result.again, result.extra, result.not_there]  # fmt: skip


def read(fields: Told, exercise: Exercise) -> Verdict:
    """The verdict on `exercise` that these fields are. ValueError or LookupError if they are none."""
    state = text(fields["state"])
    if text(fields["exercise"]) != exercise.key or state not in STATES:
        raise Damaged("a verdict on something else")
    report = _report(fields["report"], exercise, state) if fields.get("report") is not None else None
    verdict = Verdict(
        exercise.key,
        state,
        text(fields["sentence"], SENTENCE),
        whole(fields["held"]),
        len(exercise.scenarios),
        text(fields["scenario"], SENTENCE),
        _misconception(fields["misconception"]),
        tuple(text(each) for each in listing(fields["flags"])[:MANY]),
        text(fields["likeness"]),
        seconds_or_none(fields["seconds"]) or 0.0,
        report,
        _picture(fields.get("picture")),
    )
    if not 0 <= verdict.held <= verdict.of or (state == HOLDS) != (report is not None and report.passed):
        raise Damaged("a verdict that contradicts itself")
    return verdict


def _report(told: object, exercise: Exercise, state: str) -> Report:
    if not isinstance(told, dict):
        raise Damaged("no report")
    return Report(
        exercise.name,
        state != NOT_STARTED,
        [_result(each) for each in listing(told["results"])[:MANY]],
        len(exercise.scenarios),
        whole(told["seed"]),
        text(told["output"], SENTENCE),
        whole(told["cut"]),
        tuple(text(each, SENTENCE) for each in listing(told["variables"])[:MANY]),
        arguments=exercise.arguments,
    )


def _result(told: object) -> Result:
    scenario, held, sentence, misconception, thread_error, calls, number, again, extra, not_there = listing(told, 10)
    return Result(
        text(scenario, SENTENCE),
        truth(held),
        text(sentence, SENTENCE),
        _misconception(misconception),
        None,
        text(thread_error, SENTENCE),
        tuple(text(each, SENTENCE) for each in listing(calls)[:MANY]),
        whole(number),
        whole(again),
        text(extra),
        truth(not_there),
    )


def _misconception(told: object) -> int | None:
    if told is None:
        return None
    if (number := whole(told)) not in MISCONCEPTIONS:
        raise Damaged("no such misconception")
    return number


def _picture(told: object) -> Picture | None:
    if told is None:
        return None
    image, alt, words = (text(each, DRAWING) for each in listing(told, 3))
    picture = Picture(image, alt, words)
    picture.as_html()  # ValueError, where its size is none
    return picture


def read_line(line: bytes) -> Told:
    """The fields of a line; none if it is not one."""
    try:
        return object_in(line)
    except (ValueError, RecursionError, MemoryError):
        return {}
