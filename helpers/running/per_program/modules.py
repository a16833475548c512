"""Modules of the learner's own: each program imports them anew, from the file as it is now, as each process does.

Comes in: imports, from whatever thread, of modules that are no library's. Goes out: the program's own copy of the module for its code, the notebook's for the notebook's.

In `sys.modules` stands one object for everybody. It *stands for*, in a program's thread, the program's copy, so that `pickle`, `typing` and whoever else looks there find the right one; for
the notebook it is the module itself. A program that starts finds none of these modules imported: they are set aside until it has settled. A function that runs as a program has the names of
the notebook, and the modules that the notebook has imported.
"""

from __future__ import annotations

import importlib.util
import linecache
import os
import sys
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import Any

from helpers.running.group import ThreadGroup
from helpers.running.per_program import here
from helpers.running.per_program.standing import standing
from helpers.running.per_program.whose_code import LIBRARIES
from helpers.sockets.owners import Owner, PerOwner

_OURS = __name__.partition(".")[0]


class _Modules:
    """What a program has imported."""

    def __init__(self, _: Owner) -> None:
        self.copies: dict[str, types.ModuleType] = {}
        self.borrows = False
        """Whether it uses the notebook's, where the notebook has one."""


_own = PerOwner(_Modules)
_known: dict[str, types.ModuleType] = {}
"""The modules that stand for others, by name."""
_aside: dict[str, ThreadGroup] = {}
"""Those that are not in `sys.modules` just now, each with the program that is starting."""
_looked_at: set[str] = set()
"""Names in `sys.modules` that are of no interest."""


@contextmanager
def set_aside(program: ThreadGroup, borrows: bool) -> Iterator[None]:
    """In this block `program` starts: what it imports is new. `borrows`: but for what the notebook has imported."""
    mine = _own.of(program)
    mine.borrows = borrows
    _take_over()
    _forget_listings()
    taken = [
        name
        for name, module in _known.items()
        if sys.modules.get(name) is module and not (borrows and _is_loaded(module))
    ]
    for name in taken:
        _aside[name] = program
        del sys.modules[name]
    try:
        yield
    finally:
        for name in taken:
            del _aside[name]
            if name not in sys.modules:
                mine.copies.pop(name, None)  # it has failed
                sys.modules[name] = _known[name]


def end(program: ThreadGroup) -> None:
    """`program` has ended: what it alone has imported goes."""
    mine = program.own.pop(_own, None)
    if mine is None:
        return
    for name in mine.copies:
        module = _known.get(name)
        if module is not None and not _is_loaded(module) and not any(name in each.copies for each in _everybodys()):
            del _known[name]
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _everybodys() -> Iterator[_Modules]:
    for program in here.programs():
        if _own in program.own:
            yield _own.of(program)


def _take_over() -> None:
    """Have the modules that the notebook imported before stand for others, too."""
    for name in sys.modules.keys() - _looked_at - _known.keys():
        module = sys.modules.get(name)
        spec = getattr(module, "__spec__", None)
        if type(module) is types.ModuleType and isinstance(spec, ModuleSpec) and _is_local(spec):
            module.__class__ = _Standing
            _known[name] = module
        else:
            _looked_at.add(name)


def _forget_listings() -> None:
    """Of folders: a file that was made within the same tick of the file system's clock would not be found."""
    for folder, finder in list(sys.path_importer_cache.items()):
        if not os.path.join(folder, "").startswith(LIBRARIES):
            getattr(finder, "invalidate_caches", int)()


def _is_local(spec: ModuleSpec) -> bool:
    """Whether it is a file of the learner's: no library's, and none of ours."""
    file = spec.origin
    if type(spec.loader) is not SourceFileLoader or file is None or spec.name.partition(".")[0] == _OURS:
        return False
    return not file.startswith(LIBRARIES) and not os.path.realpath(file).startswith(LIBRARIES)


def _name(module: types.ModuleType) -> str:
    return _content(module)["__name__"]  # type: ignore[no-any-return]


