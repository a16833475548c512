"""read_request and requests that two readers take for different ones: what one of them takes for a body is the next request to the other. Each has to be refused, or read in the one way that the standard has for it.

Comes in: `read_request`. Goes out: more scenarios of it. Who may import it: the lesson's package, which imports it for that.
"""

from __future__ import annotations

from helpers.checking.judge import Judge
from helpers.exercises.lesson15.reading import Bad, Request, must_refuse
from helpers.exercises.lesson15.requests import read_request

HIDDEN = b"GET /secret HTTP/1.1\r\nHost: a\r\n\r\n"
"""What is to pass for a body where somebody looks after the requests, and for a request where nobody does."""


def _post(*lines: bytes, body: bytes = HIDDEN) -> bytes:
    return b"\r\n".join([b"POST / HTTP/1.1", b"Host: a", *lines, b"", body])


def _read(headers: dict[str, str], body: bytes) -> Request:
    return ("POST", "/", {"host": "a", **headers}, body)


@read_request.scenario(3, "smuggling: two lengths")
def _two_lengths(judge: Judge) -> None:
    why = "Whoever stands in front of you, and believes the other one, takes other bytes for the next request"
    size = b"%d" % len(HIDDEN)
    must_refuse(
        judge,
        *(
            Bad(_post(*lines), f"two lengths, {' and '.join(map(repr, lines))}", why)
            for lines in (
                (b"Content-Length: 0", b"Content-Length: " + size),
                (b"Content-Length: " + size, b"content-length: 0"),
                (b"Content-Length: 0, " + size,),
            )
        ),
        Bad(
            _post(b"Content-Length: 3", b"Content-Length: 3", body=b"tea"),
            "the same length twice",
            "A length stands there once",
            readings=(_read({"content-length": "3"}, b"tea"), _read({"content-length": "3, 3"}, b"tea")),
        ),
    )


@read_request.scenario(3, "smuggling: a length, and chunks")
def _length_and_chunks(judge: Judge) -> None:
    chunks = b"0\r\n\r\n" + HIDDEN
    why = "One says where the body ends, the other says something else, and whoever stands in front of you may believe the other"
    size = b"Content-Length: %d" % len(chunks)
    must_refuse(
        judge,
        *(
            Bad(_post(*lines, body=chunks), f"a length, and {lines[-1]!r}", why, (400, 501, 411))
            for lines in (
                (size, b"Transfer-Encoding: chunked"),
                (size, b"TRANSFER-encoding:\tchunked"),
                (size, b"Transfer-Encoding: xchunked"),
                (size, b"Transfer-Encoding: identity"),
                (size, b"Transfer-Encoding: chunked", b"Transfer-Encoding: cow"),
                (size, b"Transfer-Encoding:"),
            )
        ),
    )


@read_request.scenario(3, "smuggling: a blank before the colon, and a folded line")
def _blanks(judge: Judge) -> None:
    blank = "No blank stands before a colon: some read the header, and some do not know one of that name"
    size = len(HIDDEN)
    must_refuse(
        judge,
        *(
            Bad(_post(line), f"the header {line!r}", blank)
            for line in (b"Content-Length : %d" % size, b"Content-Length\t: %d" % size, b"Content-Length\x0b: %d" % size)
        ),
        *(
            Bad(
                _post(b"X-Tea: milk", line),
                f"the line {line!r} behind a header",
                "A line that begins with a blank went on with the one before, long ago; some read it so, and some as a header",
                readings=(_read({"x-tea": f"milk {line.strip().decode()}"}, b""),),
            )
            for line in (b" Content-Length: %d" % size, b"\tContent-Length: %d" % size)
        ),
        Bad(
            b"POST / HTTP/1.1\r\n Content-Length: %d\r\nHost: a\r\n\r\n" % size + HIDDEN,
            "a blank at the start of the first header",
            "Some read it as a header, and some leave it out",
            readings=(("POST", "/", {"host": "a"}, b""),),
        ),
    )  # fmt: skip


@read_request.scenario(3, "smuggling: line ends that are none")
def _line_ends(judge: Judge) -> None:
    why = "A line ends in \\r\\n; whoever stands in front of you may see a header there, or see none"
    size = len(HIDDEN)
    with_length = _read({"x-tea": "a", "content-length": str(size)}, HIDDEN)

    def kept(between: str) -> Request:
        """As one value, with this in the middle."""
        return _read({"x-tea": f"a{between}Content-Length: {size}"}, b"")

    must_refuse(
        judge,
        *(
            Bad(_post(b"X-Tea: a" + end + b"Content-Length: %d" % size), f"a line with {end!r} in its middle", why, readings=readings)
            for end, readings in (
                (b"\n", (with_length,)),
                (b"\r", (kept(" "),)),
                (b"\r\r", (kept("  "),)),
                (b"\x0b", (kept("\x0b"), kept(" "))),
                (b"\x0c", (kept("\x0c"), kept(" "))),
                (b"\x1c", (kept("\x1c"), kept(" "))),
            )
        ),
        Bad(_post(b"X-Tea: a\r"), "a line that ends in b'\\r\\r\\n'", why, readings=(_read({"x-tea": "a"}, b""),)),
        Bad(b"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", "a first line with b'\\r' in its middle", why),
        Bad(b"GET / HTTP/1.1\rHost: a\r\nHost: b\r\n\r\n", "a first line that ends in b'\\r'", why),
    )  # fmt: skip
