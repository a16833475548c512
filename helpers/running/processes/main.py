"""What Python runs in the process of a program: it gets the program, and becomes it.

A script of its own, which is nobody's module, so that there is one frame of the helpers below the program's own, where a script in a terminal has none. Who runs it: `program`.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # this folder

from helpers.running.processes import child as process_child

child = process_child.begin(sys.argv[1:])
try:
    child.run(*child.args)
except BaseException as error:
    child.over(error)
    raise  # Python ends as it does: with the status, or by the signal
child.over(None)
