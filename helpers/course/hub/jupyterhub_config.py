"""JupyterHub for a class on one machine. `python3 -m helpers hub start` prepares the machine and starts it; what is set, and why, stands in `configuration.py`, beside this file."""

from helpers.course.hub.configuration import configure

configure(get_config())  # type: ignore[name-defined]  # noqa: F821 - JupyterHub brings it
