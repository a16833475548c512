"""JupyterLab's server passes on a learner's web server: as it is, to whoever has the key, and so that its page has nothing of JupyterLab's. What a browser makes of it: tests/browser/test_visits.py."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.testing import bind_unused_port

from helpers.course import proxy

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
BASE = "/user/ada/"


class Course:
    """A server that has nothing but the proxy, and one of a learner's that answers whatever it is told to."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.ended = asyncio.Event()
        """Whether a client that waited for an answer has gone."""

    async def serve(self) -> None:
        self._learner = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._learner.sockets[0].getsockname()[1]
        keys = proxy.Keys()
        app = web.Application(list(proxy.handlers(BASE, keys)))
        listener, port = bind_unused_port()
        self._server = HTTPServer(app)
        self._server.add_socket(listener)
        self.url = f"http://127.0.0.1:{port}"
        self.prefix = f"{BASE}helpers/visit/{self.port}-{keys.key(self.port)}"

    async def close(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()
        self._learner.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
        self.asked.append(head + await reader.readexactly(length))
        writer.write(self.answer)
        if not self.answer:
            await reader.read()
            self.ended.set()
        writer.close()

    async def leave(self) -> None:
        """The learner's server ends."""
        self._learner.close()
        await self._learner.wait_closed()

    async def ask(self, path: str, **how: Any) -> HTTPResponse:
        return await fetch(self.url + path, **how)


async def fetch(url: str, **how: Any) -> HTTPResponse:
    client = AsyncHTTPClient(force_instance=True)
    try:
        return await client.fetch(HTTPRequest(url, follow_redirects=False, **how), raise_error=False)
    finally:
        client.close()


def passing(answer: bytes = OK) -> Callable[[Callable[[Course], Awaitable[None]]], Callable[[], None]]:
    """The test is given a course whose learner's server gives this answer."""

    def decorate(test: Callable[[Course], Awaitable[None]]) -> Callable[[], None]:
        async def run() -> None:
            course = Course(answer)
            await course.serve()
            try:
                await test(course)
            finally:
                await course.close()

        @functools.wraps(test)
        def wrapped() -> None:
            asyncio.run(run())

        del wrapped.__wrapped__  # or pytest would look for a fixture `course`
        return wrapped

    return decorate


@passing()
async def test_the_request_arrives_as_it_was_written_without_what_is_jupyterlabs(course: Course) -> None:
    headers = {
        "Cookie": "login=1",
        "Authorization": "token 1",
        "X-XSRFToken": "1",
        "Referer": course.prefix,
        "X-Own": "kept",
    }
    answer = await course.ask(f"{course.prefix}/a%2fb/%2e%2e?q=%3F&q=", method="POST", body=b"\0\xff", headers=headers)
    assert (answer.code, answer.body) == (200, b"hello")
    head, _, body = course.asked[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == "POST /a%2fb/%2e%2e?q=%3F&q= HTTP/1.1"
    names = {line.partition(":")[0].lower() for line in lines}
    assert not names & {"cookie", "authorization", "x-xsrftoken", "referer"}
    assert {f"Host: 127.0.0.1:{course.port}", "X-Own: kept", "Content-Length: 2"} <= set(lines)
    assert body == b"\0\xff"


@passing(
    b"HTTP/1.1 404 Nowhere\r\nSet-Cookie: _xsrf=planted\r\nClear-Site-Data: *\r\nContent-Security-Policy: img-src 'self'\r\n"
    b"Access-Control-Allow-Origin: https://example.org\r\nX-Own: 1\r\nX-Own: 2\r\nConnection: close\r\n\r\nwhat comes until the end"
)
async def test_the_answer_comes_as_it_was_given_but_for_what_concerns_jupyterlab(course: Course) -> None:
    answer = await course.ask(f"{course.prefix}/")
    assert (answer.code, answer.reason, answer.body) == (404, "Nowhere", b"what comes until the end")
    assert answer.headers.get_list("X-Own") == ["1", "2"]
    assert answer.headers.get_list("Content-Security-Policy") == [proxy.SANDBOX, "img-src 'self'"]
    assert "allow-same-origin" not in proxy.SANDBOX
    assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"]
    assert not {"Set-Cookie", "Clear-Site-Data", "Content-Type", "Server", "Etag"} & set(answer.headers)


@passing(b"HTTP/1.1 302 Found\r\nLocation: /next?a=b\r\nContent-Length: 0\r\n\r\n")
async def test_a_redirect_stays_below_the_prefix(course: Course) -> None:
    answer = await course.ask(f"{course.prefix}/")
    assert (answer.code, answer.headers["Location"]) == (302, f"{course.prefix}/next?a=b")


@passing(b"HTTP/1.1 302 Found\r\nLocation: https://example.org/\r\nContent-Length: 0\r\n\r\n")
async def test_a_redirect_to_elsewhere_goes_there(course: Course) -> None:
    assert (await course.ask(f"{course.prefix}/")).headers["Location"] == "https://example.org/"


@passing(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
async def test_chunks_are_put_together(course: Course) -> None:
    assert (await course.ask(f"{course.prefix}/")).body == b"abcde"


@passing(b"HTTP/1.1 204 No Content\r\n\r\n")
async def test_an_answer_may_have_no_body(course: Course) -> None:
    answer = await course.ask(f"{course.prefix}/", method="DELETE")
    assert (answer.code, answer.body) == (204, b"")


@passing(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
async def test_a_head_has_no_body(course: Course) -> None:
    assert (await course.ask(f"{course.prefix}/", method="HEAD")).code == 200


@passing(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello")
async def test_an_answer_that_ends_too_early_is_not_made_whole(course: Course) -> None:
    with pytest.raises((HTTPError, StreamClosedError)):
        await course.ask(f"{course.prefix}/")


@passing(b"hello <b>\r\n\r\n")
async def test_what_is_no_http_is_said_in_a_sentence(course: Course) -> None:
    answer = await course.ask(f"{course.prefix}/")
    assert answer.code == 502 and b"no whole answer of HTTP" in answer.body
    assert b"<b>" not in answer.body
    assert answer.headers["Content-Security-Policy"] == proxy.SANDBOX


@passing()
async def test_where_nobody_listens_a_sentence_says_so(course: Course) -> None:
    await course.leave()
    answer = await course.ask(f"{course.prefix}/")
    assert answer.code == 502 and b"Start your server" in answer.body


@passing(b"")
async def test_a_browser_that_goes_is_gone_for_the_learners_server(course: Course) -> None:
    reader, writer = await asyncio.open_connection(*course.url.removeprefix("http://").split(":"))
    writer.write(f"GET {course.prefix}/ HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    while not course.asked:
        await asyncio.sleep(0)
    writer.close()
    await asyncio.wait_for(course.ended.wait(), 5)


@passing()
async def test_a_key_opens_its_own_port_alone(course: Course) -> None:
    other = course.prefix.replace(f"/{course.port}-", f"/{course.port % 65535 + 1}-")
    for path in (f"{course.prefix}0/", f"{course.prefix[:-1]}/", f"{other}/", f"{BASE}helpers/visit/{course.port}-/"):
        assert (await course.ask(path)).code == 404
    assert not course.asked


def test_keys_end_with_the_server() -> None:
    assert proxy.Keys().key(80) != proxy.Keys().key(80)


@passing()
async def test_who_is_near_gets_the_word_and_nobody_after_that(course: Course) -> None:
    port = await proxy.answer_near("the word")
    _, silent = await asyncio.open_connection("127.0.0.1", port)  # as a browser's first connection
    assert (await fetch(f"http://127.0.0.1:{port}/")).body == b"the word"
    silent.close()
    with pytest.raises(OSError):
        await fetch(f"http://127.0.0.1:{port}/")
