"""What is wrong with what `feed` gave: in a sentence, and with the calls that led to it, a line each.

Comes in: what it gave for each piece, and what it should have given. Goes out: a `Fell`. Who may import it: the exercise.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.checking.call import Call
from helpers.checking.differences import difference
from helpers.checking.plain import Odd, Value
from helpers.checking.verdicts import MADE, Fell, shown
from helpers.exercises.lesson14.specification import Message, written
from helpers.words import many

LINES = 4
"""Calls that are shown, the last ones."""
Expected = tuple[list[Message], bytes]


# What it gave ---------------------------------------------------------------------------------------------------------


def is_pair(value: object) -> bool:
    """Whether it is a list and bytes, as asked for."""
    return type(value) is tuple and len(value) == 2 and type(value[0]) is list and type(value[1]) is bytes


def rest_of(value: object) -> bytes:
    return bytes(value[1]) if isinstance(value, tuple) and is_pair(value) else b""


def messages_in(results: Sequence[object]) -> list[object]:
    """All that it gave, of all calls."""
    return [message for each in results if isinstance(each, tuple) and is_pair(each) for message in each[0]]


def listed_pieces(pieces: Sequence[bytes]) -> str:
    """The pieces, for a sentence."""
    if len(pieces) > 3:
        whole = b"".join(pieces)
        return f"{shown(whole)} in {len(pieces)} pieces"
    return " and then ".join(map(shown, pieces))


def shown_result(value: object) -> str:
    """What it gave, as a learner would see it."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:80]}…{text[-30:]}"


def told(results: Sequence[object], pieces: Sequence[bytes], last: str = "") -> list[str]:
    """The calls, a line each. `last`: what the call after these did, "raised ValueError"."""
    lines, buffer = [], b""
    gave = [*(f"gave {shown_result(each)}" for each in results), *([last] if last else [])]
    for piece, said, result in zip(pieces, gave, [*results, None], strict=False):
        lines.append(f"feed({shown(buffer)}, {shown(piece)}) {said}")
        buffer = rest_of(result)
    return lines if len(lines) <= LINES else [f"({many(len(lines) - LINES, 'call')} before)", *lines[-LINES:]]


# What is wrong with it ------------------------------------------------------------------------------------------------


def raised(
    call: Call,
    pieces: Sequence[bytes],
    results: Sequence[object] = (),
    expected: Expected = ([], b""),
    at_the_end: bool = False,
) -> Fell:
    """It raised an error in the last of these pieces, of a stream that is right. `results`: of the calls before; `expected`: of this one. `at_the_end`: where nothing is left, it raises the same."""
    where = f", in line {call.line} of the cell" if call.line else ""
    calls = told(results, pieces, f"raised {call.error}")
    if call.error == "UnicodeDecodeError":
        return Fell(
            f"It raised UnicodeDecodeError{where}: what came may end in mid-character, wherever the network cuts. A text is decoded when all its bytes are there, and not before.",
            9,
            calls=calls,
        )
    if call.error == "TypeError" and "bytes-like object is required" in call.text:
        return Fell(
            f"It raised TypeError{where}: {call.text}. What comes from a network is bytes, and it is searched and split with bytes: b'\\n'.",
            8,
            calls=calls,
        )
    if fell := call.misuse():
        return Fell(fell.sentence, fell.misconception, calls=calls)
    came = listed_pieces(pieces)
    said = f"It raised {call.error}{where} when {came} had come, and nothing is wrong with that: {call.text[:120] or 'without a word'}."
    if not expected[1]:
        if at_the_end:
            said += " It does so whenever nothing is left: b'' is no error, the next message has just not begun."
        return Fell(said, calls=calls)
    return Fell(f"{said} The rest of a message is still on its way.", 5, calls=calls)


def why(results: list[Value], expected: Sequence[Expected], pieces: Sequence[bytes], at: int) -> Fell:
    """It gave something else than expected, first for the piece of this place."""
    got, (messages, rest), came = results[at], expected[at], pieces[: at + 1]
    calls = told(results[: at + 1], came)
    sentence, misconception = (
        (_no_pair(got), None)
        if not is_pair(got)
        else _wrong_pair(messages_in([got]), rest_of(got), messages, rest, came)
    )
    return Fell(sentence, misconception, calls=calls)


