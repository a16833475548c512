"""The sentence that goes with an error of a socket: why it came, and what to do.

Comes in: the address of a `connect` that was refused, or of a `bind` or `listen` whose address is taken. Goes out: the text that the traced socket adds to the
exception as a note. Only the traced socket uses it, and `install`, for `create_server`.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from helpers.sockets.addresses import port_of
from helpers.sockets.holders import Holder, Kind, holder, names_of, owner_of, reuses, variable_of, variable_of_program
from helpers.sockets.owners import owner

PRIVILEGED = 1024
"""The first port that everybody may have."""
ANOTHER_PORT = "choose another port: 0 lets the system choose a free one; otherwise write the same number in the server and in the client."


def refused(address: Any) -> str:
    return (
        f"Nobody listens on {_written(address)}. Is the server running? "
        "Start the server first (run its cell), look at the host and the port, then run this again."
    )


def forbidden(address: Any) -> str:
    """Why nobody but an administrator may bind `address`; "" where that is not known."""
    port = port_of(address)
    if port is None:
        return ""
    if sys.platform == "win32":
        return (
            f"Windows lets no program have {_written(address)}: it keeps some ports for its own parts (`netsh interface ipv4 show excludedportrange "
            f"protocol=tcp` in a terminal lists them), or another program has taken it for itself alone. So {ANOTHER_PORT}"
        )
    if port < PRIVILEGED:
        return f"Ports below {PRIVILEGED} are the administrator's on this system, and {port} is one of them: {ANOTHER_PORT}"
    return ""


def taken(sock: socket.socket, address: Any) -> str:
    """Who has `address`, which `sock` could not have, and what to do about it."""
    found = holder(sock, address)
    if found.kind is Kind.OWN and found.socket is not None:
        return _own(found.socket, address)
    if port_of(address) is None:
        return _path(found.kind, address)
    if found.kind is Kind.OURS:
        return _ours(found.program, _written(address))
    if found.kind is Kind.ENDED:
        return _ended(sock, address, found)
    return f"{_who(found).format(where=_written(address))} {WHAT_THEN[found.kind]}, or {ANOTHER_PORT}"


def _own(held: socket.socket, address: Any) -> str:
    what = _written(address)
    who = owner_of(held)
    if who is not None and who is owner():
        return f"This program itself holds {what}, with another socket of its own: close that first."
    if who is not None:
        return _ours(who.name, what, variable_of(who))
    name = next(names_of(held), "")
    if not name:
        return (
            f"{what} is held by a socket of your own, which no variable of the notebook names: it was made inside a function or an object, "
            "or a traceback keeps it. Close it there; if you cannot get at it, restart the kernel."
        )
    return f"{what} is held by your own socket `{name}`, which is still open: close it first (`{name}.close()`)."


def _ours(name: str, what: str, variable: str = "") -> str:
    variable = variable or variable_of_program(name)
    stop = f" (`{variable}.stop()`)" if variable else ""
    return f"{what} is held by {name!r}, which runs in this notebook: stop that first{stop}."


WHO = {
    Kind.PROGRAM: "Another program on this computer holds {where}",
    Kind.PROCESS: "This notebook's own Python holds {where}, with a socket that the helpers did not make: Jupyter's, or one from before they were loaded.",
    Kind.NOTEBOOK: "The notebook that this program belongs to holds {where}: a program there that runs in a thread, or a cell.",
    Kind.UNSEEN: "Nothing that the system lists holds {where}: another program has bound it and does not listen yet, or it has just been given back.",
    Kind.UNKNOWN: (
        "Either another program on this computer holds {where}, or a connection there has ended a short while ago, and the system keeps the address "
        "(TIME_WAIT): this system does not show which."
    ),
}
WHAT_THEN = {
    Kind.PROGRAM: "Stop it",
    Kind.PROCESS: "Restart the kernel",
    Kind.NOTEBOOK: "Stop it there",
    Kind.UNSEEN: "Run this again",
    Kind.UNKNOWN: "Stop the program, or wait a minute",
}


def _who(found: Holder) -> str:
    if found.kind is not Kind.PROGRAM:
        return WHO[found.kind]
    whose = (
        f": {found.program}, perhaps in a terminal or another notebook."
        if found.program
        else ", perhaps another learner's."
    )
    return WHO[found.kind] + whose.replace("{", "{{").replace("}", "}}")


def _ended(sock: socket.socket, address: Any, found: Holder) -> str:
    what = _written(address)
    if found.state.startswith("FIN_WAIT"):
        other = f" ({_written(found.remote)})" if found.remote else ""
        return (
            f"No program listens on {what} any more, but a connection there has not quite ended: its other end{other} has not closed yet "
            f"({found.state}). Close that and wait a minute, or {ANOTHER_PORT}"
        )
    if found.state != "TIME_WAIT":
        return f"No program holds {what}: a connection there is just ending ({found.state}). Wait a moment, or {ANOTHER_PORT}"
    lacks = "the old one did not have it" if reuses(sock) else "this one does not have it"
    return (
        f"No program holds {what}: a connection there has ended, this end closed first, and the system keeps its address for a while (TIME_WAIT; on "
        f"Linux a minute). It would not matter if both the old socket and the new one had SO_REUSEADDR; {lacks}. Wait, or {ANOTHER_PORT}"
    )


def _path(kind: Kind, address: Any) -> str:
    what = repr(address)
    delete = f"Delete it (`os.unlink({what})`)"
    return {
        Kind.STALE: f"No program holds {what}: it is the file that a socket left behind when it closed. {delete}, and bind again.",
        Kind.FILE: f"There is a file {what} already, and it is no socket. Choose another name.",
        Kind.PROGRAM: f"Another program on this computer holds {what}. Stop it, or choose another name.",
    }.get(
        kind,
        f"There is a file {what}: either another program holds it, or a socket left it behind when it closed. If no program uses it: {delete.lower()}.",
    )


def _written(address: Any) -> str:
    if port_of(address) is None:
        return repr(os.fsdecode(address)) if isinstance(address, bytes) else repr(address)
    return f"{address[0] or 'every address'} port {address[1]}"
