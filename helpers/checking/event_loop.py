"""The event loop in which an `async def` runs in the learner's process, with streams on its traced sockets.

Comes in: the function, and a connected socket, or a listening one; lines for it to say, and a cancel, from the thread that hears the judge. Goes out: what it returned or raised, and what can be said of the loop
(`Loop`). It is the loop that waits in a selector on each system, as the other one of Windows moves bytes past the methods of a socket. Who may import it: `child`, when there is such a function: asyncio takes a while to load.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import re
import socket
import types
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar
from typing import Any

from helpers.checking.messages import Awaited, CallFunction, Cancel, Event, Item, Loop, Say
from helpers.checking.plain import simplified
from helpers.recording.fields import TEXT

TURNS = 20
"""Turns of the loop in which whatever was closed or cancelled comes to its end."""
DEEPEST = 5
"""Tasks that wait for tasks."""
LOOKS = 5
"""Times that somebody looks at a loop which changes meanwhile."""
COMPLAINTS = 10
"""Of asyncio's, that are printed: with 200 clients there may be one for each."""
REFUSED = "the judge's hear refuses this line"
NEVER_AWAITED = re.compile(r"coroutine '(?:.*<locals>\.)?(.*)' was never awaited")

_client: ContextVar[int | None] = ContextVar("client", default=None)
"""The port of the client for which a coroutine runs, and all tasks that it starts."""


