"""Who holds an address that could not be bound: one of this process's own sockets, another program, or nobody any more.

Comes in: the socket whose `bind` or `listen` failed, and the address. Goes out: a `Holder`, found among the live traced sockets and in the kernel's list; for the
path of an AF_UNIX socket, what lies there. Only `advice` uses it, which puts it into a sentence.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple

from helpers.sockets import owners
from helpers.sockets.addresses import covers, plain_address, port_of
from helpers.sockets.kernel import KernelSocket, tcp_sockets
from helpers.sockets.owners import PROCESS_MARK, PROGRAM_NAME
from helpers.sockets.plain import plain_socket
from helpers.sockets.registry import live_sockets
from helpers.words import visible


class Kind(Enum):
    """What an address is held by."""

    OWN = auto()
    """A traced socket of this process."""
    PROCESS = auto()
    """This process, by a socket that is not traced: one of Jupyter's, or one that was made before."""
    OURS = auto()
    """A program of this notebook that runs in a process of its own."""
    NOTEBOOK = auto()
    """The notebook, where a program asks that runs in a process of its own."""
    PROGRAM = auto()
    """Another program."""
    ENDED = auto()
    """No program: a connection that has ended, whose address the system keeps."""
    STALE = auto()
    """No program: the file of an AF_UNIX socket that has gone."""
    FILE = auto()
    """A file that is no socket."""
    UNSEEN = auto()
    """Nobody that the system lists, though its list is whole."""
    UNKNOWN = auto()
    """This system does not say."""


class Holder(NamedTuple):
    kind: Kind
    socket: socket.socket | None = None
    """Of OWN."""
    program: str = ""
    """Of PROGRAM, as far as the system says it. Of OURS, what it is called."""
    state: str = ""
    """Of ENDED: the kernel's word for it."""
    remote: Any = None
    """Of ENDED: the other end."""


WITHOUT_PROCESS = {"TIME_WAIT", "FIN_WAIT1", "FIN_WAIT2", "LAST_ACK", "CLOSING"}
"""States of an end that its program has closed."""


def holder(sock: socket.socket, address: Any) -> Holder:
    """Who holds `address`, which `sock` could not have."""
    if port_of(address) is None:
        return _holder_of_path(sock, address)
    own = [each for each in live_sockets() if each is not sock and _is_in_the_way(each, sock, address)]
    for each in own:
        if _listens(each):
            return Holder(Kind.OWN, each)
    listed, whole = _listed(sock, address)
    for entry in listed:
        if entry.state == "LISTEN":
            return _program(entry)
    if own:
        return Holder(Kind.OWN, own[0])
    for entry in listed:
        if entry.state not in WITHOUT_PROCESS and entry.pid != os.getpid():
            return _program(entry)
    # On Windows such an end is in nobody's way.
    ended = [entry for entry in listed if entry.state in WITHOUT_PROCESS and not entry.pid and sys.platform != "win32"]
    if ended:
        worst = min(ended, key=lambda entry: entry.state == "TIME_WAIT")  # that goes by itself
        return Holder(Kind.ENDED, state=worst.state, remote=worst.remote)
    return Holder(Kind.UNSEEN if whole else Kind.UNKNOWN)


# Sockets of this process


def _is_in_the_way(own: socket.socket, sock: socket.socket, address: Any) -> bool:
    if own.type != sock.type or not _overlap(_bound(own), _resolved(sock, address)):
        return False
    # Linux lets two share that both have the option, until one of them listens.
    return _listens(own) or not (sys.platform == "linux" and reuses(own) and reuses(sock))


def _bound(sock: socket.socket) -> Any:
    try:
        return plain_address(sock.getsockname())
    except OSError:
        return None


def _resolved(sock: socket.socket, address: Any) -> Any:
    """`address` as `getsockname` would give it."""
    host, port = address[0], address[1]
    if not host:
        return ("::" if sock.family == socket.AF_INET6 else "0.0.0.0"), port
    with contextlib.suppress(OSError):
        host = socket.getaddrinfo(host, port, sock.family, sock.type)[0][4][0]
    return plain_address((host, port))


def _overlap(one: Any, other: Any) -> bool:
    """Whether two addresses in figures stand in each other's way: the same port, and a host in common."""
    if port_of(one) is None or port_of(one) != port_of(other):
        return False
    return covers(one[0], other[0]) or covers(other[0], one[0])


def _listens(sock: socket.socket) -> bool:
    try:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except (OSError, AttributeError):
        trace = getattr(sock, "_trace", None)
        return getattr(trace, "role", "") == "listening"


def reuses(sock: socket.socket) -> bool:
    """Whether it has SO_REUSEADDR."""
    return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))


# The kernel's list


