"""Where the other threads stand: their innermost frames, to look at.

Comes in: nothing. Goes out: the frames, for a block in which they may be walked. Whoever looks at frames of another thread does so in such a block.

`frame.f_back` and `frame.f_locals` make objects. In Python 3.11 any new object may set off a garbage collection, whose finalizers give other threads a turn, in the middle of that one
call of C code: the frame that it looks at may be gone afterwards, and the process dies, or hangs. So nothing is collected meanwhile. From Python 3.12 on, nothing is in such calls.
"""

from __future__ import annotations

import gc
import sys
import threading
import types
from collections.abc import Iterator

_looking: set[int] = set()
"""The threads that are in such a block, by their `ident`."""
_was_on = False
"""Whether garbage was collected before the first of them came."""


class OtherStacks:
    """A block in which the frames of the other threads may be looked at: `with OtherStacks() as frames`, the innermost one of each by its `ident`. (One's own, in a variable of its own, would be a circle.) Such blocks of several threads may overlap; in one thread they do not nest."""

    if sys.version_info >= (3, 12):

        def __enter__(self) -> dict[int, types.FrameType]:
            return _frames_of_others()

        def __exit__(self, *error: object) -> None:
            pass

    else:

        def __enter__(self) -> dict[int, types.FrameType]:
            global _was_on
            own = threading.get_ident()
            _looking.add(own)
            if gc.isenabled():  # the first of them
                _was_on = True
                gc.disable()
            frames = _frames_of_others()
            # Who was stopped on the way in, or out, has not said that it is gone.
            _looking.intersection_update({own, *frames})
            return frames

        def __exit__(self, *error: object) -> None:
            global _was_on
            _looking.discard(threading.get_ident())
            # No other thread has its turn from here to the call: Python 3.11 gives one after calls, and at the ends of loops.
            if not _looking and _was_on:
                _was_on = False
                gc.enable()


def stack_of(frame: types.FrameType | None) -> Iterator[types.FrameType]:
    """The frame, and those of its callers, the innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def handled_in(ident: int) -> BaseException | None:
    """What the thread with this `ident` handles: it is in an `except`, in a `finally`, or at the end of a `with`; None: it handles nothing."""
    with OtherStacks():  # as for frames: nothing is collected in the middle of that call
        handled = sys._current_exceptions().get(ident)
    return handled[1] if isinstance(handled, tuple) else handled  # Python 3.11 tells its type and traceback as well


def _frames_of_others() -> dict[int, types.FrameType]:
    frames = sys._current_frames()
    frames.pop(threading.get_ident(), None)
    return frames
