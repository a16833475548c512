"""What a function may use while it is checked, and how long anybody waits for it: all numbers of the judge, in one place.

Most bounds count work, not time: how long the process rests, or how many seconds of the processor it has used. So a busy machine makes a check longer, not stricter.
Some bounds are wall-clock time all the same, and say so below: `LONGEST`, and how long somebody waits for an answer that is on its way; they are long enough for any machine
that is in use. And where there is no /proc (macOS, Windows) nobody can see whether a process rests: each counts as resting whenever it uses no processor, so that `IDLE` and
`PATIENCE` are wall-clock time there.

This module imports nothing but `sys`: the learner's process reads it when it starts.
"""

from __future__ import annotations

import sys

IDLE = 0.4
"""Seconds without any work, on either side, after which a call is said to hang."""
BUSY = 0.6
"""Seconds of the processor that a call may use, unless a scenario gives it more."""
DEFINING = 2.0
"""Seconds of the processor in which its process starts and the function is defined: the lines of a cell that are needed for that are run, and may be anything."""
DEARER = 3 if sys.platform == "win32" else 1
"""Times as much that it may be on this system: before each call of a socket Windows is asked whether it would wait, which costs more than the call."""
TICK = 0.005
"""Seconds of the processor that are no work: a thread of the process has looked whether it has something to do."""
MORE = 0.1
"""Seconds of the processor in which one that has worked for too long shows whether it gets on."""
LONGEST = 20.0
"""Seconds of wall-clock time after which a scenario ends in any case."""
PATIENCE = 0.3
"""Seconds that a peer waits for a piece to be taken before it sends the next: a function may look at it, and wait for more."""
PAUSE = 0.0005
"""Seconds between two looks at what has come, where somebody has just begun to wait."""
LONGEST_PAUSE = 0.005
"""Seconds between two of them at most, where somebody has waited for a while: to look is work, too."""
LOOK = 0.05
"""Seconds between two looks at what the process uses."""
LULL = 0.3
"""Seconds for which it does nothing where all has come to an end: bytes that trickle between small buffers pause for up to 0.2 s, until an ACK that was put off is sent."""
ANSWER = 4.0
"""Seconds of wall-clock time that its process has to say what it waits for: enough for one that works hard on a busy machine."""
THREADS_END = 1.0
"""Seconds of wall-clock time that threads have to end after the function has come back."""
THREADS_TOLD = THREADS_END + 2.0
"""Seconds of wall-clock time that its process has to say which of them have not."""
PROCESS_ENDS = 1.0
"""Seconds of wall-clock time from the last word of its process to its end, if it ends."""
PEER_WAITS = 2.0
"""Seconds of wall-clock time that a peer is blocked in a call at most: it calls only what is ready, or what the system itself answers."""
SERVERS_REST = 2.0
"""Seconds of wall-clock time that the servers which a function talks to have to do what there is to do."""
SILENCE = 0.55
"""Seconds that a slow peer says nothing: longer than the timeouts of those who take silence for the end."""
LONG_SILENCE = 1.0
"""Seconds that it says nothing at most, unless a scenario has it say nothing for longer, however long a timeout the function has set for itself."""
IN_SILENCE = 0.15
"""Seconds of the processor that a function may use while nothing comes: who waits uses none."""
SHORTEST_TRY = 0.04
"""Seconds that a function waits at least for the answer to a datagram before it sends it again; on its own clock."""
USUAL_TRY = 0.2
"""Seconds that the tasks speak of."""
LONGEST_TRY = 1.2
"""Seconds without any work, on either side, that it waits at most."""
SPINS = 0.4
"""Seconds of the processor after which a server that is attacked is said to work without end, if it has neither sent nor received a byte meanwhile."""
IN_VAIN = 100
"""Times that an attack may wait, one after another, for a server that rests and has nothing to say."""
SETTLES = 0.01
"""Seconds of wall-clock time in which two processes rest again that have answered the judge; if they do not, they are looked at once more."""
SMALL = 1 << 16
"""Bytes that wait in the system for whoever does not read, where the buffers are to be small: the rest waits in the server."""
AT_ONCE = 1 << 18
"""Bytes that a peer hands to the system in one call."""

MEMORY = 1 << 30
"""Bytes of memory that its process may take: above what it has when it starts, where the system bounds it; in all, where the judge looks from outside."""
STACK = 1 << 20
"""Bytes of the stack of each of its threads: hundreds of them have room in its memory."""
PRINTED = 200_000
"""Bytes that a function may print; more is a flood."""
KEPT = 2_000
"""Bytes of these that are kept, the last ones."""
FORKS = 50
"""Times that its process, and what it starts, may fork."""

RECORDED = 2000
"""Calls of sockets of which the judge is told."""
LINE = 8 << 20
"""Bytes of a line that its process may send to the judge."""
