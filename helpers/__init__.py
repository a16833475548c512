"""The helpers of the course "Networking with Python": programs and servers in the background, for the cells of a notebook to talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.lazy import face

__version__ = "1.0.1"
"""Of the course: lessons and helpers. CHANGELOG.md says what is new in it; pyproject.toml takes it from here."""

if TYPE_CHECKING:
    from helpers import panels as panels
    from helpers import pictures as pictures
    from helpers.checking.sparring import sparring as sparring
    from helpers.course.doctor import doctor as doctor
    from helpers.exercises import attempts as attempts
    from helpers.exercises import check as check
    from helpers.exercises import hint as hint
    from helpers.exercises import progress as progress
    from helpers.exercises import sample as sample
    from helpers.exercises import solution as solution
    from helpers.exercises.lesson19.clinic import diagnose as diagnose
    from helpers.exercises.lesson19.clinic import patient as patient
    from helpers.exercises.lesson19.clinic import symptoms as symptoms
    from helpers.link.datagram_link import DatagramLink as DatagramLink
    from helpers.link.link import Link as Link
    from helpers.measuring.load import load as load
    from helpers.names.server import NameServer as NameServer
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
        "DatagramLink": "link.datagram_link",
        "EchoServer": "running.servers",
        "Link": "link.link",
        "NameServer": "names.server",
        "PrintServer": "running.servers",
        "Program": "running.program",
        "Server": "running.servers",
        "attempts": "exercises",
        "background": "running.programs",
        "check": "exercises",
        "diagnose": "exercises.lesson19.clinic",
        "doctor": "course.doctor",
        "hint": "exercises",
        "load": "measuring.load",
        "load_ipython_extension": "notebook.magics",
        "patient": "exercises.lesson19.clinic",
        "program": "running.programs",
        "progress": "exercises",
        "sample": "exercises",
        "solution": "exercises",
        "sparring": "checking.sparring",
        "states": "watching.states",
        "symptoms": "exercises.lesson19.clinic",
        "visit": "notebook.visiting",
        "watch": "watching.watcher",
    },
    rooms=("panels", "pictures"),
)
