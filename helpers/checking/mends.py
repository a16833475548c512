"""How small a mend is: of a program that was sick and holds now, how many of its lines are others than before.

Comes in: the source that was sick, and the function that holds. Goes out: a sentence, which is no part of the verdict; "" where nobody knows the function's source. Who may import it: the exercises' front.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import linecache
import os
import textwrap
from typing import Any, TypeAlias

from helpers.checking.callables import innermost
from helpers.checking.exercise import Exercise
from helpers.words import many

Parts: TypeAlias = tuple[type[ast.stmt], ...]

FUNCTIONS: Parts = (ast.FunctionDef, ast.AsyncFunctionDef)
PARTS: Parts = (*FUNCTIONS, ast.Import, ast.ImportFrom, ast.ClassDef, ast.Assign, ast.AnnAssign)
"""What a program is made of. What else stands in a cell (a call of `check`, say) is none of it."""


def remark(exercise: Exercise, function: Any) -> str:
    """What to say of a mend that holds."""
    if not exercise.sick:
        return ""
    changed, least = _changed(exercise, function)
    if not changed or least is None:  # nobody knows; or what was read is not what ran
        return ""
    said = f"Your mend changes {many(changed, 'line')}, without comments and indents."
    if changed > least:
        return f"{said} The smallest one that we know changes {least}: helpers.solution({exercise.name!r}) shows it."
    return f"{said} We know of no smaller one." if changed == least else f"{said} We knew of none below {least}!"


def lines_changed(before: str, after: str, parts: Parts = PARTS) -> int | None:
    """How many lines of code were changed, added or taken away; None where one of them is no Python."""
    try:
        old, new = _lines(before, parts), _lines(after, parts)
    except (SyntaxError, ValueError, RecursionError):
        return None
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for kind, i1, i2, j1, j2 in steps if kind != "equal")


def _changed(exercise: Exercise, function: Any) -> tuple[int | None, int | None]:
    """How many lines the function's mend changes, and how many the smallest one that is known; None where that cannot be said."""
    cell, alone = _cell_of(function), None
    if cell is None:
        alone = _source_of(function)
    if cell is None and alone is None:
        return None, None
    parts = PARTS if cell is not None else FUNCTIONS  # the imports of a file are not only this function's
    mended = cell if cell is not None else alone or ""
    return lines_changed(exercise.sick, mended, parts), lines_changed(exercise.sick, exercise.solution, parts)


def _lines(source: str, parts: Parts) -> list[str]:
    """Its lines as Python reads them: without comments, docstrings and indents; a statement that is written over several lines is one."""
    tree = ast.parse(source)
    tree.body = [each for each in tree.body if isinstance(each, parts)]
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return [line.strip() for line in ast.unparse(tree).splitlines() if line.strip()]


def _cell_of(function: Any) -> str | None:
    """The cell that the function stands in; None where it stands in none, or nobody has it any more."""
    inner = innermost(function)
    if inner is None or os.path.exists(inner.__code__.co_filename):
        return None
    return "".join(linecache.getlines(inner.__code__.co_filename)) or None


def _source_of(function: Any) -> str | None:
    """The function's own source, from its file; None where that is not to be had."""
    try:
        return textwrap.dedent(inspect.getsource(innermost(function) or function))
    except (OSError, TypeError):
        return None
