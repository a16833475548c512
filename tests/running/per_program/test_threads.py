"""`threading` in a program: its own threads, as `python3 file.py` has them."""

from __future__ import annotations

import _thread
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import helpers
from helpers.running.install import install, uninstall
from tests.running.per_program.comparing import compare
from tests.support.terminal import needs_terminal
from tests.support.waiting import eventually

COUNTS = {
    "at its beginning": "print(threading.active_count(), threading.enumerate()[0].name, threading.main_thread().name)",
    "the main thread": "main = threading.main_thread()\nprint(main is threading.current_thread(), main.daemon, main.is_alive(), main.ident == threading.get_ident(), main.native_id == threading.get_native_id())",
    "its words": "print(re.sub('[0-9]{5,}', 'N', repr(threading.current_thread())), type(threading.main_thread()).__name__)",
    "active connections": "go = threading.Event()\ndef handle(n): go.wait()\nfor n in range(3):\n    threading.Thread(target=handle, args=(n,)).start()\n    print(f'[ACTIVE CONNECTIONS] {threading.active_count() - 1}')\nprint([each.name for each in threading.enumerate()])\ngo.set()",
    "seen from a thread": "def look(): print(threading.active_count(), threading.current_thread().name, threading.main_thread().name)\nt = threading.Thread(target=look)\nt.start()\nt.join()",
    "when the main one has ended": "def look():\n    threading.main_thread().join()\n    print([each.name for each in threading.enumerate()], threading.active_count())\nthreading.Thread(target=look).start()",
    "from threading import *": "from threading import active_count, enumerate, main_thread, Thread\nprint(active_count(), [each.name for each in enumerate()], main_thread().name, Thread().name, Thread().name)",
    "names": "a, b = threading.Thread(target=print), threading.Thread(name='mine')\nc = threading.Timer(60, print)\nprint(a, b, c.name, threading.Thread().name)",
    "another name": "threading.current_thread().name = 'boss'\nprint(threading.main_thread().name, repr(threading.main_thread())[:18])",
    "a pool": "from concurrent.futures import ThreadPoolExecutor\nfor _ in range(2):\n    with ThreadPoolExecutor(1) as pool: print(pool.submit(lambda: (threading.current_thread().name, threading.active_count())).result())",
    "a timer": "t = threading.Timer(0.01, lambda: print(threading.current_thread().name, threading.active_count()))\nt.start()\nt.join()",
    "a server of the library": "import socket, socketserver\nclass Handler(socketserver.BaseRequestHandler):\n    def handle(self): self.request.sendall(f'{threading.current_thread().name} {threading.active_count()}'.encode())\nwith socketserver.ThreadingTCPServer(('127.0.0.1', 0), Handler) as server:\n    threading.Thread(target=server.serve_forever).start()\n    with socket.create_connection(server.server_address) as s: print(s.recv(100))\n    server.shutdown()",
    "asyncio": "import asyncio\nasync def main(): print(threading.current_thread().name, await asyncio.to_thread(lambda: threading.current_thread().name))\nasyncio.run(main())",
    "logging": "import logging, sys\nlogging.basicConfig(format='%(threadName)s: %(message)s', stream=sys.stdout)\nlogging.warning('a')\nt = threading.Thread(target=logging.warning, args=('b',))\nt.start()\nt.join()",
    "local": "here = threading.local()\nhere.x = 1\nt = threading.Thread(target=lambda: print(hasattr(here, 'x')))\nt.start()\nt.join()\nprint(here.x)",
    "started twice": "t = threading.Thread(target=int)\nt.start()\nt.join()\nprint(t.name)\ntry: t.start()\nexcept RuntimeError as error: print(error)",
    "joined by itself": "try: threading.current_thread().join()\nexcept RuntimeError as error: print(error)",
    "daemons": "def work():\n    try: print('begun'); go.set(); time.sleep(60)\n    finally: print('never seen')\ngo = threading.Event()\nthreading.Thread(target=work, daemon=True).start()\ngo.wait()\nprint('end')",
    "daemons of daemons": "print(threading.Thread().daemon)\nt = threading.Thread(target=lambda: print(threading.Thread().daemon), daemon=True)\nt.start()\nt.join()",
    "others wait": "threading.Thread(target=lambda: (threading.main_thread().join(), print('after'))).start()\nprint('end')",
    "trace": "def trace(frame, event, arg): frame.f_code.co_name == 'work' and print(event)\nthreading.settrace(trace)\nprint(threading.gettrace() is trace)\ndef work(): pass\nt = threading.Thread(target=work)\nt.start()\nt.join()",
    "profiled to its end": "def note(*args): seen.append(args)\nseen = []\nsys.setprofile(note)\nprint(1)",
    "a thread profiled to its end": "def note(*args): seen.append(args)\nseen = []\ndef work(): sys.setprofile(note)\nt = threading.Thread(target=work)\nt.start()",
    "profile": "def profile(frame, event, arg): frame.f_code.co_name == 'work' and print(event)\nthreading.setprofile(profile)\nprint(threading.getprofile() is profile)\ndef work(): pass\nt = threading.Thread(target=work)\nt.start()\nt.join()",
}  # fmt: skip

