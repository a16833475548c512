"""Answers to the exercises of lesson 8."""

from __future__ import annotations

RIGHT = {
    "receive_exactly": [
        """
def receive_exactly(conn, n):
    data = bytearray(n)
    view = memoryview(data)
    at = 0
    while at < n:
        took = conn.recv_into(view[at:])
        if took == 0:
            raise EOFError("too short")
        at += took
    return bytes(data)
""",
        """
def receive_exactly(conn, n):
    pieces = []
    while n:
        piece = conn.recv(min(n, 4096))
        if piece == b"":
            raise EOFError
        pieces.append(piece)
        n -= len(piece)
    return b"".join(pieces)
""",
        """
import socket
def receive_exactly(conn, n):
    conn.settimeout(None)
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data), socket.MSG_WAITALL)
        if not piece:
            raise EOFError(len(data))
        data += piece
    return data
""",
        """
def receive_exactly(conn, n):
    conn.settimeout(None)
    file = conn.makefile("rb", buffering=0)
    data = b""
    while len(data) < n and (piece := file.read(n - len(data))):
        data += piece
    file.close()
    if len(data) < n:
        raise EOFError("the end")
    return data
""",
        """
class TooShort(EOFError):
    pass
def pieces(conn, n):
    while n > 0:
        piece = conn.recv(n)
        yield piece
        n = n - len(piece) if piece else 0
def receive_exactly(conn, n):
    data = b"".join(pieces(conn, n))
    if len(data) != n:
        raise TooShort(n - len(data))
    return data
""",
        """
import select
def receive_exactly(conn, n):
    conn.setblocking(False)
    data = bytearray()
    while len(data) < n:
        select.select([conn], [], [])
        try:
            piece = conn.recv(n - len(data))
        except BlockingIOError:
            continue
        except ConnectionError as error:
            raise EOFError("broken off") from error
        if not piece:
            raise EOFError("ended")
        data.extend(piece)
    return bytes(data)
""",
        """
import socket
def receive_exactly(conn, n):
    data = b""
    while len(data) < n:
        seen = conn.recv(min(n - len(data), 100_000), socket.MSG_PEEK)
        if not seen:
            raise EOFError("ended")
        data += conn.recv(len(seen))
    return data
""",
        """
import threading
def receive_exactly(conn, n):
    data, errors = [], []
    def work():
        left = n
        try:
            while left:
                piece = conn.recv(left)
                if not piece:
                    raise EOFError("ended")
                data.append(piece)
                left -= len(piece)
        except (OSError, EOFError) as error:
            errors.append(error)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return b"".join(data)
""",
        """
import io
def receive_exactly(conn, n):
    def rest(n):
        if n == 0:
            return
        piece, address = conn.recvfrom(n)
        if not piece:
            raise EOFError()
        out.write(piece)
        return len(piece)
    out = io.BytesIO()
    while out.tell() != n:
        rest(n - out.tell())
    return out.getvalue()
""",
    ],
    "read_lines": [
        """
def read_lines(conn):
    with conn.makefile("rb") as file:
        while line := file.readline(65537):
            if line.endswith(b"\\n"):
                yield line[:-1]
            elif len(line) > 65536:
                raise ValueError("too long")
            else:
                yield line
""",
        """
def read_lines(conn):
    buffer = b""
    while True:
        data = conn.recv(1024)
        if not data:
            break
        buffer += data
        while b"\\n" in buffer:
            line, _, buffer = buffer.partition(b"\\n")
            if len(line) > 65536:
                raise ValueError("too long")
            yield line
        if len(buffer) > 65536:
            raise ValueError("too long")
    if buffer:
        yield buffer
""",
        """
def read_lines(conn):
    buffer = bytearray()
    searched = 0
    ended = False
    while not ended:
        data = conn.recv(65536)
        buffer.extend(data)
        ended = data == b""
        start = 0
        while (at := buffer.find(b"\\n", max(start, searched))) >= 0:
            if at - start > 65536:
                raise ValueError("a line of %d bytes" % (at - start))
            yield bytes(buffer[start:at])
            start = at + 1
        del buffer[:start]
        searched = len(buffer)
        if len(buffer) > 64 * 1024:
            raise ValueError("a line without an end")
    if len(buffer):
        yield bytes(buffer)
""",
        """
import re
class Lines:
    def __init__(self, conn):
        self.conn, self.waiting, self.buffer, self.ended = conn, [], b"", False
    def __iter__(self):
        return self
    def __next__(self):
        while not self.waiting:
            if len(self.buffer) > 65536:
                raise ValueError("too long")
            if self.ended:
                last, self.buffer = self.buffer, b""
                if last:
                    return last
                raise StopIteration
            data = self.conn.recv(8192)
            self.ended = not data
            *self.waiting, self.buffer = re.split(rb"\\n", self.buffer + data)
            self.waiting.reverse()
        line = self.waiting.pop()
        if len(line) > 65536:
            raise ValueError("too long")
        return line
def read_lines(conn):
    return Lines(conn)
""",
        """
import io
def read_lines(conn):
    class Raw(io.RawIOBase):
        def readable(self):
            return True
        def readinto(self, space):
            return conn.recv_into(space)
    file = io.BufferedReader(Raw(), 1000)
    for line in iter(lambda: file.readline(65537), b""):
        bare = line.removesuffix(b"\\n")
        if len(bare) > 65536:
            raise ValueError
        yield bare
""",
        """
class LineTooLong(ValueError):
    pass
def read_lines(conn):
    parts, size = [], 0
    for piece in iter(lambda: conn.recv(4096), b""):
        first, *rest = piece.split(b"\\n")
        parts.append(first)
        size += len(first)
        if size > 65536:
            raise LineTooLong(size)
        if rest:
            yield b"".join(parts)
            yield from rest[:-1]
            parts, size = [rest[-1]], len(rest[-1])
    if size:
        yield b"".join(parts)
""",
        """
import queue, threading
def read_lines(conn):
    lines = queue.Queue()
    def work():
        buffer = b""
        try:
            while data := conn.recv(2048):
                whole, newline, buffer = (buffer + data).rpartition(b"\\n")
                if newline:
                    for line in whole.split(b"\\n"):
                        if len(line) > 1 << 16:
                            raise ValueError("long")
                        lines.put(line)
                if len(buffer) > 1 << 16:
                    raise ValueError("long")
            if buffer:
                lines.put(buffer)
            lines.put(None)
        except (OSError, ValueError) as error:
            lines.put(error)
    threading.Thread(target=work, daemon=True).start()
    while (line := lines.get()) is not None:
        if isinstance(line, Exception):
            raise line
        yield line
""",
        """
import socket
def read_lines(conn):
    line = b""
    while seen := conn.recv(1024, socket.MSG_PEEK):
        part, newline, _ = seen.partition(b"\\n")
        conn.recv(len(part) + len(newline))
        line += part
        if len(line) > 65536:
            raise ValueError
        if newline:
            yield line
            line = b""
    if line:
        yield line
""",
    ],
}

