"""`python3 -m helpers store`, and what it stores: with lessons that have everything wrong that a lesson can have."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.course.environment import Trouble
from helpers.course.lessons import find_lessons
from helpers.course.saving import drop_widget_views
from helpers.course.storing import merge_streams, read_rules, store_lesson, store_lessons, tidy
from helpers.notebook.boxes import WIDGET_VIEW
from helpers.running.processes import copies

LESSONS = find_lessons([])


def write(path: Path, *cells: Any) -> Path:
    nbformat.write(
        new_notebook(cells=[cell if isinstance(cell, dict) else new_code_cell(cell) for cell in cells]), path
    )
    return path


def outputs(path: Path) -> list[list[Any]]:
    return [cell.outputs for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def view(**data: str) -> dict[str, Any]:
    """What a cell that shows a widget puts out, with more forms of it beside the view."""
    beside = {f"text/{kind}": text for kind, text in data.items()}
    output: dict[str, Any] = new_output("display_data", data={WIDGET_VIEW: {"model_id": "gone"}} | beside)
    return output


# The lessons of the course -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_is_as_store_leaves_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lesson = nbformat.reads(text, as_version=4)
    counts = [cell.execution_count for cell in lesson.cells if cell.cell_type == "code" and cell.source.strip()]
    assert counts == list(range(1, len(counts) + 1)), "run from the top: python3 -m helpers store"
    assert nbformat.writes(tidy(lesson, read_rules())) + "\n" == text


# Running and storing -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_store_mends_a_lesson_and_then_leaves_it_alone(tmp_path: Path) -> None:
    stale = new_code_cell(
        "import socket\nlistener = socket.create_server(('127.0.0.1', 0))\nlistener",
        id="kept",
        execution_count=17,
        outputs=[view(html="<p>window</p>"), new_output("stream", text="from another run")],
        metadata={"tags": ["a-tag"], "execution": {"iopub.execute_input": "2020-01-01"}},
    )
    unrun = "for text in 'ab':\n    print(text, flush=True)\nlistener.close()"
    wrong = new_code_cell(
        "raise OSError(listener.fileno(), f'no: {(\"127.0.0.1\", 40000)}')", metadata={"tags": ["raises-exception"]}
    )
    widget = "import ipywidgets\nipywidgets.IntSlider()"
    path = write(tmp_path / "01-bad.ipynb", new_markdown_cell("# Bad"), stale, unrun, wrong, "", widget)

    assert store_lesson(path)

    first, second, third, fourth, fifth = outputs(path)
    address = "<socket.socket fd=…, family=2, type=1, proto=0, laddr=('127.0.0.1', …)>"
    assert [output.data for output in first] == [{"text/plain": address}]
    assert second == [new_output("stream", text="a\nb\n")]
    assert third[0].evalue == "[Errno -1] no: ('127.0.0.1', …)"
    assert fourth == []
    assert [output.data for output in fifth] == [{"text/plain": "IntSlider(value=0)"}]

    stored = nbformat.read(path, as_version=4)
    cells = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [1, 2, 3, None, 4]
    assert (cells[0].id, cells[0].metadata) == ("kept", {"tags": ["a-tag"]})
    assert sorted(stored.metadata) == ["kernelspec", "language_info"]

    before = path.stat()
    assert not store_lesson(path)
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.slow
def test_failing_lesson_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "01-fails.ipynb", "1 + 1", new_markdown_cell("now"), "int('x')", "2 + 2")
    before = path.read_bytes()
    assert store_lessons([str(path)]) == 1
    assert capsys.readouterr().err.startswith("01-fails.ipynb: not stored. Cell [2] raised ValueError: invalid literal")
    assert path.read_bytes() == before


def test_a_damaged_lesson_keeps_no_other_from_being_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = [tmp_path / f"0{n}-broken.ipynb" for n in range(4)]
    for path, content in zip(broken, (b"", b"\xff\xfe\x00", b"{}", b"[1]"), strict=True):
        path.write_bytes(content)
    assert store_lessons([str(path) for path in broken]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said] == [path.name for path in broken]
    assert all("is damaged or no notebook: open it in JupyterLab" in line for line in said)


@pytest.mark.slow
def test_lesson_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.course.storing.CELL_TIMEOUT", 1)
    swallows = "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass"
    with pytest.raises(Trouble, match=r"^Cell \[1\] ran for longer than 1 seconds\.$"):
        store_lesson(write(tmp_path / "01-hangs.ipynb", swallows))
    assert {each.pid for each in psutil.Process().children()} <= {*copies.lasting()}


@pytest.mark.slow
def test_lesson_that_cannot_show_something(tmp_path: Path) -> None:
    unshown = "class Unshown:\n    def _repr_html_(self):\n        return str(1 / 0)\ndisplay(Unshown())"
    with pytest.raises(Trouble, match=r"^Cell \[1\] shows ZeroDivisionError: division by zero$"):
        store_lesson(write(tmp_path / "01-unshown.ipynb", unshown))


@pytest.mark.slow
def test_lesson_whose_kernel_dies(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"^The kernel died in cell \[1\]\.$"):
        store_lesson(write(tmp_path / "01-dies.ipynb", "import os\nos._exit(1)"))


def test_find_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("02-b.ipynb", "01-a.ipynb", "notes.ipynb", "server.py"):
        write(tmp_path / name)
    monkeypatch.chdir(tmp_path)

    def names(*wanted: str) -> list[str]:
        return [path.name for path in find_lessons(list(wanted), tmp_path)]

    assert names() == ["01-a.ipynb", "02-b.ipynb"]
    assert names("02", "1", "01-a.ipynb", "notes.ipynb") == ["02-b.ipynb", "01-a.ipynb", "01-a.ipynb", "notes.ipynb"]
    for missing in ("03", "0", "a", "server.py", "/no/such.ipynb"):
        with pytest.raises(Trouble, match=f"There is no lesson '{missing}'"):
            names(missing)


# Tidying -------------------------------------------------------------------------------------------------------------


def test_pieces_of_a_stream_become_one() -> None:
    def said(name: str, text: str) -> Any:
        return new_output("stream", name=name, text=text)

    result = new_output("execute_result", data={"text/plain": "3"})
    pieces = [said("stdout", "a"), said("stdout", "b"), said("stderr", "!"), result, copy.deepcopy(result)]
    merged = merge_streams([*pieces, said("stdout", "c")])
    assert merged == [said("stdout", "ab"), said("stderr", "!"), result, result, said("stdout", "c")]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("fd=12, laddr=('127.0.0.1', 50123)", "fd=…, laddr=('127.0.0.1', …)"),
        ("(&#x27;127.0.0.1&#x27;, 50123)", "(&#x27;127.0.0.1&#x27;, …)"),
        ("laddr=('::1', 50123, 0, 0)", "laddr=('::1', …, 0, 0)"),
        ("listens on 127.0.0.1:50123", "listens on 127.0.0.1:…"),
        ("('127.0.0.1', 65431) and 127.0.0.1:61234", "('127.0.0.1', 65431) and 127.0.0.1:61234"),
        ("('127.0.0.1', 0)", "('127.0.0.1', 0)"),
        ("<object at 0x7f00dead>", "<object at 0x…>"),
        ("<object object at 0x000001F0DEAD>", "<object object at 0x…>"),
        ("hex(65) is '0x41', at once", "hex(65) is '0x41', at once"),
        ("File /usr/lib/python3.12/socket.py:836", "File …/socket.py:836"),
        ("File ~/clone/.venv/lib/python3.11/site-packages/nb/x.py", "File …/nb/x.py"),
        (r"File C:\Python312\Lib\socket.py:836", "File …/socket.py:836"),
        ("File ~/clone/helpers/servers.py:55, in f", "File helpers/servers.py:55, in f"),
        (r"'D:\my\clone\notebooks\server.py'", "'notebooks/server.py'"),
        ("from helpers.servers, or notebooks/server.py", "from helpers.servers, or notebooks/server.py"),
        ("/tmp/ipykernel_123/456.py:1: UserWarning", "…/cell.py:1: UserWarning"),
        ("ok    IPv6 loopback ::1 (off here; the course does not need it)", "ok    IPv6 loopback ::1"),
        (
            "ok    a\nok    IPv6 loopback ::1 (off here; the course does not need it)\n",
            "ok    a\nok    IPv6 loopback ::1\n",
        ),
    ],
)
def test_rules(text: str, stored: str) -> None:
    rewrite = read_rules()
    assert rewrite(text) == stored
    assert rewrite(stored) == stored


def test_rules_reach_every_text_and_no_picture() -> None:
    at = "at 0x7f00dead"
    shown = new_output("display_data", data={"text/html": at, "image/png": at, "image/svg+xml": at})
    shown["data"]["application/json"] = {"kept": at}
    failed = new_output("error", ename="E", evalue=at, traceback=[at, at])
    cell = new_code_cell(outputs=[shown, failed, new_output("stream", text=at)])
    tidied = tidy(new_notebook(cells=[cell]), read_rules()).cells[0].outputs
    gone = "at 0x…"
    assert tidied[0].data == {
        "text/html": gone,
        "image/png": at,
        "image/svg+xml": gone,
        "application/json": {"kept": at},
    }
    assert (tidied[1].evalue, tidied[1].traceback, tidied[2].text) == (gone, [gone, gone], gone)
    assert cell.outputs[0].data["text/html"] == at, "the lesson itself stays as it was"


# Saving in JupyterLab ------------------------------------------------------------------------------------------------


def test_saving_drops_a_view_only_where_html_stands_beside_it() -> None:
    cells = [new_code_cell(outputs=[view(html="<p>", plain="W()"), view(plain="W()"), view()]), new_markdown_cell("x")]
    model = {"type": "notebook", "content": new_notebook(cells=cells)}
    drop_widget_views(model=model, path="x.ipynb", contents_manager=None)
    assert [WIDGET_VIEW in output.data for output in cells[0].outputs] == [False, True, True]


@pytest.mark.parametrize("model", [{"type": "file", "content": "text"}, {"type": "notebook", "content": None}, {}])
def test_saving_anything_else_changes_nothing(model: dict[str, Any]) -> None:
    before = copy.deepcopy(model)
    drop_widget_views(model)
    assert model == before
