"""Answers to the exercises of lesson 5."""

RIGHT: dict[str, list[str]] = {
    "receive_all": [
        """
def receive_all(conn):
    answer = b''
    while True:
        data = conn.recv(1024)
        if not data:
            break
        answer += data
    return answer
""",
        """
def receive_all(conn):
    return b''.join(iter(lambda: conn.recv(65536), b''))
""",
        """
def receive_all(conn):
    with conn.makefile('rb') as file:
        return file.read()
""",
        """
def receive_all(conn):
    answer = b''
    while piece := conn.recv(1):
        answer += piece
    return answer
""",
        """
def receive_all(conn):
    kept, window = bytearray(), bytearray(4096)
    while size := conn.recv_into(window):
        kept += window[:size]
    conn.close()
    return bytes(kept)
""",
        """
import select

def receive_all(conn):
    conn.setblocking(False)
    pieces = []
    while True:
        select.select([conn], [], [])
        pieces.append(conn.recv(10_000))
        if not pieces[-1]:
            return b''.join(pieces)
""",
        """
def receive_all(conn):
    conn.settimeout(0.05)
    pieces = []
    while True:
        try:
            piece = conn.recv(1024)
        except TimeoutError:
            continue
        if piece == b'':
            return b''.join(pieces)
        pieces.append(piece)
""",
        """
import socket

def receive_all(conn):
    answer = b''
    while piece := conn.recv(5000, socket.MSG_WAITALL):
        answer += piece
    return answer
""",
        """
import socket

def pieces(conn):
    while conn.recv(1, socket.MSG_PEEK):
        yield conn.recv(700)

def receive_all(conn):
    with conn:
        return b''.join(pieces(conn))
""",
        """
import threading

class Reader(threading.Thread):
    def __init__(self, conn):
        super().__init__()
        self.conn, self.answer, self.error = conn, b'', None
    def run(self):
        try:
            while data := self.conn.recv(1024):
                self.answer += data
        except OSError as error:
            self.error = error

def receive_all(conn):
    reader = Reader(conn)
    reader.start()
    reader.join()
    if reader.error:
        raise reader.error
    return reader.answer
""",
        """
def receive_all(conn):
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
    except ConnectionError as error:
        raise RuntimeError(f'broken off after {len(answer)} bytes') from error
    return answer
""",
    ],
    "receive_within": [
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
            return answer
        answer += data
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
import time

def receive_within(conn, seconds):
    end = time.time() + seconds
    conn.settimeout(0.01)
    answer = b''
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
import queue, threading

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
        raise TimeoutError(f'more than {seconds} seconds') from None
    if isinstance(result, OSError):
        raise result
    return result
""",
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

    conn.setblocking(False)
    return asyncio.run(bounded())
""",
        """
import selectors, time

class SlowPeer(TimeoutError):
    pass

def receive_within(conn, seconds):
    deadline = time.monotonic_ns() + int(seconds * 1e9)
    conn.setblocking(False)
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
    conn.setblocking(False)
    answer = b''
    while time.monotonic() < deadline:
        try:
            piece = conn.recv(1024)
        except BlockingIOError:
            time.sleep(0.002)
            continue
        if not piece:
            return answer
        answer += piece
    raise TimeoutError
""",
    ],
}

