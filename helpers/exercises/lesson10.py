"""Lesson 10: many clients, a thread for each."""

from __future__ import annotations

import sys

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.messages import Doing
from helpers.checking.peer import Peer
from helpers.checking.verdicts import Fell, Hangs, Spins, reads_twice, shown
from helpers.sockets.tapes import FORGOTTEN

CLIENTS = 40
ROUNDS = 3
"""Times that the server is seen to rest before what it still holds is called a leak."""
LONG = 2.0
"""Seconds of a timeout that a server may have set, and should not."""

serve_each = Exercise(
    lesson=10,
    signature="serve_each(listener, handle)",
    brief="Serve many clients at the same time, for ever: for each, `handle(conn, addr)` is called in a thread of its own, with the connection and the client's address as accept gives them, and the connection is closed "
    "afterwards, whatever happens. A handle that raises an error harms only its own client, and so does a client who is gone before it is accepted. When a client has gone, neither its thread nor its descriptor is left. Ctrl-C ends the server.",
    hints=(
        "Which of the two waits for a client that says nothing, `accept` or `handle`? The one of them must never have to wait for the other.",
        "`threading.Thread(target=…, args=(conn, addr)).start()` comes back at once, and the loop is in `accept` again. The target had better be a small function of your own around `handle`: who closes the connection when "
        "`handle` raises an error?",
        "`def serve(conn, addr):` and in it `with conn:` and in that `handle(conn, addr)`. The loop: `conn, addr = listener.accept()` in a `try`, since accept raises ConnectionAbortedError where a client has gone by then: `continue`; "
        "then the thread.",
    ),
    solution="""
import threading

def serve_each(listener, handle):
    def serve(conn, addr):
        with conn:                      # closed on every way out, also where handle raises an error
            handle(conn, addr)

    while True:
        try:
            conn, addr = listener.accept()
        except ConnectionError:         # this client has gone already
            continue
        threading.Thread(target=serve, args=(conn, addr)).start()
""",
    reasons="The main thread does nothing but accept, so that nobody stands in the backlog for long. Each client has a thread, which may wait for it as long as it takes. An error that `handle` raises ends that thread and nothing else, and "
    "its traceback is printed: nothing is hidden. `with conn` closes the connection in any case. `serve` takes conn and addr as arguments: a thread that looked them up in the loop's variables might find those of the next client. Nobody "
    "keeps a list of threads: one that has ended is gone.",
    serves=True,
)


@serve_each.scenario(1, "a client, and its echo")
def _one(judge: Judge) -> None:
    server = _Server(judge, "echo")
    client = server.visit("ada")
    client.must_get_back(b"hello")
    client.must_get_back(b"hello again")
    server.must_go_on()


@serve_each.scenario(1, "three at the same time; the first one says nothing")
def _silent_first(judge: Judge) -> None:
    server = _Server(judge, "echo")
    silent = server.visit("ada")
    grace, linus = server.visit("grace"), server.visit("linus")
    grace.must_get_back(b"I am the second")
    linus.must_get_back(b"and I am the third")
    silent.must_get_back(b"I was the first")
    grace.must_get_back(b"I am still here")


@serve_each.scenario(1, "handle is given the connection, and the client's address")
def _address(judge: Judge) -> None:
    server = _Server(judge, "whose")
    clients = [server.visit(name) for name in ("ada", "grace", "linus")]
    for client in clients:
        client.must_be_told_its_address()


@serve_each.scenario(1, "Ctrl-C, when the clients have gone, and while one is there")
def _interrupted(judge: Judge) -> None:
    if sys.platform == "win32":
        return  # nothing interrupts a blocked call there
    for stays in False, True:
        server = _Server(judge, "echo")
        ada = server.visit("ada")
        ada.must_get_back(b"hello")
        if not stays:
            ada.peer.end()
            ada.must_be_let_go("handle has come back, since ada had said all")
            judge.wait_for_rest(server.call)
        server.must_end_at_interrupt(ada)
        ada.peer.close()


@serve_each.scenario(2, "a handle that comes to its end: the connection is closed")
def _ends(judge: Judge) -> None:
    server = _Server(judge, "echo")
    ada, grace = server.visit("ada"), server.visit("grace")
    grace.must_get_back(b"hello")
    ada.must_get_back(b"bye")
    ada.peer.end()
    ada.must_be_let_go("handle has come back, since ada had said all")
    grace.must_get_back(b"and I am still here")


