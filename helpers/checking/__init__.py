"""The judge: a learner's function in a process of its own, peers that talk to it, and a report of what came of it.

Comes in: a function and an `Exercise`, whose scenarios say how it is attacked. Goes out: a `Report`. What passes between the two processes stands in `wire`; nothing that comes
from the learner's is unpickled or believed. Who imports it: the exercises.
"""
