"""What happens in a room of a few: names, lines in pieces, leaving, silence.

Comes in: a room in which nobody is yet. Goes out: `Fell`. Who may import it: attacking.
"""

from __future__ import annotations

import sys

from helpers.checking.verdicts import Fell, Spins
from helpers.exercises.rooms.room import LONGEST_NAME, Room, Scene, adding
from helpers.exercises.rooms.why import ended, piece_mistake, spinning, two_readers

SCENES: list[Scene[Room]] = []
scene = adding(SCENES)


@scene(1, "ada and grace come in, and each says a line")
def _two(room: Room) -> None:
    ada, grace = room.join("ada", "grace")
    ada.line(b"hello")
    grace.line(b"hello, ada")
    ada.line(b"how are you?")


@scene(1, "three in the room; a line goes to all others, and who leaves is told of")
def _three(room: Room) -> None:
    ada, grace, linus = room.join("ada", "grace", "linus")
    linus.line(b"good morning")
    grace.line(b"")
    ada.leave()
    room.all_hear(b"* ada left\n", by=ada)
    grace.line(b"bye, ada")
    ada, *_ = room.join("ada")  # the name is free again
    ada.line(b"here I am again")
    if fell := two_readers(room):
        raise fell


@scene(1, "one who has connected, and says nothing, while others talk")
def _silent(room: Room) -> None:
    silent = room.visit("silent")
    ada, grace = room.join("ada", "grace")
    ada.line(b"who is there?")
    grace.line(b"somebody who says nothing")
    silent.leave()  # without a name: nobody hears of it
    ada.line(b"not any more")


@scene(1, "Ctrl-C, while three are in the room", whole=True)
def _interrupted(room: Room) -> None:
    if sys.platform == "win32":
        return  # nothing interrupts a blocked call there
    room.join("ada", "grace", "linus")
    room.must_end_at_interrupt()


@scene(2, "a name in two pieces, with the \\r that netcat and telnet send; then a line, byte by byte")
def _name_in_pieces(room: Room) -> None:
    grace, _ = room.join("grace", "linus")
    ada = room.visit("ada")
    ada.say(b"a")
    ada.peer.wait_until_taken()
    grace.line(b"is somebody there?")
    ada.say(b"da\r", b"\n")
    ada.has_joined()
    ada.say(*(bytes([each]) for each in b"hello\r\n"))
    room.all_hear(b"ada: hello\n", by=ada, but=[ada])
    grace.line(b"hello, ada")


@scene(2, "a line in two pieces, and somebody else's line in between")
def _line_in_pieces(room: Room) -> None:
    ada, grace, linus = room.join("ada", "grace", "linus")
    ada.say(b"hel")
    ada.peer.wait_until_taken()
    grace.line(b"what did you say?")
    ada.say(b"lo\nand goo", b"d bye\n")
    for each in grace, linus:
        each.must_hear(b"ada: hello\n", b"ada: and good bye\n", by=ada)


@scene(2, "two lines in one piece, and a name with the first line behind it")
def _lines_in_one_piece(room: Room) -> None:
    (grace,) = room.join("grace")
    ada = room.visit("ada")
    ada.is_in = True
    ada.say(b"ada\nhello\nand hello again\n")
    lost = Fell(
        "ada sent her name and two lines in one piece, and not all of them were passed on. One recv may bring several lines: take out of the buffer as many as are whole, in a loop, before you wait again."
    )
    ada.must_hear(b"* ada joined\n", by=ada)
    grace.must_hear(b"* ada joined\n", by=ada)
    _hear_both(room, lost, b"hello", b"and hello again")
    ada.say(b"one\ntwo\n")
    _hear_both(room, lost, b"one", b"two")


def _hear_both(room: Room, lost: Fell, *lines: bytes) -> None:
    ada, grace = (next(each for each in room.present() if each.name == name) for name in ("ada", "grace"))
    lost.misconception = piece_mistake(room)
    grace.must_hear(*(b"ada: %s\n" % line for line in lines), by=ada, lost=lost)


@scene(2, "one who has half-closed has left, and is let go")
def _half_close(room: Room) -> None:
    (grace,) = room.join("grace")
    before = room.holds()
    (ada,) = room.join("ada")
    ada.line(b"I have said all")
    ada.end()
    room.all_hear(b"* ada left\n", by=ada)
    ada.must_be_let_go("ada ended her half of the connection (FIN): she has left, and is let go", 12)
    room.must_hold(before, "ada has left", ["ada"])
    linus, *_ = room.join("linus")
    grace.line(b"and I go on")
    linus.line(b"hello")


@scene(2, "names that are empty, too long, or taken; one who leaves before giving a name")
def _names(room: Room) -> None:
    ada, grace = room.join("ada", "grace")
    for name, what in (
        (b"", "A client gave an empty name"),
        (b"ada", "A client gave the name b'ada', which is taken"),
        (b"x" * (LONGEST_NAME + 1), f"A client gave a name of {LONGEST_NAME + 1} bytes, and {LONGEST_NAME} are allowed"),
    ):  # fmt: skip
        stranger = room.visit("stranger")
        stranger.say(name + b"\n")
        stranger.must_be_turned_away(what)
        room.happened = f"{what}, and was turned away, of which nobody else hears"
        ada.line(b"who was that?")
    hasty = room.visit("hasty")
    hasty.say(b"hast")
    hasty.leave()
    room.happened = "A client left before its name was whole: it was never there"
    grace.line(b"nobody, it seems")
    longest = "x" * LONGEST_NAME
    (polite,) = room.join(longest)
    polite.line(b"a long name, and allowed")
    room.join("Ada")  # names are bytes: another one


@scene(2, "bytes that are no text, words that mean nothing here, a name from the protocol")
def _bytes(room: Room) -> None:
    ada, grace = room.join("ada", "grace")
    noise = bytes(judged for judged in room.judge.chance.sample(range(128, 256), 8))
    for line in (
        b"\x00 \xff" + noise,
        b" two  blanks ",
        b"quit",
        b"/leave",
        b"* grace left",
        b"grace: it was me",
        b"! no",
        b"a\rb",
    ):
        ada.line(line)
    grace.line(b"b''")


@scene(2, "one who breaks off between two lines, another one in the middle of a line")
def _break_off(room: Room) -> None:
    ada, grace, linus = room.join("ada", "grace", "linus")
    linus.line(b"I must go")
    linus.break_off()
    room.happened = "linus broke his connection off (RST)"
    room.all_hear(b"* linus left\n", by=linus)
    ada.line(b"he was in a hurry")
    (linus,) = room.join("linus")
    linus.say(b"half a li")
    linus.peer.wait_until_taken()
    room.happened = "linus closed his connection in the middle of a line, and what has no newline is no line"
    linus.leave()
    room.all_hear(b"* linus left\n", by=linus)
    grace.line(b"was that all?")


@scene(2, "nothing happens for a while")
def _idle(room: Room) -> None:
    ada, grace = room.join("ada", "grace")
    visitor = room.visit("visitor")
    try:
        room.rest()
        room.judge.be_slow(room.call)
    except Spins as error:
        raise spinning(room, error) from error
    if fell := ended(room):
        raise fell
    room.happened = "Nobody had said anything for a moment, which is no end"
    ada.line(b"is anybody still here?")
    grace.line(b"I am")
    visitor.say(b"visitor\n")
    visitor.has_joined()
