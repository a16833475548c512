"""Answers to ask_and_read, of lesson 9."""

from __future__ import annotations

from helpers.exercises.lesson09 import ask_and_read
from tests.checking.answers import Wrong

RIGHT: list[str] = [
    """
import select, socket

def ask_and_read(address, data):
    parts, left = [], memoryview(data)
    with socket.create_connection(address) as s:
        s.setblocking(False)
        shut = reading_done = False
        while not (shut and reading_done):
            readable, writable, _ = select.select([] if reading_done else [s], [] if shut else [s], [])
            if writable:
                if left:
                    left = left[s.send(left):]
                if not left:
                    s.shutdown(socket.SHUT_WR)
                    shut = True
            if readable:
                part = s.recv(65536)
                reading_done = not part
                parts.append(part)
    return b"".join(parts)
""",
    """
import socket, threading

def read_to_the_end(s, parts, errors):
    try:
        while data := s.recv(65536):
            parts.append(data)
    except OSError as error:
        errors.append(error)

def ask_and_read(address, data):
    parts, errors = [], []
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.connect(address)
        reader = threading.Thread(target=read_to_the_end, args=(s, parts, errors))
        reader.start()
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        finally:
            reader.join()
    if errors:
        raise errors[0]
    return b"".join(parts)
""",
    """
import selectors, socket

def ask_and_read(address, data):
    answer = bytearray()
    sent = 0
    with socket.create_connection(address) as s, selectors.DefaultSelector() as selector:
        s.setblocking(False)
        selector.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE)
        heard = False
        while True:
            for key, events in selector.select():
                if events & selectors.EVENT_WRITE and sent is not None:
                    sent += s.send(data[sent:sent + 100_000])
                    if sent == len(data):
                        s.shutdown(socket.SHUT_WR)
                        sent = None
                        selector.modify(s, selectors.EVENT_READ)
                        if heard:
                            return bytes(answer)
                if events & selectors.EVENT_READ:
                    part = s.recv(65536)
                    if not part and sent is None:
                        return bytes(answer)
                    if not part:
                        heard = True
                        selector.modify(s, selectors.EVENT_WRITE)
                    answer += part
""",
    """
import asyncio, socket

async def conversation(address, data):
    reader, writer = await asyncio.open_connection(*address)
    async def ask():
        writer.write(data)
        await writer.drain()
        writer.write_eof()
    try:
        _, answer = await asyncio.gather(ask(), reader.read())
    finally:
        writer.close()
    return answer

def ask_and_read(address, data):
    return asyncio.run(conversation(address, data))
""",
    """
import io, socket, threading

def ask_and_read(address, data):
    s = socket.socket()
    try:
        s.connect(address)
        def ask():
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the other direction hears of it
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        with s.makefile("rb") as stream:
            answer = stream.read()
        asking.join()
        return answer
    finally:
        s.close()
""",
    """
import socket, threading

def ask_and_read(address, data):
    with socket.create_connection(address) as s:
        def ask():
            for at in range(0, len(data), 10_000):
                s.sendall(data[at:at + 10_000])
            s.shutdown(socket.SHUT_WR)
        threading.Thread(target=ask).start()
        answer, buffer = bytearray(), bytearray(100_000)
        while size := s.recv_into(buffer):
            answer += buffer[:size]
        for thread in threading.enumerate():
            if thread.name.endswith("(ask)"):
                thread.join()
    return bytes(answer)
""",
    """
import select, socket

def ask_and_read(address, data):
    with socket.create_connection(address) as s:
        s.setblocking(False)
        answer, ended = [], False
        while data:
            readable, writable, _ = select.select([s] if not ended else [], [s], [])
            if writable:
                data = data[s.send(data):]
            if readable:
                answer.append(s.recv(1_000_000))
                ended = not answer[-1]
        s.shutdown(socket.SHUT_WR)
        s.setblocking(True)
        while not ended:
            answer.append(s.recv(1_000_000))
            ended = not answer[-1]
        return b"".join(answer)
""",
]

WRONG: list[Wrong] = [
    (
        """
import socket

def ask_and_read(address, data):
    with socket.create_connection(address) as s:
        s.sendall(data)
        return s.recv(1024)
""",
        12,
        "shutdown(socket.SHUT_WR)",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        s.settimeout(2)
        s.sendall(data)
        while part := s.recv(1024):
            parts.append(part)
    return b"".join(parts)
""",
        12,
        "shutdown(socket.SHUT_WR)",
    ),
    (
        """
import socket, threading

def ask_and_read(address, data):
    parts = []
    def read(s):
        while part := s.recv(65536):
            parts.append(part)
    with socket.create_connection(address) as s:
        reader = threading.Thread(target=read, args=(s,))
        reader.start()
        s.sendall(data)
        reader.join()
        s.shutdown(socket.SHUT_WR)
    return b"".join(parts)
""",
        12,
        "shutdown(socket.SHUT_WR)",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    s = socket.create_connection(address)
    s.sendall(data)
    s.close()
    return s.recv(1024)
""",
        None,
        "closed its socket",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_RDWR)
        return s.recv(1024)
""",
        None,
        "both directions",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        return s.recv(1_000_000)
""",
        1,
        "a piece of the answer",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        return s.recv(1_000_000, socket.MSG_WAITALL)[:14]
""",
        1,
        "of the answer's",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    s = socket.create_connection(address)
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    return b"".join(iter(lambda: s.recv(65536), b""))
""",
        None,
        "not closed",
    ),
    (
        """
import socket
sockets = []

def ask_and_read(address, data):
    s = socket.create_connection(address)
    sockets.append(s)
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    return b"".join(iter(lambda: s.recv(65536), b""))
""",
        None,
        "not closed",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: s.recv(65536), b""))
