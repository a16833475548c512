"""A function taken out of a notebook: with what it needs, and nothing else; no line of it is run here."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from helpers import exercises
from helpers.checking.source import NotDefined, define
from helpers.course.lessons import find_lessons
from helpers.grading.cells import Unreadable, code_of
from helpers.grading.inside import flags_of, judged
from helpers.grading.likeness import likeness, of_solution
from helpers.grading.taking import Taken, take, why_missing
from tests.grading.handed_in import notebook, solution


def taken(*cells: str, name: str = "f") -> Taken:
    found = take(code_of(notebook(*cells)), name)
    assert found is not None
    return found


def lines(found: Taken) -> list[str]:
    """What would be run to define it."""
    return [line for cell in found.source.cells for line in cell.text.splitlines() if line]


def made(found: Taken) -> Any:
    return define(found.source.name, found.source.cells, found.source.flags)


def test_it_comes_with_what_it_needs_and_nothing_else() -> None:
    found = taken(
        "import socket\nimport struct",
        "server = start()\nprint('hello')",
        "SIZE = 4\n\ndef f(conn):\n    return g(conn, SIZE)\n\nf(server)",
        "def g(conn, n):\n    return struct.unpack('>I', conn)[0] * n",
    )
    assert lines(found) == ["import struct", "SIZE = 4", "def f(conn):", "    return g(conn, SIZE)", "def g(conn, n):", "    return struct.unpack('>I', conn)[0] * n"]  # fmt: skip
    assert made(found)(b"\0\0\0\2") == 8


MEANT = {
    "its own cell before those above": (["A = 1", "A = 2\ndef f(): return A", "A = 3"], 2),
    "the last one above": (["A = 1", "A = 2", "def f(): return A", "A = 3"], 2),
    "the first one below": (["def f(): return A", "A = 3", "A = 4"], 3),
    "the last definition": (["def f(): return 1", "def f(): return 2"], 2),
    "the one that is written, where a stub stands below it": (["def f(): return 1", 'def f():\n    """What."""\n    ...'], 1),
    "under another name": (["def mine(): return 5", "f = mine"], 5),
    "what is put into it": (["T = {}\nT['a'] = 6", "def f(): return T['a']"], 6),
    "what is added to it": (["T = []\nT.append(16)", "def f(): return T[0]"], 16),
    "a module as it is": (["import socket\nsocket.nothing(1)\ndef f(): return socket.AF_INET and 17"], 17),
    "a decorator": (["import functools", "@functools.lru_cache\ndef f(): return 7"], 7),
    "a default argument": (["A = 8", "def f(a=A): return a"], 8),
    "a class": (["class C:\n    x = 9", "def f(): return C().x"], 9),
    "a condition": (["import sys", "if sys.platform:\n    A = 10\nelse:\n    A = 0", "def f(): return A"], 10),
    "several on a line": (["A = 10; B = 1", "def f(): return A + B"], 11),
    "an indented cell": (["    def f():\n        return 12"], 12),
    "beside escapes": (["%matplotlib inline\n!ls\nfiles = !ls\nlen?\ndef f():\n    return 13"], 13),
    "under a magic": (["%%watch\ndef f(): return 14"], 14),
    "what is counted up": (["A = 17", "A += 1\nA += 1", "def f(): return A - 1"], 18),
    "a list that grows": (["T = [19]\nT += [20]", "def f(): return T[0]"], 19),
    "what a condition leaves": (["A = 20", "if not True:\n    A = 0", "def f(): return A"], 20),
    "what a loop puts into it": (["T = {}\nfor i in range(22): T[i] = i", "def f(): return T[21]"], 21),
    "what a condition puts into it": (["T = {}\nif True:\n    T['a'] = 22", "def f(): return T['a']"], 22),
    "what it keeps with itself": (["A = 22\ndef f():\n    f.count += 1\n    return f.count\nf.count = A"], 23),
    "what is made of it": (["def f(): return 12", "def f():\n    ...", "def twice(g):\n    return lambda: 2 * g()", "f = twice(f)"], 24),
    "the former one": (["def f(): return 24", "old = f\ndef f(): return old() + 1"], 25),
    "a function that calls itself": (["def g(): return 0 if True else g()", "def g(n=26): return n or g()", "def f(): return g()"], 26),
    "copied from a terminal": (["\n>>> A = 27\n>>> def f():\n...     return A\n..."], 27),
    "copied from IPython": (["In [1]: A = 28\nIn [2]: def f():\n   ...:     return A\n"], 28),
    "under a command of two lines": (["!ls \\\n  -l\ndef f(): return 29"], 29),
    "what is put into a part of it": (["T = {'a': []}\nT['a'].append(32)", "def f(): return T['a'][0]"], 32),
    "what is put into it beside the function": (["T = {}", "T['a'] = 33\ndef f(): return T['a']"], 33),
    "what is taken out of it": (["T = [0, 34]\ndel T[0]", "def f(): return T[0]"], 34),
    "parts of a module": (["import http.client", "import http.server", "def f(): return 35 if http.client and http.server else 0"], 35),
    "what was put into it before it grew": (["T = []\nT.append(36)", "T += [0]", "def f(): return T[0]"], 36),
    "beside many conditions": (["T = [31]", "if False: pass\n" + "elif False: pass\n" * 900 + "else: T.append(0)", "def f(): return T[0]"], 31),
    "beside three dots": (["...\ndef f(): return 30\n..."], 30),
    "all of a module": (["from math import *", "def f(): return int(floor(15.5))"], 15),
}  # fmt: skip


@pytest.mark.parametrize("what", MEANT)
def test_names_mean_what_they_mean_in_a_notebook(what: str) -> None:
    cells, value = MEANT[what]
    assert made(taken(*cells))() == value


def test_lines_keep_their_numbers() -> None:
    found = taken("# a comment\n\nimport os\n\ndef f():\n    return inspect.currentframe().f_lineno", "import inspect")
    assert made(found)() == 6
    assert made(found).__code__.co_filename == "<cell 1>"


def test_what_the_future_brings_is_said_once_for_all_cells() -> None:
    found = taken("from __future__ import annotations", "def f(a: Nothing): return a")
    assert made(found)(1) == 1


def test_an_async_function_is_one() -> None:
    found = taken("async def f(reader): return 1")
    assert found.source.is_async and inspect.iscoroutinefunction(made(found))
    assert taken("async def g(reader): return 1", "f = g").source.is_async


def test_programs_of_their_own_define_nothing() -> None:
    assert take(code_of(notebook("%%background server.py\ndef f(): return 1")), "f") is None


def test_nothing_is_put_into_what_is_not_there() -> None:
    assert lines(taken("socket.setdefaulttimeout(1)\ndef f(): return socket")) == ["def f(): return socket"]


def test_what_a_function_is_made_of_is_no_other_definition() -> None:
    assert not taken("def f(): return 1", "f = traced(f)").often
    assert taken("def f(): return 1", "def f(): return 2\nf = traced(f)").often
    assert not taken("def f(): ...", "def f(): return 2").often


def test_the_notebooks_variables_are_known() -> None:
    assert taken("data = b''\nLIMIT = 3\nimport os\ndef f(): return data, LIMIT, os").source.variables == ("data",)


@pytest.mark.parametrize("stub", ["def f(a): ...", "def f(a): pass", "def f(a): 'What.'", "async def f(a):\n  'What.'\n  ..."])  # fmt: skip
def test_a_stub_is_not_begun(stub: str) -> None:
    assert taken(stub).is_stub


def test_what_is_never_run_while_it_is_taken(tmp_path: Any) -> None:
    mark = tmp_path / "run"
    taken(f"A = open({str(mark)!r}, 'w')", f"def f(a=open({str(mark)!r}, 'w'), b=A): return a")
    assert not mark.exists()


def test_lines_that_raise_say_so_where_they_are_run() -> None:
    with pytest.raises(NotDefined, match="ZeroDivisionError: division by zero"):
        made(taken("A = 1 / 0\ndef f(): return A"))
    with pytest.raises(NotDefined, match="SystemExit"):
        made(taken("import sys\ndef f(a=sys.exit()): return a"))
    with pytest.raises(NotDefined, match="no line that was run defines f"):
        made(taken("if False:\n    f = 1"))


MISSING = {
    "nothing": (["x = 1"], ("missing", "No cell defines read_lines.")),
    "a slip": (["def readlines(c): return 1"], ("missing", "No cell defines read_lines; there is readlines.")),
    "no Python": (["def read_lines(c)\n    return 1"], ("no Python", "The cell that defines it is no Python: line 1: expected ':'.")),
    "a longer name that is no Python": (["def read_lines_fast(c)\n    return 1"], ("missing", "No cell defines read_lines.")),
    "another exercise": (["def read_line(c): return 1"], ("missing", "No cell defines read_lines.")),
}  # fmt: skip


@pytest.mark.parametrize("what", MISSING)
def test_why_there_is_none(what: str) -> None:
    cells, said = MISSING[what]
    assert why_missing(code_of(notebook(*cells)), "read_lines", {"read_lines", "read_line"}) == said


STUB = "def read_lines(conn):\n    ..."
LEFT = {
    "nothing else": (STUB, ("not started", "")),
    "a slip in another cell": ("def readlines(c): return 1", ("not started", "read_lines is still the lesson's stub; there is readlines.")),
    "no Python in another cell": ("def read_lines(c)\n    return 1", ("no Python", "The cell that defines it is no Python: line 1: expected ':'.")),
    "what the lesson defines": ("def given_lines(c): return 1\ndef read_line(c): return 2", ("not started", "")),
}  # fmt: skip


@pytest.mark.parametrize("what", LEFT)
def test_beside_the_stub_there_may_be_something(what: str) -> None:
    cell, said = LEFT[what]
    verdict = judged(exercises.find("read_lines"), code_of(notebook(STUB, cell)), 1, ["given_lines", "read_line"])
    assert (verdict.state, verdict.sentence) == said


def test_a_function_that_runs_what_does_not_stand_in_it_is_flagged() -> None:
    hidden = 'def read_lines(conn):\n    m = __import__("hel" + "pers.exercises", fromlist=["x"])\n    exec(m.find("read_lines").solution)'
    found = taken(hidden, name="read_lines")
    assert flags_of(found, exercises.find("read_lines"), "") == ["runs what is not written there: __import__, exec"]
    found = taken("import importlib\ndef f(): return importlib", name="f")
    assert flags_of(found, exercises.find("read_lines"), "") == ["runs what is not written there: importlib"]


def test_cells_of_an_older_format_stand_in_worksheets() -> None:
    sheets = [3, {"cells": 3}, {"cells": [{"cell_type": "code", "input": ["def f():\n", "    return 1"]}]}]
    found = take(code_of(json.dumps({"nbformat": 3, "worksheets": sheets}).encode()), "f")
    assert found is not None and made(found)() == 1


NO_NOTEBOOK = {
    "nothing": b"", "nothing but spaces": b" \n", "a list": b"[1]", "null": b"null", "a bracket": b"{", "sheets that are none": b'{"worksheets": 3}', "no sheets": b'{"worksheets": [3]}', "no text": b"\xff",
    "cells that are none": b'{"cells": {}}', "brackets": b"[" * 100_000, "a long number": b"1" * 5000,
}  # fmt: skip


@pytest.mark.parametrize("content", NO_NOTEBOOK.values(), ids=NO_NOTEBOOK.keys())
def test_what_is_no_notebook(content: bytes) -> None:
    with pytest.raises(Unreadable):
        code_of(content)


BROKEN = {
    "brackets": "(" * 100_000,
    "signs": "-" * 100_000 + "1",
    "a null byte": "x = 1\0",
    "half a character": "\ud800 = 1",
    "escapes": "!ls\n" * 300,
    "nowhere local": "nonlocal x",
    "a return": "return 1",
    "an await": "await x",
}


@pytest.mark.parametrize("cell", BROKEN.values(), ids=BROKEN.keys())
def test_no_cell_stops_the_others(cell: str) -> None:
    assert made(taken(cell, "def f(): return 1"))() == 1


def test_what_is_alike() -> None:
    def of(source: str) -> str:
        found = taken(source).definition
        assert found is not None
        return likeness(found)

    one = of('def f(conn, n):\n    """What."""\n    data = conn.recv(n)  # all of it\n    return data')
    assert one == of("def f(c: socket, k) -> bytes:\n    x = c.recv(k)\n\n    return x")
    assert one != of("def f(conn, n):\n    data = conn.recv(n + 1)\n    return data")
    assert one != of("def f(conn, n):\n    data = conn.recv(n)\n    return n")


def test_the_courses_own_answer_is_known() -> None:
    source = solution("receive_exactly")
    found = taken(source.replace("conn", "c"), name="receive_exactly").definition
    assert found is not None and likeness(found) == of_solution(source, "receive_exactly")
    assert of_solution(source, "nothing") == ""


def test_of_the_lessons_themselves_nothing_is_begun() -> None:
    codes = {path.name[:2]: code_of(path.read_bytes()) for path in find_lessons([])}
    for exercise in exercises.exercises():
        assert judged(exercise, codes[f"{exercise.lesson:02}"], 1).state == "not started", exercise.key
