"""What stands behind ``python3 -m helpers``: finds or makes the environment, and hands the command over to it.

Starts on a bare Python and imports next to nothing: every start of the course passes through here.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from helpers import __version__
from helpers.course import environment
from helpers.course.commands import COMMANDS, FOR_DEVELOPERS, WITH_OPTIONS
from helpers.course.environment import Trouble


def main(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit status."""
    speak_anywhere()
    if not arguments or arguments[0] in ("help", "-h", "--help"):
        print(usage())
        return 0

    command, *rest = arguments
    if command == "--version":
        print(f"Networking with Python {__version__}")
        return 0
    if command == "doctor":  # needs no environment: it says whether one can be made
        from helpers.course.doctor import checks, machine, report

        print(f"Networking with Python {__version__}, {machine()}")
        return 0 if report(checks()) else 1
    if command not in COMMANDS:
        print(f"There is no command {command!r}.\n\n{usage()}", file=sys.stderr)
        return 2
    if rest and rest[0] in ("-h", "--help") and command not in WITH_OPTIONS:
        print(f"python3 -m helpers {command}\n{told(command)}")
        return 0
    return guarded(lambda: open_door(command, rest))


def speak_anywhere() -> None:
    """A character that a terminal, or a file in a region's encoding (Windows), does not have becomes a question mark, and not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def usage() -> str:
    """The commands, a line each."""
    lines = {"doctor": "Say whether this machine can take the course, and what to mend where it cannot."}
    lines |= {name: told(name) for name in COMMANDS}
    lines["--version"] = "Say which version of the course this is."
    return "\n".join(["python3 -m helpers COMMAND", *(f"  {name:10}{line}" for name, line in lines.items())])


def told(command: str) -> str:
    """What a command does, in a line."""
    return (COMMANDS[command].__doc__ or "").splitlines()[0]


def open_door(command: str, arguments: list[str]) -> int:
    """Carry out `command` in the course's environment, which is made or brought up to date first."""
    everything = command in FOR_DEVELOPERS
    if not environment.is_current(everything):
        if environment.is_this_python():
            if everything:
                look_for_tools()
            return COMMANDS[command](arguments)
        environment.make(everything)
    return hand_over([str(environment.PYTHON), "-m", "helpers.course.front_door", command, *arguments])


def look_for_tools() -> None:
    """An environment of one's own may have what a learner needs, and no more."""
    if find_spec("pytest") is None:
        raise ModuleNotFoundError(name="pytest")


def hand_over(command: list[str]) -> int:
    """Let another Python go on in the place of this one."""
    sys.stdout.flush()
    # Where that is set, as in many containers, every kernel would compile anew what it imports.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if sys.platform != "win32":
        os.execv(command[0], command)

    # Windows cannot replace a process: wait for the other one, and leave Ctrl-C to it.
    import signal
    import subprocess

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(command)


def guarded(work: Callable[[], int]) -> int:
    """Do `work`; what goes wrong with the machine is said in a sentence, not in a traceback."""
    try:
        return work()
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"\nThis Python has no {error.name}: pip install -r requirements.txt", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(
            f"\nNo permission to write {error.filename}: end what still runs from there,"
            " or move the course to a folder of your own.",
            file=sys.stderr,
        )
        return 1
    except OSError as error:
        print(f"\n{error.strerror}: {error.filename or environment.ROOT}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130


if __name__ == "__main__":  # inside the environment
    speak_anywhere()
    sys.exit(guarded(lambda: COMMANDS[sys.argv[1]](sys.argv[2:])))
