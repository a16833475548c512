"""On Windows: loops of asyncio whose sockets can be seen.

The loop that asyncio makes there hands a socket's number to the system (overlapped I/O), past all methods of the socket: nobody would see a byte of it. Comes in: whoever
wants a new loop (`asyncio.run`). Goes out: the one that waits in a selector, as on all other systems. What it lacks there is asyncio's subprocesses. `install` puts it there.
A notebook's own loop, in which `await` runs in a cell, is there before, and stays what it is.
"""

from __future__ import annotations

import asyncio
import asyncio.events
from typing import Any

plain_new_event_loop: Any = asyncio.events.new_event_loop


def install() -> None:
    _put(asyncio.SelectorEventLoop)


def uninstall() -> None:
    _put(plain_new_event_loop)


def _put(make: Any) -> None:
    asyncio.events.new_event_loop = asyncio.new_event_loop = make
