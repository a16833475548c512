"""What `threading` and `time` offer, kept before this package's own takes its place: for threads that belong to nobody, and sleeps that no stop ends."""

from __future__ import annotations

import _thread
import threading
import time

join_thread = threading.Thread.join
start_thread = threading.Thread.start

start_new_thread = _thread.start_new_thread

plain_sleep = time.sleep
"""The one that a stop does not end."""
