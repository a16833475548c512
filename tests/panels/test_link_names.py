"""What the panel of a link calls the link in its code: what the learner calls it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.link.link import Link
from helpers.panels import LinkPanel


@pytest.fixture
def link() -> Iterator[Link]:
    with Link(("127.0.0.1", 1)) as link:
        yield link


def test_the_code_names_the_link_as_the_learner_does(link: Link) -> None:
    """By the variable of the cell that made `talk`, as it is now; where there is none, the code says which link it means."""
    cell: dict[str, Any] = {"wire": link, "_": link}
    exec("def talk(): wire", cell)
    with contextlib.closing(LinkPanel(link, cell["talk"])) as panel:
        link.slicer, link.down = 3, True
        assert panel.as_controls()["code"] == "wire.slicer = 3\nwire.down = True"
        link.stop()
        assert "call wire.start()" in panel.status
        cell["cable"] = cell.pop("wire")
        assert panel.as_controls()["code"].startswith("cable.slicer = 3")
        del cell["cable"]
        assert panel.as_controls()["code"].splitlines()[:2] == [
            "# link: the one that the panel was made for",
            "link.slicer = 3",
        ]
