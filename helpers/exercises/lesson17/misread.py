"""Why what a learner's `read_name` gave for a name is not what stands there.

Comes in: the name's place, what is right, and what it gave. Goes out: `Fell`. Who may import it: the exercise, and its tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from helpers.checking.plain import Odd, Value
from helpers.checking.verdicts import Fell, shown
from helpers.exercises.lesson17.packets import LONGEST_LABEL, LONGEST_NAME, PLAIN, Place, Reading, text_of

SHOWN = 5
"""Pieces of a name that are shown at most."""
POINTER = 0xC0


def shown_place(place: Place) -> str:
    return f"read_name({shown(place.message)}, {place.at})"


def calls(place: Place, reading: Reading, gave: str) -> list[str]:
    """How it was called and what it gave; the bytes of the name, a line for each piece that a pointer leads to; and what is right."""
    right = f"right is ValueError: {reading.problem}" if reading.problem else f"right is {_right(reading)}"
    trail = [f"  byte {at}: {bytes(piece)!r}" for at, piece in pieces(place)]
    return [f"{shown_place(place)} {gave}", *trail[:SHOWN], *["  …"][: len(trail) > SHOWN], right]


def pieces(place: Place, target: Callable[[bytes], int] | None = None) -> Iterator[tuple[int, bytes]]:
    """The bytes of a name: up to its zero, or its pointer, then those to which it points. `target`: how a pointer is read. No more than SHOWN + 1 pieces."""
    message, at = place
    for _ in range(SHOWN + 1):
        end = at
        while end < len(message) and 0 < message[end] < POINTER:
            end += 1 + message[end]
        is_pointer = end < len(message) and message[end] >= POINTER
        end += 2 if is_pointer else 1
        if at < len(message):
            yield at, message[at:end]
        if not is_pointer or end > len(message):
            return
        at = (target or _target)(message[end - 2 : end])


def _target(pointer: bytes) -> int:
    return int.from_bytes(pointer, "big") & 0x3FFF


def _fewer(bits: int) -> Callable[[bytes], int]:
    """How whoever takes too few bits of it reads a pointer."""
    return lambda pointer: _target(pointer) & ((1 << bits) - 1)


def _right(reading: Reading) -> str:
    return f"({reading.name!r}, {reading.next})"


def _labels(piece: bytes) -> list[bytes]:
    """Those of one piece of a name."""
    found, at = [], 0
    while at < len(piece) and 0 < piece[at] < POINTER:
        found.append(piece[at + 1 : at + 1 + piece[at]])
        at += 1 + piece[at]
    return found


def _name(all_pieces: list[bytes], text: Callable[[bytes], str] = text_of) -> str:
    return ".".join(text(label) for piece in all_pieces for label in _labels(piece))


def _otherwise(form: str) -> Callable[[bytes], str]:
    """How whoever writes odd bytes in this form gives a label."""
    return lambda label: "".join(chr(byte) if byte in PLAIN else "\\" + form.format(byte) for byte in label)


OTHERWISE = [_otherwise(form) for form in ("{}", "{:o}", "{:03o}", "{:x}", "{:02x}", "{:03x}", "x{:02x}")]


def why(place: Place, reading: Reading, value: Value) -> Fell:
    """`value`: what it returned for a name that is right."""
    said = _why_no_pair(value, reading)
    if not said:
        assert isinstance(value, tuple)
        name, after = value
        said = _why_name(place, reading, name) if name != reading.name else _why_next(place, reading, after)
    misconception = 24 if "encoding" in said else None
    return Fell(said, misconception, calls=calls(place, reading, f"gave {shown(value)}"))


def _why_no_pair(value: Value, reading: Reading) -> str:
    """What is wrong with it before anything else; "" if it is a name and a number."""
    if value is None:
        return f"It returned None where {_right(reading)} was to come: is there a return, on every way out?"
    if not isinstance(value, tuple) or len(value) != 2:
        return f"It returned {shown(value)} where {_right(reading)} was to come: two things in a tuple, `return name, next`."
    name, after = value
    if type(after) is str and type(name) is int:
        return "Name and next have changed places: the name comes first."
    if isinstance(name, bytes) or name == Odd("bytearray"):
        return f"Its name is bytes, {shown(name)}: text was to come, {reading.name!r}."
    if isinstance(name, (list, tuple)):
        return f"It gave the labels each for itself, {shown(name)}: one text was to come, {reading.name!r}. '.'.join(…) makes it."
    if type(name) is not str:
        return f"Its name is {shown(name)}, and no text: {reading.name!r} was to come."
    if type(after) is not int:
        return f"What it gave for next is {shown(after)}: the number of the byte behind the name was to come, {reading.next}."
    return ""


def _why_name(place: Place, reading: Reading, name: Value) -> str:
    right = reading.name
    assert isinstance(name, str)
    said = f"It gave the name {shown(name)}, and {shown(right)} stands there"
    if right == ".":
        return f"It gave {name!r} for the name without any label, the root: it is written '.'."
    if name in (f"{right}.", f".{right}", f".{right}."):
        return f"{said}: dots are between labels alone, neither before the first nor behind the last."
    if name.lower() == right.lower():
        return f"{said}: large letters and small ones mean the same in a name, but what reads it gives it as it came."
    if name.endswith(f".{right}"):
        return f"{said}: what stands before it may be from an earlier call. A list as a default value, or outside the function, is made once, and kept."
    own = [piece for _, piece in pieces(place)]
    if any(name == _name(own, other) for other in OTHERWISE):
        return f"{said}: the three digits are decimal, with zeros in front: f'{{byte:03}}'. A dot is 046, and b'\\xff' is 255."
    if any(name == _name([piece for _, piece in pieces(place, _fewer(bits))]) for bits in (8, 12, 13)):
        return f"{said}: it read the pointer with too few of its bits. Fourteen are the place, six of the first byte and all of the second: int.from_bytes(pair, 'big') & 0x3FFF."
    if len(own) > 1 and name in (_name(own[:1]), _name(own[:1]) or "."):
        return f"{said}: it ended at the pointer. The name goes on at the byte that the pointer's two bytes give, without their two highest bits."
    if any(name == _name(own[:count]) for count in range(2, len(own))):
        return f"{said}: it followed one pointer, and what that led to ended in a pointer again. Each is followed, wherever it stands."
    if any(byte > 127 for piece in own for label in _labels(piece) for byte in label):
        return f"{said}. The bytes of a label may be any, and nobody chose an encoding for them: one that is no letter, digit, - or _ is written as \\ and three digits."
    if right.isascii() and not name.isascii() and "\\" not in right:
        return f"{said}: bytes that are letters are given as they came, and in no other encoding, such as that of the names which begin with xn--."
    if "\\" in name and "\\" not in right:
        return f"{said}: letters, digits, - and _ stand for themselves."
    if "\\" in right:
        return f"{said}. A byte that is no letter, digit, - or _ is written as \\ and three digits: otherwise a dot within a label would look like one between two."
    return f"{said}.{of_pointer(place)}"


def of_pointer(place: Place) -> str:
    """To where its first pointer leads, for the end of a sentence; "" if it has none."""
    parts = [at for at, _ in pieces(place)]
    if len(parts) < 2:
        return ""
    return f" It has a pointer, to byte {parts[1]}: that is counted from the message's first byte, the high bits first, without the two highest ones."


def why_refused(place: Place, reading: Reading) -> str:
    """Of a name that is right, why somebody may refuse it, for the end of a sentence; "" where that cannot be seen."""
    if len(reading.name) + 2 > LONGEST_NAME:
        return " The 255 bytes that a name may have are counted as they stand in the message: one that the text writes as \\195 is one."
    parts = [piece for _, piece in pieces(place)]
    if len(parts) > 2:
        return f" {len(parts) - 1} pointers, one behind the other, lead from piece to piece of it: each that leads further back is right, however many there are."
    if any(len(label) == LONGEST_LABEL for piece in parts for label in _labels(piece)):
        return f" A label of {LONGEST_LABEL} bytes, the longest that there are, is one."
    return of_pointer(place)


def _why_next(place: Place, reading: Reading, after: Value) -> str:
    right, at = reading.next, place.at
    assert isinstance(after, int)
    said = f"It gave {after} for next, and the name that stands at {at} ends before byte {right}"
    parts = list(pieces(place))
    has_pointer = len(parts) > 1
    if has_pointer and after in {start + len(piece) for start, piece in parts[1:]} | {
        start + len(piece) - 1 for start, piece in parts[1:]
    }:
        return f"{said}: it went on behind the place to which the pointer led. What follows the name follows the pointer, two bytes after its first one: whoever calls reads on there."
    if after == right - at:
        return f"{said}: it counted from the name's first byte, and places in a message count from the message's."
    if after == right - 1 and has_pointer:
        return f"{said}: a pointer has two bytes, and both belong to the name."
    if after == right - 1:
        return f"{said}: the zero at its end belongs to the name."
    if after == at:
        return f"{said}: that is where it began."
    return f"{said}."
