"""A lesson as live slides: JupyterLab with jupyterlab-slideshow, on a copy of the lesson, with settings of its own.

The lesson's file stays as it is, and so do the settings of whoever presents: all that JupyterLab is told, and all that
it writes, stands in one temporary folder.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

from helpers.course.environment import Trouble
from helpers.course.lessons import files_of, read
from helpers.course.slides import cut, is_shown, slide_type

STYLE = Path(__file__).with_name("presenting.css")
NOTES = "notes.html"
NOTES_ADDRESS = "SLIDES_NOTES"  # the variable that names the page of notes to the server
STYLES = "@deathbeds/jupyterlab-fonts"  # a cell's metadata that the extension makes CSS of

# Where the extension's own keys hold. Outside of it, when nothing on the slide has the focus, the keys move as well.
ON_SLIDE = ".jp-Deck .jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus"
ON_TEXT = ".jp-Deck .jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) .jp-MarkdownCell:focus"
ON_BLANK = ".jp-Deck .jp-Notebook.jp-mod-commandMode:focus"
IN_CODE = ".jp-Deck .jp-Notebook.jp-mod-editMode"
IN_OUTPUT = ".jp-Deck .jp-Notebook .jp-Cell .jp-OutputArea .jp-OutputArea-child .jp-OutputArea-output :focus"  # outranks the first
ELSEWHERE = "body[data-jp-deck-mode='presenting']:not(:has(.jp-Notebook :focus))"
FORWARD = {"direction": "down", "alternate": "forward"}  # the next fragment, or else the next slide
BACK = {"direction": "up", "alternate": "back"}
# JupyterLab goes up to a heading from what stands below it, and folds the cells of one that it is on already; down, it unfolds them first.
UNFOLD = "notebook:expand-all-headings"
NEXT_HEADING = {"commands": [UNFOLD, "notebook:move-cursor-heading-below-or-expand"]}
PREVIOUS_HEADING = {
    "commands": ["notebook:move-cursor-up", "notebook:move-cursor-heading-above-or-collapse", UNFOLD],
}

EXTENSIONS = ["jupyterlab-slideshow", "@deathbeds/jupyterlab-fonts"]
UNSEEN = ["@jupyterlab/cell-toolbar-extension"]
"""What of JupyterLab's nobody sees on a slide: a cell's toolbar was made anew at each key, and never let go of."""

Cell = dict[str, Any]
Notebook = dict[str, Any]


@contextmanager
def slides(lesson: Path) -> Iterator[dict[str, object]]:
    """The options with which JupyterLab, started in this process, opens on `lesson` as slides. What they name is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="slides-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        notes = notes_page(read(lesson))
        copy_lessons(lesson.resolve().parent, folder / "lessons")
        (folder / "lessons" / NOTES).write_text(notes, encoding="utf-8")
        write_settings(folder / "settings")
        write_config(folder / "config")
        if hasattr(signal, "SIGHUP"):  # its terminal was closed: it ends as it always does
            signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
        # JupyterLab reads these two from the environment only. Before all others goes the path, after them the folder.
        os.environ["JUPYTER_CONFIG_DIR"] = os.environ["JUPYTER_CONFIG_PATH"] = str(folder / "config")
        os.environ[NOTES_ADDRESS] = f"files/{NOTES}"
        yield {
            "--ServerApp.root_dir": folder / "lessons",
            "--LabApp.default_url": f"/lab/tree/{lesson.name}",
            "--LabApp.user_settings_dir": folder / "settings",
            "--LabApp.workspaces_dir": folder / "workspaces",
            "--LabApp.custom_css": True,
            "--ServerApp.answer_yes": True,  # Ctrl+C ends it, and asks nothing
        }


def copy_lessons(source: Path, target: Path) -> None:
    """Copy the lessons in the folder `source` and what they need, the notebooks made ready for slides. What cannot be read stays behind."""
    target.mkdir()
    for path in files_of(source):
        with suppress(OSError, Trouble):
            if path.suffix == ".ipynb":
                (target / path.name).write_text(json.dumps(ready_for_slides(read(path))), encoding="utf-8")
            else:
                shutil.copy(path, target)


def ready_for_slides(notebook: Notebook) -> Notebook:
    """`notebook` as the extension wants it: without outputs, which are for running to reveal, and without notes. Each slide has its number."""
    slides = cut(slide_cell(cell) for cell in notebook["cells"] if is_shown(cell))
    for number, slide in enumerate(slides, start=1):
        slide[0]["metadata"][STYLES] = {"styles": {":root": {"--slide-number": f"'{number} / {len(slides)}'"}}}
    return notebook | {"cells": [cell for slide in slides for cell in slide]}


def slide_cell(cell: Cell) -> Cell:
    """`cell` for a slide: a key pressed in passing cannot delete it, nor open the source of a text."""
    metadata = cell["metadata"] | {"deletable": False, "slideshow": {"slide_type": extension_type(cell)}}
    if cell["cell_type"] == "code":
        return cell | {"metadata": metadata, "outputs": [], "execution_count": None}
    return cell | {"metadata": metadata | {"editable": False}}


def extension_type(cell: Cell) -> str | None:
    """How the extension names the slide type: none for what stays on its slide. All slides stand in one row, so that one key walks through."""
    kind = slide_type(cell)
    return {"-": None, "subslide": "slide"}.get(kind, kind)


