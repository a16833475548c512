"""Answers to `connect_any`."""

from __future__ import annotations

from tests.checking.answers import Wrong

BASE = """
import socket
def connect_any(addresses):
    last = OSError("nothing to try")
    for family, kind, proto, name, address in addresses:
        try:
            s = socket.socket(family, kind, proto)
        except OSError as error:
            last = error
            continue
        s.settimeout(1)
        try:
            s.connect(address)
        except OSError as error:
            s.close()
            last = error
            continue
        s.settimeout(None)
        return s
    raise last
"""
"""A right one. Most wrong ones are this, with something else in one place."""


def _but(*changes: tuple[str, str]) -> str:
    source = BASE
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


LOOP = "    for family, kind, proto, name, address in addresses:\n"
MAKE = """        try:
            s = socket.socket(family, kind, proto)
        except OSError as error:
            last = error
            continue
"""

RIGHT = [
    BASE,
    # the standard library's own way, told of numbers instead of names
    """
import socket
def connect_any(addresses):
    error = OSError("no addresses")
    for *_, (host, port, *_) in addresses:
        try:
            s = socket.create_connection((host, port), timeout=0.9)
        except OSError as failed:
            error = failed
        else:
            s.settimeout(None)
            return s
    raise error
""",
    """
import contextlib, socket
def connect_any(addresses):
    errors = []
    for family, kind, proto, _, address in addresses:
        with contextlib.ExitStack() as stack:
            try:
                sock = stack.enter_context(socket.socket(family, kind, proto))
                sock.settimeout(1.0)
                sock.connect(address)
            except OSError as error:
                errors.append(error)
            else:
                stack.pop_all()
                sock.settimeout(None)
                return sock
    raise errors[-1] if errors else OSError("empty")
""",
    # it does not wait, and asks a selector
    """
import errno, os, selectors, socket
def attempt(info):
    family, kind, proto, _, address = info
    sock = socket.socket(family, kind, proto)
    try:
        sock.setblocking(False)
        code = sock.connect_ex(address)
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            with selectors.DefaultSelector() as selector:
                selector.register(sock, selectors.EVENT_WRITE)
                if not selector.select(1):
                    raise TimeoutError("no answer within a second")
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        sock.setblocking(True)
    except BaseException:
        sock.close()
        raise
    return sock
def connect_any(addresses):
    failed = OSError("no address")
    for info in addresses:
        try:
            return attempt(info)
        except OSError as error:
            failed = error
    raise failed
""",
    # it calls itself with the rest
    """
import socket
def connect_any(addresses):
    if not addresses:
        raise OSError("no address")
    (family, kind, proto, _, address), *rest = addresses
    s = None
    try:
        s = socket.socket(family=family, type=kind, proto=proto)
        s.settimeout(1)
        s.connect(address)
    except OSError:
        if s:
            s.close()
        if rest:
            return connect_any(rest)
        raise
    s.setblocking(True)
    return s
""",
    # a default timeout, set and set back; codes instead of errors
    """
import os, socket
class Attempts:
    def __init__(self):
        self.error = OSError("none")
    def of(self, addresses):
        for family, kind, proto, _, address in addresses:
            try:
                sock = socket.socket(family, kind, proto)
            except OSError as error:
                self.error = error
                continue
            try:
                sock.connect(address)
                sock.settimeout(None)
                yield sock
                return
            except OSError as error:
                sock.close()
                self.error = error
def connect_any(addresses):
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(1)
    attempts = Attempts()
    try:
        sock = next(attempts.of(addresses), None)
    finally:
        socket.setdefaulttimeout(before)
    if sock is None:
        raise attempts.error
    return sock
""",
    """
import select, socket
def connect_any(addresses):
    waiting = list(addresses)[::-1]
    problem = OSError('there is nothing in the list')
    while waiting:
        family, kind, proto, _, address = waiting.pop()
        try:
            sock = socket.socket(family, kind, proto)
        except OSError as e:
            problem = e
        else:
            try:
                sock.settimeout(0.8)
                sock.connect(address)
                sock.settimeout(None)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                return sock
            except (ConnectionError, TimeoutError, OSError) as e:
                problem = type(e)(*e.args)
                sock.close()
    raise problem
""",
    # an event loop, and the socket out of it
    """
import asyncio, socket
async def attempt(family, kind, proto, _, address):
    sock = socket.socket(family, kind, proto)
    sock.setblocking(False)
    try:
        async with asyncio.timeout(1):
            await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock
async def search(addresses):
    failed = OSError("no address at all")
    for each in addresses:
        try:
            return await attempt(*each)
        except OSError as error:
            failed = error
    raise failed
def connect_any(addresses):
    sock = asyncio.run(search(addresses))
    sock.setblocking(True)
    return sock
""",
    # a flag instead of a return in the loop
    """
import socket
def connect_any(addresses):
    found, why = None, OSError("empty list")
    index = 0
    while found is None and index < len(addresses):
        info = addresses[index]
        index += 1
        try:
            found = socket.socket(*info[:3])
            found.settimeout(1)
            found.connect(info[4])
        except OSError as error:
            if found is not None:
                found.close()
            found, why = None, error
    if found is None:
        raise why
    found.settimeout(None)
    return found
""",
    # another object of the same connection
    _but(("        return s\n", "        return socket.socket(fileno=s.detach())\n")),
    # the error's class is the answer
    _but(("    raise last\n", "    raise type(last)\n")),
]

