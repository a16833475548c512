"""Requests that break the rules of RFC 9112 and 9110, and those that two readers take for different ones: each with its status, and why. Where the rules leave a choice, each choice is named.

Goes out: tables of `Bad`. Who may import it: the exercises that read requests.
"""

from __future__ import annotations

from helpers.exercises.lesson15.reading import Bad, Request

LONGEST = 16 * 1024
"""Bytes before the body."""
LARGEST = 1 << 20
"""Bytes of a body."""
HIDDEN = b"GET /secret HTTP/1.1\r\nHost: a\r\n\r\n"
"""What is to pass for a body where somebody looks after the requests, and for a request where nobody does."""

_REST = b"\r\nHost: a\r\n\r\n"
_START = b"GET / HTTP/1.1\r\nHost: a\r\n"
_DIGITS = "A length is digits, 0 to 9, and nothing else (int() takes more than that)"
_THREE = "A first line has three words, with one blank between them"
_NAME = "A name has letters, digits and some signs, and no blank or bracket is among them"
_HOST = "Since HTTP/1.1 each request says once for whom it is, in Host"
_CHUNKS = "How long its body is stands in the chunks, and these are not read here"


def with_length(length: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + b"\r\n\r\ntea and milk"


# What breaks the rules -------------------------------------------------------------------------------------------------

FIRST_LINES = tuple(
    Bad(line + _REST, f"the first line {line!r}", why, (400, *others))
    for line, why, *others in (
        (b"hello", _THREE),
        (b"GET /", _THREE, 505),
        (b"GET HTTP/1.1", _THREE),
        (b"GET /my tea.html HTTP/1.1", _THREE),
        (b"GET / HTTP/1.1 please", _THREE, 505),
        (b" / HTTP/1.1", _THREE),
        (b"GET  HTTP/1.1", _THREE),
        (b"GET / FTP/1.1", "HTTP/ and two digits end a first line", 505),
        (b"GET / HTTP/1.", "HTTP/ and two digits end a first line", 505),
        (b"G(T / HTTP/1.1", "A method has letters, digits and some signs, and no bracket is among them", 501),
        (b"GET /\x00 HTTP/1.1", "A target is visible ASCII, and anything else stands in it as %"),
        ("GET /tü HTTP/1.1".encode(), "A target is visible ASCII, and anything else stands in it as %"),
    )
)
HEADERS = (
    *(
        Bad(_START + line + b"\r\nAccept: b\r\n\r\n", f"the header {line!r}", why)
        for line, why in (
            (b"tea", "A header is a name, a colon, a value"),
            (b": tea", "A header has a name before its colon"),
            (b"my tea: 3", _NAME),
            (b"t(ea): 3", _NAME),
            ("Tür: 3".encode(), _NAME),
        )
    ),
    Bad(
        _START + b"X-Tea: a\x00b\r\n\r\n",
        "a header with b'\\x00' in it",
        "No value has a NUL in it: what is written in C may take it for the end",
        readings=(("GET", "/", {"host": "a", "x-tea": "a b"}, b""),),
    ),
)
HOSTS = (
    Bad(b"GET / HTTP/1.1\r\nAccept: a\r\n\r\n", "a request without Host", _HOST),
    Bad(b"GET / HTTP/1.1\r\n\r\n", "a request without any header", _HOST),
    Bad(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "a request with two Hosts", _HOST),
)
VERSIONS = (
    *(
        Bad(b"GET / HTTP/%s" % version + _REST, f"the version HTTP/{version.decode()}", "Its major number is not 1", (505, *others))
        for version, *others in ((b"2.0",), (b"3.0",), (b"0.9",), (b"11.0", 400))
    ),
    Bad(b"GET / http/1.1" + _REST, "http/1.1 in small letters", "HTTP is written in capitals", (400, 505)),
)  # fmt: skip
LENGTHS = (
    *(
        Bad(with_length(length), f"the Content-Length {length!r}", _DIGITS, (400,), 25)
        for length in (b"tea", b"", b"-1", b"3.0", b"0x3", b"3 3", b"+3", b"1_0", "٣".encode(), b"\xb3", b"-0")
    ),
    Bad(with_length(b"9" * 5000), "a Content-Length of 5,000 digits", "That is too long to be a length", (413, 400), 25),
)  # fmt: skip
CHUNKS = tuple(
    Bad(b"POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n3\r\ntea\r\n0\r\n\r\n" % header, f"the header {header!r}", _CHUNKS, (501, 411))
    for header in (b"Transfer-Encoding: chunked", b"transfer-ENCODING:Chunked", b"Transfer-Encoding: gzip, chunked")
)  # fmt: skip
TOO_LARGE = tuple(
    Bad(with_length(b"%d" % length), f"a Content-Length of {length:,}", "That is more than 1 MiB, and is refused before anybody waits for it", (413,), 25)
    for length in (LARGEST + 1, 10**15)
)  # fmt: skip


def _without_end(begun: bytes, line: bytes, what: str, *statuses: int) -> tuple[bytes, bytes, Bad]:
    why = f"More than {LONGEST:,} bytes have come before the body, and it keeps them all"
    return begun, line * (4 * LONGEST // len(line)), Bad(b"", what, why, statuses)


WITHOUT_END = (
    _without_end(_START, b"X-Tea: milk and sugar\r\n", "headers without end", 431),
    _without_end(_START, b"X-Tea" * 5, "a header without end", 431),
    _without_end(b"GET /", b"tea/" * 5, "a first line without end", 431, 414),
)
"""How each begins, what comes then, and what that is."""


# What two readers take for different requests --------------------------------------------------------------------------


def _post(*lines: bytes, body: bytes = HIDDEN) -> bytes:
    return b"\r\n".join([b"POST / HTTP/1.1", b"Host: a", *lines, b"", body])


def _read(headers: dict[str, str], body: bytes) -> Request:
    return ("POST", "/", {"host": "a", **headers}, body)


_SIZE = len(HIDDEN)
_BELIEVED = "Whoever stands in front of you, and believes the other one, takes other bytes for the next request"
TWO_LENGTHS = (
    *(
        Bad(_post(*lines), f"two lengths, {' and '.join(map(repr, lines))}", _BELIEVED)
        for lines in (
            (b"Content-Length: 0", b"Content-Length: %d" % _SIZE),
            (b"Content-Length: %d" % _SIZE, b"content-length: 0"),
            (b"Content-Length: 0, %d" % _SIZE,),
        )
    ),
    Bad(
        _post(b"Content-Length: 3", b"Content-Length: 3", body=b"tea"),
        "the same length twice",
        "A length stands there once",
        readings=(_read({"content-length": "3"}, b"tea"), _read({"content-length": "3, 3"}, b"tea")),
    ),
)
_IN_CHUNKS = b"0\r\n\r\n" + HIDDEN
_CONTRADICTS = "One says where the body ends, the other says something else, and whoever stands in front of you may believe the other"
LENGTH_AND_CHUNKS = tuple(
    Bad(
        _post(b"Content-Length: %d" % len(_IN_CHUNKS), *lines, body=_IN_CHUNKS),
        f"a length, and {lines[-1]!r}",
        _CONTRADICTS,
        (400, 501, 411),
    )
    for lines in (
        (b"Transfer-Encoding: chunked",),
        (b"TRANSFER-encoding:\tchunked",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding: identity",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: cow"),
        (b"Transfer-Encoding:",),
    )
)
BLANKS = (
    *(
        Bad(
            _post(line),
            f"the header {line!r}",
            "No blank stands before a colon: some read the header, and some do not know one of that name",
        )
        for line in (b"Content-Length : %d" % _SIZE, b"Content-Length\t: %d" % _SIZE, b"Content-Length\x0b: %d" % _SIZE)
    ),
    *(
        Bad(
            _post(b"X-Tea: milk", line),
            f"the line {line!r} behind a header",
            "A line that begins with a blank went on with the one before, long ago; some read it so, and some as a header",
            readings=(_read({"x-tea": f"milk {line.strip().decode()}"}, b""),),
        )
        for line in (b" Content-Length: %d" % _SIZE, b"\tContent-Length: %d" % _SIZE)
    ),
    Bad(
        b"POST / HTTP/1.1\r\n Content-Length: %d\r\nHost: a\r\n\r\n" % _SIZE + HIDDEN,
        "a blank at the start of the first header",
        "Some read it as a header, and some leave it out",
        readings=(("POST", "/", {"host": "a"}, b""),),
    ),
)


def _kept(between: str) -> Request:
    """As one value, with this in the middle."""
    return _read({"x-tea": f"a{between}Content-Length: {_SIZE}"}, b"")


_LINE_END = "A line ends in \\r\\n; whoever stands in front of you may see a header there, or see none"
LINE_ENDS = (
    *(
        Bad(_post(b"X-Tea: a" + end + b"Content-Length: %d" % _SIZE), f"a line with {end!r} in its middle", _LINE_END, readings=readings)
        for end, readings in (
            (b"\n", (_read({"x-tea": "a", "content-length": str(_SIZE)}, HIDDEN),)),
            (b"\r", (_kept(" "),)),
            (b"\r\r", (_kept("  "),)),
            (b"\x0b", (_kept("\x0b"), _kept(" "))),
            (b"\x0c", (_kept("\x0c"), _kept(" "))),
            (b"\x1c", (_kept("\x1c"), _kept(" "))),
        )
    ),
    Bad(_post(b"X-Tea: a\r"), "a line that ends in b'\\r\\r\\n'", _LINE_END, readings=(_read({"x-tea": "a"}, b""),)),
    Bad(b"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", "a first line with b'\\r' in its middle", _LINE_END),
    Bad(b"GET / HTTP/1.1\rHost: a\r\nHost: b\r\n\r\n", "a first line that ends in b'\\r'", _LINE_END),
)  # fmt: skip
