"""Patient 5, start swallowed: what one recv brings is taken for one question, and may be more. (A published example server has it; this one is told in our own words.)"""

from __future__ import annotations

import contextlib
import socket

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, Hangs, Spins, shown
from helpers.exercises.lesson08.streams import cut
from helpers.exercises.lesson19.bed import Bed
from helpers.exercises.lesson19.patient import Patient
from helpers.exercises.slow import must_wait
from helpers.words import many

mend_5 = Exercise(
    lesson=19,
    signature="mend_5(conn)",
    brief="Patient 5 answers questions: b'tea?' with b'two\\n', b'milk?' with b'three\\n', b'sugar?' with b'one\\n', any other with b'what?\\n'. A question is all that stands before its mark, up to the mark before. "
    "It is to answer each as soon as its mark is there, however they come, in their order, up to the end of the stream; what has no mark by then is no question. Mend it with as few lines as you can.",
    hints=(
        "Two questions came with one recv. What does `endswith` see of them? And what becomes of `question` when it was answered?",
        "There are two ways: never let recv bring anything of the next question, or find each mark, wherever it stands, answer what is in front of it, and keep what is behind it.",
        "The first way is one line: how many bytes can `recv` bring at most, so that the mark is the last of them for certain? The second: `while b'?' in question:` instead of the `if`, and in it `asked, mark, question = question.partition(b'?')`; look up `asked + mark`.",
    ),
    sick="""
PRICES = {b'tea?': b'two\\n', b'milk?': b'three\\n', b'sugar?': b'one\\n'}

def mend_5(conn):
    \"\"\"Answer each question on this connection: it ends with a question mark.\"\"\"
    question = b''
    while data := conn.recv(1024):
        question += data
        if question.endswith(b'?'):
            conn.sendall(PRICES.get(question, b'what?\\n'))
            question = b''
""",
    solution="""
PRICES = {b'tea?': b'two\\n', b'milk?': b'three\\n', b'sugar?': b'one\\n'}

def mend_5(conn):
    \"\"\"Answer each question on this connection: it ends with a question mark.\"\"\"
    question = b''
    while data := conn.recv(1):
        question += data
        if question.endswith(b'?'):
            conn.sendall(PRICES.get(question, b'what?\\n'))
            question = b''
""",
    reasons="Who takes a byte at a time never takes anything of the next question: what is not asked for stays with the system, in its order. So one figure mends it, at the price of a call of the system for each byte. Three lines cost less later: "
    "`while b'?' in question:`, `asked, mark, question = question.partition(b'?')`, and `asked + mark` looked up; what is left stays in `question`, and must not be thrown away. "
    "Smaller sends, a pause, TCP_NODELAY are no mends: nobody promises how a stream is cut.",
)

KNOWN = {b"tea": b"two\n", b"milk": b"three\n", b"sugar": b"one\n"}
UNKNOWN = b"what?\n"
BUFFER = "What recv brings may be more than one question, and the start of another. Take off one question after the other, up to each mark, and keep what is left."
LOST = 3
"""The misconception that this patient has."""


