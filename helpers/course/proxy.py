"""The learner's own web server in a browser that is on another computer: JupyterLab's server takes what the browser asks, asks the learner's, and passes on what that answers.

In: requests to `{base_url}helpers/visit/PORT-KEY/…`. Out: requests to 127.0.0.1:PORT, and its answers. JupyterLab's server loads it (prefix/etc); `helpers/notebook/visiting.js` uses it.

A page that comes so has JupyterLab's own origin. Three things keep it from the notebook:

- Each answer says `Content-Security-Policy: sandbox`: to the browser the page is of an origin of its own, with nobody's cookies, in a frame as in a tab.
- So its own pictures are asked for without cookies, too, and cookies cannot be what lets a request in. A key in the path is, one for each port: it comes from a secret that ends with the server, and
  is told to whoever is logged in, which the page is not.
- What the browser tells JupyterLab of itself (cookies, tokens) does not pass to the learner's server, and nothing passes back that would change what the browser keeps for this site.

`jupyter-server-proxy` passes pages on as they are, which could then run cells, and passes on cookies.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import html
import re
import secrets
from typing import Any

import h11
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.http1connection import HTTP1Connection

SANDBOX = "sandbox allow-scripts allow-forms allow-modals allow-downloads"
"""What a page may do, wherever it is shown. Without `allow-same-origin` it has no origin that anything else has."""

KEPT = {"cookie", "authorization", "x-xsrftoken", "referer"}
"""What the browser tells JupyterLab alone: who the learner is, and, by the page's address, the key."""
OF_CONNECTION = {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}  # fmt: skip
"""Of one connection, and not of what it carries."""
HELD_BACK = {"set-cookie", "clear-site-data", "strict-transport-security", "service-worker-allowed", "access-control-allow-origin", "referrer-policy", "content-length", "location"}  # fmt: skip
"""Of an answer: what would change the browser's mind of JupyterLab's own site; and what is said anew."""
GUARD = {"Content-Security-Policy": SANDBOX, "Referrer-Policy": "no-referrer", "Access-Control-Allow-Origin": "*"}
"""What each answer says to the browser. Who has no origin may read nothing, not even of its own server, unless everybody may: here, who has the key."""
PIECE = 65536
PATIENCE = 10
"""Seconds for which a browser is waited for that wants to know whether it is on this computer."""


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """What JupyterLab's server calls when it starts: see prefix/etc."""
    server.web_app.add_handlers(".*$", handlers(server.web_app.settings["base_url"], Keys()))


def handlers(base_url: str, keys: Keys) -> list[tuple[str, type[web.RequestHandler], dict[str, Any]]]:
    """What is served, for tornado."""
    base = url_path_join(base_url, "helpers/visit/")
    known = {"keys": keys, "base": base}
    return [(re.escape(base) + r"(\d{1,5})", Door, known), (re.escape(base) + r"(\d{1,5})-(\w+)(/.*)", Proxy, known)]


class Keys:
    """Which key opens which port. They end with the server."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def key(self, port: int) -> str:
        return hmac.new(self._secret, str(port).encode(), hashlib.sha256).hexdigest()[:32]

    def fits(self, port: int, key: str) -> bool:
        """Whether it is the key of that port."""
        return hmac.compare_digest(self.key(port).encode(), key.encode())


class Door(APIHandler):
    """Tells JupyterLab, where somebody is logged in, below which path a port is to be had."""

    def initialize(self, keys: Keys, base: str) -> None:
        self._keys, self._base = keys, base

    @web.authenticated
    async def get(self, port: str) -> None:
        """`prefix`: what a path is put after. `near`: a URL that answers with `word`, and that only a browser on this computer gets through to."""
        word = secrets.token_urlsafe()
        near = f"http://127.0.0.1:{await answer_near(word)}/"
        prefix = f"{self._base}{int(port)}-{self._keys.key(int(port))}"
        self.finish({"prefix": prefix, "near": near, "word": word})


async def answer_near(word: str) -> int:
    """Listen at a port of this computer's own address until somebody has had the word there; no learner's server is asked for this. Gives back the port.

    What address JupyterLab has in the browser does not say where that is: at the other end of a tunnel, or outside of a container, it is localhost as well.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
            head = f"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: {len(word)}\r\nConnection: close\r\n\r\n"
            writer.write((head + word).encode())
            server.close()  # not before: a browser may connect, say nothing there, and ask by another connection
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
            pass  # somebody else
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    asyncio.get_running_loop().call_later(PATIENCE, server.close)
    port: int = server.sockets[0].getsockname()[1]
    return port


