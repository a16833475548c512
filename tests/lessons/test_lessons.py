"""The lessons as a whole: what their files hold, that the whole lecture is in them, and that they stand being run again
and in any order. (nbval runs each lesson from the top and compares its outputs: see `addopts` in pyproject.toml.)"""

from __future__ import annotations

import ast
import base64
import builtins
import copy
import random
import re
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, output_from_msg
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

from helpers.course.lessons import NOTEBOOKS, find_lessons
from helpers.course.storing import merge_streams, read_rules, tidy_output
from helpers.notebook.boxes import WIDGET_VIEW
from tests.lessons import hygiene
from tests.lessons import lecture as slides
from tests.support.grouping import PORT_65431

PATHS = find_lessons([])
LESSONS = {int(path.name[:2]): nbformat.read(path, as_version=4) for path in PATHS}

CELL_BOUND = 40
"""Seconds that a cell may take at most, in whatever order, on a busy machine: the longest wait that a lesson bounds is ten."""

SEEDS = [1, 2]

CLEAR = (NameError, OSError, LookupError, AssertionError, AttributeError, TypeError, ValueError, EOFError, RuntimeError)
"""Errors that tell a learner who has left out a cell what is missing."""
CLEAR_BY_NAME = {"UsageError", "gaierror", "RemoteDisconnected"}


def each_lesson(test: Callable[..., None]) -> Any:
    """The test once for each lesson, in the group of the lecture's port where the lesson uses it."""
    group = pytest.mark.xdist_group(PORT_65431)
    lessons = [
        pytest.param(number, id=PATHS[number].stem, marks=[group] if hygiene.uses_the_lectures_port(lesson) else [])
        for number, lesson in LESSONS.items()
    ]
    return pytest.mark.parametrize("number", lessons)(test)


# Hygiene --------------------------------------------------------------------------------------------------------------


def test_lessons_are_numbered_without_a_gap() -> None:
    assert list(LESSONS) == list(range(len(PATHS)))
    assert [hygiene.number(lesson) for lesson in LESSONS.values()] == list(LESSONS)


def test_half_of_the_courses_cells_are_a_few_lines() -> None:
    lines = [len(cell.source.splitlines()) for lesson in LESSONS.values() for cell in hygiene.code_cells(lesson)]
    low, high = hygiene.MEDIAN
    assert low <= statistics.median(lines) <= high


@each_lesson
def test_lesson_is_in_order(number: int) -> None:
    found = hygiene.complaints(LESSONS[number])
    assert not found, "\n" + "\n".join(found)


Change = Callable[[Any], object]


def good() -> Any:
    """A lesson in which every rule is kept, though each rule has something to look at."""
    title = "# 1 · Good\nA lesson. About 10 minutes.\n\nAt the end you can\n\n- do one thing,\n- do another."
    ending = "## What we learned\n- One thing.\n- Another.\n\nNext: [02 · Addresses](02-addresses.ipynb)."
    picture = "![A client and a server](data:image/png;base64,AA==) and `![code](is-no.png)`"
    stub = 'def greet(address) -> bytes:\n    """Connect, and greet."""\n    ...'
    cells = [
        new_markdown_cell(title, id="title"),
        new_code_cell(hygiene.FIRST_CODE, id="load"),
        new_markdown_cell(picture, id="picture"),
        new_code_cell("import helpers\n\nhelpers.EchoServer", id="code", outputs=[stream("('127.0.0.1', 65431)\n")]),
        new_code_cell("s.send('x')\n", id="wrong", outputs=[error()], metadata={"tags": ["raises-exception"]}),
        new_code_cell("%%background asks\nline = input()", id="asks"),
        new_code_cell(stub, id="greet"),
        new_code_cell("answer = greet(0)\nprint(answer)", id="greet-check", outputs=[stream("greet: not started\n")]),
        new_markdown_cell(ending, id="learned"),
    ]
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    lesson = new_notebook(cells=cells)
    for count, cell in enumerate(hygiene.code_cells(lesson), start=1):
        cell.execution_count = count
    return lesson


def stream(text: str, name: str = "stdout") -> Any:
    return new_output("stream", name=name, text=text)


def error(message: str = "a message", traceback: str = "\x1b[31mTypeError\x1b[39m: a message") -> Any:
    return new_output("error", ename="TypeError", evalue=message, traceback=[traceback])


