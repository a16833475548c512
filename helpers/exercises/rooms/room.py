"""The room as the judge has it: clients who join, say lines, and hear what the others say; all of them in one thread, which never waits for one of them alone.

Comes in: the address of a server, and the call that runs it. Goes out: what each has heard; `Fell` where that is not what was to come (`why`). Who may import it: the scenes, and the exercises.
"""

from __future__ import annotations

import dataclasses
import selectors
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from helpers.checking.bounds import Rest
from helpers.checking.call import Call
from helpers.checking.judge import Judge
from helpers.checking.messages import Doing
from helpers.checking.peer import Peer
from helpers.checking.verdicts import Fell, Hangs, Spins
from helpers.exercises.rooms.why import ended, not_let_go, not_served, refused, spinning, unheard, wrong
from helpers.exercises.servers import LITTLE, must_hold, wait_while_bytes_move

MOST_WAITING = 1 << 20
"""Bytes that may wait in the server for one member."""
LONGEST_LINE = 65_536
"""Bytes of a line, without its newline."""
LONGEST_NAME = 20
ENDS = (
    "a thread ends when its function comes back. Who waits in a queue, say, has to be told that nothing more will come."
)


Place = TypeVar("Place", bound="Room", contravariant=True)
"""The kind of room that a scene needs."""


@dataclasses.dataclass(frozen=True)
class Scene(Generic[Place]):
    """Something that happens in a room."""

    title: str
    stage: int
    play: Callable[[Place], None]
    how: dict[str, bool] = dataclasses.field(default_factory=dict)
    """How the server's connections are: sparing, stuttering, small."""
    whole: bool = False
    """Whether it asks something of the whole server, and not of how a member is served."""


def adding(scenes: list[Scene[Place]]) -> Callable[..., Callable[[Callable[[Place], None]], None]]:
    """A decorator that makes a scene of a function, and adds it to `scenes`."""

    def scene(stage: int, title: str, whole: bool = False, **how: bool) -> Callable[[Callable[[Place], None]], None]:
        return lambda play: scenes.append(Scene(title, stage, play, how, whole))

    return scene


