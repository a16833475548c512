"""The course's own environment: ``.venv`` in the clone, made on the first start and kept up to date ever after.

It has what a learner needs (`dependencies` in pyproject.toml), and everything (`dev`, too) as soon as a command asks for it that changes or tests the course. Each in the one
version that requirements.txt says.

Runs on a bare Python: before ``.venv`` stands, there is nothing but the standard library.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from helpers import __version__

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = ROOT / "requirements.txt"
PYPROJECT = ROOT / "pyproject.toml"
WHEELS = ROOT / "wheels"
"""The packages themselves, as files, where the course has been packed for a room without network (`python3 -m helpers pack`)."""
MADE_FOR = WHEELS / "made-for.txt"
"""Which Pythons on which systems they are for, in words."""

# Written last, with what `.venv` was made from: where it is missing or says something else, there is work to do.
STAMP = VENV / "made-from.txt"
LOCK = VENV / "lock"

# How pip begins each package: "Collecting numpy==2.4.6", "Processing /wheels/numpy-2.4.6.whl", "Requirement already …".
PACKAGE = re.compile(r"(?:Collecting|Processing|Requirement already satisfied:) (?:\S*[/\\])?([\w.-]+?)(?:==|-\d|\s|$)")

WIDTH = 70
"""Of a line that replaces the one before it. Spaces do that in every terminal; that of an older Windows shows an escape sequence as it stands."""


class Trouble(Exception):
    """What is wrong and how to mend it, in a sentence for whoever started the command."""


def is_current(everything: bool = False) -> bool:
    """Whether `.venv` is whole and up to date, for a learner or with everything. Asked at every start, so it only compares a few small files."""
    try:
        made_from = STAMP.read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return PYTHON.exists() and any(made_from == recipe(more) for more in {True, everything})


def recipe(everything: bool) -> str:
    """What `.venv` is made from, and of which version the course is that is installed in it: it is out of date as soon as a letter of this differs."""
    prefix = (ROOT / "helpers" / "course" / "prefix").rglob("*")
    files = [REQUIREMENTS, PYPROJECT, *sorted(path for path in prefix if path.is_file())]
    texts = [file.read_text(encoding="utf-8") for file in files]
    return "\n".join([base(), f"version {__version__}", "everything" if everything else "what a learner needs", *texts])


def base() -> str:
    """What cannot be changed in a `.venv` that stands: it has to be made anew for another Python or another place."""
    return "Python {}.{} in {}".format(*sys.version_info[:2], ROOT)


def is_this_python() -> bool:
    """Whether the running Python has the course installed already, as on Binder or in an environment of one's own."""
    from importlib.metadata import PackageNotFoundError, distribution

    if Path(sys.prefix) == VENV:
        return False  # ours, and out of date: is_current() is asked first
    try:
        distribution("networking-with-python")
    except PackageNotFoundError:
        return False
    return True


def make(everything: bool = False) -> None:
    """Make `.venv`, or finish or update the one that is there. A second start meanwhile waits for the first."""
    VENV.mkdir(exist_ok=True)
    with locked():
        if is_current(everything):
            return
        if not fits():
            create()
        grows = is_current()  # what stands is whole, and stays so if this is interrupted
        if not grows:
            STAMP.unlink(missing_ok=True)
        install(everything)
        if not grows:
            # flit_core, which builds the package, is there by now: so this needs no network.
            pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        STAMP.write_text(recipe(everything), encoding="utf-8")


def fits() -> bool:
    """Whether what stands in `.venv` can be built upon: the same Python, with a pip, in the place it was made for."""
    import subprocess

    if STAMP.exists() and not STAMP.read_text(encoding="utf-8").startswith(base() + "\n"):
        return False
    probe = "import pip, sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.split() == [str(number) for number in sys.version_info[:2]]


