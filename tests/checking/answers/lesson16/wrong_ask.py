"""Wrong answers to ask, of lesson 16: as beginners write them, and the solution with one thing of it left out."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson16.ask import but

ONCE = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        s.sendto(number + question, address)
        data, sender = s.recvfrom(65535)
    return data[2:]
"""


CONNECTED_FOR_EVER = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for _ in range(tries):
            s.send(number + question)
            answer = s.recv(65535)
            if answer[:2] == number:
                return answer[2:]
    raise TimeoutError
"""

NAIVE = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for _ in range(tries):
            s.sendto(number + question, address)
            try:
                data, sender = s.recvfrom(65535)
            except TimeoutError:
                continue
            if sender == address and data[:2] == number:
                return data[2:]
    raise TimeoutError
"""

WAITS_ANEW = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for _ in range(tries):
            s.sendto(number + question, address)
            try:
                while True:
                    data, sender = s.recvfrom(65535)
                    if sender == address and data[:2] == number:
                        return data[2:]
            except TimeoutError:
                pass
    raise TimeoutError
"""

ASKS_AGAIN = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        while tries:
            s.sendto(number + question, address)
            try:
                data, sender = s.recvfrom(65535)
            except TimeoutError:
                tries -= 1
                continue
            if sender == address and data[:2] == number:
                return data[2:]
    raise TimeoutError
"""

BLINDLY = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.5)
        for _ in range(tries):
            s.sendto(number + question, address)
        while True:
            data, sender = s.recvfrom(65535)
            if sender == address and data[:2] == number:
                return data[2:]
"""


WITHOUT_END = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        while True:
            s.sendto(number + question, address)
            try:
                data, sender = s.recvfrom(65535)
            except TimeoutError:
                continue
            if sender == address and data[:2] == number:
                return data[2:]
"""

SPINS = """
import random, socket, time

def ask(address, question, tries):
    number = random.randbytes(2)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setblocking(False)
    with s:
        for _ in range(tries):
            s.sendto(number + question, address)
            deadline = time.monotonic() + 0.2
            while time.monotonic() < deadline:
                try:
                    data, sender = s.recvfrom(65535)
                except BlockingIOError:
                    continue
                if sender == address and data[:2] == number:
                    return data[2:]
    raise TimeoutError
"""

NEW_NUMBERS = """
import random, socket, time

def ask(address, question, tries):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(tries):
            number = random.randbytes(2)
            s.sendto(number + question, address)
            deadline = time.monotonic() + 0.2
            while (left := deadline - time.monotonic()) > 0:
                s.settimeout(left)
                try:
                    data, sender = s.recvfrom(65535)
                except TimeoutError:
                    break
                if sender == address and data[:2] == number:
                    return data[2:]
    raise TimeoutError
"""

NEW_SOCKETS = """
import random, socket, time

def ask(address, question, tries):
    number = random.randbytes(2)
    for _ in range(tries):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(number + question, address)
            deadline = time.monotonic() + 0.2
            while (left := deadline - time.monotonic()) > 0:
                s.settimeout(left)
                try:
                    data, sender = s.recvfrom(65535)
                except TimeoutError:
                    break
                if sender == address and data[:2] == number:
                    return data[2:]
    raise TimeoutError
"""

SLEEPS = """
import random, socket, time

def ask(address, question, tries):
    number = random.randbytes(2)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setblocking(False)
    with s:
        for _ in range(tries):
            s.sendto(number + question, address)
            time.sleep(0.2)
            try:
                while True:
                    data, sender = s.recvfrom(65535)
                    if sender == address and data[:2] == number:
                        return data[2:]
            except BlockingIOError:
                pass
    raise TimeoutError
"""

TCP = """
import socket

def ask(address, question, tries):
    with socket.create_connection(address) as s:
        s.sendall(b"\\0\\1" + question)
        return s.recv(65535)[2:]
"""

STREAM = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        s.settimeout(0.2)
        for _ in range(tries):
            s.sendall(number)
            s.sendall(question)
            try:
                head = s.recv(2)
                return s.recv(65535)
            except TimeoutError:
                pass
    raise TimeoutError
"""

HEAD_FIRST = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        s.settimeout(0.2)
        for _ in range(tries):
            s.send(number + question)
            try:
                if s.recv(2) == number:
                    return s.recv(65535)
            except TimeoutError:
                pass
    raise TimeoutError
"""

UNTIL_THE_END = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        s.settimeout(0.2)
        s.send(number + question)
        answer = b""
        while data := s.recv(1024):
            answer += data
        return answer[2:]
"""


LEFT_OPEN = """
import random, socket, time

