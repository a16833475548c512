"""A client of the room, with asyncio: it hears and speaks at the same time."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence

from helpers.checking.call import Call
from helpers.checking.coroutines import must_leave_nothing
from helpers.checking.differences import difference
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.plain import Digest, Value
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown
from helpers.words import many

LIMIT = 1 << 16
"""Bytes of a line beyond which the reader's own readline gives up."""
LONG = 70_000
LONGEST = 1 << 20
"""Bytes of the longest line that the server sends."""
LINES, LINE = 60, 65_000
"""So much there is to say to a server that does not read: far more than the system's buffers hold."""
KEPT = 4 * LIMIT
"""Bytes that may wait in the writer: who drains leaves it a line more than 64 KiB at most."""

OVERLOOKS = (3, 12) <= sys.version_info < (3, 12, 9) or (3, 13) <= sys.version_info < (3, 13, 2)
OVERLOOKED = " (Or did you use writelines? In this version of Python drain overlooks what that has written: python/cpython#127655.)"

room_client = Exercise(
    lesson=13,
    signature="async def room_client(reader, writer, say, hear)",
    brief="Be a client of the room. `say` is an asynchronous iterator of lines (bytes without newline): send each, with a newline, and let the writer drain. `hear(line)` is an ordinary function: call it with each line that "
    "arrives, without its newline, as soon as it is whole, whatever `say` is doing; lines have up to 1 MiB, and what no newline has ended is no line. When `say` has ended, half-close, and go on hearing. When the server ends the stream, it is over, "
    "also where `say` goes on. In the end the writer is closed and no task is left, also where you are cancelled. An error of the connection, or of `hear`, is for the caller.",
    hints=(
        "Two things wait here, for the server's next line and for the next one to say, and neither may wait for the other. How many tasks is that? Which of them says when it is over?",
        "Let one task go through `say` with `async for`: write, drain, and `write_eof()` in the end. Hear in the coroutine itself, with `reader.read(65536)` and a buffer: `readline` gives up beyond 64 KiB. "
        "What has to happen to the task when hearing is over, or has failed?",
        "`speaking = asyncio.create_task(speak())`, then `try:` with `while data := await reader.read(65536):` and in it `*lines, rest = (rest + data).split(b'\\n')`; `hear` each. "
        "`finally:` `speaking.cancel()`, `writer.close()`, and `await asyncio.gather(speaking, return_exceptions=True)`: the task is over then.",
    ),
    solution='''
import asyncio

async def room_client(reader, writer, say, hear):
    """Send each line of say; hear each line of the server's, up to its end."""

    async def speak():
        async for line in say:
            writer.write(line + b"\\n")
            await writer.drain()
        writer.write_eof()

    speaking = asyncio.create_task(speak())
    try:
        rest = b""
        while data := await reader.read(65536):
            *lines, rest = (rest + data).split(b"\\n")
            for line in lines:
                hear(line)
        if speaking.done():
            await speaking
    finally:
        speaking.cancel()
        writer.close()
        await asyncio.gather(speaking, return_exceptions=True)
''',
    reasons="Speaking is a task, so that neither waits for the other; hearing decides when all is over. Whatever ends it, the end of the stream, an error or a cancel, the `finally` ends the task, closes the writer, and waits "
    "until the task is over: `gather` with `return_exceptions=True` takes its result, whichever that is. If speaking has failed before, `await speaking` raises its error for the caller. `read` gives what is there, so that a line may have any length; "
    "`drain` waits when much is unsent, and only the task waits. The task is kept in a variable: one that nobody keeps may be thrown away while it runs.",
)


