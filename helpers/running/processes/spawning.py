"""What `multiprocessing` needs to start another Python that is to know the functions of a program: a file with its source, also where the source stands in a cell alone.

Comes in: the source, and the name of a file which may have it. Goes out: where there is no such file, one in a folder for temporary files, made when somebody asks, and removed by whoever ends the program.
Who imports it: `child`, and `program`, on the other side.
"""

from __future__ import annotations

import os
from typing import Any


def folder(token: str) -> str:
    """Where a program's source is laid."""
    import tempfile

    return os.path.join(tempfile.gettempdir(), f"networking-course-{token}")


def let_be_spawned(source: str, file: str, token: str) -> None:
    """See to it that another Python finds the source."""
    if _has(file, source):
        return
    from multiprocessing import spawn

    plain = spawn.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, Any]:
        data = plain(name)
        if data.get("init_main_from_path") == os.path.normpath(file):
            data["init_main_from_path"] = _laid(source, os.path.basename(file), token)
        return data

    spawn.get_preparation_data = get_preparation_data


def _has(file: str, source: str) -> bool:
    try:
        with open(file, encoding="utf-8") as opened:
            return opened.read().rstrip() == source.rstrip()
    except (OSError, ValueError):
        return False


def _laid(source: str, name: str, token: str) -> str:
    place = folder(token)
    os.makedirs(place, mode=0o700, exist_ok=True)
    file = os.path.join(place, name)
    if not os.path.exists(file):
        with open(file, "w", encoding="utf-8", errors="surrogatepass") as opened:
            opened.write(source)
    return file
