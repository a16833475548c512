"""Bytes in, messages out: a reader of the specification's messages that knows no socket, and to which it must not matter how the stream was cut."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Value
from helpers.checking.shrinking import shrunk
from helpers.checking.verdicts import Fell, shown
from helpers.exercises.lesson14 import misread
from helpers.exercises.lesson14.specification import (
    EXAMPLE,
    HEADER,
    KINDS,
    LONGEST,
    UNKNOWN,
    Message,
    allowed,
    every_cut,
    pieces_of,
    read,
    simpler_conversations,
    some_cuts,
    some_message,
    stream_of,
    written,
)

SEARCHED = 300
"""Messages that are tried in the search for one that does not come back."""
CONVERSATIONS = 40
"""Conversations at random, each cut somewhere."""
MANY = 50_000
"""Messages of a hundred characters, in one piece of five megabytes."""
DEEP = 3_000
"""Messages without a text: more than a function may call itself."""

feed = Exercise(
    lesson=14,
    signature="feed(buffer, data)",
    brief="Return (messages, rest). buffer is the rest of the last call, b'' at first; data is what has come since. messages: a list of the (kind, text) that are whole now; rest: the bytes of the "
    "one that is not. ValueError for what is no message, as soon as that is sure. How the stream was cut must not matter.",
    hints=(
        "Put `buffer` and `data` together, and it does not matter any more which is which. When is a message whole? It takes two questions: is its header there, and is its text?",
        "In a loop: `find` the newline from where the last message ended; none, and the rest waits. Kind and length stand before it. If fewer bytes than the length follow, all of it waits, its header too.",
        "A header is right where it is what `encode` would have written: `size = int(digits)`, and then `f'{kind} {size}'` must be the header again, which refuses `+3`, `03` and `1_0`. "
        "Is the size within 0 to 65,536, the kind a kind? And more than 22 bytes without a newline are no header.",
    ),
    solution="""
LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

def read_header(header):
    line = header.decode("ascii")
    kind, blank, digits = line.partition(" ")
    size = int(digits)
    if line != f"{kind} {size}" or not 0 <= size <= 65536:
        raise ValueError(f"{digits!r} is no length")
    if not (set(kind) <= LETTERS and 1 <= len(kind) <= 16):
        raise ValueError(f"{kind!r} is no kind")
    return kind, size

def feed(buffer, data):
    stream = buffer + data
    messages, at = [], 0
    while True:
        newline = stream.find(b"\\n", at, at + 23)
        if newline < 0:
            if len(stream) - at > 22:
                raise ValueError(f"{stream[at:at + 22]} is no header")
            return messages, stream[at:]
        kind, size = read_header(stream[at:newline])
        end = newline + 1 + size
        if len(stream) < end:
            return messages, stream[at:]
        messages.append((kind, stream[newline + 1:end].decode()))
        at = end
""",
    reasons="Whether bytes came in one piece or in fifty is forgotten in the first line. The length is looked at before its text is there, so that nobody has us wait for a gigabyte. The text is decoded when it is whole; what is no UTF-8 "
    "raises UnicodeDecodeError, which is a ValueError. `at` moves on, and the stream is cut once, at the end: to cut off each message would copy all the rest each time.",
)

# Asking ---------------------------------------------------------------------------------------------------------------


def _feed(judge: Judge, all_pieces: Sequence[list[bytes]], slow: Fell | None = None) -> Call:
    """Have it fed with each of these lists of pieces; what it gave for each piece is in the call's value. `slow`: what to say if it takes too long."""
    stream = shown(b"".join(all_pieces[0]))
    how = (
        f"fed with {misread.listed_pieces(all_pieces[0])}"
        if len(all_pieces) == 1
        else f"fed with {stream}, cut somewhere,"
    )
    never = Fell(
        f"When it is {how} it never comes back. All it needs is in the buffer and the data: where a message is not whole yet, return what there is."
    )
    return judge.call([list(pieces) for pieces in all_pieces], way="fed").finish(slow or never)


def _given(call: Call) -> list[Value]:
    """What it gave for each piece of the one list of pieces that it was fed with."""
    if isinstance(call.value, list) and len(call.value) == 1 and isinstance(call.value[0], list):
        return call.value[0]
    raise Fell(f"What it gives cannot be looked at: {shown(call.value)}.")


