"""The judge against mischief: whatever the learner's function does, it is told in a sentence, and nothing of it is left."""

from __future__ import annotations

import _thread
import functools
import os
import pathlib
import socket
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from helpers import exercises
from helpers.checking import wire
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.play import play
from helpers.checking.process import MARK
from helpers.checking.report import Report
from helpers.exercises import progress_file
from helpers.running.processes import copies

POSIX = pytest.mark.skipif(os.name != "posix", reason="fork and signals are of POSIX")
RIGHT = "return conn.recv(n, socket.MSG_WAITALL)"


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    yield
    left = {each.pid for each in psutil.Process().children(recursive=True)}
    assert left <= {*copies.lasting()}, "processes are left behind"
    assert not list(_marked()), "processes are left behind, in hiding"


def _marked() -> Iterator[int]:
    for each in psutil.process_iter():
        try:
            if each.environ().get(MARK, "").startswith(f"{os.getpid()}-") and each.pid not in copies.lasting():
                yield each.pid
        except (psutil.Error, OSError):
            continue


def exercise(rounds: int = 2) -> Exercise:
    """Take n bytes from a connection: as many scenarios as `rounds`, all in one process."""
    made = Exercise(8, "take(conn, n)", "", ("", "", ""), "", "")

    def five(judge: Judge) -> None:
        peer, call = judge.talk(5)
        peer.send(b"hello")
        peer.end()
        call.must_return(b"hello")

    for number in range(rounds):
        made.scenario(1, f"five bytes, {number}")(five)
    return made


