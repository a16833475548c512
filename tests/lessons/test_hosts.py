"""Lessons on computers that lack something: without IPv6, where `localhost` is ::1 first, where no name is known. Each runs, puts out what its file has, and says what is missing."""

from __future__ import annotations

import pytest

from helpers.course.lessons import NOTEBOOKS
from tests.support.hosts import HOSTS, run_on, way_there

pytestmark = pytest.mark.slow

LESSONS = {
    "IPv6 is switched off": (16, 17, 18, 19),
    "localhost is ::1 first": (2, 17, 18, 19),
    "no names, and no ::1": (2, 16, 17, 18, 19),
}
"""Those in which an address of IPv6, or a name that the system looks up, may occur. (The others have been tried, too.)"""

SAYS = {
    ("IPv6 is switched off", 17): [("list", "'127.0.0.1'")],
    ("IPv6 is switched off", 19): [
        ("p6-vitals", "what is missing here: ::1"),
        ("mend-6-check", "it fell in scenario 2"),
    ],
    ("localhost is ::1 first", 2): [("families", "::1"), ("other-loopback", "not this server")],
    ("localhost is ::1 first", 17): [("list", "'::1'"), ("both", "::ffff:127.0.0.1")],
    ("localhost is ::1 first", 19): [
        ("p6-vitals", "ConnectionRefusedError"),
        ("mend-6-check", "it fell in scenario 2"),
    ],
    ("no names, and no ::1", 2): [("look-up", "does not look up names"), ("families", "does not look up names")],
    ("no names, and no ::1", 17): [("list", "does not look up names")],
    ("no names, and no ::1", 19): [
        ("p6-vitals", "what is missing here: ::1"),
        ("mend-6-check", "it fell in scenario 2"),
    ],
}
"""What a learner reads there, by lesson: in which cell, and words of it."""


@pytest.mark.parametrize("host", HOSTS)
def test_lessons_run_and_say_what_is_missing(host: str) -> None:
    if way_there() is None:
        pytest.skip(
            "a computer without IPv6 is made of Linux's namespaces, for which one is root, or has those of users"
        )
    paths = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if int(path.name[:2]) in LESSONS[host]]
    ran = run_on(host, paths)
    for path in paths:
        assert ran[path.name].differences == [], path.name
        for cell, words in SAYS.get((host, int(path.name[:2])), []):
            assert words in ran[path.name].said[cell], (path.name, cell)
