"""Recordings made by hand, for the tests of pictures: who called what, and what had to come before what."""

from __future__ import annotations

import itertools
import random
from typing import Any, NamedTuple

from helpers.recording.events import LEFT_OPEN, Conversation, End, Event, Flow


class Made(NamedTuple):
    """What a script gives: a recording as far as a picture asks."""

    events: list[Event]
    conversations: list[Conversation]
    dropped: int = 0


class Script:
    """A recording made by hand: calls of several threads, and what each of them had to come after."""

    def __init__(self) -> None:
        self.ends: list[End] = []
        self.calls: list[dict[str, Any]] = []
        self.flows: list[tuple[int, int | None, int]] = []
        self.talks: list[tuple[int | None, int | None]] = []

    def end(self, role: Any, program: str | None = None, **fields: Any) -> int:
        self.ends.append(End(len(self.ends) + 1, role, program, **fields))
        return len(self.ends) - 1

    def call(self, thread: str, end: int, call: str, after: tuple[int, ...] = (), **fields: Any) -> int:
        self.calls.append({"thread": thread, "end": end, "call": call, "after": after, **fields})
        return len(self.calls) - 1

    def send(self, thread: str, end: int, data: bytes, **fields: Any) -> int:
        return self.call(thread, end, "send", data=data[:64], size=len(data), asked=len(data), offset=0, **fields)

    def recv(self, thread: str, end: int, data: bytes, sources: dict[int, int], asked: int = 1024) -> int:
        """Receives `data`, so many bytes of it from each of the calls in `sources`."""
        fields = {"data": data[:64], "size": len(data), "asked": asked, "offset": 0}
        number = self.call(thread, end, "recv", tuple(sources), **fields)
        self.flows += [(sent, number, size) for sent, size in sources.items()]
        return number

    def made(
        self,
        seed: int | None = None,
        thread_names: dict[str, str] | None = None,
        dropped: int = 0,
        tick: float = 0.001,
    ) -> Made:
        """The recording, in one of the orders that may happen; `seed` chooses which. From a call to the next it takes `tick` seconds."""
        names = thread_names or {}
        rank: dict[int, int] = {}
        clock: dict[str, float] = {}
        times: dict[int, tuple[float, float]] = {}
        chance = random.Random(seed)
        for order in range(len(self.calls)):
            heads: dict[str, int] = {}
            for number, call in enumerate(self.calls):
                if number not in rank:
                    heads.setdefault(call["thread"], number)
            ready = [number for number in heads.values() if all(each in rank for each in self.calls[number]["after"])]
            number = chance.choice(ready) if seed is not None else min(ready)
            rank[number] = order
            thread = self.calls[number]["thread"]
            times[number] = clock.get(thread, 0.0), (order + 1) * tick
            clock[thread] = (order + 1) * tick
        return self._recorded(times, names, dropped)

    def timed(self, pauses: list[float]) -> Made:
        """The recording, if before each call its thread does something else for so long. A call that has to wait is there when its causes are."""
        clock: dict[str, float] = {}
        times: dict[int, tuple[float, float]] = {}
        for number, (call, pause) in enumerate(zip(self.calls, pauses, strict=True)):
            begun = clock.get(call["thread"], 0.0) + pause
            ended = max([begun, *(times[each][1] for each in call["after"])]) + 0.0001
            times[number] = begun, ended
            clock[call["thread"]] = ended
        return self._recorded(times, {}, 0)

    def _recorded(self, times: dict[int, tuple[float, float]], names: dict[str, str], dropped: int) -> Made:
        """The recording, each call with its beginning and its end."""
        events: dict[int, Event] = {}
        threads = list(dict.fromkeys(call["thread"] for call in self.calls))
        for order, number in enumerate(sorted(times, key=lambda number: times[number][1])):
            call = dict(self.calls[number])
            thread, end = call.pop("thread"), self.ends[call.pop("end")]
            call.pop("after")
            accepted = call.pop("accepted", None)
            fields = {
                "begun": times[number][0],
                "ended": times[number][1],
                "program": end.program,
                "accepted": self.ends[accepted] if accepted is not None else None,
                "thread_number": threads.index(thread) + 1,
            }
            events[number] = Event(order=order, socket=end, thread=names.get(thread, thread), **(fields | call))
        talks = []
        for at, (one, other) in enumerate(self.talks):
            numbers = {self.ends[end].number for end in (one, other) if end is not None}
            mine = [
                event
                for event in events.values()
                if event.socket.number in numbers or (event.accepted and event.accepted.number in numbers)
            ]
            flows = [
                Flow(events[sent] if sent >= 0 else None, events[got] if got is not None else None, size)
                for sent, got, size in self.flows
                if self.ends[self.calls[sent if sent >= 0 else got or 0]["end"]].number in numbers
            ]
            talks.append(
                Conversation(
                    at + 1,
                    self.ends[one] if one is not None else None,
                    self.ends[other] if other is not None else None,
                    tuple(sorted(mine, key=lambda event: event.order)),
                    tuple(flow for flow in flows if flow.received is not None),
                    tuple(flow for flow in flows if flow.received is None),
                )
            )
        in_order = sorted(events.values(), key=lambda event: event.order)
        return Made(in_order, talks, dropped)


