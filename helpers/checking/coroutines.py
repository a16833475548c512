"""What goes wrong with an `async def`, whatever it was to do: it is none, or one where none is asked for; it blocks the loop, throws a coroutine away, leaves a task to itself.

Comes in: a call, and what its loop says. Goes out: `Fell`, or nothing. It is asked after each scenario, so that none needs words for that. Who may import it: play, and the exercises.
"""

from __future__ import annotations

from collections.abc import Callable

from helpers.checking.call import Call
from helpers.checking.misuse import advice
from helpers.checking.plain import Odd
from helpers.checking.verdicts import Fell, Hangs, Slow, Spins

CLOSED = "had the connection closed instead"
"""What the room says of whoever's coroutine has fallen."""
MOST_KEPT = 3 << 19
"""Bytes that wait in one writer, more than may: 1.5 MiB, so that nobody is taken at his word."""
NameOf = Callable[[int | None], str | None]
"""The name of the client that calls from this port; None if it has none."""


def misfit(call: Call, is_async: bool, wanted: bool, name: str) -> Fell | None:
    """It is an ordinary function where an `async def` is `wanted`, or the other way round."""
    made = call.value.kind if isinstance(call.value, Odd) else ""
    if wanted and made == "async_generator":
        return Fell("There is a `yield` in it, which makes an asynchronous generator of an `async def`: nothing of it has run, and nobody can await it.")  # fmt: skip
    if wanted and not is_async and not call.awaits:
        return Fell(
            f"It is an ordinary function, and nothing in it can be awaited, so that whatever waits in it holds up all others. What is asked for is `async def {name}(…)`."
        )
    if not wanted and made in ("coroutine", "async_generator"):
        return Fell(
            f"It returned a coroutine, and nothing of it has run: it is an `async def`, of which a call only makes something to be awaited. What is asked for here is an ordinary function: `def {name}(…)`."
        )
    return None


def misused_loop(call: Call, name_of: NameOf, is_stuck: Callable[[], bool], fell: Fell | None = None) -> Fell | None:
    """What its coroutine has done to its loop. `is_stuck`: whether it is in a line of its own and does nothing; `fell`: why it fell, as far as its scenario knows."""
    if not call.awaits:
        return None
    stuck = is_stuck()  # which has its process tell how things stand
    return (
        _sleeps(call, name_of, fell)
        or (_blocks(call, name_of, fell) if stuck else None)
        or (_goes_round(call) if isinstance(fell, Spins) and not isinstance(fell, Slow) else None)
        or (_threw_away(call) if fell is None or not _says_so_itself(call.loop.error) else None)
        or (_holds_up(call, name_of, fell) if fell is not None else None)
        or (_left_alone(call) if fell is not None or call.over else None)  # before that somebody may yet await it
    )


def must_leave_nothing(call: Call, when: str) -> None:
    """Fell if it has left a task, or its writer open, now that it is over. `when`: such as "It came back"."""
    loop = call.loop
    if loop.tasks:
        raise Fell(
            f"{when}, and a task of its own runs on ({_coroutine(loop.task)}): nobody awaits it, and nobody hears of its errors. "
            "Await each task before the end, cancel() those that are not needed any more, or let a TaskGroup do both."
        )
    if loop.writers:
        raise Fell(
            f"{when}, and its writer is still open: nobody else closes it. `writer.close()` in a `finally` closes it on every way out."
        )


def _sleeps(call: Call, name_of: NameOf, fell: Fell | None) -> Fell | None:
    doing = call.doing
    if not doing.longest:
        return None
    where = f", in line {doing.line} of the cell" if doing.pause is not None and doing.line else ""
    return Fell(
        f"It calls time.sleep({doing.longest:g}){where}{_for(name_of(call.loop.slept))}. That sleeps with the whole loop: it has one thread, and until the call comes back no other coroutine runs, "
        f"nothing is heard and nothing said. `async def` does not change that; `await asyncio.sleep(…)` lets the others run.{_waits(name_of(call.loop.slept), fell)}",
        32,
        _about(name_of(call.loop.slept), fell),
    )