def _first_wrong(
    judge: Judge, cases: Sequence[tuple[list[Message], list[bytes]]]
) -> tuple[list[Message], list[bytes]] | None:
    """The first of these conversations, each cut into pieces in some way, that it does not give as it should; None if there is none."""
    call = _feed(judge, [pieces for _, pieces in cases])
    if call.error is None and isinstance(call.value, list):
        return next((case for case, got in zip(cases, call.value, strict=False) if got != read(*case)), None)
    if len(cases) == 1:
        return cases[0]
    middle = len(cases) // 2
    return _first_wrong(judge, cases[:middle]) or _first_wrong(judge, cases[middle:])


def _wrong_cut(judge: Judge, messages: list[Message]) -> list[bytes] | None:
    """The pieces, of all ways to cut these messages, in which it does not give them as it should; None if there are none."""
    found = _first_wrong(judge, [(messages, pieces) for pieces in every_cut(stream_of(messages))])
    return found[1] if found else None


def _must_read(judge: Judge, messages: list[Message], *all_pieces: list[bytes]) -> None:
    """It gives these messages, however they are cut: Fell shows the first of these ways in which it does not."""
    if found := _first_wrong(judge, [(messages, pieces) for pieces in all_pieces]):
        raise _fallen(judge, *found)


def _must_read_any(judge: Judge, cases: Sequence[tuple[list[Message], list[bytes]]]) -> None:
    """It gives the messages of all these conversations. Fell shows the smallest one, and the cut, for which it does not."""
    found = _first_wrong(judge, cases)
    if found is None:
        return
    messages, pieces = found
    if _wrong_cut(judge, messages):
        messages = shrunk(messages, simpler_conversations, lambda some: _wrong_cut(judge, some) is not None)
        pieces = _wrong_cut(judge, messages) or pieces
    raise _fallen(judge, messages, pieces)


def _fallen(judge: Judge, messages: list[Message], pieces: list[bytes]) -> Fell:
    """Why it fell, called once more."""
    call = _feed(judge, [pieces])
    if call.error is not None:
        return _broken(judge, call, messages, pieces)
    got, expected = _given(call), read(messages, pieces)
    at = next((at for at, (one, other) in enumerate(zip(got, expected, strict=False)) if one != other), None)
    if at is None:
        return Fell(
            f"It gave something else when {misread.listed_pieces(pieces)} came a second time. What it gives may depend on nothing but buffer and data: where does it keep something from one call to the next?"
        )
    return misread.why(got, expected, pieces, at)


def _broken(judge: Judge, call: Call, messages: list[Message], pieces: list[bytes]) -> Fell:
    """It raised something for a stream that is right. It is fed with ever more of the pieces, to see with which, and whether it was wrong before."""
    results: list[Value] = []
    expected = read(messages, pieces)
    for count in range(1, len(pieces)):
        before = _feed(judge, [pieces[:count]])
        if before.error is not None:
            call, pieces = before, pieces[:count]
            break
        results = _given(before)
        if results[-1] != expected[count - 1]:
            return misread.why(results, expected, pieces, count - 1)
    nothing = _feed(judge, [[b""]])
    at_the_end = (nothing.error, nothing.line) == (call.error, call.line)
    return misread.raised(call, pieces, results, expected[len(pieces) - 1], at_the_end)


def _must_refuse(
    judge: Judge, pieces: list[bytes], reason: str, misconception: int | None = None, good: list[Message] | None = None
) -> None:
    """ValueError, by the time that all of these pieces were fed; `good`: the messages before it, which it may have given. `reason`: a clause, why this is no message."""
    call = _feed(judge, [pieces])
    came = misread.listed_pieces(pieces)
    if call.error == "ValueError" or "ValueError" in call.kinds:
        return
    if call.error is not None:
        raise call.misuse() or Fell(
            f"It raised {call.error} for {came}: {reason}, and that asks for ValueError.{call.remark}",
            misconception,
        )
    got = _given(call)
    calls = misread.told(got, pieces)
    if got and not misread.is_pair(got[-1]):
        raise Fell(
            f"It returned {shown(got[-1])} for {came}: {reason}, and that asks for ValueError.",
            misconception,
            calls=calls,
        )
    given = misread.messages_in(got)
    if given != (good or []):
        shown_ones = ", ".join(map(shown, given[len(good or []) :])) or shown(given)
        raise Fell(
            f"It gave {shown_ones} for {came}: {reason}, and that asks for ValueError.", misconception, calls=calls
        )
    if got and misread.is_pair(got[-1]) and misread.rest_of(got[-1]):
        raise Fell(
            f"{came} has come, and it waits for more: {reason}. That is sure by now, and whatever comes makes it no better: raise ValueError.",
            misconception,
            calls=calls,
        )
    raise Fell(
        f"It dropped {came}, and told nobody: {reason}, and that asks for ValueError.", misconception, calls=calls
    )


