"""Right answers to serve_files, of lesson 20: in several designs, with extras and without."""

from __future__ import annotations

from helpers.exercises.lesson20.files.exercise import serve_files

PARSE = r"""
import os, re
from pathlib import Path
from urllib.parse import unquote_to_bytes

REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large",
           431: "Request Header Fields Too Large", 501: "Not Implemented", 505: "HTTP Version Not Supported"}
KINDS = {"html": "text/html;charset=utf-8", "css": "text/css;charset=utf-8", "js": "text/javascript;charset=UTF-8", "txt": 'text/plain; charset="utf-8"',
         "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}

class Bad(Exception):
    pass

def parse(head):
    '''(method, target, whether the connection stays, length of the body), of the bytes up to the blank line and with it.'''
    if re.search(rb"(?<!\r)\n|\r(?!\n)", head):
        raise Bad(400)
    line, *fields = head[:-4].split(b"\r\n")
    found = re.fullmatch(rb"([\w!#$%&'*+.^`|~-]+) ([!-~]+) HTTP/(\d)\.(\d)", line)
    if not found:
        raise Bad(400)
    if found[3] != b"1":
        raise Bad(505)
    known = {}
    for field in fields:
        pair = re.fullmatch(rb"([\w!#$%&'*+.^`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*", field)
        if not pair:
            raise Bad(400)
        known.setdefault(pair[1].lower(), []).append(pair[2])
    if len(known.get(b"host", [])) != 1 and not (found[4] == b"0" and b"host" not in known):
        raise Bad(400)
    if b"transfer-encoding" in known:
        raise Bad(501)
    lengths = known.get(b"content-length", [b"0"])
    if len(lengths) > 1 or not re.fullmatch(rb"[0-9]{1,18}", lengths[0]):
        raise Bad(400)
    if int(lengths[0]) > 1 << 20:
        raise Bad(413)
    words = b",".join(known.get(b"connection", [])).lower().replace(b" ", b"").split(b",")
    return found[1].decode(), found[2].decode(), found[4] != b"0" and b"close" not in words, int(lengths[0])

def find(root, target):
    '''An open file, or None.'''
    try:
        name = unquote_to_bytes(target.split("?")[0]).decode()
        if not name.startswith("/"):
            return None
        path = (Path(root) / (name.lstrip("/") + ("index.html" if name.endswith("/") else ""))).resolve(strict=True)
        path.relative_to(Path(root).resolve())
        return path.open("rb") if path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None

def kind_of(file):
    return KINDS.get(file.name.rpartition(".")[2].lower(), "application/octet-stream")

def head_for(status, length, stays, *more):
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", f"Content-Length: {length}", *more]
    if not stays:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode()
"""
"""A reader of requests, and a finder of files, that know no socket."""

