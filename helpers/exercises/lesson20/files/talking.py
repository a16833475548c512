"""serve_files and its connections: many requests by one, in pieces and glued together, bodies that nobody asked for, and the three ways in which a connection ends.

Comes in: `serve_files`. Goes out: scenarios of it. Who may import it: the face of this folder, which imports it for that.
"""

from __future__ import annotations

import sys

from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, shown
from helpers.exercises.lesson15.bad_requests import HIDDEN
from helpers.exercises.lesson20.files.exercise import serve_files
from helpers.exercises.lesson20.files.pages import GOES_ON
from helpers.exercises.lesson20.files.server import PATIENCE, Client, Server, request
from helpers.exercises.lesson20.files.site import large

NOT_HERE = (405, 501)
"""For a method that the server does not know."""
REQUESTS, AT_ONCE = 1_100, 50
"""By one connection; and in one piece."""
REST = "what a method does not need is read all the same, as many bytes as Content-Length says"


@serve_files.scenario(1, "many requests by one connection, one after another")
def _keep_alive(judge: Judge) -> None:
    server = Server(judge)
    ada = server.visit("ada")
    answer = ada.must_get("/", "index.html")
    if answer.head.closes:
        raise Fell(f"{ada.asked}, and {answer.head.last_words}. An HTTP/1.1 connection goes on until one side says Connection: close, and ada has not.", 36, ["ada"])  # fmt: skip
    server.happened, server.mistake = GOES_ON, 36
    for target, file in (("/tea.html", "tea.html"), ("/tea.png", "tea.png"), ("/", "index.html")):
        ada.must_get(target, file)
    ada.must_be_left_alone("An HTTP/1.1 connection goes on until one side says Connection: close")


@serve_files.scenario(1, "Connection: close, and HTTP/1.0")
def _close(judge: Judge) -> None:
    server = Server(judge)
    for header in "Connection: close", "connection: Keep-Alive, Close":
        ada = server.visit("ada")
        answer = ada.must_get("/tea.html", "tea.html", headers=[header])
        ada.must_be_let_go(f"{ada.asked}, and it was answered")
        if not answer.head.closes:
            raise Fell(f"{ada.asked}, and the server hung up behind an answer that does not say so: 'Connection: close' belongs in it, so that whoever hurries knows which requests were not read.", about=["ada"])  # fmt: skip
    ada = server.visit("ada")
    ada.must_get("/tea.html", "tea.html", version="1.0")
    ada.must_be_let_go("ada asked in HTTP/1.0, where a connection ends behind its answer,")
    old = server.visit("old")
    old.send(b"GET /tea.html HTTP/1.0\r\n\r\n")
    old.must_hear("tea.html", "HTTP/1.0 knows no Host")


@serve_files.scenario(1, "a silent connection first, as browsers make them ahead")
def _silent(judge: Judge) -> None:
    server = Server(judge)
    silent = server.visit("silent")
    ada, grace = server.visit("ada"), server.visit("grace")
    ada.must_get("/", "index.html")
    grace.must_get("/tea.png", "tea.png")
    ada.must_get("/tea.html", "tea.html")
    silent.must_get("/", "index.html")


@serve_files.scenario(1, "Ctrl-C, while two are connected")
def _interrupted(judge: Judge) -> None:
    if sys.platform == "win32":
        return  # nothing interrupts a blocked call there
    server = Server(judge)
    ada, grace = server.visit("ada"), server.visit("grace")
    ada.must_get("/", "index.html")
    server.rest()
    if judge.interrupt(server.call):
        return
    for each in ada, grace:  # it may wait for those who are still connected
        each.leave()
    server.call.settle()
    if not server.call.over:
        raise Fell("Ctrl-C was pressed, and it went on: nobody can stop it any more. Ctrl-C is an error too, KeyboardInterrupt: a bare `except:` swallows it.")  # fmt: skip


@serve_files.scenario(2, "a request in pieces, and one byte by byte")
def _pieces(judge: Judge) -> None:
    server = Server(judge)
    server.happened = "The request came in pieces, as any may: one recv gives what is there, and a request is whole behind the blank line"
    server.mistake = 1
    ada = server.visit("ada")
    whole = request("/tea.html", headers=["Accept: */*"])
    for at in (2, 9, 19, len(whole) - 3, len(whole) - 2, len(whole) - 1):
        ada.send(whole[:at], whole[at:])
        ada.must_hear("tea.html")
    ada.send(*(bytes([each]) for each in b"GET /tea.png HTTP/1.1\r\nHost: a\r\n\r\n"))
    ada.must_hear("tea.png")


@serve_files.scenario(2, "a browser's headers, in any case, and one that is not ASCII")
def _headers(judge: Judge) -> None:
    ada = Server(judge).visit("ada")
    ada.must_get("/tea.html", "tea.html", headers=["user-agent: Mozilla/5.0 (X11; Linux x86_64)", "ACCEPT:text/html;q=0.9", "X-Empty:", "Referer: http://a:1/b:c"])  # fmt: skip
    ada.must_get("/tea.html", "tea.html", "a header may have bytes that are not ASCII", headers=["X-City: Zürich"])


@serve_files.scenario(2, "requests in one piece: answered in their order")
def _pipelined(judge: Judge) -> None:
    server = Server(judge)
    data = large(server.place, judge, size=300_000)
    server.happened = "Several requests came in one piece, as they may: what follows the blank line is the next one"
    server.mistake = 36
    ada = server.visit("ada")
    ada.send(b"".join(map(request, ("/tea.html", "/large.bin", "/tea.png", "/"))) + b"GET /tea.h")
    ada.must_hear("tea.html")
    ada.must_hear("large.bin", data=data)
    ada.must_hear("tea.png", "answers come in the order of the requests")
    ada.must_hear("index.html", "answers come in the order of the requests")
    ada.send(b"tml HTTP/1.1\r\nHost: a\r\n\r\n")
    ada.must_hear("tea.html", "its first bytes had come together with other requests")


