"""Right answers to read_request, of lesson 15, in as many styles as there are."""

from __future__ import annotations

from helpers.exercises.lesson15.requests import read_request


def but(*changes: tuple[str, str], of: str = read_request.solution) -> str:
    """The solution, with something of it changed."""
    for old, new in changes:
        assert of.count(old) == 1, old
        of = of.replace(old, new)
    return of


PARTS = """
import re
class BadRequest(Exception):
    pass
"""

UNBUFFERED = (
    PARTS
    + r"""
def read_request(conn):
    with conn.makefile("rb", buffering=0) as file:
        used = 0
        lines = []
        while True:
            line = file.readline(16385 - used)
            used += len(line)
            if used > 16384:
                raise BadRequest(431 if lines else 414, "too much")
            if not line and not lines:
                return None
            if not line.endswith(b"\n"):
                raise EOFError("in the middle")
            if line == b"\r\n" and lines:
                break
            if line == b"\r\n":
                continue
            if not line.endswith(b"\r\n"):
                raise BadRequest(400, "CR LF")
            lines.append(line[:-2].decode("iso-8859-1"))
        match lines[0].split(" "):
            case [method, target, "HTTP/1.0" | "HTTP/1.1" as version] if method and target:
                pass
            case [method, target, version] if method and target and version.startswith("HTTP/"):
                raise BadRequest(505, version)
            case _:
                raise BadRequest(400, "first line")
        if not target.isascii() or not target.isprintable() or set(method) & set("()[]<>"):
            raise BadRequest(400, "first line")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
                raise BadRequest(400, "header")
            if any(ord(c) < 32 and c != "\t" for c in value):
                raise BadRequest(400, "control")
            headers.setdefault(name.lower(), []).append(value.strip(" \t"))
        headers = {name: ", ".join(values) for name, values in headers.items()}
        if "transfer-encoding" in headers:
            raise BadRequest(411, "say the length")
        if version == "HTTP/1.1" and "host" not in headers or "," in headers.get("host", ""):
            raise BadRequest(400, "host")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 4000:
            raise BadRequest(400, "length")
        if int(length) > 2 ** 20:
            raise BadRequest(413, "large")
        body = bytearray()
        while len(body) < int(length):
            piece = file.read(int(length) - len(body))
            if not piece:
                raise EOFError("body")
            body += piece
        return method, target, headers, bytes(body)
"""
)

PEEKS = but(
    (
        """    head = bytearray()
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
""",
        """    head = b""
    while b"\\r\\n\\r\\n" not in head:
        peeked = conn.recv(4096, socket.MSG_PEEK)
        if not peeked:
            if head:
                raise EOFError("in the middle")
            return None
        if not head and peeked[:2] in (b"\\r", b"\\r\\n"):
            exactly(conn, 2)
            continue
        end = (head + peeked).find(b"\\r\\n\\r\\n")
        take = len(peeked) if end < 0 else end + 4 - len(head)
        head += exactly(conn, take)
        if len(head) > LONGEST + 4:
            raise BadRequest(431, "too much")
    if re.search(b"(?<!\\r)\\n", head):
        raise BadRequest(400, "a line ends in CR LF")
    return head[:-4]
""",
    ),
    ("import re\n", "import re, socket\n"),
)

