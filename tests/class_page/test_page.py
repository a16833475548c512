"""The page, read as a browser reads it; and the one for the projector, in which nobody is."""

from __future__ import annotations

import dataclasses
import json

import pytest

from helpers.class_page.marks import ClassPage, Mark
from helpers.class_page.page import as_html
from helpers.class_page.unnamed import FEW, without_names
from helpers.grading.verdict import NOT_STARTED
from tests.class_page.classes import CLASS, GREET, HOSTILE, SAID, SLICE, changed, fell
from tests.support.elements import Elements


class Read(Elements):
    """What stands on a page: its tags with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words = ""
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_everything_is_on_it() -> None:
    read = Read(as_html(CLASS))
    for words in ("Everything holds of ada", "3 learners: “one send, one recv”", "cell slice", "s.sendall(b'<hello>')", "tried 7 times in 12 minutes",
                  "1 learner: uses helpers", "read_lines: cem, dan", "there is great", "Of 7 learners: 2 hold, 4 fell, 1 missing.", "hardest step: a line in two pieces (2)", "The seed was 3."):  # fmt: skip
        assert words in " ".join(read.words.split()), words
    assert read.all("img") == [{"class": "helpers-picture", "alt": SLICE.alt, "src": SLICE.picture, "style": "min-width: 629px"}]  # fmt: skip
    links = [each["href"] for each in read.all("a")]
    assert "ada.html" in links and SLICE.link in links


@pytest.mark.parametrize("names", [True, False])
def test_what_learners_wrote_is_text_and_nothing_is_asked_for(names: bool) -> None:
    read = Read(as_html(CLASS, names))
    assert read.all("script") == [] and not any(key.startswith("on") for _, each in read.elements for key in each)
    assert all(str(each["src"]).startswith("data:") for each in read.all("img"))
    assert not any(":" in str(each["href"]) or str(each["href"]).startswith("/") for each in read.all("a"))
    assert read.all("link") == [] and "\x1b" not in read.words and "url(" not in as_html(CLASS, names)
    policy = next(each["content"] for each in read.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'; img-src data:;")
    assert (HOSTILE in read.words) == names


def test_nobody_is_in_the_file_for_the_projector() -> None:
    page = dataclasses.replace(
        CLASS,
        marks=[
            dataclasses.replace(mark, name=f"name-{mark.name}", page=f"name-{mark.page}") for mark in CLASS.marks
        ],
        stuck=[dataclasses.replace(each, name=f"name-{each.name}") for each in CLASS.stuck],
    )  # fmt: skip
    written = as_html(page, names=False)
    assert "name-" in as_html(page) and "name-" not in written
    for words in ("onerror", "great", "alike", "own answer", "uses helpers", "unreadable", "missing", "Who is stuck"):
        assert words not in written, words


def test_without_names_the_figures_are_the_same() -> None:
    with_them, without = (Read(as_html(CLASS, names)) for names in (True, False))
    for words in ("Of 6 functions that were tried", "3 learners: “one send, one recv”"):
        assert words in with_them.words and words in without.words
    assert "Mistakes that fewer than 3 have made are left out." in without.words and "a reset is" not in without.words


def test_what_only_a_few_did_is_not_told() -> None:
    few = changed(*(fell(f"learner {at}", 0, 1) for at in range(FEW - 1)), stuck=CLASS.stuck)
    assert {mark.misconception for mark in without_names(few).marks} == {None}
    assert without_names(few).stuck == []
    stuck = [dataclasses.replace(CLASS.stuck[0], name=f"learner {at}", tries=at) for at in range(FEW)]
    many = without_names(dataclasses.replace(CLASS, stuck=stuck))
    assert len(many.stuck) == FEW and {(each.tries, each.minutes) for each in many.stuck} == {(0, 0)}


def test_an_exercise_that_only_a_few_have_tried_is_not_told() -> None:
    """Who they are may be known."""
    marks = [fell(f"learner {at}", 0, 1) for at in range(FEW)] + [
        fell(f"learner {at}", 0, 21, GREET) for at in range(FEW - 1)
    ]
    page = changed(*marks, Mark("learner 5", GREET.key, NOT_STARTED), fell("learner 6", 1, 21))
    written = as_html(page, names=False)
    assert "greet" not in written and "Exercises that fewer than 3 have tried are left out." in written
    assert "a reset is" not in written, "of three who made it two did so in there"
    assert "greet" in as_html(page) and "are left out" not in as_html(page)
    assert "No exercise was tried by 3 or more." in as_html(changed(*marks[FEW:]), names=False)


def test_nothing_of_a_judge_that_lies_gets_into_the_file_for_the_projector() -> None:
    """The sandbox's judge says the title of a scenario, and may have been taken over."""
    lies = dataclasses.replace(CLASS.marks[4], scenario="cem is a fool")
    assert "cem is a fool" not in json.dumps(dataclasses.asdict(without_names(changed(lies, lies))))
    assert "cem is a fool" not in as_html(changed(lies, lies), names=False)


@pytest.mark.parametrize("names", [True, False])
def test_a_class_of_nobody_has_a_page(names: bool) -> None:
    assert "No exercise was asked for." in as_html(ClassPage("The class", [], []), names)


def test_it_can_be_read_anew_while_it_is_served() -> None:
    assert "refresh" not in as_html(CLASS) and "<script" not in as_html(CLASS)
    (button,) = Read(as_html(CLASS, refresh=20)).all("button")
    assert button["data-seconds"] == "20"


def test_what_a_learner_says_is_said() -> None:
    assert "<img src=x onerror=alert(2)>" in Read(as_html(CLASS)).words and "{{ page }}" in SAID
    assert "{{ page }}" in Read(as_html(CLASS)).words
