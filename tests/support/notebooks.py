"""Notebooks, and what a page sends to a widget, made for a test."""

from __future__ import annotations

from typing import Any

import nbformat
from ipywidgets import Widget

_v4: Any = nbformat.v4  # it comes without types


def code_cell(source: str) -> Any:
    """A cell that has not run yet."""
    return _v4.new_code_cell(source)


def notebook_of(*sources: str) -> Any:
    """A notebook of these cells of code, none of which has run yet."""
    return _v4.new_notebook(cells=[code_cell(source) for source in sources])


def send_to(widget: Widget, **message: Any) -> None:
    """What a page sends to `widget`."""
    widget._handle_custom_msg(message, [])  # private to ipywidgets, which has no other way to try it without a page
