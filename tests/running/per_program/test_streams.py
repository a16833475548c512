"""The streams of a program in a window, its arguments, and what asks there."""

from __future__ import annotations

import contextlib
import getpass
import io
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import helpers
from helpers.running.install import install, uninstall
from tests.running.per_program.comparing import Typed, compare
from tests.support.terminal import needs_terminal
from tests.support.waiting import eventually

TO_ITS_END = ["n", "n", "n", "c"] if sys.version_info >= (3, 13) else ["n", "n", "n"]
"""What takes a debugger through two lines and out: from 3.13 on `set_trace()` stops in its own line, and after the last one `n` leads on into what Python does at its end."""

PROGRAMS = {
    "bytes": "import sys\nsys.stdout.buffer.write(b'x\\xc3'); sys.stdout.buffer.write(b'\\xa9\\n'); sys.stdout.buffer.flush(); print(1)",
    "reconfigured": "import sys\nsys.stdout.reconfigure(encoding='ascii', errors='backslashreplace'); print('\\xe9')\nprint(sys.stdout.encoding, sys.stdout.errors)",
    "what they are": "import sys\nfor each in (sys.stdin, sys.stdout, sys.stderr):\n    print(each, each.name, each.mode, each.encoding, each.isatty(), each.readable(), each.writable(), each.closed)\nprint(sys.stdout is sys.__stdout__)",
    "stderr": "import sys\nprint('\\udce9', file=sys.stderr)\nsys.stderr.write('a\\n')\nsys.stderr.buffer.write(b'b\\n')\nsys.stderr.writelines(['c', 'd\\n'])",
    "what cannot be encoded": "print('\\udce9')",
    "wrong types": "import sys\ntry:\n    sys.stdout.write(b'x')\nexcept TypeError as error:\n    print(error)\ntry:\n    sys.stdout.buffer.write('x')\nexcept TypeError as error:\n    print(error)",
    "redirected": "import contextlib, io, sys\nf = io.StringIO()\nwith contextlib.redirect_stdout(f), contextlib.redirect_stderr(f):\n    print('a'); print('b', file=sys.stderr)\nprint(repr(f.getvalue()))",
    "replaced": "import io, sys\nsys.stdout = f = io.StringIO()\nprint(3)\nsys.stdout = sys.__stdout__\nprint(f.getvalue())",
    "a class of its own": "import sys\nclass Tee:\n    def write(self, text): sys.__stdout__.write(text.upper())\n    def flush(self): pass\nsys.stdout = Tee()\nprint('abc')",
    "none": "import sys\nsys.stdout = None\nprint('nobody hears')\nsys.stdout = sys.__stdout__\nprint('heard')",
    "closed": "import sys\nsys.stdin.close()\nprint(sys.stdin.closed)\ntry:\n    input()\nexcept ValueError as error:\n    print(error)",
    "arguments": "import argparse, sys\nparser = argparse.ArgumentParser()\nparser.add_argument('--port', type=int, default=5)\nprint(parser.parse_args(), sys.argv)\nparser.error('no')",
    "arguments changed": "import sys\nsys.argv[1:] = ['--port', '7']\nimport argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--port')\nprint(parser.parse_args())",
    "an excepthook": "import sys\nsys.excepthook = lambda kind, error, trace: print('hook:', kind.__name__, error)\n1 / 0",
    "exit": "print(1)\nexit()\nprint(2)",
    "quit": "quit('bye')",
    "pprint, json": "import json, pprint, sys\njson.dump({'a': 1}, sys.stdout)\npprint.pprint(['b'])",
    "by their numbers": "import os\nos.write(1, b'one\\n')\nos.write(2, b'two\\n')\nprint(os.isatty(0), os.isatty(1), os.path.exists(os.devnull))\nr, w = os.pipe()\nos.write(w, b'x')\nprint(os.read(r, 1), os.isatty(r))\nos.close(r), os.close(w)",
    "an interpreter in it": "import code, sys\nprint(code.InteractiveConsole({'x': 6}).runsource('x * 7'))",
    "kept at the end": "import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\nprint('not flushed by anybody')",
}  # fmt: skip

