"""Who takes part in a recording: a lane for each program or server, for each link, and for each socket of the notebook's own.

Comes in: a recording, and its calls in the order of the picture. Goes out: a `Cast`, which does not change any more. The `Scene` makes it.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Container, Iterable, Iterator
from typing import Any, NamedTuple

from helpers.pictures.sequence.gathering import LOOKS, Crowd, Party, difference, gather
from helpers.pictures.telling.order import PictureOrder
from helpers.pictures.telling.relays import Through
from helpers.pictures.telling.routes import Route, closes, waits_at
from helpers.recording.events import Conversation, End, Event
from helpers.words import visible

MOST = 6
"""Lanes that are drawn. Of more, one fewer, and a line that says how many there are."""

LONGEST = 40
"""Characters of a participant's name."""

_Key = tuple[str, Any]
_Path = tuple[_Key, ...]
"""The lanes of a conversation, from the client's to the server's, through those of links."""
_AWAY = "in another process"
_PERHAPS = "perhaps"
"""In place of a side: nobody knows whether it is there."""
_LINK = "link"
_ANYBODY: _Key = ("anybody", None)
"""In the place of a lane that may be anybody's, where it is asked whether parties are alike."""


@dataclasses.dataclass(frozen=True)
class Lane:
    """One participant."""

    title: str
    away: bool = False
    """Whether it is in another process, and nothing is known of its calls."""
    shared: bool = False
    """Whether it is that of several clients, one after the other."""
    closes: int | None = None
    """Where the lane is one socket: the `order` of the call that closes it."""
    link: bool = False
    """Whether it is a link's: no program, but a piece of network."""
    crowd: Crowd | None = None
    """Whom it stands for, where that are many."""
    differs: str = ""
    """How it differs from a crowd that talks with the same."""


@dataclasses.dataclass(frozen=True)
class Cast:
    """The lanes from left to right. What speaks of a lane gives its place among them."""

    lanes: list[Lane]
    lane: dict[int, int]
    """The lane of each socket, by its number. Those of sockets without a lane are missing."""
    ways: dict[int, tuple[int, int]]
    """The lanes of the client and the server of each conversation, by its index; those that are drawn."""
    links: dict[int, tuple[int, ...]]
    """The lanes of the links on its way, from the client to the server; of conversations that have some."""
    talk: dict[int, int]
    """The conversation that an event belongs to, by its `order`."""
    clients: dict[int, int | None]
    """The socket at the client's end of each conversation, by its number; None: in another process."""
    marks: dict[int, int]
    """A number for each conversation; empty where every lane has only one."""
    missing: int
    """Lanes that are left out."""
    crowds: dict[int, Crowd]
    """Those for whom a conversation stands, by its index."""
    hidden: frozenset[int]
    """The calls of theirs that are not drawn, by their `order`."""

    def of(self, event: Event) -> int | None:
        """The lane that `event` stands on; None where it, or whom it talks with, is left out."""
        talk = self.talk.get(event.order)
        return self.lane.get(event.socket.number) if talk is None or talk in self.ways else None

    def crowd(self, event: Event) -> Crowd | None:
        """Those that all made such a call."""
        talk = self.talk.get(event.order)
        if talk is not None:
            crowd = self.crowds.get(talk)
            return crowd if crowd is not None and event.order in crowd.made else None
        lane = self.of(event)
        return self.lanes[lane].crowd if lane is not None else None

    def everybody(self) -> list[Crowd]:
        """Every crowd, once."""
        lanes = [lane.crowd for lane in self.lanes if lane.crowd is not None and lane.crowd.drawn.talk is None]
        return [*self.crowds.values(), *lanes]

    def peer(self, event: Event) -> int | None:
        """The lane that it talks with."""
        ways = self.ways.get(self.talk.get(event.order, -1))
        if ways is None:
            return None
        return ways[1] if ways[0] == self.of(event) else ways[0]

    def neighbour(self, event: Event) -> int | None:
        """The lane at the other end of its connection: that of whom it talks with, or of a link on the way there."""
        links = self.links.get(self.talk.get(event.order, -1))
        if not links:
            return self.peer(event)
        return links[0] if self.is_client(event) else links[-1]

    def is_client(self, event: Event) -> bool:
        """Whether it was called at the client's end of its conversation."""
        return self.clients.get(self.talk.get(event.order, -1)) == event.socket.number

    def outer_side(self, event: Event) -> int:
        """The side of its lane that is away from whom it talks with: -1 left, 1 right."""
        lane, peer = self.of(event), self.neighbour(event)
        if lane == 0:
            return -1
        if lane is None or lane == len(self.lanes) - 1:
            return 1
        if peer is None or peer == lane:
            return 1 if any(lane == server for _, server in self.ways.values()) else -1
        return 1 if peer < lane else -1