def function(body: str, before: str = "", name: str = "take") -> Callable[..., Any]:
    """A function of a notebook with this body."""
    source = f"import os, signal, socket, sys, threading, time\n{before}\ndef {name}(conn, n):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
    module = types.ModuleType("__main__")
    exec(compile(source, "<cell>", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__[name]  # type: ignore[no-any-return]


def judged(body: str, before: str = "") -> Report:
    report = play(exercise(), function(body, before), 1, lambda *_: None)
    report.as_html()  # can be shown, whatever it says
    return report


def test_a_right_function_passes() -> None:
    assert judged(RIGHT).passed


# Found in its process's memory: what the process itself would use to speak to the judge.
LIE = """
    import gc, json
    child = next(each for each in gc.get_objects() if type(each).__name__ == "Child")
    child._answers.write(b"\\n" + json.dumps({"event": "raised", "token": child._token, **%r}).encode() + b"\\n")
    time.sleep(1000)
"""
# A client that is accepted twice, before it connected, from an address that is none; and sends of more bytes than there are.
SOCKETS = [
    [1, 2, 1, "listening", None, None, None, 1, 1, None],
    [2, 99, 1, "server", ["?"], 3, [[None]], 0, 2, 1e300],
    [3, 2, 2, "pair", [1], [], "", 1, 3, 0],
]
CALLS = [
    [1, "accept", 9.0, 8.0, "", "", 0, 0, 0, None, "?", 0, None, 2],
    [1, "accept", None, -1e300, "", "", -1, 0, 0, None, None, 0, None, 2],
    [2, "connect", 1e300, 1e299, "", "", 0, 0, 0, None, [[[None]]], 0, None, None],
    [2, "send", 1.0, 2.0, "", "eA==", 1 << 62, 1, -5, None, None, 1 << 62, None, None],
    [2, "recv", 3.0, 2.0, "", "eA==", 1 << 62, -1, 1 << 62, "", 1, -1, None, None],
    [3, "shutdown", 1.0, 1.0, "", "", 0, 0, 0, None, "both", 0, None, 1],
    [3, "dance", 1.0, None, "", "", 0, 0, 0, "Error", None, 0, 1e9, 3],
]

MISCHIEF = {
    "spins": ("while True: pass", "works without end"),
    "spins, and swallows everything": (
        """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
        "works without end",
    ),
    "sleeps": ("time.sleep(1000)", "never comes back"),
    "takes memory at once": ("return [0] * 10**9", "memory"),
    "takes memory bit by bit": ("x = []\nwhile True: x.append(bytes(10**7))", "memory"),
    "swallows the lack of memory": (
        "x = []\nwhile True:\n    try: x.append(b'1' * 10**8)\n    except MemoryError: pass",
        "without end",
    ),
    "sys.exit": ("sys.exit()", "sys.exit"),
    "raises SystemExit": ("raise SystemExit(3)", "sys.exit"),
    "os._exit": ("os._exit(0)", "whole process (exit code 0)"),
    "raises KeyboardInterrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "prints without end": ("while True: print('x' * 1000)", "prints without end"),
    "prints without a newline": ("while True: print('x', end='')", "rints without end"),
    "prints errors": ("while True: print('x' * 1000, file=sys.stderr)", "prints without end"),
    "writes to 1": ("while True: os.write(1, b'x' * 1000)", "prints without end"),
    "prints a great deal, and comes back": (
        "for _ in range(3000): print('x' * 1000)\n" + RIGHT,
        "rint",
    ),
    "waits for a lock": ("lock = threading.Lock()\nlock.acquire()\nlock.acquire()", "never comes back"),
    "closes all descriptors": ("os.closerange(0, 1000)\n" + RIGHT, ""),
    "closes all others": (
        "for fd in range(1000):\n    if fd != conn.fileno():\n        try: os.close(fd)\n        except OSError: pass\n" + RIGHT,
        "descriptors",
    ),
    "an equal to everything": (
        "class Yes:\n    __hash__ = None\n    def __eq__(self, other): return True\nreturn Yes()",
        "type Yes",
    ),
    "a subclass of bytes": ("class Mine(bytes): pass\nreturn Mine(conn.recv(n))", "type Mine"),
    "a subclass of bytes that is equal to all": (
        "class Mine(bytes):\n    __hash__ = None\n    def __eq__(self, other): return True\nreturn Mine(b'x')",
        "type Mine",
    ),
    "a class that looks like bytes": (
        "return type('bytes', (bytes,), {'__eq__': lambda *_: True, '__hash__': None})(b'hello')",
        "type bytes",
    ),
    "a class whose name cannot be had": (
        "class Meta(type):\n    @property\n    def __name__(cls): raise ValueError\nclass Odd(metaclass=Meta): pass\nreturn Odd()",
        "",
    ),
    "an error without a text": (
        "class Mine(Exception):\n    def __str__(self): raise ValueError\nraise Mine",
        "raised",
    ),
    "a huge list": ("return list(range(3_000_000))", ""),
    "a huge text": ("return 'x' * 50_000_000", "too large"),
    "a huge number": ("return 1 << 1_000_000", "type int"),
    "a great many bytes": ("return bytes(100_000_000)", "100,000,000 bytes"),
    "a list that holds itself": ("x = []\nx.append(x)\nreturn x", ""),
    "a deep list": ("x = []\nfor _ in range(100000): x = [x]\nreturn x", ""),
    "a generator that never ends": ("while True: yield b'hello'", "type generator"),
    "recursion without end": ("return globals().get('f', lambda: f())()", "RecursionError"),
    "JSON to every descriptor": (
        """
        import json
        lie = json.dumps({"event": "returned", "value": {"b": "aGVsbG8="}, "entries": [], "traces": []}).encode() + b"\\n"
        for fd in range(3, 100):
            if fd != conn.fileno():
                try: os.write(fd, lie)
                except OSError: pass
        return b"lie"
        """,
        "",
    ),
    "JSON to every descriptor, and a right value": (
        """
        for fd in range(3, 100):
            if fd != conn.fileno():
                try: os.write(fd, b'{"event": "raised"}')
                except OSError: pass
        """
        + RIGHT,
        "descriptors that are not its own",
    ),
    "a line without end to every descriptor": (
        """
        while True:
            for fd in range(3, 100):
                if fd != conn.fileno():
                    try: os.write(fd, b"x" * 60000)
                    except OSError: pass
        """,
        "without end",
    ),
    "a lie in the name of its process": (LIE % {}, "makes no sense"),
    "a lie of the right shape, about nothing": (LIE % {"kinds": ["Lie"], "text": "", "line": 1, "left": [0, 0, None, 0.0], "found": None, "calls": [], "sockets": []}, "raised Lie"),
    "a lie about sockets": (LIE % {"kinds": ["Lie"], "text": "", "line": 1, "left": [0, 0, None, 0.0], "found": None, "calls": CALLS, "sockets": SOCKETS}, "raised Lie"),
    "no json": ("import json\njson.dumps = json.loads = None\nreturn b''", "returned b''"),
    "no socket": ("import socket\nsocket.socket = socket.create_connection = None\nreturn b''", "returned b''"),
    "no time": ("import time\ntime.monotonic = time.perf_counter = time.sleep = None\nreturn b''", "returned b''"),
    "no builtins": ("import builtins\nbuiltins.isinstance = builtins.len = builtins.list = None\nreturn b''", ""),
    "a thread that runs on": (
        "threading.Thread(target=threading.Event().wait).start()\n" + RIGHT,
        "left a thread",
    ),
    "input": ("return input()", "EOFError"),
    "asks for more than a number of the system's can say": ("return conn.recv(10**20)", "OverflowError"),
    "asks for True": ("return conn.recv(True)", "returned b'h'"),
}  # fmt: skip

MISCHIEF_OF_POSIX = {
    "a signal": ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "stops itself": ("os.kill(os.getpid(), signal.SIGSTOP)", "never comes back"),
    "an abort": ("os.abort()", "SIGABRT"),
    "forks": ("if os.fork() == 0: time.sleep(1000)\n" + RIGHT, "another process"),
    "forks, and both come back": ("os.fork()\n" + RIGHT, ""),
    "forks without end": ("while True: os.fork()", "one process after another"),
    "a grandchild of its own session": (
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 100)
                time.sleep(1000)
            os._exit(0)
        os.wait()
        """
        + RIGHT,
        "another process",
    ),
    "a grandchild, and it ends itself": (
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(1000)
            os._exit(0)
        os.wait()
        os._exit(0)
        """,
        "whole process",
    ),
    "a program": ("import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)\n" + RIGHT, "another process"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.everywhere(one_in=10)
@pytest.mark.parametrize("name", [*MISCHIEF, *(pytest.param(each, marks=POSIX) for each in MISCHIEF_OF_POSIX)])
def test_mischief_is_told_in_a_sentence(name: str) -> None:
    body, words = {**MISCHIEF, **MISCHIEF_OF_POSIX}[name]
    before = "def f(): return f()" if "f()" in body else ""
    report = judged(body, before)
    assert report.started and not report.passed, report.describe()
    sentence = report.results[-1].sentence
    assert words in sentence and sentence.endswith((".", ")")), sentence
    assert len(sentence) < 600


def test_output_is_bounded() -> None:
    report = judged("while True: print('x' * 1000)")
    assert 0 < len(report.output) <= 2000


@pytest.mark.everywhere(one_in=2)
@pytest.mark.parametrize(
    "body",
    [
        "pool = __import__('concurrent.futures').futures.ThreadPoolExecutor()\nreturn pool.submit(conn.recv, n, socket.MSG_WAITALL).result()",
        "threading.Thread(target=time.sleep, args=(0.05,)).start()\n" + RIGHT,
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n" + RIGHT,
        "print('what arrives')\nos.write(1, b'and this')\n" + RIGHT,
        "import subprocess\nassert subprocess.run([sys.executable, '-c', '']).returncode == 0\n" + RIGHT,
        "try: raise KeyboardInterrupt\nexcept KeyboardInterrupt: pass\n" + RIGHT,
    ],
)
def test_what_is_no_mischief_passes(body: str) -> None:
    report = judged(body)
    assert report.passed, report.describe()


def test_files_of_the_learners_shadow_nothing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what the judge imports; the function finds what lies beside its notebook."""
    for name in ("helpers", "queue", "random", "cloudpickle"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('this is not the one')")
    (tmp_path / "of_mine.py").write_text("import socket\nFLAG = socket.MSG_WAITALL")
    monkeypatch.chdir(tmp_path)
    report = judged("import of_mine; return conn.recv(n, of_mine.FLAG)")
    assert report.passed, report.describe()


def test_an_error_of_the_same_name_is_another_error() -> None:
    asked = Exercise(8, "take(conn, n)", "", ("", "", ""), "", "")

    @asked.scenario(1, "an end")
    def end(judge: Judge) -> None:
        peer, call = judge.talk(5)
        peer.end()
        call.must_raise(EOFError, "the stream ended")

    for name, passes in ("EOFError", True), ("Mine", True), ("Fake", False):
        before = "class Mine(EOFError): pass\nFake = type('EOFError', (Exception,), {})"
        report = play(asked, function(f"raise {name}", before), 1, lambda *_: None)
        assert report.passed is passes, report.describe()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("threading.Thread(target=threading.Event().wait).start()\nraise EOFError", "It raised EOFError and left a thread"),
        ("time.sleep(0.45)\nraise EOFError", "sleep"),
    ],
)  # fmt: skip
def test_who_raises_what_was_asked_for_is_looked_at_as_who_comes_back(body: str, words: str) -> None:
    asked = Exercise(8, "take(conn, n)", "", ("", "", ""), "", "")

    @asked.scenario(1, "an end")
    def end(judge: Judge) -> None:
        peer, call = judge.talk(5)
        peer.end()
        call.must_raise(EOFError, "the stream ended")

    report = play(asked, function(body), 1, lambda *_: None)
    assert not report.passed and words in report.results[-1].sentence, report.describe()


def test_the_same_seed_gives_the_same_input() -> None:
    seen: list[bytes] = []
    drawn = Exercise(8, "take(conn, n)", "", ("", "", ""), "", "")

    @drawn.scenario(1, "drawn")
    def draw(judge: Judge) -> None:
        seen.append(judge.chance.randbytes(10))

    for seed in (1, 1, 2):
        play(drawn, function("pass"), seed, lambda *_: None)
    assert seen[0] == seen[1] != seen[2]


def test_a_socket_of_the_notebook_cannot_go_along() -> None:
    with socket.socket() as s:
        take = function("return s.recv(n)")
        take.__globals__["s"] = s
        report = play(exercise(), take, 1, lambda *_: None)
    assert not report.passed and "of the notebook" in report.results[-1].sentence


def test_what_cannot_be_loaded_is_told() -> None:
    take = function("return thing")
    take.__globals__["thing"] = _Unloadable()
    report = play(exercise(), take, 1, lambda *_: None)
    assert not report.passed and "process of its own" in report.results[-1].sentence


class _Unloadable:
    def __reduce__(self) -> Any:
        return int, ("no number",)


class _Callable:
    def __call__(self, conn: Any, n: int) -> bytes:
        return b""


@pytest.mark.parametrize("what", [b"", None, 3, _Callable(), functools.partial(int, 3), "receive_exactly"])
def test_what_is_no_function_is_refused(what: Any) -> None:
    with pytest.raises(TypeError, match="the function itself"):
        exercises.check(what)


def test_a_name_that_no_exercise_has() -> None:
    with pytest.raises(LookupError, match="receive_exactly"):
        exercises.check(function("pass", name="recieve"))
    with pytest.raises(LookupError, match="lambda"):
        exercises.check(lambda conn, n: b"")
    with pytest.raises(
        LookupError, match=r"receive_exactly = your_function, and then helpers.check\(receive_exactly\)"
    ):
        exercises.check(function("pass", name="receive_exact"))
    with pytest.raises(ValueError, match="scenarios 1 to "):
        exercises.check(function("pass", name="receive_exactly"), only=99)
    for ask in (exercises.hint, exercises.solution):
        with pytest.raises(LookupError, match="no exercise"):
            ask("recieve")


def test_a_stub_is_not_started() -> None:
    for body in ("...", "pass", "'words'", "'words'\n...", "'other words'\nraise NotImplementedError"):
        report = exercises.check(function(body, name="receive_exactly"))
        assert not report.started and not report.passed and "not started" in report.describe()
    assert progress_file.state("receive_exactly") == "not started"


@pytest.mark.parametrize("before", ["the process", "the call", "the end"])
def test_an_interrupted_check_leaves_nothing_behind(before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted = Exercise(8, "take(conn, n)", "", ("", "", ""), "", "")

    @interrupted.scenario(1, "for ever")
    def wait(judge: Judge) -> None:
        if before == "the call":
            raise KeyboardInterrupt
        _, call = judge.talk(5)
        # From this thread, so that it comes here and not in the middle of psutil, which would leave a file open.
        judge.wait(_interrupt_soon, call)

    if before == "the process":
        monkeypatch.setattr(wire, "command_line", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        play(interrupted, function("threading.Event().wait()"), 1, lambda *_: None)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _interrupt_soon() -> bool:
    _thread.interrupt_main()
    return False


def test_hints_go_from_the_first_to_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    exercises.hinted.clear()
    for _ in range(4):
        exercises.hint("receive_exactly")
    said = capsys.readouterr().out.splitlines()
    assert [line[:11] for line in said] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]


def test_a_sample_is_a_right_answer_to_call_and_not_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    before = progress_file.state("encode")
    assert exercises.sample("encode")("SAY", "Zürich") == "SAY 7\nZürich".encode()
    assert exercises.sample("room_server").__code__ != exercises.sample("room_server", lesson=12).__code__
    with pytest.raises(LookupError, match="Is encode meant"):
        exercises.sample("encodes")
    assert (capsys.readouterr().out, progress_file.state("encode")) == ("", before)


def test_the_solution_asks_first(capsys: pytest.CaptureFixture[str]) -> None:
    exercises.solution("receive_exactly")
    assert "not tried" in capsys.readouterr().out
    exercises.solution("receive_exactly", sure=True)
    assert "def receive_exactly" in capsys.readouterr().out
    progress_file.note("receive_exactly", started=True, passed=False)
    exercises.solution("receive_exactly")
    assert "def receive_exactly" in capsys.readouterr().out


def test_a_function_may_use_what_programs_have_each_for_itself() -> None:
    """`sys` and `__main__` are of classes of this package's own meanwhile."""
    report = judged("import __main__\nassert sys.argv and module is sys\n" + RIGHT, "module = sys")
    assert report.passed, report.describe()
