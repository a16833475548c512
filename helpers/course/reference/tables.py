"""Tables of Markdown.

Comes in: the heads of the columns, and rows of cells, which are Markdown. Goes out: lines. Who may import it: the pages of the reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(heads), _line(["---"] * len(heads)), *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
