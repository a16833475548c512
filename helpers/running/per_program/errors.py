"""What a program prints of its errors and of its stack: as in a terminal, in its window, and without the frames of this package.

Comes in: `traceback.print_exc()`, `print_stack()`, `logging.exception()` and whatever else Python's `traceback` module reads for a program's thread; errors that Python cannot raise
(`__del__`, a callback), which it hands to `sys.unraisablehook`. Goes out: the same, with the learner's own frames only. What asks the interpreter for frames past that module
(`inspect.stack()`, `sys._getframe()`, `faulthandler`) goes on seeing ours: no module stands between.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterable
from types import FrameType
from typing import Any, cast

from helpers.running.tracebacks import is_our_file, traceback_of
from helpers.sockets import owners

_SUMMARY: Any = traceback.StackSummary
_READS = "_extract_from_extended_frame_gen"
"""The one method that all of the module's functions read frames with, in Python 3.11 to 3.14. Where there is none, nothing is left out."""

_plain_reads = getattr(_SUMMARY, _READS, None)
_plain_unraisable = sys.unraisablehook

_BEGINNING = {
    getattr(threading.Thread, name).__code__
    for name in ("_bootstrap", "_bootstrap_inner", "run")
    if hasattr(threading.Thread, name)
}
"""The code that a thread begins with."""


def install() -> None:
    """Twice does no harm; what somebody else has put there meanwhile stays."""
    global _plain_unraisable
    if _plain_reads is not None:
        setattr(_SUMMARY, _READS, classmethod(_read_learners))
    if sys.unraisablehook is not _unraisable:
        _plain_unraisable = sys.unraisablehook
        sys.unraisablehook = _unraisable


def uninstall() -> None:
    if _plain_reads is not None:
        setattr(_SUMMARY, _READS, _plain_reads)
    if sys.unraisablehook is _unraisable:
        sys.unraisablehook = _plain_unraisable


def _read_learners(cls: type[Any], /, frame_gen: Iterable[Any], **options: Any) -> Any:
    frames = frame_gen if owners.owner() is None else (each for each in frame_gen if not _is_ours(each[0]))
    return cast(Any, _plain_reads).__func__(cls, frames, **options)


def _is_ours(frame: FrameType) -> bool:
    """Whether it runs this package's code, or began a thread of this package's making: a program's first one, which in a terminal begins with the program itself."""
    if is_our_file(frame.f_code.co_filename):
        return True
    if frame.f_code not in _BEGINNING:
        return False
    target = getattr(frame.f_locals.get("self"), "_target", None)
    code = getattr(target, "__code__", None)  # a method has that of its function
    return code is not None and is_our_file(code.co_filename)


def _unraisable(what: Any) -> None:
    who = owners.owner()
    if who is None:
        _plain_unraisable(what)
        return
    if isinstance(what.exc_value, owners.Stopped):
        return  # the stop raises it again
    who.write(_about(what) + traceback_of(what.exc_value if what.exc_value is not None else what.exc_type()))


def _about(what: Any) -> str:
    """Where it happened, in Python's words. From 3.14 on they name the object themselves."""
    if what.object is not None:
        return f"{what.err_msg or 'Exception ignored in'}: {_named(what.object)}\n"
    return f"{what.err_msg}:\n" if what.err_msg else ""


def _named(thing: object) -> str:
    try:
        return repr(thing)
    except Exception:
        return f"<{type(thing).__name__}>"
