"""A module beside the notebook: a program imports it as it is now, and for itself, as a process does."""

from __future__ import annotations

import importlib
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import pytest

import helpers
from helpers.running.install import install, uninstall
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the notebook lies."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def write(name: str, text: str) -> Path:
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def shown(source: str, name: str = "program.py") -> str:
    program = helpers.background(source, name)
    assert program.wait(10), program.describe()
    return program.output + (program.error or "")


def waiting(source: str, name: str) -> helpers.Program:
    program = helpers.background(source, name)
    assert program.status == "running, waits for input", program.describe()
    return program


def notebook(name: str) -> Any:
    """The module as a cell imports it."""
    return importlib.import_module(name)


def test_one_that_was_edited_is_new() -> None:
    for number in range(1, 5):
        write("mod.py", f"VALUE = {number}\n")
        assert shown("import mod\nprint(mod.VALUE)") == f"{number}\n"
        assert shown("from mod import *\nfrom mod import VALUE as v\nprint(VALUE, v)") == f"{number} {number}\n"


def test_however_coarse_the_clock_of_the_file_system() -> None:
    for number in range(1, 4):
        os.utime(write("mod.py", f"VALUE = {number}\n"), (1_000_000_000, 1_000_000_000))
        assert shown("import mod\nprint(mod.VALUE)") == f"{number}\n"
    assert not Path("__pycache__").exists()


def test_one_that_was_made_just_now_is_found() -> None:
    for number in range(5):
        write(f"mod{number}.py", "")
        assert shown(f"import mod{number}\nprint('found')") == "found\n"


def test_one_that_is_gone_is_gone() -> None:
    file = write("mod.py", "")
    assert shown("import mod") == ""
    file.unlink()
    assert shown("import mod").endswith("ModuleNotFoundError: No module named 'mod'\n")
    assert "mod" not in sys.modules


def test_each_run_begins_with_a_module_that_nobody_has_changed() -> None:
    write("mod.py", "print('imported')\nseen = []\n")
    source = "import mod\nmod.seen.append(1)\nprint(mod.seen)"
    assert shown(source) == shown(source) == "imported\n[1]\n"


def test_the_notebook_keeps_its_own() -> None:
    write("mod.py", "VALUE = 1\nclass A: pass\n")
    install()
    mod = notebook("mod")
    mod.extra, thing = "mine", mod.A()
    write("mod.py", "VALUE = 2\nclass A: pass\n")
    other = waiting(
        "import mod\nprint(mod.VALUE, hasattr(mod, 'extra'))\nmod.VALUE = 3\nmod.other = 1\ninput()", "other.py"
    )
    assert other.output == "2 False\n"
    assert (mod.VALUE, mod.extra, hasattr(mod, "other")) == (1, "mine", False)
    assert notebook("mod") is mod is sys.modules["mod"]
    assert isinstance(pickle.loads(pickle.dumps(thing)), mod.A)
    other.stop()
    assert notebook("mod") is mod and mod.VALUE == 1
    importlib.reload(mod)
    assert (mod.VALUE, mod.extra) == (2, "mine")


def test_one_that_the_notebook_imported_before_all_this_is_its_own() -> None:
    uninstall()
    write("mod.py", "VALUE = 1\n")
    mod = notebook("mod")
    mod.VALUE = 5
    assert shown("import mod\nprint(mod.VALUE)") == "1\n"
    assert mod.VALUE == 5 and notebook("mod") is mod
    uninstall()
    assert type(mod) is ModuleType and sys.modules["mod"] is mod


def test_what_a_program_imported_first_is_loaded_anew_for_the_notebook() -> None:
    write("mod.py", "VALUE = 1\n__all__ = ['VALUE']\n")
    program = waiting("import mod\nmod.VALUE = 2\ninput()", "program.py")
    mod = notebook("mod")
    assert mod.VALUE == 1
    program.stop()
    assert notebook("mod") is mod
    names: dict[str, object] = {}
    program = waiting("import mod\nmod.VALUE = 2\ninput()", "program.py")
    exec("from mod import *", names)
    assert names["VALUE"] == 1


def test_what_a_program_alone_imported_goes_with_it() -> None:
    write("mod.py", "")
    program = waiting("import mod\ninput()", "program.py")
    assert "mod" in sys.modules
    program.stop()
    assert eventually(lambda: "mod" not in sys.modules)


