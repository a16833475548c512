"""The panel of bytes and text: type a text, see the bytes that an encoding makes of it, lose some, and see what decoding makes of the others."""

from __future__ import annotations

import ast
import codecs
import dataclasses
import functools
import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from helpers import boxes
from helpers.console import visible
from helpers.panels.panel import Panel, part_of
from helpers.pictures.characters import encoding as draw
from helpers.pictures.coding import Outcome, code
from helpers.pictures.drawing import Picture

MOST = 1200
"""Characters of a text, or bytes, that a panel keeps: more than a `recv(1024)` takes."""
LONGEST = 8192
"""What the browser sends of a text at most, in characters."""
BUTTONS = 256
"""Bytes that have a button of their own, by which they are dropped."""

ENCODINGS = "utf-8", "latin-1", "ascii", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"
HANDLERS = "strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace", "surrogateescape"
"""What can be chosen; from a cell any other that Python knows."""

_LITERAL = re.compile(
    r"""[bB](?P<quote>['"])(?:(?!(?P=quote))[ -\[\]-~]|\\(?:x[0-9a-fA-F]{2}|[0-3][0-7]{0,2}|[4-7][0-7]?(?![0-7])|[abfnrtv\\'"]))*+(?P=quote)"""
)


def text(value: str | bytes = "Zürich", encoding: str = "utf-8", errors: str = "strict") -> TextPanel:
    """A panel to play with a text and its bytes: encode it, drop or cut some of the bytes, decode the others.

    `encoding` and the error handler `errors` are what it begins with, in both directions. Of bytes only the way back is shown; in the panel they are
    typed as Python writes them, `b'Z\\xc3\\xbcrich'`. More than `MOST` characters or bytes are left out. As the last line of a cell the panel is shown.
    An unknown encoding or error handler raises ValueError, anything but text or bytes TypeError.

    >>> helpers.panels.text("Zürich", "latin-1")
    """
    for name in (encoding, errors):
        if not isinstance(name, str):
            raise TypeError(
                f"encoding and errors are names: helpers.panels.text('Zürich', 'utf-8', 'strict'). This is {name!r}."
            )
    panel = TextPanel()
    panel.encode(encoding, errors)
    panel.decode("", errors if isinstance(value, bytes | bytearray) or _decodes(errors) else "strict")
    panel.type(value)
    return panel


