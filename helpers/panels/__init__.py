"""Panels: pictures to play with. Each is worked by keyboard alone, and tells what it shows in words too (`describe()`).

Comes in: a link, a function that talks through it, presses of buttons, names of a room's designs, a text. Goes out: what a learner could have written in a cell, done for
real, and drawn. Nothing imports a panel but the face of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.lazy import face

if TYPE_CHECKING:
    from helpers.panels.benches.panel import SocketBench as SocketBench
    from helpers.panels.benches.panel import bench as bench
    from helpers.panels.links.panel import LinkPanel as LinkPanel
    from helpers.panels.links.panel import link as link
    from helpers.panels.rooms.panel import RoomPanel as RoomPanel
    from helpers.panels.rooms.panel import room as room
    from helpers.panels.texts.panel import TextPanel as TextPanel
    from helpers.panels.texts.panel import text as text

__getattr__, __dir__, __all__ = face(
    "helpers.panels",
    {
        "SocketBench": "benches.panel",
        "bench": "benches.panel",
        "LinkPanel": "links.panel",
        "link": "links.panel",
        "RoomPanel": "rooms.panel",
        "room": "rooms.panel",
        "TextPanel": "texts.panel",
        "text": "texts.panel",
    },
)
