"""What runs as the learner, on a hub or in its image: the learner's copies of the lessons, and then JupyterHub's server for one user, in the same process.

In: what JupyterHub's spawner says, in the environment. Out: the learner's JupyterLab. Nothing that lies in the learner's home keeps it from starting: -I leaves the learner's own packages and modules to the kernels.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.course.copies import prepare
from helpers.course.environment import Trouble
from helpers.course.transport import kernels_apart
from helpers.notebook.learner import FOLDER_VARIABLE, folder

FIRST = "/lab/tree/notebooks/00-start-here.ipynb"
"""What is shown first: an address below the learner's own."""


def main(arguments: Sequence[str]) -> None:
    os.umask(0o077)
    with contextlib.suppress(OSError):  # in a container it may be a volume, and nobody's but the learner's anyway
        Path.home().chmod(0o700)
    os.environ[FOLDER_VARIABLE] = str(folder())
    hand_out()
    options = {**kernels_apart(), "--ServerApp.root_dir": folder()}
    os.execv(
        sys.executable,
        [
            sys.executable,
            *("-I", "-m", "jupyterhub.singleuser"),
            *(f"{name}={value}" for name, value in options.items()),
            *arguments,
        ],
    )


def hand_out() -> list[str]:
    """The lessons as the learner is to have them; where that cannot be (a full disk), the learner has at least a server to mend it in. A line for each that the learner has changed and that has a newer version."""
    try:
        return prepare()
    except (Trouble, OSError) as error:
        print(f"The lessons could not be handed out: {error}", file=sys.stderr)
        return []


if __name__ == "__main__":
    main(sys.argv[1:])
