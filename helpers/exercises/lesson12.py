"""Lesson 12: the room again, in one thread."""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell
from helpers.exercises.rooms import SCENES, attack
from helpers.exercises.rooms.serving import open_room
from helpers.words import many

room_server = Exercise(
    lesson=12,
    signature="room_server(listener)",
    brief="The room of lesson 11, in one thread: a selector waits for all clients, each has a buffer for what came and one for what is to be sent, and the server asks for EVENT_WRITE only while the latter "
    "holds something. It uses no processor while nothing happens, and serves until Ctrl-C. `listener` is listening already.",
    hints=(
        "What has to be remembered for each client from one turn of the loop to the next? What came and is no whole line yet; what is to be sent and had no room; its name, once it has one.",
        "`setblocking(False)` for every socket, and the client's own record as the `data` of `selector.register`. Telling somebody a line means adding it to the output buffer, and `selector.modify` so that EVENT_WRITE is asked for; "
        "the loop sends, cuts off what `send` took, and asks for EVENT_READ alone when nothing is left. What becomes of a client at b'' whose output buffer is not empty?",
        "`for key, events in selector.select():` – the listener: accept, register; EVENT_READ: `recv`, add to `incoming`, and for each whole line: is it the name, or something to tell the others? b'' or OSError: out of the dict, and `* name left` to the others. "
        "EVENT_WRITE: `del outgoing[:conn.send(outgoing)]`. Close a client when it has ended and its outgoing is empty; whoever has more than 1 MiB in it is dropped at once.",
    ),
    solution='''
import selectors

LONGEST_LINE, LONGEST_NAME, MOST_WAITING = 65_536, 20, 1 << 20

class Client:
    """What the server knows of one client."""

    def __init__(self, conn):
        self.conn = conn
        self.name = None                # until it has given one
        self.incoming = b""             # what has come, and is no whole line yet
        self.outgoing = bytearray()     # what is still to go to it
        self.ended = False              # it says no more, and is let go when nothing is left to go

def room_server(listener):
    selector = selectors.DefaultSelector()
    members = {}                        # by their names

    def expect(client):
        """Wait for what this client may bring; for room only if something is to go to it."""
        if client.conn.fileno() < 0:    # it was let go while another one had its turn
            return
        if client.ended and not client.outgoing:
            selector.unregister(client.conn)
            client.conn.close()
            return
        events = 0 if client.ended else selectors.EVENT_READ
        if client.outgoing:
            events |= selectors.EVENT_WRITE
        selector.modify(client.conn, events, client)

    def tell(line, but=None):
        for client in list(members.values()):
            if client is not but:
                client.outgoing += line
                expect(client)
        for client in list(members.values()):
            if len(client.outgoing) > MOST_WAITING:
                drop(client)

    def leave(client):
        """It says no more; what waits for it goes to it all the same."""
        client.ended = True
        if members.get(client.name) is client:
            del members[client.name]
            tell(b"* %s left\\n" % client.name)

    def drop(client):
        """It has left, and nothing goes to it any more."""
        client.outgoing.clear()
        leave(client)
        expect(client)

    def hear(client, line):
        if client.name is not None:
            tell(b"%s: %s\\n" % (client.name, line), but=client)
        elif not line or len(line) > LONGEST_NAME or line in members:
            client.outgoing += b"! this name is empty, too long, or taken\\n"
            client.ended = True
        else:
            client.name = line
            members[line] = client
            tell(b"* %s joined\\n" % line)

    def take(client):
        data = client.conn.recv(65_536)
        if not data:
            leave(client)
        *lines, client.incoming = (client.incoming + data).split(b"\\n")
        for line in lines:
            if not client.ended and len(line) <= LONGEST_LINE:
                hear(client, line.removesuffix(b"\\r"))
        if max(map(len, [*lines, client.incoming])) > LONGEST_LINE:
            drop(client)

    def turn(client, events):
        try:
            if events & selectors.EVENT_WRITE:
                del client.outgoing[:client.conn.send(client.outgoing)]
            if events & selectors.EVENT_READ:
                take(client)
        except BlockingIOError:
            pass                        # not ready after all: the selector will say when
        except OSError:                 # it has broken off, or was let go
            drop(client)
        expect(client)

    def welcome():
        try:
            conn, addr = listener.accept()
        except OSError:                 # it has gone already
            return
        conn.setblocking(False)
        selector.register(conn, selectors.EVENT_READ, Client(conn))

    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            if key.fileobj is listener:
                welcome()
            else:
                turn(key.data, events)
''',
    shows="a line in two pieces, and somebody else's line in between",
    reasons="One thread waits in one place, `select`, for whoever comes first. What it knows of a client lies in the client's record, since nobody's stack remembers it: `recv` gives what is there, which may be a part of a line, or three; `send` takes what it has room for. "
    "So there are two buffers, and nothing in the loop ever waits. `expect` is the one place that says what a client is waited for: to be read as long as it has not left, to be written to only while something is left. A client that has left hears what waits for it, and is closed then; one that breaks off, "
    "or for which more than 1 MiB waits, has nothing left. `BlockingIOError` is no error here: what was ready a moment ago need not be ready any more.",
    serves=True,
    again=True,
)


attack(room_server, open_room, SCENES)


@room_server.scenario(2, "three in the room, and one thread for all of them")
def _one_thread(judge: Judge) -> None:
    room = open_room(judge)
    ada, *_ = room.join("ada", "grace", "linus")
    ada.line(b"how many threads are we?")
    if threads := room.call.doing_now().threads:
        raise Fell(
            f"Three clients are in the room, and {many(threads, 'thread')} beside the main one {'runs' if threads == 1 else 'run'} for them. That holds up in lesson 11; here one thread is to serve all, with a selector that waits for all of them."
        )


EXERCISES = [room_server]
