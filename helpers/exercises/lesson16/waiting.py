"""How a function waits for a datagram: whether it sleeps instead, and whether each datagram that is not for it makes its wait begin anew.

Who may import it: the scenarios of this lesson.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from helpers.checking.call import Call
from helpers.checking.datagrams import has_received, repeats, wait_for_a_try
from helpers.checking.judge import Judge
from helpers.checking.limits import LONGEST_TRY, SHORTEST_TRY, USUAL_TRY
from helpers.checking.verdicts import Fell, waits_too_long_for_a_datagram

DRIPS = 24
"""Datagrams that a function may take at least before it has to see that its time is over."""
PACE = 4
"""So many of them come in the time for which it has waited before: one that watches the clock takes four or five, and where each wait is twice as long as the last, eight."""
LONG_SLEEP = 0.1
"""Seconds: who sleeps so long before it looks for a datagram lets it wait."""


def must_not_sleep(call: Call) -> None:
    """Fell if it has slept where what it waited for came at once."""
    if call.doing.longest >= LONG_SLEEP:
        raise Fell(
            f"What it waited for was there at once, and it slept, for {call.doing.longest:g} s. recvfrom with a timeout waits just as long as it must."
        )


def waits_anew(judge: Judge, call: Call, drip: Callable[[], None], goes_on: Callable[[], bool]) -> bool:
    """Send with `drip` what is not for it, until it `goes_on`, as it should when its time is over; whether it does not. (It has sent something twice before: so long does it wait.)"""
    pace = max(usual_wait(call), SHORTEST_TRY) / PACE
    drips = max(DRIPS, math.ceil(LONGEST_TRY / pace))
    before = received(call)
    for _ in range(drips):
        drip()
        judge.pause(pace, call)
        if goes_on():
            return False
    # A machine that is busy may not have let it take them yet: it is blamed for those alone that it has taken.
    wait_for_a_try(judge.wait, lambda: goes_on() or received(call) - before >= drips, call)
    return not goes_on() and not call.over


def usual_wait(call: Call) -> float:
    """Seconds that it waits, as far as it has sent something twice. Fell if that is too long."""
    call.doing_now()
    known = repeats(call)
    wait = known[-1].seconds if known else USUAL_TRY
    if wait > 2 * LONGEST_TRY:
        raise waits_too_long_for_a_datagram(call.doing, LONGEST_TRY)
    return wait


def received(call: Call) -> int:
    """Datagrams that it has received so far."""
    call.doing_now()
    return sum(map(has_received, call.socket_calls))
