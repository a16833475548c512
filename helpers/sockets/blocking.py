"""Which methods of a socket block: the one table that everything which has to know it is derived from.

Comes in: the traced sockets' classes. Goes out: `METHODS`, and `examine()`, which says for the code of each method where its thread waits, and verifies on the way
that the methods are written as the table says. Who uses it: `waiting`. Whoever writes or renames something in a blocking method changes the table with it; if
that is forgotten, importing the package fails with a sentence that says what is missing.

Nothing is noted while a call runs, since every byte of every lesson goes through these methods: whoever asks what a thread waits for reads it off the frame
of the method, whose local variables `self`, `begun` and (the column `asked`) hold what there is to know.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from helpers.sockets.plain import Plain, is_ready
from helpers.sockets.polling import PollingSocket
from helpers.sockets.tapes import TLS, size_of
from helpers.sockets.traced import Socket


def _number(asked: Any) -> int:
    return asked  # type: ignore[no-any-return]  # as it was given: Python itself says if it is none


def total_size(buffers: Iterable[Any]) -> int:
    """How many bytes several buffers hold."""
    return sum(map(size_of, buffers))


class BlockingMethod(NamedTuple):
    """A method of `socket.socket` that may keep its thread waiting."""

    name: str
    waits_in: str
    """The inner method in which the system keeps it waiting; a `PollingSocket` has one of its own, which waits in turns first."""
    reads: bool
    """Whether it waits until the socket can be read from; False: until it can be written to."""
    asked: str | None = None
    """Its local variable that holds how many bytes it was asked for, or the bytes that it was given."""
    measure: Callable[[Any], int] = _number
    """The number of bytes, from the value of that variable."""


READ, WRITE = True, False

METHODS = (
    BlockingMethod("accept", "_accept", READ),
    BlockingMethod("connect", "_connect", WRITE),
    BlockingMethod("connect_ex", "_connect_ex", WRITE),
    BlockingMethod("recv", "_recv", READ, "bufsize"),
    BlockingMethod("recv_into", "_recv_into", READ, "asked"),
    BlockingMethod("recvfrom", "_recvfrom", READ, "bufsize"),
    BlockingMethod("recvfrom_into", "_recvfrom_into", READ, "asked"),
    BlockingMethod("recvmsg", "_recvmsg", READ, "bufsize"),
    BlockingMethod("recvmsg_into", "_recvmsg_into", READ, "asked"),
    BlockingMethod("send", "_send", WRITE, "data", size_of),
    BlockingMethod("sendall", "_send", WRITE, "data", size_of),  # with a timeout also in `_wait_for_room`
    BlockingMethod("sendto", "_sendto", WRITE, "data", size_of),
    BlockingMethod("sendmsg", "_sendmsg", WRITE, "buffers", total_size),
)
"""Each of them under the name by which a tape knows it. `sendfile` is not among them: it sends through `send`, and is told as that."""

_ACCEPT = METHODS[0]


class Examined(NamedTuple):
    """The code of the blocking methods."""

    calls: dict[types.CodeType, BlockingMethod]
    """By the code of the method that a program calls."""
    waiting: dict[types.CodeType, str | None]
    """By the code of each function in whose frame a thread waits, the method in whose call it does (`lines_with`); None: anywhere in it."""


def examine(
    methods: Iterable[BlockingMethod] = METHODS, traced: type[Socket] = Socket, polling: type[Socket] = PollingSocket
) -> Examined:
    """Find where the `methods` of the two classes wait. TypeError, which says what is missing, if they are not written as the table says."""
    calls: dict[types.CodeType, BlockingMethod] = {}
    waiting: dict[types.CodeType, str | None] = {}
    for method in methods:
        if not hasattr(Plain, method.name):
            continue  # this system has none
        call = _code(traced, method.name)
        require_locals(call, "self", "begun", *([method.asked] if method.asked else []))
        calls[call] = method
        _require_call(call, method.waits_in)
        waiting[call] = method.waits_in
        # Of two threads that a `PollingSocket` has told of the same client, or the same bytes, one finds nothing, and waits in the system.
        override = _code(polling, method.waits_in)
        if override not in waiting:
            require_locals(override, "self")
            _require_call(override, "_wait")
            _require_call(override, method.waits_in)
            waiting[override] = method.waits_in
    # A socket that is not traced (one of `ssl`) can be seen to accept as well.
    calls[Plain.accept.__code__] = _ACCEPT
    for code, socket_in_it in (
        (Plain.accept.__code__, "self"),
        (_code(polling, "_wait"), "self"),
        (_code(traced, "_wait_for_room"), "self"),
        (is_ready.__code__, "sock"),
    ):
        require_locals(code, socket_in_it)
        waiting[code] = None
    _require_call(_code(traced, "sendfile"), "_sendfile_use_send")
    _require_call(_code(Plain, "_sendfile_use_send"), "send")
    return Examined(calls, waiting)


def examine_tls(
    methods: Iterable[BlockingMethod], traced: type[Plain], polling: type[Plain], plain: type[Plain]
) -> Examined:
    """The same of the classes of TLS sockets; `plain`: the standard library's."""
    calls: dict[types.CodeType, BlockingMethod] = {}
    for method in methods:
        call = _code(traced, method.name)
        require_locals(call, "self", "begun", *([method.asked] if method.asked else []))
        _require_call(call, method.waits_in)
        calls[call] = method._replace(name=TLS + method.name)
    inner = [_code(traced, "_read"), _code(traced, "_write"), _code(polling, "_in_turns")]
    inner += [_code(plain, "do_handshake"), _code(plain, "unwrap")]
    for code in inner:
        require_locals(code, "self")
    return Examined(calls, dict.fromkeys(inner))


def require_locals(code: types.CodeType, *names: str) -> None:
    """TypeError if a function has no local variables of these names: somebody reads them off its frames."""
    for name in names:
        if name not in code.co_varnames:
            raise TypeError(
                f"{code.co_qualname} ({code.co_filename}, line {code.co_firstlineno}) has no local variable {name!r}, "
                "from which it is read what a thread in it waits for."
            )


def _require_call(code: types.CodeType, name: str) -> None:
    if name not in code.co_names:
        raise TypeError(f"{code.co_qualname} ({code.co_filename}, line {code.co_firstlineno}) never calls {name!r}.")


def _code(kind: type[Plain], name: str) -> types.CodeType:
    """The code of a method that `kind` defines itself."""
    code = getattr(vars(kind).get(name), "__code__", None)
    if not isinstance(code, types.CodeType):
        raise TypeError(f"{kind.__module__}.{kind.__qualname__} defines no method {name!r} in Python.")
    return code


@functools.cache
def lines_with(code: types.CodeType, name: str) -> frozenset[int]:
    """The lines in which a function uses the method `name`: innermost in one of them, a thread waits for the system.

    They are looked for when a thread is met there: in all of these methods that takes a third of the start of a judge's child, which mostly meets none.
    """
    import dis

    used = (each.positions.lineno for each in dis.get_instructions(code) if each.argval == name and each.positions)
    return frozenset(line for line in used if line is not None)
