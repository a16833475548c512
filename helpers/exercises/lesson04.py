"""Lesson 4: an echo server that stays."""

from __future__ import annotations

import collections
import itertools
import sys
from collections.abc import Sequence

from helpers.checking.differences import difference
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.messages import SocketCall
from helpers.checking.peer import Peer
from helpers.checking.verdicts import Fell, Hangs, Spins, shown
from helpers.sockets.tapes import FORGOTTEN

CLIENTS = 40
SPIN = 10
"""Times that whoever goes round and round has heard of the end of one stream."""
HEAD = 200
"""Bytes of what it has sent that are looked at."""
MOMENT = 0.1
"""Seconds in which somebody can go round so often."""
LONG = 2.0
"""Seconds of a timeout that a server may have set, and should not: the lessons' clients have it."""

echo_server = Exercise(
    lesson=4,
    signature="echo_server(listener)",
    brief="Serve one client after another, for ever: give back what each sends until it closes, whatever it is, and close the connection. "
    "A client that breaks off must not end the server; Ctrl-C does. `listener` is listening already.",
    hints=(
        "The lecture's echo server does it for one client. Which of its lines must be done again for each client, and which for each piece?",
        "Two loops, one inside the other: around `accept`, and around `recv`. Which errors may a client cause, and around which of the two loops belongs the "
        "`try`?",
        "`while True:` and in it `conn, addr = listener.accept()`; then `with conn:` and in that a `try` with the lecture's loop of `recv` and `sendall`; "
        "`except ConnectionError: pass`, inside the outer loop.",
    ),
    solution="""
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while True:
                    data = conn.recv(1024)
                    if not data:
                        break
                    conn.sendall(data)
            except ConnectionError:
                pass
""",
    shows="a second client, who comes while the first is served",
    reasons="The inner loop ends at `b''`, when the client has closed; the outer one goes on to the next. `ConnectionError` is the family of `ConnectionResetError`"
    " and `BrokenPipeError`: which of them comes depends on whether `recv` or `sendall` meets the broken connection first. The `try` is inside the outer "
    "loop, so that only this client is given up. `with` closes each connection.",
    serves=True,
)


@echo_server.scenario(1, "a client that says hello, and hello again")
def _again(judge: Judge) -> None:
    server = _Server(judge)
    client = server.visit("the client")
    client.must_get_back(b"hello")
    client.must_get_back(b"hello again")


@echo_server.scenario(1, "a second client, who comes while the first is served")
def _second(judge: Judge) -> None:
    server = _Server(judge)
    first = server.visit("the first client")
    first.must_get_back(b"from the first")
    second = server.visit("the second client")
    second.send(b"from the second")
    first.must_get_back(b"I am still here")
    first.peer.close()
    second.must_hear(b"from the second")
    server.must_not_spin()


@echo_server.scenario(2, "bytes that are no text")
def _no_text(judge: Judge) -> None:
    noise = bytes(judge.chance.sample(range(128, 256), 8))
    _Server(judge).visit("the client").must_get_back(b"\x00 \xff\r\n" + noise + b" \n")


@echo_server.scenario(2, "lines and words that mean nothing here")
def _words(judge: Judge) -> None:
    server = _Server(judge)
    words = [
        b"\n",
        b"\r\n",
        b" ",
        b"quit\n",
        b"exit\r\n",
        b"QUIT",
        b"bye",
        b"stop\n",
        b"close",
        b"shutdown",
        b"end",
        b"q",
        b".\n",
        b"\x04",
        b"\0",
    ]
    client = server.visit("the client")
    for word in judge.chance.sample(words, len(words)):
        server.word = word
        client.must_get_back(word)


@echo_server.scenario(2, "a connection that takes only a part of what is sent")
def _part(judge: Judge) -> None:
    _Server(judge, sparing=True).visit("the client").must_get_back(b"hello, are you there?")


@echo_server.scenario(2, "20,000 bytes, all sent before one is read")
def _many(judge: Judge) -> None:
    judge.busy = 3.0  # it may take them one by one
    data = judge.chance.randbytes(20_000)
    client = _Server(judge).visit("the client")
    client.send(data)
    client.peer.end()
    client.must_hear(data)


@echo_server.scenario(2, "a client that has said all, and reads to the end")
def _reads_on(judge: Judge) -> None:
    server = _Server(judge)
    client = server.visit("the client")
    client.must_get_back(b"hello")
    client.peer.end()
    client.must_be_let_go()
    server.must_have_closed(1)


