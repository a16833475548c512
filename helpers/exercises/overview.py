"""The way so far: which exercises hold, which were tried and how far they came, what is next. As a picture, and in words.

Comes in: the exercises, what the progress file knows of them, the lessons' titles. Goes out: an `Overview`. Who may import it: the exercises' front.
"""

from __future__ import annotations

import dataclasses
import html
import itertools
from collections.abc import Iterable, Mapping

from helpers.checking.exercise import Exercise
from helpers.exercises.progress_file import Known
from helpers.exercises.titles import Title
from helpers.pictures import progress as picture
from helpers.pictures.drawing import Picture


@dataclasses.dataclass(frozen=True)
class Overview:
    """Every lesson that has exercises, in order. As the last line of a cell it is shown."""

    lessons: list[picture.Lesson]
    files: list[str]
    """The notebook of each; "" where it is not known."""

    def draw(self) -> Picture:
        """It as a picture."""
        return picture.progress(self.lessons)

    def describe(self) -> str:
        """It in words."""
        return picture.describe(self.lessons)

    def __repr__(self) -> str:
        return self.describe()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.describe(), "text/html": self.as_html()}

    def as_html(self) -> str:
        """The picture, and beneath it a way to what is next: in a picture no link can be followed."""
        return self.draw().as_html() + self._link()

    def _link(self) -> str:
        if (coming := picture.next_of(self.lessons)) is None:
            return ""
        lesson, exercise = coming
        title, file = html.escape(lesson.title), html.escape(self.files[self.lessons.index(lesson)])
        # JupyterLab underlines no link, and its colour alone is too near to that of the text.
        link = f'<a href="{file}" style="text-decoration: underline">{title}</a>' if file else title
        return f"<p>Next: <code>{html.escape(exercise.name)}</code>, in {link}</p>"


def overview(exercises: Iterable[Exercise], known: Mapping[str, Known], titles: Mapping[int, Title]) -> Overview:
    """`known`: by the exercises' keys. `titles`: by the lessons' numbers."""
    made = Overview([], [])
    for number, theirs in itertools.groupby(exercises, lambda each: each.lesson):
        title = titles.get(number, Title(f"lesson {number}"))
        rows = [_row(each, known.get(each.key, Known())) for each in theirs]
        made.lessons.append(picture.Lesson(title.words, rows))
        made.files.append(title.file)
    return made


def _row(exercise: Exercise, known: Known) -> picture.Exercise:
    return picture.Exercise(exercise.name, known.state, known.held, known.scenarios, known.day)
