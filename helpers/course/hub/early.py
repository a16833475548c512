"""Starting before the hour: everybody's server runs when the class comes in, and nobody waits for forty others.

In: learners, and a hub that runs. Out: their servers, and a sentence for each.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import IO

from helpers.course.environment import Trouble
from helpers.course.hub import network
from helpers.course.hub.configuration import PATIENCE, PRIVATE, TOKEN, data
from helpers.course.hub.learners import Learner

AT_ONCE = 4
"""Servers that start together: more of them take each other's time."""


def start_early(class_: Sequence[Learner]) -> Iterator[str]:
    """A sentence for each, when the server answers, or does not."""
    try:
        token = (data() / PRIVATE / TOKEN).read_text()
    except OSError:
        raise Trouble("No hub has been started on this machine: sudo python3 -m helpers hub start") from None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for learner, said in zip(class_, pool.map(lambda each: _start(each.name, token), class_), strict=True):
            yield f"{learner.name}: {said}"


def _start(name: str, token: str) -> str:
    try:
        _ask("POST", f"users/{name}", token, but=HTTPStatus.CONFLICT).close()  # that one is there already
        # That the server runs, or is about to, is an error to the hub.
        _ask("POST", f"users/{name}/server", token, but=HTTPStatus.BAD_REQUEST).close()
        with _ask("GET", f"users/{name}/server/progress", token) as events:
            return _end(events)
    except urllib.error.HTTPError as error:
        with error:
            return f"not started, the hub says {error.code} {_message(error)}"
    except OSError as error:
        raise Trouble(f"The hub does not answer at {network.HUB}:{network.HUB_PORT} ({error}). Does it run?") from None


def _ask(method: str, path: str, token: str, but: HTTPStatus | None = None) -> IO[bytes]:
    """The hub's answer; an HTTPError if it is an error, `but` for this one."""
    url = f"http://{network.HUB}:{network.HUB_PORT}/hub/api/{path}"
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {token}"})
    # No proxy of the instructor's: the address is of this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        answer: IO[bytes] = opener.open(request, timeout=PATIENCE)
        return answer
    except urllib.error.HTTPError as error:
        if error.code != but:
            raise  # whoever hears of it closes it
        return error


def _end(events: IO[bytes]) -> str:
    """What the hub tells last of a start (server-sent events)."""
    for line in events:
        if not line.startswith(b"data:"):
            continue
        told = json.loads(line.removeprefix(b"data:"))
        if told.get("ready"):
            return "ready"
        if told.get("failed"):
            return f"not started: {told.get('message', '')}"
    return "the hub did not tell how it ended"


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["message"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
