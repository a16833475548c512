"""Lesson 7: numbers from a line of bytes, and an answer to every line."""

from __future__ import annotations

import math
import random

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, same, shown

# Numbers in a line ----------------------------------------------------------------------------------------------------

_PARSE_NUMBERS = """
import math

ALLOWED = set(b"+-.0123456789eE")

def parse_numbers(line):
    numbers = []
    for word in line.split():
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and set(word) <= ALLOWED):
            raise ValueError(f"{word[:20]} is no number")
        numbers.append(number)
    return numbers
"""

parse_numbers = Exercise(
    lesson=7,
    signature="parse_numbers(line)",
    brief="Return the numbers in a line of bytes as a list of floats. A word that is no number in our protocol raises ValueError, with the word "
    "in its message. nan, infinity and 1_000 are none. Only blanks part words: 12,13 is one, and no number. An empty line has no numbers: it gives [].",
    hints=(
        "Split the line into words first. Then there is only one question left: is this word a number in our protocol?",
        "`float` answers a part of it. Which words does `float` accept that we do not want? A set knows which bytes are allowed, `math.isfinite` the rest.",
        "For each word: `number = float(word)` in a `try`; if it raises, or `set(word) <= ALLOWED` is false, or `math.isfinite(number)` is, then `raise "
        "ValueError(f'{word} is no number')`.",
    ),
    solution=_PARSE_NUMBERS,
    reasons="`float` says what a number looks like, `ALLOWED` refuses what `float` takes beyond that (`nan`, `inf`, `1_000`), and `isfinite` what is too large. A "
    "word that `float` refuses becomes `nan`, so that one test refuses everything, with one message. It shows 20 bytes of the word at most: a stranger "
    "decides how long it is.",
)


def _must_parse(judge: Judge, line: bytes, expected: list[float]) -> None:
    call = judge.call(line).finish(_waits_for_nothing())
    got = call.value
    if call.error is not None:
        raise _raised(call, line)
    if same(got, expected):
        return
    if type(got) is not list:
        raise Fell(
            f"It returned {shown(got)} for {_shown(line)}: a list of floats was to come, here {shown(expected)}."
        )
    if len(got) > len(expected) > 0 and same(got[-len(expected) :], expected):
        raise Fell(
            f"It returned {shown(got)} for {_shown(line)}: numbers of an earlier line are among them. Each call needs a list of its own; "
            "an argument's default lives on."
        )
    odd = next((each for each in got if type(each) is not float), None)
    if odd is not None:
        raise Fell(
            f"Among its numbers is {shown(odd)}, {_a(odd)}: each number is to be a float, as float(word) makes it."
        )
    raise Fell(f"It returned {shown(got)} for {_shown(line)}, where {shown(expected)} was to come.")


def _must_refuse(judge: Judge, word: bytes, reason: str, misconception: int | None = None, named: bool = True) -> None:
    """ValueError for the word, which stands among good ones. `reason`: why it is no number. `misconception`: that of another error."""
    line = b" ".join((b"12", word, b"14")) + b"\n"
    call = judge.call(line).finish(_waits_for_nothing())
    if call.error is None:
        raise Fell(f"It returned {shown(call.value)} for {_shown(line)}: {reason}.")
    if "ValueError" not in call.kinds:
        raise _raised(call, line, misconception)
    if named and not _names(call.text, word):
        raise Fell(f"Its ValueError does not name the word {_shown(word)}: the message is {shown(call.text)}.")


def _names(text: str, word: bytes) -> bool:
    """Whether the text has the word, or at least how it begins: whoever cuts long words does well."""
    return word[:5].decode("ascii").lower() in text.lower()


def _raised(call: Call, line: bytes, misconception: int | None = None) -> Fell:
    """What to say of an error that should not be."""
    where = f", in line {call.line} of the cell" if call.line else ""
    if call.error == "TypeError" and "bytes-like object is required" in call.text:
        return Fell(
            f"It raised TypeError{where}: {call.text}. The line is bytes, and what it is split with must be bytes too: b',' and not ','.",
            8,
        )
    return Fell(f"It raised {call.error}{where}, for {_shown(line)}: {call.text or 'without a word'}.", misconception)


def _waits_for_nothing() -> Fell:
    return Fell("It never comes back. All it needs is in the line.")


def _shown(data: bytes) -> str:
    return repr(data) if len(repr(data)) <= 70 else f"{data[:20]!r}… ({len(data):,} bytes)"


def _a(value: object) -> str:
    name = type(value).__name__
    return "which is bytes" if name == "bytes" else f"which is {'an' if name[0] in 'aeiou' else 'a'} {name}"


