"""The exercise `attack(judge)`: a scenario, written by the learner, that fells wrong servers and spares right ones.

Comes in: the planted servers. Goes out: the exercise. Each scenario of it is a group of servers, in an order of the seed's. Who may import it: the lesson.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from helpers.checking.bout import Outcome
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell
from helpers.exercises.lesson20.attacker.planted import GROUPS, SLOW, Group, Right, Wrong
from helpers.words import listed

Planted: TypeAlias = "Wrong | Right"
OVERDUE = 52
"""The misconception of whoever waits for a second, and no longer."""
BUSY = 1.5
"""Seconds of the processor that an attack on one server may use."""

SOLUTION = """
import socket
import struct

def line_of(s):
    line = b''
    while not line.endswith(b'\\n'):
        data = s.recv(1)               # never more than this line
        assert data, f'it hung up after {line!r}'
        line += data
    return line

def ask(s, *lines):
    s.sendall(b''.join(line + b'\\n' for line in lines))

def must_say(s, *answers):
    for answer in answers:
        line = line_of(s)
        if answer == b'?':
            assert line.startswith(b'?'), line
        else:
            assert line == answer + b'\\n', line

def example(judge):
    with judge.connect() as s:
        for line, answer in ((b'3 ha', b'hahaha'), (b'2  ho ', b' ho  ho '), (b'0 x', b'')):
            ask(s, line)
            must_say(s, answer)

def cut(judge):
    with judge.connect() as s:
        for piece in b'3 h', b'a', b'\\n':
            s.sendall(piece)
            judge.rest()               # the server has taken this piece before the next comes
        must_say(s, b'hahaha')

def characters(judge):
    line = '2 ü\\n'.encode()
    with judge.connect() as s:
        s.sendall(line[:3])            # a cut within ü
        judge.rest()
        s.sendall(line[3:])
        must_say(s, 'üü'.encode())
        ask(s, b'1 \\xff')             # no UTF-8
        must_say(s, b'?')

def glued(judge):
    with judge.connect() as s:
        ask(s, b'1 one', b'2 two', b'3 three')
        must_say(s, b'one', b'twotwo', b'threethreethree')

def no_counts(judge):
    with judge.connect() as s:
        for line in b'abc', b'x y', b'-1 x', b'1_0 x', b'00003 x', b'3', '٣ x'.encode():
            ask(s, line)
            must_say(s, b'?')
        ask(s, b'1 x')
        must_say(s, b'x')

def empty_line(judge):
    with judge.connect() as s:
        ask(s, b'')
        must_say(s, b'?')
        ask(s, b'1 x')
        must_say(s, b'x')

def half_close(judge):
    with judge.connect() as s:
        ask(s, b'9999 ' + b'x' * 100)
        s.shutdown(socket.SHUT_WR)
        everything = b''.join(iter(lambda: s.recv(65536), b''))
    assert everything == b'x' * 999900 + b'\\n', f'{len(everything)} bytes'

def is_served(judge):
    with judge.connect() as s:
        ask(s, b'1 x')
        must_say(s, b'x')

def breaks_off(judge):
    with judge.connect() as s:
        ask(s, b'1 x')
        must_say(s, b'x')
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    judge.rest()                       # the server has seen the RST
    is_served(judge)

def silent_first(judge):
    with judge.connect():
        is_served(judge)

def two_beginnings(judge):
    with judge.connect() as ada, judge.connect() as grace:
        ada.sendall(b'1 from ')
        judge.rest()
        ask(grace, b'1 from grace')
        must_say(grace, b'from grace')

def exactly(s, n):
    data = b''
    while len(data) < n:
        piece = s.recv(n - len(data))
        assert piece, f'it hung up after {len(data)} bytes of {n}'
        data += piece
    return data

def long_answer(judge):
    with judge.connect() as s:
        ask(s, b'9999 ' + b'y' * 100)
        judge.rest()                   # it has filled whatever room there is
        answer = exactly(s, 999901)
    assert answer == b'y' * 999900 + b'\\n'

def does_not_read(judge):
    with judge.connect() as lazy:
        ask(lazy, b'9999 ' + b'z' * 100)
        judge.rest()
        is_served(judge)

STEPS = [example, cut, characters, glued, no_counts, empty_line, half_close, breaks_off,
         silent_first, two_beginnings, long_answer, does_not_read]

def attack(judge):
    for step in STEPS:
        step(judge)
