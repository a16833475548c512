"""What the system's kernel says of TCP sockets, whichever process they are in; and of a thread of this one.

Two ways to ask. The whole list, on every system, takes some milliseconds: `tcp_sockets()` (through `psutil`, which reads /proc on Linux). A single end of a
local connection, on Linux only, takes 10 µs: `state()`, and `peer_queue()`, which says how much has arrived at the other end, and how much lies there
unread (through a netlink socket, `man 7 sock_diag`, which answers everybody). `works()` says whether that second way is there.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from helpers.sockets.addresses import covers, is_in_figures
from helpers.sockets.plain import plain_socket

# The whole list.

Address = tuple[str, int]


class KernelSocket(NamedTuple):
    """A line of the kernel's list."""

    local: Address
    remote: Address | None
    state: str
    descriptor: int
    pid: int | None
    """Whose it is; None: nobody's any more, or a process that may not be looked at."""


def in_figures(address: Any) -> Address:
    """Host and port, the host in figures. An IPv4 address that is written as IPv6 is that IPv4 address."""
    host, port = address[0], address[1]
    if host and not is_in_figures(host):
        try:
            host = socket.gethostbyname(host)
        except OSError:
            raise ValueError(f"There is no host called {host!r}.") from None
    return host.removeprefix("::ffff:"), port


def tcp_sockets() -> tuple[list[KernelSocket], str]:
    """The kernel's list of TCP sockets, and in words what of it cannot be seen here."""
    import psutil

    missing = ""
    try:
        rows = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        rows = _own_rows()
        missing = "Without an administrator's rights this system shows only the sockets of this process. "
    if missing or sys.platform == "darwin":
        # Here the list is made by asking each process for its sockets.
        missing += (
            "A socket that belongs to no process is not listed: after close (FIN_WAIT1, FIN_WAIT2, LAST_ACK, TIME_WAIT), "
            "or while it waits for accept."
        )
    return list(_listed(rows)), missing


def _own_rows() -> Any:
    """Those of this process. On macOS a socket that is closed while psutil looks makes it fail, now and then, with one error or another."""
    import psutil

    for _ in range(LOOKS):
        with contextlib.suppress(psutil.Error, OSError):
            return psutil.Process().net_connections("tcp")
    return []


def is_listened_at(host: str, port: int) -> bool | None:
    """Whether whoever calls that host, in figures, is heard; None: this system does not say. Nobody notices the question, as they would a connection."""
    try:
        entries, missing = tcp_sockets()
    except Exception:  # psutil is not there, or may not look
        return None
    listening = [entry.local for entry in entries if entry.state == "LISTEN"]
    if any(own_port == port and covers(own_host, host) for own_host, own_port in listening):
        return True
    return None if missing else False


LOOKS = 5
"""Times that the list of this process's own sockets is asked for, where asking fails."""


def _listed(rows: Any) -> Iterator[KernelSocket]:
    for row in rows:
        if row.laddr:
            remote = in_figures(row.raddr) if row.raddr else None
            yield KernelSocket(in_figures(row.laddr), remote, str(row.status), row.fd, getattr(row, "pid", os.getpid()))


# A single end of a connection.

_FAMILY_OF_DIAGNOSES = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_REQUEST = 1  # NLM_F_REQUEST
_TCP_INFO = 2  # INET_DIAG_INFO, the attribute that holds a tcp_info
_ANY_COOKIE = b"\xff" * 8
_HEADER = struct.Struct("=IHHII")
_QUERY = struct.Struct("=BBBBI")
_QUEUES = _HEADER.size + 4 + 48 + 4  # where the length of the receive queue stands
_ATTRIBUTES = _HEADER.size + 72
_BYTES_RECEIVED = 4 + 128  # in the attribute


class Queues(NamedTuple):
    """What lies in one end of a connection, in bytes."""

    unread: int
    unconfirmed: int
    """Sent, or to be sent, and not known to have arrived; the end of the stream counts as one."""


class PeerQueue(NamedTuple):
    """The other end's view of what it gets, in bytes."""

    arrived: int
    unread: int


STATES = {
    1: "ESTABLISHED",
    2: "SYN_SENT",
    3: "SYN_RECV",
    4: "FIN_WAIT1",
    5: "FIN_WAIT2",
    6: "TIME_WAIT",
    8: "CLOSE_WAIT",
    9: "LAST_ACK",
    10: "LISTEN",
    11: "CLOSING",
}
"""The kernel's numbers for the states of TCP (`include/net/tcp_states.h`)."""
PASSING = {"SYN_SENT", "SYN_RECV", "FIN_WAIT1", "CLOSING", "LAST_ACK"}
"""States that last for a moment, where both ends are on one computer: until the other end's answer comes. (The ACK of a FIN may be delayed, by some 40 ms on Linux. Longer they last only where the other end takes nothing.)"""


@functools.cache
def works() -> bool:
    """Whether the system answers about single sockets."""
    if not hasattr(socket, "AF_NETLINK"):
        return False
    try:
        plain_socket(socket.AF_NETLINK, socket.SOCK_RAW, _FAMILY_OF_DIAGNOSES).close()
    except OSError:  # some containers have no such thing
        return False
    return True


def peer_queue(sock: socket.socket) -> PeerQueue | None:
    """What has arrived at the other end of `sock`; None where the system does not say, or the other end is gone."""
    try:
        there, here = sock.getpeername(), sock.getsockname()
    except OSError:
        return None
    answer = _answer(sock.family, there, here)
    return _parsed(answer) if answer else None


