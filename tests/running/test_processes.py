"""Programs in processes of their own: to their window they are as those in threads, and to themselves as in a terminal."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

import helpers
from helpers.running.processes.channels import MARK, marked
from helpers.running.processes.process import ChildProcess
from helpers.running.transcript import KEPT
from tests.support.stopping import stops_within_promise
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow  # each starts Pythons, and waits for their end

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has neither signals nor fork")
NAME = "program_under_test.py"


def run(code: str, *typed: str, name: str = NAME, seconds: float = 20) -> helpers.Program:
    """`code` in a process of its own, to its end."""
    program = helpers.background(code, name, typed, process=True)
    assert program.wait(seconds), program
    return program


def in_a_terminal(code: str, folder: pathlib.Path, typed: str = "") -> tuple[str, int]:
    """What the same file prints, on both streams, and its exit status."""
    (folder / NAME).write_text(code, encoding="utf-8")
    command = [sys.executable, "-u", NAME]
    done = subprocess.run(command, cwd=folder, input=typed, capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr, done.returncode


SCRIPTS = {
    "what a script is": (
        "import sys, os\n"
        "print(__name__, sys.argv, os.path.basename(__file__), os.path.isabs(__file__), os.path.realpath(sys.path[0]) == os.path.realpath(os.getcwd()))\n"
        "print(sys.modules['__main__'].__dict__ is globals(), __spec__, __package__, __doc__)"
    ),
    "a docstring": "'''It says so.'''\nprint(__doc__)",
    "pickle": "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))))",
    "type hints": "from __future__ import annotations\nimport typing\nclass A: b: B\nclass B: pass\nprint(typing.get_type_hints(A))",
    "arguments": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--port', type=int, default=80)\nprint(p.parse_args(), p.prog)",
    "status": "import sys\nsys.exit(3)",
    "a large status": "raise SystemExit(300)",
    "true as a status": "raise SystemExit(True)",
    "a text instead": "import sys\nprint('out')\nsys.exit('why')",
    "exit": "print('bye')\nexit(4)",
    "at exit": "import atexit\natexit.register(print, 'at the end')\nprint('before')",
    "bytes": "import sys\nsys.stdout.buffer.write(b'raw \\xc3\\xa9\\n'); sys.stdout.flush(); print('text')",
    "a broken pipe of its own": "import os\nr, w = os.pipe()\nos.write(w, b'x')\nprint(os.read(r, 1))",
    "threads": (
        "import threading\nprint(threading.active_count(), len(threading.enumerate()), threading.current_thread() is threading.main_thread())\n"
        "t = threading.Thread(target=lambda: print(threading.active_count()), name='mine')\nt.start(); t.join()"
    ),
    "a thread that goes on": "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.2), print('last'))).start()\nprint('main is over')",
    "logging": "import logging, sys\nlogging.basicConfig(stream=sys.stdout, level='INFO', format='%(message)s')\nlogging.info('told')",
    "asyncio": "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    print('done')\nasyncio.run(f())",
    "a subprocess": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(\"from below\")'])\nprint('above')",
    "os._exit": "import os\nprint('gone', flush=True)\nos._exit(5)",
    "its own hook": "import sys\nsys.excepthook = lambda kind, error, trace: print('caught', kind.__name__, trace.tb_lineno)\n1 / 0",
    "a hook for threads": (
        "import threading\nthreading.excepthook = lambda args: print('caught', args.exc_type.__name__)\n"
        "t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()"
    ),
    "a default timeout": "import socket\nsocket.setdefaulttimeout(2)\nprint(socket.socket().gettimeout())",
    "a class of sockets": "import socket\nprint(socket.socket, socket.socket().__class__.__name__)",
    "recursion": "import sys\nprint(sys.getrecursionlimit())",
}  # fmt: skip
SCRIPTS_OF_POSIX = {
    "a signal handler": "import signal, os\nsignal.signal(signal.SIGTERM, lambda *_: print('asked to end'))\nos.kill(os.getpid(), signal.SIGTERM)\nprint('goes on')",
    "an alarm": "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: print('rings'))\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\ntime.sleep(0.3)\nprint('slept')",
    "ctrl-c of its own": "import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    input()\nexcept KeyboardInterrupt:\n    print('caught')",
    "fork": "import os\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\n    print('parent')\nelse:\n    print('child')",
    "fork in a thread that ends the child": "import os\npid = os.fork()\nif not pid:\n    os._exit(7)\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
    "a child that outlives it": "import os, time\nif os.fork():\n    print('parent')\nelse:\n    time.sleep(0.3)\n    print('child')",
    "killed": "import os, signal\nprint('x', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)",
    "segmentation fault": "import os, signal\nprint('x', flush=True)\nos.kill(os.getpid(), signal.SIGSEGV)",
    **{
        f"multiprocessing, {way}": (
            "import multiprocessing\ndef square(n): return n * n\n"
            f"if __name__ == '__main__':\n    with multiprocessing.get_context('{way}').Pool(2) as pool:\n        print(pool.map(square, range(4)))"
        )
        for way in ("fork", "spawn", "forkserver")
    },
    "a pool of processes": (
        "from concurrent.futures import ProcessPoolExecutor\ndef square(n): return n * n\n"
        "if __name__ == '__main__':\n    with ProcessPoolExecutor(2) as pool: print(list(pool.map(square, range(4))))"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", [*SCRIPTS, *(SCRIPTS_OF_POSIX if os.name == "posix" else ())])
def test_it_does_what_it_does_in_a_terminal(what: str, tmp_path: pathlib.Path) -> None:
    code = {**SCRIPTS, **SCRIPTS_OF_POSIX}[what]
    printed, status = in_a_terminal(code, tmp_path)
    program = run(code)
    assert (program.output, program.error, program.exit_status) == (printed, None, status)


TYPED = {
    "input": ("print(input('name? '), input('again? '))", "name? one\nagain? two\none two\n"),
    "a line": ("import sys\nprint(repr(sys.stdin.readline()))", "one\n'one\\n'\n"),
    "lines to the end": (
        "import sys\nfor line in sys.stdin: print(repr(line))\nprint('the end')",
        "one\n'one\\n'\ntwo\n'two\\n'\nthe end\n",
    ),
    "all at once": ("import sys\nprint(repr(sys.stdin.read()))", "one\ntwo\n'one\\ntwo\\n'\n"),
    "bytes": ("import sys\nprint(sys.stdin.buffer.readline())", "one\nb'one\\n'\n"),
    "the end": (
        "input(); input()\ntry: input()\nexcept EOFError as error: print(error)",
        "one\ntwo\nEOF when reading a line\n",
    ),
    "its descriptor": ("import os\nprint(os.read(0, 4))", "b'one\\n'\n"),
}


@pytest.mark.parametrize("what", TYPED)
def test_what_is_typed_is_read_and_shown(what: str) -> None:
    code, shown = TYPED[what]
    program = helpers.background(code, NAME, ["one", "two"], process=True)
    program.end_input()
    assert program.wait(10), program
    assert (program.output, program.error, program.exit_status) == (shown, None, 0)


def test_what_is_typed_ahead_is_there_before_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the thread that starts it waits for its turn then."""
    tell = ChildProcess.tell

    def slowly(self: ChildProcess, line: bytes) -> None:
        tell(self, line)  # the program, and it runs from now on
        assert eventually(lambda: self.exit_code is not None), "it is at its prompt"

    monkeypatch.setattr(ChildProcess, "tell", slowly)
    program = helpers.background("print('got', input('? '))", NAME, ["one"], process=True)
    assert program.wait(10)
    assert not program.has_asked and program.output == "? one\ngot one\n"