MACHINE = (
    PARTS
    + r"""
from http import HTTPStatus
TOKEN = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~")

def read_request(conn):
    state, words, word, headers, name, seen = "before", [], b"", [], b"", 0
    bad = lambda why: BadRequest(HTTPStatus.BAD_REQUEST, why)
    while state != "body":
        byte = conn.recv(1)
        seen += 1
        if byte == b"":
            if state == "before":
                return None
            raise EOFError(state)
        if seen > 16384:
            raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head")
        if state == "before":
            if byte == b"\r":
                state = "empty"
                continue
            state = "first"
        if state == "empty":
            if byte != b"\n":
                raise bad("CR")
            state = "before"
        elif state == "first":
            if byte == b" " or byte == b"\r":
                words.append(word)
                word = b""
                if byte == b"\r":
                    state = "first end"
            elif not 33 <= byte[0] <= 126:
                raise bad("first line")
            else:
                word += byte
        elif state in ("first end", "line end"):
            if byte != b"\n":
                raise bad("bare CR")
            state = "name"
        elif state == "name":
            if byte == b"\r" and not name:
                state = "end"
            elif byte == b":" and name:
                state, word = "value", bytearray()
            elif byte[0] in TOKEN:
                name += byte
            else:
                raise bad("name")
        elif state == "value":
            if byte == b"\r":
                headers.append((name.decode().lower(), word.strip(b" \t").decode("utf-8", "surrogateescape")))
                name, state = b"", "line end"
            elif byte[0] < 32 and byte != b"\t" or byte[0] == 127:
                raise bad("value")
            else:
                word += byte
        elif state == "end":
            if byte != b"\n":
                raise bad("bare CR")
            state = "body"
    if len(words) != 3 or not words[0] or not words[1] or not set(words[0]) <= TOKEN:
        raise bad("first line")
    if not words[2].startswith(b"HTTP/"):
        raise bad("version")
    if words[2][5:] not in (b"1.0", b"1.1"):
        raise BadRequest(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "version")
    lengths = [value for name, value in headers if name == "content-length"]
    hosts = [value for name, value in headers if name == "host"]
    if len(hosts) > 1 or not hosts and words[2] != b"HTTP/1.0":
        raise bad("host")
    if any(name == "transfer-encoding" for name, _ in headers):
        raise BadRequest(HTTPStatus.NOT_IMPLEMENTED, "chunks")
    if len(lengths) > 1 or lengths and not all(c in "0123456789" for c in lengths[0]) or lengths == [""]:
        raise bad("length")
    length = 0
    for digit in lengths[0] if lengths else "":
        length = 10 * length + int(digit)
        if length > 1024 * 1024:
            raise BadRequest(HTTPStatus.CONTENT_TOO_LARGE if hasattr(HTTPStatus, "CONTENT_TOO_LARGE") else 413, "body")
    body = []
    while length:
        body.append(conn.recv(min(length, 65536)))
        if body[-1] == b"":
            raise EOFError("body")
        length -= len(body[-1])
    joined = {}
    for name, value in headers:
        joined[name] = joined[name] + ", " + value if name in joined else value
    return words[0].decode(), words[1].decode(), joined, b"".join(body)
"""
)

EMAIL = but(
    (
        """    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip(" \\t")
        if not colon or not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise BadRequest(400, f"no header: {line[:40]!r}")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
""",
        """    if not lines:
        return {}
    text = "\\r\\n".join(lines)
    message = email.parser.Parser(policy=email.policy.HTTP).parsestr(text + "\\r\\n\\r\\n", headersonly=True)
    pairs = [(name.lower(), str(value).strip(" \\t")) for name, value in message.raw_items()]
    if message.defects or message.get_payload() or any(not NAME.fullmatch(name) or not VALUE.fullmatch(value) for name, value in pairs):
        raise BadRequest(400, "headers")
    if len(pairs) != len(lines) or any(line[0] in " \\t" for line in lines):
        raise BadRequest(400, "lines")
    return {name: ", ".join(value for each, value in pairs if each == name) for name, _ in pairs}
""",
    ),
    ("import re\n", "import re, email.parser, email.policy\n"),
)

REGEX = (
    PARTS
    + r"""
HEAD = re.compile(rb"([\w!#$%&'*+.^`|~-]+) ([!-~]+) HTTP/(\d)\.(\d)\r\n((?:[\w!#$%&'*+.^`|~-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n)*)\r\n")
HEADER = re.compile(rb"([^:]+):([^\r]*)\r\n")

def read_request(conn):
    head = b""
    while head[-4:] != b"\r\n\r\n":
        if len(head) >= 16384:
            raise BadRequest(431, "long")
        data = conn.recv(1)
        if data == b"":
            if head.strip():
                raise EOFError
            return None
        head += data
        if head == b"\r\n":
            head = b""
        if head[-1:] == b"\n" and head[-2:] != b"\r\n":
            raise BadRequest(400, "LF")
    if not (found := HEAD.fullmatch(head)):
        raise BadRequest(400, "request")
    method, target, major, minor, rest = found.groups()
    if major != b"1":
        raise BadRequest(505, "version")
    headers = {}
    for name, value in HEADER.findall(rest):
        name = name.decode().lower()
        if name in headers and name in ("host", "content-length"):
            raise BadRequest(400, name)
        headers[name] = ", ".join(filter(None, [headers.get(name), value.decode("latin1").strip(" \t")])) if name in headers else value.decode("latin1").strip(" \t")
    if minor > b"0" and "host" not in headers:
        raise BadRequest(400, "host")
    if "transfer-encoding" in headers:
        raise BadRequest(501, "te")
    size = headers.get("content-length", "0")
    if not re.fullmatch(r"[0-9]+", size):
        raise BadRequest(400, "length")
    if len(size) > 9 or int(size) > 1048576:
        raise BadRequest(413, "length")
    body = b""
    while len(body) != int(size):
        data = conn.recv(int(size) - len(body))
        if data == b"":
            raise EOFError
        body += data
    return (method.decode(), target.decode(), headers, body)
"""
)