def _must_refuse_header(judge: Judge, header: bytes, reason: str, misconception: int | None = None) -> None:
    """In one piece, and in single bytes."""
    stream = header + b"\ntea"
    _must_refuse(judge, [stream], reason, misconception)
    _must_refuse(judge, pieces_of(stream, range(1, len(stream))), reason, misconception)


# Scenarios ------------------------------------------------------------------------------------------------------------


@feed.scenario(1, "one message, in one piece")
def _one(judge: Judge) -> None:
    for messages in [("SAY", "tea?")], [("HELLO", "1")], [("SAY", "a cup of tea")]:
        _must_read(judge, messages, [stream_of(messages)])


@feed.scenario(1, "two messages in one piece")
def _glued(judge: Judge) -> None:
    messages = [("HELLO", "1"), ("SAY", "tea?")]
    _must_read(judge, messages, [stream_of(messages)])


@feed.scenario(1, "a message in two pieces, cut at every byte")
def _halves(judge: Judge) -> None:
    messages = [("SAY", "tea?")]
    stream = stream_of(messages)
    for pieces in pieces_of(stream, [8]), pieces_of(stream, [2]), *every_cut(stream):  # the plainest first
        _must_read(judge, messages, pieces)


@feed.scenario(1, "no bytes, and no text")
def _nothing(judge: Judge) -> None:
    _must_read(judge, [], [b""], [b"", b""])
    messages = [("SAY", ""), ("SAY", "")]
    _must_read(judge, messages, *every_cut(stream_of(messages)))


@feed.scenario(2, "more bytes than characters")
def _characters(judge: Judge) -> None:
    for messages in [("SAY", "Zürich")], [("SAY", "Zürich"), ("SAY", "tea")]:
        _must_read(judge, messages, [stream_of(messages)])
    for messages in [("SAY", "世界")], [("SAY", "😀")], [("SAY", "\ufeffe\u0301")]:
        _must_read(judge, messages, *every_cut(stream_of(messages)))


@feed.scenario(2, "the newline in the text, and texts that look like messages")
def _delimiter(judge: Judge) -> None:
    texts = "one\ntwo\n", "\n", "SAY 3\ntea", " tea ", "\r\n\r\n", "3\n", "SAY", "\0\x1c\x85\u2028"
    for text in texts:
        messages = [("SAY", text)]
        _must_read(judge, messages, [stream_of(messages)])
    messages = [("SAY", text) for text in texts]
    _must_read_any(judge, [(messages, pieces) for pieces in every_cut(stream_of(messages))])


@feed.scenario(2, "kinds that nobody knows yet")
def _kinds(judge: Judge) -> None:
    for kind in KINDS:
        messages = [(kind, "tea"), ("SAY", "milk")]
        stream = stream_of(messages)
        call = _feed(judge, [[stream]])
        if call.error is not None and call.misuse() is None:
            raise Fell(f"It raised {call.error} for {stream!r}. {allowed(kind)}", 34 if kind == UNKNOWN else None)
        if call.value == [[([("SAY", "milk")], b"")]]:
            raise Fell(
                f"It left out ({kind!r}, 'tea'). A kind that it does not know is well-formed all the same: feed gives it, and who gets it decides whether to skip it.",
                34,
                calls=misread.told([([("SAY", "milk")], b"")], [stream]),
            )
        _must_read(judge, messages, *every_cut(stream))


@feed.scenario(2, "a whole conversation, cut at every byte")
def _every_byte(judge: Judge) -> None:
    judge.busy = 1.0
    _must_read_any(judge, [(EXAMPLE, pieces) for pieces in every_cut(stream_of(EXAMPLE))])


