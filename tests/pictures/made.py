"""What several pictures are tried on: recordings that are made, and the texts of a drawing."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET

from helpers.pictures.drawing import Picture
from helpers.recording.events import Conversation, Event


@dataclasses.dataclass(frozen=True)
class Made:
    """A recording of what never happened (`helpers.recording.events.Recorded`)."""

    events: list[Event]
    conversations: list[Conversation]
    dropped: int = 0


def words(picture: Picture) -> list[str]:
    """Every text of the drawing. Fails if it is no XML."""
    assert isinstance(picture.image, str)
    drawn = ET.fromstring(picture.image.encode())
    return ["".join(element.itertext()) for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
