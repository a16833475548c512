"""Programs in the background: what they show, what is typed into them, how they follow one another."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time

import pytest

import helpers
from helpers.course.lessons import NOTEBOOKS
from helpers.running import programs
from helpers.running.install import install
from helpers.running.transcript import KEPT, Transcript
from helpers.sockets.plain import plain_socket
from helpers.words import visible
from tests.support.grouping import PORT_65431
from tests.support.waiting import eventually

SERVER = (NOTEBOOKS / "server.py").read_text(encoding="utf-8")
CLIENT = (NOTEBOOKS / "client.py").read_text(encoding="utf-8")


@pytest.mark.xdist_group(PORT_65431)
class TestTheLecture:
    def test_server_and_client_talk_to_each_other(self) -> None:
        server = helpers.background(SERVER, "server.py")
        assert server.address == ("127.0.0.1", 65431)
        assert server.status == "running, listens on ('127.0.0.1', 65431)"
        client = helpers.background(CLIENT, "client.py")
        assert client.status == "running, waits for input"
        client.type("hello")
        client.type("")
        assert client.wait(10) and server.wait(2)
        assert client.output == "?:hello\n?:\n"
        first, said = server.output.split("\n", 1)
        assert first.startswith("Connection from: <socket.socket fd=")
        assert said.replace("\n", "") == "?:hello"  # in one piece or in two: the stream does not say
        assert (server.status, client.status, server.error) == ("ended", "ended", None)

    def test_ten_times_in_a_row_with_a_client_connected_the_port_is_free(self) -> None:
        for _ in range(10):
            server = helpers.background(SERVER, "server.py")
            assert server.error is None and server.address
            client = helpers.background(CLIENT, "client.py", typed=["hello"])
            assert client.status == "running, waits for input"
        server.stop()  # first: its end of the connection goes through TIME_WAIT
        assert helpers.background(SERVER, "server.py").status.startswith("running, listens")

    @pytest.mark.skipif(
        sys.platform == "win32", reason="Windows has no TIME_WAIT trouble, and the option means something else"
    )
    def test_without_the_option_the_port_is_taken_for_a_while(self) -> None:
        bare = SERVER.replace("65431", "0").replace(
            "s.bind", "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0); s.bind"
        )
        first = helpers.background(bare, "bare")
        assert first.address
        with plain_socket() as client:
            client.connect(first.address)
            assert eventually(lambda: "Connection from" in first.output)
            first.stop()  # the server closes first
            assert client.recv(1) == b""
        again = bare.replace("PORT = 0", f"PORT = {first.address[1]}")
        second = helpers.background(again, "bare")
        assert second.error and "Address already in use" in second.error
        assert "TIME_WAIT" in second.error and "nother program" not in second.error

    def test_a_second_program_on_the_port_is_told_who_has_it(self) -> None:
        helpers.background(SERVER, "server.py")
        second = helpers.background(SERVER, "second.py")
        assert second.status == "fell"
        assert second.error and "held by 'server.py', which runs in this notebook" in second.error


@pytest.mark.everywhere
def test_the_client_without_a_server_gets_a_sentence() -> None:
    with socket.socket() as bound:  # not listening: nobody else can take the port meanwhile
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        client = helpers.background(CLIENT.replace("65431", str(port)), "client.py")
    assert client.status == "fell"
    assert client.error and f"Nobody listens on 127.0.0.1 port {port}. Is the server running?" in client.error


def test_a_traceback_shows_the_programs_lines_and_none_of_ours() -> None:
    program = helpers.background("def half(n):\n    return n / 0\n\nhalf(3)\n", "broken.py")
    assert program.error
    assert 'File "broken.py", line 4, in <module>\n    half(3)' in program.error
    assert re.findall(r'File "(.*?)"', program.error) == ["broken.py", "broken.py"]
    assert program.describe().endswith("| ZeroDivisionError: division by zero")


def test_a_syntax_error_is_shown_in_its_window() -> None:
    program = helpers.background("print('a'\n", "typo.py")
    assert program.error and 'File "typo.py", line 1' in program.error and "never closed" in program.error


def test_a_namespace_of_its_own() -> None:
    first = helpers.background("secret = 1\ninput()", "first")
    second = helpers.background("print('secret' in globals(), __name__)", "second")
    assert second.wait(10)
    assert second.output == "False __main__\n"
    assert first.running


def test_a_function_is_a_program_as_well() -> None:
    heard: list[str] = []
    program = helpers.background(lambda: heard.append(input("name? ")), "asker", typed=["Ann"])
    assert program.wait(10)
    assert (heard, program.output) == (["Ann"], "name? Ann\n")


def test_it_starts_when_the_others_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has answered its client is not through yet: without waiting, the next client meets it in the middle, now and then."""
    monkeypatch.setattr(programs, "REST", 10.0)
    server = helpers.background(
        "import socket, time\n"
        "with socket.create_server(('127.0.0.1', 0)) as listener, listener.accept()[0] as conn:\n"
        "    conn.sendall(b'hello')\n"
        "    while time.thread_time() < 0.05: pass\n"
        "    print('through')\n"
        "    conn.recv(1)\n"
    )
    assert server.address
    with socket.create_connection(server.address, timeout=10) as client:
        client.recv(10)
        met = helpers.background(lambda: print(server.output), "next")
        assert met.output == "through\n\n"


