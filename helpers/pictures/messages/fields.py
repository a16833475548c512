"""What a message is made of: fields, each a stretch of its bytes with a name.

Comes in: what a function says of some bytes. Goes out: the fields in their order, together every byte, each once. A learner's function is as good as those of `http` and `frames`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Protocol

from helpers.words import many

UNNAMED = "not named"
"""What bytes are called that no field has."""


@dataclasses.dataclass(frozen=True)
class Field:
    """Bytes of a message that mean something together."""

    name: str
    """What they are called: method, length."""
    start: int
    """The place of the first byte, from 0."""
    stop: int
    """The place behind the last one, as in a slice."""
    meaning: str = ""
    """What they say, in words, where that is not plain to see: 5 bytes follow."""
    points_to: int | None = None
    """The place of the byte that they point to: an arrow leads there."""
    heading: str = ""
    """A field with a heading begins a new row of the picture, with that heading beside it; one without stands behind the field before it."""
    missing: str = ""
    """What of it has not come, in words: 3 bytes missing."""
    delimiter: bool = False
    """Whether these bytes only keep others apart: they stand back."""
    as_text: bool | None = None
    """Whether they are written as text, or in hexadecimal digits; None: whichever can be read better."""

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.stop - self.start


class Fields(Protocol):
    """Whatever finds the fields of a message, or of several, one behind the other."""

    def __call__(self, data: bytes, /) -> Iterable[Field]:
        """The fields of `data`, which may end anywhere, and hold anything. Bytes that are in none are shown as not named."""
        ...


def rest_missing(size: int) -> str:
    """What is said of a field of which so many bytes have not come; "" if all have."""
    return f"{many(size, 'byte')} missing" if size > 0 else ""


def in_order(fields: Iterable[Field], size: int) -> list[Field]:
    """All `size` bytes as fields, one behind the other; those that are in none of `fields` as fields that are not named.

    TypeError for what is no `Field`; ValueError where two have the same bytes, or one has bytes that are not there.
    """
    if not isinstance(fields, Iterable):
        raise TypeError(
            f"A function that finds fields gives a list of helpers.pictures.Field, or yields them, and this one gave {fields!r}."
        )
    found: list[Field] = []
    place = 0
    for field in sorted(map(_checked, fields), key=lambda field: (field.start, field.stop)):
        if field.stop < field.start:
            raise ValueError(f"The field {field.name!r} ends at {field.stop}, before its start at {field.start}.")
        if field.start < 0 or field.stop > size:
            raise ValueError(
                f"The field {field.name!r} has the bytes from {field.start} to {field.stop}, but the message has {size:,}, from 0 to {size:,}."
            )
        if field.start < place:
            raise ValueError(
                f"The fields {found[-1].name!r} and {field.name!r} both have byte {field.start}: a byte belongs to one field."
            )
        if field.start > place:
            found.append(Field(UNNAMED, place, field.start))
        found.append(field)
        place = field.stop
    return [*found, Field(UNNAMED, place, size)] if place < size else found


def _checked(field: object) -> Field:
    if not isinstance(field, Field):
        raise TypeError(
            f"A function that finds fields gives helpers.pictures.Field(name, start, stop), not {type(field).__name__}."
        )
    numbers = [field.start, field.stop, *([] if field.points_to is None else [field.points_to])]
    if not all(isinstance(number, int) for number in numbers):
        raise TypeError(f"start, stop and points_to of the field {field.name!r} are places, numbers from 0.")
    return field
