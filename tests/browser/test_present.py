"""`python3 -m helpers present`: a lesson as live slides."""

from __future__ import annotations

import contextlib
import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from _pytest.mark import ParameterSet
from playwright.sync_api import BrowserContext, Locator, Page, expect

from helpers.course.environment import ROOT
from helpers.course.lessons import NOTEBOOKS, find_lessons, read
from helpers.course.presenting import STYLES, copy_lessons, first_line, notes_page, ready_for_slides
from helpers.course.slides import slide_type
from tests.browser.deck import CUT_OFF, ORPHANED, SETTLED, SIZES, Deck, change_slides, open_slides, present
from tests.support import browsing, grouping
from tests.support.browsing import KERNEL, Lab, Window, code_cell, picture
from tests.support.waiting import eventually

NOTES_ADDRESS = r"(?m)^ +(http\S+/files/notes\.html\S*)$"
CREATED = re.compile(r"^file descriptor: \d+\s*$")
"""What lesson 03's cell `create` puts out."""
BACK_ROW = 0.022
"""Of the screen's height are letters at least that one reads from the back of a room."""


def screens() -> Iterator[ParameterSet]:
    """Every lesson on the small screen, and one on the large: a slide is laid out the same on all, and only enlarged."""
    for lesson in find_lessons([]):
        name = lesson.name[:2]
        for size in SIZES if name == "03" else ["1280x720"]:
            yield pytest.param(lesson, size, id=f"{name}-{size}", marks=grouping.of_a_lesson("slides", lesson))


class Opened(Protocol):
    def __call__(self, named: str, size: str = "1280x720") -> contextlib.AbstractContextManager[Deck]: ...


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`python3 -m helpers present`, for all tests that need none of their own: the other lessons lie beside the one that it names, ready for slides too."""
    with present("03", tmp_path_factory.mktemp("stage")) as started:
        yield started


@pytest.fixture(scope="module")
def projector(browser: BrowserContext, stage: Lab) -> Iterator[Page]:
    """The page on which the slides of that JupyterLab are shown, one lesson after the other: it starts only once."""
    with browser.new_page() as page:
        open_slides(page, stage, find_lessons(["03"])[0])
        yield page


@pytest.fixture
def opened(projector: Page, stage: Lab) -> Opened:
    """Opens the slides of a lesson, by its number or its file, on a screen of 1280 × 720 where no other is asked for; afterwards its kernel is gone."""

    @contextlib.contextmanager
    def open_lesson(named: str, size: str = "1280x720") -> Iterator[Deck]:
        (lesson,) = find_lessons([named])
        projector.set_viewport_size(SIZES[size])
        deck = change_slides(projector, stage, lesson)
        with browsing.without_errors(projector, but=ORPHANED):
            yield deck
        stage.end_kernels()

    return open_lesson


@contextlib.contextmanager
def screen(browser: BrowserContext, size: str = "1280x720") -> Iterator[Page]:
    """A page of that size. What goes wrong in its scripts fails the test."""
    with browser.new_page() as page, browsing.without_errors(page):
        page.set_viewport_size(SIZES[size])
        yield page


def test_it_opens_on_the_first_slide_and_the_keys_move(browser: BrowserContext, tmp_path: Path) -> None:
    """Those of the keyboard and those of a clicker. Code runs on its slide; nothing of it is kept, in no file of the user's."""
    lessons = files_of(NOTEBOOKS)
    settings = tmp_path / "settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"theme": "JupyterLab Dark"}', encoding="utf-8")

    (lesson,) = find_lessons(["03"])
    with present("03", tmp_path) as lab, screen(browser) as page:
        deck = open_slides(page, lab, lesson)
        assert deck.visible == ["title", "load"]
        for frame in OF_JUPYTERLAB:
            expect(page.locator(frame).locator("visible=true")).to_have_count(0)
        deck.go_to("load")
        deck.run()

        deck.press("PageDown")
        seen = deck.visible
        deck.press("ArrowRight")
        assert deck.visible != seen
        deck.press("PageUp")
        assert deck.visible == seen
        deck.press("ArrowRight")
        deck.press("ArrowLeft")
        assert deck.visible == seen
        deck.press("Space")
        assert deck.visible != seen

        deck.go_to("create")
        created = page.locator(".jp-Deck .jp-mod-active")
        expect(created.locator(".jp-OutputArea-output")).to_have_count(0)  # the answer does not stand there beforehand
        deck.run()
        expect(created.locator(".jp-OutputArea-output")).to_have_text(CREATED)
        assert deck.ids[deck.state["active"]] == "create"  # the room sees what came out

        page.keyboard.press("Enter")
        page.keyboard.press("Control+End")
        page.keyboard.type("  # noted")
        page.keyboard.press("ArrowRight")
        assert deck.ids[deck.state["active"]] == "create"  # in the code, the keys are the code's
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        for letter in "ddxabmy":  # JupyterLab's shortcuts, pressed by mistake
            page.keyboard.press(letter)
        expect(page.locator(".jp-Deck .jp-Notebook .jp-Cell")).to_have_count(len(deck.ids))
        assert deck.press("ArrowRight")
        picture(page, "slides-03.png")

        page.reload()
        deck.wait_until_shown()
        assert deck.visible == ["title", "load"]

    assert files_of(NOTEBOOKS) == lessons
    kept = [path for place in ("settings", "workspaces", "config") for path in (tmp_path / place).rglob("*")]
    assert [path for path in kept if path.is_file()] == [settings]
    assert settings.read_text(encoding="utf-8") == '{"theme": "JupyterLab Dark"}'