_EXACTLY = "def receive_exactly(conn, n):\n"
_LINES = "def read_lines(conn):\n"
_LOOP = """
def read_lines(conn):
    buffer = b""
    while True:
        data = conn.recv(1024)
        if not data:
            break
        buffer += data
"""

WRONG: dict[str, list[tuple[str, int | None, str]]] = {
    "receive_exactly": [
        (_EXACTLY + "    return conn.recv(n)", 2, "at most n"),
        (_EXACTLY + "    data = conn.recv(n)\n    if not data:\n        raise EOFError\n    return data", 2, "at most n"),
        (_EXACTLY + "    return conn.recv(1024)", 2, "at most n"),
        (_EXACTLY + "    return conn.recv(n) + conn.recv(n)", None, "nothing more will come"),
        (_EXACTLY + "    return conn.recv(n).decode()", None, "which is bytes"),
        (_EXACTLY + "    data = bytearray()\n    while len(data) < n:\n        data += conn.recv(n - len(data))\n    return data", None, "bytearray"),
        (_EXACTLY + "    print(conn.recv(n))", None, "returned None"),
        (_EXACTLY + "    return b'hello'", None, "was to come"),
        (_EXACTLY + "    data = ''\n    while len(data) < n:\n        data += conn.recv(n - len(data))\n    return data", None, "TypeError"),
        (_EXACTLY + "    while True:\n        pass", None, "without end"),
        (_EXACTLY + "    import time\n    time.sleep(100)", None, "never comes back"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        data += conn.recv(n - len(data))\n    return data", 11, "goes round"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if piece:\n            data += piece\n    return data", 11, "goes round"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        data += conn.recv(1024)\n    return data[:n]", 3, "lost"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        data += conn.recv(1024)\n    return data", 3, "next message"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        data += conn.recv(n)\n    return data", 3, "next message"),
        (_EXACTLY + "    data = b''\n    while True:\n        piece = conn.recv(1024)\n        if not piece:\n            return data[:n]\n        data += piece", None, "nothing more will come"),
        (_EXACTLY + "    data = conn.makefile('rb').read(n)\n    if len(data) < n:\n        raise EOFError\n    return data", 3, "lost"),
        (_EXACTLY + "    with conn.makefile('rb') as file:\n        data = file.read(n)\n    if len(data) < n:\n        raise EOFError\n    return data", 3, "lost"),
        (_EXACTLY + "    with conn:\n        data = b''\n        while len(data) < n:\n            piece = conn.recv(n - len(data))\n            if not piece:\n                raise EOFError\n            data += piece\n        return data", None, "stay as it was"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            break\n        data += piece\n    return data", None, "half a message"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            return None\n        data += piece\n    return data", None, "asks for EOFError"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            raise ConnectionError('ended')\n        data += piece\n    return data", None, "asks for EOFError"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece and data:\n            raise EOFError\n        if not piece:\n            return b''\n        data += piece\n    return data", None, "before the first"),
        (_EXACTLY + "    data = b''\n    while True:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            raise EOFError\n        data += piece\n        if len(data) == n:\n            return data", None, "n = 0"),
        (_EXACTLY + "    data = conn.recv(1)\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            raise EOFError\n        data += piece\n    return data", None, "n is 0"),
        ("""
kept = b""
def receive_exactly(conn, n):
    global kept
    while len(kept) < n:
        piece = conn.recv(1024)
        if not piece:
            raise EOFError
        kept += piece
    data, kept = kept[:n], kept[n:]
    return data
""", 3, "left to read"),
        ("""
kept = b""
def receive_exactly(conn, n):
    global kept
    while len(kept) < n:
        piece = conn.recv(n - len(kept))
        if not piece:
            raise EOFError
        kept += piece
    data, kept = kept, b""
    return data
""", None, "was to come"),
        ("""
import socket
def receive_exactly(conn, n):
    data = conn.recv(n, socket.MSG_WAITALL)
    if len(data) < n:
        raise EOFError
    return data
""", 2, "not the end of it"),
        ("""
import socket
def receive_exactly(conn, n):
    while len(conn.recv(n, socket.MSG_PEEK)) < n:
        pass
    return conn.recv(n)
""", None, "without end"),
        ("""
import socket
def receive_exactly(conn, n):
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data), socket.MSG_PEEK)
        if not piece:
            raise EOFError
        data += piece
    return data
""", None, "was to come"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        try:\n            piece = conn.recv(n - len(data))\n        except OSError:\n            return data\n        if not piece:\n            raise EOFError\n        data += piece\n    return data", None, "broke"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        try:\n            piece = conn.recv(n - len(data))\n        except OSError as error:\n            raise ValueError('broken') from error\n        if not piece:\n            raise EOFError\n        data += piece\n    return data", None, "callers are ready"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(1)\n        if not piece:\n            raise EOFError\n        data += piece\n    return data", None, "second of work"),
        (_EXACTLY + "    data = []\n    while len(data) < n:\n        piece = conn.recv(n - len(data))\n        if not piece:\n            raise EOFError\n        data += piece\n    return bytes(data).strip()", None, "at the ends"),
        (_EXACTLY + "    data = b''\n    while len(data) < n:\n        piece = conn.recv(min(n - len(data), 65536))\n        if not piece:\n            raise EOFError\n        data += piece\n        if len(data) > 1 << 20:\n            return data\n    return data", None, "are not the"),
    ],
    "read_lines": [
        (_LINES + "    while True:\n        data = conn.recv(1024)\n        if not data:\n            break\n        yield data", None, "mark between lines"),
        (_LINES + "    while True:\n        data = conn.recv(1024)\n        if not data:\n            break\n        yield data.strip(b'\\n')", 1, "more than one line"),
        (_LINES + "    while data := conn.recv(1024):\n        yield data.removesuffix(b'\\n')", 1, "more than one line"),
        (_LINES + "    while data := conn.recv(1024):\n        yield from data.splitlines()", 1, "only a part"),
        (_LINES + "    while data := conn.recv(1024):\n        for line in data.split(b'\\n'):\n            if line:\n                yield line", 1, "only a part"),
        (_LINES + "    while data := conn.recv(1024):\n        for line in data.split('\\n'):\n            if line:\n                yield line", 8, "bytes"),
        (_LINES + "    while data := conn.recv(1024):\n        yield from data.decode().splitlines()", None, "text, not bytes"),
        (_LINES + "    return conn.recv(1024)", None, "no line of bytes"),
        (_LINES + "    print(conn.recv(1024).split(b'\\n'))", None, "yield"),
        (_LINES + "    yield from (b'tea', b'milk')", None, "though the stream goes on"),
        (_LINES + "    while True:\n        pass\n    yield", None, "without end"),
        (_LINES + "    while True:\n        yield conn.recv(1024).strip(b'\\n')", 11, "again and again"),
        (_LINES + "    buffer = b''\n    while True:\n        buffer += conn.recv(1024)\n        while b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line", 11, "round"),
        (_LINES + "    while True:\n        data = b''\n        while b'\\n' not in data:\n            data += conn.recv(1024)\n        yield data.split(b'\\n')[0]", 11, "round"),
        (_LINES + "    while True:\n        data = b''\n        while b'\\n' not in data:\n            piece = conn.recv(1024)\n            if not piece:\n                return\n            data += piece\n        yield data.split(b'\\n')[0]", 1, "more than one line"),
        (_LOOP + "        if b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n", 1, "more than one line"),
        (_LOOP + "        if b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n    if buffer:\n        yield buffer\n", 1, "look for the next"),
        (_LOOP + "        while b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n", None, "last line is missing"),
        (_LOOP + "        while b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n    yield buffer\n", None, "not even an empty one"),
        (_LOOP + "        while b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n    if buffer:\n        raise EOFError('in mid-line')\n", None, "EOFError"),
        (_LOOP + "        if len(data) < 1024:\n            break\n    yield from buffer.removesuffix(b'\\n').split(b'\\n')\n", None, "though the stream goes on"),
        (_LOOP + "    yield from buffer.removesuffix(b'\\n').split(b'\\n') if buffer else []\n", 12, "both wait"),
        (_LOOP + "    return buffer.splitlines()\n", 12, "both wait"),
        (_LINES + "    lines, buffer = [], b''\n    while data := conn.recv(1024):\n        buffer += data\n    return buffer.splitlines()", 12, "both wait"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from (line for line in lines if line)\n    if buffer:\n        yield buffer\n", None, "empty line is a line"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from (line.strip() for line in lines)\n    if buffer:\n        yield buffer\n", None, "line's own"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from (line.rstrip(b'\\r') for line in lines)\n    if buffer:\n        yield buffer\n", None, "line's own"),
        (_LOOP + "        whole, newline, buffer = buffer.rpartition(b'\\n')\n        yield from (whole + newline).splitlines()\n    if buffer:\n        yield buffer\n", None, "splitlines"),
        ("""
def read_lines(conn):
    buffer = ""
    while data := conn.recv(1024):
        buffer += data.decode()
        *lines, buffer = buffer.split("\\n")
        for line in lines:
            yield line.encode()
    if buffer:
        yield buffer.encode()
""", 9, "mid-character"),
        ("""
def read_lines(conn):
    with conn.makefile(encoding="utf-8", newline="\\n") as file:
        for line in file:
            yield line.removesuffix("\\n").encode()
""", 24, "no UTF-8"),
        ("""
def read_lines(conn):
    buffer = ""
    while data := conn.recv(1024):
        buffer += data.decode(errors="ignore")
        *lines, buffer = buffer.split("\\n")
        for line in lines:
            yield line.encode()
    if buffer:
        yield buffer.encode()
""", 10, "dropped"),
        ("""
def read_lines(conn, buffer=[b""]):
    while data := conn.recv(1024):
        *lines, buffer[0] = (buffer[0] + data).split(b"\\n")
        yield from lines
    if buffer[0]:
        yield buffer[0]
        buffer[0] = b""
""", None, "earlier connection"),
        ("""
def read_lines(conn):
    with conn.makefile("rb") as file:
        for line in file:
            yield line.removesuffix(b"\\n")
""", None, "waits for more"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n    if buffer:\n        yield buffer\n", None, "waits for more"),
        (_LOOP + "        if len(buffer) > 1024 * 64:\n            raise ValueError\n        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n    if buffer:\n        yield buffer\n", None, "within it"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) >= 1024 * 64:\n            raise ValueError\n    if buffer:\n        yield buffer\n", None, "within it"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 60_000:\n            raise ValueError\n    if buffer:\n        yield buffer\n", None, "within it"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 65536:\n            raise ValueError\n    if buffer:\n        yield buffer\n", None, "how it was cut"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 65536:\n            return\n    if buffer:\n        yield buffer\n", None, "raise ValueError"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 65536:\n            raise BufferError('long')\n    if buffer:\n        yield buffer\n", None, "raised BufferError"),
        (_LOOP + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 65536:\n            yield buffer[:65536]\n            buffer = buffer[65536:]\n    if buffer:\n        yield buffer\n", None, "waits for more"),
        ("""
def read_lines(conn):
    line = b""
    while byte := conn.recv(1):
        if byte == b"\\n":
            yield line
            line = b""
        else:
            line += byte
        if len(line) > 65536:
            raise ValueError
    if line:
        yield line
""", None, "second of work"),
        ("""
def read_lines(conn):
    buffer = b""
    while data := conn.recv(65536):
        buffer += data
        while b"\\n" in buffer:
            lines = buffer.split(b"\\n")
            if len(lines[0]) > 65536:
                raise ValueError
            yield lines[0]
            buffer = b"\\n".join(lines[1:])
        if len(buffer) > 65536:
            raise ValueError
    if buffer:
        yield buffer
""", None, "second of work"),
        ("""
def read_lines(conn):
    everything, yielded = b"", 0
    while data := conn.recv(1024):
        everything += data
        lines = everything.split(b"\\n")
        for line in lines[yielded:-1]:
            if len(line) > 65536:
                raise ValueError
            yield line
        yielded = len(lines) - 1
        if len(lines[-1]) > 65536:
            raise ValueError
    if everything and lines[-1]:
        yield lines[-1]
""", None, "second of work"),
    ],
}  # fmt: skip


# Messages with their length in front ----------------------------------------------------------------------------------

_EXACTLY = """
def exactly(conn, n):
    data = b''
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError('too early')
        data += piece
    return data
"""

RIGHT["receive_messages"] = [
    """
import struct

def receive_messages(conn):
    buffer = bytearray()
    while True:
        while len(buffer) >= 4:
            (n,) = struct.unpack_from('!I', buffer)
            if n > 2**20:
                raise ValueError('too large')
            if len(buffer) < 4 + n:
                break
            yield bytes(buffer[4:4 + n])
            del buffer[:4 + n]
        data = conn.recv(65536)
        if not data:
            break
        buffer += data
    if buffer:
        raise EOFError('in mid-message')
""",
    """
def receive_messages(conn):
    with conn.makefile('rb') as stream:
        while head := stream.read(4):
            if len(head) < 4:
                raise EOFError('in a length')
            n = int.from_bytes(head, 'big')
            if n > 1_048_576:
                raise ValueError(f'{n} bytes')
            body = stream.read(n)
            if len(body) < n:
                raise EOFError('in a message')
            yield body
""",
    """
import socket

class Messages:
    def __init__(self, conn):
        self.conn = conn
    def __iter__(self):
        return self
    def take(self, n, at_border=False):
        view = bytearray(n)
        got = 0
        while got < n:
            size = self.conn.recv_into(memoryview(view)[got:])
            if not size:
                if at_border and not got:
                    raise StopIteration
                raise EOFError
            got += size
        return bytes(view)
    def __next__(self):
        n = int.from_bytes(self.take(4, at_border=True), 'big')
        if n > 1 << 20:
            raise ValueError(n)
        return self.take(n)

def receive_messages(conn):
    return Messages(conn)
""",
]

_LOOP = """
def receive_messages(conn):
    while True:
        head = {head}
        if not head:
            return
        n = int.from_bytes(head, {order})
        if n > {most}:
            raise ValueError(n)
        yield {body}
"""


def _messages(
    head: str = "exactly_or_end(conn)", body: str = "exactly(conn, n)", order: str = "'big'", most: str = "2**20"
) -> str:
    border = """
def exactly_or_end(conn):
    first = conn.recv(1)
    return first and first + exactly(conn, 3)
"""
    return _EXACTLY + border + _LOOP.format(head=head, body=body, order=order, most=most)


WRONG["receive_messages"] = [
    (_messages(head="conn.recv(4)"), 5, "in pieces"),
    (_messages(body="conn.recv(n)"), 5, "in pieces"),
    (_messages(head="conn.recv(4)", body="conn.recv(n)"), 5, "in pieces"),
    (_messages(body="exactly(conn, n - 1)"), 4, "read as the next length"),
    (_messages(body="exactly(conn, max(n - 4, 0))"), 4, "read as the next length"),
    (_messages(order="'little'"), 4, "other bytes for a length"),
    (_messages(body="exactly(conn, n + 4)"), 3, "the next message"),
    (_messages(body="str(exactly(conn, n), 'latin-1')"), None, "which is bytes"),
    (_messages(body="exactly(conn, n) if n else None"), None, "which is bytes"),
    (_messages(most="2**40"), 25, "gigabyte"),
    (_messages(most="2**20 - 1"), None, "ValueError"),
    (_messages(most="2**21"), 25, "1,048,577"),
    (
        """
def receive_messages(conn):
    while data := conn.recv(65536):
        yield data[4:]
""",
        5,
        "in pieces",
    ),
    (
        """
def receive_messages(conn):
    while data := conn.recv(65536):
        n = int.from_bytes(data[:4], 'big')
        yield data[4:4 + n]
""",
        5,
        "in pieces",
    ),
    (
        _EXACTLY
        + """
def receive_messages(conn):
    while True:
        n = int.from_bytes(exactly(conn, 4), 'big')
        if n > 2**20:
            raise ValueError(n)
        yield exactly(conn, n)
""",
        None,
        "behind a whole message",
    ),
    (
        """
def receive_messages(conn):
    data = b''
    while piece := conn.recv(65536):
        data += piece
    while data:
        n = int.from_bytes(data[:4], 'big')
        if n > 2**20:
            raise ValueError(n)
        if len(data) < 4 + n:
            raise EOFError
        yield data[4:4 + n]
        data = data[4 + n:]
""",
        12,
        "both wait for ever",
    ),
    (
        _EXACTLY
        + """
def receive_messages(conn):
    try:
        while True:
            n = int.from_bytes(exactly(conn, 4), 'big')
            if n > 2**20:
                raise ValueError(n)
            yield exactly(conn, n)
    except EOFError:
        return
""",
        None,
        "EOFError",
    ),
]
