"""What Sphinx and MyST-NB are taught for this course: an anchor for each cell, answers that are folded, alt texts that are found.

Comes in: the document of a page that `pages` has written. For `build` in the head of this room.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from helpers.course.site.pages import ANSWER, CELL, END

COMMENT = re.compile(r"<!-- (.+?): (.*?) -->")
ALT = re.compile(r'<img [^>]*?\balt="([^"]*)"')


class Fold(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils says no types
    """Something that is closed until its reader opens it: HTML's `<details>`, with a `summary`."""


class Unseen(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils says no types
    """Words that a search finds and no page shows: a picture's alt text, which the page has in the picture."""


class Cells(SphinxTransform):
    """Every cell gets its id as an anchor, and every answer its fold. What marked them goes."""

    default_priority = 700  # when ids are given to all that has one, and before anybody collects them

    def apply(self, **kwargs: Any) -> None:
        for node in self.document.findall(nodes.container):
            if anchor := node.get("cell_metadata", {}).get("anchor"):
                self.name(node, anchor)
        for mark, what, said in list(self.marks()):
            if what == CELL:
                self.place(said, mark)
        for section in self.document.findall(nodes.section):
            self.name_as_jupyterlab(section)
        # From the last to the first: an answer may have another one in it.
        for mark, what, said in reversed(list(self.marks())):
            if what == ANSWER:
                fold(mark, output=said == "output")
        for output in list(self.document.findall(is_html)):
            for alt in ALT.findall(output.astext()):
                output.parent.append(Unseen("", nodes.Text(html.unescape(alt))))

    def marks(self) -> Iterator[tuple[nodes.Element, str, str]]:
        for node in self.document.findall(is_html):
            if match := COMMENT.fullmatch(node.astext().strip()):
                yield node, match[1], match[2]

    def place(self, anchor: str, mark: nodes.Element) -> None:
        """Put an anchor in the place of `mark`: on the heading that comes next, or by itself."""
        following = mark.next_node(nodes.Element, descend=False, siblings=True, ascend=True)
        if isinstance(following, nodes.section):
            mark.parent.remove(mark)
        else:
            following = nodes.target()
            mark.replace_self(following)
        self.name(following, anchor)

    def name(self, node: nodes.Element, anchor: str) -> None:
        """Give `node` an anchor. A heading that is called the same has another one from then on."""
        holder = self.document.ids.get(anchor)
        if holder is not node:
            if holder is not None:
                other = f"{anchor}-heading"
                holder["ids"] = [other if each == anchor else each for each in holder["ids"]]
                self.document.ids[other] = holder
            node["ids"].append(anchor)
            self.document.ids[anchor] = node
        self.env.metadata[self.env.docname].setdefault("myst_slugs", {})[anchor] = (None, anchor, anchor)

    def name_as_jupyterlab(self, section: nodes.section) -> None:
        """Give a heading the anchor that it has in JupyterLab, too: for what was written there, reports for example."""
        anchor = section[0].astext().replace(" ", "-")
        if anchor not in self.document.ids:
            self.name(section, anchor)


def is_html(node: nodes.Node) -> bool:
    return isinstance(node, nodes.raw) and "html" in str(node.get("format", "")).split()


def what_is_marked(node: nodes.Node) -> str | None:
    match = COMMENT.fullmatch(node.astext().strip()) if is_html(node) else None
    return match[1] if match else None


def fold(mark: nodes.Element, output: bool) -> None:
    """Fold what stands between `mark` and the end of the answer. `output`: and what the cell before it has put out."""
    parent = mark.parent
    place = parent.index(mark)
    end = next(n for n in range(place, len(parent)) if what_is_marked(parent[n]) == END)
    inside = parent[place + 1 : end]
    explained = any(not is_html(node) for node in inside)
    del parent[place + 1 : end + 1]
    if output:
        cell = parent[place - 1]
        put_out = next(each for each in cell.findall(nodes.container) if each.get("nb_element") == "cell_code_output")
        cell.remove(put_out)
        inside.insert(0, put_out)
    summary = ("What came out, and why" if explained else "What came out") if output else "The answer"
    parent.insert(place, Fold("", *inside, summary=summary))


def open_fold(writer: Any, node: Fold) -> None:
    writer.body.append(f'<details class="answer"><summary>{html.escape(node["summary"])}</summary>\n')


def close_fold(writer: Any, node: Fold) -> None:
    writer.body.append("</details>\n")


def skip(writer: Any, node: Unseen) -> None:
    raise nodes.SkipNode


def nothing(writer: Any, node: nodes.Element) -> None:
    """A visitor's other half."""


def level_captions(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """The navigation's captions are headings without a level, as Sphinx writes them; a screen reader asks for one."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace(' role="heading"', ' role="heading" aria-level="2"')


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls when it loads this extension."""
    app.add_node(Fold, html=(open_fold, close_fold))
    app.add_node(Unseen, html=(skip, nothing))
    app.add_transform(Cells)
    app.connect("html-page-context", level_captions, priority=900)  # after the theme
    return {"parallel_read_safe": True}
