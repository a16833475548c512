"""The code of a notebook, as statements. Nothing of it is run: it is read, by Python's own parser.

Comes in: a notebook's bytes, which may be anything. Goes out: the statements of its cells, and the cells that are no Python; or `Unreadable`. Who may import it: taking, inside, and the command.
"""

from __future__ import annotations

import ast
import json
import re
import symtable
import textwrap
from collections.abc import Iterable, Iterator
from typing import NamedTuple

RUN_AS_CODE = ("%%watch", "%%time", "%%timeit", "%%capture")
"""Cell magics whose cells run as the notebook's own code. Those of others are programs of their own, or no Python."""
ESCAPE = re.compile(r"(\s*)(?:[!%?]|[\w., ]+=\s*[!%]|[\w.]+\?{1,2}\s*$)")
"""A line for the shell, or for IPython: `!ls`, `%cd`, `files = !ls`, `socket?`."""
PROMPTS = re.compile(r"^(?:>>>|\.\.\.|In \[\d+\]:| *\.{3,}:)(?: |$)", re.MULTILINE)
"""What stands before code that was copied from a terminal: a notebook takes it away."""
ESCAPES = 200
"""Of a cell, that are looked for: each takes one more reading."""


class Unreadable(Exception):
    """It is no notebook; why, in a sentence."""


class Statement(NamedTuple):
    """A statement at the top of a cell, with those that begin or end on its lines."""

    cell: int
    """The cell's number, from 1."""
    first: int
    last: int
    """Its lines."""
    nodes: tuple[ast.stmt, ...]
    binds: frozenset[str]
    """The names that it gives a value to."""
    uses: frozenset[str]
    """The names that it takes from outside: global in it, or in a function within it."""
    at_once: frozenset[str]
    """Of these, the ones whose values it takes when it is run, and not when somebody calls a function within it; and those to which it may leave the value that they have."""


class Broken(NamedTuple):
    """A cell that is no Python."""

    source: str
    why: str


class Code(NamedTuple):
    """What a notebook says."""

    lines: dict[int, list[str]]
    """Of each cell, by its number."""
    statements: list[Statement]
    broken: list[Broken]


