"""An error as the learner's own: without the frames of this package.

Comes in: an exception. Goes out: its traceback as text, or the exception itself with those frames taken out of it. Everybody may use it.

An exception is the learner's: its class may say anything of its cause or its traceback, and it may lead to itself (`raise e from e`). What is asked of it is asked of
`BaseException`, and nothing here follows a way twice.
"""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any


def linked(error: BaseException) -> Iterator[BaseException]:
    """`error`, those that led to it, and, of groups, those that are in them; each once."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        link = waiting.pop()
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [BaseException.__dict__[name].__get__(link) for name in ("__cause__", "__context__")]
        if isinstance(link, BaseExceptionGroup):
            waiting += BaseExceptionGroup.__dict__["exceptions"].__get__(link)


def drop_our_frames(error: BaseException) -> None:
    """Leave, in the traceback of `error` and of all that are linked with it, only the frames of others: the learner's code."""
    for link in linked(error):
        above = _traceback(link)
        while above is not None and above.tb_next is not None:
            if is_our_file(above.tb_next.tb_frame.f_code.co_filename):
                above.tb_next = above.tb_next.tb_next
            else:
                above = above.tb_next


def traceback_of(error: BaseException) -> str:
    """The traceback of `error` as the learner's own: without the frames of this package, without folders."""
    for tell in (_whole, _alone):
        try:
            return tell(error)
        except Exception:  # its class tells lies, or its groups lie deeper in each other than Python can follow
            continue
    return f"{type(error).__name__}: it cannot be shown\n"


def is_our_file(name: str) -> bool:
    """Whether the code in the file of this name is this package's."""
    return name.startswith(_FOLDER)


def _traceback(error: BaseException) -> TracebackType | None:
    found: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    return found


def _whole(error: BaseException) -> str:
    told = traceback.TracebackException(type(error), error, _traceback(error))
    links: list[traceback.TracebackException | None] = [told]
    while links:
        link = links.pop()
        if link is None:
            continue
        link.stack = _learners(link.stack)
        links += [link.__cause__, link.__context__, *(link.exceptions or ())]
    return "".join(told.format())


def _alone(error: BaseException) -> str:
    """Without those that led to it."""
    stack = _learners(traceback.extract_tb(_traceback(error)))
    try:
        words = f": {error}"
    except Exception:
        words = ": <exception str() failed>"
    return "".join(["Traceback (most recent call last):\n", *stack.format(), f"{type(error).__name__}{words}\n"])


def _learners(stack: traceback.StackSummary) -> traceback.StackSummary:
    return traceback.StackSummary.from_list([_without_folder(frame) for frame in stack if not _is_strange(frame)])


def _is_strange(frame: traceback.FrameSummary) -> bool:
    """Whether it is none of what the learner wrote or called: it is ours, or runs threads and cells."""
    return frame.filename == threading.__file__ or frame.filename.endswith(_SHELL) or is_our_file(frame.filename)


def _without_folder(frame: traceback.FrameSummary) -> traceback.FrameSummary:
    folder, _, name = frame.filename.rpartition(os.sep)
    # A cell's code has a file name made up by the kernel, another one each time.
    frame.filename = "<cell>" if "ipykernel" in folder or name.startswith("<ipython") else name
    return frame


_FOLDER = os.path.dirname(os.path.dirname(__file__)) + os.sep
"""Of the whole package: whatever lies in it is ours."""

_SHELL = os.path.join("IPython", "core", "interactiveshell.py")