def refuse_a_link() -> None:
    """Trouble where `.venv` is a link: to make it anew is to delete what stands in it, and that is somebody else's."""
    if VENV.resolve() != VENV.parent.resolve() / VENV.name:  # a link, or one of Windows' junctions
        raise Trouble(
            f"{VENV} is a link to {VENV.resolve()}, which may be the environment of another folder:"
            " to make it anew for this one would delete that one. Remove the link; then run the same command again."
        )


def create() -> None:
    """A fresh `.venv` with nothing but pip in it. Everything else in it is deleted."""
    import shutil
    import subprocess
    from importlib.util import find_spec

    refuse_a_link()
    if not (find_spec("venv") and find_spec("ensurepip")):
        raise Trouble(
            "This Python cannot make environments (its venv and ensurepip are missing)."
            " On Debian and Ubuntu `sudo apt install python3-venv` brings them; then run the same command again."
        )
    import venv

    print(f"Making .venv, an environment of the course's own{instead_of_what()} …", flush=True)
    for entry in VENV.iterdir():
        if entry == LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    try:
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError as error:
        said = (error.output or b"").decode(errors="replace").strip().splitlines()
        raise Trouble(f"Python's venv could not be made. It said last: {said[-1] if said else error}") from error


def instead_of_what() -> str:
    """What stands in `.venv` and is of no use here, so that nobody wonders why a start takes minutes again."""
    made_for = STAMP.read_text(encoding="utf-8").partition("\n")[0] if STAMP.exists() else ""
    return "" if made_for in ("", base()) else f", anew: it was made for {made_for}, and this is {base()}"


def install(everything: bool) -> None:
    """The packages: from the folder `wheels`, where there is one and all are in it, else from the package index."""
    print(f"Installing what {'changing the course' if everything else 'the course'} needs into .venv …", flush=True)
    if everything:
        wanted = ["--requirement", str(REQUIREMENTS)]
    else:
        wanted = ["--constraint", str(REQUIREMENTS), *dependencies()]
    counted = packages(everything)
    if not WHEELS.is_dir():
        return pip("install", *wanted, counted=counted)
    found = ["--find-links", str(WHEELS), *wanted]
    try:
        pip("install", "--no-index", *found, counted=counted)
    except Trouble:  # for another Python or system, or of another version of the course: no network may be asked for nothing, as that takes a minute to fail
        pip("install", *found, counted=counted)


def dependencies() -> list[str]:
    """What a learner needs, as pyproject.toml says it."""
    import tomllib

    needed: list[str] = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["dependencies"]
    return needed


TRY_AGAIN = "pip could not install what the course needs. Run the same command again; if it fails again, delete the folder .venv first."


