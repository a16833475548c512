"""Lesson 6: characters in bytes, and text from pieces."""

from __future__ import annotations

import random
from collections.abc import Iterable

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Odd, Value
from helpers.checking.verdicts import Fell, shown

CHARACTERS = "aZ 0\n\r\tüéßñ€→中\u0308\u200b\ufeff🙂𝄞"
"""Of one byte to four; a letter's dots on their own, and things that nobody sees."""
SENTENCES = ("Zürich", "5 €", "naïve café", "中文", "🙂 ok")
BROKEN = {
    "a byte that never occurs in UTF-8": b"Z\xfcrich",
    "the end of a character without its beginning": b"caf\xa9",
    "a character of two bytes written with three": b"\xe0\x83\xa9",
    "half of a pair that only UTF-16 has": b"\xed\xa0\xbd",
    "a number above the last character": b"\xf4\x90\x80\x80",
}

count_characters = Exercise(
    lesson=6,
    signature="count_characters(data)",
    brief="UTF-8 bytes come in, the number of characters in them goes out: as many as len counts in the text. Bytes that are no UTF-8 raise UnicodeDecodeError.",
    hints=(
        "Bytes have a length and text has a length. Which of the two is asked for?",
        "Make the text first. Which method of bytes does that, and what does it do about bytes that are no text?",
        "`len(…)` of `data.decode('utf-8')`.",
    ),
    solution="""
def count_characters(data: bytes) -> int:
    return len(data.decode('utf-8'))
""",
    reasons="`decode` makes characters of bytes, and `len` counts them. `'strict'` is the default: what is no UTF-8 raises, and is not counted as if it were.",
)

decode_stream = Exercise(
    lesson=6,
    signature="decode_stream(chunks)",
    brief="Pieces of UTF-8, cut anywhere, come in: in a list, or one after another from a generator. Return their text. Broken input raises UnicodeDecodeError, "
    "and so does an end in mid-character.",
    hints=(
        "A character may be cut in two. Who remembers its first half until the second comes?",
        "Either all the bytes first and one `decode`, or one incremental decoder for all the chunks. How does the decoder learn that nothing more comes?",
        "`decoder = codecs.getincrementaldecoder('utf-8')()`; add `decoder.decode(chunk)` for each chunk, and at the end `decoder.decode(b'', final=True)`.",
    ),
    solution="""
import codecs

def decode_stream(chunks) -> str:
    decoder = codecs.getincrementaldecoder('utf-8')()
    text = ''
    for chunk in chunks:
        text += decoder.decode(chunk)
    return text + decoder.decode(b'', final=True)
""",
    reasons="The decoder keeps half a character until the rest comes. It is made inside the function, so that no half is left over for the next call; and "
    "`final=True` turns a half that nothing follows into an error. (`b''.join(chunks).decode()` is right too, where the stream has an end.)",
)


# count_characters -----------------------------------------------------------------------------------------------------


@count_characters.scenario(1, "a word in plain ASCII")
def _(judge: Judge) -> None:
    _must_count(judge, "hello")


@count_characters.scenario(1, "Zürich: six characters in seven bytes")
def _(judge: Judge) -> None:
    _must_count(judge, "Zürich")


@count_characters.scenario(1, "no bytes at all")
def _(judge: Judge) -> None:
    _must_count(judge, "")


@count_characters.scenario(2, "spaces and line ends are characters too")
def _(judge: Judge) -> None:
    _must_count(judge, " \t5 €\r\n\r\n")


@count_characters.scenario(2, "characters of one, two, three and four bytes")
def _(judge: Judge) -> None:
    _must_count(judge, "aé€🙂" + _text(judge.chance, 6))


@count_characters.scenario(2, "bytes that are no UTF-8")
def _(judge: Judge) -> None:
    _must_refuse_to_count(judge, b"Z\xfcrich", "the byte 0xfc never occurs in UTF-8")


@count_characters.scenario(3, "a u, and two dots for it: what Python counts as two")
def _(judge: Judge) -> None:
    _must_count(judge, "Zu\u0308rich")


@count_characters.scenario(3, "a text that begins with an invisible character")
def _(judge: Judge) -> None:
    _must_count(judge, "\ufeffhello")


@count_characters.scenario(3, "an end in mid-character")
def _(judge: Judge) -> None:
    _must_refuse_to_count(judge, b"caf\xc3", "the last character is only half there", misconception=None)


@count_characters.scenario(3, "bytes that look like UTF-8, and are none")
def _(judge: Judge) -> None:
    for what, data in BROKEN.items():
        _must_refuse_to_count(judge, data, f"there is {what} ({shown(data)})")


def _must_count(judge: Judge, text: str) -> None:
    data = text.encode("utf-8")
    call = judge.call(data).finish()
    call.must_not_raise()
    if type(call.value) is not int:
        raise Fell(f"It returned {_said(call.value)} where a number was to come: {len(text)}.")
    if call.value != len(text):
        raise Fell(_miscounted(call.value, text, data))


