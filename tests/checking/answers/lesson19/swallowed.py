"""Answers to mend_5, of lesson 19: the start swallowed."""

from __future__ import annotations

from helpers.exercises.lesson19.swallowed import mend_5
from tests.checking.answers import Wrong

PRICES = "PRICES = {b'tea?': b'two\\n', b'milk?': b'three\\n', b'sugar?': b'one\\n'}\n"


SICK = mend_5.sick


def _sick_but(*changes: tuple[str, str]) -> str:
    return _but(SICK, *changes)


def _but(source: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


BUFFERED = (
    PRICES
    + """
def mend_5(conn):
    question = b''
    while data := conn.recv(1024):
        question += data
        while b'?' in question:
            asked, mark, question = question.partition(b'?')
            conn.sendall(PRICES.get(asked + mark, b'what?\\n'))
"""
)
"""A right one. Some wrong ones are this, with something else in one place."""

RIGHT = [
    BUFFERED,
    # split gives all whole ones, and what is left
    PRICES
    + """
def mend_5(conn):
    rest = b''
    while data := conn.recv(4096):
        *questions, rest = (rest + data).split(b'?')
        for question in questions:
            conn.sendall(PRICES.get(question + b'?', b'what?\\n'))
""",
    # looks first, and takes no more than the question
    PRICES
    + """
import socket

def mend_5(conn):
    question = b''
    while seen := conn.recv(1024, socket.MSG_PEEK):
        question += conn.recv(seen.find(b'?') + 1 or len(seen))
        if question.endswith(b'?'):
            conn.sendall(PRICES.get(question, b'what?\\n'))
            question = b''
""",
    # a generator, and a thread that answers
    PRICES
    + """
import queue, threading

def questions(conn):
    buffer = bytearray()
    while data := conn.recv(100):
        for byte in data:
            buffer.append(byte)
            if byte == ord('?'):
                yield bytes(buffer)
                buffer.clear()

def mend_5(conn):
    asked = queue.Queue()

    def answer():
        while (question := asked.get()) is not None:
            conn.sendall(PRICES.get(question, b'what?\\n'))

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        for question in questions(conn):
            asked.put(question)
    finally:
        asked.put(None)
        thread.join()
""",
    # asyncio, which has a buffer
    PRICES
    + """
import asyncio

async def serve(conn):
    reader, writer = await asyncio.open_connection(sock=conn)
    try:
        while True:
            question = await reader.readuntil(b'?')
            writer.write(PRICES.get(question, b'what?\\n'))
            await writer.drain()
    except asyncio.IncompleteReadError:
        pass
    finally:
        writer.close()
        await writer.wait_closed()

def mend_5(conn):
    asyncio.run(serve(conn))
""",
    # a file of the connection
    PRICES
    + """
def mend_5(conn):
    question = b''
    with conn, conn.makefile('rb', buffering=0) as stream:
        while byte := stream.read(1):
            question += byte
            if byte == b'?':
                conn.sendall(PRICES[question] if question in PRICES else b'what?\\n')
                question = b''
""",
]

WRONG: list[Wrong] = [
    (SICK, 3, "milk?sugar?"),
    # the start of the next is thrown away
    (
        _sick_but(
            (
                "if question.endswith(b'?'):",
                "if b'?' in question:\n            question = question.partition(b'?')[0] + b'?'",
            )
        ),
        3,
        "and then nothing more came",
    ),
    # whole questions are found, and the start of the next is lost
    (
        PRICES
        + """
def mend_5(conn):
    question = b''
    while data := conn.recv(1024):
        question += data
        if b'?' in question:
            for each in question.split(b'?')[:-1]:
                conn.sendall(PRICES.get(each + b'?', b'what?\\n'))
            question = b''
""",
        3,
        "was lost with it",
    ),
    # one question for each recv, however many are there
    (
        PRICES
        + """
def mend_5(conn):
    question = b''
    while data := conn.recv(1024):
        question += data
        if b'?' in question:
            asked, mark, question = question.partition(b'?')
            conn.sendall(PRICES.get(asked + mark, b'what?\\n'))
""",
        3,
        "and then nothing more came",
    ),
    # a recv that is smaller, and still no question's size
    (_sick_but(("recv(1024)", "recv(5)")), 3, "A whole question had come"),
    # no buffer at all
    (
        PRICES
        + """
def mend_5(conn):
    while data := conn.recv(1024):
        for question in data.split(b'?')[:-1]:
            conn.sendall(PRICES.get(question + b'?', b'what?\\n'))
""",
        1,
        "in two pieces",
    ),
    # waits, so that each comes for itself
    (
        _sick_but(
            ("        question += data\n", "        time.sleep(0.05)\n        question += data\n"),
            ("PRICES = {", "import time\nPRICES = {"),
        ),
        3,
        "milk?sugar?",
    ),
    # Nagle is to blame
    (
        _sick_but(
            (
                "    question = b''\n    while",
                "    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n    question = b''\n    while",
            ),
            ("PRICES = {", "import socket\nPRICES = {"),
        ),
        3,
        "milk?sugar?",
    ),
    # a timeout, so that it need not wait for more
    (
        _but(BUFFERED, ("    question = b''\n", "    conn.settimeout(0.3)\n    question = b''\n")),
        None,
        "A slow peer is not a dead one",
    ),
    # the rest is answered as well
    (
        BUFFERED + "    if question:\n        conn.sendall(b'what?\\n')\n",
        None,
        "What has no question mark is no question",
    ),
    # the buffer is everybody's
    (
        _but(
            BUFFERED,
            ("def mend_5(conn):\n    question = b''\n", "question = b''\n\ndef mend_5(conn):\n    global question\n"),
        ),
        None,
        "a buffer of its own",
    ),
    # what is left of a line is tidied up
    (
        _but(BUFFERED, ("PRICES.get(asked + mark,", "PRICES.get(asked.strip() + mark,")),
        None,
        "blanks and newlines too",
    ),
    # an empty question is left out
    (
        _but(
            BUFFERED,
            (
                "            conn.sendall(",
                "            if not asked:\n                continue\n            conn.sendall(",
            ),
        ),
        None,
        "even nothing at all",
    ),
    # the end of the stream is waited for
    (
        PRICES
        + """
def mend_5(conn):
    said = b''
    while data := conn.recv(1024):
        said += data
    for question in said.split(b'?')[:-1]:
        conn.sendall(PRICES.get(question + b'?', b'what?\\n'))
""",
        None,
        "as soon as its mark is there",
    ),
    # an unknown question raises
    (_but(BUFFERED, ("PRICES.get(asked + mark, b'what?\\n')", "PRICES[asked + mark]")), None, "KeyError"),
    # a pattern whose dot is no newline
    (
        _but(
            BUFFERED,
            ("PRICES = {", "import re\nPRICES = {"),
            (
                "        while b'?' in question:\n            asked, mark, question = question.partition(b'?')\n            conn.sendall(PRICES.get(asked + mark, b'what?\\n'))\n",
                "        for asked in re.findall(rb'.*?\\?', question):\n            conn.sendall(PRICES.get(asked, b'what?\\n'))\n        question = question.rpartition(b'?')[2]\n",
            ),
        ),
        None,
        "blanks and newlines too",
    ),
    # from the last mark on
    (_but(BUFFERED, (".partition(b'?')", ".rpartition(b'?')")), 3, "milk?sugar?"),
    # one question is all
    (
        _but(BUFFERED, ("b'what?\\n'))\n", "b'what?\\n'))\n            if not question:\n                return\n")),
        None,
        "A client may ask on",
    ),
    # no line
    (
        _but(BUFFERED, ("PRICES.get(asked + mark, b'what?\\n')", "PRICES.get(asked + mark, b'what?')")),
        None,
        "ends with one newline",
    ),
    # as few bytes as a question has, and no fewer
    (
        _sick_but(("recv(1024)", "recv(4, socket.MSG_WAITALL)"), ("PRICES = {", "import socket\nPRICES = {")),
        None,
        "as soon as its mark is there",
    ),
    # text
    (
        _but(
            BUFFERED,
            (
                "asked, mark, question = question.partition(b'?')",
                "asked, mark, question = question.partition(b'?')\n            asked = asked.decode().encode()",
            ),
        ),
        None,
        "It raised UnicodeDecodeError",
    ),
    # what ends like a question that it knows
    (
        _but(
            BUFFERED,
            (
                "PRICES.get(asked + mark, b'what?\\n')",
                "next((PRICES[each] for each in PRICES if (asked + mark).endswith(each)), b'what?\\n')",
            ),
        ),
        None,
        "blanks and newlines too",
    ),
]
