"""Bytes over time: a stair for what an end has sent, and one for what its peer has received. Between the two, bytes wait or are under way.

Comes in: a recording. Goes out: a `Picture`, a plot made with matplotlib, which is loaded when the first one is drawn.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from helpers.pictures.drawing import BLUE, INK, PAPER, QUIET, TINTS, VERMILLION, Picture
from helpers.pictures.telling.order import picture_order
from helpers.pictures.telling.relays import Through, through
from helpers.pictures.telling.routes import waits_at
from helpers.recording.events import Conversation, End, Event, Recorded
from helpers.words import is_or_are, many

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONVERSATIONS = 3
"""Conversations that are drawn; the text has them all."""
_INCHES = 9.6
"""Width of the plot."""
_PANEL = 3.0
"""Height of a panel, inches."""
_EMPTY = 1.0
"""The same for a direction in which no bytes went."""
_DOTS = 100
"""To the inch: a point of a font is 1.4 pixels."""
_MARKED = 40
"""Steps of a stair up to which each carries a mark."""


@dataclasses.dataclass(frozen=True)
class _Stream:
    """The bytes that went in one direction of a conversation."""

    title: str
    sender: str
    receiver: str
    sends: list[Event]
    receives: list[Event]
    sent_known: bool
    """Whether the sending end is recorded at all, or in another process."""
    received_known: bool
    unread: int
    """Bytes sent, and not received in the recording."""
    before: int
    """Bytes received, and sent before the recording."""

    @property
    def sent(self) -> int:
        """Bytes sent in the recording."""
        return sum(event.size for event in self.sends)

    @property
    def received(self) -> int:
        """Bytes received in it."""
        return sum(event.size for event in self.receives)

    @property
    def empty(self) -> bool:
        """Whether no bytes went this way."""
        return not self.sends and not self.receives

    @property
    def starts(self) -> tuple[int, int]:
        """How many bytes had been sent, and received, before the recording, counted from the first byte that it saw."""
        if not self.receives:
            return 0, 0
        if not self.sends:
            return self.received, 0
        sent, received = (min(event.offset or 0 for event in events) for events in (self.sends, self.receives))
        first = min(sent, received)
        return sent - first, received - first


def stream(recording: Recorded) -> Picture:
    """Bytes sent and received over time, a panel for each direction of each conversation. Needs matplotlib.

    Through a link, a conversation is one from end to end: what its client has sent, and what the server has received.

    The text and the alt text tell no times: they are the same whenever the program is.
    """
    seen = through(recording)
    places = picture_order(seen).talks
    in_order = sorted(enumerate(seen.conversations), key=lambda each: places.get(each[0], len(places)))
    numbers = range(1, len(in_order) + 1) if len(in_order) > 1 else [0]
    streams = [
        each
        for number, (at, conversation) in zip(numbers, in_order, strict=False)
        for each in _streams(conversation, number, _is_in_a_backlog(seen, at))
    ]
    image = _plot(streams[: 2 * CONVERSATIONS], len(in_order))
    return Picture(image, _alt(streams, len(in_order)), _describe(streams, recording.dropped))


def _is_in_a_backlog(seen: Through, at: int) -> bool:
    """Whether the server of a conversation, from end to end, has not accepted it yet."""
    route = seen.routes.get(at)
    last = route.last if route is not None else seen.conversations[at]
    sockets = (end for event in seen.events for end in (event.socket, event.accepted) if end is not None)
    return last is not None and waits_at(last, sockets) is not None


def _streams(conversation: Conversation, number: int, waits: bool) -> list[_Stream]:
    """Both directions; `number` is 0 where there is one conversation only. `waits`: whether it is in a backlog, so that it is known that the server has received nothing."""
    ends = [conversation.client, conversation.server]
    names = _names(ends, number, waits)
    streams = []
    for one, other in ((0, 1), (1, 0)):
        sender, receiver = ends[one], ends[other]
        sends = [event for event in conversation.events if event.sends and _moved(event, sender)]
        receives = [event for event in conversation.events if event.receives and _moved(event, receiver)]
        unread = [flow.size for flow in conversation.unread if flow.sent is not None and _moved(flow.sent, sender)]
        before = [flow.size for flow in conversation.flows if flow.sent is None and flow.received in receives]
        streams.append(
            _Stream(
                title=f"{names[one]} → {names[other]}",
                sender=names[one],
                receiver=names[other],
                sends=sends,
                receives=receives,
                sent_known=sender is not None or waits,
                received_known=receiver is not None or waits,
                unread=sum(event.size for event in sends) if waits else sum(unread),
                before=sum(before),
            )
        )
    return streams


def _names(ends: Sequence[End | None], number: int, waits: bool) -> list[str]:
    """What the two ends are called."""
    alike = any(end is not None and end.role in ("pair", "datagram") for end in ends)
    names = ["first socket", "second socket"] if alike else ["client", "server"]
    if number:
        names = [f"{name} {number}" for name in names]
    where = "(in its backlog)" if waits else "in another process"
    return [f"{name} {where}" if end is None else name for name, end in zip(names, ends, strict=True)]


def _moved(event: Event, end: End | None) -> bool:
    """Whether it brought bytes of `end` on their way, or took some."""
    return end is not None and event.socket.number == end.number and event.size > 0 and not event.peek


# The plot


def _plot(streams: Sequence[_Stream], conversations: int) -> bytes:
    """A panel for each stream, as PNG; `conversations` are all there are, drawn or not."""
    from matplotlib.figure import Figure

    heights = [_EMPTY if stream.empty else _PANEL for stream in streams] or [_EMPTY]
    figure = Figure(figsize=(_INCHES, 0.6 + sum(heights)), dpi=_DOTS, facecolor=PAPER, layout="constrained")
    if streams:
        column = figure.subplots(len(streams), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axes, stream in zip(column, streams, strict=True):
            _panel(axes, stream, *_span(streams))
        column[-1].set_xlabel("seconds since the first event", fontsize=13)
    else:
        figure.text(0.5, 0.5, "No bytes were sent or received.", ha="center", va="center", fontsize=14)
    if conversations > CONVERSATIONS:
        figure.supxlabel(_left_out(conversations), fontsize=12, color=QUIET)
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": None})
    return image.getvalue()


def _panel(axes: Axes, stream: _Stream, first: float, last: float) -> None:
    """`first` and `last`: the moments at which the axis of time begins and ends."""
    axes.set_title(stream.title, fontsize=14, fontweight="bold", loc="left", pad=6 if stream.empty else 32)
    axes.tick_params(labelsize=12, colors=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if stream.empty:
        axes.text(0.5, 0.5, "No bytes went this way.", ha="center", va="center", fontsize=13, transform=axes.transAxes)
        axes.set_yticks([])
        return
    # What a send was given is no longer the program's, though it may take long until the call comes back.
    sent = _stair([(event.begun, event.size) for event in stream.sends], stream.starts[0], first, last)
    received = _stair([(event.ended, event.size) for event in stream.receives], stream.starts[1], first, last)
    axes.set_ylabel("bytes", fontsize=13)
    if stream.sent_known and stream.received_known:
        _shade(axes, sent, received)
    if stream.sent_known:
        _draw_stair(axes, sent, "sent", BLUE, "-", "o")
    if stream.received_known:
        _draw_stair(axes, received, "received", VERMILLION, "--", "s")
    axes.set_ylim(0, 1.1 * max(*sent.counts, *received.counts))
    axes.set_xlim(-0.02 * (last - first), 1.02 * (last - first))
    _scales_and_legend(axes)


def _scales_and_legend(axes: Axes) -> None:
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.locator_params(axis="x", nbins=6)
    axes.locator_params(axis="y", integer=True)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    # Above the panel, where no stair can run through it.
    legend = axes.legend(
        fontsize=12, loc="lower left", bbox_to_anchor=(-0.01, 1), ncols=3, frameon=False, borderaxespad=0
    )
    legend.set_in_layout(False)


class _Stair(NamedTuple):
    """How many bytes were through, and since when."""

    times: list[float]
    """Seconds since the first event: the beginning of the plot, each call, the end of the plot."""
    counts: list[int]

    def at(self, when: float) -> int:
        """Bytes that were through at that time."""
        return max((count for time, count in zip(*self, strict=True) if time <= when), default=0)


def _stair(moves: Iterable[tuple[float | None, int]], start: int, first: float, last: float) -> _Stair:
    """Of calls, each with its time and its bytes, from `start` on. Of a call without a time, the recording did not see the beginning."""
    done = sorted((max((when or first) - first, 0.0), size) for when, size in moves)
    counts = list(itertools.accumulate((size for _, size in done), initial=start))
    return _Stair([0.0, *(when for when, _ in done), last - first], [*counts, counts[-1]])


def _draw_stair(axes: Axes, stair: _Stair, label: str, colour: str, style: str, mark: str) -> None:
    times, counts = stair
    steps = len(times) - 2
    axes.step(times, counts, where="post", color=colour, linestyle=style, linewidth=2.5)
    calls = slice(1, steps + 1)
    every = max(1, steps // _MARKED)
    axes.plot(times[calls], counts[calls], color=colour, linestyle="none", marker=mark, markersize=6, markevery=every)
    # For the legend alone: a line with a mark on it.
    axes.plot([], [], color=colour, linestyle=style, linewidth=2.5, marker=mark, markersize=6, label=label)


def _shade(axes: Axes, sent: _Stair, received: _Stair) -> None:
    """The bytes that are sent, and not received yet."""
    times = sorted({*sent.times, *received.times})
    above, below = ([stair.at(when) for when in times] for stair in (sent, received))
    if all(one <= other for one, other in zip(above, below, strict=True)):
        return
    below = [min(one, other) for one, other in zip(above, below, strict=True)]
    axes.fill_between(
        times, below, above, step="post", facecolor=TINTS[QUIET], hatch="//", edgecolor="#8a8a8a", linewidth=0,
        label="sent, and not received yet: under way, or waiting",
    )  # fmt: skip


def _span(streams: Iterable[_Stream]) -> tuple[float, float]:
    """The first and the last moment, in seconds of the recording."""
    events = [event for stream in streams for event in (*stream.sends, *stream.receives)]
    times = [time for event in events for time in (event.begun, event.ended) if time is not None]
    first, last = min(times, default=0.0), max(times, default=0.0)
    return first, max(last, first + 1e-6)


# The words


def _alt(streams: Sequence[_Stream], conversations: int) -> str:
    if not streams:
        return "Bytes sent and received over time. No bytes were sent or received."
    drawn = streams[: 2 * CONVERSATIONS]
    shown = "; ".join(_in_words(stream) for stream in drawn if not stream.empty)
    alt = f"Stairs of bytes over time, of what each end sent and what the other received. {shown or 'No bytes were sent or received'}."
    if conversations > CONVERSATIONS:
        alt += f" {_left_out(conversations)}."
    return alt


def _left_out(conversations: int) -> str:
    left = conversations - CONVERSATIONS
    return f"{many(left, 'more conversation')} {is_or_are(left)} not drawn"


def _in_words(stream: _Stream) -> str:
    words = []
    if stream.sent_known:
        words.append(f"{many(stream.sent, 'byte')} sent")
    if stream.received_known:
        words.append(f"{many(stream.received, 'byte')} received")
    return f"{stream.title}: {', '.join(words)}{_outcome(stream)}"


def _outcome(stream: _Stream) -> str:
    if not (stream.sent_known and stream.received_known):
        return ""
    words = ""
    if stream.before:
        words += f", {many(stream.before, 'byte')} of them sent before the recording"
    if stream.unread:
        words += f", {many(stream.unread, 'byte')} not received when the recording ended"
    return words or (", all received" if stream.sent == stream.received else "")


def _describe(streams: Sequence[_Stream], dropped: int) -> str:
    if not streams:
        return "Bytes over time: no bytes were sent or received."
    lines = ["Bytes over time:"]
    for stream in streams:
        lines.append(stream.title)
        if stream.empty:
            lines.append("   no bytes went this way")
            continue
        if stream.sent_known:
            lines.append(f"   {stream.sender} sent {many(stream.sent, 'byte')} in {many(len(stream.sends), 'call')}")
        if stream.received_known:
            lines.append(
                f"   {stream.receiver} received {many(stream.received, 'byte')} in {many(len(stream.receives), 'call')}"
            )
        if outcome := _outcome(stream):
            lines.append(f"   {outcome.removeprefix(', ')}")
    if dropped:
        lines.append(f"{many(dropped, 'more call')} were not recorded: the recording was full.")
    return "\n".join(lines)
