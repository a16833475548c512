"""`helpers.load(address, clients=50)`: many clients at once on a server of this computer, and what each of them waited.

>>> load(server.address, name="a thread each").describe()

Comes in: an address. Goes out: a `Load`. Who may import it: the face. The clients run in a process of their own, which this one starts, listens to, and ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from helpers.measuring.outcome import Outcome
from helpers.measuring.own_loop import runs_in_own_loop
from helpers.measuring.plan import ECHO, Plan, plan
from helpers.measuring.progress import Progress
from helpers.measuring.result import Load
from helpers.running import programs

_ROOT = str(Path(__file__).parents[2])
_CODE = "import sys; sys.path.append(sys.argv[1]); from helpers.measuring.child import main; main()"


def load(
    address: tuple[Any, ...] | None,
    clients: int = 50,
    slow: int = 1,
    *,
    silent: int = 0,
    lines: int = 10,
    message: bytes | None = None,
    until: bytes | None = None,
    kind: str = ECHO,
    seconds: float = 5,
    name: str | None = None,
) -> Load:
    """Put `clients` at once on the server at `address`, which is on this computer, and tell what each of them waited. It ends by itself, after `seconds` at most, and a moment more for those that come first and those that go last.

    Each client connects, says a line, waits for its echo, says the next, `lines` in all. Of these clients `silent` connect first and say nothing, and `slow` ask for much and read nothing:
    neither is measured, they show who has to wait for them. What is said: `message`, or lines that all differ. With `until` an answer is whatever ends so; without, it is to be the line itself.

    With `kind="room"` the server is a room: each client gives its name, and a line is answered when all others have heard it.

    What it costs: for each line some 10 µs of the processor, in a process of its own, a fifth to a third more than a client in C. It adds to a wait only where an answer comes while it is about other clients;
    the result says how much of the waiting that is at most, and warns where it is more than a tenth.

    `name` is what the result calls the server; unless told, the name of the program that listens there.
    """
    wanted = plan(address, clients, slow, silent, lines, message, until, kind, seconds)
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name is what the result calls the server, such as 'threads'; this is {type(name).__name__}.")
    if runs_in_own_loop(wanted.host, wanted.port):
        raise RuntimeError(
            "This server runs in the notebook's own event loop, and that waits for this cell to end: nobody would be answered. Start the server with %%background."
        )
    called = name or programs.listening_at((wanted.host, wanted.port)) or "the server"
    progress = Progress(called, wanted)
    try:
        result = Load(called, wanted, _driven(wanted, progress))
    except BaseException:
        progress.interrupt()
        raise
    progress.finish(result)
    return result


def _driven(wanted: Plan, progress: Progress) -> Outcome:
    """What became of the clients. Whatever happens, their process ends, and with it all connections."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _CODE, _ROOT],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **_apart(),
    )  # fmt: skip
    try:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(json.dumps(wanted.as_json()).encode() + b"\n")
        process.stdin.flush()
        for line in process.stdout:
            said = json.loads(line)
            if "outcome" in said:
                return Outcome.of_json(said["outcome"])
            progress.show(said["answers"], said["waiting"])
        raise RuntimeError(
            f"The load's process ended without a result:\n{process.stderr.read().decode(errors='replace')}"
        )
    finally:
        process.kill()
        process.communicate()


def _apart() -> dict[str, Any]:
    """Options of `Popen`: Ctrl-C is for this process."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    # No session of its own: Linux gives each session a share of the processor, and two of them hand over to each other three times as slowly.
    return {"process_group": 0}
