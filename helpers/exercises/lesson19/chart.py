"""What is seen of a patient before a line of it is read: the conversation, the kernel's states, and what else shows its illness.

Comes in: a recording, a view of the kernel, and numbers. Goes out: `Chart`, which is shown as the last line of a cell. Who may import it: this folder.
"""

from __future__ import annotations

import html
from typing import NamedTuple

from helpers import pictures
from helpers.checking import prose
from helpers.pictures.drawing import Picture
from helpers.recording.events import Recorded
from helpers.watching.states import States


class Vital(NamedTuple):
    """One thing more that shows the illness."""

    what: str
    value: str


class Vitals(tuple[Vital, ...]):
    """What else shows the illness, beside the pictures. As the last line of a cell it is shown."""

    __slots__ = ()

    def describe(self) -> str:
        """A line for each."""
        return "\n".join(f"{each.what}: {each.value}" for each in self)

    def as_html(self) -> str:
        rows = "".join(f"<li>{prose.as_html(each.what)}: {prose.as_html(each.value)}</li>" for each in self)
        return prose.whole(f"<ul>{rows}</ul>") if rows else ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.describe(), "text/html": self.as_html()}

    def __repr__(self) -> str:
        return self.describe()


class Chart:
    """A patient as it is seen from outside. As the last line of a cell all of it is shown; or part by part: `conversation`, `states`, `vitals`."""

    def __init__(self, title: str, complaint: str, recording: Recorded, states: States | None, vitals: Vitals) -> None:
        self.title = title
        self.complaint = complaint
        self.recording = recording
        """What was said, and who still waits."""
        self.states = states
        """What the kernel said, look by look; None where it was not asked."""
        self.vitals = vitals
        """What else there is to see."""

    @property
    def conversation(self) -> Picture:
        """What was said, and who still waits, drawn."""
        return pictures.conversation(self.recording)

    def draw(self) -> list[Picture]:
        """Its pictures: the conversation, and the kernel's states."""
        drawn = [self.conversation] if self.recording.events else []
        return drawn + ([self.states.draw()] if self.states is not None and self.states.ends else [])

    def describe(self) -> str:
        """All of it in plain text."""
        told = [f"{self.title}. {self.complaint}", *(each.describe() for each in self.draw())]
        return "\n\n".join([*told, self.vitals.describe()]).rstrip()

    def as_html(self) -> str:
        """All of it, drawn."""
        head = prose.whole(f"<p><strong>{html.escape(self.title)}.</strong> {prose.as_html(self.complaint)}</p>")
        return head + "".join(each.as_html() for each in self.draw()) + self.vitals.as_html()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.describe(), "text/html": self.as_html()}

    def __repr__(self) -> str:
        return f"<chart of {self.title}>"
