"""The page as HTML: one file, in which nothing that a learner wrote is more than text, and for which a browser asks nobody for anything.

Comes in: a `ClassPage`. Goes out: HTML. Who may import it: the course.
"""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from helpers.checking import prose
from helpers.class_page import figures
from helpers.class_page.marks import ClassPage
from helpers.class_page.unnamed import FEW, without_names
from helpers.notebook.policy import allowing
from helpers.words import many, times, visible

HERE = Path(__file__).parent
WITH_PICTURE = 6
"""Mistakes, the commonest, whose cells stand on the page; of the others it is said where they are."""


def as_html(page: ClassPage, names: bool = True, refresh: int = 0) -> str:
    """The whole page. `names`: whether learners are named; without, nobody is in the file. `refresh`: after how many seconds a browser reads it anew, until somebody tells it not to; 0: never."""
    script = (HERE / "refresh.js").read_text(encoding="utf-8") if refresh else ""
    shown = page if names else without_names(page)
    return _template().render(
        page=shown,
        names=names,
        refresh=refresh,
        script=Markup(script),
        policy=Markup(allowing(script) if script else allowing()),
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        figures=figures,
        most=WITH_PICTURE,
        few=FEW,
    )


@functools.cache
def _template() -> Template:
    # What is filled in is escaped, but for what `prose` and the style sheet have made HTML of.
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["prose"] = lambda sentence: Markup(prose.as_html(sentence))
    environment.filters["visible"] = visible
    environment.globals.update(many=many, times=times)
    return environment.get_template("page.html.j2")