class Proxy(web.RequestHandler):
    """Passes on one request, and its answer."""

    def initialize(self, keys: Keys, base: str) -> None:
        self._keys, self._base = keys, base
        self._passing: asyncio.Task[None] | None = None
        self._begun = False

    def set_default_headers(self) -> None:
        for name, value in GUARD.items():
            self.set_header(name, value)

    def check_xsrf_cookie(self) -> None:
        """No cookie counts here."""

    def compute_etag(self) -> None:
        """What the learner's server does not say is not said."""

    def on_connection_close(self) -> None:
        """The browser has gone, and the learner's server shall see it."""
        if self._passing:
            self._passing.cancel()

    @allow_unauthenticated
    async def get(self, port: str, key: str, path: str) -> None:
        """Any method: it is the learner's server that knows which it takes."""
        if not self._keys.fits(int(port), key):
            raise web.HTTPError(404)
        prefix = f"{self._base}{port}-{key}"
        # Not `path`, which is decoded: "%2f" is no slash.
        target = (self.request.uri or "").removeprefix(prefix)
        self._passing = asyncio.ensure_future(self._exchange(int(port), target, prefix))
        with contextlib.suppress(asyncio.CancelledError):
            await self._passing

    head = post = put = patch = delete = options = get

    async def _exchange(self, port: int, target: str, prefix: str) -> None:
        try:
            reader, writer = await _connect(port)
        except OSError as error:
            return self._say(f"Nobody answers at port {port} of the computer on which your notebook runs ({error.strerror}). Start your server, then load this page again.")  # fmt: skip
        try:
            speech = h11.Connection(h11.CLIENT)
            writer.write(self._question(speech, port, target))
            await self._pass_back(speech, reader, prefix)
        except (h11.ProtocolError, OSError) as error:
            self._give_up(error)
        finally:
            writer.close()

    def _question(self, speech: h11.Connection, port: int, target: str) -> bytes:
        """The request as the learner's server gets it."""
        kept = [
            (name, value)
            for name, value in self.request.headers.get_all()
            if name.lower() not in KEPT | OF_CONNECTION | {"host", "content-length"}
        ]
        body = self.request.body
        ours = [("Host", f"127.0.0.1:{port}"), ("Connection", "close")]
        if body or self.request.headers.keys() & {"Content-Length", "Transfer-Encoding"}:
            ours.append(("Content-Length", str(len(body))))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in ours + kept]
        asked = h11.Request(method=self.request.method or "GET", target=target.encode("latin-1"), headers=headers)
        pieces = [
            speech.send(asked),
            speech.send(h11.Data(data=body)) if body else b"",
            speech.send(h11.EndOfMessage()),
        ]
        return b"".join(piece or b"" for piece in pieces)

    async def _pass_back(self, speech: h11.Connection, reader: asyncio.StreamReader, prefix: str) -> None:
        """The answer, piece by piece as it comes."""
        while True:
            match speech.next_event():
                case h11.NEED_DATA:
                    speech.receive_data(await reader.read(PIECE))
                case h11.Response() as answer:
                    self._begin(answer, prefix)
                    await self.flush()
                case h11.Data(data=data):
                    self.write(bytes(data))
                    await self.flush()
                case h11.EndOfMessage():
                    return

    def _begin(self, answer: h11.Response, prefix: str) -> None:
        for name in ("Server", "Date", "Content-Type"):  # tornado's
            self.clear_header(name)
        self._begun = True
        self.set_status(answer.status_code, answer.reason.decode("latin-1") or None)
        for raw_name, raw_value in answer.headers.raw_items():
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            if name.lower() not in HELD_BACK | OF_CONNECTION:
                # Beside ours: of several policies each holds.
                self.add_header(name, value)
            elif name.lower() == "location":
                # A path from the root of the learner's server, which lies elsewhere here.
                rooted = value.startswith("/") and not value.startswith("//")
                self.set_header(name, prefix + value if rooted else value)

    def _give_up(self, error: Exception) -> None:
        """What came is no HTTP, or ended too early."""
        connection = self.request.connection
        if self._begun and isinstance(connection, HTTP1Connection):
            connection.close()  # so that the browser, too, sees that it is not whole
        else:
            self._say(f"What your server answered is no whole answer of HTTP: {error}.")

    def _say(self, sentence: str) -> None:
        self.set_status(502)
        self.finish(f'<!doctype html><html lang="en"><title>No page</title><p>{html.escape(sentence)}</p></html>')


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError as refused:
        try:
            return await asyncio.open_connection("::1", port)
        except OSError:
            raise refused from None
