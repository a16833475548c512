"""Errors of a cell: the learner's own lines, none of ours, and the next one is shown as well as the first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from nbclient import NotebookClient

from tests.notebook.test_magics import LOAD, Notebook, names_our_files
from tests.support.notebooks import notebook_of

GROUP = "socket.create_connection(('localhost', 1), all_errors=True)"
CELLS = {
    "its own cause": ("e = ValueError('x')\nraise e from e", "ValueError: x"),
    "a circle": ("a, b = ValueError('a'), ValueError('b')\na.__context__ = b; b.__context__ = a\nraise a", "ValueError: a"),
    "a long way": ("e = None\nfor n in range(5000):\n    new = ValueError(n); new.__cause__ = e; e = new\nraise e", "ValueError: 4999"),
    "a group": (f"{GROUP}\n", "Nobody listens on"),
    "a watched group": (f"%%watch\n{GROUP}", "Nobody listens on"),
    "a group with a note": ("e = ExceptionGroup('g', [ValueError(1)])\ne.add_note('a note')\nraise e", "a note"),
    "a task group": ("import asyncio\nasync def f(): socket.create_connection(('127.0.0.1', 1))\nasync with asyncio.TaskGroup() as g: g.create_task(f())", "Nobody listens on"),
    "groups in groups": ("g = ValueError(1)\nfor n in range(3000): g = ExceptionGroup('g', [g])\nraise g", "ExceptionGroup: g"),
    "a str that fails": ("class Hostile(Exception):\n    def __str__(self): raise RuntimeError\nraise Hostile", "Hostile"),
    "a traceback that fails": ("class Hostile(Exception):\n    @property\n    def __traceback__(self): raise RuntimeError\nraise Hostile", "Hostile"),
    "a cause that fails": ("class Hostile(Exception):\n    @property\n    def __cause__(self): raise RuntimeError\nraise Hostile", "Hostile"),
    "a class that fails": ("class Hostile(Exception):\n    @property\n    def __class__(self): raise RuntimeError\nraise Hostile", "Hostile"),
    "notes that fail": ("class Hostile(Exception):\n    @property\n    def __notes__(self): raise RuntimeError\nraise Hostile", "Hostile"),
    "a name that fails": ("class Hostile(NameError):\n    @property\n    def name(self): raise RuntimeError\nraise Hostile", "Hostile"),
    "a deep recursion": ("def f(n):\n    if n: return f(n - 1)\n    raise RecursionError\nf(9)", "more times"),  # a deeper one IPython formats for 10 s, for its history
    "a syntax error": ("compile('1 = 2', 'x.py', 'exec')", "cannot assign"),
}  # fmt: skip


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    client = NotebookClient(notebook_of(), timeout=30, allow_errors=True)
    with client.setup_kernel():
        notebook = Notebook(client)
        notebook.run(LOAD)
        yield notebook


@pytest.mark.slow
@pytest.mark.parametrize("what", CELLS)
def test_an_error_is_shown_and_so_is_the_next(notebook: Notebook, what: str) -> None:
    source, says = CELLS[what]
    shown = notebook.text(source)
    assert says in shown and "Custom TB Handler" not in shown
    assert not names_our_files(shown) and "interactiveshell.py" not in shown
    again = notebook.text("with socket.socket() as s: s.connect(('127.0.0.1', 1))")
    assert "Nobody listens on" in again and not names_our_files(again)
