"""`logging`: each program configures its own, as each process does.

Comes in: calls of `logging`, from whatever thread. Goes out: what the program's own loggers, handlers and levels make of them; for everybody else, what those of the process do. At a program's
end its handlers are flushed and closed.

A program's own code that asks for a logger gets one from a `Manager` of the program's. What libraries have asked for (`asyncio` for its logger, all of them for the root) is in many
hands: those loggers stay the objects that they are, and *stand for*, in a program's thread, the program's own of the same name.
"""

from __future__ import annotations

import logging
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from helpers.running.group import ThreadGroup
from helpers.running.per_program import here
from helpers.running.per_program.standing import standing
from helpers.running.per_program.whose_code import called_by_library
from helpers.sockets import owners
from helpers.sockets.owners import Owner, PerOwner
from helpers.sockets.replacing import Replacements

_logging: Any = logging  # whose inner parts are needed, too
_LEVELS = {name: dict(getattr(_logging, name)) for name in ("_levelToName", "_nameToLevel")}
_logger_class: Any = logging.Logger
_process: Any = logging.Logger.manager
"""The manager of all loggers that are no program's own."""


class _Own:
    """What a program has for itself."""

    def __init__(self, _: Owner) -> None:
        self.root = _Root(logging.WARNING)
        self.manager = _Manager(self)
        self.root.manager = self.manager
        self.factory: Callable[..., logging.LogRecord] = logging.LogRecord
        self.captures = False
        self.collections: dict[str, Any] = {
            "_handlers": weakref.WeakValueDictionary(),
            "_handlerList": [],
            **{name: dict(levels) for name, levels in _LEVELS.items()},
        }


_own = PerOwner(_Own)


def _here() -> _Own | None:
    program = here.program()
    return None if program is None else _own.of(program)


class _Levels(dict[int, bool]):
    """Which levels a program's own logger lets through, once worked out. Used from elsewhere, it asks another root, and must not mix that in."""

    def __init__(self, own: _Own) -> None:
        self._own = own

    def __getitem__(self, level: int) -> bool:
        if _here() is not self._own:
            raise KeyError(level)
        return super().__getitem__(level)

    def __setitem__(self, level: int, enabled: bool) -> None:
        if _here() is self._own:
            super().__setitem__(level, enabled)


class _Root(logging.RootLogger):
    """A program's own root. Its children know it as `logging.root`, which stands for it."""

    def getChild(self, suffix: str) -> Any:
        return self.manager.getLogger(suffix)

    def getChildren(self) -> set[logging.Logger]:
        known = [each for each in self.manager.loggerDict.values() if isinstance(each, logging.Logger)]
        return {each for each in known if each.parent is logging.root and "." not in each.name}


_Root.__name__ = _Root.__qualname__ = "RootLogger"


class _Manager(logging.Manager):
    """Of a program's own loggers. Their root is everybody's, which stands for the program's own in its threads."""

    def __init__(self, own: _Own) -> None:
        super().__init__(logging.root)
        self._own = own

    def getLogger(self, name: str) -> logging.Logger:
        logger = super().getLogger(name)
        cache: Any = logger._cache  # type: ignore[attr-defined]
        if not isinstance(cache, _Levels):
            logger._cache = _Levels(self._own)  # type: ignore[attr-defined]
        return logger

    def in_place_of(self, shared: Any, kind: type[logging.Logger]) -> logging.Logger:
        """The program's own logger for which a library's stands, which is of the class `kind`."""
        name = object.__getattribute__(shared, "name")
        known = self.loggerDict.get(name)
        if isinstance(known, logging.Logger):
            return known
        with _logging._lock:
            wanted, self.loggerClass = self.loggerClass, kind
            try:
                logger = self.getLogger(name)
            finally:
                self.loggerClass = wanted
        for handler in object.__getattribute__(shared, "handlers"):
            if isinstance(handler, logging.NullHandler):  # the library's: it is to be silent where nobody listens
                logger.addHandler(handler)
        return logger


class _SharedManager(logging.Manager):
    """The class of the process's manager while it is shared."""

    def getLogger(self, name: str) -> logging.Logger:
        logger = super().getLogger(name)
        _share(logger)
        return logger


def _share(logger: logging.Logger) -> None:
    """Let it stand for each program's own from now on."""
    kind = type(logger)
    if kind not in _plain_kinds:
        shared = _shared_kinds.get(kind)
        if shared is None:
            shared = _shared_kinds[kind] = standing(kind, _stands_for(kind))
            _plain_kinds[shared] = kind
        object.__setattr__(logger, "__class__", shared)


_shared_kinds: dict[type[logging.Logger], type[logging.Logger]] = {}
_plain_kinds: dict[type[logging.Logger], type[logging.Logger]] = {}
"""The classes of loggers that are shared, and what those were before; the other way round."""


def _process_loggers() -> list[logging.Logger]:
    return [logging.root, *(each for each in list(_process.loggerDict.values()) if isinstance(each, logging.Logger))]


def _stands_for(kind: type[logging.Logger]) -> Callable[[Any], logging.Logger | None]:
    def own(shared: Any) -> logging.Logger | None:
        mine = _here()
        if mine is None:
            return None
        return mine.root if shared is logging.root else mine.manager.in_place_of(shared, kind)

    return own


