"""Bytes over time: a stair for what an end has sent, and one for what its peer has received. Between the two, bytes wait or are under way."""

from __future__ import annotations

import dataclasses
import io
import itertools
from collections.abc import Iterable
from typing import Any

from helpers.pictures.drawing import BLUE, INK, PAPER, QUIET, TINTS, VERMILLION, Picture
from helpers.pictures.telling.order import tell
from helpers.pictures.telling.relays import through
from helpers.recording.events import Conversation, End, Event
from helpers.recording.recorder import Recording
from helpers.words import many

CONVERSATIONS = 3
"""Conversations that are drawn; the text has them all."""
_INCHES = 9.6
_PANEL = 3.0
"""Inches of a panel's height."""
_EMPTY = 1.0
_DOTS = 100
"""To the inch: a point of a font is 1.4 pixels."""
_MARKED = 40
"""Steps of a stair up to which each carries a mark."""


@dataclasses.dataclass(frozen=True)
class _Way:
    """One direction of a conversation."""

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
        return sum(event.size for event in self.sends)

    @property
    def received(self) -> int:
        return sum(event.size for event in self.receives)

    @property
    def starts(self) -> tuple[int, int]:
        """How many bytes had been sent, and received, before the recording, counted from the first byte that it saw."""
        offsets = [[event.offset or 0 for event in events] for events in (self.sends, self.receives)]
        if not self.receives:
            return 0, 0
        received = min(offsets[1])
        if not self.sends:
            return self.received, 0
        base = min([received, *offsets[0]])
        return min(offsets[0]) - base, received - base


def stream(recording: Recording) -> Picture:
    """Bytes sent and received over time, a panel for each direction of each conversation. Needs matplotlib.

    Through a link, a conversation is one from end to end: what its client has sent, and what the server has received.

    The text and the alt text tell no times: they are the same whenever the program is.
    """
    seen = through(recording)
    places = tell(seen).talks
    conversations = sorted(enumerate(seen.conversations), key=lambda each: places.get(each[0], len(places)))
    numbers = range(1, len(conversations) + 1) if len(conversations) > 1 else [0]
    ways = [way for number, (_, talk) in zip(numbers, conversations, strict=False) for way in _ways(talk, number)]
    shown = ways[: 2 * CONVERSATIONS]
    return Picture(_plot(shown, len(conversations)), _alt(ways, len(conversations)), _text(ways, recording.dropped))


def _ways(talk: Conversation, number: int) -> list[_Way]:
    """Both directions; `number` is 0 where there is one conversation only."""
    alike = any(end is not None and end.role in ("pair", "datagram") for end in (talk.client, talk.server))
    names = ["first socket", "second socket"] if alike else ["client", "server"]
    if number:
        names = [f"{name} {number}" for name in names]
    names = [
        f"{name} in another process" if end is None else name
        for name, end in zip(names, (talk.client, talk.server), strict=True)
    ]
    ends = [talk.client, talk.server]
    ways = []
    for one, other in ((0, 1), (1, 0)):
        sender, receiver = ends[one], ends[other]
        sends = [event for event in talk.events if _moved(event, sender) and event.call.startswith("send")]
        receives = [event for event in talk.events if _moved(event, receiver) and event.call.startswith("recv")]
        title = f"{names[one]} → {names[other]}"
        known = sender is not None, receiver is not None
        left = sum(flow.size for flow in talk.unread if flow.sent is not None and _moved(flow.sent, sender))
        early = sum(flow.size for flow in talk.flows if flow.sent is None and flow.received in receives)
        ways.append(_Way(title, names[one], names[other], sends, receives, *known, left, early))
    return ways


def _moved(event: Event, end: End | None) -> bool:
    """Whether it brought bytes of `end` on their way, or took some."""
    return end is not None and event.socket.number == end.number and event.size > 0 and not event.peek


# The plot


