"""The chat as the judge has it: a room that remembers what is said, welcomes newcomers with it, and knows private lines.

Comes in: a server's address and call. Goes out: `Fell`. Who may import it: the scenes, and the exercise.
"""

from __future__ import annotations

import contextlib
import re

from helpers.checking.bounds import Rest
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, Hangs, shown
from helpers.exercises.lesson20.chat.history import History, mistake
from helpers.exercises.rooms import Member, Room
from helpers.exercises.rooms.room import LONGEST_LINE
from helpers.exercises.rooms.why import piece_mistake, unheard, wrong

NAME = re.compile(rb"[A-Za-z0-9_-]{1,20}")
"""What is none has no member behind it, and what comes after it is nobody's."""


class Chat(Room):
    """A server that speaks the chat's protocol, and its clients."""

    def __init__(self, *of_room: object) -> None:
        super().__init__(*of_room)  # type: ignore[arg-type]
        self.history = History()
        self._names: dict[Member, bytes] = {}
        self._before: dict[Member, list[bytes]] = {}  # the history as it was when they gave their names
        self._begun: dict[Member, bytes] = {}

    def is_told(self, member: Member, data: bytes) -> None:
        """Remember what is said to all."""
        *lines, self._begun[member] = (self._begun.get(member, b"") + data).split(b"\n")
        for line in (each.removesuffix(b"\r") for each in lines):
            if member not in self._names:
                self._names[member], self._before[member] = line, self.history.lines()
            elif NAME.fullmatch(self._names[member]) and not line.startswith(b"@") and len(line) <= LONGEST_LINE:
                self.history.add(b"%s: %s\n" % (self._names[member], line))

    def welcome(self, member: Member) -> None:
        """Fell unless a newcomer hears the history, and then, which the room looks at, that it has joined."""
        joined = b"* %s joined\n" % member.name.encode()
        past = self._before[member]
        want = [*past, joined]

        def differs() -> int | None:
            """Where what came is something else; None: nowhere so far."""
            pairs = enumerate(zip(member.heard, want, strict=False))
            return next((at for at, (got, line) in pairs if got != line), None)

        try:
            self.wait(lambda: member.gone or len(member.heard) >= len(want) or differs() is not None)
        except Hangs as error:
            raise unheard(self, error, member, want[len(member.heard)], member, None) from error
        at = differs()
        if at is None and len(member.heard) < len(want):
            raise unheard(self, None, member, want[len(member.heard)], member, None)
        if at is not None:
            self.settle()
            if member.heard[at].startswith(b"! "):
                raise self._turned_away(member, member.heard[at])
            raise mistake(self.history, past, member.name, member.heard, at)
        del member.heard[: len(want) - 1]

    def _turned_away(self, member: Member, got: bytes) -> Fell:
        said = b"".join(member.said).partition(b"\n")[0] + b"\n"
        why = " A \\r before the newline, as netcat and telnet send it, is no part of the line." if said.endswith(b"\r\n") else ""  # fmt: skip
        return Fell(f"{member.name} gave the name {shown(said)}, which is one, and free, and heard {shown(got)}.{why}", about=[member.name])  # fmt: skip

    def settle(self) -> None:
        """Give the server time to do what there is to do, as far as it does anything."""
        with contextlib.suppress(Hangs):
            self.wait_for_rest(Rest.lasts)

    def mistaken(self, who: Member, got: bytes, want: bytes, by: Member) -> Fell:
        return self._misdirected(who, got, want, by) or wrong(self, who, got, want, by)

    def _misdirected(self, who: Member, got: bytes, want: bytes, by: Member) -> Fell | None:
        """A private line that came to the wrong ears, or as a public one; a line of the past that came again."""
        about = list({who.name, by.name})
        if b": @" in got and got != want:
            return Fell(
                f"{who.name} heard {shown(got)}: a line that begins with b'@' is private, and is never passed on to all.",
                about=about,
            )
        if self._is_for(who, got):
            return Fell(
                f"{who.name} heard {shown(got)} where {shown(want)} was to come: to each member the lines of one sender come in the order in which they were said, private or not. "
                "What is sent past the queue, or the buffer, of a member overtakes what waits there.",
                about=about,
            )
        echo = got.startswith(b"@%s: " % who.name.encode())
        if got.startswith(b"@") and (echo or not want.startswith(b"@")):
            return Fell(
                f"{who.name} heard {shown(got)} where {shown(want)} was to come: a private line is heard by the one to whom it is written, once, and by nobody else; not by who wrote it either.",
                about=about,
            )
        if got.startswith(b"! ") and who.said and not who.said[-1].endswith(b"\n"):
            return Fell(
                f"{who.name} heard {shown(got)}, and had sent {shown(who.said[-1])} and no newline yet: a part of a line was taken for the whole. Keep what has come in a buffer for each client, and take whole lines out of it.",
                piece_mistake(self),
                about,
            )
        if got.startswith(b"! ") and not want.startswith(b"! "):
            return Fell(
                f"{who.name} heard {shown(got)} where {shown(want)} was to come: such a line is for who has made a mistake, and for nobody else.",
                about=about,
            )
        own = who.name.encode() + b": "
        if self.history.holds(got) and self.history.holds(want) and got != want and not got.startswith(own):
            return Fell(
                f"{who.name} heard {shown(got)} where {shown(want)} was to come: a line of the history twice, or one too few. Who comes in between two lines hears the first as history, and the second as anybody does: "
                "to be given the history and to become a member is one step, in which no line may come between.",
                about=about,
            )
        return None

    def _is_for(self, who: Member, got: bytes) -> bool:
        """Whether it is a private line that another member wrote to this one."""
        sender, _, text = got[1:].partition(b": ")
        said = [b"".join(each.said) for each in self.members.values() if each.name.encode() == sender]
        return got.startswith(b"@") and any(b"@%s %s" % (who.name.encode(), text) in each for each in said)

    # What its members do

    def whisper(self, by: Member, to: Member, text: bytes) -> None:
        """Write a private line. Fell unless the one to whom it is written hears it. Whether others do shows by the next line that they are to hear."""
        by.say(b"@%s %s\n" % (to.name.encode(), text))
        to.must_hear(b"@%s: %s\n" % (by.name.encode(), text), by=by)

    def must_be_told(self, who: Member, what: str) -> None:
        """Fell unless it hears one line that begins with "! ". `what`: what it has done."""
        try:
            self.wait(lambda: who.gone or bool(who.heard))
        except Hangs as error:
            told = f"heard {shown(who.rest)}, without a newline" if who.rest else "is told nothing"
            lost = Fell(
                f"{what}, and {told}. Whoever writes to somebody who is not there hears one line that begins with b'! ', and stays in the chat.",
                about=[who.name],
            )
            raise unheard(self, error, who, b"! ", who, lost) from error
        if not who.heard:
            raise unheard(self, None, who, b"! ", who, None)
        if not who.heard[0].startswith(b"! "):
            raise Fell(
                f"{what}, and heard {shown(who.heard[0])}. Whoever writes to somebody who is not there hears one line that begins with b'! ', and nobody else hears anything.",
                about=[who.name],
            )
        del who.heard[0]


def open_chat(
    judge: Judge, *, sparing: bool = False, stuttering: bool = False, small: bool = False, as_left: bool = False
) -> Chat:
    """Start `chat_server(listener)`. `as_left`: again, in the program in which it has run before."""
    return Chat(judge, *judge.listen(sparing=sparing, stuttering=stuttering, small=small, as_left=as_left))
