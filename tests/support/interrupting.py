"""Breaks a call off at a chosen instruction, as a stop may do in a thread of a program."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def interrupted(call: Callable[[], object], number: int) -> bool:
    """Whether there was an instruction of that number, at which an exception was raised."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_code.co_name != "<lambda>":
            count += 1
            if count > number:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 asks before it traces whether anybody wants instructions
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
