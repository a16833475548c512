"""read_request and what breaks the rules: each is refused, at once, with its status. The rules are those of RFC 9112 and 9110; where they leave a choice, each choice holds.

Comes in: `read_request`. Goes out: more scenarios of it. Who may import it: the lesson's package, which imports it for that.
"""

from __future__ import annotations

from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell
from helpers.exercises.lesson15 import bad_requests
from helpers.exercises.lesson15.bad_requests import LARGEST
from helpers.exercises.lesson15.reading import must_be_refused, must_read, must_refuse, sent
from helpers.exercises.lesson15.requests import read_request


@read_request.scenario(2, "first lines that are none")
def _first_lines(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.FIRST_LINES)


@read_request.scenario(2, "headers that are none")
def _headers(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.HEADERS)


@read_request.scenario(2, "no Host, and two")
def _host(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.HOSTS)


@read_request.scenario(2, "versions that are not HTTP/1")
def _versions(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.VERSIONS)


@read_request.scenario(2, "lengths that are none")
def _lengths(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.LENGTHS)


@read_request.scenario(2, "a body in chunks")
def _chunks(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.CHUNKS)


@read_request.scenario(3, "headers without end")
def _without_end(judge: Judge) -> None:
    judge.busy = 2.5
    big = sent(target="/?" + "q" * 2000, headers={"Host": "a", **{f"Cookie-{at}": "x" * 90 for at in range(90)}})
    peer, call = judge.talk()
    peer.send(big.raw)
    must_read(call, big.request)
    for begun, then, bad in bad_requests.WITHOUT_END:
        peer, call = judge.talk()
        peer.send(begun)
        peer.cut(then, 4096)
        must_be_refused(call, bad)


@read_request.scenario(3, "a body of just 1 MiB, and one that announces a byte more")
def _largest(judge: Judge) -> None:
    judge.busy = 1.5
    slow = Fell(
        "A body of 1 MiB takes it more than a second of work. How many bytes does each recv ask for, and how often is everything copied?"
    )
    request = sent("PUT", "/tea", body=judge.chance.randbytes(LARGEST))
    peer, call = judge.talk()
    peer.send(request.raw)
    call.finish(slow)
    must_read(call, request.request)
    must_refuse(judge, *bad_requests.TOO_LARGE)