LINES = (
    PARTS
    + r"""
def read_line(conn, left):
    line = b""
    while not line.endswith(b"\n"):
        if len(line) == left:
            raise BadRequest(431, "too long")
        byte = conn.recv(1)
        if not byte:
            if line:
                raise EOFError(line)
            return None
        line += byte
    return line

def read_request(conn):
    left = 16384
    first = read_line(conn, left)
    while first == b"\r\n":
        first = read_line(conn, left)
    if first is None:
        return None
    left -= len(first)
    fields = []
    while True:
        line = read_line(conn, left)
        if line is None:
            raise EOFError
        left -= len(line)
        line = line.removesuffix(b"\n").removesuffix(b"\r")   # a bare LF ends a line too: RFC 9112, 2.2
        if not line:
            break
        if line[:1] in b" \t":                                # and a folded line goes on with the one before: 5.2
            if not fields:
                raise BadRequest(400, "folded")
            fields[-1] = fields[-1].rstrip() + b" " + line.strip()
        else:
            fields.append(line)
    words = first.split()
    if len(words) != 3 or not words[2].startswith(b"HTTP/") or b"\r" in first[:-2]:
        raise BadRequest(400, "first")
    if words[2] not in (b"HTTP/1.0", b"HTTP/1.1"):
        raise BadRequest(505, "version")
    if not words[0].replace(b"-", b"").isalpha() or not re.fullmatch(rb"[!-~]+", words[1]):
        raise BadRequest(400, "first")
    headers = {}
    for field in fields:
        field = field.replace(b"\r", b" ")                    # a bare CR may be a blank: 2.2
        if b":" not in field or not re.fullmatch(rb"[^\x00-\x20()<>@,;:\\\"/\[\]?={}\x7f-\xff]+", field.split(b":")[0]) or b"\0" in field:
            raise BadRequest(400, "header")
        name, value = field.split(b":", 1)
        name, value = str(name, "ascii").lower(), str(value, "latin-1").strip(" \t\r\n")
        if name == "content-length" and headers.get(name, value) != value or name == "host" and name in headers:
            raise BadRequest(400, "twice")
        if name == "content-length" or name not in headers:
            headers[name] = value
        else:
            headers[name] += ", " + value
    if words[2] == b"HTTP/1.1" and not headers.get("host"):
        raise BadRequest(400, "host")
    if "transfer-encoding" in headers:
        raise BadRequest(501, "chunks")
    size = 0
    if "content-length" in headers:
        if not re.fullmatch("[0-9]{1,20}", headers["content-length"]):
            raise BadRequest(400, "length")
        size = int(headers["content-length"])
        if size > 1 << 20:
            raise BadRequest(413, "body")
    body = bytearray(size)
    view = memoryview(body)
    while view:
        got = conn.recv_into(view)
        if not got:
            raise EOFError
        view = view[got:]
    return str(words[0], "ascii"), str(words[1], "ascii"), headers, bytes(body)
"""
)

WAITALL = but(
    (
        """        piece = conn.recv(n - len(data))
""",
        """        piece = conn.recv(min(n - len(data), 8192), getattr(socket, "MSG_WAITALL", 0))
""",
    ),
    ("import re\n", "import re, socket\n"),
)

