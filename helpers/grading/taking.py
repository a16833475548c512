"""One function taken out of a notebook: its lines, and those that they need, by the names that they use.

Comes in: a notebook's code, and the name of an exercise. Goes out: a `Taken` that the judge can try; or why there is none. Who may import it: inside.
"""

from __future__ import annotations
import __future__

import ast
import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from helpers.checking.source import Cell, Source
from helpers.grading.cells import Code, Statement, run_with

ALIKE_ENOUGH = 0.8
"""Of a name, to be meant: `recieve_exactly`."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Taken(NamedTuple):
    """A function of a notebook."""

    source: Source
    definition: Function | None
    """None where the name is given to something else: `echo_server = partial(…)`."""
    is_stub: bool
    """Whether it was not begun."""
    uses: frozenset[str]
    """All names that its lines take from outside."""
    modules: frozenset[str]
    """Those that its lines import."""
    often: bool
    """Whether it is defined once more, stubs aside, and not to be made into this one."""


def take(code: Code, name: str) -> Taken | None:
    """The last definition of `name` that is no stub, with what it needs; None if no cell defines it."""
    named = [at for at, each in enumerate(code.statements) if name in each.binds]
    if not named:
        return None
    begun = [at for at in named if not _is_stub(_definition(code.statements[at], name))]
    this = (begun or named)[-1]
    places = _needed(code.statements, this, name)
    needed = [code.statements[at] for at in sorted(places)]
    definition = _definition(code.statements[this], name) or _by_another_name(code.statements, this, name)
    source = Source(
        name,
        list(_cells(code, needed)),
        isinstance(definition, ast.AsyncFunctionDef),
        _features(code.statements[: this + 1]),
        sorted(_variables(needed, code.statements[this])),
    )
    uses = frozenset().union(*(each.uses for each in needed))
    return Taken(source, definition, not begun, uses, frozenset(_modules(needed)), not places.issuperset(begun))


def why_missing(code: Code, name: str, others: Collection[str], is_stub: bool = False) -> tuple[str, str]:
    """The state of a function that no cell defines, or the lesson's stub alone, and a sentence. `others`: the names of all exercises, and of what the lesson defines: none of these is a slip of the pen."""
    begins = re.compile(rf"\bdef\s+{re.escape(name)}\b")
    for each in code.broken:
        if begins.search(each.source):
            return "no Python", f"The cell that defines it is no Python: {each.why}."
    defined = {bound for each in code.statements for bound in each.binds} - {*others, name}
    near = "".join(f"; there is {each}" for each in difflib.get_close_matches(name, defined, 1, ALIKE_ENOUGH))
    if is_stub:
        return "not started", f"{name} is still the lesson's stub{near}." if near else ""
    return "missing", f"No cell defines {name}{near}."


def _definition(statement: Statement, name: str) -> Function | None:
    found = [each for each in statement.nodes if isinstance(each, Function) and each.name == name]
    return found[-1] if found else None


def _by_another_name(statements: list[Statement], at: int, name: str) -> Function | None:
    """Of `echo_server = mine`: the definition of `mine`."""
    for node in statements[at].nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            found = [_definition(each, node.value.id) for each in statements[: at + 1]]
            return next((each for each in reversed(found) if each is not None), None)
    return None


def _is_stub(definition: Function | None) -> bool:
    """Whether its body says nothing."""
    return definition is not None and all(
        isinstance(each, ast.Pass) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in definition.body
    )


def _needed(statements: list[Statement], this: int, name: str) -> set[int]:
    """The statements that `this` one needs, by their places: those that bind the names which it uses, and so on."""
    stars = [at for at, each in enumerate(statements) if any(map(_takes_all, each.nodes))]
    below = [at for at, each in enumerate(statements) if at > this and each.cell == statements[this].cell]
    filled = [at for at in below if name in set(_filled(statements[at].nodes))]  # `f.count = 0`
    found: set[int] = set()
    todo = [this, *stars, *filled]
    while todo:
        at = todo.pop()
        if at in found:
            continue
        found.add(at)
        for each in statements[at].uses:
            if each == name or each in statements[at].binds:
                todo.extend(_before(statements, each, at))
            else:
                todo.extend(_binding(statements, each, at))
    return found