def test_it_asks_in_its_window() -> None:
    program = helpers.background("print('got', input('? '))\nprint('got', input('?? '))", "asks", process=True)
    assert (program.status, program.output) == ("running, waits for input", "? ")
    program.type("a")
    assert eventually(lambda: program.output == "? a\ngot a\n?? "), program.output
    assert eventually(lambda: program.status == "running, waits for input")
    program.type("b")
    assert program.wait(5)
    assert (program.output, program.status) == ("? a\ngot a\n?? b\ngot b\n", "ended")


def test_it_prints_while_services_of_the_helpers_run_in_it() -> None:
    program = run("import helpers\nwith helpers.DatagramLink(('127.0.0.1', 9)) as link:\n    print('between')")
    assert (program.output, program.error) == ("between\n", None)


def test_a_password_is_not_seen() -> None:
    program = helpers.background(
        "import getpass\nprint(len(getpass.getpass()), input('name? '))", "secret", process=True
    )
    assert (program.status, program.output) == ("running, waits for input", "Password: ")
    program.type("hidden!")
    program.type("Ann")
    assert program.wait(5)
    assert program.output == "Password: \nname? Ann\n7 Ann\n"


@POSIX
def test_select_waits_for_what_is_typed_and_for_a_socket() -> None:
    program = helpers.background(
        "import select, socket, sys\n"
        "s, other = socket.socketpair()\n"
        "print([each is sys.stdin for each in select.select([sys.stdin, s], [], [])[0]])\n"
        "print(sys.stdin.readline())",
        "chooses",
        process=True,
    )
    program.type("hello")
    assert program.wait(5)
    assert program.output == "[True]\nhello\nhello\n\n"


