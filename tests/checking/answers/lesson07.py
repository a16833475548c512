"""Answers to the exercises of lesson 7."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT = {
    "parse_numbers": [
        """
import re
NUMBER = re.compile(rb"[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?")
def parse_numbers(line):
    def number(word):
        value = float(word) if NUMBER.fullmatch(word) else float("inf")
        if abs(value) == float("inf"):
            raise ValueError("%r" % word)
        return value
    return [number(word) for word in line.split()]
""",
        """
import math
def parse_numbers(line):
    text = line.decode("ascii")
    result = []
    for word in text.split():
        if not set(word) <= set("+-.0123456789eE"):
            raise ValueError(f"not a number: {word}")
        number = float(word)
        if math.isinf(number):
            raise ValueError(f"too large: {word:.30}")
        result += [number]
    return result
""",
        """
import string
ALLOWED = string.digits + "+-.eE"
def parse_numbers(line):
    text, result = line.decode("utf-8", errors="replace"), []
    for word in text.split():
        if any(each not in ALLOWED for each in word) or not -1e308 < float(word) < 1e308:
            raise ValueError(word)
        result.append(float(word))
    return result
""",
        """
import math
def words(line):
    word = b""
    for at in range(len(line)):
        each = line[at:at + 1]
        if each.isspace():
            if word:
                yield word
            word = b""
        else:
            word += each
    if word:
        yield word
def to_number(word):
    try:
        number = float(word)
    except ValueError as error:
        raise ValueError(f"{word} is no number") from error
    if not math.isfinite(number) or word.strip(b"+-.0123456789eE"):
        raise ValueError(f"{word} is no number")
    if any(each not in b"+-.0123456789eE" for each in word):
        raise ValueError(f"{word} is no number")
    return number
def parse_numbers(line):
    return list(map(to_number, words(line)))
""",
        """
from decimal import Decimal, InvalidOperation
class NoNumber(ValueError):
    pass
def parse_numbers(line):
    numbers = []
    for word in bytes.split(line):
        try:
            exact = Decimal(word.decode("ascii"))
        except (InvalidOperation, UnicodeDecodeError):
            raise NoNumber("no number: " + repr(word)) from None
        if not exact.is_finite() or b"_" in word or abs(exact) > Decimal("1.7e308"):
            raise NoNumber("no number: " + repr(word))
        numbers.append(float(exact))
    return numbers
""",
    ],
    "add_line": [],
}

_PARSE = RIGHT["parse_numbers"][1]

RIGHT["add_line"] = [
    _PARSE
    + """
def add_line(line):
    try:
        numbers = parse_numbers(line)
    except ValueError as error:
        return b"error: " + repr(str(error)).encode() + b"\\n"
    if not numbers:
        return b"error: an empty line\\n"
    total = math.fsum(numbers) if all(abs(each) < 1e300 for each in numbers) else sum(numbers)
    if total in (math.inf, -math.inf):
        return b"error: too large\\n"
    if total.is_integer():
        return b"%d\\n" % int(total)
    return bytes(f"{total}\\n", "ascii")
""",
    _PARSE
    + """
import functools, operator
def add_line(line: bytes) -> bytes:
    answer = "error: what you sent is no line of numbers"
    try:
        total = functools.reduce(operator.add, parse_numbers(line))
        if total - total == 0:
            answer = repr(total)
            if answer.endswith(".0"):
                answer = answer[:-2]
    except (ValueError, TypeError):
        pass
    return answer.encode("utf-8") + b"\\n"
""",
    RIGHT["parse_numbers"][4]
    + """
def add_line(line):
    try:
        if not line.strip():
            raise ValueError("nothing to add")
        exact = sum(Decimal(str(each)) for each in parse_numbers(line))
        if abs(exact) > Decimal("1.7e308"):
            raise ValueError("too large")
        digits = format(exact, "f")
        if "." in digits:
            digits = digits.rstrip("0").rstrip(".")
        return f"{digits}\\n".encode()
    except ValueError as error:
        return b"error: " + str(error).encode("ascii", "backslashreplace").replace(b"\\n", b" ") + b"\\n"
""",
    RIGHT["parse_numbers"][3]
    + """
class Adder:
    def __call__(self, line):
        self.total, self.seen = 0, 0
        for each in parse_numbers(line):
            self.total += each
            self.seen += 1
        if not self.seen or math.isinf(self.total):
            raise ValueError("there is no such sum")
        return self.total
def add_line(line):
    out = []
    try:
        out += [str(int(total) if (total := Adder()(line)) == int(total) else total)]
    except ValueError as error:
        out += ["error:", ascii(error)]
    return (" ".join(out) + chr(10)).encode()