def test_two_programs_at_the_same_time_have_each_its_own() -> None:
    write("mod.py", "import dataclasses, threading\nseen = []\n@dataclasses.dataclass\nclass Message:\n    text: str\n")
    source = (
        "import mod, pickle, typing, threading\nmod.seen.append(1)\ninput()\n"
        "def check():\n"
        "    import mod as again\n"
        "    from mod import Message\n"
        "    copy = pickle.loads(pickle.dumps(mod.Message('hello')))\n"
        "    print(copy, type(copy) is mod.Message is Message, again is mod, mod.seen, typing.get_type_hints(Message))\n"
        "check()\nt = threading.Thread(target=check); t.start(); t.join()\n"
    )
    programs = [waiting(source, f"{number}.py") for number in range(3)]
    for program in programs:
        program.type("")
        assert program.wait(5)
        line = "Message(text='hello') True True [1] {'text': <class 'str'>}\n"
        assert program.output == f"\n{line}{line}", program.describe()


def test_one_that_is_imported_later_is_its_own_as_well() -> None:
    write("mod.py", "seen = []\n")
    source = "input()\nimport mod\nmod.seen.append(1)\nprint(mod.seen)\nimport pkg.sub\nprint(pkg.sub.NAME, pkg.NAME)\nfrom pkg import other\nprint(other.NAME)"
    for name in ("", "sub", "other"):
        write(f"pkg/{name or '__init__'}.py", "NAME = __name__\n")
    first = waiting("import mod, pkg.sub, pkg.other\nmod.seen.append(0)\ninput()", "first.py")
    late = [waiting(source, f"{number}.py") for number in range(2)]
    for program in late:
        program.type("")
        assert program.wait(5) and program.output == "\n[1]\npkg.sub pkg\npkg.other\n", program.describe()
    first.stop()


def test_packages_and_relative_imports() -> None:
    write("pkg/__init__.py", "from .one import VALUE\nfrom . import two\n")
    write("pkg/two.py", "from .one import VALUE\nfrom pkg import one\nimport pkg.deep.three as three\n")
    write("pkg/deep/__init__.py", "")
    write("pkg/deep/three.py", "from ..one import VALUE as V\n")
    source = "import pkg, pkg.deep.three\nfrom pkg.two import three\nprint(pkg.VALUE, pkg.two.VALUE, three.V, pkg.one.__name__, pkg.one.__package__, three is pkg.deep.three)"
    for number in range(1, 4):
        write("pkg/one.py", f"VALUE = {number}\n")
        assert shown(source) == f"{number} {number} {number} pkg.one pkg True\n"


def test_folders_without_an_init() -> None:
    for number in range(1, 4):
        write("space/one.py", f"VALUE = {number}\n")
        assert (
            shown("import space.one\nfrom space import one\nprint(one.VALUE, space.one.VALUE)")
            == f"{number} {number}\n"
        )


def test_modules_that_import_each_other() -> None:
    write("one.py", "import two\ndef f(): return two.VALUE\n")
    for number in range(1, 3):
        write("two.py", f"import one\nVALUE = {number}\n")
        assert shown("import one\nprint(one.f())") == f"{number}\n"


def test_one_that_fails_leaves_nothing_and_is_new_once_it_is_mended() -> None:
    for text, said in (
        ("VALUE = 1\n1 / 0\n", "ZeroDivisionError"),
        ("VALUE = \n", "SyntaxError"),
        ("import nowhere\n", "ModuleNotFoundError"),
    ):
        write("mod.py", "VALUE = 5\n")
        assert shown("import mod\nprint(mod.VALUE)") == "5\n"
        write("mod.py", text)
        error = shown("import mod\nprint('never')")
        assert said in error and "never" not in error and "importlib" not in error and "modules.py" not in error
        assert "mod" not in sys.modules
        tried = "try:\n    import mod\nexcept Exception as error:\n    print(type(error).__name__)\nelse:\n    print('again', mod)"
        assert shown(tried) == f"{said}\n"
    write("mod.py", "VALUE = 7\n")
    assert shown("import mod\nprint(mod.VALUE)") == "7\n"


def test_one_that_fails_and_is_mended_while_the_program_runs() -> None:
    write("mod.py", "1 / 0\n")
    program = waiting(
        "try:\n    import mod\nexcept ZeroDivisionError:\n    print('no')\ninput()\nimport mod\nprint(mod.VALUE)",
        "program.py",
    )
    write("mod.py", "VALUE = 1\n")
    program.type("")
    assert program.wait(5) and program.output == "no\n\n1\n", program.describe()


