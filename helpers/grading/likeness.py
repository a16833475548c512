"""What two functions have in common that differ only in the names of their variables, in comments and in how they are laid out.

Comes in: a definition. Goes out: a short text, the same for both. Who may import it: inside.
"""

from __future__ import annotations

import ast
import builtins
import copy
import hashlib
from typing import Any

KEPT = 12
"""Characters."""


def likeness(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The same for functions that are alike; "" for one that is too deep to be looked at."""
    try:
        return _of(copy.deepcopy(definition))
    except RecursionError:
        return ""


def of_solution(source: str, name: str) -> str:
    """That of the course's own answer."""
    found = [each for each in ast.parse(source).body if getattr(each, "name", None) == name]
    return _of(found[-1]) if found and isinstance(found[-1], (ast.FunctionDef, ast.AsyncFunctionDef)) else ""


def _of(definition: ast.AST) -> str:
    """It is changed."""
    plain = _Plain().visit(definition)
    return hashlib.sha256(ast.dump(plain).encode("utf-8", "backslashreplace")).hexdigest()[:KEPT]


class _Plain(ast.NodeTransformer):
    """Variables by the order in which they come, and neither docstrings nor annotations."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def _name(self, name: str) -> str:
        return name if hasattr(builtins, name) else self._names.setdefault(name, f"v{len(self._names)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._name(node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg, node.annotation = self._name(node.arg), None
        return node

    def visit_FunctionDef(self, node: Any) -> ast.AST:
        node.name, node.returns = self._name(node.name), None
        said = [each for each in node.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
        node.body = said or node.body
        self.generic_visit(node)
        return node  # type: ignore[no-any-return]

    visit_AsyncFunctionDef = visit_FunctionDef
