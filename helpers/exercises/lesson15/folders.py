"""A folder to give files from, with secrets beside it; and what came of a call of `safe_path`.

Comes in: calls, and what they were to return. Goes out: `Fell`. Who may import it: the exercises that give files.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from helpers.checking.call import Call
from helpers.checking.judge import Judge
from helpers.checking.plain import FilePath, Value
from helpers.checking.verdicts import Fell, shown

FILES = (
    "www/index.html", "www/tea.html", "www/drinks/index.html", "www/drinks/milk.txt", "www/Zürich.html", "www/my tea.txt", "www/a+b.txt", "www/no#1.txt",
    "www/100%.txt", "www/a%20b.txt", "www/notes..txt", "www/..tea", "www/empty/.keep", "key.txt", "private/key.txt", "private/index.html", "www-private/key.txt",
)  # fmt: skip
LINKS = {
    "www/inside.html": "tea.html",
    "www/key.txt": "../private/key.txt",
    "www/out": "../private",
    "www/loop": "loop",
    "alias": "www",
}
"""Symbolic links, and where they lead."""
NONSENSE = " A target is whatever a stranger sends: what is no file's name is None."
LINK = "A link leads there: os.path.realpath, or resolve() of a Path, says where to"


class Folder(NamedTuple):
    """`root`, whose files may be given; what lies beside it may not."""

    root: Path
    links: bool
    """Whether there are LINKS: Windows lets not everybody make them."""

    @property
    def beside(self) -> Path:
        return self.root.parent

    def is_beside(self, path: str) -> bool:
        """Whether it lies outside of the root, as it is written."""
        return not any(Path(path).is_relative_to(root) for root in (self.root, os.path.realpath(self.root)))

    def told(self, path: str) -> str:
        """A path for a sentence, without where the folder happens to lie."""
        for folder, name in ((self.root, "root"), (self.beside, "root/..")):
            for spelling in (str(folder), os.path.realpath(folder)):
                if path == spelling or path.startswith((spelling + os.sep, spelling + "/")):
                    return repr((name + path[len(spelling) :]).replace(str(self.beside), "…"))
        return shown(path)


def folder(judge: Judge) -> Folder:
    """One for this scenario; it is gone when that ends."""
    beside = Path(judge.enter(tempfile.TemporaryDirectory(prefix="lesson15-", ignore_cleanup_errors=True)))
    for name in FILES:
        path = beside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    try:
        for name, to in LINKS.items():
            os.symlink(to, beside / name, target_is_directory=not Path(to).suffix)
        links = True
    except OSError:
        links = False
    if hasattr(os, "mkfifo"):
        with contextlib.suppress(OSError):  # not every file system has such
            os.mkfifo(beside / "www/pipe.txt")
    return Folder(beside / "www", links)


def must_give(judge: Judge, place: Folder, target: str, file: str, why: str, root: str = "", or_none: bool = False) -> None:  # fmt: skip
    """It gives this file of the root. `root`: as what it is named; `or_none`: or nothing, which is as right."""
    wanted = f"{target!r} is the file {file!r} of root"
    otherwise = "" if or_none else f" root is a str, the name of a folder, and {wanted}."
    call = _called(judge, place, target, root, otherwise)
    if call.value is None and or_none:
        return
    path = _path(call.value)
    if call.value is None:
        raise Fell(f"It returned None, though {wanted}: {why}.")
    if path is None:
        raise Fell(f"It returned {shown(call.value)}, where {wanted}: a path was to come, or None.")
    if not os.path.isabs(path) and os.path.isabs(root or place.root) and (place.root / path).exists():
        raise Fell(
            f"It returned {place.told(path)}: that is the way from root on, and open would look for it in the folder where the program runs. The path begins with root."
        )
    if not os.path.exists(path):
        raise Fell(f"It returned {place.told(path)}, where nothing is. {wanted}: {why}.", 37)
    if not os.path.samefile(path, place.root / file):
        raise Fell(f"It returned {place.told(path)}, where {wanted}: {why}.")


def must_refuse(judge: Judge, place: Folder, target: str, why: str, misconception: int | None = None) -> None:
    """It gives nothing. `why`: as a sentence, without its full stop."""
    call = _called(judge, place, target)
    path = _path(call.value)
    if call.value is None:
        return
    if path is None:
        raise Fell(f"It returned {shown(call.value)} for {target!r}: a path was to come, or None.")
    where = os.path.realpath(path)
    if place.is_beside(where) and os.path.exists(where):
        why = why if place.is_beside(os.path.normpath(path)) else LINK
        lies = "" if place.told(path) == place.told(where) else f"that is {place.told(where)}, which "
        raise Fell(
            f"It returned {place.told(path)} for {_told(target, place)}: {lies or 'that '}lies outside of root, and whoever asks gets it. {why}.", 37
        )  # fmt: skip
    kind = "a folder" if os.path.isdir(path) else "no file" if os.path.exists(path) else "nothing"
    what = f"It returned {place.told(path)} for {_told(target, place)}"
    if os.path.isfile(path):
        raise Fell(f"{what}, and that is another file. {why}: None.", misconception)
    raise Fell(f"{what}, where {kind} is. {why}: None.", misconception)


def _called(judge: Judge, place: Folder, target: str, root: str = "", otherwise: str = "") -> Call:
    """`otherwise`: what to say of an error, where it is not that there is no such file."""
    call = judge.call(root or str(place.root), target)
    call.finish()
    if call.error is not None:
        fell = call.misuse()
        where = f", in line {call.line} of the cell" if call.line else ""
        raise fell or Fell(
            f"It raised {call.error}{where} for {_told(target, place)}: {call.text.replace(str(place.beside), '…') or 'without a word'}.{otherwise or NONSENSE}"
        )
    return call


def _told(target: str, place: Folder) -> str:
    return shown(target.replace(str(place.beside), "…"))


def _path(value: Value) -> str | None:
    """What was returned, as a path; None where it is none, or one that no system takes."""
    text = value.text if isinstance(value, FilePath) else value
    if not isinstance(text, str) or "\0" in text:
        return None
    with contextlib.suppress(UnicodeEncodeError):
        os.fsencode(text)
        return text
    return None
