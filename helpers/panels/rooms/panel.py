"""The panel of a room: who does not read, how many members, lines and places in a queue there are, on sliders, and what becomes of it in several designs.

Comes in: names of designs, from a cell; what is done to the sliders. Goes out: for each setting what real rooms did with it, in a picture and in words. The face of
the panels names `room` and `RoomPanel`.
"""

from __future__ import annotations

import pathlib
import reprlib
from collections.abc import Sequence
from typing import Any

from helpers.notebook import boxes
from helpers.panels.panel import Panel, part_of, stored
from helpers.panels.rooms.designs import DESIGNS, Design
from helpers.panels.rooms.diagram import draw
from helpers.panels.rooms.trial import NAMES, Outcome, Setting, run
from helpers.panels.rooms.wording import settings, verdict
from helpers.pictures.drawing import Picture
from helpers.words import listed, many, visible

USUAL = "lock", "queues", "buffers"
"""The designs that are tried where a cell names none."""
RANGES = {"members": range(2, len(NAMES) + 1), "lines": range(1, 21), "queue": range(2, 11)}
"""What can be set. In a queue for one line, what is said and the news of who left would have no room together."""
NOBODY = "nobody"

SLIDERS = {
    "members": ("members", "those who are in the room"),
    "slow": ("who does not read", "stops reading after the first line, and says nothing"),
    "lines": ("lines said", "by all the others, in turns"),
    "queue": ("size of the queue", "lines that may wait in the server for one member"),
}
"""Of each the name, and what it does."""


def room(*designs: str, members: int = 4, lines: int = 6, queue: int = 5, slow: str = "bob") -> RoomPanel:
    """A panel to play with a room in which somebody does not read: who waits for whom, and who has heard what, in several designs.

    `designs`: "lock" (a thread for each client, one lock), "queues" (besides, a queue and a writer for each), "loop" (one thread, `sendall` in
    the loop), "buffers" (one thread, a buffer for each); unless told the first two and the last. Each setting is tried with real connections. The others are what
    the sliders begin with; slow="" is nobody. As the last line of a cell the panel is shown. ValueError for what no slider has.

    >>> helpers.panels.room("lock", "queues")
    """
    for name in designs:
        if name not in DESIGNS:
            raise ValueError(f"There is no design {visible(reprlib.repr(name))}. There is: {', '.join(DESIGNS)}.")
    setting = Setting(members, lines, queue, slow)
    _check(setting)
    panel = RoomPanel([DESIGNS[name] for name in dict.fromkeys(designs or USUAL)], setting)
    panel.run()
    return panel


def _check(setting: Setting) -> None:
    for name, values in RANGES.items():
        value = getattr(setting, name)
        if type(value) is not int or value not in values:
            raise ValueError(
                f"{name} is a number from {values[0]} to {values[-1]}. This is {visible(reprlib.repr(value))}."
            )
    names = NAMES[: setting.members]
    if setting.slow not in ("", *names):
        raise ValueError(
            f"slow is one of the members, {listed(names)}, or empty. This is {visible(reprlib.repr(setting.slow))}."
        )


class RoomPanel(Panel):
    """Made by `room`."""

    label = "panel of the room"
    script = pathlib.Path(__file__).with_name("room")

    def __init__(self, designs: Sequence[type[Design]], setting: Setting) -> None:
        super().__init__()
        self._designs = designs
        self._setting = setting
        self._outcomes: list[Outcome] = []
        self._picture: Picture | None = None
        self._error = ""

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each design."""
        return self._outcomes

    @property
    def error(self) -> str:
        """Why it could not be tried, in a sentence; empty if it could."""
        return self._error

    def run(self) -> None:
        """Try all designs, with what the sliders say."""
        with self._lock:
            if self.closed:
                return
            self._outcomes, self._picture, self._error = [], None, ""
            try:
                self._outcomes = [run(design, self._setting) for design in self._designs]
                self._picture = draw(self._outcomes)
            except (OSError, RuntimeError) as error:  # no descriptors left, no threads, no time
                self._error = visible(f"The room could not be tried: {error}. Run it again.")
        self._changed()

    def move(self, slider: str, place: int) -> None:
        """Set a slider to that place, from 0, and try the designs again. LookupError if there is none."""
        texts = self._texts(slider)
        if not 0 <= place < len(texts):
            raise LookupError(f"The slider of {slider} has the places 0 to {len(texts) - 1}; not {place}.")
        value: Any = RANGES[slider][place] if slider in RANGES else ("", *NAMES)[place]
        setting = self._setting._replace(**{slider: value})
        if setting.slow not in NAMES[: setting.members]:
            setting = setting._replace(slow="")  # is no longer there
        self._setting = setting
        self.run()

    # What there is to see

    def describe(self) -> str:
        """The panel in plain text."""
        lines = [self.label, *(f"- {line}" for line in settings(self._setting))]
        lines += ["", "closed; run the cell again for a new panel"] if self.closed else []
        lines += ["", self._error] if self._error else []
        lines += ["", self._picture.describe()] if self._picture is not None else []
        return "\n".join(lines)

    def as_html(self) -> str:
        """The panel as it is now, for a page without a kernel."""
        set_to = "".join(f"<li>{boxes.safe(line)}</li>" for line in settings(self._setting))
        verdicts = "".join(
            f'<p style="margin: 5px 8px"><strong>{boxes.safe(outcome.design.title)}.</strong> {boxes.safe(verdict(outcome))}</p>'
            for outcome in self._outcomes
        )
        return boxes.frame(
            self.label,
            boxes.title("A room", mono=False),
            f'<ul style="margin: 5px 0">{set_to}</ul>',
            boxes.text("error", self._error, fell=True),
            verdicts,
            stored(self._picture),
        )

    def fixed(self) -> dict[str, Any]:
        return {"sliders": SLIDERS}

    def seen(self) -> dict[str, Any]:
        return {
            "controls": {"closed": self.closed, "sliders": {name: self._control(name) for name in SLIDERS}},
            "said": [{"title": outcome.design.title, "words": verdict(outcome)} for outcome in self._outcomes],
            "error": self._error,
            "picture": part_of(self._picture),
        }

    def __repr__(self) -> str:
        return f"<{self.label}: {'; '.join(settings(self._setting))}>"

    # What is done

    def _do(self, message: dict[str, Any]) -> None:
        match message:
            case {"do": "move", "slider": str(slider), "place": int(place)}:
                self.move(slider, place)
            case {"do": "run"}:
                self.run()
            case _:
                raise ValueError(message)

    def _texts(self, slider: str) -> list[str]:
        """What a slider says at each of its places."""
        if slider == "slow":
            return [NOBODY, *NAMES[: self._setting.members]]
        noun = "member" if slider == "members" else "line"
        return [many(value, noun) for value in RANGES[slider]]

    def _control(self, slider: str) -> dict[str, Any]:
        value = getattr(self._setting, slider)
        place = RANGES[slider].index(value) if slider in RANGES else ("", *NAMES).index(value)
        return {"place": place, "texts": self._texts(slider)}
