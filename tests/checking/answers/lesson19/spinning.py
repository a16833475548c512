"""Patient 3, a spin: mends that hold, and some that do not."""

from __future__ import annotations

from helpers.exercises.lesson19.spinning import mend_3
from helpers.exercises.lesson19.starved import mend_1
from tests.checking.answers import Wrong
from tests.checking.answers.lesson19 import starved

BOTH = "selectors.EVENT_READ | selectors.EVENT_WRITE, bytearray()"
READ = "selectors.EVENT_READ, bytearray()"
LAST = "                        raise ConnectionError('it has said all')\n"

RIGHT: list[str] = [
    # asked for only while something waits, in two places
    mend_3.sick.replace(BOTH, READ)
    .replace(LAST, LAST + "                    selector.modify(conn, selectors.EVENT_WRITE, waiting)\n")
    .replace(
        "                    del waiting[:conn.send(waiting)]\n",
        "                    del waiting[:conn.send(waiting)]\n                    if not waiting:\n"
        "                        selector.modify(conn, selectors.EVENT_READ, waiting)\n",
    ),
    # select, with the two lists made anew for each turn
    """
import select

def mend_3(listener):
    waiting = {}
    while True:
        reading = [listener] + [conn for conn in waiting if not waiting[conn]]
        writing = [conn for conn in waiting if waiting[conn]]
        readable, writable, _ = select.select(reading, writing, [])
        for conn in readable + writable:
            if conn is listener:
                waiting[listener.accept()[0]] = b''
                continue
            try:
                if waiting[conn]:
                    waiting[conn] = waiting[conn][conn.send(waiting[conn]):]
                else:
                    waiting[conn] = conn.recv(1024)
                    if not waiting[conn]:
                        raise EOFError
            except (OSError, EOFError):
                del waiting[conn]
                conn.close()
""",
    mend_1.solution.replace("mend_1", "mend_3"),  # a thread for each does not spin either
    next(each for each in starved.RIGHT if "asyncio" in each).replace("mend_1", "mend_3"),
    # what each waits for is settled before each turn
    mend_3.sick.replace(BOTH, READ).replace(
        "    while True:\n",
        "    while True:\n        for key in list(selector.get_map().values()):\n            if key.data is not None:\n"
        "                events = selectors.EVENT_WRITE if key.data else selectors.EVENT_READ\n"
        "                selector.modify(key.fileobj, events, key.data)\n",
    ),
]
ECHO = """                if waiting and events & selectors.EVENT_WRITE:
                    del waiting[:conn.send(waiting)]
                elif not waiting and events & selectors.EVENT_READ:
                    waiting += conn.recv(1024)
                    if not waiting:
                        raise ConnectionError('it has said all')
"""
SENDALL = """                if not (data := conn.recv(1024)):
                    raise ConnectionError('it has said all')
                conn.sendall(data)
"""

