"""serve_files and what a server may do, and need not: HEAD, 304, ranges. RFC 9110, 8.8, 9.3.2, 13 and 14. One that does not is right; one that does it wrong is worse than none.

Comes in: `serve_files`. Goes out: scenarios of its extras. Who may import it: the face of this folder, which imports it for that.
"""

from __future__ import annotations

import os
import re
from email.utils import formatdate

from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, NotThere, shown
from helpers.exercises.lesson20.files.answers import Answer
from helpers.exercises.lesson20.files.exercise import HEAD, NOT_MODIFIED, RANGES, serve_files
from helpers.exercises.lesson20.files.pages import MISSING
from helpers.exercises.lesson20.files.server import Client, Server, request
from helpers.exercises.lesson20.files.site import HUGE, huge
from helpers.exercises.lesson20.files.talking import NOT_HERE

YESTERDAY = 1_700_000_000
"""When the files of these scenarios were changed last: on the 14th of November 2023, 22:13:20."""
LATER = 4_000_000_000
"""Long after them."""
DIGITS = b"0123456789"
ENTITY_TAG = re.compile(r'(W/)?"[!#-~\x80-\xff]*"')
IN_MULTIPART = re.compile(rb"(?is)content-range: *bytes ([^\r]*)\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--")
PART = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


# HEAD ------------------------------------------------------------------------------------------------------------------


def _head(ada: Client, target: str) -> Answer:
    """Ask with HEAD, and behind it at once with GET."""
    ada.send(request(target, "HEAD") + request("/tea.txt.gz"))
    ada.asked = f"ada asked for HEAD {target}, and for '/tea.txt.gz' behind it"
    answer = ada.hear(bodiless=True)
    if answer.status in NOT_HERE:
        raise NotThere(f"HEAD was answered {answer.told}. With it, HEAD is a GET whose answer ends with its head.")
    if answer.head.closes:
        ada.must_be_let_go(f"{ada.asked}, and {answer.head.last_words}")
        return answer
    try:
        ada.must_hear("tea.txt.gz")
    except Fell as fell:
        raise Fell(f"{ada.asked}. The head {answer.told} came, and what followed is not the second answer: an answer to HEAD ends with its head, and has no body, whatever its Content-Length says. ({fell.sentence})", 36, ["ada"]) from fell  # fmt: skip
    return answer


@serve_files.scenario(4, "HEAD: the head that GET has, and no body", HEAD)
def _heads(judge: Judge) -> None:
    server = Server(judge)
    ada = server.visit("ada")
    answer = _head(ada, "/tea.png")
    for name in "content-length", "content-type":
        wanted = {"content-length": str((server.place.root / "tea.png").stat().st_size), "content-type": "image/png"}
        if answer.status != 200 or answer.head.get(name) != wanted[name]:
            raise Fell(f"{ada.asked}, and was answered {answer.told} with {name} {answer.head.get(name)!r}. All that GET says of the file HEAD says too: {wanted[name]!r}.", about=["ada"])  # fmt: skip
    answer = _head(server.visit("ada"), "/sugar.html")
    if answer.status not in MISSING:
        raise Fell(f"{ada.asked}, and was answered {answer.told}. There is no such file, for HEAD either: 404.", about=["ada"])  # fmt: skip


@serve_files.scenario(4, "HEAD of a file that has no room in memory", HEAD)
def _head_of_huge(judge: Judge) -> None:
    server = Server(judge)
    huge(server.place)
    server.happened = "Of huge.bin nothing but its size is asked, which os.stat knows"
    ada = server.visit("ada")
    answer = _head(ada, "/huge.bin")
    if answer.head.get("content-length") != str(HUGE):
        raise Fell(f"{ada.asked}, and was told that it has {answer.head.get('content-length')!r} bytes, where {HUGE} was to come.", about=["ada"])  # fmt: skip


# 304 -------------------------------------------------------------------------------------------------------------------


def _dated(server: Server, name: str, data: bytes, at: int = YESTERDAY) -> None:
    """That file has this in it, since then."""
    path = server.place.root / name
    path.write_bytes(data)
    os.utime(path, (at, at))


def _asked_if(ada: Client, *headers: str) -> Answer:
    ada.ask("/news.txt", headers=headers)
    answer = ada.hear()
    if answer.status not in (200, 304):
        raise Fell(f"{ada.asked}, and was answered {answer.told}. What is not understood is overlooked: 200, or 304 where nothing has changed.", about=["ada"])  # fmt: skip
    return answer


