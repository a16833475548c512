"""Answers to receive_within, of lesson 5."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: list[str] = [
    """
import time

def receive_within(conn, seconds):
    before = conn.gettimeout()
    deadline = time.monotonic() + seconds
    answer = b''
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            conn.settimeout(left)
            data = conn.recv(1024)
            if not data:
                return answer
            answer += data
    finally:
        conn.settimeout(before)
""",
    """
import select, time

def receive_within(conn, seconds):
    start = time.perf_counter()
    pieces = []
    while (used := time.perf_counter() - start) < seconds:
        readable, _, _ = select.select([conn], [], [], seconds - used)
        if readable:
            data = conn.recv(65536)
            if not data:
                return b''.join(pieces)
            pieces.append(data)
    raise TimeoutError('too slow')
""",
    """
import contextlib, time

@contextlib.contextmanager
def short_waits(conn):
    before = conn.gettimeout()
    conn.settimeout(0.01)
    yield conn
    conn.settimeout(before)

def receive_within(conn, seconds):
    end = time.time() + seconds
    answer = b''
    with short_waits(conn):
        while time.time() < end:
            try:
                data = conn.recv(1024)
            except TimeoutError:
                continue
            if not data:
                return answer
            answer += data
    raise TimeoutError
""",
    """
import signal

def receive_within(conn, seconds):
    def late(*_):
        raise TimeoutError('too late')
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        return b''.join(iter(lambda: conn.recv(4096), b''))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
""",
    """
import asyncio

def receive_within(conn, seconds):
    async def everything():
        loop, answer = asyncio.get_running_loop(), b''
        while data := await loop.sock_recv(conn, 2000):
            answer += data
            await asyncio.sleep(0)
        return answer

    async def bounded():
        async with asyncio.timeout(seconds):
            return await everything()

    before = conn.gettimeout()
    conn.setblocking(False)
    try:
        return asyncio.run(bounded())
    finally:
        conn.settimeout(before)
""",
    """
import selectors, time

class SlowPeer(TimeoutError):
    pass

def receive_within(conn, seconds):
    deadline = time.monotonic_ns() + int(seconds * 1e9)
    with selectors.DefaultSelector() as selector:
        selector.register(conn, selectors.EVENT_READ)
        answer = bytearray()
        while time.monotonic_ns() < deadline:
            if selector.select((deadline - time.monotonic_ns()) / 1e9):
                piece = conn.recv(1)
                if not piece:
                    return bytes(answer)
                answer += piece
    raise SlowPeer
""",
    """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    before, answer = conn.gettimeout(), b''
    conn.setblocking(False)
    try:
        while time.monotonic() < deadline:
            try:
                piece = conn.recv(1024)
            except BlockingIOError:
                time.sleep(0.002)
                continue
            if not piece:
                return answer
            answer += piece
    finally:
        conn.settimeout(before)
    raise TimeoutError
""",
]

WRONG: list[Wrong] = [
    (
        """
import queue, threading, time

def receive_within(conn, seconds):
    done = queue.Queue()
    def read():
        answer = b''
        try:
            while data := conn.recv(1024):
                answer += data
            done.put(answer)
        except OSError as error:
            done.put(error)
    threading.Thread(target=read, daemon=True).start()
    try:
        result = done.get(timeout=seconds)
    except queue.Empty:
        time.sleep(0.03)  # as on a busy machine, where this thread is woken a moment late
        raise TimeoutError(f'more than {seconds} seconds') from None
    if isinstance(result, OSError):
        raise result
    return result
""",
        None,
        "will take the next bytes",
    ),
    (
        """
import socket, threading

def receive_within(conn, seconds):
    late = threading.Event()
    def stop():
        late.set()
        conn.shutdown(socket.SHUT_RDWR)
    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        answer = b''
        while data := conn.recv(4096):
            answer += data
    except OSError:
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError
    return answer
