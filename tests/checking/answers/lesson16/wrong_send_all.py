"""Wrong answers to send_all, of lesson 16: as beginners write them, and the solution with one thing of it left out."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson16.send_all import but

ALL_AT_ONCE = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for at, piece in enumerate(pieces):
            s.sendto(at.to_bytes(2, "big") + piece, address)
"""

BLINDLY = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            for _ in range(3):
                s.sendto(number + piece, address)
            while s.recvfrom(1024)[0] != number:
                pass
"""

FOR_EVER = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for at, piece in enumerate(pieces):
            s.sendto(at.to_bytes(2, "big") + piece, address)
            s.recvfrom(2)
"""

CONNECTED_FOR_EVER = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            s.send(number + piece)
            while s.recv(2) != number:
                s.send(number + piece)
"""

ONCE = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            s.sendto(number + piece, address)
            data, sender = s.recvfrom(2)
            if data != number or sender != address:
                raise ValueError("what is this?")
"""

APPRENTICE = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            for _ in range(10):
                s.sendto(number + piece, address)
                try:
                    data, sender = s.recvfrom(1024)
                except TimeoutError:
                    continue
                if sender == address and data == number:
                    break
            else:
                raise TimeoutError
"""

UNCOUNTED = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            acknowledged = False
            while not acknowledged:
                s.sendto(number + piece, address)
                try:
                    while not acknowledged:
                        acknowledged = s.recvfrom(1024) == (number, address)
                except TimeoutError:
                    pass
"""


ANY = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for at, piece in enumerate(pieces):
            for tried in range(10):
                s.sendto(at.to_bytes(2, "big") + piece, address)
                try:
                    s.recvfrom(1024)
                    break
                except TimeoutError:
                    if tried == 9:
                        raise
"""


SILENT = """
import socket, time

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            for _ in range(10):
                s.sendto(number + piece, address)
                deadline = time.monotonic() + 0.2
                acknowledged = False
                while (left := deadline - time.monotonic()) > 0 and not acknowledged:
                    s.settimeout(left)
                    try:
                        acknowledged = s.recvfrom(1024) == (number, address)
                    except TimeoutError:
                        break
                if acknowledged:
                    break
"""

NEW_NUMBERS = """
import itertools, socket, time

def send_all(address, pieces):
    numbers = itertools.count()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for piece in pieces:
            while True:
                number = next(numbers).to_bytes(2, "big")
                s.sendto(number + piece, address)
                try:
                    while s.recvfrom(1024) != (number, address):
                        pass
                    break
                except TimeoutError:
                    pass
"""

ALL_AGAIN = """
import socket

def send_all(address, pieces):
    pieces = list(pieces)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for _ in range(10):
            try:
                for at, piece in enumerate(pieces):
                    number = at.to_bytes(2, "big")
                    s.sendto(number + piece, address)
                    while s.recvfrom(1024) != (number, address):
                        pass
                return
            except TimeoutError:
                pass
    raise TimeoutError
"""

SLEEPS = """
import socket, time

def send_all(address, pieces):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setblocking(False)
    with s:
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            for _ in range(10):
                s.sendto(number + piece, address)
                time.sleep(0.2)
                try:
                    while s.recvfrom(1024) != (number, address):
                        pass
                    break
                except BlockingIOError:
                    pass
            else:
                raise TimeoutError
"""

SPINS = """
import socket, time

def send_all(address, pieces):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setblocking(False)
    with s:
        for at, piece in enumerate(pieces):
            if not deliver(s, address, at.to_bytes(2, "big"), piece):
                raise TimeoutError

def deliver(s, address, number, piece):
    for _ in range(10):
        s.sendto(number + piece, address)
        deadline = time.monotonic() + 0.2
        while time.monotonic() < deadline:
            try:
                if s.recvfrom(1024) == (number, address):
                    return True
            except BlockingIOError:
                pass
    return False
"""


TWO_SENDS = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        s.settimeout(0.2)
        for at, piece in enumerate(pieces):
            s.send(at.to_bytes(2, "big"))
            s.send(piece)
            s.recv(2)
"""


LEFT_OPEN = """
import socket, time

def send_all(address, pieces):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for at, piece in enumerate(pieces):
        deliver(s, address, at.to_bytes(2, "big"), piece)
    s.close()

def deliver(s, address, number, piece):
    for _ in range(10):
        s.sendto(number + piece, address)
        deadline = time.monotonic() + 0.2
        while (left := deadline - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                data, sender = s.recvfrom(1024)
            except TimeoutError:
                break
            if sender == address and data == number:
                return
    raise TimeoutError
"""

ONE_THING = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            for _ in range(10):
                s.sendto(number + piece, address)
                try:
                    if s.recvfrom(1024) == number:
                        break
                except TimeoutError:
                    continue
            else:
                raise TimeoutError
"""

TEN_IN_ALL = """
import socket, time

