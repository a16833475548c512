"""What makes a process look like one on macOS, or on Windows. Each line stands for something that their documentation says.

Imports no pytest: the judge's child reads it as it starts.
"""

from __future__ import annotations

import _socket
import ast
import errno
import importlib
import inspect
import math
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from typing import Any, NoReturn, Protocol

MAC, WINDOWS = "darwin", "win32"
"""As `sys.platform` calls them."""
VARIABLE = "TESTS_AS_ON"
"""An environment variable that says which of them a process is to look like."""


class Patch(Protocol):
    """`pytest.MonkeyPatch`, or `Forever`."""

    def setattr(self, target: Any, name: str, value: object, raising: bool = ...) -> None: ...

    def delattr(self, target: Any, name: str, raising: bool = ...) -> None: ...


class Forever:
    """In a process that ends as it is."""

    def setattr(self, target: Any, name: str, value: object, raising: bool = True) -> None:
        setattr(target, name, value)

    def delattr(self, target: Any, name: str, raising: bool = True) -> None:
        if raising or hasattr(target, name):
            delattr(target, name)


class _Named:
    """A module of the standard library, but for some of its names: what a module of the helpers sees of it."""

    def __init__(self, module: Any, without: str = "", **names: object) -> None:
        vars(self).update(names, _module=module, _without=without)

    def __getattr__(self, name: str) -> Any:
        if name == self._without:
            raise AttributeError(name)
        return getattr(self._module, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._module, name, value)


def look_like(system: str, patch: Patch) -> None:
    """Sockets, threads and the kernel, as whoever runs a program sees them: the notebook's process, and the judge's child."""
    _no_kernel_that_tells(patch)
    _sockets_in_turns(patch)
    _calls_that_fail(patch)
    if system == WINDOWS:
        _as_on_windows(patch)
        patch.setattr(_helpers("running.processes.streams"), "is_readable", _readable_in_turns)
        if os.environ.get("NETWORKING_COURSE_PROGRAM"):
            patch.setattr(_helpers("running.processes.child"), "os", _Named(os, name="nt"))
        patch.setattr(_helpers("sockets.install"), "sys", _Named(sys, platform=system))
    for name in ("sockets.holders", "sockets.kernel", "sockets.bypassing", "sockets.registry", "sockets.advice"):
        patch.setattr(_helpers(name), "sys", _Named(sys, platform=system), raising=False)


def look_like_for_starters(system: str, patch: Patch) -> None:
    """The same for what is asked of the system by whoever starts processes: the judge, and programs in processes of their own."""
    import psutil

    for name in ("checking.process", "running.processes.process"):
        patch.setattr(_helpers(name), "TASKS", "/no/proc/{}/task")
    for name in ("checking.play", "exercises.lesson02", "exercises.lesson04"):
        patch.setattr(_helpers(name), "sys", _Named(sys, platform=system), raising=False)
    patch.setattr(_helpers("running.processes.copies"), "makes_copies", lambda: False)
    if system == MAC:
        patch.setattr(psutil, "net_connections", _denied)
        return
    process = _helpers("running.processes.process")
    for name in ("running.processes.process", "running.processes.program"):
        patch.setattr(_helpers(name), "os", _Named(os, name="nt"))
    patch.setattr(process, "is_readable", _readable_in_turns)
    patch.setattr(_helpers("checking.judge"), "DEARER", 3)
    seconds = process.ChildProcess.seconds
    patch.setattr(
        process.ChildProcess, "seconds", lambda self: math.floor(seconds(self) * 64) / 64
    )  # in steps of 15.6 ms
    send_signal = subprocess.Popen.send_signal

    def send_some_signals(self: Any, number: int) -> None:
        if number == signal.SIGINT:
            raise ValueError(f"Unsupported signal: {number}")
        send_signal(self, number)

    patch.setattr(subprocess.Popen, "send_signal", send_some_signals)


def _readable_in_turns(fd: int, seconds: float = 0) -> bool:
    """Windows: nothing waits for a pipe, one can only look into it."""
    return bool(
        _helpers("running.processes.pipes").in_turns(fd, seconds, _helpers("running.processes.pipes").is_readable)
    )


def _helpers(name: str) -> Any:
    return importlib.import_module(f"helpers.{name}")


def _denied(kind: str = "inet") -> NoReturn:
    """macOS: only root may ask for every process's sockets (github.com/giampaolo/psutil/issues/1219)."""
    import psutil

    raise psutil.AccessDenied


