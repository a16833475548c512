"""What is said about the lives of sockets: the alt text, the text that tells the same, and the sentences that stand in the picture.

Comes in: `LifeCycles`. Goes out: words, in the order of `lives.COLUMNS`, whatever the picture looks like.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator, Sequence

from helpers.pictures.life_cycles.lives import (
    BOUND,
    CLIENT,
    CLOSED,
    COLUMNS,
    CONNECTED,
    CONNECTION,
    CREATED,
    LISTENER,
    LISTENING,
    SOCKET,
    STATES,
    UNKNOWN,
    Life,
    LifeCycles,
    Taken,
    Transition,
)
from helpers.words import listed, many

NOTHING = "No socket call happened."

_EXPECTED = {
    CLIENT: (CREATED, CONNECTED, CLOSED),
    LISTENER: (CREATED, BOUND, LISTENING, CLOSED),
    CONNECTION: (CONNECTED, CLOSED),
    SOCKET: (),
}
"""The states of a whole life: those that were not reached are named."""
_FAILURES = 4
"""Failed calls that an alt text names."""


# The alt text


def alt(cycles: LifeCycles) -> str:
    """The states that the sockets of each kind were in, and what failed."""
    columns = [column for column in COLUMNS if cycles.of(column)]
    if not columns:
        why = " ".join(notes(cycles)) or NOTHING
        return f"The states of a client's socket, a listening socket and a connection. None was reached. {why}"
    kinds = listed([_kind(column, len(cycles.of(column))) for column in columns])
    clauses = "; ".join(_clauses(cycles, column) for column in columns)
    words = f"The states of sockets, and the way that {kinds} took through them. {clauses[0].upper()}{clauses[1:]}."
    failures = [f"{each.call} on a {each.start} socket ({each.error})" for each in cycles.taken if each.error]
    if len(failures) > _FAILURES:
        failures[_FAILURES - 1 :] = [f"{len(failures) - _FAILURES + 1} more"]
    return words + (f" What failed: {listed(failures)}." if failures else "")


def _clauses(cycles: LifeCycles, column: str) -> str:
    """A clause for all sockets of a column that went through the same states."""
    lives = cycles.of(column)
    histories = collections.Counter(tuple(life.states) for life in lives)
    if len(histories) == 1:
        return f"{_kind(column, len(lives), 'the ')} {_went(lives[0].states, len(lives), everybody=len(lives) > 1)}"
    clauses = []
    for number, (history, count) in enumerate(histories.items()):
        some = str(count) if count > 1 else "another" if number else "one"
        clauses.append(f"{some} of {'them' if number else f'the {_kind(column, len(lives))}'} {_went(history, count)}")
    return "; ".join(clauses)


def _went(history: Sequence[str], count: int, everybody: bool = False) -> str:
    """Of `count` sockets, which states they were in, and are in now."""
    was, are = ("was", "is") if count == 1 else ("were", "are")
    *former, now = history
    if now == UNKNOWN:
        return f"{are} in a state that is not known"
    known = [state for state in former if state != UNKNOWN]
    if not known:
        return f"{are} {now}"
    return f"{was} {', then '.join(known)}, and {'all ' * everybody}{are} {now} now"


def _kind(column: str, count: int, article: str = "a ") -> str:
    return article + column if count == 1 else f"{count} {column}s"


# The text


def describe(cycles: LifeCycles) -> str:
    """All that the picture shows, line by line."""
    remarks = notes(cycles)
    if not cycles.lives and not remarks:
        return "The lives of sockets: no socket call happened."
    lines = ["The lives of these sockets. The numbers tell in which order the steps were first taken."]
    for column in COLUMNS:
        if cycles.of(column):
            lines += ["", *_described(cycles, column)]
    if remarks:
        lines += ["", *remarks]
    return "\n".join(lines)


def _described(cycles: LifeCycles, column: str) -> Iterator[str]:
    lives = cycles.of(column)
    common = in_common(cycles, column)
    yield heading(cycles, column) + (f", {common}" if common else "")
    for state in (*STATES, UNKNOWN):
        if before := cycles.from_before(state, column):
            yield f"     from before: {state}{_which(cycles, column, before)}"
    for transition, taken in cycles.taken.items():
        if transition.column == column:
            yield f"{taken.place:>4} {_described_transition(transition, taken)}"
    for state in (*STATES, UNKNOWN):
        if now := cycles.in_state(state, column):
            broken = [life for life in now if life.broken and state != CLOSED]
            breach = f"; the connection is broken{_which(cycles, column, broken)}" if broken else ""
            yield f"     now: {state}{_which(cycles, column, now)}{breach}"
    missed = [state for state in _EXPECTED[column] if column not in cycles.visitors(state)]
    if any(life.before for life in lives):
        missed = [state for state in missed if state == CLOSED]
    if missed:
        yield f"     not reached: {', '.join(missed)}"


def _described_transition(transition: Transition, taken: Taken) -> str:
    words = transition.call + repeated(taken.count)
    if transition.error:
        return f"{words} failed on a {transition.start} socket: {transition.error}"
    if transition.start == transition.goal:
        words += f": stays {transition.goal}"
        return words + (", gives a connection" if transition.call == "accept" else "")
    words += f": {transition.start} → {transition.goal}" if transition.start else f": {transition.goal}"
    if taken.resets:
        words += f", broken off (RST){repeated(taken.resets)}"
    if taken.forgotten:
        words += f", {'all' if taken.forgotten == taken.count else taken.forgotten} by Python"
    return words


def _which(cycles: LifeCycles, column: str, lives: list[Life]) -> str:
    """Which of them: the 2nd. Nothing where there is no other in the column."""
    everybody = cycles.of(column)
    if len(everybody) == 1:
        return ""
    if len(everybody) == len(lives):
        return f" (all {len(lives)})"
    return f" (the {listed(list(_ranges(lives)))})"


def _ranges(lives: list[Life]) -> Iterator[str]:
    """Their numbers, three and more in a row as "5th to 8th"."""
    for _, row in itertools.groupby(enumerate(lives), key=lambda each: each[1].number - each[0]):
        numbers = [life.number for _, life in row]
        if len(numbers) > 2:
            yield f"{_ordinal(numbers[0])} to {_ordinal(numbers[-1])}"
        else:
            yield from map(_ordinal, numbers)


# What stands in the picture, too


def heading(cycles: LifeCycles, column: str) -> str:
    """Of a column: which sockets, and how many, where they are several."""
    count = len(cycles.of(column))
    return column + (f" ({count} sockets)" if count > 1 else "")


def in_common(cycles: LifeCycles, column: str) -> str:
    """What the column's sockets have in common; '' if nothing."""
    programs = cycles.programs.get(column, set())
    words = ["made by accept"] if column == CONNECTION else []
    if programs and None not in programs:
        words.append(f"in {', '.join(sorted(map(str, programs)))}")
    return " ".join(words)


