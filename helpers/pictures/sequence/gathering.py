"""Which conversations are alike: of many clients that do the same, one is drawn for all, and the one that differs stands beside it.

Comes in: parties (a conversation, or a socket that has none), each with its calls, in the order of the picture. Goes out: `Crowd`s. Only `lanes` asks here.

What is compared is what each did, in its own order. When it did so is luck, and how the system cut its bytes is: several receives in a row are one, and a socket that does not
block may ask as often as it likes. Only who was held up much longer than the others is told apart from them by the clock (`_HELD_UP`).
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

from helpers.pictures.telling.routes import closes
from helpers.recording.events import Event
from helpers.words import many, times

FROM = 4
"""So many that are alike are drawn as one."""
_NEAR = 16
"""Bytes by which texts of one kind may differ: a name, a number."""
_HELD_UP = 0.15
"""Seconds: whoever waited longer than that at a time, and `_LONGER` times as long as any of the others, differs. On a busy machine all wait, more or less."""
_LONGER = 2


@dataclasses.dataclass(frozen=True, eq=False)
class Party:
    """A conversation, or (`talk` is None) a socket without one."""

    talk: int | None
    """The index of the conversation."""
    sockets: frozenset[int]
    """Its ends, by their numbers: those that take part in nothing else."""
    between: tuple[Hashable, ...]
    """Who talks with whom. Only what is said between the same is alike."""
    row: Hashable
    """Those that came one after the other, each when the last was gone, have the same."""
    client: int | None
    """The number of the client's socket, where it is known."""
    server: int | None
    calls: tuple[Event, ...]

    @functools.cached_property
    def steps(self) -> tuple[list[_Step], list[_Step]]:
        """What each end did, in its order: the client, and the server."""
        ends: tuple[list[Event], list[Event]] = ([], [])
        for event in self.calls:
            if event.error != "BlockingIOError":
                ends[event.socket.number != self.client].append(event)
        client, server = ([_step(name, list(run)) for name, run in itertools.groupby(calls, _name)] for calls in ends)
        return client, server


@dataclasses.dataclass(frozen=True)
class Crowd:
    """Parties that are alike. The first stands for all."""

    members: tuple[Party, ...]
    same: str
    """How far they are alike, in words."""

    @property
    def drawn(self) -> Party:
        return self.members[0]

    @property
    def hidden(self) -> tuple[Party, ...]:
        return self.members[1:]

    @property
    def count(self) -> int:
        return len(self.members)

    @functools.cached_property
    def made(self) -> frozenset[int]:
        """The calls that are drawn for all, by their `order`."""
        return frozenset(event.order for event in self.drawn.calls)

    def words(self, one: str) -> str:
        """What is said of it; `one`: a client, or what it is that there are many of."""
        return f"{many(self.count, one)} {self.same}: one is drawn for all, and marked ×{self.count:,}."

    def sent(self) -> tuple[int, int]:
        """The bytes that went from all the clients to the servers, and back: those that were sent, or received of somebody who is not known."""
        there = back = 0
        for party in self.members:
            for event in party.calls:
                if event.peek or not (event.sends or event.receives):
                    continue
                by_client = event.socket.number == party.client
                known = party.client if by_client is event.sends else party.server
                if event.sends or known is None:
                    there += event.size if by_client is event.sends else 0
                    back += event.size if by_client is not event.sends else 0
        return there, back


class _Step(NamedTuple):
    """Calls of one kind in a row."""

    name: Hashable
    calls: int
    size: int
    kind: int
    """The first byte, where it is a mark such as `*` or `!`; 0: a letter, a digit, or no text."""


@dataclasses.dataclass(frozen=True)
class Look:
    """How closely parties are compared."""

    same: str
    shape: Callable[[Party], Hashable]
    """What must be equal."""
    sized: bool = False
    """Whether the sizes must be near as well."""


def gather(parties: Sequence[Party], look: Look) -> list[Crowd]:
    """The crowds, in the order of their first members."""
    by_shape: dict[Hashable, list[Party]] = collections.defaultdict(list)
    for party in parties:
        by_shape[party.between, look.shape(party)].append(party)
    crowds = []
    for alike in by_shape.values():
        for near in _near_sizes(alike) if look.sized and len(alike) >= FROM else [alike]:
            for group in _apart_by_time(near):
                if len(group) >= FROM and len({party.row for party in group}) > 1:
                    crowds.append(Crowd(tuple(group), _same(look, group)))
    place = {id(party): at for at, party in enumerate(parties)}
    return sorted(crowds, key=lambda crowd: place[id(crowd.drawn)])


def _same(look: Look, group: list[Party]) -> str:
    if not look.sized:
        return look.same
    texts = {tuple(event.data for event in party.calls if event.sends or event.says) for party in group}
    return look.same if len(texts) == 1 else f"{look.same}, but for the bytes"


# What each did


def _name(event: Event) -> tuple[object, ...]:
    what = "recv" if event.receives else event.call
    how = event.how if event.call in ("shutdown", "close") else None
    came = event.size > 0 if event.receives or event.sends else None
    return what, event.error, event.ended is None, event.peek, came, event.reset, event.forgotten, how


