"""read_request(conn): the next HTTP request of a connection."""

from __future__ import annotations

from helpers.checking.exercise import Exercise

STUB = '''
class BadRequest(Exception):
    """args: the status to answer, and why."""

def read_request(conn):
    """The next request on conn: (method, target, headers, body). None if the stream ends before one begins.

    method, target: str, as they stand in the first line. headers: a dict of str, names in lower case, no blanks
    around the values; where a name comes twice, its values are joined by ", ". body: bytes, as many as
    Content-Length says; b"" without it. What follows stays in conn, for the next call.
    EOFError if the stream ends in mid-request. raise BadRequest(status, why) for what has to be refused:
    400 where it breaks the rules, 413 a body of more than 1 MiB, 431 more than 16 KiB before the body,
    501 a Transfer-Encoding, 505 a version other than HTTP/1.
    """
'''
"""What the notebook has; what its server does with it:

while (request := read_request(conn)) is not None:     # in a loop: keep-alive
    method, target, headers, body = request
    ...
except BadRequest as error:
    status, why = error.args                            # answer it, then close: nobody knows where the next request begins
except EOFError, ConnectionError, TimeoutError:         # close, no answer
"""

read_request = Exercise(
    lesson=15,
    signature="read_request(conn)",
    brief="Return the next request on conn as (method, target, headers, body), and None if the stream ends before one begins. method and target are str, as they stand in the first line. "
    "headers is a dict of str, with names in lower case and no blanks around the values; where a name comes twice, its values are joined by ', '. body is bytes, as many as Content-Length says; b'' without it. "
    "What follows stays in conn, for the next call. If the stream ends in mid-request, raise EOFError; if the connection is broken off, let that error through. "
    "What has to be refused raises BadRequest(status, why), a class of yours: 400 where it breaks the rules, 413 a body of more than 1 MiB, 431 more than 16 KiB before the body, 501 a Transfer-Encoding, "
    "505 a version other than HTTP/1. Leave conn as it was found: open, with its own timeout.",
    tidies=True,
    hints=("", "", ""),
    solution="",
    reasons="",
)
