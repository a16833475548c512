"""Stored outputs: runs a lesson from the top and writes it back with what each cell put out.

What is stored is the same on every machine and at every run, so that a lesson's file changes only where its outputs do,
and nothing in it needs a live kernel to be seen.
"""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from helpers.course.environment import Trouble
from helpers.course.lessons import find_lessons, read
from helpers.course.saving import Output, drop_view

RULES = Path(__file__).with_name("sanitize.cfg")  # the rules that nbval compares by

ONLY_COMPARED = "==== From here on"  # begins the rules for what may be stored although it differs from run to run

CELL_TIMEOUT = 60  # seconds, as for nbval in pyproject.toml

Rewrite = Callable[[str], str]


def store_lessons(wanted: list[str]) -> int:
    """Store each wanted lesson, all where none is named; the exit status is 1 if one of them failed."""
    failed = False
    for path in find_lessons(wanted):
        try:
            changed = store_lesson(path)
        except Trouble as trouble:
            failed = True
            print(f"{path.name}: not stored. {trouble}", file=sys.stderr, flush=True)
        else:
            print(f"{path.name}: {'stored' if changed else 'unchanged'}", flush=True)
    return 1 if failed else 0


def store_lesson(path: Path) -> bool:
    """Run the lesson at `path` and write it back with its outputs; whether the file changed."""
    import nbformat

    lesson = read(path)
    before = path.read_text(encoding="utf-8")
    run(lesson, path.parent)
    after = nbformat.writes(tidy(lesson, read_rules())) + "\n"
    comparable = read_rules(compared=True)
    if comparable(after) == comparable(before):
        return False
    path.write_text(after, encoding="utf-8", newline="\n")
    return True


def run(lesson: Any, folder: Path) -> None:
    """Run `lesson` from the top in a fresh kernel of this Python, in place."""
    import asyncio

    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

    # The Python that runs this, whatever kernels the machine knows by the name of python3: as nbval chooses it.
    kernel = AsyncKernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager())
    client = NotebookClient(
        lesson,
        km=kernel,
        timeout=CELL_TIMEOUT,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],  # or it warns of unencrypted TCP, on this machine's loopback
    )
    try:
        asyncio.run(client.async_execute(cleanup_kc=True))
    except CellExecutionError as error:
        raise Trouble(f"Cell [{client.code_cells_executed}] raised {error.ename}: {error.evalue}") from error
    except CellTimeoutError as error:
        raise Trouble(f"Cell [{client.code_cells_executed}] ran for longer than {CELL_TIMEOUT} seconds.") from error
    except DeadKernelError as error:
        raise Trouble(f"The kernel died in cell [{client.code_cells_executed}].") from error
    for cell in lesson.cells:
        for output in cell.get("outputs", ()):
            # What cannot be shown (a picture that falls while it is drawn) leaves a traceback, and does not stop the run.
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", ()):
                raise Trouble(f"Cell [{cell.execution_count}] shows {output.ename}: {output.evalue}")


def read_rules(path: Path = RULES, compared: bool = False) -> Rewrite:
    """The rules in the file at `path`, as nbval reads and applies them: those for what is stored, or all, for what is `compared`."""
    from nbval.plugin import get_sanitize_patterns

    text = path.read_text(encoding="utf-8")
    rules = get_sanitize_patterns(text if compared else text.partition(ONLY_COMPARED)[0])

    def rewrite(text: str) -> str:
        for regex, replacement in rules:
            text = re.sub(regex, replacement, text)
        return text

    return rewrite


def tidy(lesson: Any, rewrite: Rewrite) -> Any:
    """A copy of `lesson` without what differs from run to run or needs a live kernel."""
    lesson = copy.deepcopy(lesson)
    lesson.metadata.pop("widgets", None)
    lesson.metadata["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    lesson.metadata["language_info"] = {"name": "python"}
    for cell in lesson.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [tidy_output(output, rewrite) for output in merge_streams(cell.outputs)]
    return lesson


def merge_streams(outputs: list[Output]) -> list[Output]:
    """Consecutive pieces of one stream as one output: how a stream was cut up is an accident of timing."""
    merged = []
    for name, group in groupby(outputs, key=lambda output: output.get("name")):
        pieces = list(group)
        if name is None:
            merged += pieces
            continue
        pieces[0]["text"] = "".join(piece["text"] for piece in pieces)
        merged.append(pieces[0])
    return merged


def tidy_output(output: Output, rewrite: Rewrite) -> Output:
    """`output`, with the rules applied to every text in it."""
    drop_view(output, beside={"text/html", "text/plain"})
    for key in ("text", "evalue"):
        if key in output:
            output[key] = rewrite(output[key])
    if "traceback" in output:
        output["traceback"] = [rewrite(line) for line in output["traceback"]]
    for kind, value in output.get("data", {}).items():
        if isinstance(value, str) and not is_binary(kind):
            output["data"][kind] = rewrite(value)
    return output


def is_binary(kind: str) -> bool:
    """Whether a value of this MIME type is base64."""
    return kind.startswith("image/") and kind != "image/svg+xml"
