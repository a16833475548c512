"""What passes between the judge and the learner's process: it arrives as it was, and damaged or hostile lines do no harm."""

from __future__ import annotations

import json
import random
import socket
import typing
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from helpers.checking import messages, plain, wire
from helpers.checking.limits import LINE, RECORDED
from helpers.checking.messages import (
    Activity,
    Asked,
    Awaited,
    CallFunction,
    Cancel,
    Command,
    Connected,
    CountThreads,
    CountWriters,
    Doing,
    Event,
    Found,
    Item,
    Left,
    Listening,
    Load,
    Loaded,
    Loop,
    Raised,
    Release,
    Rested,
    Returned,
    ReturnedSocket,
    Say,
    SocketCall,
    SocketInfo,
    State,
    StateNow,
    TellActivity,
    TellState,
    ThreadsLeft,
    Unloadable,
    Unreadable,
    Writers,
)
from helpers.checking.plain import Bulk, Digest, FilePath, Odd, Value
from helpers.checking.taped import entries_of, state_of
from helpers.recording.events import Role
from helpers.recording.fields import TEXT
from helpers.recording.recorder import Recording
from helpers.running.install import install
from helpers.sockets.tapes import Tape

TOKEN = "its own"
VALUES: list[Value] = [
    None, True, 0, -3, 1 << 4000, 2.5, "text", "\ud800 \r\n", b"", b"\xff\n", [], (), [1, (b"2", [None])], plain.digest(b"much"), Odd("generator"),
    {"a": b"1", b"b": [{}], 3: None, "c": ()}, FilePath("/tmp/ü"),
]  # fmt: skip
ACCEPT = SocketCall(3, "accept", 0.5, 0.75, "MainThread", b"", 0, 0, 0, None, ("127.0.0.1", 5), 0, None, 4)
WAITS = SocketCall(4, "recv", None, None, "a thread", b"", 0, 4096, 10, None, None, 0, None, None)
FAILED = SocketCall(4, "send", 1.0, 2.0, "MainThread", b"x" * 64, 64, 100, 0, "TimeoutError", None, 2, 0.5, None)
LISTENER = SocketInfo(3, 2, 1, "listening", ("127.0.0.1", 7), None, ("", 0), 1, None, None)
SERVER = SocketInfo(4, 10, 1, "server", ("::1", 7, 0, 0), ("::1", 9, 0, 0), None, 0, 3, 2.5)
STATE = State((ACCEPT, FAILED, WAITS), (LISTENER, SERVER))

COMMANDS: list[Command] = [
    Load(1 << 20, TOKEN),
    CallFunction(),
    CallFunction(
        (b"bytes", [1, "2"], Bulk(3, 4)),
        connect=("127.0.0.1", 80),
        timeout=0.25,
        options=((7, 8192), (8, 1)),
        sparing=True,
        trickling=True,
        each="together",
        iterate=True,
        again=((5,), (Bulk(1, 2), None)),
        rest=True,
        keep=True,
    ),
    CallFunction(listen=True, each=True, stuttering=True, aborting=True, as_left=True, way="echo"),
    TellState(),
    CountThreads(),
    CountWriters(),
    TellActivity(),
    Rested(3),
    CallFunction(attack=("127.0.0.1", 80)),
    Release(),
    CallFunction(connect=("127.0.0.1", 80), streams=True, refuses=b"\xff"),
    Say(b"a line \xff"),
    Say(None),
    Cancel(),
]
EVENTS: list[Event] = [
    Loaded(),
    Unloadable("why"),
    Awaited(),
    Listening(8080),
    Connected(8081),
    *(Item(value) for value in VALUES),
    StateNow(STATE),
    StateNow(State()),
    StateNow(State(doing=Doing(3, 0.1, 2, 0.3, True, "ValueError: no", 5, 6, 7))),
    StateNow(State(loop=Loop())),
    StateNow(
        State(
            loop=Loop(
                2,
                "speak",
                "ValueError: no",
                "drain",
                3,
                70,
                1 << 20,
                50_002,
                1,
                4,
                50_000,
                50_001,
                (1, 2),
                "KeyError: b''",
            )
        )
    ),
    ThreadsLeft(2),
    Writers(3),
    Asked(7),
    Activity(),
    Activity(1, 2, 3, ((50_000, 80), (50_001, 80))),
    Returned(None),
    Returned(
        b"value",
        STATE,
        Left(1, 2, 0.5, 1.5),
        b"rest",
        ReturnedSocket(True, 2, 1, True, "127.0.0.1", 9, 0.5, True, True),
    ),
    Returned(b"", found=Found(True, True, 0.25, 1.5, True)),
    Returned(Odd("socket"), socket=ReturnedSocket(False)),
    Raised(("OSError", "Exception", "object")),
    Raised(("__main__.Mine",), "a text", 3, STATE, Left(2, 1), Found(False)),
    Raised(("ValueError",), args=(400, "why", {"a": 1})),
    Unreadable(),
]