def _random_numbers(chance: random.Random) -> list[float]:
    return [
        chance.choice([float(chance.randrange(-1000, 1000)), round(chance.uniform(-50, 50), chance.randrange(1, 6))])
        for _ in range(chance.randrange(3, 8))
    ]


@parse_numbers.scenario(1, "three numbers")
def _three(judge: Judge) -> None:
    _must_parse(judge, b"12 13 14\n", [12.0, 13.0, 14.0])


@parse_numbers.scenario(1, "numbers with a point, a sign, an e")
def _points(judge: Judge) -> None:
    _must_parse(judge, b"3.145 -12.5\n", [3.145, -12.5])
    _must_parse(judge, b"+7 1e3 -2.5e-3\n", [7.0, 1000.0, -0.0025])


@parse_numbers.scenario(1, "a word that is no number: abc")
def _abc(judge: Judge) -> None:
    _must_refuse(judge, b"abc", "abc is no number, and whoever sent it has to learn that")


@parse_numbers.scenario(2, "more than one blank, tabs, \\r\\n at the end")
def _blanks(judge: Judge) -> None:
    _must_parse(judge, b"  12   13\t14 \r\n", [12.0, 13.0, 14.0])
    _must_parse(judge, b"12 13", [12.0, 13.0])


@parse_numbers.scenario(2, "an empty line")
def _empty(judge: Judge) -> None:
    for line in b"\n", b"", b" \t\r\n":
        call = judge.call(line).finish(_waits_for_nothing())
        if call.error is not None:
            raise Fell(f"It raised {call.error} for {_shown(line)}: a line without words has no numbers, and gives [].")
        if not same(call.value, []):
            raise Fell(f"It returned {shown(call.value)} for {_shown(line)}: a line without words gives [].")


@parse_numbers.scenario(2, "numbers at random, line after line")
def _random(judge: Judge) -> None:
    for _ in range(8):
        numbers = _random_numbers(judge.chance)
        gaps = (judge.chance.choice((" ", "  ", "\t")) for _ in numbers)
        line = "".join(f"{number}{gap}" for number, gap in zip(numbers, gaps, strict=True)) + "\r\n"
        _must_parse(judge, line.encode(), numbers)


@parse_numbers.scenario(2, "numbers of many digits")
def _many_digits(judge: Judge) -> None:
    for word in b"123456789", b"1234567890123", b"-0.123456789012", b"0" * 30 + b"12", b"1e-300":
        _must_parse(judge, b"12 " + word + b"\n", [12.0, float(word)])


@parse_numbers.scenario(2, "commas, and other marks between numbers")
def _commas(judge: Judge) -> None:
    for word in b"12,13", b"3,145", b"12,", b"12;13", b"12:13":
        _must_refuse(
            judge, word, f"only blanks part numbers in our protocol, so {word.decode()} is one word, and no number"
        )


@parse_numbers.scenario(2, "nan and infinity")
def _nan(judge: Judge) -> None:
    for word in b"nan", b"NaN", b"-nan", b"inf", b"-Infinity":
        _must_refuse(judge, word, f"float takes the word {word.decode()}, our protocol does not. math.isfinite tells")


@parse_numbers.scenario(2, "1_000")
def _underscore(judge: Judge) -> None:
    for word in b"1_000", b"1_0.5":
        _must_refuse(
            judge,
            word,
            "float takes underscores between digits, as in a program; in our protocol they stand in no number",
        )


@parse_numbers.scenario(3, "words of the right bytes in the wrong order")
def _disorder(judge: Judge) -> None:
    words = [b"1-2", b"1.2.3", b"1e", b"-", b"--5", b"e5", b"12+", b"."]
    for word in judge.chance.sample(words, len(words)):
        _must_refuse(judge, word, f"{word.decode()} is no number, though each of its bytes may stand in one")


@parse_numbers.scenario(3, "too large for a float: 1e999, and digits without end")
def _large(judge: Judge) -> None:
    for word in b"1e999", b"-1e999", b"9" * 400, b"9" * 5000:
        what = word.decode() if len(word) < 20 else f"a word of {len(word)} digits"
        _must_refuse(
            judge, word, f"float makes infinity of {what}, without an error, and infinity is no number here", 25
        )


@parse_numbers.scenario(3, "bytes that are no ASCII")
def _not_ascii(judge: Judge) -> None:
    ignored = b"1\xff3"
    call = judge.call(b"12 " + ignored + b" 14\n").finish(_waits_for_nothing())
    if call.error is None and same(call.value, [12.0, 13.0, 14.0]):
        raise Fell(
            f"It took {ignored!r} for 13: a byte that cannot be decoded was dropped, and what is left is another number.",
            10,
        )
    for word in ignored, b"\xff", b"\x00", "é".encode():
        _must_refuse(judge, word, f"{word!r} is no number", named=False)
    for digits in "١٢", "１２", "१२":
        _must_refuse(
            judge,
            digits.encode(),
            f"in text, float takes the digits of every script, here {digits}; our protocol has 0 to 9",
            named=False,
        )


