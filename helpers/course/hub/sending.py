"""Runs as a learner, for whoever collects: writes the learner's notebooks of a lesson to standard output.

In: the name of the course's notebook. Out: for each file a line of JSON with its name and its size, or why it does not come, and then its bytes. What is no file of its own is not opened: a link, a pipe, a device.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import BinaryIO

from helpers.notebook.files import open_file
from helpers.notebook.learner import AT_HOME

LARGEST = 20 << 20
"""Bytes of a notebook."""
MOST = 4
"""Notebooks of a lesson: the course's, and copies that the learner has made."""
NOTEBOOK = re.compile(r"[0-9]{2}-[A-Za-z0-9 ._()-]{1,120}\.ipynb")
"""A name that is collected: a file's anywhere, and a line of text."""
ODD = "its name is too long, or has other characters than A to Z, a to z, 0 to 9, spaces and ._-()"
WAY = (AT_HOME, "notebooks")
"""To the learner's lessons, from home."""
HOME = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
FOLDER = HOME | getattr(os, "O_NOFOLLOW", 0)


def send(home: str, lesson: str, out: BinaryIO) -> None:
    """Write what there is of the lesson, the file first that has the course's own name."""
    with contextlib.ExitStack() as opened:
        try:
            folder = _open(home, HOME, None, opened)
            for name in WAY:
                folder = _open(name, FOLDER, folder, opened)
            names = sorted(os.listdir(folder))
        except OSError as error:
            out.write(_line(name="/".join(WAY), why=error.strerror))
            return
        theirs = [name for name in names if name[:3] == lesson[:3] and name.endswith(".ipynb")]
        theirs.sort(key=lambda name: (name != lesson, NOTEBOOK.fullmatch(name) is None))
        for name in theirs[:MOST]:
            out.writelines(_sent(folder, name) if NOTEBOOK.fullmatch(name) else [_line(name=name, why=ODD)])


def _open(name: str, how: int, within: int | None, opened: contextlib.ExitStack) -> int:
    handle = os.open(name, how, dir_fd=within)
    opened.callback(os.close, handle)
    return handle


def _sent(folder: int, name: str) -> Iterator[bytes]:
    try:
        handle = open_file(name, within=folder)
    except OSError as error:
        yield _line(name=name, why=error.strerror)
        return
    with open(handle, "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        yield _line(name=name, why=f"larger than {LARGEST >> 20} MB")
        return
    yield _line(name=name, size=len(content))
    yield content


def _line(**told: object) -> bytes:
    return json.dumps(told).encode() + b"\n"


if __name__ == "__main__":
    send(os.environ["HOME"], sys.argv[1], sys.stdout.buffer)
