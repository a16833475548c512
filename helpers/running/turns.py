"""How long a thread has wanted the processor: that tells one which computes without a pause from one that waits, however many others want it too.

Comes in: a thread's number (`threading.Thread.native_id`). Goes out: seconds. The two kinds of programs use it.
"""

from __future__ import annotations


def seconds_wanted(thread: int, process: int | str = "self") -> float:
    """Seconds for which it ran, or waited for its turn to; 0.0 where the system does not tell (it is Linux's `schedstat`)."""
    try:
        with open(f"/proc/{process}/task/{thread}/schedstat") as file:
            ran, waited, _ = file.read().split()
    except (OSError, ValueError):
        return 0.0
    return (int(ran) + int(waited)) / 1e9