def cast(recording: Through, told: PictureOrder) -> tuple[Cast, PictureOrder]:
    """Give everybody in `recording` a lane: a client left of the server that it talks to, otherwise in the order in which they come up. With it comes the order of what is left to tell."""
    talks: list[Conversation] = list(recording.conversations)
    told_calls = {event.order for event in told.calls}
    order = sorted(range(len(talks)), key=lambda at: told.talks.get(at, len(talks)))
    ends = _ends(recording.events, talks)
    keys = _keys(ends, recording.events, talks)
    order = [at for at in order if not told_calls.isdisjoint(event.order for event in talks[at].events)]
    paths = {at: _path(talks[at], recording.routes.get(at), keys, ends) for at in order}
    parties = _parties(talks, keys, paths, told)
    everybody = _in_order_of_discovery(keys, paths, told)
    tableau = _gathered(_Tableau(keys, paths, everybody, parties, []), told, ends)
    if hidden := frozenset(e.order for crowd in tableau.crowds for party in crowd.hidden for e in party.calls):
        told = told.without(hidden)
    return _placed(recording, tableau, everybody, hidden, told, ends), told


def _placed(
    recording: Through,
    tableau: _Tableau,
    everybody: list[_Key],
    hidden: frozenset[int],
    told: PictureOrder,
    ends: dict[int, End],
) -> Cast:
    """Whoever is left, from left to right. `everybody`: all there are."""
    keys, paths = tableau.keys, tableau.paths
    found = _in_order_of_discovery(keys, paths, told)
    chosen = found if len(found) <= MOST else _first_talkers(found, paths, {c.drawn.talk for c in tableau.crowds})
    chosen = _clients_left(chosen, [leg for path in paths.values() for leg in itertools.pairwise(path)])
    place = {key: at for at, key in enumerate(chosen)}
    drawn = {at: tuple(place[key] for key in path) for at, path in paths.items() if place.keys() >= set(path)}
    crowd_of = {key: crowd for crowd in tableau.crowds for key in _lanes_of(crowd, keys, paths)}
    # What is drawn is numbered from left to right; what does not fit, afterwards. Beside a crowd everybody keeps the number that was theirs before.
    numbered = [*everybody, *found] if crowd_of else [*chosen, *found]
    titles = _titles(numbered, keys, ends, told)
    for key, crowd in crowd_of.items():
        titles[key] = f"{one_of(crowd)} ×{crowd.count:,}"
    differs = dict(_different(tableau))
    closed_by = {e.socket.number: e.order for e in told.events if closes(e) and not e.error}
    lanes = [
        Lane(
            visible(titles[key])[:LONGEST],
            key[0] == _AWAY,
            key[0] == "clients",
            closed_by.get(key[1]) if key[0] == "socket" else None,
            key[0] == _LINK,
            crowd_of.get(key),
            differs.get(key, ""),
        )
        for key in chosen
    ]
    crowds = {crowd.drawn.talk: crowd for crowd in tableau.crowds if crowd.drawn.talk is not None}
    return Cast(
        lanes,
        {number: place[key] for number, key in keys.items() if key in place},
        {at: (lanes_of[0], lanes_of[-1]) for at, lanes_of in drawn.items()},
        {
            at: tuple(lane for lane in lanes_of if lanes[lane].link)
            for at, lanes_of in drawn.items()
            if at in recording.routes
        },
        told.talk_of,
        {
            at: end.number if (end := talk.client) is not None else None
            for at, talk in enumerate(recording.conversations)
        },
        _marks(drawn, lanes, crowds),
        len(found) - len(chosen),
        crowds,
        hidden,
    )


class _Tableau(NamedTuple):
    """Who might have a lane, and what goes through which lanes."""

    keys: dict[int, _Key]
    paths: dict[int, _Path]
    found: list[_Key]
    parties: list[Party]
    crowds: list[Crowd]