def echo(rounds: int = 1, clients: int = 1, program: str | None = "EchoServer") -> Script:
    """Clients, each in a thread of the notebook, and a server with a thread for each."""
    script = Script()
    listener = script.end("listening", program, local=("127.0.0.1", 50001))
    for number in range(1, clients + 1):
        here = "MainThread" if number == 1 else f"Thread-{number}"
        there = f"server {number}"
        one = script.end("client", peer=("127.0.0.1", 50001))
        other = script.end("server", program, listener=listener + 1)
        script.talks.append((one, other))
        script.call(here, one, "socket")
        connect = script.call(here, one, "connect", address=("127.0.0.1", 50001))
        script.call(there, listener, "accept", (connect,), accepted=other)
        for turn in range(rounds):
            data = b"%d from %d" % (turn, number)
            sent = script.send(here, one, data)
            script.recv(there, other, data, {sent: len(data)}, 65536)
            answer = script.send(there, other, data)
            script.recv(here, one, data, {answer: len(data)})
        close = script.call(here, one, "close")
        script.call(there, other, "recv", (close,), asked=65536, offset=0)
        script.call(there, other, "close")
    return script


def differing(clients: int) -> Script:
    """An echo whose clients all meet another error."""
    script = echo(clients=clients)
    for number in range(clients):
        thread = "MainThread" if not number else f"Thread-{number + 1}"
        script.call(thread, 1 + 2 * number, "recv", asked=1024, error=f"Error{number}")
    return script


def stream(sends: list[bytes], receives: list[tuple[bytes, dict[int, int]]]) -> Script:
    """One end of a pair sends, and then the other receives: each so many bytes from the sends with these places."""
    script = Script()
    one, other = script.end("pair"), script.end("pair")
    script.talks.append((one, other))
    numbers = [script.send("MainThread", one, data) for data in sends]
    for data, sources in receives:
        script.recv("MainThread", other, data, {numbers[at]: size for at, size in sources.items()})
    return script


def unlike(count: int) -> Script:
    """Calls without a pattern."""
    script = Script()
    ends = [script.end("pair"), script.end("pair")]
    script.talks.append((0, 1))
    chance = random.Random(1)
    waiting: dict[int, list[int]] = {0: [], 1: []}
    for turn in range(count):
        mine = chance.choice(ends)
        if waiting[1 - mine] and chance.random() < 0.5:
            taken = waiting[1 - mine][: chance.randrange(1, 4)]
            del waiting[1 - mine][: len(taken)]
            data = b"".join(script.calls[number]["data"] for number in taken)
            script.recv("MainThread", mine, data, {number: script.calls[number]["size"] for number in taken})
        else:
            waiting[mine].append(script.send("MainThread", mine, b"message %d" % turn))
    return script


