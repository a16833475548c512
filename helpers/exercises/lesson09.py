"""Lesson 9: sending everything, and asking without standing in each other's way."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from helpers.checking.call import Call
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.limits import LONGEST, SILENCE
from helpers.checking.peer import Peer
from helpers.checking.plain import Bulk, Digest
from helpers.checking.ports import quiet_port
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown
from helpers.exercises.slow import must_be_broken, must_wait
from helpers.sockets.plain import plain_socket

TIMEOUT = 10.0
"""Seconds, of sockets that are to find room in time, on the slowest machine as well."""
WORK = 4.0
"""Seconds of the processor in which 50 million bytes have to be moved each way."""
GO = 10.0
"""Seconds that a server waits at most before it begins to read."""
SENDING = 1.5
"""The same for sending 20 million."""

send_everything = Exercise(
    lesson=9,
    signature="send_everything(conn, data)",
    brief="Send all bytes of data, each once, with send alone, though send may take only a part of what it is given. A str is refused with TypeError. "
    "If one send finds no room in time, TimeoutError; if the peer is gone, ConnectionError: the caller has to know. Leave conn as it was found: open for both directions, with its own timeout.",
    tidies=True,
    hints=(
        "What does `send` return, and what is it good for?",
        "Count what was taken. As long as that is less than `len(data)`, send again. Where does the next `send` begin?",
        "`sent = conn.send(data)`; then `while sent < len(data):` and in it `sent += conn.send(data[sent:])`. A `str` needs no line of its own: the first "
        "`send` refuses it, an empty one too.",
    ),
    solution='''
def send_everything(conn, data):
    """Send all of data, with send alone. TypeError for a str, TimeoutError if one send finds no room in time."""
    sent = conn.send(data)
    while sent < len(data):
        sent += conn.send(data[sent:])
''',
    shows="a socket that takes two thirds of what it is given",
    reasons="`send` says how many bytes the system took, and the next `send` begins just there: none is lost, none goes twice. The first `send` is made in any "
    "case: of `b''` it takes nothing, and of `''` it raises `TypeError`, as of any str. No error is caught: after `TimeoutError` or `ConnectionError` "
    "nobody but the caller can decide what to do. Of very many bytes `data[sent:]` makes many copies: `memoryview(data)[sent:]` makes none.",
)


@send_everything.scenario(1, "five bytes, with send alone")
def _five(judge: Judge) -> None:
    peer, call = judge.talk(b"hello", timeout=TIMEOUT)
    got = peer.read_all(5)
    if not got:
        call.finish()
    if call.error == "AttributeError" and "encode" in call.text:
        raise Fell("It called encode() on data, which is bytes already: only a str has to be encoded.", 7)
    _must_arrive(got, b"hello", call)
    by_send = sum(each.size for each in call.socket_calls if each.method == "send")
    if by_send < 5:
        others = {each.method for each in call.socket_calls if each.sends} - {"send"}
        raise Fell(
            f"It used {min(others, default='something else')}: all five bytes arrived, but this is to be done with send alone. "
            "What sendall does inside is what you are to write."
        )


@send_everything.scenario(1, "a socket that takes two thirds of what it is given")
def _part(judge: Judge) -> None:
    data = judge.chance.randbytes(judge.chance.randint(3000, 5000))
    peer, call = judge.talk(data, timeout=TIMEOUT, sparing=True)
    _must_arrive(peer.read_all(len(data)), data, call)


@send_everything.scenario(1, "a str")
def _str(judge: Judge) -> None:
    peer, call = judge.talk("hello", timeout=TIMEOUT)
    got = peer.read_all(100)
    call.finish()
    if call.error is None:
        raise Fell(
            f"It was given the str 'hello', and {shown(got)} went out. Sockets carry bytes, and which bytes a text is, an encoding decides, not this function: TypeError.",
            7,
        )
    call.must_raise(TypeError, "data is a str", misconception=7)


@send_everything.scenario(2, "no bytes at all")
def _nothing(judge: Judge) -> None:
    peer, call = judge.talk(b"", timeout=TIMEOUT, sparing=True)
    _must_arrive(peer.read_all(0), b"", call)


@send_everything.scenario(2, "small buffers, and a reader that takes a little at a time")
def _slow_reader(judge: Judge) -> None:
    data = judge.chance.randbytes(400_000)
    peer, call = judge.talk(data, timeout=TIMEOUT, options=[(socket.SO_SNDBUF, 8192)])
    got = bytearray()
    while len(got) <= len(data) and (piece := peer.read(6000)):
        got += piece
    _must_arrive(bytes(got + peer.read_all(max(len(data) - len(got), 0))), data, call)


@send_everything.scenario(2, "a reader that pauses, and reads on")
def _pausing_reader(judge: Judge) -> None:
    data = judge.chance.randbytes(1 << 20)
    peer, call = judge.talk(data, timeout=TIMEOUT, options=[(socket.SO_SNDBUF, 8192)], room=8192)
    judge.busy = SENDING  # to fill the buffers may be slow work, which is another scenario's matter
    got = peer.read(6000)
    rest, limit = judge.watch_rest(), judge.seconds() + SENDING * 2 / 3
    judge.wait(lambda: rest.is_there() or judge.seconds() > limit, call)
    if judge.be_slow(call):
        if call.error is None:
            raise Fell(
                f"It came back though the reader had taken only 6,000 of {len(data):,} bytes, and the buffers hold far fewer than the rest.",
                6,
            )
        raise Fell(
            f"The reader paused for a moment, and it gave up, with {call.error}, though the socket came with a timeout of {TIMEOUT:g} s: a slow peer is not a dead one."
        )
    _must_arrive(got + peer.read_all(len(data) - len(got)), data, call)


@send_everything.scenario(2, "a reader that breaks off")
def _gone(judge: Judge) -> None:
    peer, call = judge.talk(
        Bulk(judge.chance.randrange(1 << 30), 8_000_000),
        timeout=TIMEOUT,
        options=[(socket.SO_SNDBUF, 8192)],
        sparing=True,
    )
    peer.read(50_000)
    peer.reset()
    call.finish(
        Fell("It goes on for ever though the peer has broken the connection off: no send will ever succeed again.", 21)
    )
    if call.error is None:
        raise Fell(
            "It came back as if all had been sent, though the peer had broken off after 50,000 of 8,000,000 bytes: the error of send is for the caller.",
            21,
        )
    if "ConnectionError" not in call.kinds:
        raise Fell(
            f"The peer had broken the connection off, and it raised {call.error}: that says something else. send raised a ConnectionError; let it through as it is.",
            21,
        )


@send_everything.scenario(3, "a reader that does not read: no room in time")
def _no_room(judge: Judge) -> None:
    size = 4_000_000
    judge.busy = SENDING  # to fill the buffers a byte at a time is slow work, which is another scenario's matter
    _, call = judge.talk(
        Bulk(judge.chance.randrange(1 << 30), size), timeout=0.02, options=[(socket.SO_SNDBUF, 8192)], sparing=True
    )
    call.finish(
        Fell(
            "It never comes back: there was no room for 0.02 seconds, the socket's timeout. TimeoutError is for the caller."
        ),
        idle=0.8,
    )
    if call.error is None:
        raise Fell(
            f"It came back as if all {size:,} bytes had been sent, though nobody reads, and the buffers hold far fewer. TimeoutError is for the caller."
        )
    call.must_raise(TimeoutError, "a send found no room in time")


@send_everything.scenario(3, "20 million bytes")
def _many(judge: Judge) -> None:
    data = Bulk(judge.chance.randrange(1 << 30), 20_000_000)
    judge.busy = SENDING
    peer, call = judge.talk(data, timeout=TIMEOUT)
    limit = judge.seconds() + SENDING
    got = bytearray()
    while piece := peer.read(1 << 16):
        got += piece
        if judge.seconds() > limit:
            raise Fell(
                f"It is too slow: after {SENDING} seconds of work {len(got):,} of {data.size:,} bytes were there. Give send all that is left, not a few bytes at a time."
            )
        if len(got) > data.size:
            break
    _must_arrive(bytes(got + peer.read_all(max(data.size - len(got), 0))), bytes(data), call)


def _must_arrive(got: bytes, data: bytes, call: Call) -> None:
    """Fell unless `got`, what the peer has read to the end, is `data`, and the call comes back."""
    if len(got) <= len(data):
        call.finish()
        call.must_not_raise()
    if got == data:
        return
    right = _common(got, data)
    if len(got) < len(data) and right == len(got):
        raise Fell(
            f"{len(got):,} of {len(data):,} bytes arrived. send takes what there is room for, and returns how many bytes that was; the rest is yours to send.",
            6,
        )
    if len(got) < len(data):
        raise Fell(
            f"{len(got):,} of {len(data):,} bytes arrived, with holes: after {right:,} bytes send took only a part of its piece, and the rest of that was skipped.",
            6,
        )
    if not right:
        raise Fell(f"It was given {shown(data[:20])}, and {shown(got[:20])} arrived.")
    raise Fell(
        f"The first {right:,} bytes were right, then came others than were to come: the next send has to begin where the last one stopped, at data[sent:], "
        "and sent is the sum of all that was taken."
    )


def _common(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


ask_and_read = Exercise(
    lesson=9,
    signature="ask_and_read(address, data)",
    brief="Connect to the server at address, send all of data, end your half, read the answer to its end, and return it. Both may have 50 million bytes, "
    "and some servers answer while they read. Leave no socket open, and nothing still being sent. If the server breaks off, the error is for the caller.",
    tidies=True,
    hints=(
        "How does the server learn that your question is complete, while you still want to hear its answer?",
        "`sendall`, `shutdown(SHUT_WR)`, and `recv` until `b''`: right, as long as the server reads to the end first. For one that answers as it reads, "
        "somebody has to read while you send.",
        "Start a thread that calls `sendall(data)` and `shutdown(SHUT_WR)`. Meanwhile collect what `recv` gives, until `b''`, in a list; `join` the thread; "
        "`return b''.join(parts)`.",
    ),
    solution='''
import socket
import threading

def ask_and_read(address, data) -> bytes:
    """Send data to the server at address, half-close, and return its whole answer."""
    errors, parts = [], []

    def ask():
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError as error:
            errors.append(error)

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.connect(address)
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            while part := s.recv(65536):
                parts.append(part)
        finally:
            asking.join()
    if errors:
        raise errors[0]
    return b"".join(parts)
''',
    shows="an answer in three pieces",
    reasons="Two directions, two threads: neither waits for the other, so it does not matter when the server answers. `SHUT_WR` ends the question and leaves the "
    "answer's direction open. An error in a thread of your own is heard by nobody: here it is kept in a list, and raised when the thread has been joined. The parts are "
    "joined once: `answer += part` would copy the whole answer again at each part.",
)


@ask_and_read.scenario(1, "a question of five bytes, to a server that reads to its end")
def _short(judge: Judge) -> None:
    _ask_one_that_counts(judge, b"hello")


@ask_and_read.scenario(1, "an answer in three pieces")
def _pieces(judge: Judge) -> None:
    door = judge.door()
    call = judge.call(door.getsockname(), b"hello")
    peer = judge.accept(door, call)
    _read_question(peer, call, b"hello")
    peer.send(b"good ", b"morn", b"ing")
    peer.end()
    _finish(call)
    if call.value in (b"good ", b"good morn"):
        raise Fell(
            f"It returned {call.value!r}, a piece of the answer b'good morning': one recv gives what is there by then. Only b'' says that no more will come.",
            1,
        )
    call.must_return(b"good morning")


@ask_and_read.scenario(1, "no socket left open")
def _closed(judge: Judge) -> None:
    call = _ask_one_that_counts(judge, b"hello")
    if call.forgot_to_close():
        raise Fell(
            "It came back and had not closed its socket. `with` closes it, also where an error ends the function."
        )


@ask_and_read.scenario(2, "no question at all")
def _no_question(judge: Judge) -> None:
    _ask_one_that_counts(judge, b"")


@ask_and_read.scenario(2, "no answer at all")
def _no_answer(judge: Judge) -> None:
    call = judge.call(judge.serve(_server(_read_to_the_end)), b"hello")
    _finish(call)
    call.must_return(b"")


@ask_and_read.scenario(2, "300,000 bytes each way, to a server that reads to the end first")
def _reads_first(judge: Judge) -> None:
    question, code = judge.chance.randbytes(300_000), _code(judge)

    def answer_at_the_end(conn: socket.socket) -> None:
        conn.sendall(_read_to_the_end(conn).translate(code))

    call = judge.call(judge.serve(_server(answer_at_the_end)), question)
    _finish(call)
    _must_be_answer(call, question.translate(code))


@ask_and_read.scenario(2, "a server that breaks off in the middle of its answer")
def _breaks_off(judge: Judge) -> None:
    door = judge.door()
    call = judge.call(door.getsockname(), b"hello")
    peer = judge.accept(door, call)
    _read_question(peer, call, b"hello")
    peer.send(b"good mor")
    peer.wait_until_taken()
    peer.reset()
    call.finish(Fell("It goes on for ever, though the server has broken the connection off.", 21))
    if call.error is None:
        raise Fell(
            f"It returned {shown(call.value)} as if that were the whole answer, but the server broke off: recv raised ConnectionResetError. "
            "That error is for the caller; one that is raised in a thread ends only the thread.",
            21,
        )
    must_be_broken(call, "the server broke off in the middle of its answer")


@ask_and_read.scenario(2, "a port on which nobody listens")
def _nobody(judge: Judge) -> None:
    door = judge.enter(plain_socket(socket.AF_INET, socket.SOCK_STREAM))
    door.bind(("127.0.0.1", quiet_port()))
    call = judge.call(door.getsockname(), b"hello").finish()
    if call.error is None:
        raise Fell(
            f"Nobody listens there, and it returned {shown(call.value)}: connect raised ConnectionRefusedError, which is for the caller.",
            16,
        )


@ask_and_read.scenario(2, "a server that is slow")
def _slow(judge: Judge) -> None:
    door = judge.door()
    call = judge.call(door.getsockname(), b"hello")
    peer = judge.accept(door, call)
    _read_question(peer, call, b"hello")
    peer.send(b"good\n\n")
    must_wait(judge, call, "The server had sent the first half of its answer")
    peer.send(b"morning\n")
    peer.end()
    _finish(call)
    call.must_return(b"good\n\nmorning\n")


@ask_and_read.scenario(2, "a socket that takes two thirds of what it is given")
def _question_in_part(judge: Judge) -> None:
    question, code = judge.chance.randbytes(judge.chance.randint(3000, 5000)), _code(judge)
    got: list[bytes] = []

    def answer_at_the_end(conn: socket.socket) -> None:
        got.append(_read_to_the_end(conn))
        conn.sendall(got[0].translate(code))

    call = judge.call(judge.serve(_server(answer_at_the_end)), question, way="sparing")
    _finish(call)
    if got and len(got[0]) < len(question):
        raise Fell(
            f"{len(got[0]):,} of the question's {len(question):,} bytes arrived, and then its end. send takes what there is room for, and returns how many bytes that was; sendall goes on until all is sent.",
            6,
        )
    _must_be_answer(call, question.translate(code))


@ask_and_read.scenario(3, "50 million bytes each way, answered while they are read")
def _both_ways(judge: Judge) -> None:
    question, code = Bulk(judge.chance.randrange(1 << 30), 50_000_000), _code(judge)
    moved = [0, 0]

    def answer_at_once(conn: socket.socket) -> None:
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)  # it soon stands still, and the picture is short
        while data := conn.recv(1 << 20):
            moved[0] += len(data)
            conn.sendall(data.translate(code))
            moved[1] += len(data)

    call = judge.call(judge.serve(_server(answer_at_once)), question)
    _finish_many(judge, call, moved)
    if not call.error and moved[0] < question.size:
        raise Fell(f"Only {moved[0]:,} of the {question.size:,} bytes of the question went out.")
    _must_be_answer(call, bytes(question).translate(code))


@ask_and_read.scenario(3, "an answer that ends while the question goes on")
def _early_end(judge: Judge) -> None:
    question = Bulk(judge.chance.randrange(1 << 30), 30_000_000)  # more than buffers hold
    moved = [0]
    go, ended = threading.Event(), threading.Event()

    def answer_first(conn: socket.socket) -> None:
        conn.sendall(b"welcome")
        conn.shutdown(socket.SHUT_WR)
        go.wait(GO)  # it meets the end with most of the question in its hands
        try:
            while data := conn.recv(1 << 18):
                moved[0] += len(data)
        finally:
            ended.set()

    call = judge.call(judge.serve(_server(answer_first)), question)
    try:
        rest, until = judge.watch_rest(), time.monotonic() + SILENCE
        judge.wait(lambda: rest.is_there() and time.monotonic() >= until, call, idle=LONGEST)
    finally:
        go.set()
    if call.over and call.error is None:
        raise Fell(
            f"It came back when the answer had ended, while the server had not read the {question.size:,} bytes of the question yet: somebody was still sending them, and nobody waited for that. "
            "b'' is the end of the other direction only. Send all; join() waits for a thread."
        )
    _finish_many(judge, call, moved)
    call.must_return(b"welcome")
    ended.wait(5)  # what it has sent may still be on its way
    if moved[0] < question.size:
        raise Fell(
            f"It came back when the answer had ended, with {moved[0]:,} of {question.size:,} bytes sent: b'' is the end of the other direction only. Send all."
        )


@ask_and_read.scenario(3, "a server that closes without reading it all")
def _closes_early(judge: Judge) -> None:
    def answer_and_go(conn: socket.socket) -> None:
        conn.recv(1000)
        conn.sendall(b"too long")

    call = judge.call(judge.serve(_server(answer_and_go)), Bulk(judge.chance.randrange(1 << 30), 10_000_000))
    judge.busy = WORK / 2
    call.finish(
        Fell(
            "It never comes back, though the server has closed the connection: nobody will read the rest of the question.",
            21,
        )
    )
    if call.error is not None and "ConnectionError" not in call.kinds:
        must_be_broken(call, "the server closed the connection with half the question unread")
    if call.error is None and not same(call.value, b"too long"):
        raise Fell(
            f"It returned {shown(call.value)}: neither the answer, b'too long', nor an error, though the server closed the connection with half the question unread.",
            21,
        )


Handler = Callable[[socket.socket], object]


def _server(handler: Handler) -> Callable[[socket.socket, object], None]:
    """`handler`, to which a client that breaks off is no trouble."""

    def server(conn: socket.socket, addr: object) -> None:
        with contextlib.suppress(ConnectionError):
            handler(conn)

    return server


def _read_to_the_end(conn: socket.socket) -> bytes:
    return b"".join(iter(lambda: conn.recv(1 << 16), b""))


def _code(judge: Judge) -> bytes:
    """A table for `translate`: so that an answer is as long as its question, and is no echo."""
    return bytes(judge.chance.sample(range(256), 256))


def _ask_one_that_counts(judge: Judge, question: bytes) -> Call:
    """Let it ask the lesson's server, which answers with the number of bytes."""
    got: list[bytes] = []

    def count(conn: socket.socket) -> None:
        got.append(_read_to_the_end(conn))
        conn.sendall(b"%d bytes\n" % len(got[0]))

    call = judge.call(judge.serve(_server(count)), question)
    _finish(call)
    judge.let_servers_rest()  # the function may be over before the server has read
    if got and got[0] != question:
        raise Fell(f"The question was {shown(question)}; the server got {shown(got[0])}.")
    _must_be_answer(call, b"%d bytes\n" % len(question))
    if not got:
        raise Fell("It never connected to the address that it was given.")
    return call


