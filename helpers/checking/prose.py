"""Sentences as HTML: code between back-quotes as code, and no line that breaks inside a word. In a terminal, lines as wide as it is.

Comes in: what a report, a hint or a solution says. Goes out: HTML with styles of its own, since a notebook that is not trusted loses style sheets; or text. Who may import it: report,
display, and whatever else says something below a cell.
"""

from __future__ import annotations

import html
import re
import shutil
import sys
import textwrap

from helpers.words import visible

CODE = re.compile(r"`([^`\n]+)`")
WIDEST = "62em"
LINE = "1px solid rgba(128, 128, 128, 0.5)"
# JupyterLab breaks the text of outputs anywhere. A word that is longer than the line is broken all the same.
_WHOLE_WORDS = "word-break: normal; overflow-wrap: break-word"


def as_html(sentence: str) -> str:
    """For a place between tags."""
    return CODE.sub(r"<code>\1</code>", html.escape(visible(sentence), quote=False))


def whole(content: str) -> str:
    """A part of a page, whose lines are no longer than can be read."""
    return f'<div style="max-width: {WIDEST}; {_WHOLE_WORDS}">{content}</div>'


def block(label: str, text: str) -> str:
    """Code, or what a program printed: its lines as they are. `label`: its name for a screen reader."""
    return (
        f'<pre tabindex="0" aria-label="{html.escape(visible(label))}" '
        f'style="border-left: {LINE}; overflow-x: auto; padding: 2px 8px; white-space: pre; {_WHOLE_WORDS}">'
        f"{html.escape(visible(text), quote=False)}</pre>"
    )


def wrapped(text: str) -> str:
    """For the terminal, if the output is one: no line longer than it is wide, and no word cut in two."""
    if not sys.stdout.isatty():
        return text
    width = max(shutil.get_terminal_size().columns, 40)
    return "\n".join(part for line in text.split("\n") for part in _parts(line, width))


def _parts(line: str, width: int) -> list[str]:
    if len(line) < width:
        return [line]
    indent = re.match(r"[ |]*", line)
    margin = indent[0] if indent else ""
    return textwrap.wrap(
        line[len(margin) :],
        width - 1,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [line]