def test_more_is_typed_than_a_pipe_holds() -> None:
    program = helpers.background("input('now? ')\nprint(sum(len(input()) for _ in range(30)))", "reader", process=True)
    for _ in range(30):
        program.type("x" * 10_000)
    program.type("")
    assert program.wait(20), program
    assert program.output.endswith("290000\n")


def test_a_debugger_asks_there() -> None:
    program = helpers.background("x = 1\nbreakpoint()\nprint('after')", "debugged", process=True)
    assert eventually(lambda: program.status == "running, waits for input"), program.output
    program.type("p x + 1")
    program.type("c")
    assert program.wait(10)
    assert "(Pdb) p x + 1\n2\n(Pdb) c\nafter\n" in program.output


def test_its_traceback_is_that_of_a_program_in_a_thread() -> None:
    code = "def half(n):\n    return n / 0\n\ntry:\n    half(3)\nexcept ZeroDivisionError as error:\n    raise ValueError('no') from error"
    here, there = helpers.background(code, "broken.py"), run(code, name="broken.py")
    assert here.wait(10)
    assert here.error and here.error == there.error
    assert (here.status, there.status, here.exit_status, there.exit_status) == ("fell", "fell", 1, 1)


def test_a_thread_that_falls_is_told_of() -> None:
    program = run("import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join(); print('on')")
    assert program.error and program.error.endswith("ZeroDivisionError: division by zero\n")
    assert (program.output, program.exit_status) == ("on\n", 0)


@pytest.mark.parametrize("code", ["print('a'", "x = '\0'", "  indented", "return 3"])
def test_what_is_no_python_is_told_in_its_window(code: str) -> None:
    program = run(code)
    assert program.status == "fell" and program.error and "Error: " in program.error and "helpers" not in program.error


def test_a_function_goes_along() -> None:
    number = 6

    def compute() -> None:
        print(number * 7, os.getpid() != parent)

    parent = os.getpid()
    program = helpers.background(compute, process=True)
    assert program.wait(10)
    assert (program.name, program.output, program.error) == ("compute", "42 True\n", None)


def test_what_cannot_go_along_is_said() -> None:
    with socket.socket() as sock, pytest.raises(TypeError, match="'lost' cannot go along into a process of its own"):
        helpers.background(lambda: sock.close(), "lost", process=True)


@pytest.mark.parametrize("process", [False, True])
@pytest.mark.parametrize(
    ("code", "exit_status", "status"),
    [
        ("pass", 0, "ended"),
        ("raise SystemExit(3)", 3, "ended with status 3"),
        ("raise SystemExit('why')", 1, "ended"),
        ("1 / 0", 1, "fell"),
    ],
)
def test_how_it_ended_is_said_in_the_same_words(process: bool, code: str, exit_status: int, status: str) -> None:
    program = helpers.background(code, "ends", process=process)
    assert program.wait(10)
    assert (program.exit_status, program.status) == (exit_status, status)


