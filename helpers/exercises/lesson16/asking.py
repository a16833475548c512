"""ask(address, question, tries): a question and its answer, over a network that loses."""

from __future__ import annotations

from helpers.checking.bounds import Rest
from helpers.checking.datagrams import finish, sends
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, shown, works_in_silence
from helpers.exercises.lesson16.asked import ANSWER, QUESTION, Asked
from helpers.exercises.lesson16.waiting import must_not_sleep, waits_anew

ask = Exercise(
    lesson=16,
    signature="ask(address, question, tries)",
    brief="Ask the server at address, over UDP, and return its answer, as bytes. A question is a datagram: a number of 2 bytes in front, big-endian, and question, which is bytes, behind it. Its answer has the same 2 bytes in front, "
    "which are no part of what is returned; it may be as long as a datagram can be. Send the question at most tries times, and wait for the answer for about 0.2 s each time. All tries of one question carry the same number, so that the server knows it for the same; "
    "another question has another number. Only what comes from address, and has that number, is the answer; whatever else comes is overlooked, and makes no wait longer. After the last try TimeoutError; where the system says that nobody is there, "
    "its ConnectionError is right as well. Leave nothing open.",
    tidies=True,
    hints=(
        "Three things can happen to a try: the answer comes, nothing comes, or something comes that is not the answer. Which of them ends the wait?",
        "An outer loop for the tries: send, and wait. An inner one for the wait, with a deadline as in `receive_within`: what is left of it is the socket's timeout. What comes is the answer if its sender is address and its first two bytes are the number.",
        "`number = random.randrange(65536).to_bytes(2, 'big')`, once; in the outer loop `s.sendto(number + question, address)` and `deadline = time.monotonic() + 0.2`; in the inner one `s.settimeout(left)`, `data, sender = s.recvfrom(65535)`, "
        "`if sender == address and data[:2] == number: return data[2:]`. A `TimeoutError` of `recvfrom` ends the inner loop, not the function.",
    ),
    solution='''
import random
import socket
import time

WAIT = 0.2

def ask(address, question, tries):
    """The answer, as bytes; TimeoutError if none comes to any of the tries."""
    number = random.randrange(1 << 16).to_bytes(2, "big")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(tries):
            s.sendto(number + question, address)
            answer = answer_within(WAIT, s, address, number)
            if answer is not None:
                return answer
    raise TimeoutError(f"{tries} tries, and no answer from {address}")

def answer_within(seconds, s, address, number):
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            data, sender = s.recvfrom(65535)
        except TimeoutError:
            break
        if sender == address and data[:2] == number:
            return data[2:]
    return None
''',
    shows="the answer comes late, when the question was sent again",
    reasons="The number is chosen once for a question: an answer to the first try is as good as one to the third, and the server can see that it has done this already. The deadline is set once for a try: what comes from strangers makes no wait longer. "
    "`is not None`, since b'' is an answer. `connect(address)` would be a fine way too: then the system itself drops what others send, and `recv` may raise `ConnectionRefusedError` where nobody is there; that the server is there, it does not say.",
)


EMPTY = Fell(
    "The answer was empty, the number alone, and it did not take it for one: b'' is false, and an answer all the same. `is not None` tells it from no answer."
)
AT_ONCE = Fell(
    "Something came that was not the answer, and it sent its question again at once: whoever sends it something makes it send. Overlook it, and wait on, with what is left of the time."
)
ANYBODY = "something came that was not the answer. Anybody can send that: overlook it, and wait on."
OTHERS = "It gave up when something came that was not the answer: any datagram of anybody's would end it so. Overlook it, and wait on, with what is left of the time."


@ask.scenario(1, "the answer comes at once")
def _at_once(judge: Judge) -> None:
    asked = Asked(judge)
    asked.peer.answer(asked.hear(), asked.number + ANSWER)
    asked.must_return(ANSWER)
    must_not_sleep(asked.call)


@ask.scenario(1, "nothing is answered: two tries")
def _silence(judge: Judge) -> None:
    asked = Asked(judge, tries=2)
    asked.hear()
    rest = judge.watch_rest()
    asked.hear(rest)
    must_time_out(asked, rest)
    if rest.is_missing():
        raise works_in_silence()


