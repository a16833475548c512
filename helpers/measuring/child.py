"""What runs in the process of a load: it reads a plan, drives the clients, and says how far they are and what became of them.

Comes in, on its standard input: the plan, a line of JSON. Goes out, on its standard output, lines of JSON: progress, and at last the outcome. When the input ends, the notebook has gone, and so does this. Who
starts it: `load`, without site packages, since it needs none and is to begin at once.
"""

from __future__ import annotations

import contextlib
import gc
import json
import selectors
import signal
import sys
from typing import Any

from helpers.measuring.driving import Abandoned, Driving
from helpers.measuring.plan import SPARE, Plan


def main() -> None:
    """All of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who has started this
    plan = Plan.of_json(json.loads(sys.stdin.buffer.readline()))
    _allow_descriptors(plan.clients + SPARE)
    gc.disable()  # which would look through all clients now and then, while they wait
    driving = Driving(plan, lambda answers, waiting: _say({"answers": answers, "waiting": waiting}))
    if sys.platform != "win32":  # where a selector takes sockets alone
        driving.selector.register(sys.stdin, selectors.EVENT_READ, driving.abandon)
    with contextlib.suppress(Abandoned, BrokenPipeError):
        _say({"outcome": driving.run().as_json()})


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _allow_descriptors(wanted: int) -> None:
    """Have so many. That the system lets a process have them, `plan` has seen."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
