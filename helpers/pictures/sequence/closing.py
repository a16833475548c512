"""How connections end: each FIN and RST, from which lane to which.

Comes in: the calls of both ends of a conversation, or what links did on its way. Goes out: `Signal`s. Only the `Scene` asks here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from helpers.pictures.telling.routes import Path, closes, ends_sending
from helpers.recording.events import End, Event


class Signal(NamedTuple):
    """A FIN or an RST on its way, from lane to lane. One of its ends may not be a call: then it is None."""

    reset: bool
    name: str
    sender: int
    """The lane it comes from."""
    receiver: int
    sent: Event | None
    met: Event | None
    """The call that tells of it: a receive that returns b'', or an error."""
    leg: int = 0
    """On its way through links: which part of the way, counted from `sent`."""
    legs: int = 1
    """Into how many parts the way is divided beside `sent`."""
    held: float = 0.0
    """Seconds that a link held it before this part."""
    talk: int | None = None
    """The conversation, if it goes through links."""
    passed_on: bool = False
    """Whether a link passes it on, which it has come to."""
    answers: Event | None = None
    """The send that it answers: whoever it was for has closed."""


class Calls(NamedTuple):
    """The calls that are drawn, as far as the end of a connection is read off them."""

    of_socket: Mapping[int, Sequence[Event]]
    """By the number of the socket."""
    rank: Mapping[int, int]
    """The place of each call among all that are told, by its `order`."""
    unread: Mapping[int, int]
    """Bytes of each send that nobody received, by its `order`."""

    def of(self, end: End | None) -> Sequence[Event]:
        return self.of_socket[end.number] if end is not None else ()

    def at(self, event: Event) -> int:
        return self.rank[event.order]


class _Ending(NamedTuple):
    """The calls that say how one direction ends."""

    fin: Event | None
    """Of the sender: it sends no more."""
    rst: Event | None
    """Of the sender: it breaks off."""
    ended: Event | None
    """Of the receiver: it returns b''."""
    broken: Event | None
    """Of the receiver: it raises that the connection is broken off."""


def closing(end: End | None, peer: End | None, lanes: tuple[int, int], calls: Calls) -> Iterator[Signal]:
    """The FIN and the RST that `end` sends to `peer` directly; `lanes`: those of both."""
    mine, theirs = calls.of(end), calls.of(peer)
    fin, rst, ended, broken = _ending(mine, theirs, [event for event in theirs if event.reset], calls)
    if fin is not None and ended is None and _breaks_off(fin, broken, theirs, calls):
        fin, rst = None, fin
    # The ends of a pair say the same to each other, but not in segments of TCP.
    either = end or peer
    pair = either is not None and either.role == "pair"
    if fin is not None or ended is not None:
        yield Signal(False, "end of stream" if pair else "FIN", *lanes, fin, ended)
    closed = end is None or not mine or any(map(closes, mine))
    answered = _answered(mine, theirs, calls) if rst is None else None
    if answered is not None and broken is not None and calls.at(broken) < calls.at(answered):
        broken = None
    if rst is not None or answered is not None or (broken is not None and closed):
        yield Signal(True, "broken off" if pair else "RST", *lanes, rst, broken, answers=answered)


def passing(way: Path, lanes: tuple[int, ...], calls: Calls) -> Iterator[Signal]:
    """The FIN and the RST of one direction through links, from lane to lane of `lanes`: each up to where it came."""
    theirs = calls.of(way.receiver)
    fin, rst, ended, broken = _ending(calls.of(way.sender), theirs, (), calls)
    alive = way.receiver is not None and not any(map(closes, theirs))
    for reset, sent, met, passed, onward in (
        (False, fin, ended, way.passes_fin, way.passes_fin),
        (True, rst, broken if way.closed else None, way.passes_reset, way.resets),
    ):
        goes_through = met is not None or (onward and alive)
        signal = Signal(
            reset, "RST" if reset else "FIN", lanes[0], lanes[1], None, None, talk=way.talk, passed_on=passed
        )
        if sent is not None:
            yield from _from_lane_to_lane(signal._replace(sent=sent, met=met), way, lanes, goes_through)
        elif met is not None:
            held = way.fins[-1] if not reset else None
            yield signal._replace(sender=lanes[-2], receiver=lanes[-1], met=met, leg=len(lanes) - 2, held=held or 0.0)


def _from_lane_to_lane(signal: Signal, way: Path, lanes: tuple[int, ...], goes_through: bool) -> Iterator[Signal]:
    """`signal` on each part of its way; only the last part ends at the call that met it."""
    reached = len(lanes) - 1 if goes_through else 1
    first = 0 if lanes[0] != lanes[1] and way.sender is not None else 1
    for leg in range(first, reached):
        last = signal.met if leg == len(lanes) - 2 else None
        held = way.fins[leg - 1] if leg and not signal.reset else None
        yield signal._replace(
            sender=lanes[leg],
            receiver=lanes[leg + 1],
            sent=signal.sent if last is None else None,
            met=last,
            leg=leg,
            legs=reached - (signal.met is not None),
            held=held or 0.0,
        )


def _ending(mine: Sequence[Event], theirs: Sequence[Event], resets: Iterable[Event], calls: Calls) -> _Ending:
    """How the direction from `mine` to `theirs` ends; `resets`: calls of the peer that broke the connection off."""
    broken_off = [*(event for event in mine if event.broken), *resets]
    # What is closed afterwards sends no FIN any more.
    gone = min(map(calls.at, broken_off), default=len(calls.rank))
    return _Ending(
        next((each for each in mine if ends_sending(each) and not each.reset and calls.at(each) < gone), None),
        next((event for event in mine if event.reset), None),
        next((event for event in theirs if event.end_of_stream), None),
        next((event for event in theirs if event.broken), None),
    )


def _answered(mine: Sequence[Event], theirs: Sequence[Event], calls: Calls) -> Event | None:
    """The first send of the peer that came after the close: the system has nobody to give it to, and answers with an RST.

    Bytes that came before it would have been unread when it closed: then it breaks the connection off itself.
    """
    close = next((event for event in mine if closes(event) and not event.error), None)
    if close is None or close.reset:
        return None
    return next((event for event in theirs if calls.unread[event.order] and _follows(event, close)), None)


def _follows(event: Event, before: Event) -> bool:
    """Whether it began when the other had ended, by the clock."""
    return event.begun is not None and before.ended is not None and event.begun >= before.ended


def _breaks_off(close: Event, broken: Event | None, theirs: Sequence[Event], calls: Calls) -> bool:
    """Whether a close that nobody called left bytes unread: they were there before, or the peer met an RST that no later send of its own had called for."""
    if not close.forgotten:
        return False
    sends = [event for event in theirs if event.sends and event.size]
    if any(calls.unread[event.order] and _follows(close, event) for event in sends):
        return True
    begin, end = calls.at(close), calls.at(broken) if broken is not None else -1
    if end < begin:
        return False
    provoked = any(begin < calls.at(event) < end for event in sends)
    return not provoked or any(calls.unread[event.order] for event in sends if calls.at(event) < begin)
