"""serve_files and files that do not stay as they are, or are larger than the memory. Content-Length is a promise, and the file is somebody else's.

Comes in: `serve_files`. Goes out: scenarios of it. Who may import it: the face of this folder, which imports it for that.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, Hangs, Spins, shown
from helpers.exercises.lesson20.files import why
from helpers.exercises.lesson20.files.exercise import serve_files
from helpers.exercises.lesson20.files.server import Client, Server
from helpers.exercises.lesson20.files.site import HUGE, LARGE, huge, large

READ = 1 << 20
"""Bytes of the huge file that somebody reads before leaving."""


@serve_files.scenario(3, f"a file of {HUGE >> 20:,} MiB, which has no room in memory")
def _huge(judge: Judge) -> None:
    judge.busy = 2.0
    server = Server(judge)
    huge(server.place)
    bob = server.visit("bob")
    bob.ask("/huge.bin")
    server.happened = f"huge.bin has {HUGE >> 20:,} MiB, more than the memory that a server may take: read a piece of a file, send it, and read the next"
    head = bob.hear_head()
    if head.status != 200 or head.get("content-length") != str(HUGE):
        raise Fell(f"{bob.asked}, a file of {HUGE:,} bytes, and was answered {head.first!r} with Content-Length {head.get('content-length')!r}.", about=["bob"])  # fmt: skip
    bob.wait_for(head.size + READ)
    if bob.gone:
        raise why.cut(server, bob, len(bob.heard) - head.size, HUGE)
    server.visit("ada").must_get("/tea.html", "tea.html")
    bob.break_off()
    server.must_go_on()


def _in_the_middle(
    judge: Judge, happens: str, change: Callable[[Path], object], asks_on: bool = True
) -> tuple[Client, bytes] | None:
    """bob is in the middle of a large file when that changes; what it was. None where the system does not let it change. `asks_on`: he asks for the next file as well."""
    server = Server(judge, small=True)
    data = large(server.place, judge)
    bob = server.visit("bob", little=True)
    bob.ask("/large.bin")
    bob.hear_head()
    server.rest()
    try:
        change(server.place.root / "large.bin")
    except OSError:
        return None
    server.happened = f"large.bin {happens} while it was sent; its Content-Length had been said by then"
    if asks_on:
        bob.ask("/tea.html")
        bob.asked = "bob asked for '/large.bin'"
    return bob, data


def _whole_or_cut(bob: Client, data: bytes, asks_on: bool = True) -> None:
    """Fell unless bob gets all of the data, or the connection ends in the middle of it."""
    head = bob.hear_head()
    hung: Hangs | None = None
    try:
        bob.server.wait(lambda: bob.take(head.size + LARGE) or bob.gone)
    except Spins as error:
        raise Fell(f"{bob.server.happened}. It goes round and round: read gives b'' at the end of a file, again and again, and less was sent than was promised. End the connection there.", 11, ["bob"]) from error  # fmt: skip
    except Hangs as error:
        hung = error
    body = bytes(bob.heard[head.size : head.size + LARGE])
    if not data.startswith(body):
        at = next(at for at, (one, other) in enumerate(zip(body, data, strict=False)) if one != other)
        raise Fell(f"{bob.server.happened}. bob got {at:,} bytes of it, and then, as a part of the same body, {shown(body[at : at + 40])}: what follows is taken for the rest of the file. Send as many bytes as were promised, or end the connection.", 36, ["bob"])  # fmt: skip
    if hung:
        raise Fell(f"{bob.server.happened}: {LARGE:,} bytes. {len(body):,} came, and no more: bob waits for the rest, which does not exist any more. Where a file has lost its end, end the connection; nothing else can say so.", 12, ["bob"]) from hung  # fmt: skip
    if len(body) == LARGE:
        bob.must_hear("large.bin", data=data)
        bob.asked = "bob asked for '/tea.html', behind large.bin"
        if asks_on and not bob.gone:
            bob.must_hear("tea.html")


@serve_files.scenario(3, "a file that loses its end while it is sent")
def _shrinks(judge: Judge) -> None:
    _shrink(judge, asks_on=True)


@serve_files.scenario(3, "a file that loses its end while it is sent to one who asks for nothing more")
def _shrinks_for_one(judge: Judge) -> None:
    """`close` with a request unread is a reset, which takes away what was sent last, be it wrong: here none is."""
    _shrink(judge, asks_on=False)


def _shrink(judge: Judge, asks_on: bool) -> None:
    changed = _in_the_middle(judge, "lost its second half", lambda path: os.truncate(path, LARGE // 2), asks_on)
    if changed is not None:
        bob, data = changed
        _whole_or_cut(bob, data, asks_on)
        bob.server.must_go_on()


@serve_files.scenario(3, "a file that grows while it is sent")
def _grows(judge: Judge) -> None:
    def grow(path: Path) -> None:
        with path.open("ab") as file:
            file.write(b"more and more\n" * 10_000)

    changed = _in_the_middle(judge, "grew", grow)
    if changed is not None:
        bob, data = changed
        bob.must_hear("large.bin", data=data)
        bob.asked = "bob asked for '/tea.html', behind large.bin"
        try:
            bob.must_hear("tea.html")
        except Fell as fell:
            if bob.heard.startswith(b"HTTP/1."[: len(bob.heard)]):
                raise
            raise Fell(f"{bob.server.happened}: {LARGE:,} bytes; {shown(bytes(bob.heard[:40]))} came behind them, and was taken for the next answer. Send just as many as were promised.", 36, ["bob"]) from fell  # fmt: skip


@serve_files.scenario(3, "a file that vanishes while it is sent")
def _vanishes(judge: Judge) -> None:
    changed = _in_the_middle(judge, "was deleted", Path.unlink)
    if changed is not None:
        bob, data = changed
        _whole_or_cut(bob, data)
        bob.server.must_go_on()
        ada = bob.server.visit("ada")
        ada.ask("/large.bin")
        ada.must_be_refused((404,), "It has vanished")
