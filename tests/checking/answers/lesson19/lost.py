"""Answers to mend_7, of lesson 19: a lost datagram. (Those of `ask`, lesson 16, are answers to it as well.)"""

from __future__ import annotations

from helpers.exercises.lesson19.lost import mend_7
from tests.checking.answers import Wrong
from tests.checking.answers.lesson16 import ask as of_lesson_16

SICK = mend_7.sick


def _but(source: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


TIMED = _but(
    SICK,
    ("        s.connect(address)\n", "        s.connect(address)\n        s.settimeout(0.2)\n"),
    (
        """            while True:
                answer = s.recv(65535)
                if answer[:2] == number:
                    return answer[2:]
""",
        """            try:
                while True:
                    answer = s.recv(65535)
                    if answer[:2] == number:
                        return answer[2:]
            except TimeoutError:
                pass
""",
    ),
)
"""A right one. Most wrong ones are this, with something else in one place."""

RIGHT = [
    TIMED,
    # a deadline for each try, and whoever sends is looked at
    """
import random
import socket
import time

def mend_7(address, question, tries):
    number = random.randrange(65536).to_bytes(2, 'big')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(tries):
            s.sendto(number + question, address)
            deadline = time.monotonic() + 0.25
            while (left := deadline - time.monotonic()) > 0:
                s.settimeout(left)
                try:
                    answer, sender = s.recvfrom(65535)
                except TimeoutError:
                    break
                if sender == address and answer.startswith(number):
                    return answer.removeprefix(number)
    raise TimeoutError('no answer')
""",
    # select waits, and the socket need not
    _but(
        SICK,
        ("import socket\n", "import select, socket, time\n"),
        (
            "            while True:\n                answer = s.recv(65535)\n",
            "            until = time.monotonic() + 0.2\n            while select.select([s], [], [], max(until - time.monotonic(), 0))[0]:\n                answer = s.recv(65535)\n",
        ),
    ),
    *(each.replace("def ask(", "def mend_7(") for each in of_lesson_16.RIGHT if each.count("def ask(") == 1),
]

WRONG: list[Wrong] = [
    (SICK, 40, "without a timeout"),
    # a timeout, and the error of it goes to whoever called
    (
        _but(SICK, ("        s.connect(address)\n", "        s.connect(address)\n        s.settimeout(0.2)\n")),
        None,
        "It gave up after 1 of 2 tries",
    ),
    # a timeout for the whole of it, far too long
    (_but(TIMED, ("settimeout(0.2)", "settimeout(30)")), None, "0.2 s are enough here"),
    # far too short
    (_but(TIMED, ("settimeout(0.2)", "settimeout(0.01)")), None, "an answer that is on its way takes longer"),
    # another number for each try
    (
        _but(
            TIMED,
            (
                "            s.send(",
                "            _asked += 1\n            number = (_asked % 65536).to_bytes(2, 'big')\n            s.send(",
            ),
        ),
        None,
        "Choose the number once",
    ),
    # twice is safer
    (
        _but(
            SICK,
            (
                "            s.send(number + question)\n",
                "            s.send(number + question)\n            s.send(number + question)\n",
            ),
        ),
        38,
        "without waiting for an answer",
    ),
    # whatever comes is the answer
    (
        _but(
            TIMED,
            (
                "                while True:\n                    answer = s.recv(65535)\n                    if answer[:2] == number:\n                        return answer[2:]\n",
                "                return s.recv(65535)[2:]\n",
            ),
        ),
        None,
        "which belongs to an earlier question",
    ),
    # from whomever it comes
    (
        _but(
            TIMED,
            ("        s.connect(address)\n", ""),
            ("s.send(number + question)", "s.sendto(number + question, address)"),
        ),
        39,
        "a stranger",
    ),
    # None says it as well
    (
        _but(TIMED, ("    raise TimeoutError('no answer')\n", "    return None\n")),
        None,
        "that asks for TimeoutError",
    ),
    # the last answer is not waited for
    (
        _but(
            TIMED,
            ("        for _ in range(tries):\n", "        for left in reversed(range(tries)):\n"),
            ("            try:\n", "            if not left:\n                break\n            try:\n"),
        ),
        None,
        "wait for an answer after the last try",
    ),
    # goes on asking until somebody answers
    (_but(TIMED, ("for _ in range(tries)", "while True")), None, "tries counts all datagrams"),
    # does not wait at all
    (
        _but(
            TIMED,
            ("s.settimeout(0.2)", "s.setblocking(False)"),
            ("except TimeoutError", "except BlockingIOError"),
        ),
        38,
        "without waiting for an answer",
    ),
    # sleeps, and looks then
    (
        _but(
            TIMED,
            ("import socket\n", "import socket, time\n"),
            ("s.settimeout(0.2)", "s.setblocking(False)"),
            ("except TimeoutError", "except BlockingIOError"),
            ("            try:\n", "            time.sleep(0.2)\n            try:\n"),
        ),
        None,
        "it slept",
    ),
]
