"""read_request and what breaks the rules: each is refused, at once, with its status. The rules are those of RFC 9112 and 9110; where they leave a choice, each choice holds.

Comes in: `read_request`. Goes out: more scenarios of it. Who may import it: the lesson's package, which imports it for that.
"""

from __future__ import annotations

from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell
from helpers.exercises.lesson15.reading import Bad, must_be_refused, must_read, must_refuse, sent
from helpers.exercises.lesson15.requests import read_request

LONGEST = 16 * 1024
"""Bytes before the body."""
LARGEST = 1 << 20
"""Bytes of a body."""
REST = b"\r\nHost: a\r\n\r\n"
LENGTHS = "A length is digits, 0 to 9, and nothing else (int() takes more than that)"


@read_request.scenario(2, "first lines that are none")
def _first_lines(judge: Judge) -> None:
    three = "A first line has three words, with one blank between them"
    must_refuse(
        judge,
        *(
            Bad(line + REST, f"the first line {line!r}", why, (400, *others))
            for line, why, *others in (
                (b"hello", three),
                (b"GET /", three, 505),
                (b"GET HTTP/1.1", three),
                (b"GET /my tea.html HTTP/1.1", three),
                (b"GET / HTTP/1.1 please", three, 505),
                (b" / HTTP/1.1", three),
                (b"GET  HTTP/1.1", three),
                (b"GET / FTP/1.1", "HTTP/ and two digits end a first line", 505),
                (b"GET / HTTP/1.", "HTTP/ and two digits end a first line", 505),
                (b"G(T / HTTP/1.1", "A method has letters, digits and some signs, and no bracket is among them", 501),
                (b"GET /\x00 HTTP/1.1", "A target is visible ASCII, and anything else stands in it as %"),
                ("GET /tü HTTP/1.1".encode(), "A target is visible ASCII, and anything else stands in it as %"),
            )
        ),
    )


@read_request.scenario(2, "headers that are none")
def _headers(judge: Judge) -> None:
    name = "A name has letters, digits and some signs, and no blank or bracket is among them"
    must_refuse(
        judge,
        *(
            Bad(b"GET / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\nAccept: b\r\n\r\n", f"the header {line!r}", why)
            for line, why in (
                (b"tea", "A header is a name, a colon, a value"),
                (b": tea", "A header has a name before its colon"),
                (b"my tea: 3", name),
                (b"t(ea): 3", name),
                ("Tür: 3".encode(), name),
            )
        ),
        Bad(
            b"GET / HTTP/1.1\r\nHost: a\r\nX-Tea: a\x00b\r\n\r\n",
            "a header with b'\\x00' in it",
            "No value has a NUL in it: what is written in C may take it for the end",
            readings=(("GET", "/", {"host": "a", "x-tea": "a b"}, b""),),
        ),
    )


@read_request.scenario(2, "no Host, and two")
def _host(judge: Judge) -> None:
    why = "Since HTTP/1.1 each request says once for whom it is, in Host"
    must_refuse(
        judge,
        Bad(b"GET / HTTP/1.1\r\nAccept: a\r\n\r\n", "a request without Host", why),
        Bad(b"GET / HTTP/1.1\r\n\r\n", "a request without any header", why),
        Bad(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "a request with two Hosts", why),
    )


@read_request.scenario(2, "versions that are not HTTP/1")
def _versions(judge: Judge) -> None:
    must_refuse(
        judge,
        *(
            Bad(b"GET / HTTP/%s" % version + REST, f"the version HTTP/{version.decode()}", "Its major number is not 1", (505, *others))
            for version, *others in ((b"2.0",), (b"3.0",), (b"0.9",), (b"11.0", 400))
        ),
        Bad(b"GET / http/1.1" + REST, "http/1.1 in small letters", "HTTP is written in capitals", (400, 505)),
    )  # fmt: skip


@read_request.scenario(2, "lengths that are none")
def _lengths(judge: Judge) -> None:
    must_refuse(
        judge,
        *(
            Bad(_with_length(length), f"the Content-Length {length!r}", LENGTHS, (400,), 25)
            for length in (b"tea", b"", b"-1", b"3.0", b"0x3", b"3 3", b"+3", b"1_0", "٣".encode(), b"\xb3", b"-0")
        ),
        Bad(_with_length(b"9" * 5000), "a Content-Length of 5,000 digits", "That is too long to be a length", (413, 400), 25),
    )  # fmt: skip


def _with_length(length: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + b"\r\n\r\ntea and milk"


@read_request.scenario(2, "a body in chunks")
def _chunks(judge: Judge) -> None:
    why = "How long its body is stands in the chunks, and these are not read here"
    must_refuse(
        judge,
        *(
            Bad(
                b"POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n3\r\ntea\r\n0\r\n\r\n" % header,
                f"the header {header!r}",
                why,
                (501, 411),
            )
            for header in (b"Transfer-Encoding: chunked", b"transfer-ENCODING:Chunked", b"Transfer-Encoding: gzip, chunked")
        ),
    )  # fmt: skip


@read_request.scenario(3, "headers without end")
def _without_end(judge: Judge) -> None:
    judge.busy = 2.5
    big = sent(target="/?" + "q" * 2000, headers={"Host": "a", **{f"Cookie-{at}": "x" * 90 for at in range(90)}})
    peer, call = judge.talk()
    peer.send(big.raw)
    must_read(call, big.request)
    start = b"GET / HTTP/1.1\r\nHost: a\r\n"
    for begun, line, what, statuses in (
        (start, b"X-Tea: milk and sugar\r\n", "headers without end", (431,)),
        (start, b"X-Tea" * 5, "a header without end", (431,)),
        (b"GET /", b"tea/" * 5, "a first line without end", (431, 414)),
    ):
        peer, call = judge.talk()
        peer.send(begun)
        peer.cut(line * (4 * LONGEST // len(line)), 4096)
        bad = Bad(b"", what, f"More than {LONGEST:,} bytes have come before the body, and it keeps them all", statuses)
        must_be_refused(call, bad)


@read_request.scenario(3, "a body of just 1 MiB, and one that announces a byte more")
def _largest(judge: Judge) -> None:
    judge.busy = 1.5
    slow = Fell(
        "A body of 1 MiB takes it more than a second of work. How many bytes does each recv ask for, and how often is everything copied?"
    )
    request = sent("PUT", "/tea", body=judge.chance.randbytes(LARGEST))
    peer, call = judge.talk()
    peer.send(request.raw)
    call.finish(slow)
    must_read(call, request.request)
    must_refuse(
        judge,
        *(
            Bad(_with_length(b"%d" % length), f"a Content-Length of {length:,}", "That is more than 1 MiB, and is refused before anybody waits for it", (413,), 25)
            for length in (LARGEST + 1, 10**15)
        ),
    )  # fmt: skip