OF_JUPYTERLAB = ("#jp-top-panel", "#jp-main-statusbar", ".jp-SideBar", ".jp-NotebookPanel-toolbar", ".jp-Deck-Remote")
"""What of its frame the room does not see."""


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_from_heading_to_heading(opened: Opened) -> None:
    """There and back, to the numbers that stand in the corner and in the speaker's notes, and nothing is folded on the way."""
    with opened("03") as deck:
        assert slide_number(deck) == "1 / 33"
        deck.go_to("create")
        assert deck.press("Shift+ArrowRight")
        assert (deck.visible[0], slide_number(deck)) == ("bind-intro", "6 / 33")
        assert deck.press("Shift+ArrowRight")
        assert (deck.visible, slide_number(deck)) == (["first-guess"], "10 / 33")
        assert deck.press("ArrowRight")
        for before in ("first-guess", "bind-intro", "two-lives", "title"):
            assert deck.press("Shift+ArrowLeft")
            assert deck.visible[0] == before
        assert not deck.press("Shift+ArrowLeft")
        assert deck.press("ArrowRight")
        assert deck.press("ArrowRight")
        assert (deck.visible[0], slide_number(deck)) == ("two-lives", "2 / 33")


def test_a_picture_fills_the_screen_while_the_mouse_is_held_on_it(opened: Opened) -> None:
    """From the back row, its smallest letters are too small at the size that a slide leaves it."""
    with opened("01") as deck:
        page = deck.page
        for cell in ("load", "start-server", "create-socket", "connect-socket"):
            deck.go_to(cell)
            deck.run()
        image = page.locator(".jp-Deck .jp-deck-mod-onscreen .jp-OutputArea img")
        place = image.bounding_box()
        assert place
        page.mouse.move(place["x"] + 50, place["y"] + 50)
        page.mouse.down()
        page.evaluate(SETTLED)
        assert image.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 720}
        picture(page, "slides-held.png")
        page.mouse.up()
        page.evaluate(SETTLED)
        assert image.bounding_box() == place


