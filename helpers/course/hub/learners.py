"""Who the learners are, and how something is done with a learner's rights and no more.

In: the system's accounts. Out: `Learner`s; what a program that ran as one of them has written, bounded in size and in time. Root opens nothing in a learner's home: a link there may lead anywhere.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

from helpers.course.environment import Trouble

if TYPE_CHECKING:
    import pwd

GROUP = "learners"
"""The group whose members are the class."""
TEACHERS = "instructors"
"""The group whose members see in the hub who is there, and may read what learners share; if there is one."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""An account's name that is a folder's name, and an address, as it stands."""


class Learner(NamedTuple):
    """An account of the class."""

    name: str
    uid: int
    gid: int
    home: str


class Answer(NamedTuple):
    """What a program that ran as a learner has left."""

    status: int | None
    """None where it was ended: it took too long, or wrote too much."""
    out: bytes


def learners(wanted: Sequence[str] = ()) -> list[Learner]:
    """The class, by name, or those of it that are wanted."""
    import grp
    import pwd

    try:
        group = grp.getgrnam(GROUP)
    except KeyError:
        raise Trouble(f"There is no group {GROUP}, whose members are the class: groupadd {GROUP}") from None
    accounts = [each for each in pwd.getpwall() if each.pw_gid == group.gr_gid]
    for name in group.gr_mem:  # asked for one by one: a directory of a university does not list them all
        try:
            accounts.append(pwd.getpwnam(name))
        except KeyError:
            raise Trouble(f"{name!r} of the group {GROUP} has no account: gpasswd --delete {name} {GROUP}") from None
    found = {each.pw_name: Learner(each.pw_name, each.pw_uid, each.pw_gid, each.pw_dir) for each in accounts}
    for name in [*wanted, *found]:
        if name not in found:
            raise Trouble(f"{name!r} is nobody of the group {GROUP}: usermod --append --groups {GROUP} {name}")
        if not NAME.fullmatch(name) or found[name].uid == 0:
            raise Trouble(f"{name!r} cannot be a learner: it is root, or its name is no name of a folder.")
    if not found:
        raise Trouble(f"The group {GROUP} has no members: usermod --append --groups {GROUP} NAME")
    return [found[name] for name in sorted(set(wanted) or found)]


def of_class(name: str) -> pwd.struct_passwd:
    """The account, if somebody of the class has it, or who teaches. Nobody else gets a server: whoever may use `/hub/admin` could have one started for root."""
    import grp
    import pwd

    try:
        account = pwd.getpwnam(name)
    except KeyError:
        raise Trouble(f"{name!r} has no account on this machine.") from None
    groups = {each.gr_gid for each in grp.getgrall() if each.gr_name in (GROUP, TEACHERS)}
    if account.pw_uid == 0 or groups.isdisjoint(os.getgrouplist(name, account.pw_gid)):
        raise Trouble(f"{name!r} is neither of the group {GROUP} nor of {TEACHERS}, and gets no server.")
    return account


def refuse_others() -> None:
    """Whoever is to act as each learner has to be root."""
    if sys.platform != "linux":
        raise Trouble("A class on one machine needs Linux: only there has each learner a network of their own.")
    if os.geteuid() != 0:
        raise Trouble("Only root may act as each learner: sudo python3 -m helpers hub …")


def act_as(learner: Learner, module: str, *arguments: str, seconds: float, most: int) -> Answer:
    """What this module of the course writes, run as the learner: `most` bytes, in so many `seconds`, or it is ended.

    The learner's other processes can do with it as they like, so nothing that it says is believed.
    """
    environment = {
        "HOME": learner.home,
        "USER": learner.name,
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
    }
    groups = ",".join(map(str, os.getgrouplist(learner.name, learner.gid)))
    rights = ["setpriv", f"--reuid={learner.uid}", f"--regid={learner.gid}", f"--groups={groups}"]
    try:
        process = subprocess.Popen(
            # In a network in which nothing is: whoever took the program over would be in the machine's.
            ["unshare", "--net", *rights, sys.executable, "-I", "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,  # no terminal of root's, into which it could type
            umask=0o077,
        )
    except OSError as error:  # the machine has no more of something
        return Answer(error.errno, b"")
    assert process.stdout
    out = status = None
    try:
        with process.stdout:
            out = _read(process.stdout, time.monotonic() + seconds, most)
        if out is not None:
            status = _ended(process)  # None: it closed its output, and goes on
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if _ended(process) is None:
            process.returncode = -signal.SIGKILL  # so it will be, and nobody asks any more
    return Answer(status, out or b"")


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    """Its status. Not even one that was killed is waited for without a bound: whoever traces it (ptrace), as the learner may, keeps its end from us."""
    try:
        return process.wait(1)
    except subprocess.TimeoutExpired:
        return None


def _read(stream: IO[bytes], deadline: float, most: int) -> bytes | None:
    """All that comes, up to its end. None if that is later, or more."""
    got = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while selector.select(max(0, deadline - time.monotonic())):
            piece = os.read(stream.fileno(), 1 << 20)
            if not piece:
                return bytes(got)
            got += piece
            if len(got) > most:
                return None
    return None