def _no_pair(got: Value) -> str:
    wanted = "two things were to come, (messages, rest): a list, and bytes"
    if got is None:
        return f"It returned None, where {wanted}. Is there a return, on every way out?"
    if isinstance(got, list) and len(got) == 2:
        return f"It returned a list, {shown_result(got)}, where {wanted}; `return messages, rest` gives them."
    if not isinstance(got, tuple) or len(got) != 2:
        return f"It returned {shown(got)}, where {wanted}."
    messages, rest = got
    if type(messages) is not list:
        return f"It returned {shown(messages)} for the messages: a list of them was to come, also where there is one, or none."
    if isinstance(rest, Odd):
        return f"It returned {rest!r} for the rest, where bytes were to come{f': {MADE[rest.kind]}' if rest.kind in MADE else ''}."
    if type(rest) is str:
        return f"It returned the rest as text, {shown(rest)}: what has not been read yet stays bytes, since it may end in mid-character."
    return f"It returned {shown(rest)} for the rest, where bytes were to come: b'' if nothing is left."


def _wrong_pair(
    got: list[object], got_rest: bytes, messages: list[Message], rest: bytes, came: Sequence[bytes]
) -> tuple[str, int | None]:
    """The sentence, and the number of the misconception."""
    if odd := [each for each in got if not _is_message(each)]:
        return _odd_message(odd[0]), None
    if len(got) > len(messages) > 0 and got[-len(messages) :] == messages:
        return (
            f"It gave {_listed(got)} for {listed_pieces(came)}: messages of an earlier call are among them. Each call needs a list of its own; an argument's default lives on.",
            None,
        )
    if got == messages:
        return _wrong_rest(got_rest, rest, came), None
    wanted = f"where {_listed(messages)} was to come" if messages else "where no message was whole yet"
    said = f"It gave {_listed(got)} for {listed_pieces(came)}, {wanted}"
    if len(got) > len(messages) and got[: len(messages)] == messages:
        return _too_many(got[len(messages)], said, b"".join(came))
    if len(got) < len(messages) and got == messages[: len(got)]:
        return _too_few(got, messages, said, got_rest, rest, came)
    return _different(got, messages, said)


def _is_message(thing: object) -> bool:
    return type(thing) is tuple and len(thing) == 2 and all(type(each) is str for each in thing)


def _odd_message(odd: object) -> str:
    if type(odd) is tuple and any(type(each) is bytes for each in odd):
        return (
            f"Among its messages is {shown(odd)}, with bytes in it: kind and text are to be text, as decode() makes it."
        )
    return f"Among its messages is {shown(odd)}: a message is (kind, text), two strings in a tuple."


def _listed(messages: Sequence[object]) -> str:
    if len(messages) > 3:
        return f"{len(messages)} messages, {shown(messages[0])} to {shown(messages[-1])}"
    return ", ".join(map(shown, messages)) if messages else "no message"


def _wrong_rest(got: bytes, rest: bytes, pieces: Sequence[bytes]) -> str:
    came = listed_pieces(pieces)
    if len(pieces) > 1 and got == pieces[-1] and rest.endswith(got):
        return f"The rest is to be {shown(rest)}, and it gave {shown(got)} for {came}: what was in the buffer is lost. It is the beginning of the same message."
    if not got:
        return f"The messages are right, and the rest is not: it gave b'' for {came}, where {shown(rest)} was to come. That is the beginning of the next message, which is lost now."
    if not rest:
        return f"The messages are right, and the rest is not: it gave {shown(got)} for {came}. These bytes belong to messages that it has given already, and in the next call they come again."
    if rest.endswith(got):
        return f"The rest is to be {shown(rest)}, and it gave {shown(got)} for {came}: of a message that is not whole the header stays, too, or nobody knows any more how long it is."
    return f"The messages are right, and the rest is not: it gave {shown(got)} for {came}, where {shown(rest)} was to come, what stands behind the last whole message: {difference(got, rest)}."


