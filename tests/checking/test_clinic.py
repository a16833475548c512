"""The clinic: each patient shows its illness, at every run the same, and gives its source away nowhere; a call is named, and answered in a sentence; a mend is counted, and the count decides nothing."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterable
from typing import Any

import pytest

import helpers
from helpers import exercises
from helpers.checking import mends
from helpers.checking.exercise import Exercise
from helpers.course import doctor
from helpers.course.storing import read_rules
from helpers.exercises.lesson19.chart import Chart
from helpers.exercises.lesson19.patient import Patient
from helpers.exercises.lesson19.ward import PATIENTS
from tests.checking.test_exercises import check, function

pytestmark = pytest.mark.slow

each_patient = pytest.mark.parametrize("this", [pytest.param(each, id=str(each.number)) for each in PATIENTS])


@functools.cache
def chart(number: int) -> Chart:
    return helpers.patient(number)


def told(number: int, call: Any, capsys: pytest.CaptureFixture[str]) -> str:
    """What diagnose says."""
    capsys.readouterr()
    helpers.diagnose(number, call)
    return capsys.readouterr().out


def comparable(text: str) -> str:
    """Without clocks, measurements, and ports."""
    return read_rules(compared=True)(text)


HAS_LOOPBACK6 = "off here" not in doctor.ipv6().what

SHOWN: dict[int, tuple[str, ...]] = {
    1: ("connect(address) (waits in the backlog", "patient 1: recv(…) (still waits)", "client 2: ESTABLISHED"),
    2: ("counter: recv(…) (still waits)", "patient 2: recv(…) (still waits)", "server's connection: ESTABLISHED"),
    3: ("patient 3: send(b'hello') → 5 bytes", "nothing said: more than 1,000"),
    4: (": CLOSE_WAIT", "nobody being there: 2,", "like grace: 22"),
    5: ("patient 5: recv(1024) → b'milk?sugar?'", "sendall(b'what?\\n')", "patient 5: recv(…) (still waits)"),
    6: ("listens: 127.0.0.1", "called: ::1", "printed: ConnectionRefusedError" if HAS_LOOPBACK6 else "is missing here"),
    7: ("milk') → 6 bytes (6 bytes lost in the link)", "patient 7 [conversation 2]: recv(…) (still waits)"),
    8: ("again: bind(", "server's connection: TIME_WAIT", "OSError, in `bind`") if sys.platform == "linux" else (),
}
"""What shows the illness, in the words of the chart."""


@pytest.mark.everywhere(one_in=2)
@each_patient
def test_a_patient_shows_its_illness(this: Patient) -> None:
    words = chart(this.number).describe()
    for each in SHOWN.get(this.number, ()):
        assert each in words, words


@each_patient
def test_a_patient_falls_ill_in_the_same_way_again(this: Patient) -> None:
    again = helpers.patient(this.number)
    assert comparable(again.describe()) == comparable(chart(this.number).describe())
    assert len(again.draw()) == len(chart(this.number).draw()) > 0


@each_patient
def test_a_chart_says_nothing_of_the_source(this: Patient) -> None:
    shown = chart(this.number).describe() + chart(this.number).as_html()
    lines = [line.strip() for line in this.exercise.sick.splitlines()]
    assert this.exercise.name not in shown
    assert [line for line in lines if len(line) > len("while True:") and line in shown] == []


@each_patient
def test_every_call_of_the_picture_has_its_answer(this: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    for call in {each.call for each in chart(this.number).recording.events}:
        assert told(this.number, call, capsys).startswith(("Yes, ", "No, it is not "))
    for call in this.seats:
        assert told(this.number, call, capsys).startswith(f"Yes, `{call}`. ")
    assert not set(this.seats) & set(this.no)


@pytest.mark.parametrize(
    ("number", "call"), [(2, "shutdown"), (3, "register"), (7, "settimeout"), (7, "select"), (8, "setsockopt")]
)
def test_a_call_that_is_missing_or_stands_before_is_right_too(
    number: int, call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(number, call, capsys)
    assert said.startswith(f"Yes, `{call}`. ") and said.count(f"`{call}`") > 1, said


class Unshown:
    """What cannot be written down."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "call",
    ["recv", "conn.recv", " s.recv() ", "self.conn.recv(1024)", "recv (1)", "`recv`", "'recv'", "conn . recv"]
    + ["data = conn.recv(1024)", "data := conn.recv(1024)", "await s.recv()"],
)
def test_a_call_is_named_in_any_way(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(1, call, capsys).startswith("Yes, `recv`. ")


@pytest.mark.parametrize("call", ["", "()", "receive", "recv; import os", "<b>recv</b>", "recv\n\x1b[2J" * 30, "ä"])
def test_what_is_no_call_of_the_picture_is_told_so(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(1, call, capsys)
    assert said.startswith("No call named ") and "`accept`" in said and "\x1b" not in said and len(said) < 400


@pytest.mark.parametrize(
    "call", [None, 3, b"recv", ["recv"], print, object(), Unshown(), pytest.param(10**5000, id="huge")]
)
def test_a_call_is_named_by_a_text(call: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(1, call, capsys).startswith("A call is named by its name, in quotes")


def test_the_dots_of_the_lesson_ask_for_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(1, ..., capsys).startswith("Which call is it?")


@pytest.mark.parametrize("number", [0, 99, -1, True, 1.0, "1", None, pytest.param(10**5000, id="huge"), Unshown()])
def test_a_patient_that_is_none(number: Any) -> None:
    for ask in (helpers.patient, functools.partial(helpers.diagnose, call="recv")):
        with pytest.raises(ValueError, match="The patients have numbers, 1, 2"):
            ask(number)


def test_the_table_has_a_row_for_each_patient() -> None:
    table = helpers.symptoms()
    words, html = table.describe(), table.as_html()
    for each in PATIENTS:
        assert f"{each.number} · {each.illness}" in words and each.seats[0] in words and each.symptom in words
        assert html.count(f"{each.number} · {each.illness}") == 1
    assert all(all(row) for row in table.rows())
    assert table[3].rows() == table[3:4].rows() == table.rows()[3:4]


# Mends ------------------------------------------------------------------------------------------------------------------


def sick_ones() -> Iterable[Exercise]:
    return [each for each in exercises.exercises() if each.sick]


@pytest.mark.parametrize("exercise", [pytest.param(each, id=each.key) for each in sick_ones()])
def test_a_sick_program_and_its_mend_fit_on_a_slide(exercise: Exercise) -> None:
    for source in exercise.sick, exercise.solution:
        assert len(source.strip().splitlines()) <= 25
        assert ast.get_docstring(ast.parse(source).body[-1])  # type: ignore[arg-type]
    assert 0 < (mends.lines_changed(exercise.sick, exercise.solution) or 0) <= 4


SICK = "import a\n\ndef f(x):\n    '''Words.'''\n    g(x)\n    while x:\n        h(x)\n"


@pytest.mark.parametrize(
    ("mended", "lines"),
    [
        (SICK, 0),
        (SICK.replace("    g(x)\n", "\n    g( x )  # a comment\n"), 0),
        (SICK.replace("'''Words.'''", '"""Other words."""'), 0),
        (SICK + "\nhelpers.check(f)\n", 0),
        (SICK.replace("h(x)", "i(x)"), 1),
        (SICK.replace("import a\n", "import a\nimport b\n"), 1),
        (SICK.replace("    while x:\n        h(x)\n", "    with a:\n        while x:\n            h(x)\n"), 1),
        (SICK.replace("    g(x)\n", ""), 1),
        (SICK.replace("g(x)", "g(\n        x,\n        x,\n    )"), 1),
        (SICK + "\ndef i():\n    pass\n", 2),
        ("%%watch\n" + SICK, None),
        ("def f(:", None),
    ],
)
def test_lines_are_counted_without_comments_and_indents(mended: str, lines: int | None) -> None:
    assert mends.lines_changed(SICK, mended) == lines


def remark_of(exercise: Exercise, source: str) -> str:
    return mends.remark(exercise, function(source, exercise.name))


def test_a_mend_is_counted_and_compared() -> None:
    first = exercises.find("mend_1")
    assert remark_of(first, first.solution).endswith("We know of no smaller one.")
    longer = first.solution.replace("    while True:\n", "    print('ready')\n    while True:\n")
    assert "changes 3 lines" in remark_of(first, longer) and "changes 2: helpers.solution('mend_1')" in remark_of(
        first, longer
    )
    shorter = first.sick.replace(
        "serve(conn)\n", "__import__('threading').Thread(target=serve, args=(conn,)).start()\n"
    )
    assert "We knew of none below 2!" in remark_of(first, shorter)
    assert remark_of(first, first.sick) == ""  # what was read is not what held
    assert remark_of(exercises.find("greet"), exercises.find("greet").solution) == ""


def test_a_mend_without_source_holds_all_the_same() -> None:
    first = exercises.find("mend_1")
    namespace: dict[str, Any] = {}
    exec(first.solution, namespace)
    report = exercises.check(namespace["mend_1"], only=1)
    assert report.results[0].held and report.remark == ""
    for other in (print, functools.partial(print), len, object(), lambda: None):
        assert mends.remark(first, other) == ""


def test_the_remark_is_told_only_of_what_holds() -> None:
    second = exercises.find("mend_2")
    held = check(second, second.solution, 1)
    assert held.passed and "Your mend changes 1 line" in held.describe() and held.remark in held.as_html()
    fell = check(second, second.sick, 1)
    assert not fell.passed and "Your mend" not in fell.describe()
