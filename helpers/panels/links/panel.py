"""The panel of a link: sliders to set its faults, and the size of `recv`, while a conversation runs, with the picture of that beneath.

Comes in: a link and a function that talks through it, from a cell; what is done to the sliders. Goes out: faults that are set on the link, and what the latest run
did. The face of the panels names `link` and `LinkPanel`.
"""

from __future__ import annotations

import inspect
import pathlib
import sys
import weakref
from collections.abc import Callable
from typing import Any

from helpers.link.link import Link
from helpers.notebook import boxes
from helpers.panels.links.runs import Runs
from helpers.panels.links.settings import DIRECTIONS, SCALES, SIZES, Settings, spoken
from helpers.panels.panel import Panel, part_of, stored
from helpers.words import many, visible

FIRST = 2.0
"""Seconds that making a panel waits for its first run: most are over in a moment, and stand in the cell's output from the beginning."""
SIZE = 1024
"""What a conversation is told to ask of each `recv` at first, in bytes, where it does not say so itself."""

_panels: weakref.WeakValueDictionary[int, LinkPanel] = weakref.WeakValueDictionary()


def link(link: Link, talk: Callable[..., object]) -> LinkPanel:
    """A panel to play with the faults of `link`, which runs, while `talk()` holds a conversation through it.

    `talk` is the client: it connects to `link.address`, sends, receives. It runs at once, again whenever a slider is moved, and on a button; what it
    prints and raises is shown in the panel. If it takes an argument, that is the number of bytes to ask of each `recv`, and there is a slider for it,
    which begins at the argument's default. As the last line of a cell the panel is shown. A second panel for the same link closes the first.

    >>> def talk(size=1024):
    ...     with socket.create_connection(link.address) as s:
    ...         s.sendall(b"hello")
    ...         s.recv(size)
    >>> helpers.panels.link(link, talk)
    """
    if not isinstance(link, Link):
        raise TypeError(f"A panel is made for a link: helpers.panels.link(link, talk). This is {visible(repr(link))}.")
    if not callable(talk):
        raise TypeError(
            f"talk is a function that the panel calls: write talk, not talk(). This is {visible(repr(talk))}."
        )
    size = _size_of(talk)
    if (former := _panels.get(id(link))) is not None:
        former.close()
    panel = _panels[id(link)] = LinkPanel(link, talk, size)
    panel.begin()
    return panel


def _size_of(talk: Callable[..., object]) -> int | None:
    """What `talk` asks of each `recv` at first; None where it takes no size."""
    try:
        parameters = list(inspect.signature(talk).parameters.values())
    except (TypeError, ValueError):  # something built in
        return None
    taken = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    needed = [each for each in parameters if each.default is each.empty and each.kind != each.VAR_POSITIONAL]
    if len([each for each in needed if each.kind != each.VAR_KEYWORD]) > 1:
        raise TypeError(
            "talk is called with nothing, or with one argument: the size of its recv. Write def talk(): or def talk(size):."
        )
    if not taken:
        return None
    size = SIZE if taken[0].default is taken[0].empty else taken[0].default
    if type(size) is not int or not 1 <= size <= SIZES[-1]:
        raise ValueError(
            f"talk's argument is the size of its recv, 1 to {SIZES[-1]:,} bytes; its default is {visible(repr(size))}."
        )
    return size


def _name_of(link: Link, talk: Callable[..., object]) -> str:
    """The variable that `talk`, or else the notebook, knows `link` by; nothing where there is none."""
    function = inspect.unwrap(getattr(talk, "func", talk))  # a partial's, say
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    for names in (getattr(function, "__globals__", {}), getattr(shell, "user_ns", {})):
        for name, value in list(names.items()):
            if value is link and not name.startswith("_"):  # as _ and _3 are, IPython's own
                return str(name)
    return ""


