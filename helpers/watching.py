"""`with watch() as recording:`: the sockets of a block recorded, and drawn; `states(…)`: what the kernel says of them.

A recording begins and ends when everything in the background has come to rest, so that it holds the whole of what the block set off, and nothing of
what was set off before: the same program gives the same recording.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from helpers import owners, pictures, threads
from helpers.kernel_view import KernelView
from helpers.pictures.drawing import Picture
from helpers.recording import EVENTS, Recording

REST = 0.25
"""Seconds that a recording waits at its beginning, and at its end, for programs and servers to come to rest. Most need less than one millisecond."""


class Drawn:
    """What can be drawn: as the last line of a cell it is shown."""

    def draw(self) -> Picture:
        """It as a picture."""
        raise NotImplementedError

    def describe(self) -> str:
        """It in words."""
        return self.draw().describe()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.draw()._repr_mimebundle_()


class Watch(Drawn, Recording):
    """A recording of a block: `with` begins and ends it."""

    def __enter__(self) -> Self:
        threads.install()
        threads.wait_for_rest(REST)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None or issubclass(kind, Exception):  # whoever interrupts wants no more waiting
                threads.wait_for_rest(REST, lambda: self.threads() | set(owners.everybody()))
        finally:
            self.stop()

    def draw(self) -> Picture:
        """The conversation as a picture."""
        return pictures.conversation(self)

    def __repr__(self) -> str:
        return f"<recording of {len(self.events):,} calls>"


def watch(limit: int = EVENTS) -> Watch:
    """Record every socket call of a block, of whatever socket, thread or program. `limit`: how many calls are kept, the first ones.

    >>> with watch() as recording:
    ...     s.sendall(b"hello")
    >>> recording.draw()
    """
    if not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit is a number of calls, such as 10_000; this is {limit!r}.")
    return Watch(limit)


class States(Drawn, KernelView):
    """The kernel's view, look by look."""

    def draw(self) -> Picture:
        """The states as a picture."""
        return pictures.states(self)


def states(*whom: Any) -> States:
    """What the kernel says about the ends that belong to `whom`: sockets, (host, port) addresses, programs, servers.

    Of a listening socket, an address, a program or a server these are it and all its connections; of a connected socket, that connection.
    Connections that have ended before (TIME_WAIT) are left out: make the view first, then close.
    ValueError for what has no TCP states, TypeError for what is none of these.
    """
    if not whom:
        raise TypeError("Say whose states: states(server.address), states(listener), states(client).")
    return States(*whom)
