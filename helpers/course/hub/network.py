"""A network for each learner: a 127.0.0.1, and ports, that are nobody else's, and a way to the hub and to nowhere else.

In: a learner's number. Out: a network namespace (Linux) with the loopback interface and one cable to this machine, by which the hub and its proxy reach the learner's server, and that server the hub. There is no route
to anything else: not to another learner, not to the internet. Missing routes keep nobody in (a socket that is bound to the cable asks for none), so at this end of the cable stands a firewall. It is `ip` (iproute2) and `nft`
(nftables) that do it, as root.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable
from typing import NamedTuple

from helpers.course.environment import Trouble

PREFIX = "198.18"
"""Of all addresses here, which are 2**16: set aside for tests of network devices (RFC 2544), so that no network which the machine is in has them."""
HUB = f"{PREFIX}.255.254"
"""Where the hub is to be reached, from every one of these networks."""
HUB_PORT = 8081
"""Its port there, which learners' servers ask who somebody is. The address that browsers are given is the proxy's."""
CABLES = "learner-"
"""How the names of this machine's ends of the cables begin."""
RULES = f"""
table inet networking-course
delete table inet networking-course
table inet networking-course {{
    chain input {{
        type filter hook input priority 0;
        iifname != "{CABLES}*" accept
        ct state established,related accept
        ip daddr {HUB} tcp dport {HUB_PORT} accept
        reject
    }}
    chain forward {{
        type filter hook forward priority 0;
        iifname "{CABLES}*" reject
        oifname "{CABLES}*" reject
    }}
}}
"""
"""For the firewall: learners' networks reach the hub, and answer; nothing else on this machine, and nothing by way of it. The first two lines take an earlier one away, if there is one."""
MOST = (1 << 14) - 1
"""Networks: each has four addresses, and the last four are the hub's."""
CLONE_NEWNET = 0x40000000


class Network(NamedTuple):
    """The network of the learner who has this number."""

    number: int

    @property
    def name(self) -> str:
        return f"learner-{self.number}"

    @property
    def cable(self) -> str:
        """This machine's end of it."""
        return f"{CABLES}{self.number}"

    def address(self, at: int) -> str:
        """1 is this machine's end of the cable, 2 the learner's."""
        return f"{PREFIX}.{self.number * 4 // 256}.{self.number * 4 % 256 + at}"

    @property
    def path(self) -> str:
        return f"/run/netns/{self.name}"


def prepare() -> None:
    """Give the hub its address. It is this machine's own, and nobody tells other machines of it."""
    ip("address", "replace", f"{HUB}/32", "dev", "lo")


def close_off() -> str:
    """Put up the firewall; why there is none, if there can be none."""
    try:
        done = subprocess.run(["nft", "-f", "-"], input=RULES, capture_output=True, text=True)
    except OSError as error:
        return f"nft cannot be run: {error.strerror} (apt install nftables)"
    return done.stderr.strip().partition("\n")[0] if done.returncode else ""


def open_network(number: int) -> Network:
    """Make it; what is left of an earlier one is taken away."""
    if not 0 < number < MOST:
        raise Trouble(f"Number {number}: there are addresses for {MOST - 1} learners.")
    new = Network(number)
    close_network(new)
    ip("netns", "add", new.name)
    ip("link", "add", new.cable, "type", "veth", "peer", "name", "eth0", "netns", new.name)
    ip("address", "add", f"{new.address(1)}/30", "dev", new.cable)
    ip("link", "set", new.cable, "up")
    within = ("-netns", new.name)
    ip(*within, "link", "set", "lo", "up")
    ip(*within, "address", "add", f"{new.address(2)}/30", "dev", "eth0")
    ip(*within, "link", "set", "eth0", "up")
    ip(*within, "route", "add", HUB, "via", new.address(1))
    return new


def close_network(old: Network) -> None:
    """Take it away, if it is there. Whatever still runs in it has its own 127.0.0.1 to the end, and no cable."""
    ip("link", "delete", old.cable, must=False)
    ip("netns", "delete", old.name, must=False)


def ip(*words: str, must: bool = True) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if must and done.returncode:
        raise Trouble(f"No network for a learner: `ip {' '.join(words)}` says {done.stderr.strip()!r}")


def entering(network: Network) -> Callable[[], None]:
    """What takes the process that calls it into the network, with all that it will start. It is called between fork and exec, by root: nothing is imported then."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter() -> None:
        space = os.open(network.path, os.O_RDONLY | os.O_CLOEXEC)
        if libc.setns(space, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(space)

    return enter
