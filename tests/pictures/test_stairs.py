"""Bytes over time: the words are exact and the same at every run; the image is a plot of what the calls brought."""

from __future__ import annotations

import collections
import dataclasses
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import helpers
from helpers.pictures import stairs
from helpers.pictures.drawing import Picture
from helpers.recording.events import Conversation, End, Event, Flow, Role
from tests.pictures.made import Made

if TYPE_CHECKING:  # it is read by whoever draws: each worker collects all tests, and takes a second for it
    from matplotlib.axes import Axes

CLIENT = End(1, "client", None, local=("127.0.0.1", 54321), peer=("127.0.0.1", 50007))
SERVER = End(2, "server", None, local=("127.0.0.1", 50007), peer=("127.0.0.1", 54321))


@pytest.fixture(autouse=True, scope="module")
def fonts_are_open() -> None:
    """matplotlib keeps the files of its fonts open: no test has left those behind."""
    stairs.stream(record(one_way([call(0, CLIENT, "send", 5, 0.0)], [])))


def call(
    order: int,
    end: End,
    name: str,
    size: int,
    begun: float,
    offset: int | None = 0,
    *,
    ended: float | None = None,
    peek: bool = False,
) -> Event:
    return Event(
        order,
        name,
        end,
        program=None,
        thread="MainThread",
        data=b"x" * size,
        size=size,
        asked=size,
        offset=offset,
        begun=begun,
        ended=begun + 0.001 if ended is None else ended,
        peek=peek,
    )


def record(*talks: Conversation, dropped: int = 0) -> Made:
    return Made([event for talk in talks for event in talk.events], list(talks), dropped)


def one_way(
    sends: list[Event], receives: list[Event], client: End | None = CLIENT, server: End | None = SERVER, unread: int = 0
) -> Conversation:
    flows = tuple(Flow(sends[0] if sends else None, received, received.size) for received in receives)
    left = (Flow(sends[-1], None, unread),) if unread else ()
    return Conversation(1, client, server, (*sends, *receives), flows, left)


def size_of(picture: Picture) -> tuple[int, int]:
    assert isinstance(picture.image, bytes) and picture.image.startswith(b"\x89PNG")
    wide, high = struct.unpack(">II", picture.image[16:24])
    return wide, high


@dataclasses.dataclass
class Panel:
    """What was drawn for one direction."""

    stairs: dict[str, list[tuple[float, int]]] = dataclasses.field(default_factory=dict)
    """By what they tell, sent or received: the times, and how many bytes were through."""
    styles: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    """Colour and dashes."""
    shades: list[tuple[list[float], list[int], list[int]]] = dataclasses.field(default_factory=list)
    """Times, and between which numbers of bytes it is dark."""