""",
        None,
        "A deadlock",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        for at in range(0, len(data), 10_000):
            s.sendall(data[at:at + 10_000])
            if len(data) > 10_000:
                parts.append(s.recv(10_000))
        s.shutdown(socket.SHUT_WR)
        while part := s.recv(65536):
            parts.append(part)
    return b"".join(parts)
""",
        12,
        "nobody has told it",
    ),
    (
        """
import socket, threading

def read_to_the_end(s, parts):
    while data := s.recv(65536):
        parts.append(data)

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        reader = threading.Thread(target=read_to_the_end, args=(s, parts))
        reader.start()
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        reader.join()
    return b"".join(parts)
""",
        21,
        "in a thread",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        try:
            while part := s.recv(65536):
                parts.append(part)
        except ConnectionError:
            pass
    return b"".join(parts)
""",
        21,
        "as if that were the whole answer",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while True:
            parts.append(s.recv(65536))
    return b"".join(parts)
""",
        11,
        "round and round",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    answer = ""
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while part := s.recv(65536):
            answer += part.decode()
    return answer
""",
        None,
        "'5 bytes",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    if not data:
        return b""
    parts = []
    with socket.create_connection(address) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while part := s.recv(65536):
            parts.append(part)
    return b"".join(parts)
""",
        None,
        "b'0 bytes",
    ),
    (
        """
import select, socket

def ask_and_read(address, data):
    parts, left = [], memoryview(data)
    with socket.create_connection(address) as s:
        s.setblocking(False)
        shut = False
        while True:
            readable, writable, _ = select.select([s], [] if shut else [s], [])
            if writable:
                if left:
                    left = left[s.send(left):]
                if not left:
                    s.shutdown(socket.SHUT_WR)
                    shut = True
            if readable:
                part = s.recv(65536)
                if not part:
                    return b"".join(parts)
                parts.append(part)
""",
        None,
        "the other direction only",
    ),
    (
        """
import socket, threading

def ask_and_read(address, data):
    answer = b""
    with socket.create_connection(address) as s:
        def ask():
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        asking = threading.Thread(target=ask)
        asking.start()
        while part := s.recv(4096):
            answer += part
        asking.join()
    return answer
""",
        None,
        "too slow",
    ),
    (
        """
import socket

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        s.send(data)
        s.shutdown(socket.SHUT_WR)
        while part := s.recv(65536):
            parts.append(part)
    return data
""",
        None,
        "It returned b'hello'",
    ),
    (ask_and_read.solution.replace("s.sendall(data)", "s.send(data)"), 6, "sendall goes on until all is sent"),
    ("def ask_and_read(address, data):\n    return b'%d bytes\\n' % len(data)", None, "never connected"),
    (
        """
import socket

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        s.sendall(data + b"\\n")
        s.shutdown(socket.SHUT_WR)
        while part := s.recv(65536):
            parts.append(part)
    return b"".join(parts)
""",
        None,
        "The question was b'hello'",
    ),
    (
        """
import socket, threading

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        def ask():
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        threading.Thread(target=ask).start()
        while part := s.recv(65536):
            parts.append(part)
    return b"".join(parts)
""",
        None,
        "join() waits for a thread",
    ),
    (
        """
import socket, threading

def ask_and_read(address, data):
    parts = []
    with socket.create_connection(address) as s:
        s.settimeout(0.2)
        def ask():
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            while part := s.recv(65536):
                parts.append(part)
        except TimeoutError:
            pass
        asking.join()
    return b"".join(parts)
""",
        None,
        "A pause is not the end",
    ),
    (
        """
import select, socket

def ask_and_read(address, data):
    parts, left = [], memoryview(data)
    with socket.create_connection(address) as s:
        s.setblocking(False)
        shut = ended = False
        while not (shut and ended):
            readable, writable, _ = select.select([] if ended else [s], [s], [])
            if writable and left:
                left = left[s.send(left):]
            elif writable and not shut:
                s.shutdown(socket.SHUT_WR)
                shut = True
            if readable:
                parts.append(s.recv(65536))
                ended = not parts[-1]
    return b"".join(parts)
""",
        None,
        "keeps the processor busy",
    ),
    (
        """
import socket, threading

def ask_and_read(address, data):
    s = socket.create_connection(address)
    def ask():
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    asking = threading.Thread(target=ask)
    asking.start()
    parts = []
    while part := s.recv(65536):
        parts.append(part)
    asking.join()
    s.close()
    return b"".join(parts)
""",
        None,
        "was left open",
    ),
]