def data(kind: str, text: str) -> Any:
    return new_output("display_data", data={kind: text})


def cell_of(lesson: Any, name: str) -> Any:
    return next(cell for cell in lesson.cells if cell.id == name)


def source(text: str, name: str = "code") -> Change:
    """A change: another source in the cell of this name."""
    return lambda lesson: cell_of(lesson, name).update(source=text)


def replaced(name: str, old: str, new: str) -> Change:
    def change(lesson: Any) -> None:
        cell = cell_of(lesson, name)
        assert old in cell.source, "the case changes nothing"
        cell.source = cell.source.replace(old, new)

    return change


def puts_out(*outputs: Any) -> Change:
    return lambda lesson: cell_of(lesson, "code").update(outputs=list(outputs))


def prints(text: str) -> Change:
    return puts_out(stream(text))


def set_in(name: str, key: str, value: Any) -> Change:
    return lambda lesson: cell_of(lesson, name).update({key: value})


def without(name: str) -> Change:
    return lambda lesson: lesson.cells.remove(cell_of(lesson, name))


def slide(name: str, kind: str | None) -> Change:
    return lambda lesson: cell_of(lesson, name).metadata.update(slideshow={"slide_type": kind} if kind else {})


def fill(lines: int) -> Change:
    """A change: each code cell gets this many lines more."""

    def change(lesson: Any) -> None:
        for cell in hygiene.code_cells(lesson)[1:]:
            cell.source += "\nx" * lines

    return change


PACKED_KEY = base64.b64encode(b"<svg>-----BEGIN RSA PRIVATE KEY-----</svg>").decode()

