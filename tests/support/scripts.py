"""What a file prints that is run by `python3 file.py`: to be compared with the same source as a program in a window."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import helpers


def as_a_script(source: str, folder: Path, name: str = "server.py") -> str:
    """Both streams, in the order in which they were written to, without folders."""
    file = folder / name
    file.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-u", name],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    return without_folders(done.stdout)


def as_a_program(source: str, name: str = "server.py") -> str:
    """What stands in its window in the end."""
    program = helpers.background(source, name)
    try:
        assert program.wait(60), program.describe()
    finally:
        program.stop()
    return without_folders(program.output + (program.error or ""))


def without_folders(text: str) -> str:
    """A window names a file without its folder; and where an object lies in memory is of no interest."""
    return re.sub(r" at 0x\w+", "", re.sub(r'(?<=File ")[^"\n]*[/\\](?=[^"\n]*")', "", text))
