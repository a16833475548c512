"""What a program prints of its errors and of its stack: what the same file prints in a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import helpers
from helpers.running.install import install, uninstall
from tests.support.scripts import as_a_program, as_a_script

REFUSED = (
    "    s = socket.socket()\n    with s: s.connect(('127.0.0.1', 1))\nexcept OSError as e:\n    e.__notes__ = []\n"
)
"""A call that passes through our code; our advice is no part of what is compared."""

SOURCES = {
    "print_exc": f"import socket, traceback\ntry:\n{REFUSED}    traceback.print_exc()",
    "format_exc": "import traceback\ntry:\n    try: 1/0\n    except ZeroDivisionError as e: raise KeyError('k') from e\nexcept KeyError: print(traceback.format_exc())",
    "print_tb": f"import socket, sys, traceback\ntry:\n{REFUSED}    traceback.print_tb(sys.exc_info()[2], limit=5)",
    "exc_info": "import sys\ntry: 1/0\nexcept Exception:\n    print(sys.exc_info()[2].tb_next, sys.exc_info()[0])\nprint(sys.exc_info())",
    "print_stack": "import traceback\ndef f(): traceback.print_stack()\nf()\ntraceback.print_stack(limit=1)\nprint(len(traceback.extract_stack()), traceback.format_stack())",
    "print_stack of a thread": "import threading, traceback\nt = threading.Thread(target=traceback.print_stack); t.start(); t.join()",
    "print_stack of a subclass": "import threading, traceback\nclass T(threading.Thread):\n    def run(self): traceback.print_stack()\nt = T(); t.start(); t.join()",
    "logging.exception": f"import logging, socket, sys\nlogging.getLogger('l').addHandler(logging.StreamHandler())\nlogging.getLogger('l').propagate = False\ntry:\n{REFUSED}    logging.getLogger('l').exception('oh', stack_info=True)",
    "__del__": "class X:\n    def __del__(self):\n        raise ValueError('x')\nX()\nprint('on')",
    "a weak reference's callback": "import weakref\nclass X: pass\ndef fall(r):\n    raise ValueError('x')\nx = X(); w = weakref.ref(x, fall); del x\nprint('on')",
    "a syntax error": "def f(:\n",
    "a syntax error in a module": "import pathlib\npathlib.Path('broken_kid.py').write_text('1 = 2')\nimport sys; sys.path.insert(0, '.')\nimport broken_kid",
    "endless recursion": "import traceback\ndef f(n): return f(n + 1)\ntry: f(1)\nexcept RecursionError: print(traceback.format_exc().partition('[Previous')[0])",
    "a group": "e = ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [TypeError(2)])])\ne.add_note('noted')\ne.exceptions[0].add_note('deep')\nraise e",
    "a task group": "import asyncio\nasync def bad(n): raise ValueError(n)\nasync def main():\n    async with asyncio.TaskGroup() as g:\n        g.create_task(bad(1)); g.create_task(bad(2))\nasyncio.run(main())",
    "except*": "try: raise ExceptionGroup('g', [ValueError(1), TypeError(2)])\nexcept* ValueError as e: raise KeyError from e",
    "its own cause": "e = ValueError('x')\nraise e from e",
    "a circle": "a, b = ValueError('a'), ValueError('b')\na.__context__ = b; b.__context__ = a\nraise a",
    "a circle of a group": "e = ValueError('x')\ng = ExceptionGroup('g', [e])\ne.__cause__ = g\nraise e",
    "a str that fails": "class Hostile(Exception):\n    def __str__(self): raise RuntimeError\n    __repr__ = __str__\nraise Hostile",
    "a traceback that fails": "class Hostile(Exception):\n    @property\n    def __traceback__(self): raise RuntimeError\nraise Hostile('x')",
    "from None": "try: 1/0\nexcept Exception: raise ValueError('v') from None",
    "an error of its own thread's pool": "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as p: p.submit(lambda: 1/0).result()",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("what", SOURCES)
def test_it_is_what_a_terminal_shows(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert as_a_program(SOURCES[what]) == as_a_script(SOURCES[what], tmp_path)
    sys.modules.pop("broken_kid", None)


def test_a_warning_names_its_line(tmp_path: Path) -> None:
    """In a process of its own: pytest keeps the warnings of its own for itself."""
    source = "import warnings\nwarnings.warn('careful')\ndef f(): warnings.warn('caller', DeprecationWarning, stacklevel=2)\nf()"
    script = f"import helpers\np = helpers.background({source!r}, 'server.py')\np.wait(9)\nprint(p.output, end='')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == as_a_script(source, tmp_path).replace(f"{tmp_path}{os.sep}", "")
    assert done.stderr == ""


def test_an_address_that_is_refused_twice_is_a_group_without_our_frames() -> None:
    shown = as_a_program("import socket\nsocket.create_connection(('localhost', 1), all_errors=True)")
    assert "traced.py" not in shown and 'File "server.py", line 2, in <module>' in shown
    assert "Nobody listens on" in shown  # the note is kept


@pytest.mark.parametrize("link", ["__cause__", "__context__"])
def test_a_very_long_way_to_an_error(link: str) -> None:
    source = f"e = None\nfor n in range(5000):\n    new = ValueError(n); new.{link} = e; e = new\nraise e"
    program = helpers.background(source, "long")
    assert program.wait(30) and program.error
    assert program.error.startswith("ValueError: 0\n") and program.error.endswith("ValueError: 4999\n")


def test_groups_that_lie_very_deep_in_each_other() -> None:
    shown = as_a_program("g = ValueError(1)\nfor n in range(3000): g = ExceptionGroup('g', [g])\nraise g")
    assert "ExceptionGroup: g (1 sub-exception)" in shown


def test_the_error_of_a_thread_of_its_own() -> None:
    shown = as_a_program(
        "import threading\ndef f(): raise ValueError('in a thread')\nthreading.Thread(target=f).start()"
    )
    assert "group.py" not in shown and "install.py" not in shown
    assert 'File "server.py", line 2, in f' in shown and "ValueError: in a thread" in shown


def test_errors_of_others_are_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.unraisablehook
    install()
    traceback.print_stack()
    assert "pytest" in capsys.readouterr().err
    uninstall()
    assert sys.unraisablehook is before


def test_a_hook_that_somebody_else_sets_stays() -> None:
    install()
    ours = sys.unraisablehook
    sys.unraisablehook = mine = lambda what: None
    uninstall()
    assert sys.unraisablehook is mine
    sys.unraisablehook = ours
    uninstall()