class EventLoop:
    """The loop, for one call of the function."""

    def __init__(
        self, command: CallFunction, tell: Callable[[Event], None], told: Callable[[BaseException], str]
    ) -> None:
        """`tell`: the judge; `told`: an error, in words."""
        self._loop = asyncio.SelectorEventLoop()
        self._loop.set_task_factory(self._make_task)
        self._loop.set_exception_handler(self._note_error)
        self._refuses = command.refuses
        self._tell = tell
        self._told = told
        self._lines = AsyncLines()
        self._main: asyncio.Task[Any] | None = None  # in which the function runs, where there is one client
        self._done: asyncio.Future[Any] = (
            self._loop.create_future()
        )  # of a server, that ends where the function is none for it
        self._awaits = False
        self._tasks: weakref.WeakKeyDictionary[asyncio.Task[Any], int | None] = weakref.WeakKeyDictionary()
        self._ours: weakref.WeakKeyDictionary[asyncio.Task[Any], int | None] = weakref.WeakKeyDictionary()
        self._readers: weakref.WeakSet[asyncio.StreamReader] = weakref.WeakSet()
        self._writers: list[asyncio.StreamWriter] = []
        self._left: list[asyncio.StreamWriter] = []  # of coroutines that are over
        self._destroyed: list[str] = []  # what ran in tasks that nobody kept, and Python threw away
        self._complaints = 0
        self._task_error: str | None = None
        self._never_awaited: str | None = None
        self._longest = 0.0
        self._slept: int | None = None
        self._error: str | None = None
        self._last: Loop | None = None

    def run(self, function: Callable[..., Any], sock: socket.socket, serves: bool) -> Any:
        """Let it run, and return what it returns. `sock`: listens, if it `serves`."""
        work = self._serve(function, sock) if serves else self._talk(function, sock)
        try:
            with self._hearing_warnings():
                try:
                    return self._loop.run_until_complete(work)
                finally:
                    self._last = self._now()
        except BaseExceptionGroup as group:  # of a TaskGroup
            raise _first(group) from None
        finally:
            self._close()

    def take(self, command: Say | Cancel) -> None:
        """From another thread."""
        with contextlib.suppress(RuntimeError):  # it is closed
            self._loop.call_soon_threadsafe(self._obey, command)

    def note_sleep(self, seconds: float) -> None:
        """The loop's thread is about to sleep."""
        if seconds > self._longest:
            self._longest, self._slept = seconds, _client.get()

    def look(self) -> Loop:
        """What can be said of it, from any thread."""
        if self._last is not None:
            return self._last
        for _ in range(LOOKS):
            with contextlib.suppress(RuntimeError):  # it changes while it is looked at
                return self._now()
        return Loop()

    def _now(self) -> Loop:
        names = [*self._destroyed, *(_name(each) for each in list(self._tasks) if not each.done())]
        kept = [
            (each.transport.get_write_buffer_size(), _port(each))
            for each in self._writers
            if not each.transport.is_closing()
        ]
        most, full = max(kept, key=lambda each: each[0], default=(0, None))
        current = asyncio.current_task(self._loop)
        return Loop(
            tasks=len(names),
            task=names[0][:TEXT] if names else "",
            task_error=self._task_error or self._unheard(),
            never_awaited=self._never_awaited,
            said=self._lines.taken,
            unread=max((len(getattr(each, "_buffer", b"")) for each in self._readers), default=0),
            kept=most,
            full=full,
            writers=sum(not each.transport.is_closing() for each in self._left),
            coroutines=len(self._writers) - len(self._left),
            at=self._tasks.get(current, self._ours.get(current)) if current is not None else None,
            slept=self._slept,
            drains=next(self._held_up(), None),
            error=self._error,
        )

    # One client: room_client -------------------------------------------------------------------------------------------

    async def _talk(self, function: Callable[..., Any], conn: socket.socket) -> Any:
        reader, writer = await asyncio.open_connection(sock=conn)
        self._readers.add(reader)
        self._writers.append(writer)
        result = function(reader, writer, self._lines, self._hear)
        if not inspect.isawaitable(result):
            return result
        self._tell(Awaited())
        self._main = self._loop.create_task(_awaited(result))
        del result
        await asyncio.wait([self._main])
        self._left.append(writer)
        await self._settle()
        return self._main.result()

    def _hear(self, line: object, /) -> None:
        if self._refuses is not None and line == self._refuses:
            raise ValueError(REFUSED)
        self._tell(Item(simplified(line)))

    # Many clients: serve_room ------------------------------------------------------------------------------------------

    async def _serve(self, function: Callable[..., Any], listener: socket.socket) -> Any:
        room: dict[Any, Any] = {}

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._meet(function, reader, writer, room)

        async with await asyncio.start_server(meet, sock=listener):
            return await self._done

    async def _meet(self, function: Callable[..., Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, room: dict[Any, Any]) -> None:  # fmt: skip
        self._readers.add(reader)
        self._writers.append(writer)
        port = _port(writer)
        _client.set(port)
        task = asyncio.current_task()
        assert task is not None
        self._ours[task] = port
        task.add_done_callback(_hear_out)
        try:
            result = function(reader, writer, room)
            if inspect.isawaitable(result):
                self._start()
                await result
            elif not self._done.done():
                self._done.set_result(result)
        except Exception as error:
            self._error = self._error or self._told(error)[:TEXT]
            if not self._done.done() and (
                not self._awaits or isinstance(error, NotImplementedError)
            ):  # it is not begun
                self._done.set_exception(error)
            raise
        finally:
            self._left.append(writer)

    def _start(self) -> None:
        if not self._awaits:
            self._awaits = True
            self._tell(Awaited())

    # The loop ----------------------------------------------------------------------------------------------------------

    def _obey(self, command: Say | Cancel) -> None:
        if isinstance(command, Say):
            self._lines.add(command.line)
        elif self._main is not None:
            self._main.cancel()

    def _make_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **how: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **how)
        code = getattr(coroutine, "cr_code", None)
        context: Context | None = how.get("context")
        if code is None or code.co_filename != __file__:
            self._tasks[task] = _client.get() if context is None else context.get(_client)
        return task

    def _held_up(self) -> Iterator[tuple[int, int]]:
        """Clients whose coroutine waits in `drain` for another client, with that one."""
        for task, port in self._ours.items():
            for writer in _drained(task):
                if port is not None and (slow := _port(writer)) is not None and slow != port:
                    yield port, slow

    def _unheard(self) -> str | None:
        """The error of a task that nobody has asked for its result; asked here, it would look as if somebody had."""
        for task in self._tasks:
            if task.done() and getattr(task, "_log_traceback", False):
                error = getattr(task, "_exception", None)
                if isinstance(error, BaseException):
                    return self._told(error)[:TEXT]
        return None

    def _note_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What asyncio prints, and nobody catches."""
        if self._last is not None:
            return
        error, task = context.get("exception"), context.get("task")
        if isinstance(task, asyncio.Task) and "destroyed" in context["message"]:
            self._destroyed.append(_name(task))
        if isinstance(error, BaseException) and "future" in context:
            self._task_error = self._task_error or self._told(error)[:TEXT]
        self._complaints += 1
        if self._complaints <= COMPLAINTS:
            loop.default_exception_handler(context)

    @contextlib.contextmanager
    def _hearing_warnings(self) -> Iterator[None]:
        """Python warns of a coroutine that was thrown away; once for each line, unless it is told otherwise."""
        with warnings.catch_warnings():
            warnings.filterwarnings("always", message="coroutine .* was never awaited")
            show = warnings.showwarning

            def hear(message: Warning | str, *where: Any, **more: Any) -> None:
                if found := NEVER_AWAITED.search(str(message)):
                    self._never_awaited = self._never_awaited or found[1][:TEXT]
                show(message, *where, **more)

            warnings.showwarning = hear
            yield

    async def _settle(self) -> None:
        """Let come to its end what is about to, and Python find what was thrown away."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        gc.collect()

    def _close(self) -> None:
        """End whatever is left, as far as it lets itself be ended."""
        with contextlib.suppress(BaseException):
            for _ in range(3):  # one that swallows the first cancel may heed the next
                for task in asyncio.all_tasks(self._loop):
                    task.cancel()
                self._loop.run_until_complete(_awaited(asyncio.sleep(0)))
            for writer in self._writers:
                writer.transport.abort()
            self._loop.run_until_complete(self._settle())
        with contextlib.suppress(BaseException):
            self._loop.close()