SELECTORS = (
    PARSE
    + r"""
import selectors

class Client:
    def __init__(self, conn):
        self.conn, self.came, self.out = conn, b"", bytearray()
        self.skip = 0               # bytes of a body that nobody needs
        self.file, self.left = None, 0
        self.deaf = False           # reads no more requests
        self.over = False           # is let go when all is sent

def serve_files(listener, root):
    selector = selectors.DefaultSelector()

    def fill(client):
        '''Put into the output what can be answered now, and has room.'''
        while len(client.out) < 65536:
            if client.file:
                data = client.file.read(min(client.left, 65536))
                if not data and client.left:
                    client.out.clear()
                    client.over, client.left = True, 0
                client.out += data
                client.left -= len(data)
                if not client.left:
                    client.file.close()
                    client.file = None
                continue
            if client.over or not next_request(client):
                return

    def next_request(client):
        skipped = client.came[:client.skip]
        client.came = client.came[len(skipped):]
        client.skip -= len(skipped)
        client.came = client.came if client.skip else client.came.lstrip(b"\r\n") if client.came.startswith(b"\r\n") else client.came
        end = client.came.find(b"\r\n\r\n", 0, 16384)
        try:
            if client.skip:
                return False
            if end < 0:
                if len(client.came) > 16384:
                    raise Bad(431)
                if re.search(rb"(?<!\r)\n", client.came):
                    raise Bad(400)
                return False
            head, client.came = client.came[:end + 4], client.came[end + 4:]
            method, target, stays, client.skip = parse(head)
        except Bad as bad:
            client.out += head_for(bad.args[0], 0, False)
            client.over = True
            return True
        client.over = not stays
        file = find(root, target) if method == "GET" else None
        if method != "GET":
            client.out += head_for(405, 0, stays, "Allow: GET")
        elif file is None:
            client.out += head_for(404, 0, stays)
        else:
            client.file, client.left = file, os.fstat(file.fileno()).st_size
            client.out += head_for(200, client.left, stays, "Content-Type: " + kind_of(file))
        return True

    def expect(client):
        idle = not client.out and not client.file
        if idle and (client.over or client.deaf):
            return drop(client)
        # What has not been answered is not added to: a client that only asks, and never reads, is asked to wait.
        reads = 0 if client.over or client.deaf or len(client.came) > 65536 else selectors.EVENT_READ
        selector.modify(client.conn, reads | (0 if idle else selectors.EVENT_WRITE), client)

    def drop(client):
        selector.unregister(client.conn)
        if client.file:
            client.file.close()
        client.conn.close()

    def turn(client, events):
        try:
            if events & selectors.EVENT_READ:
                data = client.conn.recv(65536)
                client.deaf = not data
                client.came += data
            fill(client)
            if client.out:
                del client.out[:client.conn.send(client.out)]
            fill(client)
        except BlockingIOError:
            pass
        except OSError:
            return drop(client)
        expect(client)

    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, events in selector.select():
            if key.data is not None:
                turn(key.data, events)
                continue
            try:
                conn, addr = listener.accept()
            except OSError:
                continue
            conn.setblocking(False)
            selector.register(conn, selectors.EVENT_READ, Client(conn))
"""
)
ASYNCIO = (
    PARSE
    + r"""
import asyncio

async def talk(reader, writer, root):
    while True:
        try:
            head = await reader.readuntil(b"\n")
            while head == b"\r\n":
                head = await reader.readuntil(b"\n")
            while not head.endswith(b"\r\n\r\n"):
                if len(head) > 16384:
                    raise Bad(431)
                if not head.endswith(b"\r\n"):
                    raise Bad(400)
                head += await reader.readuntil(b"\n")
            method, target, stays, length = parse(head)
            await reader.readexactly(length)
        except Bad as bad:
            writer.write(head_for(bad.args[0], 0, False))
            return
        except asyncio.LimitOverrunError:
            writer.write(head_for(431, 0, False))
            return
        file = find(root, target)
        if method not in ("GET", "HEAD"):
            writer.write(head_for(501, 9, stays) + b"not here\n")
        elif file is None:
            writer.write(head_for(404, 9, stays) + (b"not here\n" if method == "GET" else b""))
        else:
            with file:
                left = os.fstat(file.fileno()).st_size
                writer.write(head_for(200, left, stays, "Content-Type: " + kind_of(file)))
                while left and method == "GET":
                    data = file.read(min(left, 1 << 17))
                    if not data:
                        return
                    writer.write(data)
                    await writer.drain()
                    left -= len(data)
        if file:
            file.close()
        await writer.drain()
        if not stays:
            return

def serve_files(listener, root):
    async def meet(reader, writer):
        try:
            await talk(reader, writer, root)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def serve():
        server = await asyncio.start_server(meet, sock=listener, limit=16384)
        await server.serve_forever()

    asyncio.run(serve())
"""
)
SOCKETSERVER = (
    PARSE
    + r"""
import socketserver

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while self.once():
                pass
        except OSError:
            pass

    def once(self):
        head = b""
        try:
            while not head.endswith(b"\r\n\r\n"):
                line = self.rfile.readline(16385 - len(head))
                if not line:
                    return False
                head += line
                if head == b"\r\n":
                    head = b""
                if len(head) > 16384:
                    raise Bad(431)
                if not line.endswith(b"\r\n") and line.endswith(b"\n"):
                    raise Bad(400)
            method, target, stays, length = parse(head)
        except Bad as bad:
            self.wfile.write(head_for(bad.args[0], 0, False))
            return False
        if len(self.rfile.read(length)) < length:
            return False
        if method != "GET":
            self.wfile.write(head_for(405, 0, stays, "Allow: GET"))
            return stays
        place = os.path.join(self.server.root, target[1:].split("?")[0])
        file = find(self.server.root, target)
        if file is None and re.fullmatch(r"/[a-z]+", target) and os.path.isdir(place):
            self.wfile.write(head_for(301, 0, stays, f"Location: {target}/"))
            return stays
        if file is None:
            self.wfile.write(head_for(404, 0, stays))
            return stays
        with file:
            size = os.fstat(file.fileno()).st_size
            self.wfile.write(head_for(200, size, stays, "Content-Type: " + kind_of(file)))
            return not size or self.request.sendfile(file, count=size) == size and stays

class Threaded(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True

def serve_files(listener, root):
    REASONS[301] = "Moved Permanently"
    server = Threaded(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket, server.root = listener, root
    server.serve_forever()
"""
)
HTTP_SERVER = (
    PARSE
    + r"""
import io
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

class Handler(SimpleHTTPRequestHandler):
    '''Of http.server what finds, dates and sends files; the requests are read before it reads them.'''
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        stream = self.rfile
        head = b""
        try:
            while not head.endswith(b"\r\n\r\n"):
                line = stream.readline(16385 - len(head))
                if not line:
                    self.close_connection = True
                    return
                head += line
                if head == b"\r\n":
                    head = b""
                if len(head) > 16384:
                    raise Bad(431)
                if not line.endswith(b"\r\n") and line.endswith(b"\n"):
                    raise Bad(400)
            method, target, stays, length = parse(head)
            stream.read(length)
        except Bad as bad:
            self.wfile.write(head_for(bad.args[0], 0, False))
            self.close_connection = True
            return
        self.rfile, self.stays = io.BytesIO(head), stays
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True
        finally:
            self.rfile = stream

    def end_headers(self):
        if not self.stays:
            self.send_header("Connection", "close")
        super().end_headers()

    def translate_path(self, path):
        file = find(self.directory, path)
        if file is None:
            return os.path.join(self.directory, "no", "such", "file")
        file.close()
        return file.name

    def guess_type(self, path):
        return KINDS.get(str(path).rpartition(".")[2].lower(), "application/octet-stream")

    def copyfile(self, source, target):
        left = os.fstat(source.fileno()).st_size
        while left:
            data = source.read(min(left, 65536))
            if not data:
                self.close_connection = True
                return
            target.write(data)
            left -= len(data)

    def log_message(self, *args):
        pass

def serve_files(listener, root):
    class Server(ThreadingHTTPServer):
        def finish_request(self, request, address):
            Handler(request, address, self, directory=root)

        def handle_error(self, request, address):
            pass

    server = Server(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()
"""
)