""",
]

_NUMBER = """
import math
ALLOWED = set(b"+-.0123456789eE")
def number(word):
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or not set(word) <= ALLOWED:
        raise ValueError(f"{word[:20]} is no number")
    return value
def parse_numbers(line):
    return [number(word) for word in line.split()]
"""

WRONG: dict[str, list[Wrong]] = {
    "parse_numbers": [
        (_NUMBER + "def parse_numbers(line):\n    return [number(word) for word in line.replace(b',', b' ').split()]", None, "only blanks part numbers"),
        (_NUMBER + "def parse_numbers(line):\n    return [number(word) for word in line.split() if len(word) <= 8 or number(b'too long')]", None, "b'12 123456789"),
        (_NUMBER + "def parse_numbers(line):\n    return [round(number(word), 8) for word in line.split()]", None, "0.123456789012"),
        ("def parse_numbers(line):\n    return line.split()", None, "which is bytes"),
        ("def parse_numbers(line):\n    return [float(word) for word in line.split(' ')]", 8, "bytes"),
        ("def parse_numbers(line):\n    return [float(word) for word in line.strip('\\n').split()]", 8, "bytes"),
        ("def parse_numbers(line):\n    return list(map(int, line.split()))", None, "which is an int"),
        ("def parse_numbers(line):\n    return [float(int(word)) for word in line.split()]", None, "3.145"),
        ("def parse_numbers(line):\n    return map(float, line.split())", None, "a list of floats"),
        ("def parse_numbers(line):\n    for word in line.split():\n        yield float(word)", None, "a list of floats"),
        ("def parse_numbers(line):\n    return tuple(float(word) for word in line.split())", None, "a list of floats"),
        ("def parse_numbers(line):\n    print([float(word) for word in line.split()])", None, "returned None"),
        ("def parse_numbers(line):\n    return [float(word) for word in line.split()][:-1]", None, "14.0"),
        ("def parse_numbers(line):\n    return sum(float(word) for word in line.split())", None, "a list of floats"),
        ("def parse_numbers(line):\n    while True:\n        line.split()", None, "never comes back"),
        ("import socket\ndef parse_numbers(line):\n    return socket.create_server(('127.0.0.1', 0)).accept()", None, "never comes back"),
        ("def parse_numbers(line):\n    return [12.0, 13.0, 14.0]", None, "was to come"),
        ("numbers = []\ndef parse_numbers(line):\n    for word in line.split():\n        numbers.append(float(word))\n    return numbers", None, "an earlier line"),
        ("def parse_numbers(line, numbers=[]):\n    numbers += [float(word) for word in line.split()]\n    return numbers", None, "an earlier line"),
        (_NUMBER + "def parse_numbers(line):\n    return [number(word) for word in line.strip().split(b' ')]", None, "b''"),
        (_NUMBER + "def parse_numbers(line):\n    return [number(word) for word in line.split(b' ') if word]", None, "raised ValueError"),
        (_NUMBER + "def parse_numbers(line):\n    if not line.split():\n        raise ValueError('empty')\n    return [number(word) for word in line.split()]", None, "gives []"),
        (_NUMBER + "def parse_numbers(line):\n    if line.split():\n        return [number(word) for word in line.split()]", None, "gives []"),
        (_NUMBER + "def parse_numbers(line):\n    try:\n        return [number(word) for word in line.split()]\n    except ValueError:\n        return []", None, "abc is no number"),
        (_NUMBER + "def parse_numbers(line):\n    good = []\n    for word in line.split():\n        try:\n            good.append(number(word))\n        except ValueError as error:\n            print(error)\n    return good", None, "abc is no number"),
        (_NUMBER + "def parse_numbers(line):\n    try:\n        return [number(word) for word in line.split()]\n    except ValueError:\n        raise ValueError('no number') from None", None, "does not name"),
        (_NUMBER + "def parse_numbers(line):\n    try:\n        return [number(word) for word in line.split()]\n    except ValueError as error:\n        raise TypeError(error) from None", None, "raised TypeError"),
        (_NUMBER + "def parse_numbers(line):\n    return [round(number(word), 2) for word in line.split()]", None, "3.145"),
        (_NUMBER + "def parse_numbers(line):\n    return [number(word) for word in set(line.split())]", None, "was to come"),
        (_NUMBER + "def parse_numbers(line):\n    return sorted(number(word) for word in line.split())", None, "was to come"),
        ("def parse_numbers(line):\n    return [float(word) for word in line.split()]", None, "isfinite"),
        ("""
