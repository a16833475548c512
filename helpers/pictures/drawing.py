"""What every picture has in common: SVG written directly, an alt text, and a plain text that tells the same.

Comes in: lines, boxes and words, each with its place in pixels. Goes out: an SVG image, and a `Picture`, which a notebook can show. Every picture
is made with it; it knows none of them.

The text stands in the picture's own file, so a drawing is a fixed set of strings: the same recording gives the same bytes.
A drawing brings its own light background: as an `<img>` it knows nothing of the page's theme, and must be legible on any. Where a page is dark,
its style sheet turns light into dark (`CLASS`): JupyterLab's is `course/prefix/share/jupyter/labextensions`, a handout's is its own.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import html
import itertools
import math
import re
import urllib.parse
from collections.abc import Iterator, Sequence

from helpers.words import visible

PAPER = "#ffffff"
INK = "#1b1b1b"
"""Text, and whatever has no colour of its own."""
QUIET = "#5c5c5c"
"""Text and lines that stand back: 6.6:1 on paper."""
BLUE = "#0072b2"
VERMILLION = "#d55e00"
GREEN = "#00795a"
PURPLE = "#8a4f7d"
"""After Okabe and Ito, the green and the purple darkened: each at 3.5:1 or better on paper, told apart by colour-blind readers."""
TINTS = {BLUE: "#d3e7f3", VERMILLION: "#fbe3d3", GREEN: "#d3ebe4", PURPLE: "#ecdfe9", INK: "#ececec", QUIET: "#f1f1f1"}
"""A surface for each colour, for dark text to stand on; its border or a mark beside it carries the contrast."""

TEXT = 16
"""Height of the ordinary text, pixels: legible from the back row when the picture is as wide as a slide."""
SMALL = 14
"""Of the smallest one."""
LEAST = 11
"""Pixels of the smallest letters on a narrow page, as large as those of JupyterLab's own menus: what does not fit then is scrolled to."""
SMALLEST = 10
"""The same where a picture fits an ordinary window with them, and would have to be scrolled there with larger ones."""
CELL = 820
"""Pixels that a page has for a picture in an ordinary window. One that needs more, with the smallest letters too, is scrolled there as well, and so has to be within the keyboard's reach."""
REACHED = 'tabindex="0" role="region" aria-label="a wide picture, which scrolls sideways" '
"""What gives its box the focus. Where only a narrow window has it scroll, browsers do that by themselves; everywhere else it would be a stop on the way that nobody needs."""
CLASS = "helpers-picture"
"""By which the style sheets of pages know a picture."""
SANS = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif"
MONO = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
MONO_WIDTH = 0.605
"""Width of a character, as a part of its height, in the widest of the fonts in `MONO`."""
SANS_WIDTH = 0.62
"""The same for `SANS`, for text as it stands in these pictures: an upper estimate for a whole line, not for each letter."""
BOLD = 1.1
"""How much wider bold letters are."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture, its alt text, and the same told in words. As the last line of a cell it is shown."""

    image: str | bytes
    """SVG as text, or PNG as bytes."""
    alt: str
    text: str

    def __post_init__(self) -> None:
        for name in ("alt", "text"):
            object.__setattr__(self, name, visible(getattr(self, name)))

    def describe(self) -> str:
        """What the picture shows, in plain text."""
        return self.text

    def as_html(self) -> str:
        """An `<img>` that holds the picture itself, with its alt text."""
        wide = self._least()
        reached = REACHED if wide > CELL else ""
        least = f"; min-width: {wide}px" if wide else ""
        return (
            f'<div {reached}style="overflow-x: auto"><img alt="{html.escape(self.alt)}" class="{CLASS}" src="{self._source()}" '
            f'style="max-width: 100%; height: auto; border-radius: 4px{least}"></div>'
        )

    def _least(self) -> int:
        """Pixels that a drawing is wide at least, on however narrow a page: narrower, its letters would be too small. 0: no drawing."""
        if isinstance(self.image, bytes):
            return 0
        drawn = re.match(r'<svg [^>]*?width="([\d.]+)"', self.image)
        wide = float(drawn[1]) if drawn is not None else 0.0
        return CELL if LEAST * wide > SMALL * CELL >= SMALLEST * wide else math.ceil(wide * LEAST / SMALL)

    def _source(self) -> str:
        if isinstance(self.image, bytes):
            return "data:image/png;base64," + base64.b64encode(self.image).decode("ascii")
        # Not base64: it would be longer, and a diff of a stored lesson could not be read.
        return "data:image/svg+xml," + urllib.parse.quote(self.image, safe=" =:/;,()!$*~@?[]{}|^`+.-_'")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.as_html()}

    def __repr__(self) -> str:
        return self.text


