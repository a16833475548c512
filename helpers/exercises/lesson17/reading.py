"""The name that stands somewhere in a message of DNS, which a stranger may have made so that a reader never comes to its end."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Value
from helpers.checking.shrinking import shrunk
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown
from helpers.exercises.lesson17 import misread
from helpers.exercises.lesson17.packets import (
    HEADER,
    LIKELY,
    LONGEST_LABEL,
    LONGEST_NAME,
    REAL,
    TYPE_A,
    Place,
    Reading,
    asks,
    header,
    labels,
    pointer,
    question,
    read,
    record,
    simpler_mutants,
    some_mutant,
    some_place,
)

MUTANTS = 4_000
"""Messages with bytes changed, tried in a second or two."""
AT_ONCE = 500
"""Names that it is called with at one word of the judge's."""
SEARCHED = 1_000
"""Names at random that are right."""
CHAIN = 5_000
"""Pointers, each to the one before: as many as have room in a message, nearly, and more than a function may call itself."""
SECONDS = 1.0
"""Of the processor, for AT_ONCE names at most."""

read_name = Exercise(
    lesson=17,
    signature="read_name(message, at)",
    brief="Return (name, next) for the name that begins at byte `at` of a DNS message. name: its labels as text with dots between them, '.' if there are none; a byte that is no letter, digit, - or _ is "
    "written as \\ and its number in three decimal digits. next: the number of the byte behind the name as it stands at `at`. ValueError for whatever is malformed: a message that ends too soon, a length of 64 to 191, a name of more than "
    "255 bytes, a pointer that does not lead back to what stood before the name.",
    hints=(
        "A loop that goes from length to length: 0 ends the name, 1 to 63 is a label, 192 and more a pointer. Which of them says where the next length stands? And what is `next` where there was a pointer?",
        "Take bytes by a function that raises ValueError if fewer are there than it was to take: a slice says nothing. The pointer's two bytes are `int.from_bytes(pair, 'big') & 0x3FFF`. What is behind the first pointer is "
        "`next`; keep it.",
        "Keep in `start` where the name, or the piece of it that a pointer led to, began. A pointer whose target is not less than `start` leads round in a circle, or on to what has not come yet: ValueError. Otherwise `at = start = target`. So each jump leads further back, "
        "and there is an end to them without any counting.",
    ),
    solution="""
PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

def text(label):
    return "".join(chr(byte) if byte in PLAIN else f"\\\\{byte:03}" for byte in label)

def take(message, at, size):
    data = message[at:at + size]
    if len(data) < size:
        raise ValueError(f"the message ends before byte {at + size}")
    return data

def read_name(message, at):
    labels, size = [], 1
    start, after = at, None
    while length := take(message, at, 1)[0]:
        if length >= 192:
            target = int.from_bytes(take(message, at, 2), "big") & 0x3FFF
            if target >= start:
                raise ValueError(f"the pointer at {at} does not lead back")
            after = after or at + 2
            at = start = target
        elif length <= 63:
            labels.append(text(take(message, at + 1, length)))
            size += 1 + length
            at += 1 + length
            if size > 255:
                raise ValueError("more than 255 bytes")
        else:
            raise ValueError(f"{length} is neither a label's length nor a pointer")
    return ".".join(labels) or ".", after or at + 1
""",
    reasons="Each jump leads to before the piece of the name that it was in. There is less and less before it, so the loop ends, whatever the bytes are. A set of places already visited, or a count of jumps, ends a circle "
    "as well, and lets pointers lead on to what has not come yet. `take` says what a slice does not: that bytes are missing. `after` is kept at the first pointer alone, since what follows the name follows there.",
)

# Asking ---------------------------------------------------------------------------------------------------------------


def _first_wrong(judge: Judge, places: Sequence[Place]) -> Place | None:
    """The first of these names for which what it gives is not right; None if there is none."""
    for at in range(0, len(places), AT_ONCE):
        some = places[at : at + AT_ONCE]
        outcomes = _outcomes(judge, some)
        for place, outcome in zip(some, outcomes, strict=False):
            if not _is_right(place, outcome):
                return place
        if len(outcomes) < len(some):
            return some[len(outcomes)]
    return None


