"""Lesson 17's read_name, held to dnspython: what one of the two reads and the other refuses, or reads in another way, is an error, or one of the few things that each may see in its own way (`Reading.doubtful`)."""

from __future__ import annotations

import functools
import random
import time
import types

import dns.exception
import dns.message
import dns.name
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import exercises
from helpers.checking.shrinking import shrunk
from helpers.exercises.lesson17 import connecting
from helpers.exercises.lesson17.connecting import connect_any
from helpers.exercises.lesson17.packets import (
    HEADER,
    PLAIN,
    REAL,
    Mutant,
    Place,
    asks,
    labels,
    pointer,
    read,
    simpler_mutants,
    some_mutant,
    some_place,
    text_of,
)
from helpers.exercises.lesson17.reading import read_name
from tests.checking.answers.lesson17 import RIGHT, WRONG
from tests.checking.test_exercises import function

SOLUTION = types.ModuleType("solution")
exec(read_name.solution, SOLUTION.__dict__)
ANSWERS = [read_name.solution, *RIGHT["read_name"]]
MUTANTS = 10_000
SECOND = 1.0

Outcome = tuple[str, int] | None
"""None: refused."""


def ours(place: Place) -> Outcome:
    try:
        found: tuple[str, int] = SOLUTION.read_name(*place)
    except ValueError:
        return None
    return found


def dnspythons(place: Place) -> Outcome:
    try:
        name, used = dns.name.from_wire(*place)
    except dns.exception.DNSException:
        return None
    return ".".join(map(text_of, name.labels[:-1])) or ".", place.at + used


def must_agree(place: Place) -> None:
    mine, its, reading = ours(place), dnspythons(place), read(place)
    if mine != its:
        assert None in (mine, its) and reading.doubtful, place
    right = None if reading.problem else (reading.name, reading.next)
    if mine != right:
        assert mine is None and reading.doubtful, place


@pytest.mark.parametrize("place", [place for real in REAL for place in real.places()])
def test_the_names_of_real_messages(place: Place) -> None:
    name, end = next((name, end) for real in REAL for at, name, end in real.names if (real.message, at) == place)
    assert ours(place) == dnspythons(place) == (name, end)
    for size in range(HEADER, end):
        must_agree(place._replace(message=place.message[:size]))
    assert dns.message.from_wire(place.message)


def test_ten_thousand_messages_with_bytes_changed_end_at_once() -> None:
    chance = random.Random(17)
    refused = 0
    for mutant in [some_mutant(chance) for _ in range(MUTANTS)]:
        place, begun = mutant.made(), time.thread_time()
        refused += ours(place) is None
        assert time.thread_time() - begun < SECOND
        must_agree(place)
    assert MUTANTS * 0.2 < refused < MUTANTS * 0.8


def test_names_at_random_are_right() -> None:
    chance = random.Random(17)
    for place in [some_place(chance) for _ in range(1000)]:
        reading = read(place)
        assert not reading.problem and not reading.doubtful
        must_agree(place)


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from([b"\0", b"\1", b"\3", b"\x3f", b"\x40", b"\x80", b"\xc0", b"\xc1", b"\xff", b"\x0c", b"a", b"abc"]), max_size=60), st.integers(0, 40))  # fmt: skip
def test_any_bytes_end_in_a_name_or_an_error(pieces: list[bytes], at: int) -> None:
    must_agree(Place(bytes(HEADER) + b"".join(pieces), HEADER + at))


LABEL = st.binary(min_size=1, max_size=20) | st.sampled_from([b"www", b"example", b"org", b"a.b"])


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(st.lists(LABEL, max_size=4), min_size=1, max_size=5))
def test_what_dnspython_writes_is_read(names: list[list[bytes]]) -> None:
    """Compressed by it, too."""
    found = [dns.name.Name([*each, b""]) for each in names]
    message = dns.message.make_query(found[0], "NS")
    message.answer = [dns.rrset.from_text(name, 60, "IN", "PTR", name.to_text()) for name in found]
    wire = message.to_wire()
    name, at = SOLUTION.read_name(wire, HEADER)
    at += 4
    for each in found:
        for part in 10, 0:  # the record's name, then, behind three numbers and a length, the one that is its data
            name, at = SOLUTION.read_name(wire, at)
            assert name.lower() == (".".join(map(text_of, each.labels[:-1])) or ".").lower()
            at += part


@pytest.mark.parametrize("source", ANSWERS, ids=range(len(ANSWERS)))
def test_right_answers_agree_with_one_another(source: str) -> None:
    """Each as it is, without the judge: what it accepts of all of them is what it has said."""
    name_at = function(source, "read_name")
    chance = random.Random(18)
    for place in [some_mutant(chance).made() for _ in range(2000)]:
        try:
            found = name_at(*place)
        except ValueError:
            found = None
        reading = read(place)
        right = None if reading.problem else (reading.name, reading.next)
        assert found == right or (found is None and reading.doubtful), place


def test_a_label_s_text_tells_its_bytes() -> None:
    every = bytes(range(256))
    assert dns.name.from_text(text_of(every[1:60])).labels[0] == every[1:60]
    assert len({text_of(bytes([byte])) for byte in every}) == 256
    assert all(text_of(bytes([byte])) == chr(byte) for byte in PLAIN)


def _has(change: tuple[int, int], mutant: Mutant) -> bool:
    return change in mutant.changes


def test_a_message_that_falls_is_made_simple() -> None:
    """Whatever it was that fell: of the changed bytes the one alone is left that matters, and the message is whole."""
    chance = random.Random(17)
    mutants = [each for each in (some_mutant(chance) for _ in range(200)) if len(each.changes) > 2]
    for mutant in mutants:
        matters = mutant.changes[1]
        found = shrunk(mutant, simpler_mutants, functools.partial(_has, matters))
        assert set(found.changes) == {matters} and not found.cut


@pytest.mark.slow
def test_connect_any_on_a_computer_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario with both families is there in another form."""
    monkeypatch.setattr(connecting, "door6", lambda judge, port=0: None)
    number = next(at for at, each in enumerate(connect_any.scenarios, 1) if each.title.startswith("IPv6"))
    assert exercises.check(function(connect_any.solution, "connect_any"), seed=1, only=number).results[0].held
    first_only = WRONG["connect_any"][1][0]
    report = exercises.check(function(first_only, "connect_any"), seed=1, only=number)
    assert not report.results[0].held and report.results[0].misconception == 41


def test_what_the_wire_knows() -> None:
    """The pieces that messages are made of, against dnspython."""
    name = dns.name.from_text("www.example.org")
    assert labels("www.example.org") + b"\0" == name.to_wire()
    assert dns.message.from_wire(asks("www.example.org")).question[0].name == name
    assert pointer(12) == b"\xc0\x0c"
