"""An error as the learner's own: without the frames of this package.

Comes in: an exception. Goes out: its traceback as text, or the exception itself with those frames taken out of it. Everybody may use it.
"""

from __future__ import annotations

import os
import threading
import traceback


def drop_our_frames(error: BaseException) -> None:
    """Leave, in the traceback of `error` and of those that led to it, only the frames of others: the learner's code."""
    for link in (error.__cause__, error.__context__):
        if link is not None:
            drop_our_frames(link)
    above = error.__traceback__
    while above is not None and above.tb_next is not None:
        if above.tb_next.tb_frame.f_code.co_filename.startswith(_FOLDER):
            above.tb_next = above.tb_next.tb_next
        else:
            above = above.tb_next


def traceback_of(error: BaseException) -> str:
    """The traceback of `error` as the learner's own: without the frames of this package, without folders."""
    try:
        return _formatted(error)
    except Exception:  # an error that cannot even be shown
        return f"{type(error).__name__}: it cannot be shown\n"


def _formatted(error: BaseException) -> str:
    whole = traceback.TracebackException.from_exception(error)
    links: list[traceback.TracebackException | None] = [whole]
    while links:
        link = links.pop()
        if link is None:
            continue
        link.stack = traceback.StackSummary.from_list(
            [_without_folder(frame) for frame in link.stack if not _is_ours(frame)]
        )
        links += [link.__cause__, link.__context__]
    return "".join(whole.format())


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename == threading.__file__ or frame.filename.startswith(_FOLDER)


def _without_folder(frame: traceback.FrameSummary) -> traceback.FrameSummary:
    folder, _, name = frame.filename.rpartition(os.sep)
    # A cell's code has a file name made up by the kernel, another one each time.
    frame.filename = "<cell>" if "ipykernel" in folder or name.startswith("<ipython") else name
    return frame


_FOLDER = os.path.dirname(os.path.dirname(__file__)) + os.sep
"""Of the whole package: whatever lies in it is ours."""
