"""Patient 6, `localhost` is ::1: a name has a list of addresses, and the first of them is of no use."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.ports import quiet_port
from helpers.checking.verdicts import Fell
from helpers.exercises.lesson17.dialling import (
    REFUSED,
    Address,
    address_of,
    door6,
    must_connect,
    must_fail,
    tried,
)
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.patient import Patient
from helpers.exercises.unanswered import NOWHERE, bound, is_out_of_reach

mend_6 = Exercise(
    lesson=19,
    signature="mend_6(host, port)",
    brief="Patient 6 returns a socket that is connected to a server, of which it knows the name and the port. A name may have several addresses: it is to be the first that takes the call, in the order in which `socket.getaddrinfo` gives them. "
    "If none does, or the name has no address, it raises an OSError. No socket that failed stays open, and the one that it returns has no timeout. Mend it with as few lines as you can.",
    hints=(
        "How many addresses has the name? How many of them are called?",
        "A loop over all that getaddrinfo gives, with a `try` in it: an `OSError` means the next address, with another socket; one that failed is closed. Lesson 17 has it, and so has the standard library: you know it from lesson 14.",
        "`socket.create_connection((host, port))` is all of it: it asks getaddrinfo, and tries one address after the other.",
    ),
    sick="""
import socket

def mend_6(host, port):
    \"\"\"A socket that is connected to the server of that name.\"\"\"
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family, kind, proto, name, address = found[0]
    s = socket.socket(family, kind, proto)
    s.connect(address)
    return s
""",
    solution="""
import socket

def mend_6(host, port):
    \"\"\"A socket that is connected to the server of that name.\"\"\"
    s = socket.create_connection((host, port))
    return s
""",
    reasons="`create_connection` goes through the list, with a socket for each address, closes those that failed, and raises the error of one if none is left. To write '127.0.0.1' instead of the name mends it for this one server, until that moves to ::1. "
    "The server can mend it, too, for all its clients, by listening at both addresses. A client cannot count on that.",
)

NAME = "localhost"
"""Every computer's own, and with two addresses on most. Which they are, and in which order, the judge says."""


class _Named:
    """Calls the function with the name, which has the given addresses meanwhile."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, judge: Judge, addresses: Sequence[Address]) -> Call:
        return judge.call(NAME, self.port, [str(each[4][0]) for each in addresses], way="named", keep=True)


def _at(host: str, port: int) -> Address:
    """As getaddrinfo has it."""
    if ":" in host:
        return (int(socket.AF_INET6), int(socket.SOCK_STREAM), socket.IPPROTO_TCP, "", (host, port, 0, 0))
    return (int(socket.AF_INET), int(socket.SOCK_STREAM), socket.IPPROTO_TCP, "", (host, port))


def _port_of(door: socket.socket) -> int:
    return int(door.getsockname()[1])


def _elsewhere(judge: Judge) -> socket.socket | None:
    """A server that is not at 127.0.0.1: at ::1, or, where this computer has no IPv6, at another address of its own; None where it has none."""
    door = door6(judge)
    if door is not None:
        return door
    try:
        door = bound(judge, "127.0.0.2")
    except OSError:
        return None
    door.listen()
    return door


@mend_6.scenario(1, "`localhost` is 127.0.0.1, and the server is there")
def _one(judge: Judge) -> None:
    door = judge.door()
    must_connect(
        judge,
        [address_of(door)],
        door,
        how="`localhost` was 127.0.0.1, and the server listened there",
        begin=_Named(_port_of(door)),
    )


@mend_6.scenario(1, "`localhost` is ::1 first, and the server listens on 127.0.0.1 only")
def _first6(judge: Judge) -> None:
    door = judge.door()
    port = _port_of(door)
    must_connect(
        judge,
        [_at("::1", port), address_of(door)],
        door,
        how="`localhost` was ::1 and 127.0.0.1, in this order, and the server listened on 127.0.0.1 only",
        begin=_Named(port),
    )


@mend_6.scenario(2, "127.0.0.1 comes first, and the server listens elsewhere only")
def _other_way_round(judge: Judge) -> None:
    door = _elsewhere(judge)
    if door is None:
        return
    port, host = _port_of(door), str(door.getsockname()[0])
    must_connect(
        judge,
        [_at("127.0.0.1", port), _at(host, port)],
        door,
        how=f"`localhost` was 127.0.0.1 and {host}, in this order, and the server listened on {host} only",
        begin=_Named(port),
    )


@mend_6.scenario(2, "a server at both addresses: the first is called, and nobody else")
def _both(judge: Judge) -> None:
    door = judge.door()
    port = _port_of(door)
    other = door6(judge, port)
    if other is None:
        return
    for first, second in (other, door), (door, other):
        addresses = [_at(str(each.getsockname()[0]), port) for each in (first, second)]
        must_connect(judge, addresses, first, second, how="A server listened at both addresses", begin=_Named(port))


@mend_6.scenario(2, "three addresses: no way leads to the first, the second refuses")
def _three(judge: Judge) -> None:
    door = judge.door()
    port = _port_of(door)
    if not is_out_of_reach(NOWHERE):
        return  # this system asks all the same
    must_connect(
        judge,
        [_at(NOWHERE[0], port), _at("::1", port), address_of(door)],
        door,
        how="Of three addresses the last one took the call, to the first no way led",
        begin=_Named(port),
    )


@mend_6.scenario(2, "nobody listens, at neither address")
def _nobody(judge: Judge) -> None:
    port = _port_of(bound(judge))
    addresses = [_at("::1", port), _at("127.0.0.1", port)]
    call = must_fail(judge, addresses, ["OSError"], "Nobody listened, at ::1 nor at 127.0.0.1", begin=_Named(port))
    if len(tried(call)) < 2:
        raise Fell(
            "Neither address would have taken the call, and it called only one of them before it gave up. A name has as many addresses as getaddrinfo gives.",
            41,
        )


@mend_6.scenario(2, "the only address refuses")
def _only(judge: Judge) -> None:
    port = _port_of(bound(judge))
    must_fail(judge, [_at("127.0.0.1", port)], REFUSED, "The only address refused", begin=_Named(port))


@mend_6.scenario(3, "a name without an address")
def _no_name(judge: Judge) -> None:
    must_fail(judge, [], ["OSError"], "The name had no address (socket.gaierror)", begin=_Named(quiet_port()))


LIST = ["::1", "127.0.0.1"]
"""What `localhost` is on the patient's computer, and on most."""
CALLS = """import threading
from helpers.checking.ways import in_its_way
try:
    in_its_way('named', {{name}})({host!r}, {port}, {list})
except OSError as error:
    print(type(error).__name__)
    last = error
threading.Event().wait()"""
"""What starts the program, on a computer where the name has these addresses. (It keeps the error, and with it the socket: when Python would find that nobody needs it any more is luck.)"""


