"""read_request(conn): the next HTTP request of a connection."""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Value
from helpers.checking.verdicts import Fell, Hangs, Spins, shown
from helpers.exercises.lesson15.reading import HOST, Sent, must_read, must_read_pieces, sent
from helpers.exercises.slow import must_be_broken, must_wait

read_request = Exercise(
    lesson=15,
    signature="read_request(conn)",
    brief="Return the next request on conn as (method, target, headers, body), and None if the stream ends before one begins. method and target are str, as they stand in the first line. "
    "headers is a dict of str, with names in lower case and no blanks around the values; where a name comes twice, its values are joined by ', '. body is bytes, as many as Content-Length says; b'' without it. "
    "What follows stays in conn, for the next call. If the stream ends in mid-request, raise EOFError; if the connection is broken off, let that error through. "
    "What has to be refused raises BadRequest(status, why), a class of yours: 400 where it breaks the rules, 413 a body of more than 1 MiB, 431 more than 16 KiB before the body, 501 a Transfer-Encoding, "
    "505 a version other than HTTP/1. Leave conn as it was found: open, with its own timeout.",
    tidies=True,
    hints=(
        "Two parts, read in two ways: up to the blank line nobody knows how long it will be, and behind it Content-Length says just how many bytes are left. How do you find the blank line, and take nothing of what follows it?",
        "`recv(1)`, until what you have ends in b'\\r\\n\\r\\n', with a bound. Then split at \\r\\n: the first line has three words, each other one a name, a colon, a value; say no to whatever does not look so. "
        "What do you have that receives exactly n bytes?",
        "`first, *lines = head.decode('latin-1').split('\\r\\n')`; `name, colon, value = line.partition(':')`; `headers[name.lower()] = value.strip(' \\t')`. `re.fullmatch('[0-9]{1,20}', length)` before `int(length)`; "
        "look whether that is too much before you receive so many.",
    ),
    solution="""
import re

LONGEST, LARGEST = 16 * 1024, 1024 * 1024
FIRST = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/([0-9])\\.([0-9])")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\\t -~\\x80-\\xff]*")

class BadRequest(Exception):
    \"\"\"args: the status to answer, and why.\"\"\"

def read_request(conn):
    head = head_of(conn)
    if head is None:
        return None
    first, *lines = head.decode("latin-1").split("\\r\\n")
    words = FIRST.fullmatch(first)
    if not words:
        raise BadRequest(400, f"no first line: {first[:40]!r}")
    method, target, major, minor = words.groups()
    if major != "1":
        raise BadRequest(505, f"HTTP/{major}")
    headers = headers_of(lines)
    host = headers.get("host", "" if minor == "0" else None)
    if host is None or re.search("[ ,]", host):
        raise BadRequest(400, "there has to be one Host")
    return method, target, headers, exactly(conn, length_of(headers))

def head_of(conn):
    head = bytearray()
    while not head.endswith(b"\\r\\n\\r\\n"):
        byte = conn.recv(1)
        if not byte and head:
            raise EOFError("the stream ended in mid-request")
        if not byte:
            return None
        if byte == b"\\n" and not head.endswith(b"\\r"):
            raise BadRequest(400, "a line ends in CR LF")
        head += byte
        if head == b"\\r\\n":
            head.clear()
        if len(head) > LONGEST:
            raise BadRequest(431, f"more than {LONGEST} bytes before the body")
    return bytes(head[:-4])

def headers_of(lines):
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip(" \\t")
        if not colon or not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise BadRequest(400, f"no header: {line[:40]!r}")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers

def length_of(headers):
    if "transfer-encoding" in headers:
        raise BadRequest(501, "only Content-Length says here how long a body is")
    length = headers.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,20}", length):
        raise BadRequest(400, f"no length: {length[:40]!r}")
    if int(length) > LARGEST:
        raise BadRequest(413, f"a body of more than {LARGEST} bytes")
    return int(length)

def exactly(conn, n):
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")
        data += piece
    return data
""",
    reasons="Up to the blank line it takes a byte at a time: more would be the body's, or the next request's. (Real servers take more, and keep what is left beside the connection.) All that is not known to be right is refused: whoever reads "
    "such a request in another way, a proxy in front of you, takes other bytes for the next one. So \\r\\n alone ends a line, no blank stands before a colon, and a length is digits. Two lengths are joined by a comma, and then are no digits any more. "
    "A server for the world reads chunks too (RFC 9112, 7.1); 501 says that this one does not know how.",
)


# Requests that keep the rules ------------------------------------------------------------------------------------------


@read_request.scenario(1, "a request without a body, in one piece")
def _whole(judge: Judge) -> None:
    peer, call = judge.talk()
    request = sent(target="/tea.html")
    peer.send(request.raw)
    must_read(call, request.request)


