"""What a check says: the mistake that was made, by its name; what the function printed, its end; how to see just this again. And which things can be checked at all."""

from __future__ import annotations

import re
import sys
import types
from typing import Any

import pytest

from helpers import exercises
from helpers.checking import prose
from helpers.checking.differences import difference
from helpers.checking.messages import Doing
from helpers.checking.misconceptions import MISCONCEPTIONS, PAGE
from helpers.checking.misuse import slipped
from helpers.checking.plain import Odd
from helpers.checking.report import Report
from helpers.checking.verdicts import shown, spins, waits_for_ever
from helpers.course.lessons import NOTEBOOKS
from helpers.exercises import progress_file

pytestmark = pytest.mark.slow  # together; each is a check or several


def notebook(source: str) -> dict[str, Any]:
    """What is in a notebook when this cell has run."""
    module = types.ModuleType("__main__")
    exec(compile(source, "<cell>", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def checked(source: str, name: str, only: int | None = None) -> Report:
    """The check of what `name` is in a notebook after this cell, as a cell there has it."""
    variables = notebook(source)
    exec(f"import helpers; report = helpers.check({name}, seed=1, only={only})", variables)
    report: Report = variables["report"]
    report.as_html()
    return report


# Anything that can be called ------------------------------------------------------------------------------------------

TO_THE_END = "b''.join(iter(lambda: conn.recv(size), b''))"
BASE = f"""
import functools

def to_the_end(conn, size=1024):
    return {TO_THE_END}

def bare(function):
    def wrapper(*args): return function(*args)
    return wrapper

def polite(function):
    @functools.wraps(function)
    def wrapper(*args): return function(*args)
    return wrapper

class Reader:
    def __init__(self, size): self.size = size
    def __call__(self, conn): return to_the_end(conn, self.size)
    def read(self, conn): return to_the_end(conn, self.size)
    @staticmethod
    def static(conn): return to_the_end(conn)
    @classmethod
    def of_class(cls, conn): return to_the_end(conn)
"""
CALLABLES = [
    "lambda conn: to_the_end(conn)",
    "functools.partial(to_the_end, size=3000)",
    "functools.partial(functools.partial(to_the_end), size=7)",
    "functools.lru_cache(to_the_end)",
    "functools.lru_cache(maxsize=3)(polite(to_the_end))",
    "functools.cache(lambda conn: to_the_end(conn))",
    "bare(to_the_end)",
    "polite(to_the_end)",
    "Reader(10)",
    "Reader(10).read",
    "Reader.static",
    "Reader.of_class",
    "staticmethod(to_the_end)",
    "to_the_end",
]


@pytest.mark.parametrize("what", CALLABLES)
def test_a_right_answer_of_any_kind_holds(what: str) -> None:
    report = checked(f"{BASE}\nreceive_all = {what}", "receive_all", only=5)
    assert report.results[0].held, report.describe()


def test_a_name_is_found_in_a_function_too() -> None:
    receive_all = notebook(BASE + "\nreader = Reader(10)")["reader"]
    assert exercises.check(receive_all, only=1).results[0].held


@pytest.mark.parametrize("wrapper", ["functools.lru_cache", "polite", "staticmethod"])
def test_a_stub_is_one_in_whatever_it_is_wrapped(wrapper: str) -> None:
    source = f"{BASE}\n@{wrapper}\ndef receive_all(conn):\n    ..."
    assert not checked(source, "receive_all").started


def test_a_builtin_is_judged() -> None:
    assert "type int" not in checked("parse_numbers = len", "parse_numbers", only=1).results[0].sentence


# The notebook's variables ---------------------------------------------------------------------------------------------

GREET = """
import socket, helpers
server = helpers.EchoServer()

def ask(s):
    s.connect(server.address)

def greet(address):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        {}
        s.sendall(b'hello')
        return s.recv(1024)
"""


@pytest.mark.parametrize("line", ["s.connect(server.address)", "ask(s)"])
def test_a_variable_of_the_notebook_that_cannot_go_along_is_named(line: str) -> None:
    sentence = checked(GREET.format(line), "greet").results[-1].sentence
    assert "`server`, a variable of the notebook (an EchoServer)" in sentence and "`address`" in sentence


def test_one_that_can_go_along_is_named_too() -> None:
    report = checked("where = ('127.0.0.1', 9)\n" + GREET.format("s.connect(where)"), "greet")
    assert "`where` in it is a variable of the notebook" in report.describe()


# Sentences ------------------------------------------------------------------------------------------------------------

CLIENT = """
import socket, time

def greet(address):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        {}
"""
SENTENCES = {
    "no connect": ("greet", CLIENT.format("s.sendall(b'hello'); return s.recv(1024)"), "never connected: connect(address) comes first"),
    "connect twice": ("greet", CLIENT.format("s.connect(address); s.connect(address)"), "connect twice on one socket"),
    "closed too early": ("greet", CLIENT.format("s.connect(address); s.close(); s.sendall(b'hello')"), "closed"),
    "a sleep": ("greet", CLIENT.format("s.connect(address); time.sleep(1); s.sendall(b'hello'); return s.recv(9)"), "It sleeps for 1 s, in line 6 of the cell"),
    "a shorter sleep": ("greet", CLIENT.format("s.connect(address); time.sleep(0.45); s.sendall(b'hello'); return s.recv(9)"), "It sleeps for 0.45 s"),
    "sleeps without end": (
        "greet",
        CLIENT.format("\n        while True: time.sleep(0.1)"),
        "sleeps again and again",
    ),
    "input": ("receive_exactly", "def receive_exactly(conn, n):\n    return conn.recv(int(input()))", "It called input(), in line 2 of the cell"),
    "the listening socket": (
        "echo_server",
        "def echo_server(listener):\n    conn, _ = listener.accept()\n    listener.recv(10)",
        "on the listening socket",
    ),
    "stripped": (
        "receive_all",
        "def receive_all(conn):\n    return b''.join(iter(lambda: conn.recv(99), b'')).strip()",
        "as strip() takes them off",
    ),
    "an echo that strips": (
        "echo_server",
        "def echo_server(listener):\n    while True:\n        conn, _ = listener.accept()\n        while data := conn.recv(99): conn.sendall(data.strip())",
        "as strip() or rstrip() takes them off",
    ),
    "an echo with a prefix": (
        "echo_server",
        "def echo_server(listener):\n    while True:\n        conn, _ = listener.accept()\n        while data := conn.recv(99): conn.sendall(b'echo: ' + data)",
        "6 bytes more stand before it",
    ),
    "an echo of an echo": (
        "echo_server",
        "def echo_server(listener):\n    while True:\n        conn, _ = listener.accept()\n        data = conn.recv(99)\n        while data: conn.sendall(data)",
        "the same bytes again and again",
    ),
    "a generator": ("receive_all", "def receive_all(conn):\n    yield conn.recv(9)", "`yield` makes one"),
    "a coroutine": ("receive_all", "async def receive_all(conn):\n    return b''", "it is an `async def`"),
    "a method": ("receive_all", "def receive_all(conn):\n    return conn.recv(9).strip", "are its parentheses missing?"),
}  # fmt: skip


@pytest.mark.parametrize("what", SENTENCES)
def test_the_sentence_names_the_mistake_that_was_made(what: str) -> None:
    name, source, words = SENTENCES[what]
    report = checked(source, name)
    assert words in report.results[-1].sentence, report.describe()


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        (b"abc", b" abc\n", "strip() takes them off"),
        (b"abc", b"abc\n", "strip() or rstrip() takes them off"),
        (b"a\nb", b"a\r\nb", "each \\r\\n became \\n"),
        (b"ab", b"a\xffb", "errors='ignore'"),
        (b"a\xef\xbf\xbdb", b"a\xffb", "errors='replace'"),
        ("ü".encode(), b"\xfc", "Latin-1"),
        (b"ab", b"abcd", "only the beginning is there, the last 2 bytes are missing"),
        (b"cd", b"abcd", "only the end is there"),
        (b"abcdef", b"abcd", "2 bytes more stand behind it"),
        (b"xabcd", b"abcd", "1 byte more stands before it"),
        (b"abd", b"abcd", "bytes are missing in it, the first of them at place 2"),
        (b"abxcd", b"abcd", "bytes were put into it, the first of them at place 2"),
        (b"abxd", b"abcd", "at place 2 stands b'x', and not b'c'"),
        (b"abdc", b"abcd", "another order"),
        (b"abab", b"ab", "twice"),
        (b"b'ab'", b"ab", "str() shows bytes"),
        (b"", b"ab", "nothing of it"),
    ],
)
def test_bytes_that_were_changed_are_not_said_to_be_missing(got: bytes, expected: bytes, words: str) -> None:
    assert words in difference(got, expected)