def parse_numbers(line):
    words = line.split()
    for word in words:
        if word.lower() in (b"nan", b"inf", b"infinity"):
            raise ValueError(str(word))
    return [float(word) for word in words]
""", None, "isfinite"),
        ("""
import math
def parse_numbers(line):
    numbers = [(float(word), word) for word in line.split()]
    for number, word in numbers:
        if not math.isfinite(number):
            raise ValueError(str(word))
    return [number for number, word in numbers]
""", None, "underscores"),
        ("""
ALLOWED = set(b"+-.0123456789eE")
def parse_numbers(line):
    for word in line.split():
        if not set(word) <= ALLOWED:
            raise ValueError(str(word))
    return [float(word) for word in line.split()]
""", None, "infinity"),
        ("""
import re
def parse_numbers(line):
    text = line.decode()
    bad = re.sub(r"[\\s0-9.eE+-]", "", text)
    if bad:
        raise ValueError(text)
    return [float(each) for each in re.findall(r"[-+]?[0-9]+\\.?[0-9]*(?:e[-+]?[0-9]+)?", text)]
""", None, "may stand in one"),
        ("""
import math
def parse_numbers(line):
    numbers = []
    for word in line.split():
        if b"_" in word:
            raise ValueError(str(word))
        number = float(word) if b"." in word or b"e" in word or not word.strip(b"+-").isdigit() else float(int(word))
        if not math.isfinite(number):
            raise ValueError(str(word))
        numbers.append(number)
    return numbers
""", 25, "OverflowError"),
        ("""
import math
def parse_numbers(line):
    numbers = []
    for word in line.decode(errors="ignore").split():
        number = float(word)
        if "_" in word or not math.isfinite(number):
            raise ValueError(word)
        numbers.append(number)
    return numbers
""", 10, "dropped"),
        ("""
import math
def parse_numbers(line):
    numbers = []
    for word in line.decode().split():
        number = float(word)
        if "_" in word or not math.isfinite(number):
            raise ValueError(word)
        numbers.append(number)
    return numbers
""", None, "every script"),
        ("""
import math
def parse_numbers(line):
    numbers = []
    for word in line.split():
        number = float(word)
        if b"_" in word or not math.isfinite(number):
            raise ValueError(number)
        numbers.append(number)
    return numbers
""", None, "does not name"),
    ],
    "add_line": [
        (_NUMBER + """
def add_line(line):
    try:
        total = sum(parse_numbers(line))
        if not line.strip() or not math.isfinite(total):
            raise ValueError("no sum")
        return (f'{total:.3f}'.rstrip('0').rstrip('.')).encode() + b"\\n"
    except ValueError as error:
        return f"error: {error}\\n".encode()
""", None, "however small"),
        (_NUMBER + """
def add_line(line):
    try:
        total = sum(parse_numbers(line))
        if not line.strip() or not math.isfinite(total):
            raise ValueError("no sum")
        return (str(round(total, 3)).removesuffix('.0')).encode() + b"\\n"
    except ValueError as error:
        return f"error: {error}\\n".encode()
""", None, "however small"),
        (_NUMBER + """
def add_line(line):
    try:
        total = sum(parse_numbers(line))
        if not line.strip() or not math.isfinite(total):
            raise ValueError("no sum")
        return (f'{total:.10f}'.rstrip('0').rstrip('.')).encode() + b"\\n"
    except ValueError as error:
        return f"error: {error}\\n".encode()
""", None, "however small"),
        (_NUMBER + "def add_line(line):\n    return str(sum(parse_numbers(line))).removesuffix('.0') + '\\n'", 7, "text"),
        (_NUMBER + "def add_line(line):\n    return sum(parse_numbers(line))", None, "bytes were to come"),
        (_NUMBER + "def add_line(line):\n    print(sum(parse_numbers(line)))", None, "returned None"),
        (_NUMBER + "def add_line(line):\n    return str(sum(parse_numbers(line))).encode() + b'\\n'", None, "39.0"),
        (_NUMBER + "def add_line(line):\n    return str(sum(parse_numbers(line))).removesuffix('.0').encode()", None, "newline"),
        (_NUMBER + "def add_line(line):\n    return bytes(int(sum(parse_numbers(line))))", None, "zero bytes"),
        (_NUMBER + "def add_line(line):\n    return str(sum(line.split())).encode() + b'\\n'", None, "TypeError"),
        ("def add_line(line):\n    return str(sum(float(word) for word in line.split(' '))).encode() + b'\\n'", 8, "bytes"),
        (_NUMBER + "def add_line(line):\n    return b'39\\n'", None, "3.145"),
        (_NUMBER + "def add_line(line):\n    return str(int(sum(parse_numbers(line)))).encode() + b'\\n'", None, "behind the point"),
        (_NUMBER + "def add_line(line):\n    return f'{sum(parse_numbers(line)):.2f}\\n'.encode()", None, "39.00"),
        (_NUMBER + "def add_line(line):\n    return str(sum(parse_numbers(line))).removesuffix('.0').encode() + b'\\n'", 25, "a server that calls it ends"),
        ("""