@echo_server.scenario(2, "a client that leaves with bytes unread")
def _rude(judge: Judge) -> None:
    server = _Server(judge)
    rude = server.visit("the rude client")
    rude.send(b"hello")
    rude.must_hear(b"h")
    rude.peer.close()
    server.happened = "A client closed with four bytes unread, which breaks the connection off"
    server.visit("the next client").must_get_back(b"hello")
    server.must_have_closed(1)


@echo_server.scenario(2, "a client that says nothing for a long time")
def _silent(judge: Judge) -> None:
    server = _Server(judge)
    silent = server.visit("the silent client")
    silent.must_get_back(b"hello")
    judge.be_slow(server.call, LONG)
    server.happened_in_silence = True
    silent.must_get_back(b"here I am still")
    silent.peer.close()
    server.must_wait_for_a_client()
    server.visit("the next client").must_get_back(b"hello")


@echo_server.scenario(2, "Ctrl-C, while it serves, and while it waits for a client")
def _interrupted(judge: Judge) -> None:
    if sys.platform == "win32":
        return  # nothing interrupts a blocked call there
    for served in True, False:
        server = _Server(judge)
        client = server.visit("the client")
        client.must_get_back(b"hello")
        if not served:
            client.peer.end()
            client.must_be_let_go()
        server.must_end_at_interrupt()
        client.peer.close()


@echo_server.scenario(3, "a client that is gone before its turn")
def _gone(judge: Judge) -> None:
    server = _Server(judge)
    first = server.visit("the first client")
    first.must_get_back(b"hello")
    hasty = server.visit("the hasty client")
    hasty.send(judge.chance.randbytes(20_000))
    hasty.peer.close()
    server.happened = "A client sent 20,000 bytes and closed; when its turn came, nobody was there to take the echo"
    first.peer.close()
    server.visit("the next client").must_get_back(b"hello")


@echo_server.scenario(3, f"{CLIENTS} clients, one after another, some of them without a word")
def _forty(judge: Judge) -> None:
    server = _Server(judge)
    for number in range(1, CLIENTS + 1):
        client = server.visit(f"client {number}")
        if number % 3:
            client.must_get_back(b"%d" % judge.chance.randrange(10**9))
        client.peer.close()


