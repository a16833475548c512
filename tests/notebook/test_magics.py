"""`%load_ext helpers`, `%%background` and `%%watch`, in a real kernel."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from helpers.course.storing import read_rules
from helpers.notebook.boxes import STORED
from tests.support.notebooks import code_cell, notebook_of

LOAD = "import socket\n%load_ext helpers"
TIMEOUT = 20


class Notebook:
    """A kernel with its cells run one by one; each gives back its outputs."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client

    def run(self, source: str) -> list[Any]:
        cell = code_cell(source)
        self._client.nb.cells.append(cell)
        self._client.execute_cell(cell, len(self._client.nb.cells) - 1)
        outputs: list[Any] = cell.outputs
        return outputs

    def text(self, source: str) -> str:
        """All that is seen below the cell, as plain text."""
        return "\n".join(_text(output) for output in self.run(source)).strip()


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return "\n".join([*output.traceback, f"{output.ename}: {output.evalue}"])
    return str(output.data["text/plain"])


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    client = NotebookClient(notebook_of(), timeout=TIMEOUT, allow_errors=True)
    with client.setup_kernel():
        notebook = Notebook(client)
        notebook.run(LOAD)
        yield notebook


pytestmark = pytest.mark.xdist_group("one kernel")


def test_loading_again_says_nothing(notebook: Notebook) -> None:
    assert notebook.run(LOAD) == []


def test_the_name_helpers_comes_with_it(notebook: Notebook) -> None:
    assert notebook.text("helpers.__name__") == "'helpers'"


def test_a_window_in_every_form(notebook: Notebook) -> None:
    (window,) = notebook.run("%%background greeter\nprint('<b>hi</b> \\x1b[2J')\nprint(input('name? '))")
    assert set(window.data) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert window.data["text/plain"].startswith("greeter: waited for input\n| <b>hi</b> \\x1b[2J\n| name? ")
    assert "&lt;b&gt;hi&lt;/b&gt; \\x1b[2J" in window.data["text/html"]
    for kind in ("text/plain", "text/html"):  # which will be read when it does something else, or is gone
        assert STORED in window.data[kind] and "running" not in window.data[kind]
    notebook.run("p = helpers.program('greeter'); p.type('Ann'); p.wait(10)")
    assert notebook.text("p").splitlines()[0] == "greeter: ended"


def test_lines_typed_ahead_and_a_saved_script(notebook: Notebook, tmp_path: Any) -> None:
    script = tmp_path / "asks.py"
    source = "name = input('name? ')\nprint('hello', name, input())"
    shown = notebook.text(f"%%background asks.py --type 'Ann B' --type \"\" --save {script}\n{source}")
    assert shown == f"asks.py: ended\n| name? Ann B\n| \n| hello Ann B \n({STORED})"
    assert script.read_text(encoding="utf-8") == source + "\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "the following arguments are required: NAME"),
        ("one two", "unrecognized arguments: two"),
        ("one --tyype x", "unrecognized arguments"),
        ("'one", "No closing quotation"),
        ("one --save /no/such/folder/x.py", "cannot write"),
    ],
)
def test_a_wrong_line_gets_a_sentence(notebook: Notebook, line: str, says: str) -> None:
    shown = notebook.text(f"%%background {line}\npass")
    assert says in shown and "Traceback" not in shown


def test_prints_of_a_program_stay_out_of_other_cells(notebook: Notebook) -> None:
    notebook.run("%%background talker\nwhile True: print('me:', input())")
    notebook.run("talker = helpers.program('talker')")
    assert notebook.text("for _ in range(100): talker.type('again')\nprint('mine')") == "mine"
    assert notebook.text("print('only this')") == "only this"
    notebook.run("talker.stop()")


def names_our_files(shown: str) -> bool:
    return bool(re.search(r"\bhelpers[/\\]\w+[/\\]\w+\.py", shown))


def test_a_traceback_in_a_cell_shows_none_of_our_frames(notebook: Notebook) -> None:
    shown = notebook.text("with socket.socket() as s:\n    s.connect(('127.0.0.1', 1))")
    assert "Nobody listens on 127.0.0.1 port 1" in shown
    assert not names_our_files(shown) and "_connect" not in shown


def test_input_in_a_cell_still_belongs_to_the_cell(notebook: Notebook) -> None:
    assert "StdinNotImplementedError" in notebook.text("input('? ')")


def test_interrupting_a_cell_that_waits_leaves_nothing(notebook: Notebook) -> None:
    shown = notebook.text(
        "import os, signal, threading\n"
        "with socket.create_server(('127.0.0.1', 0)) as listener:\n"
        "    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    listener.accept()"
    )
    assert "KeyboardInterrupt" in shown
    assert notebook.text("listener.fileno()") == "-1"