@feed.scenario(2, "messages at random: is there one that does not come back as it went?")
def _search(judge: Judge) -> None:
    judge.busy = 1.0
    messages = [some_message(judge.chance) for _ in range(SEARCHED)]
    _must_read_any(judge, [([each], [written(each)]) for each in messages])


@feed.scenario(2, "conversations at random, cut anywhere")
def _anywhere(judge: Judge) -> None:
    judge.busy = 1.0
    conversations = [
        [some_message(judge.chance) for _ in range(judge.chance.randrange(1, 6))] for _ in range(CONVERSATIONS)
    ]
    _must_read_any(
        judge, [(each, some_cuts(stream_of(each), judge.chance)) for each in conversations for _ in range(5)]
    )


@feed.scenario(2, "two connections at the same time")
def _two(judge: Judge) -> None:
    ada, bob = b"SAY 4\ntea?", b"SAY 5\nmilk!"
    first = _feed(judge, [[ada[:8]], [bob[:7]]])
    for buffer, data, whole in (ada[:8], ada[8:], ("SAY", "tea?")), (bob[:7], bob[7:], ("SAY", "milk!")):
        call = judge.call(buffer, data).finish()
        if first.error is not None or call.error is not None or call.value != ([whole], b""):
            calls = [*misread.told([([], ada[:8])], [ada[:8]]), *misread.told([([], bob[:7])], [bob[:7]])]
            gave = f"raised {call.error}" if call.error is not None else f"gave {misread.shown_result(call.value)}"
            raise Fell(
                "Ada's first bytes came, then Bob's, then the rest of each; it mixed them up. A server has a buffer for each connection, and gives feed the one that belongs to the data: nothing may be kept in between.",
                calls=[*calls, f"feed({shown(buffer)}, {shown(data)}) {gave}"],
            )


@feed.scenario(3, "lengths that are too large, before their text has come")
def _huge(judge: Judge) -> None:
    for digits in b"65537", b"70000", b"99999":
        reason = f"a text has 65,536 bytes at most, and this one is to have {int(digits):,}. Whoever waits for it keeps what comes"
        _must_refuse(judge, [b"SAY " + digits + b"\n"], reason, 25)
    for digits in b"4294967296", b"99999999999999999":
        _must_refuse(
            judge,
            [b"SAY " + digits + b"\ntea"],
            "a text has 65,536 bytes at most. The length is a stranger's number, to be looked at before anything is done with it",
            25,
        )


@feed.scenario(3, "a header without an end")
def _endless(judge: Judge) -> None:
    longest = b"Z" * 16 + b" %d" % LONGEST
    call = _feed(judge, [[longest]])
    if call.error is not None:
        raise Fell(
            f"It raised {call.error} for {longest!r}{call.remark}: these are {HEADER} bytes, of a header that is right as soon as its newline comes."
        )
    reason = f"a header has {HEADER} bytes at most, and no newline is among these"
    _must_refuse(judge, [b"S" * 64], reason)
    _must_refuse(judge, [longest + b"0"], reason)
    _must_refuse(judge, [b"SAY " + b"1" * 4] + [b"1"] * 60, reason)
    _must_refuse(judge, [b"S" * 1000] * 70, reason)
    _must_refuse(
        judge,
        [b"SAY " + b"9" * 5000 + b"\n"],
        "a header has 22 bytes at most, and five thousand digits are no length",
        25,
    )


