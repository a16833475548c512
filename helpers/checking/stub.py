"""Whether a function is still the stub that the lesson gives: a docstring, and `...`.

Who may import it: the exercises' front, which says "not started" then, and plays nothing.
"""

from __future__ import annotations

import dis
import inspect
from typing import Any

from helpers.checking.callables import innermost


def is_stub(function: Any) -> bool:
    """Whether its body does nothing. (One that raises NotImplementedError shows it when it is called.)"""
    inner = innermost(function)
    if inner is None:
        return False
    code = inner.__code__
    returned = [each.argval for each in dis.get_instructions(code) if "CONST" in each.opname]
    return code.co_code in _bodies("async def" if inspect.iscoroutinefunction(inner) else "def") and returned == [None]


def _bodies(keyword: str) -> set[bytes]:
    """What stubs compile to, however many arguments they have."""
    return {
        _compiled(keyword, body) for body in ("...", "pass", "'docstring'; ...", "'docstring'; pass", "'docstring'")
    }


def _compiled(keyword: str, body: str) -> bytes:
    namespace: dict[str, Any] = {}
    exec(f"{keyword} stub(): {body}", namespace)
    return bytes(namespace["stub"].__code__.co_code)
