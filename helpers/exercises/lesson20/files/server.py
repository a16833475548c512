"""The server as the judge has it, and its clients: they ask, and hear answers, or read nothing.

Comes in: a judge. Goes out: answers; `Fell` where that is not what was to come (`why`). Who may import it: the scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from helpers.checking.judge import Judge
from helpers.checking.messages import Doing
from helpers.checking.peer import Peer
from helpers.checking.verdicts import Fell, Hangs, Spins, shown
from helpers.exercises.lesson20.files import why
from helpers.exercises.lesson20.files.answers import BODILESS, Answer, Head, head_of, length_of
from helpers.exercises.lesson20.files.site import site
from helpers.exercises.servers import LITTLE, wait_while_bytes_move

PATIENCE = 29.0
"""Seconds of silence that no server may take for the end: after 30 it may hang up. (Only for one that has set a shorter timeout so long a silence is made.)"""
HOST = "127.0.0.1:8080"


class Server:
    """The learner's server, and the folder that it serves."""

    def __init__(self, judge: Judge, *, sparing: bool = False, aborting: bool = False, small: bool = False) -> None:
        """`small`: of what a client does not read little is on its way: the rest waits in the server."""
        self.judge = judge
        self.place = site(judge)
        self.happened = ""
        """What one of its clients has done, or suffered, that a server may fall for: the beginning of a sentence."""
        self.mistake: int | None = None
        """The misconception of whoever falls for it."""
        self.waits_for_a_file = False
        """Whether a thread of it that waits for no client waits in open."""
        self.clients: dict[tuple[str, int], Client] = {}
        """By the addresses of their sockets."""
        self.moved = 0
        """Bytes that its clients have received so far."""
        self._address, self.call = judge.listen(str(self.place.root), sparing=sparing, aborting=aborting, small=small)

    def visit(self, name: str, little: bool = False) -> Client:
        """A client who connects, and has asked nothing yet. `little`: there is little room for what it does not read."""
        try:
            peer = self.judge.connect(self._address, self.call, name, LITTLE if little else 0)
        except OSError:
            self.call.settle()
            raise why.refused(self, name) from None
        client = Client(self, name, peer)
        self.clients[peer.conn.getsockname()] = client
        return client

    def wait(self, ready: Callable[[], bool]) -> bool:
        """Wait until `ready()`, or until the server has ended. `Hangs` where nothing happens any more: as long as bytes trickle between small buffers, it goes on."""
        return wait_while_bytes_move(lambda: self.judge.wait(ready, self.call), lambda: self.moved)

    def rest(self) -> None:
        """Wait until the server has nothing to do. Fell if it works all the same."""
        try:
            self.judge.wait_for_rest(self.call)
        except Spins as error:
            raise why.spinning(self, error) from error

    def holds(self) -> Doing:
        """What the server has when it rests: threads, and open connections."""
        self.rest()
        return self.call.doing_now()

    def must_go_on(self) -> None:
        """Fell if it has come to its end, now that it rests; or if a new client is not served."""
        self.rest()
        if fell := why.ended(self):
            raise fell
        self.visit("linus").must_get("/tea.html", "tea.html")

    def ended(self) -> Fell | None:
        return why.ended(self)