def _before(statements: list[Statement], name: str, at: int) -> Iterable[int]:
    """Where `name` got the value that the statement at `at` takes from it, while it may give it another: `count += 1`, `f = traced(f)`. A stub is not meant."""
    if name not in statements[at].at_once:
        return []
    above = (place for place in range(at - 1, -1, -1) if name in statements[place].binds)
    begun = [place for place in above if not _is_stub(_definition(statements[place], name))]
    return _with_what_is_put_in(statements, begun[:1], name, at)


def _binding(statements: list[Statement], name: str, at: int) -> Iterable[int]:
    """Where `name` gets the value that the statement at `at` means: in its own cell, or above it, or else below."""
    binds = [place for place, each in enumerate(statements) if name in each.binds and place != at]
    here = [place for place in binds if statements[place].cell == statements[at].cell]
    chosen = here or [place for place in binds if place < at][-1:] or [place for place in binds if place > at][:1]
    return _with_what_is_put_in(statements, chosen, name, at)


def _with_what_is_put_in(statements: list[Statement], chosen: list[int], name: str, at: int) -> Iterable[int]:
    """The `chosen` statements, which bind `name`, with what is put into it in their cells, or in that of the statement at `at`: `table["a"] = 1`, `steps.append(more)`. A module is left as it is, but for its parts that are imported: `import http.client`."""
    if not chosen:
        return []
    if any(isinstance(node, (ast.Import, ast.ImportFrom)) for place in chosen for node in statements[place].nodes):
        return chosen + [
            place for place, each in enumerate(statements) if any(_imports_a_part(node, name) for node in each.nodes)
        ]
    cells = {statements[at].cell, *(statements[place].cell for place in chosen)}
    return chosen + [
        place for place, each in enumerate(statements) if each.cell in cells and name in set(_filled(each.nodes))
    ]


def _filled(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    """The names of what gets an item or an attribute, or loses one, or has a method called; so may a part of it."""
    for node in run_with(nodes):
        targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [getattr(node, "target", None)]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            targets = [node.value.func]
        for each in targets:
            whole = each
            while isinstance(whole, (ast.Subscript, ast.Attribute)):
                whole = whole.value
            if isinstance(whole, ast.Name) and whole is not each:
                yield whole.id


def _imports_a_part(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Import) and any(
        each.asname is None and each.name.startswith(f"{name}.") for each in node.names
    )


def _takes_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _cells(code: Code, needed: Iterable[Statement]) -> Iterator[Cell]:
    """The lines of these statements, cell by cell, at their places."""
    lines: dict[int, set[int]] = {}
    for each in needed:
        lines.setdefault(each.cell, set()).update(range(each.first, each.last + 1))
    for number, kept in lines.items():
        text = "\n".join(line if at in kept else "" for at, line in enumerate(code.lines[number][: max(kept)], start=1))
        yield Cell(f"<cell {number}>", f"{text}\n")


def _features(statements: Iterable[Statement]) -> int:
    """What `from __future__ import` says above, in a notebook for all cells that follow."""
    flags = 0
    for node in (node for each in statements for node in each.nodes):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for each in node.names:
                flags |= getattr(getattr(__future__, each.name, None), "compiler_flag", 0)
    return flags


def _variables(needed: Iterable[Statement], this: Statement) -> Iterator[str]:
    """Those of the notebook that the function uses; as `checking.subject` has it, modules, functions, classes and CONSTANTS are none."""
    for each in needed:
        if all(isinstance(node, (ast.Assign, ast.AnnAssign, ast.With, ast.For)) for node in each.nodes):
            yield from (n for n in each.binds & this.uses if not (n.isupper() or n.startswith("_")))


def _modules(needed: Iterable[Statement]) -> Iterator[str]:
    for node in (inner for each in needed for outer in each.nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
