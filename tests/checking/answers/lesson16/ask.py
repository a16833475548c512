"""Right answers to ask, of lesson 16: other loops, other modules, other sockets."""

from __future__ import annotations

from helpers.exercises.lesson16.asking import ask
from tests.checking.answers.lesson15.read_request import but as changed


def but(*changes: tuple[str, str]) -> str:
    """The solution, with something of it changed."""
    return changed(*changes, of=ask.solution)


CONNECTED = """
import random, socket, struct, time

def ask(address, question, tries):
    number = random.getrandbits(16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for _ in range(tries):
            s.send(struct.pack("!H", number) + question)
            deadline = time.monotonic() + 0.2
            while (left := deadline - time.monotonic()) > 0:
                s.settimeout(left)
                try:
                    answer = s.recv(65535)
                except TimeoutError:
                    break
                if len(answer) >= 2 and struct.unpack("!H", answer[:2])[0] == number:
                    return answer[2:]
    raise TimeoutError("nobody has answered")
"""


SELECTORS = """
import itertools, selectors, socket, time

numbers = itertools.count(65530)

def ask(address, question, tries):
    number = (next(numbers) % 65536).to_bytes(2, "big")
    with socket.socket(type=socket.SOCK_DGRAM) as s, selectors.DefaultSelector() as selector:
        s.setblocking(False)
        selector.register(s, selectors.EVENT_READ)
        sent, next_try = 0, time.monotonic()
        while True:
            if time.monotonic() >= next_try:
                if sent == tries:
                    raise TimeoutError(f"{sent} tries")
                s.sendto(number + question, address)
                sent, next_try = sent + 1, time.monotonic() + 0.2
            for _ in selector.select(max(next_try - time.monotonic(), 0)):
                try:
                    data, sender = s.recvfrom(65507)
                except BlockingIOError:
                    continue
                if (data[:2], sender) == (number, address):
                    return data[2:]
"""

PROTOCOL = """
import asyncio, random

class Asking(asyncio.DatagramProtocol):
    def __init__(self, address, number):
        self.address, self.number = address, number
        self.answer = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, sender):
        if sender == self.address and data[:2] == self.number and not self.answer.done():
            self.answer.set_result(data[2:])

async def asking(address, question, tries):
    number = random.randbytes(2)
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: Asking(address, number), local_addr=("127.0.0.1", 0))
    try:
        for _ in range(tries):
            transport.sendto(number + question, address)
            try:
                return await asyncio.wait_for(asyncio.shield(protocol.answer), 0.2)
            except TimeoutError:
                pass
        raise TimeoutError
    finally:
        transport.close()
        await asyncio.sleep(0)

def ask(address, question, tries):
    return asyncio.run(asking(address, question, tries))
"""

LOOP = """
import asyncio, random, socket

async def answer_of(s, address, number):
    loop = asyncio.get_running_loop()
    while True:
        data, sender = await loop.sock_recvfrom(s, 65535)
        if sender == address and data[:2] == number:
            return data[2:]

async def asking(address, question, tries):
    number = random.randrange(2 ** 16).to_bytes(2, "big")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setblocking(False)
        for _ in range(tries):
            s.sendto(number + question, address)
            try:
                async with asyncio.timeout(0.2):
                    return await answer_of(s, address, number)
            except TimeoutError:
                continue
    raise TimeoutError

def ask(address, question, tries):
    return asyncio.run(asking(address, question, tries))
"""

CLASS = """
import secrets, socket, time

class Question:
    def __init__(self, address, text):
        self.address, self.number = address, secrets.token_bytes(2)
        self.datagram = self.number + text
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def answers(self, seconds):
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return
            self.sock.settimeout(left)
            try:
                data, sender = self.sock.recvfrom(65535)
            except TimeoutError:
                return
            if sender == self.address and data[:2] == self.number:
                yield data[2:]

    def ask(self, tries):
        if not tries:
            raise TimeoutError
        self.sock.sendto(self.datagram, self.address)
        for answer in self.answers(0.15):
            return answer
        return self.ask(tries - 1)

def ask(address, question, tries):
    with Question(address, question) as q:
        return q.ask(tries)
"""


BUFFER = """
import random, socket, time

def ask(address, question, tries):
    number, buffer = random.randbytes(2), bytearray(65536)
    view = memoryview(buffer)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        tried = 0
        while tried < tries:
            tried += 1
            s.sendto(number + question, address)
            deadline = time.monotonic() + 0.2
            while time.monotonic() < deadline:
                s.settimeout(max(deadline - time.monotonic(), 0.001))
                try:
                    size, sender = s.recvfrom_into(buffer)
                except TimeoutError:
                    break
                if size >= 2 and view[:2] == number and sender[0] == address[0] and sender[1] == address[1]:
                    return bytes(view[2:size])
    raise TimeoutError("gave up")
"""

BACKING_OFF = """
import random, socket, time

def ask(address, question, tries):
    number, wait = random.randrange(65536).to_bytes(2, "big"), 0.1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(tries):
            s.sendto(number + question, address)
            deadline = time.monotonic() + wait
            wait *= 2
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

PATIENT_WHERE_NOBODY_IS = """
import random, socket, time

def ask(address, question, tries):
    number = random.randbytes(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        for _ in range(tries):
            deadline = time.monotonic() + 0.2
            try:
                s.send(number + question)
                while (left := deadline - time.monotonic()) > 0:
                    s.settimeout(left)
                    data = s.recv(65535)
                    if data[:2] == number:
                        return data[2:]
            except TimeoutError:
                pass
            except ConnectionRefusedError:
                time.sleep(max(deadline - time.monotonic(), 0))
    raise TimeoutError
"""


PEEKS = """
import random, select, socket, time

def ask(address, question, tries):
    number = random.randbytes(2)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        for _ in range(tries):
            s.sendmsg([number, question], [], 0, address)
            end = time.perf_counter() + 0.2
            while select.select([s], [], [], max(0, end - time.perf_counter()))[0]:
                head, sender = s.recvfrom(2, socket.MSG_PEEK)
                data = s.recv(65535)
                if (head, sender) == (number, address):
                    return data.removeprefix(number)
        raise TimeoutError("no answer")
    finally:
        s.close()
"""

THREAD = """
import queue, random, socket, threading

def ask(address, question, tries):
    number, answers, over = random.randbytes(2), queue.Queue(), threading.Event()

    def hear():
        while not over.is_set():
            try:
                data, sender = s.recvfrom(65535)
            except TimeoutError:
                continue
            if sender == address and data[:2] == number:
                answers.put(data[2:])

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(0.05)
        thread = threading.Thread(target=hear)
        thread.start()
        try:
            for _ in range(tries):
                s.sendto(number + question, address)
                try:
                    return answers.get(timeout=0.2)
                except queue.Empty:
                    pass
            raise TimeoutError
        finally:
            over.set()
            thread.join()
"""

SLOWLY = but(
    ("WAIT = 0.2", "WAIT = 0.6"), ("return answer\n    raise", "return answer\n            time.sleep(0.05)\n    raise")
)

RIGHT: list[str] = [
    CONNECTED,
    SELECTORS,
    PROTOCOL,
    LOOP,
    CLASS,
    BUFFER,
    BACKING_OFF,
    PATIENT_WHERE_NOBODY_IS,
    PEEKS,
    THREAD,
    SLOWLY,
]
