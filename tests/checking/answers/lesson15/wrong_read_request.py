"""Wrong answers to read_request, of lesson 15: as beginners write them, and the solution with one thing of it left out."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson15.read_request import LINES, PARTS, UNBUFFERED, but

AT_ONCE = (
    PARTS
    + r"""
def read_request(conn):
    data = conn.recv(65536)
    if not data:
        return None
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, version = first.split(" ")
    headers = {}
    for line in lines:
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    return method, target, headers, body
"""
)

LARGE_PIECES = (
    PARTS
    + r"""
def read_request(conn):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = conn.recv(4096)
        if not piece:
            if data:
                raise EOFError
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, version = first.split(" ")
    headers = {}
    for line in lines:
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    while len(body) < length:
        body += conn.recv(4096)
    return method, target, headers, body
"""
)

UNTIL_THE_END = (
    PARTS
    + r"""
def read_request(conn):
    data = b""
    while piece := conn.recv(4096):
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, version = first.split(" ")
    return method, target, dict(line.lower().split(": ") for line in lines), body
"""
)

KEPT_ELSEWHERE = """
LEFT = {}
""" + but(
    (
        """    head = bytearray()
    while not head.endswith(b"\\r\\n\\r\\n"):
        byte = conn.recv(1)
""",
        """    head = bytearray()
    while not head.endswith(b"\\r\\n\\r\\n"):
        left = LEFT.get(conn, b"") or conn.recv(4096)
        byte, LEFT[conn] = left[:1], left[1:]
""",
    ),
    (
        """        piece = conn.recv(n - len(data))
""",
        """        left = LEFT.get(conn, b"") or conn.recv(4096)
        piece, LEFT[conn] = left[:n - len(data)], left[n - len(data):]
""",
    ),
)

ALL_AS_TEXT = (
    PARTS
    + r"""
def read_request(conn):
    text = ""
    while not text.endswith("\r\n\r\n"):
        char = conn.recv(1).decode()
        if not char:
            if text:
                raise EOFError
            return None
        text += char
    first, *lines = text.removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    headers = {}
    for line in lines:
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    body = ""
    while len(body) < int(headers.get("content-length", 0)):
        char = conn.recv(1).decode()
        if not char:
            raise EOFError
        body += char
    return method, target, headers, body.encode()
"""
)

LENGTH_OF_TEXT = but(
    ("        piece = conn.recv(n - len(data))\n", "        piece = conn.recv(n - len(data.decode('utf-8', 'ignore')))\n"),
    ("    while len(data) < n:\n", "    while len(data.decode('utf-8', 'ignore')) < n:\n"),
)  # fmt: skip

NO_BOUND = (
    """        if len(head) > LONGEST:
            raise BadRequest(431, f"more than {LONGEST} bytes before the body")
""",
    "",
)
VALUES = ("""        headers[name] = f"{headers[name]}, {value}" if name in headers else value
""", """        headers[name] = value
""")  # fmt: skip
HEADER = """        if not colon or not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise BadRequest(400, f"no header: {line[:40]!r}")
"""
HOST = """    if host is None or re.search("[ ,]", host):
        raise BadRequest(400, "there has to be one Host")
"""
CHUNKS = """    if "transfer-encoding" in headers:
        raise BadRequest(501, "only Content-Length says here how long a body is")
"""
DIGITS = """    if not re.fullmatch("[0-9]{1,20}", length):
        raise BadRequest(400, f"no length: {length[:40]!r}")
"""
TOO_LARGE = """    if int(length) > LARGEST:
        raise BadRequest(413, f"a body of more than {LARGEST} bytes")
"""
VERSION = """    if major != "1":
        raise BadRequest(505, f"HTTP/{major}")
"""
WORDS = """    words = FIRST.fullmatch(first)
    if not words:
        raise BadRequest(400, f"no first line: {first[:40]!r}")
    method, target, major, minor = words.groups()
"""
LINE_FEED = """        if byte == b"\\n" and not head.endswith(b"\\r"):
            raise BadRequest(400, "a line ends in CR LF")
"""
ENDS = """        if not byte and head:
            raise EOFError("the stream ended in mid-request")
        if not byte:
            return None
