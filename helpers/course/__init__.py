"""The course as files, for whoever runs and keeps it: the front door, the environment, the learner's copies of the lessons, the stored outputs, slides, handouts,
the reference, the web site; a class's marks, and its hub.

Comes in: `python3 -m helpers COMMAND`, and what JupyterLab's server asks of its extensions. Goes out: `.venv`, notebooks with their outputs, pages. The learner's half of the package
imports nothing of it (but the face, for `helpers.doctor`); the first module of it runs on a bare Python.
"""