""",
        None,
        "went on taking it after",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    before = conn.gettimeout()
    conn.settimeout(seconds)
    start = time.monotonic()
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
            if time.monotonic() - start > seconds:
                raise TimeoutError
        return answer
    finally:
        conn.settimeout(before)
""",
        None,
        "a timeout begins anew",
    ),
    (
        """
import select, time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while time.monotonic() < deadline:
        if not select.select([conn], [], [], seconds)[0]:
            break
        data = conn.recv(1024)
        if not data:
            return answer
        answer += data
    raise TimeoutError
""",
        None,
        "it waited once more as long",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + 2 * seconds
    answer = b''
    while (left := deadline - time.monotonic()) > 0:
        conn.settimeout(left)
        data = conn.recv(1024)
        if not data:
            return answer
        answer += data
    raise TimeoutError
""",
        None,
        "that is too long",
    ),
    (
        """
import select, time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while True:
        if not select.select([conn], [], [], max(deadline - time.monotonic(), 0))[0]:
            raise TimeoutError
        data = conn.recv(1024)
        if not data:
            return answer
        answer += data
""",
        None,
        "only when nothing is there",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        conn.settimeout(left)
        data = conn.recv(1024)
        if not data:
            conn.settimeout(None)
            return answer
        answer += data
""",
        None,
        "It raised TimeoutError, and its socket",
    ),
    (
        """
def receive_within(conn, seconds):
    conn.settimeout(seconds)
    return conn.recv(1024)
""",
        1,
        "with one send",
    ),
    (
        """
def receive_within(conn, seconds):
    conn.settimeout(seconds)
    return conn.recv(1_000_000)
""",
        2,
        "A short piece is not the end",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    conn.settimeout(seconds)
    answer = b''
    while time.monotonic() < deadline:
        answer += conn.recv(1024)
    return answer
""",
        11,
        "round and round",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    time.sleep(seconds)
    conn.settimeout(0.1)
    answer = b''
    while data := conn.recv(1024):
        answer += data
    return answer
""",
        None,
        "It sleeps for 10 s",
    ),
    (
        """
def receive_within(conn, seconds):
    answer = b''
    while data := conn.recv(1024):
        answer += data
    return answer
""",
        None,
        "waits for ever",
    ),
    (
        """
def receive_within(conn, seconds):
    conn.settimeout(seconds * 1000)
    answer = b''
    while data := conn.recv(1024):
        answer += data
    return answer
""",
        None,
        "waits for ever",
    ),
    (
        """
def receive_within(conn, seconds):
    conn.settimeout(seconds)
    answer = b''
    while data := conn.recv(1024):
        answer += data
    return answer
""",
        None,
        "a timeout begins anew",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    answer = b''
    while True:
        deadline = time.monotonic() + seconds
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        conn.settimeout(left)
        data = conn.recv(1024)
        if not data:
            return answer
        answer += data
""",
        None,
        "a timeout begins anew",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while True:
        conn.settimeout(deadline - time.monotonic())
        data = conn.recv(1024)
        if not data:
            return answer
        answer += data
""",
        None,
        "Look first whether anything is left",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while True:
        conn.settimeout(max(deadline - time.monotonic(), 0))
        data = conn.recv(1024)
        if not data:
            return answer
        answer += data
""",
        None,
        "BlockingIOError",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while (left := deadline - time.monotonic()) > 0:
        conn.settimeout(left)
        try:
            data = conn.recv(1024)
        except TimeoutError:
            break
        if not data:
            break
        answer += data
    return answer
""",
        None,
        "would take that for all",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while (left := deadline - time.monotonic()) > 0:
        conn.settimeout(left)
        data = conn.recv(1024)
        if not data:
            break
        answer += data
    return answer
""",
        None,
        "would take that for all",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    conn.settimeout(0.025)
    pieces = []
    while True:
        try:
            data = conn.recv(1024)
        except TimeoutError:
            if time.monotonic() > deadline:
                raise
            continue
        if not data:
            return b''.join(pieces)
        pieces.append(data)
""",
        None,
        "only when nothing is there",
    ),
    (
        """
def receive_within(conn, seconds):
    conn.settimeout(0)
    answer = b''
    while True:
        try:
            data = conn.recv(1024)
        except BlockingIOError:
            raise TimeoutError
        if not data:
            return answer
        answer += data
""",
        None,
        "TimeoutError",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        conn.settimeout(left)
        data = conn.recv(1024)
        if not data:
            break
        answer += data
""",
        None,
        "None",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + 0.3
    answer = b''
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        conn.settimeout(left)
        data = conn.recv(1024)
        if not data:
            return answer
        answer += data
""",
        None,
        "that is too long",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        conn.settimeout(left)
        try:
            data = conn.recv(1024)
        except ConnectionError:
            return answer
        if not data:
            return answer
        answer += data
""",
        21,
        "broke the connection off",
    ),
    (
        """
import time

def receive_within(conn, seconds):
    deadline = time.monotonic() + seconds
    answer = b''
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        conn.settimeout(left)
        try:
            data = conn.recv(1024)
        except OSError:
            raise TimeoutError
        if not data:
            return answer
        answer += data
""",
        21,
        "which is another thing",
    ),
]
