"""What is said of a map: its title, its alt text, and the text that tells the same.

Comes in: `Contents`. Goes out: words.
"""

from __future__ import annotations

from collections.abc import Iterator

from helpers.pictures.messages.contents import Contents
from helpers.pictures.messages.fields import Field
from helpers.pictures.messages.rows import Gap, Row
from helpers.pictures.messages.spelling import in_words
from helpers.words import listed, many, shortened

NOTHING = "No bytes."
_BYTES = 72
"""Characters for the bytes of a field."""
_WORDS = 60
_CUTS = 6
"""Cuts of a row that are told one by one."""
_ALT_ROWS = 6
_WRONG = 3
"""Names that a parser reads wrongly, told in an alt text."""
_ALT_BYTES = 40


def title(contents: Contents) -> str:
    """HTTP: 57 bytes in 2 pieces."""
    words = many(len(contents.data), "byte")
    if contents.in_pieces:
        words += f" in {many(len(contents.received.ends), 'piece')}"
    return f"{contents.what}: {words}" if contents.what else words


def notes(contents: Contents) -> list[str]:
    """What stands below the rows."""
    found = []
    if contents.used is not None:
        waiting = len(contents.data) - contents.used
        found.append(
            f"Filled: {many(contents.used, 'byte')} used. Dashed, and not filled: {many(waiting, 'byte')} that {_wait(waiting)}."
        )
    if contents.in_pieces:
        found.append("A bar says which recv brought the bytes. A dashed line is where one ended and the next went on.")
    if contents.readings:
        found.append("A bar is what read_name takes for a name, with what it gives: dashed where that is wrong.")
    return found + _of_the_end(contents)


def _of_the_end(contents: Contents) -> list[str]:
    found = []
    if contents.received.unknown:
        unknown = contents.received.unknown
        found.append(f"{many(unknown, 'more byte')} came, which the recording did not keep.")
    if contents.received.ended:
        found.append("Then recv gave b'': the stream has ended, and nothing more will come.")
    return found


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"


def pointing(field: Field, contents: Contents) -> str:
    """Where an arrow leads."""
    place = field.points_to
    assert place is not None
    target = contents.field_at(place)
    if target is None:
        return f"points to byte {place:,}, which is not there"
    if target is field:
        return f"points to byte {place:,}, to itself"
    return f"points {'back' if place < field.start else 'ahead'} to byte {place:,}, in {shortened(target.name, _WORDS)}"


# The text


def describe(contents: Contents) -> str:
    """All that the picture shows, line by line; what it leaves out is left out here too."""
    lines = [title(contents)]
    if not contents.data and not contents.fields:
        lines.append(NOTHING)
    for row in contents.rows:
        if isinstance(row, Gap):
            lines.append(f"… {row.in_words()} …")
        else:
            lines.append(_described(row, contents))
        lines += [f"        {mark}" for mark in _marks(row, contents)]
    if contents.used is not None:
        waiting = len(contents.data) - contents.used
        lines.append(f"{many(contents.used, 'byte')} used, {many(waiting, 'byte')} {_wait(waiting)}.")
    return "\n".join([*lines, *_of_the_end(contents)])


def _described(row: Row, contents: Contents) -> str:
    heading = f"{shortened(row.heading, _WORDS)}: " if row.heading else ""
    return f"{row.start:>6,}  {heading}{', '.join(_in_words(field, contents) for field in row.fields)}"


def _in_words(field: Field, contents: Contents) -> str:
    name = shortened(field.name, _WORDS)
    words = f"{name} {in_words(contents.data[field.start : field.stop], _BYTES, field.as_text)}" if field.size else name
    said = [shortened(field.meaning, 2 * _WORDS)] if field.meaning else []
    if field.points_to is not None:
        said.append(pointing(field, contents))
    words += f" ({'; '.join(said)})" if said else ""
    return words + (f" [{shortened(field.missing, 2 * _WORDS)}]" if field.missing else "")


