"""The exercise broadcast: one line to all members of a room, from several threads at once."""

from __future__ import annotations

import contextlib
import socket

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.peer import Peer
from helpers.checking.plain import Value
from helpers.checking.verdicts import Fell, Hangs, Spins, shown

TIMEOUT = 5.0
"""Seconds, of members that find room in time on the slowest machine."""
SOON = 0.05
"""The same of one whose buffers are full, and stay so."""
LITTLE = 1 << 12

broadcast = Exercise(
    lesson=11,
    signature="broadcast(members, line)",
    brief="Send a line, whole as it is given, to each of the members: a dict of names and connected sockets, which have a timeout. Return the list of the names that are gone: closed, reset, or without room in time (TimeoutError). "
    "The others get their line all the same, and members stays as it is. Several threads may call it at the same time, and no line may lie between the bytes of another; other threads may add members meanwhile.",
    hints=(
        "Which errors can one member's socket raise, and whom may such an error harm? And what may another thread do between two of the pieces in which sendall sends a line?",
        "A `try` around `sendall` for each member: what a closed socket, a broken connection and a timeout raise is all of one family, OSError. To go over `members` itself is dangerous while others add to it: go over a copy of its items. "
        "And a `threading.Lock()` that all the threads share, so one that is made outside of the function, lets one line out at a time.",
        "`sending = threading.Lock()` above the function. In it `gone = []` and `with sending:`, and in that `for name, conn in list(members.items()):` with `try: conn.sendall(line)` and `except OSError: gone.append(name)`; `return gone`.",
    ),
    solution='''
import threading

sending = threading.Lock()              # one for all threads: while one line is sent, no other one is

def broadcast(members, line):
    """Send line to all members; the names of those that are gone."""
    gone = []
    with sending:
        for name, conn in list(members.items()):
            try:
                conn.sendall(line)
            except OSError:             # closed, broken off, or no room in time
                gone.append(name)
    return gone
''',
    shows="a member who has broken off",
    reasons="`sendall` sends in pieces where there is little room, and between two pieces another thread has its turn: without the lock its line would begin in the middle of this one. The lock stands outside of the function, since one that each call "
    "made for itself would keep nobody out; `with` gives it back also where an error comes. `list(members.items())` is a copy: whoever comes in meanwhile hears the next line. OSError is the family of ConnectionError, of TimeoutError, and of what a closed "
    "socket raises; after it the loop goes on with the next member. One thing is not good yet: who holds the lock waits for a slow member up to its timeout, and all others wait with it. That is why the room itself has a queue for each.",
)

NAMES = [b"ada", b"grace", b"linus"]


@broadcast.scenario(1, "three members, two lines")
def _three(judge: Judge) -> None:
    call, peers = _call(judge, [[b"hello\n", b"and good bye\n"]])
    _must_hear(call, peers, b"hello\nand good bye\n")
    _must_return(call, [[[], []]])


@broadcast.scenario(1, "nobody is there")
def _nobody(judge: Judge) -> None:
    call, _ = _call(judge, [[b"hello\n"]], names=[])
    _must_return(call, [[[]]])


@broadcast.scenario(2, "sockets that take only a part of what is sent")
def _parts(judge: Judge) -> None:
    line = b"a line of which only a part is taken: " + judge.chance.randbytes(300).hex().encode() + b"\n"
    call, peers = _call(judge, [[line]], "sparing")
    _must_hear(call, peers, line, part=True)
    _must_return(call, [[[]]])


@broadcast.scenario(2, "a member whose socket is closed")
def _closed(judge: Judge) -> None:
    call, peers = _call(judge, [[b"hello\n", b"and good bye\n"]], "closed")
    _must_hear(call, peers, b"hello\nand good bye\n", gone="grace's socket was closed")
    _must_return(call, [[[b"grace"], [b"grace"]]], "grace's socket was closed")


@broadcast.scenario(2, "a member who has broken off")
def _reset(judge: Judge) -> None:
    call, peers = _call(judge, [[b"hello\n", b"and good bye\n"]], "reset", breaks_off=b"grace")
    _must_hear(call, peers, b"hello\nand good bye\n", gone="grace had broken her connection off")
    _must_return(call, [[[b"grace"], [b"grace"]]], "grace had broken her connection off")


@broadcast.scenario(2, "a member who does not read, and for whom there is no room in time")
def _full(judge: Judge) -> None:
    call, peers = _call(judge, [[b"hello\n"]], "full", timeout=SOON)
    _must_hear(call, peers, b"hello\n", gone="there was no room for grace, who does not read", but=b"grace")
    _must_return(call, [[[b"grace"]]], "there was no room for grace, who does not read, until the timeout")


@broadcast.scenario(3, "somebody comes in while a line is sent")
def _joins(judge: Judge) -> None:
    call, peers = _call(judge, [[b"hello\n"]], "joins", names=[*NAMES, b"bob"])
    del peers[b"bob"]  # whether he hears of it already is all the same
    _must_hear(call, peers, b"hello\n")
    _must_return(call, [[[]]])