@pytest.mark.parametrize(
    ("kind", "text", "line", "words"),
    [
        ("TypeError", "socket.connect() takes exactly one argument (2 given)", 5, "connect((host, port))"),
        ("TypeError", "Socket.recv() missing 1 required positional argument: 'bufsize'", 5, "recv(1024)"),
        ("TypeError", "greet() takes 0 positional arguments but 1 was given", None, "between the parentheses"),
        ("AttributeError", "'tuple' object has no attribute 'recv'", 5, "conn, addr = listener.accept()"),
        ("TypeError", 'can only concatenate str (not "bytes") to str', 5, "begin with b''"),
    ],
)
def test_a_slip_with_python_is_explained(kind: str, text: str, line: int | None, words: str) -> None:
    fell = slipped((kind, "Exception"), text, line)
    assert fell is not None and words.lower() in fell.sentence.lower() and text in fell.sentence


def test_what_python_says_well_enough_is_left_to_it() -> None:
    assert slipped(("NameError",), "name 'adress' is not defined", 3) is None
    assert slipped(("TypeError",), "f() takes 0 positional arguments but 1 was given", 3) is None


def test_a_thread_that_fell_is_told_of() -> None:
    source = """
import threading

def receive_all(conn):
    thread = threading.Thread(target=lambda: conn.shutdown())
    thread.start()
    thread.join()
"""
    report = checked(source, "receive_all", only=1)
    assert "A thread of its own had ended by then, with TypeError, in line 5 of the cell" in report.describe()


