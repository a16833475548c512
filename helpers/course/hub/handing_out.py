"""Handing out without a server: a new version of a lesson reaches everybody who has not changed theirs; what a learner has written stays as it is.

In: learners. Out: the lessons in their homes, and a sentence for each. It is what `serving` does at every start; here it runs as a learner, and starts nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from helpers.course.hub.learners import Answer, Learner, act_as
from helpers.words import in_a_line, listed

SECONDS = 60
"""For one learner."""
LONGEST = 10_000
"""Bytes of what it says."""
AT_ONCE = 4


def hand_out(class_: Sequence[Learner]) -> Iterator[str]:
    """A sentence for each, when it is done."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda each: act_as(each, __name__, seconds=SECONDS, most=LONGEST), class_)
        for learner, answer in zip(class_, answers, strict=True):
            yield f"{learner.name}: {told(answer)}"


def told(answer: Answer) -> str:
    """What came of it, by what it said itself."""
    try:
        newer = [in_a_line(str(name)[:100]) for name in json.loads(answer.out)["newer"]]
    except (ValueError, LookupError, TypeError, RecursionError):
        newer = []
        if answer.status == 0:
            return "it did not say whether the lessons are there"
    if answer.status is None:
        return f"not handed out within {SECONDS} s: something in the learner's folder keeps it waiting"
    if answer.status != 0:
        return "not handed out: the learner's folder cannot be written, or the disk is full"
    return f"changed {listed(newer)}, and keeps it, though there is a newer version" if newer else "is up to date"


MEMORY = 1 << 30
"""Bytes for it. Here, unlike in a server, no control group keeps a learner's files from filling the machine's."""

if __name__ == "__main__":
    import resource

    from helpers.course.copies import prepare

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(json.dumps({"newer": prepare()}))