def code_of(content: bytes) -> Code:
    """What the cells say. Unreadable if these bytes are no notebook."""
    if not content.strip():
        raise Unreadable("It is no notebook: the file is empty.")
    try:
        notebook = json.loads(content)
    except ValueError as error:
        raise Unreadable(f"It is no notebook: {_one_line(error)}") from None
    except (RecursionError, MemoryError):
        raise Unreadable("It is no notebook: nested too deeply, or too large, to be read.") from None
    code = Code({}, [], [])
    for number, cell in enumerate(_cells(notebook), start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            _read(number, _text(cell.get("source", cell.get("input"))), code)
    return code


def _cells(notebook: object) -> list[object]:
    """They stand in the notebook, or, in format 3, in its worksheets, and have an `input` there."""
    if isinstance(notebook, dict):
        sheets = notebook.get("worksheets")
        found = [
            each.get("cells")
            for each in (notebook, *(sheets if isinstance(sheets, list) else ()))
            if isinstance(each, dict)
        ]
        if lists := [each for each in found if isinstance(each, list)]:
            return [cell for each in lists for cell in each]
    raise Unreadable("It is JSON, but no notebook: it has no list of cells.")


def _text(source: object) -> str:
    if isinstance(source, list):
        return "".join(each for each in source if isinstance(each, str))
    return source if isinstance(source, str) else ""


def _read(number: int, text: str, code: Code) -> None:
    text = _without_cell_magic(text)
    try:
        lines, tree = _parsed(text)
        code.statements.extend(_statements(number, lines, tree.body))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        code.broken.append(Broken(text, _one_line(error)))
    else:
        code.lines[number] = lines


def _without_cell_magic(text: str) -> str:
    """The cell's own code; the lines keep their numbers."""
    if not text.lstrip().startswith("%%"):
        return text
    magic, _, rest = text.lstrip().partition("\n")
    blank = "\n" * (text[: len(text) - len(text.lstrip())].count("\n") + 1)
    return blank + rest if magic.split()[0] in RUN_AS_CODE else ""


def _parsed(text: str) -> tuple[list[str], ast.Module]:
    """The lines, and what they are. A line that is not Python's but the shell's or IPython's does nothing here."""
    text = textwrap.dedent(text)
    if PROMPTS.match(begins := text.lstrip()) and not begins.startswith("..."):  # three dots alone are Python
        text = PROMPTS.sub("", text)
    lines = text.split("\n")
    for _ in range(ESCAPES):
        try:
            return lines, ast.parse("\n".join(lines))
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            escape = ESCAPE.match(lines[at]) if 0 <= at < len(lines) else None
            if escape is None:
                raise
            goes_on = lines[at].endswith("\\")
            lines[at] = f"{escape[1]}pass"
            while goes_on and (at := at + 1) < len(lines):
                goes_on = lines[at].endswith("\\")
                lines[at] = ""
    raise ValueError("too many lines in it are not Python's")


def _statements(number: int, lines: list[str], nodes: list[ast.stmt]) -> Iterator[Statement]:
    for first, last, together in _on_lines_of_their_own(nodes):
        text = "\n".join(lines[first - 1 : last])
        binds, uses, at_once = _names(text)
        at_once |= binds.intersection(_renewed(together))
        yield Statement(
            number, first, last, tuple(together), frozenset(binds), frozenset(uses | at_once), frozenset(at_once)
        )


def _on_lines_of_their_own(nodes: Iterable[ast.stmt]) -> Iterator[tuple[int, int, list[ast.stmt]]]:
    """First line, last line, and the statements there: several, where semicolons part them."""
    group: list[ast.stmt] = []
    begins = ends = 0
    for node in nodes:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        if group and first > ends:
            yield begins, ends, group
            group = []
        begins = begins if group else first
        ends = node.end_lineno or node.lineno
        group.append(node)
    if group:
        yield begins, ends, group


def _names(text: str) -> tuple[set[str], set[str], set[str]]:
    """The names that this code binds at its top, those that it takes from outside, and of these the ones that it takes when it is run."""
    try:
        top = symtable.symtable(text, "cell", "exec")
    except SyntaxError:  # such as `nonlocal` where there is no function
        return set(), set(), set()
    binds = {each.get_name() for each in top.get_symbols() if each.is_assigned() or each.is_imported()}
    at_once = {each.get_name() for each in top.get_symbols() if each.is_referenced()}
    return binds, set(_used(top, is_top=True)), at_once


def _renewed(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    """The names whose values these statements change, as `count += 1` does, or may leave: `if is_new: SIZE = 4`."""
    for node in run_with(nodes):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.If):
            yield from (
                each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            )


def run_with(nodes: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """These statements, and those within their conditions, loops over something, and attempts. Not what runs as long as something lasts: such a loop may be a server."""
    todo = [*nodes]
    while todo:  # each `elif` lies within the one before: they may be too many for calls within calls
        node = todo.pop()
        yield node
        if isinstance(node, (ast.If, ast.For, ast.Try)):
            handled = [each for handler in getattr(node, "handlers", []) for each in handler.body]
            todo += [*node.body, *handled, *node.orelse, *getattr(node, "finalbody", [])]


def _used(table: symtable.SymbolTable, is_top: bool) -> Iterator[str]:
    for each in table.get_symbols():
        if each.is_referenced() and (is_top or each.is_global()):
            yield each.get_name()
    for inner in table.get_children():
        yield from _used(inner, is_top=False)


def _one_line(error: BaseException) -> str:
    """What an error says, and where."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, in line {error.lineno}."
    if isinstance(error, (RecursionError, MemoryError)):
        return "it is nested too deeply to be read"
    return str(error)[:200]
