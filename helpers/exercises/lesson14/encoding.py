"""A message as bytes, as the specification has it."""

from __future__ import annotations

from helpers.checking.call import Call
from helpers.checking.differences import difference
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Value
from helpers.checking.shrinking import shrunk
from helpers.checking.verdicts import Fell, not_the_same, same, shown
from helpers.exercises.lesson14.specification import (
    LETTERS,
    LONGEST,
    UNKNOWN,
    Message,
    allowed,
    simpler_messages,
    some_message,
    written,
)
from helpers.words import many

SEARCHED = 400
"""Messages that are tried in the search for one that goes wrong."""

encode = Exercise(
    lesson=14,
    signature="encode(kind, text)",
    brief="Return a message as bytes, as the specification has it: kind, a blank, the length of the text in bytes, a newline, and the text in UTF-8. "
    "A kind that is none (1 to 16 letters A to Z) raises ValueError, and so does a text of more than 65,536 bytes.",
    hints=(
        "The length counts bytes, and a text has none before it is encoded. So what comes first?",
        "`data = text.encode()`, and `len(data)` is the length. A set knows which letters a kind may have, as in lesson 7: `set(kind) <= set('ABC…')`. How many may there be?",
        "Where `not set(kind) <= LETTERS`, or `not 1 <= len(kind) <= 16`, or `len(data) > 65536`: `raise ValueError(…)`. Then `return f'{kind} {len(data)}\\n'.encode() + data`.",
    ),
    solution="""
LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

def encode(kind, text):
    data = text.encode()
    if not (set(kind) <= LETTERS and 1 <= len(kind) <= 16):
        raise ValueError(f"{kind[:20]!r} is no kind")
    if len(data) > 65536:
        raise ValueError(f"{len(data)} bytes are more than 65536")
    return f"{kind} {len(data)}\\n".encode() + data
""",
    reasons="The text is encoded first, since only bytes can be counted. `set(kind) <= LETTERS` says what a kind is made of; an empty set lies within every other, so the length is asked for as well. "
    "A kind with a newline in it would end the header where it likes, and the peer would take the rest for a message of ours.",
)


def _must_write(judge: Judge, message: Message) -> None:
    """Just the bytes that the specification has for it. Fell says why not."""
    call = judge.call(*message).finish()
    if call.error is not None:
        raise _raised(call, message)
    if not same(call.value, written(message)):
        raise _odd(call, message)


def _calls(call: Call, message: Message) -> list[str]:
    gave = f"raised {call.error}" if call.error is not None else f"gave {shown(call.value)}"
    return [f"encode({message[0]!r}, {shown(message[1])}) {gave}", f"the specification has {shown(written(message))}"]


def _raised(call: Call, message: Message) -> Fell:
    if fell := call.misuse():
        return fell
    where = f", in line {call.line} of the cell" if call.line else ""
    calls = _calls(call, message)
    if call.error == "UnicodeEncodeError":
        return Fell(
            f"It raised UnicodeEncodeError{where}: the text is UTF-8 in our specification, which has bytes for every character: encode() without more is UTF-8.",
            24,
            calls=calls,
        )
    said = f"It raised {call.error}{where} for a message that the specification allows: {call.text[:120] or 'without a word'}."
    return Fell(said, calls=calls)


