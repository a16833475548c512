"""Answers to read_lines, of lesson 8."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: list[str] = [
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
]

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

WRONG: list[Wrong] = [
    (
        _LINES
        + "    while True:\n        data = conn.recv(1024)\n        if not data:\n            break\n        yield data",
        None,
        "mark between lines",
    ),
    (
        _LINES
        + "    while True:\n        data = conn.recv(1024)\n        if not data:\n            break\n        yield data.strip(b'\\n')",
        1,
        "more than one line",
    ),
    (_LINES + "    while data := conn.recv(1024):\n        yield data.removesuffix(b'\\n')", 1, "more than one line"),
    (_LINES + "    while data := conn.recv(1024):\n        yield from data.splitlines()", 1, "only a part"),
    (
        _LINES
        + "    while data := conn.recv(1024):\n        for line in data.split(b'\\n'):\n            if line:\n                yield line",
        1,
        "only a part",
    ),
    (
        _LINES
        + "    while data := conn.recv(1024):\n        for line in data.split('\\n'):\n            if line:\n                yield line",
        8,
        "bytes",
    ),
    (
        _LINES + "    while data := conn.recv(1024):\n        yield from data.decode().splitlines()",
        None,
        "text, not bytes",
    ),
    (_LINES + "    return conn.recv(1024)", None, "no line of bytes"),
    (_LINES + "    print(conn.recv(1024).split(b'\\n'))", None, "yield"),
    (_LINES + "    yield from (b'tea', b'milk')", None, "though the stream goes on"),
    (_LINES + "    while True:\n        pass\n    yield", None, "without end"),
    (_LINES + "    while True:\n        yield conn.recv(1024).strip(b'\\n')", 11, "again and again"),
    (
        _LINES
        + "    buffer = b''\n    while True:\n        buffer += conn.recv(1024)\n        while b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line",
        11,
        "round",
    ),
    (
        _LINES
        + "    while True:\n        data = b''\n        while b'\\n' not in data:\n            data += conn.recv(1024)\n        yield data.split(b'\\n')[0]",
        11,
        "round",
    ),
    (
        _LINES
        + "    while True:\n        data = b''\n        while b'\\n' not in data:\n            piece = conn.recv(1024)\n            if not piece:\n                return\n            data += piece\n        yield data.split(b'\\n')[0]",
        1,
        "more than one line",
    ),
    (
        _LOOP
        + "        if b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n",
        1,
        "more than one line",
    ),
    (
        _LOOP
        + "        if b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n    if buffer:\n        yield buffer\n",
        1,
        "look for the next",
    ),
    (
        _LOOP
        + "        while b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n",
        None,
        "last line is missing",
    ),
    (
        _LOOP
        + "        while b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n    yield buffer\n",
        None,
        "not even an empty one",
    ),
    (
        _LOOP
        + "        while b'\\n' in buffer:\n            line, _, buffer = buffer.partition(b'\\n')\n            yield line\n    if buffer:\n        raise EOFError('in mid-line')\n",
        None,
        "EOFError",
    ),
    (
        _LOOP
        + "        if len(data) < 1024:\n            break\n    yield from buffer.removesuffix(b'\\n').split(b'\\n')\n",
        None,
        "though the stream goes on",
    ),
    (_LOOP + "    yield from buffer.removesuffix(b'\\n').split(b'\\n') if buffer else []\n", 12, "both wait"),
    (_LOOP + "    return buffer.splitlines()\n", 12, "both wait"),
    (
        _LINES
        + "    lines, buffer = [], b''\n    while data := conn.recv(1024):\n        buffer += data\n    return buffer.splitlines()",
        12,
        "both wait",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from (line for line in lines if line)\n    if buffer:\n        yield buffer\n",
        None,
        "empty line is a line",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from (line.strip() for line in lines)\n    if buffer:\n        yield buffer\n",
        None,
        "line's own",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from (line.rstrip(b'\\r') for line in lines)\n    if buffer:\n        yield buffer\n",
        None,
        "line's own",
    ),
    (
        _LOOP
        + "        whole, newline, buffer = buffer.rpartition(b'\\n')\n        yield from (whole + newline).splitlines()\n    if buffer:\n        yield buffer\n",
        None,
        "splitlines",
    ),
    (
        """
def read_lines(conn):
    buffer = ""
    while data := conn.recv(1024):
        buffer += data.decode()
        *lines, buffer = buffer.split("\\n")
        for line in lines:
            yield line.encode()
    if buffer:
        yield buffer.encode()
""",
        9,
        "mid-character",
    ),
    (
        """
def read_lines(conn):
    with conn.makefile(encoding="utf-8", newline="\\n") as file:
        for line in file:
            yield line.removesuffix("\\n").encode()
""",
        24,
        "no UTF-8",
    ),
    (
        """
def read_lines(conn):
    buffer = ""
    while data := conn.recv(1024):
        buffer += data.decode(errors="ignore")
        *lines, buffer = buffer.split("\\n")
        for line in lines:
            yield line.encode()
    if buffer:
        yield buffer.encode()
""",
        10,
        "dropped",
    ),
    (
        """
def read_lines(conn, buffer=[b""]):
    while data := conn.recv(1024):
        *lines, buffer[0] = (buffer[0] + data).split(b"\\n")
        yield from lines
    if buffer[0]:
        yield buffer[0]
        buffer[0] = b""
""",
        None,
        "earlier connection",
    ),
    (
        """
def read_lines(conn):
    with conn.makefile("rb") as file:
        for line in file:
            yield line.removesuffix(b"\\n")
""",
        None,
        "waits for more",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n    if buffer:\n        yield buffer\n",
        None,
        "waits for more",
    ),
    (
        _LOOP
        + "        if len(buffer) > 1024 * 64:\n            raise ValueError\n        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n    if buffer:\n        yield buffer\n",
        None,
        "within it",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) >= 1024 * 64:\n            raise ValueError\n    if buffer:\n        yield buffer\n",
        None,
        "within it",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 60_000:\n            raise ValueError\n    if buffer:\n        yield buffer\n",
        None,
        "within it",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 65536:\n            raise ValueError\n    if buffer:\n        yield buffer\n",
        None,
        "how it was cut",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 65536:\n            return\n    if buffer:\n        yield buffer\n",
        None,
        "raise ValueError",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 65536:\n            raise BufferError('long')\n    if buffer:\n        yield buffer\n",
        None,
        "raised BufferError",
    ),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        yield from lines\n        if len(buffer) > 65536:\n            yield buffer[:65536]\n            buffer = buffer[65536:]\n    if buffer:\n        yield buffer\n",
        None,
        "waits for more",
    ),
    (
        """
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
""",
        None,
        "second of work",
    ),
    (
        """
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
""",
        None,
        "second of work",
    ),
    (
        """
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
""",
        None,
        "second of work",
    ),
    ("def read_lines(conn):\n    while conn.recv(1024):\n        yield", None, "None is no line of bytes"),
    (
        _LOOP
        + "        *lines, buffer = buffer.split(b'\\n')\n        for line in lines:\n            if line == b'quit':\n                return\n            yield line\n    if buffer:\n        yield buffer\n",
        None,
        "the stream goes on",
    ),
    (
        """
def read_lines(conn):
    buffer = b""
    try:
        while data := conn.recv(4096):
            *lines, buffer = (buffer + data).split(b"\\n")
            yield from lines
    finally:
        if buffer:
            yield buffer
""",
        21,
        "no last line either",
    ),
]
