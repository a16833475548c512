"""Answers to `read_name`."""

from __future__ import annotations

from tests.checking.answers import Wrong

_TEXT = r"""
import string
PLAIN = string.ascii_letters + string.digits + "-_"
def text(label):
    return "".join(chr(byte) if chr(byte) in PLAIN else f"\\{byte:03d}" for byte in label)
"""

BASE = (
    _TEXT
    + """
def read_name(message, at):
    labels = []
    size = 1
    start = at
    next = None
    while True:
        if at >= len(message):
            raise ValueError("cut off")
        length = message[at]
        if length == 0:
            if next is None:
                next = at + 1
            break
        if length >= 192:
            if at + 1 >= len(message):
                raise ValueError("half a pointer")
            target = (length & 63) * 256 + message[at + 1]
            if next is None:
                next = at + 2
            if target >= start:
                raise ValueError("not back")
            start = at = target
            continue
        if length > 63:
            raise ValueError("reserved")
        label = message[at + 1:at + 1 + length]
        if len(label) < length:
            raise ValueError("cut off")
        size += length + 1
        if size > 255:
            raise ValueError("too long")
        labels.append(text(label))
        at += length + 1
    return ".".join(labels) or ".", next
"""
)
"""A right one. Most wrong ones are this, with something else in one place."""


def _but(*changes: tuple[str, str]) -> str:
    source = BASE
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


NO_BACK = ('            if target >= start:\n                raise ValueError("not back")\n', "")

RIGHT = [
    BASE,
    # it remembers where it has been, beside the rule that a pointer leads back
    _but(("            if target >= start:", "            if target >= at:"), ("    start = at\n", "    seen = set()\n"),
         ("            start = at = target\n", '            if target in seen:\n                raise ValueError("round")\n            seen.add(target)\n            at = target\n')),
    # a count of jumps, and no pointer into the header
    _but(("            if target >= start:", "            jumps += 1\n            if jumps > 10 or target < 12 or target >= at:"), ("    start = at\n", "    jumps = 0\n"), ("            start = at = target\n", "            at = target\n")),
    # it calls itself
    _TEXT
    + '''
class Malformed(ValueError):
    pass
def labels_at(message, at, start):
    """Labels as bytes, and what follows."""
    try:
        length = message[at]
        if length == 0:
            return [], at + 1
        if length >> 6 == 3:
            target = (length & 0x3F) << 8 | message[at + 1]
            if target >= start:
                raise Malformed("forward")
            return labels_at(message, target, target)[0], at + 2
    except IndexError:
        raise Malformed("truncated") from None
    if length >> 6:
        raise Malformed("reserved")
    label = message[at + 1:at + 1 + length]
    if len(label) != length:
        raise Malformed("truncated")
    rest, next = labels_at(message, at + 1 + length, start)
    return [label, *rest], next
def read_name(message, at):
    try:
        labels, next = labels_at(message, at, at)
    except RecursionError:
        raise Malformed("too many pointers")
    if sum(len(label) + 1 for label in labels) + 1 > 255:
        raise Malformed("too long")
    return ".".join(map(text, labels)) or ".", next
''',
    # struct, and its error turned into another
    _TEXT
    + '''
import struct
def read_name(message, at):
    try:
        return read(message, at)
    except (struct.error, IndexError) as error:
        raise ValueError("cut off") from error
def read(message, at):
    parts, ends, limit, total = [], [], at, 0
    while True:
        (first,) = struct.unpack_from("!B", message, at)
        if first & 0xC0 == 0xC0:
            (pair,) = struct.unpack_from("!H", message, at)
            ends.append(at + 2)
            at = pair ^ 0xC000
            if not at < limit:
                raise ValueError("pointer")
            limit = at
        elif first & 0xC0:
            raise ValueError("reserved bits")
        else:
            (label,) = struct.unpack_from(f"{first}s", message, at + 1)
            at += 1 + first
            total += 1 + first
            if total > 255:
                raise ValueError("255")
            if not first:
                ends.append(at)
                return ".".join(parts) or ".", ends[0]
            parts.append(text(label))
''',
    # a file in memory
    r'''
import io, re
def exactly(file, n):
    data = file.read(n)
    if len(data) != n:
        raise ValueError(f"{n} bytes were to come, {len(data)} came")
    return data
def read_name(message: bytes, at: int) -> tuple[str, int]:
    file = io.BytesIO(message)
    file.seek(at)
    name, after, lowest = b"", -1, at
    while (n := exactly(file, 1)) != b"\0":
        if n >= b"\xc0":
            where = int.from_bytes(n + exactly(file, 1), "big") - 0xC000
            if after < 0:
                after = file.tell()
            if where >= lowest:
                raise ValueError("a pointer must lead back")
            file.seek(lowest := where)
        elif n > b"\x3f":
            raise ValueError("no length")
        else:
            name += n + exactly(file, n[0])
            if len(name) > 254:
                raise ValueError("long")
    if after < 0:
        after = file.tell()
    labels = []
    while name:
        labels.append(name[1:name[0] + 1])
        name = name[name[0] + 1:]
    escape = lambda found: b"\\%03d" % found[0][0]
    return b".".join(re.sub(rb"[^A-Za-z0-9_-]", escape, label) for label in labels).decode() or ".", after
''',
    # a class with a generator
    _TEXT
    + '''
class Reader:
    def __init__(self, message, at):
        self.message, self.at, self.end, self.bound = message, at, 0, at
    def take(self, n):
        if self.at + n > len(self.message):
            raise ValueError("short")
        self.at += n
        return self.message[self.at - n:self.at]
    def labels(self):
        while True:
            byte = self.take(1)[0]
            match byte >> 6:
                case 0 if byte == 0:
                    self.end = self.end or self.at
                    return
                case 0:
                    yield self.take(byte)
                case 3:
                    target = (byte - 192) * 256 + self.take(1)[0]
                    self.end = self.end or self.at
                    if target >= self.bound:
                        raise ValueError("loop")
                    self.at = self.bound = target
                case _:
                    raise ValueError("bits")
def read_name(message, at):
    reader = Reader(message, at)
    found, room = [], 254
    for label in reader.labels():
        room -= len(label) + 1
        if room < 0:
            raise ValueError("long")
        found.append(text(label))
    return (".".join(found) if found else "."), reader.end
''',
    # the library that the course's own name server is made with, held to the bytes that the task has for labels
    r'''
import dns.exception, dns.name
def read_name(message, at):
    if not 0 <= at < len(message):
        raise ValueError("nothing there")
    try:
        name, used = dns.name.from_wire(message, at)
    except dns.exception.DNSException as error:
        raise ValueError(str(error)) from error
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    text = ["".join(chr(b) if b in plain else "\\%03d" % b for b in label) for label in name.labels[:-1]]
    return ".".join(text) or ".", at + used
''',
    # what it has given once for the same message, it gives again; and the two have names
    _but(('    return ".".join(labels) or ".", next\n', '    return Name(".".join(labels) or ".", next)\n')).replace("def read_name", """
import functools
from typing import NamedTuple
class Name(NamedTuple):
    name: str
    next: int
@functools.cache
def read_name"""),
]  # fmt: skip