WRONG: dict[str, list[tuple[str, int | None, str]]] = {
    "receive_all": [
        ("def receive_all(conn): return conn.recv(1024)", 1, "with one send"),
        ("def receive_all(conn): return conn.recv(1_000_000)", 2, "A short piece is not the end"),
        ("def receive_all(conn): return conn.recv(1024) + conn.recv(1024)", 1, "with one send"),
        (
            """
def receive_all(conn):
    answer = b''
    while True:
        data = conn.recv(1024)
        answer += data
        if len(data) < 1024:
            return answer
""",
            2,
            "A short piece is not the end",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    while True:
        answer += conn.recv(1024)
    return answer
""",
            11,
            "round and round",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    while True:
        data = conn.recv(1024)
        if data is None:
            return answer
        answer += data
""",
            11,
            "round and round",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    while not answer.endswith(b'\\n'):
        answer += conn.recv(1024)
    return answer
""",
            11,
            "round and round",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    while data := conn.recv(1024):
        answer += data
    conn.sendall(b'more?')
    conn.settimeout(None)
    import threading
    threading.Event().wait()
""",
            None,
            "though the peer has closed",
        ),
        (
            """
def receive_all(conn):
    while True:
        data = conn.recv(1024)
        if not data:
            return data
""",
            None,
            "0 bytes",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    while True:
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
def receive_all(conn):
    answer = ''
    while data := conn.recv(1024):
        answer += data.decode()
    return answer
""",
            None,
            "text",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    while data := conn.recv(1024):
        answer += data.decode().encode()
    return answer
""",
            None,
            "UnicodeDecodeError",
        ),
        (
            """
def receive_all(conn):
    answer = ''
    while data := conn.recv(1024):
        answer += data
    return answer
""",
            None,
            "TypeError",
        ),
        (
            """
def receive_all(conn):
    pieces = []
    while data := conn.recv(1024):
        pieces.append(data)
    return pieces
""",
            None,
            "pieces",
        ),
        (
            """
def receive_all(conn):
    answer = bytearray()
    while data := conn.recv(1024):
        answer += data
    return answer
""",
            None,
            "bytearray",
        ),
        (
            """
answer = b''

def receive_all(conn):
    global answer
    while data := conn.recv(1024):
        answer += data
    return answer
""",
            None,
            "earlier call",
        ),
        (
            """
def receive_all(conn, pieces=[]):
    while data := conn.recv(1024):
        pieces.append(data)
    return b''.join(pieces)
""",
            None,
            "earlier call",
        ),
        (
            """
def receive_all(conn):
    answer = conn.recv(1024)
    while len(answer) % 1024 == 0:
        answer += conn.recv(1024)
    while data := conn.recv(1024):
        answer += data
    return answer
""",
            11,
            "round and round",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    while data := conn.recv(1024):
        answer += data
    return answer.strip()
""",
            None,
            "not the 40 that the peer sent",
        ),
        (
            """
def receive_all(conn):
    conn.settimeout(0.2)
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
    except TimeoutError:
        pass
    return answer
""",
            None,
            "A pause is not the end",
        ),
        (
            """
def receive_all(conn):
    conn.settimeout(1)
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
    except TimeoutError:
        pass
    return answer
""",
            None,
            "A pause is not the end",
        ),
        (
            """
import select

def receive_all(conn):
    answer = b''
    while select.select([conn], [], [], 0.3)[0]:
        data = conn.recv(1024)
        if not data:
            break
        answer += data
    return answer
""",
            None,
            "A pause is not the end",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    try:
        while data := conn.recv(1024):
            answer += data
    except ConnectionResetError:
        pass
    return answer
""",
            21,
            "broke the connection off",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    while True:
        try:
            data = conn.recv(1024)
        except OSError:
            return b''
        if not data:
            return answer
        answer += data
""",
            21,
            "broke the connection off",
        ),
        (
            """
def receive_all(conn):
    answer = b''
    for _ in range(100):
        answer += conn.recv(1024)
    return answer
""",
            None,
            "102,400 bytes",
        ),
        (
            """
import socket

def receive_all(conn):
    return conn.recv(100_000, socket.MSG_WAITALL)
""",
            21,
            "broke the connection off",
        ),
    ],
    "receive_within": [
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
            "though the peer has closed",
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
            "A deadline stays",
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
            "A deadline stays",
        ),
        (
            """
import time

def receive_within(conn, seconds):
    start = time.monotonic()
    conn.settimeout(seconds)
    answer = b''
    while data := conn.recv(1024):
        answer += data
    if time.monotonic() - start > seconds:
        raise TimeoutError
    return answer
""",
            None,
            "A deadline stays",
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
            "TimeoutError, though it had time",
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
            "another error",
        ),
    ],
}
