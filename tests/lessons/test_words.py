"""The lessons' words, read from top to bottom as a learner does who knows Python and nothing of networks: no name before it was met, and answers that say something."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

import helpers
from helpers.course.lessons import NOTEBOOKS
from tests.lessons.hygiene import HIDDEN, slide_type, texts

Cells = Iterable[tuple[int, Any]]

COURSE = [
    (int(path.name[:2]), cell)
    for path in sorted(NOTEBOOKS.glob("*.ipynb"))
    for cell in nbformat.read(path, nbformat.NO_CONVERT).cells
]
"""Every cell, with its lesson's number."""

MET: dict[str, tuple[int, str]] = {
    "handshake": (1, "connect-said"),
    "file descriptor": (3, "create"),
    "backlog": (3, "first-said"),
    "TIME_WAIT": (4, "time-wait"),
    "SO_REUSEADDR": (4, "plain-bind"),
    "create_server": (5, "frozen"),
    "BlockingIOError": (5, "no-waiting"),
    "helpers.Server": (5, "drip-intro"),
    "UnicodeDecodeError": (6, "latin-read"),
    "Latin-1": (6, "wrong-guess"),
    "UTF-16": (6, "play"),
    "incremental decoder": (6, "mend-decoder"),
    "protocol": (6, "protocol"),
    "makefile": (7, "converse"),
    "recv_into": (7, "converse-why"),
    "helpers.Link": (8, "kind-link"),
    "TCP_NODELAY": (8, "nagle"),
    "framing": (8, "framing"),
    "yield": (8, "messages-task"),
    ":=": (8, "play-client"),
    "flow control": (9, "full-said"),
    "shutdown": (9, "close-no-answer"),
    "FIN": (9, "fin"),
    "RST": (9, "break-intro"),
    "deadlock": (9, "swap-said"),
    "select": (9, "ways"),
    "socketserver": (10, "package-intro"),
    "daemon": (10, "daemon-intro"),
    "Semaphore": (11, "writers-intro"),
    "GIL": (11, "really-said"),
    "Lock": (11, "lock-intro"),
    "Queue": (11, "queue-intro"),
    "Barrier": (11, "names-intro"),
    "EVENT_READ": (12, "selector"),
    "event loop": (12, "loop-said"),
    "bytearray": (12, "client"),
    "coroutine": (13, "coroutine-said"),
    "create_task": (13, "task-guess"),
    "open_connection": (13, "own-asked"),
    "to_thread": (13, "threaded"),
    "CancelledError": (13, "cancel-intro"),
    "specification": (14, "title"),
    "sans-I/O": (14, "sans-io"),
    "injection": (14, "inject-said"),
    "Content-Length": (15, "answer"),
    "http.client": (15, "get"),
    "favicon.ico": (15, "once-said"),
    "keep-alive": (15, "keep-intro"),
    "pipelining": (15, "pipeline-guess"),
    "POST": (15, "form-intro"),
    "chunked": (15, "chunked-intro"),
    "UDP": (16, "title"),
    "sendto": (16, "nobody-guess"),
    "recvfrom": (16, "nobody"),
    "helpers.DatagramLink": (16, "link"),
    "idempotent": (16, "order-said"),
    "acknowledgement": (16, "wait-intro"),
    "Sorcerer's Apprentice": (16, "apprentice-said"),
    "IPV6_V6ONLY": (17, "both-guess"),
    "DNS": (17, "dns"),
    "TTL": (17, "map-said"),
    "CA": (18, "certificate-intro"),
    "trustme": (18, "certificate"),
    "wrap_socket": (18, "secure-intro"),
    "SNI": (18, "hello-said"),
    "CERT_NONE": (18, "careless"),
    "pending": (18, "pending"),
    "close_notify": (18, "end-said"),
    "helpers.patient": (19, "visit"),
    "gateway": (20, "chat-web-intro"),
    "EventSource": (20, "chat-page"),
}
"""Where the reader meets a name: in the cell that explains it, or that puts it out or uses it right above the explanation."""

BOOLEAN = {"equal": "what the program finds is the answer"}
"""Cells that may answer with `True` or `False`, and why."""


TITLES = re.compile(r"\[[^]]*\]\(\d\d-[^)]*\.ipynb\)")
"""Links to lessons: what a lesson is called may be read before the lesson is."""


def said_by(cell: Any) -> str:
    """What a cell says itself, and the errors that it shows: pictures have words of their own."""
    return "\n".join([TITLES.sub("", cell.source), *(text for kind, text in texts(cell) if kind == "error")])


def first_uses(cells: Cells, terms: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The first visible cell with each of the `terms`."""
    found: dict[str, tuple[int, str]] = {}
    for lesson, cell in cells:
        if slide_type(cell) in HIDDEN:
            continue
        words = said_by(cell)
        for term in terms:
            if term not in found and re.search(rf"(?<!\w){re.escape(term)}s?(?!\w)", words):
                found[term] = lesson, cell.id
    return found


def bare_booleans(cells: Cells) -> list[str]:
    """Cells that answer a guess with nothing but `True`, `False`, or several of them."""
    nothing_else = re.compile(r"\(?(?:True|False)(?:, (?:True|False))*\)?\s*")
    return [
        cell.id
        for _, cell in cells
        if cell.cell_type == "code"
        and any(nothing_else.fullmatch(text) for kind, text in texts(cell) if "html" not in kind)
    ]


def test_no_name_is_used_before_it_is_met() -> None:
    assert first_uses(COURSE, MET) == MET


def test_a_name_that_comes_too_early_is_noticed() -> None:
    notes = new_markdown_cell("`recv_into`", id="notes", metadata={"slideshow": {"slide_type": "notes"}})
    task = new_markdown_cell("It raises `UnicodeDecodeError`s.", id="task")
    falls = new_code_cell(
        "fall()", id="falls", outputs=[new_output("error", ename="Oops", evalue="recv_into", traceback=[])]
    )
    title = new_markdown_cell("14. [A protocol of your own](14-a-protocol-of-your-own.ipynb)", id="title")
    found = first_uses([(0, title), (6, notes), (6, task), (7, falls)], MET)
    assert found == {"UnicodeDecodeError": (6, "task"), "recv_into": (7, "falls")}


def test_answers_say_more_than_true() -> None:
    assert [name for name in bare_booleans(COURSE) if name not in BOOLEAN] == []


@pytest.mark.parametrize(
    ("answer", "bare"), [("True", True), ("(False, True)", True), ("closed", False), ("same: True", False)]
)
def test_a_bare_boolean_is_noticed(answer: str, bare: bool) -> None:
    cell = new_code_cell("x", id="x", outputs=[new_output("stream", text=f"{answer}\n")])
    assert bare_booleans([(1, cell)]) == ["x"] * bare


def test_lesson_4_ends_whatever_of_it_was_run() -> None:
    (end,) = (cell for lesson, cell in COURSE if (lesson, cell.id) == (4, "stop-all"))
    exec(end.source, {"helpers": helpers})  # nothing of it was started
