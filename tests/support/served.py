"""The file server of lesson 20, in whatever design, with a small site: for clients that nobody here has written."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import helpers
from helpers.exercises.lesson20.files import serve_files
from tests.checking.answers.lesson20.serve_files import ASYNCIO, SELECTORS

DESIGNS = {"threads": serve_files.solution, "selectors": SELECTORS, "asyncio": ASYNCIO}
"""The first has all extras."""
LARGE = bytes(range(256)) * 12_345
"""More than any buffer of a connection holds."""


class Site(NamedTuple):
    url: str
    address: tuple[str, int]
    root: Path


def fill(root: Path) -> None:
    """A page with a style and two pictures, in a folder with an umlaut, and a secret beside it."""
    (root / "Zürich").mkdir(parents=True)
    drawing = helpers.pictures.encoding("Zürich").image
    assert isinstance(drawing, str)
    files = {
        "index.html": "<h1>Zürich</h1><a href='Zürich/'>pictures</a>",
        "Zürich/index.html": "<link rel=stylesheet href=/style.css><h1>Zürich</h1><img alt=1 src=letters.svg><img alt=2 src=../letters.svg>",
        "style.css": "h1 { color: rgb(1, 2, 3) }",
        "letters.svg": drawing,
        "Zürich/letters.svg": drawing,
        "digits.txt": "0123456789",
        "../secret.txt": "under the mat",
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    (root / "large.bin").write_bytes(LARGE)


MAIN = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
serve_files(listener, sys.argv[1])
"""


@contextlib.contextmanager
def served(design: str, root: Path) -> Iterator[Site]:
    """The site, served from the folder `root`, which is made, by a program of its own: as in a terminal."""
    fill(root)
    program = root.parent / "files.py"
    program.write_text(DESIGNS[design] + MAIN, encoding="utf-8")
    command = [sys.executable, str(program), str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield Site(f"http://127.0.0.1:{port}", ("127.0.0.1", port), root)
        finally:
            process.kill()