def test_what_is_pressed_or_clicked_by_mistake(opened: Opened) -> None:
    """Nothing folds, no cell is added, and what is still to come stays hidden."""
    with opened("03") as deck:
        page = deck.page
        deck.go_to("load")
        deck.run()
        deck.go_to("create")
        before = deck.state
        hidden = set(before["onScreen"]) - set(before["visible"])
        place = page.locator(".jp-Deck .jp-Notebook .jp-Cell").nth(min(hidden)).bounding_box()
        assert place
        page.mouse.click(place["x"] + 200, place["y"] + 5)
        page.evaluate(SETTLED)
        assert deck.state["visible"] == before["visible"]
        deck.go_to("create")
        page.keyboard.press("Alt+Enter")
        expect(page.locator(".jp-Deck .jp-mod-active .jp-OutputArea-output")).to_have_text(CREATED)
        expect(page.locator(".jp-Deck .jp-Notebook .jp-Cell")).to_have_count(len(deck.ids))
        deck.go_to("first-guess")
        before = deck.state
        for key in ("Control+Shift+ArrowLeft", "Control+Shift+ArrowRight"):
            page.keyboard.press(key)
            page.evaluate(SETTLED)
            assert deck.state == before


def slide_number(deck: Deck) -> str:
    """What stands in the corner of the slide."""
    shown = "[...document.querySelectorAll('.jp-Deck .jp-deck-mod-visible')].map((cell) => getComputedStyle(cell, '::after').content)"
    (number,) = (str(each) for each in deck.page.evaluate(shown) if each not in ("none", "normal"))
    return number.strip('"')


@pytest.mark.xdist_group(grouping.PORT_65431)
def test_command_windows_work_on_a_slide(opened: Opened) -> None:
    with opened("04") as deck:
        page = deck.page
        deck.go_to("load")
        deck.run()
        deck.go_to("server")
        deck.run()
        deck.go_to("client")
        code = page.locator(".jp-Deck .jp-mod-active .cm-line").first
        code.click()
        page.keyboard.press("End")
        page.keyboard.press("Shift+Home")
        page.keyboard.type("%%background client.py")  # nothing typed ahead: the speaker types
        deck.run()
        window = Window(page.locator(".jp-Deck .jp-mod-active").get_by_role("group", name="command window of"))
        window.line.click()
        page.keyboard.type("from the room")
        for key in ("ArrowLeft", "PageDown", "PageUp", "ArrowRight", "Space"):
            page.keyboard.press(key)
        assert deck.ids[deck.state["active"]] == "client"
        page.keyboard.press("Enter")
        expect(window.output).to_contain_text("from the room")
        window.stop.click()
        expect(window.status).to_have_text("stopped")
        picture(page, "slides-04.png")
        page.keyboard.press("Escape")
        assert deck.press("ArrowRight")


def test_panels_work_on_a_slide(opened: Opened) -> None:
    with opened("08") as deck:
        page = deck.page
        for cell in ("load", "play-server", "play-client", "play-panel"):
            deck.go_to(cell)
            deck.run()
        slider = page.locator(".jp-Deck .jp-mod-active").get_by_role("slider").first
        slider.focus()
        before = slider.input_value()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("PageDown")
        assert slider.input_value() != before
        expect(page.locator(".jp-Deck .link-panel").get_by_role("status")).to_have_text(
            re.compile(r"^run ([2-9]|\d\d+): ended$")
        )
        assert deck.ids[deck.state["active"]] == "play-panel"
        picture(page, "slides-08.png")
        page.keyboard.press("Escape")
        assert deck.press("ArrowRight")


PANELS = [
    ["import socket", "%load_ext helpers"],
    ["helpers.panels.text()"],
    ["helpers.panels.bench('server.create', 'server.bind', 'server.listen', 'client.create')"],
    ["helpers.panels.room()"],
]


