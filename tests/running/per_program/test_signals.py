"""Signals: Stop is Ctrl-C, what a program sends to itself comes to it alone, and the rest is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import helpers
from tests.running.per_program.comparing import compare
from tests.support.terminal import needs_terminal
from tests.support.waiting import AT_ONCE, eventually

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")

STOPPED = {
    "a flag": """
going = True
def stop(number, frame):
    global going
    going = False
    print("stopping", number)
signal.signal(signal.SIGINT, stop)
print("ready")
while going:
    time.sleep(0.05)
print("bye")
""",
    "an event": """
done = threading.Event()
signal.signal(signal.SIGINT, lambda *_: done.set())
print("ready")
done.wait()
print("bye")
""",
    "a timeout": """
going = True
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGINT, stop)
s = socket.create_server(("127.0.0.1", 0))
s.settimeout(0.3)
print("ready")
while going:
    try:
        s.accept()
    except TimeoutError:
        pass
s.close()
print("bye")
""",
    "exit": """
def stop(*_):
    print("stopping")
    sys.exit("text")
signal.signal(signal.SIGINT, stop)
s = socket.create_server(("127.0.0.1", 0))
print("ready")
try:
    with s:
        s.accept()
except Exception:
    print("never")
finally:
    print("cleaned")
""",
    "exit that is caught": """
def stop(*_):
    sys.exit(3)
signal.signal(signal.SIGINT, stop)
print("ready")
try:
    time.sleep(10)
except SystemExit as end:
    print("caught", end.code)
""",
    "an exception of its own": """
class Shutdown(Exception):
    def __init__(self, why):
        super().__init__(why)
        self.why = why
def stop(*_):
    raise Shutdown("enough")
signal.signal(signal.SIGINT, stop)
print("ready")
s = socket.create_server(("127.0.0.1", 0))
try:
    s.accept()
except Shutdown as error:
    print(type(error).__name__, error, error.why)
finally:
    s.close()
""",
    "KeyboardInterrupt": """
def stop(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, stop)
print("ready")
try:
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
""",
    "the default": """
print("ready")
try:
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
""",
    "the default, put back": """
before = signal.signal(signal.SIGINT, print)
print(signal.signal(signal.SIGINT, before) is print)
print("ready")
try:
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
""",
    "closing what it waits for": """
s = socket.create_server(("127.0.0.1", 0))
def stop(*_):
    print("closing")
    s.close()
signal.signal(signal.SIGINT, stop)
print("ready")
try:
    s.accept()
except OSError:
    print("bye")
""",
    "ignoring the next": """
def stop(*_):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
    sys.exit()
signal.signal(signal.SIGINT, stop)
print("ready")
time.sleep(10)
""",
    "pause": """
signal.signal(signal.SIGINT, lambda number, frame: print(number, frame.f_code.co_name))
print("ready")
signal.pause()
print("bye")
""",
    "asyncio": """
import asyncio
async def main():
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, done.set)
    print("ready")
    await done.wait()
    print("bye")
asyncio.run(main())
""",
    "asyncio, the default": """
import asyncio
async def main():
    print("ready")
    try:
        await asyncio.sleep(10)
    finally:
        print("cleaned")
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
""",
    "asyncio, with a good bye": """
import asyncio, contextlib
async def serve(reader, writer):
    try:
        writer.write(b"hello")
        await reader.readline()
    except asyncio.CancelledError:
        await asyncio.sleep(0.3)
        writer.write(b", good bye")
        await writer.drain()
        writer.close()
def talk(address):
    with socket.create_connection(address) as s:
        heard = s.recv(100)
        print("ready")
        while data := s.recv(100):
            heard += data
        print(heard)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    threading.Thread(target=talk, args=(server.sockets[0].getsockname(),)).start()
    try:
        await asyncio.sleep(10)
    finally:
        server.close()
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
""",
    "asyncio, twice": """
import asyncio
async def main():
    print("ready")
    await asyncio.sleep(10)