class Drawing:
    """Collects the elements of an SVG image, in pixels, the origin at the top left."""

    def __init__(self) -> None:
        self._elements: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = TEXT,
        mono: bool = False,
        bold: bool = False,
        colour: str = INK,
        anchor: str = "start",
        fit: float | None = None,
        exactly: float | None = None,
    ) -> None:
        """`words` on the baseline `y`; `anchor` is start, middle or end.

        `fit`: squeezed into that many pixels where they need more. `exactly`: as wide as that in every font, so that each letter stands where it is to.
        """
        extra = ' font-weight="bold"' if bold else ""
        if anchor != "start":
            extra += f' text-anchor="{anchor}"'
        if fit is not None and width(words, size, mono) > fit:
            exactly = fit
        if exactly is not None:
            extra += f' textLength="{_n(exactly)}" lengthAdjust="spacingAndGlyphs"'
        self._write(x, y, escaped(words), size, mono, colour, extra)

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        step: float,
        *,
        size: float = TEXT,
        mono: bool = False,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """One text in several lines, each `step` below the last. A space at the end of a line takes no room."""
        extra = (' font-weight="bold"' if bold else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
        words = escaped(lines[0].rstrip())
        for at, (before, line) in enumerate(itertools.pairwise(lines), start=1):
            space = " " if before.endswith(" ") else ""
            # Where it moves nothing: the lines end, or begin, one below the other.
            outer, inner = ("", space) if anchor == "end" else (space, "")
            words += f'{outer}<tspan x="{_n(x)}" y="{_n(y + step * at)}">{inner}{escaped(line.rstrip())}</tspan>'
        self._write(x, y, words, size, mono, INK, extra)

    def _write(self, x: float, y: float, markup: str, size: float, mono: bool, colour: str, extra: str) -> None:
        self._elements.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-family="{MONO if mono else SANS}" font-size="{_n(size)}" fill="{colour}"'
            f' xml:space="preserve"{extra}>{markup}</text>'
        )

    def rect(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        *,
        fill: str = "none",
        line: str | None = None,
        thick: float = 1.5,
        radius: float = 0,
        dash: str | None = None,
    ) -> None:
        """A box; `line` is the colour of its border, `thick` and `dash` (as in SVG: "6 4") how that is drawn."""
        self._elements.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}"'
            + (f' rx="{_n(radius)}"' if radius else "")
            + f' fill="{fill}"{_stroke(line, thick, dash)}/>'
        )

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        colour: str = INK,
        thick: float = 1.5,
        dash: str | None = None,
    ) -> None:
        """From the first point to the second."""
        self._elements.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"{_stroke(colour, thick, dash)}/>'
        )

    def path(
        self, d: str, *, fill: str = "none", line: str | None = INK, thick: float = 1.5, dash: str | None = None
    ) -> None:
        """`d` as in SVG, made with `point`."""
        self._elements.append(f'<path d="{d}" fill="{fill}"{_stroke(line, thick, dash)}/>')

    def arrow(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        colour: str = INK,
        thick: float = 2,
        dash: str | None = None,
        head: float = 9,
    ) -> None:
        """A line from the first point to the second, with a filled head there."""
        length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 0.001)
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        bx, by = x2 - ux * head, y2 - uy * head
        self.line(x1, y1, bx, by, colour=colour, thick=thick, dash=dash)
        left, right = (bx - uy * head / 2, by + ux * head / 2), (bx + uy * head / 2, by - ux * head / 2)
        self.path(f"M{point(x2, y2)}L{point(*left)}L{point(*right)}Z", fill=colour, line=None)

    @contextlib.contextmanager
    def group(self, name: str) -> Iterator[None]:
        """What is drawn in this block stands in a `<g>` of that class: a reader of the file can leave it out."""
        self._elements.append(f'<g class="{name}">')
        yield
        self._elements.append("</g>")

    def svg(self, wide: float, high: float, title: str) -> str:
        """The whole image, on paper of its own."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(wide)}" height="{_n(high)}" '
            f'viewBox="0 0 {_n(wide)} {_n(high)}" role="img"><title>{escaped(title)}</title>'
            f'<rect width="100%" height="100%" fill="{PAPER}"/>{"".join(self._elements)}</svg>'
        )


def width(words: str, size: float = TEXT, mono: bool = False) -> float:
    """Pixels that `words` take at most."""
    return len(words) * size * (MONO_WIDTH if mono else SANS_WIDTH)


def point(x: float, y: float) -> str:
    """A point of a path."""
    return f"{_n(x)} {_n(y)}"


def escaped(words: str) -> str:
    """For the text of an element: nothing in it is markup, and nothing turns or hides what stands beside it."""
    return html.escape(visible(words), quote=True).replace("\n", " ").replace("\t", " ")


def _n(number: float) -> str:
    """Of so many pixels a tenth is enough: shorter, and the same on every machine."""
    return f"{number:.1f}".removesuffix(".0")


def _stroke(colour: str | None, thick: float, dash: str | None) -> str:
    if colour is None:
        return ""
    return f' stroke="{colour}" stroke-width="{_n(thick)}"' + (f' stroke-dasharray="{dash}"' if dash else "")