def _miscounted(count: int, text: str, data: bytes) -> str:
    wrong = f"{_plain(text)} has {len(text)} characters, and it returned {count}"
    if count == len(data):
        return f"{wrong}: that is how many bytes there are. One character may take up to four; decode with UTF-8 first."
    if count == len(str(data)):
        return f"{wrong}: that is the length of {str(data)!r:.40}. str shows bytes, with the b and the quotes; decode makes the text."
    return f"{wrong}."


def _must_refuse_to_count(judge: Judge, data: bytes, when: str, misconception: int | None = 10) -> None:
    call = judge.call(data).finish()
    if call.error is None and call.value == len(data.decode("utf-8", "ignore")):
        raise Fell(
            f"{shown(data)}: {when}, and it returned {_said(call.value)}. What cannot be read was left out in silence; the default, 'strict', raises UnicodeDecodeError.",
            misconception,
        )
    call.must_raise(UnicodeDecodeError, when)


# decode_stream --------------------------------------------------------------------------------------------------------


@decode_stream.scenario(1, "a word in one piece")
def _(judge: Judge) -> None:
    _must_decode(judge, [b"hello"])


@decode_stream.scenario(1, "two pieces of plain ASCII")
def _(judge: Judge) -> None:
    _must_decode(judge, [b"hello ", b"world"])


@decode_stream.scenario(1, "whole characters, some of two and three bytes")
def _(judge: Judge) -> None:
    _must_decode(judge, ["Zürich ".encode(), "5 €".encode()])


@decode_stream.scenario(1, "an é cut in two")
def _(judge: Judge) -> None:
    _must_decode(judge, [b"caf\xc3", b"\xa9"])


@decode_stream.scenario(2, "nothing at all")
def _(judge: Judge) -> None:
    _must_decode(judge, [])


@decode_stream.scenario(2, "empty pieces among the others")
def _(judge: Judge) -> None:
    _must_decode(judge, [b"one ", b"", b"two"])
    _must_decode(judge, [b"", b"caf\xc3", b"", b"\xa9", b""])


@decode_stream.scenario(2, "spaces and line ends, first and last")
def _(judge: Judge) -> None:
    _must_decode(judge, [b"\r\n one ", b"two \r\n"])


@decode_stream.scenario(2, "one byte at a time")
def _(judge: Judge) -> None:
    _must_decode(judge, _bytes_of("aé€🙂" + judge.chance.choice(SENTENCES)))


@decode_stream.scenario(2, "pieces that come one after another, from a generator")
def _(judge: Judge) -> None:
    _must_decode(judge, [*(each.encode() for each in judge.chance.sample(SENTENCES, 3)), b"!"], iterate=True)


@decode_stream.scenario(2, "a byte in the middle that is no UTF-8")
def _(judge: Judge) -> None:
    _must_refuse(judge, [b"caf\xff", b"e"], "the byte 0xff never occurs in UTF-8")


@decode_stream.scenario(2, "an end in mid-character")
def _(judge: Judge) -> None:
    _must_refuse(judge, [b"caf", b"\xc3"], "the stream ends in mid-character", misconception=None)


@decode_stream.scenario(3, "a good text after a broken one")
def _(judge: Judge) -> None:
    _must_refuse(judge, [b"\xe2\x82"], "the stream ends in mid-character", misconception=None)
    _must_decode(judge, [b"hello"], before="The call before had ended in mid-character. ")


@decode_stream.scenario(3, "cuts in all kinds of places")
def _(judge: Judge) -> None:
    _must_decode(judge, ["\ufeff\r\nZu\u0308rich\r\n".encode()])
    for _ in range(10):
        _must_decode(judge, _cut(judge.chance, _text(judge.chance, 8)), iterate=judge.chance.random() < 0.5)


@decode_stream.scenario(3, "half a character, and then another one")
def _(judge: Judge) -> None:
    _must_refuse(judge, [b"caf\xc3", b"", b"e"], "an e follows the first half of a character")
    _must_refuse(judge, [b"caf\xc3", b""], "the stream ends in mid-character", misconception=None)


@decode_stream.scenario(3, "bytes that look like UTF-8, and are none")
def _(judge: Judge) -> None:
    for what, data in BROKEN.items():
        _must_refuse(judge, [b"<", *_cut(judge.chance, data), b">"], f"there is {what} ({shown(data)})")


@decode_stream.scenario(3, "some thousand pieces")
def _(judge: Judge) -> None:
    judge.busy = 3.0
    _must_decode(judge, _bytes_of(_text(judge.chance, 1000)), iterate=True)