for _ in range(2):
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("interrupted", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        break
""",
    "a slow end": """
print("ready")
try:
    time.sleep(10)
except KeyboardInterrupt:
    time.sleep(0.3)
    print("cleaned")
""",
}


@posix
@pytest.mark.parametrize("way", STOPPED)
def test_stop_is_ctrl_c(way: str, tmp_path: Path) -> None:
    source = f"import signal, socket, sys, threading, time\n{STOPPED[way]}"
    program = helpers.background(source, "program.py")
    assert eventually(lambda: program.output.endswith("ready\n")), program.describe()
    program.wait_for_rest(1)
    begun = time.monotonic()
    program.stop()
    assert time.monotonic() - begun < AT_ONCE
    assert (program.status, program.error) == ("stopped", None)
    file = tmp_path / "program.py"
    file.write_text(source, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-u", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        before = ""
        while not before.endswith("ready\n"):
            before += process.stdout.readline()
        time.sleep(0.2)  # nothing tells from outside that it waits
        process.send_signal(signal.SIGINT)
        assert program.output == before + process.stdout.read()


def test_one_that_goes_on_is_stopped_all_the_same() -> None:
    program = helpers.background(
        "import signal, time\nsignal.signal(signal.SIGINT, lambda *_: print('no'))\nwhile True:\n    time.sleep(0.1)",
        "program",
    )
    begun = time.monotonic()
    program.stop()
    assert time.monotonic() - begun < AT_ONCE
    assert (program.output, program.status) == ("no\n", "stopped")


@pytest.mark.parametrize(
    "handler", ["lambda *_: input()", "lambda *_: time.sleep(60)", "lambda *_: threading.Event().wait()"]
)
def test_a_handler_that_never_comes_back_does_not_hold_the_notebook(handler: str) -> None:
    program = helpers.background(
        f"import signal, threading, time\nsignal.signal(signal.SIGINT, {handler})\ntime.sleep(60)", "program"
    )
    begun = time.monotonic()
    program.stop()
    assert time.monotonic() - begun < AT_ONCE
    assert program.status == "stopped"


def test_an_error_in_a_handler_is_shown_with_the_line_that_raised_it() -> None:
    program = helpers.background(
        "import signal, time\ndef stop(*_):\n    1 / 0\nsignal.signal(signal.SIGINT, stop)\ntime.sleep(60)",
        "program.py",
    )
    program.stop()
    assert (
        program.error and "1 / 0" in program.error and program.error.endswith("ZeroDivisionError: division by zero\n")
    )
    assert "signals.py" not in program.error


ITSELF = {
    "raise_signal": "signal.signal(signal.SIGINT, lambda n, f: print('handled', n, f.f_code.co_name))\nsignal.raise_signal(signal.SIGINT)\nprint('on')",
    "os.kill": "signal.signal(signal.SIGTERM, lambda n, f: print('handled', n))\nos.kill(os.getpid(), signal.SIGTERM)\nprint('on')",
    "SIGINT": "try:\n    os.kill(os.getpid(), signal.SIGINT)\nexcept KeyboardInterrupt:\n    print('interrupted')",
    "in a thread": "try:\n    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n    time.sleep(10)\nexcept KeyboardInterrupt:\n    print('interrupted')",
    "an exit, in a thread": "signal.signal(signal.SIGINT, lambda *_: sys.exit('text'))\nthreading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\ntime.sleep(10)\nprint('never')",
    "ignored": "signal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.raise_signal(signal.SIGINT)\nprint('on')",
    "of no effect": "os.kill(os.getpid(), signal.SIGCHLD)\nprint('on')",
    "0": "os.kill(os.getpid(), 0)\nprint('on')",
    "defaults": "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGPIPE))",
    "setting": "f = lambda *_: None\nprint(signal.signal(signal.SIGTERM, f), signal.getsignal(signal.SIGTERM) is f, signal.signal(signal.SIGTERM, signal.SIG_DFL) is f)",
    "wrong": "for number, handler in ((signal.SIGINT, 5), (0, print), (1000, print), ('x', print)):\n    try:\n        signal.signal(number, handler)\n    except Exception as error:\n        print(type(error).__name__)",
    "not in the main thread": "def f():\n    try:\n        signal.signal(signal.SIGINT, print)\n    except ValueError as error:\n        print(error)\nt = threading.Thread(target=f); t.start(); t.join()",
    "no alarm": "print(signal.alarm(0), signal.setitimer(signal.ITIMER_REAL, 0))",
    "what is so already": "print(signal.signal(signal.SIGPIPE, signal.SIG_IGN), signal.signal(signal.SIGUSR1, signal.SIG_DFL))",
}


@posix
@needs_terminal
@pytest.mark.parametrize("way", ITSELF)
def test_what_it_sends_to_itself_comes_to_it(way: str, tmp_path: Path) -> None:
    compare(tmp_path, f"import os, signal, sys, threading, time\n{ITSELF[way]}")


SAID = (
    "signal.signal(signal.SIGALRM, print)",
    "signal.signal(signal.SIGUSR1, print)",
    "signal.signal(signal.SIGPIPE, signal.SIG_DFL)",
    "signal.alarm(1)",
    "signal.setitimer(signal.ITIMER_REAL, 0.01)",
    "signal.sigwait({signal.SIGINT})",
    "signal.sigtimedwait({signal.SIGINT}, 1)",
    "signal.pthread_kill(threading.get_ident(), signal.SIGTERM)",
    "signal.raise_signal(signal.SIGKILL)",
    "os.kill(os.getpid(), signal.SIGKILL)",
    "os.kill(os.getpid(), signal.SIGUSR1)",
    "os.kill(0, signal.SIGTERM)",
    "os.killpg(os.getpgrp(), signal.SIGTERM)",
    "import asyncio\nasync def f(): asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, print)\nasyncio.run(f())",
)


@posix
@pytest.mark.parametrize("code", SAID)
def test_what_only_a_process_can_have_is_said(code: str) -> None:
    program = helpers.background(f"import os, signal, threading\n{code}", "program")
    assert program.wait(5)
    assert program.error and "This program runs in a thread, and signals come to a process." in program.error
    assert "%%background NAME --process" in program.error


def test_the_notebooks_own_are_untouched() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    program = helpers.background(
        "import signal\nfor n in (signal.SIGINT, signal.SIGTERM): signal.signal(n, print)\nsignal.set_wakeup_fd(-1)\ninput()",
        "program",
    )
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert signal.signal(signal.SIGINT, signal.default_int_handler) is before[0]
    signal.signal(signal.SIGINT, before[0])
    program.stop()


def test_sigterm_ends_it_on_the_spot() -> None:
    source = "import atexit, os, signal\natexit.register(print, 'never')\ntry:\n    os.kill(os.getpid(), signal.SIGTERM)\nfinally:\n    print('never')"
    program = helpers.background(source, "program")
    assert program.wait(5)
    assert (program.output, program.error) == ("", None)
