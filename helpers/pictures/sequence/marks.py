"""The marks of a sequence diagram: ribbons of bytes, bars of waiting, and what stands on the lanes.

Comes in: places, in pixels. Goes out: SVG. Nothing here knows what a mark stands for; `sheet`, `ribbons` and `signals` do.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.pictures.drawing import INK, PAPER, QUIET, SMALL, TINTS, VERMILLION, Drawing, point, width


class Marks(Drawing):
    """A drawing that knows them. Each is placed by its middle, unless it says otherwise."""

    def bar(self, x: float, top: float, bottom: float, look: tuple[str, str | None]) -> None:
        """A time of waiting; `look`: colour and dashes."""
        colour, dash = look
        self.rect(x - 4, top, 8, bottom - top, fill=TINTS[colour], line=colour, radius=2, dash=dash)

    def ribbon(
        self,
        start: tuple[float, float, float],
        end: tuple[float, float, float],
        middle: float,
        colour: str,
    ) -> None:
        """A band of bytes that flows to its `end`. Both ends: x, y, thickness, in pixels; `middle`: the x towards which it bends."""
        (x1, y1, thick1), (x2, y2, thick2) = start, end
        # Where it falls steeply, its two edges are moved apart sideways: it would be pinched otherwise.
        apart = (thick1 + thick2) / 4 * max(-1, min((y2 - y1) / max(abs(x2 - x1), 1), 1)) * (1 if x2 > x1 else -1)
        over, under = middle + apart, middle - apart
        top1, top2, low1, low2 = y1 - thick1 / 2, y2 - thick2 / 2, y1 + thick1 / 2, y2 + thick2 / 2
        if x1 == x2:  # out and back: the upper edge is the outer one
            over, under, top2, low2 = middle + thick1 / 2, middle - thick1 / 2, low2, top2
        d = f"M{point(x1, top1)}C{point(over, top1)} {point(over, top2)} {point(x2, top2)}"
        d += f"L{point(x2, low2)}C{point(under, low2)} {point(under, low1)} {point(x1, low1)}Z"
        self.path(d, fill=TINTS[colour], line=colour)
        self._head(x2, y2, 1 if x2 > x1 else -1, colour)

    def block(self, x1: float, x2: float, y: float, thick: float, colour: str) -> None:
        """Bytes on their way from `x1` to `x2` that nobody takes there."""
        self.rect(min(x1, x2), y - thick / 2, abs(x2 - x1), thick, fill=TINTS[colour], line=colour)
        self._head(x2, y, 1 if x2 > x1 else -1, colour)

    def _head(self, x: float, y: float, way: int, colour: str) -> None:
        """Which way the bytes go, inside their band's end."""
        tip = x - 4 * way
        self.path(
            f"M{point(tip, y)}L{point(tip - 9 * way, y - 5)}L{point(tip - 9 * way, y + 5)}Z", fill=colour, line=None
        )

    def letter(self, x: float, y: float, words: str) -> None:
        """On a band of bytes: whose they are."""
        self.text(x, y + 5, words, size=SMALL, bold=True, anchor="middle")

    def diamond(self, x: float, y: float) -> None:
        """The system's answer."""
        d = f"M{point(x - 8, y)}L{point(x, y - 8)}L{point(x + 8, y)}L{point(x, y + 8)}Z"
        self.path(d, fill=PAPER, line=INK, thick=2)

    def zigzag(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """An RST, from the first point to the second."""
        steps = max(int(abs(x2 - x1) / 12) // 2 * 2 + 1, 3)
        way = 1 if x2 > x1 else -1
        end = x2 - 10 * way
        points = [(x1, y1)]
        for step in range(1, steps):
            along = step / steps
            points.append((x1 + (end - x1) * along, y1 + (y2 - y1) * along + (5 if step % 2 else -5)))
        self.path("M" + "L".join(point(*each) for each in [*points, (end, y2)]), line=VERMILLION, thick=2)
        tip = f"M{point(x2, y2)}L{point(x2 - 11 * way, y2 - 6)}L{point(x2 - 11 * way, y2 + 6)}Z"
        self.path(tip, fill=VERMILLION, line=None)

    def word(self, x: float, y: float, words: str) -> None:
        """A word in a gap, on paper of its own."""
        wide = width(words, SMALL)
        self.rect(x - wide / 2 - 1, y - 12, wide + 2, 14, fill=PAPER)
        self.text(x, y, words, size=SMALL, anchor="middle")

    def plate(self, x: float, y: float, wide: float, high: float, side: int) -> None:
        """Paper under a text that begins at `x`, or (`side` -1) ends there."""
        self.rect(x if side > 0 else x - wide, y, wide, high, fill=PAPER)

    def circle(self, x: float, y: float, radius: float, hollow: bool) -> None:
        """A call."""
        wide, fill = 2 * radius, PAPER if hollow else INK
        self.rect(x - radius, y - radius, wide, wide, fill=fill, line=INK, thick=2, radius=radius)

    def record(self, x: float, y: float) -> None:
        """TLS records: a box, closed."""
        self.rect(x - 6, y - 4, 12, 9, fill=INK, line=INK, thick=1, radius=1)
        self.path(f"M{point(x - 3, y - 4)}V{y - 7:g}a3 3 0 0 1 6 0V{y - 4:g}", fill="none", line=INK, thick=2)

    def pill(self, x: float, y: float, wide: float, words: str, hollow: bool) -> None:
        """A call that many made."""
        self.rect(x - wide / 2, y - 11, wide, 22, fill=PAPER if hollow else INK, line=INK, thick=2, radius=11)
        colour = INK if hollow else PAPER
        self.text(x, y + 5, words, size=SMALL, bold=True, colour=colour, anchor="middle", fit=wide - 6)

    def cross(self, x: float, y: float) -> None:
        """A call that raised an error."""
        self.rect(x - 9, y - 9, 18, 18, fill=PAPER)
        for slope in (1, -1):
            self.line(x - 7, y - 7 * slope, x + 7, y + 7 * slope, colour=VERMILLION, thick=4)

    def hourglass(self, x: float, y: float) -> None:
        """A call that gave up waiting."""
        d = f"M{point(x - 7, y - 9)}L{point(x + 7, y - 9)}L{point(x - 7, y + 9)}L{point(x + 7, y + 9)}Z"
        self.rect(x - 9, y - 11, 18, 22, fill=PAPER)
        self.path(d, fill=TINTS[VERMILLION], line=VERMILLION, thick=2)

    def pipe(self, x: float, top: float, bottom: float, broad: float = 7) -> None:
        """The lane of a link: bytes go in on one side and come out on the other."""
        self.rect(x - broad, top, 2 * broad, bottom - top, fill=TINTS[INK])
        for side in (-broad, broad):
            self.line(x + side, top, x + side, bottom, colour=QUIET)

    def chunk(self, x: float, y: float, broad: float, high: float, colour: str) -> None:
        """Bytes that a link hands over together."""
        self.rect(x - broad, y - high / 2, 2 * broad, high, fill=colour, line=INK, radius=3)

    def parting(self, x: float, top: float, bottom: float, colour: str) -> None:
        """In the lane of a link, from a datagram down to its double."""
        self.rect(x - 4, top, 8, bottom - top, fill=TINTS[colour], line=colour)

    def lost(self, x: float, y: float) -> None:
        """In the lane of a link: a datagram that goes no further."""
        for slope in (1, -1):
            self.line(x - 6, y - 6 * slope, x + 6, y + 6 * slope, colour=INK, thick=4)

    def numbered(self, x: float, y: float) -> None:
        """For the legend: a call that carries the number of its connection."""
        self.circle(x, y, 10, False)
        self.text(x, y + 5, "n", size=SMALL, bold=True, colour=PAPER, anchor="middle")

    def sample(self, x: float, y: float, colours: Sequence[tuple[int, str]]) -> None:
        """For the legend: bytes, in one or two directions, -1 left or 1 right, each with its colour."""
        for at, (direction, colour) in enumerate(colours):
            start, end, middle = x + 14 - 14 * direction, x + 14 + 14 * direction, y - 6 * (len(colours) - 1) + 12 * at
            if at:
                self.block(start, end, middle, 9, colour)
            else:
                self.ribbon((start, middle, 9), (end, middle, 9), x + 14, colour)

    def chunks(self, x: float, y: float, colours: Sequence[str]) -> None:
        """For the legend: what a link hands over, in one or two colours."""
        self.chunk(x + 14, y, 9, 14, colours[0])
        for colour in colours[1:]:
            self.rect(x + 14, y - 6, 8, 12, fill=colour)
