"""Answers to `feed`."""

from __future__ import annotations

from tests.checking.answers import Wrong

_HEADER = """
import re
def header(line):
    found = re.fullmatch(rb"([A-Z]{1,16}) (0|[1-9][0-9]{0,4})", line)
    if found is None or int(found[2]) > 65536:
        raise ValueError(f"{line[:30]} is no header")
    return found[1].decode(), int(found[2])
"""

RIGHT = [
    _HEADER
    + """
def feed(buffer, data):
    stream, messages, at = buffer + data, [], 0
    while (end := stream.find(b"\\n", at, at + 23)) >= 0:
        kind, size = header(stream[at:end])
        if len(stream) - end - 1 < size:
            break
        at = end + 1 + size
        messages += [(kind, str(stream[end + 1:at], "utf-8"))]
    if end < 0 and len(stream) >= at + 23:
        raise ValueError("no header")
    return messages, stream[at:]
""",
    """
import io
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
class Broken(ValueError):
    pass
def one(file):
    line = file.readline(23)
    if not line.endswith(b"\\n"):
        if len(line) == 23:
            raise Broken("too long a header")
        return None
    kind, blank, digits = line[:-1].partition(b" ")
    if kind.strip(LETTERS) or not 1 <= len(kind) <= 16:
        raise Broken("kind")
    if not digits.isdigit() or b"%d" % int(digits) != digits or int(digits) > 1 << 16:
        raise Broken("length")
    text = file.read(int(digits))
    if len(text) < int(digits):
        return None
    return kind.decode(), text.decode("utf-8", "strict")
def feed(buffer: bytes, data: bytes):
    file = io.BytesIO(buffer + data)
    messages = []
    at = 0
    while message := one(file):
        messages.append(message)
        at = file.tell()
    return messages, file.getvalue()[at:]
""",
    # a machine of states, which goes over what has come once
    """
import string
def feed(buffer, data):
    waiting = bytearray(buffer)
    waiting.extend(data)
    view = bytes(waiting)
    messages, start, at = [], 0, 0
    kind, size = bytearray(), None
    while at < len(view):
        if size is None:
            byte = view[at:at + 1]
            at += 1
            if byte == b" " and kind:
                size = b""
            elif len(kind) < 16 and byte in [letter.encode() for letter in string.ascii_uppercase]:
                kind += byte
            else:
                raise ValueError("a kind was to come, and not " + repr(byte))
        elif isinstance(size, bytes):
            byte = view[at:at + 1]
            at += 1
            if byte == b"\\n" and size:
                size = int(size)
                if size > 65536:
                    raise ValueError("too long")
            elif b"0" <= byte <= b"9" and size != b"0" and len(size) < 5:
                size += byte
            else:
                raise ValueError("a length was to come, and not " + repr(byte))
        if isinstance(size, int):
            if at + size > len(view):
                break
            messages.append((kind.decode(), view[at:at + size].decode()))
            at += size
            start = at
            kind, size = bytearray(), None
    return messages, view[start:]
""",
    # a generator that is driven
    _HEADER
    + """
def whole(stream):
    at = 0
    while True:
        head, newline, _ = stream[at:at + 23].partition(b"\\n")
        if not newline:
            if len(head) > 22:
                raise ValueError("no header")
            return at
        kind, size = header(head)
        start = at + len(head) + 1
        if start + size > len(stream):
            return at
        yield kind, stream[start:start + size].decode()
        at = start + size
def feed(buffer, data):
    stream = b"".join((buffer, data))
    messages = []
    reader = whole(stream)
    try:
        while True:
            messages.append(next(reader))
    except StopIteration as end:
        return messages, stream[end.value:]
""",
    # what is good is given first; what is bad raises at the next call
    _HEADER
    + """
def feed(buffer, data):
    stream, messages, at = buffer + data, [], 0
    try:
        while True:
            end = stream.find(b"\\n", at, at + 23)
            if end < 0:
                if len(stream) - at > 22:
                    raise ValueError("no header")
                return messages, stream[at:]
            kind, size = header(stream[at:end])
            if len(stream) < end + 1 + size:
                return messages, stream[at:]
            messages.append((kind, stream[end + 1:end + 1 + size].decode()))
            at = end + 1 + size
    except ValueError:
        if messages:
            return messages, stream[at:]
        raise
""",
    # one regular expression, which refuses a bad header at its first bad byte
    """
import re
START = re.compile(rb"([A-Z]{1,16}) (0|[1-9][0-9]{0,4})\\n")
BEGIN = re.compile(rb"([A-Z]{1,16}( (0|[1-9][0-9]{0,4})?)?)?")
def feed(buffer, data):
    stream, messages, at = buffer + data, [], 0
    while found := START.match(stream, at):
        size = int(found[2])
        if size > 65536:
            raise ValueError(size)
        end = found.end() + size
        if end > len(stream):
            return messages, stream[at:]
        messages.append((found[1].decode(), stream[found.end():end].decode()))
        at = end
    if not BEGIN.fullmatch(stream, at):
        raise ValueError(stream[at:at + 30])
    return messages, stream[at:]
""",
    # messages, and the pair, by name
    _HEADER
    + """
from typing import NamedTuple
class Message(NamedTuple):
    kind: str
    text: str
class Fed(NamedTuple):
    messages: list
    rest: bytes
def feed(buffer, data):
    view, messages = memoryview(buffer + data), []
    while True:
        match bytes(view[:23]).split(b"\\n", 1):
            case [head, _]:
                kind, size = header(head)
            case [short] if len(short) < 23:
                return Fed(messages, bytes(view))
            case _:
                raise ValueError("no header")
        text, after = view[len(head) + 1:][:size], view[len(head) + 1:][size:]
        if len(text) < size:
            return Fed(messages, bytes(view))
        messages.append(Message(kind, str(text, "utf-8")))
        view = after
""",
    # Latin-1 gives each byte a character, and takes it back: a way to search bytes as text
    """
import re
HEADER = re.compile(r"([A-Z]{1,16}) (0|[1-9][0-9]{0,4})\\n")
def feed(buffer, data):
    text, messages, at = (buffer + data).decode("latin-1"), [], 0
    while found := HEADER.match(text, at):
        end = found.end() + int(found[2])
        if int(found[2]) > 65536:
            raise ValueError(found[2])
        if end > len(text):
            break
        messages.append((found[1], text[found.end():end].encode("latin-1").decode()))
        at = end
    if not found and ("\\n" in text[at:at + 23] or len(text) - at > 22):
        raise ValueError(text[at:at + 22])
    return messages, text[at:].encode("latin-1")
""",
]

