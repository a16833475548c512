"""Patient 8, TIME_WAIT: a server that closes first cannot be started again at its port for a while."""

from __future__ import annotations

import os
import socket
import sys
import time

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.messages import SocketInfo
from helpers.checking.peer import Peer
from helpers.checking.ports import quiet_port
from helpers.checking.verdicts import Fell, Hangs, shown
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.patient import Patient
from helpers.sockets.tapes import now

_SICK = """
import socket

def mend_8(port, clients):
    \"\"\"Tell so many clients, one after the other, what tea costs today.\"\"\"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(('127.0.0.1', port))
        listener.listen()
        for _ in range(clients):
            conn, addr = listener.accept()
            with conn:
                conn.sendall(b'Tea is two today.\\n')
"""
_OPTION = """
import socket

def mend_8(port, clients):
    \"\"\"Tell so many clients, one after the other, what tea costs today.\"\"\"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(('127.0.0.1', port))
        listener.listen()
        for _ in range(clients):
            conn, addr = listener.accept()
            with conn:
                conn.sendall(b'Tea is two today.\\n')
"""
CREATE_SERVER = """
import socket

def mend_8(port, clients):
    \"\"\"Tell so many clients, one after the other, what tea costs today.\"\"\"
    with socket.create_server(('127.0.0.1', port)) as listener:
        for _ in range(clients):
            conn, addr = listener.accept()
            with conn:
                conn.sendall(b'Tea is two today.\\n')
"""
"""The mend that holds on every system."""

mend_8 = Exercise(
    lesson=19,
    signature="mend_8(port, clients)",
    brief="Patient 8 listens at this port of 127.0.0.1, tells so many clients, one after the other, b'Tea is two today.\\n', closes each connection, and comes back. When it has ended, it is to be started again at once, at the same port. "
    "Where a server runs at that port already, it raises the OSError of `bind`. It runs as in a terminal: its sockets have only the options that it sets itself. Mend it with as few lines as you can.",
    tidies=True,
    hints=(
        "The program has ended, and all its sockets are closed. What does the kernel keep, and because of which of the two ends?",
        "That state does no harm here, and `bind` can be told so, by an option that the socket has before `bind` is called. (On Windows nothing waits, and the option would let this server take a port from another one that runs.)",
        "`listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)` above `bind` (Linux, macOS); or `socket.create_server(('127.0.0.1', port))`, which makes, binds and listens, and knows on which systems the option is right.",
    ),
    sick=_SICK,
    solution=_OPTION if os.name == "posix" else CREATE_SERVER,
    reasons="Somebody has to close first, and here it is the server: so the client learns that nothing more comes. Its end is in TIME_WAIT then, and its port with it. SO_REUSEADDR means on Linux and macOS: never mind an old connection. On Windows it means: never mind another server; "
    "leave it out there. `socket.create_server(('127.0.0.1', port))` knows the difference, in the place of three lines. SO_REUSEPORT shares the port with a server that runs; SO_LINGER breaks the connection off, and what is on its way is lost; to wait is a minute without a server.",
)

LINE = b"Tea is two today.\n"
EVERYWHERE = ("", "0.0.0.0", "::")
LOOK = 0.05
"""Seconds between two questions whether it listens: more of them would be work of its process, which does not rest then."""
MOST = 100
"""Bytes of what it says that are read."""


def _broken_off(said: bytes) -> Fell:
    return Fell(
        f"The client had {shown(said)}, and then its connection was broken off (RST), where the end of the stream was to come: whatever is still on its way is lost so. "
        "A plain close ends it, and says so. That it leaves TIME_WAIT is right.",
        21,
    )


