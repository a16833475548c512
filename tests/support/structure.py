"""What the package is built like: who imports whom, read off the source, and the rules that it is held to.

Comes in: a folder with the package (a made-up one, where the rules themselves are tested). Goes out: complaints, a sentence each.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOMS = (
    "words", "lazy", "sockets", "recording", "running", "pictures", "link", "names", "watching", "checking", "measuring", "notebook", "exercises", "grading", "class_page", "course", "panels",
)  # fmt: skip
"""From the ground up: a room imports from those before it."""
MAINTAINERS = "course"
"""The half of the package that a learner's half must do without."""
FACE = ("__init__", "__main__")
"""They name everything, and are imported by nobody."""
OF_THE_FACE = {"__version__"}
"""What stands there and nowhere else, where whoever builds the package looks for it."""

MOST_LINES = 600
"""Of a file."""
LONGEST_FUNCTION = 60
"""Lines."""
MOST_METHODS = 40
"""Of a class."""

PUBLIC = {"_replace", "_asdict", "_fields", "_make", "_repr_mimebundle_"}
"""Names with an underscore that are documented to be called by others: of named tuples, and by IPython."""

Graph = Mapping[str, set[str]]


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Its tree, kept until somebody clears the cache."""
    return ast.parse(path.read_text(encoding="utf-8"))


def modules(package: Path) -> dict[str, Path]:
    """Every module of the package, by its full name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(package: Path) -> dict[str, set[str]]:
    """Which modules each module of the package imports: at its head, in a function, for its types alone."""
    known = modules(package)
    return {name: set(_imported(path, package.name, known)) - {name} for name, path in known.items()}


def _imported(path: Path, package: str, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield "a relative import"  # known to nobody: complained of
        elif isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == package:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                if alias.name not in OF_THE_FACE:
                    yield submodule if submodule in known else str(node.module)


def room(module: str) -> str:
    """The room of a module: `helpers.link.loop` is in `link`."""
    _, *rest = module.split(".")
    return rest[0] if rest else FACE[0]


def complaints(package: Path) -> list[str]:
    """Whatever is against the rules of the house."""
    graph = imports(package)
    return [*strangers(package), *upward(graph), *circles(graph), *of_the_maintainers(graph), *untold(package)]


def strangers(package: Path) -> Iterator[str]:
    """At the top there are the face, the front door, and the rooms."""
    for path in sorted(package.iterdir()):
        if path.name != "__pycache__" and path.stem not in (*ROOMS, *FACE):
            yield f"{path.name} is no room: which one does it belong to?"


def upward(graph: Graph) -> Iterator[str]:
    """Imports from a room that is not below."""
    for module, others in graph.items():
        for other in sorted(others):
            if room(module) not in FACE and room(other) != room(module) and not _is_below(room(other), room(module)):
                yield f"{module} imports {other}, which is not below it"


def _is_below(one: str, other: str) -> bool:
    return one in ROOMS and other in ROOMS and ROOMS.index(one) < ROOMS.index(other)


def of_the_maintainers(graph: Graph) -> Iterator[str]:
    """What a learner uses, and imports from the other half."""
    for module, others in graph.items():
        if room(module) not in (*FACE, MAINTAINERS):
            yield from (f"{module} imports {other}" for other in sorted(others) if room(other) == MAINTAINERS)


def circles(graph: Graph) -> Iterator[str]:
    """Modules that import each other, over however many others."""
    done: set[str] = set()

    def follow(module: str, way: list[str]) -> Iterator[str]:
        if module in way:
            yield " imports ".join([*way[way.index(module) :], module])
        elif module not in done:
            for other in sorted(graph.get(module, ())):
                yield from follow(other, [*way, module])
            done.add(module)

    for module in graph:
        yield from follow(module, [])


def untold(package: Path) -> Iterator[str]:
    """Rooms that do not open with a paragraph (what comes in, what goes out, who may use it), and modules without a word."""
    for name, path in modules(package).items():
        told = ast.get_docstring(parsed(path)) or ""
        if not told:
            yield f"{name} does not say what it is"
        is_room = path.name == "__init__.py" and name.count(".") == 1
        if is_room and not ("Comes in:" in told and "Goes out:" in told):
            yield f"the room {name} does not say what comes in and what goes out"


def too_large(folder: Path) -> Iterator[str]:
    """Files, functions and classes that nobody reads at a stretch."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > MOST_LINES:
            yield f"{path.name} has {lines} lines"
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{path.name}: {node.name} has {length} lines"
            if isinstance(node, ast.ClassDef):
                methods = sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body)
                if methods > MOST_METHODS:
                    yield f"{path.name}: {node.name} has {methods} methods"


def reached_into(folder: Path, package: str = "helpers") -> Iterator[str]:
    """Private names of the package that a test uses, without a comment on the line or above it that says why."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = ["", *text.splitlines()]
        for line, name in _private(parsed(path), package):
            if "#" not in lines[line] and not lines[line - 1].lstrip().startswith("#"):
                yield f"{path.name}:{line} uses {name}"


def _private(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    ours = set()  # what a name of the package is bound to
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == package:
            ours |= {alias.asname or alias.name for alias in node.names}
            yield from ((node.lineno, alias.name) for alias in node.names if _is_private(alias.name))
    standard = {"sys", "threading", "_thread", "os", "self", "cls", "pytest"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            root: ast.expr = node.value
            while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
                root = root.func if isinstance(root, ast.Call) else root.value
            if not (isinstance(root, ast.Name) and root.id in standard - ours) and node.attr not in PUBLIC:
                yield node.lineno, node.attr


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
