"""Capstone B: a file server, in a design of one's choice. `exercise` has the task, `server`, `answers`, `site` and `why` what the judge plays it with, the others its scenarios.

Who may import it: the lesson's package.
"""

from __future__ import annotations

# The scenarios of a stage are played in the order in which these are imported.
# isort: off
from helpers.exercises.lesson20.files import pages, talking, refusing, crowds, changing, extras  # noqa: F401
from helpers.exercises.lesson20.files.exercise import serve_files as serve_files
