"""Plays the scenarios of an exercise, one after another, until one falls.

Comes in: an exercise and a function. Goes out: a `Report`. Who may import it: the exercises' front, `check`, and demonstration.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from helpers.checking.callables import innermost
from helpers.checking.coroutines import misfit, misused_loop
from helpers.checking.excerpt import excerpt
from helpers.checking.exercise import LEFT_BEHIND, Exercise, Scenario
from helpers.checking.judge import Judge
from helpers.checking.leftovers import look_at
from helpers.checking.limits import KEPT
from helpers.checking.process import Process
from helpers.checking.report import Report, Result
from helpers.checking.source import Source
from helpers.checking.subject import packed, variables_of
from helpers.checking.taped import entries_of
from helpers.checking.verdicts import Fell, NotStarted, NotThere
from helpers.recording.events import Recorded
from helpers.running.install import install

Show = Callable[[list[Result], Scenario], None]
SEES_THE_END = 0.2
"""Seconds of wall-clock time, at most, that a server has to see that its clients have gone, before it is ended."""
TRIES = 3
"""Times that a scenario is played, where strangers meddle, or the machine was too busy for it."""


def play(
    exercise: Exercise, function: Any, seed: int, show: Show, only: int | None = None, keeps: bool = False
) -> Report:
    """Try `function` in the scenarios of `exercise`, or in the one of that number. `show` is told of each, as it begins, with the results so far.

    `keeps`: the conversation is recorded where it held, too, not only where it fell.
    """
    results: list[Result] = []
    scenarios = _chosen(exercise, only)

    def report(started: bool = True) -> Report:
        return Report(
            exercise.name, started, results, len(exercise.scenarios), seed, stage.output, stage.cut, tuple(variables_of(function)), only, exercise.arguments
        )  # fmt: skip

    install()
    stage = _Stage(exercise, _is_async(function), keeps)
    try:
        stage.payload = packed(function)
        for scenario in scenarios:
            show(results, scenario)
            number = exercise.scenarios.index(scenario) + 1
            results.append(stage.play(scenario, number, seed))
            if results[-1].fell:
                break
            if stage.left_hidden(last=exercise.serves or scenario is scenarios[-1]):
                results[-1] = dataclasses.replace(
                    results[-1],
                    held=False,
                    not_there=False,
                    sentence="It started another process, and left it behind, where nobody ends it.",
                )
                break
            if exercise.serves:
                stage.stop_server()
    except NotStarted:
        return report(started=False)
    except Fell as fell:
        results.append(
            Result(
                "the function on its way to a process of its own",
                False,
                fell.sentence,
                fell.misconception,
                number=1,
                again=only or 1,
            )
        )
    finally:
        stage.clear()
    return report()


def _is_async(function: Any) -> bool:
    """Whether it is an `async def`."""
    if isinstance(function, Source):
        return function.is_async
    return inspect.iscoroutinefunction(innermost(function) or function)


def _chosen(exercise: Exercise, only: int | None) -> list[Scenario]:
    """The scenarios to be played: all, or the one of that number; and what it leaves behind is looked at as always."""
    if only is None or exercise.scenarios[only - 1] is LEFT_BEHIND:
        return exercise.scenarios
    return [each for each in exercise.scenarios if each is exercise.scenarios[only - 1] or each is LEFT_BEHIND]


class _Stage:
    """Where scenarios are played: a process with the function, for as many of them as it survives."""

    def __init__(self, exercise: Exercise, is_async: bool, keeps: bool) -> None:
        """`is_async`: whether the function is an `async def`. `keeps`: whether the conversation is kept where it held."""
        self.payload = b""
        self.output = ""
        """What the function printed in the scenario, the end of it."""
        self.cut = 0
        """Bytes that it had printed before."""
        self._printed_before = 0
        self._name = exercise.name
        self._wants_async = exercise.is_async
        self._is_async = is_async
        self._keeps = keeps
        self._process: Process | None = None
        self._judge: Judge | None = None  # of the scenario before
        self._missing = ""  # what an extra of the scenario would be, where it is not there
        self._is_stopped = sys.platform != "win32"  # by Ctrl-C, as far as is known
        self._left: Result | None = None  # what it has left behind so far

    def play(self, scenario: Scenario, number: int, seed: int) -> Result:
        """How the function does in it. Played anew where it fell, and something had disturbed it."""
        if scenario is LEFT_BEHIND:
            return dataclasses.replace(self._left or Result("", True), scenario=scenario.title, number=number)
        for _ in range(TRIES):
            result, disturbed = self._play_once(scenario, seed)
            if not result.fell or not disturbed:
                break
            self.clear()
        if self._left is not None:
            self._left = dataclasses.replace(self._left, again=self._left.again or number)
        return dataclasses.replace(result, number=number, again=number, extra=scenario.extra)

    def _play_once(self, scenario: Scenario, seed: int) -> tuple[Result, bool]:
        """How it did, and whether that may be nobody's fault: the scenario was disturbed."""
        self._process = self._process or Process(self.payload)
        # A random input of its own for each scenario: one that is added changes none of the others.
        judge = Judge(self._process, self._name, random.Random(f"{seed} {scenario.title}"))
        disturbed = False
        self._printed_before = self._process.printed
        try:
            fell = self._how_it_fell(scenario, judge)
            if fell is not None:
                disturbed = judge.was_disturbed()
                self._keep_output()  # before its peers are closed, of which it may complain
            elif self._keeps:
                self._hear_the_rest(judge)
        finally:
            judge.close()
            self._judge = judge
        if fell is not None:
            return _fallen(scenario, fell, judge), disturbed
        self._left = self._left or _left_behind(scenario, judge)
        recording = _both_sides(judge) if self._keeps else None
        missing = self._missing
        return Result(scenario.title, not missing, missing, recording=recording, not_there=bool(missing)), disturbed

    def _how_it_fell(self, scenario: Scenario, judge: Judge) -> Fell | None:
        """None if it held."""
        try:
            self._missing = _missing(scenario, judge)
            judge.look_at_what_runs()
        except Fell as fell:
            return self._look_at_loops(judge, fell)
        except NotStarted:
            if self._judge is None:
                raise
            return Fell(
                "It raised NotImplementedError, which says of itself that it is not written yet. Here another error was asked for, or none."
            )  # the scenario before has held: it is no stub
        return self._look_at_loops(judge)

    def _hear_the_rest(self, judge: Judge) -> None:
        """What it has done so far, where it runs on; a server has seen first that its clients have gone."""
        self._let_it_rest()
        for call in judge.calls:
            if not call.over:
                call.ask_state()

    def _keep_output(self) -> None:
        assert self._process is not None
        self._process.read_on()
        printed = self._process.printed - self._printed_before
        self.output = self._process.output(printed)
        self.cut = max(printed - KEPT, 0)

    def stop_server(self) -> None:
        """A server runs for ever. Where Ctrl-C ends it, and nothing of it runs on, its process, which took a while to start, plays the next scenario too."""
        if not (self._is_stopped and self._stops()):
            self._is_stopped = False
            self.clear()

    def _stops(self) -> bool:
        assert self._process is not None and self._judge is not None
        self._let_it_rest()
        try:
            ended = all(call.over or self._judge.interrupt(call) for call in self._judge.calls)
            return ended and not self._process.left_threads()
        except Fell:
            return False

    def _let_it_rest(self) -> None:
        """Its clients have gone just now: let it see that first. Who is interrupted in the middle of closing a connection may wait for it for ever (asyncio, from Python 3.12 on)."""
        assert self._process is not None
        until = time.monotonic() + SEES_THE_END
        while time.monotonic() < until and not self._process.rests():
            time.sleep(0.001)

    def clear(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _look_at_loops(self, judge: Judge, fell: Fell | None = None) -> Fell | None:
        """What is wrong with it as an `async def`, before anything else; `fell`: why it fell, if it did."""
        for call in judge.calls:
            if fell is not None and (found := misfit(call, self._is_async, self._wants_async, self._name)):
                return found
            if found := misused_loop(call, judge.name_at, functools.partial(judge.is_stuck, call), fell):
                return found
        return fell

    def left_hidden(self, last: bool) -> bool:
        """Whether its process, in its `last` scenario, has left another one that hides."""
        return last and self._process is not None and bool(self._process.hidden())


def _missing(scenario: Scenario, judge: Judge) -> str:
    """Play it. What an extra would be that is not there; "" otherwise."""
    try:
        scenario.play(judge)
    except NotThere as missing:
        if not scenario.extra:
            raise
        return missing.sentence
    return ""


def _fallen(scenario: Scenario, fell: Fell, judge: Judge) -> Result:
    thread_error = next((call.doing.thread_error for call in judge.calls if call.doing.thread_error), "")
    recording = _both_sides(judge)
    if recording is not None and fell.about:
        recording = excerpt(recording, fell.about)
    return Result(scenario.title, False, fell.sentence, fell.misconception, recording, thread_error, fell.calls)


def _left_behind(scenario: Scenario, judge: Judge) -> Result | None:
    """What its calls have left behind, if they have."""
    try:
        for call in judge.calls:
            look_at(call)
    except Fell as fell:
        return _fallen(scenario, fell, judge)
    return None


def _both_sides(judge: Judge) -> Recorded | None:
    """What the peers and the function said to each other; None where what its process says of its sockets makes no story."""
    for call in judge.calls:
        if call.state is not None:
            judge.recording.add(*entries_of(call.state, judge.name))
    for state in judge.opponents:
        judge.recording.add(*entries_of(state, "server"))
    try:
        judge.recording.events  # noqa: B018  # they are worked out here, and kept
    except Exception:  # a process that lies may say that one client was accepted twice, each part being of its type
        return None
    return judge.recording
