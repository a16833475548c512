"""What has become of a room, in words.

Comes in: outcomes of trials. Goes out: a sentence or two for each design, what stands beside each member in the picture, and all of it as plain text. The
picture and the panel of a room use it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from helpers.panels.rooms.trial import READS, Outcome, Seen, Setting, State, Wait
from helpers.words import listed, many, noun, number

MEANINGS: dict[State, str] = {
    "said": "said by the member",
    "heard": "heard",
    "sending": "a part is in the system's buffers, the rest in the server",
    "system": "in the system's buffers",
    "waiting": "waits in the queue or the buffer",
    "ahead": "not sent to the member yet",
    "never": "never comes: put out",
}
"""What a cell of the picture means, in the order of a line's way, the end first."""


def settings(setting: Setting) -> list[str]:
    """What is set, a line each."""
    who = f"{setting.slow} stops reading after line {READS}" if setting.slow else "everybody reads"
    return [
        f"{many(setting.members, 'member')}, {many(setting.lines, 'line')}, said in turns by all who read",
        f"{many(setting.queue, 'line')} may wait in the server for a member, where there is a queue or a buffer",
        f"{who}; a line is longer than what the system's buffers hold for one connection",
    ]


def verdict(outcome: Outcome) -> str:
    """Who waits where, and who has heard what, in a sentence or two."""
    slow = next((member for member in outcome.members if member.name == outcome.setting.slow), None)
    stuck = next((wait for wait in outcome.waits if wait.call == "sendall"), None)
    if slow is not None and slow.is_out:
        return _put_out(outcome, slow)
    if stuck is not None and stuck.role != "writer":
        return _frozen(outcome, stuck)
    if slow is not None and (stuck is not None or slow.lines("sending", "waiting", "system")):
        return f"{_kept(outcome, slow, stuck)} {_others(outcome, slow)}".strip()
    return _others(outcome, None)


def beside(outcome: Outcome, member: Seen) -> list[tuple[str, bool]]:
    """What is said beside a member: parts, each with whether it is what others wait for."""
    said = []
    if member.is_out:
        said.append(("put out", True))
    elif member.name == outcome.setting.slow and outcome.setting.lines >= READS:
        said.append(("does not read", True))
    said += [(_wait(wait), wait.call in ("lock", "sendall")) for wait in _of(outcome, member.name)]
    if member.unread:
        said.append((f"{many(len(member.unread), 'line')} unread", True))
    return said


def around(outcome: Outcome) -> list[tuple[str, bool]]:
    """The same of the thread that serves all, where there is one."""
    return [(f"the {_wait(wait)}", wait.call == "sendall") for wait in _of(outcome, "")]


def alt(outcomes: Sequence[Outcome]) -> str:
    """The picture in a few sentences."""
    return " ".join(f"{outcome.design.title}: {verdict(outcome)}" for outcome in outcomes)


def describe(outcomes: Sequence[Outcome]) -> str:
    """All of it, in plain text."""
    lines: list[str] = []
    for outcome in outcomes:
        lines += [f"{outcome.design.title} ({outcome.design.code})", f"  {verdict(outcome)}"]
        lines += [f"  {words}" for words, _ in around(outcome)]
        lines += [f"  - {member.name}: {_told(outcome, member)}" for member in outcome.members]
    return "\n".join(lines)


def _told(outcome: Outcome, member: Seen) -> str:
    parts = [f"{MEANINGS[state]}: {numbers(found)}" for state in MEANINGS if (found := member.lines(state))]
    return "; ".join([*parts, *(words for words, _ in beside(outcome, member))])


def _frozen(outcome: Outcome, stuck: Wait) -> str:
    """Whoever passes lines on waits in `sendall`, and makes others wait."""
    who = f"{stuck.member}'s thread holds the lock and" if stuck.member else "The only thread"
    said = [f"{who} waits in sendall with line {stuck.line}: {stuck.whom} does not read."]
    waiting = {wait.member for wait in outcome.waits if wait.call == "lock"}
    if names := [f"{member.name}'s" for member in outcome.members if member.name in waiting]:
        said.append(f"{listed(names)} {noun(len(names), 'thread')} {_verb(names, 'waits', 'wait')} for the lock.")
    if unread := sorted(line for member in outcome.members for line in member.unread):
        said.append(f"The server has not read {_lines(unread)} yet.")
    return " ".join([*said, *_unheard(outcome, stuck.line)])