FALLS = {
    "a thread falls": "def work(): 1/0\nt = threading.Thread(target=work)\nt.start()\nt.join()\nprint('on')",
    "a class of its own": "class Worker(threading.Thread):\n    def run(self): int('x')\nt = Worker(name='worker')\nt.start()\nt.join()",
    "a cause": "def work():\n    try: 1/0\n    except ZeroDivisionError as error: raise ValueError('no') from error\nt = threading.Thread(target=work)\nt.start()\nt.join()",
    "sys.exit": "t = threading.Thread(target=sys.exit, args=(3,))\nt.start()\nt.join()\nprint('on')",
    "a hook": "def hook(args): print('mine', args.exc_type.__name__, args.exc_value, args.thread.name, args.exc_traceback.tb_lineno > 0)\nthreading.excepthook = hook\ndef work(): 1/0\nt = threading.Thread(target=work)\nt.start()\nt.join()\nprint(threading.excepthook is hook)",
    "a hook that passes on": "before = threading.excepthook\ndef hook(args):\n    print('mine')\n    before(args)\nthreading.excepthook = hook\ndef work(): 1/0\nt = threading.Thread(target=work)\nt.start()\nt.join()",
    "a hook that falls": "def hook(args): raise ValueError('in the hook')\nthreading.excepthook = hook\ndef work(): 1/0\nt = threading.Thread(target=work)\nt.start()\nt.join()\nprint('on')",
    "the hook put back": "threading.excepthook = lambda args: print('mine')\nthreading.excepthook = threading.__excepthook__\ndef work(): 1/0\nt = threading.Thread(target=work)\nt.start()\nt.join()\nprint(threading.excepthook is threading.__excepthook__)",
    "elsewhere": "import io\nsys.stderr = io.StringIO()\ndef work(): 1/0\nt = threading.Thread(target=work)\nt.start()\nt.join()\nprint(sys.stderr.getvalue().splitlines()[::100], sys.stderr.getvalue().splitlines()[-1])\nsys.stderr = sys.__stderr__",
}  # fmt: skip

BARE = {
    "a thread": "go = threading.Event()\ndef work(*args, **kwargs):\n    print(args, kwargs, threading.active_count())\n    print(threading.current_thread().name, threading.active_count())\n    go.set()\nident = _thread.start_new_thread(work, (1, 2), {'x': 3})\ngo.wait()\nprint(type(ident))\nprint(threading.Thread().name)",
    "no tuple": "def work(name): print(name)\n_thread.start_new_thread(work, ('c1'))",
    "no function": "_thread.start_new_thread(1, ())",
    "no dict": "_thread.start_new_thread(print, (), 1)",
    "None": "_thread.start_new_thread(print, (), None)",
    "a list": "_thread.start_new_thread(print, ['c1'])",
    "nothing more": "_thread.start_new_thread(print)",
    "it falls": "class Work:\n    def __call__(self): go.set(); 1/0\n    def __repr__(self): return 'the work'\ngo = threading.Event()\n_thread.start_new_thread(Work(), ())\ngo.wait()\ntime.sleep(0.5)\nprint('on')",
    "exit": "go = threading.Event()\ndef work():\n    try: print('a'); _thread.exit()\n    finally: go.set()\n_thread.start_new_thread(work, ())\ngo.wait()\nprint('on')\n_thread.exit()\nprint('never')",
    "interrupt_main": "try:\n    threading.Timer(0.05, _thread.interrupt_main).start()\n    while True: time.sleep(0.01)\nexcept KeyboardInterrupt: print('interrupted')",
    "interrupt_main in the main thread": "try: _thread.interrupt_main()\nexcept KeyboardInterrupt: print('interrupted')",
    "interrupt_main, a handler": "import signal\nsignal.signal(signal.SIGINT, lambda number, frame: print('handled', number))\n_thread.interrupt_main()\nprint('on')",
    "interrupt_main, ignored": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n_thread.interrupt_main()\n_thread.interrupt_main(signal.SIGTERM)\nprint('on')",
    "interrupt_main, no signal": "_thread.interrupt_main(999)",
}  # fmt: skip

HEAD = "import _thread, re, sys, threading, time\n"


@needs_terminal
@pytest.mark.parametrize("what", COUNTS)
def test_its_threads_are_its_own(what: str, tmp_path: Path) -> None:
    compare(tmp_path, HEAD + COUNTS[what])