def test_every_kind_is_among_them() -> None:
    assert {type(each) for each in COMMANDS} == set(typing.get_args(messages.Command))
    assert {type(each) for each in EVENTS} == set(typing.get_args(messages.Event))
    assert set(typing.get_args(Role)) == wire.ROLES


@pytest.mark.parametrize("command", COMMANDS, ids=repr)
def test_a_command_arrives_as_it_was(command: Command) -> None:
    line = wire.command_line(command)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    arrived = wire.read_command(line)
    assert arrived == command and repr(arrived) == repr(command)


@pytest.mark.parametrize("event", EVENTS, ids=lambda each: repr(each)[:60].encode("ascii", "replace").decode())
def test_an_event_arrives_as_it_was(event: Event) -> None:
    line = wire.event_line(event, TOKEN)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    arrived = wire.read_event(line, TOKEN)
    assert arrived == event and repr(arrived) == repr(event)  # also 1 for 1, not True


def test_an_event_too_long_for_a_line_arrives_without_what_is_large() -> None:
    long = Returned("x" * LINE, STATE, Left(2, 1))
    line = wire.event_line(long, TOKEN)
    assert len(line) < LINE
    assert wire.read_event(line, TOKEN) == long._replace(value=Odd("too large to be looked at"), state=State())
    assert wire.read_event(wire.event_line(Item(["x" * LINE]), TOKEN), TOKEN) == Item(Odd("too large to be looked at"))


def test_a_text_without_end_is_cut() -> None:
    event = wire.read_event(wire.event_line(Raised(("Mine",), "x" * 10_000), TOKEN), TOKEN)
    assert event == Raised(("Mine",), "x" * TEXT)


@pytest.mark.parametrize(
    "line",
    [
        b"", b"\n", b"its own\n", b"{}\n", b'"its own"\n', b'["its own"]\n', b'{"token": "another"}\n', b'{"event": "its own"}\n', b'{"token": "its own"\n',
        b'\xff{"token": "its own"}\n', b"[" * 100_000 + b"its own\n", b'{"token": "its own", "x": ' + b"9" * 5000 + b"}\n",
    ],
    ids=lambda each: repr(each[:40]),
)  # fmt: skip
def test_what_is_not_from_its_process_is_nothing(line: bytes) -> None:
    assert wire.read_event(line, TOKEN) is None


JUNK: list[object] = [
    None,
    True,
    -1,
    1 << 70,
    0.5,
    float("nan"),
    float("inf"),
    "",
    "x" * 1000,
    "\ud800",
    [],
    [[]],
    [1, 2],
    {},
    {"v": []},
    {"odd": "x" * 1000},
]