"""

attack = Exercise(
    lesson=20,
    signature="attack(judge)",
    brief="Attack a server of Chorus, version 1. `judge.connect()` gives a socket that is connected to it, `judge.rest()` waits until it has done all that it can do. A server that breaks the specification falls: `assert` says so, and so does "
    "what a socket raises. A server that keeps to it is spared, in whatever design, however slow: then the function comes back. Twelve wrong ones are to fall, six right ones to be spared.",
    hints=(
        "Begin with the example of the specification, and compare each answer, to the byte. Read an answer up to its newline, however it comes. Then take the lessons one by one: what did the servers there do wrong, and what did a client see of it?",
        "A `recv` waits as long as the server works; where nothing will come any more it raises TimeoutError, and an attack that does not catch it has felled the server. So no settimeout, no sleep. To cut a line exactly where you like: `sendall` of the beginning, `judge.rest()`, `sendall` of the rest.",
        "A step for each illness, each with connections of its own: a line in three pieces; a cut within ü; three lines in one `sendall`; `abc 1`, `-1 x` and an empty line, and then a right one; `shutdown(SHUT_WR)` before a long answer is read to its end; RST (SO_LINGER, lesson 9), "
        "then another client; a client that is silent, or says half a line, or asks for `9999 ` and 100 letters and does not read, while another one is served. Behind ? compare nothing, and send no line of more than 1,000 bytes.",
    ),
    solution=SOLUTION,
    reasons="A step for each illness, and each begins with connections of its own, so that it says what it says about whatever server it meets. `line_of` reads up to the newline, however the answer comes: a right server may send it in pieces, or several at once. `judge.rest()` is what a sleep would "
    "pretend to be: the server has taken the piece, has filled its buffers, has seen the RST. Nothing is measured with a clock, so a slow server is spared, and a busy computer changes nothing. Behind `?` nothing is compared, and no line is longer than the specification allows: an attacker who wants more than the specification "
    "fells right servers. Who is silent is found by `recv` itself: it raises TimeoutError once the server rests.",
)


def _scenario(group: Group) -> Callable[[Judge], None]:
    return lambda judge: _play(judge, group)


def _play(judge: Judge, group: Group) -> None:
    judge.busy = BUSY
    order: list[Planted] = [*group.wrong, group.right]
    outcomes: list[tuple[Planted, Outcome]] = []
    for each in judge.chance.sample(order, len(order)):  # mixed: who counts servers learns nothing
        outcomes.append((each, _bout(judge, each, shows=not _mistakes(outcomes))))
    if mistakes := _mistakes(outcomes):
        _must_be_sure(judge, *mistakes[0])
        mistakes.sort(key=lambda mistake: order.index(mistake[0]))
        raise _fell(mistakes, [outcome for _, outcome in outcomes])


def _bout(judge: Judge, planted: Planted, shows: bool) -> Outcome:
    """`shows`: whether it is the one to be seen, if the verdict is mistaken."""
    return judge.attack(planted.serve, lambda outcome: shows and _is_mistaken(planted, outcome))


def _is_mistaken(planted: Planted, outcome: Outcome) -> bool:
    return outcome.fell is isinstance(planted, Right)


def _mistakes(outcomes: Sequence[tuple[Planted, Outcome]]) -> list[tuple[Planted, Outcome]]:
    return [(planted, outcome) for planted, outcome in outcomes if _is_mistaken(planted, outcome)]


def _must_be_sure(judge: Judge, planted: Planted, outcome: Outcome) -> None:
    """Fell if the same attack on the same server comes to another verdict."""
    if _bout(judge, planted, shows=False).fell is outcome.fell:
        return
    once, again = ("fell", "was spared") if outcome.fell else ("was spared", "fell")
    raise Fell(
        f"The same server {once} the first time, and {again} the second: a verdict that hangs on chance, on a clock, or on who is quicker is none. "
        "`judge.rest()` waits until the server has done what it can; then send the next piece, or look at what has come."
    )


def _fell(mistakes: Sequence[tuple[Planted, Outcome]], outcomes: Sequence[Outcome]) -> Fell:
    """What is wrong with these verdicts. `outcomes`: of all servers of the group."""
    wrong = [planted for planted, _ in mistakes if isinstance(planted, Wrong)]
    right = [(planted, outcome) for planted, outcome in mistakes if isinstance(planted, Right)]
    sentences = [
        f"One that {planted.does} was felled ({outcome.why}): the specification allows that, since {planted.why}."
        for planted, outcome in right
    ]
    if wrong:
        sentences.append(f"{_listed(wrong)} slipped through.")
    if not any(outcome.received for outcome in outcomes):
        sentences.append(
            "Of none of them the attack has received a single byte: what a server is worth shows in what it answers."
        )
    elif all(outcome.fell for outcome in outcomes):
        sentences.append("Every server fell that it met.")
    return Fell(" ".join(sentences), _misconception(wrong, right))


def _misconception(wrong: Sequence[Wrong], right: Sequence[tuple[Right, Outcome]]) -> int | None:
    """That of the first server that slipped through; or of an attack that takes a slow server for a silent one."""
    if right:
        return OVERDUE if right[0][0] is SLOW and "timed out" in right[0][1].why else None
    return next((each.number for each in wrong if each.number), None)


def _listed(wrong: Sequence[Wrong]) -> str:
    names = listed([f"one that {each.illness}" for each in wrong])
    return names[:1].upper() + names[1:]


for group in GROUPS:
    attack.scenario(group.stage, group.title)(_scenario(group))
