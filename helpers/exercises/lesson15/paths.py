"""safe_path(root, target): the file that a request may have."""

from __future__ import annotations

import os

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.exercises.lesson15.folders import LINK, folder, must_give, must_refuse

safe_path = Exercise(
    lesson=15,
    signature="safe_path(root, target)",
    brief="Return the path of the file in the folder root that target names (a str, or a Path), and None where there is no such file to give. root is a folder's name, a str. target is what stands in a request, such as "
    "'/Z%C3%BCrich.html?lang=de': what follows ? is no part of the name, and %C3%BC stands for two bytes of UTF-8, decoded once. A target that ends in / is the index.html of that folder. "
    "Nothing outside of root is given, whatever leads there: dots, links, anything. It raises nothing: a missing file, a folder, nonsense are None.",
    hints=(
        "Do not look for what is bad in the target: there is always one more way to write it. Work out which file it would be, as the system does, and then look where that lies.",
        "Four steps: cut at the ?, decode (`urllib.parse.unquote`), put it behind root, and let `os.path.realpath` follow the dots and links. Is what comes out inside of the root's own realpath, and is it a file?",
        "`name = unquote(target.partition('?')[0])`; refuse it without a / in front, or with '\\0' in it; `root = os.path.realpath(root)`; `path = os.path.realpath(os.path.join(root, name.lstrip('/')))`; "
        "`Path(path).is_relative_to(root)`, since 'www-private' starts with 'www' too; `os.path.isfile(path)`.",
    ),
    solution="""
import os
from pathlib import Path
from urllib.parse import unquote

def safe_path(root, target):
    name = unquote(target.partition("?")[0])
    if not name.startswith("/") or "\\0" in name:
        return None
    if name.endswith("/"):
        name += "index.html"
    root = os.path.realpath(root)
    path = os.path.realpath(os.path.join(root, name.lstrip("/")))
    if not Path(path).is_relative_to(root) or not os.path.isfile(path):
        return None
    return path
""",
    reasons="The question is not how the target is written, but where it leads: `realpath` follows dots and links as `open` would, and only what it comes to is compared. `lstrip`, since `os.path.join` forgets the root before a part that begins with /. "
    "`is_relative_to` compares folders; `startswith` would compare letters. The query is cut off before anything is decoded, or a %3F would end the name, and it is decoded once, as it was encoded once. "
    "Whatever is wrong is None: 404 tells a stranger nothing of what lies outside.",
)

DOTS = ".. leads to the folder above"


@safe_path.scenario(1, "files of the folder")
def _files(judge: Judge) -> None:
    place = folder(judge)
    must_give(judge, place, "/tea.html", "tea.html", "the / in front is the root")
    must_give(judge, place, "/drinks/milk.txt", "drinks/milk.txt", "it lies in a folder of the root")
    must_give(judge, place, "/tea.html?lang=de&x=/../", "tea.html", "what follows ? is no part of the name")
    must_give(judge, place, "/tea.html?a=b?c=d", "tea.html", "what follows the first ? is no part of the name")


@safe_path.scenario(1, "folders, and their index.html")
def _folders(judge: Judge) -> None:
    place = folder(judge)
    for target, file in (("/", "index.html"), ("/drinks/", "drinks/index.html"), ("/?lang=de", "index.html")):
        must_give(judge, place, target, file, "a target that ends in / is the index.html of that folder")
    must_refuse(judge, place, "/empty/", "That folder has no index.html")
    must_refuse(judge, place, "/empty", "A folder is no file")
    must_give(judge, place, "/drinks", "drinks/index.html", "", or_none=True)


@safe_path.scenario(1, "a file that is not there")
def _missing(judge: Judge) -> None:
    place = folder(judge)
    for target in ("/favicon.ico", "/drinks/sugar.txt", "/tea.html/milk.txt", "/tea.html/"):
        must_refuse(judge, place, target, "There is no such file")


@safe_path.scenario(1, "names with blanks and umlauts")
def _encoded(judge: Judge) -> None:
    place = folder(judge)
    for target, file in (
        ("/my%20tea.txt", "my tea.txt"),
        ("/Z%C3%BCrich.html", "Zürich.html"),
        ("/Z%c3%bcrich.html?x=%20", "Zürich.html"),
        ("/%74ea.html", "tea.html"),
    ):
        must_give(judge, place, target, file, "% and two digits stand for a byte, and the bytes are UTF-8")


@safe_path.scenario(1, "two dots")
def _dots(judge: Judge) -> None:
    place = folder(judge)
    for target in (
        "/../key.txt",
        "/../private/key.txt",
        "/drinks/../../key.txt",
        "../key.txt",
        "/./.././key.txt",
        "/..",
        "/../",
        "/../private/",
    ):
        must_refuse(judge, place, target, DOTS, 37)
    must_give(judge, place, "/drinks/../tea.html", "tea.html", "", or_none=True)  # fmt: skip


