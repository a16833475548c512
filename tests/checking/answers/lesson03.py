"""Lesson 3: right and wrong ways to open a listening socket."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: dict[str, list[str]] = {
    "open_listener": [
        """
import socket

def open_listener() -> socket.socket:
    return socket.create_server(('127.0.0.1', 0))
""",
        """
import socket

def open_listener():
    s = socket.socket()
    try:
        s.bind(('localhost', 0))
        s.listen(1)
    except OSError:
        s.close()
        raise
    return s
""",
        """
import socketserver

def open_listener():
    server = socketserver.TCPServer(('127.0.0.1', 0), socketserver.BaseRequestHandler)
    return server.socket
""",
        """
import socket

def open_listener():
    class Listener(socket.socket):
        def __init__(self, host='127.0.0.1', port=0):
            super().__init__(socket.AF_INET, socket.SOCK_STREAM)
            self.bind((host, port))
            self.listen(100)

    return Listener()
""",
        """
import socket

kept = []

def open_listener():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        kept.append(s.dup())
    return kept[-1]
""",
    ],
}

WRONG: dict[str, list[Wrong]] = {
    "open_listener": [
        (
            """
import socket

def open_listener():
    s = socket.create_server(('127.0.0.1', 0))
    socket.create_connection(s.getsockname()).close()
    return s
""",
            None,
            "a client of its own waits",
        ),
        (
            """
import socket, threading

def open_listener():
    s = socket.create_server(('127.0.0.1', 0))
    threading.Thread(target=s.accept, daemon=True).start()
    return s
""",
            None,
            "waits in accept on the socket",
        ),
        (
            """
import socket

def open_listener():
    s = socket.create_server(('127.0.0.1', 0))
    s.setblocking(False)
    return s
""",
            None,
            "is non-blocking",
        ),
        (
            """
import socket

def open_listener():
    s = socket.create_server(('127.0.0.1', 0))
    s.settimeout(5)
    return s
""",
            None,
            "a timeout of 5 s",
        ),
        (
            """
import socket

def open_listener():
    other = socket.create_server(('127.0.0.1', 0))
    return socket.create_server(('127.0.0.1', 0))
""",
            None,
            "nobody can close the others",
        ),
        (
            """
import socket

def open_listener():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        return s
""",
            None,
            "`with` closes it",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    return s
""",
            None,
            "no door yet",
        ),
        (
            """
import socket

def open_listener():
    return socket.socket()
""",
            None,
            "only created",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen()
""",
            None,
            "returned None",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.bind(('', 0))
    s.listen()
    return s
""",
            19,
            "every address of this machine",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.bind(('0.0.0.0', 0))
    s.listen()
    return s
""",
            19,
            "every address of this machine",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.listen()
    return s
""",
            19,
            "every address of this machine",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.bind(('::1', 0))
    s.listen()
    return s
""",
            18,
            "the loopback of IPv6",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen()
    conn, addr = s.accept()
    return s
""",
            None,
            "waits in accept()",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', 28461))
    s.listen()
    return s
""",
            None,
            "Port 0 l",
        ),
        (
            """
import random, socket

def open_listener():
    s = socket.socket()
    s.bind(('127.0.0.1', random.randrange(20000, 28000)))
    s.listen()
    return s
""",
            None,
            "Port 0 l",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen()
    return s, s.getsockname()
""",
            None,
            "and nothing else",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen()
    return s.getsockname()
""",
            None,
            "where a socket was to come",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('127.0.0.1', 0))
    return s
""",
            None,
            "none for TCP",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('127.0.0.1', 0))
    s.listen()
    return s
""",
            None,
            "OSError",
        ),
        (
            """
import socket

s = None

def open_listener():
    global s
    if s is None:
        s = socket.create_server(('127.0.0.1', 0))
    return s
""",
            None,
            "one of its own",
        ),
        (
            """
import socket

def open_listener():
    s = socket.socket()
    s.bind('127.0.0.1', 0)
    s.listen()
    return s
""",
            None,
            "TypeError",
        ),
        (
            """
import socket

kept = []

def open_listener():
    for _ in range(2):
        s = socket.create_server(('127.0.0.1', 0))
        kept.append(s)
    return s
""",
            None,
            "nobody can close the others",
        ),
        (
            """
import socket

def open_listener():
    s = socket.create_server(('127.0.0.1', 0))
    s.close()
    return s
""",
            None,
            "is closed",
        ),
        (
            """
import socketserver

def open_listener():
    return socketserver.TCPServer(('127.0.0.1', 0), socketserver.BaseRequestHandler)
""",
            None,
            "an object of type TCPServer",
        ),
        (
            """
import socket

def open_listener():
    s = socket.create_server(('127.0.0.1', 0))
    client = socket.create_connection(s.getsockname())
    return client
""",
            None,
            "does not listen",
        ),
    ],
}
