"""A call of a function that is to be connected to one of several addresses: servers that are there and those that are not, and what it has to do with them.

Who may import it: `connect_any`, and the exercise of lesson 19 that is given a name.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from helpers.checking.call import Call
from helpers.checking.judge import Judge
from helpers.checking.plain import Odd, Value
from helpers.checking.ports import quiet_port
from helpers.checking.verdicts import Fell, Hangs, Sleeps, Spins, shown
from helpers.exercises.unanswered import (
    A_SECOND,
    TOO_LONG,
    TOO_SHORT,
    bound,
    seconds_asked,
)
from helpers.sockets.plain import is_ready
from helpers.sockets.tapes import FORGOTTEN
from helpers.words import many

Address: TypeAlias = tuple[int, int, int, str, tuple[Value, ...]]
"""As `socket.getaddrinfo` has one: family, type, protocol, canonical name, and what `connect` takes."""
FAILURES = ("ConnectionRefusedError", "TimeoutError")
"""Of a connect: after these nothing more comes of it."""
NO_FAMILY = 12_345
"""A family of addresses that no system has."""
Begin: TypeAlias = Callable[[Judge, Sequence[Address]], Call]
"""What calls the function, so that these are the addresses that it may try."""
TRIES = 20
"""Ports that are tried on ::1."""
REFUSED = ["ConnectionRefusedError"] if sys.platform != "win32" else ["ConnectionRefusedError", "TimeoutError"]
"""Windows asks three times, for about two seconds, before it believes a refusal: within one second it is silence."""

# Addresses ------------------------------------------------------------------------------------------------------------


def address_of(listener: socket.socket) -> Address:
    return (int(listener.family), int(socket.SOCK_STREAM), socket.IPPROTO_TCP, "", listener.getsockname())


def refused(judge: Judge) -> Address:
    """Nobody listens there."""
    return address_of(bound(judge))


def refused6() -> Address:
    """The same on ::1; or whatever connect says of it where there is no IPv6."""
    return (int(socket.AF_INET6), int(socket.SOCK_STREAM), socket.IPPROTO_TCP, "", ("::1", quiet_port(), 0, 0))


def door6(judge: Judge, port: int = 0) -> socket.socket | None:
    """A listening socket on ::1, at this port, or at any (0); None where this computer has none."""
    for _ in range(TRIES):
        with contextlib.suppress(OSError):
            sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
            try:
                sock.bind(("::1", port or quiet_port()))
                sock.listen()
            except OSError as error:
                sock.close()
                if error.errno == errno.EADDRINUSE:
                    continue
                return None
            return judge.enter(sock)
        return None
    return None


def doors(judge: Judge, count: int) -> list[socket.socket]:
    """Servers, whose ports go down: a list of them is in no order that somebody would put it into."""
    return sorted((judge.door() for _ in range(count)), key=lambda door: -int(door.getsockname()[1]))


# What it has to do ----------------------------------------------------------------------------------------------------


def given_the_list(judge: Judge, addresses: Sequence[Address]) -> Call:
    """Call the function with the addresses themselves."""
    given: list[Value] = [*addresses]
    return judge.call(given, keep=True)


def _call(judge: Judge, addresses: Sequence[Address], begin: Begin) -> Call:
    """Call it, until it is over. Fell for what is wrong whichever of the addresses works."""
    begun = time.monotonic()
    call = begin(judge, addresses)
    try:
        call.finish(idle=TOO_LONG * max(1, len(addresses)))
    except (Sleeps, Spins):
        raise
    except Hangs as hangs:
        raise _waits(call) or hangs from None
    _must_call_these(call, addresses)
    _must_take_new_sockets(call)
    _must_have_been_quick(call, time.monotonic() - begun)
    return call


def _waits(call: Call) -> Fell | None:
    waiting = call.waits()
    if waiting is None:
        return None
    if waiting.connects:
        still = "More than a second has passed, and it still waits in connect for an address that keeps silent, though there may be others"
        if timeout := call.timeout_of(waiting):
            return Fell(
                f"{still}: its socket's timeout is {timeout:g} s. Timeouts are in seconds: settimeout(1), before connect.",
                16,
            )
        return Fell(
            f"{still}: settimeout(1), before connect, ends that. Linux would go on asking for two minutes.",
            16,
        )
    return Fell(
        f"It waits in {waiting.method}(): the server says nothing, and need not. A connection is there as soon as connect has come back."
    )


def _must_call_these(call: Call, addresses: Sequence[Address]) -> None:
    given = {each[4][:2] for each in addresses}
    called = [each.detail for each in call.socket_calls if each.connects and isinstance(each.detail, tuple)]
    if other := next((each for each in called if each[:2] not in given), None):
        if other[0] and isinstance(other[0], str) and not _is_in_figures(other[0]):
            raise Fell(
                f"It gave connect the name, {shown(other)}. Then connect asks for addresses itself: for those of its socket's family alone, and it takes the first of them. socket.getaddrinfo gives all.",
                41,
            )
        if other[0]:
            raise Fell(
                f"It called {shown(other)}, which is none of the addresses that it was to try: an address that stands in the source is right for one server, and for as long as that stays there. The last item of each entry, as it is, is for connect.",
                41,
            )
        raise Fell(
            f"It called {shown(other)}, which is none of the addresses that it was given: the last item of each, as it is, is for connect. ('' is no name of a computer.)",
            18,
        )


def _is_in_figures(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _must_take_new_sockets(call: Call) -> None:
    failed: set[int] = set()
    tried: dict[int, object] = {}
    for each in call.socket_calls:
        if not each.connects:
            continue
        is_another = tried.setdefault(each.socket, each.detail) != each.detail
        if not is_another and each.socket not in failed:
            if each.error in FAILURES:
                failed.add(each.socket)
            continue
        last = next((each.error for each in reversed(call.socket_calls) if each.connects and each.error), None)
        said = f" Here the second connect raised {last}." if last and call.error else ""
        raise Fell(
            f"It called connect again with the same socket{', for another address' if is_another else ''}. A socket whose connect has failed is of no use any more: some systems try again, others do not, and none can make IPv6 of IPv4. Close it, and make a new one for each address.{said}"
        )


def _must_have_been_quick(call: Call, took: float) -> None:
    """Fell where it waited for much more than a second for one address, or for hardly any time: by its sockets' timeouts, or by the clock where they had none."""
    failed = [each for each in call.socket_calls if each.connects and each.error == "TimeoutError"]
    longest = max((each.timeout or 0.0 for each in failed), default=0.0)
    if longest > A_SECOND:
        raise Fell(
            f"It waited {longest:g} s for an address that keeps silent; a second was all the time that each has.", 16
        )
    least = min((each.timeout or longest for each in failed), default=longest)
    if least < TOO_SHORT <= longest and sys.platform != "win32":
        raise Fell(
            f"It waited {longest:g} s for an address that keeps silent, and {least:.2f} s for another one: each address has a second of its own, however long those before it took. A slow peer is not a dead one.",
            16,
        )
    waited = seconds_asked(call) or took
    if failed and waited < TOO_SHORT * len(failed) and sys.platform != "win32":
        raise Fell(
            f"It gave up after {waited / len(failed):.2f} s. The answer of a server far away, or busy, may take longer than that: a slow peer is not a dead one. It has a second.",
            16,
        )