@read_request.scenario(1, "a browser's request: many headers, and colons in them")
def _browser(judge: Judge) -> None:
    request = sent(
        target="/search?q=tea&to=%2Fmilk",
        headers={
            **HOST,
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)",
            "accept-language": "de-CH,de;q=0.9",
            "Sec-Fetch-Dest": "document",
            "Referer": "http://127.0.0.1:8080/a:b",
        },
    )
    peer, call = judge.talk()
    peer.send(request.raw)
    must_read(call, request.request)


@read_request.scenario(1, "a request that is cut in its first line, and in a header")
def _cut(judge: Judge) -> None:
    request = sent(target="/tea.html")
    for at in (2, 9, 19, 31, 38):
        peer, call = judge.talk()
        peer.send(*cut(request.raw, [at]))
        must_read_pieces(call, request.request)


@read_request.scenario(1, "a request with a body, in one piece and in three")
def _posted(judge: Judge) -> None:
    request = sent("POST", "/order", body=b"drink=tea&sugar=2")
    peer, call = judge.talk()
    peer.send(request.raw)
    must_read(call, request.request)
    peer, call = judge.talk()
    peer.send(*cut(request.raw, [len(request.raw) - 9, len(request.raw) - 3]))
    must_read_pieces(call, request.request)


@read_request.scenario(1, "the blank line, cut at every place")
def _blank_line(judge: Judge) -> None:
    for body in (b"", b"tea"):
        request = sent("POST" if body else "GET", body=body)
        end = len(request.raw) - len(body)
        for at in (end - 3, end - 2, end - 1):
            peer, call = judge.talk()
            peer.send(*cut(request.raw, [at]))
            must_read_pieces(call, request.request)


@read_request.scenario(1, "a client that asks again, on the same connection")
def _again(judge: Judge) -> None:
    first, second = sent(target="/"), sent(target="/favicon.ico")
    peer, call = judge.talk(again=[[], []])
    peer.send(first.raw)
    try:
        judge.wait(lambda: bool(call.items), call)
    except Spins:
        raise
    except Hangs:
        must_read(call, first.request)
    peer.send(second.raw)
    peer.end()
    must_read(call, first.request, second.request, None)


@read_request.scenario(1, "two requests in one piece")
def _glued(judge: Judge) -> None:
    for requests in (
        [sent(target="/"), sent(target="/favicon.ico")],
        [sent("POST", "/order", body=b"drink=tea"), sent(target="/thanks")],
    ):
        peer, call = judge.talk(again=[[], []])
        peer.send(b"".join(each.raw for each in requests))
        peer.end()
        must_read(call, *(each.request for each in requests), None)
    peer, call = judge.talk(rest=True)
    peer.send(requests[0].raw + requests[1].raw)
    peer.end()
    must_read(call, requests[0].request)
    if call.rest != requests[1].raw:
        raise Fell(
            f"After the first request {shown(call.rest)} is left to be read in conn, instead of all that came behind it: what follows a request is for the next call, or for whoever else reads from conn, who knows nothing of what was kept elsewhere.",
            36,
        )


@read_request.scenario(1, "a stream that ends before a request, and in the middle of one")
def _ends(judge: Judge) -> None:
    peer, call = judge.talk()
    peer.end()
    must_read(call, None)
    request = sent("POST", "/order", body=b"drink=tea")
    head = len(request.raw) - 9
    for at, where in (
        (7, "in the middle of the first line"),
        (40, "in the middle of a header"),
        (head - 2, "before the blank line"),
        (head + 5, "after 5 of 9 bytes of the body"),
        (head, "before the body, of which 9 bytes were announced"),
    ):
        peer, call = judge.talk()
        peer.send(request.raw[:at])
        peer.end()
        call.must_raise(EOFError, f"the stream ended {where}")


@read_request.scenario(2, "a body with umlauts, and with what follows it")
def _umlauts(judge: Judge) -> None:
    request, following = (
        sent("POST", "/order", body="Grüße aus Zürich: ½ Tee für Jürg".encode()),
        sent(target="/thanks"),
    )
    counted = Fell(
        "It waits for more, though the body is there: Content-Length counts bytes. ü is one character and two bytes, so whoever counts characters waits for more of them than will come.",
        35,
    )
    peer, call = judge.talk()
    peer.send(request.raw)
    must_read(call, request.request, hangs=counted)
    peer, call = judge.talk(again=[[], []])
    peer.send(request.raw + following.raw)
    peer.end()
    must_read(call, request.request, following.request, None, hangs=counted)


@read_request.scenario(2, "a picture for a body: blank lines in it, and bytes that are no text")
def _picture(judge: Judge) -> None:
    body = b"\r\n\r\n\x89PNG\r\n\x1a\n\0\0" + judge.chance.randbytes(40) + b"\n\nGET / HTTP/1.1\r\n\r\n"
    request = sent("PUT", "/tea.png", body=body)
    for pieces in ([request.raw], cut(request.raw, [len(request.raw) - len(body) + each for each in (2, 4, 30)])):
        peer, call = judge.talk()
        peer.send(*pieces)
        must_read(call, request.request)