@dataclasses.dataclass(frozen=True)
class State:
    """How the controls stand, and what comes of it."""

    value: str | bytes = ""
    typed: str = ""
    """What stands in the field."""
    note: str = ""
    """What was left out of it."""
    encoding: str = "utf-8"
    encode_errors: str = "strict"
    decoding: str = ""
    """'': the same encoding."""
    decode_errors: str = "strict"
    dropped: frozenset[int] = frozenset()
    """The positions of the bytes that are lost."""
    cut: int | None = None
    """The position from which on the bytes are lost, or come as a second piece."""
    in_pieces: bool = False

    def but(self, **changes: Any) -> State:
        """With those changes. Other bytes are whole again."""
        state = dataclasses.replace(self, **changes)
        if state.encoded.gives != self.encoded.gives:
            state = dataclasses.replace(state, dropped=frozenset(), cut=None)
        return state

    @functools.cached_property
    def encoded(self) -> Outcome:
        if isinstance(self.value, bytes):
            return Outcome(self.value)
        return _attempt(self.value.encode, self.encoding, self.encode_errors)

    @property
    def data(self) -> bytes:
        """All the bytes; none if encoding raised."""
        gives = self.encoded.gives
        return gives if isinstance(gives, bytes) else b""

    @functools.cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """What arrives: all that is left, or two pieces."""
        left = [i for i in range(len(self.data)) if i not in self.dropped]
        if self.cut is None:
            return (bytes(self.data[i] for i in left),)
        first, second = (
            bytes(self.data[i] for i in left if i < self.cut),
            bytes(self.data[i] for i in left if i >= self.cut),
        )
        return (first, second) if self.in_pieces else (first,)

    @property
    def decodes_with(self) -> str:
        return self.decoding or self.encoding

    @functools.cached_property
    def decoded(self) -> Outcome:
        """What decoding makes of what arrives; of two pieces, an incremental decoder."""
        if len(self.pieces) == 1:
            return _attempt(self.pieces[0].decode, self.decodes_with, self.decode_errors)
        decoder = codecs.getincrementaldecoder(self.decodes_with)(self.decode_errors)
        return _attempt(lambda first, second: decoder.decode(first) + decoder.decode(second, True), *self.pieces)

    @property
    def encodes(self) -> Picture | None:
        """The picture of the way there."""
        return None if isinstance(self.value, bytes) else _drawn(self.value, self.encoding, self.encode_errors)

    @property
    def decodes(self) -> Picture | None:
        """The picture of the way back; None where it would show nothing new."""
        if self.encoded.raises or (self.pieces == (self.data,) and self.decoded.gives == self.value):
            return None
        pieces = self.pieces if len(self.pieces) > 1 else self.pieces[0]
        return _drawn(pieces, self.decodes_with, self.decode_errors)

    # In words

    @property
    def encoded_said(self) -> str:
        if isinstance(self.value, bytes):
            return "these are bytes already"
        return self.encoded.raises or f"{_count(self.value, 'character')} become{'s' * (len(self.value) == 1)} " + (
            _count(self.data, "byte")
        )

    @property
    def arrives_said(self) -> str:
        if self.encoded.raises:
            return "none: there is nothing to send"
        left, number = sum(map(len, self.pieces)), len(self.data)
        said = f"all {number:,} arrive" if left == number else f"{left:,} of {number:,} arrive"
        if number == 0:
            return "none"
        return (
            said if len(self.pieces) == 1 else f"{said}, in two pieces: {len(self.pieces[0])} and {len(self.pieces[1])}"
        )

    @property
    def decoded_said(self) -> str:
        if self.encoded.raises or self.decoded.raises:
            return self.decoded.raises if not self.encoded.raises else "nothing to decode"
        said = f"gives {_brief(self.decoded.gives)}"
        if len(self.pieces) > 1:
            said = f"an incremental decoder {said}"
        if isinstance(self.value, bytes):
            return said
        return f"{said}, {'the same text' if self.decoded.gives == self.value else 'not the text above'}"

    def code(self) -> str:
        """The lines that do the same, each with what it gives."""
        lines = [*self._code_there(), *([] if self.encoded.raises else self._code_back())]
        return visible("\n".join(["import codecs", *lines] if len(self.pieces) > 1 else lines))

    def _code_there(self) -> Iterator[str]:
        if isinstance(self.value, bytes):
            yield f"data = {_literal(self.value)}"
        else:
            yield f"data = {_literal(self.value)}.encode({_arguments(self.encoding, self.encode_errors)})"
            yield _comment(self.encoded)

    def _code_back(self) -> Iterator[str]:
        end = len(self.data) if len(self.pieces) > 1 or self.cut is None else self.cut
        left = [i for i in range(end) if i not in self.dropped]
        if len(left) < len(self.data):
            yield f"data = {_slices(left, len(self.data))}"
            yield f"# {_brief(b''.join(self.pieces))}"
        if len(self.pieces) == 1:
            yield f"data.decode({_arguments(self.decodes_with, self.decode_errors)})"
        else:
            at = len(self.pieces[0])
            yield f"first, second = data[:{at}], data[{at}:]"
            yield f"# {' and '.join(map(_brief, self.pieces))}"
            errors = "" if self.decode_errors == "strict" else f"errors={self.decode_errors!r}"
            yield f"decoder = codecs.getincrementaldecoder({self.decodes_with!r})({errors})"
            yield "decoder.decode(first) + decoder.decode(second, final=True)"
        yield _comment(self.decoded)


