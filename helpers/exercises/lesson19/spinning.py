"""Patient 3, a spin: one thread with a selector that is told of room for writing for which nobody asked.

As in the multi-connection server of a well-known tutorial, whose sockets are registered for both events all the time.
"""

from __future__ import annotations

import socket
import threading

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.patient import Patient
from helpers.exercises.servers import LITTLE
from helpers.exercises.spinning import must_ask_for_nothing
from helpers.exercises.visits import LONG, SCENES, Server, attack, one_reads_nothing, say_until_full

TALK = "the talk with one client"
MANY = 1_000
"""Turns of a loop that has nothing to do."""

mend_3 = Exercise(
    lesson=19,
    signature="mend_3(listener)",
    brief="Patient 3 gives each client back what it says; one thread serves them all. It is to use no processor while nobody says anything, and serve as before. Mend it with as few lines as you can.",
    hints=(
        "How often does `select` come back while nobody says a word? What does it say then, and is it true?",
        "There is nearly always room for writing. So when should the loop ask for EVENT_WRITE, and when should it not?",
        "Register new clients for `selectors.EVENT_READ`. Then, as the last line of the `try`: `selector.modify(conn, selectors.EVENT_WRITE if waiting else selectors.EVENT_READ, waiting)`.",
    ),
    sick="""
import selectors

def mend_3(listener):
    \"\"\"Give each client back what it says; one thread serves them all.\"\"\"
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            conn, waiting = key.fileobj, key.data
            if conn is listener:
                conn, addr = listener.accept()
                conn.setblocking(False)
                selector.register(conn, selectors.EVENT_READ | selectors.EVENT_WRITE, bytearray())
                continue
            try:
                if waiting and events & selectors.EVENT_WRITE:
                    del waiting[:conn.send(waiting)]
                elif not waiting and events & selectors.EVENT_READ:
                    waiting += conn.recv(1024)
                    if not waiting:
                        raise ConnectionError('it has said all')
            except OSError:
                selector.unregister(conn)
                conn.close()
""",
    solution="""
import selectors

def mend_3(listener):
    \"\"\"Give each client back what it says; one thread serves them all.\"\"\"
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            conn, waiting = key.fileobj, key.data
            if conn is listener:
                conn, addr = listener.accept()
                conn.setblocking(False)
                selector.register(conn, selectors.EVENT_READ, bytearray())
                continue
            try:
                if waiting and events & selectors.EVENT_WRITE:
                    del waiting[:conn.send(waiting)]
                elif not waiting and events & selectors.EVENT_READ:
                    waiting += conn.recv(1024)
                    if not waiting:
                        raise ConnectionError('it has said all')
                selector.modify(conn, selectors.EVENT_WRITE if waiting else selectors.EVENT_READ, waiting)
            except OSError:
                selector.unregister(conn)
                conn.close()
""",
    reasons="A socket has room for writing nearly all the time, so whoever asks for that is told so at every turn. The mend asks for what the client's next step needs: room, while something waits to be sent, and bytes to read otherwise. (Both at once would turn again, for a client who says more and reads nothing: this program leaves those bytes where they are.) "
    "A `sleep` in the loop, or a timeout of `select`, makes the fan quieter and the answers later; the loop turns as before. To ask for EVENT_READ alone is too little: what did not go at once would never go.",
    serves=True,
)


def _open_server(judge: Judge, way: str = "", aborting: bool = False) -> Server:
    return Server(judge, talk=TALK, raising=b"")


attack(mend_3, _open_server, [each for each in SCENES if not each.of_handle])


@mend_3.scenario(1, "three who have had their answers, and say nothing more")
def _silence(judge: Judge) -> None:
    server = _open_server(judge)
    clients = [server.visit(name) for name in ("ada", "grace", "linus")]
    for client in clients:
        client.must_get_back(b"hello")
    server.must_rest(LONG)
    must_ask_for_nothing(server.call)
    for client in clients:
        client.must_get_back(b"here I am still")


