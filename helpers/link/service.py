"""What every link is: a service in front of a server, with faults in both directions, and one thread whose loop does all the work.

In: a server's address, faults as a learner sets them. Out: the base of `Link` and `DatagramLink`.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, overload

from helpers.link.faults import Settings, Value
from helpers.link.loop import Loop
from helpers.running.group import STOP_TIMEOUT
from helpers.running.servers import Service
from helpers.sockets import owners


class BothWays(Generic[Value]):
    """A fault of both directions. Where they differ it reads as a pair: upstream, downstream."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, link: None, owner: type) -> Self: ...
    @overload
    def __get__(self, link: LinkService, owner: type) -> Value | tuple[Value | None, Value | None] | None: ...
    def __get__(self, link: LinkService | None, owner: type) -> Self | Value | tuple[Value | None, Value | None] | None:
        if link is None:
            return self
        up, down = getattr(link.upstream, self._name), getattr(link.downstream, self._name)
        return up if up == down else (up, down)

    def __set__(self, link: LinkService, value: Value | None) -> None:
        link.set_both(self._name, value)


class LinkService(Service):
    """Runs from `start` to `stop`. A kind of link says what it does with whoever comes (`_begin`, `_drop_all`)."""

    settable: ClassVar[str]
    """What can be set, in words."""
    upstream: Settings
    downstream: Settings

    def __init__(
        self,
        address: object,
        both: Mapping[str, object],
        upstream: Mapping[str, object] | None,
        downstream: Mapping[str, object] | None,
        seed: object,
        name: str,
        host: str,
        port: int,
    ) -> None:
        if seed is not None and not isinstance(seed, int):
            raise ValueError(
                f"seed is a whole number, such as 1, or None for another each time. It cannot be {seed!r}."
            )
        self._loop: Loop | None = None
        super().__init__(name, host, port)
        self._server = self._checked(address)
        self.upstream, self.downstream = self._directions()
        """The faults of one direction: from the client to the server, and back."""
        for faults, own in ((self.upstream, upstream), (self.downstream, downstream)):
            faults.set({**both, **(own or {})})
        self._seed = random.getrandbits(64) if seed is None else seed

    def __setattr__(self, name: str, value: object) -> None:
        # A fault that is misspelt would be set, and do nothing.
        if not name.startswith("_") and "_seed" in vars(self) and not hasattr(self, name):
            raise AttributeError(f"A link has no {name!r}; its faults are {self.settable}.")
        if name in ("upstream", "downstream") and "_seed" in vars(self):
            raise AttributeError(
                f"link.{name} holds the faults of one direction, and each of them is set by itself: link.{name}.latency = 0.05."
            )
        super().__setattr__(name, value)

    def set_both(self, fault: str, value: object) -> None:
        """Set it in both directions. ValueError for a value that makes no sense in one of them; then both stay as they were."""
        both = self.upstream, self.downstream
        for each in both:
            each.checked({fault: value})
        for each in both:
            each.set({fault: value})

    def stop_threads(self, patience: float = 0, timeout: float = STOP_TIMEOUT) -> bool:
        self.stopping.set()
        if self._loop is not None:
            self._loop.call(lambda: None)  # which wakes it
        return super().stop_threads(patience, timeout)

    def _directions(self) -> tuple[Settings, Settings]:
        """The faults upstream and downstream, all off."""
        raise NotImplementedError

    def _begin(self, loop: Loop) -> None:
        """Wait for clients."""
        raise NotImplementedError

    def _drop_all(self) -> None:
        """Close what clients have brought."""
        raise NotImplementedError

    def _serve(self) -> None:
        with owners.on_behalf_of(self):
            self._loop = Loop()
        self._begin(self._loop)
        self.spawn(self._run_loop, self._loop, daemon=True)

    def _run_loop(self, loop: Loop) -> None:
        self.shield()  # a stop raises no exception in this thread: it sets `stopping`, and wakes the loop
        try:
            loop.run(self.stopping)
        finally:
            self._drop_all()
            self._loop = None
            if self._listener is not None:
                self._listener.close()
            loop.close()

    def _checked(self, address: object) -> tuple[Any, ...]:
        kind = type(self).__name__
        begins = f"A link stands in front of a server that runs: {kind}(server.address)."
        if not isinstance(address, tuple) or len(address) < 2 or not isinstance(address[0], str):
            raise TypeError(f"{begins} An address is (host, port); this is {address!r}.")
        if not isinstance(address[1], int) or not 0 <= address[1] <= 65535:
            raise TypeError(f"{begins} A port is a number up to 65535; this is {address[1]!r}.")
        if address[1] == 0:
            raise ValueError(
                f"{begins} Nobody can have port 0, and {address!r} is the address of a socket that has none yet: bind it first."
            )
        return address


def family_of(address: tuple[Any, ...]) -> socket.AddressFamily:
    """IPv6 where the host is written so."""
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET
