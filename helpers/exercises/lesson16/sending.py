"""send_all(address, pieces): stop and wait, over a network that loses."""

from __future__ import annotations

from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.verdicts import Fell, works_in_silence
from helpers.exercises.lesson16.receiver import Receiver
from helpers.exercises.lesson16.waiting import waits_anew

send_all = Exercise(
    lesson=16,
    signature="send_all(address, pieces)",
    brief="Send pieces, an iterable of bytes, to the receiver at address, over UDP, so that it has each of them, in their order. Each is a datagram: its number in 2 bytes in front, big-endian, counted from 0, and the piece behind it. "
    "The receiver acknowledges each datagram with its 2 bytes, and the next piece goes when the acknowledgement of this one has come from address: stop and wait. If none comes within about 0.2 s, send the same datagram again, ten times at most in all, then TimeoutError; "
    "where the system says that nobody is there, its ConnectionError is right as well. An acknowledgement of an earlier piece, which comes twice or late, sends nothing, and makes no wait longer. Leave nothing open.",
    tidies=True,
    hints=(
        "What do you know when an acknowledgement comes, and what when none comes? The piece, or its acknowledgement, may be lost: can you tell?",
        "One function for one piece, as in `ask`: send, wait up to a deadline for just these two bytes, send again. Around it a loop: `for at, piece in enumerate(pieces):`. What does an acknowledgement of piece 3 mean while you wait for that of piece 4?",
        "`number = at.to_bytes(2, 'big')`; ten times: `s.sendto(number + piece, address)`, then until the deadline `data, sender = s.recvfrom(65535)`; `if (data, sender) == (number, address)`, the next piece; anything else is overlooked: wait on, with what is left of the time.",
    ),
    solution='''
import socket
import time

TRIES = 10
WAIT = 0.2

def send_all(address, pieces):
    """Send each piece until it is acknowledged; TimeoutError if one of them never is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for at, piece in enumerate(pieces):
            deliver(s, address, at.to_bytes(2, "big"), piece)

def deliver(s, address, number, piece):
    for _ in range(TRIES):
        s.sendto(number + piece, address)
        if is_acknowledged_within(WAIT, s, address, number):
            return
    raise TimeoutError(f"{TRIES} tries, and no acknowledgement of piece {int.from_bytes(number, 'big')}")

def is_acknowledged_within(seconds, s, address, number):
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            data, sender = s.recvfrom(65535)
        except TimeoutError:
            break
        if sender == address and data == number:
            return True
    return False
''',
    shows="a piece is lost, and the last one, too",
    reasons="Only the clock sends a piece again, never an acknowledgement: else one that comes twice would double all that follows (the Sorcerer's Apprentice). An old one is overlooked, and does not begin the wait anew. "
    "A piece may arrive twice, where its acknowledgement was lost: the receiver knows it by its number, and acknowledges it again, or the sender would never go on. The number must be in the datagram: without it nobody could tell a repeated piece from the next one.",
)

PIECES = [b"Alle meine ", b"Entchen ", b"schwimmen auf ", b"dem See."]
APPRENTICE = Fell(
    "An acknowledgement of a piece that was acknowledged already came, and it sent the next one again at once. The receiver acknowledges that twice too, and so on: all that follows is doubled, for ever (the Sorcerer's Apprentice). "
    "Only the clock sends a piece again; what acknowledges an earlier one is overlooked."
)
OTHERS = "something came that was not the acknowledgement it waits for: one that comes twice, or late, or from a stranger. Overlook it, and wait on, with what is left of the time."


@send_all.scenario(1, "four pieces, and all arrive")
def _all(judge: Judge) -> None:
    Receiver(judge, PIECES).acknowledge_all()


@send_all.scenario(1, "a piece is lost, and the last one, too")
def _piece_lost(judge: Judge) -> None:
    receiver = Receiver(judge, PIECES)
    receiver.acknowledge(receiver.hear())
    receiver.hear()
    rest = judge.watch_rest()
    receiver.acknowledge(receiver.hear(rest))
    if rest.is_missing():
        raise works_in_silence()
    receiver.acknowledge(receiver.hear())
    receiver.hear()
    receiver.acknowledge_all()


@send_all.scenario(1, "no pieces at all")
def _nothing(judge: Judge) -> None:
    Receiver(judge, []).acknowledge_all()


@send_all.scenario(1, "an iterator of pieces, and an empty one among them")
def _iterator(judge: Judge) -> None:
    Receiver(judge, [b"", b"\0\1", b"", b"\r\n", judge.chance.randbytes(1400), b""], iterate=True).acknowledge_all()