@POSIX
def test_which_signal_killed_it_is_said() -> None:
    program = run(SCRIPTS_OF_POSIX["segmentation fault"])
    assert (program.status, program.exit_status) == ("was killed (SIGSEGV)", -signal.SIGSEGV)


BLOCKED = {
    "accept": "import socket\ns = socket.create_server(('127.0.0.1', 0))\ns.accept()",
    "recv": "import socket\na, b = socket.socketpair()\nprint('x')\na.recv(1)",
    "recv without a listener": "import socket\ns = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0))\ns.recv(1)",
    "sleep": "import time\ntime.sleep(100)",
    "input": "input()",
    "a lock": "import threading\nthreading.Event().wait()",
    "computes": "while True: pass",
}


@pytest.mark.parametrize("what", BLOCKED)
def test_it_stops_wherever_it_is_blocked(what: str) -> None:
    program = helpers.background(BLOCKED[what], "blocked", process=True)
    assert program.running and program.exit_status is None
    program.stop()
    assert (program.running, program.status, program.error) == (False, "stopped", None)
    if os.name == "posix":
        assert program.exit_status == -signal.SIGINT


def test_its_cleaning_up_is_done() -> None:
    program = helpers.background(
        "import atexit, time\natexit.register(print, 'at exit')\ntry:\n    time.sleep(100)\nfinally:\n    print('cleaned')",
        "tidy",
        process=True,
    )
    program.stop()
    assert program.output == "cleaned\nat exit\n"


@POSIX
def test_what_does_not_want_to_end_is_ended() -> None:
    program = helpers.background(
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('ready')\nwhile True: time.sleep(1)",
        "stubborn",
        process=True,
    )
    assert eventually(lambda: program.output == "ready\n")
    program.stop()
    assert (program.status, program.exit_status) == ("stopped", -signal.SIGKILL)


def test_its_threads_do_not_keep_it() -> None:
    program = helpers.background(
        "import threading, socket\na, b = socket.socketpair()\nthreading.Thread(target=a.recv, args=(1,)).start()\n"
        "import atexit; atexit.register(print, 'at exit'); print('x')\nthreading.Event().wait()",
        "threads",
        process=True,
    )
    program.stop()
    assert (program.output, program.status) == ("x\nat exit\n", "stopped")
    assert program.exit_status == -signal.SIGINT  # it was not killed, as one is that does not end in time


OFFSPRING = {
    "a child": "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', SLEEPS])",
    "a session of its own": "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', SLEEPS], start_new_session=True)",
    "one that says nothing": "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', SLEEPS], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)",
    "one that ignores ctrl-c": "import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', 'import signal; signal.signal(2, signal.SIG_IGN)\\n' + SLEEPS])",
}  # fmt: skip


