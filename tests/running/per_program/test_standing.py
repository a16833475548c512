"""What is routed is found by code that was run before, too: Python remembers where in a module's dictionary it found a name."""

from __future__ import annotations

import random
import sys
import threading
import types
import warnings
from collections.abc import Callable

import cloudpickle
import pytest

import helpers
from helpers.running.install import install, uninstall
from helpers.running.per_program.standing import Routed, give_class, take_class

READ: dict[str, Callable[[], object]] = {
    "argv": lambda: sys.argv,
    "stdout": lambda: sys.stdout,
    "random": lambda: random.random,
    "filters": lambda: warnings.filters,
}
MODULES = {"argv": sys, "stdout": sys, "random": random, "filters": warnings}


@pytest.mark.parametrize("name", READ)
def test_code_that_has_run_often_finds_what_a_program_has_for_itself(name: str) -> None:
    uninstall()
    read = READ[name]
    for _ in range(1000):
        before = read()
    install()
    found: list[object] = []

    def work() -> None:
        sys.argv = ["own"]
        for _ in range(1000):
            read()
        found.extend((read(), getattr(MODULES[name], name)))

    program = helpers.background(work)
    assert program.wait(5) and program.error is None, program.error
    own, looked_up = found
    assert own == looked_up and own is not before
    assert read() == before


def test_what_a_module_does_not_have_is_said_as_ever() -> None:
    install()
    for module in set(MODULES.values()):
        with pytest.raises(AttributeError, match=f"^module '{module.__name__}' has no attribute 'nothing'$"):
            _ = module.nothing


def test_a_function_that_uses_one_goes_along_into_another_process() -> None:
    install()
    for module in (*set(MODULES.values()), threading, sys.modules["__main__"]):
        assert cloudpickle.loads(cloudpickle.dumps(module)) is module


def test_classes_are_given_once_and_taken_back_where_they_are_still_there() -> None:
    module = types.ModuleType("made")
    assert give_class(module, Routed) and not give_class(module, Routed)
    assert take_class(module, Routed) and not take_class(module, Routed) and type(module) is types.ModuleType
