"""The judge: holds conversations with the learner's function, which runs in a process of its own, and says what went wrong in a sentence.

A scenario is a function of a `Judge`. It starts a call, plays the peer, and looks at what came of it; `Fell` ends it. Comes in: a process with the function. Goes out:
calls, peers, and the recording of what they said to each other. Who may import it: play, exercise, and the exercises.

A function is said to hang when its process has done nothing for `IDLE` seconds though its peer has done all it is going to. What is counted is the rest of the process,
not the time that passes, as far as the system tells one from the other; and a scenario ends after `LONGEST` seconds of wall-clock time in any case: see `limits`.
"""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from helpers.checking.bounds import Rest, Watch
from helpers.checking.bout import Opponent, Outcome, Rests, outcome_of, waits_elsewhere
from helpers.checking.call import Call
from helpers.checking.datagrams import DatagramPeer
from helpers.checking.leftovers import ended
from helpers.checking.limits import (
    BUSY,
    DEARER,
    IDLE,
    LONG_SILENCE,
    LONGEST,
    LONGEST_PAUSE,
    LOOK,
    PEER_WAITS,
    PRINTED,
    SERVERS_REST,
    SILENCE,
    SMALL,
)
from helpers.checking.messages import CallFunction, Detail, Each, Release, State
from helpers.checking.on_the_way import is_on_the_way
from helpers.checking.peer import Peer
from helpers.checking.plain import Argument
from helpers.checking.ports import quiet_port
from helpers.checking.process import Process
from helpers.checking.verdicts import Fell, Hangs, left_a_thread, strays
from helpers.recording.recorder import Recording
from helpers.running.servers import Server, Service
from helpers.sockets import owners
from helpers.sockets.plain import Plain, is_ready

T = TypeVar("T")


