"""Lesson 1: right and wrong ways to greet."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: dict[str, list[str]] = {
    "greet": [
        """
import socket

def greet(address) -> bytes:
    s = socket.socket()
    try:
        s.connect(address)
        s.send(b'hello')
        answer = s.recv(4096)
    finally:
        s.close()
    return answer
""",
        """
import socket

def greet(address):
    with socket.create_connection(address, timeout=2) as s:
        s.sendall(b'hello')
        s.shutdown(socket.SHUT_WR)
        return b''.join(iter(lambda: s.recv(1024), b''))
""",
        """
from contextlib import closing
from socket import *

class Client:
    def __init__(self):
        self.s = socket(AF_INET, SOCK_STREAM)

    def ask(self, address, question):
        self.s.connect(address)
        self.s.sendall(bytes(question, 'utf-8'))
        buffer = bytearray(1024)
        return bytes(buffer[:self.s.recv_into(buffer)])

    def close(self):
        self.s.close()

def greet(address):
    with closing(Client()) as client:
        return client.ask(address, 'hello')
""",
        """
import socket

def greet(address):
    with socket.create_connection(address) as s, s.makefile('rwb') as stream:
        stream.write(b'hello')
        stream.flush()
        return stream.read1()
""",
        """
import asyncio

def greet(address):
    async def talk():
        reader, writer = await asyncio.open_connection(*address)
        try:
            writer.write(b'hello')
            return await reader.read(1024)
        finally:
            writer.close()
            await writer.wait_closed()
    return asyncio.run(talk())
""",
        """
import select, socket

def greet(address):
    with socket.socket() as s:
        s.setblocking(False)
        s.connect_ex(address)
        select.select([], [s], [], 2)
        for letter in b'hello':
            s.send(bytes([letter]))
        select.select([s], [], [], 2)
        return s.recv(100)
""",
    ],
}

WRONG: dict[str, list[Wrong]] = {
    "greet": [
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.settimeout(0.2)
        s.connect(address)
        s.sendall(b'hello')
        return s.recv(1024)
""",
            None,
            "A slow peer is not a dead one",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        try:
            return s.recv(1024)
        except ConnectionResetError:
            raise EOFError
""",
            21,
            "it raised EOFError",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        s.setblocking(False)
        while True:
            try:
                return s.recv(1024)
            except BlockingIOError:
                pass
""",
            None,
            "keeps the processor busy",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall('hello')
        return s.recv(1024)
""",
            7,
            "with the b in front",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        print(s.recv(1024))
""",
            None,
            "return gives it back",
        ),
        (
            """
def greet(address):
    return b'hello'
""",
            None,
            "never spoke to the server",
        ),
        (
            """
def greet(address):
    print('hello')
""",
            None,
            "heard nothing",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        return s.recv(1024).decode()
""",
            None,
            "a str",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        return s.recv(5)
""",
            None,
            "only the beginning",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        s.recv(1024)
        return b'hello'
""",
            None,
            "which was the greeting",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello\\n')
        return s.recv(1024).strip()
""",
            None,
            "The server got",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        return s.recv(1024)
""",
            None,
            "has heard nothing",
        ),
        (
            """
import socket

def greet(address):
    answer = b''
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        while data := s.recv(1024):
            answer += data
    return answer
""",
            12,
            "both wait for ever",
        ),
        (
            """
import socket

def greet(address):
    s = socket.socket()
    s.connect(address)
    s.sendall(b'hello')
    return s.recv(1024)
""",
            None,
            "nobody had closed its socket",
        ),
        (
            """
import socket

def greet(address):
    global s
    s = socket.socket()
    s.connect(address)
    s.sendall(b'hello')
    return s.recv(1024)
""",
            None,
            "nobody had closed its socket",
        ),
        (
            """
import socket

s = None

def greet(address):
    global s
    if s is None:
        s = socket.socket()
    s.connect(address)
    s.sendall(b'hello')
    answer = s.recv(1024)
    s.close()
    return answer
""",
            22,
            "A closed socket stays closed",
        ),
        (
            """
import socket

def greet(address):
    s = socket.socket()
    s.close()
    s.connect(address)
    s.sendall(b'hello')
    return s.recv(1024)
""",
            22,
            "A closed socket stays closed",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
    return s.recv(1024)
""",
            None,
            "Inside the `with` block",
        ),
        (
            """
import socket

def greet(address):
    s = socket.socket()
    s.connect(address)
    s.sendall(b'hello')
    answer = s.recv(1024)
    s.close()
    return answer
""",
            None,
            "`with` closes it in any case",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(('127.0.0.1', 1))
        s.sendall(b'hello')
        return s.recv(1024)
""",
            None,
            "The server was at `address`",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(*address)
        s.sendall(b'hello')
        return s.recv(1024)
""",
            None,
            "TypeError",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        s.sendall(b'hello')
        return s.recv(1024)
""",
            None,
            "",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.settimeout(0.01)
        s.connect(address)
        s.sendall(b'hello')
        return s.recv(1024)
""",
            None,
            "",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        return bytes(s.recv(1024).decode(errors='replace'), 'utf-8')
""",
            None,
            "where the answer was",
        ),
        (
            """
import socket

def greet(address):
    answer = b''
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b'hello')
        s.shutdown(socket.SHUT_WR)
        while True:
            answer += s.recv(1024)
""",
            11,
            "round and round",
        ),
        (
            """
def greet(address):
    while True:
        pass
""",
            None,
            "without end",
        ),
        (
            """
import socket

def greet(address):
    with socket.socket() as s:
        try:
            s.connect(address)
            s.sendall(b'hello')
            return s.recv(1024)
        except OSError:
            return b'hello'
""",
            21,
            "as if that were the end",
        ),
    ],
}
