"""`logging`: a program's own configuration reaches nobody else, and does in a window what it does in a terminal."""

from __future__ import annotations

import logging
import logging.handlers
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import helpers
from helpers.running.install import install, uninstall
from tests.running.per_program.comparing import compare
from tests.support.terminal import needs_terminal

PROGRAMS = {
    "nothing is configured": "logging.info('no')\nlogging.warning('a %s', 1)\nlogging.getLogger('x').error('b')",
    "basicConfig": "logging.basicConfig(level=logging.DEBUG, format='%(levelname)s %(name)s %(message)s')\nlogging.debug('a')\nlogging.getLogger('x.y').info('b')",
    "basicConfig twice": "logging.basicConfig(level=logging.INFO)\nlogging.basicConfig(level=logging.DEBUG)\nlogging.debug('no')\nlogging.info('a')",
    "basicConfig(force=True)": "logging.basicConfig(level=logging.INFO)\nlogging.basicConfig(level=logging.DEBUG, format='%(message)s', force=True)\nlogging.debug('a')",
    "the first call configures": "logging.warning('a')\nprint(logging.getLogger().handlers)",
    "a handler of its own": "log = logging.getLogger('app')\nlog.setLevel('DEBUG')\nlog.addHandler(logging.StreamHandler(sys.stdout))\nlog.debug('a')\nlog.propagate = False\nlog.warning('b')",
    "a file": "logging.basicConfig(filename='it.log', filemode='w', level=logging.INFO, format='%(message)s')\nlogging.info('a')\nlogging.shutdown()\nwith open('it.log') as f: print(f.read())\nos.remove('it.log')",
    "disable": "logging.disable(logging.ERROR)\nlogging.error('no')\nlogging.critical('a')\nlogging.disable(logging.NOTSET)\nlogging.error('b')",
    "disable a logger": "log = logging.getLogger('x')\nlog.disabled = True\nlog.error('no')",
    "filters": "class F(logging.Filter):\n    def filter(self, record): return 'x' in record.getMessage()\nlogging.basicConfig()\nlogging.getLogger().handlers[0].addFilter(F())\nlogging.error('a')\nlogging.error('x')",
    "the hierarchy": "a, b = logging.getLogger('a'), logging.getLogger('a.b')\nprint(b.parent is a, a.parent is logging.getLogger(), logging.root is logging.getLogger(), a.root is logging.root, logging.getLogger('a') is a, logging.root.getChild('a') is a)\nprint(a, logging.root, sorted(logging.root.manager.loggerDict), getattr(logging.root, 'getChildren', set)() <= {a})",
    "effective levels": "log = logging.getLogger('a.b')\nprint(log.isEnabledFor(10), log.getEffectiveLevel())\nlogging.root.setLevel(10)\nprint(log.isEnabledFor(10), log.getEffectiveLevel(), log.hasHandlers())\nlogging.getLogger('a').setLevel(50)\nprint(log.isEnabledFor(10))",
    "a library's logger": "import asyncio\nlogging.basicConfig(format='%(name)s %(message)s')\nlogging.getLogger('asyncio').error('a')\nasyncio.log.logger.error('b')\nlogging.getLogger('asyncio').setLevel(logging.CRITICAL)\nasyncio.log.logger.error('no')",
    "a library that logs": "import asyncio\nlogging.basicConfig(format='%(name)s %(levelname)s')\nasync def f():\n    asyncio.get_running_loop().call_exception_handler({'message': 'x'})\nasyncio.run(f())",
    "a library without a configuration": "import asyncio\nasync def f():\n    asyncio.get_running_loop().call_exception_handler({'message': 'x'})\nasyncio.run(f())",
    "asyncio's debug mode": "import asyncio\nlogging.basicConfig(level=logging.DEBUG, format='%(name)s %(message)s')\nasync def f(): pass\nasyncio.run(f(), debug=True)",
    "dictConfig": "import logging.config\nlogging.config.dictConfig({'version': 1, 'formatters': {'f': {'format': '%(name)s-%(message)s'}}, 'handlers': {'h': {'class': 'logging.StreamHandler', 'formatter': 'f'}}, 'loggers': {'x': {'level': 'DEBUG', 'handlers': ['h'], 'propagate': False}}, 'root': {'level': 'INFO', 'handlers': ['h']}})\nlogging.getLogger('x').debug('a')\nlogging.info('b')\nlogging.getLogger('y').debug('no')",
    "fileConfig": "import io, logging.config\nold = logging.getLogger('old')\nlogging.config.fileConfig(io.StringIO('[loggers]\\nkeys=root\\n[handlers]\\nkeys=h\\n[formatters]\\nkeys=f\\n[logger_root]\\nlevel=INFO\\nhandlers=h\\n[handler_h]\\nclass=StreamHandler\\nargs=()\\nformatter=f\\n[formatter_f]\\nformat=%(message)s\\n'))\nlogging.info('a')\nprint(old.disabled)",
    "captureWarnings": "import warnings\nlogging.captureWarnings(True)\nlogging.basicConfig(format='%(name)s')\nwarnings.warn('a')\nlogging.captureWarnings(False)",
    "level names": "logging.addLevelName(25, 'NOTE')\nlogging.addLevelName(logging.WARNING, 'warn')\nlogging.basicConfig()\nlogging.log(25, 'no')\nlogging.warning('a')\nprint(logging.getLevelName(25), logging.getLevelName('NOTE'))",
    "classes": "class L(logging.Logger):\n    def note(self, text): self.warning('note %s', text)\nlogging.setLoggerClass(L)\nlogging.basicConfig()\nlogging.getLogger('x').note('a')\nprint(logging.getLoggerClass())",
    "records": "f = logging.getLogRecordFactory()\ndef g(*args, **kwargs):\n    r = f(*args, **kwargs)\n    r.extra = 'e'\n    return r\nlogging.setLogRecordFactory(g)\nlogging.basicConfig(format='%(extra)s %(message)s')\nlogging.error('a')",
    "exceptions": "logging.basicConfig()\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.exception('a')",
    "who calls": "logging.basicConfig(format='%(funcName)s %(lineno)d %(filename)s %(module)s')\ndef f():\n    logging.error('a')\n    logging.getLogger('x').error('b')\nf()",
    "threads": "logging.basicConfig(format='%(message)s')\nt = threading.Thread(target=logging.error, args=('a',)); t.start(); t.join()",
    "queues": "import logging.handlers, queue\nq = queue.Queue()\nl = logging.handlers.QueueListener(q, logging.StreamHandler())\nl.start()\nlogging.getLogger().addHandler(logging.handlers.QueueHandler(q))\nlogging.error('a')\nl.stop()",
    "the end flushes": "import logging.handlers\nh = logging.handlers.MemoryHandler(100, target=logging.StreamHandler())\nlogging.getLogger().addHandler(h)\nlogging.error('a')\nprint('end')",
    "adapters and pickles": "import pickle\nlog = logging.getLogger('x')\nprint(pickle.loads(pickle.dumps(log)) is log, pickle.loads(pickle.dumps(logging.root)) is logging.root)\nlogging.LoggerAdapter(log, {}).error('a')",
    "assertLogs": "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        with self.assertLogs() as all, self.assertLogs('x') as x:\n            logging.getLogger('x').info('a')\n            logging.error('b')\n        print(all.output, x.output)\nprint(T('test').run().errors)",
}  # fmt: skip