BAD: list[tuple[hygiene.Rule, str, Change]] = [
    (hygiene.was_run_in_order, "code", set_in("code", "execution_count", None)),
    (hygiene.was_run_in_order, "code", set_in("code", "execution_count", 7)),
    (hygiene.is_valid, "the file", set_in("code", "metadata", {"tags": "not a list"})),
    (hygiene.is_valid, "the file", lambda lesson: cell_of(lesson, "code").pop("outputs")),
    (hygiene.holds_no_key, "code", prints("-----BEGIN PRIVATE KEY-----\nMIIE")),
    (hygiene.holds_no_key, "code", source("key = '-----BEGIN EC PRIVATE KEY-----'")),
    (hygiene.holds_no_key, "code", puts_out(data("text/html", "<img src='data:,-----BEGIN%20PRIVATE%20KEY-----'>"))),
    (hygiene.holds_no_key, "code", puts_out(data("text/html", f"<img src='data:;base64,{PACKED_KEY}'>"))),
    (hygiene.holds_no_key, "code", prints("CLIENT_RANDOM 0123456789abcdef 0123456789abcdef")),
    (hygiene.ids_are_slugs, "more than one", set_in("picture", "id", "code")),
    (hygiene.ids_are_slugs, "not a slug", set_in("picture", "id", "Picture_1")),
    (hygiene.ids_are_slugs, "not a slug", set_in("picture", "id", "3f0e1a77")),
    (hygiene.ids_are_slugs, "random", set_in("picture", "id", "af0e1a77")),
    (hygiene.ids_are_slugs, "random", set_in("picture", "id", "af0e1a77-3b1c-4a55-9d6e-0c2f4a1b9e88")),
    (hygiene.has_slides, "code", slide("code", None)),
    (hygiene.has_slides, "code", slide("code", "slides")),
    (hygiene.has_slides, "on no slide", slide("code", "skip")),
    (hygiene.has_slides, "title", slide("title", "fragment")),
    (hygiene.has_slides, "load", lambda lesson: (slide("title", "notes")(lesson), slide("load", "-")(lesson))),
    (hygiene.needs_no_kernel, "code", puts_out(data(WIDGET_VIEW, "a view"))),
    (hygiene.needs_no_kernel, "the file", lambda lesson: lesson.metadata.update(widgets={})),
    (hygiene.outputs_repeat_themselves, "a port", prints("('127.0.0.1', 40123)")),
    (hygiene.outputs_repeat_themselves, "a port", puts_out(data("text/html", "(&#x27;127.0.0.1&#x27;, 40123)"))),
    (hygiene.outputs_repeat_themselves, "a port", puts_out(data("text/plain", "('::1', 40123, 0, 0)"))),
    (hygiene.outputs_repeat_themselves, "a port", puts_out(data("text/plain", "40123"))),
    (hygiene.outputs_repeat_themselves, "a port", puts_out(error("localhost:40123"))),
    (hygiene.outputs_repeat_themselves, "a port", prints("[::1]:40123")),
    (hygiene.outputs_repeat_themselves, "a port", prints("on port 40123")),
    (hygiene.outputs_repeat_themselves, "a time", prints("at 10:51:40")),
    (hygiene.outputs_repeat_themselves, "a date", prints("2026-11-22")),
    (hygiene.outputs_repeat_themselves, "a duration", prints("took 0.31 s")),
    (hygiene.outputs_repeat_themselves, "a duration", prints("Wall time: 31 ms")),
    (hygiene.outputs_repeat_themselves, "a measured number", puts_out(data("text/plain", "0.3127459"))),
    (hygiene.outputs_repeat_themselves, "an object", puts_out(data("text/plain", "<function f at 0x7f12ab90>"))),
    (hygiene.outputs_repeat_themselves, "an object", puts_out(error(traceback="<f at \x1b[31m0x7f12ab90\x1b[39m>"))),
    (hygiene.outputs_repeat_themselves, "a descriptor", prints("<socket.socket fd=47, family=2>")),
    (hygiene.outputs_repeat_themselves, "a folder", prints("/home/ada/course/helpers/servers.py")),
    (hygiene.outputs_repeat_themselves, "a folder", puts_out(error("C:\\Users\\ada\\server.py"))),
    (hygiene.outputs_repeat_themselves, "a folder", puts_out(error(traceback="File ~/course/server.py:3"))),
    (hygiene.outputs_repeat_themselves, "a folder", puts_out(data("text/html", "<p>/tmp/ipykernel_12/3.py</p>"))),
    (hygiene.outputs_repeat_themselves, "a folder", prints(str(Path.home() / "course"))),
    (hygiene.outputs_repeat_themselves, "a version", prints("3.11.14 (main)")),
    (hygiene.errors_are_announced, "code: raises", puts_out(error())),
    (hygiene.errors_are_announced, "raises nothing", set_in("wrong", "outputs", [])),
    (hygiene.nothing_on_stderr, "code", puts_out(stream("FutureWarning", name="stderr"))),
    (hygiene.images_speak, "picture", source("![](data:image/png;base64,AA==)", "picture")),
    (hygiene.images_speak, "picture", source("<img src='data:,' alt=' '>", "picture")),
    (hygiene.images_speak, "picture", source("<img src='data:,'>", "picture")),
    (hygiene.images_speak, "picture", source("![image](data:image/png;base64,AA==)", "picture")),
    (hygiene.images_speak, "code", puts_out(data("text/html", f"<p><img alt='{hygiene.NO_DESCRIPTION}'></p>"))),
    (hygiene.images_speak, "code", puts_out(data("text/html", "<svg viewBox='0 0 1 1'></svg>"))),
    (hygiene.images_speak, "code", puts_out(data("image/png", "AA=="))),
    (hygiene.cells_are_short, "code: 26 lines", source("x\n" * 26)),
    (hygiene.begins_with_the_helpers, "load", source("import socket", "load")),
    (hygiene.begins_with_the_helpers, "code", without("load")),
    (hygiene.title_says_what_for, "no title", replaced("title", "# 1 · Good", "# Good")),
    (hygiene.title_says_what_for, "minutes", replaced("title", "About 10 minutes", "Soon over")),
    (hygiene.title_says_what_for, "at the end", replaced("title", "At the end you can", "You will")),
    (hygiene.title_says_what_for, "no title", without("title")),
    (hygiene.ending_looks_back_and_ahead, "what we learned", replaced("learned", "What we learned", "Summary")),
    (hygiene.ending_looks_back_and_ahead, "what we learned", lambda lesson: lesson.cells.append(new_markdown_cell())),
    (hygiene.ending_looks_back_and_ahead, "comes next", replaced("learned", "Next:", "See")),
    (hygiene.ending_looks_back_and_ahead, "does not link", replaced("learned", "02-addresses", "07-parsing")),
    (hygiene.links_lead_somewhere, "02-adresses.ipynb", replaced("learned", "02-addresses", "02-adresses")),
    (hygiene.links_lead_somewhere, "gone.py", source("See [it](gone.py#L3) ![a picture](data:,)", "picture")),
    (hygiene.links_lead_somewhere, "gone.png", source('<img alt="a picture" src="gone.png">', "picture")),
    (hygiene.exercises_are_stubs, "greet: 0 cells", without("greet")),
    (hygiene.exercises_are_stubs, "greet: 0 cells", replaced("greet", "address", "where")),
    (hygiene.exercises_are_stubs, "greet: 0 cells", replaced("greet", "...", "return b''")),
    (hygiene.exercises_are_stubs, "greet: 0 cells", replaced("greet", '"""Connect, and greet."""', "0")),
    (hygiene.exercises_are_stubs, "not started", set_in("greet-check", "outputs", [stream("greet: it holds\n")])),
    (hygiene.asks_nothing, "code", source("line = input('? ')")),
    (hygiene.asks_nothing, "code", source("def ask():\n    return input('? ')\n\nline = ask()")),
    (hygiene.runs_no_shell, "code", source("!ls")),
    (hygiene.runs_no_shell, "code", source("for _ in '1':\n    files = !ls")),
    (hygiene.runs_no_shell, "code", source("%%bash\nls")),
    (hygiene.runs_no_shell, "code", source("import os\nos.system('ls')")),
    (hygiene.sleeps_only_where_that_is_the_subject, "code", source("time.sleep(1)")),
    (hygiene.sleeps_only_where_that_is_the_subject, "code", source("from time import sleep\nsleep(1)")),
    (hygiene.stays_on_loopback, "code", source("s.bind(('0.0.0.0', 0))")),
    (hygiene.stays_on_loopback, "code", source("HOST = '0.0.0.0'\ns.bind((HOST, 0))")),
    (hygiene.stays_on_loopback, "code", source("%%background server\ns.bind(('', 0))")),
    (hygiene.stays_on_loopback, "code", source("socket.create_server(('', 0))")),
    (hygiene.knows_only_what_is_there, "helpers.judge", source("helpers.judge(greet)")),
    (hygiene.knows_only_what_is_there, "helpers.Wire", source("from helpers import Wire")),
    (hygiene.knows_only_what_is_there, "helpers.advice", source("Ask `helpers.advice()`.", "picture")),
    (hygiene.knows_only_what_is_there, "%draw", source("%%draw\ns.send(b'x')")),
    (hygiene.knows_only_what_is_there, "%draw", source("Put `%%draw` above it.", "picture")),
]


