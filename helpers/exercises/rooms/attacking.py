"""All scenes of the room, and how an exercise gets them.

Comes in: an exercise, and how its server is started. Goes out: its scenarios. Who may import it: the face of this folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.exercises.rooms import crowds, scenes
from helpers.exercises.rooms.room import Room, Scene

SCENES: list[Scene[Room]] = [*scenes.SCENES, *crowds.SCENES]
"""In the order of their stages, as an exercise sorts them."""


Place = TypeVar("Place", bound=Room)
Opened = TypeVar("Opened", bound=Room, covariant=True)


class Open(Protocol[Opened]):
    """What starts a server: a room in which nobody is yet."""

    def __call__(
        self, judge: Judge, *, sparing: bool = False, stuttering: bool = False, small: bool = False
    ) -> Opened: ...


def attack(exercise: Exercise, open_room: Open[Place], chosen: Iterable[Scene[Place]]) -> None:
    """Make scenarios of the scenes."""
    for scene in chosen:
        exercise.scenario(scene.stage, scene.title)(_scenario(scene, open_room))


def _scenario(scene: Scene[Place], open_room: Open[Place]) -> Callable[[Judge], None]:
    return lambda judge: scene.play(open_room(judge, **scene.how))