def _listed(sock: socket.socket, address: Any) -> tuple[list[KernelSocket], bool]:
    """The lines of the kernel's list that stand in the way, and whether it lists all there is."""
    if sock.type != socket.SOCK_STREAM:
        # What holds it is a socket, and not of this process: a datagram's address is not kept after its end.
        return [], True
    try:
        entries, missing = tcp_sockets()
    except Exception:
        # psutil is not there, or may not look: whatever it is, the error that is being explained matters more.
        return [], False
    wanted = _resolved(sock, address)
    return [entry for entry in entries if _overlap(entry.local, wanted)], not missing


def _program(entry: KernelSocket) -> Holder:
    if entry.pid == os.getpid():
        return Holder(Kind.PROCESS)
    notebook = _notebook(os.environ) or os.getpid()
    if entry.pid == notebook:
        return Holder(Kind.NOTEBOOK)
    environment = _environment_of(entry.pid)
    if _notebook(environment) == notebook and PROGRAM_NAME in environment:
        return Holder(Kind.OURS, program=visible(environment[PROGRAM_NAME]))
    return Holder(Kind.PROGRAM, program=_name_of(entry.pid))


def _notebook(environment: Mapping[str, str]) -> int | None:
    """The process of the notebook to which a process with this environment belongs; None: to none."""
    number = environment.get(PROCESS_MARK, "").partition("-")[0]
    return int(number) if number.isdecimal() else None


def _environment_of(pid: int | None) -> Mapping[str, str]:
    import psutil

    try:
        return psutil.Process(pid).environ() if pid else {}
    except (psutil.Error, OSError):
        return {}


def _name_of(pid: int | None) -> str:
    """`python3 server.py (process 4711)`; "" where the system does not say."""
    if not pid:
        return ""
    import psutil

    try:
        process = psutil.Process(pid)
        scripts = [Path(word).name for word in process.cmdline()[1:2] if word.endswith(".py")]
        return visible(" ".join([process.name(), *scripts])) + f" (process {pid})"
    except (psutil.Error, OSError):
        return f"process {pid}"


# AF_UNIX: a path


def _holder_of_path(sock: socket.socket, address: Any) -> Holder:
    path = os.fsencode(address) if isinstance(address, (str, bytes)) else b""
    for own in live_sockets():
        if own is not sock and own.family == sock.family and _same_path(_bound(own), path) and _is_alive(path):
            return Holder(Kind.OWN, own)
    if path.startswith(b"\0"):
        return Holder(Kind.PROGRAM)
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return Holder(Kind.FILE)
    except OSError:
        return Holder(Kind.UNKNOWN)
    alive = _is_alive(path)
    return Holder(Kind.UNKNOWN if alive is None else Kind.PROGRAM if alive else Kind.STALE)


def _same_path(bound: Any, path: bytes) -> bool:
    if not isinstance(bound, (str, bytes)) or not bound:
        return False
    own = os.fsencode(bound)
    return own == path or (b"\0" not in (own + path) and os.path.abspath(own) == os.path.abspath(path))


def _is_alive(path: bytes) -> bool | None:
    """Whether a socket stands behind the path; None: the system does not say. A datagram socket asks: one of a server's kind would be a client to it."""
    if path.startswith(b"\0"):
        return True  # a name without a file goes with its socket
    with plain_socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asks:
        code = asks.connect_ex(path)
    if code in (0, errno.EPROTOTYPE, errno.EPERM):
        return True
    return False if code == errno.ECONNREFUSED else None


# What the learner calls it


def names_of(sock: socket.socket) -> Iterator[str]:
    """How the notebook, or the script, can write `sock`: a variable, or one step from a variable."""
    mine = _variables()
    yield from (name for name, value in mine.items() if value is sock)
    for name, value in mine.items():
        if isinstance(value, (list, tuple)):
            yield from (f"{name}[{at}]" for at, each in enumerate(value) if each is sock)
        elif isinstance(value, dict):
            yield from (f"{name}[{key!r}]" for key, each in value.items() if each is sock)
        else:
            yield from (f"{name}.{attribute}" for attribute, each in _attributes(value).items() if each is sock)


def _attributes(value: Any) -> dict[str, Any]:
    try:
        return dict(vars(value)) if not isinstance(value, type(sys)) else {}
    except (TypeError, RuntimeError):
        return {}


def owner_of(sock: socket.socket) -> owners.Owner | None:
    """The program or server that answers for `sock`; None: the notebook itself."""
    for who in set(owners.everybody().values()):
        if any(each is sock for each in who.sockets()):
            return who
    return None


def variable_of(who: owners.Owner) -> str:
    """A variable that stands for a program or a server; "" where there is none."""
    return next((name for name, value in _variables().items() if value is who), "")


def variable_of_program(name: str) -> str:
    """The same for a program in a process of its own, of which only the name is known."""
    programs = ((variable, value) for variable, value in _variables().items() if hasattr(value, "exit_status"))
    return next((variable for variable, value in programs if getattr(value, "name", "") == name), "")


def _variables() -> dict[str, Any]:
    """Those of the notebook, or the script, by their names."""
    variables = dict(vars(sys.modules.get("__main__", sys)))
    return {name: value for name, value in variables.items() if not name.startswith("_")}
