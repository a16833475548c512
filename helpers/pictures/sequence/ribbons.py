"""Draws the bytes of a conversation: ribbons from lane to lane, stubs for what nobody received, and the chunks that links hand over.

Comes in: a `Canvas`. Goes out: what is drawn on it, which points that occupies, and what the legend must explain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from helpers.pictures.drawing import PAPER, QUIET, SMALL, width
from helpers.pictures.sequence.canvas import Canvas, colour_of, thickness
from helpers.pictures.sequence.layout import STUB, Layout
from helpers.pictures.sequence.rows import PART, parts_of
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.wording import amount
from helpers.pictures.telling.routes import LOST, Chunk, HopEnd, HopFlow, Path, Undelivered
from helpers.recording.events import Event, Flow
from helpers.words import many


class _Line(NamedTuple):
    """Words in a gap. They are drawn after all ribbons, to stand upon them."""

    x: float
    """Where they begin, or (`direction` -1) end."""
    y: float
    direction: int
    words: str


class _Slots:
    """How far down the bytes of each call or chunk reach at its lane already: those of one stand one under the other."""

    def __init__(self, layout: Layout, scene: Scene) -> None:
        self._layout = layout
        self._scene = scene
        self._reached: dict[HopEnd | int, float] = {}

    def take(self, place: HopEnd, size: int) -> tuple[float, float]:
        """The middle and the thickness of the next `size` bytes there."""
        row = self._layout.row(place)
        count = self._scene.count(place) if isinstance(place, Event) else 1
        whole = thickness(max(place.size, size) * count)
        thick = max(whole * size / max(place.size, size, 1), 2)
        if isinstance(place, Event) and (parts := parts_of(self._scene, place)) and row.fold is None:
            whole, thick = parts * PART, PART  # each has room for its letter
        if row.fold is not None:
            return row.y, thick
        key = place if isinstance(place, Chunk) else place.order
        top = self._reached.get(key, row.y - whole / 2)
        if isinstance(place, Event) and place.socket.role == "datagram":
            top = row.y - whole / 2  # it is whole, wherever it goes
        self._reached[key] = top + thick
        return top + thick / 2, thick

    def skip(self, event: Event, high: float) -> None:
        """Leave a space under the last bytes, if there are any."""
        if event.order in self._reached:
            self._reached[event.order] += high


def draw_bytes(canvas: Canvas) -> None:
    """All bytes on their way, and then the words about those that do not come from a call, or do not arrive."""
    scene, layout = canvas.scene, canvas.layout
    sources, targets = _Slots(layout, scene), _Slots(layout, scene)
    reached: dict[int, float] = {}  # of each sender, how far down its bytes reach at the links
    lines: list[_Line] = []
    # In the order of their stream: of one call, the bytes that come first stand first, then those of which nobody is sure, and those that nobody receives are the last.
    for flow in _joined_flows(scene, layout):
        lines += _draw_flow(canvas, flow, sources, targets)
    for way, hop_flow in _joined_hop_flows(scene, layout):
        lines += _draw_hop_flow(canvas, way, hop_flow, sources, targets)
    for event in layout.rows.events:
        if event.receives and scene.unsure[event.order] and scene.goes_through_links(event):
            _draw_unknown(canvas, event, targets.take(event, scene.unsure[event.order]))
        if event.sends and scene.unsure[event.order]:
            _draw_unknown(canvas, event, sources.take(event, scene.unsure[event.order]))
    for event in layout.rows.events:
        if event.order in scene.not_received:
            lines += _draw_unread(canvas, event, sources, reached)
    for event in layout.rows.events:
        if (
            event.sends
            and (event.size or event.socket.role == "datagram")
            and not event.error
            and not _is_followed(scene, event)
        ):
            _draw_away(canvas, event, sent=True)
    for letter in canvas.letters:
        canvas.marks.letter(*letter)
    for x, y, side, words in lines:
        anchor = "start" if side > 0 else "end"
        canvas.marks.text(x, y, words, size=SMALL, anchor=anchor, fit=width(words, SMALL))


def draw_chunks(canvas: Canvas) -> None:
    """What links hand over, on their lanes."""
    for event in canvas.layout.rows.events:
        for chunk in canvas.scene.chunks[event.order]:
            _draw_chunk(canvas, chunk, canvas.layout.row(event).y)


# What is drawn


def _is_followed(scene: Scene, event: Event) -> bool:
    """Whether it is known what became of the bytes of a send."""
    known = scene.leaving[event.order] or event.order in scene.not_received or scene.unsure[event.order]
    return bool(known or scene.goes_through_links(event))


def _joined_flows(scene: Scene, layout: Layout) -> Iterable[Flow]:
    """What does not go through links, all that goes from one call into the same fold together, and the other way round."""
    found: dict[object, Flow] = {}
    for flow in scene.flows:
        if flow.received is not None and scene.goes_through_links(flow.received):
            continue
        folds = layout.fold_of(flow.sent), layout.fold_of(flow.received)
        ends = folds[0] or flow.sent, folds[1] or flow.received
        key = tuple(map(id, ends)) if any(folds) else len(found)
        former = found.get(key)
        found[key] = flow if former is None else flow._replace(size=former.size + flow.size)
    return found.values()


def _joined_hop_flows(scene: Scene, layout: Layout) -> list[tuple[Path, HopFlow]]:
    """What goes through links, all that comes from one call or chunk and goes into the same fold together, and the other way round."""
    found: list[tuple[Path, HopFlow]] = []
    for way, hop_flow in scene.hop_flows:
        last = found[-1][1] if found and found[-1][0] is way else None
        if last is not None and _is_same_fragment(layout, last, hop_flow):
            found[-1] = way, last._replace(size=last.size + hop_flow.size)
        else:
            found.append((way, hop_flow))
    return found


def _is_same_fragment(layout: Layout, one: HopFlow, other: HopFlow) -> bool:
    """Whether both begin at the same place and end in the same fold, or the other way round."""
    if one.source is other.source:
        fold = layout.fold_of(one.target)
        return fold is not None and fold is layout.fold_of(other.target)
    fold = layout.fold_of(one.source)
    return one.target is other.target and fold is not None and fold is layout.fold_of(other.source)


# From place to place


def _draw_flow(canvas: Canvas, flow: Flow, sources: _Slots, targets: _Slots) -> Sequence[_Line]:
    """Bytes from a call to another, without links."""
    sent, received, layout = flow.sent, flow.received, canvas.layout
    if received is None or not layout.has_row(received):
        return ()
    if sent is not None:
        if layout.has_row(sent):
            _draw_between(canvas, sent, received, flow.size, sources, targets)
        return ()
    row = layout.row(received)
    if row.fold is not None:
        return ()
    if canvas.scene.is_unsure(flow):
        _draw_unknown(canvas, received, targets.take(received, flow.size))
        return ()
    if not canvas.scene.is_from_before(flow):
        _draw_away(canvas, received, sent=False)
        return ()
    slot = targets.take(received, flow.size)
    side, mixed = layout.inward(received), bool(canvas.scene.sent_before(received))
    return _draw_from_before(canvas, canvas.scene.lane_of(received), side, flow.size, slot, None if mixed else row.y)


def _draw_hop_flow(canvas: Canvas, way: Path, hop_flow: HopFlow, sources: _Slots, targets: _Slots) -> Sequence[_Line]:
    """Bytes from a call to a link, from a link to the next one, or to a call."""
    source, target = hop_flow.source, hop_flow.target
    if not all(canvas.layout.has_row(place) for place in (source, target) if place is not None):
        return ()
    if isinstance(target, Chunk) and target.datagram is not None and id(target) in canvas.scene.twins:
        _draw_parting(canvas, canvas.scene.twins[id(target)], target)
    elif source is not None and target is not None:
        _draw_between(canvas, source, target, hop_flow.size, sources, targets)
    elif source is not None:
        _draw_to_away(canvas, way, source, hop_flow.size, sources)
    elif target is not None:
        return _draw_from_nowhere(canvas, way, target, hop_flow.size, targets)
    return ()


def _draw_between(canvas: Canvas, source: HopEnd, target: HopEnd, size: int, sources: _Slots, targets: _Slots) -> None:
    """From one to the other; where one of them is left out, only the end at the other one."""
    lane1, lane2 = canvas.scene.lane_of(source), canvas.scene.lane_of(target)
    slot1, slot2 = sources.take(source, size), targets.take(target, size)
    folded1, folded2 = canvas.layout.row(source).fold is not None, canvas.layout.row(target).fold is not None
    sender = canvas.scene.sender(source)
    if not folded1 and not folded2:
        _draw_ribbon(canvas, lane1, slot1, lane2, slot2, sender)
    elif not folded2:
        _draw_fragment(canvas, lane2, slot2, lane1, sender, arrives=True)
    elif not folded1:
        _draw_fragment(canvas, lane1, slot1, lane2, sender, arrives=False)


def _draw_parting(canvas: Canvas, above: Chunk, below: Chunk) -> None:
    """A datagram came into the link once, and goes out of it twice."""
    one, other = canvas.layout.row(above), canvas.layout.row(below)
    if not canvas.layout.has_row(above) or other.fold is not None:
        return
    client, server = canvas.scene.cast.ways[below.talk]
    lane = canvas.scene.lane_of(below)
    direction = 1 if (client < lane or lane < server) == below.upstream else -1
    canvas.marks.parting(canvas.layout.x[lane], one.y, other.y, colour_of(direction))


def _draw_to_away(canvas: Canvas, way: Path, source: HopEnd, size: int, sources: _Slots) -> None:
    """Bytes that a link hands over to another process."""
    if canvas.layout.row(source).fold is not None:
        return
    y, thick = sources.take(source, size)
    _, receiver = canvas.scene.lanes_of(way)
    low = 28 if isinstance(source, Chunk) and source.doubled else 12  # the two of a doubled datagram part
    _draw_ribbon(canvas, canvas.scene.lane_of(source), (y, thick), receiver, (y + low, thick))


def _draw_from_nowhere(canvas: Canvas, way: Path, target: HopEnd, size: int, targets: _Slots) -> Sequence[_Line]:
    """Bytes that a link took before the recording, or from another process."""
    row = canvas.layout.row(target)
    if row.fold is not None:
        return ()
    sender, receiver = canvas.scene.lanes_of(way)
    lane = canvas.scene.lane_of(target)
    y, thick = targets.take(target, size)
    if canvas.scene.cast.lanes[sender].away:
        _draw_ribbon(canvas, sender, (y - 12, thick), lane, (y, thick))
        return ()
    side = 1 if sender > receiver else -1
    below = row.y + thickness(target.size) / 2 + 14 if target.size > size else row.y  # out of the way of the others
    return _draw_from_before(canvas, lane, side, size, (y, thick), below)


def _draw_away(canvas: Canvas, event: Event, sent: bool) -> None:
    """Bytes to or from another process."""
    lane, peer = canvas.scene.lane_of(event), canvas.scene.cast.peer(event)
    if peer is None or peer == lane:
        return
    y, thick = canvas.layout.row(event).y, thickness(event.size)
    if sent:
        _draw_ribbon(canvas, lane, (y, thick), peer, (y + 12, thick))
    else:
        _draw_ribbon(canvas, peer, (y - 12, thick), lane, (y, thick))


def _draw_ribbon(
    canvas: Canvas, one: int, slot1: tuple[float, float], other: int, slot2: tuple[float, float], sender: str = ""
) -> None:
    """Bytes from lane to lane; those that a program sends to itself go out and come back. `sender`: the letter of the thread that they come from."""
    x1, x2, edge = canvas.layout.x[one], canvas.layout.x[other], canvas.layout.edge
    direction = -1 if x2 < x1 else 1
    start = x1 + edge * direction
    end = x2 - edge * direction if one != other else start
    middle = (start + end) / 2 if one != other else start + 60
    canvas.marks.ribbon((start, *slot1), (end, *slot2), middle, colour_of(direction, sender))
    canvas.occupied.add_ribbon((start, *slot1), (end, *slot2), middle)
    canvas.explain_bytes(direction)
    _add_letter(canvas, start + 11 * direction, slot1, sender)
    _add_letter(canvas, end - 22 * (direction if one != other else -direction), slot2, sender)


def _add_letter(canvas: Canvas, x: float, slot: tuple[float, float], sender: str) -> None:
    """Whose the bytes are, on their band, where it is broad enough."""
    y, thick = slot
    if sender and thick >= SMALL:
        canvas.letters.append((x, y, sender))


def _draw_fragment(
    canvas: Canvas, lane: int, slot: tuple[float, float], other: int, sender: str, arrives: bool
) -> None:
    """A ribbon whose other end is among the calls that are left out."""
    (y, thick), x, edge = slot, canvas.layout.x[lane], canvas.layout.edge
    side = 1 if other >= lane else -1
    near, far = x + edge * side, x + (edge + 40) * side
    other_y = y + (-14 if arrives else 14)
    ends = (near, y, thick), (far, other_y, thick)
    direction = -side if arrives else side
    canvas.marks.ribbon(*(ends[::-1] if arrives else ends), (near + far) / 2, colour_of(direction, sender))
    _add_letter(canvas, near + (20 if arrives else 11) * side, slot, sender)
    canvas.marks.line(far, other_y - thick / 2 - 3, far, other_y + thick / 2 + 3, colour=QUIET, dash="3 3")


def _draw_from_before(
    canvas: Canvas, lane: int, side: int, size: int, slot: tuple[float, float], line: float | None
) -> Sequence[_Line]:
    """Bytes that were sent before the recording, on that side of the lane; what is said of them stands on the baseline `line`, or (None) elsewhere."""
    (y, thick), x, edge = slot, canvas.layout.x[lane], canvas.layout.edge
    start = x + (edge + (STUB if line is not None and line - 14 < y else STUB / 2)) * side
    canvas.marks.ribbon((start, y, thick), (x + edge * side, y, thick), start, colour_of(-side))
    canvas.marks.line(start, y - thick / 2 - 4, start, y + thick / 2 + 4, thick=2, dash="3 3")
    canvas.explain_bytes(-side)
    if line is None:
        return ()
    return _say(canvas, start + 8 * side, line, side, [f"{many(size, 'byte')} sent", "before this"])


# What nobody knows


def _draw_unknown(canvas: Canvas, event: Event, slot: tuple[float, float]) -> None:
    """The end, at its lane, of bytes of which nobody knows where they went, or came from: others, which were not recorded, came between."""
    (y, thick), lane, side = slot, canvas.scene.lane_of(event), canvas.layout.inward(event)
    near = canvas.layout.x[lane] + canvas.layout.edge * side
    far = near + STUB / 2 * side
    start, end = (far, near) if event.receives else (near, far)
    canvas.marks.block(start, end, y, thick, colour_of(-side if event.receives else side))
    canvas.marks.line(far, y - thick / 2 - 4, far, y + thick / 2 + 4, thick=2, dash="3 3")
    canvas.occupied.add_line(near, y, far, y)


# What nobody receives


def _draw_unread(canvas: Canvas, event: Event, sources: _Slots, reached: dict[int, float]) -> Sequence[_Line]:
    """The bytes of a send that nobody receives; what else it sent has left above."""
    direction = canvas.layout.inward(event)
    canvas.explain_bytes(direction)
    if not canvas.scene.at_links(event):
        return _draw_stub(canvas, event, sources)
    ends: list[float] = []
    number = event.socket.number
    goes_for_itself = event.socket.role == "datagram"
    reached.setdefault(number, 0.0 if goes_for_itself else _below_received(canvas, event))
    for each in canvas.scene.undelivered[event.order]:
        sources.skip(event, 5)
        y, thick = sources.take(event, each.size)
        far = y
        if reached[number] > y - thick / 2 and not goes_for_itself:
            far = reached[number] + 5 + thick / 2
        reached[number] = far + thick / 2
        ends.append(_draw_undelivered(canvas, each, (y, thick), far))
    if event.order in canvas.layout.rows.aside:
        return ()
    # Beyond the bytes, and beyond the link that they reached first.
    first = canvas.scene.links_of(event)[canvas.scene.at_links(event)[0].link or 0]
    ends.append(canvas.layout.x[first] + (canvas.layout.edge + 2) * direction)
    furthest = max(ends) if direction > 0 else min(ends)
    return _say(
        canvas, furthest + 8 * direction, canvas.layout.row(event).y, direction, canvas.wording.unread_at_links(event)
    )


def _below_received(canvas: Canvas, event: Event) -> float:
    """How far down the bytes of a sender reach that were received. What comes after them stands below, at each link."""
    received = canvas.scene.received_of(event.socket)
    ends = (canvas.layout.row(each).y + thickness(size) / 2 for each, size in received if canvas.layout.has_row(each))
    return max(ends, default=0.0)


def _draw_undelivered(canvas: Canvas, undelivered: Undelivered, slot: tuple[float, float], far: float) -> float:
    """Bytes as far as they came; `far`: their height at the links. Gives back where they end."""
    event, marks, layout = undelivered.sent, canvas.marks, canvas.layout
    (y, thick), direction, links = slot, layout.inward(event), canvas.scene.links_of(event)
    start = layout.x[canvas.scene.lane_of(event)] + layout.edge * direction
    passed: Sequence[int] = ()
    if undelivered.link is None:
        end = start + 20 * direction
    elif undelivered.fate:
        end = layout.x[links[undelivered.link]] - layout.edge * direction
    else:
        end = layout.x[links[undelivered.link]] + (layout.edge + STUB / 2) * direction
        passed = links[: undelivered.link + 1] if canvas.scene.cast.is_client(event) else links[undelivered.link :]
    if far != y and undelivered.link is not None:
        first = links[0 if canvas.scene.cast.is_client(event) else -1]
        reached = layout.x[first] - layout.edge * direction
        marks.ribbon((start, y, thick), (reached, far, thick), (start + reached) / 2, colour_of(direction))
        canvas.occupied.add_ribbon((start, y, thick), (reached, far, thick), (start + reached) / 2)
        start, y = reached, far
    if abs(end - start) > 1:
        marks.block(start, end, y, thick, colour_of(direction))
    for link in passed:
        marks.chunk(layout.x[link], y, layout.edge, max(thick, 6), colour_of(direction))
    if undelivered.fate == LOST and event.socket.role == "datagram" and undelivered.link is not None:
        marks.lost(layout.x[links[undelivered.link]], y)
        canvas.legend.explain("a datagram that the link loses", lambda marks, x, y: marks.lost(x + 14, y))
    else:
        marks.line(end, y - thick / 2 - 4, end, y + thick / 2 + 4, thick=4)
    canvas.occupied.add_line(start, y, end, y)
    return end


def _draw_stub(canvas: Canvas, event: Event, sources: _Slots) -> Sequence[_Line]:
    """Bytes that reach no link."""
    scene, layout, size = canvas.scene, canvas.layout, canvas.scene.unread[event.order]
    y, thick = sources.take(event, size)
    direction, x = layout.inward(event), layout.x[scene.lane_of(event)]
    end = x + (layout.edge + 2 + (STUB / 2 if scene.leaving[event.order] else STUB)) * direction
    if event.order in scene.answered:  # they have come to the peer's system
        end = layout.x[scene.answered[event.order].sender] - (layout.edge + 10) * direction
    canvas.marks.block(x + layout.edge * direction, end, y, thick, colour_of(direction))
    for edge in (y - thick / 2, y, y + thick / 2):
        canvas.occupied.add_line(x, edge, end, edge)
        canvas.solid.add_line(x, edge, end, edge)
    canvas.marks.line(end, y - thick / 2 - 4, end, y + thick / 2 + 4, thick=4)
    if event.order in layout.rows.aside:
        return ()
    words = [amount(size), canvas.wording.fate(event)]
    return _say(canvas, end + 8 * direction, layout.row(event).y, direction, words)


def _say(canvas: Canvas, x: float, y: float, direction: int, words: Sequence[str]) -> list[_Line]:
    """Lines one under the other, in a gap."""
    lines = [_Line(x, y + 17 * at, direction, line) for at, line in enumerate(words)]
    for line in lines:
        canvas.occupy_words(x, line.y - 5, direction * width(line.words, SMALL))
    return lines


# Chunks


def _draw_chunk(canvas: Canvas, chunk: Chunk, y: float) -> None:
    """Upon the ribbons that go into the link and come out of it."""
    marks, cast = canvas.marks, canvas.scene.cast
    lane = canvas.scene.lane_of(chunk)
    client, server = cast.ways[chunk.talk]
    direction = 1 if (client < lane or lane < server) == chunk.upstream else -1
    x, thick = canvas.layout.x[lane], thickness(chunk.size)
    marks.chunk(x, y, canvas.layout.edge, max(thick + 2, 18 if cast.marks else 10), colour_of(direction))
    if (number := cast.marks.get(chunk.talk)) is not None:
        marks.text(x, y + 5, str(number), size=SMALL, bold=True, colour=PAPER, anchor="middle", fit=20)
    canvas.explain_chunks(direction, canvas.scene.routes[chunk.talk].streams)
    canvas.say_held(chunk.held, x, y + thick / 2 + 14, direction)
    for at, words in enumerate(canvas.wording.done(chunk)):
        canvas.say_done(words, x, y + thick / 2 + 14 + 15 * at, direction)