def test_who_asks_again_at_once_is_told_apart_from_other_loops() -> None:
    assert "recv raises BlockingIOError whenever nothing is there" in spins(Doing(line=3), "recv").sentence
    assert "works without end, in line 3 of the cell" in spins(Doing(line=3), None).sentence
    assert "TimeoutError" in waits_for_ever("recv", Doing(), 2.0).sentence


def test_what_is_no_value_is_explained() -> None:
    assert shown(Odd("Mine")) == "an object of type Mine"
    assert "bytes(…)" in shown(Odd("bytearray"))


# What it printed ------------------------------------------------------------------------------------------------------


def test_what_it_printed_ends_with_the_last_lines() -> None:
    source = """
import threading

def work(conn):
    for number in range(300): print("line", number, "x" * 300)
    conn.nothing()

def receive_all(conn):
    thread = threading.Thread(target=work, args=(conn,))
    thread.start()
    thread.join()
"""
    report = checked(source, "receive_all")
    for text in report.describe(), report.as_html():
        assert "has no attribute" in text and "AttributeError" in text
        assert re.search(r"of which this is the end \([\d,]+ bytes before it are left out\)", text)


def test_a_few_lines_are_shown_whole_and_long_ones_bounded() -> None:
    report = checked("def receive_all(conn):\n    print('one')\n    print('y' * 500)", "receive_all")
    assert "It printed:\n  | one\n  | " in report.describe() and "… (340 characters more)" in report.describe()


def test_only_what_it_printed_in_the_scenario_that_it_fell_in_is_shown() -> None:
    report = checked("def receive_all(conn):\n    print('here')\n    return conn.recv(100_000)", "receive_all")
    assert len(report.results) > 1 and report.output == "here\n"


# Just this again ------------------------------------------------------------------------------------------------------


