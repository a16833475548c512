"""Notebooks as learners hand them in, and what grading makes of a folder of them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers import exercises
from tests.support.ordinary import as_ordinary_user

LESSON_08 = ("receive_exactly", "receive_messages", "read_lines")


def solution(name: str) -> str:
    return exercises.find(name).solution.strip()


def notebook(*cells: str) -> bytes:
    """A notebook of code cells."""
    made: list[dict[str, object]] = [{"cell_type": "code", "source": each, "outputs": [], "execution_count": None, "metadata": {}} for each in cells]  # fmt: skip
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def right(changed: Mapping[str, str] | None = None) -> bytes:
    """Lesson 08 with the course's answers, but for those that are `changed`."""
    given = {name: solution(name) for name in LESSON_08} | dict(changed or {})
    return notebook("import socket\n%load_ext helpers", *given.values())


def hand_in(folder: Path, name: str, content: bytes, file: str = "08-a-stream-not-messages.ipynb") -> Path:
    path = folder / name / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def grade(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python3 -m helpers grade`, as an ordinary user."""
    command = [sys.executable, "-m", "helpers.course.front_door", "grade", *map(str, arguments)]
    variables = {**os.environ, "PYTHONPATH": str(Path(exercises.__file__).parents[2]), **environment}
    return subprocess.run(
        as_ordinary_user(command), cwd=cwd, env=variables, capture_output=True, text=True, encoding="utf-8"
    )


def table(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The lines of marks.csv, by learner and exercise."""
    with open(folder / "marks.csv", newline="", encoding="utf-8") as file:
        return {(row["name"], row["exercise"]): row for row in csv.DictReader(file)}
