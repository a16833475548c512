"""safe_path(root, target): the file that a request may have."""

from __future__ import annotations

import os

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.exercises.lesson15 import targets
from helpers.exercises.lesson15.folders import folder, must_give, must_refuse
from helpers.exercises.lesson15.targets import must_keep_to

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


@safe_path.scenario(1, "files of the folder")
def _files(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.FILES)


@safe_path.scenario(1, "folders, and their index.html")
def _folders(judge: Judge) -> None:
    place = folder(judge)
    must_keep_to(judge, place, targets.FOLDERS)
    must_refuse(judge, place, "/empty", "A folder is no file")
    must_give(judge, place, "/drinks", "drinks/index.html", "", or_none=True)


@safe_path.scenario(1, "a file that is not there")
def _missing(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.MISSING)


@safe_path.scenario(1, "names with blanks and umlauts")
def _encoded(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.ENCODED)


@safe_path.scenario(1, "two dots")
def _dots(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.DOTS)


@safe_path.scenario(2, "two dots in disguise")
def _disguised(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.DISGUISED)


@safe_path.scenario(2, "a whole path of this computer")
def _absolute(judge: Judge) -> None:
    place = folder(judge)
    must_keep_to(judge, place, targets.absolute(place))


@safe_path.scenario(2, "a neighbour whose name begins as the root's does")
def _neighbour(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.NEIGHBOUR)


@safe_path.scenario(2, "names that only look bad")
def _looks_bad(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.LOOKS_BAD)


@safe_path.scenario(2, "nonsense")
def _nonsense(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.NONSENSE)


@safe_path.scenario(3, "decoded twice")
def _twice(judge: Judge) -> None:
    must_keep_to(judge, folder(judge), targets.TWICE)


@safe_path.scenario(3, "links that lead out")
def _links(judge: Judge) -> None:
    place = folder(judge)
    if place.links:
        must_keep_to(judge, place, targets.LINKS)


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
    must_keep_to(judge, folder(judge), targets.NO_FILES)