@feed.scenario(3, "texts of 65,536 bytes, in small pieces")
def _longest(judge: Judge) -> None:
    judge.busy = 1.5
    for text in "a" * LONGEST, "ü" * (LONGEST // 2), "\n" * LONGEST:
        stream = stream_of([("SAY", text), ("Z" * 16, text)])
        slow = Fell(
            "Two texts of 65,536 bytes, in pieces of 97, take it more than a second and a half of work. Does it go over all that came before, byte by byte, at each call?"
        )
        pieces: list[Value] = [*pieces_of(stream, range(97, len(stream), 97))]
        call = judge.call([pieces], way="sums of fed").finish(slow)
        if call.error is not None:
            raise Fell(f"{misread.raised(call, [stream]).sentence} So long may a text be, and not a byte longer.")
        if call.value != [(2, 2 * len(text), b"")]:
            raise Fell(
                f"Two texts of 65,536 bytes came in pieces of 97, and it gave {shown(call.value)} as the number of messages, of characters in them, and the rest; (2, {2 * len(text)}, b'') was to come. So long may a text be."
            )


@feed.scenario(3, "headers that are none: the length")
def _no_lengths(judge: Judge) -> None:
    for digits, what in (
        (b"+3", "a sign"),
        (b"-3", "a sign"),
        (b"03", "a needless zero"),
        (b"1_0", "an underscore"),
        (b"3.0", "a point"),
        (b"0x3", "an x"),
    ):
        _must_refuse_header(
            judge,
            b"SAY " + digits,
            f"there is {what} in this length, and in our specification a length is digits 0 to 9, without needless zeros",
            25,
        )
    for digits in b"", b"abc", b"3a", "٣".encode(), "³".encode(), b"\xff", b"-0":
        _must_refuse_header(judge, b"SAY " + digits, "that is no length: digits 0 to 9, without needless zeros", 25)


@feed.scenario(3, "headers that are none: blanks, and ends of lines")
def _no_blanks(judge: Judge) -> None:
    for header in (
        b"SAY  3",
        b" SAY 3",
        b"SAY 3 ",
        b"SAY\t3",
        b"SAY 3\r",
        b"SAY 3 4",
        b"SAY",
        b"SAY3",
        b"3",
        b" 3",
        b"",
        b" ",
    ):
        _must_refuse_header(
            judge, header, "in our specification a header is a kind, one blank, a length, and nothing else"
        )


@feed.scenario(3, "headers that are none: the kind")
def _no_kinds(judge: Judge) -> None:
    for kind in b"say", b"Say", b"SAY2", b"S-Y", b"\0SAY", "ÉTÉ".encode(), b"SA\xff", b"Z" * 17:
        _must_refuse_header(judge, kind + b" 3", "a kind is 1 to 16 of the letters A to Z, and of nothing else")
    _must_refuse(judge, [b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"], "that is a browser, at the wrong door")


@feed.scenario(3, "a text that is no UTF-8")
def _no_text(judge: Judge) -> None:
    for text in b"\xff", b"te\xe9", b"\xc3", b"\xed\xa0\x80":
        stream = written(("SAY", "")).replace(b"0", b"%d" % len(text)) + text
        _must_refuse(
            judge,
            [stream],
            "that text is no UTF-8, and whoever drops or replaces bytes passes on what nobody has said",
            10,
        )
    _must_refuse(
        judge,
        [b"SAY 1\n\xc3\xbc"],
        "the length ends in mid-character, so that its one byte is no UTF-8: the length counts bytes",
    )


@feed.scenario(3, "an error behind a message that is right")
def _behind(judge: Judge) -> None:
    good = [("SAY", "tea")]
    for bad in b"say 3\nmilk", b"SAY x\n", b"SAY 70000\n", b"\n":
        reason = "the second message is none, and whoever goes on after it takes anything for the next one"
        _must_refuse(judge, [stream_of(good), bad], reason, good=good)
        _must_refuse(judge, [stream_of(good) + bad, b"SAY 0\n"], reason, good=good)


@feed.scenario(3, "five megabytes of messages in one piece")
def _many(judge: Judge) -> None:
    judge.busy = 1.0
    call = judge.call([[written(("A", "")) * DEEP]], way="sums of fed").finish()
    if call.error == "RecursionError":
        raise Fell(
            f"It raised RecursionError: {DEEP:,} messages came in one piece, and for each it calls a function within the last one. Python allows about a thousand such calls: take a loop."
        )
    count = MANY + judge.chance.randrange(1000)
    stream = written(("A", "b" * 100)) * count + b"A 1"
    slow = Fell(
        "Five megabytes of messages in one piece take it more than a second of work. Is all the rest copied for each message, as `stream = stream[end:]` does, or each byte looked at? Count on in the same bytes, and cut once, at the end."
    )
    call = judge.call([[stream]], way="sums of fed").finish(slow)
    if call.error is not None:
        raise misread.raised(call, [stream])
    if call.value != [(count, 100 * count, b"A 1")]:
        raise Fell(
            f"{count:,} messages came in one piece, and the beginning of one more: it gave {shown(call.value)} as the number of messages, of characters in them, and the rest."
        )