@serve_files.scenario(2, f"{REQUESTS:,} requests by one connection")
def _many(judge: Judge) -> None:
    judge.busy = 4.0
    server = Server(judge)
    ada = server.visit("ada")
    server.happened = "One connection carries any number of requests; and a function that calls itself for the next one comes to an end at about 1,000"  # fmt: skip
    for _ in range(REQUESTS // AT_ONCE):
        ada.send(request("/digits.txt") * AT_ONCE)
        for _ in range(AT_ONCE):
            ada.must_hear("digits.txt")


@serve_files.scenario(2, "bodies: skipped, whatever the method, and not taken for the next request")
def _bodies(judge: Judge) -> None:
    server = Server(judge)
    for method in "GET", "POST", "PUT":
        ada = server.visit("ada")
        ada.send(request("/tea.html", method, body=HIDDEN) + request("/tea.png"))
        ada.asked = f"ada sent a {method} with a body"
        answer = ada.hear()
        if method != "GET" and answer.status not in NOT_HERE:
            raise Fell(f"{ada.asked}, and was answered {answer.told}. Nothing but GET is known here: 405, or 501.", about=["ada"])  # fmt: skip
        if method == "GET" and answer.status not in (200, 400):
            raise Fell(f"{ada.asked}, and was answered {answer.told}: {REST}, and the file is given.", about=["ada"])
        if answer.head.closes:
            ada.must_be_let_go(f"{ada.asked}, and {answer.head.last_words}", 36)
            continue
        _must_skip(ada)


def _must_skip(ada: Client) -> None:
    """The body was b'GET /secret …', and the next request is for tea.png."""
    answer = ada.hear()
    if answer.status != 200:
        raise Fell(f"{ada.asked}, {shown(HIDDEN)}, and a GET for '/tea.png' behind it; the second answer is {answer.told}: the body was taken for a request. {REST.capitalize()}.", 36, ["ada"])  # fmt: skip


@serve_files.scenario(2, "a body in two pieces, with umlauts in it")
def _umlauts(judge: Judge) -> None:
    server = Server(judge)
    server.happened = "Content-Length counts the bytes of a body, and an ü has two"
    server.mistake = 35
    ada = server.visit("ada")
    whole = request("/", "POST", body="Grüße aus Zürich: ½ Tee für Jürg".encode())
    ada.send(whole[:-20], whole[-20:])
    answer = ada.must_be_refused(NOT_HERE, "Nothing but GET is known here")
    if not answer.head.closes:
        ada.must_get("/tea.html", "tea.html")


@serve_files.scenario(2, "other methods: 405 or 501, and no file is changed")
def _methods(judge: Judge) -> None:
    server = Server(judge)
    for method in "DELETE", "PUT", "POST", "OPTIONS", "PATCH", "get", "TEA":
        ada = server.visit("ada")
        ada.ask("/tea.html", method)
        statuses = NOT_HERE if method.isupper() else (*NOT_HERE, 400)
        answer = ada.must_be_refused(statuses, "Nothing but GET is known here (and HEAD, as an extra); methods are written in capitals")  # fmt: skip
        if answer.status == 405 and "GET" not in answer.head.get("allow"):
            raise Fell(f"{ada.asked}, and the answer {answer.told} has no Allow: it says which methods there are, 'Allow: GET'.", about=["ada"])  # fmt: skip
        if not answer.head.closes:
            ada.must_get("/tea.html", "tea.html", "the file is still there, and the connection too")


@serve_files.scenario(2, "one who has half-closed behind its requests is answered, and let go")
def _half_close(judge: Judge) -> None:
    server = Server(judge)
    ada, grace = server.visit("ada"), server.visit("grace")
    ada.send(request("/tea.html") + request("/tea.png"))
    ada.end()
    server.happened = "ada had ended her half of the connection (FIN): she has asked all, and reads on"
    server.mistake = 21
    ada.must_hear("tea.html")
    ada.must_hear("tea.png")
    ada.must_be_let_go("ada had ended her half of the connection behind two requests, and both were answered")
    server.happened = "ada had ended her connection in the middle of a request"
    ada = server.visit("ada")
    ada.send(b"GET /tea.html HTTP/1.1\r\nHo")
    ada.end()
    server.rest()
    grace.must_get("/tea.html", "tea.html")


@serve_files.scenario(2, "connections that take only a part of what is sent")
def _sparing(judge: Judge) -> None:
    server = Server(judge, sparing=True)
    data = large(server.place, judge, size=300_000)
    server.happened = (
        "`send` need not take all that it is given: it says how much, and `sendall` goes on until all is sent"
    )
    server.mistake = 6
    ada = server.visit("ada")
    ada.ask("/large.bin")
    ada.must_hear("large.bin", data=data)
    ada.must_get("/tea.png", "tea.png")


@serve_files.scenario(2, "nothing is asked for a while, and then again")
def _idle(judge: Judge) -> None:
    server = Server(judge)
    ada, grace = server.visit("ada"), server.visit("grace")
    ada.must_get("/", "index.html")
    grace.send(b"GET /tea.html HT")
    judge.be_slow(server.call, PATIENCE)
    server.happened = "Nobody had said anything for less than the 30 s after which the server may hang up"
    ada.must_get("/tea.html", "tea.html")
    grace.send(b"TP/1.1\r\nHost: a\r\n\r\n")
    grace.must_hear("tea.html")
