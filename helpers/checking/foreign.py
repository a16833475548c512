"""The calls that the learner's process has recorded, as a recording of this process takes them in."""

from __future__ import annotations

from typing import Any

from helpers.checking import plain
from helpers.recording.recorder import Recording
from helpers.sockets.tapes import Caller, Entry, More, Thread, Trace

LATER = 1 << 40


def add_to(recording: Recording, state: dict[str, Any], program: str) -> None:
    """Add what the process says of its sockets (`state`) to `recording`, as the calls of `program`. What makes no sense is left out."""
    try:
        recording.add(*_told(state, program))
    except (TypeError, ValueError, KeyError, IndexError):
        return


def _told(state: dict[str, Any], program: str) -> tuple[list[tuple[Entry, Caller]], list[Trace]]:
    traces = {each["number"]: _trace(each, program) for each in state["traces"]}
    for each in state["traces"]:
        traces[each["number"]].listener = traces.get(each["listener"])
    threads: dict[str, Thread] = {}
    rows = []
    for number, call, begun, ended, thread, data, size, asked, offset, more, made in state["entries"]:
        name = f"{program}: {thread}"
        told = threads.setdefault(name, Thread(-1 - len(threads), name))
        entry = Entry(
            traces[number], str(call), begun, ended, told, plain.decode(data), int(size), int(asked), int(offset), _more(more, traces.get(made))
        )  # fmt: skip
        rows.append((entry, Caller(name, program)))
    return rows, list(traces.values())


def _trace(told: dict[str, Any], program: str) -> Trace:
    trace = Trace(int(told["family"]), int(told["kind"]), program)
    trace.role = str(told["role"])
    trace.local, trace.peer, trace.bound = (_address(told[name]) for name in ("local", "peer", "bound"))
    # Steps are counted in each process for itself: its listening sockets were there before our clients, its clients come after our listening sockets.
    trace.since = 0 if trace.role == "listening" else LATER + int(told["since"])
    return trace


def _more(told: dict[str, Any] | None, made: Trace | None) -> More | None:
    if told is None:
        return None
    detail = _address(told["detail"])
    if made is not None:
        detail = made, detail
    return More(told["error"], detail, int(told["flags"]), told["timeout"])


def _address(told: Any) -> Any:
    return tuple(told) if isinstance(told, list) else told
