"""What `threading` and `time` are without this package."""

from __future__ import annotations

import _thread
import threading
import time

from helpers.sockets.owners import Stopped as Stopped

start_thread = threading.Thread.start

start_new_thread = _thread.start_new_thread

plain_sleep = time.sleep
"""The one that a stop does not end."""

excepthook = threading.excepthook
