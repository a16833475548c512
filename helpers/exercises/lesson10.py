"""Lesson 10: many clients, a thread for each."""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.exercises.visits import SCENES, Server, attack

serve_each = Exercise(
    lesson=10,
    signature="serve_each(listener, handle)",
    brief="Serve many clients at the same time, for ever: for each, `handle(conn, addr)` is called in a thread of its own, with the connection and the client's address as accept gives them, and the connection is closed "
    "afterwards, whatever happens. A handle that raises an error harms only its own client, and so does a client who is gone before it is accepted. When a client has gone, neither its thread nor its descriptor is left. Ctrl-C ends the server.",
    hints=(
        "Which of the two waits for a client that says nothing, `accept` or `handle`? The one of them must never have to wait for the other.",
        "`threading.Thread(target=…, args=(conn, addr)).start()` comes back at once, and the loop is in `accept` again. The target had better be a small function of your own around `handle`: who closes the connection when "
        "`handle` raises an error?",
        "`def serve(conn, addr):` and in it `with conn:` and in that `handle(conn, addr)`. The loop: `conn, addr = listener.accept()` in a `try`, since accept raises ConnectionAbortedError where a client has gone by then: `continue`; "
        "then the thread.",
    ),
    solution="""
import threading

def serve_each(listener, handle):
    def serve(conn, addr):
        with conn:                      # closed on every way out, also where handle raises an error
            handle(conn, addr)

    while True:
        try:
            conn, addr = listener.accept()
        except ConnectionError:         # this client has gone already
            continue
        threading.Thread(target=serve, args=(conn, addr)).start()
""",
    shows="three at the same time; the first one says nothing",
    reasons="The main thread does nothing but accept, so that nobody stands in the backlog for long. Each client has a thread, which may wait for it as long as it takes. An error that `handle` raises ends that thread and nothing else, and "
    "its traceback is printed: nothing is hidden. `with conn` closes the connection in any case. `serve` takes conn and addr as arguments: a thread that looked them up in the loop's variables might find those of the next client. Nobody "
    "keeps a list of threads: one that has ended is gone.",
    serves=True,
)


def _open_server(judge: Judge, way: str = "echo", aborting: bool = False) -> Server:
    return Server(judge, way, aborting)


attack(serve_each, _open_server, SCENES)

EXERCISES = [serve_each]
