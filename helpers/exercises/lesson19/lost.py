"""Patient 7, a lost datagram: it is ready to ask again, and never does, since nothing ends its wait."""

from __future__ import annotations

import socket

from helpers.checking.exercise import Exercise
from helpers.exercises.lesson16.asking import ask
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.patient import Patient
from helpers.link.datagram_link import DatagramLink

mend_7 = Exercise(
    lesson=19,
    signature="mend_7(address, question, tries)",
    brief="Patient 7 is `ask` of lesson 16: it asks the server at address, over UDP, and returns its answer. Question and answer have the same number of 2 bytes in front. It is to send its question at most tries times, and to wait for about 0.2 s each time, "
    "whatever else comes; all tries of one question have one number, and another question has another. Only what comes from address, and has that number, is the answer. After the last try TimeoutError; "
    "where the system says that nobody is there, its ConnectionError is right as well. It leaves nothing open. Mend it with as few lines as you can.",
    tidies=True,
    hints=(
        "The loop has as many turns as there are tries. How many has it had, and what would have to happen for the next one?",
        "Nothing comes, and nobody says so: only a clock of its own can end that wait. A socket can have one (lesson 5), and so can something that looks whether there is anything to receive (lesson 9).",
        "`s.settimeout(0.2)` before the loop, and around the inner loop `try:` and `except TimeoutError: pass`. Or, with `import select`: `while select.select([s], [], [], 0.2)[0]:` instead of `while True:`.",
    ),
    sick="""
import socket

_asked = 0

def mend_7(address, question, tries):
    \"\"\"The server's answer to this question; TimeoutError if none comes to any of the tries.\"\"\"
    global _asked
    _asked += 1
    number = (_asked % 65536).to_bytes(2, 'big')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for _ in range(tries):
            s.send(number + question)
            while True:
                answer = s.recv(65535)
                if answer[:2] == number:
                    return answer[2:]
    raise TimeoutError('no answer')
""",
    solution="""
import select
import socket

_asked = 0

def mend_7(address, question, tries):
    \"\"\"The server's answer to this question; TimeoutError if none comes to any of the tries.\"\"\"
    global _asked
    _asked += 1
    number = (_asked % 65536).to_bytes(2, 'big')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for _ in range(tries):
            s.send(number + question)
            while select.select([s], [], [], 0.2)[0]:
                answer = s.recv(65535)
                if answer[:2] == number:
                    return answer[2:]
    raise TimeoutError('no answer')
""",
    reasons="All was there, the tries and the error after the last of them; but nobody tells a receiver that nothing comes, and so it never had its second turn. `select` with a timeout ends the wait, and the loop goes on. "
    "`s.settimeout(0.2)`, with `try` and `except TimeoutError: pass` around the inner loop, does the same in four lines. `connect` keeps strangers out, so that none of them makes the wait longer; the server itself could, with answers to older questions: who fears that "
    "gives each try a deadline, as in lesson 16.",
)

mend_7.borrow(ask.scenarios)

ASKS = "for question in b'tea', b'milk':\n    print({{name}}({address!r}, question, 3))"
"""What starts it."""


def _shop() -> None:
    """Answers whoever asks, with the number of the question."""
    prices = {b"tea": b"two", b"milk": b"three"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        while True:
            question, addr = s.recvfrom(65535)
            s.sendto(question[:2] + prices.get(question[2:], b"what?"), addr)


def _falls_ill(bed: Bed) -> None:
    shop = bed.start("shop", _shop)
    assert shop.address is not None
    with DatagramLink(shop.address) as link:
        link.upstream.loss = [2]
        bed.record()
        program = bed.run(ASKS.format(address=link.address))
        bed.wait(lambda: any(each.data.endswith(b"milk") for each in bed.calls("recvfrom")))  # which the link has lost
        bed.rest()
        bed.note("what it has printed", program.output.strip())
        bed.note("how often it may ask for one thing", "3")
        bed.note("what the kernel says", "nothing: UDP has no connections, and so no states")
        bed.stop_recording()


PATIENT = Patient(
    number=7,
    illness="a lost datagram",
    complaint="It asks a shop by UDP for the price of tea, and of milk, and it asks three times if need be. On most days it has both prices at once. Today it has one, and has stood still since.",
    exercise=mend_7,
    falls_ill=_falls_ill,
    seats=("recv", "settimeout", "select"),
    yes="The last `recv` waits, and has no end: the question for milk was lost on the way, which the shop cannot know, and nobody tells the program. It may ask three times, and the picture shows one `send` for milk: neither `settimeout` nor `select` bounds the wait for its answer, so that it never comes to the next try.",
    no={
        "send": "It has come back each time, and said how many bytes the system took. That the second of them was lost on the way, it cannot know; that may happen to any datagram.",
        "connect": "It has sent nothing, and only noted the address: that is as it should be, and keeps strangers out.",
        "sendto": "The shop has answered what it was asked, and its answer arrived.",
        "recvfrom": "The shop waits for a question, as a server should. It has answered the only one that arrived.",
        "bind": "The shop has its address: the first question came there.",
        "socket": "They are UDP sockets, and were meant to be: a question and its answer, one datagram each.",
        "close": "The first call has closed its socket, having its answer; the second one's is open as long as that waits.",
    },
    symptom="now and then it stands still for ever, most often where the network is busy",
    states="nothing: UDP has no states",
    mend="an end to each wait (`select`, or `settimeout`), and then the next try",
    lesson=16,
)
