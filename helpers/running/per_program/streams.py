"""`sys.stdout`, `sys.stderr`, `sys.stdin` and `sys.argv`, and what a program puts in their place: each program has its own, as each process has.

Comes in: text and bytes that a program writes; lines that are typed into its window. Goes out: real text streams, with `buffer`, `reconfigure` and whatever else those have, to and from
the owner of the running thread; to everybody else what was there before. Text that a background thread prints would otherwise land in whatever cell is running.

In the place of each name stand two things. Code in Python that says `sys.stdout` meets a property, of a class that `sys` is given. Code in C (`print`) looks into the module's
dictionary, and finds a `Router` there, which does the same.
"""

from __future__ import annotations

import codecs
import io
import sys
import types
import weakref
from typing import Any

from helpers.running.per_program.standing import Routed, give_class, take_class
from helpers.running.program import OWN_PROCESS
from helpers.sockets import owners
from helpers.sockets.owners import Owner, PerOwner

OUTPUTS = {"stdout": "strict", "stderr": "backslashreplace"}
"""The streams that are written to, each with what it does with a character that cannot be encoded, as Python has it."""
STREAMS = ("stdin", *OUTPUTS)

NO_DESCRIPTOR = (
    "This program runs in a thread, and its {name} is its window, which has no file descriptor: nothing of the system can wait for it, or write to it. "
    f"Give the program a process of its own ({OWN_PROCESS}): there it has one."
)


class _Output(io.BufferedIOBase):
    """The bytes beneath `sys.stdout` or `sys.stderr`: they go to the owner as text, at once."""

    def __init__(self, name: str, who: Owner) -> None:
        self.name = f"<{name}>"
        self.mode = "w"
        self._who = weakref.ref(who)
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._cut = False  # a character may come in two pieces

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if isinstance(data, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        whole = memoryview(data).tobytes()
        who = self._who()
        if who is not None and (text := self._decoder.decode(whole)):
            who.write(text)
        self._cut = bool(self._decoder.getstate()[0])
        return len(whole)

    def write_text(self, text: str) -> int:
        """The same of text, which is ASCII."""
        who = self._who()
        if who is not None:
            who.write(self._decoder.decode(b"", final=True) + text if self._cut else text)
            self._cut = False
        return len(text)

    def isatty(self) -> bool:
        return _is_terminal(self._who())

    def fileno(self) -> int:
        raise io.UnsupportedOperation(NO_DESCRIPTOR.format(name=self.name[1:-1]))


class _Text(io.TextIOWrapper):
    """`sys.stdout` or `sys.stderr`."""

    def write(self, text: str, /) -> int:
        # Most text needs no encoding to be shown: programs print a great deal, and each piece would be encoded and decoded.
        if type(text) is str and text.isascii() and self.encoding in _LIKE_ASCII and not self.closed:
            output: Any = self.buffer
            return output.write_text(text)  # type: ignore[no-any-return]
        return super().write(text)

    def __repr__(self) -> str:
        """As Python's own says it; from 3.14 on that says the name of the class."""
        return f"<_io.TextIOWrapper {super().__repr__().partition(' ')[2]}"


_LIKE_ASCII = {"utf-8", "ascii", "latin-1", "iso-8859-1", "cp1252"}


class _Keys(io.RawIOBase):
    """The bytes beneath `sys.stdin`: a line at a time, as it is typed."""

    def __init__(self, who: Owner) -> None:
        self.name = "<stdin>"
        self.mode = "r"
        self._who = weakref.ref(who)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        who = self._who()
        if not self._rest and who is not None:
            self._rest = who.read_line().encode("utf-8", "replace")
        room = memoryview(buffer).cast("B")
        data, self._rest = self._rest[: len(room)], self._rest[len(room) :]
        room[: len(data)] = data
        return len(data)

    def isatty(self) -> bool:
        return _is_terminal(self._who())

    def fileno(self) -> int:
        said = NO_DESCRIPTOR.format(name="stdin")
        if sys._getframe(1).f_globals.get("__name__") == "selectors":
            raise OSError(said)  # it would put another error, which says nothing, in the place of the usual one
        raise io.UnsupportedOperation(said)


def _is_terminal(who: Owner | None) -> bool:
    return who is not None and who.has_window


def _own(who: Owner) -> dict[str, Any]:
    """What an owner finds in `sys` by these names, until it puts something else there."""
    found: dict[str, Any] = {
        name: _Text(_Output(name, who), "utf-8", errors, newline="\n", line_buffering=True, write_through=True)
        for name, errors in OUTPUTS.items()
    }
    found["stdin"] = io.TextIOWrapper(io.BufferedReader(_Keys(who)), "utf-8", "replace")
    for name in STREAMS:
        found[f"__{name}__"] = found[name]
        found[name].mode = "r" if name == "stdin" else "w"
    return found


_owned: PerOwner[dict[str, Any]] = PerOwner(_own)

ROUTED = (*STREAMS, *(f"__{name}__" for name in STREAMS), "argv", "excepthook")
"""What each owner may have for itself in `sys`."""


def own(who: Owner) -> dict[str, Any]:
    """What `who` has for itself in `sys`, by name; "argv" and "excepthook" only once somebody has put them there."""
    return _owned.of(who)


class Router:
    """In the dictionary of `sys`, where code in C looks: the running thread's own stream."""

    def __init__(self, name: str, plain: Any) -> None:
        self.stream = name
        self.plain = plain
        """Everybody else's."""

    def target(self) -> Any:
        mine = _owned.here()
        return self.plain if mine is None else mine[self.stream]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target(), name)

    def write(self, text: Any) -> Any:
        target = self.target()
        return target.write(text) if target is not None else None  # whoever has put None there hears nothing

    def __iter__(self) -> Any:
        return iter(self.target())

    def __next__(self) -> Any:
        return next(self.target())