@send_all.scenario(2, "each acknowledgement comes twice")
def _twice(judge: Judge) -> None:
    receiver = Receiver(judge, PIECES)
    receiver.soon, receiver.raised = APPRENTICE, OTHERS
    receiver.acknowledge_all(times=2)


@send_all.scenario(2, "an acknowledgement is lost, and others come: of the piece before, and of one that is to come")
def _other_numbers(judge: Judge) -> None:
    receiver = Receiver(judge, PIECES)
    receiver.acknowledge(receiver.hear())
    receiver.soon, receiver.raised = APPRENTICE, OTHERS
    receiver.ahead = Fell(
        "Piece 1 was not acknowledged, and it went on to piece 2: what came were acknowledgements with the numbers 0 and 2. Compare the number, both bytes of it: only that of the piece just sent lets the next one go."
    )
    datagram = receiver.hear()
    for number in (b"\0\0", b"\0\2", b"\1\1", b"\0", b""):
        receiver.peer.send(number, datagram.source)
    receiver.acknowledge_all()


@send_all.scenario(2, "an acknowledgement comes late, when the piece was sent again")
def _late(judge: Judge) -> None:
    receiver = Receiver(judge, PIECES)
    receiver.soon, receiver.raised = APPRENTICE, OTHERS
    first, second = receiver.hear(), receiver.hear()
    receiver.acknowledge(first)
    if first.source == second.source:
        receiver.acknowledge(second)
    elif (third := receiver.hear()).data == first.data:
        raise Fell(
            "It made a new socket for its second try: the acknowledgement of the first one, which was late, came to a port where nobody is any more. One socket for all tries takes it."
        )
    else:
        receiver.acknowledge(third)
    receiver.acknowledge_all()


@send_all.scenario(2, "a piece is lost, and a stranger acknowledges it")
def _stranger(judge: Judge) -> None:
    stranger = judge.datagrams("stranger")
    receiver = Receiver(judge, PIECES)
    receiver.acknowledge(receiver.hear())
    datagram = receiver.hear()
    stranger.send(datagram.data[:2], datagram.source)
    receiver.ahead = Fell(
        "Piece 1 was lost, and it went on to piece 2: a stranger had sent it the number of piece 1, from another address than the receiver's. recvfrom says from where: compare it.",
        39,
    )
    receiver.acknowledge_all()


@send_all.scenario(2, "300 pieces")
def _many(judge: Judge) -> None:
    Receiver(judge, [b"piece %d" % at for at in range(300)]).acknowledge_all()


@send_all.scenario(2, "another program has the port that an earlier call had")
def _port(judge: Judge) -> None:
    first = Receiver(judge, PIECES[:1])
    source = first.hear()
    first.acknowledge(source)
    first.acknowledge_all()
    judge.take_away(source.source)
    second = Receiver(judge, PIECES[:1])
    second.note_taken(source.source)
    second.acknowledge_all()


@send_all.scenario(3, "a stranger's datagram comes, and when it is looked at, the time is over")
def _just_over(judge: Judge) -> None:
    stranger = judge.datagrams("stranger")
    receiver = Receiver(judge, PIECES)
    receiver.hear()
    again = receiver.hear()
    receiver.be_held_up(lambda: stranger.send(again.data[:2], again.source))
    receiver.acknowledge_all()


@send_all.scenario(3, "after three pieces no acknowledgement comes but that of the third one, again and again")
def _bounded(judge: Judge) -> None:
    receiver = Receiver(judge, [*PIECES, b"(zweimal)"])
    for _ in range(3):
        datagram = receiver.hear()
        receiver.acknowledge(datagram)
    old = datagram.data[:2], datagram.source
    receiver.soon = APPRENTICE
    receiver.ahead = Fell(
        "Piece 3 was never acknowledged, and it went on to piece 4 all the same: what the receiver has is no longer all. After ten tries TimeoutError says so."
    )
    receiver.hear()
    receiver.hear()
    while True:
        if waits_anew(judge, receiver.call, lambda: receiver.peer.send(*old), receiver.goes_on):
            raise Fell(
                "The acknowledgement of piece 2 came again and again, while it waited for that of piece 3, and it never went on: each of them makes its wait begin anew. Set a deadline before the loop, and give the socket what is left of it."
            )
        if receiver.hear_or_end() is None:
            break
    receiver.must_have_given_up()
