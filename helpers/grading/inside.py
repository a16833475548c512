"""What runs in the sandbox: one notebook, its functions taken out, each judged as `helpers.check` does. Nothing of the learner's runs in this process, which decides; the judge starts another one for that.

Comes in: on its standard input a line that says what is wanted, and then the notebook; nothing of it stands on the command line, which everybody may read. Goes out: lines on its standard output, one for each step. Who may import it: nobody; `running` starts it, by its name.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import psutil

from helpers.checking.exercise import Exercise
from helpers.checking.mends import lines_changed
from helpers.checking.play import play
from helpers.exercises import exercises_of
from helpers.grading import verdict
from helpers.grading.cells import Code, Unreadable, code_of
from helpers.grading.likeness import likeness, of_solution
from helpers.grading.taking import Taken, take, why_missing
from helpers.grading.verdict import Verdict
from helpers.recording.fields import Told, line_of, listing, object_in, text, truth, whole
from helpers.running.processes.copies import lasting

PR_SET_DUMPABLE = 4
FILE = 16 << 30
"""Bytes that a file may have, without a sandbox, in which there is no room for them anyway: lesson 20's judge makes one that is larger than memory, and has no bytes."""
DESCRIPTORS = 4096
PROCESSES = 1000
"""With their threads: a server may have one for each of its two hundred clients."""
MEMORY = 3 << 30
"""Bytes of addresses; the judge bounds its learner's process more tightly."""
REQUEST = 1 << 16
"""Bytes of the line that says what is wanted."""
AT_EASE = 0.5
"""Seconds of wall-clock time that processes which have been ended have to be gone."""
UNWRITTEN = {"__builtins__", "__import__", "builtins", "compile", "eval", "exec", "importlib", "pkgutil", "runpy"}
"""By these a function can run what does not stand in it, such as the course's own answer."""
WRITABLE = ("/tmp", "/dev/shm")
"""Where a learner's program can leave something behind, in a sandbox."""

Tell = Callable[[Told], None]


def main() -> None:
    hide()
    signal.signal(signal.SIGINT, lambda *_: None)  # nobody in here may interrupt it
    said = os.dup(1)
    os.dup2(2, 1)  # whatever prints in this process, by mistake, prints there

    def tell(message: Told) -> None:
        left = memoryview(line_of(message))
        while left:
            left = left[os.write(said, left) :]

    with open(0, "rb", closefd=False) as stdin:
        request = object_in(stdin.readline(REQUEST))
        notebook = stdin.read()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    is_sandboxed = truth(request["sandboxed"])
    bound(whole(request["seconds"]), is_sandboxed)
    tell({"ready": True})
    names = [text(each) for each in listing(request["wanted"])]
    wanted = [each for each in exercises_of(whole(request["lesson"])) if each.key in names] if names else []
    defined = [text(each) for each in listing(request["given"])]
    judge_all(wanted, notebook, whole(request["seed"]), defined, is_sandboxed, tell)


def hide() -> None:
    """Nobody who runs as the same user reads this process's memory, or writes into its descriptors: what a learner's process says is a verdict nowhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def bound(seconds: int, is_sandboxed: bool) -> None:
    """What this process and all that it starts may use, each."""
    if sys.platform == "win32":
        return
    import resource

    bounds = [(resource.RLIMIT_NOFILE, DESCRIPTORS), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, seconds)]  # fmt: skip
    if sys.platform == "linux":  # macOS counts the addresses of libraries that all processes share
        bounds.append((resource.RLIMIT_AS, MEMORY))
    if is_sandboxed:  # where only its own are counted; elsewhere all of the user's are
        bounds.append((resource.RLIMIT_NPROC, PROCESSES))
    else:
        bounds.append((resource.RLIMIT_FSIZE, FILE))
    for what, most in bounds:
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def judge_all(
    wanted: Sequence[Exercise], notebook: bytes, seed: int, given: Collection[str], is_sandboxed: bool, tell: Tell
) -> None:
    """A line for each of them; fewer where one has left something in the sandbox, which is of no use for the others then."""
    try:
        code = code_of(notebook)
    except Unreadable as why:
        return tell({"unreadable": str(why)})
    before = what_is_there() if is_sandboxed else set()
    for exercise in wanted:
        tell(verdict.told(judged(exercise, code, seed, given)))
        if is_sandboxed and not is_as_it_was(before):
            return None


def judged(exercise: Exercise, code: Code, seed: int, given: Collection[str] = ()) -> Verdict:
    """How the function of that name does. `given`: names of the course's own, none of which is a slip of the pen."""
    begun = time.monotonic()
    taken = take(code, exercise.name)
    if taken is None or taken.is_stub:
        return Verdict(exercise.key, *why_missing(code, exercise.name, given, taken is not None))
    if is_as_sick_as_ever(taken, exercise):
        return Verdict(exercise.key, verdict.NOT_STARTED)
    like = likeness(taken.definition) if taken.definition is not None else ""
    report = play(exercise, taken.source, seed, _nobody_looks)
    seconds = round(time.monotonic() - begun, 2)
    return verdict.of_report(exercise, report, flags_of(taken, exercise, like), like, seconds)


def is_as_sick_as_ever(taken: Taken, exercise: Exercise) -> bool:
    """Whether it is what the lesson gives to be mended."""
    return bool(exercise.sick) and lines_changed(exercise.sick, "".join(each.text for each in taken.source.cells)) == 0


def _nobody_looks(*_: Any) -> None:
    """While it is played."""


def flags_of(taken: Taken, exercise: Exercise, like: str) -> list[str]:
    """What somebody should look at."""
    flags = []
    if "helpers" in taken.uses | taken.modules:
        flags.append("uses helpers")
    if hidden := sorted(UNWRITTEN & (taken.uses | taken.modules)):
        flags.append(f"runs what is not written there: {', '.join(hidden)}")
    if like and like == of_solution(exercise.solution, exercise.name):
        flags.append("is the course's own answer")
    if taken.often:
        flags.append("is defined more than once")
    return flags


def is_as_it_was(before: set[str]) -> bool:
    """Whether the sandbox holds nothing but what was there `before`, and the judge's template."""
    until = time.monotonic() + AT_EASE
    while what_is_there() - before - {f"process {pid}" for pid in lasting()}:
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def what_is_there() -> set[str]:
    """The processes, and the files where a program can leave some."""
    files = [entry.path for folder in WRITABLE if os.path.isdir(folder) for entry in os.scandir(folder)]
    for pid in psutil.pids():
        if pid not in lasting():
            with contextlib.suppress(ChildProcessError):  # the first process lets go of those that nobody waits for
                os.waitpid(pid, os.WNOHANG)
    return {*files, *(f"process {pid}" for pid in psutil.pids())}


if __name__ == "__main__":
    main()
