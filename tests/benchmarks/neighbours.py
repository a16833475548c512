"""Figures beside their neighbours: what else the machine does at that moment, it does to both, so that a ratio holds where a figure does not. For the benchmarks in this folder."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import TypeVar

Where = TypeVar("Where")


def against_plain(
    name: str, unit: str, measure: Callable[[str], float], bounds: Mapping[tuple[str, str], float], rounds: int
) -> None:
    """Print what unwatched and watched sockets reach of plain ones, as a ratio. `measure`: of a kind, in `unit`; `bounds`: by kind and `name`."""
    ratios: dict[str, list[float]] = {"unwatched": [], "watched": []}
    plain = []
    for _ in range(rounds):
        for kind, found in ratios.items():
            before, figure, after = measure("plain"), measure(kind), measure("plain")
            plain.append(before)
            found.append(figure / ((before + after) / 2))
    print(f"{name:12} plain {statistics.median(plain):9,.0f} {unit}")
    for kind, found in ratios.items():
        bound, ratio = bounds[kind, name], statistics.median(found)
        print(f"{'':12} {kind:10} ratio {ratio:.3f}   (bound {bound}: {'met' if ratio >= bound else 'MISSED'})")


def of_direct(
    unit: str, relays: Mapping[str, Where], direct: Where, measure: Callable[[Where], float], bound: float, rounds: int
) -> None:
    """Print what passes through each relay in a second, and what of a direct exchange that is. The bound is that of "Link"."""
    ratios: dict[str, list[float]] = {kind: [] for kind in relays}
    rates: dict[str, list[float]] = {kind: [] for kind in relays}
    for _ in range(rounds):
        for kind, address in relays.items():
            before = measure(direct)
            rate = measure(address)
            ratios[kind].append(2 * rate / (before + measure(direct)))
            rates[kind].append(rate)
    for kind in relays:
        ratio = statistics.median(ratios[kind])
        verdict = f"(bound {bound}) {'ok' if ratio >= bound else 'NOT MET'}" if kind == "Link" else ""
        print(f"{unit:12} {kind:10} {statistics.median(rates[kind]):10,.0f}   {ratio:.2f} of direct {verdict}")