def _must_be_new(ada: Client, data: bytes, why: str, *headers: str) -> None:
    answer = _asked_if(ada, *headers)
    if answer.status == 304:
        raise Fell(f"{ada.asked}, and was answered {answer.told}. {why}: whoever has an old one would keep it for ever. 200, and the file.", about=["ada"])  # fmt: skip
    if answer.body != data:
        raise Fell(f"{ada.asked}, and got {shown(answer.body)}, where the file has {shown(data)}.", about=["ada"])


def _must_be_known(ada: Client, why: str, *headers: str) -> Answer:
    answer = _asked_if(ada, *headers)
    if answer.status != 304:
        raise Fell(f"{ada.asked}, and was answered {answer.told}, with the whole file. {why}: 304.", about=["ada"])
    return answer


def _news(judge: Judge) -> tuple[Server, Client]:
    server = Server(judge)
    _dated(server, "news.txt", b"old news")
    return server, server.visit("ada")


@serve_files.scenario(5, "If-Modified-Since: only what is new", NOT_MODIFIED)
def _since(judge: Judge) -> None:
    server, ada = _news(judge)
    when = formatdate(YESTERDAY, usegmt=True)
    first = _asked_if(ada)
    said = first.head.get("last-modified")
    if said and said != when:
        raise Fell(f"{ada.asked}, and the answer has Last-Modified: {said!r}, where the file was changed on {when!r}. It is written just so, in GMT.", about=["ada"])  # fmt: skip
    if _asked_if(ada, f"If-Modified-Since: {when}").status == 200:
        raise NotThere("If-Modified-Since was overlooked, and the whole file sent again. With it, 304 and no body say that nothing has changed.")  # fmt: skip
    if not said:
        raise Fell("It answers If-Modified-Since with 304, and its answers have no Last-Modified: where should a browser know the date from?", about=["ada"])  # fmt: skip
    ada.must_get("/tea.html", "tea.html", "an answer 304 ends with its head")
    old = f"If-Modified-Since: {formatdate(YESTERDAY - 1, usegmt=True)}"
    _must_be_new(ada, b"old news", "It was changed a second after that", old)
    for nonsense in "yesterday", "", "1700000000", "Tue, 99 Nov 2023 22:13:20 GMT":
        _must_be_new(ada, b"old news", "That is no date, and is overlooked", f"If-Modified-Since: {nonsense}")
    _dated(server, "news.txt", b"new news", YESTERDAY + 10)
    _must_be_new(ada, b"new news", "It has changed since", f"If-Modified-Since: {when}")
    _must_win_over_ranges(ada, f"If-Modified-Since: {formatdate(YESTERDAY + 10, usegmt=True)}")
    server.must_go_on()


def _must_win_over_ranges(ada: Client, condition: str) -> None:
    """What ada has already is not sent in parts either (RFC 9110, 13.2.2)."""
    ada.ask("/news.txt", headers=["Range: bytes=0-2", condition])
    answer = ada.hear()
    if answer.status != 304:
        raise Fell(f"{ada.asked}, and was answered {answer.told}. Nothing has changed, whichever part is asked for: first the condition, then the range. 304.", about=["ada"])  # fmt: skip


@serve_files.scenario(5, "ETag and If-None-Match: only what is another one", NOT_MODIFIED)
def _tags(judge: Judge) -> None:
    server, ada = _news(judge)
    tag = _asked_if(ada).head.get("etag")
    if not tag:
        raise NotThere("Its answers have no ETag. With it, a browser sends a file's tag back in If-None-Match, and 304 says that it still has this one.")  # fmt: skip
    if not ENTITY_TAG.fullmatch(tag):
        raise Fell(f"{ada.asked}, and the answer has ETag: {tag}. A tag stands between double quotes.", about=["ada"])
    if _asked_if(ada, f"If-None-Match: {tag}").status == 200:
        raise NotThere("Its answers have an ETag, and If-None-Match was overlooked. With it, 304 says that this is still the one.")  # fmt: skip
    for several in f'"tea", {tag}', f"{tag},\"milk\"", "*", f"W/{tag.removeprefix('W/')}":  # fmt: skip
        answer = _must_be_known(ada, "One of these tags is this file's (* is any, and W/ says nothing against it)", f"If-None-Match: {several}")  # fmt: skip
    if answer.head.get("content-length") not in ("", str(len(b"old news"))):
        raise Fell(f"{ada.asked}, and the answer 304 has Content-Length: {answer.head.get('content-length')!r}. There it would be what 200 has, {len(b'old news')}; leave it out.", about=["ada"])  # fmt: skip
    _must_win_over_ranges(ada, f"If-None-Match: {tag}")
    if answer.head.get("etag") != tag:
        raise Fell(f"{ada.asked}, and the answer 304 has ETag: {answer.head.get('etag')!r}, where {tag!r} belongs into it as into 200.", about=["ada"])  # fmt: skip
    when = formatdate(YESTERDAY, usegmt=True)
    _must_be_new(ada, b"old news", "None of the tags is this file's, and If-Modified-Since counts only where there are none", 'If-None-Match: "tea"', f"If-Modified-Since: {when}")  # fmt: skip
    _dated(server, "news.txt", b"new news", YESTERDAY + 10)
    _must_be_new(ada, b"new news", "It has changed, though it is as long as before", f"If-None-Match: {tag}")
    _must_tell_apart(server, ada)
    ada.ask("/sugar.html", headers=["If-None-Match: *"])
    ada.must_be_refused(MISSING, "There is no such file, and nothing that could have changed")


