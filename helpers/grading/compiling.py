"""Python compiles a module once, and keeps that beside its source. A sandbox is read-only: what is not compiled before would be compiled in each of them, which costs as much as a verdict.

Comes in: the course as it lies there, which may belong to somebody else. Goes out: a folder in which all is compiled that a judge loads, or none where it is already. Who may import it: the command.
"""

from __future__ import annotations

import compileall
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from helpers.grading.sandbox import PACKAGE

LOADS = "import helpers.grading.inside, helpers.checking.child, helpers.exercises, helpers.pictures; list(helpers.exercises.exercises()); helpers.pictures.conversation"
"""What a judge, its learner's process and the picture of a fall load; what of the system and of other packages they need is compiled with it."""


@contextlib.contextmanager
def compiled() -> Iterator[str]:
    """A folder for `PYTHONPYCACHEPREFIX`, as long as it is needed; "" where everything is compiled beside its source, or could be just now."""
    if compileall.compile_dir(str(PACKAGE), quiet=2) and not _left_out():
        yield ""
        return
    with tempfile.TemporaryDirectory() as folder:
        compile_into(folder)
        yield folder


def compile_into(folder: str) -> None:
    """Compile there all that a judge loads."""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-P", "-c", f"import compileall; compileall.compile_dir({str(PACKAGE)!r}, quiet=2); {LOADS}"], env=environment, check=True, stdin=subprocess.DEVNULL)  # fmt: skip


def _left_out() -> bool:
    """Whether something that this process has loaded is not compiled: it could not write that down, or did so where no sandbox looks."""
    cached = [getattr(module, "__cached__", None) for module in [*sys.modules.values()]]
    return sys.pycache_prefix is not None or any(path is not None and not os.path.exists(path) for path in cached)