def _read_question(peer: Peer, call: Call, question: bytes) -> None:
    try:
        got = peer.read(len(question))
        if got == question and peer.ended():
            return
    except Hangs as error:
        raise _explained(error, call) from None
    raise Fell(f"The question was {shown(question)}; the server got {shown(got)}, and then not the end of the stream.")


def _finish(call: Call) -> None:
    try:
        call.finish()
    except Hangs as error:
        raise _explained(error, call) from None


def _explained(error: Hangs, call: Call) -> Fell:
    """Why it hangs, if that can be seen from what its sockets wait for."""
    if isinstance(error, Spins):
        return error
    waits = [each for each in call.socket_calls if each.waits]
    if any(each.receives for each in waits) and not any(
        each.method in ("shutdown", "close") for each in call.socket_calls
    ):
        return Fell(
            "Both wait in recv: your function for the answer, the server for the rest of the question, since nobody has told it that this was all. shutdown(socket.SHUT_WR) tells it.",
            12,
        )
    if any(each.sends for each in waits):
        return Fell(
            "A deadlock: both wait in sendall, and neither reads. The buffers are full, and there will be room only when your function reads the answer: "
            "read while you send, with a thread or with select."
        )
    return error


def _finish_many(judge: Judge, call: Call, moved: list[int]) -> None:
    """Wait until it is over, as long as bytes are moved, though not for ever."""
    slow = Fell(
        f"It is too slow: {WORK:.0f} seconds of work are not enough. answer += part copies the whole answer again each time: collect the parts in a list, and join them once."
    )
    limit = judge.seconds() + WORK
    judge.busy = WORK / 2
    while not call.over:
        before = sum(moved)
        try:
            judge.wait(lambda: sum(moved) > before + (1 << 20), call)  # noqa: B023
        except Hangs as error:
            raise (
                slow if before and isinstance(error, Spins) and not call.spins_at_the_end() else _explained(error, call)
            ) from None
        if judge.seconds() > limit:
            raise slow


def _must_be_answer(call: Call, answer: bytes) -> None:
    """Fell unless it has returned `answer`."""
    if same(call.value, answer):
        return
    calls = call.socket_calls
    if any(each.method == "shutdown" and each.detail == socket.SHUT_RDWR for each in calls):
        raise Fell(
            "It shut down both directions, so that the answer could not come in any more: SHUT_WR ends only its own."
        )
    if call.error is not None and calls and calls[-1].receives and any(each.method == "close" for each in calls):
        raise Fell(
            "It closed its socket, and then wanted to hear the answer. shutdown(socket.SHUT_WR) ends one direction, and leaves the other one open."
        )
    call.must_not_raise()
    size = (
        call.value.size
        if isinstance(call.value, Digest)
        else len(call.value)
        if isinstance(call.value, bytes)
        else None
    )
    if size is not None and size < len(answer) and len(answer) > 100:
        raise Fell(
            f"It returned {size:,} of the answer's {len(answer):,} bytes: one recv gives what is there by then, and only b'' says that no more will come.",
            1,
        )
    call.must_return(answer)


EXERCISES = [send_everything, ask_and_read]