@POSIX
@pytest.mark.parametrize("ending", ["stop", "end"])
@pytest.mark.parametrize("what", OFFSPRING)
def test_nothing_that_it_has_started_is_left(what: str, ending: str) -> None:
    wait = "input()" if ending == "stop" else ""
    program = helpers.background(
        f"SLEEPS = 'import time; time.sleep(100)'\n{OFFSPRING[what]}\nprint(child.pid)\n{wait}", "parent", process=True
    )
    assert eventually(lambda: program.output)
    pid = int(program.output.split()[0])
    program.stop()
    assert not program.running and eventually(lambda: not psutil.pid_exists(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system shows no process that is not whole")
def test_one_that_is_just_becoming_another_program_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment and its arguments come a moment after `Popen` has come back; a busy machine makes that long."""
    looks = [0]

    def empty_at_first(plain: Callable[[psutil.Process], Any], nothing: object) -> Callable[[psutil.Process], Any]:
        def look(self: psutil.Process) -> Any:
            if self.pid != child.pid or looks[0] > 6:
                return plain(self)
            looks[0] += 1
            return nothing

        return look

    environment = os.environ | {MARK: "of this test"}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=environment) as child:
        since = psutil.Process(child.pid).create_time()
        monkeypatch.setattr(psutil.Process, "environ", empty_at_first(psutil.Process.environ, {}))
        monkeypatch.setattr(psutil.Process, "cmdline", empty_at_first(psutil.Process.cmdline, []))
        assert [each.pid for each in marked("of this test", since)] == [child.pid]
        child.kill()


def test_one_that_prints_for_ever_is_cut() -> None:
    program = helpers.background("n = 0\nwhile True:\n    print('line', n)\n    n += 1", "flood", process=True)
    assert eventually(lambda: "left out" in program.output)
    program.stop()
    assert program.output.startswith("line 0\nline 1\n")
    assert len(program.output) < 2 * KEPT + 100


def test_bytes_that_are_no_text_are_shown_as_bytes() -> None:
    program = run("import os\nos.write(1, b'\\xc3'); os.write(1, b'\\xa9 \\xff\\n')")
    assert program.output == "é \\xff\n"


def test_it_is_found_by_its_name_and_follows_itself() -> None:
    first = helpers.background("input()", "twin", process=True)
    second = helpers.background("input()", "twin")
    third = helpers.background("input()", "twin", process=True)
    assert [each.status for each in (first, second, third)] == ["stopped", "stopped", "running, waits for input"]
    assert helpers.program("twin") is third


def test_a_server_listens_at_once() -> None:
    code = "import socket\nwith socket.create_server(('127.0.0.1', 0)) as s:\n    c, _ = s.accept()\n    c.sendall(c.recv(9))"
    program = helpers.background(code, "server", process=True)
    assert program.address and program.status == f"running, listens on {program.address}"
    with socket.create_connection(program.address) as client:
        client.sendall(b"hello")
        assert client.recv(9) == b"hello"


def test_what_was_printed_before_it_waits_is_seen() -> None:
    for _ in range(5):
        program = helpers.background("for n in range(1000): print(n)\ninput('? ')", "prints", process=True)
        assert program.output.endswith("999\n? ")
        program.stop()


def test_a_line_typed_too_late_is_refused() -> None:
    program = run("pass", name="short")
    with pytest.raises(RuntimeError, match="'short' has ended: nobody reads what you type"):
        program.type("hello")


def test_one_that_never_waits_is_told_of() -> None:
    program = helpers.background("while True: pass", "busy", process=True)
    if _is_busy() and sys.platform != "linux":
        pytest.skip("on a machine that has too much to do, nobody gets far in a second; only Linux tells who would")
    assert program.status == "running, and never waits: it computes without a pause"


def test_its_environment_is_that_of_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/mine")
    monkeypatch.setenv("OF_THE_NOTEBOOK", "1")
    program = run("import os\nprint(os.environ.get('PYTHONPATH'), os.environ.get('OF_THE_NOTEBOOK'))")
    assert program.output == "/mine 1\n"


def test_a_file_beside_it_is_imported(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside.py").write_text("print('imported')")
    (tmp_path / "process.py").write_text("print('as one of ours')")
    assert run("import beside, process").output == "imported\nas one of ours\n"


PARENT = """
import helpers, os, signal, sys
program = helpers.background({code!r}, "child", process=True)
print(program.pid, program.output.strip(), flush=True)
{end}
"""
CHILDREN = {
    "waits": "input()",
    "computes": "while True: pass",
    "ignores signals": "import signal\nfor each in signal.SIGINT, signal.SIGTERM, signal.SIGHUP: signal.signal(each, signal.SIG_IGN)\nwhile True: pass",
    "a child": "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', 'while True: pass']).pid)\ninput()",
    "a child that hides": "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', 'while True: pass'], start_new_session=True).pid)\ninput()",
    "a fork": "import os\npid = os.fork()\nif pid: print(pid)\nwhile True: pass",
}  # fmt: skip


@POSIX
@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)", "sys.exit()"])
@pytest.mark.parametrize("what", CHILDREN)
def test_the_end_of_the_notebook_leaves_nothing(what: str, end: str) -> None:
    script = PARENT.format(code=CHILDREN[what], end=end)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        parent.wait(20)
        assert pids and eventually(lambda: not any(map(_runs, pids)), 10)


def _runs(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


@POSIX
def test_a_forked_process_does_not_keep_it_alive() -> None:
    """It has the pipe by which a program sees that the notebook has gone."""
    script = PARENT.format(
        code="input()",
        end="pid = os.fork()\nif not pid:\n    import time\n    time.sleep(60)\nprint(pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)",
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, forked = int(parent.stdout.readline()), int(parent.stdout.readline())
        parent.wait(20)
        try:
            assert eventually(lambda: not _runs(pid), 10)
        finally:
            os.kill(forked, signal.SIGKILL)


@POSIX
@pytest.mark.parametrize("after", [0.0, 0.01, 0.05, 0.1, 0.2])
def test_an_interrupted_start_leaves_nothing(after: float) -> None:
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, after or 0.0001)  # in here: on a busy machine the time is over at once
            helpers.background("import time\ntime.sleep(100)", "interrupted", process=True)
            time.sleep(1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    with contextlib.suppress(LookupError):
        helpers.program("interrupted").stop()

    def left() -> list[psutil.Process]:
        children = psutil.Process().children(recursive=True)
        return [each for each in children if each.pid not in before and each.status() != psutil.STATUS_ZOMBIE]

    assert eventually(lambda: not left(), 10), left()


@POSIX
def test_who_forks_after_its_end_keeps_what_is_open() -> None:
    """Its pipes are closed by then, and their numbers are somebody else's."""
    program = run("print('x')")
    assert eventually(
        lambda: (
            not any(thread.name.startswith("helpers: ") and "says" in thread.name for thread in threading.enumerate())
        )
    )
    pipes = [os.pipe() for _ in range(8)]
    numbers = [number for pipe in pipes for number in pipe]
    try:
        check = f"import os\nfor number in {numbers}: os.fstat(number)"
        done = subprocess.run(
            [sys.executable, "-c", check], pass_fds=numbers, preexec_fn=lambda: None, capture_output=True
        )
        assert done.returncode == 0, (done.stderr, program)
    finally:
        for number in numbers:
            os.close(number)


def test_nothing_of_it_stays_in_the_folder_for_temporary_files() -> None:
    import tempfile

    run(SCRIPTS_OF_POSIX["multiprocessing, spawn"])
    left = [each for each in os.listdir(tempfile.gettempdir()) if each.startswith(f"networking-course-{os.getpid()}-")]
    assert left == []


def test_its_offspring_is_marked() -> None:
    program = run(f"import os\nprint(os.environ[{MARK!r}])")
    assert program.output.startswith(f"{os.getpid()}-")


def test_it_stops_within_the_promise() -> None:
    if _is_busy():
        pytest.skip("on a machine that has too much to do, nothing ends at once")
    stops_within_promise(lambda: helpers.background("import time\ntime.sleep(100)", "sleeps", process=True))


def _is_busy() -> bool:
    return os.name == "posix" and os.getloadavg()[0] > (os.cpu_count() or 1)


@pytest.mark.parametrize("second", [False, True])
def test_who_has_an_address_is_said_by_its_name(second: bool) -> None:
    code = "import socket\ns = socket.create_server(('127.0.0.1', PORT))\ns.accept()"
    first = helpers.background(code.replace("PORT", "0"), "first.py", process=True)
    assert first.address
    other = helpers.background(code.replace("PORT", str(first.address[1])), "second.py", process=second)
    assert other.wait(10)
    assert other.error and "held by 'first.py', which runs in this notebook: stop that first" in other.error


def test_that_the_notebook_has_an_address_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mine:
        program = run(f"import socket\nsocket.create_server({mine.getsockname()!r})")
    assert program.error and "The notebook that this program belongs to holds 127.0.0.1 port" in program.error
