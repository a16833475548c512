"""What a link does to the bytes that pass it in one direction: the faults, and which values make sense."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

LARGEST = 65_536
"""Bytes that a piece has at most, cut or gathered."""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_time(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_size(value: Any) -> bool:
    return _is_whole(value) and 1 <= value <= LARGEST


def _is_limit(value: Any) -> bool:
    return _is_whole(value) and value >= 0


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2


def _is_slicer(value: Any) -> bool:
    return _is_size(value) or (_is_pair(value) and all(map(_is_size, value)) and value[0] <= value[1])


def _is_coalesce(value: Any) -> bool:
    return _is_positive(value) or (_is_pair(value) and _is_positive(value[0]) and _is_size(value[1]))


class Fault:
    """An attribute that looks at what it is set to: None turns it off."""

    def __init__(self, makes_sense: Callable[[Any], bool], would_do: str) -> None:
        self._makes_sense = makes_sense
        self._would_do = would_do
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, faults: Faults | None, owner: type) -> Any:
        return self if faults is None else faults._values.get(self.name)

    def __set__(self, faults: Faults, value: Any) -> None:
        self.check(value)
        faults._set(self.name, value)

    def check(self, value: Any) -> None:
        """ValueError if it cannot be set to `value`."""
        if value is not None and not self._makes_sense(value):
            raise ValueError(f"{self.name} is {self._would_do}; None turns it off. It cannot be {value!r}.")


class Faults:
    """The faults of one direction. Names and meanings are Toxiproxy's, where it has them; times are in seconds, sizes in bytes."""

    __slots__ = ("_values", "_changed", "none", "timeout_since")

    latency = Fault(_is_time, "the seconds that everything arrives later, such as 0.05")
    jitter = Fault(_is_time, "the seconds by which the latency varies, up or down, such as 0.02")
    bandwidth = Fault(_is_positive, "how many bytes pass in a second, more than 0, such as 1000")
    slicer = Fault(_is_slicer, f"the size of a piece in bytes, 1 to {LARGEST}, such as 3, or two sizes to choose between, such as (1, 5)")  # fmt: skip
    coalesce = Fault(
        _is_coalesce,
        "the seconds, more than 0, for which bytes are gathered, such as 0.05, or these and the number of bytes, "
        f"1 to {LARGEST}, that is enough, such as (0.05, 10)",
    )
    slow_close = Fault(_is_time, "the seconds that the end of the stream arrives later, such as 0.5")
    timeout = Fault(_is_time, "the seconds for which nothing gets through before the connection is closed, such as 1; 0: it is never closed")  # fmt: skip
    reset_peer = Fault(_is_time, "the seconds between the first byte and the reset of the connection, such as 0")
    limit_data = Fault(_is_limit, "the number of bytes after which the connection is closed, such as 100")

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._values: dict[str, Any] = {}
        self._changed = changed
        self.none = True
        """Whether every fault is off."""
        self.timeout_since = 0.0
        """When `timeout` was last set, on the clock `time.perf_counter`."""

    def set(self, values: Mapping[str, Any]) -> None:
        """Set several at once. ValueError for a name that is no fault's, or a value that makes no sense; then all stay as they were."""
        for name, value in values.items():
            if name not in FAULTS:
                raise ValueError(f"{name!r} is no fault of a link; there are {', '.join(FAULTS)}.")
            FAULTS[name].check(value)
        for name, value in values.items():
            self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        if name == "timeout":
            self.timeout_since = time.perf_counter()
        values = {**self._values, name: value}
        # A new dictionary each time: the link's thread reads it meanwhile.
        self._values = {name: value for name, value in values.items() if value is not None}
        self.none = not self._values
        self._changed()

    def __repr__(self) -> str:
        return f"<faults: {', '.join(f'{name}={value}' for name, value in self._values.items()) or 'none'}>"


FAULTS: dict[str, Fault] = {name: fault for name, fault in vars(Faults).items() if isinstance(fault, Fault)}
