"""Clients who visit a server that gives each of them back what it says, whatever the others do: who waits for whom, and what is left when they have gone.

    def open_server(judge: Judge, way: str = "echo", aborting: bool = False) -> Server:
        return Server(judge, way, aborting)

    attack(serve_each, open_server, SCENES)      # or some of them: [each for each in SCENES if not each.of_handle]

Comes in: a judge, and how the server is started. Goes out: scenarios; `Fell`, with a sentence that says who waited for whom. Who may import it: the exercises.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Protocol

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.messages import Doing
from helpers.checking.peer import Peer
from helpers.checking.verdicts import Fell, Hangs, Sleeps, Slow, Spins, is_slow, reads_twice, shown
from helpers.exercises.servers import LITTLE, client_of, must_hold, wait_until_turned_away, waiting
from helpers.exercises.spinning import what_it_spins_for
from helpers.sockets.tapes import FORGOTTEN

CLIENTS = 40
SILENT = 100
"""Clients at once who say nothing: more than the pools that one makes have threads. (A limit that lies higher may be the computer's.)"""
LONG = 2.0
"""Seconds of a timeout that a server may have set, and should not."""
MUCH = 400_000
"""Bytes that somebody says who reads nothing of what comes back: more than there is room for."""
HANDLE = "handle"
BAD_ARGUMENTS = ("argument after * must be", "positional argument")
"""Of a thread's error, where it was given something else than its function takes."""


class Open(Protocol):
    """What starts a server to which nobody has come yet. `way`: which handle it is given, where it is given one; `aborting`: its first client is gone before it is accepted."""

    def __call__(self, judge: Judge, way: str = "echo", aborting: bool = False) -> Server: ...


@dataclasses.dataclass(frozen=True)
class Scene:
    """Something that clients do."""

    title: str
    stage: int
    play: Callable[[Judge, Open], None]
    of_handle: bool = False
    """Whether it is about a handle that the server is given, or about what only lesson 10 asks for."""


SCENES: list[Scene] = []


def scene(stage: int, title: str, of_handle: bool = False) -> Callable[[Callable[[Judge, Open], None]], None]:
    """Add the decorated function as a scene."""
    return lambda play: SCENES.append(Scene(title, stage, play, of_handle))


def attack(exercise: Exercise, open_server: Open, chosen: Iterable[Scene]) -> None:
    """Make scenarios of the scenes."""
    for each in chosen:
        exercise.scenario(each.stage, each.title)(_scenario(each, open_server))


def _scenario(chosen: Scene, open_server: Open) -> Callable[[Judge], None]:
    return lambda judge: chosen.play(judge, open_server)


@scene(1, "a client, and its echo")
def _one(judge: Judge, open_server: Open) -> None:
    server = open_server(judge)
    client = server.visit("ada")
    client.must_get_back(b"hello")
    client.must_get_back(b"hello again")
    server.must_go_on()


@scene(1, "three at the same time; the first one says nothing")
def _silent_first(judge: Judge, open_server: Open) -> None:
    server = open_server(judge)
    silent = server.visit("ada")
    grace, linus = server.visit("grace"), server.visit("linus")
    grace.must_get_back(b"I am the second")
    linus.must_get_back(b"and I am the third")
    silent.must_get_back(b"I was the first")
    grace.must_get_back(b"I am still here")


@scene(1, "handle is given the connection, and the client's address", of_handle=True)
def _address(judge: Judge, open_server: Open) -> None:
    server = open_server(judge, "whose")
    clients = [server.visit(name) for name in ("ada", "grace", "linus")]
    for client in clients:
        client.must_be_told_its_address()


@scene(1, "Ctrl-C, when the clients have gone, and while one is there")
def _interrupted(judge: Judge, open_server: Open) -> None:
    if sys.platform == "win32":
        return  # nothing interrupts a blocked call there
    for stays in False, True:
        server = open_server(judge)
        ada = server.visit("ada")
        ada.must_get_back(b"hello")
        if not stays:
            ada.peer.end()
            ada.must_be_let_go(server.has_ended_with("ada"))
            server.holds()
        server.must_end_at_interrupt(ada)
        ada.peer.close()


@scene(2, "one who has said all, and half-closes: the connection is closed")
def _ends(judge: Judge, open_server: Open) -> None:
    server = open_server(judge)
    ada, grace = server.visit("ada"), server.visit("grace")
    grace.must_get_back(b"hello")
    ada.must_get_back(b"bye")
    ada.peer.end()
    ada.must_be_let_go(server.has_ended_with("ada"))
    grace.must_get_back(b"and I am still here")


@scene(2, "a handle that closes the connection itself", of_handle=True)
def _closes(judge: Judge, open_server: Open) -> None:
    server = open_server(judge, "closes")
    ada = server.visit("ada")
    ada.must_get_back(b"hello")
    ada.must_be_let_go("handle has closed the connection")
    server.happened = "handle had closed the connection itself, which is allowed"
    server.visit("grace").must_get_back(b"hello")


@scene(2, "a handle that raises an error", of_handle=True)
def _raises(judge: Judge, open_server: Open) -> None:
    server = open_server(judge, "falls")
    ada, grace = server.visit("ada"), server.visit("grace")
    grace.must_get_back(b"hello")
    ada.must_get_back(b"hello")
    server.happened = "handle raised a ValueError for ada"
    ada.send(b"fall")
    ada.must_be_let_go("handle has raised an error")
    grace.must_get_back(b"I have nothing to do with that")
    server.visit("linus").must_get_back(b"hello")


@scene(2, "a client that breaks off while it is served")
def _breaks_off(judge: Judge, open_server: Open) -> None:
    server = open_server(judge)
    ada, grace = server.visit("ada"), server.visit("grace")
    grace.must_get_back(b"hello")
    ada.must_get_back(b"hello")
    ada.peer.reset()
    server.happened = f"ada broke her connection off, which {server.talk} meets as ConnectionResetError"
    grace.must_get_back(b"I am still here")
    server.visit("linus").must_get_back(b"hello")
    server.must_hold(connections=2)


@scene(2, "a client that has gone before it was accepted", of_handle=True)
def _aborted(judge: Judge, open_server: Open) -> None:
    server = open_server(judge, aborting=True)
    ada = server.visit("ada")
    server.happened = "A client had gone before it was accepted, and accept raised ConnectionAbortedError"
    server.mistake = 21
    wait_until_turned_away(ada.peer)
    server.visit("grace").must_get_back(b"hello")


@scene(2, "nothing happens for a while")
def _idle(judge: Judge, open_server: Open) -> None:
    server = open_server(judge)
    ada = server.visit("ada")
    ada.must_get_back(b"hello")
    server.must_rest(LONG)
    server.happened = "Nobody came, and nobody said anything, for a moment"
    ada.must_get_back(b"here I am still")
    server.visit("grace").must_get_back(b"hello")


@scene(3, f"{SILENT} who say nothing, and one who does")
def _many_silent(judge: Judge, open_server: Open) -> None:
    server = open_server(judge)
    silent = [server.visit(f"silent {number}") for number in range(1, SILENT + 1)]
    server.visit("ada").must_get_back(b"hello")
    silent[-1].must_get_back(b"I am not silent any more")


@scene(3, f"{CLIENTS} who come and go, some of them in a bad way: then all is as it was in the beginning")
def _come_and_go(judge: Judge, open_server: Open) -> None:
    server = open_server(judge, "falls")
    ada = server.visit("ada")
    ada.must_get_back(b"hello")
    before = server.holds()
    for number in range(1, CLIENTS + 1):
        client = server.visit(f"client {number}")
        if number % 4:
            client.must_get_back(b"%d" % number)
        if number % 4 == 1 and server.raising:
            client.send(server.raising)
        if number % 4 == 2:
            client.peer.reset()
        client.peer.close()
    server.must_hold(before.connections, before.threads)
    ada.must_get_back(b"all of them have gone, and I am here")


def one_reads_nothing(judge: Judge, talk: str) -> None:
    """Play one who says much, until there is room for no more, and reads nothing: the others are served, and all of it is there for her when she reads. For the exercises in which nobody may wait for anybody."""
    server = Server(judge, talk=talk, small=True)
    ada, grace = server.visit("ada", LITTLE), server.visit("grace")
    grace.must_get_back(b"hello")
    said = say_until_full(server, ada)
    server.happened = (
        "ada had said much and read nothing, until there was room for no more, and the rest was to wait for her; on a socket that does not wait, "
        "sendall sends a part, and raises BlockingIOError where it has no room"
    )
    grace.must_get_back(b"I read")
    ada.must_hear(said)


def say_until_full(server: Server, client: Client) -> bytes:
    """Let it say much, and read nothing, until there is room for no more. What it has said."""
    much = server.judge.chance.randbytes(MUCH)
    said = 0
    with contextlib.suppress(ConnectionError):  # what the client hears by then tells the rest
        while said < MUCH and (taken := client.peer.push(much[said:])):
            said += taken
            _must_wait_for_room(server, client.name)
    return much[:said]


def _must_wait_for_room(server: Server, name: str) -> None:
    """Fell where it turns and turns meanwhile, and no byte moves. `name`: whose answers there is no room for."""
    judge, call = server.judge, server.call
    enough = judge.seconds() + judge.busy
    while judge.seconds() <= enough:
        try:
            return judge.wait_for_rest(call)
        except Slow:
            raise
        except Sleeps:
            raise _turns(name) from None
        except Spins:
            if not call.has_gone_on(lambda: False):
                raise _turns(name) from None
    raise is_slow(call.doing, judge.busy)


def _turns(name: str) -> Fell:
    return Fell(
        f"{name} said much, and reads nothing of what comes back; so there is room for no more, and her next bytes are there to be read. Meanwhile its loop turns and turns: it tries again to send, "
        "or select tells it again and again of what it leaves where it is. While something waits to be sent to her, ask for EVENT_WRITE alone; for EVENT_READ, when it is gone.",
        about=[name],
    )


class Server:
    """The function as a server, and what can be said of it when a client is not served."""

    def __init__(
        self,
        judge: Judge,
        way: str = "",
        aborting: bool = False,
        *,
        talk: str = HANDLE,
        answer: Callable[[bytes], bytes] = bytes,
        raising: bytes = b"fall",
        sparing: bool = False,
        small: bool = False,
    ) -> None:
        """`talk`: what serves one client, as the sentences call it. `answer`: what a client is to get for what it says. `raising`: what is said to make the talk raise an error. `sparing`: its connections take only a part of what is sent. `small`: they have little room."""
        self.talk = talk
        self.answer = answer
        self.raising = raising
        self.happened = ""
        """What one of its clients, or handle, has done to it."""
        self.mistake: int | None = None
        """The misconception of whoever falls for it."""
        self.clients: list[Client] = []
        self.judge = judge
        self._address, self.call = judge.listen(way=way, aborting=aborting, sparing=sparing, small=small)

    def visit(self, name: str, room: int = 0) -> Client:
        """A client that connects. Fell if it cannot. `room`: for so many bytes that it has not read; 0: for as many as the system likes."""
        try:
            peer = self.judge.connect(self._address, self.call, name, room)
        except OSError:
            self.call.settle()
            raise self.ended() or Fell(
                f"{name} was refused: the server has closed its listening socket.", about=[name]
            ) from None
        self.clients.append(Client(self, peer, name))
        return self.clients[-1]

    def has_ended_with(self, name: str) -> str:
        """Why it should let a client go who has said all."""
        if self.talk == HANDLE:
            return f"handle has come back, since {name} had said all"
        return f"{name} had said all, and ended her half of the connection (FIN)"

    def closes(self) -> str:
        """What to do for a connection to be closed."""
        if self.talk == HANDLE:
            return "`with conn:` around handle closes it on every way out, also where handle raises an error."
        return "Each connection that stays open holds a file descriptor, until there are no more. Close it on every way out: `with conn:`, or `try` and `finally`."

    def where_it_belongs(self) -> str:
        if self.talk == HANDLE:
            return "handle belongs into a thread of its own for each client, and the loop back to accept."
        return f"{self.talk} may wait for that client, in a thread of its own, or in turns with all others, and the loop belongs back to accept."

    def still_talks(self) -> str:
        return "handle had not come back" if self.talk == HANDLE else f"{self.talk} was not over"

    def is_it_called(self, doing: Doing) -> str:
        """What to ask whose client is accepted and gets no answer."""
        if any(each in (doing.thread_error or "") for each in BAD_ARGUMENTS):
            return f"its thread has fallen at once, with {doing.thread_error}: args is a tuple of all that its function is given, as in args=(conn,), with the comma, also where that is one thing."
        if doing.threads >= len(self.clients) > 1:
            return f"there is a thread for each, and this one waits for another: does {self.talk} need something that another client's talk holds, such as a lock or a semaphore?"
        if self.talk == HANDLE:
            return "was handle called with it, in a thread that was started? start(), not run()."
        return f"does anything run {self.talk}? A thread begins with start(), and a selector knows only whom it was told of."

    def holds(self) -> Doing:
        """What it holds when it has nothing to do. Fell if it works all the same."""
        with self._explained():
            self.judge.wait_for_rest(self.call)
        return self.call.doing_now()

    def must_rest(self, longest: float) -> None:
        """Nothing happens for a while, and for longer than a timeout of so many seconds that it has set. Fell if it works meanwhile."""
        with self._explained():
            self.judge.wait_for_rest(self.call)
            self.judge.be_slow(self.call, longest)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say what it works for, where it should rest."""
        try:
            yield
        except (Sleeps, Spins) as error:
            raise what_it_spins_for(self.call, error) from error

    def must_hold(self, connections: int, threads: int | None = None) -> None:
        """Fell unless it holds no more than that, when it rests."""
        ends = f"a thread ends when its function comes back: when {self.talk} has come to its end, there is nothing more to do."
        must_hold(self, connections, threads, "Clients have gone", closes=self.closes(), ends=ends)

    def two_readers(self) -> Fell | None:
        """Whether two threads have waited in recv of one connection at the same time."""
        self.call.doing_now()
        return Fell(reads_twice("one connection"), 28) if self.call.read_by_two() is not None else None

    def has_forgotten(self, address: object) -> bool:
        """Whether it has left the connection with the client at this address for Python to close."""
        self.call.doing_now()
        state = self.call.state
        numbers = {each.number for each in state.sockets if each.peer == address} if state is not None else set()
        return any(
            each.socket in numbers and each.method == "close" and each.detail == FORGOTTEN
            for each in self.call.socket_calls
        )

    def waits_for(self, sending: bool = False) -> Client | None:
        """For which client's word it waits in a receive, when it last told of it; None for none. `sending`: in a send, for that client to make room."""
        waiting, state = self.call.waits(), self.call.state
        if waiting is None or state is None or not (waiting.sends if sending else waiting.receives):
            return None
        peers = [each.peer for each in state.sockets if each.number == waiting.socket]
        return next((each for each in self.clients if each.is_at(peers)), None)

    def must_end_at_interrupt(self, client: Client) -> None:
        if self.judge.interrupt(self.call):
            return
        client.peer.close()  # it may wait for the threads that still serve somebody
        self.call.settle()
        if not self.call.over:
            raise Fell(
                "Ctrl-C was pressed, and it went on: nobody can stop it any more. Ctrl-C is an error too, KeyboardInterrupt, and a bare `except:` swallows it. "
                "Catch what accept may raise for one client, ConnectionError, and nothing else."
            )

    def must_go_on(self) -> None:
        """Fell if it has come to its end, now that it rests."""
        self.holds()
        if fell := self.ended():
            raise fell

    def ended(self) -> Fell | None:
        """Why it came to its end, if it did."""
        call = self.call
        if not call.over:
            return None
        happened = f"{self.happened}. " if self.happened else ""
        if call.error is None:
            return Fell(
                f"{happened}It returned. A server that stays goes back to accept, in a loop without an end.",
                self.mistake,
            )
        where = f", in line {call.line} of the cell" if call.line else ""
        if call.error == "ValueError" and "fall" in call.text or (happened and "ConnectionError" in call.kinds):
            return Fell(
                f"{happened}That raised {call.error}{where} in the thread of the server itself, which was the end for all clients: {self.talk} has a thread of its own for each, and accept belongs into a `try`.",
                self.mistake,
            )
        if fell := call.misuse():
            return fell
        return Fell(
            f"{happened}It raised {call.error}{where}, and the server ended: {call.text or 'without a word'}.",
            self.mistake,
        )


class Client:
    """One of its clients."""

    def __init__(self, server: Server, peer: Peer, name: str) -> None:
        self.peer = peer
        self.name = name
        self._server = server
        self._said = b""

    def is_at(self, addresses: Collection[object]) -> bool:
        """Whether its end of the connection has one of these."""
        return self.peer.conn.fileno() >= 0 and self.peer.conn.getsockname() in addresses

    def send(self, data: bytes) -> None:
        self._said = data
        try:
            self.peer.send(data)
        except (Hangs, Sleeps) as error:
            raise self._starved(error) from error

    def must_get_back(self, data: bytes) -> None:
        """Fell unless it gets the answer to what it sends: the same, mostly."""
        self.send(data)
        self._must_read(self._server.answer(data))

    def must_hear(self, data: bytes) -> None:
        """Fell unless this comes next."""
        self._must_read(data)

    def must_be_told_its_address(self) -> None:
        self._said = b""
        self._must_read(repr(self.peer.conn.getsockname()).encode())

    def _must_read(self, data: bytes) -> None:
        try:
            got = self.peer.read(len(data))
        except (Hangs, Sleeps) as error:
            raise self._starved(error) from error
        if got == data:
            return
        self._server.call.settle()
        if fell := self._server.ended():
            raise fell
        after = f" {self._server.happened}." if self._server.happened else ""
        if data.startswith(got):
            part = f" after {len(got):,} of {len(data):,} bytes" if got else ""
            raise Fell(
                f"{self.name} was to get {shown(data)}, and the connection was closed{part}, though {self._server.still_talks()}:{after or ' close it only then.'}",
                self._server.mistake,
                [self.name],
            )
        if not self._said:
            raise Fell(
                f"handle was told that {self.name}'s address is {got.decode(errors='replace')}, and it is {data.decode()}: with each connection accept gives the address that belongs to it.",
                about=[self.name],
            )
        raise Fell(
            f"{self.name} was to get {shown(data)}, and got {shown(got)}: more than one is reading, or sending, for this client.{after}",
            28,
            [self.name],
        )

    def must_be_let_go(self, why: str) -> None:
        """Fell unless the server closes the connection. `why` it should."""
        try:
            ended = self.peer.ended()
        except Hangs as error:
            if isinstance(error, Spins):
                raise
            raise self._server.two_readers() or Fell(
                f"{why}, and the connection stays open: {self.name} waits for an end that does not come. {self._server.closes()}",
                about=[self.name],
            ) from error
        if fell := self._server.ended() or self._server.two_readers():
            raise fell
        if not ended:
            raise Fell(f"{why}, and {self.name} got more bytes, which nobody had to send.", about=[self.name])
        if self._server.has_forgotten(self.peer.conn.getsockname()):
            raise Fell(
                f"{why}, and nobody closed the connection: Python did, when nothing referred to it any more, which may be any time later. {self._server.closes()}",
                about=[self.name],
            )

    def _starved(self, error: Hangs | Sleeps) -> Fell:
        """Why it gets no answer."""
        server = self._server
        if isinstance(error, (Sleeps, Spins)):
            return what_it_spins_for(server.call, error)
        doing = server.call.doing_now()
        if fell := server.ended():
            return fell
        calls = server.call.socket_calls
        accepted = [each.detail for each in calls if each.method == "accept" and not each.waits and not each.error]
        address = self.peer.conn.getsockname()
        said = f"{self.name} sent {shown(self._said)}" if self._said else f"{self.name} has connected"
        others = [each for each in server.clients if each is not self and each.peer.conn.fileno() >= 0]
        if address not in accepted:
            first = others[0].name if others else "another client"
            return Fell(
                f"{said}, and nobody answers, while {first}, who had connected first, says nothing: {self.name} is connected and stands in the backlog, and the server is busy with {first} alone. "
                f"To be in the backlog is not to be served: {server.where_it_belongs()}",
                26,
                [self.name, first],
            )
        if len(others) >= SILENT and doing.threads < len(others):
            return Fell(
                f"{said}, and nobody answers, while {len(others)} others are connected and say nothing: the connection is accepted, and waits until a thread is free. A pool has so many threads and no more; here each client is to have one.",
                26,
                [self.name, others[0].name],
            )
        slow = server.waits_for(sending=True)
        if not doing.threads and slow is not None and slow is not self:
            return Fell(
                f"{said}, and nobody answers, while {slow.name}, who does not read, has no room for more: the server waits in a send for {slow.name}, and all wait with it. "
                "A slow reader must hold up nobody: send when select says that there is room, and let the rest wait in a buffer for each client.",
                29,
                [self.name, slow.name],
            )
        if not doing.threads and (alone := server.waits_for()) is not None and alone is not self:
            return Fell(
                f"{said}, and nobody answers, while {alone.name} says nothing: the server waits in recv for {alone.name} alone. Receive only from a socket that select calls ready, and once for each time.",
                30,
                [self.name, alone.name],
            )
        return self._unanswered(said, doing)

    def _unanswered(self, said: str, doing: Doing) -> Fell:
        """Its connection is accepted, and nobody is seen to stand in the way. `said`: what it has said, in a clause."""
        server, calls = self._server, self._server.call.socket_calls
        said = f"{said}, and nobody answers, though its connection was accepted"
        happened = f" {server.happened}." if server.happened else ""
        by_address = {each.peer.conn.getsockname(): each for each in server.clients if each.peer.conn.fileno() >= 0}
        busy = [client for _, client in waiting(server.call, by_address, lambda each: each.receives or each.sends)]
        if busy and self not in busy and doing.threads < len(by_address) and not doing.thread_error:
            return Fell(
                f"{said}: it waits until a thread is free, and the server waits for {busy[0].name}, whatever {busy[0].name} does or does not do. Who waits for one client serves nobody else meanwhile: each is to have a thread of its own.",
                26,
                [self.name, busy[0].name],
            )
        last = next(
            (each for each in reversed(calls) if not each.waits and client_of(server.call, by_address, each) is self),
            None,
        )
        why = server.is_it_called(doing)
        if last is not None and last.receives and last.size and server.talk != HANDLE:
            why = f"the server has received that, by {last.method}, and sent nothing since. What is kept for a client is to be sent when there is room for it."
        return Fell(f"{said}: {why}{happened}", server.mistake, [self.name])