def _odd(call: Call, message: Message) -> Fell:
    """Why what it returned is not the message."""
    (kind, text), value = message, call.value
    data, calls = text.encode(), _calls(call, message)

    def fell(sentence: str, misconception: int | None = None) -> Fell:
        return Fell(sentence, misconception, calls=calls)

    if type(value) is str:
        return fell(f"It returned {shown(value)}, which is text: a socket takes bytes, and encode() makes them.", 7)
    if type(value) is not bytes:
        return not_the_same(value, written(message))
    if len(text) != len(data) and value == b"%s %d\n%s" % (kind.encode(), len(text), data):
        return fell(
            f"The length of {shown(text)} is {len(text)} in its message: that counts characters, and these are {len(data)} bytes. In an example of plain letters both are the same number; the specification says bytes.",
            34,
        )
    if value == written((text, kind)):
        return fell("Kind and text have changed places: the kind comes first, in what it is given and in the message.")
    header, newline, rest = value.partition(b"\n")
    if not newline:
        return fell(f"There is no newline in {shown(value)}: by it the reader knows where the length ends.")
    if rest == data + b"\n":
        return fell(
            "It put a newline behind the text: the length says where a message ends, and what follows is taken for the next one."
        )
    if header == b"%s %d\r" % (kind.encode(), len(data)):
        return fell("Its header ends with \\r\\n, and in our specification with \\n alone.")
    if rest != data:
        return _odd_text(value, rest, message, calls)
    start, size = kind.encode() + b" ", header.rpartition(b" ")[2]
    if data and header == start + bytes(len(data)):
        return fell(
            f"bytes({len(data)}) is that many zero bytes, and no digits: str({len(data)}).encode() has those, and an f-string writes them too."
        )
    if header == start + size and size.isdigit() and int(size) != len(data) and not size.startswith(b"0"):
        return fell(
            f"By its header the text has {many(int(size), 'byte')}, and it has {len(data)}: the length counts all bytes of the text, and neither kind nor newline."
        )
    return fell(
        f"Its header is {shown(header)}, and the specification's {shown(written(message).partition(bytes([10]))[0])}: kind, one blank, the length in digits without needless zeros."
    )


def _odd_text(value: bytes, rest: bytes, message: Message, calls: list[str]) -> Fell:
    """Its header ends where it should, and what follows is not the text."""
    text = message[1]
    for encoding in "latin-1", "utf-16", "utf-16-le", "utf-8-sig":
        if rest == text.encode(encoding, "backslashreplace"):
            return Fell(
                f"It encoded the text as {encoding}. Which encoding it is, the specification has chosen: UTF-8.",
                24,
                calls=calls,
            )
    if rest in (text.encode(encoding, errors) for encoding in ("ascii", "latin-1") for errors in ("ignore", "replace")):
        return Fell(
            "Characters are missing in the text that it wrote, or became question marks: errors='ignore' and 'replace' do that to whatever cannot be encoded, and tell nobody.",
            10,
            calls=calls,
        )
    return Fell(
        f"In {shown(value)} the text is not {shown(text)} any more: {difference(rest, text.encode())}.", calls=calls
    )


def _must_refuse(judge: Judge, message: Message, reason: str, misconception: int | None = None) -> None:
    call = judge.call(*message).finish()
    what = f"encode({shown(message[0])}, {shown(message[1])})"
    if call.error is None:
        raise Fell(f"{what} gave {shown(call.value)}: {reason}, and that asks for ValueError.", misconception)
    if "ValueError" not in call.kinds:
        raise Fell(f"{what} raised {call.error}: {reason}, and that asks for ValueError.{call.remark}")


@encode.scenario(1, "the message of the specification's example")
def _example(judge: Judge) -> None:
    _must_write(judge, ("SAY", "tea?"))
    _must_write(judge, ("HELLO", "1"))


@encode.scenario(1, "more bytes than characters")
def _characters(judge: Judge) -> None:
    for text in "Zürich", "世界", "😀":
        _must_write(judge, ("SAY", text))


@encode.scenario(1, "no text at all")
def _empty(judge: Judge) -> None:
    _must_write(judge, ("SAY", ""))


@encode.scenario(2, "newlines, blanks and digits in the text")
def _newlines(judge: Judge) -> None:
    for text in "one\ntwo", " tea\n", "tea\r\nmilk", "\n", "\r\n\r\n", "3\n", "SAY 3\ntea", "\0tea":
        _must_write(judge, ("SAY", text))