CALL = """with helpers.EchoServer() as server, socket.socket() as s:
    s.settimeout(2)
    s.connect(server.address)
    s.sendall({data!r})
    answer = s.recv(1024)
"""


def test_the_conversation_is_drawn_under_a_watched_cell(notebook: Notebook) -> None:
    value, picture = notebook.run(f"%%watch talk\n{CALL.format(data=b'hello')}\nanswer")
    assert value.data["text/plain"] == "b'hello'" and value.output_type == "execute_result"
    assert "client: sendall(b'hello')" in picture.data["text/plain"]
    assert picture.data["text/html"].startswith('<div style="overflow-x: auto"><img alt="')
    assert notebook.text("[tuple(flow)[2] for flow in talk.conversations[0].flows]") == "[5, 5]"


def test_a_watched_cell_is_drawn_the_same_at_every_run(notebook: Notebook) -> None:
    watched = f"%%watch\n{CALL.format(data=b'hello')}"
    rewrite = read_rules(compared=True)  # busy machines make it wait
    shown = {rewrite(notebook.run(watched)[0].data["text/html"]) for _ in range(10)}
    assert len(shown) == 1


def test_a_watched_cell_that_falls_is_drawn_and_falls(notebook: Notebook) -> None:
    picture, error = notebook.run("%%watch\nwith socket.socket() as s:\n    s.connect(('127.0.0.1', 1))")
    assert "ConnectionRefusedError" in picture.data["text/plain"]
    assert error.ename == "ConnectionRefusedError"
    shown = "\n".join(error.traceback)
    assert "s.connect" in shown and not names_our_files(shown)
    assert "run_cell_magic" not in shown  # it begins in the cell itself


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("%%watch two names\npass", "is no name for a variable"),
        ("%%watch\nimport asyncio\nawait asyncio.sleep(0)", "with helpers.watch() as recording:"),
        ("%%watch\n1 = 2", "SyntaxError"),
    ],
)
def test_a_cell_that_cannot_be_watched(notebook: Notebook, source: str, says: str) -> None:
    shown = notebook.text(source)
    assert says in shown and not names_our_files(shown)


def test_a_watched_cell_is_the_notebooks_own(notebook: Notebook) -> None:
    notebook.run("before = 1")
    assert (
        notebook.run("%%watch\nafter = before + 1; after;")[0].output_type == "display_data"
    )  # no value: the semicolon
    assert notebook.text("after") == "2"


def test_a_program_that_is_started_under_watch(notebook: Notebook) -> None:
    window, picture = notebook.run(
        "%%watch\n%%background lone\nimport socket\nsocket.create_server(('127.0.0.1', 0)).close()"
    )
    assert window.data["text/plain"] == f"lone: ended\n({STORED})"
    assert "lone: listen()" in picture.data["text/plain"]


def test_hostile_bytes_stay_text(notebook: Notebook) -> None:
    data = b"<img src=x onerror=alert(1)>\x1b[31m\xe2\x80\xae\"'"
    (picture,) = notebook.run(f"%%watch\n{CALL.format(data=data)}")
    assert picture.data["text/html"].count("<") == 3 and "\x1b" not in picture.data["text/html"]
    assert "\x1b" not in picture.data["text/plain"] and "\u202e" not in picture.data["text/plain"]


def test_a_load_costs_little(notebook: Notebook) -> None:
    """`import helpers` in a kernel: under 30 ms."""
    code = (
        "import subprocess, sys\n"
        "code = 'import IPython, time; t = time.process_time(); import helpers; print(time.process_time() - t)'\n"
        "min(float(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout) for _ in range(5)) < 0.03"
    )
    assert notebook.text(code) == "True"


def test_only_what_is_used_is_loaded() -> None:
    code = "import helpers, sys; helpers.EchoServer; print(sorted(m for m in sys.modules if m in ('matplotlib', 'ipywidgets', 'IPython')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.slow