def test_panels_stay_on_their_slide_when_they_are_played_with(opened: Opened, stage: Lab, tmp_path: Path) -> None:
    """What grows takes no control from where it was, and none off the screen."""
    slide = {"slideshow": {"slide_type": "slide"}}
    cells = [{"cell_type": "markdown", "id": "title", "source": "# Panels", "metadata": slide}]
    cells += [code_cell(f"panel-{n}", "\n".join(lines)) | {"metadata": slide} for n, lines in enumerate(PANELS)]
    notebook = {"cells": cells, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    lesson = tmp_path / "panels.ipynb"
    lesson.write_text(json.dumps(notebook))
    stage.ask("PUT", f"api/contents/{lesson.name}", {"type": "notebook", "content": ready_for_slides(notebook)})
    with opened(str(lesson)) as deck:
        page = deck.page
        for number in range(2):
            deck.go_to(f"panel-{number}")
            deck.run()
        dropped = page.locator(".text-panel-byte").nth(1)
        place = corner(dropped)
        dropped.click()
        expect(page.locator(".text-panel")).to_contain_text("UnicodeDecodeError")
        assert cut_off_but_for_code(deck) == []
        assert corner(dropped) == place
        picture(page, "slides-text.png")

        page.keyboard.press("Escape")
        deck.go_to("panel-2")
        deck.run()
        for press in ("server.accept", "client.connect", "client.send", "conn.recv", "server.recv"):
            page.get_by_role("button", name=press).click()
        expect(page.get_by_label("error of the latest call")).to_contain_text("OSError")
        assert cut_off_but_for_code(deck) == []
        picture(page, "slides-bench.png")

        page.keyboard.press("Escape")
        deck.go_to("panel-3")
        deck.run()
        lines = page.get_by_role("slider", name="lines said")
        place = corner(lines)
        lines.press("ArrowRight")
        expect(page.locator(".room-panel")).to_contain_text("bob was put out")
        picture(page, "slides-room.png")
        assert cut_off_but_for_code(deck) == []
        assert corner(lines) == place


def corner(control: Locator) -> tuple[float, float]:
    box = control.bounding_box()
    assert box
    return box["x"], box["y"]


def cut_off_but_for_code(deck: Deck) -> list[str]:
    """What of this slide is. The code of a panel scrolls when it grows, to its latest line."""
    deck.page.evaluate(SETTLED)
    return [each["what"] for each in deck.page.evaluate(CUT_OFF) if "helpers-panel-code" not in each["what"]]


def test_notes_are_for_the_speaker_alone(browser: BrowserContext, opened: Opened, stage: Lab) -> None:
    """A page of their own, whose address stands where the slides were started."""
    log = stage.root / "present.log"
    assert eventually(lambda: re.search(NOTES_ADDRESS, log.read_text()))
    address = re.search(NOTES_ADDRESS, log.read_text())
    assert address
    with screen(browser) as page:
        page.goto(address[1])
        expect(page.get_by_text("switchboard")).to_be_visible()
    with opened("03") as deck:
        expect(deck.page.locator(".jp-Deck .jp-Cell", has_text="For the instructor")).to_have_count(0)


@pytest.mark.parametrize("lesson", find_lessons([]), ids=lambda path: path.name[:2])
def test_notes_stand_under_their_slides(lesson: Path) -> None:
    notebook = read(lesson)
    page = notes_page(notebook)
    assert page.count("<details open>") == sum(slide_type(cell) == "notes" for cell in notebook["cells"])
    assert page.count("<h2>") == sum(slide_type(cell) in ("slide", "subslide") for cell in notebook["cells"])


@pytest.mark.parametrize(("lesson", "size"), list(screens()))
def test_nothing_is_cut_off(opened: Opened, lesson: Path, size: str) -> None:
    """Of any slide, with all that its cells put out: pictures of the same as in the lesson. One key leads through all of them, and none is blank."""
    with opened(lesson.name[:2], size) as deck:
        slides = list(deck.walk())
    assert [cell for slide in slides for cell in slide.cells] == deck.ids
    assert not [each for slide in slides for each in slide.cut_off]
    assert [as_compared(each) for slide in slides for each in slide.pictures] == stored_pictures(lesson)
    assert all(slide.letters > BACK_ROW for slide in slides)


def stored_pictures(lesson: Path) -> list[str]:
    """What the pictures in the lesson's file say of themselves."""
    outputs = [output for cell in read(lesson)["cells"] for output in cell.get("outputs", [])]
    pages = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    return [as_compared(html.unescape(alt)) for page in pages for alt in re.findall(r'<img [^>]*alt="([^"]*)"', page)]


def as_compared(alt: str) -> str:
    """Without what was measured, which is another at every run; and so are the sizes of a handshake, and how its records are cut, and who of many clients took longest."""
    if "records of TLS" in alt:
        return re.sub(r"\d[\d,]*", "…", alt.partition(" Encrypted,")[0])
    return re.sub(r"\bmeasured: [^\n]*", "measured: …", alike(alt))


def alike(alt: str) -> str:
    """Of clients who all did the same, and are more than one group only since some took longer: as one."""
    groups = re.findall(r"from client (?:×(\d+)|\d+) to \S+ (\d+) bytes, back (\d+) bytes", alt)
    each = {(int(there) / int(many or 1), int(back) / int(many or 1)) for many, there, back in groups}
    if "did the same: one is drawn for all" not in alt or len(each) != 1:
        return alt
    return f"{sum(int(many or 1) for many, *_ in groups)} clients, each of them: {each}"


def test_in_the_lab_there_is_nothing_of_the_slides(page: Page, lab: Lab) -> None:
    """No button, no menu, no command: the extension is off."""
    browsing.open_notebook(page, lab, lab.write("no-slides", "6 * 7"))
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(2)
    known = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).disabledExtensions")
    assert "jupyterlab-slideshow" in known
    expect(page.locator("[data-command='deck:toggle'], .jp-Deck, .jp-Deck-Remote")).to_have_count(0)