@serve_each.scenario(2, "a handle that closes the connection itself")
def _closes(judge: Judge) -> None:
    server = _Server(judge, "closes")
    ada = server.visit("ada")
    ada.must_get_back(b"hello")
    ada.must_be_let_go("handle has closed the connection")
    server.happened = "handle had closed the connection itself, which is allowed"
    server.visit("grace").must_get_back(b"hello")


@serve_each.scenario(2, "a handle that raises an error")
def _raises(judge: Judge) -> None:
    server = _Server(judge, "falls")
    ada, grace = server.visit("ada"), server.visit("grace")
    grace.must_get_back(b"hello")
    ada.must_get_back(b"hello")
    server.happened = "handle raised a ValueError for ada"
    ada.send(b"fall")
    ada.must_be_let_go("handle has raised an error")
    grace.must_get_back(b"I have nothing to do with that")
    server.visit("linus").must_get_back(b"hello")


@serve_each.scenario(2, "a client that breaks off while it is served")
def _breaks_off(judge: Judge) -> None:
    server = _Server(judge, "echo")
    ada, grace = server.visit("ada"), server.visit("grace")
    grace.must_get_back(b"hello")
    ada.must_get_back(b"hello")
    ada.peer.reset()
    server.happened = "ada broke her connection off, which handle meets as ConnectionResetError"
    grace.must_get_back(b"I am still here")
    server.visit("linus").must_get_back(b"hello")
    server.must_hold(connections=2)


@serve_each.scenario(2, "a client that has gone before it was accepted")
def _aborted(judge: Judge) -> None:
    server = _Server(judge, "echo", aborting=True)
    server.visit("ada")
    server.happened = "A client had gone before it was accepted, and accept raised ConnectionAbortedError"
    server.mistake = 21
    server.visit("grace").must_get_back(b"hello")


@serve_each.scenario(2, "nothing happens for a while")
def _idle(judge: Judge) -> None:
    server = _Server(judge, "echo")
    ada = server.visit("ada")
    ada.must_get_back(b"hello")
    judge.be_slow(server.call, LONG)
    server.happened = "Nobody came, and nobody said anything, for a moment"
    ada.must_get_back(b"here I am still")
    server.visit("grace").must_get_back(b"hello")


@serve_each.scenario(3, f"{CLIENTS} who say nothing, and one who does")
def _many_silent(judge: Judge) -> None:
    server = _Server(judge, "echo")
    silent = [server.visit(f"silent {number}") for number in range(1, CLIENTS + 1)]
    server.visit("ada").must_get_back(b"hello")
    silent[-1].must_get_back(b"I am not silent any more")


@serve_each.scenario(3, f"{CLIENTS} who come and go, some of them in a bad way: then all is as it was in the beginning")
def _come_and_go(judge: Judge) -> None:
    server = _Server(judge, "falls")
    ada = server.visit("ada")
    ada.must_get_back(b"hello")
    before = server.at_rest()
    for number in range(1, CLIENTS + 1):
        client = server.visit(f"client {number}")
        if number % 4:
            client.must_get_back(b"%d" % number)
        if number % 4 == 1:
            client.send(b"fall")
        if number % 4 == 2:
            client.peer.reset()
        client.peer.close()
    server.must_hold(before.connections, before.threads)
    ada.must_get_back(b"all of them have gone, and I am here")


