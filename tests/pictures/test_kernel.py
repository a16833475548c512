"""The picture of the kernel's view: it says what the steps say, whoever took them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from helpers.pictures.kernel import MEANINGS, states
from tests.pictures.made import words


class Look(NamedTuple):
    """A step (`helpers.pictures.kernel.Step`)."""

    label: str
    states: Mapping[str, str | None]


class View:
    """A view that has looked; of an end that a look does not name, the kernel listed nothing."""

    def __init__(self, *looks: Mapping[str, str | None], missing: str = "") -> None:
        ends = list(dict.fromkeys(end for look in looks for end in look))
        self._steps = [
            Look(f"step {number}", {end: look.get(end) for end in ends}) for number, look in enumerate(looks, start=1)
        ]
        self.missing = missing

    def now(self) -> list[Look]:
        return self._steps


def test_the_picture_says_what_the_steps_say() -> None:
    picture = states(
        View(
            {"listening": "LISTEN", "client": None, "server": None},
            {"listening": "LISTEN", "client": "ESTABLISHED", "server": "ESTABLISHED"},
            {"listening": "LISTEN", "client": "FIN_WAIT2", "server": "CLOSE_WAIT"},
            {"listening": None, "client": "TIME_WAIT", "server": None},
        )
    )
    drawn = words(picture)
    assert {f"step {number}" for number in range(1, 5)} <= set(drawn)
    assert drawn.count("LISTEN") == 2  # a box for three steps, and what it means
    assert {"FIN_WAIT2", "CLOSE_WAIT", "TIME_WAIT", "no longer listed", "not listed"} <= set(drawn)
    assert "client not listed, then ESTABLISHED, then FIN_WAIT2, then TIME_WAIT" in picture.alt
    assert (
        "3. step 3\n   listening socket: LISTEN\n   client: FIN_WAIT2\n   server's connection: CLOSE_WAIT"
        in picture.text
    )
    assert f"CLOSE_WAIT: {MEANINGS['CLOSE_WAIT']}" in picture.text and "the peer has closed" in picture.text


def test_what_does_not_fit_is_counted() -> None:
    crowd = {f"{kind} {number}": "ESTABLISHED" for number in range(2, 8) for kind in ("client", "server")}
    picture = states(View(*[crowd] * 60))
    assert "6 more ends are not drawn; the text has them all." in words(picture)
    assert "20 steps in the middle are not drawn; the text has them all." in words(picture)
    assert "60. step 60" in picture.text and "server's connection 7: ESTABLISHED" in picture.text


def test_what_the_system_does_not_show_is_said_everywhere() -> None:
    picture = states(View({"client": "ESTABLISHED"}, missing="Only this process is seen."))
    assert all("Only this process is seen." in text for text in (picture.text, picture.alt, *words(picture)[-1:]))


def test_a_state_that_nobody_knows_is_drawn_all_the_same() -> None:
    picture = states(View({"client": "NEW_STATE"}))
    assert "NEW_STATE" in words(picture) and "client: NEW_STATE" in picture.text and "client NEW_STATE" in picture.alt


def test_no_socket_at_all() -> None:
    picture = states(View({}))
    assert "The kernel lists no TCP socket of this kind." in words(picture)
    assert "no TCP socket" in picture.text and "no TCP socket" in picture.alt
