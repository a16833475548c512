"""Right answers to send_all, of lesson 16: other loops, other modules, other sockets."""

from __future__ import annotations

from helpers.exercises.lesson16.sending import send_all
from tests.checking.answers.lesson15.read_request import but as changed


def but(*changes: tuple[str, str]) -> str:
    """The solution, with something of it changed."""
    return changed(*changes, of=send_all.solution)


CONNECTED = """
import socket, struct, time

def send_all(address, pieces):
    number = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for piece in pieces:
            if not deliver(s, struct.pack(">H", number), piece):
                raise TimeoutError(f"piece {number} never arrived")
            number += 1

def deliver(s, number, piece):
    for _ in range(10):
        s.send(number + piece)
        until = time.monotonic() + 0.2
        while (left := until - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                if s.recv(2) == number:
                    return True
            except TimeoutError:
                break
    return False
"""

SELECT = """
import select, socket, time

def send_all(address, pieces):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        for at, piece in enumerate(pieces):
            datagram = bytes([at >> 8, at & 0xFF]) + piece
            tries = 0
            deadline = 0
            while True:
                if time.monotonic() >= deadline:
                    if tries == 10:
                        raise TimeoutError(at)
                    s.sendto(datagram, address)
                    tries += 1
                    deadline = time.monotonic() + 0.2
                ready, _, _ = select.select([s], [], [], max(0, deadline - time.monotonic()))
                if ready:
                    acknowledged, sender = s.recvfrom(100)
                    if sender == address and acknowledged == datagram[:2]:
                        break
    finally:
        s.close()
"""

STATES = """
import selectors, socket, time

class Sender:
    def __init__(self, address, pieces):
        self.address, self.left, self.number = address, iter(pieces), -1
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.sock, selectors.EVENT_READ)

    def next(self):
        self.number += 1
        self.tries = 0
        self.datagram = self.number.to_bytes(2, "big") + next(self.left)
        self.send()

    def send(self):
        if self.tries == 10:
            raise TimeoutError(f"piece {self.number}")
        self.tries += 1
        self.sock.sendto(self.datagram, self.address)
        self.due = time.monotonic() + 0.2

    def run(self):
        try:
            self.next()
            while True:
                if self.selector.select(max(self.due - time.monotonic(), 0)):
                    self.read()
                if time.monotonic() >= self.due:
                    self.send()
        except StopIteration:
            return
        finally:
            self.selector.close()
            self.sock.close()

    def read(self):
        while True:
            try:
                data, sender = self.sock.recvfrom(65535)
            except BlockingIOError:
                return
            if sender == self.address and data == self.datagram[:2]:
                self.next()

def send_all(address, pieces):
    Sender(address, pieces).run()
"""

ASYNC = """
import asyncio, socket

async def acknowledged(s, address, number):
    loop = asyncio.get_running_loop()
    while await loop.sock_recvfrom(s, 1024) != (number, address):
        pass

async def sending(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setblocking(False)
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            for _ in range(10):
                s.sendto(number + piece, address)
                try:
                    await asyncio.wait_for(acknowledged(s, address, number), 0.2)
                    break
                except TimeoutError:
                    continue
            else:
                raise TimeoutError(at)

def send_all(address, pieces):
    asyncio.run(sending(address, pieces))
"""

PROTOCOL = """
import asyncio

class Acknowledgements(asyncio.DatagramProtocol):
    def __init__(self):
        self.came = asyncio.Queue()

    def datagram_received(self, data, sender):
        self.came.put_nowait(data)

async def until(came, number):
    while await came.get() != number:
        pass

async def sending(address, pieces):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Acknowledgements, remote_addr=address)
    try:
        for at, piece in enumerate(pieces):
            number = at.to_bytes(2, "big")
            for tried in range(10):
                transport.sendto(number + piece)
                try:
                    async with asyncio.timeout(0.2):
                        await until(protocol.came, number)
                    break
                except TimeoutError:
                    if tried == 9:
                        raise
    finally:
        transport.close()
        await asyncio.sleep(0)

def send_all(address, pieces):
    asyncio.run(sending(address, pieces))
"""

THREAD = """
import socket, threading

def send_all(address, pieces):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(0.05)
        news, known, over = threading.Condition(), set(), []

        def listen():
            while not over:
                try:
                    data, sender = s.recvfrom(1024)
                except TimeoutError:
                    continue
                if sender == address:
                    with news:
                        known.add(data)
                        news.notify()

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            for at, piece in enumerate(pieces):
                number = at.to_bytes(2, "big")
                known.discard(number)
                for _ in range(10):
                    s.sendto(number + piece, address)
                    with news:
                        if news.wait_for(lambda: number in known, 0.2):
                            break
                else:
                    raise TimeoutError
        finally:
            over.append(True)
            listener.join()
"""

RECURSIVE = """
import socket, time

def send_all(address, pieces, number=0, s=None):
    if s is None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for number, piece in enumerate(pieces):
                deliver(s, address, divmod(number, 256), piece, 10)

def deliver(s, address, number, piece, tries):
    if not tries:
        raise TimeoutError
    s.sendto(bytearray(number) + piece, address)
    end = time.time() + 0.2
    try:
        while True:
            s.settimeout(max(end - time.time(), 0.0001))
            data, sender = s.recvfrom(16)
            if sender == address and tuple(data) == tuple(number):
                return
            if time.time() > end:
                break
    except TimeoutError:
        pass
    deliver(s, address, number, piece, tries - 1)
"""

NEW_SOCKETS = """
import socket, time

def send_all(address, pieces):
    for at, piece in enumerate(pieces):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            deliver(s, address, at.to_bytes(2), piece)

def deliver(s, address, number, piece):
    for wait in [0.1, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]:
        s.sendto(number + piece, address)
        deadline = time.monotonic() + wait
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

RIGHT: list[str] = [
    CONNECTED,
    SELECT,
    STATES,
    ASYNC,
    PROTOCOL,
    THREAD,
    RECURSIVE,
    NEW_SOCKETS,
]
