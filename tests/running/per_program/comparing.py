"""The same program in a terminal and in a window: what stands there in the end."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import helpers
from tests.support.terminal import in_terminal

PATIENCE = 30.0

Typed = Sequence[tuple[str, str]]
"""Pairs of what stands there when a line is typed, and the line."""


def compare(tmp_path: Path, source: str, typed: Typed = ()) -> str:
    """Run `source` both ways, as a program called program.py. What stood there, which was the same; folders and places in memory left out."""
    terminal = _plain(in_terminal(tmp_path / "program.py", source, typed), tmp_path)
    with mock.patch.dict(
        os.environ, NO_COLOR="1"
    ):  # as in that terminal: from Python 3.14 on argparse and unittest use colours
        program = helpers.background(source, "program.py", typed=[line for _, line in typed])
        assert program.wait(PATIENCE), program.describe()
    window = _plain(program.output + (program.error or ""), Path.cwd())
    assert window == terminal, f"in the window:\n{window}\nin a terminal:\n{terminal}"
    return window


def _plain(text: str, folder: Path) -> str:
    """The standard library's files without their folders, as a window shows them."""
    text = text.replace(f"{folder}{os.sep}", "").replace(str(folder), "")
    text = re.sub(r"in \d\.\d+s", "in … s", text)
    text = re.sub(r'(?<=File ")[^"]*/', "", re.sub(r"0x[0-9a-f]+", "0x…", text))
    return re.sub(r'  File "threading\.py", .*\n(    .*\n)*', "", text)  # which a window leaves out