def ask(address, question, tries):
    number = random.randbytes(2)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(tries):
        s.sendto(number + question, address)
        deadline = time.monotonic() + 0.2
        while (left := deadline - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                data, sender = s.recvfrom(65535)
            except TimeoutError:
                break
            if sender == address and data[:2] == number:
                s.close()
                return data[2:]
    raise TimeoutError
"""

SWALLOWS = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for _ in range(tries):
            try:
                s.send(number + question)
                s.settimeout(0.2)
                while True:
                    answer = s.recv(65535)
                    if answer[:2] == number:
                        return answer[2:]
            except TimeoutError:
                pass
            except OSError:
                return b""
    raise TimeoutError
"""

KNOCKS = """
import random, socket, time

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for _ in range(tries):
            deadline = time.monotonic() + 0.2
            s.settimeout(0.2)
            while time.monotonic() < deadline:
                try:
                    s.send(number + question)
                    while (left := deadline - time.monotonic()) > 0:
                        s.settimeout(left)
                        data = s.recv(65535)
                        if data[:2] == number:
                            return data[2:]
                except TimeoutError:
                    break
                except ConnectionRefusedError:
                    pass
    raise TimeoutError
"""

ONE_THING = """
import random, socket

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for _ in range(tries):
            s.sendto(number + question, address)
            try:
                data = s.recvfrom(65535)
                if data[:2] == number:
                    return data[2:]
            except TimeoutError:
                pass
    raise TimeoutError
"""

ALL_TRIES = """
import random, socket

def ask(address, question, tries):
    number, answer = random.randbytes(2), None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for _ in range(tries):
            s.sendto(number + question, address)
            try:
                data, sender = s.recvfrom(65535)
                if sender == address and data[:2] == number:
                    answer = data[2:]
            except TimeoutError:
                pass
    if answer is None:
        raise TimeoutError
    return answer
"""

ANYBODY = but(("sender == address and ", ""))

NO_LOOK = """
import random, socket, time

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(tries):
            s.sendto(number + question, address)
            deadline = time.monotonic() + 0.2
            while True:
                s.settimeout(max(deadline - time.monotonic(), 0))
                try:
                    data, sender = s.recvfrom(65535)
                except TimeoutError:
                    break
                if sender == address and data[:2] == number:
                    return data[2:]
    raise TimeoutError
"""

WRONG: list[Wrong] = [
    (ONCE, None, "gave up after 1 of 2 tries"),
    (CONNECTED_FOR_EVER, 40, "only noted the address"),
    (NAIVE, None, "Overlook it, and wait on"),
    (WAITS_ANEW, None, "begin anew"),
    (BLINDLY, 38, "without waiting for an answer"),
    (WITHOUT_END, None, "a third datagram came"),
    (SPINS, None, "keeps the processor busy"),
    (NEW_NUMBERS, None, "Choose the number once"),
    (NEW_SOCKETS, None, "made a new socket"),
    (SLEEPS, None, "it slept, for 0.2 s"),
    (TCP, None, "none for UDP"),
    (STREAM, None, "each send is a datagram of its own"),
    (HEAD_FIRST, None, "recv for 2 bytes"),
    (UNTIL_THE_END, None, "waited for more"),
    (LEFT_OPEN, None, "was left open"),
    (SWALLOWS, 40, "nobody is at the address"),
    (ANYBODY, 39, "a stranger"),
    (but(("sender == address and ", "sender[0] == address[0] and ")), 39, "host and port"),
    (but((" and data[:2] == number", "")), None, "earlier question"),
    (but((" and data[:2] == number", " and data[1] == number[1]")), None, "Compare both bytes"),
    (but(("65535", "1024")), None, "for 1,024 bytes"),
    (but(("random.randrange(1 << 16).to_bytes", "(1).to_bytes")), None, "a number of its own"),
    (but(("if answer is not None", "if answer")), None, "b'' is false"),
    (
        but(
            ("data[:2] == number", "struct.unpack('!H', data[:2])[0] == int.from_bytes(number, 'big')"),
            ("import random", "import random, struct"),
        ),
        None,
        "too short for a number",
    ),
    (but(("question, address)", "question, (address[0], address[1] + 1))")), None, "not to the address"),
    (ASKS_AGAIN, None, "sent its question again at once"),
    (
        but(
            (
                "answer = answer_within(WAIT, s, address, number)",
                "answer = answer_within(WAIT, s, address, number) if _ < tries - 1 else None",
            )
        ),
        None,
        "though its last try was answered",
    ),
    (ONE_THING, None, "recvfrom gives two things"),
    (ALL_TRIES, None, "return it, and send nothing more"),
    (but(("data[:2] == number", "data[:2] == number[::-1]")), None, "it received that, went on"),
    (but(("WAIT = 0.2", "WAIT = 0.002")), None, "timeouts are in seconds"),
    (but(('.to_bytes(2, "big")', "")), None, "A number becomes bytes"),
    (but(("1 << 16", "65536, 99999")), None, "2 bytes go up to 65,535"),
    (NO_LOOK, None, "settimeout was given what it cannot use"),
    (NO_LOOK.replace("max(deadline - time.monotonic(), 0)", "deadline - time.monotonic()"), None, "nothing negative"),
    (
        but(("        for _ in", "        s.bind(('127.0.0.1', 22_345))\n        for _ in")),
        None,
        "a port of its own choice",
    ),
    (KNOCKS, None, "Nobody was there, and it sent its question"),
]