@needs_terminal
@pytest.mark.parametrize("what", FALLS)
def test_a_thread_that_falls_says_so_as_in_a_terminal(what: str, tmp_path: Path) -> None:
    compare(tmp_path, HEAD + FALLS[what])


@needs_terminal
@pytest.mark.parametrize("what", BARE)
def test_the_module_beneath(what: str, tmp_path: Path) -> None:
    compare(tmp_path, HEAD + BARE[what])


def test_a_program_does_not_fall_with_one_of_its_threads() -> None:
    program = helpers.background(
        "import threading\nt = threading.Thread(target=int, args=('x',))\nt.start()\nt.join()\ninput()", "program.py"
    )
    assert program.status == "running, waits for input"
    assert (program.error, program.output.splitlines()[0]) == (None, "Exception in thread Thread-1 (int):")
    program.type("")
    assert program.wait(10) and program.status == "ended"


def test_programs_count_for_themselves() -> None:
    source = "import threading\nthreading.Thread(target=input).start()\nprint(threading.active_count(), threading.Thread().name)"
    programs = [helpers.background(source, name) for name in ("one", "two")]
    assert eventually(lambda: [each.output for each in programs] == ["2 Thread-2\n"] * 2)


def test_the_notebook_sees_all_threads_by_names_of_their_own() -> None:
    install()
    before = set(threading.enumerate())
    helpers.background("import threading\nthreading.Thread(target=input).start()\nthreading.Event().wait()", "seen.py")
    new = {each.name for each in set(threading.enumerate()) - before}
    assert new == {"helpers: seen.py (1)", "Thread-1 (input)"}
    assert threading.main_thread().name == "MainThread" and threading.current_thread() is threading.main_thread()


def test_a_handler_of_its_server_belongs_to_it_and_one_of_the_notebooks_to_nobody() -> None:
    source = "import helpers, threading\ns = helpers.Server(lambda conn, addr: conn.sendall(threading.main_thread().name.encode() + str(threading.active_count()).encode())).start()\nprint(s.address[1])\ninput()"
    program = helpers.background(source, "program.py")
    with socket.create_connection(("127.0.0.1", int(program.output))) as client:
        assert client.recv(100) == b"MainThread1"


def test_its_hooks_are_not_the_notebooks() -> None:
    install()
    seen: list[object] = []
    before = threading.excepthook
    threading.excepthook = lambda args: seen.append(args.exc_type)
    try:
        program = helpers.background(
            "import threading\nthreading.excepthook = print\nthreading.settrace(print)\nthreading.setprofile(print)",
            "program.py",
        )
        assert program.wait(10) and program.output == ""
        thread = threading.Thread(target=int, args=("x",))
        thread.start()
        thread.join()
        assert (seen, threading.gettrace(), threading.getprofile()) == ([ValueError], None, None)
        program = helpers.background(
            "import threading\nthreading.Thread(target=int, args=('x',)).start()", "program.py"
        )
        assert program.wait(10) and "ValueError" in program.output and len(seen) == 1
    finally:
        threading.excepthook = before


def test_interrupt_main_is_for_the_program_alone() -> None:
    program = helpers.background("import _thread\n_thread.interrupt_main()", "program.py")
    assert program.wait(10) and program.error and program.error.endswith("KeyboardInterrupt\n")


def test_what_a_bare_thread_does_ends_with_the_program() -> None:
    program = helpers.background("import _thread, time\n_thread.start_new_thread(time.sleep, (60,))\ninput()", "bare")
    program.stop()
    assert eventually(lambda: not [each for each in threading.enumerate() if "_thread-" in each.name])


def test_two_programs_are_told_apart_in_a_recording() -> None:
    source = "import socket, threading\ndef work():\n    a, b = socket.socketpair()\n    a.close(); b.close()\nthreading.Thread(target=work).start()\nwork()"
    with helpers.watch() as recording:
        for name in ("one.py", "two.py"):
            assert helpers.background(source, name).wait(10)
    names = {(event.program, event.thread) for event in recording.events}
    assert names == {
        (name, f"{name}: {thread}") for name in ("one.py", "two.py") for thread in ("MainThread", "Thread-1 (work)")
    }


def test_all_is_put_back() -> None:
    uninstall()
    names = ("enumerate", "active_count", "main_thread", "_newname", "settrace", "setprofile", "gettrace", "getprofile")
    before = [getattr(threading, name) for name in (*names, "excepthook")], type(threading)
    bare, pool = _thread.start_new_thread, ThreadPoolExecutor._counter  # type: ignore[attr-defined]
    install()
    install()
    assert threading.enumerate is not before[0][0]
    uninstall()
    assert ([getattr(threading, name) for name in (*names, "excepthook")], type(threading)) == before
    assert (_thread.start_new_thread, ThreadPoolExecutor._counter) == (bare, pool)  # type: ignore[attr-defined]