def test_a_traceback_shows_the_lines_as_they_are_now() -> None:
    for text in ("one", "two"):
        os.utime(write("mod.py", f"def f():\n    raise ValueError(1)  # {text}\n"), (1_000_000_000, 1_000_000_000))
        assert f"raise ValueError(1)  # {text}" in shown("import mod\nmod.f()")


def test_reload() -> None:
    write("mod.py", "VALUE = 1\n")
    source = "import importlib, mod\nmod.extra = 1\ninput()\nprint(importlib.reload(mod) is mod, mod.VALUE, mod.extra)"
    program = waiting(source, "program.py")
    write("mod.py", "VALUE = 2\n")
    program.type("")
    assert program.wait(5) and program.output == "\nTrue 2 1\n", program.describe()


def test_taking_it_out_of_sys_modules_has_it_imported_anew() -> None:
    write("mod.py", "print('imported')\n")
    source = "import sys, mod\nmod.x = 1\ndel sys.modules['mod']\nimport mod\nprint(hasattr(mod, 'x'))"
    assert shown(source) == "imported\nimported\nFalse\n"
    install()
    first = notebook("mod")
    first.x = 1
    del sys.modules["mod"]
    assert not hasattr(notebook("mod"), "x") and first.x == 1


def test_a_function_uses_what_the_notebook_has_imported_and_what_is_new() -> None:
    write("mod.py", "VALUE = 1\n")
    write("late.py", "VALUE = 1\n")
    install()
    mod = notebook("mod")
    mod.VALUE = 2

    def work() -> None:
        import late  # type: ignore[import-not-found]
        import mod as again  # type: ignore[import-not-found]

        print(mod.VALUE, again is mod, late.VALUE)

    for number in range(1, 4):
        write("late.py", f"VALUE = {number}\n")
        program = helpers.background(work)
        assert program.wait(5) and program.output == f"2 True {number}\n", program.describe()


def test_what_it_looks_like() -> None:
    write(
        "mod.py",
        "'Doc.'\n__all__ = ['a']\na = b = 1\ndef __getattr__(name):\n    if name == 'c':\n        return name\n    raise AttributeError(name)\n",
    )
    source = (
        "import inspect, mod, sys, types\n"
        "print(mod, type(mod).__name__, isinstance(mod, types.ModuleType), inspect.ismodule(mod), mod.__doc__, mod.__name__, mod.c)\n"
        "print(sys.modules['mod'] is mod, mod.__spec__.name, sorted(n for n in vars(mod) if n[0] != '_'), 'a' in dir(mod), inspect.getsource(mod)[:6])\n"
        "mod.d = 1\ndel mod.d\nmod.__class__ = type('M', (types.ModuleType,), {'e': 5})\nprint(mod.e)"
    )
    folder = Path.cwd()
    assert shown(source) == (
        f"<module 'mod' from '{folder / 'mod.py'}'> module True True Doc. mod c\nTrue mod ['a', 'b'] True 'Doc.'\n5\n"
    )


def test_it_can_be_packed_for_another_process() -> None:
    write("mod.py", "VALUE = 1\nclass A: pass\ndef f(): return VALUE\n")
    install()
    mod = notebook("mod")
    for thing in (mod, mod.A, mod.f, lambda: mod.VALUE):
        assert cloudpickle.loads(cloudpickle.dumps(thing))
    assert cloudpickle.loads(cloudpickle.dumps(mod)) is mod


def test_code_of_such_a_module_is_the_learners() -> None:
    write(
        "mod.py",
        "import atexit, logging\natexit.register(print, 'bye')\nlog = logging.getLogger('mod')\nlog.addHandler(logging.StreamHandler())\n",
    )
    source = "import mod\nmod.log.error('once')"
    assert shown(source) == shown(source) == "once\nbye\n"


def test_libraries_are_everybodys() -> None:
    before = {name: sys.modules[name] for name in ("socket", "json", "helpers", "pytest", "cloudpickle")}
    assert shown("import json, socket, helpers, pytest, cloudpickle\njson.marked = 1") == ""
    assert {name: sys.modules[name] for name in before} == before
    assert sys.modules["json"].marked == 1
    del sys.modules["json"].marked


def test_all_is_put_back() -> None:
    write("mod.py", "")
    install()
    mod = notebook("mod")
    shown("import mod")
    before = list(sys.meta_path)
    uninstall()
    assert len(before) == len(sys.meta_path) + 1
    assert type(mod) is ModuleType and sys.modules["mod"] is mod
