"""Makes the judge's child look like a process on another system, as it starts: a test has put this folder first among those where it finds its modules."""

from __future__ import annotations

import os

from tests.support.another_system.likeness import VARIABLE, Forever, look_like

if system := os.environ.get(VARIABLE):
    look_like(system, Forever())
