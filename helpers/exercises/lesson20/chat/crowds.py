"""What happens in a chat of many, with a long past, and where one is slow: what is kept, who waits, and who is put out.

Comes in: a chat in which nobody is yet. Goes out: `Fell`. Who may import it: the exercise.
"""

from __future__ import annotations

import itertools

from helpers.checking.verdicts import Fell, Hangs, Spins, shown
from helpers.exercises.lesson20.chat.history import MOST_BYTES, MOST_LINES
from helpers.exercises.lesson20.chat.place import Chat
from helpers.exercises.rooms import Member
from helpers.exercises.rooms.crowds import AT_ONCE, LONG, PUT_OUT_AFTER, batched, hear_all, long_lines
from helpers.exercises.rooms.room import LONGEST_LINE, MOST_WAITING, Scene, adding
from helpers.exercises.rooms.why import spinning, unheard

SCENES: list[Scene[Chat]] = []
scene = adding(SCENES)

MEMBERS = 200
"""At once, all of them in the chat."""
AT_A_TIME = 50
"""Of them, who come at the same time."""
LEAVE_TOGETHER = 11
SHORT = 40
"""Lines that are said before the largest ones: as one of these comes, many of them have to go."""
FILLS_HISTORY = MOST_BYTES // 60_000
"""Long lines that the history has."""
TALK = 24 << 20
"""Bytes that are said where what is kept is to be small."""
UNANSWERED = 24_000
"""Lines to nobody: what is answered fills the buffers of a small connection, and is less than may wait."""
FLOOD = 3 << 19
"""Bytes of answers that wait for one who reads none: 1 MiB, and what the buffers of a small connection take, and more."""
A_GUSH = 2_000
"""Of the flood's lines."""
HEARING = 1.0
"""Seconds of the processor that the server may use to hear that flood: where it takes longer, it is broken off. (From Python 3.12 on asyncio counts at each `write` through all that waits: 50,000 short answers take it ten seconds.)"""
LATECOMERS = 12
WHILE_ONE_COMES = 60
"""Times at most that lines are said while one of them comes."""


