"""The members of a room, as clients of a load: what one says is heard by all others, and it waits until the last of them has heard it.

Comes in: lines of the room's protocol. Goes out: how long each line was on its way to all. Who may import it: `driving`. They begin to talk when all are in, so that everybody is to hear
everything: each has one line under way at a time, and what comes must be that line.
"""

from __future__ import annotations

from helpers.measuring.clients import SHOWN, Client, Driver, Slow, now
from helpers.measuring.outcome import SERVED, WRONG


class Room:
    """Those that ask to be let in, and what they say once they are."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.members: dict[bytes, Member] = {}
        self.talks = False

    @property
    def complete(self) -> bool:
        """Whether all are in, or never will be."""
        return all(member.is_in or member.end for member in self.members.values())

    def begin(self) -> None:
        """Let those talk that are in. One that is alone has nobody to be heard by."""
        self.talks = True
        inside = [member for member in self.members.values() if member.is_in and not member.end]
        for member in inside if len(inside) > 1 else []:
            member.hears(inside)
        for member in inside if len(inside) > 1 else []:
            self.driver.is_next(member)

    def miss(self, member: Member) -> None:
        """It is gone: what it has not heard, it never will."""
        for other in self.members.values():
            if (
                other is not member
                and other.is_talking
                and member.heard.get(other.name, other.number_said) < other.number_said
            ):
                other.is_heard(now())


class Member(Client):
    """Gives its name, and when all are in, says one line after another."""

    def __init__(self, number: int, driver: Driver, room: Room) -> None:
        super().__init__(number, driver)
        self.name = name_of(number)
        self.is_in = False
        self.is_talking = False
        self.heard: dict[bytes, int] = {}
        """How many lines it has heard of each other one that talks; empty: it does not take part."""
        self.number_said = 0
        self.text = b""
        self._missing = 0  # how many have not heard it yet
        self._rest = b""  # of a line that has not come whole
        self._has_left = False
        self._room = room
        room.members[self.name] = self

    def hears(self, others: list[Member]) -> None:
        """These will talk."""
        self.heard = dict.fromkeys((other.name for other in others if other is not self), 0)

    def speak(self) -> None:
        if self._has_left:
            return
        self.is_talking = True
        self.asked = now()
        self.number_said += 1
        self.text = self.driver.plan.line(self.number, self.number_said)
        self._missing = sum(self.name in other.heard and not other._has_left for other in self._room.members.values())
        if self._missing:
            self.say(self.text + b"\n")

    def is_heard(self, moment: float) -> None:
        """One more has heard it, by `moment`, or is gone."""
        self._missing -= 1
        if self._missing:
            return
        self.driver.answered(self, moment)

    def said_all(self) -> None:
        self.is_talking = False
        self.end = SERVED  # it stays, and hears what others say
        self.driver.finished()

    def finish(self, end: str, detail: str = "") -> None:
        if self._has_left:
            return
        self._has_left = True
        self.is_talking = False
        if self.end:
            self.close()
        else:
            super().finish(end, detail)
        self._room.miss(self)

    def _begin(self) -> None:
        self.say(self.name + b"\n")

    def _take(self, data: bytes, moment: float) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._has_left:
                return
            if line.startswith(b"! "):
                self.finish(WRONG, f"{line[:SHOWN]!r}, and was not let in")
            elif line.startswith(b"* "):
                self.is_in = self.is_in or line == b"* %b joined" % self.name
            elif self.heard:
                self._hear(line, moment)

    def _hear(self, line: bytes, moment: float) -> None:
        name, _, text = line.partition(b": ")
        other = self._room.members.get(name)
        if other is None:
            return  # somebody else is in the room
        if other is self:
            self.finish(WRONG, f"{line[:SHOWN]!r}, which it had said itself")
        elif text != other.text or self.heard.get(name) != other.number_said - 1:
            self.finish(WRONG, f"{line[:SHOWN]!r}, which was not said, or not now")
        else:
            self.heard[name] += 1
            other.is_heard(moment)


class SlowMember(Slow):
    """Gives its name, and reads nothing."""

    def _begin(self) -> None:
        self._block = memoryview(name_of(self.number) + b"\n")
        self._write()

    def _write(self) -> None:
        self._poured += self.sock.send(self._block[self._poured :])
        if self._poured == len(self._block):
            self._wait_for(0)


def name_of(number: int) -> bytes:
    """Of the member of that number."""
    return b"client%d" % number
