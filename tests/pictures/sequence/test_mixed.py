"""Several threads send on one socket: whose bytes are whose is seen piece by piece."""

from __future__ import annotations

import helpers
from helpers.pictures.drawing import Picture
from helpers.pictures.sequence.sheet import conversation
from helpers.running.install import install
from tests.pictures.legibility import faults
from tests.pictures.sequence.reading import ribbons, words
from tests.pictures.sequence.scripts import Script
from tests.support.turns import all_send, taking_turns


def test_two_sendalls_that_are_interleaved() -> None:
    install()
    turns = [("ada", 3), ("grace", 3), ("ada", 5), ("grace", 9), ("ada", 9)]
    with taking_turns(turns) as (little, other), helpers.watch() as recording:
        all_send(little, {"ada": b"ada: hello\n", "grace": b"grace: hi\n"})
        other.recv(1024)
    picture = conversation(recording)
    assert picture.text.splitlines() == [
        "Two threads sent on one socket: the bytes of one stand among those of another. A is ada, B is grace.",
        "end 1: sendall(… b'ada' …) (thread A, 3 of 11)",
        "end 1: sendall(… b'gra' …) (thread B, 3 of 10)",
        "end 1: sendall(… b': hel' …) (thread A, 5 of 11)",
        "end 1: sendall(… b'ce: hi\\n' …) (thread B, 7 of 10)",
        "end 1: sendall(… b'lo\\n' …) (thread A, 3 of 11)",
        "end 2: recv(1024) → b'adagra: helce: hi\\nlo\\n' "
        "(A: b'ada'; B: b'gra'; A: b': hel'; B: b'ce: hi\\n'; A: b'lo\\n'; from end 1's sendalls)",
    ]
    assert "the bytes of one stand among those of another" in picture.alt
    assert letters(picture) == list("ABABA" * 2)
    assert ribbons(picture) == 5
    assert not faults(picture)


def letters(picture: Picture) -> list[str]:
    """Those on the bands: at their beginnings, or at their ends."""
    marks = [word for word in words(picture) if word in ("A", "B")]
    return marks[::2] + marks[1::2]


def said(*messages: tuple[str, bytes]) -> Script:
    """What threads send on one socket, one after the other."""
    script = Script()
    one, other = script.end("pair"), script.end("pair")
    script.talks.append((one, other))
    sources: dict[int, int] = {}
    for thread, data in messages:
        place = sum(sources.values())
        sent = script.call(
            thread, one, "sendall", tuple(sources)[-1:], data=data, size=len(data), asked=len(data), offset=place
        )
        sources[sent] = len(data)
    script.recv("MainThread", other, b"".join(data for _, data in messages), sources)
    return script


def test_a_line_that_is_begun_and_interrupted() -> None:
    script = said(("Thread-7 (tell)", b"ada"), ("Thread-8 (tell)", b"grace"), ("Thread-7 (tell)", b": hello\n"))
    picture = conversation(script.made())
    assert "A is" not in picture.text and "Thread-7" not in picture.text
    assert "A: b'ada'; B: b'grace'; A: b': hello\\n'" in picture.text


def test_the_names_of_threads_that_nobody_has_named_are_not_said() -> None:
    names = ("Thread-7 (tell)", "helpers: room.py (3)", "Thread-7 (tell)")
    picture = conversation(said(*((name, b"a") for name in names)).made())
    assert "of another. A is tell." in picture.text and "room.py" not in picture.text


def test_whole_lines_one_after_the_other_are_no_mixture() -> None:
    script = said(("one", b"ada: hello\n"), ("other", b"grace: hi\n"), ("one", b"ada: bye\n"))
    picture = conversation(script.made())
    assert "thread" not in picture.text and letters(picture) == []


def test_a_thread_that_only_takes_over_is_no_mixture() -> None:
    picture = conversation(said(("one", b"hel"), ("other", b"lo")).made())
    assert "thread" not in picture.text


def test_names_of_threads_are_hostile_too() -> None:
    script = said(("</text>\x1b[2J", b"a"), ("other", b"b"), ("</text>\x1b[2J", b"c"))
    picture = conversation(script.made())
    assert "\x1b" not in picture.text and "\x1b" not in picture.alt
    assert any("</text>" in word for word in words(picture))


def test_of_large_pieces_it_is_said_how_many_bytes() -> None:
    picture = conversation(said(("one", b"a" * 3000), ("other", b"b" * 2000), ("one", b"a" * 3000)).made())
    assert "(A: 3,000 bytes; B: 2,000 bytes; A: 3,000 bytes; from end 1's sendalls)" in picture.text
