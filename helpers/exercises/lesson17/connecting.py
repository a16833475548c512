"""A connection to the first of several addresses that takes the call: a name has more than one, and any of them may be of no use just now."""

from __future__ import annotations

import sys

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell
from helpers.exercises.lesson17.dialling import (
    NO_FAMILY,
    REFUSED,
    address_of,
    door6,
    doors,
    must_connect,
    must_fail,
    refused,
    refused6,
    tried,
)
from helpers.exercises.unanswered import NOWHERE, bound, full_queue, is_out_of_reach

connect_any = Exercise(
    lesson=17,
    signature="connect_any(addresses)",
    brief="Return a socket that is connected to the first of these addresses which takes the call. `addresses` is a list as `socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)` gives it. Try one after the other, each with "
    "a socket of its own, and wait for a second at most. Close those that failed. If none is left, raise the last OSError; an OSError also where the list is empty. The socket that you return waits without a timeout.",
    tidies=True,
    hints=(
        "A loop over the addresses, with a `try` in it. What does an address say that `socket.socket` has to know, and what `connect`? What is to be done with a socket that failed, before the next turn?",
        "`for family, kind, proto, _, address in addresses:`, and `socket.socket(family, kind, proto)` in the `try` as well: a system without IPv6 refuses it there. `settimeout(1)` before `connect`, `settimeout(None)` "
        "behind it, and `return`.",
        "Before the loop `last = OSError('no address')`; `except OSError as error:` and in it `last = error` (Python deletes `error` at the end of the clause), and `close()`, if there is a socket; after the loop `raise last`.",
    ),
    solution="""
import socket

def connect_any(addresses):
    last = OSError("there is no address")
    for family, kind, proto, _, address in addresses:
        s = None
        try:
            s = socket.socket(family, kind, proto)
            s.settimeout(1)
            s.connect(address)
            s.settimeout(None)
            return s
        except OSError as error:
            last = error
            if s is not None:
                s.close()
    raise last
""",
    shows="the first refuses, the second takes the call",
    reasons="Whatever an address says is handed on as it is: so it is the same for IPv4 and IPv6, and for what comes after them. OSError is the family of all that may happen: a refusal, silence (TimeoutError), no way there, a family that this system does not have. "
    "`with` would close the socket that is returned, too; here only those are closed that failed. The timeout is meant for `connect` alone, and taken off behind it.",
)


# Scenarios ------------------------------------------------------------------------------------------------------------


@connect_any.scenario(1, "one address, and a server there")
def _one(judge: Judge) -> None:
    door = judge.door()
    must_connect(judge, [address_of(door)], door, how="There was one address, and a server")


@connect_any.scenario(1, "the first refuses, the second takes the call")
def _second(judge: Judge) -> None:
    door = judge.door()
    must_connect(judge, [refused(judge), address_of(door)], door, how="The first address refused")


@connect_any.scenario(1, "nobody takes the call")
def _nobody(judge: Judge) -> None:
    nobody = [refused(judge), refused(judge)]
    must_fail(judge, nobody[:1], REFUSED, "The only address refused")
    call = must_fail(judge, nobody, REFUSED, "Both addresses refused")
    if len(tried(call)) < 2:
        raise Fell(
            "Both addresses would have refused, and it called only one of them before it gave up. A name has as many addresses as getaddrinfo gives.",
            41,
        )


@connect_any.scenario(2, "two servers: the first one is called, and nobody else")
def _first(judge: Judge) -> None:
    first, second = doors(judge, 2)
    must_connect(judge, [address_of(first), address_of(second)], first, second, how="Both addresses had a server")


@connect_any.scenario(2, "three refuse, the fourth takes the call, a fifth would have")
def _in_order(judge: Judge) -> None:
    fourth, fifth = doors(judge, 2)
    nobody = sorted((refused(judge) for _ in range(3)), key=lambda each: -int(str(each[4][1])))
    addresses = [*nobody, address_of(fourth), address_of(fifth)]
    call = must_connect(judge, addresses, fourth, fifth, how="Three addresses refused")
    expected = [each[4][1] for each in addresses[:4]]
    if (called := [port for _, port in tried(call)]) != expected:
        raise Fell(
            f"It called the ports {called}, and in the list they stand in the order {expected}. The system has put the best address first: try them as they come."
        )


@connect_any.scenario(2, "IPv6 and IPv4 in one list")
def _families(judge: Judge) -> None:
    door = judge.door()
    must_connect(judge, [refused6(), address_of(door)], door, how="The first address, of IPv6, failed")
    other = door6(judge)
    if other is not None:
        must_connect(
            judge,
            [refused(judge), address_of(other)],
            other,
            how="The first address, of IPv4, refused, and on ::1 was a server",
        )
        must_connect(
            judge,
            [address_of(other), address_of(door)],
            other,
            door,
            how="Both addresses had a server, and the first was ::1",
        )
        return
    try:  # without IPv6: the address is another one, as far as the system has others
        elsewhere = bound(judge, "127.0.0.2")
    except OSError:
        return
    elsewhere.listen()
    must_connect(
        judge,
        [refused(judge), address_of(elsewhere)],
        elsewhere,
        how="The first address refused, and on 127.0.0.2 was a server",
    )


@connect_any.scenario(2, "the first keeps silent, the second takes the call")
def _silent(judge: Judge) -> None:
    judge.busy = 3.0
    door = judge.door()
    must_connect(judge, [address_of(full_queue(judge)), address_of(door)], door, how="The first address kept silent")


@connect_any.scenario(3, "a family of addresses that this system does not have")
def _no_family(judge: Judge) -> None:
    door = judge.door()
    strange = (NO_FAMILY, *refused(judge)[1:])
    must_connect(
        judge, [strange, address_of(door)], door, how="The first address was of a family that this system does not have"
    )


@connect_any.scenario(3, "a place to which no way leads")
def _no_way(judge: Judge) -> None:
    door = judge.door()
    nowhere = (*refused(judge)[:4], NOWHERE)
    if not is_out_of_reach(NOWHERE):
        return  # this system asks all the same
    must_connect(judge, [nowhere, address_of(door)], door, how="To the first address no way leads")
    must_fail(judge, [nowhere, refused(judge)], REFUSED, "To the first address no way leads, the second refused")


@connect_any.scenario(3, "an empty list")
def _empty(judge: Judge) -> None:
    must_fail(judge, [], ["OSError"], "The list was empty")


@connect_any.scenario(3, "the first refuses, the other two keep silent")
def _last(judge: Judge) -> None:
    judge.busy = 3.0
    kinds = ["TimeoutError"] if sys.platform != "win32" else ["TimeoutError", "ConnectionRefusedError"]
    addresses = [refused(judge), address_of(full_queue(judge)), address_of(full_queue(judge))]
    must_fail(judge, addresses, kinds, "The first address refused, and the others kept silent, each for its second")