@safe_path.scenario(2, "two dots in disguise")
def _disguised(judge: Judge) -> None:
    place = folder(judge)
    why = "%2e is a dot, and %2f a slash: look at the name when it is decoded, as open will see it"
    for target in ("/%2e%2e/key.txt", "/..%2fkey.txt", "/%2E%2E%2Fkey.txt", "/.%2e/private/key.txt", "/drinks%2f..%2f..%2fkey.txt", "%2e%2e/key.txt"):  # fmt: skip
        must_refuse(judge, place, target, why, 37)
    for target in ("/..\\key.txt", "/..%5ckey.txt", "/drinks\\..\\..\\key.txt"):
        must_refuse(judge, place, target, "Windows takes \\ for a slash", 37)


@safe_path.scenario(2, "a whole path of this computer")
def _absolute(judge: Judge) -> None:
    place = folder(judge)
    key = (place.beside / "key.txt").as_posix()
    why = "os.path.join, and the / of a Path, forget all that stands before a part which begins with /"
    for target in ("/" + key, key, "/" + key.replace("/", "%2f"), "//" + key, "/%2f" + key):
        must_refuse(judge, place, target, why, 37)


@safe_path.scenario(2, "a neighbour whose name begins as the root's does")
def _neighbour(judge: Judge) -> None:
    place = folder(judge)
    why = "'www-private' starts with 'www', and is another folder: compare folders, not letters"
    must_refuse(judge, place, "/../www-private/key.txt", why, 37)
    must_refuse(judge, place, "/%2e%2e/www-private/key.txt", why, 37)


@safe_path.scenario(2, "names that only look bad")
def _looks_bad(judge: Judge) -> None:
    place = folder(judge)
    for target, file, why in (
        ("/notes..txt", "notes..txt", "two dots lead up only where they are all that stands between two slashes"),
        ("/..tea", "..tea", "two dots lead up only where they are all that stands between two slashes"),
        ("/a+b.txt", "a+b.txt", "a + in a name is a +; for a blank it stands in forms alone, which is what unquote_plus is for"),
        ("/100%25.txt", "100%.txt", "%25 is a %"),
        ("/a%2520b.txt", "a%20b.txt", "a name is decoded once, and %25 is a %"),
    ):  # fmt: skip
        must_give(judge, place, target, file, why)
    must_refuse(judge, place, "/tea.html%3Flang=de", "%3F is a ? in the name; the one that ends a name is not encoded")


@safe_path.scenario(2, "nonsense")
def _nonsense(judge: Judge) -> None:
    place = folder(judge)
    for target in ("*", "%", "/%", "/%zz", "/%ff", "/%00", "/tea.html%00.png", "/tea.html\0", "/\x7f", "/%F0%9F%8D%B5", "/" + "a" * 5000, "/" + "a/" * 3000):  # fmt: skip
        must_refuse(judge, place, target, "There is no such file")
    must_give(judge, place, "http://127.0.0.1:8080/tea.html", "tea.html", "", or_none=True)
    must_give(judge, place, "", "index.html", "", or_none=True)
    must_give(judge, place, "//tea.html", "tea.html", "", or_none=True)


@safe_path.scenario(3, "decoded twice")
def _twice(judge: Judge) -> None:
    place = folder(judge)
    for target in ("/%252e%252e/key.txt", "/..%252fkey.txt", "/%25252e%25252e/key.txt"):
        must_refuse(judge, place, target, "A name is decoded once, and %25 is a %", 37)


@safe_path.scenario(3, "links that lead out")
def _links(judge: Judge) -> None:
    place = folder(judge)
    if not place.links:
        return
    for target in ("/key.txt", "/out/key.txt", "/out/", "/out/../private/key.txt", "/drinks/../out/key.txt"):
        must_refuse(judge, place, target, LINK, 37)
    for target in ("/loop", "/loop/", "/loop/tea.html"):
        must_refuse(judge, place, target, "That link leads to itself")
    must_give(judge, place, "/inside.html", "tea.html", "", or_none=True)


@safe_path.scenario(3, "a root by other names")
def _names_of_root(judge: Judge) -> None:
    place = folder(judge)
    names = [str(place.root) + os.sep, os.path.join(str(place.root), "drinks", "..")]
    if place.links:
        names.append(str(place.beside / "alias"))
    if os.path.splitdrive(os.getcwd())[0] == os.path.splitdrive(str(place.root))[0]:
        names.append(os.path.relpath(place.root))
    for root in names:
        why = f"root was {place.told(root)} this time; compare like with like, the real path of both"
        must_give(judge, place, "/tea.html", "tea.html", why, root)
        must_give(judge, place, "/drinks/milk.txt", "drinks/milk.txt", why, root)


@safe_path.scenario(3, "what is no file")
def _no_file(judge: Judge) -> None:
    place = folder(judge)
    must_refuse(judge, place, "/pipe.txt", "A file is what can be read to its end; a pipe is none, and open would wait")
    for target, file in (("/drinks/.", "drinks/index.html"), ("/.", "index.html"), ("/drinks/..", "index.html")):
        must_give(judge, place, target, file, "", or_none=True)
