"""`python3 -m helpers hub`: a class on one machine.

In: a command line. Out: the hub runs, or a line for each learner. For whoever runs the machine, as root.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from helpers.course.environment import ROOT, Trouble
from helpers.course.hub.learners import learners, refuse_others

CONFIGURATION = Path(__file__).with_name("jupyterhub_config.py")
NOBODY = 65534
OUT = Path("submissions")


def hub(arguments: Sequence[str]) -> int:
    """Do what the command line says."""
    wanted, further = parse(arguments)
    refuse_others()
    may_be_run_by_others()
    if wanted.do == "start":
        return start(further)
    if wanted.do == "collect":
        return collect(wanted.lessons, wanted.only, wanted.to)
    class_ = learners(wanted.names)
    if wanted.do == "handout":
        from helpers.course.hub.handing_out import hand_out

        return say(hand_out(class_))
    from helpers.course.hub.early import start_early

    return say(start_early(class_))


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """What is to be done, and for `start` what is left for JupyterHub."""
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers hub", description="A class on one machine, by JupyterHub. As root."
    )
    ways = parser.add_subparsers(dest="do", required=True, metavar="start, handout, early or collect")
    ways.add_parser("start", help="run the hub, until it is ended; further arguments go to JupyterHub", add_help=False)
    for name, told in (
        ("handout", "bring what is new in the lessons to everybody who has not changed theirs"),
        ("early", "start everybody's server, before the hour"),
    ):
        ways.add_parser(name, help=told).add_argument("names", nargs="*", metavar="NAME", help="all, if none")
    gather = ways.add_parser("collect", help="copy everybody's notebooks of some lessons, for grading")
    gather.add_argument("lessons", nargs="+", metavar="LESSON", help="as in: 08")
    gather.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these learners only")
    gather.add_argument("--to", type=Path, default=OUT, metavar="FOLDER", help=f"where to, {OUT} if not said")
    wanted, further = parser.parse_known_args(arguments)
    if further and wanted.do != "start":
        parser.error(f"nothing is known of {' '.join(further)}")
    return wanted, further


def start(further: Sequence[str]) -> int:
    """Become JupyterHub."""
    from helpers.course.hub import configuration

    for what, how in missing():
        raise Trouble(f"The hub needs {what}: {how}")
    class_ = learners()
    configuration.prepare()
    print(
        f"{len(class_)} of the group learners may log in: {configuration.SHOWN}, if nothing else was said.", flush=True
    )
    command = [sys.executable, "-m", "jupyterhub", "--config", str(CONFIGURATION), *further]
    os.umask(0o077)
    os.execv(command[0], command)


def missing() -> Iterable[tuple[str, str]]:
    """What the hub cannot do without, and how to get it."""
    from helpers.course.hub.configuration import PROXY, proxy

    if not find_spec("jupyterhub"):
        yield "jupyterhub", f"{sys.executable} -m pip install --constraint requirements.txt --editable '.[hub]'"
    if not proxy():
        yield PROXY, f"npm install --global {PROXY}"
    if not which("ip"):
        yield "ip, which makes networks", "apt install iproute2"


def may_be_run_by_others() -> None:
    """Trouble where a learner could not run the course: a folder on the way to it, or to its Python, is closed."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", "import helpers.course.hub.serving"],
            cwd="/", env={}, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
        )  # fmt: skip
        said = done.stderr.strip().rpartition("\n")[2]
    except OSError as error:
        said = str(error)
    if said:
        raise Trouble(
            f"Learners cannot run {sys.executable}, or cannot read {ROOT} ({said}): put the course where everybody may read,"
            " such as /srv, and make its environment with a Python that everybody may run, such as /usr/bin/python3."
        )


def collect(lessons: Sequence[str], only: Sequence[str], to: Path) -> int:
    from helpers.course.hub import collecting
    from helpers.course.lessons import find_lessons

    names = list(dict.fromkeys(path.name for path in find_lessons(list(lessons))))
    class_ = learners(only)
    say(collecting.collect(class_, names, to))
    print(collecting.total(len(class_), to))
    return 0


def say(sentences: Iterable[str]) -> int:
    for sentence in sentences:
        print(sentence, flush=True)
    return 0
