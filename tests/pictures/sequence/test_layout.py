"""Where a picture of a conversation puts things, before anything is drawn."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from helpers.pictures.drawing import SMALL, width
from helpers.pictures.sequence.canvas import Legend, Occupied
from helpers.pictures.sequence.layout import Layout, arrange
from helpers.pictures.sequence.marks import Marks
from helpers.pictures.sequence.rows import IN_BACKLOG, STILL_WAITS, WAITS
from helpers.pictures.sequence.scene import Scene
from helpers.pictures.sequence.wording import Wording
from tests.pictures.sequence.scripts import Made, Script, echo, relayed, stream, unlike


def scene_and_layout(recording: Made) -> tuple[Scene, Layout]:
    scene = Scene(recording)
    return scene, arrange(scene, Wording(scene))


def impatient() -> Script:
    """Threads of one program that wait at the same time."""
    script = echo(clients=3)
    for number in (1, 2, 3):
        script.call(f"server {number}", 0, "listen")
        script.call(f"server {number}", 0, "accept", ended=None)
    return script


def late() -> Script:
    """One thread that accepts a connection when it has sent much on it already."""
    script = Script()
    listener, client, conn = script.end("listening"), script.end("client"), script.end("server", listener=1)
    script.talks.append((client, conn))
    script.call("MainThread", client, "connect")
    sent = [script.send("MainThread", client, b"early") for _ in range(3)]
    script.call("MainThread", listener, "accept", accepted=conn)
    script.recv("MainThread", conn, b"early" * 3, dict.fromkeys(sent, 5))
    return script


RECORDINGS = {
    "echo": echo(),
    "two clients": echo(clients=2),
    "five clients": echo(clients=5),
    "long": echo(rounds=100),
    "without a pattern": unlike(200),
    "wide": stream([b"x" * 60, b"y" * 60], [(b"x" * 60, {0: 60})]),
    "through a link": relayed([5, 5], [10], [4, 4, 2]),
    "held by a link": relayed([5, 5], [5], [5]),
    "waiting": impatient(),
    "late": late(),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_no_label_reaches_another_lane_or_leaves_the_picture(name: str) -> None:
    scene, layout = scene_and_layout(RECORDINGS[name].made())
    for event in layout.rows.events:
        label = layout.labels[event.order]
        wide = max(width(line, mono=True) for line in label.lines)
        wide = max([wide, *(width(line, SMALL) for line in label.notes)])
        far = label.x + min(wide, layout.label_limit) * label.side
        assert min(label.x, far) > 0 and max(label.x, far) < layout.wide
        for lane, x in enumerate(layout.x):
            if lane == scene.lane_of(event):
                assert abs(label.x - x) > layout.edge
            else:
                assert not min(label.x, far) - layout.edge < x < max(label.x, far) + layout.edge


@pytest.mark.parametrize("name", RECORDINGS)
def test_titles_stand_apart(name: str) -> None:
    _, layout = scene_and_layout(RECORDINGS[name].made())
    boxes = [(x - title / 2, x + title / 2) for x, title in zip(layout.x, layout.titles, strict=True)]
    assert boxes[0][0] > 0 and boxes[-1][1] < layout.wide
    assert all(one[1] < other[0] for one, other in itertools.pairwise(boxes))


@pytest.mark.parametrize("name", RECORDINGS)
def test_no_bar_stands_on_another(name: str) -> None:
    _, layout = scene_and_layout(RECORDINGS[name].made())
    for one, other in itertools.combinations(layout.rows.bars, 2):
        if one.lane == other.lane and one.top < other.bottom and other.top < one.bottom:
            assert abs(one.shift - other.shift) >= 8


def test_several_bars_of_a_lane_stand_beside_each_other() -> None:
    scene, layout = scene_and_layout(impatient().made())
    bars = [bar for bar in layout.rows.bars if scene.cast.lanes[bar.lane].title == "EchoServer"]
    assert {bar.why for bar in bars} == {WAITS, STILL_WAITS}
    assert len({bar.slot for bar in bars}) >= 3


def test_a_connection_waits_in_the_backlog_from_its_connect_to_its_accept() -> None:
    scene, layout = scene_and_layout(late().made())
    connect, accept = (next(event for event in scene.events if event.call == call) for call in ("connect", "accept"))
    (bar,) = (bar for bar in layout.rows.bars if bar.why == IN_BACKLOG)
    assert bar.lane == scene.lane_of(accept)
    assert layout.row(connect).y < bar.top < bar.bottom < layout.row(accept).y


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_call_has_a_row_and_no_row_stands_on_another(name: str) -> None:
    scene, layout = scene_and_layout(RECORDINGS[name].made())
    rows = list(dict.fromkeys(layout.rows.by_call[event.order] for event in scene.events))
    assert len(rows) == len(scene.rows)
    for above, below in itertools.pairwise(rows):
        assert above.y < above.bottom < below.y
    assert rows[-1].bottom < layout.rows.bottom
    left_out = [event for event in scene.events if layout.fold_of(event) is not None]
    assert len(left_out) == len(scene.events) - len(layout.rows.events)


def test_calls_are_written_away_from_whom_they_talk_with() -> None:
    scene, layout = scene_and_layout(echo().made())
    sides = {(scene.lane_of(event), layout.labels[event.order].side) for event in layout.rows.events}
    assert sides == {(0, -1), (1, 1)}
    assert all(layout.inward(event) == (1 if scene.lane_of(event) == 0 else -1) for event in layout.rows.events)


def test_bytes_that_nobody_received_widen_the_gap() -> None:
    received = stream([b"hello"], [(b"hello", {0: 5})])
    lost = stream([b"hello"], [])
    lost.flows.append((0, None, 5))
    (_, narrow), (_, wide) = scene_and_layout(received.made()), scene_and_layout(lost.made())
    assert wide.x[1] - wide.x[0] > narrow.x[1] - narrow.x[0]


def test_words_that_other_bytes_would_cross_stand_beside_the_call() -> None:
    script = stream([b"taken late", b"lost"], [(b"taken late", {0: 10})])
    script.flows.append((1, None, 4))
    scene, layout = scene_and_layout(script.made())
    lost = scene.events[1]
    assert layout.rows.aside == {lost.order}
    assert " ".join(layout.labels[lost.order].notes) == "4 bytes not received yet"


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_layout_is_computed_from_the_scene_alone_and_does_not_change(name: str) -> None:
    scene = Scene(RECORDINGS[name].made())
    wording = Wording(scene)
    layout = arrange(scene, wording)
    assert layout == arrange(scene, wording)
    with pytest.raises(dataclasses.FrozenInstanceError):
        layout.wide = 0  # type: ignore[misc]


def test_what_is_occupied_is_not_free() -> None:
    occupied = Occupied()
    assert occupied.is_free(50, 100, 20)
    occupied.add_line(0, 96, 100, 96)
    assert not occupied.is_free(50, 100, 20)
    assert occupied.is_free(50, 120, 20) and occupied.is_free(150, 100, 20)
    occupied.add_ribbon((0, 200, 10), (100, 300, 10), 50)
    assert not occupied.is_free(50, 252, 5) and occupied.is_free(10, 290, 5)


def test_a_legend_explains_each_mark_once_in_the_order_in_which_they_came_up() -> None:
    legend = Legend()
    for words in ("an error", "waits", "an error"):
        legend.explain(words, Marks.numbered)
    assert [words for words, _ in legend.entries()] == ["an error", "waits"]
