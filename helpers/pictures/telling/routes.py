"""What a link is on the way of a conversation, and what becomes there of what was sent: plain records.

Nothing comes in: `relays` (streams) and `datagrams` make them. Who imports it: the pictures.
"""

from __future__ import annotations

import dataclasses
import socket
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from helpers.recording.events import Conversation, End, Event, Flow
from helpers.sockets.addresses import reaches

WHOLE = 64
"""Up to so many bytes, those of a chunk are kept."""
LOST, HELD = "lost in the link", "held in the link"
REFUSED, UNSENDABLE = "refused: nobody is there", "not taken by the system behind the link"


def closes(event: Event) -> bool:
    """Whether the socket is gone afterwards: nobody else has it too."""
    return event.call == "close" and not event.shared


def ends_sending(event: Event) -> bool:
    """Whether it says to the peer that no more bytes will come."""
    if event.error:
        return False
    return closes(event) or (event.call == "shutdown" and event.how != socket.SHUT_RD)


class Relay(NamedTuple):
    """A link on the route of a conversation, and its two sockets, by their numbers."""

    name: str
    near: int
    """The one on the client's side."""
    far: int


@dataclasses.dataclass(frozen=True, eq=False)
class Chunk:
    """Bytes that a link hands over together, as far as their receiver can tell."""

    talk: int
    """The index of the conversation."""
    link: int
    """Which of its links, counted from the client."""
    upstream: bool
    """Whether they go from the client to the server."""
    size: int
    data: bytes | None
    """None where not all of them are known, or too many."""
    held: float
    """Seconds between their arrival at the link and this."""
    row: Event
    """The call beside which it stands: the first receive that takes some of them; the send, where they go to another process."""
    sends: tuple[str, ...]
    """The calls that they came from, by their names, each once for each call; empty: not known."""
    given: float | None = None
    """When the last of them were handed over, in seconds from the beginning of the recording."""
    doubled: bool = False
    """Whether it is the double of a datagram."""
    corrupted: bool = False
    """Whether it is a datagram of which the link has flipped a bit."""
    datagram: int | None = None
    """The number of a datagram: the same where the link took it; None: bytes of a stream."""


HopEnd = Event | Chunk


class HopFlow(NamedTuple):
    """Bytes on one hop of their path: from a call or a link to the next. None: where they come from, or go to, is not recorded."""

    source: HopEnd | None
    target: HopEnd | None
    size: int


def waits_at(talk: Conversation, ends: Iterable[End]) -> int | None:
    """Of a connection that nobody has accepted yet: the number of the socket in whose backlog it stands; None: it stands in none that is known. `ends`: every socket of the recording."""
    if talk.server is not None or talk.client is None or talk.client.role != "client":
        return None
    if talk.client.listener is not None:
        return talk.client.listener
    waiting = (end.number for end in ends if end.role == "listening" and reaches(talk.client.peer, end.local))
    return next(waiting, None)


class Undelivered(NamedTuple):
    """Bytes that were sent, and came only so far."""

    sent: Event
    size: int
    link: int | None
    """The last link that they reached, counted from the client; None: they are not known to have reached any."""
    fate: str | None
    """LOST, HELD, and of datagrams REFUSED, UNSENDABLE; None: they have passed the link."""
    doubled: bool = False
    """Whether it is the double of a datagram."""


@dataclasses.dataclass(frozen=True)
class Path:
    """One direction of a conversation through links."""

    talk: int
    sender: End | None
    receiver: End | None
    upstream: bool
    chunks: list[Chunk]
    hop_flows: list[HopFlow]
    undelivered: list[Undelivered]
    flows: list[Flow]
    """From the sender's calls to the receiver's."""
    unread: list[Flow]
    unsure: list[Flow]
    """As in `Conversation`."""
    passes_fin: bool
    """Whether the end of the stream was passed on; otherwise, if the receiver met one, the link closed the connection."""
    passes_reset: bool
    """The same for an RST."""
    fins: list[float | None]
    """For each link on the path how long it held the FIN, in seconds; None: it has not passed it on."""
    resets: bool
    """Whether the last link broke the connection to the receiver off."""
    closed: bool
    """Whether the last link has closed it."""
    seconds_held: float
    """For how long the links have held anything back, all in all."""


@dataclasses.dataclass(frozen=True)
class Route:
    """The links that a conversation goes through, and what became of its bytes there."""

    relays: tuple[Relay, ...]
    """From the client to the server."""
    first: Conversation | None
    """Between the client and the first link; None: not recorded."""
    last: Conversation | None
    """Between the last link and the server; None: there is none, or it is not recorded."""
    upstream: Path
    downstream: Path
    streams: bool = True
    """False: what goes through are datagrams."""
    unseen: Counter[str] = dataclasses.field(default_factory=Counter)
    """By their fates, the datagrams that another process sent and that came no further than a link: no call is known beside which they could stand."""
