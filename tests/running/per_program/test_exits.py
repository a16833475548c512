"""How a program ends: as `python3 file.py` does, with the kernel alive."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import helpers
from tests.running.per_program.comparing import compare
from tests.support.terminal import needs_terminal
from tests.support.waiting import eventually

ENDS = {
    "sys.exit()": "import sys\nprint(1)\nsys.exit()\nprint(2)",
    "sys.exit(3)": "import sys\nsys.exit(3)",
    "sys.exit(text)": "import sys\nprint(1)\nsys.exit('no such port')",
    "sys.exit(True)": "import sys\nsys.exit(True)",
    "sys.exit(object)": "import sys\nsys.exit(('a', 1))",
    "raise SystemExit": "raise SystemExit",
    "raise SystemExit(text)": "raise SystemExit('gone')",
    "exit()": "print(1)\nexit()\nprint(2)",
    "quit(text)": "quit('bye')",
    "exit in a function": "def f():\n    try:\n        exit()\n    finally:\n        print('cleaned')\nf()",
    "exit in a thread": "import threading, sys\nt = threading.Thread(target=sys.exit, args=('nobody sees it',))\nt.start()\nt.join()\nprint('on')",
    "a thread goes on": "import threading, time, sys\nthreading.Thread(target=lambda: (threading.main_thread().join(), print('later'))).start()\nsys.exit('first')",
    "os._exit": "import os, sys\ntry:\n    print(1)\n    os._exit(4)\nfinally:\n    print('not cleaned')",
    "os._exit in a thread": "import os, threading, time\nthreading.Thread(target=os._exit, args=(0,)).start()\ntime.sleep(10)\nprint('never')",
    "os._exit calls nothing": "import atexit, os\natexit.register(print, 'never')\nos._exit(0)",
    "os._exit(wrong)": "import os\nos._exit('1')",
    "atexit": "import atexit\n@atexit.register\ndef bye():\n    print('bye')\natexit.register(print, 'first', 2, sep='-')\nprint('end')",
    "atexit.unregister": "import atexit\natexit.register(print, 1)\natexit.register(len, 'x')\natexit.unregister(print)\natexit.register(print, 2)\natexit.unregister(len)\natexit.register(print, 3)",
    "atexit after sys.exit": "import atexit, sys\natexit.register(print, 'bye')\nsys.exit('text')",
    "atexit after a fall": "import atexit\natexit.register(print, 'bye')\nprint(1)",
    "atexit in atexit": "import atexit\natexit.register(lambda: atexit.register(print, 'inner'))\natexit.register(print, 'outer')",
    "atexit after threads": "import atexit, threading, time\natexit.register(print, 'bye')\nthreading.Thread(target=lambda: (time.sleep(0.1), print('later'))).start()",
    "atexit before daemons end": "import atexit, threading, time\ngo, gone = threading.Event(), threading.Event()\ndef serve():\n    go.wait()\n    print('daemon')\n    gone.set()\n    time.sleep(10)\nthreading.Thread(target=serve, daemon=True).start()\natexit.register(lambda: (go.set(), gone.wait(), print('bye')))",
    "atexit(wrong)": "import atexit\natexit.register(5)",
    "atexit()": "import atexit\natexit.register()",
    "atexit._run_exitfuncs": "import atexit\natexit.register(print, 'bye')\natexit._run_exitfuncs()\nprint(atexit._ncallbacks())",
}  # fmt: skip


@pytest.mark.slow
@needs_terminal
@pytest.mark.parametrize("way", ENDS)
def test_it_ends_as_a_file_does(way: str, tmp_path: Path) -> None:
    compare(tmp_path, ENDS[way])


def shown(source: str) -> str:
    """What stands in its window once it has ended."""
    program = helpers.background(source, "program.py")
    assert program.wait(5), program.describe()
    return program.output + (program.error or "")


def test_one_that_falls_in_a_callback_says_so_and_the_others_are_called() -> None:
    text = shown("import atexit\natexit.register(print, 'bye')\n@atexit.register\ndef broken():\n    1 / 0\n")
    assert re.match(r"Exception ignored in atexit callback <function broken at 0x\w+>:\nTraceback", text)
    assert text.endswith("ZeroDivisionError: division by zero\nbye\n")
    assert "exits.py" not in text


def test_what_is_registered_is_called_when_it_is_stopped() -> None:
    program = helpers.background("import atexit, time\natexit.register(print, 'bye')\ninput()", "program")
    program.stop()
    assert (program.output, program.status) == ("bye\n", "stopped")


def test_and_when_it_falls() -> None:
    program = helpers.background("import atexit\natexit.register(print, 'bye')\n1/0", "program")
    assert program.wait(5)
    assert (program.output, program.status) == ("bye\n", "fell")


def test_a_stop_ends_a_goodbye_that_never_ends() -> None:
    source = "import atexit\natexit.register(print, 'bye')\natexit.register(input, 'asks')"
    program = helpers.background(source, "program")
    assert eventually(lambda: program.output == "asks") and program.running
    program.stop()
    assert not program.running and program.output == "asksbye\n"


def test_what_the_notebook_or_a_library_registers_is_the_processs() -> None:
    program = (
        "import atexit, threading, weakref\n"
        "class A: pass\n"
        "threading.kept = A()\n"
        "weakref.finalize(threading.kept, print, 'of a library')\n"
        "atexit.register(print, 'of the program')\n"
    )
    source = (
        "import atexit, helpers\natexit.register(print, 'of the notebook')\n"
        f"program = helpers.background({program!r}, 'program')\n"
        "program.wait(5)\nprint(program.output, end='')\nprint('end')\n"
    )
    ran = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30)
    assert ran.stdout == "of the program\nend\nof a library\nof the notebook\n"
    assert ran.stderr == ""


@pytest.mark.parametrize("code", ["import os; os.abort()"])
def test_what_only_a_process_can_do_is_said(code: str) -> None:
    assert "--process" in shown(code)


def test_in_functions_too() -> None:
    def work() -> None:
        import sys

        print("one")
        sys.exit("two")

    program = helpers.background(work)
    assert program.wait(5)
    assert (program.output, program.status) == ("one\ntwo\n", "ended")


def test_a_handler_of_a_server_that_exits_ends_its_connection_alone() -> None:
    import socket

    def handler(conn: socket.socket, addr: object) -> None:
        exit("done")

    with helpers.Server(handler) as server, socket.create_connection(server.address or ()) as client:
        assert client.recv(1) == b""
        assert server.running and server.error is None


def test_nothing_ends_the_notebook() -> None:
    here = os.getpid()
    for code in ("import os; os._exit(1)", "exit()", "quit()", "raise SystemExit(2)", "raise KeyboardInterrupt"):
        shown(code)
    assert os.getpid() == here


@pytest.mark.parametrize(("code", "status"), [("import os; os._exit(3)", 3), ("import os; os._exit(0)", 0)])
def test_its_status_is_what_it_has_ended_with(code: str, status: int) -> None:
    program = helpers.background(code, "program.py")
    assert program.wait(5) and program.exit_status == status
