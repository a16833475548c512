"""Answers to `encode`."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT = [
    """
import re
def encode(kind, text):
    if not re.fullmatch("[A-Z]{1,16}", kind):
        raise ValueError("no kind: " + repr(kind))
    body = bytes(text, "utf-8")
    if len(body) > 2 ** 16:
        raise ValueError("too long")
    return b"%b %d\\n%b" % (kind.encode("ascii"), len(body), body)
""",
    """
import string
class NoMessage(ValueError):
    pass
def encode(kind, text):
    if not kind or len(kind) > 16 or any(letter not in string.ascii_uppercase for letter in kind):
        raise NoMessage(kind)
    message = bytearray(kind, "ascii")
    body = text.encode("UTF-8")
    if not len(body) <= 64 * 1024:
        raise NoMessage(len(body))
    message.extend(b" ")
    message += str(len(body)).encode()
    message.append(10)
    return bytes(message + body)
""",
    """
def encode(kind: str, text: str) -> bytes:
    if not (kind.isascii() and kind.isalpha() and kind.isupper() and len(kind) < 17):
        raise ValueError(kind)
    data = text.encode()
    if 65536 < len(data):
        raise ValueError(text[:10])
    return b"".join([kind.encode(), b" ", str(len(data)).encode(), b"\\n", data])
""",
    """
import io
def encode(kind, text):
    size = sum(1 if ord(c) < 128 else 2 if ord(c) < 2048 else 3 if ord(c) < 65536 else 4 for c in text)
    if size > 65536: raise ValueError("long")
    if not 0 < len(kind) <= 16: raise ValueError("kind")
    for c in kind:
        if not "A" <= c <= "Z": raise ValueError("kind")
    out = io.BytesIO()
    out.write(f"{kind} {size}\\n{text}".encode())
    return out.getvalue()
""",
]

_KIND = """
import re
def look(kind):
    if not re.fullmatch("[A-Z]{1,16}", kind):
        raise ValueError(f"{kind!r} is no kind")
