"""All scenes of the room, and how an exercise gets them.

Comes in: an exercise, and how its server is started. Goes out: its scenarios. Who may import it: the face of this folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.exercises.rooms import crowds, scenes
from helpers.exercises.rooms.room import Room, Scene

SCENES: list[Scene] = [*scenes.SCENES, *crowds.SCENES]
"""In the order of their stages, as an exercise sorts them."""


class Open(Protocol):
    """What starts a server: a room in which nobody is yet."""

    def __call__(
        self, judge: Judge, *, sparing: bool = False, stuttering: bool = False, small: bool = False
    ) -> Room: ...


def attack(exercise: Exercise, open_room: Open, chosen: Iterable[Scene] = SCENES) -> None:
    """Make scenarios of the scenes."""
    for scene in chosen:
        exercise.scenario(scene.stage, scene.title)(_scenario(scene, open_room))


def _scenario(scene: Scene, open_room: Open) -> Callable[[Judge], None]:
    return lambda judge: scene.play(open_room(judge, **scene.how))
