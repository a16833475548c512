"""Boxes of HTML for a page without a kernel: what a command window or a panel looks like when it was stored. `STYLE` is for the live ones.

Styled inline, with greys that let a light or dark page shine through: a notebook that is not trusted loses style sheets and variables. Whatever comes
in as text is escaped here, and what would make a screen lie is spelled out. Command windows and panels use it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

from helpers.words import visible

STYLE = Path(__file__).with_name("boxes.css")

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
"""The media type of a live widget in an output."""

STORED = "Stored as the cell left it. Run the cell, and it is live."
"""Whoever sees these boxes sees nothing live, and is told so."""

LINE, TINT = "1px solid rgba(128, 128, 128, 0.5)", "rgba(128, 128, 128, 0.12)"


def safe(text: str) -> str:
    """`text` for a place between tags."""
    return html.escape(visible(text), quote=False)


def safe_attribute(text: str) -> str:
    """`text` for a place between quotes."""
    return html.escape(visible(text))


def frame(label: str, *parts: str, widest: str = "") -> str:
    """The box around `parts`, which are HTML, and above them that it is stored. `label` is its name for a screen reader; `widest` a width in CSS."""
    limit = f"; max-width: {widest}" if widest else ""
    return (
        f'<div role="group" aria-label="{safe_attribute(label)}" '
        f'style="border: {LINE}; border-radius: 3px; font-size: 13px; line-height: 1.4{limit}">'
        f'<div style="padding: 3px 8px"><em>{STORED}</em></div>{"".join(parts)}</div>'
    )


def title(name: str, status: str = "", mono: bool = True, above: bool = False) -> str:
    """A bar with a name and what is said of it. `above`: whether something stands above it."""
    font = ' style="font-family: monospace"' if mono else ""
    border = f"border-top: {LINE}; " if above else ""
    said = f"&ensp;<span>{safe(status)}</span>" if status else ""
    return f'<div style="background: {TINT}; {border}padding: 5px 8px"><strong{font}>{safe(name)}</strong>{said}</div>'


def text(label: str, words: str, fell: bool = False) -> str:
    """Output, code or an error, in the letters of a terminal; nothing where there are no words."""
    return styled(label, [(words, "")], fell)


def styled(label: str, parts: Iterable[tuple[str, str]], fell: bool = False) -> str:
    """The same in colours: of each part its words and its style, in CSS of ours."""
    inner = "".join(f'<span style="{css}">{safe(words)}</span>' if css else safe(words) for words, css in parts)
    if not inner:
        return ""
    mark = "; border-left: 4px solid #d55e00" if fell else ""
    return (
        f'<pre tabindex="0" aria-label="{safe_attribute(label)}" style="border-top: {LINE}{mark}; margin: 0; max-height: 22em; '
        f'overflow: auto; overflow-wrap: anywhere; padding: 5px 8px; white-space: pre-wrap">{inner}</pre>'
    )
