"""Answers to attack, of lesson 20, that are wrong: too mild, too harsh, or no attack at all."""

from __future__ import annotations

from helpers.exercises.lesson20.attacker import attack
from tests.checking.answers import Wrong
from tests.checking.answers.lesson15.read_request import but as changed


def but(*changes: tuple[str, str]) -> str:
    """The solution, with something of it changed."""
    return changed(*changes, of=attack.solution)


def without(*steps: str) -> str:
    """The solution, without these steps."""
    return attack.solution + f"\nSTEPS = [each for each in STEPS if each.__name__ not in {steps}]\n"


def with_step(source: str) -> str:
    """The solution, and one step more, the body of which this is."""
    body = "\n    ".join(source.strip().split("\n"))
    return attack.solution + f"\ndef more(judge):\n    {body}\n\nSTEPS.append(more)\n"


EXAMPLE = """
def attack(judge):
    s = judge.connect()
    s.sendall(b'2  ho \\n')
    assert s.recv(1024) == b' ho  ho \\n'
"""
FORGES = """
import json, os, sys

def attack(judge):
    for fd in range(3, 30):
        try:
            os.write(fd, b'\\n{"event": "returned", "value": {"v": null}, "threads": 0, "left_open": 0, "rest": {"v": null}, "socket": null}\\n')
        except OSError:
            pass
"""

TOO_MILD: list[Wrong] = [
    ("def attack(judge):\n    s = judge.connect()\n", None, "has received a single byte"),
    (EXAMPLE.replace("assert ", ""), None, "One that strips the blanks at the ends of a text, which belong to it slipped through."),
    (EXAMPLE.replace("2  ho \\n", "2 ho\\n").replace(" ho  ho ", "hoho"), None, "strips the blanks"),
    (without("cut", "characters"), 1, "One that takes the end of a piece for the end of a line and one that decodes each piece by itself"),
    (without("characters"), 9, "One that decodes each piece by itself"),
    (without("glued"), 1, "One that answers only the first of two lines in a piece slipped through"),
    (without("no_counts"), 25, "trusts int()"),
    (without("empty_line"), None, "One that takes an empty line for the end of the conversation slipped through"),
    (without("half_close"), None, "hangs up as soon as a client has ended its direction"),
    (without("breaks_off"), None, "One that ends for all when one client breaks off"),
    (without("silent_first", "two_beginnings", "does_not_read"), 26, "One that serves one client after another"),
    (without("two_beginnings"), None, "One that has one buffer for the unfinished lines of all its clients"),
    (without("long_answer", "half_close"), None, "hangs up as soon as"),
    (without("does_not_read"), 29, "One that lets everybody wait while one client does not read"),
    # a half-close before a short answer shows nothing
    (but(("ask(s, b'9999 ' + b'x' * 100)\n", "ask(s, b'1 ' + b'x' * 100)\n"), ("b'x' * 999900", "b'x' * 100")), None, "with half of the answer unsent"),
    # whatever happens, it goes on
    (but(("        step(judge)", "        try:\n            step(judge)\n        except Exception:\n            pass")), None, "strips the blanks"),
    # to be silent is forgiven
    (but(("        data = s.recv(1)               # never more than this line\n", "        try:\n            data = s.recv(1)\n        except TimeoutError:\n            return None\n"), ("        line = line_of(s)\n", "        line = line_of(s)\n        if line is None:\n            return\n")), 1, "answers only the first of two lines"),
]  # fmt: skip