def _outcomes(judge: Judge, places: Sequence[Place]) -> list[Value]:
    """What it gives, or raises, for each; where it does not come back from one, only for those before."""
    judge.busy = SECONDS
    arguments: list[Value] = [tuple(place) for place in places]
    try:
        call = judge.call(arguments, way="all tried").finish()
        if call.error is None and isinstance(call.value, list):
            return call.value
    except Hangs:
        pass
    call = judge.call(arguments, way="tried", each=True)
    try:
        call.finish()
    except Hangs:
        pass
    return call.items


def _is_right(place: Place, outcome: Value) -> bool:
    reading = read(place)
    refused = isinstance(outcome, tuple) and outcome[0] == "raised" and "ValueError" in _kinds(outcome)
    if refused or reading.problem:
        return refused and bool(reading.problem or reading.doubtful)
    return same(outcome, ("gave", (reading.name, reading.next)))


def _kinds(outcome: tuple[Value, ...]) -> list[Value]:
    return outcome[1] if isinstance(outcome[1], list) else []


def _must_read(judge: Judge, places: Iterable[Place]) -> None:
    """Fell shows the first of these names for which it is not right."""
    if place := _first_wrong(judge, list(places)):
        raise _fallen(judge, place)


def _fallen(judge: Judge, place: Place) -> Fell:
    """Why it fell, called once more."""
    reading = read(place)
    try:
        call = judge.call(*place).finish()
    except Hangs as error:
        return _hangs(place, reading, error)
    if call.error is not None:
        return _raised(call, place, reading)
    if reading.problem:
        return Fell(
            f"It returned {shown(call.value)}, though {reading.problem}: that asks for ValueError. The message is a stranger's, and so is each number in it.",
            42,
            calls=misread.calls(place, reading, f"gave {shown(call.value)}"),
        )
    if same(call.value, (reading.name, reading.next)):
        return Fell(
            "It gave something else for the same message a second time: what it gives may depend on nothing but message and at. Where does it keep something from one call to the next? (A list as a default value is made once.)",
            calls=misread.calls(place, reading, "gave now this, now that"),
        )
    return misread.why(place, reading, call.value)


def _hangs(place: Place, reading: Reading, error: Hangs) -> Fell:
    calls = misread.calls(place, reading, "never comes back")
    if not reading.problem and isinstance(error, Spins):
        return Fell(error.sentence, calls=calls)
    if not reading.problem:
        return Fell("It never comes back from a name that is right.", calls=calls)
    return Fell(
        f"It never comes back: {reading.problem}. One packet, and whoever reads it stands still. A pointer has to lead back, to before the name, or the piece of it, in which it stands: ValueError for any other.",
        42,
        calls=calls,
    )


def _raised(call: Call, place: Place, reading: Reading) -> Fell:
    where = f", in line {call.line} of the cell" if call.line else ""
    calls = misread.calls(place, reading, f"raised {call.error}")
    if not reading.problem:
        if call.error == "UnicodeDecodeError":
            return Fell(
                f"It raised UnicodeDecodeError{where}: a label may hold any bytes, and nobody chose an encoding for them. One that is no letter, digit, - or _ is written as \\ and three digits.",
                24,
                calls=calls,
            )
        if "ValueError" in call.kinds:
            return Fell(
                f"It refused a name that is right{where}.{call.remark}{misread.why_refused(place, reading)}",
                calls=calls,
            )
        return call.misuse() or Fell(
            f"It raised {call.error}{where} for a name that is right: {call.text[:120] or 'without a word'}.",
            calls=calls,
        )
    if "ValueError" in call.kinds:
        return Fell("It refused this message now and then: the same message is to be refused each time.", calls=calls)
    more = " It calls itself for each pointer." if call.error == "RecursionError" else ""
    return Fell(
        f"It raised {call.error}{where}, where {reading.problem}: that asks for ValueError.{more} Whoever calls is ready for a message that is malformed, and not for whatever error its bytes happen to cause.",
        42,
        calls=calls,
    )


# Scenarios ------------------------------------------------------------------------------------------------------------