def test_a_sick_program_stands_in_its_lesson_to_the_letter() -> None:
    """Its stub is the program that falls: one that was mended, or changed, is none."""
    signature, sick = next(iter(hygiene.SICK.items()))
    assert hygiene.is_stub(new_code_cell(sick), signature)
    for changed in (f"{sick}\n", sick.replace("while", "if", 1), "def mend_1(listener):\n    'Words.'\n    ..."):
        assert not hygiene.is_stub(new_code_cell(changed), signature)


def test_a_good_lesson_has_no_complaints() -> None:
    assert hygiene.complaints(good()) == []


@pytest.mark.parametrize("rule", hygiene.RULES, ids=lambda rule: rule.__name__)
def test_rule_catches_every_bad_case(rule: hygiene.Rule) -> None:
    cases = [(words, change) for each, words, change in BAD if each is rule]
    assert cases, "a rule that was never seen to catch anything"
    for words, change in cases:
        lesson = good()
        change(lesson)
        assert any(words in complaint for complaint in rule(lesson)), words


@pytest.mark.parametrize(
    "text",
    [
        "('127.0.0.1', 61234) [::1]:65431 port 65431, ('127.0.0.1', 0)",
        "('Zürich', 7) 65535 (1024, 1023) 3.145 b'\\xfc' 0xfc",
        "after 0.5 seconds",  # written in the cell
        "TimeoutError after 0.5 s",  # of a picture: the time that was set
        "recv(1024) → b'hello' (waited 0.2 s)",  # overlooked in comparisons
        "none of 49 clients was served within 2 seconds.\n  measured: median 0.27 ms",  # of a load
        "…/cell.py at 0x… fd=… </div> text/html ok    Python 3.11 or newer",
    ],
)
def test_what_lasts_may_stay(text: str) -> None:
    assert list(hygiene.passing(text, "print('after 0.5 seconds')")) == []


# The lecture ----------------------------------------------------------------------------------------------------------


def test_the_whole_lecture_is_in_the_lessons() -> None:
    found = slides.complaints(LESSONS)
    assert not found, "\n" + "\n".join(found)