def _content(module: types.ModuleType) -> dict[str, Any]:
    """What the notebook's own module holds, whoever asks."""
    return types.ModuleType.__getattribute__(module, "__dict__")  # type: ignore[no-any-return]


def _is_loaded(module: types.ModuleType) -> bool:
    """Whether the notebook has imported it."""
    return _content(module)["__spec__"] is not None


def _stands_for(module: types.ModuleType) -> types.ModuleType | None:
    """The copy of the running thread's program; None: the notebook's, which is the module itself."""
    program = here.program()
    if program is None:
        return None
    mine, name = _own.of(program), _name(module)
    if name not in mine.copies:
        if mine.borrows and _is_loaded(module):
            return None
        _load(name)
    return mine.copies[name]


def _reduce(module: types.ModuleType, _: int) -> tuple[Any, tuple[str]]:
    """Packed for another process, it is imported there."""
    return importlib.import_module, (_name(module),)


_Standing: Any = standing(types.ModuleType, _stands_for)
_Standing.__reduce_ex__ = _reduce


def _new(name: str) -> types.ModuleType:
    """One that the notebook has not imported, and does when it looks for something in it."""
    module = types.ModuleType(name)

    def load(wanted: str) -> Any:
        if wanted.startswith("__") and wanted not in ("__path__", "__all__"):  # whoever looks through all modules
            raise AttributeError(f"module {name!r} has no attribute {wanted!r}")
        _load(name)
        return getattr(module, wanted)

    vars(module)["__getattr__"] = load
    module.__class__ = _Standing
    return module


def _load(name: str) -> None:
    """Import a module that stands in `sys.modules` already, for whoever has not imported it yet."""
    parent, _, child = name.rpartition(".")
    spec = _Finder.find_spec(name, sys.modules[parent].__path__ if parent else None)
    if spec is None or not isinstance(spec.loader, _Loader):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        _forget(module)
        raise
    if parent:
        setattr(sys.modules[parent], child, module)


def _forget(module: types.ModuleType) -> None:
    """Its import has failed."""
    program, name = here.program(), _name(module)
    if program is not None:
        _own.of(program).copies.pop(name, None)
    else:
        _content(module).clear()
        _content(module).update(_content(_new(name)))


class _Loader(SourceFileLoader):
    """Loads a module from its source, for the running thread's program or the notebook."""

    def path_stats(self, path: str) -> Any:
        # Compiled code is neither used nor kept: it counts as good while time, in seconds, and size are those of the source.
        raise OSError("not compiled")

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        linecache.cache.pop(self.path, None)  # what a traceback shows is read anew as well
        program, module = here.program(), _known.get(spec.name)
        if module is None or (program is None and _is_loaded(module)):
            module = _known[spec.name] = _new(spec.name)
        if program is None:
            del _content(module)["__getattr__"]
        else:
            _own.of(program).copies[spec.name] = types.ModuleType(spec.name)
        return module


class _Again(_Loader):
    """Gives back a module that is imported already, and is only set aside."""

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return _known[spec.name]

    def exec_module(self, module: types.ModuleType) -> None:
        pass


class _Finder:
    """Stands in `sys.meta_path` before the one that looks through `sys.path`, and asks that one."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and _is_local(spec):
            kind = _Again if target is None and _is_aside(name) else _Loader
            spec.loader = kind(spec.name, str(spec.origin))
        return spec


def _is_aside(name: str) -> bool:
    """Whether the running thread's program, or the notebook, has this one, and would find it if no other program were starting."""
    program = here.program()
    if name not in _aside or _aside[name] is program:
        return False
    return _is_loaded(_known[name]) if program is None else name in _own.of(program).copies


def install() -> None:
    """Look after imports. Twice does no harm."""
    if _Finder not in sys.meta_path:
        place = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
        sys.meta_path.insert(place, _Finder)


def uninstall() -> None:
    """Leave the notebook with its own modules."""
    if _Finder in sys.meta_path:
        sys.meta_path.remove(_Finder)
    for name, module in _known.items():
        if _is_loaded(module):
            module.__class__ = types.ModuleType
        elif sys.modules.get(name) is module:
            del sys.modules[name]
    _known.clear()
    _looked_at.clear()
