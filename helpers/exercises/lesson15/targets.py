"""Targets of requests, and what may be given for them: files of the root, or nothing. The folder that they are about is `folders.folder`.

Goes out: tables of `Given` and `Refused`. Who may import it: the exercises that give files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from helpers.checking.judge import Judge
from helpers.exercises.lesson15.folders import LINK, Folder, must_give, must_refuse


class Given(NamedTuple):
    """A target for which a file of the root is to be given."""

    target: str
    file: str
    why: str = ""
    or_none: bool = False
    """Nothing is as right."""


class Refused(NamedTuple):
    """A target for which nothing is to be given."""

    target: str
    why: str
    """As a sentence, without its full stop."""
    misconception: int | None = None


Target: TypeAlias = Given | Refused


def must_keep_to(judge: Judge, place: Folder, targets: Iterable[Target]) -> None:
    """`safe_path` does so for each of these."""
    for each in targets:
        if isinstance(each, Given):
            must_give(judge, place, each.target, each.file, each.why, or_none=each.or_none)
        else:
            must_refuse(judge, place, each.target, each.why, each.misconception)


def _refused(why: str, misconception: int | None, *targets: str) -> tuple[Refused, ...]:
    return tuple(Refused(target, why, misconception) for target in targets)


_QUERY = "what follows ? is no part of the name"
FILES: tuple[Target, ...] = (
    Given("/tea.html", "tea.html", "the / in front is the root"),
    Given("/drinks/milk.txt", "drinks/milk.txt", "it lies in a folder of the root"),
    Given("/tea.html?lang=de&x=/../", "tea.html", _QUERY),
    Given("/tea.html?a=b?c=d", "tea.html", "what follows the first ? is no part of the name"),
)
FOLDERS: tuple[Target, ...] = (
    *(
        Given(target, file, "a target that ends in / is the index.html of that folder")
        for target, file in (("/", "index.html"), ("/drinks/", "drinks/index.html"), ("/?lang=de", "index.html"))
    ),
    Refused("/empty/", "That folder has no index.html"),
)
MISSING: tuple[Target, ...] = _refused(
    "There is no such file", None, "/favicon.ico", "/drinks/sugar.txt", "/tea.html/milk.txt", "/tea.html/"
)
ENCODED: tuple[Target, ...] = tuple(
    Given(target, file, "% and two digits stand for a byte, and the bytes are UTF-8")
    for target, file in (
        ("/my%20tea.txt", "my tea.txt"),
        ("/Z%C3%BCrich.html", "Zürich.html"),
        ("/Z%c3%bcrich.html?x=%20", "Zürich.html"),
        ("/%74ea.html", "tea.html"),
    )
)
DOTS: tuple[Target, ...] = (
    *_refused(
        ".. leads to the folder above",
        37,
        "/../key.txt",
        "/../private/key.txt",
        "/drinks/../../key.txt",
        "../key.txt",
        "/./.././key.txt",
        "/..",
        "/../",
        "/../private/",
    ),
    Given("/drinks/../tea.html", "tea.html", or_none=True),
)
DISGUISED: tuple[Target, ...] = (
    *_refused(
        "%2e is a dot, and %2f a slash: look at the name when it is decoded, as open will see it",
        37,
        "/%2e%2e/key.txt",
        "/..%2fkey.txt",
        "/%2E%2E%2Fkey.txt",
        "/.%2e/private/key.txt",
        "/drinks%2f..%2f..%2fkey.txt",
        "%2e%2e/key.txt",
    ),
    *_refused("Windows takes \\ for a slash", 37, "/..\\key.txt", "/..%5ckey.txt", "/drinks\\..\\..\\key.txt"),
)
_NEIGHBOUR = "'www-private' starts with 'www', and is another folder: compare folders, not letters"
NEIGHBOUR: tuple[Target, ...] = _refused(_NEIGHBOUR, 37, "/../www-private/key.txt", "/%2e%2e/www-private/key.txt")
_TWO_DOTS = "two dots lead up only where they are all that stands between two slashes"
LOOKS_BAD: tuple[Target, ...] = (
    Given("/notes..txt", "notes..txt", _TWO_DOTS),
    Given("/..tea", "..tea", _TWO_DOTS),
    Given("/a+b.txt", "a+b.txt", "a + in a name is a +; for a blank it stands in forms alone, which is what unquote_plus is for"),
    Given("/100%25.txt", "100%.txt", "%25 is a %"),
    Given("/no%231.txt", "no#1.txt", "%23 is a # in the name; what stands behind a # of its own, a browser keeps to itself"),
    Given("/a%2520b.txt", "a%20b.txt", "a name is decoded once, and %25 is a %"),
    Refused("/tea.html%3Flang=de", "%3F is a ? in the name; the one that ends a name is not encoded"),
)  # fmt: skip
NONSENSE: tuple[Target, ...] = (
    *_refused("There is no such file", None, "*", "%", "/%", "/%zz", "/%ff", "/%00", "/tea.html%00.png", "/tea.html\0", "/\x7f", "/%F0%9F%8D%B5", "/" + "a" * 5000, "/" + "a/" * 3000),
    Given("http://127.0.0.1:8080/tea.html", "tea.html", or_none=True),
    Given("", "index.html", or_none=True),
    Given("//tea.html", "tea.html", or_none=True),
)  # fmt: skip
TWICE: tuple[Target, ...] = _refused(
    "A name is decoded once, and %25 is a %", 37, "/%252e%252e/key.txt", "/..%252fkey.txt", "/%25252e%25252e/key.txt"
)
LINKS: tuple[Target, ...] = (
    *_refused(LINK, 37, "/key.txt", "/out/key.txt", "/out/", "/out/../private/key.txt", "/drinks/../out/key.txt"),
    *_refused("That link leads to itself", None, "/loop", "/loop/", "/loop/tea.html"),
    Given("/inside.html", "tea.html", or_none=True),
)
"""Only where there are links."""
NO_FILES: tuple[Target, ...] = (
    Refused("/pipe.txt", "A file is what can be read to its end; a pipe is none, and open would wait"),
    *(
        Given(target, file, or_none=True)
        for target, file in (("/drinks/.", "drinks/index.html"), ("/.", "index.html"), ("/drinks/..", "index.html"))
    ),
)


def absolute(place: Folder) -> tuple[Target, ...]:
    """A file beside the root, by its whole path."""
    key = (place.beside / "key.txt").as_posix()
    why = "os.path.join, and the / of a Path, forget all that stands before a part which begins with /"
    return _refused(why, 37, "/" + key, key, "/" + key.replace("/", "%2f"), "//" + key, "/%2f" + key)
