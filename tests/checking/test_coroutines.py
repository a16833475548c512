"""The judge and an `async def`: what its loop says of itself, as the judge is told it; and functions that are no `async def`, or are one where none is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers import exercises
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.play import play
from helpers.checking.report import Report
from tests.checking.test_exercises import function

pytestmark = pytest.mark.slow  # together; each is a check or several


def judged(source: str, scenario: Callable[[Judge], None], serves: bool = False) -> Report:
    made = Exercise(13, "async def take(reader)", "", ("", "", ""), "", "", serves=serves)
    made.scenario(1, "the one")(scenario)
    made.scenario(2, "and once more, in the same process")(scenario)
    return play(made, function(source, "take"), 1, lambda *_: None)


@pytest.mark.parametrize("body", ["...", "'''Be a client.'''\n    ...", "raise NotImplementedError"])
@pytest.mark.parametrize(
    ("name", "arguments"), [("room_client", "reader, writer, say, hear"), ("serve_room", "reader, writer, room")]
)
def test_an_untouched_stub_is_not_started(name: str, arguments: str, body: str) -> None:
    report = exercises.check(function(f"async def {name}({arguments}):\n    {body}\n", name), seed=1)
    assert not report.started and report.headline == f"{name}: not started"


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("echo_server", "async def echo_server(listener): listener.accept()", "it is an `async def`"),
        ("receive_exactly", "async def receive_exactly(conn, n): yield conn.recv(n)", "it is an `async def`"),
        ("serve_room", "def serve_room(reader, writer, room): writer.close()", "It is an ordinary function"),
        ("serve_room", "async def serve_room(reader, writer): writer.close()", "takes 2 positional arguments"),
        ("room_client", "async def room_client(reader, writer): writer.close()", "takes 2 positional arguments"),
    ],
)
def test_the_wrong_kind_of_function_is_told_so(name: str, source: str, words: str) -> None:
    report = exercises.check(function(source, name), seed=1)
    assert not report.passed and words in report.results[-1].sentence, report.describe()


def test_what_gives_back_a_coroutine_is_as_good_as_an_async_def() -> None:
    def comes_back(judge: Judge) -> None:
        judge.talk(streams=True)[1].must_return(5)

    sources = (
        "async def main(n): return n\ndef take(*args): return main(5)",
        "import functools\nasync def main(n, *args): return n\ntake = functools.partial(main, 5)",
        "class Take:\n    async def __call__(self, *args): return 5\ntake = Take()",
    )
    for source in sources:
        report = judged(source, comes_back)
        assert report.passed, report.describe()


BUSY = """
import asyncio

async def take(reader, writer, say, hear):
    async def sleeper():
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass

    left = asyncio.create_task(sleeper())
    writer.write(bytes(5_000_000))
    async for line in say:
        hear(line)
    return await reader.readexactly(3)
"""


def test_what_the_loop_keeps_is_counted() -> None:
    """And a task that swallows every cancel holds up nobody: the next scenario is played in the same process."""

    def talks(judge: Judge) -> None:
        peer, call = judge.talk(streams=True)
        peer.send(b"four")
        call.say(b"one", b"two")
        judge.wait(lambda: len(call.items) == 2, call)
        peer.wait_until_taken()
        call.ask_state()
        assert call.awaits and call.loop.said == 2 and call.loop.unread == 4
        assert 100_000 < call.loop.kept < 5_000_000 and not call.loop.writers
        call.say(None)
        call.must_return(b"fou")
        assert (call.loop.tasks, call.loop.task, call.loop.said, call.loop.writers) == (1, "sleeper", 3, 1)
        assert {each.method for each in call.socket_calls} <= {"connect", "recv", "send", "close", "setsockopt"}

    report = judged(BUSY, talks)
    assert report.passed, report.describe()


FALLS = """
import asyncio

async def take(reader, writer, room):
    room[len(room)] = writer
    line = await reader.readline()
    if line == b"drain\\n":
        writer.close()
        room[1].write(bytes(20_000_000))
        await asyncio.gather(room[1].drain())
    elif line:
        raise ValueError(line)
"""


def test_a_coroutine_for_each_client_is_told_apart() -> None:
    def visited(judge: Judge) -> None:
        address, call = judge.listen(streams=True)
        ada, bob, eve, linus = (judge.connect(address, call, name) for name in ("ada", "bob", "eve", "linus"))
        judge.wait(lambda: call.awaits, call)
        eve.send(b"no\n")
        linus.end()
        rest = judge.watch_rest()
        judge.wait(rest.is_there, call)
        ada.send(b"drain\n")
        assert not ada.read(1)
        judge.wait(judge.watch_rest().is_there, call)
        call.ask_state()
        loop = call.loop
        assert loop.error == "ValueError, in line 12 of the cell: b'no\\n'"
        assert loop.coroutines == 2 and loop.writers  # that of linus; some Pythons close eve's
        assert [judge.name_at(each) for each in (*(loop.drains or ()), loop.full)] == ["ada", "bob", "bob"]
        assert bob.conn.fileno() >= 0

    report = judged(FALLS, visited, serves=True)
    assert report.passed, report.describe()


def test_a_picture_shows_both_ends_and_nothing_of_the_loops_own() -> None:
    source = "async def room_client(reader, writer, say, hear):\n    while True:\n        hear(await reader.readline())"
    report = exercises.check(function(source, "room_client"), seed=1)
    recording = report.results[-1].recording
    assert recording is not None
    (talk,) = recording.conversations
    assert {event.program for event in recording.events} == {"server", "room_client"}
    assert [size for _, _, size in talk.flows] == [13] and not [each for each in recording.events if each.end == "pair"]