TOO_HARSH: list[Wrong] = [
    ("def attack(judge):\n    assert False\n", None, "One that has a thread for each client, as in lesson 10 was felled (AssertionError in line 2)"),
    ("def attack(judge):\n    s = judge.connect()\n    s.sendall(b'3 ha\\n')\n    assert s.recv(1024) == b'no'\n", None, "Every server fell"),
    (but(("        for line, answer in", "        s.settimeout(0.5)\n        for line, answer in")), 52, "One that needs a second before it can answer anybody was felled (TimeoutError"),
    # one recv is one answer
    (EXAMPLE, None, "One that sends its answers in pieces, the first byte alone was felled"),
    # and recv does not take more than one answer
    (but(("        ask(s, b'1 one', b'2 two', b'3 three')\n", "        ask(s, b'1 one', b'2 two', b'3 three')\n        judge.rest()\n"), ("data = s.recv(1)   ", "data = s.recv(1024)")), None, "was felled"),
    (but(("line.startswith(b'?')", "line == b'?\\n'")), None, "One that says behind its ? what is wrong, in asyncio was felled"),
    (with_step("s = judge.connect()\nask(s, b'1' * 5000 + b' x')\nmust_say(s, b'?')"), None, "One that reads byte by byte, and hangs up at a line that is too long was felled"),
    (with_step("s = judge.connect()\ns.sendall(b'2 unfinished')\ns.shutdown(socket.SHUT_WR)\nmust_say(s, b'unfinishedunfinished')"), None, "has a thread for each client"),
    (with_step("s = judge.connect()\nask(s, b'00 x')\nmust_say(s, b'?')"), None, "has a thread for each client"),
    (with_step("s = judge.connect()\ns.sendall(b'3 ha\\r\\n')\nmust_say(s, b'hahaha')"), None, "has a thread for each client"),
    # who does not read, and sends on: both wait
    (with_step("s = judge.connect()\ns.sendall(b'9999 wait\\n' * 3000000)"), None, "(TimeoutError in line "),
    # it takes the answer's time for the server's fault
    (with_step("import time\nbegun = time.monotonic()\nexample(judge)\nassert time.monotonic() == begun"), None, "was felled"),
]  # fmt: skip

NO_ATTACK: list[Wrong] = [
    (but(("            assert line == answer + b'\\n', line", "            assert int(line) == int(answer), line")), 25, "compare its bytes as they are"),
    (EXAMPLE.replace("    assert ", "    return "), None, "and what it returns counts for nothing"),
    ("def attack(judge):\n    while True:\n        pass\n", None, "It works without end"),
    ("def attack(judge):\n    while True:\n        judge.rest()\n", None, "asks again and again"),
    ("import time\ndef attack(judge):\n    s = judge.connect()\n    time.sleep(0.5)\n", None, "No sleep is needed"),
    ("import time\ndef attack(judge):\n    time.sleep(1000)\n", None, "It sleeps for 1,000 s"),
    ("def attack(judge):\n    kept = [judge.connect() for _ in range(10000)]\n", None, "more than 100 connections to one server"),
    ("def attack(judge):\n    while True:\n        print('x' * 100000)\n", None, "It prints without end"),
    ("def attack(judge):\n    kept = bytearray(1 << 32)\n", None, "of memory"),
    ("def attack(judge):\n    judge.conect()\n", None, "It raised AttributeError, in line 2"),
    ("import os, signal\ndef attack(judge):\n    os.kill(os.getppid(), signal.SIGKILL)\n", None, "it starts no process, and ends none"),
    ("import os\ndef attack(judge):\n    while True:\n        os.fork()\n", None, "it starts no process, and ends none"),
    ("import subprocess\ndef attack(judge):\n    subprocess.run(['kill', '-9', '1'])\n", None, "it starts no process, and ends none"),
    ("import os\ndef attack(judge):\n    os._exit(0)\n", None, "It ended its whole process"),
    ("import os, signal\ndef attack(judge):\n    os.kill(os.getpid(), signal.SIGKILL)\n", None, "SIGKILL"),
    ("import sys\ndef attack(judge):\n    sys.exit('the server is wrong')\n", None, "sys.exit()"),
    (FORGES, None, "file descriptors that are not its own"),
    ("def attack(judge):\n    input('is it wrong? ')\n", None, "nobody types"),
    (with_step("import threading\nthreading.Thread(target=threading.Event().wait).start()"), None, "left a thread that runs on"),
    ("async def attack(judge):\n    s = judge.connect()\n", None, "async def"),
    # a connection of its own, of which the judge knows nothing
    ("import socket\ndef attack(judge):\n    s = socket.create_connection(judge.connect().getpeername())\n    s.recv(1)\n", None, "It never comes back: it waits in recv(), in line 4"),
    # what it has kept from the servers before
    ("import os\ndef attack(judge):\n    count = os.environ['count'] = os.environ.get('count', '') + 'x'\n    assert len(count) > 2\n", None, "The same server fell the first time, and was spared the second"),
]  # fmt: skip

WRONG: list[Wrong] = [*TOO_MILD, *TOO_HARSH, *NO_ATTACK]