class _Server:
    """The function as a server, and what can be said of it when a client is not served."""

    def __init__(self, judge: Judge, sparing: bool = False) -> None:
        self.happened = ""
        """What one of its clients has done to it."""
        self.happened_in_silence = False
        """Whether a client has been silent, and has come back."""
        self.word = b""
        """What a client has said last, if it might be taken for more than bytes."""
        self._judge = judge
        self._address, self.call = judge.listen(sparing=sparing)

    def visit(self, name: str) -> _Client:
        """A client that connects. Fell if it cannot."""
        try:
            peer = self._judge.connect(self._address, self.call, name.removeprefix("the "))
        except OSError:
            self.call.settle()
            raise self.ended() or Fell(
                f"{_capital(name)} was refused: the server has closed its listening socket."
            ) from None
        return _Client(self, peer, name)

    def must_wait_for_a_client(self) -> None:
        """Fell unless it does, in a while in which none comes. (Who is in accept without a timeout waits for as long as it takes, and is not kept waiting here.)"""
        self._judge.wait_for_rest(self.call)
        self.call.ask_state()
        waits = [each for each in self.call.socket_calls if each.waits and each.method == "accept"]
        if any(self.call.timeout_of(each) is None for each in waits):
            return
        if not self._judge.be_slow(self.call, LONG):
            return
        if self.call.error not in (None, "TimeoutError", "BlockingIOError") and (fell := self.ended()):
            raise fell
        how = f", with {self.call.error}" if self.call.error is not None else ""
        raise Fell(
            f"No client came for a moment, and the server ended{how}. It serves for ever: accept waits for the next one, however long that takes. "
            "Where the listening socket has a timeout, accept raises TimeoutError, and the loop has to go on."
        )

    def must_not_spin(self) -> None:
        """Fell if it goes round and round with a client that has gone, beside its work for others."""
        self._judge.pause(MOMENT, self.call)
        self.call.ask_state()
        if self.spins():
            raise _spins()

    def spins(self) -> bool:
        """Whether it has heard the end of one stream again and again."""
        ends = [
            each.socket
            for each in self.call.socket_calls
            if each.receives and not each.waits and each.size == 0 and each.asked and not each.error
        ]
        return max(collections.Counter(ends).values(), default=0) >= SPIN

    def must_have_closed(self, clients: int) -> None:
        """Fell unless it has closed, itself, the connections of so many clients that are gone; not at once, but before it rests."""
        for _ in range(3):
            self._judge.wait_for_rest(self.call)
            if self._closed() >= clients:
                return
        raise Fell(
            "A client has gone, and nobody has closed its connection: each of them keeps a file descriptor, until there are no more. "
            "`with conn:` closes it on every way out of the block, also when the client breaks off."
        )

    def _closed(self) -> int:
        """Connections that it has closed; those that Python collected do not count."""
        self.call.ask_state()
        state = self.call.state
        accepted = {each.number for each in state.sockets if each.role == "server"} if state is not None else set()
        return len(
            {each.socket for each in self.call.socket_calls if each.method == "close" and each.detail != FORGOTTEN}
            & accepted
        )

    def must_end_at_interrupt(self) -> None:
        if not self._judge.interrupt(self.call):
            raise Fell(
                "Ctrl-C was pressed, and it went on: nobody can stop it any more. Ctrl-C is an error too, KeyboardInterrupt, and a bare `except:` swallows it. "
                "Catch ConnectionError, and nothing else."
            )

    def head(self, how: str) -> bytes:
        """The first bytes that it has received ("recv"), or sent ("send"): up to the first call of which not all is recorded."""
        calls = [each for each in self.call.socket_calls if each.method.startswith(how)]
        whole = itertools.takewhile(lambda each: len(each.data) == each.size, calls)
        return b"".join(each.data for each in whole)[:HEAD]

    def ended(self, waiting: str = "") -> Fell | None:
        """Why it came to its end, if it did. `waiting`: a client that has come before that, and was to be served."""
        call = self.call
        if not call.over:
            return None
        if self.word and call.error is None:
            return Fell(
                f"The client had sent {self.word!r}, and the server ended. These are bytes like any others: only b'' from recv says that a client has gone, and the server goes on for the next one."
            )
        if "ConnectionError" in call.kinds and self.happened:
            return Fell(
                f"{self.happened}. That raised {call.error}, nobody caught it, and the server ended. Catch ConnectionError, inside the outer loop.",
                21,
            )
        if call.error == "UnicodeDecodeError":
            return Fell(
                "It raised UnicodeDecodeError, since what came is no text. An echo need not know what the bytes mean: give them back as they are.",
                24,
            )
        if call.error == "TypeError" and "bytes-like" in call.text:
            return Fell(
                f"It raised TypeError: {call.text}. A socket carries bytes, and recv gives bytes: send them as they are.",
                7,
            )
        if fell := call.misuse():
            return fell
        if call.error is not None:
            where = f" in line {call.line} of the cell" if call.line else ""
            return Fell(f"It raised {call.error}{where}, and the server ended: {call.text or 'without a word'}.")
        if self.happened:
            return Fell(
                f"{self.happened}. The server caught the error, and returned: the `try` belongs inside the outer loop, so that it goes on to the next client."
            )
        if waiting:
            return Fell(
                f"It returned when the first client had gone. {_capital(waiting)} did not stick in connect: it was connected and had sent, and waits in recv for a server that accepts again.",
                20,
            )
        return Fell("It returned. A server that stays goes back to accept, in a loop without an end.")


