"""The house: every room in its place, every import down, nothing too large to be read; each rule is tried on something that breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

import helpers
from tests.support import structure

PACKAGE = Path(helpers.__file__).parent
TESTS = Path(__file__).parent

HEAD = '"""A room. Comes in: nothing. Goes out: nothing."""\n'
SOUND = {
    "__init__": '"""The face."""\n',
    "words": '"""Words."""\n',
    "sockets/__init__": HEAD,
    "sockets/tapes": '"""Tapes."""\nfrom helpers.words import many\n',
    "sockets/traced": '"""Traced."""\nfrom helpers.sockets import tapes\n',
    "course/__init__": HEAD,
    "course/doctor": '"""The doctor."""\nfrom helpers.sockets import traced\n',
}


pytestmark = pytest.mark.xdist_group("structure")  # each file is parsed once


@pytest.fixture(scope="module", autouse=True)
def no_tree_is_kept() -> Iterator[None]:
    """Two million objects."""
    yield
    structure.parsed.cache_clear()


def house(folder: Path, changed: Mapping[str, str] = MappingProxyType({})) -> Path:
    """A small house that is sound, but for the modules that are `changed`."""
    for name, text in {**SOUND, **changed}.items():
        path = folder / "helpers" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "helpers"


def test_the_house_is_in_order() -> None:
    assert structure.complaints(PACKAGE) == []


def test_nothing_is_too_large_to_be_read() -> None:
    assert [*structure.too_large(PACKAGE), *structure.too_large(TESTS)] == []


def test_tests_use_what_is_public() -> None:
    assert list(structure.reached_into(TESTS)) == []


def test_what_is_said_of_files_is_true() -> None:
    """CONTRIBUTING and README name files by their paths, from the root or from the package, or within the room that they speak of."""
    for page in ("CONTRIBUTING.md", "README.md"):
        text = (PACKAGE.parent / page).read_text(encoding="utf-8")
        named = set(re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|js|css|cfg|toml|json|yml))\b", text)) - EXAMPLES
        assert [name for name in sorted(named) if not _is_there(name)] == [], page


EXAMPLES = {"server.py", "client.py"}
"""Of learners' programs."""


def _is_there(name: str) -> bool:
    return any((root / name).exists() for root in (PACKAGE.parent, PACKAGE)) or any(PACKAGE.rglob(name))


def test_a_sound_house_is_not_complained_of(tmp_path: Path) -> None:
    assert structure.complaints(house(tmp_path)) == []


BROKEN = {
    "a file that is in no room": ({"machine": '"""A module."""\n'}, "machine.py is no room"),
    "an import that runs up": (
        {
            "sockets/tapes": '"""Tapes."""\nfrom helpers.recording.events import Event\n',
            "recording/events": '"""E."""\n',
        },
        "helpers.sockets.tapes imports helpers.recording.events, which is not below it",
    ),
    "one for its types alone": (
        {
            "sockets/tapes": '"""Tapes."""\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from helpers.recording import events\n',
            "recording/events": '"""E."""\n',
        },
        "helpers.sockets.tapes imports helpers.recording.events, which is not below it",
    ),
    "one in a function": (
        {"sockets/tapes": '"""Tapes."""\ndef f():\n    import helpers.course.doctor\n'},
        "helpers.sockets.tapes imports helpers.course.doctor",
    ),
    "a circle": (
        {"sockets/tapes": '"""Tapes."""\nfrom helpers.sockets.traced import Socket\n'},
        "helpers.sockets.traced imports helpers.sockets.tapes imports helpers.sockets.traced",
    ),
    "a circle through the face": (
        {"__init__": '"""The face."""\nfrom helpers import words\n', "words": '"""Words."""\nimport helpers\n'},
        "helpers imports helpers.words imports helpers",
    ),
    "a relative import": ({"sockets/tapes": '"""Tapes."""\nfrom . import traced\n'}, "a relative import"),
    "the maintainers' half": (
        {"panels/panel": '"""A panel."""\nfrom helpers.course import doctor\n'},
        "helpers.panels.panel imports helpers.course.doctor",
    ),
    "a room without a paragraph": ({"sockets/__init__": '"""Sockets."""\n'}, "the room helpers.sockets does not say"),
    "a module without a word": ({"sockets/tapes": "x = 1\n"}, "helpers.sockets.tapes does not say what it is"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_wrong_with_a_house_is_found(what: str, tmp_path: Path) -> None:
    changed, complaint = BROKEN[what]
    found = structure.complaints(house(tmp_path, changed))
    assert any(complaint in each for each in found), found


TOO_LARGE = {
    "a file": ("x = 1\n" * 601, "large.py has 601 lines"),
    "a function": ("def f():\n" + "    x = 1\n" * 60, "f has 61 lines"),
    "a class": ("class C:\n" + "".join(f"    def f{n}(self): ...\n" for n in range(41)), "C has 41 methods"),
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_what_is_too_large_is_found(what: str, tmp_path: Path) -> None:
    text, complaint = TOO_LARGE[what]
    (tmp_path / "large.py").write_text(text)
    assert any(complaint in each for each in structure.too_large(tmp_path))


def test_who_reaches_into_the_package_says_why(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "from helpers.sockets.tapes import _room\n"
        "from helpers.sockets import tapes\n"
        "tapes._full\n"
        "sock._trace.sent\n"
        "# A tape that is full cannot be had in another way.\n"
        "tapes._full\n"
        "tapes._full  # likewise\n"
        "import sys\n"
        "sys._current_frames()\n"
    )
    assert list(structure.reached_into(tmp_path)) == [
        "test_it.py:1 uses _room",
        "test_it.py:3 uses _full",
        "test_it.py:4 uses _trace",
    ]
