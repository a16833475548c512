"""Lesson 5: receiving until the peer closes, and no longer than one has time."""

from __future__ import annotations

import random
import time

from helpers.checking.call import Call
from helpers.checking.differences import difference
from helpers.checking.exercise import Exercise
from helpers.checking.judge import Judge
from helpers.checking.limits import LONGEST
from helpers.checking.peer import Peer
from helpers.checking.plain import Digest, Odd, Value
from helpers.checking.verdicts import Fell, Hangs, Spins, same, shown
from helpers.exercises.slow import must_be_broken, must_wait, no_time_left
from helpers.sockets.tapes import now
from helpers.words import many

PLENTY = 10.0
"""Seconds that are enough for any peer that comes to an end."""
PACE = 0.03
"""Seconds between two drops."""
LATE = 10
"""Drops that a function may have taken after its time was over: one that watches the clock takes one or two."""
FLOOD = 400
"""Bytes of a peer that never stops: far more than come, one by one, while there is time."""
TRIES = 4
"""Times that a function is tried where the clock decides whether it was late, each time with twice as long: on a busy machine it may be late without being wrong, but what that
adds does not grow with the time that it was given."""

receive_all = Exercise(
    lesson=5,
    signature="receive_all(conn)",
    brief="Return everything that arrives until the peer closes, as bytes, in pieces of whatever size. If the connection is broken off, it is not all: let the error through. "
    "Leave conn as it was found: open, with its own timeout.",
    tidies=True,
    hints=(
        "The lecture's server prints each piece of data as it comes. What should happen to the pieces here, and when is the last one there?",
        "Begin with an empty `b''`. Add each piece to it, in a loop that ends when `recv` gives `b''`. What stands after the loop?",
        "`answer = b''`; then `while True:` and in it three lines: `data = conn.recv(1024)`, `if not data: return answer`, `answer += data`.",
    ),
    solution="""
def receive_all(conn) -> bytes:
    answer = b''
    while True:
        data = conn.recv(1024)
        if not data:
            return answer
        answer += data
""",
    reasons="Only `b''` says that nothing more will come: neither a short piece, nor a newline, nor a pause does. `ConnectionResetError` is not caught, since "
    "whoever calls would take half an answer for the whole.",
)

receive_within = Exercise(
    lesson=5,
    signature="receive_within(conn, seconds)",
    brief="Return what arrives until the peer closes, as bytes. If the whole takes longer than `seconds`, raise TimeoutError, also against a peer that drips. "
    "If the connection is broken off, let that error through. In any case conn keeps its own timeout, which gettimeout tells.",
    tidies=True,
    hints=(
        "`receive_all` with a limit. What is it that must not begin anew with each piece?",
        "Compute the deadline once, before the loop. In the loop, before each `recv`: how much time is left? What if nothing is?",
        "`deadline = time.monotonic() + seconds`; in the loop `left = deadline - time.monotonic()`, `if left <= 0: raise TimeoutError`, "
        "`conn.settimeout(left)`, and then receive. Around it `try` and `finally: conn.settimeout(before)`, where `before` was `conn.gettimeout()` at the "
        "beginning.",
    ),
    solution="""
import time

def receive_within(conn, seconds) -> bytes:
    before = conn.gettimeout()
    deadline = time.monotonic() + seconds
    answer = b''
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f'not all of it came within {seconds} seconds')
            conn.settimeout(left)
            data = conn.recv(1024)
            if not data:
                return answer
            answer += data
    finally:
        conn.settimeout(before)
""",
    shows="a byte just before the time is over, and then nothing",
    reasons="A timeout bounds one wait, and each piece begins a new one; the deadline stays where it is. `left` is looked at before `settimeout`, which takes "
    "nothing negative and makes of 0 a socket that does not wait. `finally` gives the socket its own timeout back, whichever way the function ends: it "
    "belongs to whoever called.",
)


# What both have in common ---------------------------------------------------------------------------------------------


def _must_return(call: Call, data: bytes) -> None:
    """Fell unless it returns `data`; in words for what else it may be."""
    call.finish()
    if "TimeoutError" in call.kinds:
        raise Fell("It raised TimeoutError, though it had time enough, and all had come within a second.")
    if call.error == "BlockingIOError":
        raise Fell(
            "It raised BlockingIOError: with a timeout of 0, recv does not wait. Nothing was there yet, and more came."
        )
    call.must_not_raise()
    if not same(call.value, data):
        raise Fell(_why_not(call.value, data))


