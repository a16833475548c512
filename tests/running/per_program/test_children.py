"""The processes that a program starts: what they print is in its window, as in a terminal, and Stop ends them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import helpers
from helpers.running.processes import copies
from tests.support.scripts import as_a_program, as_a_script
from tests.support.waiting import AT_ONCE, eventually

pytestmark = [
    pytest.mark.slow,  # each starts Pythons
    pytest.mark.skipif(sys.platform == "win32", reason="what is started here are commands of Unix"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # as in a terminal
    # Python complains when it collects what a stop has left of multiprocessing: what it was pickling (github.com/python/cpython/issues/111331), or a pool whose pipe it has closed before.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored.*(BytesIO|Pool.__del__):pytest.PytestUnraisableExceptionWarning"
    ),
]

METHODS = "fork", "spawn", "forkserver"

SOURCES = {
    "run": "import subprocess\nprint('before'); subprocess.run(['echo', 'hi']); print('after')\nsubprocess.call('echo err >&2; echo out', shell=True); print('end')",
    "captured": "import subprocess\nprint(subprocess.check_output(['echo', 'x']), subprocess.run('cat', capture_output=True, input=b'in'))\ntry: subprocess.check_call(['false'])\nexcept subprocess.CalledProcessError as e: print(e)",
    "merged": "import subprocess\nsubprocess.run('echo out; echo err >&2', shell=True, stderr=subprocess.STDOUT)\nprint(subprocess.run('echo out; echo err >&2', shell=True, stdout=subprocess.PIPE, text=True).stdout)",
    "errors": "import subprocess\nfor wrong in (), (['no-such-command'],):\n    try: subprocess.Popen(*wrong)\n    except (TypeError, FileNotFoundError) as e: print(e)",
    "python": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import sys; print(1); print(2, file=sys.stderr); print(3, repr(sys.stdin.read()))'])",
    "order": "import subprocess\nfor n in range(50):\n    print('mine', n); subprocess.run(['echo', 'its', str(n)])",
    "letters": "import subprocess\nsubprocess.run(['printf', 'caf\\\\303\\\\251 \\\\342\\\\234\\\\223\\\\n'])",
    "much": "import subprocess\nsubprocess.run(['seq', '1', '3000']); print('end')",
    "a group of its own": "import os, signal, subprocess\nfor own in ({'start_new_session': True}, {'preexec_fn': os.setsid}, {'process_group': 0}):\n    p = subprocess.Popen(['sleep', '1000'], **own); os.killpg(os.getpgid(p.pid), signal.SIGTERM); print(p.wait())",
    "system": "import os\nprint(os.system('echo sys; exit 3'), os.system('kill -9 $$'), os.popen('echo popen; echo e >&2').read())",
    "spawnv": "import os\nprint(os.spawnv(os.P_WAIT, '/bin/echo', ['echo', 'x']), os.spawnlp(os.P_WAIT, 'sh', 'sh', '-c', 'echo y; exit 4'))",
    "posix_spawn": "import os\nos.waitpid(os.posix_spawn('/bin/echo', ['echo', 'x'], os.environ), 0); print('done')",
    "fork": "import os\nprint('start')\npid = os.fork()\nif pid: print(os.waitpid(pid, 0)[1])\nelse: print('child')\nprint('both')",
    "fork and end": "import os, sys\npid = os.fork()\nif not pid: raise ValueError('x')\nprint(os.waitstatus_to_exitcode(os.wait()[1]))\nif not os.fork(): sys.exit(7)\nprint(os.waitstatus_to_exitcode(os.waitpid(-1, 0)[1]))\nif not os.fork(): sys.exit('said')\nprint(os.wait()[1] >> 8)\ntry: os.wait()\nexcept ChildProcessError as e: print(e)",
    "forks that have ended are waited for": "import os, subprocess, time\nps = []\nfor n in range(3):\n    ps.append(os.fork())\n    if not ps[-1]: os._exit(n)\n    time.sleep(0.1)\nsubprocess.run(['true'])\nprint([os.waitpid(p, 0)[1] >> 8 for p in ps])",
    "fork and ask": "import os\nif not os.fork(): print(input('? '))\nos.wait()",
    "fork and exec": "import os\nif not os.fork(): os.execvp('echo', ['echo', 'x'])\nos.wait(); print('done')",
    "fork in a thread": "import os, threading, warnings\nwarnings.simplefilter('ignore')\ndef f():\n    if not os.fork(): print('child'); os._exit(0)\n    os.wait()\nt = threading.Thread(target=f); t.start(); t.join(); print('done')",
    "a thread in a fork": "import os, threading\nif not os.fork(): threading.Thread(target=print, args=('x',)).start()\nelse: os.wait()",
    "children that are not waited for": "import subprocess, sys\np = subprocess.Popen(['sh', '-c', 'read line; echo late'], stdin=subprocess.PIPE)\nprint('main ends', flush=True)\np.stdin.close()",
    "asyncio": "import asyncio\nasync def main():\n    p = await asyncio.create_subprocess_exec('echo', 'x'); print(await p.wait())\n    p = await asyncio.create_subprocess_shell('echo y; cat', stdin=-1, stdout=-1); print(await p.communicate(b'z'))\nasyncio.run(main())",
    "a manager": "import multiprocessing\nif __name__ == '__main__':\n    d = multiprocessing.get_context('fork').Manager().dict(); d['a'] = 1; print(d)",
    "a pool that nobody closes": "import multiprocessing\nif __name__ == '__main__':\n    pool = multiprocessing.get_context('fork').Pool(2); print(pool.map(abs, [-1, -2])); pool.map(print, ['x'])",
    "a daemon": "import multiprocessing, time\nif __name__ == '__main__':\n    multiprocessing.get_context('fork').Process(target=time.sleep, args=(1000,), daemon=True).start(); print('end')",
    "a fork that has something to do at its end": "import atexit, os\natexit.register(print, 'of both')\nif os.fork() == 0:\n    atexit.register(print, 'of the child')\n    raise SystemExit(0)\nos.wait()",
    "a fork that calls it itself": "import atexit, os\natexit.register(print, 'of both')\nif os.fork() == 0:\n    atexit._clear(); atexit.register(print, 'of the child'); print(atexit._ncallbacks()); atexit._run_exitfuncs(); os._exit(0)\nos.wait()",
    "a process that multiprocessing has something to do for": "import multiprocessing as mp\nfrom multiprocessing import util\ndef work(): mp.util.Finalize(None, print, ('at the end',), exitpriority=1)\nif __name__ == '__main__':\n    p = mp.get_context('fork').Process(target=work); p.start(); p.join()",
    "a queue": "import multiprocessing\nif __name__ == '__main__':\n    c = multiprocessing.get_context('fork'); q = c.Queue(); p = c.Process(target=q.put, args=('x',)); p.start(); print(q.get()); p.join()",
} | {
    f"{method}: {name}": f"import multiprocessing as mp, sys, time\nfrom concurrent.futures import ProcessPoolExecutor\nC = mp.get_context('{method}')\nif __name__ == '__main__':\n{code}"
    for method in METHODS
    for name, code in {
        "a process": "    p = C.Process(target=print, args=('x',)); p.start(); p.join(); print(p.exitcode)",
        "a process that ends late": "    C.Process(target=exec, args=('import time; time.sleep(0.1); print(1)',)).start(); print('main ends')",
        "a process that falls": "    p = C.Process(target=sys.exit, args=(3,)); p.start(); p.join(); print(p.exitcode)",
        "a pool": "    with C.Pool(2) as pool: print(pool.map(abs, [-1, -2])); pool.map(print, ['x'])",
        "an executor": "    with ProcessPoolExecutor(2, C) as pool: print(list(pool.map(abs, [-1, -2]))); pool.submit(print, 'x').result()",
        "an executor that nobody closes": "    pool = ProcessPoolExecutor(2, C); print(pool.submit(abs, -1).result())",
        "a pipe": "    a, b = C.Pipe(); p = C.Process(target=b.send, args=('x',)); p.start(); print(a.recv()); p.join()",
    }.items()
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    assert eventually(lambda: {child.pid for child in psutil.Process().children(recursive=True)} <= before, 3), [
        child.cmdline() for child in psutil.Process().children(recursive=True)
    ]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 began to warn of it")
def test_who_forks_is_warned_of_threads_of_its_own_alone(recwarn: pytest.WarningsRecorder) -> None:
    code = "import os, threading\ndef f():\n    if not os.fork(): os._exit(0)\n    os.wait()\n"
    assert helpers.background(f"{code}f()", "one").wait(5)
    assert helpers.background(f"{code}t = threading.Thread(target=f); t.start(); t.join()", "two").wait(5)
    warned = [(each.filename, each.lineno) for each in recwarn if "is multi-threaded" in str(each.message)]
    assert ("two", 3) in warned and ("one", 3) not in warned


@pytest.mark.parametrize("what", SOURCES)
def test_it_prints_what_it_prints_in_a_terminal(what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    expected = as_a_script(SOURCES[what], tmp_path)
    assert as_a_program(SOURCES[what]) == expected
    assert capfd.readouterr() == ("", "")  # nothing goes anywhere else


WAITING = {
    "run": "subprocess.run(['sleep', '1000'])",
    "run with a timeout": "subprocess.run(['sleep', '1000'], timeout=1000)",
    "captured": "subprocess.run(['sleep', '1000'], capture_output=True)",
    "again and again": "while True: subprocess.run(['sleep', '1000'])",
    "system": "os.system('sleep 1000')",
    "popen": "os.popen('sleep 1000').read()",
    "spawnv": "os.spawnlp(os.P_WAIT, 'sleep', 'sleep', '1000')",
    "not waited for": "subprocess.Popen(['sleep', '1000'])",
    "what a shell started": "subprocess.run('sleep 1000 & sleep 1000', shell=True)",
    "what a shell left": "subprocess.run('sleep 1000 &', shell=True)",
    "one that does not want to": "subprocess.run('trap \"\" TERM; while true; do sleep 1; done', shell=True)",
    "one that prints for ever": "subprocess.run(['yes'])",
    "asyncio": "import asyncio\nasync def main(): await (await asyncio.create_subprocess_exec('sleep', '1000')).wait()\nasyncio.run(main())",
    "fork": "if not os.fork(): time.sleep(1000)\nos.wait()",
    "fork and compute": "if not os.fork():\n    while True: pass\ntime.sleep(1000)",
    "fork, and nobody waits": "if os.fork(): time.sleep(1000)",
    "a manager": "m = mp.get_context('fork').Manager(); d = m.dict(); time.sleep(1000)",
    "a thread of its own": "import threading\nthreading.Thread(target=subprocess.run, args=(['sleep', '1000'],)).start()",
} | {
    f"{method}: {name}": f"C = mp.get_context('{method}')\nif __name__ == '__main__':\n{code}"
    for method in METHODS
    for name, code in {
        "a process": "    p = C.Process(target=time.sleep, args=(1000,)); p.start(); p.join()",
        "a process, not waited for": "    C.Process(target=time.sleep, args=(1000,)).start()",
        "a pool": "    with C.Pool(2) as pool: pool.map(time.sleep, [1000, 1000])",
        "a pool that nobody closes": "    pool = C.Pool(2); pool.map(time.sleep, [1000, 1000])",
        "a pool whose workers fall": "    with C.Pool(2, sys.exit) as pool: pool.apply(abs, [1])",
        "an idle pool": "    pool = C.Pool(2); time.sleep(1000)",
        "an executor": "    with ProcessPoolExecutor(2, C) as pool: list(pool.map(time.sleep, [1000, 1000]))",
        "an idle executor": "    pool = ProcessPoolExecutor(2, C); pool.submit(abs, -1).result(); time.sleep(1000)",
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("what", WAITING)
def test_stop_ends_it(what: str) -> None:
    mark = (
        "import multiprocessing as mp, os, subprocess, sys, time\nfrom concurrent.futures import ProcessPoolExecutor\n"
    )
    program = helpers.background(mark + WAITING[what], what)
    assert program.running, program.describe()
    if what != "what a shell left" and "fall" not in what:  # those are nobody's children, or not for long
        assert eventually(lambda: len(psutil.Process().children(recursive=True)) > 1 + len(copies.lasting()))
    begun = time.monotonic()
    program.stop()
    took = time.monotonic() - begun
    assert (program.running, program.status, program.error) == (False, "stopped", None)
    assert took < AT_ONCE
    assert not [child for child in psutil.Process().children(recursive=True) if "sleep" in child.name()]


KERNEL = """
import helpers, sys, time
p = helpers.background({source!r}, 'p')
time.sleep(1000)
"""


@pytest.mark.parametrize(
    "what", ["run", "what a shell started", "fork and compute", "spawn: a process", "forkserver: a pool"]
)
def test_nothing_is_left_when_the_notebook_is_killed(what: str, tmp_path: Path) -> None:
    source = "import multiprocessing as mp, os, subprocess, sys, time\n" + WAITING[what]
    with subprocess.Popen([sys.executable, "-c", KERNEL.format(source=source)]) as kernel:
        process = psutil.Process(kernel.pid)
        assert eventually(lambda: len(process.children(recursive=True)) > 1, 20)
        time.sleep(0.5)  # until it has started all that it starts: what, nobody can see from here
        started = process.children(recursive=True)
        kernel.kill()
    with contextlib.suppress(psutil.Error):
        assert eventually(lambda: not any(_lives(each) for each in started), 10), started


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def test_an_interrupted_cell_leaves_the_children_of_programs_alone() -> None:
    """JupyterLab interrupts the whole process group."""
    program = helpers.background("import subprocess; subprocess.run(['sleep', '1000'])", "group")
    (child,) = [each for each in psutil.Process().children() if each.name() == "sleep"]
    assert os.getpgid(child.pid) == child.pid != os.getpgrp()
    program.stop()


def test_two_programs_have_children_of_their_own() -> None:
    talks = "import subprocess\nwhile True: subprocess.run(['echo', input()])"
    first, second = helpers.background(talks, "first", ["a"]), helpers.background(talks, "second", ["b"])
    assert eventually(lambda: "a\na\n" in first.output and "b\nb\n" in second.output)
    assert "b" not in first.output and "a" not in second.output
    first.stop()
    second.type("c")
    assert eventually(lambda: second.output.endswith("c\nc\n"))
    second.stop()


def test_children_of_others_are_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    program = helpers.background("input()", "other")
    subprocess.run(["echo", "mine"])
    assert os.system("echo too") == 0
    pid = os.fork()
    if not pid:
        os.write(1, b"child\n")
        os._exit(0)
    os.waitpid(pid, 0)
    assert capfd.readouterr().out == "mine\ntoo\nchild\n"
    program.stop()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os; os.execv('/bin/echo', ['echo'])", "--process"),
        ("import os; os.execlp('echo', 'echo')", "--process"),
        ("import pty; pty.spawn('sh')", "no terminal"),
    ],
)
def test_what_cannot_be_had_is_said(code: str, says: str) -> None:
    assert says in as_a_program(code)


def test_a_forked_child_with_a_terminal_of_its_own() -> None:
    code = "import os, pty\npid, fd = pty.fork()\nif not pid: print('in it'); os._exit(0)\nprint(os.read(fd, 99)); os.waitpid(pid, 0); os.close(fd)"
    assert as_a_program(code) == "b'in it\\r\\n'\n"


def test_cleaning_up_may_start_a_child() -> None:
    code = "import subprocess, time\ntry: print('begun'); time.sleep(1000)\nfinally: subprocess.run('sleep 0.05; echo cleaned', shell=True)"
    program = helpers.background(code, "tidy")
    assert eventually(lambda: program.output == "begun\n", 10)
    program.stop()
    assert program.output == "begun\ncleaned\n" and program.error is None


def test_servers_have_children_too() -> None:
    def handler(conn: object, addr: object) -> None:
        subprocess.run(["echo", "from a child"])

    import socket

    with helpers.Server(handler) as server:
        with socket.create_connection(server.address) as client:  # type: ignore[arg-type]
            assert client.recv(1) == b""
        assert eventually(lambda: "from a child" in server.log), server.log


def test_a_child_can_be_sent_signals() -> None:
    code = "import signal, subprocess\np = subprocess.Popen(['sleep', '1000']); p.send_signal(signal.SIGTERM); print(p.wait())\np = subprocess.Popen(['sleep', '1000']); p.kill(); print(p.wait())"
    assert as_a_program(code) == f"{-signal.SIGTERM}\n{-signal.SIGKILL}\n"


def test_asyncio_may_be_loaded_after_the_first_child(tmp_path: Path) -> None:
    """A loop that a stop ends leaves no descriptor of the child for which it waits, whatever was started before."""
    code = r"""
import os, sys, helpers
helpers.background("import subprocess; subprocess.run(['true'])", "first").wait(10)
assert "asyncio" not in sys.modules
before = None
for _ in range(6):
    program = helpers.background("import asyncio\nasync def main(): await (await asyncio.create_subprocess_exec('sleep', '1000')).wait()\nasyncio.run(main())", "waits")
    program.stop()
    import gc; gc.collect()
    now = len(os.listdir("/dev/fd"))
    assert before is None or now <= before, (before, now)
    before = now
print("nothing left")
"""
    path = tmp_path / "script.py"
    path.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=60)
    assert done.stdout == "nothing left\n", done.stderr
