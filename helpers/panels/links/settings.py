"""The faults of a link as the controls of a panel: which values a slider has, where it stands, and the code that would do the same.

Comes in: a link, and where a control has been moved to. Goes out: how all controls stand, JSON. Nothing runs here. The panel of a link uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from helpers.link.link import FAULTS, Link
from helpers.words import many

Direction = Literal["both", "upstream", "downstream"]
DIRECTIONS: dict[str, str] = {
    "both": "both directions",
    "upstream": "to the server (upstream)",
    "downstream": "to the client (downstream)",
}
"""The directions for which a panel can set faults, and what they are called there."""

OFF = "off"


class Scale(NamedTuple):
    """What the slider of a fault can be moved to."""

    values: tuple[float, ...]
    start: float
    """What it is set to where it is switched on before it was ever moved."""
    unit: str
    meaning: str


def _seconds(first: float, last: float, step: float) -> tuple[float, ...]:
    return tuple(round(n * step, 3) for n in range(round(first / step), round(last / step) + 1))


_DECADE = 100, 120, 150, 200, 250, 300, 400, 500, 600, 800
_RATES = (*(each * factor for factor in (1, 10, 100) for each in _DECADE), 100_000)
_COUNTS = (*range(20), *range(20, 100, 5), *range(100, 1001, 50))

SCALES = {
    "latency": Scale(_seconds(0, 1, 0.01), 0.2, "s", "everything arrives so much later"),
    "jitter": Scale(_seconds(0, 0.5, 0.01), 0.1, "s", "the latency varies by so much, up or down"),
    "bandwidth": Scale(_RATES, 1000, "bytes/s", "no more than that passes in a second"),
    "slicer": Scale(tuple(range(1, 65)), 3, "bytes", "what arrives is cut into pieces of that size"),
    "coalesce": Scale(_seconds(0.01, 1, 0.01), 0.1, "s", "what arrives in that time becomes one piece"),
    "slow_close": Scale(_seconds(0, 2, 0.05), 0.5, "s", "the end of the stream arrives so much later"),
    "timeout": Scale(
        _seconds(0, 2, 0.05), 0.5, "s", "nothing gets through, then the connection is closed; 0: never closed"
    ),  # fmt: skip
    "reset_peer": Scale(_seconds(0, 2, 0.05), 0, "s", "so long after the first byte the connection is reset"),
    "limit_data": Scale(_COUNTS, 10, "bytes", "after so many bytes the connection is closed"),
}


def spoken(fault: str, value: Any) -> str:
    """`value`, which that fault may have, with its unit."""
    if value is None:
        return OFF
    if not isinstance(value, tuple):
        unit = SCALES[fault].unit
        return f"{value:,} {unit.removesuffix('s') if value == 1 and unit == 'bytes' else unit}"
    first, second = value
    return f"{first} to {second} bytes" if fault == "slicer" else f"{first:,} s or {spoken('slicer', second)}"


SIZES = (*range(1, 17), 20, 24, 32, 48, 64, 100, 128, 200, 256, 400, 512, 800, 1024, 2048, 4096, 16_384, 65_536)
"""Bytes that a `recv` may be asked to take at most."""


class Settings:
    """What the controls of a panel say of `link`, and do to it. The truth is the link's: a cell may set its faults as well."""

    def __init__(self, link: Link, size: int | None = None, name: Callable[[], str] = lambda: "link") -> None:
        self._link = link
        self._name = name  # what a learner calls it; nothing where there is no name for it
        self.size = size
        """What the conversation is told to ask of each `recv`, in bytes; None where it decides itself."""
        self.direction: Direction = "both"
        """For which one the controls stand."""
        self._start = {fault: scale.start for fault, scale in SCALES.items()}

    def move(self, fault: str, place: int) -> None:
        """Set `fault` to the value at that place of its slider. LookupError if there is none."""
        values = SCALES[fault].values
        if not 0 <= place < len(values):
            raise LookupError(f"The slider of {fault} has the places 0 to {len(values) - 1}; not {place}.")
        self._set(fault, values[place])

    def resize(self, place: int) -> None:
        """Set the size of `recv` to the value at that place of its slider. LookupError if there is none."""
        if self.size is None or not 0 <= place < len(SIZES):
            raise LookupError(f"The slider of recv has the places 0 to {len(SIZES) - 1}; not {place}.")
        self.size = SIZES[place]

    def switch(self, fault: str, on: bool) -> None:
        """Turn `fault` off, or on with the value that it had last. LookupError if there is none of that name."""
        if fault not in SCALES:
            raise LookupError(f"A link has no fault {fault!r}. It has: {', '.join(SCALES)}.")
        for value in self._values(fault):
            self._start[fault] = value if value is not None else self._start[fault]
        self._set(fault, self._start[fault] if on else None)

    def all_off(self) -> None:
        """An innocent link, in both directions."""
        for fault in FAULTS:
            setattr(self._link, fault, None)
        self._link.down = False

    def as_controls(self) -> dict[str, Any]:
        """How the controls stand."""
        return {
            "direction": self.direction,
            "down": self._link.down,
            "code": self.as_code(),
            "size": self._as_size(),
            "faults": {fault: self._as_control(fault) for fault in FAULTS},
        }

    def as_code(self) -> str:
        """The lines that set a link, on which no fault is on, as this one is set."""
        name = self._name()
        lines = [] if name else ["# link: the one that the panel was made for"]
        name = name or "link"
        heading = len(lines)
        for fault in FAULTS:
            up, down = getattr(self._link.upstream, fault), getattr(self._link.downstream, fault)
            ways = [("", up)] if up == down else [("upstream.", up), ("downstream.", down)]
            lines += [f"{name}.{way}{fault} = {value!r}" for way, value in ways if value is not None]
        if self._link.down:
            lines.append(f"{name}.down = True")
        return "\n".join(lines) if len(lines) > heading else "# every fault is off"

    def in_words(self) -> list[str]:
        """The faults that are on, a line each, and which are off."""
        lines = [f"recv asks for {many(self.size, 'byte')} at most"] if self.size is not None else []
        off = []
        for fault in FAULTS:
            up, down = getattr(self._link.upstream, fault), getattr(self._link.downstream, fault)
            if up is None and down is None:
                off.append(fault)
            elif up == down:
                lines.append(f"{fault}: {spoken(fault, up)}")
            else:
                lines.append(f"{fault}: {spoken(fault, up)} to the server, {spoken(fault, down)} to the client")
        if self._link.down:
            lines.append("down: nobody can connect")
        else:
            off.append("down")
        return [*lines, f"off: {', '.join(off)}"]

    def _values(self, fault: str) -> list[Any]:
        """What it is set to in the directions for which the controls stand."""
        ways = ("upstream", "downstream") if self.direction == "both" else (self.direction,)
        return [getattr(getattr(self._link, way), fault) for way in ways]

    def _set(self, fault: str, value: Any) -> None:
        if value is not None:
            self._start[fault] = value
        setattr(self._link if self.direction == "both" else getattr(self._link, self.direction), fault, value)

    def _as_size(self) -> dict[str, Any] | None:
        if self.size is None:
            return None
        return {"place": _nearest(SIZES, self.size), "text": many(self.size, "byte")}

    def _as_control(self, fault: str) -> dict[str, Any]:
        first, *rest = self._values(fault)
        mixed = any(value != first for value in rest)
        values = [value for value in (first, *rest) if value is not None]
        return {
            "on": bool(values),
            "mixed": mixed,
            "place": _nearest(SCALES[fault].values, (values or [self._start[fault]])[0]),
            "text": " / ".join(spoken(fault, value) for value in (first, *rest)) if mixed else spoken(fault, first),
        }


def _nearest(values: Sequence[float], value: Any) -> int:
    """The place of a slider with these values that comes nearest to `value`, which may have been set by a cell."""
    number = value[0] if isinstance(value, tuple) else value
    return min(range(len(values)), key=lambda place: abs(values[place] - number))