def _marks(row: Row | Gap, contents: Contents) -> Iterator[str]:
    cuts = contents.cuts_in(row)
    if isinstance(row, Gap):
        if cuts:
            yield f"cut {many(len(cuts), 'time')} in there"
        return
    for cut in cuts[:_CUTS]:
        yield f"cut before byte {cut:,}, {_where(cut, row, contents)}: recv {contents.received.ends.index(cut) + 2} brought what follows"
    if len(cuts) > _CUTS:
        yield f"… and {many(len(cuts) - _CUTS, 'more cut')} in this row"
    for reading in contents.readings_in(row):
        judged = f"wrong, it is {reading.instead_of}" if reading.instead_of else "right"
        yield f"read_name(message, {reading.start}) gives {reading.gives}: {judged}"
    if contents.used is not None and row.start < contents.used < row.stop:
        yield f"used up to byte {contents.used:,}, {_where(contents.used, row, contents)}"


def _where(place: int, row: Row, contents: Contents) -> str:
    field = contents.field_at(place)
    assert field is not None
    name = shortened(field.name, _WORDS)
    if place > field.start:
        return f"within {name}"
    return f"at the beginning of {name}" if place > row.start else "between two rows"


# The alt text


def alt(contents: Contents) -> str:
    """The first rows, the cuts, what is used and what is missing."""
    told = [row for row in contents.rows if isinstance(row, Row)]
    rows = "; ".join(_row_in_alt(row, contents) for row in told[:_ALT_ROWS]) or NOTHING.lower().rstrip(".")
    more = sum(len(row.rows) if isinstance(row, Gap) else 1 for row in contents.rows) - len(told[:_ALT_ROWS])
    sentences = [f"The bytes as a map. {title(contents)}. {rows}" + (f"; and {many(more, 'more row')}" if more else "")]
    cuts = contents.received.cuts
    if cuts:
        places = listed(
            [f"{cut:,}" for cut in cuts[:4]] + ([f"{len(cuts) - 4:,} more places"] if len(cuts) > 4 else [])
        )
        sentences.append(f"Cut before byte {places}" if len(cuts) == 1 else f"Cut before bytes {places}")
    if contents.used is not None:
        sentences.append(f"{many(contents.used, 'byte')} used, {len(contents.data) - contents.used:,} waiting")
    sentences += _read_in_alt(contents)
    sentences += [
        f"{shortened(each.name, _WORDS)} {pointing(each, contents)}"
        for each in contents.fields
        if each.points_to is not None
    ][:4]
    return " ".join(f"{sentence}." for sentence in sentences) + "".join(f" {each}" for each in _of_the_end(contents))


def _read_in_alt(contents: Contents) -> Iterator[str]:
    """How many names a parser has read right, and the first ones that it has not."""
    if not contents.readings:
        return
    wrong = [reading for reading in contents.readings if reading.instead_of]
    yield f"read_name is right at {len(contents.readings) - len(wrong)} of {many(len(contents.readings), 'name')}"
    for reading in wrong[:_WRONG]:
        yield f"At byte {reading.start:,} it gives {reading.in_words}"


def _row_in_alt(row: Row, contents: Contents) -> str:
    heading, missing = (
        shortened(row.heading, _WORDS),
        "".join(f" ({shortened(field.missing, _WORDS)})" for field in row.fields if field.missing),
    )
    if not any(field.delimiter and field.as_text is None for field in row.fields):
        fields = [_field_in_alt(field, contents) for field in row.fields if field.meaning or not field.delimiter]
        return f"{heading}{': ' if heading else ''}{', '.join(fields)}{missing}"
    line = _bytes(contents.data[row.start : row.stop].rstrip(b"\r\n"))
    return f"{heading or shortened(row.fields[0].name, _WORDS)} {line}".rstrip() + missing


def _field_in_alt(field: Field, contents: Contents) -> str:
    """Its name and its bytes; where these are no text, and have a meaning, that."""
    if field.as_text is False and field.meaning:
        return shortened(field.meaning if field.delimiter else f"{field.name} {field.meaning}", _WORDS)
    return f"{shortened(field.name, _WORDS)} {_bytes(contents.data[field.start : field.stop], field.as_text)}".rstrip()


def _bytes(data: bytes, as_text: bool | None = None) -> str:
    return in_words(data, _ALT_BYTES, as_text) if data else ""
