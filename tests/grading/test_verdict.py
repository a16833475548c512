"""What comes from a sandbox is a verdict, or it is nothing; and what learners wrote is text wherever it stands."""

from __future__ import annotations

import csv
import dataclasses
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers import exercises
from helpers.checking.report import Report, Result
from helpers.grading import marks, verdict
from helpers.grading.outcomes import Outcome
from helpers.grading.submissions import shown
from helpers.grading.verdict import Verdict
from helpers.pictures.drawing import Drawing, Picture
from helpers.recording.fields import line_of, object_in

READ_LINES = exercises.find("read_lines")
FELL = Report(
    "read_lines", True, [Result("the first", True, number=1), Result("the second", False, "It <b>fell</b>.", 3, None, "ValueError", ("f(1) gave 2",), 2, 2)],
    len(READ_LINES.scenarios), 7, "printed <i>this</i>", 12, ("data",),
)  # fmt: skip


def one(**changed: Any) -> Verdict:
    made = verdict.of_report(READ_LINES, FELL, ["uses helpers"], "abc", 1.5)
    drawing = Drawing()
    drawing.line(0, 0, 10, 10)
    picture = Picture('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>', "a <line>", "a line")
    return dataclasses.replace(made, picture=picture, **changed)


def travelled(given: Verdict) -> Verdict:
    return verdict.read(object_in(line_of(verdict.told(given))), READ_LINES)


def test_a_verdict_goes_there_and_comes_back() -> None:
    assert travelled(one()) == one()
    bare = Verdict("read_lines", verdict.MISSING, "No cell defines it.", of=len(READ_LINES.scenarios))
    assert travelled(bare) == bare


BAD: dict[str, dict[str, object]] = {
    "another exercise": {"exercise": "greet"},
    "another state": {"state": "excellent"},
    "holds without a report": {"state": "holds", "report": None},
    "holds, and its report fell": {"state": "holds"},
    "too many held": {"held": 10_000},
    "fewer than none": {"held": -1},
    "no number": {"held": "3"},
    "truth for a number": {"held": True},
    "no such misconception": {"misconception": 9999},
    "flags that are none": {"flags": [3]},
    "a sentence without end": {"sentence": "x" * 5_000_000},
    "seconds that are none": {"seconds": float("inf")},
    "no report": {"report": [1]},
    "results that are none": {"report": {"results": [[1]], "seed": 1, "output": "", "cut": 0, "variables": []}},
    "a picture of no size": {"picture": ['<svg width="1.2.3"', "", ""]},
    "a picture that is none": {"picture": ["<svg>"]},
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_verdict_is_not_believed(what: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        verdict.read({**verdict.told(one()), **BAD[what]}, READ_LINES)


@pytest.mark.parametrize("missing", sorted(verdict.told(one()).keys() - {"report", "picture"}))
def test_nothing_may_be_missing(missing: str) -> None:
    with pytest.raises((ValueError, LookupError)):
        verdict.read({name: value for name, value in verdict.told(one()).items() if name != missing}, READ_LINES)


@pytest.mark.parametrize("line", [b"", b"\xff", b"3", b"[" * 100_000, b'{"a":', b"null"])
def test_a_line_that_is_none(line: bytes) -> None:
    assert verdict.read_line(line) == {}


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://example.org")', 'a,b"c', "new\nline"]
)
def test_no_cell_is_a_formula(name: str, tmp_path: Path) -> None:
    path = marks.write_table(tmp_path, [Outcome(shown(name), [one(sentence=name, scenario=name, flags=(name,))])])
    with open(path, newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert [*row] == [*marks.COLUMNS]
    for cell in row.values():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), row
    assert row["held"] == "1" and row["misconception"] == "3" and row["seconds"] == "1.50"


def test_nor_where_a_semicolon_begins_a_cell(tmp_path: Path) -> None:
    """As it does wherever numbers have a decimal comma."""
    odd = "x; =cmd|' /C calc'!A0;y\n=1+1\t@SUM(A1); 5-3"
    path = marks.write_table(tmp_path, [Outcome("ada;=1+1", [one(sentence=odd)])])
    cells = [cell.strip() for line in path.read_text(encoding="utf-8").splitlines() for cell in re.split("[;\t]", line)]
    assert len(cells) == 8 and not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))], cells
    assert "; 5-3" in path.read_text(encoding="utf-8")
    marks.write_table(tmp_path, [Outcome("ada", [one(sentence="red \x1b[31m, and \u202eback")])])
    assert r"red \x1b[31m, and \u202eback" in path.read_text(encoding="utf-8")


