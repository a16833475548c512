"""Wrong rooms: as they are written at first, and the course's own solution with one mistake in it."""

from __future__ import annotations

from helpers.exercises.lesson11 import room_server
from tests.checking.answers import Wrong

AT_FIRST = """
import threading

clients = {}

def serve(conn):
    with conn:
        name = conn.recv(1024).strip()
        if not name or len(name) > 20 or name in clients:
            conn.sendall(b'! no\\n')
            return
        clients[name] = conn
        for other in clients.values():
            other.sendall(b'* ' + name + b' joined\\n')
        while True:
            data = conn.recv(1024)
            if not data:
                break
            for other in list(clients.values()):
                if other is not conn:
                    other.sendall(name + b': ' + data)
        del clients[name]
        for other in clients.values():
            other.sendall(b'* ' + name + b' left\\n')

def room_server(listener):
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=serve, args=(conn,)).start()
"""

WITH_A_LOCK = """
import threading

def room_server(listener):
    members = {}
    lock = threading.Lock()

    def tell(line, but=None):
        with lock:
            for name, conn in list(members.items()):
                if name != but:
                    try:
                        conn.sendall(line)
                    except OSError:
                        pass

    def serve(conn):
        name = None
        with conn:
            file = conn.makefile('rb')
            try:
                for line in file:
                    if not line.endswith(b'\\n') or len(line) > 65537:
                        break
                    line = line[:-1].removesuffix(b'\\r')
                    if name is None:
                        if not 0 < len(line) <= 20 or line in members:
                            conn.sendall(b'! no\\n')
                            break
                        name = line
                        members[name] = conn
                        tell(b'* ' + name + b' joined\\n')
                    else:
                        tell(name + b': ' + line + b'\\n', name)
            except OSError:
                pass
            file.close()
            if name is not None:
                del members[name]
                tell(b'* ' + name + b' left\\n')

    while True:
        conn, _ = listener.accept()
        threading.Thread(target=serve, args=(conn,)).start()
"""


def changed(*changes: tuple[str, str], source: str = room_server.solution) -> str:
    """The source with these parts replaced."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new, 1)
    return source


WRONG: list[Wrong] = [
    (AT_FIRST, 1, "ada had sent a part of the name, which was taken for the whole"),
    (WITH_A_LOCK, 29, "the server waits in sendall for bob, and all wait with it"),
    (  # the GIL is no lock
        changed(("        with lock:\n", "        if True:\n"), source=WITH_A_LOCK),
        27,
        "ada and grace spoke at the same time, and linus heard",
    ),
    (  # one client after another
        changed(("threading.Thread(target=serve, args=(conn,)).start()", "serve(conn)")),
        26,
        "the server waits in recv for ada alone, and grace stands in the backlog",
    ),
    (  # another thread looks whether somebody has gone; it waits in recv long before the next line comes
        changed(
            (
                "            member = Member(conn)\n",
                "            member = Member(conn)\n            threading.Thread(target=conn.recv, args=(1,)).start()\n",
            )
        ),
        28,
        "each takes what comes when it is its turn, and nobody has it all",  # at the same time, or, on a busy machine, one after the other
    ),
    (  # the same, where they are never in recv at the same time
        changed(
            (
                "            writer.start()\n",
                "            writer.start()\n            looks = threading.Thread(target=conn.recv, args=(1,))\n            looks.start()\n            looks.join()\n",
            )
        ),
        28,
        "One of its threads had received b'",
    ),
    (  # a queue that may wait
        changed(("queue.Queue() ", "queue.Queue(4) ")),
        None,
        "for a lock that another one holds, it seems, or for room in a queue",
    ),
    (  # a queue without a bound
        changed(("if member.waiting > MOST_WAITING:", "if False:")),
        29,
        "and he is still in the room",
    ),
    (  # a bound that is too small
        changed(("1 << 20", "1 << 17")),
        None,
        "bob reads slowly, and less than 1 MiB waits for him",
    ),
    (  # only the first line of a piece
        changed(("for line in lines:\n            if len", "for line in lines[:1]:\n            if len")),
        1,
        "One recv may bring several lines",
    ),
    (  # what waited for a client is lost when it has half-closed
        changed(("member.lines.put(None)\n", "member.lines.put(None)\n            hang_up(conn)\n")),
        None,
        "the connection was closed with output left",
    ),
    (  # nobody tells the writer
        changed(("            member.lines.put(None)\n            writer.join() ", "            ")),
        None,
        "1 thread too many still runs in the server",
    ),
    (  # a reset is an error of the thread
        changed(
            (
                "        except OSError:\n            return\n        if not data",
                "        except TimeoutError:\n            return\n        if not data",
            )
        ),
        21,
        "one of the server's threads had fallen, with ConnectionResetError",
    ),
    (  # text
        changed(('yield line.removesuffix(b"\\r")', 'yield line.decode().removesuffix("\\r").encode()')),
        24,
        "Lines are bytes, and need not be text",
    ),
    (changed((", but=member)", ")")), None, "and not back to who said it"),
    (changed(('line.removesuffix(b"\\r")', "line")), None, "as netcat and telnet send it, is no part of the line"),
    (changed(('line.removesuffix(b"\\r")', "line.strip()")), None, "as strip() takes them off"),
    (changed((" or name in members", "")), None, "which is taken"),
    (changed((" or len(name) > LONGEST_NAME", "")), None, "a name of 21 bytes"),
    (
        changed(('                tell(b"* %s left\\n" % name)\n', "")),
        None,
        "ada has left, and grace was to hear b'* ada left\\n'",
    ),
    (
        changed(
            (
                "        if not data:\n            return\n",
                "        if not data:\n            if buffer: yield buffer\n            return\n",
            )
        ),
        None,
        "is no line when the stream ends",
    ),
    (
        changed(("while len(buffer) <= LONGEST_LINE", "while True"), ("if len(line) > LONGEST_LINE", "if False")),
        None,
        "bob sent a line of 70,000 bytes",
    ),
    (  # Ctrl-C as well
        changed(("except ConnectionError: ", "except: ")),
        None,
        "Ctrl-C was pressed, and it went on",
    ),
    (  # whoever has been silent for a moment is gone
        changed(("        with conn:\n", "        conn.settimeout(0.3)\n        with conn:\n")),
        None,
        "Nobody had said anything for a moment, which is no end",
    ),
]
