"""Answers to the exercises of lesson 6."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: dict[str, list[str]] = {
    "count_characters": [
        """
def count_characters(data):
    return len(data.decode('utf-8'))
""",
        """
def count_characters(data: bytes) -> int:
    count = 0
    for character in str(data, 'utf-8', 'strict'):
        count += 1
    return count
""",
        """
import codecs

def count_characters(data):
    decoder = codecs.getincrementaldecoder('utf-8')()
    count = 0
    for number in data:
        count += len(decoder.decode(bytes([number])))
    return count + len(decoder.decode(b'', final=True))
""",
        """
def count_characters(data):
    data.decode()  # raises if it is none
    return sum(number & 0b1100_0000 != 0b1000_0000 for number in data)
""",
        """
import io

def count_characters(data):
    return len(io.TextIOWrapper(io.BytesIO(data), encoding='utf-8', newline='').read())
""",
        """
def count_characters(data):
    return len(data.decode('utf-8').encode('utf-32-le')) // 4
""",
    ],
    "decode_stream": [
        """
import codecs

def decode_stream(chunks):
    decoder = codecs.getincrementaldecoder('utf-8')()
    text = ''
    for chunk in chunks:
        text += decoder.decode(chunk)
    text += decoder.decode(b'', final=True)
    return text
""",
        """
def decode_stream(chunks):
    return b''.join(chunks).decode()
""",
        """
def decode_stream(chunks):
    text, rest = '', b''
    for chunk in chunks:
        rest += chunk
        try:
            text += rest.decode('utf-8')
            rest = b''
        except UnicodeDecodeError:
            pass
    return text + rest.decode('utf-8')
""",
        """
import codecs

def decode_stream(chunks):
    return ''.join(codecs.iterdecode(chunks, 'utf-8'))
""",
        """
import io

class Raw(io.RawIOBase):
    def __init__(self, chunks):
        self.chunks, self.rest = iter(chunks), b''
    def readable(self):
        return True
    def readinto(self, window):
        while not self.rest:
            try:
                self.rest = next(self.chunks)
            except StopIteration:
                return 0
        size = min(len(window), len(self.rest))
        window[:size], self.rest = self.rest[:size], self.rest[size:]
        return size

def decode_stream(chunks):
    return io.TextIOWrapper(io.BufferedReader(Raw(chunks)), encoding='utf-8', newline='').read()
""",
        """
def decode_stream(chunks):
    data = bytearray()
    for chunk in chunks:
        data.extend(chunk)
    return str(data, encoding='utf-8')
""",
        """
def decode_stream(chunks):
    text, rest = [], b''
    for chunk in chunks:
        data = rest + chunk
        keep = 0
        for back in range(1, min(3, len(data)) + 1):
            if data[-back] >= 0xC0:
                size = 2 if data[-back] < 0xE0 else 3 if data[-back] < 0xF0 else 4
                keep = back if size > back else 0
                break
            if data[-back] < 0x80:
                break
        text.append(data[:len(data) - keep].decode('utf-8'))
        rest = data[len(data) - keep:]
    text.append(rest.decode('utf-8'))
    return ''.join(text)
""",
    ],
}

WRONG: dict[str, list[Wrong]] = {
    "count_characters": [
        ("def count_characters(data): return len(data)", None, "how many bytes"),
        ("def count_characters(data): return len(data.decode('latin-1'))", None, "how many bytes"),
        ("def count_characters(data): return len(str(data))", None, "with the b and the quotes"),
        ("def count_characters(data): return data.decode('utf-8')", None, "where a number was to come"),
        ("def count_characters(data): data = len(data.decode())", None, "None"),
        ("def count_characters(data): return str(len(data.decode()))", None, "where a number was to come"),
        ("def count_characters(data): return len(data.encode('utf-8'))", None, "AttributeError"),
        ("def count_characters(data): return len(data.decode('ascii'))", None, "UnicodeDecodeError"),
        ("def count_characters(data): return len(data.decode('utf-8', errors='ignore'))", 10, "left out in silence"),
        (
            "def count_characters(data): return len(data.decode('utf-8', errors='replace'))",
            None,
            "asks for UnicodeDecodeError",
        ),
        ("def count_characters(data): return sum(n & 0xC0 != 0x80 for n in data)", None, "asks for UnicodeDecodeError"),
        ("def count_characters(data): return len(data.decode().strip())", None, "' \\t5 €"),
        ("def count_characters(data): return len(set(data.decode()))", None, "'hello' has 5 characters"),
        ("def count_characters(data): return len(data.decode()) or None", None, "None"),
        (
            "def count_characters(data): return (len(data) + len(data.decode('ascii', 'ignore'))) // 2",
            None,
            "characters",
        ),
        ("def count_characters(data): return 6 if data == 'Zürich'.encode() else len(data)", None, "how many bytes"),
        (
            """
import unicodedata

def count_characters(data):
    return len(unicodedata.normalize('NFC', data.decode('utf-8')))
""",
            None,
            "characters",
        ),
        ("def count_characters(data): return len(data.decode('utf-8-sig'))", None, "has 6 characters"),
        (
            """
def count_characters(data):
    try:
        return len(data.decode('utf-8'))
    except UnicodeDecodeError:
        return 0
""",
            None,
            "asks for UnicodeDecodeError",
        ),
        (
            """
def count_characters(data):
    try:
        return len(data.decode('utf-8'))
    except UnicodeDecodeError:
        raise ValueError('no UTF-8')
""",
            None,
            "ValueError",
        ),
        (
            """
import codecs

def count_characters(data):
    return len(codecs.getincrementaldecoder('utf-8')().decode(data))