class _Client:
    """One of its clients."""

    def __init__(self, server: _Server, peer: Peer, name: str) -> None:
        self.peer = peer
        self._server = server
        self._name = name
        self._answered = False

    def send(self, data: bytes) -> None:
        try:
            self.peer.send(data)
        except Hangs as error:
            raise self._starved(error) from error

    def must_get_back(self, data: bytes) -> None:
        """Fell unless it gets back what it sends."""
        self.send(data)
        self.must_hear(data)

    def must_hear(self, data: bytes) -> None:
        """Fell unless it gets `data`."""
        try:
            got = self.peer.read(len(data))
        except Hangs as error:
            raise self._starved(error) from error
        if got == data:
            self._answered = True
            return
        self._server.call.settle()
        if fell := self._server.ended(self._name if self._name == "the second client" else ""):
            raise fell
        if self._server.word and not got:
            raise Fell(
                f"The client sent {self._server.word!r}, and the server closed the connection. These are bytes like any others: only b'' from recv says that a client has gone."
            )
        if self._server.happened_in_silence and not got:
            raise Fell(
                f"{_capital(self._name)} was silent for a moment, and the server closed its connection: it took a slow client for a dead one. Silence is no end; b'' from recv is."
            )
        if self._answered and not got:
            raise Fell(
                f"It answered {self._name} once, and closed the connection. A client may say more: receive in a loop, until recv gives b''."
            )
        came, went = self._server.head("recv"), self._server.head("send")
        if came and went.startswith(came + came):
            raise Fell(
                f"It sends the same bytes again and again: {shown(came)} had come, and {shown(went)} went out. After each sendall there must be a new recv, whose piece goes out once."
            )
        if data.startswith(got):
            raise Fell(
                f"{_capital(self._name)} got {shown(got)} of {shown(data)}, and then the end: the server closed the connection before it had given back everything."
            )
        raise Fell(
            f"{_capital(self._name)} sent {shown(data)}, and got back {shown(got)}: {difference(went, came) if went != came else difference(got, data)}. "
            "An echo gives back the bytes as they are."
        )

    def must_be_let_go(self) -> None:
        """Fell unless the server closes the connection, now that the client has said all."""
        try:
            ended = self.peer.ended()
        except Hangs as error:
            if isinstance(error, Spins):
                raise self._starved(error) from error
            raise Fell(
                f"{_capital(self._name)} had said all and reads to the end, which does not come: the server has heard b'', and has not closed the connection. "
                "`with conn:` closes it on every way out of the block.",
                12,
            ) from error
        if fell := self._server.ended():
            raise fell
        if not ended:
            raise Fell(
                f"{_capital(self._name)} had said all and had its echo, and got more bytes, which it never sent."
            )

    def _starved(self, error: Hangs) -> Fell:
        """Why it gets no answer."""
        if isinstance(error, Spins):
            return _spins() if self._server.spins() else error
        calls, waits = self._server.call.socket_calls, self._server.call.waits_in()
        if not any(each.method == "accept" and not each.waits and not each.error for each in calls):
            return Fell(
                f"{_capital(self._name)} is connected, and nobody accepts it: listener.accept() gives the connection with it."
            )
        sent = [each for each in calls if each.sends and not each.error]
        if any(each.method == "send" and each.size < each.asked for each in sent):
            return Fell(
                "send took only a part, and gave back how many bytes that was; nobody sent the rest. sendall goes on until all are taken.",
                6,
            )
        if sent and _dropped(b"".join(each.data for each in sent), calls):
            return Fell(
                "Bytes are missing in the echo: those that are no UTF-8. errors='ignore' throws them away. Give back the bytes as they are.",
                10,
            )
        if sent and (change := _change(b"".join(each.data for each in sent), calls)):
            return Fell(
                f"{_capital(self._name)} waits for the rest of its echo, since other bytes came back than it had sent: {change}. Give back the bytes as they are."
            )
        if waits == "accept" and self._answered:
            return Fell(
                f"It answered {self._name} once, and now waits in accept for another one. A client may say more: receive in a loop, until recv gives b''."
            )
        if waits is not None and waits.startswith("recv"):
            return Fell(
                f"Both wait: {self._name} for its echo, and the server in recv for more, or for the end. Give back each piece as it comes.",
                12,
            )
        return Fell(
            f"{_capital(self._name)} waits for its echo, and the server {f'in {waits}' if waits else 'for something else'}."
        )


def _spins() -> Fell:
    return Fell(
        "A client has gone, and the server goes round and round with it: its recv gives b'' again and again. That is the end of the stream, not \"nothing yet\".",
        11,
    )


def _dropped(sent: bytes, calls: Sequence[SocketCall]) -> bool:
    """Whether it has sent what it received, without what is no UTF-8."""
    received = b"".join(each.data for each in calls if each.receives)
    return sent != received and sent == received.decode("utf-8", "ignore").encode()


def _change(sent: bytes, calls: Sequence[SocketCall]) -> str:
    """How what it has sent differs from what it received; "" if it does not, so far, or if there was more than is recorded."""
    received = [each for each in calls if each.receives]
    if any(len(each.data) < each.size for each in received):
        return ""
    came = b"".join(each.data for each in received)
    kept_back = came.startswith(sent) and sent != came.rstrip()  # it may wait for more
    return "" if kept_back or sent == came else difference(sent, came)


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


EXERCISES = [echo_server]