def _must_tell_apart(server: Server, ada: Client) -> None:
    """Fell where two files of one length have the same tag, since both are of the same second. (A weak tag may stand for both: RFC 9110, 8.8.1.)"""
    path = server.place.root / "news.txt"
    tags = []
    for data, after in (b"more news", 0.25), (b"less news", 0.75):
        at = YESTERDAY * 10**9 + int(after * 10**9)
        path.write_bytes(data)
        os.utime(path, ns=(at, at))
        if path.stat().st_mtime_ns != at:  # a file system that has whole seconds only
            return
        tags.append(_asked_if(ada).head.get("etag"))
    if tags[0] == tags[1] and not tags[0].startswith("W/"):
        raise Fell(f"{ada.asked}, and again when it had changed, half a second later, and was as long as before. Both answers have ETag: {tags[0]}, so that whoever has the old file is told 304, and keeps it. st_mtime_ns counts more than whole seconds; a tag that may stand for two files begins with W/.", about=["ada"])  # fmt: skip


# Ranges ----------------------------------------------------------------------------------------------------------------


def _ranged(ada: Client, asked: str, *headers: str, file: str = "digits.txt") -> Answer:
    ada.ask(f"/{file}", headers=[f"Range: {asked}", *headers])
    return ada.hear()


def _must_be_part(ada: Client, answer: Answer, start: int, end: int) -> None:
    """Fell unless it has bytes `start` to `end` of the ten digits, the last one included."""
    if answer.status == 200 and answer.body == DIGITS:
        raise NotThere(
            f"{ada.asked}, and got all of the file. With ranges, 206 brings just the part that is asked for."
        )
    wanted = f"bytes {start}-{end}/10"
    if answer.status != 206 or answer.body != DIGITS[start : end + 1]:
        raise Fell(f"{ada.asked}, of the file {DIGITS!r}, and was answered {answer.told} with {shown(answer.body)}, where {shown(DIGITS[start : end + 1])} was to come. Bytes are counted from 0, and the last one that is named belongs to it.", about=["ada"])  # fmt: skip
    if answer.head.get("content-range") != wanted:
        raise Fell(f"{ada.asked}, and the answer 206 has Content-Range: {answer.head.get('content-range')!r}, where {wanted!r} was to come.", about=["ada"])  # fmt: skip


@serve_files.scenario(6, "ranges: the first, the last, the middle of a file", RANGES)
def _parts(judge: Judge) -> None:
    ada = Server(judge).visit("ada")
    for asked, start, end in (
        ("bytes=2-5", 2, 5),
        ("bytes=0-0", 0, 0),
        ("bytes=7-", 7, 9),
        ("bytes=-3", 7, 9),
        ("bytes=0-9", 0, 9),
        ("bytes=5-100", 5, 9),
        ("bytes=-100", 0, 9),
    ):
        _must_be_part(ada, _ranged(ada, asked), start, end)
    ada.must_get("/tea.html", "tea.html", "the connection goes on behind a part")