def tried(call: Call) -> list[tuple[object, ...]]:
    """Host and port of whom it called, each once, in the order in which it did. (They are told of when they are over: of two threads, the quicker one first.)"""
    begun = sorted((each for each in call.socket_calls if each.connects), key=lambda each: each.begun or 0.0)
    called = [each.detail[:2] for each in begun if isinstance(each.detail, tuple)]
    return list(dict.fromkeys(called))


def must_connect(
    judge: Judge,
    addresses: Sequence[Address],
    door: socket.socket,
    *others: socket.socket,
    how: str,
    begin: Begin = given_the_list,
) -> Call:
    """It returns a socket that is connected to `door`, leaves nothing else open, and has not called the `others`. `how`: of these addresses, in a clause: "the first one refused"."""
    call = _call(judge, addresses, begin)
    if call.error is not None:
        raise _why_raised(call, addresses, how)
    _must_be_socket(call, how)
    assert call.socket is not None
    if not is_ready(door, reading=True):
        raise _elsewhere(call, others, how)
    peer = judge.accept(door, call)
    if peer.conn.getpeername()[1] != call.socket.port:
        raise Fell(f"{how}: it made a connection to that server, and what it returned is another socket.")
    called = [each for each in others if is_ready(each, reading=True)]
    if called:
        raise Fell(
            f"{how}: it had its connection, and called another address as well. That server has a client now who says nothing. The first address that takes the call ends the search: return."
        )
    if is_ready(peer.conn, reading=True):
        data = peer.conn.recv(100)
        raise Fell(
            f"It sent {shown(data)} to the server: the connection is for whoever called it, and so are the first words."
            if data
            else "The socket that it returned is shut down: the server has seen the end of the stream already."
        )
    _must_wait(call)
    _must_call_once(call, addresses)
    _must_have_closed(call)
    return call