def _too_many(extra: object, said: str, came: bytes) -> tuple[str, int | None]:
    assert isinstance(extra, tuple)
    if b"".join(map(written, [extra])) not in came:
        return f"{said}. That is too early: a message is whole when as many bytes have come as its length says.", 5
    return f"{said}. One is given twice, or bytes of a text were taken for a message.", None


def _too_few(
    got: list[object], messages: list[Message], said: str, got_rest: bytes, rest: bytes, came: Sequence[bytes]
) -> tuple[str, int | None]:
    if got and len(messages) > 1:
        where = "is lost" if got_rest == rest else "waits in the rest for a piece that need not come"
        return (
            f"{said}. One piece may bring several messages: the second was there, and {where}. When one is read, look for the next.",
            1,
        )
    if got_rest == rest:
        return f"{said}. It is lost: nothing of it is in the rest either.", None
    if len(came) > 1 and got_rest == came[-1]:
        return (
            f"{said}. What had come before is lost: buffer is the rest of the last call, and data goes on where it ends.",
            None,
        )
    missing = messages[len(got)][1]
    if len(missing.encode()) != len(missing):
        return (
            f"{said}. The length counts bytes, and all of these are there: {shown(missing)} has fewer characters.",
            34,
        )
    if "\n" in missing:
        return f"{said}. All its bytes are there: the newline in its text is one of them, and like any other.", None
    return f"{said}. All its bytes are there.", None


def _different(got: list[object], messages: list[Message], said: str) -> tuple[str, int | None]:
    one, other = next(
        (pair for pair in zip(got, messages, strict=False) if pair[0] != pair[1]), (got[-1], messages[-1])
    )
    assert isinstance(one, tuple)
    (kind, text), (wanted_kind, wanted) = one, other
    if kind != wanted_kind:
        return f"{said}. The kind is what stands before the blank, as it is.", None
    if text.startswith("\n") and f"\n{wanted}".startswith(text):
        return f"{said}. The newline ends the header: the text begins behind it.", None
    if text in (wanted.strip(), wanted.rstrip(), wanted.lstrip(), wanted.strip("\n"), wanted.rstrip("\n")):
        return f"{said}. Blanks and newlines are characters like any other: where the text ends, the length says.", None
    if text == wanted.removeprefix("\ufeff"):
        return (
            f"{said}. A character is missing at the beginning of the text, which utf-8-sig takes for a mark: the specification says UTF-8.",
            None,
        )
    if text == wanted.encode().decode("ascii", "ignore") or "\ufffd" in text:
        return (
            f"{said}. Characters were dropped or replaced: errors='ignore' and 'replace' do that, and tell nobody.",
            10,
        )
    if (
        len(wanted.encode()) != len(wanted)
        and text.startswith(wanted[: len(text)])
        and (len(text) < len(wanted) or text[len(wanted) :])
    ):
        return (
            f"{said}. The length counts bytes, and {shown(wanted)} has more of these than characters: cut the bytes first, and decode then.",
            34,
        )
    if any(wanted.encode().decode(encoding, "replace") == text for encoding in ("latin-1", "cp1252")):
        return f"{said}. It was decoded by another encoding than the one that the specification has chosen: UTF-8.", 24
    if text.startswith(wanted):
        return f"{said}. Where the text ends, its length says, and not the next newline.", None
    if "\n" in wanted and wanted.startswith(text):
        return (
            f"{said}. A newline in the text is a character like any other: only the first one, behind the length, is the header's end.",
            None,
        )
    if wanted.startswith(text) and wanted.isascii():
        return (
            f"{said}. The end of the text is missing: behind the newline it has as many bytes as its length says.",
            None,
        )
    if text.replace("\r\n", "\n") == wanted.replace("\r\n", "\n"):
        return f"{said}. \\r\\n and \\n are different texts, and neither is to become the other.", None
    return f"{said}.", None
