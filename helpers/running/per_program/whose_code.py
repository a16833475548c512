"""Whose code calls: the learner's, or a library's.

Comes in: a frame. Goes out: whether the first one that lies outside of certain modules is a library's. A library that registers something for the whole process, as its module is
imported or on its own behalf, does not mean the program in whose thread that happens.
"""

from __future__ import annotations

import functools
import os
import site
import sys
import sysconfig
import types

LIBRARIES = tuple(
    os.path.join(os.path.realpath(path), "")
    for path in {
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        *site.getsitepackages(),
        site.getusersitepackages(),
    }
)


def is_library(frame: types.FrameType | None, but: tuple[str, ...] = ()) -> bool:
    """Whether `frame` runs code of the standard library or of an installed package; those of the modules `but` are passed over, to whoever called them."""
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in but:
        frame = frame.f_back
    if frame is None:
        return True
    return _is_of_library(frame.f_code.co_filename)


@functools.lru_cache(4096)
def _is_of_library(file: str) -> bool:
    return file.startswith("<frozen ") or os.path.realpath(file).startswith(LIBRARIES)


def called_by_library(*but: str) -> bool:
    """Whether whoever called the function that asks is a library, where the modules `but` (by their top-level names) do not count."""
    return is_library(sys._getframe(2), but)