def _blocks(call: Call, name_of: NameOf, fell: Fell | None) -> Fell:
    """It is in a line of its own, and does nothing: whoever awaits something is in none, as the loop waits."""
    return Fell(
        f"It is blocked in line {call.doing.line} of the cell{_for(name_of(call.loop.at))}, in a call that waits without `await`, and the whole loop with it: that has one thread, and until the call comes back no other coroutine runs, "
        f"nothing is heard and nothing said. Await something of asyncio's instead; what has nothing of the kind goes into a thread, with `await asyncio.to_thread(…)`.{_waits(name_of(call.loop.at), fell)}",
        32,
        _about(name_of(call.loop.at), fell),
    )


def _goes_round(call: Call) -> Fell:
    where = f", in line {call.doing.line} of the cell" if call.doing.line else ""
    if call.saw_the_end():
        return Fell(
            f"It goes round and round{where}: the stream has ended, and from then on every read of the reader gives b'' at once, without waiting. That is the end, not \"nothing yet\".",
            11,
        )
    return Fell(
        f"It goes round and round{where}, and keeps the processor busy, though nothing has come. `await asyncio.sleep(0)` lets others run, but it waits for nothing. Await what brings the next thing: a read, the next line, a task."
    )


def _says_so_itself(error: str | None) -> bool:
    """Whether an error came of a coroutine that was not awaited: of that more can be said, and Python warns of the coroutine sooner or later."""
    return error is not None and ("'coroutine' object" in error or "running event loop" in error)


def _threw_away(call: Call) -> Fell | None:
    if not (name := call.loop.never_awaited):
        return None
    called = _coroutine(name)
    beside = "" if "." in called else f"; `asyncio.create_task({called})` lets it run beside the rest"
    return Fell(
        f"It called {called} and did not await what that gave back: a coroutine, of which nothing has run. `await {called}` runs it to its end{beside}."
    )


def _left_alone(call: Call) -> Fell | None:
    if not (error := call.loop.task_error):
        return None
    return Fell(
        f"A task of its own has ended with {error}. Nobody awaited it, so that nobody heard of it, and the rest went on as if all were well. Await each task, with `await`, `asyncio.gather` or a TaskGroup: that raises its error."
    )


def _holds_up(call: Call, name_of: NameOf, fell: Fell) -> Fell | None:
    """One client holds up another one, or takes what memory there is; or its coroutine has fallen."""
    held_up, slow = map(name_of, call.loop.drains or (None, None))
    if held_up and slow and isinstance(fell.__cause__, Hangs):
        others = _others([*fell.about], held_up, slow)
        return Fell(
            f"{slow} does not read, and the coroutine that serves {held_up} waits in `drain` until there is room for {slow}: nobody hears what {held_up} says{f', and {others[0]} waits as well' if len(others) == 1 else ''}. "
            "A slow reader must hold up nobody: let a task of its own write to each member, or write without waiting, and put out whoever has too much waiting.",
            29,
            {*fell.about, held_up, slow},
        )
    if call.loop.kept > MOST_KEPT and (full := name_of(call.loop.full)):
        return Fell(
            f"{full} does not read, and {call.loop.kept:,} bytes wait in the writer of {full}: write() has sent nothing that the system does not take, it keeps it in a buffer, which grows until the memory is full. "
            "Look how much waits, writer.transport.get_write_buffer_size() says it, and put out whoever has more than 1 MiB waiting.",
            33,
            {*fell.about, full},
        )
    if not (error := call.loop.error):
        return None
    kind, _, text = error.partition(": ")
    means = advice(kind.partition(",")[0], text)
    instead = "" if CLOSED in fell.sentence else fell.sentence
    return Fell(
        f"A coroutine that served one of its clients has ended with {' '.join(filter(None, [f'{error}.', means, instead]))}",
        fell.misconception,
        fell.about,
    )


def _for(name: str | None) -> str:
    return f", while it serves {name}" if name else ""


def _waits(name: str | None, fell: Fell | None) -> str:
    """Who waits for whom, where one does."""
    others = _others([*fell.about] if fell is not None else [], name)
    return f" {others[0]} waits for {name}." if name and len(others) == 1 else ""


def _about(name: str | None, fell: Fell | None) -> set[str]:
    return {each for each in [name, *(fell.about if fell is not None else ())] if each}


def _others(names: list[str], *but: str | None) -> list[str]:
    return [each for each in names if each not in but]


def _coroutine(name: str) -> str:
    """As it is called: `StreamWriter.drain` is what everybody writes as `writer.drain()`."""
    spelled = name.replace("StreamWriter.", "writer.").replace("StreamReader.", "reader.")
    return f"{'asyncio.sleep' if spelled == 'sleep' else spelled}()"