def _step(name: Hashable, run: list[Event]) -> _Step:
    first = run[0]
    moves = first.sends or first.receives
    kind = first.data[0] if moves and first.data else 0
    # A send may be cut as the system likes; each `sendall` is the program's own.
    calls = sum(event.call == "sendall" for event in run)
    size = sum(event.size for event in run) if moves else 0
    return _Step(name, calls, size, kind if chr(kind) in "!#$%&*+-/:;<=>?@[]{}~" else 0)


def _same_calls(party: Party) -> Hashable:
    return tuple(tuple((s.name, s.calls, s.kind) for s in steps) for steps in party.steps)


def _same_kinds(party: Party) -> Hashable:
    return tuple(tuple(s.name for s in steps) for steps in party.steps)


def _same_until_the_end(party: Party) -> Hashable:
    return _same_kinds(dataclasses.replace(party, calls=tuple(event for event in party.calls if not _ends(event))))


def _same_in_any_order(party: Party) -> Hashable:
    names = ((event.socket.number == party.client, _name(event)) for event in party.calls if not _ends(event))
    return frozenset(each for each in names if each[1][1] != "BlockingIOError")


def _ends(event: Event) -> bool:
    return closes(event) or event.call in ("shutdown", "close") or event.end_of_stream or event.broken


LOOKS = (
    Look("did the same", _same_calls, sized=True),
    Look("made the same calls, but for how often and how many bytes", _same_kinds),
    Look(
        "made the same calls, but for how often, how many bytes, and how their connections ended", _same_until_the_end
    ),
    Look("made the same kinds of calls, each in an order of its own", _same_in_any_order),
)
"""From the closest on. The first that leaves no more lanes than there is room for is taken."""


# How somebody differs


def difference(party: Party, crowd: Crowd) -> str:
    """What the conversation of a client has, or lacks, that those of the crowd have not, or have: the first that would be noticed."""
    mine, theirs = _noticed(party), _noticed(crowd.drawn)
    unlike = ", unlike the others"
    for error in sorted(mine.errors - theirs.errors):
        return f"met {error}{unlike}"
    if mine.reset and not theirs.reset:
        return f"ended with RST{unlike}"
    if mine.waits and not theirs.waits:
        return f"had not come back from {mine.waits}{unlike}"
    amounts = (("sent", mine.sent, theirs.sent), ("received", mine.received, theirs.received))
    for done, here, there in amounts:
        if not here and there:
            return f"{done} nothing{unlike}"
        if here and not there:
            return f"{done} {many(here, 'byte')}, the others nothing"
    if mine.sends != theirs.sends:
        return f"sent {times(mine.sends)}, the others {times(theirs.sends)}"
    for done, here, there in amounts:
        if not _is_near(here, there):
            return f"{done} {many(here, 'byte')}, the others about {there:,} each"
    if _same_calls(party) == _same_calls(crowd.drawn) and _longest_pause(party) > _HELD_UP:
        return f"took longer{unlike}"
    return f"made other calls{unlike}, or in another order"


class _Noticed(NamedTuple):
    """What a look at the calls of a conversation shows first."""

    errors: frozenset[str]
    reset: bool
    sends: int
    sent: int
    received: int
    waits: str


def _noticed(party: Party) -> _Noticed:
    ours = [event for event in party.calls if event.socket.number == party.client]
    return _Noticed(
        frozenset(e.error for e in party.calls if e.error and e.error != "BlockingIOError" and not e.broken),
        any(e.reset or e.broken for e in party.calls),
        sum(e.call == "sendall" for e in ours),
        sum(e.size for e in ours if e.sends),
        sum(e.size for e in ours if e.receives and not e.peek),
        next((f"{e.call}()" for e in ours if e.ended is None), ""),
    )


# How much


def _near_sizes(parties: Iterable[Party]) -> list[list[Party]]:
    """Those that are near in size to the first of them, in each step."""
    groups: list[tuple[list[int], list[Party]]] = []
    for party in parties:
        sizes = [step.size for steps in party.steps for step in steps]
        for first, group in groups:
            if all(map(_is_near, first, sizes)):
                group.append(party)
                break
        else:
            groups.append((sizes, [party]))
    return [group for _, group in groups]


def _is_near(one: int, other: int) -> bool:
    return max(one, other) <= min(one, other) * 1.5 + _NEAR


# How long


def _apart_by_time(group: list[Party]) -> list[list[Party]]:
    """Without those, if they are few, that were held up much longer than all the others; those for themselves."""
    if len(group) < FROM:
        return [group]
    waits = sorted(map(_longest_pause, group))
    for few in range(1, len(group) // FROM + 1):
        most, least = waits[-few - 1], waits[-few]
        if least > max(_HELD_UP, _LONGER * most):
            late = [party for party in group if _longest_pause(party) >= least]
            return [[party for party in group if _longest_pause(party) < least], late]
    return [group]


def _longest_pause(party: Party) -> float:
    """The longest time between two calls of its client that came back, or of its server, where nothing is known of the client."""
    ends = [e.ended for e in party.calls if e.ended is not None and e.socket.number == party.client]
    ends = ends or [e.ended for e in party.calls if e.ended is not None]
    ends.sort()
    return max((after - before for before, after in itertools.pairwise(ends)), default=0.0)