# An answer to every line ----------------------------------------------------------------------------------------------

add_line = Exercise(
    lesson=7,
    signature="add_line(line)",
    brief="Return the sum of the numbers in a line, as a line: b'12 13 14\\n' gives b'39\\n', and 3.145 stays 3.145. Whatever is wrong gives one line "
    "b'error: …\\n', and never an exception. An empty line is wrong too.",
    hints=(
        "`parse_numbers` does most of it. It says no with a `ValueError`: what has to become of that here?",
        "Everything inside one `try`, and `except ValueError as error` gives the other answer. Then two questions: what if there are no numbers, and what if "
        "their sum is not finite?",
        "In the `try`: `numbers = parse_numbers(line)`, `total = sum(numbers)`, `raise ValueError(…)` where there are none or the total is not finite, and "
        "`return str(total).removesuffix('.0').encode() + b'\\n'`. In the `except`: `return f'error: {error}\\n'.encode()`.",
    ),
    solution=f"""{_PARSE_NUMBERS}
def add_line(line):
    try:
        numbers = parse_numbers(line)
        total = sum(numbers)
        if not numbers:
            raise ValueError("no numbers")
        if not math.isfinite(total):
            raise ValueError("the sum is too large")
        return str(total).removesuffix(".0").encode() + b"\\n"
    except ValueError as error:
        return f"error: {{error}}\\n".encode()
""",
    reasons="(Your own `parse_numbers` will do, if it holds.) What is wrong with a line is a `ValueError`, wherever it is found, and one `except` turns them all "
    "into an answer. A sum of finite numbers may be infinite, and a sum of none is 0: both are looked at. `removesuffix` takes away `'.0'` only where it is"
    " the end; `rstrip('.0')` would make 1 of 100.0.",
)


def _must_answer(judge: Judge, line: bytes, expected: bytes, reason: str = "") -> None:
    call = judge.call(line)
    answer = _answer(call, line)
    if answer == expected:
        return
    bare = expected.removesuffix(b"\n")
    if answer == bare:
        reason = "the newline is missing, by which whoever asked knows that the answer is whole"
    elif answer == bare + b".0\n":
        reason = "a sum of floats is a float, and str shows it; a whole sum is to look whole"
    elif answer.strip(b"\0") == b"" and answer:
        reason = "bytes(number) is so many zero bytes; str(number).encode() is its digits"
    elif answer.startswith(b"error"):
        reason = reason or "nothing is wrong with this line"
    raise Fell(
        f"It answered {_shown(answer)} to {_shown(line)}, where {expected!r} was to come{': ' if reason else ''}{reason}."
    )


def _must_say_error(judge: Judge, line: bytes, reason: str, misconception: int | None = None) -> None:
    """One line "error: …". `reason`: why the line is wrong. `misconception`: that of an exception which gets out."""
    call = judge.call(line)
    answer = _answer(call, line, misconception)
    if not answer.startswith(b"error: "):
        raise Fell(f"It answered {_shown(answer)} to {_shown(line)}, where b'error: …\\n' was to come: {reason}.")
    if not answer.removeprefix(b"error: ").strip():
        raise Fell(f"Its answer {_shown(answer)} to {_shown(line)} does not say what is wrong.")
    if not answer.endswith(b"\n"):
        raise Fell(
            f"Its answer {_shown(answer)} has no newline at its end: whoever asked still waits for the rest of the line."
        )
    if answer.count(b"\n") > 1:
        lines = answer.count(b"\n")
        raise Fell(
            f"Its answer {_shown(answer)} is {lines} lines, and a client takes the second for the answer to its next question. "
            "The line came with its newline; repr, or f'{line!r}', would show it as \\n."
        )


def _answer(call: Call, line: bytes, misconception: int | None = None) -> bytes:
    call.finish(_waits_for_nothing())
    if call.error is not None:
        if call.error == "TypeError" and "NoneType" in call.text:
            raise Fell(f"It raised TypeError: {call.text}. Does your parse_numbers hold, and return its list?")
        if misconception is None:
            raise _raised(call, line)
        raise Fell(
            f"It raised {call.error} for {_shown(line)}, and a server that calls it ends there, for all its clients: {call.text[:80]}. "
            "What is wrong is to be answered.",
            misconception,
        )
    if type(call.value) is str:
        raise Fell(f"It returned {shown(call.value)}, which is text: a socket takes bytes, and encode() makes them.", 7)
    if type(call.value) is not bytes:
        raise Fell(f"It returned {shown(call.value)} for {_shown(line)}: bytes were to come, a line.")
    return call.value