Drawn = Callable[[Conversation], Panel]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Draws a conversation, and listens to what matplotlib is told of its first direction: a PNG tells no numbers."""
    from matplotlib.axes import Axes

    panels: dict[Axes, Panel] = collections.defaultdict(Panel)
    step, fill_between = Axes.step, Axes.fill_between

    def steps(axes: Axes, times: list[float], counts: list[int], **how: Any) -> object:
        panel = panels[axes]
        panel.stairs["received" if how["linestyle"] == "--" else "sent"] = list(zip(times, counts, strict=True))
        panel.styles.add((how["color"], how["linestyle"]))
        return step(axes, times, counts, **how)

    def fills(axes: Axes, times: list[float], below: list[int], above: list[int], **how: Any) -> object:
        assert how["step"] == "post" and how["hatch"]
        panels[axes].shades.append((times, below, above))
        return fill_between(axes, times, below, above, **how)

    def draw(talk: Conversation) -> Panel:
        stairs.stream(record(talk))
        return next(iter(panels.values()))

    monkeypatch.setattr(Axes, "step", steps)
    monkeypatch.setattr(Axes, "fill_between", fills)
    return draw


def test_the_stairs_are_the_calls(drawn: Drawn) -> None:
    sends = [call(0, CLIENT, "send", 5, 1.0), call(1, CLIENT, "sendall", 10, 2.0, 5)]
    receives = [call(2, SERVER, "recv", 8, 3.0), call(3, SERVER, "recv", 7, 4.0, 8)]
    panel = drawn(one_way(sends, receives))
    assert panel.stairs["sent"][:3] == [(0.0, 0), (0.0, 5), (1.0, 15)]
    assert [count for _, count in panel.stairs["received"]] == [0, 8, 15, 15]
    assert [round(time, 3) for time, _ in panel.stairs["received"]] == [0.0, 2.001, 3.001, 3.001]
    ((times, below, above),) = panel.shades
    gaps = {round(time, 3): over - under for time, under, over in zip(times, below, above, strict=True)}
    assert gaps == {0.0: 5, 1.0: 15, 2.001: 7, 3.001: 0}
    colours, dashes = zip(*panel.styles, strict=True)
    assert len(set(colours)) == len(set(dashes)) == 2  # told apart by more than their colour


def test_words_without_times() -> None:
    def told(begin: float) -> Picture:
        sends = [call(0, CLIENT, "send", 1500, begin)]
        receives = [call(1, SERVER, "recv", 1000, begin + 0.1), call(2, SERVER, "recv", 500, begin * 3, 1000)]
        return stairs.stream(record(one_way(sends, receives)))

    picture = told(0.5)
    assert "client sent 1,500 bytes in 1 call" in picture.text
    assert "server received 1,500 bytes in 2 calls" in picture.text and "all received" in picture.text
    assert "server → client\n   no bytes went this way" in picture.text
    assert "client → server: 1,500 bytes sent, 1,500 bytes received, all received" in picture.alt
    other = told(0.7)
    assert (picture.text, picture.alt) == (other.text, other.alt)
    assert not any(port in picture.text + picture.alt for port in ("54321", "50007"))


def test_what_stayed_unread_is_told_and_shaded(drawn: Drawn) -> None:
    sends = [call(0, CLIENT, "send", 5, 0.0)]
    talk = one_way(sends, [call(1, SERVER, "recv", 2, 0.5)], unread=3)
    picture = stairs.stream(record(talk))
    assert "3 bytes not received when the recording ended" in picture.text
    assert "3 bytes not received when the recording ended" in picture.alt
    ((_, below, above),) = drawn(talk).shades
    assert above[-1] - below[-1] == 3


def test_bytes_from_before_the_recording(drawn: Drawn) -> None:
    talk = one_way([], [call(0, SERVER, "recv", 4, 0.1, 100), call(1, SERVER, "recv", 6, 0.2, 104)])
    assert "10 bytes of them sent before the recording" in stairs.stream(record(talk)).text
    panel = drawn(talk)
    assert {count for _, count in panel.stairs["sent"]} == {10}  # they had been sent
    assert panel.stairs["received"][0][1] == 0 and panel.stairs["received"][-1][1] == 10


def test_a_send_that_waited_is_never_behind_its_receives(drawn: Drawn) -> None:
    sends = [call(0, CLIENT, "sendall", 10, 0.0, ended=5.0)]
    panel = drawn(one_way(sends, [call(1, SERVER, "recv", 4, 1.0), call(2, SERVER, "recv", 6, 2.0, 4)]))
    assert panel.stairs["sent"][1] == (0.0, 10)


def test_peeks_take_nothing() -> None:
    sends = [call(0, CLIENT, "send", 5, 0.0)]
    receives = [call(1, SERVER, "recv", 5, 0.1, peek=True), call(2, SERVER, "recv", 5, 0.2)]
    assert "server received 5 bytes in 1 call" in stairs.stream(record(one_way(sends, receives))).text


def test_an_end_in_another_process_has_no_stair(drawn: Drawn) -> None:
    talk = one_way([call(0, CLIENT, "send", 5, 0.0)], [], server=None)
    picture = stairs.stream(record(talk))
    assert "client → server in another process" in picture.text and "received" not in picture.text
    panel = drawn(talk)
    assert set(panel.stairs) == {"sent"} and not panel.shades


def test_a_server_that_has_not_accepted_yet_is_in_no_other_process() -> None:
    with (
        helpers.watch() as recording,
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        client.sendall(b"hello")
    picture = stairs.stream(recording)
    assert "server (in its backlog): 5 bytes sent, 0 bytes received, 5 bytes not received" in picture.alt
    assert "another process" not in picture.text


@pytest.mark.parametrize("role", ["pair", "datagram"])
def test_ends_without_a_client(role: Role) -> None:
    one, other = End(1, role, None), End(2, role, None)
    talk = one_way([call(0, one, "send", 5, 0.0, None)], [call(1, other, "recv", 5, 0.1, None)], one, other)
    assert "first socket → second socket: 5 bytes sent, 5 bytes received" in stairs.stream(record(talk)).alt


def test_at_most_three_conversations_are_drawn_and_all_are_told() -> None:
    talks = []
    for number in range(5):
        client, server = End(10 + number, "client", None), End(20 + number, "server", None)
        order = 2 * number
        sends, receives = [call(order, client, "send", 5, 0.1)], [call(order + 1, server, "recv", 5, 0.2)]
        talks.append(one_way(sends, receives, client, server))
    picture = stairs.stream(record(*talks, dropped=2))
    assert "2 more conversations are not drawn" in picture.alt and "client 4" not in picture.alt
    assert "client 5 sent 5 bytes" in picture.text and "2 more calls were not recorded" in picture.text
    assert size_of(picture)[1] > size_of(stairs.stream(record(*talks[:1])))[1]


def test_through_a_link_a_conversation_is_one_from_end_to_end() -> None:
    def reads(conn: socket.socket, addr: object) -> None:
        while conn.recv(1024):
            pass

    with helpers.Server(reads) as server:
        assert server.address is not None
        with helpers.Link(server.address, slicer=4) as link, helpers.watch() as recording:
            assert link.address is not None
            with socket.create_connection(link.address, timeout=5) as client:
                client.sendall(b"hello world")
    picture = stairs.stream(recording)
    assert "client sent 11 bytes in 1 call\n   server received 11 bytes in 3 calls\n   all received" in picture.text
    assert picture.alt.count("→") == 1


def test_the_image_is_as_wide_as_a_slide_wants_it() -> None:
    picture = stairs.stream(record(one_way([call(0, CLIENT, "send", 5, 0.0)], [call(1, SERVER, "recv", 5, 0.1)])))
    assert size_of(picture)[0] == 960
    assert 'src="data:image/png;base64,' in picture.as_html()
    nothing = stairs.stream(record())
    assert "no bytes were sent or received" in nothing.text and size_of(nothing)[1] < size_of(picture)[1]


def test_importing_is_cheap_and_pyplot_is_left_alone() -> None:
    code = """
import sys
from helpers.pictures import stairs
import helpers.pictures.kernel, helpers.pictures.life_cycles.diagram, helpers.pictures.characters.diagram
import helpers.watching.kernel_view
assert not {"matplotlib", "numpy", "psutil"} & set(sys.modules)
import types
stairs.stream(types.SimpleNamespace(events=[], conversations=[], dropped=0))
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