def test_no_two_learners_have_one_page() -> None:
    taken = marks.page_name("O'Brien")
    names = ["O'Brien", "O_Brien", taken.removesuffix(".html"), "class", "index", "Class"]
    pages = [marks.page_name(name) for name in names]
    assert len({page.lower() for page in pages}) == len(names), pages


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_what_is_written_goes_by_no_link(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    for name in ("marks.csv", "ada.html"):
        (tmp_path / name).symlink_to(tmp_path / "other")
    marks.write_table(tmp_path, [])
    marks.write_page(tmp_path, Outcome("ada", []))
    assert (tmp_path / "other").read_text() == "mine" and not (tmp_path / "ada.html").is_symlink()


def test_a_folder_that_takes_no_table_is_told_before_anything_is_judged(tmp_path: Path) -> None:
    marks.write_table(tmp_path / "last week", [])
    before = (tmp_path / "last week" / "marks.csv").read_bytes()
    marks.prepare(tmp_path / "last week")
    assert (tmp_path / "last week" / "marks.csv").read_bytes() == before
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "marks.csv").mkdir(parents=True)
    for name in ("file", "taken"):
        with pytest.raises(OSError, match=f"{name}.marks.csv cannot be written: .*[a-z]"):
            marks.prepare(tmp_path / name)


def test_no_page_has_the_name_of_an_option() -> None:
    assert marks.page_name("-rf").startswith("_rf-")


def test_a_line_says_once_what_is_the_same_of_several() -> None:
    missing = [Verdict(name, verdict.MISSING, "No notebook of lesson 08 was handed in.") for name in ("a", "b")]
    fell = Verdict("c", verdict.FELL, "It fell.", 3, 14)
    said = marks.line(Outcome("ada", [*missing, fell], 1.25))
    assert said == "ada                    1.2 s  a, b: missing (No notebook of lesson 08 was handed in.)  c: fell 3/14"


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "a\udcff", "class", "class-no-names", "x" * 250, "ü" * 120],
    ids=["a tag", "half a character", "class", "the other class", "long", "longer"],
)
def test_a_page_is_nothing_but_text(name: str, tmp_path: Path) -> None:
    path = marks.write_page(tmp_path, Outcome(name, [one(), Verdict("greet", verdict.MISSING, "<img src=x>")]))
    page = path.read_text(encoding="utf-8")
    assert path.name not in (marks.CLASS, marks.CLASS_UNNAMED, "index.html")
    assert "<script" not in page and "<b>fell" not in page and "<i>this" not in page and "<img src=x" not in page
    assert 'alt="a &lt;line&gt;"' in page and "It &lt;b&gt;fell&lt;/b&gt;." in page
    assert "uses helpers" not in page  # that is for whoever marks
    assert "href" not in page and marks.CLASS not in page  # which has everybody's names, and is not given back


def test_those_that_are_alike_are_flagged_where_they_are_wrong() -> None:
    right = Verdict("greet", verdict.HOLDS, likeness="abc")
    wrong = Verdict("greet", verdict.FELL, likeness="abc")
    found = marks.with_alike([Outcome("ada", [right]), Outcome("ben", [wrong]), Outcome("cem", [wrong]), Outcome("dan", [Verdict("greet", verdict.FELL, likeness="xyz")])])  # fmt: skip
    assert [outcome.verdicts[0].flags for outcome in found] == [
        (), ("is alike but for names and comments: cem",), ("is alike but for names and comments: ben",), (),
    ]  # fmt: skip


def test_a_summary_is_a_table_whatever_is_in_it() -> None:
    said = marks.summary([Outcome("a|b", [one(sentence="one\ntwo | <b>three</b>")])])
    assert len(said.splitlines()) == 3
    assert "a&#124;b" in said and "one two &#124; &lt;b&gt;three&lt;/b&gt;" in said
    said = marks.summary([Outcome("a", [one(sentence=r"`x` \| ![y](http://e.org) __z__ *w* read_lines")])])
    for harmless in (
        "<code>x</code>",
        "&#92;&#124;",
        "&#33;&#91;y&#93;(http&#58;//e.org)",
        "&#95;&#95;z&#95;&#95;",
        "&#42;w&#42;",
        "read_lines",
    ):
        assert harmless in said, said
