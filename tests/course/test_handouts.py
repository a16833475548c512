"""`python3 -m helpers handout`: what its files say, read without a browser (tests/browser opens them)."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import helpers
from helpers.course import front_door, handouts
from helpers.course.environment import Trouble
from helpers.course.lessons import REFERENCE, find_lessons
from tests.support.elements import Elements

LESSONS = find_lessons([])
EVIL = "<script>window.__hacked = 1</script><img src=x onerror='window.__hacked = 2'>"


class Reader(Elements):
    """Every element of a page, and the texts of its scripts."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._into: list[str] | None = None
        self.feed(file.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        self._into = {"script": self.scripts, "style": self.styles}.get(tag)
        if self._into is not None:
            self._into.append("")

    def handle_endtag(self, tag: str) -> None:
        self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data

    def of_class(self, name: str) -> list[dict[str, str]]:
        return [attributes for _, attributes in self.elements if name in attributes.get("class", "").split()]


def slide_type(cell: Any) -> str:
    return str(cell.metadata.get("slideshow", {}).get("slide_type", "-"))


def make(folder: Path, *cells: Any, name: str = "made") -> tuple[Path, Path]:
    """The handouts of a lesson of these cells."""
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=list(cells)), path)
    return handouts.write_handout(path, folder / "handouts")


def printing(*outputs: Any, code: str = "pass") -> Any:
    return new_code_cell(code, outputs=list(outputs), execution_count=1)


# The command ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_writes_where_it_is_run_and_says_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert handouts.write_handouts(["3", LESSONS[0].name]) == 0
    names = {path.name for path in (tmp_path / "handouts").iterdir()}
    lessons = {f"{stem}{end}" for stem in (LESSONS[3].stem, LESSONS[0].stem) for end in (".html", ".slides.html")}
    assert names == lessons | {name.replace(".md", ".html") for name in REFERENCE}
    first, second, last = capsys.readouterr().out.splitlines()
    assert (
        last
        == "Beside them, for looking up: COMMON-MISTAKES.html, GLOSSARY.html, INDEX.html, CHEAT-SHEET.html and WHAT-YOU-SEE.html"
    )
    assert first == f"{Path('handouts', LESSONS[3].stem)}.html written, and as slides {LESSONS[3].stem}.slides.html"
    assert LESSONS[0].stem in second


def test_it_is_a_command_of_the_front_door() -> None:
    assert "  handout " in front_door.usage()


def test_a_lesson_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no lesson '99'") as caught:
        handouts.write_handouts(["03", "99", "--to", str(tmp_path / "new")])
    assert all(path.name in str(caught.value) for path in LESSONS)
    assert not (tmp_path / "new").exists(), "nothing is written where one of the names is wrong"


def test_an_unknown_option_is_answered_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        handouts.write_handouts(["--format", "pdf"])
    assert caught.value.code == 2
    assert "python3 -m helpers handout [-h] [--to FOLDER]" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["taken", "taken/below"])
def test_a_file_in_the_folders_place_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(Trouble, match="cannot be a folder"):
        handouts.write_handouts(["03", "--to", str(tmp_path / place)])


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe\x00", b"not a notebook"])
def test_what_is_no_notebook_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content)
    with pytest.raises(Trouble, match="broken.ipynb"):
        handouts.write_handouts([str(path), "--to", str(tmp_path)])