def queues(family: int, local: Any, peer: Any) -> Queues | None:
    """What lies in the end at `local` whose other end is at `peer`; None where the system does not say, or there is no such end."""
    answer = _answer(family, local, peer)
    # Of a connection that is gone it names the listening socket.
    if not answer or _state_in(answer) == "LISTEN":
        return None
    return Queues(*struct.unpack_from("=II", answer, _QUEUES))


def state(local: tuple[str, int], peer: tuple[str, int] | None) -> str:
    """The state of the end at `local`, an IPv4 address, whose other end is at `peer` (None: it listens); "" where there is no such end."""
    answer = _answer(socket.AF_INET, local, peer or ("0.0.0.0", 0))
    found = _state_in(answer) if answer else ""
    # Of a connection that is gone it names the listening socket.
    return found if (found == "LISTEN") == (peer is None) else ""


def _answer(family: int, source: tuple[str, int], target: tuple[str, int]) -> bytes | None:
    """What the kernel says of the end at `source` whose other end is at `target`; None where it does not say, or there is no such socket."""
    if not works():
        return None
    try:
        return _ask(family, source, target)
    except OSError:
        return None


def _state_in(answer: bytes) -> str:
    return STATES.get(answer[_HEADER.size + 1], "")


def _ask(family: int, source: tuple[str, int], target: tuple[str, int]) -> bytes | None:
    """What the kernel says of the end at `source` whose other end is at `target`; None if there is no such socket. OSError where it does not answer."""
    with plain_socket(socket.AF_NETLINK, socket.SOCK_RAW, _FAMILY_OF_DIAGNOSES) as asked:
        asked.setblocking(False)  # the answer is there when `send` comes back
        asked.send(_query(family, source, target))
        answer = asked.recv(8192)
    return answer if _HEADER.unpack_from(answer)[1] == _BY_FAMILY else None


def _query(family: int, source: tuple[str, int], target: tuple[str, int]) -> bytes:
    hosts = b"".join(socket.inet_pton(family, end[0]).ljust(16, b"\0") for end in (source, target))
    ports = struct.pack("!HH", source[1], target[1])
    query = _QUERY.pack(family, socket.IPPROTO_TCP, 1 << (_TCP_INFO - 1), 0, 0xFFFFFFFF)
    query += ports + hosts + struct.pack("=I", 0) + _ANY_COOKIE
    return _HEADER.pack(_HEADER.size + len(query), _BY_FAMILY, _REQUEST, 1, 0) + query


def _parsed(answer: bytes) -> PeerQueue | None:
    (unread,) = struct.unpack_from("=I", answer, _QUEUES)
    at = _ATTRIBUTES
    while at < len(answer):
        length, kind = struct.unpack_from("=HH", answer, at)
        if kind == _TCP_INFO and length >= _BYTES_RECEIVED + 8:
            return PeerQueue(struct.unpack_from("=Q", answer, at + _BYTES_RECEIVED)[0], unread)
        at += max((length + 3) & ~3, 4)
    return None


# A thread.


def time_run(native_id: int) -> str | None:
    """For how long a thread of this process that sleeps has run so far, as the kernel says it (Linux); None: it does not sleep, or nobody says."""
    state = thread_state(native_id)
    try:
        with open(f"/proc/self/task/{native_id}/schedstat", encoding="ascii") as file:
            ran = file.read().split()[0]
    except (OSError, IndexError):
        return None
    return ran if state == "S" and ran != "0" else None


def awaits_its_turn(native_id: int) -> bool:
    """Whether a thread of this process could go on and has no turn on the processor yet, as far as the kernel says it: what it waited for has come."""
    return thread_state(native_id) == "R"


def thread_state(native_id: int, process: int | str = "self") -> str:
    """As the kernel says it (Linux): "R" for a thread that runs or could, "S" for one that sleeps, …; "": it has ended, or nobody says."""
    try:
        with open(f"/proc/{process}/task/{native_id}/stat", "rb") as file:
            return chr(file.read().rpartition(b") ")[2][0])
    except (OSError, IndexError):
        return ""


def time_run_is_told() -> bool:
    """Whether the kernel says that of any thread."""
    try:
        with open("/proc/self/schedstat", encoding="ascii") as file:
            return file.read().split()[:1] != ["0"]
    except OSError:
        return False


def time_wanted(native_id: int, process: int | str = "self") -> float:
    """Seconds for which a thread ran, or waited for its turn to, as the kernel says it (Linux); 0.0: nobody says. That tells one which computes without a pause from one that waits, however many others want the processor."""
    return sum(_schedule(native_id, process))


def time_queued(native_id: int) -> float:
    """Seconds for which a thread of this process waited for its turn on the processor, as the kernel says it (Linux); 0.0: nobody says."""
    return _schedule(native_id, "self")[1]


def _schedule(native_id: int, process: int | str) -> tuple[float, float]:
    """Seconds for which a thread ran, and for which it waited for its turn to."""
    try:
        with open(f"/proc/{process}/task/{native_id}/schedstat", encoding="ascii") as file:
            ran, waited, _ = file.read().split()
    except (OSError, ValueError):
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9


def time_of_process(process: int) -> float:
    """Seconds for which all threads of a process ran, as the kernel says it (Linux), and exactly for those that sleep; 0.0: nobody says."""
    try:
        return time.clock_gettime(~process << 3 | 2)  # as clock_getcpuclockid(3) makes it
    except (AttributeError, OSError):
        return 0.0


def naps(native_id: int) -> bool:
    """Whether a thread of this process sleeps for a time, and goes on by itself, as far as the kernel says it (Linux)."""
    try:
        with open(f"/proc/self/task/{native_id}/wchan", encoding="ascii", errors="replace") as file:
            return "nanosleep" in file.read()
    except OSError:
        return False
