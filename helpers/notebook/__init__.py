"""What stands in a notebook: the magics, a program's command window, and the boxes and the live widget that windows and panels share.

Comes in: a cell; a program; a panel. Goes out: its HTML for a page without a kernel, its plain text, and where there is a kernel a live widget. Who imports it: IPython, through
`%load_ext helpers`; the panels; of `course` the hook that saves a notebook.
"""
