"""`__main__`: a program in a window is its own, as a script is."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest

import helpers
from tests.running.per_program.comparing import compare
from tests.support.terminal import needs_terminal
from tests.support.waiting import eventually

PROGRAMS = {
    "classes pickle": "import pickle\nclass A:\n    pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
    "functions and enums pickle": (
        "import copy, enum, pickle\ndef f(): pass\nclass C(enum.Enum):\n    A = 1\n"
        "print(pickle.loads(pickle.dumps(f)) is f, pickle.loads(pickle.dumps(C.A)) is C.A, copy.deepcopy(C.A))"
    ),
    "type hints": "import typing\nclass A:\n    next: 'A | None'\nprint(typing.get_type_hints(A)['next'])",
    "dataclasses": "from __future__ import annotations\nimport dataclasses, typing\n@dataclasses.dataclass\nclass B:\n    n: typing.ClassVar[int] = 1\n    m: int = 2\nprint(B())",
    "importing itself": "import __main__\nx = 1\nprint(__main__.x, sorted(set(vars(__main__)) & {'x', 'y'}), 'x' in dir(__main__))\n__main__.y = 2\nprint(y)\ndel __main__.y\nprint('y' in globals())",
    "from itself": "x = 1\nfrom __main__ import x as y\nprint(y)\ntry:\n    from __main__ import z\nexcept ImportError as error:\n    print(error.name)",
    "its own names": "'What it does.'\nimport os\nprint(__name__, __doc__, __spec__, __package__, os.path.basename(__file__), os.path.isabs(__file__), __builtins__)",
    "main guard": "def main():\n    print('main')\nif __name__ == '__main__':\n    main()",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n    def test(self): print('tried')\nprint(unittest.main(argv=['x'], exit=False, verbosity=0).result.testsRun)",
    "doctest": "'''\n>>> 1 + 1\n2\n'''\nimport doctest\nprint(doctest.testmod())",
    "its source": "import inspect\ndef f():\n    return 1\nprint(inspect.getsource(f), inspect.getmodule(f).__name__)",
    "in threads of its own": "import pickle, threading\nclass A: pass\nt = threading.Thread(target=lambda: print(pickle.loads(pickle.dumps(A)) is A)); t.start(); t.join()",
}


@pytest.mark.slow
@needs_terminal
@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_it_is_what_it_is_in_a_terminal(source: str, tmp_path: Path) -> None:
    compare(tmp_path, source)


class Theirs:
    """Of this module, not of a program's."""


def test_everybody_else_has_the_one_that_was_there() -> None:
    main = sys.modules["__main__"]
    before = set(vars(main))
    program = helpers.background("secret = 1\ninput()", "program.py")
    assert sys.modules["__main__"] is main and set(vars(main)) == before and not hasattr(main, "secret")
    heard: list[object] = []
    helpers.background(lambda: heard.append(sys.modules["__main__"].__name__), "function").wait(10)
    helpers.background(lambda: heard.append(hasattr(sys.modules["__main__"], "secret")), "function").wait(10)
    assert heard == ["__main__", False]
    assert pickle.loads(pickle.dumps(Theirs())).__class__ is Theirs
    program.stop()


def test_two_programs_know_nothing_of_each_other() -> None:
    source = "import pickle, sys\nclass A:\n    n = NUMBER\ninput()\nprint(pickle.loads(pickle.dumps(A)).n, sys.argv)"
    programs = [helpers.background(source.replace("NUMBER", str(n)), f"{n}.py") for n in range(3)]
    for program in programs:
        program.type("")
    assert eventually(lambda: [each.output for each in programs] == [f"\n{n} ['{n}.py']\n" for n in range(3)])
