"""What the panel of bytes and text shows: how its controls stand, what encoding and decoding make of that, and the same as code.

Comes in: one change. Goes out: another `State`, which never changes itself, with pictures of both directions. The panel of bytes and text holds one.
"""

from __future__ import annotations

import ast
import codecs
import dataclasses
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from helpers.pictures.characters.coding import Outcome, code
from helpers.pictures.characters.diagram import encoding as draw
from helpers.pictures.characters.spelling import quoted
from helpers.pictures.drawing import Picture
from helpers.words import is_or_are, many, visible

MOST = 1200
"""Characters of a text, or bytes, that a panel keeps: more than a `recv(1024)` takes."""

_LITERAL = re.compile(
    r"""[bB](?P<quote>['"])(?:(?!(?P=quote))[ -\[\]-~]|\\(?:x[0-9a-fA-F]{2}|[0-3][0-7]{0,2}|[4-7][0-7]?(?![0-7])|[abfnrtv\\'"]))*+(?P=quote)"""
)


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

    # What can be done to it: each gives another state

    def with_text(self, value: str | bytes, more: int = 0) -> State:
        """`value` in the field, all its bytes whole. Of a text, `more` characters were left out already."""
        read = _bytes_in(value) if isinstance(value, str) else value
        kept = read[:MOST]
        left_out = len(read) - len(kept) + more
        field = value if isinstance(value, str) and not left_out else kept if isinstance(kept, str) else repr(kept)
        what = "bytes" if isinstance(kept, bytes) else "characters"
        rest = f"{left_out:,} {is_or_are(left_out)} left out"
        note = f"Only the first {MOST:,} {what} are kept; {rest}." if left_out else ""
        return self.but(value=kept, typed=field, note=note).whole()

    def encoding_with(self, encoding: str, errors: str) -> State:
        """ValueError where Python, or the picture, does not know them."""
        code("", encoding, errors, 1)  # refuses what it does not know
        return self.but(encoding=encoding, encode_errors=errors)

    def decoding_with(self, encoding: str, errors: str) -> State:
        """`encoding` '': the one that encodes. ValueError as above."""
        code(b"", encoding or "utf-8", errors, 1)
        return self.but(decoding=encoding, decode_errors=errors)

    def dropping(self, position: int, on: bool) -> State:
        """Without the byte at that position or, not `on`, with it again. IndexError if there is none."""
        if not 0 <= position < len(self.data):
            raise IndexError(f"There is no byte at position {position}: there are {len(self.data)}, counted from 0.")
        return self.but(dropped=self.dropped | {position} if on else self.dropped - {position})

    def cut_before(self, position: int, in_pieces: bool | None = None) -> State:
        """IndexError beyond the end; at the end it is not cut. `in_pieces` None: as before."""
        if not 0 <= position <= len(self.data):
            raise IndexError(f"It cannot be cut at position {position}: there are {len(self.data)} bytes.")
        return self.but(
            cut=None if position == len(self.data) else position,
            in_pieces=self.in_pieces if in_pieces is None else in_pieces,
        )

    def whole(self) -> State:
        """No byte lost, and cut nowhere."""
        return self.but(dropped=frozenset(), cut=None)

    # What comes of it

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
        return _attempt(_decode_in_pieces, self.pieces, self.decodes_with, self.decode_errors)

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
        return self.encoded.raises or f"{many(len(self.value), 'character')} become{'s' * (len(self.value) == 1)} " + (
            many(len(self.data), "byte")
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
    def arriving(self) -> str:
        """Which of the bytes arrive, and which were lost where."""
        told = [self.arrives_said]
        if dropped := [f"{self.data[i]:02x} at position {i}" for i in sorted(self.dropped)]:
            more = f" and {len(dropped) - 8} more" if len(dropped) > 8 else ""
            told.append(f"dropped: {', '.join(dropped[:8])}{more}")
        if self.cut is not None:
            told.append(f"cut before position {self.cut}")
        return "; ".join(told)

    @property
    def decoded_said(self) -> str:
        if self.encoded.raises or self.decoded.raises:
            return self.decoded.raises if not self.encoded.raises else "nothing to decode"
        said = f"gives {brief(self.decoded.gives)}"
        if len(self.pieces) > 1:
            said = f"an incremental decoder {said}"
        if isinstance(self.value, bytes):
            return said
        return f"{said}, {'the same text' if self.decoded.gives == self.value else 'not the text above'}"

    def as_code(self) -> str:
        """The lines that do the same, each with what it gives."""
        lines = [*self._code_there(), *([] if self.encoded.raises else self._code_back())]
        return visible("\n".join(["import codecs", *lines] if len(self.pieces) > 1 else lines))

    def _code_there(self) -> Iterator[str]:
        if isinstance(self.value, bytes):
            yield f"data = {quoted(self.value)}"
        else:
            yield f"data = {quoted(self.value)}.encode({_arguments(self.encoding, self.encode_errors)})"
            yield _comment(self.encoded)

    def _code_back(self) -> Iterator[str]:
        end = len(self.data) if len(self.pieces) > 1 or self.cut is None else self.cut
        left = [i for i in range(end) if i not in self.dropped]
        if len(left) < len(self.data):
            yield f"data = {_slices(left, len(self.data))}"
            yield f"# {brief(b''.join(self.pieces))}"
        if len(self.pieces) == 1:
            yield f"data.decode({_arguments(self.decodes_with, self.decode_errors)})"
        else:
            at = len(self.pieces[0])
            yield f"first, second = data[:{at}], data[{at}:]"
            yield f"# {' and '.join(map(brief, self.pieces))}"
            errors = "" if self.decode_errors == "strict" else f"errors={self.decode_errors!r}"
            yield f"decoder = codecs.getincrementaldecoder({self.decodes_with!r})({errors})"
            yield "decoder.decode(first) + decoder.decode(second, final=True)"
        yield _comment(self.decoded)


def _bytes_in(typed: str) -> str | bytes:
    """The bytes, where they are typed as Python writes them; anything else is a text."""
    literal = typed.strip()
    return ast.literal_eval(literal) if _LITERAL.fullmatch(literal) else typed


# Converting and drawing


def _attempt(call: Callable[..., str | bytes], *arguments: object) -> Outcome:
    """What it gives, or the last line of its traceback."""
    try:
        return Outcome(call(*arguments))
    # TypeError: an error handler for the other direction. LookupError: a codec that knows nothing of pieces.
    except (TypeError, ValueError, LookupError) as error:
        return Outcome(None, f"{type(error).__name__}: {error}")


def _decode_in_pieces(pieces: Sequence[bytes], encoding: str, errors: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    return "".join([decoder.decode(piece, final=n == len(pieces)) for n, piece in enumerate(pieces, start=1)])


def knows_decoding(errors: str) -> bool:
    """Whether that error handler is for decoding too."""
    return not _attempt(b"\xff".decode, "ascii", errors).raises.startswith("TypeError")


def forget_pictures() -> None:
    """An error handler of that name may be another one by now."""
    _drawn.cache_clear()


@functools.lru_cache(maxsize=8)
def _drawn(value: str | bytes | tuple[bytes, ...], encoding: str, errors: str) -> Picture:
    return draw(value, encoding, errors=errors)


# Spelling


def brief(value: str | bytes | None, most: int = 48) -> str:
    """As Python code, the end left out where it is long."""
    assert value is not None
    if len(value) <= most:
        return quoted(value)
    return f"{quoted(value[:most])} … and {len(value) - most:,} more"


def _comment(outcome: Outcome) -> str:
    return f"# {outcome.raises or brief(outcome.gives)}"


def _arguments(encoding: str, errors: str) -> str:
    return repr(encoding) if errors == "strict" else f"{encoding!r}, errors={errors!r}"


def named(encoding: str, errors: str) -> str:
    return encoding if errors == "strict" else f"{encoding}, errors={errors!r}"


def _slices(positions: list[int], number: int) -> str:
    """The code that takes these positions, in order, out of `number` bytes."""
    runs = [
        [position for _, position in run] for _, run in itertools.groupby(enumerate(positions), lambda p: p[1] - p[0])
    ]
    slices = [f"data[{run[0] or ''}:{run[-1] + 1 if run[-1] + 1 < number else ''}]" for run in runs]
    return " + ".join(slices) or "data[:0]"