class TextPanel(Panel):
    """Made by `text`."""

    label = "panel of bytes and text"
    script = "text"

    def __init__(self) -> None:
        super().__init__()
        self._state = State()

    def type(self, value: str | bytes) -> None:
        """Put `value` into the field. All its bytes are whole."""
        if not isinstance(value, str | bytes | bytearray):
            raise TypeError(
                f"A panel of bytes and text takes a text or bytes: helpers.panels.text('Zürich'). This is {value!r}."
            )
        self._become(_typed(value if isinstance(value, str) else bytes(value)))

    def encode(self, encoding: str, errors: str = "strict") -> None:
        """Encode with that encoding and that error handler. ValueError if Python, or the picture, does not know them."""
        self._become(_encoded(encoding, errors))

    def decode(self, encoding: str = "", errors: str = "strict") -> None:
        """Decode with that encoding, '' for the one that encodes, and that error handler. ValueError as for `encode`."""
        self._become(_decoded(encoding, errors))

    def drop(self, position: int, dropped: bool = True) -> None:
        """Lose the byte at that position, from 0; not `dropped`: put it back. IndexError if there is none."""
        self._become(_dropped(self._state, position, dropped))

    def cut(self, position: int, in_pieces: bool = False) -> None:
        """Keep the bytes before that position. The others are lost or, `in_pieces`, come as a second piece. IndexError beyond the end."""
        self._become({**_cut(self._state, position), "in_pieces": in_pieces})

    def put_back(self) -> None:
        """Lose no byte and cut nowhere."""
        self._become(_WHOLE)

    def as_code(self) -> str:
        """The lines that do the same in a cell, each with what it gives as a comment."""
        return self._state.code()

    def describe(self) -> str:
        """The panel in plain text."""
        state = self._state
        what = "bytes" if isinstance(state.value, bytes) else "text"
        lines = [self.label, f"- {what}: {_brief(state.value)}"]
        if state.note:
            lines.append(f"- {state.note}")
        if what == "text":
            lines.append(f"- encode, {_named(state.encoding, state.encode_errors)}: {state.encoded_said}")
        lines.append(f"- bytes: {self._arriving()}")
        lines.append(f"- decode, {_named(state.decodes_with, state.decode_errors)}: {state.decoded_said}")
        lines += ["", "the same in code:", *(f"    {line}" for line in state.code().splitlines())]
        for picture in (state.encodes, state.decodes):
            lines += ["", picture.describe()] if picture else []
        return visible("\n".join(lines))

    def as_html(self) -> str:
        """The panel as it is now, for a page without a kernel."""
        state = self._state
        of_bytes = isinstance(state.value, bytes)
        encode = boxes.title(
            "Encode", f"{_named(state.encoding, state.encode_errors)}: {state.encoded_said}", mono=False, above=True
        )
        decode = f"{_named(state.decodes_with, state.decode_errors)}: {state.decoded_said}"
        return boxes.frame(
            self.label,
            boxes.title("Bytes" if of_bytes else "Text", f"{_brief(state.value)}  {state.note}".rstrip(), mono=False),
            "" if of_bytes else encode,
            _as_html(state.encodes),
            boxes.title("On the way", self._arriving(), mono=False, above=True),
            boxes.title("Decode", decode, mono=False, above=True),
            _as_html(state.decodes),
            boxes.text("the same in code", state.code()),
        )

    def fixed(self) -> dict[str, Any]:
        return {"encodings": ENCODINGS, "handlers": HANDLERS, "longest": LONGEST}

    def seen(self) -> dict[str, Any]:
        state = self._state
        return {
            # As ASCII: half of a surrogate pair would not pass through the kernel's messages.
            "field": {"text": json.dumps(state.typed), "note": state.note, "is_bytes": isinstance(state.value, bytes)},
            "controls": {
                "closed": self.closed,
                "encoding": state.encoding,
                "encode_errors": state.encode_errors,
                "decoding": state.decoding,
                "decode_errors": state.decode_errors,
                "cut": len(state.data) if state.cut is None else state.cut,
                "in_pieces": state.in_pieces,
            },
            "bytes": {
                "hex": state.data[:BUTTONS].hex(),
                "number": len(state.data),
                "dropped": sorted(state.dropped),
                "said": state.arrives_said,
            },
            "encoded": {"said": visible(state.encoded_said), "fell": bool(state.encoded.raises)},
            "decoded": {"said": visible(state.decoded_said), "fell": bool(state.decoded.raises)},
            "code": state.code(),
            "encodes": part_of(state.encodes),
            "decodes": part_of(state.decodes),
        }

    def __repr__(self) -> str:
        return f"<{self.label}: {_brief(self._state.value)}>"

    def _become(self, changes: dict[str, Any]) -> None:
        with self._lock:
            if self.closed:
                return
            self._state = self._state.but(**changes)
        self._changed()

    def _do(self, message: dict[str, Any]) -> None:
        match message:
            case {"do": "type", "text": str(typed), "more": int(more)}:
                changes = _typed(typed, more)
            case {"do": "encode", "encoding": str(encoding), "errors": str(errors)}:
                changes = _encoded(encoding, errors)
            case {"do": "decode", "encoding": str(encoding), "errors": str(errors)}:
                changes = _decoded(encoding, errors)
            case {"do": "drop", "position": int(position), "on": bool(on)}:
                changes = _dropped(self._state, position, on)
            case {"do": "cut", "position": int(position)}:
                changes = _cut(self._state, position)
            case {"do": "pieces", "on": bool(on)}:
                changes = {"in_pieces": on}
            case {"do": "put back"}:
                changes = _WHOLE
            case _:
                raise ValueError(message)
        self._state = self._state.but(**changes)

    def _arriving(self) -> str:
        state = self._state
        dropped = [f"{state.data[i]:02x} at position {i}" for i in sorted(state.dropped)]
        told = [state.arrives_said]
        if dropped:
            more = f" and {len(dropped) - 8} more" if len(dropped) > 8 else ""
            told.append(f"dropped: {', '.join(dropped[:8])}{more}")
        if state.cut is not None:
            told.append(f"cut before position {state.cut}")
        return "; ".join(told)


