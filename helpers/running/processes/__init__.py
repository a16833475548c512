"""Programs in processes of their own; and what the judge's process shares with them.

Comes in: a program's source, or a function. Goes out: a `Program` (`program`), whose process (`process.ChildProcess` from here, `main` and `child` from inside) says what it does over two pipes of its
own (`channels`, `messages`), while its standard streams are the program's. `together` is what concerns all of them at once: whether all rest, and the tapes that somebody runs. The judge's is not started
each time, but copied (`copies` from here, `template` from inside). `running.programs` starts them, the judge has a `ChildProcess`, `watching` records across them.
"""