def _plot(ways: list[_Way], talks: int) -> bytes:
    from matplotlib.figure import Figure

    heights = [_PANEL if way.sends or way.receives else _EMPTY for way in ways] or [_EMPTY]
    figure = Figure(figsize=(_INCHES, 0.6 + sum(heights)), dpi=_DOTS, facecolor=PAPER, layout="constrained")
    if ways:
        all_axes = figure.subplots(len(ways), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axes, way in zip(all_axes, ways, strict=True):
            _panel(axes, way, *_span(ways))
        all_axes[-1].set_xlabel("seconds since the first event", fontsize=13)
    else:
        figure.text(0.5, 0.5, "No bytes were sent or received.", ha="center", va="center", fontsize=14)
    if talks > CONVERSATIONS:
        figure.supxlabel(_left_out(talks), fontsize=12, color=QUIET)
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": None})
    return image.getvalue()


def _panel(axes: Any, way: _Way, first: float, last: float) -> None:
    # What a send was given is no longer the program's, though it may take long until the call comes back.
    sent = _stair([(event.begun, event.size) for event in way.sends], way.starts[0], first, last)
    received = _stair([(event.ended, event.size) for event in way.receives], way.starts[1], first, last)
    empty = not way.sends and not way.receives
    axes.set_title(way.title, fontsize=14, fontweight="bold", loc="left", pad=6 if empty else 32)
    axes.tick_params(labelsize=12, colors=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if empty:
        axes.text(0.5, 0.5, "No bytes went this way.", ha="center", va="center", fontsize=13, transform=axes.transAxes)
        axes.set_yticks([])
        return
    axes.set_ylabel("bytes", fontsize=13)
    if way.sent_known and way.received_known:
        _shade(axes, sent, received)
    if way.sent_known:
        _draw_stair(axes, sent, "sent", BLUE, "-", "o")
    if way.received_known:
        _draw_stair(axes, received, "received", VERMILLION, "--", "s")
    axes.set_ylim(0, 1.1 * max(*sent[1], *received[1]))
    axes.set_xlim(-0.02 * (last - first), 1.02 * (last - first))
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.xaxis.get_major_locator().set_params(nbins=6)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    # Above the panel, where no stair can run through it.
    legend = axes.legend(
        fontsize=12, loc="lower left", bbox_to_anchor=(-0.01, 1), ncols=3, frameon=False, borderaxespad=0
    )
    legend.set_in_layout(False)


_Stair = tuple[list[float], list[int]]


def _stair(moves: Iterable[tuple[float | None, int]], start: int, first: float, last: float) -> _Stair:
    """When how many bytes were through, from `start` on. Of a call without a time, the recording did not see the beginning."""
    done = sorted((max((when or first) - first, 0.0), size) for when, size in moves)
    counts = list(itertools.accumulate((size for _, size in done), initial=start))
    return [0.0, *(when for when, _ in done), last - first], [*counts, counts[-1]]


def _draw_stair(axes: Any, stair: _Stair, label: str, colour: str, style: str, mark: str) -> None:
    times, counts = stair
    steps = len(times) - 2
    axes.step(times, counts, where="post", color=colour, linestyle=style, linewidth=2.5)
    shown = slice(1, steps + 1)
    every = max(1, steps // _MARKED)
    axes.plot(times[shown], counts[shown], color=colour, linestyle="none", marker=mark, markersize=6, markevery=every)
    axes.plot([], [], color=colour, linestyle=style, linewidth=2.5, marker=mark, markersize=6, label=label)


def _shade(axes: Any, sent: _Stair, received: _Stair) -> None:
    """The bytes that are sent, and not received yet."""
    times = sorted({*sent[0], *received[0]})
    above, below = ([_at(stair, when) for when in times] for stair in (sent, received))
    if all(one <= other for one, other in zip(above, below, strict=True)):
        return
    below = [min(one, other) for one, other in zip(above, below, strict=True)]
    axes.fill_between(
        times, below, above, step="post", facecolor=TINTS[QUIET], hatch="//", edgecolor="#8a8a8a", linewidth=0,
        label="sent, and not received yet: under way, or waiting",
    )  # fmt: skip


def _at(stair: _Stair, when: float) -> int:
    return max((count for time, count in zip(*stair, strict=True) if time <= when), default=0)


def _span(ways: list[_Way]) -> tuple[float, float]:
    """The first and the last moment, in seconds of the recording."""
    events = [event for way in ways for event in (*way.sends, *way.receives)]
    times: list[float] = [time for event in events for time in (event.begun, event.ended) if time is not None]
    first, last = min(times, default=0.0), max(times, default=0.0)
    return first, max(last, first + 1e-6)


# The words


def _alt(ways: list[_Way], talks: int) -> str:
    if not ways:
        return "Bytes sent and received over time. No bytes were sent or received."
    drawn = ways[: 2 * CONVERSATIONS]
    shown = "; ".join(_in_words(way) for way in drawn if way.sends or way.receives)
    alt = f"Stairs of bytes over time, of what each end sent and what the other received. {shown or 'No bytes were sent or received'}."
    if talks > CONVERSATIONS:
        alt += f" {_left_out(talks)}."
    return alt


def _left_out(talks: int) -> str:
    left = talks - CONVERSATIONS
    return f"{many(left, 'more conversation')} {'is' if left == 1 else 'are'} not drawn"


def _in_words(way: _Way) -> str:
    words = []
    if way.sent_known:
        words.append(f"{many(way.sent, 'byte')} sent")
    if way.received_known:
        words.append(f"{many(way.received, 'byte')} received")
    return f"{way.title}: {', '.join(words)}{_outcome(way)}"


def _outcome(way: _Way) -> str:
    if not (way.sent_known and way.received_known):
        return ""
    words = ""
    if way.before:
        words += f", {many(way.before, 'byte')} of them sent before the recording"
    if way.unread:
        words += f", {many(way.unread, 'byte')} not received when the recording ended"
    return words or (", all received" if way.sent == way.received else "")


def _text(ways: list[_Way], dropped: int) -> str:
    if not ways:
        return "Bytes over time: no bytes were sent or received."
    lines = ["Bytes over time:"]
    for way in ways:
        lines.append(way.title)
        if not way.sends and not way.receives:
            lines.append("   no bytes went this way")
            continue
        if way.sent_known:
            lines.append(f"   {way.sender} sent {many(way.sent, 'byte')} in {many(len(way.sends), 'call')}")
        if way.received_known:
            lines.append(
                f"   {way.receiver} received {many(way.received, 'byte')} in {many(len(way.receives), 'call')}"
            )
        if outcome := _outcome(way):
            lines.append(f"   {outcome.removeprefix(', ')}")
    if dropped:
        lines.append(f"{many(dropped, 'more call')} were not recorded: the recording was full.")
    return "\n".join(lines)
