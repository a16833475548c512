"""What a recording and a view of the kernel have in common: each can be drawn, and as the last line of a cell it is shown."""

from __future__ import annotations

from helpers.pictures.drawing import Picture


class Drawn:
    """What can be drawn: as the last line of a cell it is shown."""

    def draw(self) -> Picture:
        """It as a picture."""
        raise NotImplementedError

    def describe(self) -> str:
        """It in words."""
        return self.draw().describe()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.draw()._repr_mimebundle_()
