"""`helpers.visit(address, path="/")`: the learner's own server in the learner's own browser, by a link and in a frame under the cell.

Comes in: an address of this computer, and a path. Goes out: a `Visit`, shown in the notebook; elsewhere a sentence. The face names it.

Nothing connects to the server before the learner opens the page: not the helpers, which ask the kernel who listens, and not the browser, which gets a button and a link. So the
server sees one visitor, who was asked to come. How the browser gets there it finds out itself (visiting.js): straight where it is on the computer of JupyterLab's server, and elsewhere
through that server (`helpers/course/proxy.py`).
"""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from helpers.checking.display import is_notebook, shell
from helpers.notebook import boxes, output
from helpers.sockets.addresses import host_and_port, is_every, is_loopback
from helpers.sockets.kernel import is_listened_at

HERE = "127.0.0.1"
ALIKE = {HERE: "localhost", "::1": "localhost"}
"""Another name of the same place: two names are two sites to a browser, which keeps what belongs to one from the other, while it sends the cookies of a host to each of its ports."""

PLAIN = "/?#&=:@!$'()*+,;~-._%[]"
"""Characters that stand for themselves in what follows the port of a URL."""


def visit(address: tuple[Any, ...] | None, path: str = "/") -> None:
    """Show a link, and a button for a frame, that open the server at `address`, which is on this computer, in the browser. Nothing connects before one of them is pressed.

    `address`: (host, port), such as `server.address` or `program.address`. `path` begins with "/"; what a URL cannot hold (spaces, ü) is quoted, a "%20" stays.

    On this computer the browser goes straight to `http://127.0.0.1:PORT/path`. On a hub or Binder, where it is on another computer, JupyterLab's server passes on what it asks, and
    the page stands below a prefix there: links in it have to be relative (`picture.png`, not `/picture.png`), cookies do not pass, and the server sees JupyterLab's connection instead
    of the browser's own. Either way the page is another site to the browser than the notebook, and cannot reach it.

    In a script or a terminal it prints the address. TypeError, ValueError: what was given is no address of this computer, or no path.
    """
    page = Visit(address, path)
    if is_notebook(shell()):
        from IPython.display import display

        display(page)
    else:
        print(page.describe())


class Visit:
    """A link to a page of a server of this computer, and a frame for it; an `Interactive`."""

    script = pathlib.Path(__file__).with_name("visiting")

    def __init__(self, address: object, path: str = "/") -> None:
        self._host, self._port = _own(address)
        self._path = _quoted(path)
        self.url = f"http://{_in_url(self._host)}:{self._port}{self._path}"
        """Where the page is, for a browser on this computer."""
        self.label = f"visit to {self.url}"
        self._trouble = ""
        self._look()

    def _look(self) -> None:
        """Ask the kernel, not the server, which would take it for a client."""
        nobody = is_listened_at(self._host, self._port) is False
        self._trouble = (
            f"Nobody listens at {(self._host, self._port)} now. Start your server first, then open the page."
            if nobody
            else ""
        )

    def describe(self) -> str:
        """The address, in a sentence."""
        return self._trouble or f"Open {self.url} in a browser on this computer."

    def as_html(self) -> str:
        """In words, without a link: whoever reads this later has no such server."""
        return boxes.frame(self.label, boxes.title(self.url, self._past), widest="62em")

    def as_text(self) -> str:
        """The same in plain text."""
        return f"{self.url} {self._past}"

    @property
    def _past(self) -> str:
        return "nobody listened there" if self._trouble else "to be opened in a tab of its own, or here"

    def fixed(self) -> dict[str, Any]:
        hosts = [self._host, *([ALIKE[self._host]] if self._host in ALIKE else [])]
        return {
            "url": self.url,
            "hosts": [_in_url(host) for host in hosts],
            "port": self._port,
            "path": self._path,
        }

    def seen(self) -> dict[str, Any]:
        return {"trouble": self._trouble}

    def obey(self, message: dict[str, Any]) -> None:
        """`{"do": "look"}`: somebody is about to open the page; does anybody listen?"""
        if message.get("do") == "look":
            self._look()

    def close(self) -> None:
        """The server goes on, whoever looks at it."""

    def watch_for_changes(self, callback: Callable[[], None]) -> None:
        """It changes only when it is asked, and is seen anew after that."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return output.forms(self, output.live_view(self))


def _own(address: object) -> tuple[str, int]:
    """Host and port, as a browser on this computer calls them."""
    host, port = host_and_port(address)
    if host == "localhost" or is_every(host):
        return ("::1" if host == "::" else HERE), port
    if not is_loopback(host):
        raise ValueError(
            f"A visit goes to a server of this computer: to 127.0.0.1, ::1 or localhost. {host!r:.100} may be somebody else's: write that address into your browser yourself, if you mean it."
        )
    return host, port


def _quoted(path: object) -> str:
    """`path` as a URL has it."""
    if not isinstance(path, str):
        raise TypeError(f"path is text, such as '/' or '/picture.png'; this is {type(path).__name__}.")
    if not path.startswith("/"):
        raise ValueError(f"path begins with a slash, such as '/picture.png'; this is {path!r:.100}.")
    # A % that begins no escape is one that has to be escaped itself.
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(path, safe=PLAIN, errors="surrogatepass"))


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
