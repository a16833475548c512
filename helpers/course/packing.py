"""The course in one file, for a room without network: a zip with its files and the packages that it is installed from, as wheels.

The front door finds the folder `wheels` by itself (`environment.WHEELS`). What is packed is what a learner needs; of the developers' tools nothing.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import platform
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from helpers import __version__
from helpers.course import environment
from helpers.course.environment import MADE_FOR, ROOT, WHEELS
from helpers.notebook import learner

NAME = "networking-with-python"
"""Of the folder in the zip, with each version the same: unpacked over an older one, a newer one renews it."""

LEAST_PYTHON = 11  # of 3
ANY_PATCH = (0, 99)
"""A package may need another version from some 3.11.5 on: wheels for the first and for the last of a Python's patches do for all of them."""

NEWEST_GLIBC = 39
"""Of 2, that a wheel may ask for: Debian 13, Ubuntu 24.04. pip takes one that asks for less, where there are several."""


class System(NamedTuple):
    """Computers of one kind."""

    tags: list[str]
    """What wheels for them are called, best first."""
    markers: dict[str, str]
    """What is said there of the variables in a requirement's marker."""


def linux(machine: str) -> System:
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, 16, -1)]
    older = [f"manylinux{kind}_{machine}" for kind in ("2014", "2010", "1")]
    markers = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": machine}
    return System(tags + older, markers)


def macos(machine: str) -> System:
    """From macOS 12 on: pip knows by itself that wheels for older ones do."""
    markers = {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin", "platform_machine": machine}
    return System([f"macosx_12_0_{machine}"], markers)


def windows(machine: str) -> System:
    markers = {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows", "platform_machine": machine}
    return System([f"win_{machine.lower()}"], markers)


SYSTEMS = {
    "windows": windows("AMD64"),
    "macos-arm64": macos("arm64"),
    "macos-x86_64": macos("x86_64"),
    "linux-x86_64": linux("x86_64"),
    "linux-aarch64": linux("aarch64"),
}


class Target(NamedTuple):
    """For whom wheels are packed: a Python on a system. None is this computer's, which need not be among `SYSTEMS`."""

    system: str | None
    python: str

    def __str__(self) -> str:
        return f"Python {self.python} on {self.system or this_system()}"


def this_system() -> str:
    """This computer's system, named as those in `SYSTEMS` are."""
    machine = platform.machine()
    names = (name for name, system in SYSTEMS.items() if system.markers["sys_platform"] == sys.platform)
    return next(
        (name for name in names if SYSTEMS[name].markers["platform_machine"] == machine), f"{sys.platform}-{machine}"
    )


def write_pack(arguments: Sequence[str]) -> int:
    """Write the zip that the command line asks for."""
    wanted = parse(arguments)
    targets = [Target(*pair) for pair in product(wanted.platform or [None], wanted.python or [this_python()])]
    wanted.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for target in targets:
            fetch(target, Path(folder))
        wheels = sorted(Path(folder).iterdir())
        pack = write_zip(wanted.to / file_name(targets), files(), wheels, targets)
    print(f"{pack} written, {pack.stat().st_size / 1e6:.0f} MB, for {listed(targets)}.")
    print("Unpack it there, and in its folder start: python3 -m helpers lab")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers pack",
        description="Write a zip for a room without network: the course, and what it is installed from. Unpacked, it starts as always.",
    )
    system = f"for which system: {', '.join(SYSTEMS)}; this one's if not said. May be given several times"
    python = f"for which Python: {this_python()}, this one, if not said. May be given several times"
    parser.add_argument("--platform", action="append", choices=SYSTEMS, metavar="SYSTEM", help=system)
    parser.add_argument("--python", action="append", type=python_version, metavar="3.x", help=python)
    parser.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="where to, this folder if not said")
    return parser.parse_args(arguments)


def this_python() -> str:
    return "{}.{}".format(*sys.version_info[:2])


