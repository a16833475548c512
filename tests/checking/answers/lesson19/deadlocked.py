"""Patient 2, a deadlock: mends that hold, and some that do not."""

from __future__ import annotations

from helpers.exercises.lesson19.deadlocked import mend_2
from tests.checking.answers import Wrong

RIGHT: list[str] = [
    """
import socket
import threading

def mend_2(address, data):
    with socket.create_connection(address) as s:
        def say():
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        thread = threading.Thread(target=say)
        thread.start()
        answer = b''
        try:
            while part := s.recv(4096):
                answer += part
        finally:
            thread.join()
        return answer
""",
    """
import socket

def mend_2(address, data):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        s.connect(address)
        left = memoryview(data)
        while left:
            left = left[s.send(left):]
        s.shutdown(socket.SHUT_WR)
        with s.makefile('rb') as answer:
            return answer.read()
    finally:
        s.close()
""",
    """
import asyncio

def mend_2(address, data):
    async def ask():
        reader, writer = await asyncio.open_connection(*address)
        try:
            writer.write(data)
            writer.write_eof()
            return await reader.read()
        finally:
            writer.close()
            try:
                await writer.wait_closed()
            except ConnectionError:
                pass
    return asyncio.run(ask())
""",
]

WRONG: list[Wrong] = [
    (mend_2.sick, 12, "Both wait in recv"),
    (  # it gives up waiting: no answer ever comes
        mend_2.sick.replace("        s.sendall(data)\n", "        s.settimeout(0.2)\n        s.sendall(data)\n"),
        None,
        "TimeoutError",
    ),
    (  # and takes what is there for all
        mend_2.sick.replace(
            "        s.sendall(data)\n", "        s.settimeout(0.2)\n        s.sendall(data)\n"
        ).replace(
            "            part = s.recv(65536)\n",
            "            try:\n                part = s.recv(65536)\n            except TimeoutError:\n                break\n",
        ),
        None,
        "returned b''",
    ),
    (  # both directions are ended
        mend_2.solution.replace("SHUT_WR", "SHUT_RDWR"),
        None,
        "It shut down both directions",
    ),
    (  # closed, and then read
        mend_2.solution.replace("s.shutdown(socket.SHUT_WR)", "s.close()"),
        None,
        "closed its socket, and then wanted to hear the answer",
    ),
    (  # a mark at the end, of which the service knows nothing
        mend_2.sick.replace("s.sendall(data)", "s.sendall(data + b'\\n')"),
        12,
        "Both wait in recv",
    ),
    (  # only the first piece of the answer
        mend_2.solution.replace(
            "            if not part:\n                break\n            parts.append(part)\n",
            "            parts.append(part)\n            break\n",
        ),
        1,
        "a piece of the answer",
    ),
    (  # behind the loop, to which it does not come
        mend_2.sick.replace(
            "    return b''.join(parts)", "        s.shutdown(socket.SHUT_WR)\n    return b''.join(parts)"
        ),
        12,
        "Both wait in recv",
    ),
    (  # the errors are swallowed
        mend_2.solution.replace(
            "            part = s.recv(65536)\n",
            "            try:\n                part = s.recv(65536)\n            except OSError:\n                break\n",
        ),
        21,
        "as if that were the whole answer",
    ),
    (  # send, whatever it takes
        mend_2.solution.replace("s.sendall(data)", "s.send(data)"),
        6,
        "sendall goes on until all is sent",
    ),
    (  # left open
        mend_2.solution.replace(
            "with socket.create_connection(address) as s:", "if s := socket.create_connection(address):"
        ),
        None,
        "had not closed its socket",
    ),
    (  # the other direction
        mend_2.solution.replace("SHUT_WR", "SHUT_RD"),
        None,
        "returned b'' where",
    ),
    (  # a clock as well: the service is slow, and not dead
        mend_2.solution.replace("        s.sendall(data)\n", "        s.settimeout(0.3)\n        s.sendall(data)\n"),
        None,
        "A slow peer is not a dead one",
    ),
    (  # a short piece is taken for the last one
        mend_2.solution.replace(
            "            parts.append(part)\n",
            "            parts.append(part)\n            if len(part) < 65536:\n                break\n",
        ),
        1,
        "a piece of the answer",
    ),
    (  # the end is said before anything is
        mend_2.sick.replace(
            "        s.sendall(data)\n", "        s.shutdown(socket.SHUT_WR)\n        s.sendall(data)\n"
        ),
        None,
        "the server got b''",
    ),
]