def _no_kernel_that_tells(patch: Patch) -> None:
    """No /proc, no netlink, no TCP_INFO that is laid out as Linux's, no clock of another thread, no name for a socket."""
    patch.setattr(_helpers("sockets.kernel"), "works", lambda: False)
    for name in ("sockets.kernel", "running.rest"):
        patch.setattr(_helpers(name), "time_run", lambda native_id: None)
        patch.setattr(_helpers(name), "naps", lambda native_id: False)
    patch.setattr(_helpers("running.rest"), "_TELLS", False)
    patch.setattr(_helpers("sockets.bypassing"), "moved", lambda sock: None)
    patch.setattr(_helpers("sockets.registry"), "_name", lambda descriptor: None)
    patch.delattr(time, "pthread_getcpuclockid", raising=False)


def _sockets_in_turns(patch: Patch) -> None:
    """`shutdown` does not wake every call that is blocked."""
    install, polling = _helpers("sockets.install"), _helpers("sockets.polling").PollingSocket
    patch.setattr(install, "TRACED", polling)
    if "helpers.link.link" in sys.modules:
        patch.setattr(sys.modules["helpers.link.link"], "TRACED", polling)
    patch.setattr(_helpers("sockets.waking"), "WOKEN_BY_SHUTDOWN", False)


def _calls_that_fail(patch: Patch) -> None:
    plain = _helpers("sockets.plain").Plain

    def shutdown(self: Any, how: int) -> None:
        """ENOTCONN for whoever has no peer: a listening socket."""
        _socket.socket.getpeername(self)
        _socket.socket.shutdown(self, how)

    def setsockopt(self: Any, *args: Any) -> None:
        """macOS: EINVAL where both directions are over (github.com/envoyproxy/envoy/issues/1446)."""
        if _is_over(self):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        _socket.socket.setsockopt(self, *args)

    patch.setattr(plain, "shutdown", shutdown, raising=False)
    patch.setattr(plain, "setsockopt", setsockopt, raising=False)


def _is_over(sock: Any) -> bool:
    """Whether nothing more can come or go."""
    if sock.fileno() < 0 or sock.type != socket.SOCK_STREAM:
        return False
    try:
        _socket.socket.getpeername(sock)
    except OSError:
        trace = getattr(sock, "_trace", None)
        return trace is not None and trace.role in ("client", "server", "pair") and trace.peer is not None
    return False


def _as_on_windows(patch: Patch) -> None:
    """`select` and nothing else; no MSG_DONTWAIT; pairs of sockets made by Python; nobody is reached at 0.0.0.0."""
    patch.setattr(_helpers("sockets.plain"), "select", _Named(select, without="poll"))
    patch.setattr(selectors, "DefaultSelector", selectors.SelectSelector)
    patch.setattr(selectors.SelectSelector, "_select", _select_of_windows)
    patch.setattr(_helpers("sockets.polling"), "DONTWAIT", 0)
    install, plain = _helpers("sockets.install"), _helpers("sockets.plain")
    patch.setattr(install, "pair_of_plain", plain.with_plain_sockets(pair_in_python()))

    def connect_ex(self: Any, address: Any) -> int:
        if isinstance(address, tuple) and address[0] in ("0.0.0.0", "::"):
            return errno.EADDRNOTAVAIL
        return _socket.socket.connect_ex(self, address)

    def sendto(self: Any, data: Any, *rest: Any) -> int:
        if rest and isinstance(rest[-1], tuple) and rest[-1][0] in ("0.0.0.0", "::"):
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        return _socket.socket.sendto(self, data, *rest)

    patch.setattr(plain.Plain, "connect_ex", connect_ex, raising=False)
    patch.setattr(plain.Plain, "sendto", sendto, raising=False)


def _select_of_windows(self: Any, rlist: Any, wlist: Any, _: Any, timeout: float | None = None) -> Any:
    """As `selectors` has it there: a connect that failed is exceptional."""
    readable, writable, exceptional = select.select(rlist, wlist, wlist, timeout)
    return readable, writable + exceptional, []


def pair_in_python() -> Any:
    """`socketpair` as `socket.py` has it for systems that have none: its own code, which is there on all of them, if not as a function."""
    for node in ast.walk(ast.parse(inspect.getsource(socket))):
        if isinstance(node, ast.FunctionDef) and "socketpair" in node.name and "listen" in ast.dump(node):
            made: dict[str, Any] = {}
            exec(compile(ast.Module([node], []), socket.__file__, "exec"), vars(socket), made)
            return made[node.name]
    raise LookupError("socket.py makes no pairs of sockets any more")
