"""serve_files and many clients at once: silent ones, slow ones, some who break off.

Comes in: `serve_files`. Goes out: scenarios of it. Who may import it: the face of this folder, which imports it for that.
"""

from __future__ import annotations

import collections
import os

from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell
from helpers.exercises.lesson20.files.exercise import serve_files
from helpers.exercises.lesson20.files.server import PATIENCE, Client, Server, request
from helpers.exercises.lesson20.files.site import large
from helpers.exercises.servers import ROUNDS, must_hold, wait_until_turned_away

SILENT, HALF, SLOW = 60, 20, 20
CAME_AND_WENT = 40


def _slow(server: Server, name: str, *headers: str) -> Client:
    """One who has asked for much, and reads nothing."""
    client = server.visit(name, little=True)
    client.ask("/large.bin", headers=headers)
    return client


@serve_files.scenario(2, "some who break off: before, in the middle of a request, in the middle of an answer")
def _break_off(judge: Judge) -> None:
    server = Server(judge, small=True)
    large(server.place, judge)
    server.happened = (
        "A client had broken its connection off, which the server meets as ConnectionResetError or BrokenPipeError"
    )
    server.mistake = 21
    server.visit("ada").break_off()
    server.must_go_on()
    grace = server.visit("grace")
    grace.send(b"GET /tea.html HT")
    grace.break_off()
    server.must_go_on()
    bob = _slow(server, "bob")
    bob.wait_for(1000)
    server.rest()
    bob.break_off()
    server.must_go_on()


@serve_files.scenario(2, "one who has gone before it was accepted")
def _aborted(judge: Judge) -> None:
    server = Server(judge, aborting=True)
    ada = server.visit("ada")
    server.happened = "A client had gone before it was accepted, and accept raised ConnectionAbortedError"
    server.mistake = 21
    wait_until_turned_away(ada.peer)
    server.visit("grace").must_get("/tea.html", "tea.html")


@serve_files.scenario(2, "a slow reader of a large file: nobody waits for it, and it misses nothing")
def _slow_reader(judge: Judge) -> None:
    server = Server(judge, small=True)
    data = large(server.place, judge)
    bob = _slow(server, "bob")
    server.happened = "bob asked for 4 MiB, and reads slowly"
    bob.hear_head()
    judge.be_slow(server.call, PATIENCE)  # no shorter timeout of a send either
    ada = server.visit("ada")
    ada.must_get("/tea.html", "tea.html")
    bob.must_hear("large.bin", data=data)
    ada.must_get("/tea.png", "tea.png")
    bob.must_get("/tea.html", "tea.html")


@serve_files.scenario(
    3, f"{SILENT + HALF + SLOW} clients at once: silent ones, slow ones, half a request; and one who asks"
)
def _crowd(judge: Judge) -> None:
    judge.busy = 4.0
    server = Server(judge, small=True)
    large(server.place, judge)
    server.happened = f"{SILENT + HALF + SLOW} others are connected"
    everybody = [server.visit(f"silent {number}") for number in range(1, SILENT + 1)]
    server.rest()
    for number in range(1, HALF + 1):
        everybody.append(server.visit(f"half {number}"))
        everybody[-1].send(b"GET /tea.html HTTP/1.1\r\nHo")
    everybody += [_slow(server, f"slow {number}") for number in range(1, SLOW + 1)]
    server.rest()
    ada = server.visit("ada")
    ada.must_get("/", "index.html")
    ada.must_get("/tea.png", "tea.png")
    everybody[0].must_get("/tea.html", "tea.html")
    everybody[SILENT].send(b"st: a\r\n\r\n")
    everybody[SILENT].must_hear("tea.html")
    for each in everybody:
        each.break_off()
    ada.must_get("/tea.html", "tea.html")


@serve_files.scenario(2, "one who half-closes while much still waits for it: it gets all, and then the end")
def _half_close_with_rest(judge: Judge) -> None:
    server = Server(judge, small=True)
    data = large(server.place, judge)
    bob = _slow(server, "bob", "Connection: close")
    bob.end()
    server.rest()
    server.happened = "bob had ended his half of the connection (FIN), while most of 4 MiB still waited for him"
    bob.must_hear("large.bin", data=data)
    bob.must_be_let_go("bob had asked with Connection: close, and was answered")


@serve_files.scenario(3, f"{CAME_AND_WENT} come and go, some of them in a bad way: nothing of them is left")
def _come_and_go(judge: Judge) -> None:
    judge.busy = 2.0
    server = Server(judge, small=True)
    large(server.place, judge)
    ada = server.visit("ada")
    ada.must_get("/tea.html", "tea.html")
    before = server.holds()
    for number in range(1, CAME_AND_WENT + 1):
        client = server.visit(f"client {number}")
        if number % 4 == 0:
            client.must_get("/tea.png", "tea.png", headers=["Connection: close"])
        elif number % 4 == 1:
            client.ask("/large.bin")
            client.hear_head()
            client.break_off()
        elif number % 4 == 2:
            client.send(request("/sugar.html"))
            client.end()
            client.hear()
        else:
            client.send(b"hello\r\n\r\n")
            client.hear()
        client.leave()
    gone = f"{CAME_AND_WENT} clients have come and gone"
    must_hold(server, before.connections, before.threads, gone, ["ada", "client 1"])
    _must_have_closed_its_files(server, gone)
    ada.must_get("/tea.html", "tea.html")


def _must_have_closed_its_files(server: Server, gone: str) -> None:
    """Fell where a file is open as often as clients have asked for it. (To keep it open once, for the next who asks, is no mistake.) `gone`: who has gone, the beginning of a sentence."""
    for _ in range(ROUNDS):
        server.rest()
        often = collections.Counter(server.judge.open_files())
        left = {path: times for path, times in often.items() if times >= CAME_AND_WENT // 4}
        if not left:
            return
    path, times = next(iter(left.items()))
    raise Fell(
        f"{gone}, and {os.path.basename(path)!r} is still open {times} times in the server: each keeps a file descriptor, until there are no more. "
        "Close a file on every way out, also where its client breaks off: `with open(...)`, or `try` and `finally`.",
        about=["ada", "client 1"],
    )