def _gathered(whole: _Tableau, told: PictureOrder, ends: dict[int, End]) -> _Tableau:
    """Those that are alike in one lane, compared as closely as there is room for."""
    for look in LOOKS:
        crowds = gather(whole.parties, look)
        hidden = {party for crowd in crowds for party in crowd.hidden}
        gone = {number for party in hidden for number in party.sockets}
        talks = {party.talk for party in hidden}
        keys = {number: key for number, key in whole.keys.items() if number not in gone}
        paths = {at: path for at, path in whole.paths.items() if at not in talks}
        found = _in_order_of_discovery(keys, paths, told)
        if len(found) > MOST:
            crowded = {crowd.drawn.client for crowd in crowds}
            keys, paths = _share(keys, paths, told, ends, crowded)
            found = _in_order_of_discovery(keys, paths, told)
        if len(found) <= MOST:
            break
    parties = [party for party in whole.parties if party not in hidden]
    return _Tableau(keys, paths, found, parties, crowds)


def _parties(
    talks: list[Conversation], keys: dict[int, _Key], paths: dict[int, _Path], told: PictureOrder
) -> list[Party]:
    """Every conversation, and every socket that has none, in the order of the picture."""
    used = collections.Counter(key for path in paths.values() for key in set(path))
    uses = collections.Counter(end.number for at in paths for end in (talks[at].client, talks[at].server) if end)
    members = collections.Counter(keys.values())
    mine: dict[int, list[Event]] = collections.defaultdict(list)
    alone: dict[int, list[Event]] = collections.defaultdict(list)
    for event in told.calls:
        if (talk := told.talk_of.get(event.order)) is not None:
            if uses[event.socket.number] < 2 or not _is_nobodys(event):
                mine[talk].append(event)
        elif keys.get(event.socket.number, ("",))[0] == "socket":
            alone[event.socket.number].append(event)
    rows = _rows(told.calls)

    def lane(key: _Key) -> _Key:
        """What a lane is known by, where it may be anybody's: one socket, or a program with one, that does nothing else."""
        anybody = used[key] == 1 and (key[0] == "socket" or (key[0] == "program" and members[key] == 1))
        return _ANYBODY if anybody else key

    parties = []
    for at, path in paths.items():
        found = talks[at]
        client, server = (end.number if end is not None else None for end in (found.client, found.server))
        own = frozenset(number for number in (client, server) if number is not None and uses[number] == 1)
        row = rows.get(client, client) if client is not None else -at
        parties.append(Party(at, own, tuple(map(lane, path)), row, client, server, tuple(mine[at])))
    for number, calls in alone.items():
        if not used[keys[number]]:
            parties.append(Party(None, frozenset([number]), (_ANYBODY,), rows[number], number, None, tuple(calls)))
    return parties


def _is_nobodys(event: Event) -> bool:
    """Whether this call of a datagram socket that talks with many is about none of them: it was made, bound or closed, or nothing came to it."""
    if event.socket.role != "datagram" or event.sends:
        return False
    return not event.receives or event.ended is None or event.error is not None


def _rows(events: Iterable[Event]) -> dict[int, int]:
    """For each socket a number: the same as that of the one before it in its thread, if that was closed by then."""
    rows: dict[int, int] = {}
    row: dict[object, int] = {}
    busy: dict[object, set[int]] = collections.defaultdict(set)
    for event in events:
        number, thread = event.socket.number, (event.program, event.thread, event.thread_number)
        if number not in rows:
            rows[number] = row[thread] = number if busy[thread] else row.get(thread, number)
        busy[thread].add(number)
        if closes(event):
            busy[thread].discard(number)
    return rows


def _lanes_of(crowd: Crowd, keys: dict[int, _Key], paths: dict[int, _Path]) -> list[_Key]:
    """Those that nobody else has."""
    party = crowd.drawn
    path = paths[party.talk] if party.talk is not None else (keys[party.client or 0],)
    return [key for key, whose in zip(path, party.between, strict=True) if whose == _ANYBODY]


