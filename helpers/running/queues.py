"""What goes through a `queue.Queue` goes from thread to thread: whoever takes an item out goes on from what was done before it was put in, and a recording is told so.

Comes in: items that are put into queues and taken out, while tapes run. Goes out: handovers (`sockets.tapes`). Who puts these two in the place of Python's: `install`, and in a process of its own `processes.tapes`.
Queues of other orders (`LifoQueue`, `PriorityQueue`) have methods of their own there, and `SimpleQueue` is written in C: of these a recording knows nothing.
"""

from __future__ import annotations

import collections
import queue
import threading
import weakref
from typing import Any, TypeAlias

from helpers.sockets import tapes

Queue: TypeAlias = "queue.Queue[Any]"

KEPT = 1000
"""Items of a queue whose giver is remembered."""

plain_put, plain_get = queue.Queue._put, queue.Queue._get
_given: weakref.WeakKeyDictionary[Queue, collections.deque[tuple[object, float, int]]] = weakref.WeakKeyDictionary()
"""What lies in each: the item, when it was put in, and by which thread."""


def put(self: Queue, item: object) -> None:
    """As `Queue._put`, which is called by whoever holds the queue's lock."""
    if tapes.running:
        _given.setdefault(self, collections.deque(maxlen=KEPT)).append((item, tapes.now(), threading.get_ident()))
    plain_put(self, item)


def get(self: Queue) -> Any:
    """As `Queue._get`."""
    item = plain_get(self)
    if _given and (given := _given.get(self)):
        _hand_over(item, given)
        if not self.queue:
            given.clear()  # somebody has emptied it in another way
    return item


def _hand_over(item: object, given: collections.deque[tuple[object, float, int]]) -> None:
    at = next((at for at, each in enumerate(given) if each[0] is item), None)
    if at is None:
        return  # it was there before any tape ran
    for _ in range(at):
        given.popleft()
    _, when, giver = given.popleft()
    tapes.hand_over(when, tapes.now(), giver, threading.get_ident())