@encode.scenario(2, "kinds that the specification does not name, and allows")
def _kinds(judge: Judge) -> None:
    for kind in UNKNOWN, "A", "Z" * 16, LETTERS[:13], LETTERS[13:]:
        call = judge.call(kind, "tea").finish()
        if call.error is not None and call.misuse() is None:
            raise Fell(f"encode({kind!r}, 'tea') raised {call.error}. {allowed(kind)}", 34 if kind == UNKNOWN else None)
        _must_write(judge, (kind, "tea"))


@encode.scenario(2, "messages at random: is there one that does not come back as it went?")
def _search(judge: Judge) -> None:
    messages = [some_message(judge.chance) for _ in range(SEARCHED)]
    judge.busy = 1.0
    if message := _first_wrong(judge, messages):
        _must_write(
            judge, shrunk(message, simpler_messages, lambda simpler: _first_wrong(judge, [simpler]) is not None)
        )
        raise Fell(
            f"It is right for {shown(message)} only now and then: the same message is to be the same bytes each time."
        )


def _first_wrong(judge: Judge, messages: list[Message]) -> Message | None:
    """The first of them that it writes in another way than the specification; None if there is none."""
    arguments: list[Value] = [*messages]
    call = judge.call(arguments, way="each").finish()
    if call.error is None and isinstance(call.value, list):
        pairs = zip(messages, call.value, strict=False)
        return next((message for message, value in pairs if not same(value, written(message))), None)
    if len(messages) == 1:
        return messages[0]
    middle = len(messages) // 2
    return _first_wrong(judge, messages[:middle]) or _first_wrong(judge, messages[middle:])


@encode.scenario(3, "kinds that are none")
def _no_kinds(judge: Judge) -> None:
    _must_refuse(judge, ("", "tea"), "a kind has at least one letter")
    _must_refuse(judge, ("say", "tea"), "a kind is made of the letters A to Z, which are capitals")
    _must_refuse(judge, ("Z" * 17, "tea"), "a kind has 16 letters at most")
    for kind in "SAY IT", "SAY ", " SAY", "SAY\t":
        _must_refuse(
            judge,
            (kind, "tea"),
            "there is a blank in this kind, and the reader takes what stands behind it for the length",
        )
    for kind in "SAY\n", "SAY 3\nteaSAY", "\nSAY":
        _must_refuse(
            judge,
            (kind, "tea"),
            "there is a newline in this kind, and it would end the header where whoever chose the kind likes",
        )
    for kind in "ÉTÉ", "SAY2", "SAY_IT", "Σ", "SAY\0":
        _must_refuse(judge, (kind, "tea"), "a kind is made of the letters A to Z, and of nothing else")


@encode.scenario(3, "texts of 65,536 bytes, and of more")
def _limits(judge: Judge) -> None:
    for text in "a" * LONGEST, "ü" * (LONGEST // 2), "\n" * LONGEST:
        call = judge.call("SAY", text).finish()
        if call.error == "ValueError":
            raise Fell(
                f"It refused a text of {LONGEST:,} bytes{call.remark}: so long may a text be; a single byte more, and it is too long. (The header does not count.)"
            )
        _must_write(judge, ("SAY", text))
    _must_refuse(judge, ("SAY", "a" * (LONGEST + 1)), "that is a byte too long for our specification")
    for text in "ü" * (LONGEST // 2) + "a", "世" * (LONGEST // 2):
        _must_refuse(
            judge,
            ("SAY", text),
            f"these {len(text):,} characters are {len(text.encode()):,} bytes, and the limit is in bytes",
            34,
        )


@encode.scenario(3, "a text that has no bytes")
def _surrogate(judge: Judge) -> None:
    _must_refuse(
        judge,
        ("SAY", "te\ud800a"),
        "half of a surrogate pair is in this text, which UTF-8 has no bytes for; whoever replaces it writes another text",
        10,
    )