@read_request.scenario(2, "two requests, byte by byte")
def _bytewise(judge: Judge) -> None:
    first, second = sent("POST", "/a", body=b"tea\r\n"), sent(target="/b")
    peer, call = judge.talk(again=[[], []])
    peer.cut(first.raw + second.raw, 1)
    peer.end()
    must_read(call, first.request, second.request, None)


@read_request.scenario(2, "names in any case, blanks around values, empty values")
def _any_case(judge: Judge) -> None:
    lines = (
        b"POST / HTTP/1.1\r\nHOST:a\r\ncontent-LENGTH: \t 3 \r\nX-Empty:\r\nX-Blank:   \r\nx-a.b_c!: d\te  \r\n\r\ntea"
    )
    headers = {"host": "a", "content-length": "3", "x-empty": "", "x-blank": "", "x-a.b_c!": "d\te"}
    peer, call = judge.talk()
    peer.send(lines)
    must_read(call, ("POST", "/", headers, b"tea"))


@read_request.scenario(2, "names that come twice")
def _twice(judge: Judge) -> None:
    peer, call = judge.talk()
    peer.send(b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nX-Via: 1\r\naccept: image/png\r\nACCEPT: */*\r\n\r\n")
    must_read(call, ("GET", "/", {"host": "a", "accept": "text/html, image/png, */*", "x-via": "1"}, b""))


@read_request.scenario(2, "other methods, targets and versions")
def _others(judge: Judge) -> None:
    requests = [
        sent("OPTIONS", "*"),
        sent("GET", "http://127.0.0.1:8080/tea?a=b:c"),
        sent("get", "/%C3%BC/../a%20b?x=1?y=2&z=//"),
        sent("M-SEARCH", "/~a;b=c,d"),
        sent("DELETE", "//tea//", {**HOST, "Content-Length": "0"}),
    ]
    for request in (*requests, Sent(b"GET /old HTTP/1.0\r\n\r\n", ("GET", "/old", {}, b""))):
        peer, call = judge.talk()
        peer.send(request.raw)
        must_read(call, request.request)


@read_request.scenario(2, "an empty line before a request")
def _empty_line(judge: Judge) -> None:
    first, second = sent("POST", "/order", body=b"tea"), sent(target="/thanks")
    peer, call = judge.talk(again=[[]])
    peer.send(first.raw + b"\r\n" + second.raw)
    try:
        must_read(call, first.request, second.request)
    except Fell as fell:
        if len(call.items) != 1:
            raise
        did = (
            f"raised {call.error} ({call.text})"
            if call.error
            else f"returned {shown(call.value)}"
            if call.over
            else "waits"
        )
        raise Fell(
            f"An old client sends b'\\r\\n' behind its body; it took that for the start of the next request, and {did}. Empty lines before a first line are skipped."
        ) from fell


@read_request.scenario(2, "headers that are not ASCII")
def _not_ascii(judge: Judge) -> None:
    for raw in ("Åre".encode(), "Zürich".encode("latin-1"), b"\x85\xa0\xff"):
        peer, call = judge.talk()
        peer.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-City: a" + raw + b"z\r\nX-Next: b\r\n\r\n")
        call.finish()
        city = _header(call.value, "x-city")
        if call.error == "UnicodeDecodeError" or (isinstance(city, str) and city[0:1] + city[-1:] == "az"):
            must_read(call, ("GET", "/", {"host": "a", "x-city": str(city), "x-next": "b"}, b""))
            continue
        did = f"raised {call.error} ({call.text})" if call.error else f"returned {shown(call.value)}"
        raise Fell(
            f"A header has the value {b'a' + raw + b'z'!r}, which is not ASCII, and is allowed; it {did}. Only \\r\\n ends a line: "
            "splitlines() and strip() of a str take more characters than that for line ends and blanks."
        )


def _header(value: Value, name: str) -> Value:
    """Of what was returned, as far as it is a request."""
    headers = value[2] if isinstance(value, (tuple, list)) and len(value) == 4 else None
    return headers.get(name) if isinstance(headers, dict) else None


@read_request.scenario(2, "a client that is slow, and one that breaks off")
def _slow(judge: Judge) -> None:
    request = sent("POST", "/order", body=b"drink=tea")
    peer, call = judge.talk(timeout=20.0)
    peer.send(request.raw[:30])
    must_wait(judge, call, "The client had sent half of its headers")
    peer.send(request.raw[30:-4])
    peer.wait_until_taken()
    peer.send(request.raw[-4:])
    must_read(call, request.request)
    for at, where in ((30, "in the middle of the headers"), (-4, "in the middle of the body")):
        peer, call = judge.talk()
        peer.send(request.raw[:at])
        peer.wait_until_taken()
        peer.reset()
        call.finish(Fell("The client broke the connection off, and it goes on trying: nothing comes any more.", 21))
        must_be_broken(call, f"the client broke the connection off {where}")


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """The pieces of `data`, cut at these places."""
    ends = [0, *at, len(data)]
    return [data[start:end] for start, end in zip(ends, ends[1:], strict=False)]
