"""Long and crowded recordings: what repeats is folded, what does not fit is counted, and drawing takes no time."""

from __future__ import annotations

import re

import pytest

from helpers.pictures.sequence.sheet import conversation
from helpers.recording.events import STAYS_OPEN
from tests.pictures.sequence.reading import overlaps, words
from tests.pictures.sequence.scripts import Script, differing, echo, unlike
from tests.support.costs import costs_less


def test_what_repeats_is_folded() -> None:
    picture = conversation(echo(rounds=100).made())
    total = sum(len(b"%d from 1" % turn) for turn in range(1, 99)) * 2
    assert f"… the same 4 calls 98 times more, {total:,} bytes …" in words(picture)
    assert f"… the same 4 calls 98 times more, {total:,} bytes …" in picture.text
    assert "b'0 from 1'" in picture.text and "b'99 from 1'" in picture.text and "b'50 from 1'" not in picture.text
    assert len(picture.text.splitlines()) < 20
    few = conversation(echo(rounds=4).made())
    assert "the same" not in few.text


def test_what_does_not_repeat_is_cut_in_the_middle() -> None:
    picture = conversation(unlike(500).made())
    cut = re.search(r"… ([\d,]+) calls are left out here …", picture.text)
    assert cut
    assert len(picture.text.splitlines()) <= 82
    hidden = int(cut[1].replace(",", ""))
    assert hidden > 400
    assert not overlaps(picture)


def test_more_lanes_than_fit_are_counted() -> None:
    picture = conversation(differing(8).made())
    assert {"client 1", "client 4", "EchoServer"} <= set(words(picture))
    assert "client 5" not in words(picture)
    assert "4 more participants did not fit, and 44 calls with them." in words(picture)
    assert "4 more participants did not fit, and 44 calls with them." in picture.text


def test_clients_one_after_the_other_share_a_lane() -> None:
    script = echo(clients=9)
    for call in script.calls:
        if call["thread"].startswith("Thread-"):
            call["thread"] = "MainThread"
    picture = conversation(script.made())
    assert "9 clients" in words(picture)
    assert "client 9: socket()" in picture.text.replace(" [connection 9]", "")
    assert "did not fit" not in picture.text
    for call in script.calls:
        if call["call"] == "close" and call["thread"] == "MainThread":
            call["how"] = STAYS_OPEN  # somebody else has it too
    assert "9 clients" not in words(conversation(script.made()))


def test_an_empty_recording_says_so() -> None:
    picture = conversation(Script().made())
    assert words(picture) == ["No socket call happened."]
    assert picture.text == picture.alt == "No socket call happened."
    assert "7 more calls" in conversation(Script().made(dropped=7)).text


def test_a_full_recording_is_said() -> None:
    picture = conversation(echo().made(dropped=1234))
    assert "The recording was full: 1,234 more calls are not in it." in words(picture)
    assert "1,234 more calls" in picture.text


@pytest.mark.parametrize(("rounds", "seconds"), [(11, 0.005), (124, 0.03)])
def test_it_is_drawn_in_no_time(rounds: int, seconds: float) -> None:
    recording = echo(rounds).made()
    assert costs_less(seconds * 3, lambda: conversation(recording))