def _different(tableau: _Tableau) -> Iterator[tuple[_Key, str]]:
    """The clients that differ from a crowd, and how."""
    crowds = {crowd.drawn.between: crowd for crowd in reversed(tableau.crowds)}
    standing = {id(crowd.drawn) for crowd in tableau.crowds}
    for party in tableau.parties:
        crowd = crowds.get(party.between)
        if crowd is None or id(party) in standing or party.between[0] != _ANYBODY:
            continue
        key = tableau.paths[party.talk][0] if party.talk is not None else tableau.keys[party.client or 0]
        yield key, difference(party, crowd)


def one_of(crowd: Crowd) -> str:
    """What it is that there are many of."""
    if _ANYBODY not in crowd.drawn.between:
        return "connection"
    role = next((event.socket.role for event in crowd.drawn.calls), "client")
    return {"datagram": "UDP socket", "pair": "end"}.get(role, "client")


def _ends(events: Iterable[Event], talks: Iterable[Conversation]) -> dict[int, End]:
    ends = [end for event in events for end in (event.accepted, event.socket) if end is not None]
    ends += [end for talk in talks for end in (talk.client, talk.server) if end is not None]
    return {end.number: end for end in ends}


def _keys(ends: dict[int, End], events: Iterable[Event], talks: Iterable[Conversation]) -> dict[int, _Key]:
    """For each socket what its lane is known by."""
    # A ready-made server binds and listens before its threads begin: it is theirs nevertheless.
    owners = {event.socket.number: event.program for event in events if event.call == "accept" and event.program}
    keys: dict[int, _Key] = {}
    for number, end in ends.items():
        listener = ends.get(end.listener or 0) if end.role == "server" else None
        program = end.program or owners.get(number) or (listener and (listener.program or owners.get(listener.number)))
        if program:
            keys[number] = ("program", program)
        elif end.role == "server":
            keys[number] = ("listening", end.listener)
        else:
            keys[number] = ("listening" if end.role == "listening" else "socket", number)
    return keys


def _path(talk: Conversation, route: Route | None, keys: dict[int, _Key], ends: dict[int, End]) -> _Path:
    if route is None:
        return _client(talk, keys), _server(talk, keys, ends)
    met: collections.Counter[str] = collections.Counter()
    path: list[_Key] = [_client(route.first, keys)] if route.first is not None else []
    for relay in route.relays:
        path.append((_LINK, (relay.name, met[relay.name])))  # two in a row may have the same name
        met[relay.name] += 1
    return *path, *([_server(route.last, keys, ends)] if route.last is not None else [])


def _client(talk: Conversation, keys: dict[int, _Key]) -> _Key:
    return keys[talk.client.number] if talk.client is not None else (_AWAY, "left")


def _server(talk: Conversation, keys: dict[int, _Key], ends: dict[int, End]) -> _Key:
    """Of a connection that nobody has accepted yet, the server is whoever listens there."""
    if talk.server is not None:
        return keys[talk.server.number]
    listener = waits_at(talk, ends.values())
    if listener is not None:
        return keys.get(listener, ("listening", listener))
    return _AWAY, _PERHAPS if _has_never_answered(talk) else "right"


def _has_never_answered(talk: Conversation) -> bool:
    """Whether datagrams went to an address from which none came: nobody may be there. (A stream has been answered, with a handshake at least.)"""
    sends_datagrams = talk.client is not None and talk.client.role == "datagram"
    return sends_datagrams and all(flow.received is None for flow in talk.flows)


def _in_order_of_discovery(keys: dict[int, _Key], paths: dict[int, _Path], told: PictureOrder) -> list[_Key]:
    drawn = {event.socket.number for event in told.calls}
    seen = sorted(drawn, key=told.sockets.__getitem__)
    in_paths = [key for path in paths.values() for key in path]
    return list(dict.fromkeys([keys[number] for number in seen if number in keys] + in_paths))


