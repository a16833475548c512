"""What came of a request: whether it was read as it was sent, or refused as it has to be, and a sentence for each way in which it was not.

Comes in: calls of `read_request`, and what was sent. Goes out: `Fell`. Who may import it: the scenarios of `read_request`; for `Bad`, the exercises that read requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote

from helpers.checking.call import Call
from helpers.checking.judge import Judge
from helpers.checking.plain import Odd, Value
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown

Request: TypeAlias = tuple[str, str, dict[str, str], bytes]
"""What `read_request` returns: method, target, headers, body."""
HOST = {"Host": "127.0.0.1:8080"}
REFUSED = "BadRequest"


class Sent(NamedTuple):
    """A request as a client sends it, and as it is to be read."""

    raw: bytes
    request: Request


def sent(method: str = "GET", target: str = "/", headers: Mapping[str, str] = HOST, body: bytes = b"") -> Sent:
    """A request that keeps the rules. `Content-Length` is added where there is a body."""
    fields = {**headers, **({"Content-Length": str(len(body))} if body else {})}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return Sent(
        "\r\n".join(lines).encode("latin-1") + body,
        (method, target, {name.lower(): value for name, value in fields.items()}, body),
    )


def must_read_pieces(call: Call, expected: Request) -> None:
    """It returns this, which has come in pieces."""
    try:
        must_read(call, expected)
    except Hangs:
        raise
    except Fell as fell:
        if fell.misconception is not None:
            raise
        if expected[3] and call.error == "EOFError":
            rest = "What one recv brings, or one read of a file without a buffer, need not be all of the body: take more, until Content-Length is reached."
            raise Fell(f"The body came in pieces, as any may. {fell.sentence} {rest}", 2) from None
        raise Fell(
            f"The request came in pieces, as any may. {fell.sentence} What the first recv brings need not be all of it: behind the blank line the headers are whole, and not before.",
            1,
        ) from None


def must_read(call: Call, *expected: Request | None, hangs: Fell | None = None) -> None:
    """The calls on one connection return just these, in turn; all of it has been sent. `hangs`: what to say where the first never comes back."""
    hung: Fell | None = None
    try:
        call.finish()
    except Spins:
        raise
    except Hangs as error:
        hung = error
    returned = [*call.items, call.value] if call.over and call.error is None else call.items
    for at, (got, wanted) in enumerate(zip(returned, expected, strict=False)):
        if fell := _difference(got, wanted):
            raise _lost(got, wanted) if at and got is None and wanted is not None else fell
    at = len(returned)
    if at == len(expected):
        return
    if at and expected[at] is not None:
        raise _swallowed(call, expected[at])
    if call.error is not None:
        raise not_taken(call, expected[at])
    raise hangs or _waits(hung, expected[at])


def _lost(got: Value, wanted: Request | None) -> Fell:
    return Fell(
        f"It returned {shown(got)}, though {_named(wanted)} had come on the same connection: the call before had taken it, with more bytes than its request has, and lost it.",
        36,
    )


def _swallowed(call: Call, wanted: Request | None) -> Fell:
    """A call on the same connection, which did not return what is there."""
    did = f"raised {call.error} ({call.text})" if call.error is not None else "waits"
    return Fell(
        f"The call before returned its request; this one, on the same connection, {did}, though {_named(wanted)} has come. One connection carries many requests: "
        "take the bytes of one, and leave those of the next.",
        36,
    )


def _named(wanted: Request | None) -> str:
    return f"{wanted[0]} {wanted[1][:40]}" if wanted is not None else "the end of the stream"


def _waits(hung: Fell | None, wanted: Request | None) -> Fell:
    if wanted is None:
        return hung or Fell("It does not come back.")
    if wanted[3]:
        return Fell(
            f"It waits for more, though all of {_named(wanted)} has come: its body has {len(wanted[3]):,} bytes, as Content-Length says. Some of them may have been taken together with the headers, "
            "and kept elsewhere: a makefile takes all that is there."
        )
    why = "the blank line ends its headers, and without Content-Length it has no body"
    return Fell(
        f"It waits for more, though all of {_named(wanted)} has come: {why}. The client waits for its answer, and both wait for ever.",
        12,
    )


def not_taken(call: Call, wanted: Request | None) -> Fell:
    """It has raised an error where this was to be read."""
    where = f", in line {call.line} of the cell" if call.line else ""
    if wanted is None and call.error == "EOFError":
        return Fell(
            "It raised EOFError where the stream ended before a request began: nothing is missing, the client has asked all it wanted. That is None."
        )
    if call.error == "EOFError" and not call.saw_the_end():
        return Fell("It raised EOFError, though the stream goes on: only b'' from recv says that it has ended.")
    if is_refused(call):
        return Fell(
            f"It refused {_named(wanted)} with {_told(call)}, and that request keeps the rules."
            if wanted
            else f"It refused with {_told(call)}, where nothing had come at all."
        )
    if call.error == "UnicodeDecodeError":
        return Fell(
            f"It raised UnicodeDecodeError{where}: {call.text}. Not all bytes of a request are text, or UTF-8: a body may be a picture, and 'latin-1' reads any header."
        )
    try:
        call.must_not_raise(8 if "bytes-like object is required" in call.text else None)
    except Fell as fell:
        return fell
    return Fell(f"It did not return {_named(wanted)}.")


# What it returned --------------------------------------------------------------------------------------------------------


def _difference(got: Value, wanted: Request | None) -> Fell | None:
    """What is wrong with that; None if nothing is."""
    if wanted is None:
        return (
            None
            if got is None
            else Fell(f"It returned {shown(got)} where the stream ended before a request began: that is None.")
        )
    if got is None:
        return Fell(f"It returned None where {_named(wanted)} had come: is there a return, on every way out?")
    if not isinstance(got, (tuple, list)) or len(got) != len(wanted):
        return Fell(f"It returned {shown(got)}: four things were to come, (method, target, headers, body).")
    return (
        _word("method", got[0], wanted[0])
        or _word("target", got[1], wanted[1])
        or _headers(got[2], wanted[2])
        or _body(got[3], wanted[3])
    )


def _word(name: str, got: Value, wanted: str) -> Fell | None:
    """Of the first line."""
    if same(got, wanted):
        return None
    said = f"The {name} that it returned is {shown(got)}, where {shown(wanted)} was sent"
    if type(got) is bytes:
        return Fell(f"{said}, as str: decode it.")
    if not isinstance(got, str):
        return Fell(f"{said}.")
    if got == wanted.partition("?")[0]:
        return Fell(f"{said}: what follows ? belongs to the target too. It is returned as it stands.")
    if got in (unquote(wanted), wanted.lower(), wanted.upper()) or wanted.endswith(got):
        return Fell(f"{said}: it is returned as it stands; what it means is for others to say.")
    return Fell(f"{said}.")


def _headers(got: Value, wanted: dict[str, str]) -> Fell | None:
    if same(got, wanted):
        return None
    if not isinstance(got, dict):
        return Fell(f"The headers that it returned are {shown(got)}, where a dict was to come: {shown(wanted)}.")
    if any(type(each) is bytes for pair in got.items() for each in pair):
        return Fell(f"The headers that it returned have bytes in them, {shown(got)}: names and values are str.")
    for name in got:
        if isinstance(name, str) and name not in wanted and name.strip().lower() in wanted:
            return Fell(
                f"Among the headers is {name!r}, where {name.strip().lower()!r} was to come: clients write names in any case, and who looks one up in a dict needs one way to write it."
            )
    if missing := [name for name in wanted if name not in got]:
        return Fell(f"Of the headers that were sent, {missing[0]!r} is missing: it returned {shown(got)}.")
    if more := [name for name in got if name not in wanted]:
        return Fell(f"Among the headers is {shown(more[0])}, which is none: {shown(got)}.")
    return next(
        (_value(name, got[name], value) for name, value in wanted.items() if not same(got[name], value)),
        Fell(f"The headers that it returned are {shown(got)}, where {shown(wanted)} were sent."),
    )


def _value(name: str, got: Value, wanted: str) -> Fell:
    said = f"The header {name!r} has the value {shown(got)}, where {shown(wanted)} was to come"
    if not isinstance(got, str):
        return Fell(f"{said}: values are str, as they were sent.")
    if got.strip() == wanted.strip():
        return Fell(f"{said}: blanks and line ends around a value are no part of it.")
    parts = wanted.split(", ")
    if len(parts) > 1 and got in parts:
        return Fell(
            f"{said}: the name came {len(parts)} times, and a dict keeps only the last value unless somebody joins them."
        )
    if ":" in wanted and (wanted.startswith(got) or wanted.endswith(got) or got.replace(" ", "") in wanted):
        return Fell(f"{said}: only the first colon ends the name, and there may be more in the value.")
    return Fell(f"{said}.")


def _body(got: Value, wanted: bytes) -> Fell | None:
    if same(got, wanted):
        return None
    said = f"The body that it returned is {shown(got)}, where {shown(wanted)} was to come"
    if type(got) is str:
        return Fell(f"{said}: bytes, since a body may be a picture as well as text.")
    if isinstance(got, Odd) or type(got) is not bytes:
        return Fell(f"{said}.")
    if not got:
        return Fell(f"{said}: where there is a Content-Length there is a body, whatever the method.")
    if len(got) > len(wanted) and got.startswith(wanted):
        return Fell(
            f"{said}: what follows is the next request, on the same connection. Content-Length says where the body ends.",
            36,
        )
    if not wanted.isascii() and wanted.startswith(got):
        return Fell(f"{said}: Content-Length counts bytes, and ü is one character but two of them.", 35)
    if wanted.startswith(got):
        return Fell(
            f"{said}, {len(wanted):,} bytes as Content-Length says: recv brings what is there, and the rest comes later.",
            2,
        )
    return Fell(f"{said}: {len(wanted):,} bytes behind the blank line, as they were sent.")


# What it refused ---------------------------------------------------------------------------------------------------------


def is_refused(call: Call) -> bool:
    """Whether it has raised BadRequest, from whichever module."""
    return any(kind.rpartition(".")[2] == REFUSED for kind in call.kinds)


def _told(call: Call) -> str:
    args = call.args if isinstance(call.args, tuple) else ()
    return f"{REFUSED}({', '.join(map(shown, args))})"


class Bad(NamedTuple):
    """A request that has to be refused."""

    raw: bytes
    what: str
    """Such as "a header without a colon": the subject of a sentence."""
    why: str
    """A sentence, without its full stop."""
    statuses: tuple[int, ...] = (400,)
    """The first is the one that is asked for; the others are as right."""
    misconception: int | None = None
    readings: tuple[Request, ...] = ()
    """Those that the standard allows as well."""


def must_refuse(judge: Judge, *requests: Bad) -> None:
    """It refuses each of these, on a connection of its own, at once: the client says no more, and waits."""
    for bad in requests:
        peer, call = judge.talk()
        peer.send(bad.raw)
        must_be_refused(call, bad)


def must_be_refused(call: Call, bad: Bad) -> None:
    """`bad` has been sent."""
    wanted = f"{REFUSED}({bad.statuses[0]}, why)"
    asks, came = f"{bad.why}: that asks for {wanted}", f"{bad.what[0].upper()}{bad.what[1:]} came"
    call.finish(Fell(f"{came}, and it waits for more. {asks}, at once.", bad.misconception))
    if call.error is None:
        if any(_difference(call.value, each) is None for each in bad.readings):
            return
        raise Fell(f"{came}, and it returned {shown(call.value)}. {asks}.", bad.misconception)
    if not is_refused(call):
        raise _other_error(call, bad, wanted, came)
    status = call.args[0] if isinstance(call.args, tuple) and call.args else None
    if type(status) is not int or len(call.args) != 2:  # type: ignore[arg-type]
        raise Fell(
            f"It raised {_told(call)}, where {wanted} was to come: the status as a number, and why. Whoever answers takes both out of it."
        )
    if any(each.method.startswith("send") for each in call.socket_calls):
        raise Fell(
            f"{came}, and it sent an answer of its own before it raised {_told(call)}. Whoever calls answers what is raised, so the client would get two: it only says which."
        )
    if status not in bad.statuses:
        raise Fell(f"{came}, and it refused that with {_told(call)}. {asks}.", bad.misconception)


def _other_error(call: Call, bad: Bad, wanted: str, came: str) -> Fell:
    where = f", in line {call.line} of the cell" if call.line else ""
    if call.error == "NameError" and REFUSED in call.text:
        return Fell(
            f"It raised NameError{where}: {call.text}. The class stands in the lesson's cell, above the function."
        )
    said = f"{came}, and it raised {call.error}{where}: {call.text or 'without a word'}."
    if "ValueError" in call.kinds:
        return Fell(
            f"{said} That is Python's own word for it, and says no status: whoever answers needs {wanted}.",
            bad.misconception,
        )
    return Fell(f"{said} {bad.why}: that asks for {wanted}.", bad.misconception)
