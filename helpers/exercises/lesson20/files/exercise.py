"""serve_files(listener, root): a file server over HTTP/1.1. The exercise itself; its scenarios stand in the other files.

Who may import it: the scenarios, and the face of this folder.
"""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.exercises.lesson15.paths import safe_path
from helpers.exercises.lesson15.requests import read_request

HEAD, NOT_MODIFIED, RANGES = "HEAD", "304", "ranges"
"""The extras."""

READING = read_request.solution.strip().replace(
    "return method, target, headers,", "return method, target, minor, headers,"
)
"""That of lesson 15, which says here for which HTTP/1.x a request is as well."""

SERVING = '''
import os, socket, threading
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus

PIECE = 64 * 1024
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".txt": "text/plain; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif"}

def serve_files(listener, root):
    while True:
        try:
            conn, addr = listener.accept()
        except ConnectionError:                 # this client has gone already
            continue
        threading.Thread(target=serve, args=(conn, root), daemon=True).start()

def serve(conn, root):
    with conn:
        try:
            while talk(conn, root):
                pass
            hang_up(conn)
        except (OSError, EOFError):             # it has gone, or a file has lost its end: nothing more can be said
            pass

def talk(conn, root):
    """Answer one request; whether the connection goes on."""
    try:
        request = read_request(conn)
    except BadRequest as bad:                   # nobody knows where the next request would begin
        answer(conn, bad.args[0], stays=False)
        return False
    if request is None:
        return False
    method, target, minor, headers, body = request
    words = [word.strip() for word in headers.get("connection", "").lower().split(",")]
    stays = minor != "0" and "close" not in words
    if method not in ("GET", "HEAD"):
        answer(conn, 405, stays, {"Allow": "GET, HEAD"})
        return stays
    path = safe_path(root, target)
    try:
        file = path and open(path, "rb")
    except OSError:                             # it has vanished just now, or must not be read
        file = None
    if not file:
        answer(conn, 404, stays, bodiless=method == "HEAD")
        return stays
    with file:
        give(conn, file, method, headers, stays)
    return stays

def give(conn, file, method, headers, stays):
    """Answer with the file, or a part of it, or that nothing has changed."""
    about = os.fstat(file.fileno())
    tag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
    changed = formatdate(about.st_mtime, usegmt=True)
    extra = {"Content-Type": TYPES.get(os.path.splitext(file.name)[1].lower(), "application/octet-stream"),
             "Last-Modified": changed, "ETag": tag}
    if is_known(headers, tag, about.st_mtime):
        return answer(conn, 304, stays, extra, bodiless=True)
    status, start, end = 200, 0, about.st_size
    if method == "GET" and headers.get("if-range", tag) in (tag, changed):
        status, start, end = part(headers.get("range", ""), about.st_size)
    if status == 416:
        return answer(conn, 416, stays, {"Content-Range": f"bytes */{about.st_size}"})
    if status == 206:
        extra["Content-Range"] = f"bytes {start}-{end - 1}/{about.st_size}"
    conn.sendall(head(status, end - start, stays, extra))
    if method == "HEAD":
        return
    file.seek(start)
    while start < end:
        piece = file.read(min(end - start, PIECE))
        if not piece:
            raise EOFError("the file has lost its end, and the length was said already")
        conn.sendall(piece)
        start += len(piece)

def is_known(headers, tag, time):
    """Whether the client has just this already."""
    if "if-none-match" in headers:
        tags = [each.strip().removeprefix("W/") for each in headers["if-none-match"].split(",")]
        return tag in tags or tags == ["*"]
    try:
        return int(time) <= parsedate_to_datetime(headers["if-modified-since"]).timestamp()
    except (KeyError, ValueError, TypeError):   # it did not say, or what it said is no date
        return False

def part(asked, size):
    """Which part of the file is asked for: a status, its start, its end."""
    found = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", asked)
    if not found or found[0] == "bytes=-" or found[1] and found[2] and int(found[1]) > int(found[2]):
        return 200, 0, size                     # several parts, or nonsense: all of it
    if found[1]:
        start, end = int(found[1]), min(int(found[2] or size) + 1, size)
    else:
        start, end = max(size - int(found[2]), 0), size
    return (206, start, end) if start < end else (416, 0, 0)

def head(status, length, stays, extra):
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in extra.items()]
    if status != 304:
        lines.append(f"Content-Length: {length}")
    if not stays:
        lines.append("Connection: close")
    return "\\r\\n".join([*lines, "", ""]).encode("latin-1")

def answer(conn, status, stays, extra={}, bodiless=False):
    """One without a file."""
    body = f"{status} {HTTPStatus(status).phrase}\\n".encode()
    conn.sendall(head(status, len(body), stays, {"Content-Type": "text/plain; charset=utf-8", **extra}) + body * (not bodiless))

def hang_up(conn):
    """Say that nothing more comes, and let the client read its last answer: close would break off while it still sends."""
    conn.shutdown(socket.SHUT_WR)
    conn.settimeout(1)
    for _ in range(64):
        if not conn.recv(PIECE):
            return
'''

serve_files = Exercise(
    lesson=20,
    signature="serve_files(listener, root)",
    brief="Serve the files of the folder root over HTTP/1.1, as the specification in the lesson says, to many clients at the same time, until Ctrl-C. `listener` is listening already; `root` is a folder's name, a str. "
    "Any design will do. HEAD, 304 and ranges are extras: without them it holds as well.",
    hints=(
        "Most of it you have: `read_request` and `safe_path` of lesson 15, a design for many clients of lessons 10 to 13. Begin with one client and one request; then the loop over the requests of a connection; then many clients. "
        "Which three things end a connection?",
        "A connection's loop: read a request (BadRequest: answer it, and hang up; None: the end), find the file, send the head, send the file, and go on unless the client has said `Connection: close`, or speaks HTTP/1.0. "
        "Open the file before you say 200, take its length from what is open (`os.fstat(file.fileno()).st_size`), and send it in pieces: just so many bytes, whatever becomes of the file meanwhile.",
        "`file.read(min(left, 65536))`, `sendall`, `left -= len(piece)`; where `read` gives b'' before `left` is 0, the file has shrunk, and only the end of the connection can say so. OSError where one client is served ends that one; "
        "OSError of `open` is a 404. Let read_request say the version, too. For the extras: HEAD is GET without the body; `Last-Modified` is `email.utils.formatdate(st_mtime, usegmt=True)`; a range is `file.seek`, 206 and Content-Range.",
    ),
    solution=f"{READING}\n\n{safe_path.solution.strip()}\n{SERVING.rstrip()}\n",
    reasons="The functions of lesson 15 stand first, and all that is new is who calls them. A thread for each connection (lesson 10) keeps a slow reader's wait its own; a selector or asyncio does as well, and costs less where thousands come. "
    "The file is opened before anything is promised, and asked for its length when it is open: between two looks at a name the file may be another one. From then on Content-Length is a promise. More than that is never sent; where there is less, closing "
    "is the only way to say so. Pieces of 64 KiB, since a file may be larger than the memory. After nonsense it hangs up, because nobody knows where the next request begins; with `shutdown` first, and reading on for a moment, as `close` with bytes unread "
    "is a reset, which may overtake the answer. Errors tell a stranger a status, and neither what was asked nor where the folder lies. What is left: between `realpath` and `open` somebody on this computer could put a link in the file's place.",
    serves=True,
)
