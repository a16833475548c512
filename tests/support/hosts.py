"""Computers that lack something, to run lessons on: no IPv6, other names, no names at all. Each is a network and a few files of its own, which Linux gives to root, and mostly to any user.

Comes in: a `Host`, and lessons. Goes out: what of a lesson is not as its file has it, and what its cells put out.

A process becomes such a host where it has namespaces of its own, and nowhere else: whoever starts it names those that it must not be in.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ALONE = ["--net", "--mount"]
USER = ["--user", "--map-root-user"]
"""What a user needs who is not root."""
SIOCSIFFLAGS, SIOCDIFADDR = 0x8914, 0x8936
UP = 0x1 | 0x8 | 0x40  # and running, and a loopback
SWITCH = Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")
TIMEOUT = 110
"""Seconds for all lessons of one host."""


class Host(NamedTuple):
    """What is there."""

    ipv6: bool = True
    """False: IPv6 is switched off."""
    loopback6: bool = True
    """False: there is IPv6, and no ::1, as in some containers."""
    names: str = "127.0.0.1 localhost\n"
    """Its /etc/hosts; there is no name server."""


HOSTS = {
    "IPv6 is switched off": Host(ipv6=False),
    "localhost is ::1 first": Host(names="::1 localhost\n127.0.0.1 localhost\n"),
    "no names, and no ::1": Host(loopback6=False, names=""),
}


class Ran(NamedTuple):
    """What came of a lesson."""

    differences: list[str]
    """From its file, a line for each cell that has another output, or fails."""
    said: dict[str, str]
    """What each cell put out, as plain text."""


@functools.cache
def way_there() -> list[str] | None:
    """The command that gives its arguments a network and files of their own; None where this system, or this user, has none."""
    if sys.platform != "linux":
        return None
    for more in [], USER:
        command = ["unshare", *more, *ALONE]
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            _run(command, next(iter(HOSTS)), [])
            return command
    return None


def run_on(host: str, lessons: Iterable[Path]) -> dict[str, Ran]:
    """By the lesson's name."""
    command = way_there()
    assert command is not None
    return {name: Ran(*came) for name, came in json.loads(_run(command, host, lessons)).items()}


def _run(command: list[str], host: str, lessons: Iterable[Path]) -> str:
    """The last line that it prints, there."""
    start = [*command, sys.executable, "-m", __name__, *_namespaces(), host, *map(str, lessons)]
    return subprocess.run(start, capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout.splitlines()[-1]


def _namespaces() -> list[str]:
    """Those of this process."""
    return [os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "mnt")]


# On the host ----------------------------------------------------------------------------------------------------------


def become(host: Host) -> None:
    """OSError, or an AssertionError, where that cannot be."""
    import fcntl  # which Windows has not

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh", b"lo", UP))
    if not host.ipv6 and SWITCH.exists():
        SWITCH.write_text("1")
    if host.ipv6 and not host.loopback6 and _has_loopback6():
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            address = socket.inet_pton(socket.AF_INET6, "::1")
            fcntl.ioctl(s, SIOCDIFADDR, struct.pack("16sIi", address, 128, socket.if_nametoindex("lo")))
    _put("/etc/hosts", host.names)
    _put("/etc/resolv.conf", "")
    _put("/etc/nsswitch.conf", "hosts: files\n")
    assert not (_has_loopback6() and not (host.ipv6 and host.loopback6))
    assert _knows_localhost() == ("localhost" in host.names)


def _put(path: str, text: str) -> None:
    """Let the file at `path` be another one, for this process and those that it starts."""
    if not os.path.exists(path):
        return
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    subprocess.run(["mount", "--bind", os.path.realpath(file.name), os.path.realpath(path)], check=True)
    os.unlink(file.name)


def _has_loopback6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
            s.bind(("::1", 0))
    except OSError:
        return False
    return True


def _knows_localhost() -> bool:
    try:
        return bool(socket.getaddrinfo("localhost", 80))
    except socket.gaierror:
        return False


def _ran(path: Path) -> Ran:
    """Run a lesson, and compare it with its file, but for cells whose outputs are not compared."""
    from helpers.course.environment import Trouble
    from helpers.course.lessons import read
    from helpers.course.storing import read_rules, run, tidy

    stored, lesson = read(path), read(path)
    differences = []
    try:
        run(lesson, path.parent)
    except Trouble as trouble:
        differences.append(f"it fails: {trouble}")
    comparable = read_rules(compared=True)
    before, after = tidy(stored, comparable), tidy(lesson, comparable)
    differences += _differences(before, after)
    return Ran(differences, {cell.id: _said(cell) for cell in after.cells if cell.cell_type == "code"})


def _differences(before: Any, after: Any) -> Iterator[str]:
    for old, new in zip(before.cells, after.cells, strict=True):
        if old.cell_type != "code" or "nbval-ignore-output" in old.metadata.get("tags", []):
            continue
        was, came = _said(old), _said(new)
        if was != came:
            yield f"{old.id}: {came!r} where its file has {was!r}"


def _said(cell: Any) -> str:
    return "\n".join(map(_text, cell.outputs))


def _text(output: Any) -> str:
    """Of a picture its lines in no order: on a busy computer some stand lower, which is another test's business."""
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    data = output.get("data", {})
    text: str = output.get("text") or data.get("text/plain", "")
    return "\n".join(sorted(text.splitlines())) if "text/html" in data else text


def main(net: str, mnt: str, host: str, *lessons: str) -> None:
    """`net`, `mnt`: the namespaces of whoever started it."""
    if {net, mnt} & set(_namespaces()):
        sys.exit("Here others live: this would be done to them.")
    become(HOSTS[host])
    print(json.dumps({Path(each).name: _ran(Path(each)) for each in lessons}))


if __name__ == "__main__":
    main(*sys.argv[1:])
