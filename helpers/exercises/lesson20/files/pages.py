"""serve_files and whoever asks for files: which file a target names, what is said of it, and what nobody is given.

Comes in: `serve_files`. Goes out: scenarios of it. Who may import it: the face of this folder, which imports it for that.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, shown
from helpers.exercises.lesson15 import targets
from helpers.exercises.lesson15.targets import Given, Refused, Target
from helpers.exercises.lesson20.files.answers import Answer
from helpers.exercises.lesson20.files.exercise import serve_files
from helpers.exercises.lesson20.files.server import Client, Server
from helpers.exercises.lesson20.files.site import CONTENTS, TYPES, types_of

MISSING = (404, 403)
NOT_GIVEN = (404, 403, 400, 414)
"""For what is no file's name."""
MOVED = (301, 302, 303, 307, 308)
GOES_ON = "Her first request by this connection was answered, and nobody had said that it ends there"
SCRIPT = "<script>alert(1)</script>"


def must_keep_to(server: Server, wanted: Iterable[Target]) -> None:
    """The server gives, and does not give, as the table says."""
    for each in wanted:
        ada = server.visit("ada")
        ada.ask(each.target)
        if isinstance(each, Given):
            _must_give(ada, each)
        else:
            _must_not_give(server, ada, each)
        ada.leave()


def _must_give(ada: Client, each: Given) -> None:
    if not each.or_none:
        ada.must_hear(each.file, each.why)
        return
    answer = ada.hear()
    data = (ada.server.place.root / each.file).read_bytes()
    if answer.status in (*NOT_GIVEN, *MOVED) or (answer.status == 200 and answer.body == data):
        return
    raise Fell(f"{ada.asked}, and was answered {answer.told} with {shown(answer.body)}. That is the file {each.file!r} of root, or none.", about=["ada"])  # fmt: skip


def _must_not_give(server: Server, ada: Client, each: Refused) -> None:
    answer = ada.hear()
    if answer.status in NOT_GIVEN:
        return
    if each.misconception == 37 and _is_tidied(server, each.target, answer):
        return
    if answer.status == 200 and _is_beside(server, answer.body):
        raise Fell(f"{ada.asked}, and was given what is in a file outside of root. {each.why}.", 37, ["ada"])
    raise Fell(f"{ada.asked}, and was answered {answer.told}. {each.why}: 404.", each.misconception, ["ada"])


def _is_tidied(server: Server, target: str, answer: Answer) -> bool:
    """Whether the dots were taken out of the target, as RFC 3986 (5.2.4) has it, and what is left is a file inside of root: '/../' is '/' then."""
    name = posixpath.normpath("/" + target.lstrip("/")).lstrip("/")
    path = server.place.root / name
    path = path / "index.html" if path.is_dir() else path
    inside = os.path.realpath(path).startswith(os.path.realpath(server.place.root) + os.sep)
    return answer.status == 200 and inside and path.is_file() and path.read_bytes() == answer.body


def _is_beside(server: Server, data: bytes) -> bool:
    """Whether that is in a file outside of root."""
    beside, root = server.place.beside, server.place.root
    return any(
        path.is_file() and root not in path.parents and path.read_bytes() == data for path in beside.rglob("*.*")
    )


@serve_files.scenario(1, "a page, and then another client's")
def _page(judge: Judge) -> None:
    server = Server(judge)
    server.visit("ada").must_get("/tea.html", "tea.html")
    server.visit("grace").must_get("/", "index.html", "a target that ends in / is the index.html of that folder")
    server.must_go_on()


@serve_files.scenario(1, "files, and what follows ?")
def _files(judge: Judge) -> None:
    must_keep_to(Server(judge), targets.FILES)


@serve_files.scenario(1, "folders: their index.html, and no list of what is in them")
def _folders(judge: Judge) -> None:
    server = Server(judge)
    must_keep_to(server, targets.FOLDERS)
    for target in ("/drinks", "/empty", "//drinks"):
        _must_not_be_a_page(server, target)


