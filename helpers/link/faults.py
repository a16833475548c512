"""What a link does to what passes it in one direction: the faults, and which values make sense. `Faults` are those of a stream; of datagrams see `datagram_faults`.

In: values, as a learner sets them, from any thread. Out: the same values, checked, for the directions that read them while they run. For all of `link/`; the
panel of a link takes the list of names from here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeGuard, TypeVar, overload

Value = TypeVar("Value")

LARGEST = 65_536
"""Bytes that a segment has at most, cut or gathered."""


def is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def is_time(value: object) -> TypeGuard[float]:
    return is_number(value) and value >= 0


def _is_positive(value: object) -> TypeGuard[float]:
    return is_number(value) and value > 0


def _is_size(value: object) -> TypeGuard[int]:
    return is_whole(value) and 1 <= value <= LARGEST


def _is_limit(value: object) -> TypeGuard[int]:
    return is_whole(value) and value >= 0


def _is_pair(value: object) -> TypeGuard[tuple[object, object]]:
    return isinstance(value, tuple) and len(value) == 2


def _is_range(value: object) -> bool:
    if not _is_pair(value):
        return False
    low, high = value
    return _is_size(low) and _is_size(high) and low <= high


def _is_slicer(value: object) -> bool:
    return _is_size(value) or _is_range(value)


def _is_coalesce(value: object) -> bool:
    return _is_positive(value) or (_is_pair(value) and _is_positive(value[0]) and _is_size(value[1]))


class Fault(Generic[Value]):
    """An attribute that looks at what it is set to: None turns it off."""

    def __init__(self, makes_sense: Callable[[object], bool], would_do: str) -> None:
        self._makes_sense = makes_sense
        self._would_do = would_do
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, faults: None, owner: type) -> Self: ...
    @overload
    def __get__(self, faults: Settings, owner: type) -> Value | None: ...
    def __get__(self, faults: Settings | None, owner: type) -> Self | Value | None:
        return self if faults is None else faults._values.get(self.name)

    def __set__(self, faults: Settings, value: Value | None) -> None:
        faults.set({self.name: value})

    def check(self, value: object) -> None:
        """ValueError if it cannot be set to `value`."""
        if value is not None and not self._makes_sense(value):
            raise ValueError(f"{self.name} is {self._would_do}; None turns it off. It cannot be {value!r}.")


class Settings:
    """The faults of one direction of a link, of whichever kind: each attribute looks at what it is set to. Times are in seconds."""

    __slots__ = ("_values", "_changed", "none")

    named: ClassVar[dict[str, Fault[Any]]] = {}
    """All of them, by their names."""

    def __init_subclass__(cls) -> None:
        cls.named = {name: fault for name, fault in vars(cls).items() if isinstance(fault, Fault)}

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._values: dict[str, Any] = {}
        self._changed = changed
        self.none = True
        """Whether every fault is off."""

    def __setattr__(self, name: str, value: object) -> None:
        if not hasattr(type(self), name):
            raise AttributeError(f"A link has no {name!r}; its faults are {', '.join(self.named)}.")
        super().__setattr__(name, value)

    def set(self, values: Mapping[str, object]) -> None:
        """Set several at once. ValueError for a name that is no fault's, or a value that makes no sense; then all stay as they were."""
        self._apply(self.checked(values))

    def checked(self, values: Mapping[str, object]) -> dict[str, Any]:
        """`values`, as they are kept. ValueError as in `set`."""
        for name, value in values.items():
            if name not in self.named:
                raise ValueError(f"{name!r} is no fault of a link; there are {', '.join(self.named)}.")
            self.named[name].check(value)
        return dict(values)

    def _apply(self, values: Mapping[str, Any]) -> None:
        # A new dictionary each time: the link's thread reads it meanwhile.
        self._values = {name: value for name, value in {**self._values, **values}.items() if value is not None}
        self.none = not self._values
        self._changed()

    def __repr__(self) -> str:
        return f"<faults: {', '.join(f'{name}={value}' for name, value in self._values.items()) or 'none'}>"


class Faults(Settings):
    """The faults of one direction of a stream. Names and meanings are Toxiproxy's, where it has them; times are in seconds, sizes in bytes."""

    __slots__ = ("timeout_since",)

    latency = Fault[float](is_time, "the seconds that everything arrives later, such as 0.05")
    jitter = Fault[float](is_time, "the seconds by which the latency varies, up or down, such as 0.02")
    bandwidth = Fault[float](_is_positive, "how many bytes pass in a second, more than 0, such as 1000")
    slicer = Fault[int | tuple[int, int]](_is_slicer, f"the size of a piece in bytes, 1 to {LARGEST}, such as 3, or two sizes to choose between, such as (1, 5)")  # fmt: skip
    coalesce = Fault[float | tuple[float, int]](
        _is_coalesce,
        "the seconds, more than 0, for which bytes are gathered, such as 0.05, or these and the number of bytes, "
        f"1 to {LARGEST}, that is enough, such as (0.05, 10)",
    )
    slow_close = Fault[float](is_time, "the seconds that the end of the stream arrives later, such as 0.5")
    timeout = Fault[float](is_time, "the seconds for which nothing gets through before the connection is closed, such as 1; 0: it is never closed")  # fmt: skip
    reset_peer = Fault[float](is_time, "the seconds between the first byte and the reset of the connection, such as 0")
    limit_data = Fault[int](_is_limit, "the number of bytes after which the connection is closed, such as 100")

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        super().__init__(changed)
        self.timeout_since = 0.0
        """When `timeout` was last set, on the clock `time.perf_counter`."""

    def _apply(self, values: Mapping[str, Any]) -> None:
        if "timeout" in values:
            self.timeout_since = time.perf_counter()
        super()._apply(values)


FAULTS = Faults.named
