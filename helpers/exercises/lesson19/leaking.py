"""Patient 4, a leak of descriptors: a way out of a function that leads past `close`, and a dict that holds the connection for ever."""

from __future__ import annotations

import contextlib
import socket

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.patient import Patient
from helpers.exercises.visits import CLIENTS, SCENES, Server, attack

PATIENCE = 0.3
"""Seconds that a caller waits for an answer."""
MORE = 20
"""Callers like the one in the picture who come afterwards."""
NO_ASCII = b"\xc3\xa4"
"""An ä, in UTF-8."""

mend_4 = Exercise(
    lesson=19,
    signature="mend_4(listener)",
    brief="Patient 4 gives each client back in capitals what it says, and serves each in a thread. When a client has gone, however that was, neither its thread nor its connection may be left; one whose words are no ASCII is hung up on. Mend it with as few lines as you can.",
    hints=(
        "Which lines of `serve` run for a client who breaks off, or whose words cannot be decoded? And which of them have to?",
        "`return` leaves the function, and what stands behind it does not happen. The connection stays in `guests`, open. What has to be done on every way out of `serve`?",
        "`pass` in the place of `return` lets the two lines behind it run for everybody. Or `finally:`, which runs them even where an error comes that nobody has thought of.",
    ),
    sick="""
import threading

def mend_4(listener):
    \"\"\"Give each client back in capitals what it says, which is ASCII; a thread for each.\"\"\"
    guests = {}

    def serve(conn, addr):
        guests[addr] = conn
        try:
            while data := conn.recv(1024):
                text = data.decode('ascii')
                conn.sendall(text.upper().encode('ascii'))
        except (ConnectionError, UnicodeDecodeError):
            return  # its own fault, and nobody else's
        del guests[addr]
        conn.close()
        print(len(guests), 'guests are left')

    while True:
        conn, addr = listener.accept()
        threading.Thread(target=serve, args=(conn, addr)).start()
""",
    solution="""
import threading

def mend_4(listener):
    \"\"\"Give each client back in capitals what it says, which is ASCII; a thread for each.\"\"\"
    guests = {}

    def serve(conn, addr):
        guests[addr] = conn
        try:
            while data := conn.recv(1024):
                text = data.decode('ascii')
                conn.sendall(text.upper().encode('ascii'))
        except (ConnectionError, UnicodeDecodeError):
            pass  # its own fault, and nobody else's
        del guests[addr]
        conn.close()
        print(len(guests), 'guests are left')

    while True:
        conn, addr = listener.accept()
        threading.Thread(target=serve, args=(conn, addr)).start()
""",
    reasons="The error was caught, and that was right: a client's fault harms nobody else. But `return` is a way out, and `close` did not lie on it. With `pass` all ways lead past it. `try` and `finally` take a line more, and hold for the error as well that nobody has thought of; "
    "`with conn:` closes in any case, and leaves in `guests` whoever has fallen: no descriptor, and a number that is too large. To take the connection out of the dict, and let Python close it when it likes, is no mend that one can see.",
    serves=True,
)


def _open_server(judge: Judge, way: str = "", aborting: bool = False) -> Server:
    return Server(judge, talk="the talk with one client", answer=bytes.upper, raising=NO_ASCII)


@mend_4.scenario(2, "one whose words are no ASCII")
def _falls(judge: Judge) -> None:
    server = _open_server(judge)
    ada, grace = server.visit("ada"), server.visit("grace")
    grace.must_get_back(b"hello")
    ada.must_get_back(b"hello")
    server.happened = "ada had sent an ä, which is no ASCII"
    ada.send(NO_ASCII)
    ada.must_be_let_go("ada sent an ä (a client whose words are no ASCII is hung up on)")
    grace.must_get_back(b"I have nothing to do with that")
    server.must_hold(connections=1)


@mend_4.scenario(3, f"{CLIENTS} who break off, one after another")
def _break_off(judge: Judge) -> None:
    server = _open_server(judge)
    ada = server.visit("ada")
    ada.must_get_back(b"hello")
    before = server.holds()
    for number in range(1, CLIENTS + 1):
        client = server.visit(f"client {number}")
        client.must_get_back(b"hello")
        client.peer.reset()
    server.must_hold(before.connections, before.threads)
    ada.must_get_back(b"I am still here")


attack(mend_4, _open_server, [each for each in SCENES if not each.of_handle])


def _falls_ill(bed: Bed) -> None:
    bed.run()
    bed.record()
    bed.visit("ada", _ask_in_ascii)
    bed.look("ada has had her answer, and has gone")
    bed.visit("grace", lambda conn: _ask(bed, conn))
    bed.look("grace has had none, and has gone, too")
    bed.stop_recording()
    bed.note("sockets that it holds open, nobody being there", f"{bed.open_sockets()}, the listening one included")
    for number in range(MORE):
        bed.visit(f"caller {number}", _ask_without_waiting)
    bed.note(f"the same when {MORE} more have come and gone like grace", str(bed.open_sockets()))


def _ask_in_ascii(conn: socket.socket) -> None:
    conn.sendall(b"hello")
    conn.recv(1024)


def _ask(bed: Bed, conn: socket.socket) -> None:
    conn.sendall(NO_ASCII)
    # On a busy machine her patience would end first.
    bed.wait(lambda: NO_ASCII in [each.data for each in bed.calls("recv")])
    conn.settimeout(PATIENCE)
    with contextlib.suppress(TimeoutError):
        conn.recv(1024)


def _ask_without_waiting(conn: socket.socket) -> None:
    conn.sendall(NO_ASCII)


PATIENT = Patient(
    number=4,
    illness="a leak of descriptors",
    complaint="Every night at about three it stops to answer: accept raises OSError, too many open files. Restarted, it is well again. In the evening somebody saw this.",
    exercise=mend_4,
    falls_ill=_falls_ill,
    seats=("close",),
    yes="Of ada's connection the patient has a `close`, of grace's it has none: her bytes came, then nothing, and when she went her FIN met nobody. The kernel has a word for that: CLOSE_WAIT, *the peer has closed, this end has not*. It lasts for as long as the program does, and holds a descriptor.",
    no={
        "accept": "It took both of them, at once. At three in the morning it will be the one that raises the error, and it will be innocent: it needs a descriptor, and others hold them all.",
        "recv": "The patient's `recv` has brought what grace said. What came after that? Compare with ada.",
        "sendall": "The patient has answered ada. To grace it never came to that; and a missing answer holds no descriptor.",
        "connect": "Both came back with the handshake.",
        "socket": "Each caller has made one, and closed it.",
        "settimeout": "grace's patience has an end, as it should: she goes, and closes. It is the other end that stays.",
    },
    symptom="it works for hours, then `accept` raises OSError: too many open files",
    states="CLOSE_WAIT, and more of it with every hour",
    mend="`close` on every way out: `with conn:`, or `try` and `finally`",
    lesson=10,
)