class _Run:
    """The server, started once."""

    def __init__(self, judge: Judge, port: int, clients: int = 1, before: str = "") -> None:
        """`before`: what has happened at this port, where it has been started before."""
        self.judge = judge
        self.port = port
        self._clients = clients
        self._told = 0
        self._begun = now()
        self.call = judge.call(port, clients, way="as in a terminal")
        self._before = before

    def visit(self) -> Peer:
        """A client, which is connected. Fell if the server is not there."""
        self._must_listen()
        try:
            client = self.judge.connect(("127.0.0.1", self.port), self.call)
        except ConnectionResetError:  # on a busy machine before `connect` comes back
            raise _broken_off(b"") from None
        except OSError as error:
            self.call.settle()
            if self.call.over:
                self._look_at_error()
                raise Fell(
                    f"It came back after {self._told} of {self._clients} clients, and the next one found nobody."
                ) from None
            raise Fell(f"It listens, and a client that called it got {type(error).__name__}.") from None
        self._told += 1
        return client

    def must_tell(self, peer: Peer) -> None:
        """The client is told, and then the stream ends."""
        said = bytearray()
        try:
            while len(said) < MOST and (piece := self._next(peer)):
                said += piece
        except ConnectionError:
            raise _broken_off(bytes(said)) from None
        except Hangs:
            self.call.ask_state()
            if bytes(said) == LINE:
                raise Fell(
                    "The client has its line, and waits for the end of the stream, which tells it that no more comes. Nobody closes the connection: who is to close first?"
                ) from None
            raise
        if bytes(said) != LINE:
            self._look_at_error()
            raise Fell(f"It sent {shown(bytes(said))}, where {shown(LINE)} was to come, and the end of the stream.")

    def _next(self, peer: Peer) -> bytes:
        """What comes next; b"" at the end."""
        came: list[bytes] = []

        def is_there() -> bool:
            piece = peer.take()
            if piece is not None:
                came.append(piece)
            return bool(came)

        self.judge.wait(is_there, self.call)
        return came[0] if came else (peer.take() or b"")

    def serve(self) -> None:
        """Its clients, one after the other, and the end."""
        for _ in range(self._clients):
            self.serve_one()
        self.must_end()

    def serve_one(self) -> None:
        """A client, from its call to its end."""
        client = self.visit()
        self.must_tell(client)
        client.close()

    def must_end(self) -> None:
        """It has had its clients, and comes back."""
        self.call.finish()
        self._look_at_error()

    def _must_listen(self) -> None:
        looked = 0.0

        def listens() -> bool:
            nonlocal looked
            if time.monotonic() > looked + LOOK:
                looked = time.monotonic()
                self.call.ask_state()
                self._look_at_tries()
            return bool(self._listening())

        if not self.judge.wait(listens, self.call):
            self._look_at_error()
            raise Fell(
                f"It was to listen at port {self.port}, and came back after {self._told} of {self._clients} clients."
            )
        if (port := _port_of(self._listening()[0])) != self.port:
            raise Fell(
                f"It listens at port {port}, and {self.port} was asked for: that is the one that its clients know."
            )
        for each in self._listening():
            host = str(each.local[0])  # type: ignore[index]
            if host in EVERYWHERE:
                raise Fell(
                    f"It listens at every address of this machine ({shown(each.local)}): whoever can reach it may call. 127.0.0.1 was asked for.",
                    19,
                )
            if host != "127.0.0.1":
                raise Fell(f"It listens at {host}, and 127.0.0.1 was asked for: that is where its clients call.")

    def _listening(self) -> list[SocketInfo]:
        """Its sockets that listen. (What its process says of the run before may come only now.)"""
        listen = {
            each.socket
            for each in self.call.socket_calls
            if each.method == "listen" and not each.error and (each.begun or 0.0) >= self._begun
        }
        return [each for each in (self.call.state.sockets if self.call.state else ()) if each.number in listen]

    def _look_at_tries(self) -> None:
        """Fell if it tries again and again to have the port."""
        tries = sum(each.method == "bind" and each.error is not None for each in self.call.socket_calls)
        if tries > 1 and not self._listening():
            raise Fell(
                f"It tries bind again and again, {tries} times so far: that goes on for as long as the system keeps the old connection (TIME_WAIT), on Linux for a minute, and so long its clients have no server. SO_REUSEADDR, set before bind, tells bind that this is no harm.",
                17,
            )

    def _look_at_error(self) -> None:
        failed = self.is_refused()
        if failed and self._before:
            raise Fell(
                f"{self._before}, and started again it raised OSError{self.call.remark}. No program has the port: the server closed its connection first, and the system keeps the addresses for a while (TIME_WAIT). "
                "SO_REUSEADDR, set before bind, tells bind that this is no harm.",
                17,
            )
        if failed:
            raise Fell(f"It raised OSError{self.call.remark}, and nobody had that port.")
        self.call.must_not_raise()

    def is_refused(self) -> bool:
        """Whether it has raised the error of a `bind`, or a `listen`."""
        methods = [each.method for each in self.call.socket_calls if each.error]
        return "OSError" in self.call.kinds and bool({"bind", "listen"} & set(methods))


def _port_of(info: SocketInfo) -> int:
    port = info.local[1] if isinstance(info.local, tuple) and len(info.local) > 1 else 0
    return port if isinstance(port, int) else 0


@mend_8.scenario(1, "a client")
def _one(judge: Judge) -> None:
    _Run(judge, quiet_port()).serve()


@mend_8.scenario(1, "started again at once, at the same port")
def _again(judge: Judge) -> None:
    port = quiet_port()
    _Run(judge, port).serve()
    _Run(judge, port, before="It had served a client, and come back").serve()


@mend_8.scenario(2, "three clients, and again three")
def _three(judge: Judge) -> None:
    port = quiet_port()
    _Run(judge, port, 3).serve()
    _Run(judge, port, 3, "It had served three clients, and come back").serve()


@mend_8.scenario(2, "a client that calls late")
def _late(judge: Judge) -> None:
    run = _Run(judge, quiet_port(), 2)
    run.serve_one()
    if judge.be_slow(run.call):
        how = f"raised {run.call.error}" if run.call.error is not None else "came back"
        raise Fell(
            f"One of two clients had been told, and the other one did not call for a moment; it {how}. It was asked to tell two: accept waits for the next one, however long that takes."
        )
    run.serve_one()
    run.must_end()