def test_restarting_the_kernel_leaves_nothing() -> None:
    """A port held by a program is free as soon as the kernel is back, and the program is gone."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        held = "import helpers; p = helpers.background('import socket; socket.create_server(ADDRESS).accept()', 'held')"
        client.execute_interactive(held.replace("ADDRESS", '("127.0.0.1", 0)'), timeout=TIMEOUT)
        reply = client.execute_interactive("", user_expressions={"port": "p.address[1]"}, timeout=TIMEOUT)
        port = reply["content"]["user_expressions"]["port"]["data"]["text/plain"]
        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=TIMEOUT)
        again = held.replace("ADDRESS", f'("127.0.0.1", {port})') + "; assert p.address, p.error"
        assert client.execute_interactive(again, timeout=TIMEOUT)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_check_that_is_interrupted_says_so(notebook: Notebook) -> None:
    notebook.run("from helpers import exercises\ndef greet(address):\n    return b'hello'")
    broken_off = "def play(exercise, function, seed, show, only):\n    show([], exercise.scenarios[0])\n    raise KeyboardInterrupt"
    shown, error = notebook.run(f"{broken_off}\nplayed, exercises.play = exercises.play, play\nhelpers.check(greet)")
    notebook.run("exercises.play = played")
    assert error.ename == "KeyboardInterrupt"
    for kind in ("text/plain", "text/html"):
        assert "interrupted" in shown.data[kind] and "now: " not in shown.data[kind]


ASKS = """%%background asks.py --type geheim --type "p 6 * 7" --type c
import getpass
print(len(getpass.getpass()))
breakpoint()
print("done")"""


def test_what_asks_in_a_program_asks_in_its_window_while_a_cell_runs(notebook: Notebook) -> None:
    seen = notebook.text(ASKS)
    assert "| Password:" in seen and "geheim" not in seen
    stands_at = "| -> breakpoint()" if sys.version_info >= (3, 13) else '| -> print("done")'
    for line in ("| 6", stands_at, "| (Pdb) p 6 * 7", "| 42", "| done"):
        assert line in seen.splitlines()


def test_what_asks_for_a_password_when_no_cell_runs_asks_in_its_window(notebook: Notebook) -> None:
    source = """
import getpass, socket
with socket.create_server(('127.0.0.1', 0)) as listener, listener.accept()[0] as conn:
    conn.sendall(getpass.getpass('secret? ').encode())"""
    notebook.run(f"%%background later.py --type geheim\n{source}")
    port = int(notebook.text("print(helpers.program('later.py').address[1])"))
    with socket.create_connection(("127.0.0.1", port)) as s:
        assert s.recv(100) == b"geheim"
    assert notebook.text("print(repr(helpers.program('later.py').output))") == "'secret? \\n'"


def test_exit_in_a_program_ends_it_alone(notebook: Notebook) -> None:
    for end in ("exit()", "quit('bye')", "import sys; sys.exit(3)", "raise SystemExit"):
        notebook.run(f"%%background ends.py\nprint('before')\n{end}\nprint('after')")
        assert (
            notebook.text("p = helpers.program('ends.py'); p.wait(5), p.running, p.error, p.output.split()[0]")
            == "(True, False, None, 'before')"
        )
    assert notebook.text("import sys; sys.stdin.closed") == "False"
    notebook.run("%%background later.py\nimport threading\ninput()\nexit()")
    assert notebook.text("p = helpers.program('later.py'); p.type(''); p.wait(5), sys.stdin.closed") == "(True, False)"


def test_a_program_is_its_own_main_in_a_notebook(notebook: Notebook) -> None:
    notebook.run("class Mine: pass\nimport pickle")
    seen = notebook.text(
        "%%background main.py\nimport pickle, __main__\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A, hasattr(__main__, 'Mine'), __main__.A is A)"
    )
    assert "| True False True" in seen
    assert (
        notebook.text("type(pickle.loads(pickle.dumps(Mine()))) is Mine, hasattr(__import__('__main__'), 'A')")
        == "(True, False)"
    )


def test_a_program_in_a_process_of_its_own(notebook: Notebook) -> None:
    kernel = notebook.text("import os\nprint(os.getpid())").strip()
    shown = notebook.text(
        "%%background own.py --process\nimport os\nprint(os.getppid(), __name__, os.path.basename(__file__))\ninput('? ')"
    )
    assert shown.splitlines()[:3] == ["own.py: waited for input", f"| {kernel} __main__ own.py", "| ? "]
    notebook.run("helpers.program('own.py').stop()")


@pytest.mark.slow
def test_two_processes_are_drawn_under_a_watched_cell(notebook: Notebook) -> None:
    server = "import socket\nwith socket.create_server(('127.0.0.1', 0)) as s:\n    c, _ = s.accept()\n    with c: c.sendall(c.recv(9))"
    notebook.run(f"%%background server.py --process\n{server}")
    notebook.run("port = helpers.program('server.py').address[1]")
    client = '\'import socket\\nwith socket.create_connection(("127.0.0.1", %d)) as s:\\n    s.sendall(b"hello"); s.recv(9)\' % port'
    shown = notebook.text(f"%%watch\nhelpers.background({client}, 'client.py', process=True).wait(9);")
    assert "server.py: recv(9) → b'hello' (from client.py's sendall" in shown
    assert "client.py: recv(9) → b'hello' (from server.py's sendall" in shown
