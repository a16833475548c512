"""Files where others read or write at the same time: replaced in one go, and opened so that whatever stands in a file's place leads nowhere else and keeps nobody waiting.

Comes in: a path. Goes out: a file that is whole at every moment; a descriptor of a real file. Who may import it: whoever keeps the learner's files, and whoever reads what learners have written.
"""

from __future__ import annotations

import errno
import os
import pathlib
import stat
import tempfile
import time

SAFELY = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
"""No link is followed, a pipe keeps nobody waiting, a terminal is nobody's, and bytes are bytes."""
BETWEEN_TRIES = 0.01, 0.05, 0.2
"""Seconds."""


def open_file(path: str | pathlib.Path, flags: int = os.O_RDONLY, mode: int = 0o600, within: int | None = None) -> int:
    """The descriptor of the file there; `flags`, `mode`: as for `os.open`. `within`: an open folder. OSError where it cannot be had, or is no file: why, in its `strerror`."""
    link = OSError(errno.ELOOP, "it is a link, and no file")
    if within is None and os.path.islink(path):  # where a system cannot be told not to follow one
        raise link
    try:
        handle = os.open(path, flags | SAFELY, mode, dir_fd=within)
    except OSError as error:
        raise (link if error.errno == errno.ELOOP else error) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is a folder, a pipe, or a device, and no file")
    return handle


def write(path: pathlib.Path, content: bytes) -> None:
    """Make or replace a file in one go: another program may read it just now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with open(handle, "wb") as new:
            new.write(content)
        _replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _replace(new: str, path: pathlib.Path) -> None:
    """`os.replace`. On Windows nobody can while another program reads the file, which does not take long."""
    for pause in BETWEEN_TRIES:
        try:
            return os.replace(new, path)
        except PermissionError:
            time.sleep(pause)
    os.replace(new, path)