def who(cycles: LifeCycles, column: str, lives: list[Life], when: str) -> str:
    """Which of the column's sockets are in a state now, or were in it before, in the few words that its box has room for.

    `when`: "now" or "from before".
    """
    everybody = cycles.of(column)
    if all(life.broken for life in lives) and when == "now" and lives[0].state != CLOSED:
        when = "now, broken"
    if len(everybody) == 1:
        return when
    when = when.removeprefix("from ")
    if len(lives) == len(everybody):
        return f"{when}: all {len(lives)}"
    if len(lives) > 2 or len(everybody) > 99:
        return f"{len(lives)} of {len(everybody)}"  # the mark beside it tells now from before
    return f"{when}: {', '.join(_ordinal(life.number) for life in lives)}"


def repeated(count: int) -> str:
    """To follow what was done so often; nothing for once."""
    return "" if count == 1 else f" ×{count:,}"


def notes(cycles: LifeCycles) -> list[str]:
    """Sentences on what is not drawn, and on what nobody did."""
    return [*_notes_on_the_rest(cycles), *_notes_on_forgotten(cycles), *_notes_on_dropped(cycles)]


def _notes_on_the_rest(cycles: LifeCycles) -> Iterator[str]:
    if cycles.datagram_sockets:
        yield f"Not drawn: {many(cycles.datagram_sockets, 'datagram socket')} (UDP has no connections)."
    if cycles.pair_sockets:
        yield f"Not drawn: {many(cycles.pair_sockets, 'socket')} of a socketpair, which begin connected."
    for transition, taken in cycles.taken.items():
        if transition.goal != UNKNOWN:
            continue
        if transition.error:
            raised = f"{transition.call} raised {transition.error}{repeated(taken.count)}"
            yield f"{raised} on a socket from before, in a state that is not known."
        else:
            yield f"detach{repeated(taken.count)}: what became of that {transition.column} is not known."


def _notes_on_forgotten(cycles: LifeCycles) -> Iterator[str]:
    for transition, taken in cycles.taken.items():
        if not taken.forgotten:
            continue
        thing = transition.column
        if not thing.startswith(str(transition.start)):  # not a listening listening socket
            thing = f"{transition.start} {thing}"
        some, them = (f"a {thing}", "it") if taken.forgotten == 1 else (many(taken.forgotten, thing), "them")
        yield f"Nobody closed {some}: Python did, when nothing referred to {them} any more."


def _notes_on_dropped(cycles: LifeCycles) -> Iterator[str]:
    if cycles.dropped:
        yield f"{many(cycles.dropped, 'more call')} were not recorded: the recording was full."


def _ordinal(number: int) -> str:
    """1st, 2nd… of the sockets, which nobody takes for a count of them, or for the number of a step."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