@pytest.mark.slow
@needs_terminal
@pytest.mark.parametrize("way", PROGRAMS)
def test_it_logs_what_it_logs_in_a_terminal(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "window"
    folder.mkdir()
    monkeypatch.chdir(folder)
    compare(tmp_path, f"import logging, os, sys, threading\n{PROGRAMS[way]}")


class Heard(logging.Handler):
    """The notebook's."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture
def heard() -> Iterator[Heard]:
    install()
    handler = Heard()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


CHANGES = """
import logging, logging.config, warnings
logging.basicConfig(level=logging.DEBUG, filename=FILE)
logging.disable(logging.CRITICAL)
logging.getLogger("asyncio").setLevel(1)
logging.getLogger("mine").addHandler(logging.StreamHandler())
logging.addLevelName(logging.WARNING, "other")
class L(logging.Logger): pass
logging.setLoggerClass(L)
logging.setLogRecordFactory(lambda *a, **k: 1 / 0)
logging.captureWarnings(True)
logging.config.dictConfig({"version": 1, "root": {"level": "CRITICAL"}})
logging.shutdown()
"""


def state() -> list[object]:
    root = logging.getLogger()
    return [
        root.level, list(root.handlers), root.manager.disable, logging.getLogger("asyncio").level, logging.getLevelName(30),
        logging.getLoggerClass(), logging.getLogRecordFactory(), logging.getLogger("mine").handlers, sorted(root.manager.loggerDict),
    ]  # fmt: skip


def test_what_a_program_changes_reaches_neither_the_notebook_nor_another_program(heard: Heard, tmp_path: Path) -> None:
    other = helpers.background(
        "import logging\nlogging.basicConfig(level=10)\ninput()\nlogging.debug('other')", "other.py"
    )
    logging.getLogger("mine")
    before = state()
    program = helpers.background(f"FILE = {str(tmp_path / 'log')!r}\n{CHANGES}input()\n", "program.py")
    assert program.running, program.error
    assert state() == before
    logging.warning("still heard")
    assert heard.messages == ["still heard"]
    with pytest.warns(UserWarning):
        import warnings

        warnings.warn("seen", stacklevel=1)
    other.type("")
    assert other.wait(5) and other.output == "\nDEBUG:root:other\n"
    program.stop()
    assert state() == before


def test_the_notebooks_configuration_is_not_a_programs(heard: Heard) -> None:
    logging.getLogger("x").setLevel(logging.CRITICAL)
    logging.disable(logging.CRITICAL)
    try:
        program = helpers.background("import logging\nlogging.getLogger('x').warning('a')", "program.py")
        assert program.wait(5) and program.output == "a\n"
    finally:
        logging.disable(logging.NOTSET)
        logging.getLogger("x").setLevel(logging.NOTSET)
    assert heard.messages == []


def test_the_same_cell_again_logs_each_line_once() -> None:
    source = "import logging\nlog = logging.getLogger('app')\nh = logging.StreamHandler()\nlog.addHandler(h)\nlog.error('once')"
    for _ in range(3):
        program = helpers.background(source, "program.py")
        assert program.wait(5) and program.output == "once\n"


def test_a_function_logs_with_a_logger_of_the_notebooks() -> None:
    log = logging.getLogger("of the notebook")

    def work() -> None:
        logging.basicConfig(level=logging.INFO, format="%(name)s %(message)s")
        log.info("a")

    for _ in range(2):
        program = helpers.background(work)
        assert program.wait(5) and program.output == "of the notebook a\n"
    assert not log.isEnabledFor(logging.INFO)


def test_a_servers_handler_logs_as_whoever_made_the_server(heard: Heard) -> None:
    def handler(conn: socket.socket, addr: object) -> None:
        logging.error("in a handler")

    with helpers.Server(handler) as server, socket.create_connection(server.address or ()) as client:
        assert client.recv(1) == b""
    assert heard.messages == ["in a handler"]
    program = helpers.background(
        "import helpers, logging, socket\n"
        "logging.basicConfig(level=logging.INFO, filename=FILE, format='%(message)s')\n"
        "with helpers.Server(lambda conn, addr: logging.info('its own')) as server:\n"
        "    socket.create_connection(server.address).recv(1)\n".replace("FILE", repr(os.devnull)),
        "program.py",
    )
    assert program.wait(5) and program.error is None
    assert heard.messages == ["in a handler"]


def test_levels_worked_out_for_one_are_not_anothers() -> None:
    kept: list[logging.Logger] = []

    def work() -> None:
        logging.basicConfig(level=logging.DEBUG)
        kept.append(logging.getLogger("kept"))
        assert kept[0].isEnabledFor(logging.DEBUG)
        input()
        print(kept[0].isEnabledFor(logging.DEBUG))

    program = helpers.background(work)
    assert not kept[0].isEnabledFor(logging.DEBUG)
    program.type("")
    assert program.wait(5) and program.output == "\nTrue\n", program.describe()


def test_its_files_are_closed_when_it_ends(tmp_path: Path) -> None:
    source = f"import logging\nlogging.basicConfig(filename={str(tmp_path / 'log')!r}, format='%(message)s')\nlogging.error('a')\n"
    for end in ("", "input()", "1/0"):
        program = helpers.background(source + end, "program.py")
        if end == "input()":
            program.stop()
        assert program.wait(5)
        assert (tmp_path / "log").read_text() == "a\n"
        (
            tmp_path / "log"
        ).unlink()  # which Windows refuses while it is open; the descriptors are counted after each test


def test_one_that_is_stopped_while_it_logs_leaves_logging_to_the_others() -> None:
    source = (
        "import logging, threading\nlogging.basicConfig(filename=FILE)\n"
        "def work(n):\n    while True:\n        logging.getLogger(f'x{n}').setLevel(10)\n        logging.warning('a')\n"
        "for n in range(3): threading.Thread(target=work, args=(n,)).start()\ninput()"
    ).replace("FILE", repr(os.devnull))
    for _ in range(5):
        program = helpers.background(source, "program.py")
        program.stop()
        thread = threading.Thread(target=logging.getLogger("a").setLevel, args=(0,), daemon=True)
        thread.start()
        thread.join(5)
        assert not thread.is_alive()


def test_all_is_put_back() -> None:
    uninstall()
    before = [
        type(logging.root),
        type(logging.Logger.manager),
        logging.getLogger,
        vars(logging.Logger)["manager"],
        logging.shutdown.__defaults__,
    ]
    held = {name: value for name, value in vars(logging).items() if not name.startswith("__")}
    install()
    helpers.background(CHANGES.replace("FILE", repr(os.devnull)), "program.py").wait(5)
    uninstall()
    assert before == [
        type(logging.root),
        type(logging.Logger.manager),
        logging.getLogger,
        vars(logging.Logger)["manager"],
        logging.shutdown.__defaults__,
    ]
    assert {name: value for name, value in vars(logging).items() if name in held} == held
    assert all(type(each).__module__ != __name__ for each in [logging.root])