def _why_raised(call: Call, addresses: Sequence[Address], how: str) -> Fell:
    said = f"{how}, and it raised {call.error}"
    if _used_closed(call):
        return Fell(
            f"{said}: it used a socket that it had closed. A closed socket stays closed: make a new one each time.", 22
        )
    if fell := call.misuse():
        return fell
    if len(addresses) > 1 and tried(call) == [addresses[0][4][:2]] and call.error == "ConnectionRefusedError":
        return Fell(
            f"{said}, without a call to the second. A name has as many addresses as getaddrinfo gives: where one fails, the next one is tried.",
            41,
        )
    six = any(each[0] == socket.AF_INET6 for each in addresses)
    if six and call.error in ("TypeError", "ValueError", "socket.gaierror"):
        return Fell(
            f"{said}: {call.text or 'without a word'}. An address of IPv6 has four parts, and is for a socket of AF_INET6. Give socket.socket the family that stands in front, and connect the last item as it is.",
            41,
        )
    if call.error == "ValueError" and "values to unpack" in call.text and not tried(call):
        return Fell(
            f"{said}: {call.text}. An entry of the list has five parts, family, type, protocol, name and address; the address has two parts, or four if it is of IPv6. As many names as parts stand on the left."
        )
    if "OSError" in call.kinds and any(each[0] == NO_FAMILY for each in addresses):
        return Fell(
            f"{said} ({call.text}): this system has no addresses of that family, and socket.socket says so. It belongs into the `try`, too: the next address may be of another family."
        )
    if "OSError" in call.kinds and (method := _fails_in(call)):
        return Fell(
            f"{said}, in {method}(): a socket whose connect has failed was never connected. There is nothing to be done with it but close()."
        )
    if "OSError" in call.kinds and len(addresses) > 1:
        return Fell(
            f"{said}, without a call to the next: {len(tried(call))} of {len(addresses)} had its call. Each is to have one, to the end of the list; and an address may fail in many ways: OSError is the family of all of them, refusal and silence among them."
        )
    where = f", in line {call.line} of the cell" if call.line else ""
    return Fell(f"{said}{where}: {call.text or 'without a word'}.")


def _used_closed(call: Call) -> bool:
    return "OSError" in call.kinds and ("Bad file descriptor" in call.text or "10038" in call.text)


def _fails_in(call: Call) -> str | None:
    """The method that raised its error, of a socket whose connect had failed."""
    failed = [each for each in call.socket_calls if each.error]
    if len(failed) < 2 or failed[-1].connects or failed[-1].error not in call.kinds:
        return None
    return failed[-1].method if any(each.connects and each.socket == failed[-1].socket for each in failed) else None


def _must_be_socket(call: Call, how: str) -> None:
    if call.value is None:
        raise Fell(f"{how}, and it returned None: where it is connected, it returns the socket.")
    if call.socket is None and isinstance(call.value, tuple) and Odd("socket") in call.value:
        raise Fell(f"It returned {shown(call.value)}: the socket alone was to come.")
    if call.socket is None:
        raise Fell(f"{how}, and it returned {shown(call.value)}: the connected socket was to come.")
    if not call.socket.is_open:
        raise Fell(
            "The socket that it returned is closed: `with` closes it on every way out, at `return` as well, and so does a `finally`. Close those that failed, and no other."
        )


