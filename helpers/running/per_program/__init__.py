"""What Python keeps once for a whole process, and each program in a thread has for itself: its streams, its `__main__`, its logging, its signals.

Comes in: calls of the standard library, from whatever thread. Goes out: what they would do in a process of the program's own; for everybody who is no program, what they
always do. A module for each thing, each with an `install()` and an `uninstall()`, which `running.install` calls; `thread_program` tells them of a program's beginning and end, and the magics have a kernel's
`input` routed. `whose_code`, `here` and `standing` are what several of them need.
"""
