"""Many submissions, several at a time: each gets its verdicts, whatever is in it, and what one does concerns no other.

Comes in: submissions. Goes out: an `Outcome` for each, as they come. Who may import it: marks, the command, and `class_page`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from helpers.grading.running import Settings, Stopped, judge
from helpers.grading.submissions import NotRead, Part, Submission, read
from helpers.grading.verdict import HOLDS, MISSING, NO_VERDICT, UNREADABLE, Verdict
from helpers.words import listed

FEW = 3
"""Names in a sentence."""


class Outcome(NamedTuple):
    """What came of a submission."""

    name: str
    verdicts: Sequence[Verdict]
    seconds: float = 0.0


def outcomes(
    submissions: Sequence[Submission], settings: Settings, jobs: int, folder: Path | None = None
) -> Generator[Outcome]:
    """One for each, in the order in which they are there. Whoever asks for no more, or is interrupted, ends all that runs. `folder`: as for `judge`."""
    stop = threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(_outcome, each, settings, stop, folder) for each in submissions]
        try:
            for each in as_completed(waiting):
                yield each.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Of this computer, as far as they may be used."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _outcome(submission: Submission, settings: Settings, stop: threading.Event, folder: Path | None) -> Outcome:
    begun = time.monotonic()
    verdicts = [verdict for part in submission.parts for verdict in _of_part(part, settings, stop, folder)]
    return Outcome(submission.name, verdicts, time.monotonic() - begun)


def _of_part(part: Part, settings: Settings, stop: threading.Event, folder: Path | None) -> list[Verdict]:
    if part.path is None and part.unreadable:
        return _all(part, UNREADABLE, part.unreadable)
    if part.path is None:
        return [replace(each, handed_in=bool(part.others)) for each in _all(part, MISSING, _not_handed_in(part))]
    try:
        verdicts = judge(read(part.path), part.exercises, settings, stop, folder)
        return [_with_others(each, part) for each in verdicts]
    except NotRead as why:
        return _all(part, UNREADABLE, str(why))
    except Stopped:
        raise
    except Exception as error:  # a line each, and never a stop: the others have done nothing
        return _all(part, NO_VERDICT, f"grade itself failed here, with {type(error).__name__}: {error}")


def _not_handed_in(part: Part) -> str:
    number = f"{part.exercises[0].lesson:02}"
    there = (
        f" There is {listed(part.others, FEW)}: it has to be like {number}-….ipynb, or notebooks/{number}-….ipynb."
        if part.others
        else ""
    )
    return f"No notebook of lesson {number} was handed in.{there}"


def _with_others(verdict: Verdict, part: Part) -> Verdict:
    """Of what does not hold somebody may see that it is the wrong notebook."""
    if verdict.state == HOLDS or not part.others:
        return verdict
    return replace(verdict, flags=(*verdict.flags, f"is not the only notebook: there is {listed(part.others, FEW)}"))


def _all(part: Part, state: str, sentence: str) -> list[Verdict]:
    return [Verdict(each.key, state, sentence, of=len(each.scenarios)) for each in part.exercises]