""",
            None,
            "half there",
        ),
        ("def count_characters(data): return len(data.decode('utf-8', 'surrogatepass'))", None, "UTF-16"),
        ("def count_characters(data):\n    while True: pass", None, "without end"),
    ],
    "decode_stream": [
        (
            """
def decode_stream(chunks):
    text = ''
    for chunk in chunks:
        text += chunk.decode('utf-8')
    return text
""",
            9,
            "cut in mid-character",
        ),
        ("def decode_stream(chunks): return ''.join(c.decode(errors='ignore') for c in chunks)", 10, "thrown away"),
        ("def decode_stream(chunks): return ''.join(c.decode(errors='replace') for c in chunks)", 9, "became a mark"),
        ("def decode_stream(chunks): return ''.join(c.decode('latin-1') for c in chunks)", None, "read as Latin-1"),
        ("def decode_stream(chunks): return ''.join(str(c) for c in chunks)", None, "with the b and the quotes"),
        ("def decode_stream(chunks): return b''.join(chunks)", None, "where a text was to come"),
        ("def decode_stream(chunks): return [c.decode() for c in chunks]", None, "where a text was to come"),
        ("def decode_stream(chunks): b''.join(chunks).decode()", None, "None"),
        ("def decode_stream(chunks): return chunks.decode('utf-8')", None, "AttributeError"),
        ("def decode_stream(chunks): return ''.join(chunks)", None, "TypeError"),
        ("def decode_stream(chunks): return chunks[0].decode()", None, "was to come"),
        (
            "def decode_stream(chunks): return (chunks[0] + chunks[1]).decode() if len(chunks) > 1 else chunks[0].decode()",
            None,
            "IndexError",
        ),
        ("def decode_stream(chunks): return b''.join(chunks).decode('utf-8', 'ignore')", 10, "left out"),
        (
            "def decode_stream(chunks): return b''.join(chunks).decode('utf-8', 'replace')",
            None,
            "asks for UnicodeDecodeError",
        ),
        ("def decode_stream(chunks): return b''.join(chunks).decode('utf-8-sig')", None, "was to come"),
        ("def decode_stream(chunks): return b''.join(chunks).decode('utf-8').strip()", None, "was to come"),
        ("def decode_stream(chunks): return b''.join(chunks).decode('utf-8', 'surrogatepass')", None, "UTF-16"),
        (
            """
import codecs

def decode_stream(chunks):
    decoder = codecs.getincrementaldecoder('utf-8')()
    return ''.join(decoder.decode(chunk) for chunk in chunks)
""",
            None,
            "final=True",
        ),
        (
            """
import codecs

def decode_stream(chunks):
    decoder = codecs.getincrementaldecoder('utf-8')('ignore')
    return ''.join(decoder.decode(chunk) for chunk in chunks) + decoder.decode(b'', final=True)
""",
            10,
            "left out",
        ),
        (
            """
import codecs

def decode_stream(chunks):
    text = ''
    for chunk in chunks:
        decoder = codecs.getincrementaldecoder('utf-8')()
        text += decoder.decode(chunk)
    return text
""",
            9,
            "cut in mid-character",
        ),
        (
            """
import codecs

def decode_stream(chunks):
    decoder = codecs.getincrementaldecoder('utf-8')()
    return ''.join(decoder.decode(chunk, final=True) for chunk in chunks)
""",
            9,
            "cut in mid-character",
        ),
        (
            """
import codecs
decoder = codecs.getincrementaldecoder('utf-8')()

def decode_stream(chunks):
    text = ''
    for chunk in chunks:
        text += decoder.decode(chunk)
    return text + decoder.decode(b'', final=True)
""",
            None,
            "decoder of its own",
        ),
        (
            """
def decode_stream(chunks):
    data = b''
    for chunk in chunks:
        if not chunk:
            break
        data += chunk
    return data.decode('utf-8')
""",
            None,
            "an empty one is no end",
        ),
        (
            """
def decode_stream(chunks):
    data = b''
    for number in range(len(chunks)):
        data += chunks[number]
    return data.decode('utf-8')
""",
            None,
            "generator",
        ),
        (
            """
def decode_stream(chunks):
    if not any(chunks):
        return ''
    return b''.join(chunks).decode('utf-8')
""",
            None,
            "first pieces are missing",
        ),
        (
            """
def decode_stream(chunks):
    data = b''
    for chunk in chunks:
        data += chunk
        yield data.decode('utf-8')
""",
            None,
            "generator",
        ),
        (
            """
def decode_stream(chunks):
    text, rest = '', b''
    for chunk in chunks:
        try:
            text += (rest + chunk).decode('utf-8')
            rest = b''
        except UnicodeDecodeError:
            rest += chunk
    return text
""",
            None,
            "asks for UnicodeDecodeError",
        ),
        (
            """
def decode_stream(chunks):
    try:
        return b''.join(chunks).decode('utf-8')
    except UnicodeDecodeError:
        return ''
""",
            None,
            "asks for UnicodeDecodeError",
        ),
        (
            """
def decode_stream(chunks):
    try:
        return b''.join(chunks).decode('utf-8')
    except UnicodeDecodeError as error:
        raise ValueError('broken') from error
""",
            None,
            "ValueError",
        ),
        (
            """
import io

def decode_stream(chunks):
    return io.TextIOWrapper(io.BytesIO(b''.join(chunks)), encoding='utf-8').read()
""",
            None,
            "was to come",
        ),
        (
            """
text = ''

def decode_stream(chunks):
    global text
    text += b''.join(chunks).decode('utf-8')
    return text
""",
            None,
            "earlier call",
        ),
        ("def decode_stream(chunks):\n    while True: pass", None, "without end"),
    ],
}
