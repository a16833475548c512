"""serve_files and what breaks the rules: the requests that read_request of lesson 15 has to refuse. Each gets its status, the connection ends, and nothing behind it is answered.

Comes in: `serve_files`. Goes out: scenarios of it. Who may import it: the face of this folder, which imports it for that.
"""

from __future__ import annotations

from collections.abc import Iterable

from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell
from helpers.exercises.lesson15 import bad_requests
from helpers.exercises.lesson15.bad_requests import HIDDEN
from helpers.exercises.lesson15.reading import Bad
from helpers.exercises.lesson20.files.answers import Answer
from helpers.exercises.lesson20.files.exercise import serve_files
from helpers.exercises.lesson20.files.server import Client, Server
from helpers.exercises.lesson20.files.talking import NOT_HERE


def _must_refuse(judge: Judge, requests: Iterable[Bad]) -> None:
    server = Server(judge)
    for bad in requests:
        ada = server.visit("ada")
        ada.send(bad.raw)
        _must_be_refused(ada, bad)
        ada.leave()
    server.must_go_on()


def _must_be_refused(ada: Client, bad: Bad) -> None:
    """It is answered with its status, and that is the end."""
    ada.asked = f"ada sent {bad.what}"
    ada.server.happened, ada.server.mistake = f"{bad.why}: that asks for {bad.statuses[0]}, at once", bad.misconception
    answer = ada.hear()
    if bad.readings and answer.status not in bad.statuses:
        _must_be_read(ada, bad, answer)
        return
    statuses = bad.statuses if bad.raw.startswith(b"GET") or not bad.raw else (*bad.statuses, *NOT_HERE)
    if answer.status not in statuses:
        raise Fell(f"{ada.asked}, and was answered {answer.told}. {bad.why}: {bad.statuses[0]}.", bad.misconception, ["ada"])  # fmt: skip
    ada.must_be_let_go(f"{ada.asked}, and was answered {answer.told}. Nobody knows where the next request begins")
    if not answer.head.closes:
        raise Fell(f"{ada.asked}, and the server hung up behind an answer that does not say so: 'Connection: close' belongs in it.", about=["ada"])  # fmt: skip


def _must_be_read(ada: Client, bad: Bad, answer: Answer) -> None:
    """It was not refused: what follows it is a request, or its body, as one of the readings has it."""
    if answer.head.closes:
        ada.must_be_let_go(f"{ada.asked}, and {answer.head.last_words}")
        return
    follows = {not body and bad.raw.endswith(HIDDEN) for _, _, _, body in bad.readings}
    if follows == {True} and not ada.hears_more():
        raise Fell(f"{ada.asked}, and was answered {answer.told}; what stands behind it was taken for its body. {bad.why}: 400.", bad.misconception, ["ada"])  # fmt: skip
    if follows == {False} and ada.hears_more():
        raise Fell(f"{ada.asked}, and was answered {answer.told}; its body was taken for another request. {bad.why}: 400.", 36, ["ada"])  # fmt: skip


@serve_files.scenario(2, "first lines and headers that are none")
def _malformed(judge: Judge) -> None:
    _must_refuse(judge, [*bad_requests.FIRST_LINES, *bad_requests.HEADERS])


@serve_files.scenario(2, "no Host, and two; versions that are not HTTP/1; chunks")
def _hosts(judge: Judge) -> None:
    _must_refuse(judge, [*bad_requests.HOSTS, *bad_requests.VERSIONS, *bad_requests.CHUNKS])


@serve_files.scenario(2, "lengths that are none, and bodies that are too large")
def _lengths(judge: Judge) -> None:
    _must_refuse(judge, [*bad_requests.LENGTHS, *bad_requests.TOO_LARGE])


@serve_files.scenario(3, "smuggling: two lengths, a length and chunks, blanks, line ends that are none")
def _smuggling(judge: Judge) -> None:
    judge.busy = 1.5
    _must_refuse(judge, [*bad_requests.TWO_LENGTHS, *bad_requests.LENGTH_AND_CHUNKS, *bad_requests.BLANKS, *bad_requests.LINE_ENDS])  # fmt: skip


@serve_files.scenario(3, "headers without end")
def _without_end(judge: Judge) -> None:
    judge.busy = 2.5
    server = Server(judge)
    for begun, then, bad in bad_requests.WITHOUT_END:
        ada = server.visit("ada")
        ada.send(begun)
        ada.send(then)
        _must_be_refused(ada, bad)
        ada.leave()
    server.must_go_on()