@scene(3, f"a long talk: the history has its last {MOST_LINES} lines")
def _long_talk(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    said = [b"%d" % number for number in range(MOST_LINES + 37)]
    ada.pour(b"".join(each + b"\n" for each in said))
    hear_all(grace, [b"ada: %s\n" % each for each in said], ada)
    (linus,) = chat.join("linus")
    linus.line(b"I have heard the end of it")
    chat.join("alan")
    grace.line(b"there was much more")


@scene(3, f"a talk in the largest lines: the history has no more than {MOST_BYTES:,} bytes")
def _largest_lines(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    said = [b"%d" % number for number in range(SHORT)]
    said += [(b"%d " % number).ljust(LONGEST_LINE, b"x") for number in range(18)]
    for few in batched(said):
        ada.pour(b"".join(each + b"\n" for each in few))
        hear_all(grace, [b"ada: %s\n" % each for each in few], ada)
    chat.happened = f"Short lines had been said, and then lines of {LONGEST_LINE:,} bytes, of which {MOST_BYTES:,} bytes hold three, with names and newlines"
    chat.join("linus")
    for _ in range(5):
        grace.line(b"say less")
    chat.join("alan")
    chat.happened = f"Four lines had been said that have just {MOST_BYTES:,} bytes together, as they are heard"
    for number in range(4):
        ada.line((b"%d " % number).ljust(MOST_BYTES // 4 - len(b"ada: \n"), b"y"))
    chat.join("eve")


@scene(3, f"{TALK >> 20} MiB are said before anybody comes to hear them: what is too old is not kept")
def _endless_talk(chat: Chat) -> None:
    (ada,) = chat.join("ada")
    chat.judge.busy = 2.0
    lines = b"".join(itertools.islice(long_lines(), TALK // 4 // LONG))
    had = []
    for _ in range(4):
        ada.pour(lines + b"@nobody am I alone?\n")
        chat.must_be_told(ada, "ada wrote b'@nobody am I alone?'")
        had.append(chat.judge.memory())
    if had[-1] - had[0] > TALK // 2:
        raise Fell(
            f"ada said {TALK:,} bytes, of which a newcomer is to hear {MOST_BYTES:,} at most, and the server has {had[-1] - had[0]:,} bytes more than before: it keeps what nobody will ever hear, until the memory is full. "
            "Throw the oldest lines away as new ones are said, and not only when somebody comes.",
            about=["ada"],
        )
    chat.join("grace")
    ada.line(b"not any more")


@scene(
    3, "a slow newcomer, into whom the history does not go at once: nobody waits, and nothing is missing", small=True
)
def _slow_newcomer(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    past = _long_past(ada, grace)
    bob = chat.visit("bob", little=True)
    bob.stop_reading()
    bob.say(b"bob\n")
    chat.happened = "bob has come, and reads slowly, so that the history waits for him"
    chat.all_hear(b"* bob joined\n", by=bob)
    said = list(itertools.islice(long_lines(), 8))
    for few in batched(said):
        ada.pour(b"".join(few))
        hear_all(grace, [b"ada: " + each for each in few], ada)
    grace.say(b"@bob are you there?\n")
    grace.line(b"he is slow")
    bob.is_in = True
    bob.read_again()
    hear_all(bob, [*past, b"* bob joined\n", *(b"ada: " + each for each in said)], ada)
    bob.must_hear(b"@grace: are you there?\n", b"grace: he is slow\n", by=grace)
    bob.line(b"I have it all")


def _long_past(by: Member, heard_by: Member) -> list[bytes]:
    """A history that is as long as one may be, and fills the buffers of a small connection."""
    said = list(itertools.islice(long_lines(), FILLS_HISTORY))
    by.pour(b"".join(said))
    lines = [b"%s: %s" % (by.name.encode(), each) for each in said]
    hear_all(heard_by, list(lines), by)
    return lines


@scene(3, "one who breaks off in the midst of the history: nothing of it is left", small=True, whole=True)
def _breaks_off(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    _long_past(ada, grace)
    before = chat.holds()
    for number in range(4):
        bob = chat.visit("bob", little=True)
        bob.stop_reading()
        bob.say(b"bob\n")
        chat.happened = "bob came, and broke his connection off while the history was on its way to him"
        chat.all_hear(b"* bob joined\n", by=bob)
        bob.break_off()
        chat.all_hear(b"* bob left\n", by=bob)
        ada.line(b"he was in a hurry, %d times" % number)
    chat.must_hold(before, "bob came four times, and broke off in the midst of the history", ["ada", "bob"])


@scene(3, "one who half-closes in the midst of the history: it gets all, and then the end", small=True)
def _half_closes(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    past = _long_past(ada, grace)
    bob = chat.visit("bob", little=True)
    bob.stop_reading()
    bob.say(b"bob\n")
    bob.end()
    chat.happened = (
        "bob gave his name and ended his half of the connection, and the history was still on its way to him"
    )
    for each in ada, grace:
        each.must_hear(b"* bob joined\n", b"* bob left\n", by=bob)
    ada.say(b"@bob are you still there?\n")
    chat.must_be_told(ada, "ada wrote to bob, who has left, though not all that waits for him is sent")
    ada.line(b"he has left")
    bob.read_again()
    try:
        chat.wait(lambda: bob.gone)
    except Hangs as error:
        raise unheard(chat, error, bob, b"* bob joined\n", bob, None) from error
    if bob.heard != [*past, b"* bob joined\n"]:
        raise Fell(
            f"bob gave his name and ended his half of the connection, while the history was on its way to him, and the end came after {len(bob.heard)} lines, where {len(past) + 1} were to come. "
            "b'' from recv ends one direction only: send what waits, and close then.",
            about=["bob"],
        )
    ada.line(b"good bye, bob")


@scene(3, "a flood of private lines for one who reads nothing: nobody waits, and it is put out", small=True)
def _private_flood(chat: Chat) -> None:
    ada, grace, bob = chat.join("ada", "grace", "bob", little=["bob"])
    bob.stop_reading()
    chat.happened = "bob reads nothing, and ada writes private lines to him"
    written, lines = 0, long_lines()
    for number in itertools.count():
        few = list(itertools.islice(lines, AT_ONCE))
        ada.pour(b"".join(b"@bob " + each for each in few) + b"%d\n" % number)
        written += sum(map(len, few))
        if hear_all(grace, [b"ada: %d\n" % number], ada, but=b"* bob left\n"):
            break
        if written > PUT_OUT_AFTER:
            raise Fell(
                f"ada has written {written:,} bytes to bob alone, of which he has read nothing, and he is still in the chat: what waits for him grows until the memory is full. "
                "Private lines count as all others do: put out whoever has more than 1 MiB waiting.",
                29,
                ["ada", "bob"],
            )
    if written < MOST_WAITING * 0.9:
        raise Fell(
            f"bob was put out when {written:,} bytes had been written to him, and no more than {MOST_WAITING:,} may have waited: as long as there is room, one who is slow keeps its seat.",
            about=["ada", "bob"],
        )
    _is_told_that_he_left(chat, ada, grace)
    ada.say(b"@bob hello?\n")
    chat.must_be_told(ada, "ada wrote to bob, who had been put out")
    grace.line(b"he did not listen")
    bob.read_again()
    bob.must_be_let_go("bob was put out, since he reads nothing")


def _is_told_that_he_left(chat: Chat, ada: Member, grace: Member) -> None:
    """Lines that were on their way to bob when he was put out are answered as any to nobody, before or after the news."""
    last = b"grace: what has become of him?\n"
    grace.say(last.partition(b": ")[2])
    try:
        chat.wait(lambda: ada.gone or last in ada.heard)
    except Hangs as error:
        raise unheard(chat, error, ada, last, grace, None) from error
    strange = [each for each in ada.heard if not each.startswith(b"! ") and each not in (b"* bob left\n", last)]
    if strange or ada.heard.count(b"* bob left\n") != 1:
        what = shown(strange[0]) if strange else "nothing of that"
        raise Fell(
            f"ada wrote to bob, who was put out; she was to hear b'* bob left\\n' once, and b'! ' for what she wrote to him after that, and heard {what}.",
            about=["ada", "bob"],
        )
    ada.heard.clear()


@scene(3, "one who writes to nobody, again and again, and reads no answer: nobody waits for it", small=True)
def _answers_unread(chat: Chat) -> None:
    ada, grace, bob = chat.join("ada", "grace", "bob", little=["bob"])
    chat.judge.busy = 2.0
    bob.stop_reading()
    chat.happened = "bob writes to nobody, thousands of times, and reads none of the answers"
    bob.pour(b"@x\n" * UNANSWERED)
    chat.settle()
    _go_on_without(chat, ada, grace, bob)


@scene(3, "a flood of lines to nobody, and no answer is read: what waits is bounded", small=True)
def _answers_flood(chat: Chat) -> None:
    ada, grace, bob = chat.join("ada", "grace", "bob", little=["bob"])
    chat.judge.busy = 2.0
    line = b"@x".ljust(63) + b"\n"
    bob.say(line)
    chat.wait(lambda: bob.gone or bool(bob.heard))
    answer = max(map(len, bob.heard), default=FLOOD)
    chat.must_be_told(bob, "bob wrote b'@x' and a text")
    times = max(FLOOD // answer, FLOOD // len(line))
    bob.stop_reading()
    try:
        if not _pours_all(chat, bob, grace, line, times):
            return
        chat.wait(lambda: grace.gone or bool(grace.heard))
    except Spins as error:
        raise spinning(chat, error) from error
    except Hangs as error:
        if not bob.unsent and bob.peer.wait_until_taken():  # where it is not heard any more, nothing grows
            raise Fell(
                f"bob wrote to nobody, {times:,} times, has read none of the answers, {times * answer:,} bytes, and he is still in the chat: they grow until the memory is full. "
                "An answer b'! ' counts as all else does: put out whoever has more than 1 MiB waiting.",
                29,
                ["bob"],
            ) from error
    _go_on_without(chat, ada, grace, bob)


def _pours_all(chat: Chat, bob: Member, grace: Member, line: bytes, times: int) -> bool:
    """Bob says it so many times, unless he is put out before, or not heard any more. Whether the server can be asked to hear all that."""

    def is_heard_no_more() -> bool:
        return bob.gone or bool(grace.heard)

    used = chat.judge.seconds()
    enough = used + HEARING
    for said in range(0, times, A_GUSH):
        bob.pour(line * min(A_GUSH, times - said))
        chat.wait(lambda: is_heard_no_more() or not bob.unsent)
        while not (is_heard_no_more() or bob.peer.wait_until_taken()):
            before, used = used, chat.judge.seconds()
            if used > enough:
                return False
            if used == before:  # it does nothing: it hears him no more
                return True
        if is_heard_no_more():
            return True
        if chat.judge.seconds() > enough:
            return False
    return True


def _go_on_without(chat: Chat, ada: Member, grace: Member, bob: Member) -> None:
    """Both speak, and hear each other. Bob breaks off, or may have been put out before: both hear once that he has left."""
    heard = []
    for by, other in ((ada, grace), (grace, ada)):
        by.say(b"what is he doing?\n")
        heard.append(hear_all(other, [b"%s: what is he doing?\n" % by.name.encode()], by, but=b"* bob left\n"))
    bob.break_off()
    for each, has_heard in zip((grace, ada), heard, strict=True):
        if not has_heard:
            each.must_hear(b"* bob left\n", by=bob)
    ada.line(b"he has left")


@scene(3, "some come while lines are said: each hears every line once, as history or as a member")
def _while_lines_are_said(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    said: list[bytes] = []
    guests = []
    for number in range(LATECOMERS):
        guest = chat.visit(f"guest-{number}")
        guests.append(guest)
        guest.pour(guest.name.encode() + b"\n")
        _say_until_it_has_joined(chat, ada, grace, guest, said)
        guest.hears_of_itself()
    _says_and_is_heard(chat, ada, grace, said)
    for each in guests:
        try:
            chat.wait(lambda each=each: each.gone or said[-1] in each.heard)  # type: ignore[misc]
        except Hangs as error:
            raise unheard(chat, error, each, said[-1], ada, None) from error
        _heard_each_once(each, said)


def _say_until_it_has_joined(chat: Chat, ada: Member, grace: Member, guest: Member, said: list[bytes]) -> None:
    joined = b"* %s joined\n" % guest.name.encode()
    for _ in range(WHILE_ONE_COMES):
        _says_and_is_heard(chat, ada, grace, said)
        if joined in guest.heard or guest.gone:
            return


def _says_and_is_heard(chat: Chat, ada: Member, grace: Member, said: list[bytes]) -> None:
    """Ada says a few lines, and waits until they are heard: so that time passes, and the server has it for whoever comes."""
    few = [b"%d\n" % number for number in range(len(said), len(said) + AT_ONCE)]
    ada.pour(b"".join(few))
    said += [b"ada: " + each for each in few]
    try:
        chat.wait(lambda: grace.gone or said[-1] in grace.heard)
    except Hangs as error:
        raise unheard(chat, error, grace, said[-1], ada, None) from error
    grace.heard.clear()


def _heard_each_once(guest: Member, said: list[bytes]) -> None:
    """Fell unless it heard the last lines before it joined, and then all that came after."""
    joined = b"* %s joined\n" % guest.name.encode()
    if joined not in guest.heard:
        raise Fell(f"{guest.name} never heard {shown(joined)}.", about=[guest.name])
    at = guest.heard.index(joined)
    before, after = guest.heard[:at], [each for each in guest.heard[at + 1 :] if not each.startswith(b"* ")]
    border = len(said) - len(after)
    if after == said[border:] and before == said[max(0, border - MOST_LINES) : border]:
        return
    missing = [each for each in said[max(0, border - MOST_LINES) :] if each not in guest.heard]
    twice = [each for each in said if guest.heard.count(each) > 1]
    if missing or twice:
        what = f"never heard {shown(missing[0])}" if missing else f"heard {shown(twice[0])} twice"
    else:
        what = f"heard {shown(before[0] if before else after[0])} first, as history"
    raise Fell(
        f"ada spoke while {guest.name} came, and {guest.name} {what}. Who comes in between two lines hears the first as history, and the second as any member does: to be given the history and to become a member is one step, "
        "in which no line may come between. A lock for both, and for all who speak, or one thread, makes it one.",
        about=[guest.name, "ada"],
    )


@scene(3, f"{MEMBERS} members")
def _crowd(chat: Chat) -> None:
    chat.judge.busy = 8.0
    ada, grace = chat.join("ada", "grace")
    ada.line(b"they are many")
    chat.happened = f"{MEMBERS} members are in the chat"
    everybody = [ada, grace]
    while len(everybody) < MEMBERS:
        few = [chat.visit(f"guest-{len(everybody) + at}") for at in range(min(AT_A_TIME, MEMBERS - len(everybody)))]
        everybody += few
        for each in few:
            each.pour(each.name.encode() + b"\n")
        _all_know_each_other(chat, everybody, few)
    *_, last = everybody
    ada.line(b"how many we are")
    chat.whisper(last, ada, b"and one of us has something to say")
    last.line(b"all of us hear this")
    for at in range(2, MEMBERS, LEAVE_TOGETHER):
        few = everybody[at : at + LEAVE_TOGETHER]
        for each in few:
            each.break_off()
        for each in ada, grace:
            _hears_them_leave(chat, each, few)
    ada.line(b"how quiet it is")
    chat.join("linus")


def _all_know_each_other(chat: Chat, everybody: list[Member], few: list[Member]) -> None:
    """Those who came at the same time came in any order: when who was there has heard of all of them, a line tells that to all."""
    ada, *others = everybody
    names = {b"* %s joined\n" % each.name.encode() for each in few}
    count = b"%d are here\n" % len(everybody)
    try:
        chat.wait(lambda: ada.gone or len(ada.heard) >= len(few))
        ada.say(count)
        chat.wait(lambda: all(each.gone or b"ada: " + count in each.heard for each in others))
    except Hangs as error:
        late = next((each for each in others if b"ada: " + count not in each.heard), ada)
        raise unheard(chat, error, late, b"ada: " + count, ada, None) from error
    for each in everybody:
        strange = [line for line in each.heard if line not in names and not chat.history.holds(line)]
        if strange or each.gone or (each not in few and not names <= set(each.heard)):
            what = f"{shown(strange[0])}" if strange else "not of all of them"
            raise Fell(f"{len(few)} came at the same time, and {each.name} heard {what}.", about=[each.name])
        each.is_in = True
        each.heard.clear()


def _hears_them_leave(chat: Chat, who: Member, gone: list[Member]) -> None:
    want = {b"* %s left\n" % each.name.encode() for each in gone}
    try:
        chat.wait(lambda: who.gone or len(who.heard) >= len(want))
    except Hangs as error:
        missing = next(iter(want - set(who.heard)))
        raise unheard(chat, error, who, missing, gone[0], None) from error
    if who.gone:
        raise unheard(chat, None, who, b"* somebody left\n", gone[0], None)
    if strange := next((each for each in who.heard if each not in want), None):
        raise Fell(f"{len(gone)} left at the same time, and {who.name} heard {shown(strange)}.", about=[who.name])
    if len(set(who.heard)) < len(want):
        twice = next(each for each in who.heard if who.heard.count(each) > 1)
        raise Fell(f"{len(gone)} left at the same time, and {who.name} heard {shown(twice)} twice.", about=[who.name])
    who.heard.clear()