def write_settings(folder: Path) -> None:
    """JupyterLab's settings, in the files in which it keeps those of its user."""
    settings: dict[str, dict[str, Any]] = {
        "jupyterlab-slideshow/plugin": {"active": True},
        # Should it draw only the cells in sight, the deck would now and then start before there are any, and stay blank.
        "@jupyterlab/notebook-extension/tracker": {
            "windowingMode": "none",
            "showEditorForReadOnlyMarkdown": False,
            "codeCellConfig": {"lineWrap": True},
        },
        "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
        "@jupyterlab/shortcuts-extension/shortcuts": {"shortcuts": list(shortcuts())},
    }
    for plugin, values in settings.items():
        path = folder / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")


def shortcuts() -> Iterator[dict[str, Any]]:
    """The keys of the slides. In a text field or on a slider every key is the control's, whatever stands here."""
    moves = [
        ("deck:go", FORWARD, ("ArrowRight", "PageDown", "Space")),
        ("deck:go", BACK, ("ArrowLeft", "PageUp", "Shift Space")),
        ("apputils:run-all-enabled", NEXT_HEADING, ("Shift ArrowRight",)),
        ("apputils:run-all-enabled", PREVIOUS_HEADING, ("Shift ArrowLeft",)),
    ]
    for command, args, keys in moves:
        for key, selector in product(keys, (ON_SLIDE, ON_BLANK, ELSEWHERE)):
            yield {"command": command, "args": args, "keys": [key], "selector": selector}
    yield {"command": "deck:go", "args": FORWARD, "keys": ["Shift Enter"], "selector": ON_TEXT}
    # Shift+Enter would go on to the next slide before anyone has seen the output, and Alt+Enter add a cell.
    for key, selector in product(("Shift Enter", "Alt Enter"), (ON_SLIDE, IN_CODE)):
        yield {"command": "notebook:run-cell", "keys": [key], "selector": selector}
    # Out of a command window or a panel, back to its cell: through the code, since the focus stays within a cell otherwise.
    leave = {"commands": ["notebook:enter-edit-mode", "notebook:enter-command-mode"]}
    yield {"command": "apputils:run-all-enabled", "args": leave, "keys": ["Escape"], "selector": IN_OUTPUT}
    # Escape would end the slides, and a stray letter change the notebook: here they do nothing.
    letters = ("A", "B", "C", "M", "R", "V", "X", "Y", "Z", *"123456", "Shift A", "Shift B", "Shift M")
    for key in ("Escape", "Ctrl Shift ArrowLeft", "Ctrl Shift ArrowRight", *letters):
        yield {"command": "notebook:enter-command-mode", "keys": [key], "selector": ON_SLIDE}


def write_config(folder: Path) -> None:
    """What JupyterLab's server reads when it starts: the extension enabled, the style sheet, the notes' address."""
    (folder / "labconfig").mkdir(parents=True)
    disabled = dict.fromkeys(EXTENSIONS, False) | dict.fromkeys(UNSEEN, True)
    (folder / "labconfig" / "page_config.json").write_text(
        json.dumps({"disabledExtensions": disabled}), encoding="utf-8"
    )
    (folder / "custom").mkdir()
    shutil.copy(STYLE, folder / "custom" / "custom.css")
    ours = {"ServerApp": {"jpserver_extensions": {"helpers.course.presenting": True}}}
    (folder / "jupyter_server_config.json").write_text(json.dumps(ours), encoding="utf-8")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Nothing to prepare: the address is known only when the server listens."""


async def _start_jupyter_server_extension(server: Any) -> None:
    """Say where the notes are, as soon as the server listens."""
    page = f"{server.connection_url}{os.environ[NOTES_ADDRESS]}?token={server.identity_provider.token}"
    print(f"\nSpeaker's notes, for a screen that the room does not see:\n    {page}", file=sys.stderr)
    print("What you run or change on the slides is not kept. Ctrl+C here ends them.\n", file=sys.stderr, flush=True)


def notes_page(notebook: Notebook) -> str:
    """The lesson's notes as one HTML page: each slide by its first line, and under it what the speaker wants to know."""
    from nbconvert.filters import markdown2html_mistune

    parts = []
    for number, cells in enumerate(cut(notebook["cells"]), start=1):
        parts.append(f"<h2>{number}. {html.escape(first_line(cells))}</h2>")
        parts += [markdown2html_mistune(cell["source"]) for cell in cells if slide_type(cell) == "notes"]
    title = html.escape(first_line(notebook["cells"]))
    body = "\n".join(parts).replace("<details>", "<details open>")
    return f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Notes: {title}</title>\n{NOTES_STYLE}{body}\n</html>\n'


NOTES_STYLE = """<style>
body { font: 18px/1.5 sans-serif; margin: 2em auto; max-width: 40em; padding: 0 1em }
h2 { border-top: 1px solid #999; font-size: 16px; font-weight: normal; margin: 1em 0 0 }
</style>
"""


def first_line(cells: list[Cell]) -> str:
    """The first line that stands on a slide of these cells, of a text without its marks."""
    for cell in filter(is_shown, cells):
        text = cell["source"] if cell["cell_type"] == "code" else re.sub(r"[#*`]", "", cell["source"])
        if text.strip():
            return text.strip().splitlines()[0]
    return ""
