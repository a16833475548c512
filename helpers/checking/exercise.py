"""What an exercise is: a function to write, hints, a solution with its reasons, and the scenarios in which the function has to hold.

Who may import it: what plays, shows or tells of one, and the exercises, which make one each and add its scenarios.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from helpers.checking.judge import Judge

ASYNC = "async def "


@dataclasses.dataclass(frozen=True)
class Scenario:
    """Something that a network does, and the function has to stand."""

    title: str
    """What happens, in words that the lesson has taught: "five bytes, in two pieces"."""
    stage: int
    """1: what the task says. 2: what networks do every day. 3: what they do at their worst."""
    play: Callable[[Judge], None]
    extra: str = ""
    """What it tries, by name, where the task leaves that to the learner: only here may it raise `NotThere`. "": the task asks for it."""


def _nothing(judge: Judge) -> None:
    """Nobody talks: it has been seen before."""


LEFT_BEHIND = Scenario("what it leaves behind: nothing open, and the socket as it was found", 4, _nothing)
"""Of every call in the scenarios before. Last, since whoever leaves something behind may have made a mistake that matters more."""


@dataclasses.dataclass
class Exercise:
    """A function for the learner to write."""

    lesson: int
    signature: str
    """As its stub has it, such as "receive_exactly(conn, n)"; with "async def " in front, if it is one."""
    brief: str
    """What it has to do, in two or three sentences."""
    hints: tuple[str, str, str]
    """From a nudge to nearly there."""
    solution: str
    """Python source."""
    reasons: str
    """Why it is written so."""
    shows: str | None = None
    """The title of the scenario in which the solution is played when it is shown; None: it stands there without a picture."""
    serves: bool = False
    """Whether it runs for ever: each scenario has a process of its own then."""
    again: bool = False
    """Whether an earlier lesson has an exercise of that name: this one is meant only where its lesson is said."""
    tidies: bool = False
    """Whether it is to leave nothing behind; LEFT_BEHIND is its last scenario then."""
    sick: str = ""
    """Where it is to be mended, and not to be written: Python source that has the illness, complete, as the lesson's cell has it. `solution` is the smallest mend that is known then."""
    scenarios: list[Scenario] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        if self.tidies:
            self.scenarios.append(LEFT_BEHIND)

    @property
    def name(self) -> str:
        return self.signature.removeprefix(ASYNC).partition("(")[0]

    @property
    def is_async(self) -> bool:
        """Whether an `async def` is asked for."""
        return self.signature.startswith(ASYNC)

    @property
    def key(self) -> str:
        """What no other exercise is called: its name, and its lesson where an earlier one has it too."""
        return f"{self.name} (lesson {self.lesson})" if self.again else self.name

    @property
    def arguments(self) -> str:
        """What is to be said to `check` and the others beside its name."""
        return f", lesson={self.lesson}" if self.again else ""

    def scenario(
        self, stage: int, title: str, extra: str = ""
    ) -> Callable[[Callable[[Judge], None]], Callable[[Judge], None]]:
        """Add the decorated function as a scenario; they are played in the order of their stages. `extra`: as `Scenario` has it."""

        def add(play: Callable[[Judge], None]) -> Callable[[Judge], None]:
            self._take(Scenario(title, stage, play, extra))
            return play

        return add

    def borrow(self, scenarios: Iterable[Scenario]) -> None:
        """Add scenarios of another exercise, whose function is called in the same way."""
        for each in scenarios:
            if each is not LEFT_BEHIND:
                self._take(each)

    def _take(self, scenario: Scenario) -> None:
        self.scenarios.append(scenario)
        self.scenarios.sort(key=lambda each: each.stage)