class _Client:
    """Asks the function, and hears what it answers."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.peer, self.call = judge.talk()
        self.said = b""  # since it was last heard

    def say(self, *pieces: bytes) -> None:
        """Each piece when the last one is taken."""
        self.said += b"".join(pieces)
        self.peer.send(*pieces)

    def must_hear(self, questions: list[bytes], why: str, misconception: int | None = LOST) -> None:
        """Just the answers to these, by now. `why`: what is to be said of whoever answers anything else."""
        expected = b"".join(KNOWN.get(each, UNKNOWN) for each in questions)
        got, hangs = self._hear(len(expected))
        said, self.said = self.said, b""
        if got == expected:
            return
        self.call.must_not_raise()
        if isinstance(hangs, Spins):
            raise hangs
        ended = " and came back" if self.call.over else ", and then nothing more came" if hangs else ""
        if self.call.over and expected.startswith(got):
            why, misconception = (
                "A client may ask on, up to the end of the stream: only b'' says that no more comes.",
                None,
            )
        elif got.replace(b"\n", b"") == expected.replace(b"\n", b""):
            why, misconception = "Each answer ends with one newline.", None
        raise Fell(
            f"{shown(said)} came, with {many(len(questions), 'question')}. The answers were to be {shown(expected)}; it sent {shown(got)}{ended}. {why}",
            misconception,
        )

    def _hear(self, size: int) -> tuple[bytes, Hangs | None]:
        """Up to so many bytes, or a few more; and why no more came."""
        got = bytearray()

        def came() -> bool:
            with contextlib.suppress(ConnectionError):
                got.extend(self.peer.take() or b"")
            return len(got) >= size

        try:
            self.judge.wait(came, self.call)
            self.call.hear(0)
        except Hangs as hangs:
            return bytes(got), hangs
        return bytes(got), None

    def end(self, why: str) -> None:
        """The stream ends: it has to come back, and to say nothing more. `why`: as for `must_hear`."""
        self.peer.end()
        more = self.peer.read_all(60)
        self.call.finish()
        self.call.must_not_raise()
        if more:
            raise Fell(f"Each question was answered, and it sent {shown(more)} besides. {why}")


NO_QUESTION = (
    "What has no question mark is no question: the stream has ended before it was one. An empty rest is none either."
)


@mend_5.scenario(1, "a question, and the next one when that is answered")
def _in_turn(judge: Judge) -> None:
    client = _Client(judge)
    for each in b"tea", b"milk", b"coffee":
        client.say(each + b"?")
        client.must_hear([each], "Each question is answered as soon as its mark is there.", None)
    client.end(NO_QUESTION)


@mend_5.scenario(1, "a question in two pieces")
def _pieces(judge: Judge) -> None:
    client = _Client(judge)
    client.say(b"su", b"gar?")
    client.must_hear([b"sugar"], "It came in two pieces, and is one question: it is whole when its mark is there.", 1)
    client.end(NO_QUESTION)


@mend_5.scenario(1, "two questions in one piece")
def _glued(judge: Judge) -> None:
    client = _Client(judge)
    client.say(b"milk?sugar?")
    client.must_hear([b"milk", b"sugar"], BUFFER)
    client.end(NO_QUESTION)


@mend_5.scenario(1, "a question and the start of the next, which goes on when the first is answered")
def _start(judge: Judge) -> None:
    client = _Client(judge)
    client.say(b"tea?mi")
    client.must_hear([b"tea"], "A whole question had come, and the start of the next. " + BUFFER)
    client.say(b"lk?")
    client.must_hear([b"milk"], "Its start, b'mi', had come with the question before, and was lost with it. " + BUFFER)
    client.end(NO_QUESTION)


@mend_5.scenario(2, "the stream ends in the middle of a question, and another client comes")
def _ends(judge: Judge) -> None:
    first = _Client(judge)
    first.say(b"tea?", b"mil")
    first.must_hear([b"tea"], BUFFER)
    first.end(NO_QUESTION)
    second = _Client(judge)
    second.say(b"tea?")
    second.must_hear(
        [b"tea"], "Something of an earlier connection is in it: each call needs a buffer of its own.", None
    )
    second.end(NO_QUESTION)


@mend_5.scenario(2, "nothing at all")
def _nothing(judge: Judge) -> None:
    _Client(judge).end(NO_QUESTION)


@mend_5.scenario(2, "a client that is slow, in the middle of a question")
def _slow(judge: Judge) -> None:
    client = _Client(judge)
    client.say(b"tea?su")
    client.must_hear([b"tea"], BUFFER)
    must_wait(judge, client.call, "The client had said the start of a question")
    client.say(b"gar?")
    client.must_hear([b"sugar"], BUFFER)
    client.end(NO_QUESTION)


@mend_5.scenario(2, "questions that nobody can answer: blanks, a newline, a mark alone, bytes that are no text")
def _unknown(judge: Judge) -> None:
    client = _Client(judge)
    questions = [b" tea", b"", b"milk\n", b"\ntea", b"sugar\r\nmilk", b"TEA", b"caf\xe9", b"tea!", b"sugar"]
    client.say(b"?".join(questions) + b"?")
    client.must_hear(
        questions, "A question is all that stands before its mark, blanks and newlines too; even nothing at all.", None
    )
    client.end(NO_QUESTION)


@mend_5.scenario(2, "any questions, cut anywhere")
def _anywhere(judge: Judge) -> None:
    client = _Client(judge)
    questions = [judge.chance.choice([*KNOWN, b"coffee"]) for _ in range(12)]
    client.say(*cut(b"?".join(questions) + b"?", judge.chance, 16))
    client.must_hear(questions, BUFFER)
    client.end(NO_QUESTION)


@mend_5.scenario(3, "a thousand questions in one piece")
def _thousand(judge: Judge) -> None:
    judge.busy = 2.0  # a byte at a time is slow work, and right
    client = _Client(judge)
    questions = [judge.chance.choice([*KNOWN, b"coffee"]) for _ in range(1000)]
    client.say(b"?".join(questions) + b"?")
    client.must_hear(questions, BUFFER)
    client.end(NO_QUESTION)


def _falls_ill(bed: Bed) -> None:
    bed.run(
        "with socket.create_server(('127.0.0.1', 0)) as listener:\n    conn, addr = listener.accept()\n    with conn:\n        {name}(conn)"
    )
    bed.record()
    bed.call("ada", _ask_three)
    bed.look("ada has asked, and waits")


def _ask_three(conn: socket.socket) -> None:
    conn.sendall(b"tea?")
    conn.recv(1024)
    conn.sendall(b"milk?sugar?")
    for _ in range(2):
        conn.recv(1024)


PATIENT = Patient(
    number=5,
    illness="a start swallowed",
    complaint="Whoever asks it one thing after another gets an answer each time. ada is in a hurry, and asks for two things at once. She knows that it sells both; it says that it does not understand, once, and then nothing more.",
    exercise=mend_5,
    falls_ill=_falls_ill,
    seats=("recv",),
    yes="Its second `recv` brought both questions, b'milk?sugar?': all eleven bytes flow into that one call. It asked for up to 1024, and took the two for one, of which it knows nothing. Its last `recv` waits for what it has had already.",
    no={
        "sendall": "Each has sent all that it was given, and ada has received it. That there is one answer to two questions was decided before: what did it have in hand when it sent that?",
        "accept": "It came back with ada, who is the only one.",
        "connect": "ada is connected: she got an answer to her first question.",
        "listen": "It let ada in, and nobody else wants to come.",
        "socket": "There is nothing wrong with how they were made: the first question was answered.",
        "close": "Nobody has closed anything: both ends are ESTABLISHED, and each waits for the other.",
    },
    symptom="it works while one thing is asked at a time; then an answer is wrong, or missing, and both wait",
    states="ESTABLISHED at both ends: as if all were well",
    mend="ask for no more than the message has, or keep what is behind it",
    lesson=8,
)