def test_everything_printed_by_a_program_and_its_threads_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    program = helpers.background(
        "import sys, threading\n"
        "t = threading.Thread(target=print, args=('from a thread',)); t.start(); t.join()\n"
        "print('to stderr', file=sys.stderr)\n"
        "threading.Thread(target=lambda: 1 / 0).start()\n",
        "noisy",
    )
    assert program.wait(10)
    assert program.output.startswith("from a thread\nto stderr\nException in thread Thread-2 (<lambda>):\nTraceback")
    assert program.output.endswith("ZeroDivisionError: division by zero\n")
    assert (program.error, program.status) == (None, "ended")  # a thread has fallen, and not the program
    assert capsys.readouterr() == ("", "")


@pytest.mark.everywhere
def test_stdin_and_input_read_what_is_typed() -> None:
    program = helpers.background(
        "import sys\nprint(input('a? '))\nprint(sys.stdin.readline())\nfor line in sys.stdin: print(line)",
        "reader",
        typed=["1", "2"],
    )
    assert program.status == "running, waits for input"
    program.type("3")
    assert eventually(lambda: program.output == "a? 1\n1\n2\n2\n\n3\n3\n\n"), program.output


def test_a_line_typed_too_late_is_refused_in_a_sentence() -> None:
    program = helpers.background("pass", "short")
    assert program.wait(10)
    with pytest.raises(RuntimeError, match="'short' has ended: nobody reads what you type"):
        program.type("hello")


def test_exit_with_a_message() -> None:
    program = helpers.background("import sys\nsys.exit('no such file')", "exits")
    assert program.wait(10)
    assert (program.output, program.error, program.status) == ("no such file\n", None, "ended")


def test_one_that_never_waits_is_told_of() -> None:
    program = helpers.background("while True: pass", "busy")
    if hasattr(time, "pthread_getcpuclockid"):
        assert "never waits" in program.status
    assert program.running


def test_one_that_prints_for_ever_is_cut() -> None:
    program = helpers.background("n = 0\nwhile True:\n    print('line', n)\n    n += 1", "flood")
    assert eventually(lambda: "left out here" in program.output, 30)  # on a busy machine it has printed little by now
    program.stop()
    assert program.output.startswith("line 0\nline 1\n")
    assert re.search(r"\n… [\d,]+ characters are left out here …\n", program.output)
    assert len(program.output) < 2 * KEPT + 100