@pytest.mark.parametrize("arguments", [["99"], [], ["--no-browser"]])
def test_without_a_lesson_it_says_how(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "helpers", "present", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert ("03-the-life-of-a-socket.ipynb" if "99" in arguments else "present 03") in done.stderr


def test_what_lies_beside_a_lesson_and_cannot_be_read_keeps_nobody_from_presenting(tmp_path: Path) -> None:
    lesson = tmp_path / "lesson.ipynb"
    lesson.write_text(json.dumps({"cells": [], "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}))
    for name, content in {"Untitled.ipynb": b"", "._lesson.ipynb": b"\x00\x05\x16\x07\xff", "old.ipynb": b"{}"}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "server.py").write_text("import socket")
    if sys.platform != "win32":  # where making one takes a privilege
        (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    copy_lessons(tmp_path, tmp_path / "copy")
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {"lesson.ipynb", "server.py"}


def test_a_damaged_lesson_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "lesson.ipynb").write_text("{")
    done = subprocess.run(
        [sys.executable, "-m", "helpers", "present", str(tmp_path / "lesson.ipynb"), "--no-browser"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "is damaged or no notebook" in done.stderr


def test_a_slide_is_called_by_its_first_line() -> None:
    code = code_cell("code", "b'9' * 5000  # digits")
    text = {"cell_type": "markdown", "id": "text", "source": "\n## `recv` *waits*\nmore", "metadata": {}}
    assert (first_line([code, text]), first_line([text, code])) == ("b'9' * 5000  # digits", "recv waits")
    assert first_line([]) == ""


def test_a_cell_for_slides() -> None:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": "a", "source": "1", "metadata": {}, "outputs": [{}], "execution_count": 1},
        {"cell_type": "markdown", "id": "b", "source": "x", "metadata": {"slideshow": {"slide_type": "subslide"}}},
        {"cell_type": "markdown", "id": "c", "source": "y", "metadata": {"slideshow": {"slide_type": "notes"}}},
    ]
    code, text = ready_for_slides({"cells": cells})["cells"]
    assert (code["outputs"], code["execution_count"], code["metadata"]["slideshow"]["slide_type"]) == ([], None, None)
    assert text["metadata"].pop(STYLES)["styles"][":root"] == {"--slide-number": "'2 / 2'"}
    assert text["metadata"] == {"deletable": False, "editable": False, "slideshow": {"slide_type": "slide"}}
    assert cells[0]["outputs"] == [{}]


@pytest.mark.parametrize("kinds", [[], ["notes"], ["skip"], ["notes", "skip", "fragment"]])
def test_a_notebook_with_little_to_show(kinds: list[str]) -> None:
    """It may lie beside the lesson."""
    cells = [
        {"cell_type": "markdown", "id": kind, "source": "x", "metadata": {"slideshow": {"slide_type": kind}}}
        for kind in kinds
    ]
    assert [cell["id"] for cell in ready_for_slides({"cells": cells})["cells"]] == kinds[2:]
