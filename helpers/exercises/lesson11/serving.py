"""The exercise room_server, in any design: the room of threads."""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.exercises.rooms import SCENES, attack
from helpers.exercises.rooms.serving import open_room

room_server = Exercise(
    lesson=11,
    signature="room_server(listener)",
    brief="Serve a room, for ever. The first line of a client is its name, of 1 to 20 bytes and not taken: all are told b'* ada joined\\n', the newcomer too. Each further line goes to all others, as b'ada: line\\n'. "
    "Who leaves, or breaks off, is told of: b'* ada left\\n'. With a bad name a client hears one line that begins with b'! ', and is let go. Lines end with b'\\n', and a b'\\r' before it is dropped; longer than 65,536 bytes they may not be. "
    "A member that reads slowly holds up nobody, and hears all; one for whom more than 1 MiB waits is put out. `listener` is listening already.",
    hints=(
        "For whom may a thread wait that reads from ada? For ada, and for nobody else. So it must not send to the others itself: where does it leave what they are to hear?",
        "A thread for each client reads its lines, and puts each into the queues of the others; a second thread for each takes from its own queue, and sends. A dict has the members by their names: one lock for it, and for how many bytes wait for whom, "
        "which is held only while something is looked up, or put into a queue. What tells a thread that waits in `queue.get()` that nothing more will come?",
        "`tell(line, but)`, called with the lock held: for each member `queue.put(line)`, count its bytes, and where they are more than 1 MiB, `conn.shutdown(socket.SHUT_RDWR)`: its reader meets the end, and it leaves as anybody does. The reader, at its end: out of the dict, "
        "`* name left` to the others, `None` into its own queue, `join()` of the writer, which sends what is left, and then `close`. The writer: `while (line := queue.get()) is not None: conn.sendall(line)`, and OSError ends it.",
    ),
    solution='''
import queue
import socket
import threading

LONGEST_LINE, LONGEST_NAME, MOST_WAITING = 65_536, 20, 1 << 20

class Member:
    def __init__(self, conn):
        self.conn = conn
        self.lines = queue.Queue()      # what it is to hear; None: no more
        self.waiting = 0                # bytes in there

def room_server(listener):
    members = {}                        # by their names
    lock = threading.Lock()             # for members, and what waits for them: nobody sends, or receives, while holding it

    def tell(line, but=None):
        for member in members.values():
            if member is but:
                continue
            member.lines.put(line)
            member.waiting += len(line)
            if member.waiting > MOST_WAITING:
                hang_up(member.conn)    # it is put out: its threads meet the end, and it leaves like anybody else

    def write(member):
        """In a thread of its own: this one may wait for a slow reader."""
        try:
            while (line := member.lines.get()) is not None:
                member.conn.sendall(line)
                with lock:
                    member.waiting -= len(line)
        except OSError:
            hang_up(member.conn)

    def come_in(member, name):
        """Whether there is such a name, and it is free."""
        with lock:
            if not name or len(name) > LONGEST_NAME or name in members:
                return False
            members[name] = member
            tell(b"* %s joined\\n" % name)
        return True

    def serve(conn):
        with conn:
            lines = read_lines(conn)
            name = next(lines, None)
            if name is None:
                return
            member = Member(conn)
            if not come_in(member, name):
                conn.sendall(b"! this name is empty, too long, or taken\\n")
                return
            writer = threading.Thread(target=write, args=(member,))
            writer.start()
            for line in lines:
                with lock:
                    tell(b"%s: %s\\n" % (name, line), but=member)
            with lock:
                del members[name]
                tell(b"* %s left\\n" % name)
            member.lines.put(None)
            writer.join()               # what waits for it is sent before the connection is closed

    while True:
        try:
            conn, addr = listener.accept()
        except ConnectionError:         # it has gone already
            continue
        threading.Thread(target=serve, args=(conn,)).start()

def read_lines(conn):
    """Yield each whole line, until the stream ends, the connection breaks, or a line is too long."""
    buffer = b""
    while len(buffer) <= LONGEST_LINE:
        try:
            data = conn.recv(65_536)
        except OSError:
            return
        if not data:
            return
        *lines, buffer = (buffer + data).split(b"\\n")
        for line in lines:
            if len(line) > LONGEST_LINE:
                return
            yield line.removesuffix(b"\\r")

def hang_up(conn):
    """Wake whoever waits in a call of it, with the end of the stream."""
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:                     # it has broken off already
        pass
''',
    shows="a line in two pieces, and somebody else's line in between",
    reasons="Two threads for each member: one may wait for what it says, the other for room to send to it. Between them is a queue, so that a slow member holds up its own writer and nobody else. The lock is held for moments only, while the dict "
    "is looked through and lines are put into queues, which never wait; and since lines are put into all queues under one lock, all members hear them in the same order. A queue without a bound would grow until the memory is full: so its bytes are counted, and whoever "
    "lets more than 1 MiB wait is hung up on. `shutdown` wakes its two threads, wherever they wait, and it leaves by the same way as everybody: there is one way out, and it closes the connection when its writer has sent what was left.",
    serves=True,
)

attack(room_server, open_room, SCENES)
