"""The folder whose files are to be given: that of lesson 15, with pictures in it, and files of every kind and size.

Comes in: a judge. Goes out: a folder, and what is in it. Who may import it: server and the scenarios.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from helpers.checking.judge import Judge
from helpers.exercises.lesson15.folders import Folder, folder

PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\r\n\r\n\xff\xfe\x80GET / HTTP/1.1\r\n\r\n" + bytes(range(256))
"""No real one: what matters is that it is no text, and that there are blank lines and a request in it."""
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".txt": "text/plain",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
}
"""The table of the specification."""
ELSE = "application/octet-stream"
AS_RIGHT = {".js": ("application/javascript",), ".gz": ("application/gzip", "application/x-gzip")}
"""Types that Python's `mimetypes` has, depending on its version and on the system."""
LARGE = 4 << 20
"""Bytes of a file that no buffer of a connection holds."""
HUGE = 3 << 29
"""Bytes of one that has no room in the memory that a server may take."""

CONTENTS: dict[str, bytes] = {
    "tea.png": PICTURE,
    "tea.jpg": PICTURE[::-1],
    "tea.gif": b"GIF89a" + PICTURE,
    "MILK.PNG": PICTURE,
    "style.css": b"h1 { color: green }",
    "tea.js": "document.title = 'Zürich'".encode(),
    "tea.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "Z\u00fcrich.txt": "Z\u00fcrich: ½ Tee".encode(),
    "tea": b"no ending at all",
    "tea.unknown-ending": b"nobody knows what this is",
    "tea.txt.gz": b"\x1f\x8b\x08" + PICTURE[:20],
    "nothing.txt": b"",
    "digits.txt": b"0123456789",
    "drinks/cup.png": PICTURE[:40],
}


def site(judge: Judge) -> Folder:
    """One for this scenario."""
    place = folder(judge)
    for name, data in CONTENTS.items():
        with contextlib.suppress(FileExistsError):
            (place.root / name).write_bytes(data)
    return place


def large(place: Folder, judge: Judge, name: str = "large.bin", size: int = LARGE) -> bytes:
    """A file of that size; what is in it."""
    data = judge.chance.randbytes(size)
    (place.root / name).write_bytes(data)
    return data


def huge(place: Folder, name: str = "huge.bin") -> Path:
    """A file of HUGE bytes, nearly all of which are 0, and take no room on a disk that can do that."""
    path = place.root / name
    with path.open("wb") as file:
        file.write(b"the beginning")
        file.truncate(HUGE)
    return path


def types_of(name: str) -> tuple[str, ...]:
    """Those that are right for a file of that name; the first one is the specification's."""
    ending = os.path.splitext(name)[1].lower()
    return TYPES.get(ending, ELSE), *AS_RIGHT.get(ending, ())
