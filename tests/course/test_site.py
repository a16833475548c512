"""`python3 -m helpers site`: what its files say, read without a browser (tests/browser opens them)."""

from __future__ import annotations

import functools
import html
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import helpers
from helpers.course import front_door, site
from helpers.course.environment import ROOT, Trouble
from helpers.course.lessons import NOTEBOOKS, find_lessons
from helpers.course.site import pages
from tests.support.elements import Elements

LESSONS = find_lessons([])
SHEETS = sorted(path.stem for path in NOTEBOOKS.glob("*.md"))
EVIL = "<script>window.__hacked = 1</script><img src=x onerror='window.__hacked = 2'>"
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "use", "path"}


class Reader(Elements):
    """What a page says: its elements, what is in which fold, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.folded: list[dict[str, str]] = []
        """The elements inside an answer's fold."""
        self.words = ""
        self.open_words = ""
        """Those outside of any fold."""
        self.cells_with_open_output: set[str] = set()
        self._open: list[tuple[str, str]] = []
        """The elements that have not ended yet, with their ids."""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        _, attributes = self.elements[-1]
        if self._is_folded():
            self.folded.append(attributes)
        elif "cell_output" in attributes.get("class", "").split():
            self.cells_with_open_output.add(self._open[-1][1])
        if tag not in VOID:
            self._open.append((tag, attributes.get("id", "")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag not in VOID and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.words += data
        if not self._is_folded():
            self.open_words += data

    def _is_folded(self) -> bool:
        return any(tag == "details" for tag, _ in self._open)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


@functools.cache
def page(folder: Path, name: str) -> Reader:
    return Reader((folder / name).read_text(encoding="utf-8"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.html"))


# The command ---------------------------------------------------------------------------------------------------------


def test_it_is_a_command_of_the_front_door() -> None:
    assert "  site " in front_door.usage()


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for place in ("taken", "taken/below"):
        with pytest.raises(Trouble, match="cannot be a folder"):
            site.write_site(["--to", str(tmp_path / place)])


def test_what_is_no_site_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(Trouble, match="holds something that is no site"):
        site.write_site(["--to", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", ["somewhere", "https://github.com/a/b", "a/b/c", "a/b\n", "a/<b>", ""])
def test_a_repository_that_is_none_is_answered_with_the_usage(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with pytest.raises(SystemExit) as caught:
        site.write_site(["--repository", text])
    assert caught.value.code == 2
    assert "OWNER/NAME" in capsys.readouterr().err


# The site ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_lesson_and_every_sheet_is_a_page(the_site: Path) -> None:
    expected = [path.stem for path in LESSONS] + SHEETS + ["index", "search"]
    assert names(the_site) == sorted(f"{name}.html" for name in expected)
    front = page(the_site, "index.html")
    assert {f"{path.stem}.html" for path in LESSONS} <= {link["href"] for link in front.all("a")}
    assert "guess before you go on" in front.words and "runs what CI runs" not in front.words


@pytest.mark.slow
def test_a_later_site_takes_the_place_of_an_earlier_one(the_site: Path) -> None:
    assert site.free(the_site) == the_site.resolve()


@pytest.mark.slow
def test_every_link_and_every_anchor_leads_somewhere(the_site: Path) -> None:
    dead = []
    for name in names(the_site):
        found = page(the_site, name)
        used = [attributes.get(kind) for _, attributes in found.elements for kind in ("href", "src")]
        for address in filter(None, used):
            if re.match(r"(https?|data):", address) or address in ("#", "#top"):
                continue
            path, _, place = address.partition("#")
            file = unquote(path.partition("?")[0]) or name
            if (
                not (the_site / file).is_file()
                or place
                and unquote(place) not in page(the_site, file).ids()
                and not place.startswith("svg-")
            ):
                dead.append((name, address))
    assert dead == []


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(the_site: Path) -> None:
    for name in names(the_site):
        for tag, attributes in page(the_site, name).elements:
            loaded = attributes.get("src") or (attributes.get("href", "") if tag == "link" else "")
            assert not re.match(r"(https?:)?//", loaded), (name, loaded)
    for style in the_site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert "@import" not in text and not re.search(r"url\([\"']?(https?:)?//", text), style.name


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_whole(the_site: Path, path: Path) -> None:
    found = page(the_site, f"{path.stem}.html")
    cells = nbformat.read(path, as_version=4).cells
    ids = found.ids()
    assert [each for each in set(ids) if ids.count(each) > 1] == []
    assert [cell.id for cell in cells if cell.id not in ids] == [], "no link could lead to them"

    stored = [output.get("data", {}).get("text/html", "") for cell in cells for output in cell.get("outputs", ())]
    alts = [html.unescape(alt) for text in stored for alt in re.findall(r'<img alt="([^"]*)"', text)]
    assert [picture["alt"] for picture in found.all("img")] == alts
    assert all(alts)
    assert found.words.count("Stored as the cell left it.") == sum(
        text.count("Stored as the cell left it.") for text in stored
    )
    printed = [output.text for cell in cells for output in cell.get("outputs", ()) if output.output_type == "stream"]
    assert [text for text in printed if text.strip("\n").partition("\n")[0] not in found.words] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_answer_is_seen_before_it_is_asked_for(the_site: Path, path: Path) -> None:
    """Of what stands below a question: what the first cell puts out, and the first text, which says why."""
    found = page(the_site, f"{path.stem}.html")
    folded = {attributes.get("id") for attributes in found.folded}
    cells = nbformat.read(path, as_version=4).cells
    answers = [
        below
        for number, cell in enumerate(cells)
        if cell.id.endswith("-guess")
        for below in itertools.takewhile(
            lambda below: not below.id.endswith(("-guess", "-intro")), first(cells[number + 1 :])
        )
    ]
    assert [cell.id for cell in answers if cell.id in found.cells_with_open_output] == []
    texts = [cell for cell in answers if cell.cell_type == "markdown"]
    assert [cell.id for cell in texts if is_answer(cell) and cell.id not in folded] == []


def first(cells: Sequence[Any]) -> Iterator[Any]:
    """The cells down to the first that puts something out, and the text behind it; no further than the next heading."""
    shown = [cell for cell in cells if cell.metadata.get("slideshow", {}).get("slide_type") != "notes"]
    for cell in itertools.takewhile(lambda cell: not cell.source.startswith("#"), shown):
        yield cell
        if cell.cell_type == "markdown":
            return


def is_answer(cell: Any) -> bool:
    named = bool(cell.id.endswith(("-said", "-why")))
    return named or bool(cell.metadata.get("slideshow", {}).get("slide_type") == "fragment")


@pytest.mark.slow
def test_each_page_says_the_version_and_how_a_lesson_is_run(the_site: Path) -> None:
    for name in names(the_site):
        found = page(the_site, name)
        assert f"Networking with Python {helpers.__version__}" in found.words
        targets = [link["href"] for link in found.all("a") if "href" in link]
        assert not [each for each in targets if "OWNER" in each]
        if name[:2].isdigit():
            lesson = name.replace(".html", ".ipynb")
            assert f"download/{lesson}" in targets
            cells = json.loads((the_site / "download" / lesson).read_text(encoding="utf-8"))["cells"]
            assert not any(cell.get("outputs") for cell in cells), "answers come along"


# A lesson that was made for it ---------------------------------------------------------------------------------------


def text(name: str, source: str, kind: str = "-") -> Any:
    return new_markdown_cell(source, id=name, metadata={"slideshow": {"slide_type": kind}})


def code(name: str, *outputs: Any, kind: str = "-") -> Any:
    return new_code_cell(f"{name}()", id=name, outputs=list(outputs), metadata={"slideshow": {"slide_type": kind}})


def stream(said: str, name: str = "stdout") -> Any:
    return new_output("stream", name=name, text=said)


def made(folder: Path, *cells: Any, front: str = "# Front", repository: str | None = None) -> Reader:
    """The page of a lesson of these cells, in a site of its own; and Sphinx has nothing to complain of."""
    source = pages.Source(folder, repository)
    source.pages.mkdir()
    source.downloads.mkdir(parents=True)
    (source.downloads / "00-made.ipynb").write_text("{}")
    lesson = new_notebook(cells=list(cells), metadata={"language_info": {"name": "python"}})
    nbformat.write(pages.prepared(source, lesson), source.pages / "00-made.ipynb")
    pages.write_markdown(source, "index.md", front, ROOT)
    with (source.pages / "index.md").open("a", encoding="utf-8") as index:
        index.write("\n\n" + pages.contents("Lessons", ["00-made.ipynb"]))
    assert site.build(source, folder / "site") == ""
    return page(folder / "site", "00-made.html")


@pytest.mark.slow
def test_an_answer_may_ask_in_its_turn(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        text("title", "# Title", "slide"),
        text("asked", "What comes?", "slide"),
        code("run", stream("first answer")),
        text("said", "first reason. And now?", "fragment"),
        code("again", stream("second answer")),
        text("said-again", "second reason", "fragment"),
        text("next", "No question.", "slide"),
        code("plain", stream("for all to see")),
        text("notes", "<details><summary>For the instructor</summary>\n\nhush\n\n</details>", "notes"),
        text("stuck", "A task. Stuck? Ask.", "slide"),
        code("check", stream("not started")),
    )
    assert [
        each
        for each in ("first answer", "first reason", "again()", "second answer", "hush")
        if each in found.open_words
    ] == []
    assert [each for each in ("run()", "for all to see", "not started") if each not in found.open_words] == []
    assert len([1 for fold in found.all("details") if fold.get("class") == "answer"]) == 2
    assert found.words.index("second answer") < found.words.index("second reason") < found.words.index("No question")


@pytest.mark.slow
def test_an_answer_may_begin_on_the_next_slide_and_end_on_the_one_after_it(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        text("title", "# Title", "slide"),
        text("waits", "Who waits?", "slide"),
        code("connect"),
        code("picture", stream("the client"), kind="subslide"),
        text("picture-said", "Since nobody reads.", "subslide"),
        text("keep", "What is kept has a name.", "fragment"),
        code("tidy"),
        text("size", "How large is it?", "subslide"),
        code("largest", stream("65535")),
        code("define", kind="subslide"),
        text("defined", "This is a definition."),
        code("works", stream("for all to see")),
        text("rhetoric-why", "Why so? Because it is.", "subslide"),
        code("so", stream("seen as well")),
        text("turn-said", "It is. And now? (It goes on.)", "subslide"),
        code("now", stream("no more")),
        text("other", "Another thing.", "subslide"),
    )
    folded = ("the client", "Since nobody", "65535", "no more")
    assert [each for each in folded if each in found.open_words] == []
    seen = (
        "connect()",
        "picture()",
        "What is kept",
        "tidy()",
        "define()",
        "This is",
        "for all",
        "seen as well",
        "Another",
    )
    assert [each for each in seen if each not in found.open_words] == []
    assert len([1 for fold in found.all("details") if fold.get("class") == "answer"]) == 3


@pytest.mark.slow
def test_a_cell_keeps_its_name_where_a_heading_has_the_same(tmp_path: Path) -> None:
    report = '<a href="00-made.ipynb#cell-id=accept">the cell</a>'
    found = made(
        tmp_path,
        text("title", "# Title\n[to the code](00-made.ipynb#cell-id=accept), [to the heading](#accept-waits)"),
        text("heading", "## accept\nA text."),
        code("accept", stream("it came back"), new_output("display_data", data={"text/html": report})),
        text("accept-waits", "## Accept waits"),
    )
    assert [attributes["class"].split()[0] for _, attributes in found.elements if attributes.get("id") == "accept"] == [
        "cell"
    ]
    targets = [link["href"] for link in found.all("a") if "href" in link]
    assert "#accept" in targets and "#accept-waits" in targets
    assert "00-made.html#accept" in targets, "of a report, as JupyterLab has it"


@pytest.mark.slow
def test_what_a_peer_sent_stays_text(tmp_path: Path) -> None:
    hostile = EVIL + "\x1b[31mred\x1b[0m\x1b]0;title\x07 one\rtwo\b \u202eturned\u2069 \x00 <!-- answer: output -->"
    said = EVIL + r"red\x1b]0;title\x07 one\rtwo\x08 \u202eturned\u2069 \x00 <!-- answer: output -->"
    found = made(
        tmp_path,
        text("title", "# Title"),
        code(
            "print",
            stream(hostile),
            stream(hostile, "stderr"),
            new_output("execute_result", data={"text/plain": hostile}, execution_count=1),
            new_output("error", ename="E", evalue=hostile, traceback=[hostile]),
            new_output("display_data", data={"image/png": '"' + EVIL, "text/plain": '"' + EVIL}),
            new_output(
                "display_data", data={"application/javascript": "window.__hacked = 3", "text/plain": "a script"}
            ),
            new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}, "text/plain": "a widget"}),
        ),
    )
    assert found.words.count(said) == 4
    assert "a script" in found.words and "a widget" in found.words
    assert [picture["alt"] for picture in found.all("img")] == ['"' + EVIL]
    assert not any("onerror" in attributes for _, attributes in found.elements)
    assert all("__hacked" not in script.get("src", "") for script in found.all("script"))


@pytest.mark.slow
def test_links_of_a_sheet(tmp_path: Path) -> None:
    front = (
        "# Front\n\n[lesson](notebooks/00-made.ipynb#title) [page](CONTRIBUTING.md) [web](https://www.python.org/) `[code](a.md)`"
        " ![a drawing](.github/two-of-five.svg) ![from the web](https://example.org/a.png) [outside](../private.txt)"
        " [![Badge](https://example.org/b.svg)](https://example.org/)\n\nSee OWNER/REPOSITORY."
    )
    (tmp_path / "with").mkdir()
    made(tmp_path / "with", text("title", "# Title"), front=front, repository="ada/course")
    found = page(tmp_path / "with" / "site", "index.html")
    targets = [link["href"] for link in found.all("a") if "href" in link]
    assert {"00-made.html#title", "https://www.python.org/", "https://example.org/"} <= set(targets)
    assert "https://github.com/ada/course/blob/HEAD/CONTRIBUTING.md" in targets
    assert [(picture["alt"], picture["src"]) for picture in found.all("img")] == [
        ("a drawing", "_images/two-of-five.svg")
    ]
    assert "outside" in found.words and not any("private" in each for each in targets)
    assert "[code](a.md)" in found.words and "OWNER" not in found.words
    lesson = page(tmp_path / "with" / "site", "00-made.html")
    assert any(
        link["href"].startswith("https://mybinder.org/v2/gh/ada/course/HEAD")
        for link in lesson.all("a")
        if "href" in link
    )


def test_a_link_that_leads_nowhere_is_complained_of(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no-such"):
        made(tmp_path, text("title", "# Title\n[there](00-made.ipynb#no-such)"))