def but(*changes: tuple[str, str], of: str = serve_files.solution) -> str:
    """The solution, with something of it changed."""
    for old, new in changes:
        assert old in of, old
        of = of.replace(old, new)
    return of


NO_EXTRAS = but(
    ('if method not in ("GET", "HEAD"):', 'if method != "GET":'),
    ('{"Allow": "GET, HEAD"}', '{"Allow": "GET"}'),
    (',\n             "Last-Modified": changed, "ETag": tag}', "}"),
    ('    if is_known(headers, tag, about.st_mtime):\n        return answer(conn, 304, stays, extra, bodiless=True)\n', ""),
    ('method == "GET" and headers.get("if-range", tag) in (tag, changed)', "False"),
)  # fmt: skip
WHOLE_SMALL_FILES = but(
    ("    file.seek(start)\n", "    file.seek(start)\n    if end - start < 1 << 16:\n        return conn.sendall(file.read(end - start))\n"),
    ('headers.get("if-range", tag) in (tag, changed)', '"if-range" not in headers'),
    (', "ETag": tag}', "}"),
)  # fmt: skip

ODD = but(
    ("def serve_files(listener, root):\n", "def serve_files(listener, root):\n    os.chdir(root)\n    root = '.'\n"),
    ('    if not stays:\n        lines.append("Connection: close")', "    lines += [f\"Connection: {'keep-alive' if stays else 'close'}\", 'Keep-Alive: timeout=30', 'Server: tea', f'Date: {formatdate(usegmt=True)}']"),
    ("    file.seek(start)\n", "    if start < end and conn.sendfile(file, start, end - start) < end - start:\n        raise EOFError\n    return\n"),
    ("    if not file:\n", "    if not file and not target.startswith('//') and safe_path(root, target + '/'):\n        answer(conn, 308, stays, {'Location': target.partition('?')[0] + '/'}, bodiless=method == 'HEAD')\n        return stays\n    if not file:\n"),
    ('answer(conn, 405, stays, {"Allow": "GET, HEAD"})', "answer(conn, 501, stays)"),
)  # fmt: skip
"""sendfile, chdir, 308, 501, and headers that nobody asked for."""
CAUTIOUS = but(
    ("def serve_files(listener, root):\n", "def serve_files(listener, root):\n    for _ in range(3):\n        threading.Thread(target=accepts, args=(listener, root), daemon=True).start()\n    accepts(listener, root)\n\ndef accepts(listener, root):\n"),
    ("    with conn:\n        try:", "    conn.settimeout(30)\n    with conn:\n        try:"),
    ("PIECE = 64 * 1024", "PIECE = 4096"),
    ("        answer(conn, 404, stays, bodiless=method == \"HEAD\")\n        return stays\n", "        answer(conn, 404, False, bodiless=method == \"HEAD\")\n        return False\n"),
    ("    tag = f'\"{", "    tag = f'W/\"{"),
    ("return tag in tags", 'return tag.removeprefix("W/") in tags'),
    ('headers.get("if-range", tag) in (tag, changed)', 'headers.get("if-range", changed) == changed'),
    ('int(time) <= parsedate_to_datetime(headers["if-modified-since"]).timestamp()', 'headers["if-modified-since"] == formatdate(time, usegmt=True)'),
)  # fmt: skip
"""Three who accept, a timeout, weak tags, small pieces, and the end behind each 404."""