class Client:
    """A client of the server."""

    def __init__(self, server: Server, name: str, peer: Peer) -> None:
        self.server = server
        self.name = name
        self.peer = peer
        self.heard = bytearray()
        """What has come, and belongs to no answer that was looked at."""
        self.gone = False
        """Whether the server has ended this connection, or broken it off."""
        self.said = b""
        """What it sent last."""
        self.asked = f"{name} has connected"
        """What it did last, for a sentence."""
        self.owed = False
        """Whether it has asked for something that it has not got, so that the server has something to do."""

    # What it does

    def send(self, *pieces: bytes) -> None:
        """Send these bytes: each piece when the server has taken the last one."""
        self.said, self.owed = pieces[-1], True
        self.asked = f"{self.name} sent {shown(b''.join(pieces))}"
        try:
            self.peer.send(*pieces)
        except Hangs as error:
            raise why.not_heard(self.server, error, self) from error

    def ask(
        self,
        target: str = "/",
        method: str = "GET",
        headers: Iterable[str] = (),
        body: bytes = b"",
        version: str = "1.1",
    ) -> None:
        """Send a request."""
        self.send(request(target, method, headers, body, version))
        self.asked = f"{self.name} asked for {method + ' ' if method != 'GET' else ''}{self._told(target)}"
        if headers:
            self.asked += f" with {' and '.join(map(repr, headers))}"

    def end(self) -> None:
        """End its half of the connection."""
        self.peer.end()

    def leave(self) -> None:
        self.gone, self.owed = True, False
        self.peer.close()

    def break_off(self) -> None:
        """Break the connection off: RST."""
        self.gone, self.owed = True, False
        self.peer.reset()

    # What it hears

    def hear(self, bodiless: bool = False) -> Answer:
        """The next answer, when it is whole. `bodiless`: it has no body, whatever its head says. Fell if none comes."""
        head = self.hear_head()
        size = 0 if bodiless or head.status in BODILESS else length_of(head, self.asked)
        self.wait_for(head.size + size)
        if len(self.heard) < head.size + size:
            raise why.cut(self.server, self, len(self.heard) - head.size, size)
        answer = Answer(head, bytes(self.heard[head.size : head.size + size]))
        del self.heard[: head.size + size]
        self.owed = False
        return answer

    def hear_head(self) -> Head:
        """The head of the next answer, which stays in `heard`."""
        while True:
            if self.heard and (head := head_of(bytes(self.heard[: 1 << 15]), self.asked)):
                if 100 <= head.status < 200:  # it comes before the answer
                    del self.heard[: head.size]
                    continue
                return head
            before = len(self.heard)
            if self.gone:
                raise why.hung_up(self.server, self)
            self.wait_for(before + 1)

    def wait_for(self, size: int) -> None:
        """Wait until so many bytes have come, or the end."""
        try:
            self.server.wait(lambda: self.take(size) or self.gone)
        except Hangs as error:
            raise why.not_answered(self.server, error, self) from error
        self.take(size)
        if self.server.call.over and not self.gone and len(self.heard) < size:
            raise why.ended(self.server) or why.hung_up(self.server, self)

    def take(self, size: int) -> bool:
        """Whether so many bytes have come by now."""
        try:
            while len(self.heard) < size and not self.gone and (data := self.peer.take()) is not None:
                self.gone = not data
                self.heard += data
                self.server.moved += len(data)
        except ConnectionError:
            self.gone = True
        return len(self.heard) >= size

    def must_be_let_go(self, because: str, misconception: int | None = None) -> None:
        """Fell unless the server ends this connection now, and nothing comes before that. `because`: why it should."""
        try:
            self.server.wait(lambda: self.take(1) or self.gone)
        except Hangs as error:
            raise why.not_let_go(self.server, error, self, because, misconception) from error
        self.take(1)
        if self.heard:
            raise Fell(
                f"{because}, and that ends the connection; {self.name} got more instead: {shown(bytes(self.heard))}. Nothing that follows is to be taken for a request any more.",
                misconception,
                [self.name],
            )

    def must_be_left_alone(self, because: str) -> None:
        """Fell if it hears anything, now that the server rests. `because`: what it waits for."""
        if self.hears_more() or self.gone:
            did = f"got {shown(bytes(self.heard))}" if self.heard else "had the connection closed"
            raise Fell(f"{because}, and {self.name} {did}.", self.server.mistake, [self.name])

    def hears_more(self) -> bool:
        """Whether anything has come that it has not heard, now that the server rests."""
        self.server.rest()
        return self.take(1)

    # What it must be given

    def must_get(self, target: str, file: str, reason: str = "", **how: object) -> Answer:
        """Ask. Fell unless it is given this file of the root."""
        self.ask(target, **how)  # type: ignore[arg-type]
        return self.must_hear(file, reason)

    def must_hear(self, file: str, reason: str = "", data: bytes | None = None) -> Answer:
        """Fell unless the next answer gives this file of the root. `reason`: why it should, without a full stop."""
        answer = self.hear()
        wanted = (self.server.place.root / file).read_bytes() if data is None else data
        because = f": {reason}" if reason else ""
        if answer.status != 200:
            raise why.another_status(self.server, self, answer, file, because)
        if answer.body != wanted:
            raise why.another_body(self.server, self, answer, file, wanted, because)
        return answer

    def must_be_refused(
        self, statuses: Iterable[int], reason: str, misconception: int | None = None, asked: str = ""
    ) -> Answer:
        """Fell unless the next answer has one of these statuses. `reason`: why, as a sentence without its full stop."""
        answer = self.hear()
        if answer.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise Fell(f"{asked or self.asked}, and was answered {answer.told}. {reason}: {wanted}.", misconception, [self.name])  # fmt: skip
        return answer

    def _told(self, target: str) -> str:
        return shown(target.replace(str(self.server.place.beside), "…"))


def request(
    target: str = "/", method: str = "GET", headers: Iterable[str] = (), body: bytes = b"", version: str = "1.1"
) -> bytes:
    """A request. `Content-Length` is added where there is a body."""
    lines = [f"{method} {target} HTTP/{version}", f"Host: {HOST}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