def test_lesson_4_holds_the_lectures_programs_to_the_letter() -> None:
    assert list(slides.complaints_about_programs(LESSONS[4])) == []


@pytest.mark.parametrize("name", slides.PROGRAMS)
def test_the_lectures_programs_lie_beside_the_lessons(name: str) -> None:
    assert (NOTEBOOKS / name).read_text(encoding="utf-8") == slides.PROGRAMS[name]


def test_the_programs_are_put_together_from_the_slides() -> None:
    lines = {line for _, items in slides.SLIDES for item in items for line in slides.code_in(item.text)}
    for program in slides.PROGRAMS.values():
        ast.parse(program)
        assert set(slides.code_in(program)) <= lines


def test_a_cell_that_goes_is_missed() -> None:
    for _, items in slides.SLIDES:
        for item in items:
            for name in item.cells.split():
                lesson = copy.deepcopy(LESSONS[item.lesson])
                lesson.cells = [cell for cell in lesson.cells if cell.id != name]
                assert f"the cell {name} is gone" in slides.complaints_about(item, {item.lesson: lesson})


@pytest.mark.parametrize(
    ("number", "name", "old", "new", "words"),
    [
        (4, "server", "s.listen()", "s.listen(5)", "no line of code 's.listen()'"),
        (4, "client", "'utf-8'", "'UTF-8'", "no line of code"),
        (4, "address", "#Silly port", "# Silly port", "no line of code 'PORT = 65431 #Silly port'"),
        (2, "firewall-open", "61234", "65431", "nothing of 'opens port 61234 for TCP'"),
        (6, "errors", "'ignore'", "", "nothing of \"'ignore'\""),
    ],
)
def test_a_change_of_the_lectures_words_is_noticed(number: int, name: str, old: str, new: str, words: str) -> None:
    lesson = copy.deepcopy(LESSONS[number])
    replaced(name, old, new)(lesson)
    assert any(words in complaint for complaint in slides.complaints(LESSONS | {number: lesson}))


def test_an_output_of_the_lecture_that_changes_is_noticed() -> None:
    lesson = copy.deepcopy(LESSONS[7])
    cell_of(lesson, "floats").outputs = [stream("3.145\n2.8\n")]
    assert any("nothing puts out '2.76'" in complaint for complaint in slides.complaints(LESSONS | {7: lesson}))


def test_a_change_in_the_lectures_programs_is_noticed() -> None:
    lesson = copy.deepcopy(LESSONS[4])
    replaced("server", "    s.listen()", "      s.listen()")(lesson)
    assert list(slides.complaints_about_programs(lesson)) == ["server.py: not to the letter in one cell of its own"]


# In a kernel ----------------------------------------------------------------------------------------------------------

REWRITE = read_rules(compared=True)

Run = Callable[[str], list[Any]]
"""Runs a source in a kernel and gives its outputs, sanitised."""


@pytest.fixture(scope="module", autouse=True)
def loop_of_the_clients() -> None:
    """jupyter_client keeps one event loop for good, from its first kernel on: no test is to blame for it."""
    ensure_event_loop()


@contextmanager
def kernel(folder: Path) -> Iterator[Run]:
    """A fresh kernel of this Python, in a folder of its own that has the course's programs, as notebooks/ has them."""
    folder.mkdir()
    for path in NOTEBOOKS.glob("*.py"):
        shutil.copy(path, folder)
    manager = KernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager())
    manager.start_kernel(cwd=str(folder), extra_arguments=["--log-level=ERROR"])
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=120)
        yield partial(run, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, source: str, within: float = CELL_BOUND) -> list[Any]:
    """What a cell of this `source` puts out; TimeoutError if it takes longer than `within` seconds."""
    messages: list[dict[str, Any]] = []
    client.execute_interactive(
        source, timeout=within, output_hook=messages.append, allow_stdin=False, stop_on_error=False
    )
    kinds = {"stream", "display_data", "execute_result", "error"}
    outputs = [output_from_msg(message) for message in messages if message["msg_type"] in kinds]
    return [comparable(tidy_output(output, REWRITE)) for output in merge_streams(outputs)]


def comparable(output: Any) -> Any:
    """What of an output is the same however often its cell has run; of an error nbval compares as much."""
    return {key: output[key] for key in ("output_type", "name", "text", "data", "ename", "evalue") if key in output}