TALKS: dict[str, tuple[str, Typed]] = {
    "input": ("a = input('a? ')\nprint([a])\nb = input('b? ')\nprint([b])", [("a? ", "1"), ("b? ", "")]),
    "readline": ("import sys\nprint('>')\nprint([sys.stdin.readline()])", [(">\n", "1")]),
    "for line": ("import sys\nprint('>')\nfor line in sys.stdin:\n    print([line])\n    if line == '2\\n': break", [(">\n", "1"), ("['1\\n']\n".replace("\n'", "\\n'"), "2")]),
    "bytes": ("import sys\nprint('>')\nprint(sys.stdin.buffer.readline())", [(">\n", "é")]),
    "both": ("import sys\na = input('a? ')\nprint('>')\nprint([a, sys.stdin.readline(), sys.stdin.buffer.readline()])", [("a? ", "1"), (">\n", "2"), ("2\n", "3")]),
    "getpass": ("import getpass\nprint([getpass.getpass()])\nprint([getpass.getpass('pin: ')])", [("Password: ", "secret"), ("pin: ", "12")]),
    "breakpoint": ("def f(x):\n    y = x * 2\n    return y\nbreakpoint()\nprint(f(3))", [("(Pdb) ", line) for line in ("w", "s", "n", "p x", "l", "u", "c")]),
    "pdb": ("import pdb\nx = 1\npdb.set_trace()\nprint(x)\ny = 2", [("(Pdb) ", line) for line in ("x = 5", "n", "n", "c")]),
    "pdb to its end": ("import pdb\nx = 1\npdb.set_trace()\nprint(x)\ny = 2", [("(Pdb) ", line) for line in TO_ITS_END]),
    "pdb in a thread": ("import pdb, threading\ndef f():\n    x = 1\n    pdb.set_trace()\n    print(x)\nt = threading.Thread(target=f)\nt.start()\nt.join()", [("(Pdb) ", line) for line in ("p x", "c")]),
    "pdb after a fall": ("import pdb, sys\ntry:\n    1 / 0\nexcept ZeroDivisionError as error:\n    pdb.post_mortem(error.__traceback__)", [("(Pdb) ", line) for line in ("l", "q")]),
    "read by its number": ("import os\nprint('>')\nprint(os.read(0, 100))", [(">\n", "1")]),
    "an interpreter": ("import code\ncode.interact('hello', local={'x': 6}, exitmsg='bye')", [(">>> ", "x * 7"), (">>> ", "exit()")]),
    "cmd": ("import cmd\nclass Shell(cmd.Cmd):\n    prompt = '> '\n    def do_hello(self, rest): print('hello', rest)\n    def do_end(self, rest): return True\nShell().cmdloop('welcome')", [("> ", "hello you"), ("> ", "end")]),
}  # fmt: skip


@pytest.mark.slow
@needs_terminal
@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_they_are_what_they_are_in_a_terminal(source: str, tmp_path: Path) -> None:
    compare(tmp_path, source)


@needs_terminal
@pytest.mark.parametrize(("source", "typed"), TALKS.values(), ids=TALKS)
def test_what_asks_asks_in_the_window(source: str, typed: Typed, tmp_path: Path) -> None:
    helpers.background("pass", "one before").wait(10)  # a debugger once hung after the end of another program
    compare(tmp_path, source, typed)


IMPORTS = {
    "as everybody does": "import pdb",
    "in a roundabout way": "import importlib\npdb = importlib.import_module('p' + 'db')",
    "in what it imports": "from doctest import pdb",
}


