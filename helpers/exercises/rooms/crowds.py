"""What happens in a room of many, and where one of them is slow: what waits for somebody, who is put out, whose bytes lie between whose.

Comes in: a room in which nobody is yet. Goes out: `Fell`. Who may import it: attacking, and the chat, which is one of many too.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

from helpers.checking.verdicts import Fell, Hangs
from helpers.exercises.rooms.room import LONGEST_LINE, MOST_WAITING, Member, Room, Scene, adding
from helpers.exercises.rooms.why import unheard

CROWD = 200
"""Clients at once."""
NAMED = 40
"""Of them, who have a name: each of them hears of each."""
IN_BACKLOG = 50
"""Clients who may stand there until they are accepted: it has room for 128 at least."""
CAME_AND_WENT = 40
SPOKEN = 10
"""Lines that each of two says at the same time."""
LONG = 60_000
"""Bytes of a line of which a few fill any buffer."""
AT_ONCE = 6
"""Such lines that are said before all have heard them: they are less than may wait for a member."""
PUT_OUT_AFTER = 3 << 20
"""Bytes that were said to somebody who reads nothing, after which nobody doubts that more than 1 MiB waits: the buffers of the connections here are small."""

SCENES: list[Scene[Room]] = []
scene = adding(SCENES)


@scene(2, "connections that take only a part of what is sent", sparing=True)
def _sparing(room: Room) -> None:
    ada, _, linus = room.join("ada", "grace", "linus")
    ada.line(b"a line of which only a part is taken at once")
    linus.line(bytes(range(32, 127)) * 20)


@scene(3, "a slow reader, for whom less than 1 MiB waits: it keeps its seat, and misses nothing", small=True)
def _slow(room: Room) -> None:
    ada, grace, bob = room.join("ada", "grace", "bob", little=["bob"])
    bob.stop_reading()
    room.happened = "bob reads slowly, and less than 1 MiB waits for him"
    said = list(itertools.islice(long_lines(), 12))
    for few in batched(said):
        ada.pour(b"".join(few))
        hear_all(grace, [b"ada: " + line for line in few], ada)
    bob.read_again()
    hear_all(bob, [b"ada: " + line for line in said], ada)
    bob.line(b"I am slow, and have it all")


@scene(3, "one who reads nothing at all: nobody waits for it, and it is put out", small=True)
def _never_reads(room: Room) -> None:
    ada, grace, bob = room.join("ada", "grace", "bob", little=["bob"])
    bob.stop_reading()
    room.happened = "bob reads nothing at all, and nobody is to wait for him"
    said = 0
    lines = long_lines()
    while said < PUT_OUT_AFTER:
        few = list(itertools.islice(lines, AT_ONCE))
        ada.pour(b"".join(few))
        said += sum(map(len, few))
        if hear_all(grace, [b"ada: " + line for line in few], ada, but=b"* bob left\n"):
            break
    else:
        raise _is_not_put_out(room, bob, said)
    if said < MOST_WAITING * 0.9:
        raise Fell(
            f"bob was put out when {said:,} bytes had been said, and no more than {MOST_WAITING:,} may have waited for him: as long as there is room, one who is slow keeps its seat.",
            about=["ada", "bob"],
        )
    ada.must_hear(b"* bob left\n", by=bob)
    ada.line(b"he did not listen")
    bob.read_again()
    bob.must_be_let_go("bob was put out, since he reads nothing")


def _is_not_put_out(room: Room, bob: Member, said: int) -> Fell:
    """Nobody has heard that he left: he is still there, or nobody was told."""
    room.call.doing_now()
    if not room.call.loop.kept:  # otherwise he is there: bytes wait in his writer, and are told of as they are now
        bob.read_again()
        with contextlib.suppress(Hangs):
            room.wait(lambda: bob.gone)
    if bob.gone:
        return Fell(
            "bob has read nothing, and his connection was closed, but nobody heard b'* bob left\\n': who is put out has left, and all others are told.",
            about=["ada", "bob"],
        )
    return Fell(
        f"ada has said {said:,} bytes, of which bob has read nothing, and he is still in the room: what waits for him grows until the memory is full. "
        "Count it, and put out whoever has more than 1 MiB waiting.",
        29,
        ["ada", "bob"],
    )


def long_lines() -> Iterator[bytes]:
    for number in itertools.count(1):
        yield (b"%d " % number).ljust(LONG - 1, b".") + b"\n"


def batched(lines: list[bytes]) -> Iterator[list[bytes]]:
    for at in range(0, len(lines), AT_ONCE):
        yield lines[at : at + AT_ONCE]


def hear_all(who: Member, lines: list[bytes], by: Member, but: bytes = b"") -> bool:
    """Fell unless these lines come, in this order. `but`: a line that may come once, before, between or behind them; whether it has."""
    room = who.room

    def count() -> int:
        return len(who.heard) - (but in who.heard)

    try:
        room.wait(lambda: who.gone or count() >= len(lines))
    except Hangs as error:
        raise unheard(room, error, who, lines[min(count(), len(lines) - 1)], by, None) from error
    came = but in who.heard
    if came:
        who.heard.remove(but)
    for have, want in zip(who.heard, lines, strict=False):
        if have != want:
            raise room.mistaken(who, have, want, by)
    if len(who.heard) < len(lines):
        raise unheard(room, None, who, lines[len(who.heard)], by, None)
    del who.heard[: len(lines)]
    return came


@scene(3, "one who half-closes while much still waits for it: it gets all, and then the end", small=True)
def _half_close_with_rest(room: Room) -> None:
    ada, grace, bob = room.join("ada", "grace", "bob", little=["bob"])
    bob.stop_reading()
    said = list(itertools.islice(long_lines(), AT_ONCE))
    ada.pour(b"".join(said))
    hear_all(grace, [b"ada: " + line for line in said], ada)
    bob.end()
    room.happened = (
        "bob ended his half of the connection while lines were still waiting for him, and reads on to the end"
    )
    room.all_hear(b"* bob left\n", by=bob, but=[bob])
    bob.read_again()
    try:
        room.wait(lambda: bob.gone)
    except Hangs as error:
        raise unheard(room, error, bob, b"ada: " + said[-1], ada, None) from error
    if (missing := len(said) - len(bob.heard)) > 0:
        raise Fell(
            f"bob had said all and ended his half of the connection, while {len(said)} lines were on their way to him, and {missing} of them never came: the connection was closed with output left. "
            "b'' from recv ends one direction only: send what waits, and close then.",
            about=["ada", "bob"],
        )
    ada.line(b"good bye, bob")


@scene(3, f"a line of {LONGEST_LINE:,} bytes, and one of 70,000, which is too long")
def _too_long(room: Room) -> None:
    ada, grace, bob = room.join("ada", "grace", "bob")
    room.happened = f"ada sent a line of {LONGEST_LINE:,} bytes, which is allowed"
    ada.pour(b"a" * LONGEST_LINE + b"\n")
    for each in grace, bob:
        hear_all(each, [b"ada: " + b"a" * LONGEST_LINE + b"\n"], ada)
    room.happened = "bob sent a line of 70,000 bytes, which is too long: he is put out"
    bob.pour(b"b" * 70_000 + b"\n")
    bob.is_put_out()
    bob.must_be_let_go(f"bob sent a line of 70,000 bytes, where {LONGEST_LINE:,} are allowed: he is put out")
    room.all_hear(b"* bob left\n", by=bob)
    ada.line(b"he talks too much")
    linus = room.visit("linus")
    room.happened = "linus sent 200,000 bytes without a newline, before he had given a name: he is turned away"
    linus.pour(b"l" * 200_000)
    linus.must_be_let_go(
        f"linus sends bytes without end, and no newline among them, where {LONGEST_LINE:,} are allowed: they are kept until the memory is full"
    )
    grace.line(b"and he knew no end")


@scene(2, "two who speak at the same time, on connections that take little at once", stuttering=True)
def _two_speak(room: Room) -> None:
    ada, grace, linus = room.join("ada", "grace", "linus")
    texts = {each: [b"%s %d " % (each.name.encode() * 8, number) for number in range(SPOKEN)] for each in (ada, grace)}
    for each, lines in texts.items():
        each.pour(b"".join(line + b"\n" for line in lines))
    whole = {each: [b"%s: %s\n" % (each.name.encode(), line) for line in lines] for each, lines in texts.items()}
    hear_all(ada, whole[grace], grace)
    hear_all(grace, whole[ada], ada)
    _hear_mixed(linus, whole)


def _hear_mixed(who: Member, whole: dict[Member, list[bytes]]) -> None:
    """Fell unless all these lines come: each whole, those of one sender in their order."""
    senders = list(whole)
    every = [line for lines in whole.values() for line in lines]
    try:
        who.room.wait(lambda: who.gone or len(who.heard) >= len(every) or any(each not in every for each in who.heard))
    except Hangs as error:
        raise unheard(who.room, error, who, every[0], senders[0], None) from error
    if strange := next((each for each in who.heard if each not in every), None):
        raise Fell(
            f"{senders[0].name} and {senders[1].name} spoke at the same time, and {who.name} heard {strange[:80]!r}: bytes of one line lie between those of another. Two threads were sending on one connection, and "
            "sendall may give way in the middle: a lock, or one thread that sends all there is for a connection, keeps lines whole.",
            27,
            [who.name, *(each.name for each in senders)],
        )
    for sender, lines in whole.items():
        heard = [each for each in who.heard if each in lines]
        if heard != lines:
            raise Fell(
                f"{who.name} heard the lines of {sender.name} in another order than they were said: {[each[:40] for each in heard]!r}.",
                about=[who.name, sender.name],
            )
    who.heard.clear()


@scene(3, "some come, and some go, while lines are passed on")
def _come_and_go(room: Room) -> None:
    ada, grace = room.join("ada", "grace")
    room.happened = "Others came and left while ada's lines were passed on to all"
    guests = [room.visit(f"guest-{number}") for number in range(12)]
    said = [b"%d\n" % number for number in range(60)]
    ada.pour(b"".join(said))
    for at, each in enumerate(guests):
        each.pour(each.name.encode() + b"\n")
        each.hears_of_itself()
        if at % 2:
            each.leave()
    hear_among(grace, [b"ada: " + line for line in said], ada, news=12 + 6)
    hear_among(ada, [], ada, news=12 + 6)
    grace.say(b"what a day\n")
    ada.must_hear(b"grace: what a day\n", by=grace)


def hear_among(who: Member, lines: list[bytes], by: Member, news: int) -> None:
    """Fell unless these lines come in this order, and among them so many that begin with a star."""
    room = who.room
    try:
        room.wait(lambda: who.gone or len(who.heard) >= len(lines) + news)
    except Hangs as error:
        got = [each for each in who.heard if not each.startswith(b"* ")]
        missing = lines[len(got)] if len(got) < len(lines) else b"* somebody joined, or left\n"
        raise unheard(room, error, who, missing, by, None) from error
    got = [each for each in who.heard if not each.startswith(b"* ")]
    for have, want in zip(got, lines, strict=False):
        if have != want:
            raise room.mistaken(who, have, want, by)
    told = len(who.heard) - len(got)
    if not who.gone and (told != news or len(got) > len(lines)):
        raise Fell(
            f"{who.name} was to hear {news} times that somebody joined or left, and heard it {told} times; of lines that were said to all, {len(got)} of {len(lines)}. Each is told once.",
            about=[who.name],
        )
    if len(who.heard) != len(lines) + news or len(got) != len(lines):
        raise unheard(room, None, who, b"all of it", by, None)
    who.heard.clear()


@scene(3, f"{CAME_AND_WENT} come and go: nothing of them is left", whole=True)
def _come_and_leave(room: Room) -> None:
    (ada,) = room.join("ada")
    before = room.holds()
    guests = [room.visit(f"guest-{number}") for number in range(CAME_AND_WENT)]
    for at, each in enumerate(guests):
        if at % 4:
            each.say(each.name.encode() + b"\n")
            each.hears_of_itself()
        (each.break_off if at % 3 else each.leave)()
    named = sum(1 for at in range(CAME_AND_WENT) if at % 4)
    hear_among(ada, [], ada, news=2 * named)
    room.must_hold(before, f"{CAME_AND_WENT} clients have come and gone", ["ada", "guest-1"])


@scene(3, f"{CROWD} clients at once, {NAMED} of them in the room")
def _crowd(room: Room) -> None:
    room.judge.busy = 4.0
    silent = []
    for number in range(1, CROWD - NAMED + 1):
        silent.append(room.visit(f"silent {number}"))
        if not number % IN_BACKLOG:
            room.rest()
    ada, *others = [room.visit("ada"), *(room.visit(f"guest-{number}") for number in range(1, NAMED))]
    for each in ada, *others:
        each.pour(each.name.encode() + b"\n")
    room.happened = f"{CROWD} clients are connected"
    everybody = [ada, *others]
    try:
        room.wait(
            lambda: (
                any(each.gone for each in everybody)
                or all(b"* %s joined\n" % each.name.encode() in each.heard for each in everybody)
            )
        )
    except Hangs as error:
        late = next(each for each in everybody if not each.heard)
        raise unheard(room, error, late, b"* %s joined\n" % late.name.encode(), late, None) from error
    room.rest()  # they did not all hear the same, as nobody knows who came last
    room.wait(lambda: True)
    for each in everybody:
        each.is_in = True
        each.heard.clear()
    ada.line(b"how many we are")
    others[-1].line(b"and all of us hear it")
    for each in silent:
        each.break_off()
    for each in others:
        each.leave()
    hear_among(ada, [], ada, news=len(others))