@mend_8.scenario(2, "a client that has closed first, and again")
def _client_first(judge: Judge) -> None:
    port, before = quiet_port(), ""
    for _ in range(2):
        run = _Run(judge, port, before=before)
        client = run.visit()
        client.end()
        run.must_tell(client)
        client.close()
        run.must_end()
        before = "A client had ended its stream first, the server had told it the price, and come back"


@mend_8.scenario(2, "a server runs at that port already")
def _taken(judge: Judge) -> None:
    _must_leave(judge, _running(judge))


@mend_8.scenario(2, "one runs there, and would share its port")
def _shared(judge: Judge) -> None:
    if not hasattr(socket, "SO_REUSEPORT") or sys.platform == "win32":
        return
    _must_leave(judge, _running(judge, socket.SO_REUSEPORT))


def _running(judge: Judge, option: int | None = None) -> socket.socket:
    """A server at a port, whose socket has that option."""
    door = judge.enter(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    if option is not None:
        door.setsockopt(socket.SOL_SOCKET, option, 1)
    door.bind(("127.0.0.1", quiet_port()))
    door.listen()
    return door


def _must_leave(judge: Judge, door: socket.socket) -> None:
    """It cannot have the port, and says so."""
    run = _Run(judge, door.getsockname()[1])
    shares = Fell(
        "A server listened at that port, and it listens there too: the system gives each client to the one or to the other, and whoever has started it twice does not know. "
        "SO_REUSEADDR means on Linux and macOS that an old connection does not matter; SO_REUSEPORT, and on Windows SO_REUSEADDR too, mean that another server does not."
    )
    try:
        judge.wait(lambda: False, run.call)
    except Hangs as error:
        run.call.ask_state()
        if any(_port_of(each) == run.port for each in run._listening()):
            raise shares from None
        raise Fell(
            f"A server listened at that port already, and it neither serves nor raises an error: whoever has started it waits. bind says that the port is taken: let its OSError through. ({error.sentence})"
        ) from None
    if run.is_refused():
        return
    if run.call.error is None:
        raise Fell(
            "A server listened at that port already, and it came back as if it had served its client. bind says that the port is taken: let its OSError through."
        )
    run.call.must_raise(OSError, "a server listened at that port already")


STARTS = "from helpers.sockets.reuse import as_in_a_terminal\nwith as_in_a_terminal():\n    {{name}}({port}, 1)"
"""What starts it."""


def _falls_ill(bed: Bed) -> None:
    start = STARTS.format(port=quiet_port())
    first = bed.run(start)
    bed.look("it has been started")
    bed.record()
    ada = bed.call("ada", _listen)
    bed.wait(lambda: not (ada.running or first.running))
    bed.look("ada has her line, and all is closed")
    again = bed.run(start, name="patient 8, again")
    bed.wait(lambda: not again.running or again.address is not None)
    bed.look("it has been started again")
    bed.note("how its first run ended", "with an error" if first.error else "without an error")
    refused = [each.error for each in bed.calls("bind") if each.error]
    bed.note("how its second run ended", f"with {refused[0]}, in `bind`" if refused else "not at all: it listens")
    if not refused and again.running:
        bed.note(
            "what is missing here",
            "the illness: on Windows a port is free as soon as its server has ended. On Linux and macOS `bind` raises OSError.",
        )


def _listen(conn: socket.socket) -> None:
    while conn.recv(1024):
        pass


PATIENT = Patient(
    number=8,
    illness="TIME_WAIT",
    complaint='It worked, it was ended, and now it cannot be started again: "Address already in use". Its owner has looked for whoever uses it, and found nobody. Some minutes later it starts. It is always so, but only when somebody had called it.',
    exercise=mend_8,
    falls_ill=_falls_ill,
    seats=("bind", "setsockopt"),
    yes="`bind` raised OSError, though no program has the port: the kernel lists one connection, in TIME_WAIT, at the server's end, which closed first. Before that `bind` stands no `setsockopt`: without SO_REUSEADDR, the kernel keeps the port for that old connection.",
    no={
        "close": "The server closed first, and so its end is the one in TIME_WAIT. But somebody has to close first, and ada waits for just that: it says that nothing more comes. What comes after it can be told not to mind.",
        "listen": "The first run listened, and let ada in; the second run did not come to it.",
        "accept": "It came back with ada, and the second run did not come to it.",
        "sendall": "ada has received all of it.",
        "connect": "ada is connected at once, and has her line.",
        "recv": "It brought ada the line, and then b'', the end: all was said.",
        "socket": "A socket can always be made; it is an address that it cannot have.",
    },
    symptom='"Address already in use" when a server is started again, and nobody uses it; a minute later it works',
    states="TIME_WAIT at the server's end of a connection, and nothing that listens",
    mend="SO_REUSEADDR before `bind` (Linux, macOS), or `socket.create_server`",
    lesson=4,
)