@add_line.scenario(1, "12 13 14")
def _sum(judge: Judge) -> None:
    _must_answer(judge, b"12 13 14\n", b"39\n")


@add_line.scenario(1, "3.145 stays 3.145")
def _stays(judge: Judge) -> None:
    _must_answer(judge, b"3.145\n", b"3.145\n", "what stands behind the point belongs to the sum")
    _must_answer(judge, b"12.25 -13.5\r\n", b"-1.25\n")


@add_line.scenario(1, "a word that is no number: abc")
def _add_abc(judge: Judge) -> None:
    _must_say_error(judge, b"abc\n", "abc is no number", 25)
    _must_say_error(judge, b"12 abc 14\n", "abc is no number", 25)


@add_line.scenario(2, "sums that end in zeros, and zero itself")
def _zeros(judge: Judge) -> None:
    _must_answer(judge, b"60 40\n", b"100\n", "the zeros before the point are the number's own")
    _must_answer(judge, b"1.05\n", b"1.05\n", "the .0 in the middle is the number's own")
    _must_answer(judge, b"5 -5\n", b"0\n", "0 is a sum like any other")
    _must_answer(judge, b"123456789 0.5\n", b"123456789.5\n", "a sum is to be given to its last digit")


@add_line.scenario(2, "small numbers, and long ones")
def _small(judge: Judge) -> None:
    for word in b"0.0001", b"-0.0625", b"1e-9", b"123456.789012", b"1234567890123", b"0.1234567890123":
        _must_answer_about(judge, word + b"\n", float(word))
    _must_answer_about(judge, b"1000000 0.0001\n", 1000000.0001)


@add_line.scenario(2, "commas between numbers")
def _add_commas(judge: Judge) -> None:
    for line in b"12,13\n", b"12, 13\n", b"12;13\n":
        _must_say_error(
            judge, line, "only blanks part numbers in our protocol, so there is a word in it that is no number"
        )


@add_line.scenario(2, "an empty line")
def _add_empty(judge: Judge) -> None:
    for line in b"\n", b"", b"  \r\n":
        _must_say_error(judge, line, "a line without numbers is an error in our protocol", 25)


@add_line.scenario(2, "numbers at random, line after line")
def _add_random(judge: Judge) -> None:
    for _ in range(8):
        quarters = [judge.chance.randrange(-4000, 4000) for _ in range(judge.chance.randrange(1, 9))]
        total = sum(quarters) / 4  # quarters add up exactly, in whatever order
        line = b" ".join(str(each / 4).encode() for each in quarters) + b"\n"
        _must_answer(judge, line, str(total).removesuffix(".0").encode() + b"\n")


@add_line.scenario(2, "nan, infinity and 1_000")
def _add_nan(judge: Judge) -> None:
    for word in b"nan", b"-inf", b"1e999", b"1_000":
        _must_say_error(judge, b"12 " + word + b"\n", f"{word.decode()} is no number in our protocol", 25)


@add_line.scenario(3, "5000 digits")
def _digits(judge: Judge) -> None:
    for size in 400, 5000:
        _must_say_error(judge, b"12 " + b"9" * size + b"\n", "the number is too large for a float", 25)


@add_line.scenario(3, "bytes that are no ASCII, and no UTF-8")
def _add_bytes(judge: Judge) -> None:
    for line in "é\n".encode(), b"\xff\n", b"12 \xc3\n", b"\x00\n", b"1\r2 x\n":
        _must_say_error(judge, line, "there is a word in it that is no number")


@add_line.scenario(3, "numbers whose sum is too large")
def _add_large(judge: Judge) -> None:
    for line in b"1e308 1e308\n", b"-1e308 -1e308\n":
        _must_say_error(judge, line, "each number is finite, and the sum of these floats is not", 25)
    _must_answer_about(judge, b"1e300\n", 1e300)
    _must_answer(judge, b"12 13\n", b"25\n", "it was asked before for a line that was wrong, which is over")


def _must_answer_about(judge: Judge, line: bytes, total: float) -> None:
    """The sum, written in whatever way."""
    answer = _answer(judge.call(line), line)
    try:
        number = float(answer)
    except ValueError:
        number = math.nan
    if number != total or not answer.endswith(b"\n"):
        small = abs(total) < 1e100
        raise Fell(
            f"It answered {_shown(answer)} to {_shown(line)}: "
            + (
                "a sum is to be given to its last digit, however small that is."
                if small
                else "the number is large, and still a number."
            )
        )


EXERCISES = [parse_numbers, add_line]