class _Server:
    """The function as a server, and what can be said of it when a client is not served."""

    def __init__(self, judge: Judge, way: str, aborting: bool = False) -> None:
        self.happened = ""
        """What one of its clients, or handle, has done to it."""
        self.mistake: int | None = None
        """The misconception of whoever falls for it."""
        self.clients: list[_Client] = []
        self.judge = judge
        self._address, self.call = judge.listen(way=way, aborting=aborting)

    def visit(self, name: str) -> _Client:
        """A client that connects. Fell if it cannot."""
        try:
            peer = self.judge.connect(self._address, self.call, name)
        except OSError:
            self.call.settle()
            raise self.ended() or Fell(
                f"{name} was refused: the server has closed its listening socket.", about=[name]
            ) from None
        self.clients.append(_Client(self, peer, name))
        return self.clients[-1]

    def at_rest(self) -> Doing:
        """What it holds when it has nothing to do."""
        self.judge.wait_for_rest(self.call)
        return self.call.doing_now()

    def must_hold(self, connections: int, threads: int | None = None) -> None:
        """Fell unless it holds no more than that, when it rests."""
        for _ in range(ROUNDS):
            doing = self.at_rest()
            if doing.connections <= connections and (threads is None or doing.threads <= threads):
                return
        if fell := self.ended():
            raise fell
        if doing.connections > connections:
            raise Fell(
                f"Clients have gone, and {doing.connections - connections} of their connections are still open in the server: each keeps a file descriptor, until there are no more. "
                "`with conn:` around handle closes it on every way out, also where handle raises an error."
            )
        raise Fell(
            f"Clients have gone, and {doing.threads - (threads or 0)} of the threads that served them still run. A thread ends when its function comes back: when handle has, there is nothing more to do."
        )

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

    def must_end_at_interrupt(self, client: _Client) -> None:
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
        self.judge.wait_for_rest(self.call)
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
                f"{happened}That raised {call.error}{where} in the thread of the server itself, which was the end for all clients: handle has a thread of its own for each, and accept belongs into a `try`.",
                self.mistake,
            )
        if fell := call.misuse():
            return fell
        return Fell(
            f"{happened}It raised {call.error}{where}, and the server ended: {call.text or 'without a word'}.",
            self.mistake,
        )


class _Client:
    """One of its clients."""

    def __init__(self, server: _Server, peer: Peer, name: str) -> None:
        self.peer = peer
        self.name = name
        self._server = server
        self._said = b""

    def send(self, data: bytes) -> None:
        self._said = data
        try:
            self.peer.send(data)
        except Hangs as error:
            raise self._starved(error) from error

    def must_get_back(self, data: bytes) -> None:
        """Fell unless it gets back what it sends."""
        self.send(data)
        self._must_read(data)

    def must_be_told_its_address(self) -> None:
        self._said = b""
        self._must_read(repr(self.peer.conn.getsockname()).encode())

    def _must_read(self, data: bytes) -> None:
        try:
            got = self.peer.read(len(data))
        except Hangs as error:
            raise self._starved(error) from error
        if got == data:
            return
        self._server.call.settle()
        if fell := self._server.ended():
            raise fell
        after = f" {self._server.happened}." if self._server.happened else ""
        if not got:
            raise Fell(
                f"{self.name} was to get {shown(data)}, and the connection was closed, though handle had not come back:{after or ' close it only then.'}",
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
            raise Fell(
                f"{why}, and the connection stays open: {self.name} waits for an end that does not come. `with conn:` around handle closes it on every way out, also where handle raises an error.",
                about=[self.name],
            ) from error
        if fell := self._server.ended() or self._server.two_readers():
            raise fell
        if not ended:
            raise Fell(f"{why}, and {self.name} got more bytes, which nobody had to send.", about=[self.name])
        if self._server.has_forgotten(self.peer.conn.getsockname()):
            raise Fell(
                f"{why}, and nobody closed the connection: Python did, when nothing referred to it any more, which may be any time later. `with conn:` around handle closes it on every way out, also where handle raises an error.",
                about=[self.name],
            )

    def _starved(self, error: Hangs) -> Fell:
        """Why it gets no answer."""
        server = self._server
        if isinstance(error, Spins):
            return error
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
                "To be in the backlog is not to be served: handle belongs into a thread of its own for each client, and the loop back to accept.",
                26,
                [self.name, first],
            )
        if len(others) >= CLIENTS and doing.threads < len(others):
            return Fell(
                f"{said}, and nobody answers, while {len(others)} others are connected and say nothing: the connection is accepted, and waits until a thread is free. A pool has so many threads and no more; here each client is to have one.",
                26,
                [self.name, others[0].name],
            )
        return Fell(
            f"{said}, and nobody answers, though its connection was accepted: was handle called with it, in a thread that was started? start(), not run().{f' {server.happened}.' if server.happened else ''}",
            server.mistake,
            [self.name],
        )


EXERCISES = [serve_each]