class Room:
    """A server that speaks the room's protocol, and its clients."""

    def __init__(self, judge: Judge, address: tuple[str, int], call: Call) -> None:
        self.judge = judge
        self.call = call
        self.happened = ""
        """What one of its clients has done, or suffered, that a server may fall for: the beginning of a sentence."""
        self.mistake: int | None = None
        """The misconception of whoever falls for it."""
        self.members: dict[tuple[str, int], Member] = {}
        """By the addresses of their sockets."""
        self.moved = 0
        """Bytes that its clients have sent and received so far, where others went on meanwhile."""
        self._address = address
        self._selector = judge.enter(selectors.DefaultSelector())

    def visit(self, name: str, little: bool = False) -> Member:
        """A client who connects, and has said nothing yet. `name`: as the sentences and the picture have it. `little`: there is little room for what it does not read."""
        try:
            peer = self.judge.connect(self._address, self.call, name, LITTLE if little else 0)
        except OSError:
            self.call.settle()
            raise refused(self, name) from None
        member = Member(self, name, peer)
        self.members[peer.conn.getsockname()] = member
        return member

    def join(self, *names: str, little: Iterable[str] = ()) -> list[Member]:
        """Clients who come into the room one after another; all who are there have heard of each."""
        found = []
        for name in names:
            found.append(self.visit(name, name in little))
            found[-1].join()
        return found

    def present(self) -> list[Member]:
        """Those who are in the room, and read."""
        return [each for each in self.members.values() if each.is_in and each.reads]

    def all_hear(self, line: bytes, by: Member, but: Iterable[Member] = ()) -> None:
        """Fell unless everybody who is in the room hears this line next, but for these."""
        for each in self.present():
            if each not in but:
                each.must_hear(line, by=by)

    def wait(self, ready: Callable[[], bool]) -> bool:
        """Let all clients read and send, until `ready()`, or until the server has ended. `Hangs` where nothing happens any more.

        Between small buffers bytes may trickle, while nobody works: as long as they do, it goes on.
        """
        return wait_while_bytes_move(
            lambda: self.judge.wait(lambda: self._turn() and ready(), self.call), lambda: self.moved
        )

    def is_told(self, member: Member, data: bytes) -> None:
        """A client says this: what a room with a memory wants to know."""

    def welcome(self, member: Member) -> None:
        """Fell unless a newcomer hears what is told before it has joined: here nothing is."""

    def mistaken(self, who: Member, got: bytes, want: bytes, by: Member) -> Fell:
        """Why somebody hears another line than was to come."""
        return wrong(self, who, got, want, by)

    def rest(self) -> None:
        """Wait until the server has nothing to do. Fell if it works all the same."""
        try:
            self.wait_for_rest(Rest.is_sure)
        except Spins as error:
            raise spinning(self, error) from error

    def wait_for_rest(self, seen: Callable[[Rest], bool]) -> None:
        """Wait until the server is `seen` to rest. As long as bytes move it may do so only until the next ones: it is looked at anew."""
        rest, moved = self.judge.watch_rest(), self.moved

        def rests() -> bool:
            nonlocal rest, moved
            if moved != self.moved:
                rest, moved = self.judge.watch_rest(), self.moved
            return seen(rest)

        self.wait(rests)

    def holds(self) -> Doing:
        """What the server has when it rests: threads, and open connections."""
        self.rest()
        return self.call.doing_now()

    def must_hold(self, before: Doing, gone: str, about: Iterable[str]) -> None:
        """Fell unless it has no more than it had before some came who are gone."""
        must_hold(self, before.connections, before.threads, gone, about, ends=ENDS)

    def must_end_at_interrupt(self) -> None:
        """Fell unless Ctrl-C ends the server, now or when all members have left."""
        if self.judge.interrupt(self.call):
            return
        for each in self.present():  # it may wait for those who are still connected
            each.leave()
        self.call.settle()
        if not self.call.over:
            raise Fell(
                "Ctrl-C was pressed, and it went on: nobody can stop it any more. Ctrl-C is an error too, KeyboardInterrupt: a bare `except:` swallows it, and whoever waits for a thread that never ends (join) is not rid of it."
            )

    def ended(self) -> Fell | None:
        return ended(self)

    def look_at(self, member: Member) -> None:
        """Be woken for what this client waits for just now."""
        wanted = (selectors.EVENT_READ if member.reads else 0) | (selectors.EVENT_WRITE if member.unsent else 0)
        known = self._selector.get_map()
        conn = member.peer.conn
        if conn.fileno() < 0 or member.gone or not wanted:
            if conn.fileno() >= 0 and conn in known:
                self._selector.unregister(conn)
        elif conn in known:
            self._selector.modify(conn, wanted, member)
        else:
            self._selector.register(conn, wanted, member)

    def _turn(self) -> bool:
        for key, events in self._selector.select(0):
            key.data.go_on(events)
        return True