def must_time_out(asked: Asked, rest: Rest | None = None) -> None:
    """Fell unless it tries no more, and raises TimeoutError. `rest`: looks meanwhile whether it waits."""
    asked.hear_or_end(rest)
    asked.must_have_waited()
    asked.call.must_raise(TimeoutError, f"no answer had come to {len(asked.heard)} tries")


@ask.scenario(1, "the first question is lost, and the second one, the last, is answered")
def _lost(judge: Judge) -> None:
    asked = Asked(judge, tries=2)
    asked.hear()
    asked.peer.answer(asked.hear(), asked.number + ANSWER)
    asked.must_return(
        ANSWER,
        gave_up=Fell(
            "It raised TimeoutError though its last try was answered: wait for an answer after the last try as after the others."
        ),
    )


@ask.scenario(1, "the same question three times, each in a call of its own")
def _numbers(judge: Judge) -> None:
    """From the second one on another program has the port that the one before had."""
    server, numbers, source = judge.datagrams(), [], ("", 0)
    for at in range(3):
        asked = Asked(judge, tries=2, server=server)
        if at:
            asked.note_taken(source)
        numbers.append(asked.hear().data[:2])
        answer, source = ANSWER + str(at).encode(), asked.heard[0].source
        server.answer(asked.heard[0], asked.number + answer)
        asked.must_return(answer)
        judge.take_away(source)
    if len(set(numbers)) == 1:
        raise Fell(
            f"Three calls, and each of their questions had the number {numbers[0]!r}: whose answer is it, when one of them comes late? And the server takes the second question for the first, which comes twice. Each call chooses a number of its own."
        )


@ask.scenario(2, "the answer comes twice, the second time to the next question")
def _twice(judge: Judge) -> None:
    first = Asked(judge, tries=2)
    datagram = first.hear()
    first.peer.answer(datagram, first.number + ANSWER)
    first.peer.answer(datagram, first.number + ANSWER)
    first.must_return(ANSWER)
    second = Asked(judge, b"And now?", tries=1, server=first.peer)
    second.soon = AT_ONCE
    datagram = second.hear()
    if second.number != first.number:  # by chance it is the same, one in 65,536 times
        second.peer.send(first.number + ANSWER, datagram.source)
    second.peer.answer(datagram, second.number + b"Half past three.")
    second.must_return(b"Half past three.", {ANSWER: _old(first.number, second.number)}, Fell(OTHERS), ANYBODY)


@ask.scenario(2, "answers to earlier questions come first: their numbers are others")
def _earlier(judge: Judge) -> None:
    asked = Asked(judge, tries=1)
    asked.soon = AT_ONCE
    datagram = asked.hear()
    number = int.from_bytes(asked.number, "big")
    others = [(number ^ bit).to_bytes(2, "big") for bit in (1, 1 << 8, 1 << 15)]
    old = b"An hour ago (%b)." % asked.number
    for other in others:
        asked.peer.send(other + old, datagram.source)
    asked.peer.answer(datagram, asked.number + ANSWER)
    asked.must_return(ANSWER, {old: _old(others[0], asked.number)}, Fell(OTHERS), ANYBODY)


def _old(came: bytes, number: bytes) -> Fell:
    return Fell(
        f"An answer with the number {came!r} came first, which belongs to an earlier question; its own was {number!r}, and it returned that earlier answer. Compare both bytes of the number, and overlook what has another one."
    )


@ask.scenario(2, "the answer comes late, when the question was sent again")
def _late(judge: Judge) -> None:
    asked = Asked(judge, tries=3)
    first, second = asked.hear(), asked.hear()
    asked.peer.answer(first, asked.number + ANSWER)
    reason = "It raised TimeoutError though an answer to its first try came, while it waited for one to the second: it is the same question, so that is its answer."
    if first.source != second.source:
        reason = "It made a new socket for its second try: the answer to the first one, which was late, came to a port where nobody is any more. One socket for all tries takes it."
    asked.must_return(ANSWER, gave_up=Fell(reason))


