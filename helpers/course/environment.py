"""The course's own environment: ``.venv`` in the clone, made on the first start and kept up to date ever after.

Runs on a bare Python: before ``.venv`` stands, there is nothing but the standard library.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = ROOT / "requirements.txt"

# Written last, with what `.venv` was made from: where it is missing or says something else, there is work to do.
STAMP = VENV / "made-from.txt"
LOCK = VENV / "lock"

# How pip begins each package: "Collecting numpy==2.4.6", "Processing /wheels/numpy-2.4.6.whl", "Requirement already …".
PACKAGE = re.compile(r"(?:Collecting|Processing|Requirement already satisfied:) (?:\S*[/\\])?([\w.-]+?)(?:==|-\d|\s|$)")

WIDTH = 70
"""Of a line that replaces the one before it. Spaces do that in every terminal; that of an older Windows shows an escape sequence as it stands."""


class Trouble(Exception):
    """What is wrong and how to mend it, in a sentence for whoever started the command."""


def is_current() -> bool:
    """Whether `.venv` is whole and up to date. Asked at every start, so it only compares a few small files."""
    try:
        return PYTHON.exists() and STAMP.read_text(encoding="utf-8") == recipe()
    except FileNotFoundError:
        return False


def recipe() -> str:
    """What `.venv` is made from: it is out of date as soon as a letter of this differs."""
    prefix = (ROOT / "helpers" / "course" / "prefix").rglob("*")
    files = [REQUIREMENTS, ROOT / "pyproject.toml", *sorted(path for path in prefix if path.is_file())]
    return "\n".join([base(), *(file.read_text(encoding="utf-8") for file in files)])


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


def make() -> None:
    """Make `.venv`, or finish or update the one that is there. A second start meanwhile waits for the first."""
    VENV.mkdir(exist_ok=True)
    with locked():
        if is_current():
            return
        if not fits():
            create()
        STAMP.unlink(missing_ok=True)
        install()
        STAMP.write_text(recipe(), encoding="utf-8")


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


def create() -> None:
    """A fresh `.venv` with nothing but pip in it."""
    import shutil
    import subprocess
    from importlib.util import find_spec

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


def install() -> None:
    """Everything in requirements.txt, then the course's own package, which stays where it is (`-e`)."""
    print("Installing what the course needs into .venv: a minute or two the first time …", flush=True)
    pip("--requirement", str(REQUIREMENTS))
    # flit_core, which builds the package, stands in requirements.txt: so this needs no network.
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def pip(*arguments: str) -> None:
    """`pip install` with a line of progress; if it fails, what it said last."""
    import subprocess

    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    said: list[str] = []
    with subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONUTF8": "1"},
    ) as process:
        assert process.stdout
        for line in show_progress(process.stdout):
            said.append(line.strip())
    if process.returncode != 0:
        raise Trouble(explain(said))


def show_progress(lines: Iterable[str]) -> Iterator[str]:
    """Pass pip's lines on and say how far it is: in one line of a terminal, else every tenth package."""
    wanted = packages()
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


def packages() -> set[str]:
    """The plain names of those in requirements.txt that are for this platform and Python."""
    import subprocess

    pins = [line.partition("  #")[0] for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line]
    # What a marker means is said by packaging, which no bare Python has, but pip.
    script = (
        "import sys; from pip._vendor.packaging.requirements import Requirement as R\n"
        "for r in map(R, sys.argv[1:]):\n"
        " if not r.marker or r.marker.evaluate(): print(r.name)"
    )
    told = subprocess.run([PYTHON, "-c", script, *pins], capture_output=True, text=True)
    names = told.stdout.split() if told.returncode == 0 else [pin.partition("==")[0] for pin in pins]
    return {plain(name) for name in names}


def plain(name: str) -> str:
    """A package's name without what does not count in it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def explain(said: list[str]) -> str:
    """What pip's last words mean for whoever reads them."""
    spoken = [line for line in said if line]
    errors = [line for line in spoken if line.startswith("ERROR:") and line != "ERROR: Exception:"]
    last = (errors or spoken or ["nothing"])[-1]
    if any("connection broken" in line or "NewConnectionError" in line for line in said):
        return (
            "pip could not reach the package index: connect this computer to the internet (behind a proxy, set"
            f" HTTPS_PROXY), then run the same command again. pip said last: {last}"
        )
    return (
        "pip could not install what the course needs. Run the same command again; if it fails again, delete the"
        f" folder .venv first. pip said last: {last}"
    )


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