def _share(
    keys: dict[int, _Key],
    paths: dict[int, _Path],
    told: PictureOrder,
    ends: dict[int, End],
    crowded: Container[int | None],
) -> tuple[dict[int, _Key], dict[int, _Path]]:
    """One lane for clients of the notebook that came one after the other: each was closed before the next was made. Not for those that stand for a crowd."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for at, event in enumerate(told.events):
        first.setdefault(event.socket.number, at)
        last[event.socket.number] = at
    clients = {
        key
        for key, *_ in paths.values()
        if key[0] == "socket" and ends[key[1]].role == "client" and key[1] not in crowded
    }
    mine = sorted((number for number, key in keys.items() if key in clients and number in first), key=first.__getitem__)
    shared: dict[_Key, _Key] = {}
    before = None
    for number in mine:
        if before is not None and _is_followed(told.events, last[before], first[number]):
            shared[keys[number]] = shared[keys[before]]
        else:
            shared[keys[number]] = ("clients", number)
        before = number
    sizes = collections.Counter(shared.values())
    new = {key: clients if sizes[clients] > 1 else key for key, clients in shared.items()}
    return (
        {number: new.get(key, key) for number, key in keys.items()},
        {at: tuple(new.get(key, key) for key in path) for at, path in paths.items()},
    )


def _is_followed(events: list[Event], end: int, begin: int) -> bool:
    """Whether the thread that closed a socket, in the call at `end`, made the next one afterwards."""
    return end < begin and closes(events[end]) and events[end].thread == events[begin].thread


def _first_talkers(found: list[_Key], paths: dict[int, _Path], crowded: Container[int | None]) -> list[_Key]:
    """The lanes of crowds, then of the first conversations, then whatever else comes up."""
    chosen: dict[_Key, None] = {}
    for _, path in sorted(paths.items(), key=lambda each: each[0] not in crowded):
        if len(chosen.keys() | set(path)) < MOST:
            chosen |= dict.fromkeys(path)
    for key in found:
        if len(chosen) < MOST - 1:
            chosen.setdefault(key)
    return list(chosen)


def _clients_left(found: list[_Key], legs: list[tuple[_Key, _Key]]) -> list[_Key]:
    """`found`, each client left of its server, as near as may be."""
    clients = {key: {a for a, b in legs if b == key and a != b and a in found} for key in found}
    placed: list[_Key] = []
    rest = list(found)
    while rest:
        ready = [key for key in rest if clients[key] <= set(placed)] or rest[:1]  # in a circle somebody must be first
        served = [key for key in ready if placed and placed[-1] in clients[key]]
        placed.append((served or ready)[0])
        rest.remove(placed[-1])
    return placed


def _titles(found: list[_Key], keys: dict[int, _Key], ends: dict[int, End], told: PictureOrder) -> dict[_Key, str]:
    tried = {event.socket.number for event in told.events if event.call.startswith("connect")}
    titles: dict[_Key, str] = {}
    kinds: dict[str, list[_Key]] = collections.defaultdict(list)
    sockets = collections.Counter(keys.values())
    for key in dict.fromkeys(found):
        if key[0] == "program":
            titles[key] = str(key[1])
        elif key[0] == _LINK:
            name, before = key[1]
            titles[key] = f"{name} {before + 1}" if before else name
        elif key[0] == _AWAY:
            titles[key] = "nobody?" if key[1] == _PERHAPS else "another process"
        elif key[0] == "listening":
            kinds["server"].append(key)
        elif key[0] == "clients":
            titles[key] = f"{sockets[key]:,} clients"
        else:
            end = ends[key[1]]
            names = {"client": "client", "datagram": "UDP socket", "pair": "end"}
            tries = end.role != "datagram" and end.number in tried
            kinds["client" if tries else names.get(end.role, "socket")].append(key)
    for kind, mine in kinds.items():
        for at, key in enumerate(mine, 1):
            titles[key] = kind if len(mine) == 1 else f"{kind} {at}"
    return titles


def _marks(drawn: dict[int, tuple[int, ...]], lanes: list[Lane], crowds: Container[int]) -> dict[int, int]:
    """The number of "client 2" is 2; conversations of others are counted on. Those of a crowd have none."""
    if max(collections.Counter(lane for path in drawn.values() for lane in set(path)).values(), default=0) < 2:
        return {}
    drawn = {at: path for at, path in drawn.items() if at not in crowds}
    marks: dict[int, int] = {}
    for at, (client, *_) in drawn.items():
        kind, _, number = lanes[client].title.rpartition(" ")
        if kind == "client" and number.isdigit() and int(number) not in marks.values():
            marks[at] = int(number)
    free = (
        number
        for number in range(1, 1 + 2 * len(drawn) + max(marks.values(), default=0))
        if number not in marks.values()
    )
    for at in drawn:
        if at not in marks:
            marks[at] = next(free)
    return marks
