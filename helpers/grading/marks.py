"""The files that grading leaves: a table for whoever marks, and a page for each learner to give back.

Comes in: outcomes. Goes out: `marks.csv`, `NAME.html`. What learners wrote is in both, and is neither a formula of a spreadsheet nor HTML there. Who may import it: the command, and `class_page`.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from helpers.checking import prose
from helpers.grading.outcomes import Outcome
from helpers.grading.verdict import FELL, Verdict
from helpers.notebook.files import open_file, write
from helpers.notebook.policy import NOTHING_FROM_ELSEWHERE
from helpers.words import listed, many, shortened, visible

COLUMNS = ("name", "exercise", "state", "held", "of", "misconception", "scenario", "sentence", "flags", "seconds")
TABLE = "marks.csv"
FORMULA = re.compile(r"(^|[;\t\r\n]\s*)(?=[=+\-@\t\r\n])")
"""Where a spreadsheet takes what follows for a formula: at the beginning of a cell. Where numbers have a decimal comma, a semicolon begins a cell too, between quotes as well."""
CLASS = "class.html"
"""The page of all of them (`helpers/class_page`); what is for the projector names nobody."""
CLASS_UNNAMED = "class-no-names.html"
OTHERS = (CLASS, CLASS_UNNAMED, "index.html")
"""Pages: no learner's has such a name."""
LONGEST_NAME = 60
"""Characters, each of up to four bytes: a file's name has 255 at most."""
ODD = re.compile(r"^-|[^\w .,@()+-]")
"""What some system does not have in a file's name, or somebody in a terminal does not expect there."""
HASHED = re.compile(r"-[0-9a-f]{8}$")
"""So end the names of pages that cannot be called as their learners are."""
ALIKE = "is alike but for names and comments"
"""A flag begins so; the names of others follow."""
FEW = 5
"""Names in a flag."""
SHORT = 120
"""Characters of a sentence in a terminal."""
MARKDOWN = re.compile(r"[\\|\[\]!*~`]|:(?=//)|(?<=www)\.|_(?![^\W_])|(?<![^\W_])_")
"""Characters that do something in Markdown, and that HTML does not need."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: system-ui, sans-serif; line-height: 1.5; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #1b1b1b; background: #ffffff; overflow-wrap: anywhere }}
table {{ border-collapse: collapse }}
th, td {{ text-align: left; padding: 0.2em 1.5em 0.2em 0; border-bottom: 1px solid #8c8c8c }}
section {{ margin-top: 2.5em }}
@media screen and (prefers-color-scheme: dark) {{
:root {{ color-scheme: dark }}
body {{ color: #ececec; background: #161616 }}
.helpers-picture {{ filter: invert(0.93) hue-rotate(180deg) }}
}}
@media print {{
body {{ max-width: none; margin: 0; padding: 0 }}
tr, li, img {{ break-inside: avoid }}
.helpers-picture {{ min-width: 0 !important }}
}}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<table>
<thead><tr><th scope="col">Exercise</th><th scope="col">State</th><th scope="col">Scenarios held</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
{sections}
</main>
</body>
</html>
"""


