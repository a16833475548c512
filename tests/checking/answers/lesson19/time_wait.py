"""Answers to mend_8, of lesson 19: TIME_WAIT."""

from __future__ import annotations

from helpers.exercises.lesson19.time_wait import CREATE_SERVER, mend_8
from tests.checking.answers import Wrong

SICK = mend_8.sick


def _but(source: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


BIND = "        listener.bind(('127.0.0.1', port))\n"
ONE_LINE = _but(SICK, (BIND, "        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n" + BIND))
ON_ALL_SYSTEMS = _but(
    SICK,
    ("import socket\n", "import os, socket\n"),
    (
        BIND,
        "        if os.name == 'posix':\n            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        + BIND,
    ),
)

RIGHT = [
    ON_ALL_SYSTEMS,
    # a socketserver, which has an attribute for it
    """
import os, socketserver

class Teller(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b'Tea is two today.\\n')

class Server(socketserver.TCPServer):
    allow_reuse_address = os.name == 'posix'

def mend_8(port, clients):
    with Server(('127.0.0.1', port), Teller) as server:
        for _ in range(clients):
            server.handle_request()
""",
    # asyncio, whose servers have it
    """
import asyncio

async def serve(port, clients):
    left, done = clients, asyncio.Event()

    async def tell(reader, writer):
        nonlocal left
        writer.write(b'Tea is two today.\\n')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        left -= 1
        if not left:
            done.set()

    async with await asyncio.start_server(tell, '127.0.0.1', port):
        await done.wait()

def mend_8(port, clients):
    asyncio.run(serve(port, clients))
""",
    # in a thread, with shutdown before close
    """
import socket, threading

def mend_8(port, clients):
    listener = socket.create_server(('127.0.0.1', port), backlog=50)
    thread = threading.Thread(target=serve, args=(listener, clients))
    thread.start()
    thread.join()
    listener.close()

def serve(listener, clients):
    while clients:
        conn = listener.accept()[0]
        conn.sendall(b'Tea is two today.\\n')
        conn.shutdown(socket.SHUT_WR)
        conn.close()
        clients -= 1
""",
]

WRONG: list[Wrong] = [
    (SICK, 17, "TIME_WAIT"),
    # behind bind
    (
        _but(SICK, (BIND, BIND + "        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n")),
        17,
        "before bind",
    ),
    # on the connection
    (
        _but(
            SICK,
            (
                "            with conn:\n",
                "            conn.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n            with conn:\n",
            ),
        ),
        17,
        "TIME_WAIT",
    ),
    # shares the port with whoever runs there
    (
        _but(SICK, (BIND, "        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)\n" + BIND)),
        None,
        "SO_REUSEPORT",
    ),
    # breaks off, and nothing is left
    (
        _but(
            SICK,
            ("import socket\n", "import socket, struct\n"),
            (
                "            with conn:\n",
                "            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n            with conn:\n",
            ),
        ),
        21,
        "broken off (RST)",
    ),
    # waits until the port is free
    (
        _but(
            SICK,
            ("import socket\n", "import socket, time\n"),
            (
                BIND,
                "        while True:\n            try:\n                listener.bind(('127.0.0.1', port))\n                break\n            except OSError:\n                time.sleep(0.3)\n",
            ),
        ),
        17,
        "It tries bind again and again",
    ),
    # another port
    (_but(SICK, ("bind(('127.0.0.1', port))", "bind(('127.0.0.1', 0))")), None, "was asked for"),
    # the next one that is free
    (
        _but(
            SICK,
            (
                BIND,
                "        while True:\n            try:\n                listener.bind(('127.0.0.1', port))\n                break\n            except OSError:\n                port += 1\n",
            ),
        ),
        None,
        "was asked for",
    ),
    # the error is nobody's business
    (
        _but(
            CREATE_SERVER,
            (
                "    with socket.create_server(('127.0.0.1', port)) as listener:\n",
                "    try:\n        listener = socket.create_server(('127.0.0.1', port))\n    except OSError:\n        return\n    with listener:\n",
            ),
        ),
        None,
        "as if it had served its client",
    ),
    # everywhere
    (_but(CREATE_SERVER, ("'127.0.0.1'", "''")), 19, "every address of this machine"),
    # the client is to close first, and waits for the end itself
    (
        _but(
            SICK,
            (
                "                conn.sendall(b'Tea is two today.\\n')\n",
                "                conn.sendall(b'Tea is two today.\\n')\n                conn.recv(1)\n",
            ),
        ),
        None,
        "who is to close first",
    ),
    # the connection is never closed
    (
        _but(
            CREATE_SERVER,
            (
                "            with conn:\n                conn.sendall(",
                "            kept.append(conn)\n            conn.sendall(",
            ),
            ("def mend_8", "kept = []\n\ndef mend_8"),
        ),
        None,
        "Nobody closes the connection",
    ),
    # one client is enough
    (
        _but(CREATE_SERVER, ("        for _ in range(clients):\n", "        for _ in range(1):\n")),
        None,
        "after 1 of 3 clients",
    ),
    # somewhere else, where nothing waits
    (_but(SICK, ("'127.0.0.1'", "'127.0.0.2'")), None, "It listens at 127.0.0.2"),
    # bind's error is swallowed, and listen takes any port
    (
        _but(
            SICK,
            (
                BIND,
                "        try:\n            listener.bind(('127.0.0.1', port))\n        except OSError:\n            pass\n",
            ),
        ),
        None,
        "was asked for",
    ),
    # the option, and the other one to be sure
    (
        _but(
            SICK,
            (
                BIND,
                "        for option in socket.SO_REUSEADDR, socket.SO_REUSEPORT:\n            listener.setsockopt(socket.SOL_SOCKET, option, 1)\n"
                + BIND,
            ),
        ),
        None,
        "it listens there too",
    ),
    # one direction after the other, and still the first
    (
        _but(
            SICK,
            (
                "                conn.sendall(b'Tea is two today.\\n')\n",
                "                conn.sendall(b'Tea is two today.\\n')\n                conn.shutdown(socket.SHUT_WR)\n                conn.recv(1024)\n",
            ),
        ),
        17,
        "TIME_WAIT",
    ),
    # a client that calls late is none
    (
        _but(ONE_LINE, ("            conn, addr", "            listener.settimeout(0.5)\n            conn, addr")),
        None,
        "the other one did not call for a moment",
    ),
    # the option is switched off, or another one
    (_but(ONE_LINE, ("SO_REUSEADDR, 1", "SO_REUSEADDR, 0")), 17, "TIME_WAIT"),
    (_but(ONE_LINE, ("SO_REUSEADDR", "SO_KEEPALIVE")), 17, "TIME_WAIT"),
    # nothing more is to come, and so nothing more is listened for
    (
        _but(ONE_LINE, ("            with conn:\n", "            listener.close()\n            with conn:\n")),
        None,
        "a socket that it had closed before",
    ),
    (_but(ONE_LINE, ("today.\\n", "today.")), None, "where b'Tea is two today.\\n' was to come"),
]
