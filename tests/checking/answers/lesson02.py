"""Lesson 2: right and wrong ways to find out whether anyone is there."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: dict[str, list[str]] = {
    "is_anyone_there": [
        """
import socket

def is_anyone_there(address) -> str:
    try:
        socket.create_connection(address, 0.9).close()
    except ConnectionRefusedError:
        return 'refused'
    except TimeoutError:
        return 'no answer'
    return 'open'
""",
        """
import errno, socket

def is_anyone_there(address):
    s = socket.socket()
    s.settimeout(1)
    code = s.connect_ex(address)
    s.close()
    return {0: 'open', errno.ECONNREFUSED: 'refused'}.get(code, 'no answer')
""",
        """
import errno, select, socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.setblocking(False)
        code = s.connect_ex(address)
        if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
            _, done, failed = select.select([], [s], [s], 1)
            if not done and not failed:
                return 'no answer'
            code = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code not in (0, errno.ECONNREFUSED):
            raise OSError(code, 'no way there')
        return 'refused' if code else 'open'
""",
        """
import asyncio

async def knock(address):
    try:
        async with asyncio.timeout(0.9):
            reader, writer = await asyncio.open_connection(*address)
    except OSError as error:
        return 'refused' if isinstance(error, ConnectionRefusedError) else 'no answer'
    writer.close()
    await writer.wait_closed()
    return 'open'

def is_anyone_there(address):
    return asyncio.run(knock(address))
""",
        """
import socket

RESULTS = [(ConnectionRefusedError, 'refused'), (TimeoutError, 'no answer')]

def is_anyone_there(address):
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(1)
    s = socket.socket()
    try:
        s.connect(address)
        s.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        for kind, result in RESULTS:
            if isinstance(error, kind):
                return result
        raise
    else:
        return 'open'
    finally:
        s.close()
        socket.setdefaulttimeout(before)
""",
    ],
}

WRONG: dict[str, list[Wrong]] = {
    "is_anyone_there": [
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(address)
        except TimeoutError:
            return 'no answer'
        except Exception:
            return 'refused'
        return 'open'
""",
            16,
            "to which no way leads",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(0.01)
        try:
            s.connect(address)
        except TimeoutError:
            return 'no answer'
        except ConnectionRefusedError:
            return 'refused'
        return 'open'
""",
            16,
            "It gave up after",
        ),
        (
            """
import socket

def is_anyone_there(address):
    s = socket.socket()
    s.settimeout(1)
    try:
        s.connect(address)
    except TimeoutError:
        return 'no answer'
    except ConnectionRefusedError:
        return 'refused'
    s.close()
    return 'open'
""",
            None,
            "left open",
        ),
        (
            """
import socket, time

def is_anyone_there(address):
    end = time.monotonic() + 0.9
    answer = 'no answer'
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.setblocking(False)
        while time.monotonic() < end:
            try:
                s.connect(address)
            except BlockingIOError:
                pass
            except ConnectionRefusedError:
                return 'refused'
            except OSError:
                pass
            try:
                s.getpeername()
                return 'open'
            except OSError:
                pass
    return answer
""",
            None,
            "keeps the processor busy",
        ),
        (
            """
def is_anyone_there(address):
    return 'open'
""",
            None,
            "never connected",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        s.connect(address)
        return 'open'
""",
            None,
            "Catch it, and return 'refused'",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(address)
        except ConnectionRefusedError:
            return 'refused'
        return 'open'
""",
            None,
            "Catch it, and return 'no answer'",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(address)
            return 'open'
        except OSError:
            return 'refused'
""",
            16,
            "nobody refused anything",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(address)
            return 'open'
        except OSError:
            return 'no answer'
""",
            16,
            "there was one",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        try:
            s.connect(address)
            return 'open'
        except ConnectionRefusedError:
            return 'refused'
        except TimeoutError:
            return 'no answer'
""",
            None,
            "settimeout(1), before connect",
        ),
        (
            """
import socket

def is_anyone_there(address):
    for _ in range(2):
        with socket.socket() as s:
            s.settimeout(0.6)
            try:
                s.connect(address)
                return 'open'
            except ConnectionRefusedError:
                return 'refused'
            except TimeoutError:
                pass
    return 'no answer'
""",
            None,
            "a second was all",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(3)
        try:
            s.connect(address)
            return 'open'
        except ConnectionRefusedError:
            return 'refused'
        except TimeoutError:
            return 'no answer'
""",
            None,
            "More than a second",
        ),
        (
            """
import socket

def is_anyone_there(address):
    s = socket.socket()
    s.settimeout(1)
    try:
        s.connect(address)
    except ConnectionRefusedError:
        return 'refused'
    except TimeoutError:
        return 'no answer'
    s.close()
    return 'open'
""",
            None,
            "left open",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(address)
            s.sendall(b'hello')
            return 'open'
        except ConnectionRefusedError:
            return 'refused'
        except TimeoutError:
            return 'no answer'
""",
            None,
            "It sent b'hello'",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(address)
            s.sendall(b'hello')
            return 'open' if s.recv(1024) else 'no answer'
        except ConnectionRefusedError:
            return 'refused'
        except TimeoutError:
            return 'no answer'
""",
            None,
            "that is 'open'",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.connect(address)
        s.recv(1024)
        return 'open'
""",
            None,
            "waits in recv",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.setblocking(False)
        code = s.connect_ex(address)
        return 'open' if code == 0 else 'no answer'
""",
            None,
            "that is 'open'",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(('127.0.0.1', address[1]))
            return 'open'
        except ConnectionRefusedError:
            return 'refused'
        except TimeoutError:
            return 'no answer'
""",
            None,
            "a server listens",
        ),
        (
            """
import socket

s = None

def is_anyone_there(address):
    global s
    s = s or socket.socket()
    s.settimeout(1)
    try:
        s.connect(address)
        return 'open'
    except ConnectionRefusedError:
        return 'refused'
    except TimeoutError:
        return 'no answer'
    finally:
        s.close()
""",
            22,
            "A closed socket stays closed",
        ),
        (
            """
known = {}

import socket

def is_anyone_there(address):
    if address not in known:
        with socket.socket() as s:
            s.settimeout(1)
            try:
                s.connect(address)
                known[address] = 'open'
            except ConnectionRefusedError:
                known[address] = 'refused'
            except TimeoutError:
                known[address] = 'no answer'
    return known[address]
""",
            None,
            "since the last call",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(address)
            print('open')
        except ConnectionRefusedError:
            print('refused')
        except TimeoutError:
            print('no answer')
""",
            None,
            "It returned None",
        ),
        (
            """
import socket

def is_anyone_there(address):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect(address)
            return True
        except ConnectionRefusedError:
            return False
""",
            None,
            "It returned True",
        ),
        (
            """
import socket

def is_anyone_there(address):
    while True:
        try:
            with socket.create_connection(address, timeout=1):
                return 'open'
        except OSError:
            pass
""",
            None,
            "",
        ),
        (
            """
import socket, threading

def is_anyone_there(address):
    result = []
    def knock():
        try:
            s = socket.socket()
            s.connect(address)
            result.append('open')
        except ConnectionRefusedError:
            result.append('refused')
        s.close()
    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(1)
    return result[0] if result else 'no answer'
""",
            None,
            "left open",
        ),
    ],
}