def with_alike(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Each function that fell and is like others that fell is flagged with their names. Of right ones nothing is said: there are not so many ways to write them."""
    alike: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        for each in outcome.verdicts:
            if each.state == FELL and each.likeness:
                alike.setdefault((each.exercise, each.likeness), []).append(outcome.name)
    return [
        outcome._replace(verdicts=[_flagged(each, outcome.name, alike) for each in outcome.verdicts])
        for outcome in outcomes
    ]


def _flagged(verdict: Verdict, name: str, alike: dict[tuple[str, str], list[str]]) -> Verdict:
    others = [each for each in alike.get((verdict.exercise, verdict.likeness), []) if each != name]
    if verdict.state != FELL or not others:
        return verdict
    return replace(verdict, flags=(*verdict.flags, f"{ALIKE}: {listed(others, FEW)}"))


def write_table(folder: Path, outcomes: Iterable[Outcome]) -> Path:
    """A line for each function."""
    written = io.StringIO(newline="")
    table = csv.writer(written)
    table.writerow(COLUMNS)
    for outcome in outcomes:
        for each in outcome.verdicts:
            table.writerow([harmless(str(cell)) for cell in _cells(outcome.name, each)])
    write(folder / TABLE, written.getvalue().encode())
    return folder / TABLE


def prepare(folder: Path) -> None:
    """Make the folder, and see that it takes a table, before anybody waits for what is to stand there. OSError, with a sentence, if it does not: a spreadsheet may have the last one open."""
    try:
        # On a shared computer everybody's marks are for nobody else.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(open_file(folder / TABLE, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    except OSError as error:
        raise OSError(f"{folder / TABLE} cannot be written: {error.strerror}.") from None


def _cells(name: str, verdict: Verdict) -> Iterable[object]:
    seconds = f"{verdict.seconds:.2f}" if verdict.report is not None else ""
    number = verdict.misconception or ""
    return (name, verdict.exercise, verdict.state, verdict.held, verdict.of, number, verdict.scenario, verdict.sentence, "; ".join(verdict.flags), seconds)  # fmt: skip


def harmless(cell: str) -> str:
    """Text for a spreadsheet, which calculates nothing of it, and for a terminal, which obeys nothing in it."""
    return FORMULA.sub(r"\1'", visible(cell.encode("utf-8", "backslashreplace").decode()))


def write_page(folder: Path, outcome: Outcome) -> Path:
    """What is to be given back: every exercise with what the judge said, and the picture that broke it. What is flagged is not for the learner."""
    path = folder / page_name(outcome.name)
    rows = "\n".join(
        f"<tr><td>{_text(each.exercise)}</td><td>{each.state}</td><td>{each.held} of {each.of}</td></tr>"
        for each in outcome.verdicts
    )
    sections = "\n".join(map(_section, outcome.verdicts))
    page = PAGE.format(policy=NOTHING_FROM_ELSEWHERE, title=_text(outcome.name), rows=rows, sections=sections)
    write(path, page.encode("utf-8", "backslashreplace"))
    return path


def page_name(name: str) -> str:
    """The file of a learner's page: on any system, and told apart from all others."""
    plain = ODD.sub("_", name)[:LONGEST_NAME]
    if plain == name and f"{name}.html".lower() not in OTHERS and HASHED.search(name) is None:
        return f"{name}.html"
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}.html"


def _section(verdict: Verdict) -> str:
    said = f"<p>{prose.as_html(f'{verdict.exercise}: {verdict.state}. {verdict.sentence}'.strip())}</p>"
    if verdict.report is not None:
        said = verdict.report.as_html(linked=False)
    picture = verdict.picture.as_html() if verdict.picture is not None else ""
    return f"<section><h2>{_text(verdict.exercise)}</h2>\n{said}{picture}</section>"


def _text(words: str) -> str:
    return html.escape(words, quote=True)


def summary(outcomes: Iterable[Outcome]) -> str:
    """A table in Markdown."""
    lines = ["| | exercise | state | scenarios held | |", "| --- | --- | --- | ---: | --- |"]
    for outcome in outcomes:
        for each in outcome.verdicts:
            cells = [outcome.name, each.exercise, each.state, f"{each.held} of {each.of}", each.sentence]
            lines.append("| " + " | ".join(_markdown(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _markdown(cell: str) -> str:
    """In a table's cell, as it is: a line, in which nothing is a link, a picture or HTML but for code, and no bar ends it."""
    return MARKDOWN.sub(lambda found: f"&#{ord(found[0])};", prose.as_html(cell)).replace("\n", " ")


def line(outcome: Outcome) -> str:
    """What came of a submission, for a terminal; what is the same of several exercises, once."""
    parts = [
        f"{', '.join(each.exercise for each in verdicts)}: {said}"
        for said, verdicts in groupby(outcome.verdicts, _in_short)
    ]
    return f"{outcome.name:20} {outcome.seconds:5.1f} s  {'  '.join(parts)}"


def _in_short(verdict: Verdict) -> str:
    if verdict.state == FELL:
        return f"{verdict.state} {verdict.held}/{verdict.of}"
    return f"{verdict.state} ({shortened(visible(verdict.sentence), SHORT)})" if verdict.sentence else verdict.state


def total(count: int, seconds: float) -> str:
    """How many there were, and how long they took."""
    return f"{many(count, 'submission')} in {seconds:.1f} s."
