"""JupyterHub's spawner for a class: each learner's server in a network, and within limits, of the learner's own.

In: JupyterHub, which calls it as root. Out: processes of the learner's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jupyterhub.spawner import LocalProcessSpawner  # type: ignore[import-not-found, import-untyped, unused-ignore]
from jupyterhub.utils import exponential_backoff  # type: ignore[import-not-found, import-untyped, unused-ignore]

from helpers.course.hub import limits, network

TO_DIE = 5
"""Seconds for a learner's processes that were killed: as long as one is there, its control group cannot be taken away."""


class OwnNetworkSpawner(LocalProcessSpawner):  # type: ignore[misc, unused-ignore]
    """As JupyterHub's own for one machine, but that 127.0.0.1 is another one for each learner."""

    @property
    def number(self) -> int:
        return int(self.user.id)

    async def start(self) -> tuple[str, int]:
        made = network.open_network(self.number)
        self.ip = made.address(2)
        self._groups = self._limits()
        address: tuple[str, int] = await super().start()
        return address

    def _limits(self) -> list[Path]:
        try:
            return limits.open_limits(self.number, self.mem_limit) if self.mem_limit else []
        except OSError as error:
            self.log.warning("No limit of memory for %s, since there are no control groups: %s", self.user.name, error)
            return []

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """What is done by the new process, in this order: only root may do the first two."""
        become: Callable[[], None] = super().make_preexec_fn(name)
        enter = network.entering(network.Network(self.number))
        groups = [os.fspath(each) for each in self._groups]

        def preexec() -> None:
            for each in groups:
                group = os.open(each, os.O_WRONLY)
                os.write(group, b"0")
                os.close(group)
            enter()
            become()
            os.umask(0o077)

        return preexec

    async def stop(self, now: bool = False) -> None:
        await super().stop(now)
        with suppress(TimeoutError):
            await exponential_backoff(lambda: limits.end_processes(self.number), "", timeout=TO_DIE)
        limits.close_limits(self.number)
        network.close_network(network.Network(self.number))