def _must_not_be_a_page(server: Server, target: str) -> None:
    """A folder without the slash behind it."""
    ada = server.visit("ada")
    ada.ask(target)
    answer = ada.hear()
    if answer.status in NOT_GIVEN:
        return
    if answer.status == 200:
        raise Fell(
            f"{ada.asked}, and was answered {answer.told}. That is a folder, and its page is '/drinks/': without the slash a browser looks for the page's pictures in the folder above. Answer 404, or send it there (301, and Location: /drinks/).",
            about=["ada"],
        )
    where = urlsplit(answer.head.get("location"))
    if where.netloc not in ("", "127.0.0.1:8080"):
        raise Fell(f"{ada.asked}, and was sent to {answer.head.get('location')!r}. What begins with two slashes is another server to a browser, and a stranger has chosen which.", 37, ["ada"])  # fmt: skip
    if answer.status not in MOVED or not where.path.endswith(f"{target.strip('/')}/"):
        raise Fell(f"{ada.asked}, and was answered {answer.told}, Location: {answer.head.get('location')!r}. That is a folder: 404, or 301 with Location: {target}/.", about=["ada"])  # fmt: skip


@serve_files.scenario(1, "files that are not there: 404")
def _missing(judge: Judge) -> None:
    server = Server(judge)
    must_keep_to(server, targets.MISSING)
    server.happened, server.mistake = GOES_ON, 36
    ada = server.visit("ada")
    ada.ask("/sugar.html")
    answer = ada.must_be_refused(MISSING, "There is no such file")
    if answer.head.closes:
        ada.must_be_let_go(f"{ada.asked}, and {answer.head.last_words}")
    else:
        ada.must_get("/tea.html", "tea.html", "the connection goes on behind a 404, unless its answer says close")


@serve_files.scenario(1, "pictures, and what the bytes of each file are: Content-Type")
def _types(judge: Judge) -> None:
    server = Server(judge)
    for name in filter(str.isascii, CONTENTS):
        ada = server.visit("ada")
        answer = ada.must_get(f"/{quote(name)}", name, "the bytes of a file are sent as they are")
        _must_be_typed(ada, answer, name)
    for target, name in (
        ("/", "index.html"),
        ("/drinks/", "drinks/index.html"),
        ("/tea.html?picture=tea.png", "tea.html"),
    ):
        ada = server.visit("ada")
        _must_be_typed(ada, ada.must_get(target, name), name)


def _must_be_typed(ada: Client, answer: Answer, name: str) -> None:
    kind, _, parameters = answer.head.get("content-type").partition(";")
    right = types_of(name)
    if kind.strip().lower() not in right:
        said = f"the Content-Type {kind!r}" if kind else "no Content-Type"
        why = "the table has it, in capitals or not" if os.path.splitext(name)[1].lower() in TYPES else "what is not in the table is that"  # fmt: skip
        raise Fell(
            f"{ada.asked}, and the answer has {said}, where {right[0]!r} was to come: {why}. It goes by the ending of the file's name.",
            about=["ada"],
        )
    charset = parameters.strip().lower().replace('"', "").replace(" ", "")
    if right[0].startswith("text/") and charset != "charset=utf-8":
        raise Fell(f"{ada.asked}, and the answer has the Content-Type {answer.head.get('content-type')!r}. Of a text it says in which encoding it is, or a browser guesses, and shows ZÃ¼rich: '{right[0]}; charset=utf-8'.", 24, ["ada"])  # fmt: skip


@serve_files.scenario(1, "names with blanks and umlauts")
def _encoded(judge: Judge) -> None:
    server = Server(judge)
    must_keep_to(server, targets.ENCODED)
    ada = server.visit("ada")
    _must_be_typed(ada, ada.must_get(f"/{quote('Zürich.txt')}", "Zürich.txt"), "Zürich.txt")


@serve_files.scenario(2, "a file that changes between two requests")
def _changed(judge: Judge) -> None:
    server = Server(judge)
    ada = server.visit("ada")
    ada.must_get("/tea.html", "tea.html")
    server.happened = "The file has changed since it was asked for the last time: read it for each request"
    (server.place.root / "tea.html").write_bytes(b"<h1>Another tea</h1>")
    ada.must_get("/tea.html", "tea.html")
    (server.place.root / "tea.html").unlink()
    ada.ask("/tea.html")
    ada.must_be_refused(MISSING, "That file has been deleted")


@serve_files.scenario(2, "an empty file")
def _empty(judge: Judge) -> None:
    ada = Server(judge).visit("ada")
    ada.must_get("/nothing.txt", "nothing.txt", "a file of 0 bytes is a file")
    ada.must_get("/tea.html", "tea.html")


@serve_files.scenario(2, "ways out of root: dots, and dots in disguise")
def _dots(judge: Judge) -> None:
    must_keep_to(Server(judge), [*targets.DOTS, *targets.DISGUISED])


@serve_files.scenario(2, "ways out of root: a whole path, a neighbour's name")
def _absolute(judge: Judge) -> None:
    server = Server(judge)
    must_keep_to(server, [*targets.absolute(server.place), *targets.NEIGHBOUR])


@serve_files.scenario(2, "names that only look bad, and nonsense")
def _looks_bad(judge: Judge) -> None:
    must_keep_to(Server(judge), [*targets.LOOKS_BAD, *targets.NONSENSE])


@serve_files.scenario(3, "ways out of root: decoded twice, links")
def _links(judge: Judge) -> None:
    server = Server(judge)
    must_keep_to(server, targets.TWICE)
    if server.place.links:
        must_keep_to(server, targets.LINKS)


@serve_files.scenario(3, "what is no file, or cannot be read")
def _no_file(judge: Judge) -> None:
    server = Server(judge)
    server.happened = (
        "pipe.txt is no file but a pipe, and open waits there for somebody who writes: ask os.path.isfile first"
    )
    server.waits_for_a_file = True
    must_keep_to(server, targets.NO_FILES)
    server.waits_for_a_file = False
    server.happened = "The system does not let the server read secret.txt, and open raises PermissionError"
    path = server.place.root / "secret.txt"
    path.write_text("secret")
    path.chmod(0)
    ada = server.visit("ada")
    ada.ask("/secret.txt")
    if os.access(path, os.R_OK):  # nobody can forbid it: this is root's process, or Windows
        ada.must_hear("secret.txt")
    else:
        ada.must_be_refused(MISSING, "It cannot be read")
    ada.must_get("/tea.html", "tea.html")


@serve_files.scenario(3, "what an error tells a stranger")
def _errors(judge: Judge) -> None:
    server = Server(judge)
    for target in (
        "/sugar.html",
        "/empty/",
        f"/{SCRIPT}",
        f"/?{SCRIPT}/..%2f..%2fsugar",
        "/tea.html/milk",
        "/" + "a" * 300,
    ):
        ada = server.visit("ada")
        ada.ask(target)
        answer = ada.hear()
        said = answer.body + "".join(f"{name}: {value}\n" for name, value in answer.head.headers).encode("latin-1")
        if any(os.fsencode(path) in said for path in (server.place.root, os.path.realpath(server.place.root))):
            raise Fell(f"{ada.asked}, and in the answer stands where the folder lies on this computer: {shown(said[-60:])}. A stranger learns the status, and no more.", 37, ["ada"])  # fmt: skip
        if SCRIPT.encode() in said and answer.head.get("content-type").partition(";")[0].strip() not in ("text/plain",):
            raise Fell(f"{ada.asked}, and the answer, a page, repeats it: a browser runs that script as one of the server's own, and whoever writes a link chooses what it does. Leave out what was asked, or use html.escape.", None, ["ada"])  # fmt: skip
