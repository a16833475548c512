"""Plays the scenarios of an exercise, one after another, until one falls.

Comes in: an exercise and a function. Goes out: a `Report`. Who may import it: the exercises' front, `check`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from helpers.checking.exercise import Exercise, Scenario
from helpers.checking.judge import Judge
from helpers.checking.limits import PRINTED
from helpers.checking.process import Process
from helpers.checking.report import Report, Result
from helpers.checking.subject import packed, variables_of
from helpers.checking.taped import entries_of
from helpers.checking.verdicts import Fell, NotStarted
from helpers.recording.recorder import Recording
from helpers.running.install import install

Show = Callable[[list[Result], Scenario], None]
TRIES = 3
"""Times that a scenario is played, where strangers meddle."""


def play(exercise: Exercise, function: Any, seed: int, show: Show, only: int | None = None) -> Report:
    """Try `function` in the scenarios of `exercise`, or in the one of that number. `show` is told of each, as it begins, with the results so far."""
    results: list[Result] = []
    scenarios = exercise.scenarios if only is None else [exercise.scenarios[only - 1]]

    def report(started: bool = True) -> Report:
        return Report(
            exercise.name, started, results, len(exercise.scenarios), seed, stage.output, stage.cut, tuple(variables_of(function)), only
        )  # fmt: skip

    install()
    stage = _Stage(exercise.name, b"")
    try:
        stage.payload = packed(function)
        for scenario in scenarios:
            show(results, scenario)
            results.append(stage.play(scenario, seed))
            if not results[-1].held:
                break
            if stage.left_hidden(last=exercise.serves or scenario is scenarios[-1]):
                results[-1] = Result(
                    scenario.title, False, "It started another process, and left it behind, where nobody ends it."
                )
                break
            if exercise.serves:
                stage.clear()
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
        """What the function printed in the scenario, the end of it."""
        self.cut = 0
        """Bytes that it had printed before."""
        self._name = name
        self._process: Process | None = None

    def play(self, scenario: Scenario, seed: int) -> Result:
        """How the function does in it. Played anew where it fell, and somebody else had meddled."""
        for _ in range(TRIES):
            result, meddled = self._play_once(scenario, seed)
            if result.held or not meddled:
                break
            self.clear()
        return result

    def _play_once(self, scenario: Scenario, seed: int) -> tuple[Result, bool]:
        """How it did, and whether a stranger had called it."""
        self._process = self._process or Process(self.payload)
        # A random input of its own for each scenario: one that is added changes none of the others.
        judge = Judge(self._process, self._name, random.Random(f"{seed} {scenario.title}"))
        meddled = False
        fell: Fell | None = None
        try:
            scenario.play(judge)
            self._look_at_what_is_left(judge)
        except Fell as error:
            fell = error
            meddled = judge.had_strangers()
            self._keep_output()  # before its peers are closed, of which it may complain
        finally:
            judge.close()
        if fell is None:
            return Result(scenario.title, True), meddled
        return Result(scenario.title, False, fell.sentence, fell.misconception, _both_sides(judge)), meddled

    def _keep_output(self) -> None:
        assert self._process is not None
        self._process.read_on()
        self.output, self.cut = self._process.output, self._process.printed - self._process.kept

    def clear(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _look_at_what_is_left(self, judge: Judge) -> None:
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
