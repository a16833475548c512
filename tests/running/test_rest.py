"""When everything in the background waits for something."""

from __future__ import annotations

import time

import helpers
from helpers.running.rest import wait_for_rest


def test_who_waits_for_a_thread_is_at_rest() -> None:
    source = "import threading\nt = threading.Thread(target=threading.Event().wait)\nt.start()\nt.join()"
    program = helpers.background(source, "joins")
    begun = time.monotonic()
    wait_for_rest(30)
    assert time.monotonic() - begun < 15
    program.stop()
