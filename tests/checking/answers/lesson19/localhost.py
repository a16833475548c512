"""Answers to mend_6, of lesson 19: `localhost` is ::1."""

from __future__ import annotations

from helpers.exercises.lesson19.localhost import mend_6
from tests.checking.answers import Wrong

SICK = mend_6.sick
LOOP = """
import socket

def mend_6(host, port):
    last = OSError('no address')
    for family, kind, proto, name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        s = socket.socket(family, kind, proto)
        try:
            s.connect(address)
            return s
        except OSError as error:
            last = error
            s.close()
    raise last
"""


def _but(source: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


RIGHT = [
    LOOP,
    # the sick program, called with one entry after another
    """
import contextlib, socket

def mend_6(host, port):
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for at, (family, kind, proto, name, address) in enumerate(found):
        with contextlib.ExitStack() as stack:
            s = stack.enter_context(socket.socket(family, kind, proto))
            try:
                s.connect(address)
            except OSError:
                if at == len(found) - 1:
                    raise
                continue
            stack.pop_all()
            return s
""",
    # asyncio has a loop of its own; the socket is taken from it
    """
import asyncio, socket

async def connected(host, port):
    loop = asyncio.get_running_loop()
    last = OSError('nobody')
    for family, kind, proto, name, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        s = socket.socket(family, kind, proto)
        s.setblocking(False)
        try:
            await loop.sock_connect(s, address)
        except OSError as error:
            s.close()
            last = error
            continue
        s.setblocking(True)
        return s
    raise last

def mend_6(host, port):
    return asyncio.run(connected(host, port))
""",
    # in the order of the list, by itself again
    """
import socket

def mend_6(host, port):
    return first_of(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

def first_of(found):
    (family, kind, proto, name, address), *others = found
    s = socket.socket(family, kind, proto)
    try:
        s.connect(address)
    except OSError:
        s.close()
        if not others:
            raise
        return first_of(others)
    return s
""",
    # with a timeout that is meant for connect alone
    """
import socket

def mend_6(host, port):
    s = socket.create_connection((host, port), timeout=1, all_errors=False)
    s.settimeout(None)
    return s
""",
]

WRONG: list[Wrong] = [
    (SICK, 41, "where one fails, the next one is tried"),
    # the last one instead
    (_but(SICK, ("found[0]", "found[-1]")), None, "it is connected to a later address"),
    # the family that this server happens to have
    (
        _but(SICK, ("type=socket.SOCK_STREAM)", "family=socket.AF_INET, type=socket.SOCK_STREAM)")),
        41,
        "listened on ::1 only",
    ),
    # the address that this server happens to have
    (
        """
import socket

def mend_6(host, port):
    return socket.create_connection(('127.0.0.1', port))
""",
        41,
        "listened on ::1 only",
    ),
    # the name itself, for connect
    (
        """
import socket

def mend_6(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.connect((host, port))
    return s
""",
        41,
        "It gave connect the name",
    ),
    # one socket for all
    (
        """
import socket

def mend_6(host, port):
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    s = socket.socket(found[0][0], socket.SOCK_STREAM)
    for *_, address in found:
        try:
            s.connect(address)
            return s
        except OSError as error:
            last = error
    raise last
""",
        None,
        "with the same socket",
    ),
    # those that failed stay open
    (
        _but(
            LOOP,
            ("            s.close()\n", "            opened.append(s)\n"),
            ("def mend_6", "opened = []\n\ndef mend_6"),
        ),
        None,
        "open with which connect had failed",
    ),
    # it is a refusal, or nothing
    (_but(LOOP, ("except OSError as", "except ConnectionRefusedError as")), None, "OSError is the family of all"),
    # nobody says so
    (_but(LOOP, ("    raise last\n", "    return None\n")), None, "it returned None"),
    # a closed one
    (
        _but(
            LOOP,
            ("            return s\n", ""),
            (
                "            last = error\n            s.close()\n    raise last\n",
                "            last = error\n        else:\n            return s\n        finally:\n            s.close()\n    raise last\n",
            ),
        ),
        None,
        "is closed",
    ),
    # the timeout stays
    (
        """
import socket

def mend_6(host, port):
    return socket.create_connection((host, port), timeout=1)
""",
        None,
        "has a timeout of 1 s",
    ),
    # perhaps it is only starting
    (
        """
import socket, time

def mend_6(host, port):
    family, kind, proto, name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    for left in 2, 1, 0:
        s = socket.socket(family, kind, proto)
        try:
            s.connect(address)
            return s
        except OSError:
            s.close()
            if not left:
                raise
            time.sleep(0.05)
""",
        41,
        "without a call to the second",
    ),
    # says hello, too
    (
        _but(LOOP, ("            return s\n", "            s.sendall(b'hello')\n            return s\n")),
        None,
        "It sent b'hello'",
    ),
    # the second where there is one
    (_but(SICK, ("found[0]", "found[min(1, len(found) - 1)]")), None, "it is connected to a later address"),
    # the address of this one server, where nothing else helps
    (
        """
import socket

def mend_6(host, port):
    try:
        return socket.create_connection((host, port))
    except OSError:
        return socket.create_connection(('127.0.0.1', port))
""",
        None,
        "Each has one call",
    ),
    # one of its own making
    (
        _but(
            SICK,
            ("socket.socket(family, kind, proto)", "socket.socket(socket.AF_INET6, kind, proto)"),
            (
                "    s.connect(address)\n",
                "    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)\n    s.connect(('::ffff:127.0.0.1', port))\n",
            ),
        ),
        41,
        "right for one server",
    ),
    # the first two
    (_but(LOOP, ("type=socket.SOCK_STREAM):", "type=socket.SOCK_STREAM)[:2]:")), None, "to the end of the list"),
    # IPv4 alone
    (
        "import socket\n\ndef mend_6(host, port):\n    return socket.create_connection((socket.gethostbyname(host), port))\n",
        41,
        "listened on ::1 only",
    ),
    # entries of all types, and the second is for UDP
    (_but(LOOP, (", type=socket.SOCK_STREAM", "")), None, "a datagram socket"),
    # the families in an order of its own
    (
        _but(
            LOOP,
            (
                "in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):",
                "in sorted(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)):",
            ),
        ),
        None,
        "a later address",
    ),
]