WRONG: list[Wrong] = [
    # a name has one address
    ("""
import socket
def connect_any(addresses):
    family, kind, proto, _, address = addresses[0]
    s = socket.socket(family, kind, proto)
    s.settimeout(1)
    s.connect(address)
    s.settimeout(None)
    return s
""", 41, "without a call to the second"),
    (_but((LOOP, LOOP.replace("in addresses", "in addresses[:1]"))), 41, "without a call to the second"),
    (_but(("            s.close()\n            last = error\n            continue\n", "            s.close()\n            raise\n")), 41, "without a call to the second"),
    (_but((LOOP, LOOP + "        if family != socket.AF_INET:  # no AF_INET6\n            continue\n")), 41, "without a call to the second"),
    (_but(("socket.socket(family, kind, proto)", "socket.socket(socket.AF_INET, socket.SOCK_STREAM)")), 41, "for a socket of AF_INET6"),
    (_but(("socket.socket(family, kind, proto)", "socket.socket(socket.AF_INET, kind)  # and never AF_INET6"), ("s.connect(address)", "s.connect(address[:2])")), 41, "for a socket of AF_INET6"),
    (_but((LOOP, LOOP.replace("address in", "(host, port) in"))).replace("connect(address)", "connect((host, port))"), 41, "has four parts"),
    (_but(("s.connect(address)", "s.connect((name, address[1]))")), 18, "none of the addresses"),
    (_but((LOOP, "    addresses = sorted(addresses)\n" + LOOP)), None, "order"),
    (_but((LOOP, "    addresses = addresses[::-1]\n" + LOOP)), None, "a later address"),
    # one socket for all
    ("""
import socket
def connect_any(addresses):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(1)
    last = OSError("none")
    for *_, address in addresses:
        try:
            s.connect(address)
            s.settimeout(None)
            return s
        except OSError as error:
            last = error
    s.close()
    raise last
""", None, "again with the same socket"),
    ("""
import socket
def connect_any(addresses):
    s = socket.socket()
    last = OSError("none")
    for *_, address in addresses:
        try:
            s.settimeout(1)
            s.connect(address)
            s.settimeout(None)
            return s
        except OSError as error:
            last = error
            s.close()
    raise last
""", 22, "a socket that it had closed"),
    # left open
    (_but(("            s.close()\n", "")), None, "open with which connect had failed"),
    (_but(("            s.close()\n            last = error\n", "            last = error\n            kept.append(s)\n"), ("import socket\n", "import socket\nkept = []\n")), None, "open with which connect had failed"),
    (_but(("            s.close()\n", "            if not isinstance(error, TimeoutError):\n                s.close()\n")), None, "left 1 socket open"),
    (_but(("            s.close()\n            last = error\n", "            last = error\n            del s\n")), None, "open with which connect had failed"),
    # closed too much
    ("""
import socket
def connect_any(addresses):
    last = OSError("none")
    for family, kind, proto, _, address in addresses:
        try:
            with socket.socket(family, kind, proto) as s:
                s.settimeout(1)
                s.connect(address)
                s.settimeout(None)
                return s
        except OSError as error:
            last = error
    raise last
""", None, "closes it on every way out"),
    # time
    (_but(("        s.settimeout(None)\n", "")), None, "has a timeout of 1 s"),
    (_but(("        s.settimeout(None)\n", "        s.setblocking(False)\n")), None, "does not wait"),
    (_but(("        s.settimeout(1)\n", "")), 16, "still waits in connect"),
    (_but(("        s.settimeout(1)\n", "        s.settimeout(5)\n")), 16, "still waits in connect"),
    (_but(("        s.settimeout(1)\n", "        s.settimeout(1.2)\n")), 16, "a second was all the time"),
    (_but(("        s.settimeout(1)\n", "        s.settimeout(0.01)\n")), 16, "It gave up after"),
    # the errors that it expects
    (_but(("            s.connect(address)\n        except OSError as", "            s.connect(address)\n        except ConnectionRefusedError as")), None, "OSError is the family"),
    (_but(("            s.connect(address)\n        except OSError as", "            s.connect(address)\n        except (ConnectionRefusedError, TimeoutError) as")), None, "OSError is the family"),
    (_but((MAKE, "        s = socket.socket(family, kind, proto)\n")), None, "It belongs into the `try`"),
    # where none takes the call
    (_but(("    raise last\n", "    return None\n")), None, "and it returned None"),
    (_but(("    raise last\n", "    raise ValueError('nobody')\n")), None, "ready for an OSError"),
    (_but(("    raise last\n", "    raise OSError('nobody there')\n")), None, "the last of the errors was to come"),
    (_but(("            s.close()\n            last = error\n", "            s.close()\n            last = last if last.errno else error\n")), None, "the last of the errors was to come"),
    (_but(("    last = OSError(\"nothing to try\")\n", "")), None, "first value inside"),
    (_but(("    last = OSError(\"nothing to try\")\n", "    last = None\n")), None, "The list was empty, and it raised TypeError"),
    ("""
import socket
def connect_any(addresses):
    for family, kind, proto, _, address in addresses:
        s = socket.socket(family, kind, proto)
        s.settimeout(1)
        try:
            s.connect(address)
            s.settimeout(None)
            return s
        except OSError as error:
            s.close()
    raise error
""", None, "deletes the name `error`"),
    # too much, or the wrong thing
    ("""
import socket
def connect_any(addresses):
    found, last = [], OSError("none")
    for family, kind, proto, _, address in addresses:
        try:
            s = socket.socket(family, kind, proto)
            s.settimeout(1)
            s.connect(address)
            s.settimeout(None)
            found.append(s)
        except OSError as error:
            s.close()
            last = error
    for s in found[1:]:
        s.close()
    if found:
        return found[0]
    raise last
""", None, "called another address as well"),
    (_but(("        s.settimeout(None)\n        return s\n", "        s.settimeout(None)\n        s.sendall(b'hello')\n        return s\n")), None, "It sent b'hello'"),
    (_but(("        s.settimeout(None)\n        return s\n", "        s.settimeout(None)\n        s.recv(1)\n        return s\n")), None, "It waits in recv()"),
    (_but(("        s.settimeout(None)\n        return s\n", "        s.settimeout(None)\n        return s, address\n")), None, "the socket alone"),
    (_but(("        return s\n", "        return s.makefile('rwb')\n")), None, "the connected socket was to come"),
    (_but(("        return s\n", "        return True\n")), None, "it returned True"),
    # closed too little, or used after it
    (_but(("            s.close()\n", "            s.shutdown(socket.SHUT_RDWR)\n")), None, "in shutdown(): a socket whose connect has failed"),
    (_but(("            s.connect(address)\n        except", "            try:\n                s.connect(address)\n            except ConnectionRefusedError:\n                s.connect(address)\n        except")), None, "again with the same socket. A socket"),
    ("""
import socket
def connect_any(addresses):
    for family, kind, proto, _, address in addresses:
        s = socket.socket(family, kind, proto)
        s.settimeout(1)
        try:
            s.connect(address)
            break
        except OSError:
            s.close()
    s.settimeout(None)
    return s
""", 22, "Where the loop is over"),
    # parts and codes
    (_but(("s.connect(address)", "s.connect_ex(address)")), None, "connect_ex raises nothing"),
    (_but(("socket.socket(family, kind, proto)", "socket.socket(family, socket.SOCK_DGRAM)")), None, "a datagram socket"),
    (_but((LOOP, LOOP.replace("proto, name, address", "proto, address"))), None, "has five parts"),
    ("""
import socket
def connect_any(addresses):
    last = OSError("none")
    for each in addresses:
        try:
            s = socket.create_connection(each, timeout=1)
            s.settimeout(None)
            return s
        except OSError as error:
            last = error
    raise last
""", None, "has five parts"),
    # each address twice, to be sure
    (_but((MAKE, "        s = None\n"), ("        s.settimeout(1)\n        try:\n            s.connect(address)\n        except OSError as error:\n            s.close()\n            last = error\n            continue\n        s.settimeout(None)\n        return s\n", """        for _ in range(2):
            try:
                s = socket.socket(family, kind, proto)
                s.settimeout(1)
                s.connect(address)
                s.settimeout(None)
                return s
            except OSError as error:
                last = error
                if s:
                    s.close()
""")), None, "Each has one call"),
    # one second for all of them
    (_but((LOOP, "    import time\n    until = time.monotonic() + 1\n" + LOOP), ("settimeout(1)", "settimeout(max(until - time.monotonic(), 0.001))")), 16, "a second of its own"),
    # what can be written to is taken for connected
    ("""
import select, socket
def connect_any(addresses):
    for family, kind, proto, _, address in addresses:
        s = socket.socket(family, kind, proto)
        s.setblocking(False)
        s.connect_ex(address)
        if select.select([], [s], [], 1)[1]:
            s.setblocking(True)
            return s
        s.close()
    raise OSError('none')
""", None, "SO_ERROR"),
    # connect_ex's number, where the time is over, is another error's
    ("""
import os, socket
def connect_any(addresses):
    code = 0
    for family, kind, proto, _, address in addresses:
        try:
            s = socket.socket(family, kind, proto)
        except OSError as error:
            code = error.errno
            continue
        s.settimeout(1)
        code = s.connect_ex(address)
        if code == 0:
            s.settimeout(None)
            return s
        s.close()
    raise OSError(code, os.strerror(code))
""", None, "the number that connect_ex gives"),
    # an address of its own
    (_but(("s.connect(address)", "s.connect(('127.0.0.1', 65431))")), 41, "right for one server"),
    # milliseconds
    (_but(("settimeout(1)", "settimeout(1000)")), 16, "Timeouts are in seconds"),
    # no more than three of them
    (_but((LOOP, LOOP.replace("in addresses", "in addresses[:3]"))), None, "to the end of the list"),
    # all at the same time, and the first one that is there
    ("""
import socket
from concurrent.futures import ThreadPoolExecutor
def one(each):
    s = socket.socket(*each[:3])
    s.settimeout(1)
    try:
        s.connect(each[4])
    except OSError as error:
        s.close()
        return error
    s.settimeout(None)
    return s
def connect_any(addresses):
    with ThreadPoolExecutor(max(1, len(addresses))) as pool:
        results = list(pool.map(one, addresses))
    good = [each for each in results if isinstance(each, socket.socket)]
    for each in good[1:]:
        each.close()
    if good:
        return good[0]
    raise results[-1] if results else OSError('empty')
""", None, "called another address as well"),
    # a second for every socket of the program, from then on
    (_but(("        s.settimeout(1)\n", ""), ("    last = OSError", "    socket.setdefaulttimeout(1)\n    last = OSError")), None, "goes on counting"),
    (_but(("    raise last\n", "    raise ExceptionGroup('all failed', [last])\n")), None, "ready for an OSError"),
]  # fmt: skip