def pip(
    command: str,
    *arguments: str,
    python: str | Path = PYTHON,
    counted: Set[str] = frozenset(),
    otherwise: str = TRY_AGAIN,
) -> None:
    """Run pip with a line of progress, in which the packages are `counted`; if it fails, Trouble: that there is no network, or `otherwise`, and what it said last."""
    import subprocess

    options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    if command == "install":
        options.append("--no-compile")  # Python compiles what it uses when it uses it, a fifth of what is there
    said: list[str] = []
    with subprocess.Popen(
        [str(python), "-m", "pip", command, *options, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONUTF8": "1"},
    ) as process:
        assert process.stdout
        for line in show_progress(process.stdout, counted):
            said.append(line.strip())
    if process.returncode != 0:
        raise Trouble(explain(said, otherwise))


def show_progress(lines: Iterable[str], wanted: Set[str]) -> Iterator[str]:
    """Pass pip's lines on and say how far it is: in one line of a terminal, else every tenth package."""
    seen: set[str] = set()  # pip names some of them more than once, and what it brings along itself
    terminal = sys.stdout.isatty()
    for line in lines:
        yield line
        package = PACKAGE.match(line)
        if package and plain(package[1]) in wanted - seen:
            seen.add(plain(package[1]))
            text = f"  {len(seen)} of {len(wanted)}: {package[1]}"
        elif seen and line.startswith("Installing collected packages"):
            package, text = None, "  All there; unpacking …"
        else:
            continue
        if terminal:
            print(f"\r{text:<{WIDTH}}", end="", flush=True)
        elif not package or len(seen) % 10 == 0:
            print(text, flush=True)
    if terminal:
        print("\r" + " " * WIDTH + "\r", end="", flush=True)


def packages(everything: bool) -> set[str]:
    """The plain names of those that are installed, on this platform and Python."""
    import subprocess

    wanted = pins(everything)
    # What a marker means is said by packaging, which no bare Python has, but pip.
    script = (
        "import sys; from pip._vendor.packaging.requirements import Requirement as R\n"
        "for r in map(R, sys.argv[1:]):\n"
        " if not r.marker or r.marker.evaluate(): print(r.name)"
    )
    told = subprocess.run([PYTHON, "-c", script, *wanted], capture_output=True, text=True)
    names = told.stdout.split() if told.returncode == 0 else map(name_of, wanted)
    return {plain(name) for name in names}


def pins(everything: bool) -> list[str]:
    """What requirements.txt pins, each with its marker: all of it, or what a learner needs. Behind each, uv has noted by which others it is wanted (`# via`)."""
    lines = [line.partition("# via ") for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines()]
    noted = [(pin.strip(), {name_of(other) for other in via.split(", ")}) for pin, _, via in lines if "==" in pin]
    if everything:
        return [pin for pin, _ in noted]
    needed: set[str] = set()
    more = set(map(name_of, dependencies()))
    while more - needed:
        needed |= more
        more = {name_of(pin) for pin, wanted_by in noted if wanted_by & needed}
    return [pin for pin, _ in noted if name_of(pin) in needed]


def name_of(requirement: str) -> str:
    """The plain name of the package that is required."""
    return plain(re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0])


def plain(name: str) -> str:
    """A package's name without what does not count in it."""
    return re.sub(r"[-_.]+", "-", name).lower()


SAYING_NOTHING = ("ERROR: Exception:", "ERROR: ResolutionImpossible:")
"""Lines of pip's after those that name the package."""


def explain(said: list[str], otherwise: str) -> str:
    """What pip's last words mean for whoever reads them."""
    spoken = [line for line in said if line]
    errors = [line for line in spoken if line.startswith("ERROR:") and not line.startswith(SAYING_NOTHING)]
    last = (errors or spoken or ["nothing"])[-1]
    if any("connection broken" in line or "NewConnectionError" in line for line in said):
        return (
            "pip could not reach the package index: connect this computer to the internet (behind a proxy, set"
            f" HTTPS_PROXY), then run the same command again.{of_other_wheels()} pip said last: {last}"
        )
    return f"{otherwise} pip said last: {last}"


def of_other_wheels() -> str:
    """What the folder `wheels` is for, where it was of no use."""
    if not WHEELS.is_dir():
        return ""
    import platform

    made_for = MADE_FOR.read_text(encoding="utf-8").strip() if MADE_FOR.exists() else "another computer"
    this = "Python {}.{}".format(*sys.version_info[:2])
    return f" (The folder wheels has what a learner needs on {made_for}; this is {this} on {platform.system()} {platform.machine()}.)"


@contextmanager
def locked() -> Iterator[None]:
    """One at a time: the operating system takes the lock back even from a process that was killed."""
    with LOCK.open("a") as file:
        if not try_lock(file.fileno()):
            print("Another start of the course is setting up .venv: waiting for it …", flush=True)
            wait_for_lock(file.fileno())
        yield


if sys.platform == "win32":
    import msvcrt

    def try_lock(descriptor: int) -> bool:
        """Take the lock if nobody holds it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def wait_for_lock(descriptor: int) -> None:
        """Take the lock as soon as it is free."""
        while True:
            try:
                return msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:  # it gives up after ten seconds
                continue

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Take the lock if nobody holds it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def wait_for_lock(descriptor: int) -> None:
        """Take the lock as soon as it is free."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)