class AsyncLines:
    """What there is to say, line by line, as the judge has it: an async iterator."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ended = False
        self.taken = 0

    def add(self, line: bytes | None) -> None:
        self._lines.put_nowait(line)

    def __aiter__(self) -> AsyncLines:
        return self

    async def __anext__(self) -> bytes:
        line = None if self._ended else await self._lines.get()
        self.taken += not self._ended
        if line is None:
            self._ended = True
            raise StopAsyncIteration
        return line


async def _awaited(thing: Any) -> Any:
    return await thing


def _hear_out(task: asyncio.Task[Any]) -> None:
    """Its error is known already."""
    if not task.cancelled():
        task.exception()


def _drained(task: asyncio.Future[Any], depth: int = 0) -> Iterator[asyncio.StreamWriter]:
    """The writers that it waits for, in `drain`: itself, or one of the tasks that it awaits."""
    if task.done() or depth > DEEPEST:
        return
    awaited: Any = task.get_coro() if isinstance(task, asyncio.Task) else None
    while isinstance(awaited, types.CoroutineType):
        if awaited.cr_code is asyncio.StreamWriter.drain.__code__ and awaited.cr_frame is not None:
            yield awaited.cr_frame.f_locals["self"]
        awaited = awaited.cr_await
    for child in [
        getattr(task, "_fut_waiter", None),
        *getattr(task, "_children", ()),
    ]:  # of a task; of what `gather` gives
        if isinstance(child, asyncio.Future):
            yield from _drained(child, depth + 1)


def _port(writer: asyncio.StreamWriter) -> int | None:
    """Of its client."""
    address = writer.get_extra_info("peername")
    return address[1] if address else None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error in it that is no group."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _name(task: asyncio.Task[Any]) -> str:
    """Of the coroutine in it."""
    coroutine = task.get_coro()
    if isinstance(coroutine, (types.CoroutineType, types.GeneratorType)):
        return coroutine.__name__
    return type(coroutine).__name__