class Member:
    """A client of the room's server."""

    def __init__(self, room: Room, name: str, peer: Peer) -> None:
        self.room = room
        self.name = name
        self.peer = peer
        self.heard: list[bytes] = []
        """Lines that have come, with their newlines, and that nobody has looked at."""
        self.rest = b""
        """What has come of the next one."""
        self.gone = False
        """Whether the server has ended this connection, or broken it off."""
        self.left = False
        """Whether it has ended this connection itself, or broken it off."""
        self.is_in = False
        """Whether it has given its name, and has not left."""
        self.reads = True
        self.unsent = memoryview(b"")
        """What it says as soon as there is room for it."""
        self.said: list[bytes] = []
        room.look_at(self)

    def __repr__(self) -> str:
        return self.name

    # What it does

    def join(self) -> None:
        """Give its name. Fell unless all who are there, itself included, hear of it."""
        self.say(self.name.encode() + b"\n")
        self.has_joined()

    def has_joined(self) -> None:
        """Its name is given. Fell unless all who are there, itself included, hear of it."""
        self.is_in = True
        self.room.welcome(self)
        self.room.all_hear(b"* %s joined\n" % self.name.encode(), by=self)

    def say(self, *pieces: bytes) -> None:
        """Send these bytes: each piece when the server has taken the last one."""
        self.said += pieces
        self.room.is_told(self, b"".join(pieces))
        try:
            self.peer.send(*pieces)
        except Hangs as error:
            raise not_served(self.room, error, self) from error

    def line(self, text: bytes) -> None:
        """Say a line. Fell unless all others hear it. Where there are none, nothing tells when it has been read: whoever joins after it may hear it, too."""
        self.say(text + b"\n")
        self.room.all_hear(b"%s: %s\n" % (self.name.encode(), text), by=self, but=[self])

    def pour(self, data: bytes) -> None:
        """Say much: as fast as there is room for it, while others go on (`Room.wait`)."""
        self.said.append(data)
        self.room.is_told(self, data)
        self.unsent = memoryview(bytes(self.unsent) + data)
        self.room.look_at(self)

    def stop_reading(self) -> None:
        self.reads = False
        self.room.look_at(self)

    def read_again(self) -> None:
        self.reads = True
        self.room.look_at(self)

    def end(self) -> None:
        """End its half of the connection: it has left."""
        self.is_in, self.left = False, True
        self.peer.end()

    def leave(self) -> None:
        """Close the connection. (All that has come was read, so that it ends with FIN.)"""
        self._leaves()
        self.peer.close()

    def break_off(self) -> None:
        """Break the connection off: RST."""
        self._leaves()
        self.peer.reset()

    def is_put_out(self) -> None:
        """The server has ended this connection, as it should."""
        self.is_in = False

    def go_on(self, events: int) -> None:
        """Take what has come, and send what there is room for."""
        try:
            if events & selectors.EVENT_READ:
                self._take(self.peer.take())
            if events & selectors.EVENT_WRITE and not self.gone:
                taken = self.peer.push(self.unsent)
                self.room.moved += taken
                self.unsent = self.unsent[taken:]
                if not self.unsent:
                    self.room.look_at(self)
        except ConnectionError:
            self._is_gone()

    def _take(self, data: bytes | None) -> None:
        if data == b"":
            self._is_gone()
        elif data:
            self.room.moved += len(data)
            *lines, self.rest = (self.rest + data).split(b"\n")
            self.heard += [line + b"\n" for line in lines]

    def _leaves(self) -> None:
        self.left = True
        self._is_gone()

    def _is_gone(self) -> None:
        self.gone = True
        self.is_in = False
        self.unsent = memoryview(b"")
        self.room.look_at(self)

    # What it must hear

    def must_hear(self, *lines: bytes, by: Member, lost: Fell | None = None) -> None:
        """Fell unless these lines come next. `by`: whose doing they are. `lost`: what to say where they do not come, and nothing that can be seen explains it."""
        try:
            self.room.wait(lambda: self.gone or len(self.heard) >= len(lines) or self._differs(lines))
        except Hangs as error:
            raise unheard(self.room, error, self, lines[len(self.heard)], by, lost) from error
        got = self.heard[: len(lines)]
        for have, want in zip(got, lines, strict=False):
            if have != want:
                raise self.room.mistaken(self, have, want, by)
        if len(got) < len(lines):
            raise unheard(self.room, None, self, lines[len(got)], by, lost)
        del self.heard[: len(lines)]

    def hears_of_itself(self) -> None:
        """Wait until it is told that it has joined, whatever else it hears; or until it is let go."""
        self.room.wait(lambda: self.gone or b"* %s joined\n" % self.name.encode() in self.heard)

    def _differs(self, lines: Iterable[bytes]) -> bool:
        return any(have != want for have, want in zip(self.heard, lines, strict=False))

    def must_be_let_go(self, why: str, misconception: int | None = None) -> None:
        """Fell unless the server ends this connection. `why` it should."""
        try:
            self.room.wait(lambda: self.gone)
        except Hangs as error:
            raise not_let_go(self.room, error, self, why, misconception) from error

    def must_be_turned_away(self, why: str) -> None:
        """Fell unless it hears one line that begins with "! ", and then the end. `why`: what is wrong with its name."""
        self.must_be_let_go(f"{why}: it is told so, and let go")
        if len(self.heard) != 1 or not self.heard[0].startswith(b"! "):
            got = b"".join(self.heard) + self.rest
            raise Fell(
                f"{why}. Whoever cannot come in is told why, in one line that begins with b'! ', and is let go; this one got {got[:80]!r}.",
                about=[self.name],
            )
        self.heard.clear()
