"""Wrong answers to serve_files, of lesson 20: of a student's kind, each with what it falls for."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson20.serve_files import ASYNCIO, BY_DESCRIPTOR, SELECTORS, but

NAIVE = r"""
import os, threading

def serve_files(listener, root):
    def serve(conn):
        with conn:
            while data := conn.recv(65536):
                method, target, version = data.split(b"\r\n")[0].decode().split()
                path = os.path.join(root, target.partition("?")[0][1:])
                if path.endswith("/"):
                    path += "index.html"
                try:
                    body, status = open(path, "rb").read(), "200 OK"
                except OSError:
                    body, status = b"", "404 Not Found"
                kind = "text/html; charset=utf-8"
                conn.sendall(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    while True:
        conn, addr = listener.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()
"""
"""What lesson 15 begins with."""

THREAD = "        threading.Thread(target=serve, args=(conn, root), daemon=True).start()\n"
FIND = """    path = safe_path(root, target)
    try:
        file = path and open(path, "rb")
"""
SENT = """    while start < end:
        piece = file.read(min(end - start, PIECE))
        if not piece:
            raise EOFError("the file has lost its end, and the length was said already")
        conn.sendall(piece)
        start += len(piece)
"""
INSIDE = "not Path(path).is_relative_to(root) or "
REAL = 'path = os.path.realpath(os.path.join(root, name.lstrip("/")))'
DECODE = '    name = unquote(target.partition("?")[0])\n'
READ = "exactly(conn, length_of(headers))"
MOVED = """    if file is None and not target.endswith("/") and os.path.isdir(os.path.join(root, target.strip("/"))):
        answer(conn, 301, stays, {"Location": target + "/"})
        return stays
    if not file:
"""
BROKEN_HEAD = """    method, target, minor, headers, body = request
"""


def given(code: str) -> str:
    """The solution, with another way to send a file; `code`: lines of `give`."""
    return but((SENT, code))


WRONG: list[Wrong] = [
    # one client, one connection
    ("def serve_files(listener, root):\n    conn, addr = listener.accept()\n    conn.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n')\n    conn.close()\n", None, "Content-Length says 0"),
    (but((THREAD, "        serve(conn, root)\n")), 26, "stands in the backlog"),
    (but(("            while talk(conn, root):\n                pass\n", "            talk(conn, root)\n")), 36, "Her first request by this connection was answered"),
    (but(('stays = minor != "0" and "close" not in words', 'stays = minor != "0"')), None, "it stays open"),
    (but(('stays = minor != "0" and "close" not in words', 'stays = "close" not in words')), None, "HTTP/1.0, where a connection ends"),
    (but(('    if not stays:\n        lines.append("Connection: close")\n', "")), None, "does not say so"),
    (but(("        except ConnectionError:                 # this client has gone already\n            continue\n", "        except ZeroDivisionError:\n            continue\n")), 21, "ConnectionAbortedError"),
    (but(("        except ConnectionError:                 # this client has gone already\n            continue\n", "        except BaseException:\n            continue\n")), None, "Ctrl-C was pressed"),
    (but(("    with conn:\n        try:", "    kept.append(conn)\n    if conn:\n        try:"), ("            hang_up(conn)\n", ""), ("PIECE = 64", "kept = []\nPIECE = 64")), None, "it stays open"),
    (but(("    with conn:\n        try:", "    kept.append(conn)\n    if conn:\n        try:"), ("PIECE = 64", "kept = []\nPIECE = 64")), None, "are still open in the server"),
    (but(("    with conn:\n", "    conn.settimeout(0.3)\n    with conn:\n")), None, "had said nothing for 0.3 s"),
    # the bytes of a request
    (NAIVE, None, "where 'image/png' was to come"),
    (but((READ, 'b""')), 36, "the body was taken for a request"),
    (but((READ, 'exactly(conn, length_of(headers)).decode("ascii")')), 35, "an ü has two"),
    (but(('if method not in ("GET", "HEAD"):', "if False:")), None, "Nothing but GET is known here"),
    (but(('{"Allow": "GET, HEAD"}', "{}")), None, "has no Allow"),
    (but(('if method not in ("GET", "HEAD"):', 'if method.upper() not in ("GET", "HEAD"):')), None, "written in capitals"),
    (but(('    if not re.fullmatch("[0-9]{1,20}", length):\n        raise BadRequest(400, f"no length: {length[:40]!r}")\n', "")), 25, "A length is digits"),
    (but(("    if int(length) > LARGEST:", "    if False:")), 25, "more than 1 MiB"),
    (but(('    if host is None or re.search("[ ,]", host):', "    if False:")), None, "for whom it is"),
    (but(('    if major != "1":', '    if major == "9":')), None, "major number"),
    (but(('    if "transfer-encoding" in headers:', "    if False:")), None, "got more instead"),
    (but(('        if byte == b"\\n" and not head.endswith(b"\\r"):\n            raise BadRequest(400, "a line ends in CR LF")\n', ""), ('head.decode("latin-1").split("\\r\\n")', 'head.decode("latin-1").splitlines()')), None, "A line ends in"),
    (but((' f"{headers[name]}, {value}" if name in headers else value', " value")), None, "for whom it is"),
    (but(('        if len(head) > LONGEST:', "        if False:")), None, "before the body, and it keeps them all"),
    (but(("        answer(conn, bad.args[0], stays=False)\n        return False\n", "        answer(conn, bad.args[0], stays=True)\n        return True\n")), None, "and that ends the connection"),
    (but(("        answer(conn, bad.args[0], stays=False)\n        return False\n", "        return False\n")), None, "closed without an answer"),
    (but(('head.decode("latin-1")', "head.decode()")), None, "closed without an answer"),
    # which file
    (but((INSIDE, "")), 37, "outside of root"),
    (but((INSIDE, "not path.startswith(root) or ")), 37, "compare folders, not letters"),
    (but((REAL, 'path = os.path.normpath(os.path.join(root, name.lstrip("/")))')), 37, "A link leads there"),
    (but((DECODE, '    target = target.partition("?")[0]\n    if ".." in target:\n        return None\n    name = unquote(target)\n'), (INSIDE, "")), 37, "look at the name when it is decoded"),
    (but((DECODE, "    name = unquote(unquote(target.partition('?')[0]))\n")), None, "decoded once"),
    (but(('unquote(target.partition("?")[0])', "unquote(target)")), None, "what follows ?"),
    (but(("os.path.isfile(path)", "os.path.exists(path)"), ("    except OSError:                             # it has vanished just now, or must not be read\n        file = None\n", "    except FileNotFoundError:\n        file = None\n")), None, "there is a status for it"),
    (but(("os.path.isfile(path)", "os.path.exists(path)")), None, "pipe.txt is no file but a pipe"),
    (but(('    if name.endswith("/"):\n', '    if name.endswith("/") or os.path.isdir(os.path.join(root, name.lstrip("/"))):\n'), ('name += "index.html"', 'name += "/index.html"')), None, "without the slash a browser looks"),
    (but(("    if not file:\n", "    if not file and os.path.isdir(os.path.join(root, target.strip('/'))):\n        names = ' '.join(os.listdir(os.path.join(root, target.strip('/'))))\n        conn.sendall(head(200, len(names.encode()), stays, {}) + names.encode())\n        return stays\n    if not file:\n")), None, "has no index.html"),
    (but(("    if not file:\n", MOVED)), 37, "another server to a browser"),
    (but(("        answer(conn, 404, stays, bodiless=method == \"HEAD\")\n        return stays\n", "        return False\n")), None, "there is a status for it"),
    (but(("        answer(conn, 404, stays, bodiless=method == \"HEAD\")\n", "        answer(conn, 500, stays, bodiless=method == \"HEAD\")\n")), None, "has no index.html"),
    # what is said of it
    (but(('extra = {"Content-Type": TYPES.get(os.path.splitext(file.name)[1].lower(), "application/octet-stream"),', "extra = {")), None, "no Content-Type"),
    (but(("os.path.splitext(file.name)[1].lower()", "os.path.splitext(file.name)[1]")), None, "in capitals or not"),
    (but(('; charset=utf-8",', '",')), 24, "in which encoding"),
    (but(('TYPES.get(os.path.splitext(file.name)[1].lower(), "application/octet-stream")', "(lambda kind: kind + '; charset=utf-8' * kind.startswith('text'))(__import__('mimetypes').guess_type(file.name)[0] or 'application/octet-stream')")), None, "tea.txt.gz"),
    (but(('TYPES.get(os.path.splitext(file.name)[1].lower(), "application/octet-stream")', '"text/html; charset=utf-8"')), None, "was to come"),
    (but(("    if status != 304:\n        lines.append", "    if status != 200:\n        lines.append")), None, "has no Content-Length"),
    (but(('f"Content-Length: {length}"', 'f"Content-Length: {length + 1}"')), None, "the rest never does"),
    (but(('"\\r\\n".join([*lines, "", ""])', '"\\n".join([*lines, "", ""])')), None, "end in b'\\n'"),
    (but(('    body = f"{status} {HTTPStatus(status).phrase}\\n".encode()', '    body = f"{status} {extra} {extra.get(0)}\\n".encode()'), ("answer(conn, 404, stays,", "answer(conn, 404, stays, {'X-Path': os.path.join(root, target[1:])},")), 37, "where the folder lies"),
    (but(('        answer(conn, 404, stays, bodiless=method == "HEAD")\n', '        page = f"<h1>{target} is not here</h1>".encode()\n        conn.sendall(head(404, len(page), stays, {"Content-Type": "text/html"}) + page * (method == "GET"))\n')), None, "runs that script"),
    # its bytes
    (but(('open(path, "rb")', 'open(path, newline="", encoding="utf-8")'), ("        conn.sendall(piece)\n", "        piece = piece.encode()\n        conn.sendall(piece)\n")), None, "UnicodeDecodeError"),
    (given("    left = end - start\n    text = file.read(left)\n    while left:\n        piece, text = text[:PIECE], text[PIECE:]\n        conn.send(piece)\n        left -= len(piece)\n"), 6, "`send` need not take"),
    (given("    conn.sendall(file.read()[:end - start])\n"), None, "more than the memory"),
    (given("    while start < end:\n        piece = file.read(min(end - start, PIECE))\n        conn.sendall(piece)\n        start += len(piece)\n"), 11, "goes round and round"),
    (given("    while piece := file.read(PIECE):\n        conn.sendall(piece)\n"), 36, "is taken for the rest of the file"),
    (given("    if end > 1 << 20:\n        stop = 1 << 20\n        conn.sendall(file.read(stop))\n        return\n" + SENT), None, "the rest never does"),
    # what is left of it
    (but(("    finally:\n        os.close(fd)\n", "    except ZeroDivisionError:\n        pass\n    os.close(fd)\n"), of=BY_DESCRIPTOR), None, "'large.bin' is still open 10 times"),
    (but(("    with file:\n        give(", "    KEPT.append(file)\n    if file:\n        give("), ("PIECE = 64", "KEPT = []\nPIECE = 64")), None, "still open"),
    # many at once, in one thread. (Of 64 KiB all may be taken, as soon as a socket can be written to at all.)
    (SELECTORS.replace("if client.out:\n                del", "if client.out:\n                client.conn.setblocking(True)\n                del").replace("len(client.out) < 65536", "len(client.out) < 8 << 20"), 29, "has no room for more"),
    (SELECTORS.replace("(0 if idle else selectors.EVENT_WRITE)", "selectors.EVENT_WRITE"), 31, "registered for writing"),
    (SELECTORS.replace("        except OSError:\n            return drop(client)\n        expect(client)", "        except ZeroDivisionError:\n            return drop(client)\n        expect(client)"), 21, "Catch OSError where one client is served"),
    (SELECTORS.replace("if idle and (client.over or client.deaf):", "if client.over or client.deaf:"), None, "bob had ended his half"),
    (SELECTORS.replace("del client.out[:client.conn.send(client.out)]", "client.conn.send(client.out)\n                client.out.clear()"), 6, "`sendall` goes on"),
    (ASYNCIO.replace("                    await writer.drain()\n                    left", "                    left"), None, "more than the memory"),
    (ASYNCIO.replace("head = await reader.readuntil(b\"\\n\")\n            while head == b\"\\r\\n\":\n                head = await reader.readuntil(b\"\\n\")", "head = await reader.read(65536)"), 1, "a request is whole behind the blank line"),
    # extras
    (but((' or method == "HEAD":\n        return', ":\n        return") if False else ('    if method == "HEAD":\n        return\n', "")), 36, "an answer to HEAD ends with its head"),
    (but(("return int(time) <= parsedate_to_datetime(headers[\"if-modified-since\"]).timestamp()", 'return bool(headers["if-modified-since"])')), None, "for ever"),
    (but(("    except (KeyError, ValueError, TypeError):   # it did not say, or what it said is no date\n", "    except KeyError:\n")), None, "closed without an answer"),
    (but(("answer(conn, 304, stays, extra, bodiless=True)", "answer(conn, 304, stays, extra)")), None, "the answer begins with"),
    (but(("about.st_mtime_ns:x}-{about.st_size:x}", "about.st_size:x}")), None, "as long as before"),
    (but(("about.st_mtime_ns:x}-", "int(about.st_mtime):x}-")), None, "half a second later"),
    (but(('tags = [each.strip().removeprefix("W/") for each in headers["if-none-match"].split(",")]\n        return tag in tags or tags == ["*"]', 'return headers["if-none-match"] == tag')), None, "One of these tags"),
    (but(("        return tag in tags or tags == [\"*\"]\n", "        if tag in tags or tags == [\"*\"]:\n            return True\n")), None, "counts only where there are none"),
    (but(("min(int(found[2] or size) + 1, size)", "min(int(found[2] or size), size)")), None, "the last one that is named belongs to it"),
    (but(("    return (206, start, end) if start < end else (416, 0, 0)", "    return 206, min(start, size), end")), None, "It has no such part"),
    (but(('found = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", asked)\n    if not found or', 'found = re.match(r"bytes=(.*)-(.*)", asked)\n    if not found or')), None, "closed without an answer"),
    (but((' and headers.get("if-range", tag) in (tag, changed)', "")), None, "what If-Range says"),
    # a name, read as something else
    (but((DECODE, '    name = unquote(target.partition("?")[0]).partition("#")[0]\n')), None, "%23 is a # in the name"),
    (but((DECODE, "    from urllib.parse import urlsplit\n    name = urlsplit(unquote(target)).path\n")), None, "no#1.txt"),
    (but((DECODE, '    from urllib.parse import unquote_plus\n    name = unquote_plus(target.partition("?")[0])\n')), None, "a + in a name is a +"),
    (but((DECODE, '    name = unquote(target.partition("?")[0], encoding="latin-1")\n')), None, "the bytes are UTF-8"),
    (but((DECODE, DECODE + '    if "/." in name:\n        return None\n')), None, "two dots lead up only where"),
    (but(('    if name.endswith("/"):\n', '    if name == "/":\n')), None, "index.html of that folder"),
    (but(('headers.get("connection", "").lower()', 'headers.get("connection", "")')), None, "it stays open"),
    # sendfile says how much it has sent
    (given("    conn.sendfile(file, start, end - start or None)\n"), 36, "is taken for the rest of the file"),
    # what a second look finds
    (but(("    with file:\n        give(conn", "    if os.path.getsize(path) < 1 << 20:\n        data = KEPT.setdefault(path, file.read())\n        conn.sendall(head(200, len(data), stays, {'Content-Type': TYPES.get(os.path.splitext(path)[1].lower(), 'application/octet-stream')}) + data * (method == 'GET'))\n        return stays\n    with file:\n        give(conn"), ("PIECE = 64", "KEPT = {}\nPIECE = 64")), None, "read it for each request"),
    (but(("give(conn, file, method, headers, stays", "give(conn, file, method, headers, stays, target"), ("os.path.splitext(file.name)[1]", "os.path.splitext(target)[1]")), None, "by the ending of the file's name"),
    (but(('f"HTTP/1.1 {status}', 'f"HTTP/1.0 {status}')), None, "behind an answer in HTTP/1.0 the connection ends"),
    (but(('    if not stays:\n        lines.append("Connection: close")', '    lines.append("Connection: close")')), None, "says Connection: close"),
    (but(("            while talk(conn, root):\n                pass\n", "            again(conn, root)\n"), ("def talk(conn, root):", "def again(conn, root):\n    if talk(conn, root):\n        again(conn, root)\n\ndef talk(conn, root):")), None, "RecursionError"),
    (but(("    with conn:\n        try:", "    conn.settimeout(5)\n    with conn:\n        try:")), None, "had said nothing for 5 s"),
    (but(("    file.seek(start)\n", "    conn.settimeout(2)\n    file.seek(start)\n"), ("        give(conn, file, method, headers, stays)\n", "        give(conn, file, method, headers, stays)\n    conn.settimeout(None)\n")), None, "reads slowly"),
    (but(('            raise EOFError("the file has lost its end, and the length was said already")', "            answer(conn, 500, False)\n            raise EOFError")), 36, "is taken for the rest of the file"),
    (but(("    with file:\n        give(", "    with file, LOCK:\n        give("), ("PIECE = 64", "LOCK = threading.Lock()\nPIECE = 64")), None, "It waits for a lock"),
    (but(("def serve_files(listener, root):\n", "def serve_files(listener, root):\n    from concurrent.futures import ThreadPoolExecutor\n    pool = ThreadPoolExecutor(32)\n"), ("threading.Thread(target=serve, args=(conn, root), daemon=True).start()", "pool.submit(serve, conn, root)")), 26, "A pool has so many threads"),
    (but(('if method == "GET" and headers.get', "if headers.get")), None, "Only GET knows ranges"),
    (but(("    if is_known(", '    if not headers.get("range") and is_known(')), None, "first the condition, then the range"),
    (but(('headers.get("if-range", tag) in (tag, changed)', '("if-range" not in headers or headers["if-range"] == tag or (headers["if-range"][0] not in "W\\"" and parsedate_to_datetime(headers["if-range"]).timestamp() >= int(about.st_mtime)))')), None, "nor just its date"),
    (but(('headers.get("if-range", tag)', 'headers.get("if-range", tag).removeprefix("W/")')), None, "A weak tag"),
    (but(('    if status != 304:\n        lines.append(f"Content-Length: {length}")', '    lines.append(f"Content-Length: {0 if status == 304 else length}")')), None, "There it would be what 200 has"),
]  # fmt: skip