def _must_decode(judge: Judge, chunks: list[bytes], iterate: bool = False, before: str = "") -> None:
    text = b"".join(chunks).decode("utf-8")
    call = judge.call(list(chunks), iterate=iterate).finish()
    _look_at_error(call, chunks, iterate, before)
    if type(call.value) is str and call.value == text:
        return
    if type(call.value) is not str:
        raise Fell(f"It returned {_said(call.value)} where a text was to come: {_plain(text)}.")
    if iterate and call.value == b"".join(chunks[1:]).decode("utf-8", "ignore"):
        raise Fell(
            f"The first pieces are missing, it made {_plain(call.value)}: what comes from a generator can be gone through once, with one for."
        )
    reason, misconception = _why_not(call.value, chunks)
    raise Fell(f"{before}It made {_plain(call.value)} of {shown(chunks)}. {reason}".rstrip(), misconception)


def _look_at_error(call: Call, chunks: list[bytes], iterate: bool, before: str) -> None:
    """What it raised though the input is good."""
    if call.error is None:
        return
    if before:
        raise Fell(
            f"{before}The next one, with {shown(chunks)}, raised {call.error}: something was kept between them. Each call needs a decoder of its own."
        )
    if call.error == "UnicodeDecodeError" and any(map(_is_cut, chunks)):
        raise Fell(
            f"It raised UnicodeDecodeError, though {shown(chunks)} is good UTF-8, cut in mid-character. A piece need not be decodable on its own: keep the half until the rest comes.",
            9,
        )
    if call.error == "TypeError" and iterate:
        raise Fell(
            f"The chunks come one at a time, as from a generator, and it raised TypeError: {call.text}. They can be gone through with for, once, and no more."
        )
    call.must_not_raise()


def _why_not(value: str, chunks: list[bytes]) -> tuple[str, int | None]:
    """Why it is not the text, and the misconception's number."""

    def of_each(errors: str) -> str:
        return "".join(chunk.decode("utf-8", errors) for chunk in chunks)

    cut = any(map(_is_cut, chunks))
    text = b"".join(chunks).decode("utf-8")
    if cut and value == of_each("ignore"):
        return (
            "Each half of a cut character was thrown away: nothing was wrong with them, they were decoded too early.",
            10,
        )
    if cut and value == of_each("replace"):
        return "Each half of a cut character became a mark: a piece cannot be decoded on its own.", 9
    if value == b"".join(chunks).decode("latin-1") or value == "".join(chunk.decode("latin-1") for chunk in chunks):
        return "That is UTF-8 read as Latin-1.", None
    if value == "".join(map(str, chunks)) or value == str(chunks):
        return "str shows bytes, with the b and the quotes; decode makes the text.", None
    if b"" in chunks and value == b"".join(chunks[: chunks.index(b"")]).decode("utf-8", "ignore"):
        return "Pieces were left out: an empty one is no end here.", None
    if value.endswith(text) and value != text:
        return "Something was kept from an earlier call.", None
    return f"{_plain(text)} was to come.", None


def _is_cut(chunk: bytes) -> bool:
    try:
        chunk.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _must_refuse(judge: Judge, chunks: list[bytes], when: str, misconception: int | None = 10) -> None:
    """Fell unless it raises UnicodeDecodeError. `misconception`: of one that leaves out what cannot be read."""
    call = judge.call(list(chunks)).finish()
    if call.error is not None:
        call.must_raise(UnicodeDecodeError, when)
        return
    data = b"".join(chunks)
    said = f"{when[0].upper()}{when[1:]}, and it returned {_said(call.value)}"
    if misconception and call.value in (
        data.decode("utf-8", "ignore"),
        "".join(chunk.decode("utf-8", "ignore") for chunk in chunks),
    ):
        raise Fell(
            f"{said}: what cannot be read was left out, and nobody is told. 'strict' raises UnicodeDecodeError.",
            misconception,
        )
    if not misconception:
        raise Fell(
            f"{said}: half a character was left over, and nobody is told. An incremental decoder has to hear that nothing more comes: final=True."
        )
    raise Fell(f"{said}: that asks for UnicodeDecodeError.")


# What both have in common ---------------------------------------------------------------------------------------------


def _said(value: Value) -> str:
    if value is None:
        return "None (is there a return?)"
    if isinstance(value, Odd):
        return repr(value)
    return f"{shown(value)}, of type {type(value).__name__}," if not isinstance(value, (str, int)) else shown(value)


def _plain(text: str) -> str:
    """In quotes, with escapes for what a reader would not see, or take for one character."""
    return shown(text).replace("\u0308", "\\u0308")


def _text(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(CHARACTERS, k=length))


def _bytes_of(text: str) -> list[bytes]:
    return [bytes([each]) for each in text.encode("utf-8")]


def _cut(chance: random.Random, what: str | bytes) -> list[bytes]:
    """In pieces of none to three bytes."""
    data = what.encode("utf-8") if isinstance(what, str) else what
    return list(_pieces(chance, data))


def _pieces(chance: random.Random, data: bytes) -> Iterable[bytes]:
    while data:
        size = chance.randrange(4)
        yield data[:size]
        data = data[size:]


EXERCISES = [count_characters, decode_stream]
