"""``python3 -m helpers COMMAND``: the front door.

Old Pythons must be able to read this file, to say that they are too old: no newer syntax here.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts us may have any Python
    sys.exit(
        "The course needs Python 3.11 or newer, and this is Python {}.{}: install a newer one from"
        " python.org/downloads, then start the same command with it, as in `python3.13 -m helpers lab`.".format(
            *sys.version_info[:2]
        )
    )

from helpers.course.front_door import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