class LinkPanel(Panel):
    """Made by `link`."""

    label = "panel of the link"
    script = pathlib.Path(__file__).with_name("link")

    def __init__(self, link: Link, talk: Callable[..., object], size: int | None = None) -> None:
        super().__init__()
        name = getattr(talk, "__name__", "")
        self.name = name if name.isidentifier() else "talk"
        """What the conversation is called."""
        self._link = link
        self._link_name: Callable[[], str] = lambda: _name_of(link, talk)
        self._settings = Settings(link, size, self._link_name)
        self._runs = Runs(talk if size is None else lambda: talk(self._settings.size), self.name, self._changed)

    def begin(self) -> None:
        """Run the conversation for the first time, and wait until it has ended, `FIRST` seconds at most."""
        self.run()
        try:
            self._runs.wait(FIRST)
        except BaseException:  # the cell was interrupted
            self.close()
            raise

    def run(self) -> None:
        """Run the conversation again; one that goes on is ended first."""
        if self._link.running:
            self._runs.again()

    def wait(self, timeout: float) -> bool:
        """Wait until nothing runs, `timeout` seconds at most. Whether nothing does."""
        return self._runs.wait(timeout)

    # What there is to see

    @property
    def status(self) -> str:
        """What it does, in a few words."""
        if self.closed:
            return "closed; run the cell again for a new panel"
        status = self._runs.status
        if self._link.running:
            return status
        return f"{status}. The link is stopped, so nobody listens at its address: call {self._link_name() or 'link'}.start(), then run again"

    @property
    def busy(self) -> bool:
        """Whether the conversation goes on, or its bytes are still on their way."""
        return not self.closed and (self._runs.lingers or self._runs.goes_on)

    @property
    def output(self) -> str:
        """What the latest run printed."""
        return visible(self._runs.latest.output) if self._runs.latest is not None else ""

    @property
    def error(self) -> str:
        """What it raised, as text, or why it cannot be ended or drawn."""
        raised = self._runs.latest.error if self._runs.latest is not None else None
        return visible("\n".join(filter(None, (raised, self._runs.trouble))))

    def as_controls(self) -> dict[str, Any]:
        """How the controls stand, for the widget."""
        with self._lock:
            return {**self._settings.as_controls(), "closed": self.closed}

    def as_run(self) -> dict[str, Any]:
        """What the latest run did, for the widget."""
        return {"status": self.status, "busy": self.busy, "output": self.output, "error": self.error}

    def as_picture(self) -> dict[str, str]:
        """The picture of the latest run, for the widget."""
        return part_of(self._runs.picture)

    def describe(self) -> str:
        """The panel in plain text."""
        lines = ["panel of the link", *(f"- {line}" for line in self._settings.in_words()), "", "the same in code:"]
        lines += [f"    {line}" for line in self._settings.as_code().splitlines()]
        lines += ["", f"{self.name}: {self.status}"]
        for text in (self.output, self.error):
            lines += [f"| {line}" for line in text.splitlines()]
        if self._runs.picture is not None:
            lines += ["", self._runs.picture.describe()]
        return "\n".join(lines)

    def as_html(self) -> str:
        """The panel as it is now, for a page without a kernel."""
        words = "".join(f"<li>{boxes.safe(line)}</li>" for line in self._settings.in_words())
        return boxes.frame(
            self.label,
            boxes.title("Faults of the link", mono=False),
            f'<ul style="margin: 5px 0">{words}</ul>',
            boxes.text("the same in code", self._settings.as_code()),
            boxes.title(self.name, self.status, above=True),
            boxes.text(f"output of {self.name}", self.output),
            boxes.text(f"error of {self.name}", self.error, fell=True),
            stored(self._runs.picture),
        )

    def fixed(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "scales": _SCALES,
            "directions": DIRECTIONS,
            "sizes": [many(size, "byte") for size in SIZES],
        }

    def seen(self) -> dict[str, Any]:
        return {"controls": self.as_controls(), "run": self.as_run(), "picture": self.as_picture()}

    def __repr__(self) -> str:
        return f"<panel of {self._link!r}: {self.status}>"

    def _do(self, message: dict[str, Any]) -> None:
        match message:
            case {"do": "turn", "direction": "both" | "upstream" | "downstream" as direction}:
                self._settings.direction = direction
            case {"do": "run"}:
                self.run()
            case {"do": "stop"}:
                self._runs.stop()
            case {"do": "resize", "place": int(place)}:
                self._settings.resize(place)
                self._note_change(anew=True)
            case _:
                goes_on = self._runs.goes_on  # asked first: the change itself may be what lets the run end
                self._set(message)
                self._note_change(anew=not goes_on)

    def _note_change(self, anew: bool) -> None:
        if self._link.running:
            self._runs.note_change(anew)

    def _set(self, message: dict[str, Any]) -> None:
        """Change the link; ValueError if `message` does not say how."""
        match message:
            case {"do": "move", "fault": str(fault), "place": int(place)}:
                self._settings.move(fault, place)
            case {"do": "switch", "fault": str(fault), "on": bool(on)}:
                self._settings.switch(fault, on)
            case {"do": "down", "on": bool(on)}:
                self._link.down = on
            case {"do": "all off"}:
                self._settings.all_off()
            case _:
                raise ValueError(message)

    def _end(self) -> None:
        self._runs.close()


_SCALES = {
    fault: {"meaning": scale.meaning, "texts": [spoken(fault, value) for value in scale.values]}
    for fault, scale in SCALES.items()
}