def test_to_run_just_this_again_runs_just_this() -> None:
    source = "def receive_all(conn):\n    return conn.recv(100_000)"
    first = checked(source, "receive_all")
    again = re.search(r"helpers\.check\(receive_all, only=(\d+), seed=1\)", first.describe())
    assert again and again[0] in first.as_html()
    second = checked(source, "receive_all", only=int(again[1]))
    assert second.results[0].sentence == first.results[-1].sentence
    assert second.headline == first.headline
    assert second.describe().count("held") < first.describe().count("held")


def test_one_scenario_is_not_the_whole_exercise() -> None:
    report = checked("def receive_all(conn):\n    return conn.recv(100_000)", "receive_all", only=1)
    assert not report.passed and "the only one that was played" in report.headline
    assert "helpers.check(receive_all)" in report.describe()
    assert progress_file.state("receive_all") == "tried"


# An interrupted check -------------------------------------------------------------------------------------------------


def test_a_check_that_was_interrupted_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(exercise: Any, function: Any, seed: int, show: Any, only: int | None = None) -> Report:
        show([], exercise.scenarios[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(exercises, "play", interrupted)
    with pytest.raises(KeyboardInterrupt):
        checked("def receive_all(conn):\n    return conn.recv(1)", "receive_all")
    said = capsys.readouterr().out
    assert "receive_all: the check was interrupted" in said and "interrupted  one word" in said
    assert progress_file.state("receive_all") == "tried"


def test_one_that_is_interrupted_while_its_picture_is_drawn_says_what_it_had_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = Report.describe

    def interrupted_once(report: Report) -> str:
        if not report.interrupted:
            raise KeyboardInterrupt
        return describe(report)

    monkeypatch.setattr(Report, "describe", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        checked("def receive_all(conn):\n    return conn.recv(1)", "receive_all")
    said = capsys.readouterr().out
    assert "the check was interrupted" in said and "fell  one word" in said and "interrupted  its picture" in said


# Mistakes, hints, HTML ------------------------------------------------------------------------------------------------


def test_a_belief_is_not_stated_as_if_it_were_true() -> None:
    for number, each in MISCONCEPTIONS.items():
        assert each.mistake.startswith(("to believe that ", "to read ", "to split ")), number
        assert each.truth.endswith(".") and each.cells


def test_a_report_leads_to_the_list() -> None:
    report = checked("def receive_all(conn):\n    return conn.recv(100_000)", "receive_all")
    number = report.results[-1].misconception
    assert f"number {number} of the course's list: to believe that" in report.describe()
    assert f"notebooks/{PAGE}" in report.describe()
    assert f'<a href="{PAGE}#Number-{number}" ' in report.as_html()
    assert f"## Number {number}\n" in (NOTEBOOKS / PAGE).read_text(encoding="utf-8")


def test_back_quotes_are_code_and_words_stay_whole() -> None:
    assert prose.as_html("`with` is <no> word") == "<code>with</code> is &lt;no&gt; word"
    assert "word-break: normal" in prose.whole("")


def test_lines_fit_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "  fell  one\n        " + "a sentence of words " * 10 + "\n  | " + "y" * 100
    assert prose.wrapped(text) == text
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    lines = prose.wrapped(text).split("\n")
    assert [line for line in lines if len(line) > 60] == ["  | " + "y" * 100]
    assert all(line.startswith("        a") or line.startswith("        ") for line in lines[1:-1])
    assert " ".join(" ".join(lines[1:-1]).split()) == ("a sentence of words " * 10).strip()


def test_no_picture_of_nothing() -> None:
    report = checked("import socket\ndef open_listener():\n    return socket.socket()", "open_listener")
    assert not report.results[-1].held and "<img" not in report.as_html()


def test_hints_are_shown_for_a_function_of_any_kind(capsys: pytest.CaptureFixture[str]) -> None:
    exercises.hinted.clear()
    variables = notebook("import helpers\nreceive_all = lambda conn: b''\nhelpers.hint(receive_all)")
    assert "Hint 1 of 3" in capsys.readouterr().out and variables
