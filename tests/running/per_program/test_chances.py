"""`random`: a program that is seeded has the sequence that it has in a terminal, whoever else plays."""

from __future__ import annotations

import random
from pathlib import Path

import helpers
from helpers.running.install import install, uninstall
from tests.running.per_program.comparing import compare
from tests.support.terminal import needs_terminal

SEEDED = (
    "import random\nfrom random import randint\nrandom.seed(1)\nprint(random.random(), randint(1, 6), random.choice('abc'), random.gauss(0, 1))\n"
    "state = random.getstate()\na = random.sample(range(9), 3)\nrandom.setstate(state)\nprint(a == random.sample(range(9), 3))"
)


@needs_terminal
def test_a_seeded_program_plays_as_in_a_terminal(tmp_path: Path) -> None:
    compare(tmp_path, SEEDED)


def test_nobody_takes_from_a_programs_sequence_nor_a_program_from_the_notebooks() -> None:
    install()
    random.seed(2)
    first = random.random()
    random.seed(2)
    source = "import random\nrandom.seed(1)\ninput()\nprint(random.random())"
    programs = [helpers.background(source, f"{number}.py") for number in range(3)]
    assert random.random() == first
    for program in programs:
        program.type("")
        assert program.wait(5)
    assert {program.output for program in programs} == {f"\n{random.Random(1).random()}\n"}


def test_all_is_put_back() -> None:
    install()
    assert random.random.__self__ is random.seed.__self__  # type: ignore[attr-defined]
    uninstall()
    assert type(random).__name__ == "module" and "random" in vars(random)
