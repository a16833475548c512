"""Processes that need not be started: copies of one that has been started for that, its template, which has loaded all that they need. A start costs 0.2 seconds of the processor, a copy a tenth of that.

Comes in: what Python is to run, its environment and its pipes. Goes out: a `Copy`, which is what `subprocess.Popen` is of a process that was started; or None, where it has to be started. Who imports it:
`process`. The other side: `template`.

Only Linux has both, a `fork` after which all works (on macOS the system's own libraries may not), and a handle of a process that is no child of ours (`pidfd`). The template is a child of this process, and ends with it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from helpers.running.processes.channels import MARK
from helpers.sockets.plain import pair_of_plain

AT_THE_START = ("PYTHON", "LD_", "LC_", "LANG", "MALLOC_", "GLIBC_", "TZ")
"""How those variables of the environment begin that are read as Python starts, and not again: a template holds for one state of them."""
ANSWERS = 60.0
"""Seconds that it has to start, and to answer: somebody may have stopped it."""


def new_token() -> str:
    """For a process of this one's: what stands in its environment, and in each line that it says. All are of one length."""
    return f"{os.getpid()}-{secrets.token_hex(8)}"


class Template:
    """The process that is copied."""

    def __init__(self, run: Sequence[str], environment: Mapping[str, str]) -> None:
        """`run`: what Python is to run; it is given a socket as an argument."""
        self.made_for = _at_the_start(run, environment)
        self._asking = threading.Lock()
        self._socket, there = pair_of_plain(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                [sys.executable, *run, str(there.fileno())],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env={**environment, MARK: new_token()}, pass_fds=[there.fileno()], process_group=0,
            )  # fmt: skip
        except BaseException:
            self._socket.close()
            raise
        finally:
            there.close()
        assert self._process.stdout is not None
        self._process.stdout.close()  # it is a pipe, as its copies' is, and Python has seen that; nobody reads it
        self.pid = self._process.pid

    def copy(self, token: str, environment: Mapping[str, str], there: int, back: int) -> Copy:
        """A copy with this environment, and these ends of pipes, in the folder in which this process is. OSError if it makes none."""
        output, theirs = os.pipe()
        try:
            folder = os.open(".", os.O_PATH)
            try:
                pid = self._ask([token, {**environment}], [there, back, theirs, folder])
            finally:
                os.close(folder)
            return Copy(self, pid, output)
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(theirs)

    @property
    def has_ended(self) -> bool:
        """Whether it was ended; it may have ended itself, too, which is seen when it is asked."""
        return int(self._socket.fileno()) < 0

    def exit_code(self, pid: int) -> int:
        """Of a copy that has ended, and is let go of. OSError if nobody knows."""
        return self._ask(pid, [])

    def end(self) -> None:
        """It makes no more copies. Those that there are run on."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """In a process that was forked: it is not this one's."""
        self._socket.close()

    def _ask(self, wish: object, fds: Sequence[int]) -> int:
        with self._asking:
            try:
                self._socket.settimeout(ANSWERS)
                socket.send_fds(self._socket, [json.dumps(wish).encode()], fds)
                answer = self._socket.recv(100)
                if not answer:
                    raise ConnectionError("the template has ended")
                return int(answer)
            except BaseException:  # also interrupted: the answer is nobody's
                self.end()
                raise


class Copy:
    """A process that a template has made; what `Popen` has, as far as it is needed here."""

    stdin: BinaryIO | None = None

    def __init__(self, template: Template, pid: int, output: int) -> None:
        """`output`: the end of the pipe in which comes what it prints; its own, from now on."""
        self.pid = pid
        self.returncode: int | None = None
        self._template = template
        self._looking = threading.Lock()
        self._handle = os.pidfd_open(pid)  # nobody lets go of it before it is asked how it ended: the number is its own
        self.stdout = os.fdopen(output, "rb", 0)

    def poll(self) -> int | None:
        """How it ended; None if it has not."""
        with self._looking:
            if self.returncode is None and _has_ended(self._handle):
                self._let_go()
            return self.returncode

    def wait(self) -> int:
        """Wait until it has ended; how."""
        while (code := self.poll()) is None:
            with self._looking:
                handle = os.dup(self._handle) if self.returncode is None else -1  # which somebody else may close
            if handle >= 0:
                try:
                    _has_ended(handle, None)
                finally:
                    os.close(handle)
        return code

    def send_signal(self, number: int) -> None:
        with self._looking, contextlib.suppress(ProcessLookupError):
            if self.returncode is None:
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _let_go(self) -> None:
        try:
            code = self._template.exit_code(self.pid)
        except OSError:  # the template was ended: nobody knows
            code = -signal.SIGKILL
        handle, self._handle = self._handle, -1
        os.close(handle)
        self.returncode = code


_template: Template | None = None
_making = threading.Lock()


def copy(run: Sequence[str], environment: Mapping[str, str], token: str, there: int, back: int) -> Copy | None:
    """A process that runs this, with the pipes `there` and `back`; None if there is no way but to start it."""
    for _ in range(2 if makes_copies() else 0):  # a template that nobody needed for long has ended
        with contextlib.suppress(OSError):
            return _template_for(run, environment).copy(token, environment, there, back)
    return None


def lasting() -> list[int]:
    """The number of the template's process, if there is one: beside it, nothing stays. It goes with one descriptor here."""
    return [_template.pid] if _template is not None and not _template.has_ended else []


def end_template() -> None:
    """End it, if there is one; whoever needs it next makes another one."""
    global _template
    with _making:
        template, _template = _template, None
        if template is not None:
            template.end()


def _template_for(run: Sequence[str], environment: Mapping[str, str]) -> Template:
    global _template
    with _making:
        if _template is not None and (_template.has_ended or _template.made_for != _at_the_start(run, environment)):
            _template.end()
            _template = None
        if _template is None:
            _template = Template(run, environment)
        return _template


def _at_the_start(run: Sequence[str], environment: Mapping[str, str]) -> object:
    return [*run], {name: value for name, value in environment.items() if name.startswith(AT_THE_START)}


@functools.cache
def makes_copies() -> bool:
    """Whether this system does."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:  # an old kernel, or one that is made to look so
        return False
    return True


def _has_ended(handle: int, milliseconds: int | None = 0) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(milliseconds))


def _forget() -> None:
    global _template, _making
    template, _template, _making = _template, None, threading.Lock()
    if template is not None:
        template.forget()


atexit.register(end_template)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