WRONG: list[Wrong] = [
    (mend_3.sick, 31, "a socket is registered for writing"),
    (  # READ alone: nobody ever sends
        mend_3.sick.replace(BOTH, READ),
        None,
        "ada sent b'hello', and nobody answers",
    ),
    (  # a pause in the loop: quieter, and it turns as before
        "import time\n" + mend_3.sick.replace("    while True:\n", "    while True:\n        time.sleep(0.01)\n"),
        31,
        "A pause in the loop",
    ),
    (  # a timeout of select is for those who wait
        mend_3.sick.replace("selector.select()", "selector.select(1)"),
        31,
        "registered for writing",
    ),
    (  # asked for when something comes, and never taken back
        mend_3.sick.replace(BOTH, READ).replace(
            LAST,
            LAST + "                    selector.modify(conn, selectors.EVENT_READ | selectors.EVENT_WRITE, waiting)\n",
        ),
        31,
        "registered for writing",
    ),
    (  # never asked for, and sent at once: what the system has no room for is lost
        mend_3.sick.replace(BOTH, READ).replace(
            LAST, LAST + "                    conn.send(waiting)\n                    waiting.clear()\n"
        ),
        6,
        "The system had room for a part of an answer only",
    ),
    (  # for one client alone the loop waits: all others wait as well
        mend_3.sick.replace("conn.setblocking(False)", "conn.setblocking(True)")
        .replace(BOTH, READ)
        .replace(
            LAST,
            LAST
            + "                    while waiting:\n                        conn.sendall(waiting)\n                        waiting[:] = conn.recv(1024)\n",
        ),
        30,
        "alone. Receive only from a socket that select calls ready",
    ),
    (  # b'' is no longer the end
        mend_3.solution.replace("                    if not waiting:\n" + LAST, ""),
        11,
        "recv gives b'' again and again",
    ),
    (  # READ and, as soon as something waits, WRITE too; at the end of the stream what waits is thrown away
        mend_3.solution.replace(
            "elif not waiting and events & selectors.EVENT_READ:", "elif events & selectors.EVENT_READ:"
        )
        .replace("if waiting and events & selectors.EVENT_WRITE:", "if events == selectors.EVENT_WRITE:")
        .replace("waiting += conn.recv(1024)", "data = conn.recv(1024)\n                    waiting += data")
        .replace("if not waiting:", "if not data:")
        .replace(
            "selectors.EVENT_WRITE if waiting else", "selectors.EVENT_READ | selectors.EVENT_WRITE if waiting else"
        ),
        None,
        "it is owed to her all the same",
    ),
    (  # no buffer any more: where there is no room, sendall raises, and the client is put out
        mend_3.sick.replace(BOTH, READ).replace(ECHO, SENDALL),
        None,
        "sendall sends a part, and raises BlockingIOError where it has no room",
    ),
    (  # or it waits for room, and all wait with it
        mend_3.sick.replace(BOTH, READ).replace("setblocking(False)", "setblocking(True)").replace(ECHO, SENDALL),
        29,
        "A slow reader must hold up nobody",
    ),
    (  # or it tries again until there is room
        mend_3.sick.replace(BOTH, READ).replace(
            ECHO,
            """                waiting += conn.recv(1024)
                if not waiting:
                    raise ConnectionError('it has said all')
                while waiting:
                    try:
                        del waiting[:conn.send(waiting)]
                    except BlockingIOError:
                        pass
""",
        ),
        None,
        "it tries again to send",
    ),
    (  # byte by byte: it serves everybody, and is slow
        mend_3.solution.replace("recv(1024)", "recv(1)"),
        None,
        "It is too slow",
    ),
    (  # asked for READ as well while something waits, and then not read
        mend_3.solution.replace(
            "selectors.EVENT_WRITE if waiting else", "selectors.EVENT_READ | selectors.EVENT_WRITE if waiting else"
        ),
        None,
        "select tells it again and again of what it leaves where it is",
    ),
    (  # a longer pause
        "import time\n" + mend_3.sick.replace("    while True:\n", "    while True:\n        time.sleep(0.2)\n"),
        31,
        "A pause in the loop",
    ),
    (  # the other way round
        mend_3.solution.replace(
            "selectors.EVENT_WRITE if waiting else selectors.EVENT_READ",
            "selectors.EVENT_READ if waiting else selectors.EVENT_WRITE",
        ),
        None,
        "ada sent b'hello', and nobody answers",
    ),
    (  # never waits
        mend_3.solution.replace("selector.select()", "selector.select(0)"),
        None,
        "select without a timeout of 0",
    ),
    *(  # what waits for a client is lost with the key's data
        (mend_3.solution.replace("selectors.EVENT_READ, waiting)", lost), None, "received that, by recv")
        for lost in ("selectors.EVENT_READ)", "selectors.EVENT_READ, bytearray())")
    ),
    (  # closed, and still registered
        mend_3.solution.replace("                selector.unregister(conn)\n", ""),
        None,
        "is already registered",
    ),
    (  # all of it is taken for sent
        mend_3.solution.replace(
            "del waiting[:conn.send(waiting)]", "conn.send(waiting)\n                    waiting.clear()"
        ),
        6,
        "send says how many bytes it took",
    ),
]