class _Found:
    """`Logger.manager`, which `getLogger` asks: a program's own for its own code, and the process's for libraries."""

    def __get__(self, logger: object, kind: object) -> logging.Manager:
        mine = _here()
        return _process if mine is None or called_by_library("logging") else mine.manager


class _Collection:
    """In the place of one of the collections in `logging`: each program has its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.plain: Any = getattr(logging, name)

    def _mine(self) -> Any:
        mine = _here()
        return self.plain if mine is None else mine.collections[self.name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mine(), name)

    def __contains__(self, key: object) -> bool:
        return key in self._mine()

    def __len__(self) -> int:
        return len(self._mine())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mine())

    def __getitem__(self, key: Any) -> Any:
        return self._mine()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._mine()[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._mine()[key]


class _Lock:
    """A lock of `logging` that threads of programs take: whoever has it is shielded, or a stop would leave it taken, and all the others waiting for it."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain
        self._shields: list[Owner | None] = []  # whom each of the calls that hold it has shielded

    def acquire(self, *args: Any, **kwargs: Any) -> bool:
        who = owners.owner()
        shielded = who if who is not None and who.shield() else None
        taken: bool = self.plain.acquire(*args, **kwargs)
        if taken:
            self._shields.append(shielded)
        elif shielded is not None:
            shielded.unshield()
        return taken

    def release(self) -> None:
        shielded = self._shields.pop()
        self.plain.release()
        if shielded is not None:
            shielded.unshield()
            shielded.let_a_stop_in()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)


_plain_create_lock = logging.Handler.createLock


def _create_lock(handler: logging.Handler) -> None:
    _plain_create_lock(handler)
    if _here() is not None:
        handler.lock = _Lock(handler.lock)  # type: ignore[assignment]


_plain_set_class, _plain_get_class = logging.setLoggerClass, logging.getLoggerClass
_plain_set_factory = logging.setLogRecordFactory
_plain_capture = logging.captureWarnings


def _set_class(klass: type[logging.Logger]) -> None:
    mine = _here()
    if mine is None or called_by_library():
        return _plain_set_class(klass)
    mine.manager.setLoggerClass(klass)


def _get_class() -> type[logging.Logger]:
    mine = _here()
    own = None if mine is None else mine.manager.loggerClass
    return own or _plain_get_class()


class _Factory:
    """The one factory of records that `logging` asks: it asks the program's own."""

    def __init__(self) -> None:
        self.plain = logging.getLogRecordFactory()

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        return _get_factory()(*args, **kwargs)


_factory = _Factory()


def _set_factory(factory: Callable[..., logging.LogRecord]) -> None:
    mine = _here()
    if mine is None:
        _factory.plain = factory
    else:
        mine.factory = factory


def _get_factory() -> Callable[..., logging.LogRecord]:
    mine = _here()
    return _factory.plain if mine is None else mine.factory


class _Warnings:
    """In the place of `warnings.showwarning`, once a program has had its warnings captured."""

    plain: Any = warnings.showwarning

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        mine = _here()
        (_logging._showwarning if mine is not None and mine.captures else self.plain)(*args, **kwargs)


_warnings = _Warnings()


def _capture(capture: bool) -> None:
    mine = _here()
    if mine is None:
        return _plain_capture(capture)
    mine.captures = bool(capture)
    if warnings.showwarning is not _warnings:
        _warnings.plain = warnings.showwarning
        warnings.showwarning = _warnings


def end(program: ThreadGroup) -> None:
    """Flush and close the handlers of `program`, as `logging` does at the end of a process."""
    mine = program.own.get(_own)
    if mine is None:
        return
    with owners.on_behalf_of(program):
        logging.shutdown(mine.collections["_handlerList"])


_replaced = Replacements()
_collections = {name: _Collection(name) for name in ("_handlers", "_handlerList", *_LEVELS)}
_replaced.add(logging, _lock=_Lock(_logging._lock), **_collections)
_replaced.add(logging.shutdown, __defaults__=(_collections["_handlerList"],))
_replaced.add(logging.Handler, createLock=_create_lock)
_replaced.add(logging, setLoggerClass=_set_class, getLoggerClass=_get_class, captureWarnings=_capture)
_replaced.add(logging, setLogRecordFactory=_set_factory, getLogRecordFactory=_get_factory)


def install() -> None:
    """Route it. Twice does no harm."""
    if type(_process) is not logging.Manager:
        return
    _factory.plain = logging.getLogRecordFactory()
    _plain_set_factory(_factory)
    _replaced.install()
    _process.__class__ = _SharedManager
    _logger_class.manager = _Found()
    for logger in _process_loggers():
        _share(logger)


def uninstall() -> None:
    """Put it back as it was."""
    if type(_process) is not _SharedManager:
        return
    _process.__class__ = logging.Manager  # type: ignore[assignment]
    _logger_class.manager = _process
    for logger in _process_loggers():
        object.__setattr__(logger, "__class__", _plain_kinds.get(type(logger), type(logger)))
    _replaced.uninstall()
    _plain_set_factory(_factory.plain)
    if warnings.showwarning is _warnings:
        warnings.showwarning = _warnings.plain
