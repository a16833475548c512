"""The traced socket, and everything that is known of sockets without asking a program: the lowest room but for `words`.

Comes in: the calls that a program makes on `socket.socket`. Goes out: entries on the tapes that run, the state of each live socket, which threads are
blocked and on what; and a blocked call is woken from here. Everybody above may import it; a learner's code never does: it gets the traced socket
as `socket.socket`.
"""
