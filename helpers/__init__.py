"""The helpers of the course "Networking with Python": programs and servers in the background, for the cells of a notebook to talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.lazy import face

if TYPE_CHECKING:
    from helpers import panels as panels
    from helpers import pictures as pictures
    from helpers.course.doctor import doctor as doctor
    from helpers.exercises import check as check
    from helpers.exercises import hint as hint
    from helpers.exercises import progress as progress
    from helpers.exercises import solution as solution
    from helpers.link.link import Link as Link
    from helpers.measuring.load import load as load
    from helpers.notebook.magics import load_ipython_extension as load_ipython_extension
    from helpers.notebook.visiting import visit as visit
    from helpers.running.program import Program as Program
    from helpers.running.programs import background as background
    from helpers.running.programs import program as program
    from helpers.running.servers import EchoServer as EchoServer
    from helpers.running.servers import PrintServer as PrintServer
    from helpers.running.servers import Server as Server
    from helpers.watching.states import states as states
    from helpers.watching.watcher import watch as watch

__getattr__, __dir__, __all__ = face(
    "helpers",
    {
        "EchoServer": "running.servers",
        "Link": "link.link",
        "PrintServer": "running.servers",
        "Program": "running.program",
        "Server": "running.servers",
        "background": "running.programs",
        "check": "exercises",
        "doctor": "course.doctor",
        "hint": "exercises",
        "load": "measuring.load",
        "load_ipython_extension": "notebook.magics",
        "program": "running.programs",
        "progress": "exercises",
        "solution": "exercises",
        "states": "watching.states",
        "visit": "notebook.visiting",
        "watch": "watching.watcher",
    },
    rooms=("panels", "pictures"),
)