def send_all(address, pieces):
    tries = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for at, piece in enumerate(pieces):
            acknowledged = False
            while not acknowledged:
                if tries == 10:
                    raise TimeoutError
                tries += 1
                s.sendto(at.to_bytes(2, "big") + piece, address)
                deadline = time.monotonic() + 0.2
                while not acknowledged and (left := deadline - time.monotonic()) > 0:
                    s.settimeout(left)
                    try:
                        acknowledged = s.recvfrom(1024) == (at.to_bytes(2, "big"), address)
                    except TimeoutError:
                        break
"""

NEW_SOCKETS = """
import socket, time

def send_all(address, pieces):
    for at, piece in enumerate(pieces):
        number = at.to_bytes(2, "big")
        if not any(deliver(address, number, piece) for _ in range(10)):
            raise TimeoutError

def deliver(address, number, piece):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(number + piece, address)
        deadline = time.monotonic() + 0.2
        while (left := deadline - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                if s.recvfrom(1024) == (number, address):
                    return True
            except TimeoutError:
                break
    return False
"""

STRICT = """
import socket

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            for _ in range(10):
                s.sendto(number + piece, address)
                try:
                    data, sender = s.recvfrom(1024)
                except TimeoutError:
                    continue
                if (data, sender) != (number, address):
                    raise ValueError("another acknowledgement")
                break
            else:
                raise TimeoutError
"""

WINDOW = """
import socket

def send_all(address, pieces):
    left = ((at.to_bytes(2, "big"), piece) for at, piece in enumerate(pieces))
    window = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        tries = 0
        while True:
            while len(window) < 2 and (new := next(left, None)):
                window[new[0]] = new[0] + new[1]
                s.sendto(window[new[0]], address)
                tries = 1
            if not window:
                return
            try:
                data, sender = s.recvfrom(1024)
                if sender == address:
                    window.pop(data, None)
            except TimeoutError:
                if tries == 10:
                    raise
                tries += 1
                for each in window.values():
                    s.sendto(each, address)
"""

PREFIX = 'at.to_bytes(2, "big")'

WRONG: list[Wrong] = [
    (ALL_AT_ONCE, None, "was not acknowledged yet"),
    (WINDOW, None, "stop and wait"),
    (
        but(
            (
                "while (left := deadline - time.monotonic()) > 0:\n        s.settimeout(left)",
                "while True:\n        s.settimeout(max(deadline - time.monotonic(), 0))",
            )
        ),
        None,
        "settimeout was given what it cannot use",
    ),
    (but(("        for at,", "        s.bind(('', 22_346))\n        for at,")), None, "a port of its own choice"),
    (BLINDLY, 38, "without waiting for the acknowledgement"),
    (FOR_EVER, None, "without a timeout"),
    (CONNECTED_FOR_EVER, 40, "only noted the address"),
    (ONCE, None, "gave up piece 1 after 1 of 10 tries"),
    (APPRENTICE, None, "Sorcerer's Apprentice"),
    (UNCOUNTED, None, "begin anew"),
    (ANY, None, "Compare the number"),
    (SILENT, None, "After ten tries TimeoutError"),
    (NEW_NUMBERS, None, "has the number that it had"),
    (ALL_AGAIN, None, "what is acknowledged is done with"),
    (SLEEPS, None, "it slept, for 0.2 s"),
    (SPINS, None, "keeps the processor busy"),
    (TWO_SENDS, None, "each send is a datagram of its own"),
    (LEFT_OPEN, None, "was left open"),
    (ONE_THING, None, "recvfrom gives two things"),
    (TEN_IN_ALL, None, "ten tries of its own"),
    (NEW_SOCKETS, None, "made a new socket"),
    (STRICT, None, "something came that was not the acknowledgement"),
    (but(("data == number", "data == number + bytes(1)")), None, "it had received that"),
    (but(("recvfrom(65535)", "recvfrom(1)")), None, "for 1 byte"),
    (but(("WAIT = 0.2", "WAIT = 0.002")), None, "timeouts are in seconds"),
    (but((PREFIX, 'at.to_bytes(2, "little")')), None, "little-endian"),
    (but((PREFIX, '(at + 1).to_bytes(2, "big")')), None, "counted from 0"),
    (but((PREFIX, "bytes([0, at % 256])")), None, "a number of its own"),
    (but(("number + piece, address", "piece, address")), None, "has to stand in front"),
    (but(("sender == address and ", "")), 39, "a stranger had sent"),
    (but(("data == number", "data[:1] == number[:1]")), None, "Compare the number, both bytes"),
    (
        but(("data == number", "int.from_bytes(data, 'big') <= int.from_bytes(number, 'big')")),
        None,
        "Compare the number",
    ),
    (but(("TRIES = 10", "TRIES = 11")), None, "11th time"),
    (but(("enumerate(pieces)", "enumerate(filter(None, pieces))")), None, "an empty piece is one too"),
    (but(("if is_acknowledged", "if number == b'\\0\\3' or is_acknowledged")), None, "of which 3 were acknowledged"),
    (but(("enumerate(pieces)", "enumerate(pieces[:])")), None, "neither a length nor an index"),
]