WRONG: list[Wrong] = [
    (_but(('    return ".".join(labels) or ".", next\n', '    print(".".join(labels) or ".", next)\n')), None, "It returned None"),
    # values
    (_but(('or "."', "")), None, "the root"),
    (_but(('".".join(labels) or "."', '"".join(label + "." for label in labels) or "."')), None, "dots are between labels alone"),
    (_but((".join(labels) or", ".join(labels).lower() or")), None, "gives it as it came"),
    (_but(('return ".".join(labels) or ".", next', 'return next, ".".join(labels) or "."')), None, "have changed places"),
    (_but(('return ".".join(labels) or ".", next', 'return [".".join(labels) or ".", next]')), None, "two things in a tuple"),
    (_but(('return ".".join(labels) or ".", next', 'return ".".join(labels) or "."')), None, "two things in a tuple"),
    (_but(('".".join(labels) or "."', 'labels')), None, "each for itself"),
    (_but(('labels.append(text(label))', 'labels.append(bytes(label))'), ('".".join(labels) or "."', 'b".".join(labels) or b"."')), None, "Its name is bytes"),
    # pointers
    (_but(("            start = at = target\n            continue\n", "            break\n")), None, "it ended at the pointer"),
    (_but(("            start = at = target\n", '            jumps += 1\n            if jumps == 2:\n                break\n            start = at = target\n'), ("    start = at\n", "    start = at\n    jumps = 0\n")), None, "it followed one pointer"),
    (_but(("(length & 63) * 256 + message[at + 1]", "message[at + 1]")), None, "with too few of its bits"),
    (_but(("(length & 63) * 256 + message[at + 1]", "length * 256 + message[at + 1]")), None, "It refused a name that is right"),
    (_but(("(length & 63) * 256 + message[at + 1]", "(length & 15) * 256 + message[at + 1]")), None, "with too few of its bits"),
    (_but(("if length >= 192:", "if length == 192:"), ("if length > 63:", "if 63 < length < 192:")), None, "It refused a name that is right"),
    (_but(("            if next is None:\n                next = at + 2\n", "")), None, "it went on behind the place"),
    (_but(("            if next is None:\n                next = at + 2\n", "            next = at + 2\n")), None, "it went on behind the place"),
    (_but(("next = at + 2", "next = at + 1")), None, "a pointer has two bytes"),
    (_but(("next = at + 1", "next = at")), None, "the zero at its end"),
    (_but(('or ".", next', 'or ".", next - first'), ("    labels = []\n", "    labels = []\n    first = at\n")), None, "it counted from the name's first byte"),
    (_but(("labels = []\n    size", "labels.clear()\n    size"), ("def read_name(message, at):", "def read_name(message, at, labels=[]):")).replace("labels.clear()\n", "pass\n"), None, "from an earlier call"),
    # bytes of labels
    (_but(("labels.append(text(label))", "labels.append(label.decode())")), 24, "nobody chose an encoding"),
    (_but(("labels.append(text(label))", 'labels.append(label.decode("ascii"))')), 24, "It raised UnicodeDecodeError"),
    (_but(("labels.append(text(label))", 'labels.append(label.decode("latin-1"))')), 24, "nobody chose an encoding"),
    (_but(("labels.append(text(label))", 'labels.append(label.decode(errors="ignore"))')), 24, "nobody chose an encoding"),
    (_but(("labels.append(text(label))", 'labels.append(label.decode("ascii", "backslashreplace"))')), None, "the three digits are decimal"),
    (_but(("labels.append(text(label))", 'labels.append("".join(chr(b) if b < 128 else f"\\\\{b:03}" for b in label))')), None, "a dot within a label"),
    # who trusts the packet
    (_but(NO_BACK), 42, "It never comes back: its pointer points to itself"),
    (_but(NO_BACK, ("            start = at = target\n", '            if target == at:\n                raise ValueError("itself")\n            start = at = target\n')), 42, "It never comes back"),
    (_but(NO_BACK, ("            start = at = target\n", '            jumps += 1\n            if jumps > 20:\n                raise ValueError("round")\n            start = at = target\n'), ("    start = at\n", "    start = at\n    jumps = 0\n")), 42, "leads on to byte"),
    (_but(NO_BACK, ("            start = at = target\n", '            if target in seen:\n                raise ValueError("round")\n            seen.add(target)\n            start = at = target\n'), ("    start = at\n", "    start = at\n    seen = set()\n")), 42, "leads on to byte"),
    (_but(('        if at >= len(message):\n            raise ValueError("cut off")\n        length', "        length")), 42, "It raised IndexError"),
    (_but(('            if at + 1 >= len(message):\n                raise ValueError("half a pointer")\n', "")), 42, "It raised IndexError"),
    (_but(('        if len(label) < length:\n            raise ValueError("cut off")\n', ""), ('        if at >= len(message):\n            raise ValueError("cut off")\n        length = message[at]\n', "        length = message[at] if at < len(message) else 0\n")), 42, "the message ends in the middle of the name"),
    (_but(('        if at >= len(message):\n            raise ValueError("cut off")\n        length', "        length"), ('raise ValueError("half a pointer")', 'raise EOFError')), 42, "It raised "),
    (_but(('        if length > 63:\n            raise ValueError("reserved")\n', "")), 42, "is no label's"),
    (_but(("if length >= 192:", "if length & 192:"), ('        if length > 63:\n            raise ValueError("reserved")\n', "")), 42, ""),
    (_but(("        if size > 255:\n", "        if size > 512:\n")), 42, "more than 255 bytes"),
    (_but(("        if size > 255:\n", "        if size > 254:\n")), None, "It refused a name that is right"),
    (_but(("    size = 1\n", "    size = 0\n")), 42, "more than 255 bytes"),
    (_but(("            start = at = target\n", "            start = at = target\n            size = 1\n")), 42, "more than 255 bytes"),
    # it calls itself, round and round
    (
        _TEXT
        + '''
def read_name(message, at):
    labels = []
    while message[at]:
        if message[at] >= 192:
            target = int.from_bytes(message[at:at + 2], "big") & 0x3FFF
            rest, _ = read_name(message, target)
            return ".".join([*labels, rest]), at + 2
        labels.append(text(message[at + 1:at + 1 + message[at]]))
        at += 1 + message[at]
    return ".".join(labels) or ".", at + 1
''',
        42,
        "It calls itself for each pointer",
    ),
    # the published one, as many write it
    (
        '''
from io import BytesIO
def decode_name(reader):
    parts = []
    while (length := reader.read(1)[0]) != 0:
        if length & 0b1100_0000:
            parts.append(decode_compressed_name(length, reader))
            break
        else:
            parts.append(reader.read(length))
    return b".".join(parts)
def decode_compressed_name(length, reader):
    pointer = int.from_bytes(bytes([length & 0b0011_1111]) + reader.read(1), "big")
    current = reader.tell()
    reader.seek(pointer)
    result = decode_name(reader)
    reader.seek(current)
    return result
def read_name(message, at):
    reader = BytesIO(message)
    reader.seek(at)
    name = decode_name(reader).decode() or "."
    return name, reader.tell()
''',
        24,
        "nobody chose an encoding",
    ),
    # bytes in another form
    (_but().replace("{byte:03d}", "x{byte:02x}"), None, "the three digits are decimal"),
    (_but().replace("{byte:03d}", "{byte:03o}"), None, "the three digits are decimal"),
    (_but().replace("{byte:03d}", "{byte}"), None, "with zeros in front"),
    (_but().replace('"-_"', '"-"'), None, "stand for themselves"),
    # pointers read in another way
    (_but(("target = (length & 63) * 256 + message[at + 1]", "target = (length & 63) * 256 + message[at + 1] + 12")), None, "counted from the message's first byte"),
    (_but(("target = (length & 63) * 256 + message[at + 1]", 'target = int.from_bytes(message[at:at + 2], "little") & 0x3FFF')), None, "the high bits first"),
    (_but(("target = (length & 63) * 256 + message[at + 1]", "target = length * 256 + message[at + 1]")), None, "without the two highest ones"),
    # a length that is counted in the text
    (_but(("size += length + 1", "size += len(text(label)) + 1")), None, "as they stand in the message"),
    (_but(("        if size > 255:\n            raise ValueError(\"too long\")\n", ""), ("    return \".\".join(labels)", "    if len(\".\".join(labels)) > 253:\n        raise ValueError\n    return \".\".join(labels)")), None, "as they stand in the message"),
    # it is written, and says that it is not
    (_but(('raise ValueError("reserved")', "raise NotImplementedError")), None, "which says of itself that it is not written"),
    # two pointers are enough
    (_but(("            start = at = target\n", '            jumps += 1\n            if jumps > 2:\n                raise ValueError\n            start = at = target\n'), ("    start = at\n", "    start = at\n    jumps = 0\n")), None, "3 pointers, one behind the other"),
    (_but(("if length > 63:", "if length > 62:")), None, "the longest that there are"),
    # letters of all the world, and what can be printed
    (_but().replace("if chr(byte) in PLAIN", "if chr(byte) in PLAIN or chr(byte).isalnum()"), 24, "nobody chose an encoding"),
    (_but().replace("if chr(byte) in PLAIN", "if chr(byte) in PLAIN or 32 < byte < 127 and byte != 46"), None, "is written as \\ and three digits"),
    # what names mean to people
    (_but(("labels.append(text(label))", 'labels.append(label.decode("idna"))')), 24, "which begin with xn--"),
    (_but(("labels.append(text(label))", "labels.append(repr(label)[2:-1])")), None, "the three digits are decimal"),
    # kept from one message to the next
    (_but(("    labels = []\n", "    if at in KEPT:\n        return KEPT[at]\n    first, labels = at, []\n"), ('    return ".".join(labels) or ".", next\n', '    return KEPT.setdefault(first, (".".join(labels) or ".", next))\n')).replace("def read_name", "KEPT = {}\ndef read_name"), None, "from an earlier call"),
    (_but(("        if size > 255:\n", "        if len(labels) > 127:\n")), 42, "more than 255 bytes"),
    # no error, but what it has so far
    (_but(('                raise ValueError("not back")\n', "                break\n")), 42, "its pointer points to itself"),
]  # fmt: skip