def test_a_notebook_with_nothing_to_show_is_said_to_have_nothing(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no cell to show"):
        make(tmp_path, new_markdown_cell("for the speaker", metadata={"slideshow": {"slide_type": "notes"}}))


# The lessons ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("end", [".html", ".slides.html"])
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_it_is_whole_in_itself(handouts_of_all: Path, path: Path, end: str) -> None:
    page = Reader(handouts_of_all / (path.stem + end))
    lesson = nbformat.read(path, as_version=4)

    for tag, attributes in page.elements:
        if tag in ("script", "link", "iframe", "object", "embed", "base"):
            assert not attributes, "it loads something"
        assert attributes.get("src", "data:").startswith("data:")
    for style in page.styles:
        assert "@import" not in style
        assert all(url.startswith("data:") for url in re.findall(r"url\([\"']?([^)]*)", style))

    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    pictures = page.all("img")
    assert all(picture["alt"].strip() for picture in pictures)
    shown = [cell for cell in lesson.cells if end == ".html" or slide_type(cell) != "skip"]
    stored = [output.get("data", {}).get("text/html", "") for cell in shown for output in cell.get("outputs", ())]
    alts = [html.unescape(alt) for text in stored for alt in re.findall(r'<img alt="([^"]*)"', text)]
    assert [picture["alt"] for picture in pictures] == alts


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_slides_are_those_that_the_cells_say(handouts_of_all: Path, path: Path) -> None:
    page = Reader(handouts_of_all / f"{path.stem}.slides.html")
    types = [slide_type(cell) for cell in nbformat.read(path, as_version=4).cells]
    assert len(page.of_class("sheet")) == types.count("slide") + types.count("subslide")
    assert len(page.of_class("fragment")) == types.count("fragment")
    assert len([1 for tag, each in page.elements if (tag, each.get("class")) == ("aside", "notes")]) == types.count(
        "notes"
    )
    assert all(section.get("aria-label") for section in page.all("section") if "role" in section)


def test_a_page_of_the_reference_leads_to_cells_of_handouts(handouts_of_all: Path) -> None:
    """And lessons and reports lead to the page."""
    for name in REFERENCE:
        page = Reader(handouts_of_all / name.replace(".md", ".html"))
        links = [link["href"] for link in page.all("a")]
        assert [link for link in links if not is_found(handouts_of_all, link, name.replace(".md", ".html"))] == []
    lesson = Reader(handouts_of_all / f"{LESSONS[1].stem}.html")
    assert [link["href"] for link in lesson.all("a") if "MISTAKES" in link["href"]] == ["COMMON-MISTAKES.html"]
    sick = Reader(handouts_of_all / f"{LESSONS[19].stem}.html")  # has reports that fell
    reported = {link["href"] for link in sick.all("a") if "MISTAKES" in link.get("href", "")}
    assert "COMMON-MISTAKES.html#Number-17" in reported
    assert all(is_found(handouts_of_all, link) for link in reported)


def is_found(folder: Path, link: str, page: str = "") -> bool:
    """Whether a link on a `page` of the handouts leads to an element of one."""
    file, _, place = link.partition("#")
    path = folder / unquote(file or page)
    return path.is_file() and (not place or unquote(place) in ids_in(path))


@functools.cache
def ids_in(page: Path) -> set[str | None]:
    return {attributes.get("id") for _, attributes in Reader(page).elements}


def test_a_page_that_is_missing_is_written_anew_by_a_command(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="COMMON-MISTAKES.md is missing or damaged: `python3 -m helpers reference`"):
        handouts.write_reference(tmp_path / "handouts", tmp_path)


@pytest.mark.slow
def test_a_link_leads_to_the_handout_of_the_other_lesson(handouts_of_all: Path) -> None:
    for end in (".html", ".slides.html"):
        links = {
            link["href"] for link in Reader(handouts_of_all / f"{LESSONS[3].stem}{end}").all("a") if link.get("href")
        }
        assert LESSONS[2].stem + end in links or LESSONS[4].stem + end in links
        assert all((handouts_of_all / link).exists() for link in links)


# What stands in them -------------------------------------------------------------------------------------------------


def test_links(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_bytes(b"import socket\n")
    (tmp_path / "two words.svg").write_text("<svg/>")
    (tmp_path.parent / "private.txt").write_bytes(b"secret")
    text = (
        "# Links\n[next](02-b.ipynb#a-place) [file](server.py) [web](https://www.python.org/) [here](#links)"
        ' [outside](../private.txt) ![a picture](two%20words.svg) `[code](03-c.ipynb)` `<a href="03-c.ipynb">`'
    )
    for file, end in zip(make(tmp_path, new_markdown_cell(text)), (".html", ".slides.html"), strict=True):
        lesson, program, web, place, outside = Reader(file).all("a")
        assert lesson["href"] == f"02-b{end}#a-place"
        assert program == {"download": "server.py", "href": program["href"]}
        assert base64.b64decode(program["href"].partition("base64,")[2]) == b"import socket\n"
        assert Reader(file).all("img") == [{"src": "data:image/svg+xml;base64,PHN2Zy8+", "alt": "a picture"}]
        assert (web["href"], place["href"], outside["href"]) == (
            "https://www.python.org/",
            "#links",
            "../private.txt",
        )


@pytest.mark.parametrize("address", ["a%00b", "x" * 300, "%", "//", "http://["])
def test_a_link_that_leads_nowhere_stays_as_it_is(tmp_path: Path, address: str) -> None:
    for file in make(tmp_path, new_markdown_cell(f'# Links\n<a href="{address}">there</a>')):
        assert Reader(file).all("a")[0]["href"] == address


def test_a_picture_in_the_notebook_is_in_the_handout(tmp_path: Path) -> None:
    data = base64.b64encode(bytes(9000)).decode()
    cell = new_markdown_cell("![a picture](attachment:it.png)", attachments={"it.png": {"image/png": data}})
    for file in make(tmp_path, cell):
        assert Reader(file).all("img") == [{"src": f"data:image/png;base64,{data}", "alt": "a picture"}]


def test_what_is_for_the_speaker_is_folded_on_the_page_and_off_the_slide(tmp_path: Path) -> None:
    def cell(text: str, kind: str) -> Any:
        return new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}})

    page, slides = make(
        tmp_path,
        cell("# First", "slide"),
        cell("shown later", "fragment"),
        cell("<details><summary>For the instructor</summary>\n\nAsk **them**.\n</details>", "notes"),
        cell("left out", "skip"),
        cell("## Second `one`", "subslide"),
    )
    assert "<summary>For the instructor</summary>" in page.read_text(encoding="utf-8")
    assert "left out" in page.read_text(encoding="utf-8")
    text = slides.read_text(encoding="utf-8").partition("<main")[2]
    assert "left out" not in text and "<summary>" not in text
    assert text.index("First") < text.index("Ask <strong>them") < text.index('class="fragment"') < text.index("Second")
    assert [each["aria-label"] for each in Reader(slides).all("section") if "role" in each] == ["First", "Second one"]