SIMPLE = """
def feed(buffer, data):
    buffer = buffer + data
    messages = []
    while b"\\n" in buffer[:23]:
        line, newline, text = buffer.partition(b"\\n")
        kind, size = header(line)
        if len(text) < size:
            break
        messages.append((kind, text[:size].decode()))
        buffer = text[size:]
    else:
        if len(buffer) > 22:
            raise ValueError("no header")
    return messages, buffer
"""
"""Right, but for what each message costs."""


def _with(*changes: tuple[str, str]) -> str:
    """The simple one, with these changes in it or in its header."""
    source = _HEADER + SIMPLE
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return source


def _header(lines: str) -> str:
    """The simple one, with another header."""
    return f"import re\ndef header(line):\n{lines}{SIMPLE}"


WRONG: list[Wrong] = [
    # What comes out
    ("def feed(buffer, data):\n    print(buffer + data)", None, "returned None"),
    (_with(("    return messages, buffer", "    return messages")), None, "two things were to come"),
    (_with(("    return messages, buffer", "    return [messages, buffer]")), None, "`return messages, rest`"),
    (_with(("    return messages, buffer", "    return buffer, messages")), None, "for the messages"),
    (_with(("    return messages, buffer", "    return tuple(messages), buffer")), None, "for the messages"),
    (_with(("    return messages, buffer", "    return messages, bytearray(buffer)")), None, "which can be changed"),
    (_with(("    return messages, buffer", "    return messages, buffer.decode()")), None, "the rest as text"),
    (_with(("    return messages, buffer", "    yield messages, buffer")), None, "generator"),
    (_with(("(kind, text[:size].decode())", "[kind, text[:size].decode()]")), None, "two strings in a tuple"),
    (_with(("(kind, text[:size].decode())", "(kind, text[:size])")), None, "with bytes in it"),
    (_with(("(kind, text[:size].decode())", "(kind, str(text[:size]))")), None, "b'tea?'"),
    # One piece is one message
    ("def feed(buffer, data):\n    header, newline, text = data.partition(b'\\n')\n    kind, blank, size = header.partition(b' ')\n    return [(kind.decode(), text.decode())], b''", None, "b'HELLO 1"),
    (_with(("        buffer = text[size:]\n", "        buffer = text[size:]\n        break\n")), 1, "look for the next"),
    (_HEADER + "def feed(buffer, data):\n    lines = (buffer + data).split(b'\\n')\n    return [(header(lines[0])[0], lines[1].decode())], b''", None, "not the next newline"),
    # A message comes in pieces
    (_with(("    buffer = buffer + data\n", "    buffer = data\n")), None, "goes on where it ends"),
    (_with(("    buffer = buffer + data\n", "    buffer = data + buffer\n")), None, "ValueError"),
    (_with(("        if len(text) < size:\n            break\n", "")), 5, "too early"),
    (_with(("        if len(text) < size:", "        if len(text) <= size:")), None, "All its bytes are there"),
    (_with(("        if len(text) < size:\n            break", "        if len(text) < size:\n            continue")), None, "never comes back"),
    (_with(("        if len(text) < size:\n            break", "        if len(text) < size:\n            raise ValueError('too short')")), 5, "still on its way"),
    (_with(("        if len(text) < size:\n            break", "        if len(text) < size:\n            return [], buffer")), None, "b'"),
    (_with(("        if len(text) < size:\n            break", "        if len(text) < size:\n            return messages, text")), None, "the header stays, too"),
    (_with(("        if len(text) < size:\n            break", "        if len(text) < size:\n            return messages, b''")), None, "which is lost now"),
    (_with(("while b\"\\n\" in buffer[:23]:", "while buffer:")), 5, "still on its way"),
    (_with(("    return messages, buffer", "    return messages, data")), None, "come again"),
    (_with(("        buffer = text[size:]\n", "        buffer = text\n")), None, "tea?"),
    (_with(("    return messages, buffer", "    return messages, data[-len(buffer):] if buffer else b''")), None, "what was in the buffer is lost"),
    (_with(("        if len(buffer) > 22:", "        if len(buffer) > 22 or not buffer:")), None, "whenever nothing is left"),
    (_with(("    return messages, buffer", "    return messages, buffer.lstrip()")), None, "one blank"),
    (_with(("    buffer = buffer + data\n", "    if not data:\n        raise EOFError('the end')\n    buffer = buffer + data\n")), None, "raised EOFError"),
    # Characters and bytes
    (_HEADER + """
def feed(buffer, data):
    stream = (buffer + data).decode()
    messages = []
    while "\\n" in stream:
        line, newline, text = stream.partition("\\n")
        kind, size = header(line.encode())
        if len(text) < size:
            break
        messages.append((kind, text[:size]))
        stream = text[size:]
    return messages, stream.encode()
""", 34, "counts bytes"),
    (_with(("(kind, text[:size].decode())", "(kind, text.decode()[:size])")), 34, "counts bytes"),
    (_with(("        if len(text) < size:", "        if len(text.decode()) < size:")), 34, "counts bytes"),
    (_with(("        kind, size = header(line)\n", "        kind, size = header(line)\n        text.decode()\n")), 9, "mid-character"),
    (_with(("        if len(text) < size:", "        if len(text.decode(errors='ignore')) < size:")), 34, "counts bytes"),
    (_with(("text[:size].decode()", "text[:size].decode('latin-1')")), 24, "another encoding"),
    (_with(("text[:size].decode()", "text[:size].decode('ascii', 'ignore')")), 10, "dropped or replaced"),
    (_with(("text[:size].decode()", "text[:size].decode('utf-8-sig')")), None, "utf-8-sig"),
    (_with(("text[:size].decode()", "text[:size].decode('utf-8', 'ignore')")), 10, "no UTF-8"),
    # The delimiter in the payload
    (_with(("text[:size].decode()", "text[:size].decode().strip()")), None, "the length says"),
    (_with(("text[:size].decode()", "text[:size].decode().replace('\\r\\n', '\\n')")), None, "different texts"),
    (_with(("text[:size].decode()", "text[:size].decode().split('\\n')[0]")), None, "A newline in the text"),
    (_with(("        kind, size = header(line)\n", "        kind, size = header(line)\n        if not size:\n            buffer = text\n            continue\n")), None, "It is lost"),
    # Kinds
    (_with(("        messages.append(", "        if kind in ('HELLO', 'SAY', 'ERROR'):\n            messages.append(")), 34, "left out"),
    (_with(("        kind, size = header(line)\n", "        kind, size = header(line)\n        if kind not in ('HELLO', 'SAY', 'ERROR'):\n            raise ValueError(kind)\n")), 34, "so that new ones can come"),
    # What is kept from one call to the next
    ("kept = b''\n" + _with(("    buffer = buffer + data\n", "    global kept\n    buffer = kept + data\n"), ("    return messages, buffer", "    kept = buffer\n    return messages, buffer")), None, "mixed them up"),
    (_with(("def feed(buffer, data):", "def feed(buffer, data, messages=[]):"), ("    messages = []\n", "")), None, "an earlier call"),
    # Lengths and limits
    (_header("    kind, size = line.split(b' ')\n    return kind.decode(), int(size)\n"), 25, "65,536 bytes at most"),
    (_header("    kind, size = line.split(b' ')\n    room = bytearray(int(size))\n    if int(size) > 65536:\n        raise ValueError\n    return kind.decode(), int(size)\n"), None, "memory"),
    (_with(("    else:\n        if len(buffer) > 22:\n            raise ValueError(\"no header\")\n", "")), None, "a header has 22 bytes at most"),
    (_with((" in buffer[:23]", " in buffer"), ("        if len(buffer) > 22:\n            raise ValueError(\"no header\")", "        pass")), None, "a header has 22 bytes at most"),
    (_with(("        if len(buffer) > 22:", "        if len(buffer) > 23:")), None, "655360' has come, and it waits"),
    (_with(("        if len(buffer) > 22:", "        if len(buffer) > 21:")), None, "as soon as its newline comes"),
    (_with(("            raise ValueError(\"no header\")", "            return ValueError(\"no header\")")), None, "only gives it back"),
    # Headers that are none
    (_header("    kind, size = line.split(b' ')\n    if not 0 <= int(size) <= 65536:\n        raise ValueError\n    return kind.decode(), int(size)\n"), 25, "a sign"),
    (_header("    kind, size = line.split()\n    if not size.isdigit() or int(size) > 65536:\n        raise ValueError\n    return kind.decode(), int(size)\n"), 25, "a needless zero"),
    (_header("    kind, size = line.split()\n    if int(size) > 65536 or b'%d' % int(size) != size:\n        raise ValueError\n    return kind.decode(), int(size)\n"), 25, "a sign"),
    (_header("    kind, size = line.split()\n    if not 0 <= int(size) <= 65536 or b'%d' % int(size) != size:\n        raise ValueError\n    return kind.decode(), int(size)\n"), None, "one blank"),
    (_header("    kind, size = line.split(b' ')\n    if not 0 <= int(size) <= 65536 or b'%d' % int(size) != size:\n        raise ValueError\n    return kind.decode(), int(size)\n"), None, "kind"),
    (_header("    found = re.match(rb'([A-Z]{1,16}) (0|[1-9][0-9]*)', line)\n    if not found or int(found[2]) > 65536:\n        raise ValueError\n    return found[1].decode(), int(found[2])\n"), 25, "a needless zero"),
    (_header("    found = re.fullmatch(rb'([A-Z]{1,16})\\s(0|[1-9][0-9]{0,4})', line)\n    if not found or int(found[2]) > 65536:\n        raise ValueError\n    return found[1].decode(), int(found[2])\n"), None, "one blank"),
    (_header("    found = re.fullmatch(rb'([A-Z]{1,16}) (0|[1-9][0-9]{0,4})\\s*', line)\n    if not found or int(found[2]) > 65536:\n        raise ValueError\n    return found[1].decode(), int(found[2])\n"), None, "one blank"),
    (_header("    found = re.fullmatch(r'(\\w+) (0|[1-9][0-9]{0,4})', line.decode())\n    if not found or int(found[2]) > 65536:\n        raise ValueError\n    return found[1], int(found[2])\n"), None, "letters A to Z"),
    (_header("    kind, size = line.split(b' ')\n    if not kind.isupper() or not kind.isalpha() or not size.isdigit() or int(size) > 65536 or size != b'%d' % int(size):\n        raise ValueError\n    return kind.decode(), int(size)\n"), None, "letters A to Z"),
    (_with(("        kind, size = header(line)\n", "        try:\n            kind, size = header(line)\n        except ValueError:\n            buffer = text\n            continue\n")), 25, "told nobody"),
    (_with(("        kind, size = header(line)\n", "        try:\n            kind, size = header(line)\n        except ValueError:\n            break\n")), 25, "it waits for more"),
    (_with(("        kind, size = header(line)\n", "        try:\n            kind, size = header(line)\n        except ValueError as error:\n            return [('ERROR', str(error))], b''\n")), 25, "asks for ValueError"),
    (_with(("raise ValueError(f\"{line[:30]} is no header\")", "raise TypeError(line)")), 25, "raised TypeError"),
    (_with(("        messages.append((kind, text[:size].decode()))\n", "        try:\n            messages.append((kind, text[:size].decode()))\n        except UnicodeDecodeError:\n            pass\n")), 10, "dropped"),
    (_with(("        kind, size = header(line)\n", "        try:\n            kind, size = header(line)\n        except ValueError:\n            if not messages:\n                raise\n            return messages, text\n")), None, "takes anything for the next one"),
    # What it costs
    (_HEADER + """
def feed(buffer, data):
    stream = buffer + data
    end = stream.find(b"\\n", 0, 23)
    if end < 0:
        if len(stream) > 22:
            raise ValueError("no header")
        return [], stream
    kind, size = header(stream[:end])
    if len(stream) < end + 1 + size:
        return [], stream
    messages, rest = feed(b"", stream[end + 1 + size:])
    return [(kind, stream[end + 1:end + 1 + size].decode()), *messages], rest
""", None, "take a loop"),
    (_HEADER + SIMPLE, None, "copied for each message"),
    (_HEADER + """
def feed(buffer, data):
    stream = b""
    for byte in buffer + data:
        stream = stream + bytes([byte])
    messages, at = [], 0
    while (end := stream.find(b"\\n", at, at + 23)) >= 0:
        kind, size = header(stream[at:end])
        if len(stream) < end + 1 + size:
            break
        messages.append((kind, stream[end + 1:end + 1 + size].decode()))
        at = end + 1 + size
    if end < 0 and len(stream) - at > 22:
        raise ValueError("no header")
    return messages, stream[at:]
""", None, "pieces of 97"),
]  # fmt: skip