@mend_3.scenario(2, "byte by byte")
def _bytes(judge: Judge) -> None:
    ada = _open_server(judge).visit("ada")
    for each in b"hello":
        ada.must_get_back(bytes([each]))


@mend_3.scenario(2, "connections that take only a part of what is sent")
def _sparing(judge: Judge) -> None:
    server = Server(judge, talk=TALK, sparing=True)
    ada, grace = server.visit("ada"), server.visit("grace")
    server.happened = "The system had room for a part of an answer only, and send says how many bytes it took"
    server.mistake = 6
    ada.must_get_back(judge.chance.randbytes(1000))
    grace.must_get_back(judge.chance.randbytes(10_000))
    server.must_rest(LONG)
    ada.must_get_back(b"and once more")


@mend_3.scenario(3, "one who says much, and reads nothing of what comes back")
def _reads_nothing(judge: Judge) -> None:
    one_reads_nothing(judge, TALK)


@mend_3.scenario(3, "one who says much, and ends her half before she has read any of it: all of it comes back")
def _half_close(judge: Judge) -> None:
    server = Server(judge, talk=TALK, small=True)
    ada = server.visit("ada", LITTLE)
    said = say_until_full(server, ada)
    server.happened = "ada had said all, and ended her half (FIN), while a part of the answer was still to go: it is owed to her all the same"
    ada.peer.end()
    ada.must_hear(said)
    ada.must_be_let_go(server.has_ended_with("ada"))
    server.must_hold(connections=0)


def _falls_ill(bed: Bed) -> None:
    bed.run(counted="select")
    bed.record()
    answered = threading.Event()

    def talk(conn: socket.socket) -> None:
        bed.wait(lambda: bool(bed.calls("accept")))  # on a busy machine she would be quicker than the patient
        turns = bed.turns
        bed.wait(lambda: bed.turns > turns + 1)
        conn.sendall(b"hello")
        conn.recv(1024)
        answered.set()
        conn.recv(1024)

    bed.call("ada", talk)
    bed.wait(answered.is_set)
    bed.look("ada has her answer, and says nothing more")
    before = bed.turns
    bed.wait(lambda: bed.turns > before + MANY)
    bed.note("calls of `select` that came back meanwhile, with nothing said", f"more than {MANY:,}, and still counting")


PATIENT = Patient(
    number=3,
    illness="a spin",
    complaint="It answers everybody, and at once. But the fan of the computer has not been silent since the first client came, though nobody says a word.",
    exercise=mend_3,
    falls_ill=_falls_ill,
    seats=("select", "register"),
    yes="The conversation is sound, and when it is over, nobody in it does anything; ada alone waits, in `recv`. The patient does not: its `select` comes back again and again, at once, without a byte that has come. "
    "It was told, by `register`, to come back when there is room for writing, and there nearly always is. A loop that waits stands in `select`, and makes no turn at all.",
    no={
        "recv": "The patient's `recv` brought ada's five bytes, and was called no more: no receive of b'' comes again and again. ada's own waits, as it may.",
        "send": "It sent five bytes, once; nothing was left.",
        "sendall": "That is ada's. It has come back, and all her bytes have arrived.",
        "accept": "It was called once, when ada came, and came back with her connection.",
        "connect": "It came back with the handshake.",
        "socket": "It was made, and connected.",
        "setblocking": "As it should be where one thread serves many: no call of a client's socket may wait. That the calls do not wait is no reason to make them.",
        "close": "Nobody has closed anything, and nobody had to.",
    },
    symptom="all is served, and a processor is busy while nobody says anything",
    states="ESTABLISHED, as with a program that is well: the kernel has nothing to complain of",
    mend="EVENT_WRITE only while something waits to be sent; and b'' is the end, not nothing (lesson 5)",
    lesson=12,
)