def relayed(taken: list[int], given: list[int], received: list[int]) -> Script:
    """A client sends b"hello" and b"world"; a link takes, and hands over, pieces of such sizes; the server receives such."""
    script = Script()
    listening = script.end("listening", "server", local=("127.0.0.1", 50001))
    client, near = script.end("client"), script.end("server", "Link", across=4)
    far, server = script.end("client", "Link", across=3), script.end("server", "server", listener=listening + 1)
    script.talks += [(client, near), (far, server)]

    def move(thread: str, end: int, call: str, start: int, size: int, after: tuple[int, ...] = ()) -> int:
        data = b"helloworld"[start : start + size]
        return script.call(thread, end, call, after, data=data, size=size, asked=size, offset=start)

    def sources(moves: list[tuple[int, int, int]], start: int, size: int) -> tuple[int, ...]:
        return tuple(number for number, at, of in moves if at < start + size and start < at + of)

    sends = [(move("MainThread", client, "send", at, 5), at, 5) for at in (0, 5)]
    takes: list[tuple[int, int, int]] = []
    gives: list[tuple[int, int, int]] = []
    for sizes, moves, end, call in ((taken, takes, near, "recv"), (given, gives, far, "send")):
        for start, size in zip(itertools.accumulate(sizes, initial=0), sizes, strict=False):
            after = sources(sends if call == "recv" else takes, start, size)
            moves.append((move("link", end, call, start, size, after), start, size))
    for start, size in zip(itertools.accumulate(received, initial=0), received, strict=False):
        move("server", server, "recv", start, size, sources(gives, start, size))
    return script


def lively(seed: int) -> Script:
    """Clients that talk with programs, or with the notebook, as it happens: bytes that are cut, gathered, left unread, sent before; calls that fail, wait, are forgotten."""
    chance = random.Random(seed)
    script = Script()
    program = chance.choice([None, "server.py", "a server with a long name"])
    listener = script.end("listening", program, local=("127.0.0.1", 50001))
    script.call("server", listener, "listen", how=chance.choice([None, 5]))
    for number in range(1, chance.choice([1, 1, 2, 3, 4]) + 1):
        here = chance.choice(["MainThread", f"Thread-{number}"])
        one = script.end("client", chance.choice([None, f"client {number}.py"]), peer=("127.0.0.1", 50001))
        other = script.end("server", program, listener=listener + 1)
        script.talks.append((one, other))
        connect = script.call(here, one, "connect", address=("127.0.0.1", 50001))
        script.call("server", listener, "accept", (connect,), accepted=other)
        _talk(script, chance, [(here, one), ("server", other)])
    return script


def _talk(script: Script, chance: random.Random, ends: list[tuple[str, int]]) -> None:
    # For each receiver: which call sent it (or -1: before), and how much is left.
    under_way: dict[int, list[list[int]]] = {0: [], 1: []}
    if chance.random() < 0.2:
        under_way[1].append([-1, 9])
    for _ in range(chance.randrange(2, 9)):
        me = chance.randrange(2)
        thread, end = ends[me]
        waiting = under_way[me]
        what = chance.random()
        if waiting and what < 0.5:
            _receive(script, chance, thread, end, waiting)
        elif what < 0.85:
            data = chance.choice(
                [b"hi", b"good morning, everybody", bytes(range(12)), b"x" * 3000, b"\x00\x00\x00\x05hello", b""]
            )
            sent = script.send(thread, end, data)
            under_way[1 - me] += [[sent, len(data)]] if data else []
        elif what < 0.93:
            script.call(thread, end, "recv", asked=1024, error="TimeoutError", timeout=0.3)
        else:
            script.call(thread, end, "recv", asked=1024, error="ConnectionResetError")
    for waiting in under_way.values():
        script.flows += [(sent, None, left) for sent, left in waiting if sent >= 0 and left]
    for thread, end in chance.sample(ends, chance.randrange(3)):
        how: dict[str, Any] = chance.choice([{}, {"reset": True}, {"forgotten": True}, {"how": LEFT_OPEN}])
        script.call(thread, end, "close", **how)
    if chance.random() < 0.3:
        script.call(*chance.choice(ends), "recv", ended=None, begun=0.0)


def _receive(script: Script, chance: random.Random, thread: str, end: int, waiting: list[list[int]]) -> None:
    sources: dict[int, int] = {}
    for piece in list(waiting):
        took = chance.choice([piece[1], piece[1], max(piece[1] // 2, 1)])
        sources[piece[0]] = took
        piece[1] -= took
        if piece[1]:
            break
        waiting.remove(piece)
        if chance.random() < 0.5:
            break
    size = sum(sources.values())
    number = script.call(
        thread, end, "recv", tuple(sent for sent in sources if sent >= 0), data=b"y" * min(size, 64), size=size, asked=1024, offset=0,
        begun=0.0, ended=chance.choice([0.01, 0.7]),
    )  # fmt: skip
    script.flows += [(sent, number, took) for sent, took in sources.items()]
