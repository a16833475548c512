"""Patient 1, a starved client: a server that serves one after another, and waits for one who says nothing."""

from __future__ import annotations

import socket

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.patient import Patient
from helpers.exercises.visits import SCENES, Server, attack, one_reads_nothing

mend_1 = Exercise(
    lesson=19,
    signature="mend_1(listener)",
    brief="Patient 1 gives each client back what it says, up to its end. It is to serve every client, whatever the others do, or do not do. Mend it with as few lines as you can.",
    hints=(
        "Where does the program stand while ada says nothing? Who could go back to `accept` meanwhile?",
        "What serves one client is a function already. It may take as long as it likes, if it does not keep the loop from `accept`: who else could run it?",
        "`import threading` at the top; and in the loop, in the place of `serve(conn)`: `threading.Thread(target=serve, args=(conn,)).start()`.",
    ),
    sick="""
def mend_1(listener):
    \"\"\"Give each client back what it says, up to its end.\"\"\"

    def serve(conn):
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
            except ConnectionError:
                print('a client has broken off')

    while True:
        conn, addr = listener.accept()
        serve(conn)
""",
    solution="""
import threading

def mend_1(listener):
    \"\"\"Give each client back what it says, up to its end.\"\"\"

    def serve(conn):
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
            except ConnectionError:
                print('a client has broken off')

    while True:
        conn, addr = listener.accept()
        threading.Thread(target=serve, args=(conn,)).start()
""",
    reasons="`serve` was sound, and so was the loop; what was wrong is who runs what. `recv` may wait for one client for ever, and so it must not stand in the way to `accept`: in a thread of its own it keeps nobody waiting but its own client. "
    "A timeout would be a line less to think about, and no mend: everybody would still wait for whoever says nothing, only not for ever, and a client who thinks for a while would be thrown out. One thread with a selector holds as well, if what has no room yet waits in a buffer; and it changes nearly every line.",
    serves=True,
)


TALK = "the talk with one client"


def _open_server(judge: Judge, way: str = "", aborting: bool = False) -> Server:
    return Server(judge, talk=TALK, raising=b"")


attack(mend_1, _open_server, [each for each in SCENES if not each.of_handle])


@mend_1.scenario(3, "one who says much, and reads nothing of what comes back")
def _reads_nothing(judge: Judge) -> None:
    one_reads_nothing(judge, TALK)


def _falls_ill(bed: Bed) -> None:
    bed.run()
    bed.record()
    bed.call("ada", _listen)
    bed.look("ada has connected, and says nothing")
    bed.call("grace", _say_hello)
    bed.look("grace has connected, and has said hello")


def _listen(conn: socket.socket) -> None:
    conn.recv(1024)


def _say_hello(conn: socket.socket) -> None:
    conn.sendall(b"hello")
    conn.recv(1024)


PATIENT = Patient(
    number=1,
    illness="a starved client",
    complaint="It has worked for a week. Now grace waits for an answer, and gets none; to another program on the same computer the network is as quick as ever.",
    exercise=mend_1,
    falls_ill=_falls_ill,
    seats=("recv",),
    yes="The last thing the program did is a `recv` that has not come back, and it belongs to ada, who says nothing. While it waits there, nobody calls `accept`, and grace, who is connected and has said hello, stands in the backlog.",
    no={
        "accept": "It came back when ada called, and nobody has called it since: the picture has one `accept`, and none that waits. Where is the program instead?",
        "connect": "Both have come back. grace is connected: the kernel says ESTABLISHED, though no program has taken her yet.",
        "sendall": "grace's has come back: the system has taken her five bytes, and keeps them for whoever reads them.",
        "listen": "It let the kernel take both, as it should: a longer queue would hold more who wait, and serve nobody.",
        "socket": "Both were made, and connected.",
        "close": "Nobody has closed anything. Whoever would, once its client has gone, does not get there.",
    },
    symptom="one client is connected and gets no answer, while another, who came before, says nothing",
    states="ESTABLISHED, more often than the program has accepted; nobody is in an odd state",
    mend="a thread for each client, so that no `recv` stands in the way to `accept`",
    lesson=10,
)
