"""What one learner tries, to see another: run in a kernel, or as a program, with the learner's rights. What it could do is `seen`; each word of it is a hole."""

from __future__ import annotations

import contextlib
import os
import socket
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HUB = "198.18.255.254"
MACHINES = {"a service of the machine", "a service, by the machine's end of the other's cable"}
"""What is the machine's and no learner's, among what is tried."""


def pry(them: Mapping[str, Any]) -> list[str]:
    """`them`: where the other one's things are, as root knows it: home, pids, kernel's sockets, the server's address, the machine's end of the cable; and the port of a program of the machine's that listens on all its addresses."""
    tries: dict[str, Callable[[], object]] = {
        "port 65431": lambda: socket.create_connection(("127.0.0.1", 65431), 2).close(),
        "the server": lambda: socket.create_connection(tuple(them["address"]), 2).close(),
        "port 65431 by the other's address": lambda: socket.create_connection((them["address"][0], 65431), 2).close(),
        "home": lambda: os.listdir(them["home"]),
        "a notebook": lambda: Path(them["home"], "my-networking-course/notebooks/04-two-command-windows.ipynb").stat(),
        "what is shared": lambda: os.listdir(them["shared"]),
        "who shares": lambda: os.listdir(Path(them["shared"]).parent),
        "a name among those who share": lambda: Path(them["shared"]).with_name("somebody").mkdir(),
        "the hub's secrets": lambda: os.listdir(them["secrets"]),
        "the proxy's table": lambda: socket.create_connection(("127.0.0.1", 8001), 2).close(),
        "the proxy's table by the hub's address": lambda: socket.create_connection((HUB, 8001), 2).close(),
        "the hub's users": lambda: _ask("users"),
        "the other's account": lambda: _ask(f"users/{them['name']}"),
        "the world": lambda: socket.create_connection(("192.0.2.1", 80), 2).close(),
        "a service of the machine": lambda: _by_the_cable(HUB, them["service"]),
        "a service, by the machine's end of the other's cable": lambda: _by_the_cable(them["cable"], them["service"]),
        "the server, past the routes": lambda: _by_the_cable(*them["address"]),
    }
    for pid in them["pids"]:
        tries |= {
            f"process {pid}, environment": lambda pid=pid: Path(f"/proc/{pid}/environ").read_bytes(),  # type: ignore[misc]
            f"process {pid}, files": lambda pid=pid: os.listdir(f"/proc/{pid}/fd"),  # type: ignore[misc]
            f"process {pid}, memory": lambda pid=pid: Path(f"/proc/{pid}/mem").open("rb").close(),  # type: ignore[misc]
            f"process {pid}, its root": lambda pid=pid: os.listdir(f"/proc/{pid}/root"),  # type: ignore[misc]
        }
    for path in them["sockets"]:
        tries[f"socket {path}"] = lambda path=path: _connect(path)  # type: ignore[misc]
    return [name for name, attempt in tries.items() if _succeeds(attempt)]


def _succeeds(attempt: Callable[[], object]) -> bool:
    with contextlib.suppress(OSError):  # what the hub refuses is one as well
        attempt()
        return True
    return False


def _connect(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(2)
        s.connect(path)


def _by_the_cable(host: str, port: int) -> None:
    """Past the table of routes: a socket that is bound to the cable needs none, and everybody may bind it."""
    with socket.socket() as s:
        s.settimeout(2)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        s.connect((host, port))


def _ask(path: str) -> None:
    """The hub, with one's own token."""
    headers = {"Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}"}
    url = f"{os.environ['JUPYTERHUB_API_URL']}/{path}"
    urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5).close()