"""

_BODY = "    look(kind)\n    data = text.encode()\n    if len(data) > 65536:\n        raise ValueError('too long')\n"


def _ends(line: str) -> str:
    """An answer that is right up to its last line."""
    return f"{_KIND}\ndef encode(kind, text):\n{_BODY}    {line}\n"


def _begins(lines: str) -> str:
    """An answer whose last line is right."""
    return f"{_KIND}\ndef encode(kind, text):\n{lines}    return f'{{kind}} {{len(data)}}\\n'.encode() + data\n"


WRONG: list[Wrong] = [
    # What comes out
    (_ends("return f'{kind} {len(text)}\\n{text}'"), 7, "which is text"),
    (_ends("return f'{kind} {len(data)}\\n{data}'.encode()"), None, "str() shows bytes"),
    (_ends("print(f'{kind} {len(data)}\\n'.encode() + data)"), None, "is there a return"),
    (_ends("return bytearray(f'{kind} {len(data)}\\n'.encode() + data)"), None, "bytearray"),
    (_ends("return [kind, len(data), data]"), None, "where b'SAY 4\\ntea?' was to come"),
    (_ends("yield f'{kind} {len(data)}\\n'.encode() + data"), None, "generator"),
    # What is counted
    (_ends("return f'{kind} {len(text)}\\n{text}'.encode()"), 34, "counts characters"),
    (_ends("return f'{kind} {len(text)}\\n'.encode() + data"), 34, "counts characters"),
    (_ends("return f'{kind} {len(data) + 1}\\n'.encode() + data"), None, "By its header the text has 5 bytes"),
    (_ends("return kind.encode() + b' ' + bytes(len(data)) + b'\\n' + data"), None, "zero bytes"),
    ("def encode(text, kind):\n    data = text.encode()\n    return f'{kind} {len(data)}\\n'.encode() + data", None, "have changed places"),
    # How the header looks
    (_ends("return f'{kind} {len(data)}'.encode() + data"), None, "no newline"),
    (_ends("return f'{kind} {len(data)}\\r\\n'.encode() + data"), None, "\\r\\n"),
    (_ends("return f'{kind} {len(data)}\\n'.encode() + data + b'\\n'"), None, "a newline behind the text"),
    (_ends("return f'{kind}  {len(data)}\\n'.encode() + data"), None, "one blank"),
    (_ends("return f'{kind}:{len(data)}\\n'.encode() + data"), None, "one blank"),
    (_ends("return f'{len(data)} {kind}\\n'.encode() + data"), None, "Its header is b'4 SAY'"),
    (_ends("return f'{kind} {len(data):05}\\n'.encode() + data"), None, "needless zeros"),
    (_ends("return kind.encode() + b' ' + len(data).to_bytes(4, 'big') + b'\\n' + data"), None, "Its header is"),
    (_ends("return len(data).to_bytes(4, 'big') + kind.encode() + data"), None, "no newline"),
    (_ends("return f'{kind} {len(data)}\\n'.encode() + data if text else kind.encode() + b'\\n'"), None, "Its header is b'SAY'"),
    # What becomes of the text
    (_begins("    look(kind)\n    data = text.encode('ascii')\n"), 24, "UnicodeEncodeError"),
    (_begins("    look(kind)\n    data = text.encode('ascii', 'ignore')\n"), 10, "question marks"),
    (_begins("    look(kind)\n    data = text.encode('utf-16')\n"), 24, "utf-16"),
    (_begins("    look(kind)\n    data = text.strip().encode()\n"), None, "as strip() takes them off"),
    (_begins("    look(kind)\n    data = text.replace('\\n', ' ').encode()\n"), None, "blanks and line ends"),
    (_begins("    look(kind)\n    if '\\n' in text:\n        raise ValueError('a newline in the text')\n    data = text.encode()\n"), None, "a newline in the text"),
    (_begins("    look(kind)\n    if not text:\n        raise ValueError('nothing to say')\n    data = text.encode()\n"), None, "nothing to say"),
    (_begins("    look(kind)\n    data = text.encode(errors='replace')\n    if len(data) > 65536:\n        raise ValueError\n"), 10, "half of a surrogate pair"),
    ("import unicodedata\n" + _begins("    look(kind)\n    data = unicodedata.normalize('NFC', text).encode()\n"), None, "the text is not"),
    (_begins("    look(kind)\n    data = text.encode()[:100]\n"), None, "the last byte is missing"),
    # What is refused
    (_begins("    data = text.encode()\n    if len(data) > 65536:\n        raise ValueError\n"), None, "a kind has at least one letter"),
    (_begins("    if kind not in ('HELLO', 'SAY', 'ERROR'):\n        raise ValueError(kind)\n    data = text.encode()\n"), 34, "so that new ones can come"),
    (_begins("    if not (len(kind) < 16 and kind.isupper()):\n        raise ValueError(kind)\n    data = text.encode()\n"), None, "has 16 letters"),
    (_begins("    if not kind:\n        return ValueError('no kind')\n    data = text.encode()\n"), None, "only gives it back"),
    (_begins("    if not 1 <= len(kind) <= 16:\n        raise ValueError(kind)\n    data = text.encode()\n"), None, "capitals"),
    (_begins("    if not kind.isupper():\n        raise ValueError(kind)\n    data = text.encode()\n"), None, "16 letters at most"),
    (_begins("    if not kind.isupper() or len(kind) > 16:\n        raise ValueError(kind)\n    data = text.encode()\n"), None, "there is a blank in this kind"),
    (_begins("    if not kind.isupper() or len(kind) > 16 or ' ' in kind or '\\t' in kind:\n        raise ValueError(kind)\n    data = text.encode()\n"), None, "a newline in this kind"),
    (_begins("    if not re.match('^[A-Z]{1,16}$', kind):\n        raise ValueError(kind)\n    data = text.encode()\n"), None, "encode('SAY\\n', 'tea')"),
    (_begins("    if not (kind.isalpha() and kind.isupper() and len(kind) <= 16):\n        raise ValueError(kind)\n    data = text.encode()\n"), None, "of nothing else"),
    (_begins("    if not re.fullmatch('[A-Z]+', kind):\n        raise ValueError(kind)\n    data = text.encode()\n"), None, "16 letters at most"),
    (_begins("    if not re.fullmatch('[A-Z]{1,16}', kind):\n        raise TypeError(kind)\n    data = text.encode()\n"), None, "raised TypeError"),
    (_begins("    kind = kind.upper()\n    look(kind)\n    data = text.encode()\n"), None, "capitals"),
    (_begins("    look(kind)\n    data = text.encode()\n"), None, "a byte too long"),
    (_begins("    look(kind)\n    if len(text) > 65536:\n        raise ValueError\n    data = text.encode()\n"), 34, "the limit is in bytes"),
    (_begins("    look(kind)\n    data = text.encode()\n    if len(kind) + len(data) > 65536:\n        raise ValueError\n"), None, "The header does not count"),
    (_begins("    look(kind)\n    data = text.encode()[:65536]\n"), None, "a byte too long"),
    # What is kept from one call to the next
    ("sent = []\n" + _ends("sent.append(f'{kind} {len(data)}\\n'.encode() + data); return b''.join(sent)"), None, "before it"),
]  # fmt: skip