OWN_CLASS = but(
    (
        '    """args: the status to answer, and why."""\n',
        '    def __init__(self, status, why):\n        super().__init__(status, why)\n        self.status = status\n    def __str__(self):\n        return self.args[1]\n',
    )
)  # fmt: skip

HTTP_CLIENT = (
    PARTS
    + r"""
import http.client, itertools

class Counted:
    def __init__(self, conn):
        self.file, self.lines, self.size = conn.makefile("rb", 0), [], 0
    def readline(self, limit=-1):
        line = self.file.readline(16385 - self.size)
        self.size += len(line)
        if self.size > 16384:
            raise BadRequest(431, "too much")
        if line[-1:] == b"\n" and line[-2:] != b"\r\n" or b"\0" in line or re.search(rb"\r(?!\n)", line):
            raise BadRequest(400, "line end")
        if line[-1:] != b"\n" and (line or self.lines):
            raise EOFError
        self.lines.append(line)
        return line

def read_request(conn):
    reader = Counted(conn)
    try:
        while (first := reader.readline()) == b"\r\n":
            pass
        if not first:
            return None
        reader.lines.clear()
        try:
            message = http.client.parse_headers(reader)
        except http.client.HTTPException as error:
            raise BadRequest(431, str(error)) from error
        *fields, _ = reader.lines
        if any(not re.match(rb"[\w!#$%&'*+.^`|~-]+:", field) or re.search(rb"[\x01-\x08\x0b\x0c\x0e-\x1f]", field) for field in fields):
            raise BadRequest(400, "headers")
        if not (found := re.fullmatch(rb"([\w!#$%&'*+.^`|~-]+) ([!-~]+) (HTTP/\d+\.\d+)\r\n", first)):
            raise BadRequest(400, "first line")
        method, target, version = (each.decode() for each in found.groups())
        if version[:7] != "HTTP/1.":
            raise BadRequest(505, version)
        if len(message.get_all("Host", [])) != 1 and version != "HTTP/1.0":
            raise BadRequest(400, "host")
        if "Transfer-Encoding" in message:
            raise BadRequest(501, "coding")
        lengths = message.get_all("Content-Length", ["0"])
        if len({each.strip() for each in lengths}) > 1 or not re.fullmatch("[0-9]{1,20}", lengths[0].strip(), re.ASCII):
            raise BadRequest(400, "length")
        if int(lengths[0]) > 1 << 20:
            raise BadRequest(413, "body")
        left, body = int(lengths[0]), []
        while left and (piece := reader.file.read(left)):
            body.append(piece)
            left -= len(piece)
        if left:
            raise EOFError
        headers = {name.lower(): ", ".join(str(each).strip() for each in message.get_all(name)) for name in message}
        if "content-length" in headers:
            headers["content-length"] = lengths[0].strip()
        return method, target, headers, b"".join(body)
    finally:
        reader.file.close()
"""
)

ITERATED = but(
    (
        """    while not head.endswith(b"\\r\\n\\r\\n"):
        byte = conn.recv(1)
        if not byte and head:
            raise EOFError("the stream ended in mid-request")
        if not byte:
            return None
""",
        """    for byte in iter(lambda: conn.recv(1), b""):
""",
    ),
    (
        """            raise BadRequest(431, f"more than {LONGEST} bytes before the body")
    return bytes(head[:-4])
""",
        """            raise BadRequest(431, f"more than {LONGEST} bytes before the body")
        if head.endswith(b"\\r\\n\\r\\n"):
            return bytes(head[:-4])
    if head:
        raise EOFError("the stream ended in mid-request")
    return None
""",
    ),
)

NAMED = but(
    ("import re\n", "import re, collections\nRequest = collections.namedtuple('Request', 'method target headers body')\n"),
    ("    return method, target, headers, exactly(conn, length_of(headers))\n", "    return Request(method, target, headers, exactly(conn, length_of(headers)))\n"),
    ("    headers = {}\n", "    headers = collections.OrderedDict()\n"),
)  # fmt: skip

RIGHT: list[str] = [NAMED, UNBUFFERED, PEEKS, MACHINE, EMAIL, HTTP_CLIENT, ITERATED, REGEX, LINES, WAITALL, OWN_CLASS]