def test_a_transcript_keeps_the_beginning_and_the_end() -> None:
    transcript = Transcript(kept=10)
    for letter in "abcdefghijklmnopqrstuvwxyz" * 3:
        transcript.write(letter)
    assert str(transcript) == "abcdefghij\n… 58 characters are left out here …\nqrstuvwxyz"
    short = Transcript(kept=10)
    short.write("0123456789" + "abcdefghij")
    assert str(short) == "0123456789abcdefghij"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\rb", r"a\rb"),
        ("a\bb", r"a\x08b"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u202eevil", r"\u202eevil"),
        ("caf\u00e9 \u2713\ttab\n", "caf\u00e9 \u2713\ttab\n"),
    ],
)
def test_what_would_make_a_screen_lie_is_spelled_out(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


def test_the_name_finds_the_latest_program() -> None:
    first = helpers.background("input()", "twin")
    second = helpers.background("input()", "twin")
    assert (first.status, helpers.program("twin")) == ("stopped", second)
    with pytest.raises(LookupError, match="no program named 'nobody'.*Run the cell that starts it first"):
        helpers.program("nobody")


@pytest.mark.parametrize(
    ("wrong", "says"), [({"code": 3}, "this is int"), ({"code": "", "typed": "hello"}, "list of lines")]
)
def test_wrong_arguments_get_a_sentence(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        helpers.background(**wrong)  # type: ignore[arg-type]


def test_typing_from_many_threads_loses_no_line() -> None:
    program = helpers.background("while True: print('got', input())", "typist")

    def type_fifty() -> None:
        for _ in range(50):
            program.type("x")

    typists = [threading.Thread(target=type_fifty) for _ in range(4)]
    for typist in typists:
        typist.start()
    for typist in typists:
        typist.join()
    assert eventually(lambda: program.output.count("got x") == 200)


def test_everything_stops_when_a_plain_script_ends() -> None:
    """Without a notebook, and without `%load_ext`: the process ends by itself, in time."""
    script = (
        "import helpers, socket\n"
        "helpers.EchoServer().start()\n"
        "helpers.background('import time, threading; threading.Thread(target=time.sleep, args=(60,)).start(); input()')\n"
        "print('the script ends')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20)
    assert (done.stdout, done.stderr, done.returncode) == ("the script ends\n", "", 0)


def test_sleep_and_threads_of_others_stay_what_they_are() -> None:
    install()
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)
    begun = time.monotonic()
    time.sleep(0.02)
    assert time.monotonic() - begun >= 0.02


def test_what_is_wrong_with_a_thread_is_said_as_python_says_it() -> None:
    """And it does the program no harm."""
    program = helpers.background(
        "import threading\n"
        "class Unready(threading.Thread):\n    def __init__(self): pass\n"
        "t = threading.Thread(target=print, args=('once',)); t.start(); t.join()\n"
        "for thread in Unready(), t:\n"
        "    try: thread.start()\n"
        "    except RuntimeError as error: print(error)\n"
        "class Worker(threading.Thread):\n    def run(self): print('works')\n"
        "w = Worker(); w.start(); w.join(); w.run(); print('still here'); input()",
        "threads",
    )
    said = ["once", "thread.__init__() not called", "threads can only be started once", "works", "works", "still here"]
    assert program.output.splitlines() == said
    program.stop()
    assert (program.status, program.error) == ("stopped", None)


def test_threads_of_the_old_kind_are_its_own_as_well() -> None:
    program = helpers.background("import _thread\n_thread.start_new_thread(print, ('from a thread',))\ninput()", "old")
    assert eventually(lambda: program.output == "from a thread\n"), program.output


@pytest.mark.everywhere
def test_a_thread_pool_ends_with_the_program() -> None:
    code = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\npool.submit(print, 'done')"
    program = helpers.background(code, "pool")
    assert program.wait(5)
    assert (program.output, program.error) == ("done\n", None)


@pytest.mark.everywhere
def test_a_socket_class_of_ones_own_accepts() -> None:
    program = helpers.background(
        "import socket\n"
        "class Named(socket.socket):\n    def __init__(self, name): super().__init__(); self.name = name\n"
        "with Named('door') as door:\n"
        "    door.bind(('127.0.0.1', 0)); door.listen()\n"
        "    conn, addr = door.accept()\n"
        "    with conn: print(type(conn).__name__)",
        "named",
    )
    with socket.create_connection(program.address):  # type: ignore[arg-type]
        assert program.wait(10)
    assert (program.output, program.error) == ("socket\n", None)


def test_an_error_is_cut_as_well() -> None:
    program = helpers.background("raise ValueError('x' * 10_000_000)", "long")
    assert program.wait(5)
    assert program.error and len(program.error) < 2 * KEPT + 100


def test_an_error_that_cannot_be_shown_is_named() -> None:
    code = "class Hostile(Exception):\n    @property\n    def __notes__(self): raise RuntimeError\nraise Hostile"
    program = helpers.background(code, "hostile")
    assert program.wait(10)
    assert program.status == "fell" and program.error and "Hostile" in program.error


def test_bytes_are_refused_as_by_any_screen() -> None:
    program = helpers.background("import sys\nsys.stdout.write(b'bytes')", "bytes")
    assert program.wait(10)
    assert program.error and "write() argument must be str, not bytes" in program.error
