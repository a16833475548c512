"""Binder's JupyterLab shows what `python3 -m helpers lab` does: the learner's copies of the lessons. `start` has Jupyter read this."""

from helpers.course.copies import prepare
from helpers.notebook.learner import folder

prepare()
c = get_config()  # type: ignore[name-defined]  # noqa: F821 - Jupyter brings it
c.ServerApp.root_dir = str(folder())