@broadcast.scenario(3, "two threads at once, and sockets that take little")
def _at_once(judge: Judge) -> None:
    said = [[bytes([letter]) * 150 + b"\n" for _ in range(2)] for letter in b"ab"]
    call, peers = _call(judge, said, "stuttering", names=NAMES[:2])
    _finish(call, "")
    for name, peer in peers.items():
        size = sum(map(len, said[0] + said[1]))
        lines = peer.read(size).splitlines(keepends=True)
        if mixed := next((line for line in lines if line not in said[0] + said[1]), None):
            raise Fell(
                f"Two threads sent a line at the same time, and {name.decode()} got {shown(mixed)}: bytes of one line lie between those of the other. sendall sends in pieces where there is little room, and the GIL is free between two of them: "
                "a lock that all threads share keeps the lines apart. (One that is made in the function is another one in each call.)",
                27,
                [name.decode()],
            )
        if sorted(lines) != sorted(said[0] + said[1]):
            raise Fell(
                f"Two threads sent two lines each, and {name.decode()} got {len(lines)} of the four.",
                about=[name.decode()],
            )
    _must_return(call, [[[], []], [[], []]])


def _call(
    judge: Judge,
    lines: list[list[bytes]],
    how: str = "",
    names: list[bytes] = NAMES,
    breaks_off: bytes = b"",
    timeout: float = TIMEOUT,
) -> tuple[Call, dict[bytes, Peer]]:
    """Call the function for each of the lines, in a thread for each list of them; the members' other ends. `how`: as `ways` has it."""
    door = judge.door()
    if how == "full":
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
    call = judge.call(
        list(door.getsockname()), list(names), [list(each) for each in lines], how, timeout, way="broadcast"
    )
    peers = {name: judge.accept(door, call, name.decode()) for name in names}
    if breaks_off:
        peers.pop(breaks_off).reset()
    if how == "closed":
        del peers[NAMES[1]]
    return call, peers


def _finish(call: Call, gone: str) -> None:
    try:
        call.finish()
    except Hangs as error:
        if isinstance(error, Spins):
            raise
        if gone and not any(each.waits for each in call.socket_calls):
            raise Fell(
                f"{gone}, and the next call never comes back: it waits for a lock, as it seems, that the first one did not give back when the error came. `with lock:` gives it back on every way out."
            ) from error
        raise
    if call.error is None:
        return
    if call.error == "RuntimeError" and "changed size" in call.text:
        raise Fell(
            f"It raised RuntimeError: {call.text}. Another thread added a member while the loop went over the dict itself: go over a copy, list(members.items())."
        )
    if gone and "OSError" in call.kinds:
        family = (
            ""
            if "ConnectionError" in call.kinds
            else f" {call.error} is no ConnectionError; OSError is the family of them all."
        )
        raise Fell(
            f"{gone}. That raised {call.error}, nobody caught it, and whoever came after that member in the dict got nothing. A `try` around each sendall lets the others have their line.{family}",
            21,
        )
    call.must_not_raise()


def _must_hear(
    call: Call, peers: dict[bytes, Peer], data: bytes, gone: str = "", but: bytes = b"", part: bool = False
) -> None:
    """Fell unless each of the members gets just this. `gone`: what has happened to another one."""
    _finish(call, gone)
    for name, peer in peers.items():
        if name == but:
            continue
        got = b""
        with contextlib.suppress(Hangs):
            got = peer.read_all(len(data))
        if got == data:
            continue
        if part and got and data.startswith(got):
            raise Fell(
                f"{name.decode()} got {len(got)} of the line's {len(data)} bytes: send took only a part, and gave back how many bytes that was. sendall goes on until all are taken.",
                6,
                [name.decode()],
            )
        after = f"{gone}; and " if gone else ""
        raise Fell(f"{after}{name.decode()} was to get {shown(data)}, and got {shown(got)}.", about=[name.decode()])


def _must_return(call: Call, expected: list[list[list[bytes]]], gone: str = "") -> None:
    """Fell unless its calls have returned these names, in any order, and have left `members` as it was."""
    _finish(call, gone)
    assert isinstance(call.value, tuple)
    returned, unchanged = call.value
    if not unchanged:
        raise Fell(
            "It changed members. Whoever called it decides what becomes of those who are gone: return their names, and leave the dict as it is."
        )
    assert isinstance(returned, list)
    for thread, wanted in zip(returned, expected, strict=True):
        assert isinstance(thread, list)
        for got, names in zip(thread, wanted, strict=True):
            if not _are_names(got, names):
                why = f"{gone}, and it" if gone else "It"
                raise Fell(
                    f"{why} returned {shown(got)} where {shown(list(names))} was to come: the list of the names that are gone, and an empty one where nobody is."
                )


def _are_names(got: Value, names: list[bytes]) -> bool:
    return isinstance(got, list) and all(isinstance(each, bytes) for each in got) and sorted(got) == sorted(names)  # type: ignore[type-var]
