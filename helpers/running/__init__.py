"""Programs and servers in threads of their own, programs in processes of their own (`processes/`): all of them can be stopped.

Comes in: a function, or the source of a program. Goes out: what it printed and raised, where it listens, whether everything rests; `stop()` ends it and leaves
nothing behind. `install()` makes threads, sleeps, streams and sockets belong to whoever uses them (`per_program/`). Everybody above may import it.
"""