def _routed(name: str) -> property:
    """Of the module `sys`: the running thread's own under this name."""
    missing = object()

    def get(module: types.ModuleType) -> Any:
        mine = _owned.here()
        value = mine.get(name, missing) if mine is not None else missing
        if value is not missing:
            return value
        value = vars(module).get(name, missing)
        if value is missing:
            raise AttributeError(f"module 'sys' has no attribute {name!r}")
        return value.plain if isinstance(value, Router) else value

    def put(module: types.ModuleType, value: Any) -> None:
        mine = _owned.here()
        router = vars(module).get(name)
        if mine is not None:
            mine[name] = value
        elif isinstance(router, Router):
            router.plain = value
        else:
            vars(module)[name] = value

    def remove(module: types.ModuleType) -> None:
        mine = _owned.here()
        if (mine.pop(name, missing) if mine is not None else vars(module).pop(name, missing)) is missing:
            raise AttributeError(name)

    return property(get, put, remove)


class _System(Routed):
    """The class of `sys` while streams are routed."""


for _name in ROUTED:
    setattr(_System, _name, _routed(_name))


def install() -> None:
    """Route them. Twice does no harm."""
    if not give_class(sys, _System):
        return
    values = vars(sys)
    for name in STREAMS:
        values[name] = Router(name, values.get(name))


def uninstall() -> None:
    """Put back what was there, or what others have put in its place meanwhile."""
    if not take_class(sys, _System):
        return
    values = vars(sys)
    for name in STREAMS:
        if isinstance(values[name], Router):
            values[name] = values[name].plain


def end(who: Owner) -> None:
    """`who` has ended: what is still held back of its output comes out."""
    mine = own(who)
    with owners.on_behalf_of(who):
        for name in OUTPUTS:
            try:
                mine[name].flush()
            except Exception:
                pass  # closed, or something of the program's own that cannot do that: Python says nothing of it either