@room_client.scenario(1, "the server speaks, and there is nothing to say yet")
def _hears(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.must_hear(b"* ada joined")
    talk.must_hear(b"bob: good morning")
    rest = judge.watch_rest()
    judge.wait(rest.is_there, talk.call)
    talk.must_be_there()
    talk.must_end()


@room_client.scenario(1, "there is something to say, and the server is silent")
def _says(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.must_say(b"ada")
    talk.must_say(b"good morning", b"is anybody here?")
    talk.must_end()


@room_client.scenario(1, "both speak, now the one and now the other")
def _both(judge: Judge) -> None:
    talk = _Talk(judge)
    for at in range(3):
        talk.must_hear(b"bob: %d" % judge.chance.randrange(10**6))
        talk.must_say(b"%d" % judge.chance.randrange(10**6))
        if at:
            talk.must_say(b"and another one")
            talk.must_hear(b"bob: yes", b"bob: go on")
    talk.must_end()


@room_client.scenario(1, "all is said, and the server goes on")
def _half_close(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.must_say(b"ada")
    talk.must_half_close()
    talk.must_hear(b"bob: are you leaving?", after_half_close=True)
    talk.must_hear(b"bob: bye", after_half_close=True)
    talk.must_return()


@room_client.scenario(2, "lines in pieces, several in one, empty ones, and bytes that are no text")
def _pieces(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.send(b"bob: good mo", b"rning\nbob: how are", b" you?\n\neve: \xff\x00 \xe2\x82", b"\xac\rx\x0by  \n")
    talk.must_have_heard(b"bob: good morning", b"bob: how are you?", b"", b"eve: \xff\x00 \xe2\x82\xac\rx\x0by  ")
    talk.must_end()


@room_client.scenario(2, "a last line that no newline ends")
def _unfinished(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.send(b"bob: bye\nbob: I forg")
    talk.must_have_heard(b"bob: bye")
    talk.must_end()
    extra = talk.call.items[1:]
    if extra:
        raise Fell(
            f"The stream ended within a line, and it heard {shown(extra[0])} as one. What no newline has ended is no line: nobody knows what was to follow. "
            "At the end of the stream readline, and `async for line in reader`, give what is there, newline or not."
        )


@room_client.scenario(2, "the server ends, while there may be more to say")
def _server_ends(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.must_say(b"ada")
    talk.must_hear(b"* the room is closed")
    talk.peer.end()
    talk.must_return(Fell("The server has ended the stream, and it does not come back: it waits for more to say, and nobody will hear that. When hearing is over, cancel() what still speaks."))  # fmt: skip


@room_client.scenario(2, "both are silent for a while")
def _silence(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.must_say(b"ada")
    talk.must_hear(b"* ada joined")
    if judge.be_slow(talk.call):
        how = f"raised {talk.call.error}" if talk.call.error is not None else "came back"
        raise Fell(
            f"Nobody said anything for a moment, and it {how}. Silence is no end: wait for the next line, however long that takes."
        )
    talk.must_say(b"here I am still")
    talk.must_hear(b"bob: so am I")
    talk.must_end()


@room_client.scenario(2, f"a line of {LONG:,} bytes")
def _long(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.must_hear(b"bob: look at this")
    talk.must_hear(judge.chance.randbytes(LONG).replace(b"\n", b"x"), b"bob: that was it")
    talk.must_end()


@room_client.scenario(2, "a server that does not read")
def _does_not_read(judge: Judge) -> None:
    lines = [judge.chance.randbytes(LINE).replace(b"\n", b"x") for _ in range(LINES)]
    talk = _Talk(judge, options=[(socket.SO_SNDBUF, 8192)])
    talk.must_hear(b"bob: tell us everything")
    talk.give(*lines)
    rest = judge.watch_rest()
    judge.wait(rest.is_there, talk.call)
    talk.call.ask_state()
    loop = talk.call.loop
    if loop.kept > KEPT:
        raise Fell(
            f"The server does not read, and {loop.kept:,} bytes, of {loop.said} lines, wait in its writer: write() sends nothing that the system does not take at once, it keeps it in a buffer, which grows as long as there is memory. "
            f"`await writer.drain()`, after each write, waits until there is room.{OVERLOOKED if OVERLOOKS else ''}",
            33,
        )
    talk.must_hear(b"bob: I am still writing the first line down")
    talk.must_read(b"".join(line + b"\n" for line in lines))
    talk.must_end()


@room_client.scenario(2, "the server breaks off")
def _reset(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.must_say(b"ada")
    talk.must_hear(b"* ada joined")
    talk.peer.reset()
    talk.finish(Fell("The server has broken the connection off, and it does not come back: it waits for more to say, and nobody will hear that.", 21))  # fmt: skip
    if talk.call.error is None:
        raise Fell(
            "The server broke the connection off, and it came back as if that were the end of the stream. ConnectionResetError is for the caller: let it through.",
            21,
        )
    if "ConnectionError" not in talk.call.kinds:
        talk.call.must_not_raise(21)


@room_client.scenario(2, "cancelled, while it waits for both")
def _cancelled(judge: Judge) -> None:
    talk = _Talk(judge)
    talk.must_say(b"ada")
    talk.must_hear(b"* ada joined")
    talk.call.cancel()
    talk.finish(Fell("It was cancelled, and goes on as if nothing had been. Cancelling raises CancelledError where a coroutine waits: who catches that, to tidy up, raises it again."))  # fmt: skip
    if talk.call.error is None:
        raise Fell(
            "It was cancelled, and came back as if all were done: it has swallowed CancelledError, and who cancelled it takes its work for finished. Tidy up in a `finally`, which lets the error go on."
        )
    if talk.call.error != "asyncio.CancelledError":
        talk.call.must_not_raise()
    must_leave_nothing(talk.call, "It was cancelled")


@room_client.scenario(3, f"a line of {LONGEST:,} bytes, in pieces")
def _longest(judge: Judge) -> None:
    judge.busy = 1.5
    talk = _Talk(judge)
    line = judge.chance.randbytes(LONGEST).replace(b"\n", b"x")
    talk.send(line)
    talk.send(b"\nbob: that was ", b"it\n")
    talk.must_have_heard(line, b"bob: that was it")
    talk.must_end()


@room_client.scenario(3, "hear raises an error")
def _refused(judge: Judge) -> None:
    talk = _Talk(judge, refuses=b"bob: bad news")
    talk.must_say(b"ada")
    talk.must_hear(b"bob: good news")
    talk.send(b"bob: bad news\n")
    talk.finish(Fell("`hear` raised ValueError, and it does not come back. An error of hear is for the caller; it ends the rest, too."))  # fmt: skip
    if talk.call.error is None:
        raise Fell(
            "`hear` raised ValueError, and it came back as if all had been heard. What it cannot mend is for the caller: let the error through."
        )
    if talk.call.error != "ValueError":
        talk.call.must_not_raise()
    must_leave_nothing(talk.call, "`hear` had raised an error")


@room_client.scenario(3, "what it leaves behind")
def _leaves(judge: Judge) -> None:
    for says_all in True, False:
        talk = _Talk(judge)
        talk.must_say(b"ada")
        talk.must_hear(b"* ada joined")
        if says_all:
            talk.must_half_close()
        talk.must_return()
        must_leave_nothing(talk.call, "It came back")


class _Talk:
    """A conversation of the function with a server, which the judge is, and with whoever gives it lines and hears some."""

    def __init__(self, judge: Judge, options: Sequence[tuple[int, int]] = (), refuses: bytes | None = None) -> None:
        self._judge = judge
        self.peer, self.call = judge.talk(streams=True, options=options, refuses=refuses)
        self._heard: list[bytes] = []  # that it has to have heard so far
        self._said = b""
        self._given = 0  # lines, and the end of them, that there were to say

    def send(self, *pieces: bytes) -> None:
        """The server sends the pieces, whatever becomes of them."""
        try:
            self.peer.send(*pieces)
        except Hangs as error:
            raise _deaf(error, self.call) from None

    def must_hear(self, *lines: bytes, after_half_close: bool = False) -> None:
        """Fell unless it hears these lines, which the server sends now."""
        self.send(b"".join(line + b"\n" for line in lines))
        try:
            self.must_have_heard(*lines)
        except Fell as fell:
            if after_half_close and self.call.over and self.call.error is None:
                raise Fell(
                    "It had said all, and came back while the server went on. The end of `say` ends one direction: half-close with write_eof(), and hear on until the server has ended as well.",
                    12,
                ) from fell
            raise

    def must_have_heard(self, *lines: bytes) -> None:
        """Fell unless it hears just these lines, after those before."""
        expected = [*self._heard, *lines]
        try:
            self._judge.wait(lambda: len(self.call.items) >= len(expected), self.call)
        except Hangs as error:
            raise _misheard(self.call.items, expected) or _deaf(error, self.call) from None
        if fell := _misheard(self.call.items, expected):
            raise fell
        if len(self.call.items) < len(expected):
            self._must_go_on(expected[len(self.call.items)])
        self._heard = expected

    def _must_go_on(self, line: bytes) -> None:
        """It is over, and should have heard another line."""
        if len(line) > LIMIT and "ValueError" in self.call.kinds:
            raise Fell(
                f"There came a line of {len(line):,} bytes, and readline raised ValueError: a StreamReader gives up where a line is longer than its limit, 64 KiB. Take what is there with read(), and look for the newlines yourself."
            )
        if len(line) > LIMIT and "asyncio.LimitOverrunError" in self.call.kinds:
            raise Fell(
                f"There came a line of {len(line):,} bytes, and readuntil raised LimitOverrunError: beyond the reader's limit, 64 KiB, it takes nothing, and leaves all of it in the buffer. Take what is there with read(), and look for the newlines yourself."
            )
        self.must_be_there()

    def must_be_there(self) -> None:
        """Fell if it is over, where the server has not ended the stream."""
        if not self.call.over:
            return
        self.call.must_not_raise()
        if self.call.loop.tasks:
            raise Fell(
                f"It came back, and {many(self.call.loop.tasks, 'task')} of its own had only begun: create_task() starts a task, and waits for nothing. Await each of them; when the program ends, they end with it, wherever they are."
            )
        raise Fell("It came back, though the server has not ended the stream.")

    def must_say(self, *lines: bytes) -> None:
        """Fell unless it sends these lines, which there are to say now."""
        self.give(*lines)
        self.must_read(b"".join(line + b"\n" for line in lines))

    def give(self, *lines: bytes | None) -> None:
        self._given += len(lines)
        self.call.say(*lines)

    def must_read(self, data: bytes) -> None:
        """Fell unless the server gets `data`."""
        try:
            got = self.peer.read(len(data))
        except Hangs as error:
            raise self._mute(error, data) from None
        if self.call.over and got != data:
            self.call.must_not_raise()
        if not got:
            raise Fell(f"It was to say {shown(data)}, and ended the stream instead.")
        if got != data:
            raise Fell(f"It was to say {shown(data)}, and the server got {shown(got)}: {difference(got, data)}.")
        self._said += data

    def must_half_close(self) -> None:
        """There is nothing more to say. Fell unless it ends its direction of the stream."""
        self.give(None)
        try:
            ended = self.peer.ended()
        except Hangs as error:
            if isinstance(error, Spins):
                raise
            if self.call.loop.said < self._given:
                raise _does_not_speak() from None
            raise Fell(
                "All was said, and the server waits for the end of the stream, which does not come: `writer.write_eof()` ends this direction, and leaves the other one open.",
                12,
            ) from None
        self.call.hear(0)
        if self.call.over:
            self.call.must_not_raise()
        if not ended:
            raise Fell("All was said, and it sent some more.")

    def must_end(self) -> None:
        """There is nothing more to say, and the server ends as well."""
        self.must_half_close()
        self.must_return()

    def must_return(self, hangs: Fell | None = None) -> None:
        """The server ends the stream: it comes back."""
        self.peer.end()
        self.finish(hangs or Fell("All was said, and the server has ended the stream; it does not come back. At the end of the stream read and readline give b'', again and again."))  # fmt: skip
        self.call.must_not_raise()
        if fell := _misheard(self.call.items, self._heard):
            raise fell

    def finish(self, hangs: Fell) -> None:
        """Wait until it is over; `hangs`: what is to be said if it waits for ever."""
        try:
            self.call.finish()
        except Spins:
            raise
        except Hangs:
            raise hangs from None

    def _mute(self, error: Hangs, data: bytes) -> Fell:
        """Why it does not say what there is to say."""
        if isinstance(error, Spins):
            return error
        sent = b"".join(each.data for each in self.call.socket_calls if each.sends)[len(self._said) :]
        if sent and sent == data.replace(b"\n", b""):
            return Fell(f"It was to say the lines of {shown(data)}, and sent {shown(sent)}: a newline ends each line, and `say` gives them without.")  # fmt: skip
        if sent:
            return Fell(f"It was to say {shown(data)}, and sent {shown(sent)}: {difference(sent, data)}.")
        if self.call.loop.said == self._given:
            return Fell(f"There was a line to say, {shown(data)}; it took that from `say`, and sent nothing. writer.write takes what is to be sent.")  # fmt: skip
        return _does_not_speak()


def _does_not_speak() -> Fell:
    return Fell(
        "There was something to say, and it did not take it from `say`: it waits for a line of the server's first, and the server is silent. Neither may wait for the other: let a task speak, and another one hear."
    )


def _deaf(error: Hangs, call: Call) -> Fell:
    """Why it does not hear what has come."""
    if isinstance(error, Spins):
        return error
    if not call.loop.unread:
        return Fell(
            "A line has come; it has read that, and keeps it: `hear` is to be called as soon as the line is whole. `read()` without a number gives nothing before the stream ends."
        )
    return Fell(
        "A line has come, and it does not read it: `hear` is to be called as soon as the line is whole, whatever `say` is doing. As long as there is nothing to say, `async for` waits in `say`: neither may wait for the other. "
        "Let a task speak, and another one hear."
    )


def _misheard(items: Sequence[Value], expected: Sequence[bytes]) -> Fell | None:
    """The first line that it heard in another way than it was sent."""
    for got, line in zip(items, expected, strict=False):
        if not same(got, line):
            return _other(got, line)
    return None


def _other(got: Value, line: bytes) -> Fell:
    if isinstance(got, str):
        return Fell(f"`hear` was called with {shown(got)}, which is text. Lines are bytes here, and some are no text: hear them as they came.", 24)  # fmt: skip
    if got == line + b"\n":
        return Fell(f"`hear` was called with {shown(got)}: without its newline, please, which ends the line and is no part of it.")  # fmt: skip
    if isinstance(got, bytes) and got == line.strip():
        return Fell(
            f"`hear` was called with {shown(got)}, and the line was {shown(line)}: spaces at its ends belong to it. Only the newline is to go."
        )
    if isinstance(got, bytes) and got and got in line:
        return Fell(f"`hear` was called with {shown(got)}, and the line was {shown(line)}: what one read gives is no line. Keep what came, until its newline is there.", 1)  # fmt: skip
    if isinstance(got, bytes) and got.startswith(line + b"\n"):
        return Fell(f"`hear` was called with {shown(got)}, which is more than one line: what one read gives may be several. Split at each newline.", 1)  # fmt: skip
    if isinstance(got, bytes):
        return Fell(f"`hear` was called with {shown(got)}, and the line was {shown(line)}: {difference(got, line)}.")
    size = f"{got.size:,} bytes" if isinstance(got, Digest) else shown(got)
    return Fell(f"`hear` was called with {size}, and the line was {shown(line)}.")
