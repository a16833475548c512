"""Addresses at which nobody answers, and how long a function waits there: a port on which nobody listens, a place that keeps silent, one to which no way leads.

Who may import it: the exercises.
"""

from __future__ import annotations

import socket

from helpers.checking.call import Call
from helpers.checking.judge import Judge
from helpers.checking.ports import quiet_port
from helpers.sockets.plain import plain_socket

A_SECOND = 1.0
"""What a function has for an address that keeps silent."""
TOO_SHORT = 0.45
"""Seconds in which an answer may well be on its way."""
TOO_LONG = 1.4
"""Seconds of rest after which it has waited for more than a second, on a busy machine too."""
NOWHERE = ("255.255.255.255", 9)
"""An address to which TCP cannot connect: the system says so at once, and that is no refusal."""
CALLERS = 8
"""More than a queue for one holds."""


def bound(judge: Judge, host: str = "127.0.0.1") -> socket.socket:
    """A socket that has a port, and does not listen. OSError where this computer is not `host`."""
    sock: socket.socket = judge.enter(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    sock.bind((host, quiet_port(host)))
    return sock


def full_queue(judge: Judge) -> socket.socket:
    """A listening socket that takes no calls, and whose queue is full: the system throws the next call away. (Windows refuses it, after two seconds.)"""
    idle = bound(judge)
    idle.listen(1)
    for _ in range(CALLERS):
        caller = judge.enter(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        caller.setblocking(False)
        caller.connect_ex(idle.getsockname())
    return idle


def is_out_of_reach(address: tuple[str, int]) -> bool:
    """Whether connect says at once that no way leads there."""
    with plain_socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.settimeout(0.2)
        try:
            s.connect(address)
        except (ConnectionError, TimeoutError):
            return False
        except OSError:
            return True
    return False


def seconds_asked(call: Call) -> float:
    """Seconds that it gave connect to wait in, all in all, as far as its sockets' timeouts say: no busy machine changes them."""
    return sum(each.timeout or 0.0 for each in call.socket_calls)