@pytest.mark.parametrize("imports", IMPORTS.values(), ids=IMPORTS)
def test_a_debugger_shows_nothing_of_ours_where_nobody_had_imported_it(imports: str) -> None:
    """In a script of one's own; pytest has imported it."""
    source = f"{imports}\nx = 1\npdb.set_trace()\nprint(x)"
    script = f"""import helpers, sys
assert "pdb" not in sys.modules
program = helpers.background({source!r}, "program", typed=["u", "p x", "c"])
program.wait(5)
print(program.output)"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20)
    assert "Oldest frame" in done.stdout and "thread_program" not in done.stdout, done


def test_what_a_program_does_to_its_streams_reaches_nobody_else(capsys: pytest.CaptureFixture[str]) -> None:
    source = (
        "import sys, io\nsys.stdout = io.StringIO()\nsys.stderr.close()\nsys.stdin.close()\nsys.argv = ['x']\ninput"
    )
    argv = sys.argv
    first = helpers.background(f"{source}\nimport threading\nthreading.Event().wait()", "first")
    second = helpers.background("import sys\nprint('second', sys.argv)\nprint('still', file=sys.stderr)", "second")
    assert second.wait(10) and second.output == "second ['second']\nstill\n"
    print("ours")
    assert capsys.readouterr().out == "ours\n" and sys.argv is argv and not sys.stdin.closed
    first.stop()


def test_what_the_notebook_redirects_is_its_own() -> None:
    program = helpers.background("input()\nprint('mine')", "program")
    with contextlib.redirect_stdout(io.StringIO()) as ours:
        print("ours")
        program.type("")
        assert program.wait(10)
    assert (ours.getvalue(), program.output) == ("ours\n", "\nmine\n")


def test_a_redirection_in_a_handler_is_its_servers_own(capsys: pytest.CaptureFixture[str]) -> None:
    kept = io.StringIO()

    def handle(conn: socket.socket, addr: object) -> None:
        with contextlib.redirect_stdout(kept):
            print("to the text")
            conn.sendall(b"x")
            conn.recv(1)
        print("to the log")

    with helpers.Server(handle) as server, socket.create_connection(server.address or ()) as client:
        assert client.recv(1) == b"x"
        print("ours")
        client.close()
        assert server.wait(1, 2)
    assert kept.getvalue() == "to the text\n" and "to the log" in server.log
    assert capsys.readouterr().out == "ours\n"


@pytest.mark.parametrize(
    "source",
    [
        "import select, socket, sys\nwith socket.socket() as s: select.select([sys.stdin, s], [], [])",
        "import selectors, sys\nselectors.DefaultSelector().register(sys.stdin, selectors.EVENT_READ)",
        "import sys\nsys.stdin.fileno()",
        "import os, sys\nos.write(sys.stdout.fileno(), b'x')",
    ],
)
def test_where_a_descriptor_is_asked_for_it_says_what_to_do(source: str) -> None:
    program = helpers.background(source, "program")
    assert program.wait(10) and program.error
    assert "runs in a thread" in program.error and "%%background NAME --process" in program.error
    assert "select.py" not in program.error.splitlines()[-1]


def test_half_a_character_stays_where_it_was() -> None:
    program = helpers.background("import sys\nsys.stdout.buffer.write(b'\\xc3')\nprint('a')", "program")
    assert program.wait(10) and program.output == "\\xc3a\n"


def test_hostile_bytes_stay_bytes() -> None:
    program = helpers.background("import sys\nsys.stdout.buffer.write(b'\\xff\\x1b[2J\\n')", "program")
    assert program.wait(10) and program.describe().splitlines()[1:] == ["| \\xff\\x1b[2J"]


def test_what_is_typed_unseen_is_not_shown() -> None:
    program = helpers.background("import getpass\nprint(len(getpass.getpass()))", "program")
    assert program.status == "running, waits for input"
    program.type("geheim")
    assert eventually(lambda: program.output == "Password: \n6\n")


def test_it_is_all_put_back() -> None:
    uninstall()
    before = [sys.stdin, sys.stdout, sys.stderr, sys.argv, input, getpass.getpass, sys.breakpointhook, select.select]
    kinds = type(sys), type(sys.modules["__main__"])
    install()
    install()
    assert (sys.stdout, sys.stdin) == (before[1], before[0])  # everybody but a program sees what was there
    uninstall()
    assert [
        sys.stdin,
        sys.stdout,
        sys.stderr,
        sys.argv,
        input,
        getpass.getpass,
        sys.breakpointhook,
        select.select,
    ] == before
    assert (type(sys), type(sys.modules["__main__"])) == kinds
    assert vars(sys)["stdout"] is before[1]


def test_what_others_put_there_meanwhile_stays() -> None:
    install()
    theirs = io.StringIO()
    plain, sys.stdout = sys.stdout, theirs
    try:
        print("to theirs")
        program = helpers.background("print('to the window')", "program")
        assert program.wait(10) and program.output == "to the window\n"
        uninstall()
        assert sys.stdout is theirs and theirs.getvalue() == "to theirs\n"
    finally:
        sys.stdout = plain