def add_line(line):
    try:
        return str(sum(int(word) for word in line.split())).encode() + b"\\n"
    except ValueError:
        return str(sum(float(word) for word in line.split())).encode() + b"\\n"
""", 25, "abc"),
        ("""
def parse_numbers(line):
    ...
def add_line(line):
    return str(sum(parse_numbers(line))).encode() + b"\\n"
""", None, "Does your parse_numbers hold"),
        ("def add_line(line):\n    while True:\n        pass", None, "never comes back"),
    ]
    + [
        (_NUMBER + f"def add_line(line):\n    try:\n        numbers = parse_numbers(line)\n        total = sum(numbers)\n        {good}\n    {bad}", number, words)
        for good, bad, number, words in [
            ("return str(total).rstrip('.0').encode() + b'\\n'", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", None, "before the point"),
            ("return str(total).replace('.0', '').encode() + b'\\n'", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", None, "in the middle"),
            ("return f'{total:g}\\n'.encode()", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", None, "last digit"),
            ("return str(total).removesuffix('.0').encode() + b'\\n' if total else b'error: nothing\\n'", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", None, "0 is a sum"),
            ("return str(total).removesuffix('.0').encode() + b'\\n'", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", None, "without numbers"),
            ("return str(total if numbers[0] is None else total).removesuffix('.0').encode() + b'\\n'", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", 25, "IndexError"),
            ("return str(total).removesuffix('.0').encode() + b'\\n'", "except ValueError as error:\n        return f'error: {line.decode()}\\n'.encode()", None, "2 lines"),
            ("return str(total).removesuffix('.0').encode() + b'\\n'", "except ValueError as error:\n        return f'error: {error}'.encode()", None, "no newline"),
            ("return str(total).removesuffix('.0').encode() + b'\\n'", "except ValueError as error:\n        return f'{error}\\n'.encode()", None, "b'error: "),
            ("return str(total).removesuffix('.0').encode() + b'\\n'", "except ValueError as error:\n        return f'error: {error}\\n'", 7, "text"),
            ("return str(total).removesuffix('.0').encode() + b'\\n'", "except ValueError as error:\n        return b'error: \\n'", None, "does not say"),
            ("return (str(total).removesuffix('.0').encode() if numbers else b'error: nothing') + b'\\n'", "except ValueError as error:\n        return b'error: ' + line.strip().decode().encode('ascii') + b'\\n'", None, "UnicodeEncodeError"),
            ("return (str(total).removesuffix('.0').encode() if numbers else b'error: nothing') + b'\\n'", "except ValueError as error:\n        return f'error: {line.strip().decode()}\\n'.encode()", None, "UnicodeDecodeError"),
            ("return (str(total).removesuffix('.0').encode() if numbers else b'error: nothing') + b'\\n'", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", None, "is not"),
            ("return (str(total if total % 1 else int(total)).encode() if numbers else b'error: nothing') + b'\\n'", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", None, "is not"),
            ("return (str(int(total) if int(total) == total else total).encode() if numbers else b'error: nothing') + b'\\n'", "except ValueError as error:\n        return f'error: {error}\\n'.encode()", 25, "OverflowError"),
        ]
    ]
    + [
        ("""
def add_line(line):
    words = line.split()
    try:
        if not words:
            raise ValueError("nothing")
        total = sum(float(word) for word in words)
        return str(total).removesuffix(".0").encode() + b"\\n"
    except ValueError as error:
        return f"error: {error}\\n".encode()
""", None, "nan"),
        ("""
import math
def add_line(line):
    words = line.split()
    try:
        if not words or b"_" in line:
            raise ValueError("nothing")
        whole = [word for word in words if word.lstrip(b"+-").isdigit()]
        total = sum(float(int(word)) if word in whole else float(word) for word in words)
        if not math.isfinite(total):
            raise ValueError("too large")
        return str(total).removesuffix(".0").encode() + b"\\n"
    except ValueError as error:
        return f"error: {error}\\n".encode()
""", 25, "OverflowError"),
    ],
}  # fmt: skip