"""
BODY = "exactly(conn, length_of(headers))\n\n"

BODY_BEHIND_A_BUFFER = but(
    ("    head = bytearray()\n", "    head = bytearray()\n    lines = conn.makefile('rb')\n"),
    ("        byte = conn.recv(1)\n", "        byte = lines.read(1)\n"),
)

WRONG: list[Wrong] = [
    # in pieces
    (AT_ONCE, 1, "What the first recv brings need not be all of it"),
    (LARGE_PIECES, 36, "what follows is the next request"),
    (UNTIL_THE_END, 12, "both wait for ever"),
    (UNBUFFERED.replace("buffering=0", "buffering=-1"), 36, "the call before had taken it"),
    (
        UNBUFFERED.replace("            body += piece", "            body = piece")
        .replace("while len(body) < int(length)", "if len(body) < int(length)")
        .replace("            if not piece", "            if len(piece) < int(length)"),
        2,
        "one read of a file without a buffer",
    ),
    (BODY_BEHIND_A_BUFFER, None, "taken together with the headers"),
    (KEPT_ELSEWHERE, 36, "who knows nothing of what was kept elsewhere"),
    (but((BODY, "conn.recv(length_of(headers)) if length_of(headers) else b''\n\n")), 2, "recv brings what is there"),
    (but((BODY, "exactly(conn, length_of(headers)) if method == 'POST' else b''\n\n")), None, "whatever the method"),
    (but(("recv(n - len(data))", "recv(65536)")), 36, "what follows is the next request"),
    (but((ENDS, "        if not byte and not head:\n            return None\n")), 11, "b'' again and again"),
    (but((ENDS, "        if not byte:\n            raise EOFError('no more')\n")), None, "That is None"),
    (but((ENDS, "        if not byte:\n            return None\n")), None, "in the middle of the first line"),
    (
        but(
            ('            raise EOFError(f"the stream ended after {len(data)} of {n} bytes")\n', "            break\n")
        ),
        None,
        "after 5 of 9 bytes of the body",
    ),
    (but(('b"\\r\\n\\r\\n"):', 'b"\\n\\n"):')), 12, "both wait for ever"),
    # bytes and characters
    (LENGTH_OF_TEXT, 35, "Content-Length counts bytes"),
    (ALL_AS_TEXT, None, "UnicodeDecodeError"),
    (but((BODY, "exactly(conn, length_of(headers)).decode()\n\n")), None, "a body may be a picture"),
    (but(('decode("latin-1")', 'decode("ascii")')), None, "'latin-1' reads any header"),
    (but(('.split("\\r\\n")', ".splitlines()")), None, "splitlines()"),
    # what it returns
    (but(("return method, target, headers", "return method.encode(), target, headers")), None, "as str: decode it"),
    (
        but(("return method, target, headers", "return method, target.partition('?')[0], headers")),
        None,
        "belongs to the target",
    ),
    (
        but(
            (
                "return method, target, headers",
                "from urllib.parse import unquote\n    return method, unquote(target), headers",
            )
        ),
        None,
        "it is returned as it stands",
    ),
    (
        but(("return method, target, headers", "return method, target, list(headers.items())")),
        None,
        "where a dict was to come",
    ),
    (
        but(("return method, target, headers, exactly", "return method, target, exactly")),
        None,
        "four things were to come",
    ),
    (
        but(
            ("name, value = name.lower(), value", "name, value = name, value"),
            ('"transfer-encoding" in headers', '"Transfer-Encoding" in headers'),
            ('headers.get("host"', 'headers.get("Host"'),
            ('"content-length"', '"Content-Length"'),
        ),
        None,
        "clients write names in any case",
    ),
    (
        but(
            ('value.strip(" \\t")', "value"),
            ('length = headers.get("content-length", "0")', 'length = headers.get("content-length", "0").strip()'),
            ('re.search("[ ,]", host)', '","  in host'),
        ),
        None,
        "blanks and line ends around a value",
    ),
    (
        but(('line.partition(":")', '(line.split(":") + [""])[0:1] + [":"] + (line.split(":") + [""])[1:2]')),
        None,
        "only the first colon ends the name",
    ),
    (but(('line.partition(":")', 'line.partition(": ")')), None, "and that request keeps the rules"),
    (but(VALUES), None, "a dict keeps only the last value"),
    (
        but(('        if head == b"\\r\\n":\n            head.clear()\n', "")),
        None,
        "Empty lines before a first line are skipped",
    ),
    # errors
    (
        but(
            (
                "    head = head_of(conn)\n",
                "    try:\n        head = head_of(conn)\n    except ConnectionError:\n        return None\n",
            )
        ),
        21,
        "ConnectionResetError",
    ),
    (
        but(("    head = head_of(conn)\n", "    conn.settimeout(0.3)\n    head = head_of(conn)\n")),
        None,
        "A slow peer is not a dead one",
    ),
    (
        but((WORDS, "    method, target, version = first.split(' ')\n    major, minor = version[5:].split('.')\n")),
        None,
        "says no status",
    ),
    (
        but(
            (
                WORDS,
                "    if len(first.split()) != 3:\n        raise BadRequest(400, first)\n    method, target, version = first.split()\n    major, _, minor = version.partition('HTTP/')[2].partition('.')\n",
            )
        ),
        None,
        "HTTP/ and two digits end a first line",
    ),
    (but((HEADER, "        if not colon:\n            raise BadRequest(400, 'no colon')\n")), None, "b': tea'"),
    (but((HOST, "")), None, "without Host"),
    (but(('"" if minor == "0" else None', "None")), None, "refused GET /old"),
    (but((VERSION, "")), None, "HTTP/2.0"),
    (but((DIGITS, "")), 25, "invalid literal for int()"),
    (but((DIGITS, "    if not length.isdigit():\n        raise BadRequest(400, 'no length')\n")), 25, "says no status"),
    (
        but(
            (
                DIGITS,
                "    try:\n        int(length)\n    except ValueError:\n        raise BadRequest(400, 'no length')\n    if int(length) < 0:\n        raise BadRequest(400, 'negative')\n",
            )
        ),
        25,
        "b'+3'",
    ),
    (
        but(
            (
                '    if not re.fullmatch("[0-9]{1,20}", length):\n        raise BadRequest(400, f"no length: {length[:40]!r}")',
                "    if not re.fullmatch('[0-9]+', length):\n        raise BadRequest(400, 'no length')",
            )
        ),
        25,
        "5,000 digits",
    ),
    (
        but((DIGITS, "    if not re.fullmatch('[0-9]{1,20}', length):\n        raise ValueError(400, 'no length')\n")),
        25,
        "whoever answers needs BadRequest",
    ),
    (
        but(('raise BadRequest(400, f"no first line: {first[:40]!r}")', "raise BadRequest('400 no first line')")),
        None,
        "the status as a number, and why",
    ),
    (
        but(('class BadRequest(Exception):\n    """args: the status to answer, and why."""\n', "")),
        None,
        "The class stands in the lesson's cell",
    ),
    (
        but(
            (
                'raise BadRequest(400, f"no first line: {first[:40]!r}")',
                "conn.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n')\n        return None",
            )
        ),
        None,
        "it returned None",
    ),
    (but((CHUNKS, "")), None, "How long its body is stands in the chunks"),
    # at its worst
    (but(NO_BOUND), None, "Headers without end"),
    (LINES.replace("left -= len(line)", "left -= 0"), None, "Headers without end"),
    (but((TOO_LARGE, "")), 25, "refused before anybody waits for it"),
    (
        but(("        piece = conn.recv(n - len(data))\n", "        piece = conn.recv(1)\n")),
        None,
        "How many bytes does each recv ask for",
    ),
    (
        LINES.replace('headers.get(name, value) != value or name == "host"', 'False or name == "host"'),
        None,
        "Two lengths",
    ),
    (
        but(
            (
                CHUNKS,
                CHUNKS.replace(
                    '"transfer-encoding" in headers', '"chunked" in headers.get("transfer-encoding", "").lower()'
                ),
            )
        ),
        None,
        "A length, and",
    ),
    (
        but(("name, value = name.lower(), value", "name, value = name.lower().strip(), value")),
        None,
        "No blank stands before a colon",
    ),
    (
        but((LINE_FEED, ""), ('VALUE = re.compile(r"[\\t -~\\x80-\\xff]*")', 'VALUE = re.compile(r"[^\\0]*", re.S)')),
        None,
        "A line with b'\\n'",
    ),
    (
        but(('VALUE = re.compile(r"[\\t -~\\x80-\\xff]*")', 'VALUE = re.compile(r"[^\\0\\n]*")')),
        None,
        "A line with b'\\r'",
    ),
    # says more than it is asked
    (
        but(
            (
                'raise BadRequest(400, f"no first line',
                "conn.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n')\n        raise BadRequest(400, f\"no first line",
            )
        ),
        None,
        "it sent an answer of its own",
    ),
    # leaves behind
    (
        but(
            (
                "    return method, target, headers",
                "    body = exactly(conn, length_of(headers))\n    if not body:\n        conn.settimeout(10)\n    return method, target, headers",
            ),
            (BODY, "body\n\n"),
        ),
        None,
        "timeout",
    ),
]