# What can be done to a state: what changes in it


_WHOLE: dict[str, Any] = {"dropped": frozenset(), "cut": None}


def _typed(value: str | bytes, more: int = 0) -> dict[str, Any]:
    """Of a text, `more` characters of which were left out already."""
    read = _bytes_in(value) if isinstance(value, str) else value
    kept = read[:MOST]
    left_out = len(read) - len(kept) + more
    field = value if isinstance(value, str) and not left_out else kept if isinstance(kept, str) else repr(kept)
    what = "bytes" if isinstance(kept, bytes) else "characters"
    verb = "is" if left_out == 1 else "are"
    note = f"Only the first {MOST:,} {what} are kept; {left_out:,} {verb} left out." if left_out else ""
    return {"value": kept, "typed": field, "note": note, **_WHOLE}


def _bytes_in(typed: str) -> str | bytes:
    """The bytes, where they are typed as Python writes them; anything else is a text."""
    literal = typed.strip()
    return ast.literal_eval(literal) if _LITERAL.fullmatch(literal) else typed


def _encoded(encoding: str, errors: str) -> dict[str, Any]:
    code("", encoding, errors, 1)  # refuses what it does not know
    return {"encoding": encoding, "encode_errors": errors}


def _decoded(encoding: str, errors: str) -> dict[str, Any]:
    code(b"", encoding or "utf-8", errors, 1)
    return {"decoding": encoding, "decode_errors": errors}


def _dropped(state: State, position: int, on: bool) -> dict[str, Any]:
    if not 0 <= position < len(state.data):
        raise IndexError(f"There is no byte at position {position}: there are {len(state.data)}, counted from 0.")
    return {"dropped": state.dropped | {position} if on else state.dropped - {position}}


def _cut(state: State, position: int) -> dict[str, Any]:
    if not 0 <= position <= len(state.data):
        raise IndexError(f"It cannot be cut at position {position}: there are {len(state.data)} bytes.")
    return {"cut": None if position == len(state.data) else position}


# Converting and drawing


def _attempt(call: Callable[..., str | bytes], *arguments: object) -> Outcome:
    """What it gives, or the last line of its traceback."""
    try:
        return Outcome(call(*arguments))
    except (TypeError, ValueError) as error:  # TypeError: an error handler for the other direction
        return Outcome(None, f"{type(error).__name__}: {error}")


def _decodes(errors: str) -> bool:
    """Whether that error handler is for decoding too."""
    return not _attempt(b"\xff".decode, "ascii", errors).raises.startswith("TypeError")


@functools.lru_cache(maxsize=8)
def _drawn(value: str | bytes | tuple[bytes, ...], encoding: str, errors: str) -> Picture:
    return draw(value, encoding, errors=errors)


def _as_html(picture: Picture | None) -> str:
    return f'<div style="padding: 5px 8px">{picture.as_html()}</div>' if picture else ""


# Spelling


def _literal(value: str | bytes) -> str:
    """As Python code, marks that combine written as escapes."""
    spelled = repr(value)
    if spelled.isascii():
        return spelled
    return "".join(
        c.encode("unicode_escape").decode("ascii") if unicodedata.category(c).startswith("M") else c for c in spelled
    )


def _brief(value: str | bytes | None, most: int = 48) -> str:
    """As Python code, the end left out where it is long."""
    assert value is not None
    if len(value) <= most:
        return _literal(value)
    return f"{_literal(value[:most])} … and {len(value) - most:,} more"


def _comment(outcome: Outcome) -> str:
    return f"# {outcome.raises or _brief(outcome.gives)}"


def _arguments(encoding: str, errors: str) -> str:
    return repr(encoding) if errors == "strict" else f"{encoding!r}, errors={errors!r}"


def _named(encoding: str, errors: str) -> str:
    return encoding if errors == "strict" else f"{encoding}, errors={errors!r}"


def _count(value: str | bytes, what: str) -> str:
    return f"{len(value):,} {what}{'' if len(value) == 1 else 's'}"


def _slices(positions: list[int], number: int) -> str:
    """The code that takes these positions, in order, out of `number` bytes."""
    runs = [
        [position for _, position in run] for _, run in itertools.groupby(enumerate(positions), lambda p: p[1] - p[0])
    ]
    slices = [f"data[{run[0] or ''}:{run[-1] + 1 if run[-1] + 1 < number else ''}]" for run in runs]
    return " + ".join(slices) or "data[:0]"
