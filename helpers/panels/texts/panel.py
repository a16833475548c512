"""The panel of bytes and text: type a text, see the bytes that an encoding makes of it, lose some, and see what decoding makes of the others.

Comes in: a text or bytes, from a cell or typed; which bytes are lost. Goes out: what `State` makes of that, as text, HTML, and parts for the live widget. The face
of the panels names `text` and `TextPanel`.
"""

from __future__ import annotations

import json
import pathlib
import reprlib
from collections.abc import Callable
from typing import Any, Concatenate

from helpers.notebook import boxes
from helpers.panels.panel import Panel, part_of, stored
from helpers.panels.texts.state import State, brief, forget_pictures, knows_decoding, named
from helpers.words import visible

LONGEST = 8192
"""What the browser sends of a text at most, in characters."""
BUTTONS = 256
"""Bytes that have a button of their own, by which they are dropped."""

ENCODINGS = "utf-8", "latin-1", "ascii", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"
HANDLERS = "strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace", "surrogateescape"
"""What can be chosen; from a cell any other that Python knows."""


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
                f"encoding and errors are names: helpers.panels.text('Zürich', 'utf-8', 'strict'). This is {visible(reprlib.repr(name))}."
            )
    forget_pictures()
    panel = TextPanel()
    panel.encode(encoding, errors)
    panel.decode("", errors if isinstance(value, bytes | bytearray) or knows_decoding(errors) else "strict")
    panel.type(value)
    return panel


class TextPanel(Panel):
    """Made by `text`."""

    label = "panel of bytes and text"
    script = pathlib.Path(__file__).with_name("text")

    def __init__(self) -> None:
        super().__init__()
        self._state = State()

    def type(self, value: str | bytes) -> None:
        """Put `value` into the field. All its bytes are whole."""
        if not isinstance(value, str | bytes | bytearray):
            raise TypeError(
                f"A panel of bytes and text takes a text or bytes: helpers.panels.text('Zürich'). This is {visible(reprlib.repr(value))}."
            )
        self._become(State.with_text, value if isinstance(value, str) else bytes(value))

    def encode(self, encoding: str, errors: str = "strict") -> None:
        """Encode with that encoding and that error handler. ValueError if Python, or the picture, does not know them."""
        self._become(State.encoding_with, encoding, errors)

    def decode(self, encoding: str = "", errors: str = "strict") -> None:
        """Decode with that encoding, '' for the one that encodes, and that error handler. ValueError as for `encode`."""
        self._become(State.decoding_with, encoding, errors)

    def drop(self, position: int, dropped: bool = True) -> None:
        """Lose the byte at that position, from 0; not `dropped`: put it back. IndexError if there is none."""
        self._become(State.dropping, position, dropped)

    def cut(self, position: int, in_pieces: bool = False) -> None:
        """Keep the bytes before that position. The others are lost or, `in_pieces`, come as a second piece. IndexError beyond the end."""
        self._become(State.cut_before, position, in_pieces)

    def put_back(self) -> None:
        """Lose no byte and cut nowhere."""
        self._become(State.whole)

    def as_code(self) -> str:
        """The lines that do the same in a cell, each with what it gives as a comment."""
        return self._state.as_code()

    def describe(self) -> str:
        """The panel in plain text."""
        state = self._state
        what = "bytes" if isinstance(state.value, bytes) else "text"
        lines = [self.label, f"- {what}: {brief(state.value)}"]
        if state.note:
            lines.append(f"- {state.note}")
        if what == "text":
            lines.append(f"- encode, {named(state.encoding, state.encode_errors)}: {state.encoded_said}")
        lines.append(f"- bytes: {state.arriving}")
        lines.append(f"- decode, {named(state.decodes_with, state.decode_errors)}: {state.decoded_said}")
        lines += ["", "the same in code:", *(f"    {line}" for line in state.as_code().splitlines())]
        for picture in (state.encodes, state.decodes):
            lines += ["", picture.describe()] if picture else []
        return visible("\n".join(lines))

    def as_html(self) -> str:
        """The panel as it is now, for a page without a kernel."""
        state = self._state
        of_bytes = isinstance(state.value, bytes)
        encode = boxes.title(
            "Encode", f"{named(state.encoding, state.encode_errors)}: {state.encoded_said}", mono=False, above=True
        )
        decode = f"{named(state.decodes_with, state.decode_errors)}: {state.decoded_said}"
        return boxes.frame(
            self.label,
            boxes.title("Bytes" if of_bytes else "Text", f"{brief(state.value)}  {state.note}".rstrip(), mono=False),
            "" if of_bytes else encode,
            stored(state.encodes),
            boxes.title("On the way", state.arriving, mono=False, above=True),
            boxes.title("Decode", decode, mono=False, above=True),
            stored(state.decodes),
            boxes.text("the same in code", state.as_code()),
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
            "code": state.as_code(),
            "encodes": part_of(state.encodes),
            "decodes": part_of(state.decodes),
        }

    def __repr__(self) -> str:
        return f"<{self.label}: {brief(self._state.value)}>"

    def _become(self, change: Callable[Concatenate[State, ...], State], *arguments: object) -> None:
        with self._lock:
            if self.closed:
                return
            self._state = change(self._state, *arguments)
        self._changed()

    def _do(self, message: dict[str, Any]) -> None:
        state = self._state
        match message:
            case {"do": "type", "text": str(typed), "more": int(more)}:
                self._state = state.with_text(typed, max(more, 0))
            case {"do": "encode", "encoding": str(encoding), "errors": str(errors)}:
                self._state = state.encoding_with(encoding, errors)
            case {"do": "decode", "encoding": str(encoding), "errors": str(errors)}:
                self._state = state.decoding_with(encoding, errors)
            case {"do": "drop", "position": int(position), "on": bool(on)}:
                self._state = state.dropping(position, on)
            case {"do": "cut", "position": int(position)}:
                self._state = state.cut_before(position)
            case {"do": "pieces", "on": bool(on)}:
                self._state = state.but(in_pieces=on)
            case {"do": "put back"}:
                self._state = state.whole()
            case _:
                raise ValueError(message)