def _elsewhere(call: Call, others: Sequence[socket.socket], how: str) -> Fell:
    if any(is_ready(each, reading=True) for each in others):
        return Fell(
            f"{how}: it is connected to a later address. The system has put them in an order, the best one first; they are tried in that order."
        )
    if call.socket is not None and call.socket.kind == socket.SOCK_DGRAM:
        return Fell(
            f"{how}, and it returned a datagram socket: its connect makes no connection, and does not fail where nobody is. socket.socket is given the type that stands in the list, too."
        )
    if any(each.connects and each.error == "BlockingIOError" for each in call.socket_calls):
        return Fell(
            f"{how}, and what it returned is not connected to that server. Where a socket does not wait, connect only begins; that there is room to write then says that it is over, not how it ended: getsockopt(SOL_SOCKET, SO_ERROR) is 0 where it is connected, and otherwise the number of the error."
        )
    if any(each.method == "connect_ex" for each in call.socket_calls):
        return Fell(
            f"{how}, and what it returned is not connected to that server. connect_ex raises nothing: it returns 0 where it is connected, and otherwise the number of the error."
        )
    return Fell(f"{how}, and what it returned is not connected to that server.")


def _must_call_once(call: Call, addresses: Sequence[Address]) -> None:
    """Fell if it has called an address with more sockets than the list has entries for it."""
    entries = Counter(each[4][:2] for each in addresses)
    sockets = {(each.socket, each.detail[:2]) for each in call.socket_calls if each.connects and isinstance(each.detail, tuple)}  # fmt: skip
    for address, count in Counter(address for _, address in sockets).items():
        if count > entries[address]:
            raise Fell(
                f"It called {shown(address)} {count} times, each time with another socket, and the list has it {'once' if entries[address] == 1 else f'{entries[address]} times'}: whoever has refused, or kept silent for a second, does so again, and the next address waits. Each has one call."
            )


def _must_wait(call: Call) -> None:
    assert call.socket is not None
    if call.socket.timeout is None:
        return
    if call.socket.timeout == 0:
        raise Fell(
            "The socket that it returned does not wait (setblocking(False), or a timeout of 0): the caller's first recv raises BlockingIOError. settimeout(None), once it is connected."
        )
    raise Fell(
        f"The socket that it returned has a timeout of {call.socket.timeout:g} s, which was meant for connect: the caller's recv would end after that, however slow the server is. settimeout(None), once it is connected."
    )


def _must_have_closed(call: Call) -> None:
    forgotten = sum(each.method == "close" and each.detail == FORGOTTEN for each in call.socket_calls)
    left = call.left.sockets + forgotten
    if left:
        raise Fell(
            f"It left {many(left, 'socket')} open with which connect had failed. A program that tries again and again has none left one day: close() each, before the next one is made."
        )


def must_fail(
    judge: Judge, addresses: Sequence[Address], kinds: Sequence[str], how: str, begin: Begin = given_the_list
) -> Call:
    """It raises an error of one of these classes, and leaves nothing open. `how`: as for `_must_connect`."""
    call = _call(judge, addresses, begin)
    if call.error is None:
        raise Fell(
            f"{how}, and it returned {shown(call.value)}: whoever calls takes that for a connection. If none takes the call, raise the last OSError."
        )
    if call.error == "UnboundLocalError" and addresses:
        raise Fell(
            f"It raised UnboundLocalError: {call.text}. `except OSError as error` deletes the name `error` where the clause ends. Keep it under another name, `last = error`, and raise that."
        )
    if _used_closed(call):
        raise Fell(
            f"{how}, and it raised {call.error}{call.remark}: it used a socket that it had closed. Where the loop is over, and none was connected, raise the last error.",
            22,
        )
    if "OSError" not in call.kinds:
        raise call.misuse() or Fell(
            f"{how}, and it raised {call.error}{call.remark}: whoever calls is ready for an OSError."
        )
    if call.error == "BlockingIOError" and any(each.method == "connect_ex" for each in call.socket_calls):
        raise Fell(
            f"{how}, and it raised {call.error}{call.remark}: that is the number that connect_ex gives when the socket's timeout is over. connect raises the error that says so, TimeoutError."
        )
    if not set(kinds) & set(call.kinds):
        raise Fell(
            f"{how}, and it raised {call.error}{call.remark}: the last of the errors was to come, {' or '.join(kinds)}, as it was raised."
        )
    _must_call_once(call, addresses)
    _must_have_closed(call)
    return call