class Judge:
    """What a scenario has to do with: the function, and peers that talk to it."""

    def __init__(self, process: Process, name: str, chance: random.Random) -> None:
        """`process`: where the function is. `name`: the function's."""
        self.name = name
        self.chance = chance
        """For random input: the seed is in the report."""
        self.calls: list[Call] = []
        self.busy = BUSY
        """Seconds of the processor that the call may use."""
        self.recording = Recording()
        """What the peers and the function say to each other; not how they came to be connected, where that is the judge's doing."""
        self._process = process
        self._peers: list[Peer] = []
        self._datagram_peers: list[DatagramPeer] = []
        self._servers: list[Service] = []
        self.opponents: list[State] = []
        """What the servers did that it attacked, as far as the picture shows them."""
        self._opponent_rests: Callable[[], bool] = lambda: True  # the server that it attacks
        self._stack = contextlib.ExitStack()
        self._records = False
        self._callers: dict[Detail, str] = {}  # its clients' names, by their addresses
        self._served: set[tuple[str, int]] = set()  # the addresses of its servers' clients

    def call(
        self, *args: Argument, each: Each = False, iterate: bool = False, keep: bool = False, way: str = ""
    ) -> Call:
        """Call the function with plain values.

        `each`: it is a generator, whose items are taken (`call.items`). `each="together"`, for a great many items: the call returns `repr` of their list, as bytes.
        `iterate`: its last argument is to be an iterator. `keep`: the sockets that it has made stay open until the scenario ends.
        `way`: in which it is called, by the name that `ways` has for it.
        """
        self._record()
        return self._call(CallFunction(args, each=each, iterate=iterate, keep=keep, way=way))

    def talk(
        self,
        *args: Argument,
        timeout: float | None = None,
        options: Iterable[tuple[int, int]] = (),
        sparing: bool = False,
        trickling: bool = False,
        each: Each = False,
        again: Iterable[Iterable[Argument]] = (),
        rest: bool = False,
        streams: bool = False,
        refuses: bytes | None = None,
        room: int = 0,
    ) -> tuple[Peer, Call]:
        """Call the function with a connected socket and `args`. The other end is the `Peer`.

        `timeout`: the socket's, in seconds. `options`: pairs of an option at the level SOL_SOCKET and its value, set on the socket. `sparing`: the socket takes only a
        part of what it is given to send. `trickling`: it gives one byte at each receive, and takes a moment for that, however many bytes are there. `each`: as for `call`. `again=[[5], [3]]`: it is called again, twice, with the same socket and these arguments; what the calls
        before the last return is in `call.items`. `rest`: what it leaves to be read is in `call.rest`; the peer has to end the stream.
        `streams`: it is an `async def`, and is given `reader, writer, say, hear` instead: streams on that socket, an async iterator of the lines of `call.say`, and a function that puts what it is called with into
        `call.items`; at the line that it `refuses` that raises ValueError. `room`: for so many bytes that the peer has not read yet; 0: for as many as the system likes.
        """
        name = "server" if streams else "peer"
        with self._as(name), socket.create_server(("127.0.0.1", quiet_port())) as door:
            if room:
                door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
            call = self._call(
                CallFunction(
                    args,
                    connect=door.getsockname(),
                    timeout=timeout,
                    options=tuple(options),
                    sparing=sparing,
                    trickling=trickling,
                    each=each,
                    again=tuple(map(tuple, again)),
                    rest=rest,
                    streams=streams,
                    refuses=refuses,
                )
            )
            self.wait(lambda: call.connected is not None and is_ready(door, reading=True), call)
            conn, address = door.accept()
            while address != call.connected:  # a stranger, who took the door for somebody else's
                conn.close()
                conn, address = door.accept()
        self._record()
        return self._peer(conn, name, call), call

    def listen(
        self,
        *args: Argument,
        sparing: bool = False,
        stuttering: bool = False,
        aborting: bool = False,
        small: bool = False,
        as_left: bool = False,
        way: str = "",
        streams: bool = False,
    ) -> tuple[tuple[str, int], Call]:
        """Call the function with a listening socket, and `args` behind it. Its address, and the call.

        `sparing`: the connections that it accepts take only a part of what is sent. `stuttering`: they take a few bytes, and no more for a moment. `aborting`: its first client is gone before it is accepted.
        `small`: their buffers are, so that what a client does not read waits in the function (`limits.SMALL`). `as_left`: it is called again in the same program, and finds its variables as the call before has left them; else the program is started anew. `way`: as for `call`. `streams`: it is an `async def`, which is called for each client with `reader, writer, room`; `room` is one dict for all.
        """
        call = self._call(
            CallFunction(
                args,
                listen=True,
                sparing=sparing,
                stuttering=stuttering,
                aborting=aborting,
                options=((socket.SO_SNDBUF, SMALL),) if small else (),
                as_left=as_left,
                way=way,
                streams=streams,
            )
        )
        self.wait(lambda: call.address is not None, call)
        assert call.address is not None
        self._record()
        return call.address, call

    def attack(self, server: Callable[[socket.socket], object], shows: Callable[[Outcome], bool]) -> Outcome:
        """Let the function attack this server, which is given a listening socket. `shows`: whether that is to be seen in the picture, and nothing else.

        It is a bout (`bout`): its wait ends when something comes, or when the server rests. Fell: for what no attack may do.
        """
        self._record()
        with Opponent(server) as opponent:
            call = self._call(CallFunction(attack=opponent.address))
            rests = Rests(opponent, self._process, call)
            self._opponent_rests = rests.others_rest

            def is_over() -> bool:
                rests.answer()
                return call.over

            try:
                self.wait(is_over, call)
                self.look_at_what_runs()
                outcome = outcome_of(call)
                if shows(outcome):
                    self.opponents.append(opponent.state())
                else:
                    call.state = None
                return outcome
            except Fell as error:
                with contextlib.suppress(Fell):  # it has been ended
                    self.opponents.append(opponent.state())
                if other := waits_elsewhere(call, error):
                    raise other from error
                raise
            finally:
                self._opponent_rests = lambda: True

    def look_at_what_runs(self) -> None:
        """Fell for what no function may do or leave behind, whatever came of it."""
        if self._process.offspring():
            raise Fell("It started another process, and left it behind.")
        if self._process.strayed:
            raise strays()
        if self._process.printed > PRINTED:
            raise Fell(f"It printed more than {PRINTED:,} bytes.")
        # Ctrl-C ends a server while its threads serve clients who are still there: those threads end when their clients go.
        left = next((call for call in self.calls if call.left.threads and call.error != "KeyboardInterrupt"), None)
        if left is not None and self._process.left_threads():
            raise left_a_thread(ended(left))

    def _call(self, command: CallFunction) -> Call:
        call = Call(self._process, self.wait)
        call.lent, call.keeps = command.timeout, command.keep
        call.kind = socket.SOCK_DGRAM if self._datagram_peers else socket.SOCK_STREAM
        self.calls.append(call)
        self._process.send(command)
        return call

    def connect(self, address: tuple[str, int], call: Call, name: str = "client", room: int = 0) -> Peer:
        """A client of the function's server. `name`: its lane in the picture. `room`: for so many bytes that it has not read yet; 0: for as many as the system likes."""
        with self._as(name):
            conn = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                if room:  # before it connects, or it counts for little
                    conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
                conn.settimeout(PEER_WAITS)
                conn.connect(address)
            except BaseException:
                conn.close()
                raise
        self._callers[conn.getsockname()] = name
        return self._peer(conn, name, call)

    def name_at(self, port: int | None) -> str | None:
        """Of the client that calls from this port."""
        return next((name for address, name in self._callers.items() if address and address[1] == port), None)  # type: ignore[index]

    def door(self) -> socket.socket:
        """A listening socket, for the function to connect to, and for `accept`; closed when the scenario ends."""
        with self._as("server"):
            door = socket.create_server(("127.0.0.1", quiet_port()))
        return self._stack.enter_context(door)

    def accept(self, door: socket.socket, call: Call, name: str = "server") -> Peer:
        """The server's end of a connection that the function has made. Fell if it makes none. `name`: its lane in the picture."""
        while self.wait(lambda: is_ready(door, reading=True), call):
            with self._as(name):
                conn, address = door.accept()
            if call.may_be_at(address):
                return self._peer(conn, name, call)
            conn.close()
        call.must_not_raise()
        raise Fell("It never connected to the address that it was given.")

    def seconds(self) -> float:
        """Of the processor, used by the function's process so far."""
        return self._process.seconds()

    def memory(self) -> int:
        """Bytes that the function's process has now; 0 where the system does not say."""
        return self._process.memory()

    def open_files(self) -> list[str]:
        """Paths of the files that the function's process has open now, one for each time; none where the system does not say."""
        return self._process.open_files()

    def serve(self, handler: Callable[[socket.socket, Any], object]) -> tuple[str, int]:
        """A server for the function to talk to; `handler` as for `helpers.Server`."""

        def meet(conn: socket.socket, address: Any) -> None:
            self._served.add(address)
            handler(conn, address)

        meet.__name__ = getattr(handler, "__name__", "server")  # its lane in the picture
        server = self._stack.enter_context(Server(meet, port=quiet_port()))
        self._servers.append(server)
        assert server.address is not None
        return server.address[0], server.address[1]

    def datagrams(self, name: str = "server") -> DatagramPeer:
        """Somebody to whom the function can send datagrams, and who can send it some. `name`: the lane in the picture. (Before the call: the sockets of a call that follows are to be of that kind.)"""
        with self._as(name):
            sock = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.bind(("127.0.0.1", quiet_port(kind=socket.SOCK_DGRAM)))
        peer = DatagramPeer(sock, name, self.wait)
        self._datagram_peers.append(peer)
        return peer

    def take_away(self, address: tuple[str, int]) -> None:
        """Let another program have this address for datagrams, until the scenario ends; unless somebody has it yet."""
        with contextlib.suppress(OSError):
            self._stack.enter_context(Plain(socket.AF_INET, socket.SOCK_DGRAM)).bind(address)

    def held_up(self) -> contextlib.AbstractContextManager[None]:
        """Meanwhile its process does not run, as on a machine that is busy with something else."""
        return self._process.suspended()

    def enter(self, what: contextlib.AbstractContextManager[T]) -> T:
        """Enter `what`, until the scenario ends."""
        return self._stack.enter_context(what)

    def _record(self) -> None:
        if not self._records:
            self._records = True
            self.recording.start()

    def close(self) -> None:
        """The scenario has ended."""
        self._process.send(Release())
        if self._records:
            self.recording.stop()
        for peer in self._peers:
            peer.close()
        self._stack.close()

    def wait(self, ready: Callable[[], bool], call: Call, idle: float = IDLE, is_calm: bool = False) -> bool:
        """Wait until `ready()`, or until the call is over; whether it is ready. Fell if the function does what none should, or hangs.

        `is_calm`: nobody hurries, and it is asked as seldom as at all: to ask is work, too.
        """
        watch = Watch(self._process, call, self.busy * DEARER, idle, self._others_rest)
        while not ready():
            if call.over:
                return ready()
            call.hear(LONGEST_PAUSE if is_calm else watch.pause)
            try:
                watch.look()
            except Hangs:
                if ready():  # it came while the last look was taken
                    return True
                raise
        return True

    def pause(self, seconds: float, call: Call) -> bool:
        """Let the peers say nothing for so many seconds, or until the call is over; whether it is. A slow machine only makes it longer."""
        until = time.monotonic() + seconds
        call.hear(0)
        self.wait(lambda: time.monotonic() >= until, call, idle=LONGEST, is_calm=True)
        return call.over

    def be_slow(self, call: Call, longest: float = LONG_SILENCE) -> bool:
        """Let the peers say nothing for a while, and longer than a timeout of `longest` seconds at most that the function has set; whether its call is over after that.

        Fell if it uses the processor meanwhile, where it should wait.
        """
        rest = Rest(self._process)
        self._be_silent(SILENCE, call, rest)
        own = call.timeout() if not call.over else 0.0
        if SILENCE * 0.8 < own <= longest and own != call.lent:
            self._be_silent(own + LOOK, call, rest)
        return call.over

    def watch_rest(self) -> Rest:
        """For a scenario that looks itself whether the function waits, or works."""
        return Rest(self._process)

    def wait_for_rest(self, call: Call) -> None:
        """Wait until the function has nothing to do, or its call is over."""
        self.wait(self.watch_rest().is_sure, call)

    def is_stuck(self, call: Call) -> bool:
        """Whether it stays in a line of its own and does nothing. (Who awaits something is in none: the loop waits.)"""
        if not call.over:
            call.ask_state()
        before = call.doing
        rest, until = self.watch_rest(), time.monotonic() + 2 * LOOK
        while before.line is not None and not call.over and time.monotonic() < until:
            call.hear(0.001)
            rest.look()
        if call.over or not rest.is_there():  # one that was woken to answer had no processor at that moment
            return False
        call.ask_state()
        return call.doing.line == before.line and call.doing.moved == before.moved

    def _be_silent(self, seconds: float, call: Call, rest: Rest) -> None:
        until = time.monotonic() + seconds

        def enough() -> bool:
            # Woken by its own timeout, and still without a processor, it does not rest: what it does about it is waited for.
            return rest.is_sure() and time.monotonic() >= until and self._process.rests()

        call.hear(0)
        self.wait(enough, call, idle=LONGEST, is_calm=True)
        if not call.over:
            call.ask_state()  # the answer comes behind all that it has said

    def interrupt(self, call: Call) -> bool:
        """Press Ctrl-C when the function rests; whether that ends the call.

        On a busy machine it may still be at work, and what swallows Ctrl-C where it waits, a bare `except:` around accept, say, would not be met there.
        """
        with contextlib.suppress(Hangs):  # one that never rests is interrupted as well
            self.wait_for_rest(call)
        self._process.interrupt()
        with contextlib.suppress(Hangs):
            self.wait(lambda: call.over, call)
        return call.over

    def was_disturbed(self) -> bool:
        """Whether what happened may be nobody's fault: a stranger has called, or an answer that the function did not wait for for ever came late, as the machine was busy."""
        late = any(peer.was_late(self.calls) for peer in self._datagram_peers)
        return late or self.had_strangers()

    def had_strangers(self) -> bool:
        """Whether somebody else has called a server, the function's or one of its own: any program of the machine can, and some try whatever port they had before.

        While the function serves a stranger, who says nothing, its own clients wait; and a server that has heard a stranger may have nothing more to say. Neither is a
        fault of the function's.
        """
        return any(self._has_strangers(call) for call in self.calls if call.address is not None) or self._has_served()

    def _has_served(self) -> bool:
        """Whether one of its servers' clients was not the function."""
        return any(not any(call.may_be_at(address) for call in self.calls) for address in self._served)

    def _has_strangers(self, call: Call) -> bool:
        if not call.over:
            call.ask_state()
        if call.state is None:
            return False
        known = self._callers.keys() | {each.local for each in call.state.sockets if each.role == "client"}
        accepted = [each for each in call.state.calls if each.method == "accept" and each.accepted is not None]
        return any(each.detail not in known for each in accepted)

    def let_servers_rest(self) -> None:
        """Wait until its servers have done what there is to do."""
        for server in self._servers:
            server.wait_for_rest(SERVERS_REST)

    def _others_rest(self) -> bool:
        """Whether its servers had nothing to do, and the kernel neither. If the servers had, they have done it now."""
        begun = time.monotonic()
        self.let_servers_rest()
        return time.monotonic() < begun + LOOK and not is_on_the_way(self._ends()) and self._opponent_rests()

    def _ends(self) -> Iterator[socket.socket]:
        """Its ends of all connections with the function."""
        for peer in self._peers:
            yield peer.conn
        for server in self._servers:
            yield from server.sockets()

    @contextlib.contextmanager
    def _as(self, name: str) -> Iterator[None]:
        with owners.on_behalf_of(owners.Owner(name)):
            yield

    def _peer(self, conn: socket.socket, name: str, call: Call) -> Peer:
        peer = Peer(conn, name, call, self._process, self.wait)
        self._peers.append(peer)
        return peer