def _falls_ill(bed: Bed) -> None:
    address = bed.serve("server", lambda conn: conn.sendall(b"hello"))
    bed.record()
    program = bed.run(CALLS.format(host=NAME, port=address[1], list=LIST))
    bed.look("the program has given up")
    bed.note("what `localhost` is on the patient's computer", ", then ".join(LIST))
    bed.note("where the server listens", address[0])
    bed.note("what the program has printed", program.output.strip())
    for each in bed.calls("connect"):
        bed.note("whom it called", str(each.address[0]))
        if each.address[0] == LIST[0] and each.error != "ConnectionRefusedError":
            bed.note(
                "what is missing here",
                "::1, which most computers have. There nobody listens at it (ConnectionRefusedError); yours says that it is no address of its own. The illness is the same.",
            )


PATIENT = Patient(
    number=6,
    illness="localhost is ::1",
    complaint="The server runs, and its owner has tried it with a browser. This program, on the same computer, says that nobody is there. On a colleague's computer it works.",
    exercise=mend_6,
    falls_ill=_falls_ill,
    seats=("getaddrinfo", "connect"),
    yes="`connect` called the address that it was given, and nobody listens at ::1: so its error is true. The name has two addresses, as `getaddrinfo` says, and one was called; there is one `connect` in the picture. The server listens at the other one.",
    no={
        "socket": "It was made, and of the family that the address has: another one could not have called ::1 at all.",
        "bind": "The server is bound to 127.0.0.1, which is right for a server that only this computer is to reach. Were it bound to ::1 as well, this program would find it; but a client knows only what the list says.",
        "listen": "The kernel says LISTEN: the server is there. It was not called.",
        "accept": "The server's waits, since nobody has come: the kernel lists no connection. Who should have come?",
        "close": "Nobody has closed anything yet; what failed was before.",
        "sendall": "It did not come to that: nobody is connected.",
        "recv": "It did not come to that: nobody is connected.",
    },
    symptom='"connection refused", though the server runs and others reach it',
    states="LISTEN for the server, at another address than the one that was called; the client is not listed",
    mend="call one address after the other: `socket.create_connection`",
    lesson=17,
)