def _why_not(value: Value, data: bytes) -> str:
    if value is None:
        return (
            "It returned None: what was received is in a variable that ends with the function. A return hands it over."
        )
    if isinstance(value, str):
        return (
            f"It returned text, {shown(value)}. What arrives is bytes, and need not be text at all: leave it as it is."
        )
    if isinstance(value, (list, tuple)):
        return "It returned the pieces, each for itself. One bytes object was to come, with all of them in it."
    if value == Odd("bytearray"):
        return "It returned a bytearray, which can be changed. One bytes object was to come: bytes(…) makes one of it."
    if isinstance(value, bytes) and data and len(value) > len(data) and value.endswith(data):
        return f"It returned {shown(value)}, more than the peer sent, {shown(data)}: something was kept from an earlier call."
    if isinstance(value, bytes) and len(value) != len(data):
        said = shown(value)
        size = "" if said.endswith("bytes)") else f" ({many(len(value), 'byte')})"
        return f"It returned {said}{size}, not the {len(data):,} that the peer sent: {difference(value, data)}."
    if isinstance(value, bytes):
        return f"It returned {shown(value)} where {shown(data)} was to come: {difference(value, data)}."
    if isinstance(value, Digest) and value.size != len(data):
        return f"It returned {shown(value)}, not the {len(data):,} that the peer sent."
    return f"It returned {shown(value)} where {shown(data)} was to come."


def _beginning(call: Call, data: bytes) -> bytes | None:
    """What it returned, if that is less than `data`, and from its beginning; None for anything else, or if it raised an error."""
    value = call.value
    only_begins = call.error is None and type(value) is bytes and len(value) < len(data) and data.startswith(value)
    return value if only_begins and isinstance(value, bytes) else None


def _noise(chance: random.Random, size: int) -> bytes:
    """Bytes that are no text, with spaces and line ends at both ends."""
    return b" \r\n\x00" + chance.randbytes(size - 8) + b"\xff\x00\n "


def _one_word(judge: Judge, *seconds: float) -> None:
    peer, call = judge.talk(*seconds)
    peer.send(b"hello")
    peer.end()
    try:
        call.finish()
    except Hangs as error:
        raise (
            error
            if error.misconception or isinstance(error, Spins)
            else Fell(
                "It does not come back, though the peer has closed: after b'hello' recv gave b'', and nothing more comes."
            )
        ) from None
    _must_return(call, b"hello")


def _one_long_send(judge: Judge, *seconds: float) -> None:
    data = bytes(judge.chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=judge.chance.randrange(3000, 4000)))
    peer, call = judge.talk(*seconds)
    peer.send(data)
    peer.end()
    call.finish()
    beginning = _beginning(call, data)
    if beginning is not None:
        raise Fell(
            f"The peer sent {len(data):,} bytes with one send, and it returned {len(beginning):,} of them: recv takes what is there, up to the number it is given. "
            "A loop gets the rest.",
            1,
        )
    _must_return(call, data)


def _two_pieces(judge: Judge, *seconds: float) -> None:
    data = (b"hello ", b"world")
    peer, call = judge.talk(*seconds)
    peer.send(*data)
    peer.end()
    call.finish()
    if _beginning(call, b"".join(data)) is not None:
        raise Fell(
            f"It returned {shown(call.value)}, though {shown(data[1])} came after it: recv gives what is there, often less than it may. A short piece is not the end; b'' is.",
            2,
        )
    _must_return(call, b"".join(data))


def _nothing(judge: Judge, *seconds: float) -> None:
    peer, call = judge.talk(*seconds)
    peer.end()
    _must_return(call, b"")


def _noisy_pieces(judge: Judge, *seconds: float) -> None:
    data = _noise(judge.chance, 40)
    peer, call = judge.talk(*seconds)
    peer.cut(data[:12], 1)
    peer.send(data[12:13], data[13:35], data[35:])
    peer.end()
    _must_return(call, data)


def _broken_off(judge: Judge, *seconds: float) -> None:
    peer, call = judge.talk(*seconds)
    peer.send(b"half of ")
    peer.wait_until_taken()
    peer.reset()
    call.finish()
    must_be_broken(call, "the peer broke the connection off in the middle")


# receive_all ----------------------------------------------------------------------------------------------------------


@receive_all.scenario(1, "one word, and the peer closes")
def _(judge: Judge) -> None:
    _one_word(judge)


@receive_all.scenario(1, "a few thousand bytes, sent at once")
def _(judge: Judge) -> None:
    _one_long_send(judge)


@receive_all.scenario(1, "two words, one after the other")
def _(judge: Judge) -> None:
    _two_pieces(judge)


@receive_all.scenario(2, "a peer that closes and has said nothing")
def _(judge: Judge) -> None:
    _nothing(judge)


@receive_all.scenario(2, "pieces of one byte and more, and none of it text")
def _(judge: Judge) -> None:
    _noisy_pieces(judge)