def damaged(told: object) -> Iterator[object]:
    """`told`, each time with something of it missing, doubled, or replaced by what should not be there."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield {other: each for other, each in told.items() if other != key}
            for each in (*JUNK, *damaged(value)):
                yield {**told, key: each}
    if isinstance(told, list):
        yield [*told, *told]
        for at, value in enumerate(told):
            yield told[:at] + told[at + 1 :]
            for each in (*JUNK, *damaged(value)):
                yield [*told[:at], each, *told[at + 1 :]]


@pytest.mark.parametrize(
    "event", [event for event in EVENTS if not isinstance(event, Item)], ids=lambda each: repr(each)[:60]
)
def test_a_damaged_line_raises_nothing_in_the_judge(event: Event) -> None:
    whole = json.loads(wire.event_line(event, TOKEN))
    read = 0
    for told in damaged(whole):
        arrived = wire.read_event(json.dumps(told).encode(), TOKEN)
        read += 1
        if isinstance(arrived, (StateNow, Returned, Raised)):
            _must_be_harmless(arrived.state)
    assert read > 10


def _must_be_harmless(state: State) -> None:
    """It can be told as a recording; if it contradicts itself, that is an error of the telling, which `play` is ready for."""
    entries, traces = entries_of(state, "function")
    assert len(entries) == len(state.calls) and len(traces) == len({each.number for each in state.sockets})
    hash(state)  # addresses are looked up in tables


@pytest.mark.parametrize("depth", [plain.DEEPEST + 1, 200, 3000])
def test_what_is_nested_too_deep_is_odd(depth: int) -> None:
    for kind in "lt":
        coded = f'{{"{kind}": [' * depth + "]}" * depth
        line = f'{{"event": "item", "value": {coded}, "token": "{TOKEN}"}}\n'.encode()
        assert wire.read_event(line, TOKEN) in (Item(Odd("something unknown")), None)  # None: json itself gives up
    line = f'{{"event": "state", "calls": {"[" * depth}{"]" * depth}, "sockets": [], "token": "{TOKEN}"}}\n'.encode()
    assert wire.read_event(line, TOKEN) in (Unreadable(), None)


def test_calls_that_contradict_themselves_are_unreadable() -> None:
    for calls, sockets in (
        ((WAITS,), ()),
        ((ACCEPT,), (LISTENER,)),
        ((ACCEPT._replace(accepted=None),), (LISTENER, SERVER)),
        ((WAITS,) * (2 * RECORDED + 1), (SERVER,)),
        ((), (SERVER._replace(role="king"),)),
    ):
        assert wire.read_event(wire.event_line(StateNow(State(calls, sockets)), TOKEN), TOKEN) == Unreadable()


@pytest.mark.parametrize("seed", range(20))
def test_a_line_with_bytes_changed_raises_nothing(seed: int) -> None:
    chance = random.Random(seed)
    for event in EVENTS:
        line = bytearray(wire.event_line(event, TOKEN))
        for _ in range(chance.randrange(1, 4)):
            line[chance.randrange(len(line))] = chance.randrange(256)
        wire.read_event(bytes(line), TOKEN)
        wire.read_event(bytes(line[: chance.randrange(len(line))]), TOKEN)


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"do": "dance"}', b'{"do": "load", "size": "3", "token": ""}', b'{"do": "call"}']
)
def test_what_is_no_command_is_refused(line: bytes) -> None:
    with pytest.raises((ValueError, LookupError)):
        wire.read_command(line)


@pytest.mark.parametrize(
    "coded",
    [
        {}, {"b": 3}, {"b": "!"}, {"l": 3}, {"t": [3]}, None, [], {"bulk": 1, "size": 1 << 50}, {"v": []}, {"size": -1, "sha256": "0" * 64},
        {"size": 1 << 70, "sha256": "0" * 64}, {"size": 1, "sha256": ""}, {"odd": "x" * 1000},
        {"d": 3}, {"d": [3]}, {"d": [[{"v": 1}]]}, {"d": [[{"l": []}, {"v": 1}]]}, {"d": [[{"v": None}, {"v": 1}]]}, {"path": 3},
    ],
)  # fmt: skip
def test_only_plain_values_are_decoded(coded: object) -> None:
    with pytest.raises(ValueError):
        plain.decode(coded)
    assert plain.decode_or_odd(coded) == Odd("something unknown")


def test_what_is_not_plain_is_simplified() -> None:
    class Mine(bytes): ...

    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    assert plain.simplified([1, Mine(b"x"), (b"y",), object]) == [1, Odd("Mine"), (b"y",), Odd("type")]
    assert plain.simplified(bytes(2 * plain.LARGE)) == Digest(
        2 * plain.LARGE, plain.digest(bytes(2 * plain.LARGE)).sha256
    )
    assert plain.simplified(1 << 1_000_000) == Odd("int")
    assert plain.simplified({"a": Mine(), "b": [HTTPStatus.OK]}) == {"a": Odd("Mine"), "b": [200]}
    assert plain.simplified({Mine(): 1}) == plain.simplified({(): 1}) == Odd("dict")
    assert plain.simplified(Path("a/b")) == FilePath(str(Path("a/b")))
    for thing in (deep, [1, Mine()], "text", bytes(2 * plain.LARGE)):
        value = plain.simplified(thing)
        assert plain.decode(plain.encode(value)) == value


def test_bulk_is_the_same_on_both_sides() -> None:
    bulk = Bulk(3, 2_500_000)
    arrived = plain.decode_argument(plain.encode(bulk))
    assert isinstance(arrived, Bulk)
    data = bytes(arrived)
    assert len(data) == bulk.size and data == bytes(bulk) and data[:1000] not in data[1000:1_000_000]


def test_a_tape_that_has_travelled_tells_the_same() -> None:
    """What the learner's process records of a conversation, and what a recording of this process makes of it."""
    install()
    recording, tape = Recording(), Tape(RECORDED)
    recording.start()
    tape.start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        with client, server:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            while server.recv(3):
                pass
    tape.stop()
    recording.stop()
    event = wire.read_event(wire.event_line(StateNow(state_of(tape.entries(len(tape)))), TOKEN), TOKEN)
    assert isinstance(event, StateNow)
    travelled = Recording()
    travelled.start()
    travelled.stop()
    travelled.add(*entries_of(event.state, "function"))
    told = [(each.call, each.end, each.data, each.size, each.error) for each in travelled.events]
    assert told == [(each.call, each.end, each.data, each.size, each.error) for each in recording.events]
    assert {each.program for each in travelled.events} == {"function"}
    assert [flow.size for flow in travelled.conversations[0].flows] == [3, 2]
