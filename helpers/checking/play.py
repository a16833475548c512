"""Plays the scenarios of an exercise, one after another, until one falls.

Comes in: an exercise and a function. Goes out: a `Report`. Who may import it: the exercises' front, `check`.
"""

from __future__ import annotations

import dataclasses
import random
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

from helpers.checking.exercise import LEFT_BEHIND, Exercise, Scenario
from helpers.checking.judge import Judge
from helpers.checking.leftovers import look_at
from helpers.checking.limits import PRINTED
from helpers.checking.process import Process
from helpers.checking.report import Report, Result
from helpers.checking.taped import entries_of
from helpers.checking.verdicts import Fell, NotStarted
from helpers.recording.recorder import Recording
from helpers.running.install import install

Show = Callable[[list[Result], Scenario], None]


def play(exercise: Exercise, function: Any, seed: int, show: Show) -> Report:
    """Try `function` in the scenarios of `exercise`. `show` is told of each, as it begins, with the results so far."""
    results: list[Result] = []

    def report(started: bool = True) -> Report:
        return Report(exercise.name, started, results, len(exercise.scenarios), seed, stage.output)

    install()
    stage = _Stage(exercise.name, b"")
    try:
        stage.payload = _packed(function)
        for scenario in exercise.scenarios:
            show(results, scenario)
            # A random input of its own for each scenario: one that is added changes none of the others.
            results.append(stage.play(scenario, random.Random(f"{seed} {scenario.title}")))
            if not results[-1].held:
                break
            if stage.left_hidden(last=exercise.serves or scenario is exercise.scenarios[-1]):
                results[-1] = Result(
                    scenario.title, False, "It started another process, and left it behind, where nobody ends it."
                )
                break
            if exercise.serves:
                stage.stop_server()
    except NotStarted:
        return report(started=False)
    except Fell as fell:
        results.append(
            Result("the function on its way to a process of its own", False, fell.sentence, fell.misconception)
        )
    finally:
        stage.clear()
    return report()


class _Stage:
    """Where scenarios are played: a process with the function, for as many of them as it survives."""

    def __init__(self, name: str, payload: bytes) -> None:
        self.payload = payload
        self.output = ""
        self._name = name
        self._process: Process | None = None
        self._judge: Judge | None = None  # of the scenario before
        self._is_stopped = sys.platform != "win32"  # by Ctrl-C, as far as is known
        self._left: Result | None = None  # what it has left behind so far

    def play(self, scenario: Scenario, chance: random.Random) -> Result:
        if scenario is LEFT_BEHIND:
            return dataclasses.replace(self._left or Result("", True), scenario=scenario.title)
        self._process = self._process or Process(self.payload)
        judge = Judge(self._process, self._name, chance)
        fell: Fell | None = None
        try:
            scenario.play(judge)
            self._look_at_what_runs(judge)
        except Fell as error:
            fell = error
        finally:
            judge.close()
            self._judge = judge
            self.output = self._process.output
        if fell is not None:
            return _fallen(scenario, fell, judge)
        self._left = self._left or _left_behind(scenario, judge)
        return Result(scenario.title, True)

    def stop_server(self) -> None:
        """A server runs for ever. Where Ctrl-C ends it, and nothing of it runs on, its process, which took a while to start, plays the next scenario too."""
        if not (self._is_stopped and self._stops()):
            self._is_stopped = False
            self.clear()

    def _stops(self) -> bool:
        assert self._process is not None and self._judge is not None
        try:
            ended = all(call.over or self._judge.interrupt(call) for call in self._judge.calls)
            return ended and not self._process.left_threads()
        except Fell:
            return False

    def clear(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _look_at_what_runs(self, judge: Judge) -> None:
        process = self._process
        assert process is not None
        if process.offspring():
            raise Fell("It started another process, and left it behind.")
        if process.strayed:
            raise Fell("It wrote into file descriptors that are not its own.")
        if process.printed > PRINTED:
            raise Fell(f"It printed more than {PRINTED:,} bytes.")
        if any(call.threads for call in judge.calls) and process.left_threads():
            raise Fell(
                "It came back and left a thread that runs on: its program would never end. join() waits for a thread."
            )

    def left_hidden(self, last: bool) -> bool:
        """Whether its process, in its `last` scenario, has left another one that hides."""
        return last and self._process is not None and bool(self._process.hidden())


def _fallen(scenario: Scenario, fell: Fell, judge: Judge) -> Result:
    return Result(scenario.title, False, fell.sentence, fell.misconception, _both_sides(judge))


def _left_behind(scenario: Scenario, judge: Judge) -> Result | None:
    """What its calls have left behind, if they have."""
    try:
        for call in judge.calls:
            look_at(call)
    except Fell as fell:
        return _fallen(scenario, fell, judge)
    return None


def _both_sides(judge: Judge) -> Recording | None:
    """What the peers and the function said to each other; None where what its process says of its sockets makes no story."""
    for call in judge.calls:
        if call.state is not None:
            judge.recording.add(*entries_of(call.state, judge.name))
    try:
        judge.recording.events  # noqa: B018  # they are worked out here, and kept
    except (
        Exception
    ):  # each part is of its type, but a process that lies may still say that one client was accepted twice
        return None
    return judge.recording


def _packed(function: Any) -> bytes:
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(function))
    except Exception as error:
        what = re.search(r"'([\w.]+)' object", str(error))
        thing = f"an object of type {what[1]}" if what else "something"
        raise Fell(
            f"It uses {thing} of the notebook that cannot go along into a process of its own: use what the function is given, not a variable from outside. "
            f"({traceback.format_exception_only(error)[-1].strip()[:200]})"
        ) from None