@serve_files.scenario(6, "ranges that no file has, and what is no range", RANGES)
def _no_parts(judge: Judge) -> None:
    server = Server(judge)
    ada = server.visit("ada")
    for asked, file, size in (("bytes=10-", "digits.txt", 10), ("bytes=100-200", "digits.txt", 10), ("bytes=-0", "digits.txt", 10), ("bytes=0-", "nothing.txt", 0)):  # fmt: skip
        answer = _ranged(ada, asked, file=file)
        if answer.status == 200 and len(answer.body) == size:
            if size and asked != "bytes=-0":
                raise NotThere(f"{ada.asked}, and got all of the file. With ranges, 416 says that it has no such part.")
        elif answer.status != 416 or answer.head.get("content-range") != f"bytes */{size}":
            raise Fell(f"{ada.asked}, of a file of {size} bytes, and was answered {answer.told}, Content-Range: {answer.head.get('content-range')!r}. It has no such part: 416, and 'bytes */{size}'.", about=["ada"])  # fmt: skip
    for asked in "bytes=5-2", "bytes=tea", "bytes=", "bytes=-", "bytes=--3", "bytes=1_0-", "bytes=" + "9" * 5000 + "-":
        answer = _ranged(ada, asked)
        if answer.status not in (416, 400) and (answer.status, answer.body) != (200, DIGITS):
            raise Fell(f"{ada.asked}, and was answered {answer.told} with {shown(answer.body)}. That is no range, and is overlooked: 200, and all of the file.", 25, ["ada"])  # fmt: skip
        if answer.head.closes:
            ada = server.visit("ada")
    answer = _ranged(ada, "lines=1-2")
    if (answer.status, answer.body) != (200, DIGITS):
        raise Fell(f"{ada.asked}, and was answered {answer.told}. A Range in anything but bytes is overlooked: 200, and all of the file.", about=["ada"])  # fmt: skip
    server.must_go_on()


@serve_files.scenario(6, "several ranges, ranges of what has changed, and the end of a huge file", RANGES)
def _more_parts(judge: Judge) -> None:
    server = Server(judge)
    ada = server.visit("ada")
    _must_be_part(ada, _ranged(ada, "bytes=2-5"), 2, 5)
    for asked in "bytes=0-1,4-5", "bytes=0-1, -1":
        _must_be_true(ada, _ranged(ada, asked))
    for stale in '"tea"', formatdate(1, usegmt=True), formatdate(LATER, usegmt=True):
        answer = _ranged(ada, "bytes=2-5", f"If-Range: {stale}")
        if (answer.status, answer.body) != (200, DIGITS):
            raise Fell(f"{ada.asked}, and was answered {answer.told}. The file is another one than the part that ada has: what If-Range says is neither its ETag nor just its date, and all of it is sent, with 200.", about=["ada"])  # fmt: skip
    tag = answer.head.get("etag").removeprefix("W/")
    answer = _ranged(ada, "bytes=2-5", f"If-Range: W/{tag}")
    if tag and (answer.status, answer.body) != (200, DIGITS):
        raise Fell(f"{ada.asked}, and was answered {answer.told}. A weak tag says that a file is as good as another one, and parts of two such files make none: all of it is sent, with 200.", about=["ada"])  # fmt: skip
    grace = server.visit("grace")
    grace.ask("/digits.txt", "HEAD", ["Range: bytes=2-5"])
    if (answer := grace.hear(bodiless=True)).status not in (200, *NOT_HERE):
        raise Fell(f"{grace.asked}, and was answered {answer.told}. Only GET knows ranges; HEAD overlooks them.", about=["grace"])  # fmt: skip
    huge(server.place)
    server.happened = "Of huge.bin only the last bytes are asked: seek goes there, and nothing before it is read"
    answer = _ranged(ada, "bytes=-13", file="huge.bin")
    if (answer.status, answer.body) != (206, bytes(13)):
        raise Fell(f"{ada.asked}, and was answered {answer.told} with {shown(answer.body)}, where the last 13 bytes were to come.", about=["ada"])  # fmt: skip


def _must_be_true(ada: Client, answer: Answer) -> None:
    """Fell unless it is all of the file, or says truly which parts it has."""
    kind = answer.head.get("content-type").lower()
    if answer.status == 206 and kind.startswith("multipart/byteranges"):
        parts = [("bytes " + said.decode("latin-1"), body) for said, body in IN_MULTIPART.findall(answer.body)]
    else:
        parts = [(answer.head.get("content-range"), answer.body)]
    is_true = answer.status == 206 and bool(parts) and all(_is_part(said, body) for said, body in parts)
    if not is_true and (answer.status, answer.body) != (200, DIGITS):
        raise Fell(f"{ada.asked}, and was answered {answer.told}, Content-Range: {answer.head.get('content-range')!r}, with {shown(answer.body)}. Several ranges may be answered with 200 and all of the file; with 206 each part says which one it is.", about=["ada"])  # fmt: skip


def _is_part(said: str, body: bytes) -> bool:
    found = PART.fullmatch(said)
    return found is not None and body == DIGITS[int(found[1]) : int(found[2]) + 1] and found[3] == "10"
