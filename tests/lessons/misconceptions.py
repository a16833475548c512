"""Where the course meets each misconception: the cell in which the reader sees it happen, and the wrong answers that fall for it.

Printed by `python -m tests.lessons.misconceptions`; with `--write` it also writes the list that learners open.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

from helpers import exercises
from helpers.checking.misconceptions import MISCONCEPTIONS, PAGE, page
from helpers.course.lessons import NOTEBOOKS

MET: dict[int, list[tuple[int, str]]] = {
    1: [(8, "slice"), (8, "glue")],
    2: [(5, "maximum-guess"), (8, "at-most")],
    3: [(8, "line-lost")],
    4: [(8, "naive")],
    5: [(8, "naive"), (8, "message")],
    6: [(9, "part")],
    7: [(1, "send-str"), (6, "send-str-why")],
    8: [(7, "comma-str")],
    9: [(6, "cut-send")],
    10: [(6, "ignore-names")],
    11: [(5, "spin")],
    12: [(8, "end-waits"), (9, "half-close")],
    13: [(5, "accept-alone"), (5, "frozen")],
    14: [(3, "listen")],
    15: [(4, "client-first")],
    16: [(2, "connect-refused"), (2, "connect-silent")],
    17: [(4, "plain-bind"), (9, "time-wait")],
    18: [(2, "other-loopback")],
    19: [(2, "bind-empty")],
    20: [(3, "second"), (3, "second-waits")],
    21: [(9, "reset"), (9, "gone-second")],
    22: [(1, "connect-again")],
    23: [(8, "nagle-try")],
    24: [(6, "mojibake")],
    25: [(7, "fall"), (7, "nan")],
    26: [(10, "silent"), (10, "states")],
    27: [(11, "interleaved"), (11, "really")],
    28: [(11, "one-line")],
    29: [(11, "frozen"), (11, "stand")],
    30: [(12, "naive"), (12, "naive-picture")],
    31: [(12, "always"), (12, "turns")],
    32: [(13, "baking"), (13, "baking-picture")],
    33: [(13, "write"), (13, "buffer-size")],
    34: [(14, "example-read"), (14, "example-open")],
    35: [(15, "city-get"), (15, "city-picture")],
    36: [(15, "pipeline"), (15, "ten-said")],
    37: [(15, "dots"), (15, "quoted")],
}
"""For each, lesson and cell: where it happens, and where what is true instead is taught."""

NOT_IN_CODE = {
    13: "it is about the notebook",
    14: "it is about what one expects; code that follows from it is right",
    15: "it is about two programs, and who is started first",
    17: "it is about the system, after the program",
    23: "it is about an explanation",
}
"""Those that no function shows, and why."""


def wrong_answers() -> Iterator[tuple[int, str, int]]:
    """Misconception, exercise, and which of its wrong answers falls for it."""
    for exercise in exercises.exercises():
        module = importlib.import_module(f"tests.checking.answers.lesson{exercise.lesson:02}")
        for at, (_, misconception, _) in enumerate(module.WRONG.get(exercise.name, [])):
            if misconception is not None:
                yield misconception, exercise.key, at


def table() -> str:
    """Misconception, lesson and cell, exercise and wrong answers, a line each."""
    caught: dict[int, list[str]] = {number: [] for number in MISCONCEPTIONS}
    for number, name, at in wrong_answers():
        caught[number].append(f"{name}-{at}")
    lines = []
    for number, each in MISCONCEPTIONS.items():
        cells = ", ".join(f"{lesson:02} {cell}" for lesson, cell in MET[number])
        answers = ", ".join(caught[number]) or f"({NOT_IN_CODE.get(number, 'NO WRONG ANSWER')})"
        lines.append(f"{number:2}  {each.mistake}\n    met in {cells}; caught as {answers}")
    return "\n".join(lines)


if __name__ == "__main__":
    if "--write" in sys.argv:
        (NOTEBOOKS / PAGE).write_text(page(), encoding="utf-8")
    print(table())