@receive_all.scenario(2, "a peer that is silent for a while")
def _(judge: Judge) -> None:
    first, second = b"one moment\n", b"here I am\n"
    peer, call = judge.talk()
    peer.send(first)
    must_wait(judge, call, f"The peer had sent {shown(first)}")
    peer.send(second)
    peer.end()
    _must_return(call, first + second)


@receive_all.scenario(3, "a connection that is broken off in the middle")
def _(judge: Judge) -> None:
    _broken_off(judge)


@receive_all.scenario(3, "millions of bytes")
def _(judge: Judge) -> None:
    """As many as it takes in a while: somebody who takes one at a time is slow, and right."""
    piece = _noise(judge.chance, 1 << 15)
    pieces = 0
    peer, call = judge.talk()
    until = time.monotonic() + 0.4
    while pieces < 4 or (pieces < 160 and time.monotonic() < until):
        peer.send(piece)
        peer.wait_until_taken()
        pieces += 1
    peer.end()
    judge.busy = 5.0
    _must_return(call, piece * pieces)


# receive_within -------------------------------------------------------------------------------------------------------


@receive_within.scenario(1, "one word, and the peer closes, with time enough")
def _(judge: Judge) -> None:
    _one_word(judge, PLENTY)


@receive_within.scenario(1, "a few thousand bytes, sent at once")
def _(judge: Judge) -> None:
    _one_long_send(judge, PLENTY)


@receive_within.scenario(1, "two words, one after the other")
def _(judge: Judge) -> None:
    _two_pieces(judge, PLENTY)


@receive_within.scenario(1, "a peer that says nothing")
def _(judge: Judge) -> None:
    waits = Fell(
        "It waits for ever: the peer says nothing and does not close, and its time is long over. Each wait needs a limit."
    )
    for longer in range(TRIES):
        seconds, begun = round(_short(judge) * 2**longer, 2), now()
        _, call = judge.talk(seconds)
        _must_time_out(call, f"nothing had come after {seconds} seconds", seconds, waits)
        took = _took(call, begun)
        # What is measured here includes all that it did: less than `seconds` is too early, however slow the machine.
        if took < seconds - 0.05:
            raise Fell(f"It raised TimeoutError after {took:.2f} s, though it had {seconds} seconds to wait in.")
        _must_have_asked_in_time(call, seconds)
        if took < seconds * 1.6:
            return
    raise Fell(
        f"It had {seconds} seconds, nothing came, and it raised TimeoutError after {took:.2f} s: that is too late."
    )


@receive_within.scenario(2, "a byte just before the time is over, and then nothing")
def _(judge: Judge) -> None:
    """Where the byte came too late on a busy machine, so that it was never taken, nothing is seen: that is no answer, neither way."""
    late = 0
    for longer in range(TRIES + 1):
        seconds = round(judge.chance.randrange(40, 55) / 100 * 2**longer, 2)
        begun = now()
        peer, call = judge.talk(seconds)
        if not judge.pause(begun + seconds * 0.8 - now(), call):
            peer.send(b".")
        _must_time_out(call, f"one byte had come within {seconds} seconds, and the peer had not closed", seconds)
        _must_have_asked_in_time(call, seconds)
        took = _took(call, begun)
        if not any(each.receives and each.size for each in call.socket_calls):
            continue
        if took < seconds * 1.4:
            return
        late += 1
        if late == TRIES - 1:
            raise Fell(
                f"It had {seconds} seconds, and raised TimeoutError after {took:.2f}: a byte came just before the end, and it waited once more as long for the next one. "
                "Each wait may only be as long as what is left."
            )


@receive_within.scenario(2, "a peer that closes and has said nothing")
def _(judge: Judge) -> None:
    _nothing(judge, PLENTY)


@receive_within.scenario(2, "pieces of one byte and more, and none of it text")
def _(judge: Judge) -> None:
    _noisy_pieces(judge, PLENTY)


@receive_within.scenario(2, "a peer that drips, and does not come to an end")
def _(judge: Judge) -> None:
    seconds = _short(judge)
    for _ in range(3):
        peer, call = judge.talk(seconds)
        late, slowest = _drip(judge, peer, call, seconds)
        if late == LATE:
            call.ask_state()  # for the picture: the call goes on
            raise Fell(
                f"A byte came every now and then, and it went on taking them, long after its {seconds} seconds: each wait was short, the whole had no limit. A deadline stays where it is."
            )
        _must_time_out(call, f"the peer went on dripping after {seconds} seconds")
        # Otherwise the judge was kept waiting, and it may have been a single wait that was too long.
        if slowest < seconds / 2:
            break