def _unheard(outcome: Outcome, line: int) -> list[str]:
    """Who has heard the line on which a room is frozen; nobody has heard what came after it."""
    heard = [member.name for member in outcome.members if line in member.lines("heard")]
    not_yet = [member.name for member in outcome.members if line in member.lines("ahead")]
    parts = [f"{listed(heard)} {_verb(heard, 'has', 'have')} heard line {line}"] if heard else []
    if not_yet:
        parts.append(
            f"{listed(not_yet)} {_verb(not_yet, 'has', 'have')} not" + ("" if heard else f" heard line {line}")
        )
    said = [f"{', '.join(parts)}."] if parts else []
    later = range(line + 1, outcome.setting.lines + 1)
    return [*said, f"Nobody has heard {_lines(later)}."] if later else said


def _kept(outcome: Outcome, slow: Seen, stuck: Wait | None) -> str:
    """What waits for the slow member, and where."""
    part, waiting = slow.lines("sending"), slow.lines("waiting")
    where = f"in {slow.name}'s {outcome.design.keeps} (room for {number(outcome.setting.queue)})"
    said = [f"The system's buffers hold {_lines(whole)}."] if (whole := slow.lines("system")) else []
    if part:
        said.append(f"A part of {_lines(part)} lies in the system's buffers.")
    if stuck is not None:
        queued = f", and {_lines(waiting)} {_verb(waiting, 'waits', 'wait')} {where}" if waiting else ""
        said.append(f"{stuck.member}'s writer waits in sendall with {'the rest' if part else 'the next'}{queued}.")
    elif part or waiting:
        parts = [*(["the rest"] if part else []), *([_lines(waiting)] if waiting else [])]
        verb = "waits" if [*part, *waiting] == part else "wait"
        sentence = f"{listed(parts)} {verb} {where}, and the thread waits in select."
        said.append(sentence[0].upper() + sentence[1:])
    return " ".join(said)


def _put_out(outcome: Outcome, slow: Seen) -> str:
    others = [member for member in outcome.members if member is not slow]
    told = all(slow.name in member.farewells for member in others)
    who = "the others were" if len(others) > 1 else f"{others[0].name} was"
    fits = f"{number(outcome.setting.queue)} fit" + ("s" if outcome.setting.queue == 1 else "")
    said = (
        f"There was no room for one more line in {slow.name}'s {outcome.design.keeps} ({fits}): {slow.name} was put out"
    )
    return f"{said}{f', and {who} told' if told else ''}. {_others(outcome, slow)}".strip()


def _others(outcome: Outcome, slow: Seen | None) -> str:
    """Whether all but the slow one have heard everything."""
    behind = [
        member.name
        for member in outcome.members
        if member is not slow and len(member.lines("said", "heard")) < outcome.setting.lines
    ]
    if behind:
        return f"{listed(behind)} {_verb(behind, 'has', 'have')} not heard everything."
    if slow is None:
        return "Everybody has heard everything."
    return "All others have heard everything." if outcome.setting.members > 2 else ""


def _verb(who: Sequence[object], one: str, several: str) -> str:
    return one if len(who) == 1 else several


def _wait(wait: Wait) -> str:
    match wait.call:
        case "lock":
            return f"{wait.role} waits for the lock (line {wait.line})"
        case "sendall":
            whom = "" if wait.whom == wait.member else f" to {wait.whom}"
            return f"{wait.role} in sendall{whom} (line {wait.line})"
        case "queue":
            return f"{wait.role} in get"
        case _:
            return f"{wait.role} in {wait.call}"


def _of(outcome: Outcome, member: str) -> list[Wait]:
    """The waits of a member's threads, the one that reads first."""
    return sorted((wait for wait in outcome.waits if wait.member == member), key=lambda wait: wait.role)


def _lines(found: Sequence[int]) -> str:
    return f"{noun(len(found), 'line')} {numbers(found)}"


def numbers(found: Sequence[int]) -> str:
    """1, 3 to 5 and 8."""
    runs = [[each for _, each in run] for _, run in itertools.groupby(enumerate(found), lambda pair: pair[1] - pair[0])]
    said: list[str] = []
    for run in runs:
        said += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run)
    return listed(said)