def python_version(text: str) -> str:
    """Of `--python`."""
    number = re.fullmatch(r"3\.([0-9]{1,3})", text)
    if number is None or int(number[1]) < LEAST_PYTHON:
        raise argparse.ArgumentTypeError(f"{text!r} is no Python that the course takes, as 3.{LEAST_PYTHON} is")
    return text


def listed(targets: Iterable[Target]) -> str:
    return "; ".join(map(str, targets))


def file_name(targets: Sequence[Target]) -> str:
    """It says for whom it is."""
    systems = dict.fromkeys(target.system or this_system() for target in targets)
    pythons = dict.fromkeys(target.python for target in targets)
    return "-".join([NAME, __version__, *systems, "python" + "-".join(pythons)]) + ".zip"


# The wheels ----------------------------------------------------------------------------------------------------------


def fetch(target: Target, folder: Path) -> None:
    """Put the wheels for `target` into `folder`."""
    print(f"Fetching the packages for {target} …", flush=True)
    there: set[str] = set()
    for patch in ANY_PATCH:
        more = [pin for pin in pinned(target, f"{target.python}.{patch}") if pin not in there]
        if more:
            download(target, f"{target.python}.{patch}", more, folder)
        there.update(more)


def pinned(target: Target, python: str) -> list[str]:
    """What a learner needs there: names with versions."""
    markers = {"python_version": target.python, "python_full_version": python}
    if target.system:
        markers |= SYSTEMS[target.system].markers
    needed = map(Requirement, environment.pins(everything=False))
    # pip would ask for what this computer needs, whomever it is told to fetch it for.
    return [f"{each.name}{each.specifier}" for each in needed if each.marker is None or each.marker.evaluate(markers)]


def download(target: Target, python: str, pins: Sequence[str], folder: Path) -> None:
    there = [f"--platform={tag}" for tag in SYSTEMS[target.system].tags] if target.system else []
    environment.pip(
        "download",
        *("--dest", str(folder), "--no-deps", "--only-binary=:all:", "--python-version", python, *there, *pins),
        python=sys.executable,
        counted={environment.name_of(pin) for pin in pins},
        otherwise=f"The packages for {target} could not be fetched: one of them may not be had for it.",
    )


# The files -----------------------------------------------------------------------------------------------------------


def files() -> list[Path]:
    """The course's own, relative to its root: those that git keeps, as they are now; without git, what .gitignore does not name. Nothing of a learner's."""
    found = kept_by_git() or list(not_ignored())
    own = learner.folder().resolve()
    real = ((path, ROOT / path) for path in sorted(found))
    return [
        path for path, file in real if file.is_file() and not file.is_symlink() and own not in file.resolve().parents
    ]


def kept_by_git() -> list[Path]:
    """Nothing where there is no git, or where its repository is another one, in which the course merely lies."""
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    names = [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
    return list(map(Path, names)) if "pyproject.toml" in names else []


def not_ignored() -> Iterator[Path]:
    """What lies in the folder and is not named in .gitignore, which here has names and paths of folders and files, and no more of what it might have."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = [".git", *(line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#"))]

    def is_ignored(path: Path) -> bool:
        whole = path.as_posix()
        return any(fnmatch.fnmatch(whole if "/" in each else path.name, each.lstrip("/")) for each in ignored)

    for folder, below, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        below[:] = [name for name in below if not is_ignored(here / name)]
        yield from (here / name for name in names if not is_ignored(here / name))


def write_zip(pack: Path, files: Iterable[Path], wheels: Iterable[Path], targets: Sequence[Target]) -> Path:
    """Write `pack`: whole, or not at all."""
    unfinished = pack.with_suffix(".part")
    root = Path(NAME)
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for file in files:
                archive.write(ROOT / file, root / file)
            for wheel in wheels:  # which are zips themselves
                archive.write(wheel, root / WHEELS.name / wheel.name, zipfile.ZIP_STORED)
            archive.writestr((root / MADE_FOR.relative_to(ROOT)).as_posix(), listed(targets) + "\n")
        os.replace(unfinished, pack)
    finally:
        unfinished.unlink(missing_ok=True)
    return pack