def run_all(run: Run, cells: list[Any]) -> dict[str, list[Any]]:
    outputs = [(cell, run(cell.source)) for cell in cells]
    return {cell.id: seen for cell, seen in outputs if "nbval-ignore-output" not in hygiene.tags(cell)}


@pytest.mark.slow
@each_lesson
def test_lesson_runs_twice_in_one_kernel(number: int, tmp_path: Path) -> None:
    cells = hygiene.code_cells(LESSONS[number])
    with kernel(tmp_path / "run") as run:
        first, second = run_all(run, cells), run_all(run, cells)

    assert second == first
    raised = {name for name, outputs in first.items() if any("ename" in output for output in outputs)}
    assert raised == {cell.id for cell in cells if "raises-exception" in hygiene.tags(cell)}
    for path in NOTEBOOKS.glob("*.py"):
        assert (tmp_path / "run" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.slow
@each_lesson
def test_shuffled_lesson_ends_in_clear_errors(number: int, tmp_path: Path) -> None:
    first, *rest = hygiene.code_cells(LESSONS[number])
    with kernel(tmp_path / "run") as run:
        for seed in SEEDS:
            random.Random(seed).shuffle(rest)
            found = unclear([first, *rest], run)
            assert not found, f"seed {seed}\n" + "\n".join(found)
            assert run("1 + 1") == [{"output_type": "execute_result", "data": {"text/plain": "2"}}]
            run("%reset -f")  # every name is gone; as in a new kernel, and quicker


def unclear(cells: list[Any], run: Run) -> list[str]:
    """What is wrong with how the `cells` end, in this order: a wait without end, or an error that explains nothing."""
    found: list[str] = []
    for cell in cells:
        meant = {output.ename for output in cell.outputs if output.output_type == "error"}
        try:
            outputs = run(cell.source)
        except TimeoutError:
            return [*found, f"{cell.id}: does not end within {CELL_BOUND} s"]
        for output in outputs:
            if "ename" in output and output["ename"] not in meant and not is_clear(output["ename"]):
                found.append(f"{cell.id}: ends in {output['ename']}: {output['evalue']}")
    return found


def is_clear(name: str) -> bool:
    """Whether an error of this name tells what is missing."""
    kind = getattr(builtins, name, None)
    return name in CLEAR_BY_NAME or (isinstance(kind, type) and issubclass(kind, CLEAR))


@pytest.mark.slow
def test_the_shuffler_notices_what_it_is_for(tmp_path: Path) -> None:
    clear = [
        "nowhere",
        "{}['x']",
        "open('gone')",
        "b'\\xff'.decode()",
        "%%background",
        "assert False",
        "raise StopIteration",
    ]
    cells = [new_code_cell(source, id=f"clear-{index}") for index, source in enumerate(clear)]
    cells[-1].outputs = [new_output("error", ename="StopIteration", evalue="", traceback=[])]
    exits, asks = new_code_cell("raise SystemError('?')", id="exits"), new_code_cell("input()", id="asks")
    waits = new_code_cell("import socket\nsocket.create_server(('127.0.0.1', 0)).accept()", id="waits")
    with kernel(tmp_path / "run") as run:
        start = time.monotonic()
        quick = partial(run, within=3) if isinstance(run, partial) else run
        found = unclear([new_code_cell(hygiene.FIRST_CODE, id="load"), *cells, exits, asks, waits], quick)
    assert [complaint.partition(":")[0] for complaint in found] == ["exits", "asks", "waits"]
    assert time.monotonic() - start < 30


# The instructors' page ------------------------------------------------------------------------------------------------

TEACHING = (NOTEBOOKS / "INSTRUCTORS.md").read_text(encoding="utf-8")
LECTURE = 90
"""Minutes that each plan of a lecture fills."""


def teaching_lines() -> Iterator[tuple[str, list[int]]]:
    """Each line of the page, with the lessons that it may speak of: those it links to, or else its section's, or else all."""
    section = list(LESSONS)
    for line in TEACHING.splitlines():
        linked = [int(number) for number in re.findall(r"\]\((\d\d)-", line)]
        if line.startswith("## "):
            section = linked or list(LESSONS)
        yield line, linked or section


def italics(line: str) -> list[str]:
    """The headings that `line` names: what stands in italics, but for menus, which have an arrow."""
    text = re.sub(r"`[^`]*`", lambda code: "" if "*" in code[0] else code[0], line).replace("**", "")
    return [name for name in re.findall(r"\*([^*]+)\*", text) if "→" not in name]


def under_headings(number: int) -> Iterator[tuple[str, Any]]:
    """The lesson's cells, each with the heading that it stands under: "" before the first."""
    heading = ""
    for cell in LESSONS[number].cells:
        found = re.findall(r"^###? (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []
        heading = found[-1] if found else heading
        yield heading, cell


def headings(number: int) -> set[str]:
    return {heading for heading, _ in under_headings(number) if heading}


def minutes(number: int) -> int:
    """How long the lesson takes, as its first cell says."""
    found = re.search(r"About (\d+) minutes", LESSONS[number].cells[0].source)
    return int(found[1]) if found else 0


def parts(number: int) -> Iterator[set[str]]:
    """The headings that are left where a plan takes only a part of the lesson, and where all is skipped that may be."""
    for line, lessons in teaching_lines():
        if lessons != [number]:
            continue
        if (row := re.match(r"\| \d+ \| \[\d\d\]\([^)]+\) \| ([^|]+) \|", line)) and italics(row[1]):
            yield set(italics(row[1]))
        if skipped := re.match(r"\*\*Skip:\*\* (.+?)\.(?: |$)", line):
            yield headings(number) - set(italics(skipped[1]))


def test_instructors_find_every_lesson() -> None:
    sections = re.findall(r"^## \[(.+)\]\((.+)\)$", TEACHING, re.MULTILINE)
    titles = [lesson.cells[0].source.partition("\n")[0].removeprefix("# ") for lesson in LESSONS.values()]
    expected = [re.sub(r"^\d(?!\d)", r"0\g<0>", title) for title in titles]
    assert sections == [(title, path.name) for title, path in zip(expected, PATHS, strict=True)]


def test_instructors_links_lead_somewhere() -> None:
    links = hygiene.links(TEACHING)
    assert links
    assert [link for link in links if not (NOTEBOOKS / link.partition("#")[0]).exists()] == []


def test_instructors_are_sent_to_headings_that_are_there() -> None:
    named = [(name, lessons) for line, lessons in teaching_lines() for name in italics(line)]
    assert len(named) > 100
    assert [name for name, lessons in named if not any(name in headings(number) for number in lessons)] == []


def test_instructors_minutes_add_up() -> None:
    paragraphs = re.findall(r"^\*\*(\d+) minutes:\*\*(.+?)\n\n", TEACHING, re.MULTILINE | re.DOTALL)
    planned = [(int(total), sum(map(int, re.findall(r"\* (\d+)[,.]", text)))) for total, text in paragraphs]
    assert planned == [(minutes(number), minutes(number)) for number in LESSONS]

    tables = re.findall(r"(?:^\|.*\n)+", TEACHING, re.MULTILINE)
    lectures = [table for table in tables if table.startswith("| min |")]
    assert [sum(map(int, re.findall(r"^\| (\d+) \|", table, re.MULTILINE))) for table in lectures] == [LECTURE] * 4
    counts = {number: dict(re.findall(r"\*([^*]+)\* (\d+)", text)) for number, (_, text) in enumerate(paragraphs)}
    for row in "".join(lectures).splitlines():
        if taken := re.match(r"\| (\d+) \| \[(\d\d)\]\S* \| (.+?) \|", row):
            assert int(taken[1]) == sum(int(counts[int(taken[2])][name]) for name in italics(taken[3])), row
    (term,) = (table for table in tables if table.startswith("| week |"))
    weeks = [row.split(" | ")[2] for row in term.splitlines()[2:]]
    assert sum(int(week) for week in weeks if week.strip()) == sum(map(minutes, LESSONS))


@pytest.mark.slow
@each_lesson
def test_what_instructors_skip_is_not_missed(number: int, tmp_path: Path) -> None:
    for at, taken in enumerate(parts(number)):
        # The first is always run.
        first, *rest = [each for each in under_headings(number) if each[1].cell_type == "code"]
        code = [first[1], *(cell for heading, cell in rest if not heading or heading in taken)]
        with kernel(tmp_path / str(at)) as run:
            raised = {cell.id for cell in code if any("ename" in output for output in run(cell.source))}
        assert raised == {cell.id for cell in code if "raises-exception" in hygiene.tags(cell)}, taken