@receive_within.scenario(2, "a peer that is slow, but closes in time")
def _(judge: Judge) -> None:
    first, second = b"one moment\n", b"here I am\n"
    peer, call = judge.talk(PLENTY)
    peer.send(first)
    must_wait(judge, call, f"The peer had sent {shown(first)}, and there was time")
    peer.send(second)
    peer.end()
    _must_return(call, first + second)


@receive_within.scenario(3, "hardly any time at all")
def _(judge: Judge) -> None:
    peer, call = judge.talk(1e-9)
    _must_time_out(call, "a billionth of a second was over")


@receive_within.scenario(3, "a peer that never stops sending")
def _(judge: Judge) -> None:
    """Data is there at any moment, so that no wait ends by its timeout. What is counted is what it takes after its time, on its own clock.

    Who looks at the clock only when nothing is there takes all of it. Who has another thread look may be late on a busy machine, and takes some.
    """
    judge.busy = PLENTY
    seconds, late = 0.0, 0
    for longer in range(TRIES):
        seconds = round(0.1 * 2**longer, 2)
        peer, call = judge.talk(seconds, trickling=True)
        peer.send(b"." * (FLOOD * 2**longer))
        peer.end()
        call.finish()
        received = [each for each in call.socket_calls if each.receives and each.begun is not None]
        over = (received[0].begun or 0.0) + seconds if received else 0.0
        late = sum(each.size for each in received if each.size and (each.begun or 0.0) > over)
        if late > LATE * 2**longer:
            if sum(each.size for each in received) == peer.sent:
                break
            continue
        _must_time_out(call, f"the peer went on sending after {seconds} seconds")
        if len(received) > LATE:  # otherwise the judge was slower than the time that it gave
            return
    if late > LATE:
        raise Fell(
            f"Data came without a gap, and it went on taking it after its {seconds} seconds, {late} times: it looks at the clock only when nothing is there. Look before each recv."
        )


@receive_within.scenario(3, "a connection that is broken off in the middle")
def _(judge: Judge) -> None:
    _broken_off(judge, PLENTY)


def _short(judge: Judge) -> float:
    """A time to wait for, and another one each time."""
    return judge.chance.randrange(15, 25) / 100


def _must_time_out(call: Call, when: str, seconds: float = 0.0, hangs: Fell | None = None) -> None:
    """Within about `seconds`; one that waits twice as long is late, and does not hang."""
    call.finish(hangs, idle=max(1.0, 2.5 * seconds))
    if call.error is None:
        raise Fell(
            f"It returned {shown(call.value)} where {when}. Who calls would take that for all there is: raise TimeoutError."
        )
    if fell := no_time_left(call):
        raise fell
    call.must_raise(TimeoutError, when)


def _drip(judge: Judge, peer: Peer, call: Call, seconds: float) -> tuple[int, float]:
    """Drip, until the call is over, or has taken LATE drops that were sent after its time was over, each on its own. How many of these, and the longest
    time between two drops."""
    begun = sent = time.monotonic()
    over: float | None = None
    late, slowest = 0, 0.0
    while late < LATE and not judge.pause(PACE, call) and sent < begun + LONGEST:
        before, sent = sent, time.monotonic()
        slowest = max(slowest, sent - before)
        peer.send(b".")
        if not peer.wait_until_taken():
            continue
        late += over is not None and sent > over
        over = over or time.monotonic() + seconds  # it had begun, when it took the first one
    return late, max(slowest, time.monotonic() - sent)


def _took(call: Call, begun: float) -> float:
    """Seconds, from before it was called until it was over."""
    return (call.found.at if call.found is not None else now()) - begun


def _must_have_asked_in_time(call: Call, seconds: float) -> None:
    """Fell if its last receive was given more time than was left. (Seen on its own clock, in which it was asked: no busy machine makes that longer.)"""
    received = [each for each in call.socket_calls if each.receives and not each.waits]
    if not received or received[-1].timeout is None or received[0].begun is None:
        return
    gone = (received[-2].ended or 0.0) - received[0].begun if len(received) > 1 else 0.0
    asked = received[-1].timeout
    if asked <= max(seconds - gone, 0) + 0.05:  # so little is a turn of a loop, whose end another scenario looks at
        return
    if gone < 0.05:
        raise Fell(f"It had {seconds} seconds, and its recv was given {asked:.2f} to wait in: that is too long.")
    raise Fell(
        f"It had {seconds} seconds. After {gone:.2f} of them something came, and its next recv was given {asked:.2f} s to wait in, though only {max(seconds - gone, 0):.2f} were left: "
        "a timeout begins anew with each recv. Compute what is left before each one, and settimeout that."
    )


EXERCISES = [receive_all, receive_within]
