"""A process that has loaded what others will need, and makes copies of itself: a copy is there in a tenth of the time that a start takes.

Comes in: a socket, through which somebody asks for copies, and for how they ended. Goes out: in each copy, its pipes' names, as if it had been started with them. It does nothing else, and has one thread:
so it can be copied (`fork`) in any moment. Who imports it: the judge's `child`. The other side: `copies`.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import socket

from helpers.sockets.owners import PROCESS_MARK

LONGEST_REQUEST = 1 << 18
"""Bytes: an environment fits, or the system would not have taken it."""
UNUSED = 300.0
"""Seconds without a copy, and without a wish for one, after which it ends: a host may have hundreds of learners, who read."""


def become_a_copy(fd: int) -> list[str]:
    """Make copies for whoever holds the other end of this socket, as long as they do. It returns in each copy: the names of its pipes."""
    import ctypes  # few systems make copies

    where = ctypes.CDLL(None).getenv
    where.restype = ctypes.c_void_p
    mark = where(PROCESS_MARK.encode())
    asked = socket.socket(fileno=fd)
    asked.settimeout(UNUSED)
    copies: set[int] = set()
    gc.collect()
    gc.freeze()  # copies share it, as long as nobody writes there
    while True:
        try:
            message, fds, _, _ = socket.recv_fds(asked, LONGEST_REQUEST, 4)
        except TimeoutError:
            if copies:
                continue
            os._exit(0)
        if not message:  # whoever asked has gone, and their copies see that, too
            os._exit(0)
        wish = json.loads(message)
        if isinstance(wish, int):
            _, status = os.waitpid(wish, 0)
            copies.discard(wish)
            asked.sendall(b"%d" % os.waitstatus_to_exitcode(status))
            continue
        pid = os.fork()
        if pid == 0:
            asked.close()
            token, environment = wish
            ctypes.memmove(mark, token.encode(), len(os.environ[PROCESS_MARK]))  # where others look for it (`marked`)
            return _begin({**environment, PROCESS_MARK: token}, fds)
        copies.add(pid)
        for each in fds:
            os.close(each)
        _lead_group(pid)  # so does the copy: whoever is first
        asked.sendall(b"%d" % pid)


def _begin(environment: dict[str, str], fds: list[int]) -> list[str]:
    """Be as one that was started just now, with these descriptors."""
    there, back, output, folder = fds
    _lead_group(0)
    os.fchdir(folder)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    os.close(folder)
    os.environ.clear()
    os.environ.update(environment)
    importlib.invalidate_caches()  # a file may have been written since
    return [str(there), str(back)]


def _lead_group(pid: int) -> None:
    with contextlib.suppress(OSError):  # it does, or has ended
        os.setpgid(pid, pid)