@read_name.scenario(1, "the name in a question")
def _question(judge: Judge) -> None:
    _must_read(
        judge, [Place(asks(name), HEADER) for name in ("www.example.org", "example.org", "localhost", "a.b.c.d")]
    )


@read_name.scenario(1, "no labels: the root")
def _root(judge: Judge) -> None:
    _must_read(judge, [Place(asks(""), HEADER)])


@read_name.scenario(1, "an answer whose name is a pointer to the question's")
def _pointer(judge: Judge) -> None:
    asked = question(labels("www.example.org") + b"\0")
    message = header(1) + asked + record(pointer(HEADER), TYPE_A, bytes([192, 0, 2, 1]))
    _must_read(judge, [Place(message, HEADER + len(asked))])


@read_name.scenario(1, "labels of its own, then a pointer")
def _labels_and_pointer(judge: Judge) -> None:
    _must_read(judge, [_behind("web", HEADER + 4), _behind("a.b", HEADER), _behind("x", HEADER + 12)])


def _behind(own: str, target: int) -> Place:
    """A name of these labels, and a pointer into the question, which is for www.example.org."""
    asked = question(labels("www.example.org") + b"\0")
    message = header(1) + asked + record(labels(own) + pointer(target), TYPE_A, bytes(4))
    return Place(message, HEADER + len(asked))


@read_name.scenario(2, "a pointer to a name that ends in a pointer, and so on")
def _pointers(judge: Judge) -> None:
    places = [_chain([f"n{number}" for number in range(count)]) for count in range(2, LIKELY + 1)]
    _must_read(judge, [*places, _chain(["", ""]), _chain(["a", "", "b"])])


def _chain(own: Sequence[str]) -> Place:
    """A question for example.org, and names each of which has labels of its own and a pointer to the one before. The last of them."""
    message = header(1) + question(labels("example.org") + b"\0")
    at = HEADER
    for name in own:
        target, at = at, len(message)
        message += record(labels(name) + pointer(target), TYPE_A, bytes(4))
    return Place(message, at)


@read_name.scenario(2, "places beyond 255, and beyond 4095")
def _far(judge: Judge) -> None:
    places = []
    for before in 300, 5_000, 16_000:
        message = asks("www.example.org") + bytes(before)
        target = len(message)
        message += record(labels("far.away") + b"\0", TYPE_A, bytes(4))
        places += [Place(message, target), Place(message + labels("x") + pointer(target) + bytes(4), len(message))]
    _must_read(judge, places)


@read_name.scenario(2, "capitals, digits, hyphens, underscores; labels of 63 bytes")
def _letters(judge: Judge) -> None:
    names = ["wWw.Example.ORG", "4.3.2.1.in-addr.arpa", "_http._tcp.a-b", "xn--zrich-kva.example", "z" * LONGEST_LABEL]
    _must_read(judge, [Place(asks(name), HEADER) for name in names])


@read_name.scenario(2, "all names of messages as servers send them")
def _real(judge: Judge) -> None:
    _must_read(judge, itertools.chain.from_iterable(real.places() for real in REAL))


@read_name.scenario(2, "bytes that are neither letters nor digits")
def _odd_bytes(judge: Judge) -> None:
    odd = [
        b"Z\xc3\xbcrich",
        b"\xff\xfe",
        b"a.b",
        b"My Printer",
        b"a\\b",
        b"\0",
        b"a\nb",
        b"*",
        b"www\0",
        b"\xe9",
        b"a@b",
        b".",
    ]
    _must_read(
        judge,
        [Place(header() + question(bytes([len(each)]) + each + labels("local") + b"\0"), HEADER) for each in odd],
    )


@read_name.scenario(2, "names at random: is there one that it does not read?")
def _search(judge: Judge) -> None:
    _must_read(judge, [some_place(judge.chance) for _ in range(SEARCHED)])


