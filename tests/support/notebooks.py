"""Notebooks that are made for a test."""

from __future__ import annotations

from typing import Any

import nbformat

_v4: Any = nbformat.v4  # it comes without types


def code_cell(source: str) -> Any:
    """A cell that has not run yet."""
    return _v4.new_code_cell(source)


def notebook_of(*sources: str) -> Any:
    """A notebook of these cells of code, none of which has run yet."""
    return _v4.new_notebook(cells=[code_cell(source) for source in sources])
