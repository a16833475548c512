"""Patient 2, a deadlock: a client and a service, each of which waits for the other one's word."""

from __future__ import annotations

import socket

from helpers.checking.exercise import Exercise
from helpers.exercises.lesson09 import ask_and_read
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.patient import Patient

HARDEST = 2
"""The last stage of lesson 9's attacks that is played here: those who answer while they read are another illness."""

mend_2 = Exercise(
    lesson=19,
    signature="mend_2(address, data)",
    brief="Patient 2 gives a service all of data, and is to return the whole answer, which comes when the service has heard the end. Errors are for the caller, and nothing is left open. Mend it with as few lines as you can.",
    tidies=True,
    hints=(
        "Both wait in `recv`. What would have to happen for the service's `recv` to give `b''`, and who could make it happen?",
        "`close` would end the stream, and with it the answer. Which call ends only one direction?",
        "One line, behind `sendall` and before the first `recv`: `s.shutdown(socket.SHUT_WR)`.",
    ),
    sick="""
import socket

def mend_2(address, data):
    \"\"\"Give a service all of data; return its answer, which comes when it has heard the end.\"\"\"
    parts = []
    with socket.create_connection(address) as s:
        s.sendall(data)
        while True:
            part = s.recv(65536)
            if not part:
                break
            parts.append(part)
    return b''.join(parts)
""",
    solution="""
import socket

def mend_2(address, data):
    \"\"\"Give a service all of data; return its answer, which comes when it has heard the end.\"\"\"
    parts = []
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while True:
            part = s.recv(65536)
            if not part:
                break
            parts.append(part)
    return b''.join(parts)
""",
    reasons="`shutdown(SHUT_WR)` ends one direction: the service's `recv` gives `b''`, and the answer can still come. Nothing else was missing. A timeout ends the waiting, and not the misunderstanding: no answer ever comes. "
    "Where a service answers while it reads, more is to be done (lesson 9, `ask_and_read`): both may stand in `sendall` then.",
)

mend_2.borrow(each for each in ask_and_read.scenarios if each.stage <= HARDEST)


def _falls_ill(bed: Bed) -> None:
    address = bed.serve("counter", _count)
    bed.record()
    bed.run(f"{{name}}({address!r}, b'tea\\nmilk\\nbread\\n')")
    bed.look("all has been sent, and received")


def _count(conn: socket.socket) -> None:
    """How many lines it was, once all are there."""
    text = b""
    while data := conn.recv(1024):
        text += data
    conn.sendall(b"%d lines\n" % text.count(b"\n"))


PATIENT = Patient(
    number=2,
    illness="a deadlock",
    complaint="It sends its shopping list to a service that counts the lines and answers. Every byte arrives, and no answer comes; those who wrote the service say that it waits for us.",
    exercise=mend_2,
    falls_ill=_falls_ill,
    seats=("recv", "shutdown"),
    yes="Both stand in `recv`, and each waits for the other: the patient for the answer, the counter for more of the list, or for its end. The list is complete, and nobody has said so. Behind `sendall` a `shutdown` is missing: "
    "with it there would be a FIN in the picture, the counter's `recv` would give b'', and the kernel would not say ESTABLISHED twice.",
    no={
        "sendall": "It has come back, and all its bytes have arrived: the band goes into the counter's `recv`.",
        "connect": "It came back with the handshake, and the kernel says ESTABLISHED.",
        "create_connection": "It came back with the handshake, and the kernel says ESTABLISHED.",
        "accept": "The counter has accepted the connection, and reads from it.",
        "socket": "It was made, and connected.",
        "close": "It is not reached, and may not be: whoever closes before the answer has come hears none.",
    },
    symptom="both sides wait, though every byte has arrived; a timeout ends it, and no answer ever comes",
    states="ESTABLISHED on both sides, in all calm: nobody has ended a direction",
    mend="`shutdown(SHUT_WR)` behind the last `sendall`; or a protocol whose messages have an end of their own",
    lesson=9,
)