@read_name.scenario(3, "a pointer to itself, and circles of two and three")
def _circles(judge: Judge) -> None:
    start = header(1) + question(labels("example.org") + b"\0")
    at = len(start)
    itself = start + pointer(at)
    with_label = start + labels("a") + pointer(at)
    two = start + pointer(at + 2) + pointer(at)
    three = start + pointer(at + 4) + pointer(at) + pointer(at + 2)
    with_labels = start + labels("a") + pointer(at + 4) + labels("b") + pointer(at)
    _must_read(judge, [Place(each + bytes(10), at) for each in (itself, with_label, two, three, with_labels)])
    _must_read(judge, [Place(two + bytes(10), at + 2), Place(three + bytes(10), at + 4)])


@read_name.scenario(3, "pointers forward, and past the end")
def _forward(judge: Judge) -> None:
    start = header(1) + question(labels("example.org") + b"\0")
    at = len(start)
    later = start + pointer(at + 16) + bytes(14) + labels("later.example") + b"\0"
    behind = start + labels("a") + pointer(at + 4) + b"\0" + bytes(4)
    places = [Place(later, at), Place(behind, at)]
    places += [Place(start + pointer(target), at) for target in (at + 2, at + 3, 0x3FFF)]
    _must_read(judge, places)


@read_name.scenario(3, "a message that ends too soon, at every byte")
def _cut(judge: Judge) -> None:
    names = [(real.message, at, end) for real in REAL for at, _, end in real.names]
    places = [Place(message[:end], at) for message, at, last in names for end in range(at, last)]
    farther = [Place(asks("www.example.org"), at) for at in (HEADER + 21, HEADER + 100)]
    _must_read(judge, [*places, *farther])


@read_name.scenario(3, "lengths of 64 to 191, which are none")
def _reserved(judge: Judge) -> None:
    places = [
        Place(header() + question(bytes([length]) + b"a" * length + b"\0"), HEADER)
        for length in range(LONGEST_LABEL + 1, 0xC0)
    ]
    asked = header(1) + question(labels("example.org") + b"\0")
    places += [Place(asked + labels("a") + bytes([bits, HEADER]) + bytes(12), len(asked)) for bits in (64, 128)]
    chained = _behind("web", HEADER)
    _must_read(judge, [*places, chained._replace(message=chained.message.replace(b"\x07example", b"\x47example"))])


@read_name.scenario(3, "names of 255 bytes, and of more")
def _long(judge: Judge) -> None:
    three = ".".join(["a" * LONGEST_LABEL] * 3)
    for last in "b" * 61, "b" * 62, "b" * 63, "b." * 40 + "c":
        _must_read(judge, [Place(asks(f"{three}.{last}"), HEADER)])
    _must_read(
        judge, [Place(asks("a." * (LONGEST_NAME // 2)), HEADER), Place(asks("a." * (LONGEST_NAME // 2 + 1)), HEADER)]
    )
    _must_read(judge, [_grown(61), _grown(62)])
    odd = [bytes([LONGEST_LABEL]) + b"\xff" * LONGEST_LABEL] * 3
    _must_read(judge, [Place(header() + question(b"".join(odd) + b"\0"), HEADER)])


def _grown(size: int) -> Place:
    """A name of 192 + 2 + `size` bytes, three labels of which a pointer leads to: short where it stands."""
    message = header(1) + question(labels(".".join(["a" * LONGEST_LABEL] * 3)) + b"\0")
    return Place(message + labels("b" * size) + pointer(HEADER) + bytes(8), len(message))


@read_name.scenario(3, f"{CHAIN:,} pointers, each to the one before")
def _long_chain(judge: Judge) -> None:
    message = asks("example.org")
    targets = [HEADER, *range(len(message), len(message) + 2 * CHAIN, 2)]
    place = Place(message + b"".join(map(pointer, targets)), len(message) + 2 * CHAIN)
    _must_read(judge, [place])


@read_name.scenario(3, f"{MUTANTS:,} messages with bytes changed: is there one for which it is not right?")
def _mutants(judge: Judge) -> None:
    mutants = [some_mutant(judge.chance) for _ in range(MUTANTS)]
    place = _first_wrong(judge, [mutant.made() for mutant in mutants])
    if place is None:
        return
    mutant = next(each for each in mutants if each.made() == place)
    found = shrunk(mutant, simpler_mutants, lambda simpler: _first_wrong(judge, [simpler.made()]) is not None)
    raise _fallen(judge, found.made())