BY_DESCRIPTOR = but(
    (
        "    with file:\n        give(conn, file, method, headers, stays)\n",
        "    with file:\n"
        "        fd = os.dup(file.fileno())\n"
        "    try:\n"
        "        give(conn, fd, path, method, headers, stays)\n"
        "    finally:\n"
        "        os.close(fd)\n",
    ),
    ("def give(conn, file, method, headers, stays):", "def give(conn, fd, path, method, headers, stays):"),
    ("os.fstat(file.fileno())", "os.fstat(fd)"),
    ("file.name", "path"),
    ("    file.seek(start)\n", "    os.lseek(fd, start, os.SEEK_SET)\n"),
    ("file.read(", "os.read(fd, "),
)
"""With the system's own calls for files."""
WEAK_TAG = but(
    ("tag = f'\"{about.st_mtime_ns:x}-{about.st_size:x}\"'", "tag = f'\"{int(about.st_mtime):x}-{about.st_size:x}\"'"),
    ('"ETag": tag}', '"ETag": f"W/{tag}"}'),
    ('headers.get("if-range", tag) in (tag, changed)', 'headers.get("if-range", changed) == changed'),
)
"""In whole seconds, and it says so."""
RIGHT: list[str] = [
    SELECTORS,
    ASYNCIO,
    SOCKETSERVER,
    HTTP_SERVER,
    NO_EXTRAS,
    WHOLE_SMALL_FILES,
    ODD,
    CAUTIOUS,
    BY_DESCRIPTOR,
    WEAK_TAG,
]
