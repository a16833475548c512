"""What became of each client, as the process that drives them tells it.

Comes in: clients at their end, or the JSON made of them. Goes out: an `Outcome`. Whoever measures may import it; it imports nothing that takes long to load.
"""

from __future__ import annotations

from typing import Any, NamedTuple

ASKS, SLOW, SILENT = "asks", "slow", "silent"
"""What a client does: it asks and reads the answers; it asks for much, and reads nothing; it connects, and says nothing."""

SERVED = "served"
"""All its lines were answered."""
WAITING = "waiting"
"""When the time was over it still waited for an answer; of a slow or silent one: it was still connected."""
CONNECTING = "connecting"
"""The system had not even let it in: the backlog was full."""
REFUSED, BROKEN, CLOSED, WRONG = "refused", "broken", "closed", "wrong"
"""Nobody listened; its connection was broken off; the server ended it too early; it was answered, and wrongly."""


class Fate(NamedTuple):
    """What became of one client."""

    number: int
    does: str
    end: str
    waits: tuple[float, ...] = ()
    """Seconds from each of its lines until the answer was there; the first one from the call of `connect`."""
    detail: str = ""
    """What the system said of a connection that broke; what came in place of the answer."""
    afterwards: bool = False
    """Whether it got an answer once the slow and silent ones had gone, when the time was over."""


class Outcome(NamedTuple):
    """Of a whole load."""

    fates: tuple[Fate, ...]
    seconds: float
    """From the first `connect` of those that ask to the last answer, or to the end of the time."""
    busy: float
    """Seconds of the processor that the load itself has used meanwhile."""
    own: float
    """Seconds of all waits together that may be its own doing: an answer was there, and it was about other things."""
    one_core: bool
    """Whether it shares a single core with the server, which then rests while the load works."""
    still: bool
    """Whether answers still came in the second half of the time, and some were left to come."""
    released: bool
    """Whether, as no more came, the slow ones read at the end, and the silent ones went, for the others to be served after all."""

    def as_json(self) -> dict[str, Any]:
        """It as JSON can carry it."""
        return {**self._asdict(), "fates": [list(each) for each in self.fates]}

    @classmethod
    def of_json(cls, fields: dict[str, Any]) -> Outcome:
        """What `as_json` was made of."""
        fates = tuple(
            Fate(number, does, end, tuple(waits), *others) for number, does, end, waits, *others in fields["fates"]
        )
        return cls(**{**fields, "fates": fates})