def test_what_a_peer_sent_stays_text(tmp_path: Path) -> None:
    hostile = EVIL + "\x1b[31mred\x1b[0m\x1b]0;title\x07 one\rtwo\b \u202eturned\u2069 \x00"
    lesson = [
        printing(
            new_output("stream", name="stdout", text=hostile),
            new_output("stream", name="stderr", text=hostile),
            new_output("execute_result", data={"text/plain": hostile}, execution_count=1),
            new_output("display_data", data={"text/latex": hostile}),
            new_output("error", ename="E", evalue=hostile, traceback=[hostile, hostile]),
            new_output("display_data", data={"image/png": '"' + EVIL, "text/plain": '"' + EVIL}),
            new_output("display_data", data={"application/javascript": "window.__hacked = 3", "text/plain": "script"}),
            code=f"print({EVIL!r})",
        )
    ]
    for file, scripts in zip(make(tmp_path, *lesson), (0, 3), strict=True):
        text, page = file.read_text(encoding="utf-8"), Reader(file)
        assert len(page.all("script")) == scripts
        assert [set(picture) for picture in page.all("img")] == [{"alt", "src"}]
        shown = text.partition("<main")[2].partition("</main>")[0]
        assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", shown)
        assert shown.count(r"one\rtwo\x08 \u202eturned\u2069 \x00") == 6
        assert '<span class="ansi-red-fg">red</span>' in shown


def test_scripts_run_only_if_they_are_ours(tmp_path: Path) -> None:
    trusted = printing(new_output("display_data", data={"text/html": "<script>window.__hacked = 4</script>"}))
    page, slides = (Reader(file) for file in make(tmp_path, trusted))
    policy = page.all("meta")[1]["content"]
    assert policy.startswith("default-src 'none'") and "script-src" not in policy
    allowed = re.findall(r"'sha256-([^']*)'", slides.all("meta")[1]["content"])
    theirs, *ours = slides.scripts
    assert "__hacked" in theirs and digest(theirs) not in allowed
    assert [digest(script) for script in ours] == allowed[:-1]  # the last is the speaker's window's


def digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "\x1b[31mx" * 150_000, "\n" * 100_000], ids=["line", "escapes", "lines"]
)
def test_a_megabyte_scrolls_in_a_frame_of_its_own(tmp_path: Path, text: str) -> None:
    for file in make(tmp_path, printing(new_output("stream", name="stdout", text=text))):
        (frame,) = Reader(file).of_class("long")
        assert (frame["tabindex"], frame["aria-label"]) == ("0", "output")


@pytest.mark.slow
def test_what_is_carried_goes_with_its_licence(handouts_of_all: Path) -> None:
    licence = (handouts.REVEAL / "LICENSE").read_text(encoding="utf-8")
    assert licence.count("Permission is hereby granted") == 2, "reveal.js's and marked's"
    assert html.escape(licence) in (handouts_of_all / f"{LESSONS[3].stem}.slides.html").read_text(encoding="utf-8")
    version = re.search(r"reveal\.js (\d+\.\d+\.\d+)", (handouts.REVEAL / "README.md").read_text(encoding="utf-8"))
    assert version and version[1] in (handouts.REVEAL / "reveal.js").read_text(encoding="utf-8")


def test_it_says_which_version_it_is_of(handouts_of_all: Path) -> None:
    for end in (".html", ".slides.html"):
        text = (handouts_of_all / f"{LESSONS[3].stem}{end}").read_text(encoding="utf-8")
        assert f"<footer>Networking with Python {helpers.__version__}</footer>" in text
