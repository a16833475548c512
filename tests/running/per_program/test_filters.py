"""`warnings`: what a program wants to hear of, and the others do not."""

from __future__ import annotations

import warnings

import pytest

import helpers
from helpers.running.install import install, uninstall


def shown(source: str) -> str:
    program = helpers.background(f"import warnings\n{source}", "program.py")
    assert program.wait(5), program.describe()
    return program.output + (program.error or "")


def test_one_programs_filters_are_its_own() -> None:
    install()
    before = list(warnings.filters)
    strict = helpers.background(
        "import warnings\nwarnings.simplefilter('error')\ninput()\nwarnings.warn('raised')", "strict.py"
    )
    silent = helpers.background(
        "import warnings\nwarnings.filterwarnings('ignore', 'unseen')\ninput()\nwarnings.warn('unseen')\nprint('on')",
        "silent.py",
    )
    reset = helpers.background(
        "import warnings\nwarnings.resetwarnings()\nprint(warnings.filters)\ninput()", "reset.py"
    )
    assert list(warnings.filters) == before
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)
    for program in (strict, silent, reset):
        program.type("")
        assert program.wait(5)
    assert strict.error and strict.error.endswith("UserWarning: raised\n")
    assert (silent.output, silent.error) == ("\non\n", None)
    assert reset.output == "[]\n\n"
    assert list(warnings.filters) == before


def test_they_do_in_a_program_what_they_always_do() -> None:
    assert shown(
        "with warnings.catch_warnings():\n    warnings.simplefilter('error', DeprecationWarning)\n"
        "    try:\n        warnings.warn('old', DeprecationWarning)\n    except DeprecationWarning as error:\n        print('raised', error)\n"
        "    before = list(warnings.filters)\n"
        "warnings.simplefilter('ignore')\nwarnings.warn('old', DeprecationWarning)\n"
        "warnings.simplefilter('error', append=True)\nwarnings.warn('old')\n"
        "warnings.filters.insert(0, ('error', None, UserWarning, None, 0))\nprint(len(warnings.filters) > 2)\n"
    ) == "raised old\nTrue\n"  # fmt: skip


def test_the_next_run_begins_with_the_notebooks() -> None:
    for _ in range(2):
        assert (
            shown(
                "print(('error', None, UserWarning, None, 7) in warnings.filters)\nwarnings.simplefilter('error', UserWarning, 7)"
            )
            == "False\n"
        )


def test_all_is_put_back() -> None:
    uninstall()
    before = warnings.filters, type(warnings)
    shown("warnings.simplefilter('error')")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
    uninstall()
    assert (warnings.filters, type(warnings)) == before
