"""Nothing is compiled in a sandbox, though the course may belong to somebody else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.grading import compiling
from helpers.grading.sandbox import in_sandbox
from tests.support.ordinary import as_ordinary_user, needs_sandbox

LOADED = "code object from "
MADE = "from helpers.grading import inside\nfrom helpers.grading.compiling import compiled\nwith compiled() as folder: print(repr(folder))"


def test_where_all_is_compiled_nothing_more_is_made() -> None:
    """In a process of its own: pytest compiles what it loads in its own way."""
    said = subprocess.run([sys.executable, "-P", "-c", MADE], capture_output=True, text=True)
    assert (said.stdout, said.stderr) == ("''\n", "")


@pytest.mark.slow
def test_where_nobody_may_write_beside_the_sources_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a sandbox a judge finds all that it loads there, and compiles nothing."""
    monkeypatch.setattr("compileall.compile_dir", lambda *_, **__: False)  # as it says then
    with compiling.compiled() as folder:
        assert Path(folder).is_dir()
        needs_sandbox()
        command = in_sandbox([sys.executable, "-P", "-v", "-c", compiling.LOADS], folder)
        said = subprocess.run(as_ordinary_user(command), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    lines = [line for line in said.stderr.splitlines() if LOADED in line]
    assert said.returncode == 0 and any("inside" in line for line in lines), said.stderr[-1000:]
    assert [line for line in lines if f"{LOADED}'{folder}" not in line] == []
    assert not Path(folder).exists()