@ask.scenario(2, "a stranger answers first, with the right number")
def _stranger(judge: Judge) -> None:
    stranger = judge.datagrams("stranger")
    asked = Asked(judge, tries=1)
    asked.soon = AT_ONCE
    datagram = asked.hear()
    stranger.send(asked.number + b"Midnight.", datagram.source)
    asked.peer.answer(datagram, asked.number + ANSWER)
    taken = Fell(
        "It returned the answer of a stranger: it came to its port, with the right number, but from another address than the one that was asked. recvfrom says from where: compare it, host and port.",
        39,
    )
    asked.must_return(ANSWER, {b"Midnight.": taken}, Fell(OTHERS), ANYBODY)


@ask.scenario(2, "no text and much text, letters of any kind, blanks at the ends")
def _texts(judge: Judge) -> None:
    for question, answer in (
        ("Wie spät ist es in Zürich? 🕒", "Viertel nach drei. ½ Tee für Jürg?"),
        ("", "You asked nothing."),
        ("Anything new?", ""),
        (" \n\0x\r\n ", "\r\n  two lines\n\tand a tab \n"),
    ):
        asked = Asked(judge, question.encode(), tries=3)
        if not answer:
            asked.soon = EMPTY
        asked.peer.answer(asked.hear(), asked.number + answer.encode())
        asked.must_return(answer.encode(), gave_up=asked.soon)


@ask.scenario(2, "an answer of many bytes")
def _large(judge: Judge) -> None:
    asked = Asked(judge, b"Tell me everything.", tries=1)
    datagram = asked.hear()
    answer = judge.chance.randbytes(60_000)
    try:
        asked.peer.answer(datagram, asked.number + answer)
    except OSError:  # macOS sends no larger ones, unless it is told to
        answer = answer[:9_000]
        asked.peer.answer(datagram, asked.number + answer)
    asked.must_return(
        answer, raised="a larger datagram came than recvfrom was to bring. Ask for 65535, more than any datagram has."
    )


@ask.scenario(3, "datagrams that are no answers: empty, and too short for a number")
def _short(judge: Judge) -> None:
    asked = Asked(judge, tries=1)
    asked.soon = AT_ONCE
    datagram = asked.hear()
    for data in (b"", asked.number[:1], b"\0", b"\xff"):
        asked.peer.send(data, datagram.source)
    asked.peer.answer(datagram, asked.number + ANSWER)
    taken = Fell(
        "It returned b'' where a datagram without a number had come, an empty one or one of a single byte: it is no answer to any question. An empty datagram ends nothing either: there is no stream."
    )
    asked.must_return(
        ANSWER,
        {b"": taken},
        Fell(OTHERS),
        "a datagram came that is too short for a number. Anybody can send one: overlook it.",
    )


@ask.scenario(3, "a stranger who sends again and again, and no answer")
def _drips(judge: Judge) -> None:
    stranger = judge.datagrams("stranger")
    asked = Asked(judge, tries=2)
    asked.hear()
    last = asked.hear()
    drip = asked.number + b"Midnight.", last.source
    if waits_anew(judge, asked.call, lambda: stranger.send(*drip), lambda: asked.call.over):
        raise Fell(
            "A stranger sent it one datagram after another, and its wait has no end: each of them makes it begin anew. Set a deadline before the loop, and give the socket what is left of it."
        )
    must_time_out(asked)


@ask.scenario(3, "a stranger's datagram comes, and when it is looked at, the time is over")
def _just_over(judge: Judge) -> None:
    stranger = judge.datagrams("stranger")
    asked = Asked(judge, tries=2)
    asked.hear()
    last = asked.hear()
    asked.be_held_up(lambda: stranger.send(asked.number + b"Midnight.", last.source))
    must_time_out(asked)


@ask.scenario(3, "nobody is there")
def _nobody(judge: Judge) -> None:
    server = judge.datagrams()
    server.close()
    call = judge.call(server.address, QUESTION, 2)
    finish(judge.wait, call)
    if len(sends(call)) > 2:
        raise Fell(
            f"Nobody was there, and it sent its question {len(sends(call))} times, where 2 were allowed: the system may say so at once (ConnectionRefusedError), as often as it is tried. Each of them is a try; wait after it, or let the error through."
        )
    if "ConnectionError" in call.kinds:
        return
    if call.error is None:
        raise Fell(
            f"It returned {shown(call.value)}, and nobody is at the address that it was given: no answer has come. TimeoutError says so, or the ConnectionError of the system.",
            40,
        )
    call.must_raise(TimeoutError, "nobody is at the address")
