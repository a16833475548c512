"""What a link for datagrams costs while it has no fault, against a direct exchange, side by side in one run. By hand: python tests/benchmarks/datagram_link.py

Beside it run a relay of a few lines on the raw `epoll` (the most that Python can do; Linux only), socat where it is installed, and, for root on Linux, the kernel's own netem on a pair of
virtual cards to a network of its own: whatever is missing is said. Client, server and each relay are processes of their own, pinned to one core, and take turns, a short measurement each,
so that a machine whose speed drifts slows all of them; what counts is the median of the ratios of neighbours.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import helpers
from tests.benchmarks.neighbours import of_direct

ROUNDS = 30
SECONDS = 0.1
MESSAGE = b"x" * 64
BOUND = 0.4
HERE, THERE = "10.203.0.1", "10.203.0.2"
PATIENCE = 2.0
"""Seconds after which an answer counts as lost: none is, here."""
Address = tuple[str, int]


def serve(kind: str, host: str, target: Address | None = None) -> None:
    """In a process of its own: print the port, and serve until the standard input ends."""
    if kind == "Link":
        assert target is not None
        address: Any = helpers.DatagramLink(target).start().address
    else:
        sock = socket.socket(type=socket.SOCK_DGRAM)
        sock.bind((host, 0))
        address = sock.getsockname()
        threading.Thread(target=relay if target else echo, args=(sock, target), daemon=True).start()
    print(address[1], flush=True)
    sys.stdin.read()
    os._exit(0)


def echo(sock: socket.socket, _: None) -> None:
    while True:
        sock.sendto(*sock.recvfrom(65535))


def relay(near: socket.socket, target: Address) -> None:
    """The bare minimum: nothing that goes wrong is met."""
    poll = select.epoll()
    poll.register(near.fileno(), select.EPOLLIN)
    fars: dict[Address, socket.socket] = {}
    clients: dict[int, tuple[socket.socket, Address]] = {}
    while True:
        for fd, _ in poll.poll():
            if fd != near.fileno():
                far, client = clients[fd]
                near.sendto(far.recv(65535), client)
                continue
            data, client = near.recvfrom(65535)
            if client not in fars:
                far = fars[client] = socket.socket(type=socket.SOCK_DGRAM)
                far.connect(target)
                clients[far.fileno()] = far, client
                poll.register(far.fileno(), select.EPOLLIN)
            fars[client].send(data)


@contextlib.contextmanager
def process(kind: str, target: Address | None = None) -> Iterator[Address]:
    """The address where it serves."""
    host = "127.0.0.1"
    command = [sys.executable, __file__, kind, host, *(map(str, target) if target else ())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None and running.stdin is not None
        try:
            yield host, int(running.stdout.readline())
        finally:
            running.stdin.close()


@contextlib.contextmanager
def socat(target: Address) -> Iterator[Address]:
    """socat in front of `target`: as a link does, it keeps a socket for each client."""
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["socat", "-b65536", f"UDP4-LISTEN:{port},bind=127.0.0.1,fork", f"UDP4:{target[0]}:{target[1]}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as running:
        try:
            yield "127.0.0.1", port
        finally:
            os.killpg(running.pid, 15)


@contextlib.contextmanager
def virtual_cards(*, netem: bool) -> Iterator[Address]:
    """An echo server in a network of its own, behind a pair of virtual cards. OSError, with the reason, where that is not to be had."""
    card, other = f"nwp{os.getpid()}{'n' if netem else 'v'}a"[-15:], f"nwp{os.getpid()}{'n' if netem else 'v'}b"[-15:]
    script = "import subprocess, sys; sys.stdin.readline(); sys.exit(subprocess.call(sys.argv[1:]))"
    command = ["unshare", "-n", sys.executable, "-c", script, sys.executable, __file__, "echo", "0.0.0.0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None and running.stdout is not None
        try:
            wait_for_its_network(running.pid)
            run("ip", "link", "add", card, "type", "veth", "peer", "name", other, "netns", str(running.pid))
            inside = ("nsenter", "-t", str(running.pid), "-n")
            for prefix, name, host in (((), card, HERE), (inside, other, THERE)):
                run(*prefix, "ip", "address", "add", f"{host}/24", "dev", name)
                run(*prefix, "ip", "link", "set", name, "up")
                if netem:
                    run(*prefix, "tc", "qdisc", "add", "dev", name, "root", "netem", "limit", "1000")
            print(file=running.stdin, flush=True)
            yield THERE, int(running.stdout.readline())
        finally:
            running.kill()
            subprocess.run(["ip", "link", "delete", card], stderr=subprocess.DEVNULL, check=False)


def wait_for_its_network(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        if time.monotonic() > deadline:
            raise OSError("no network of its own: is this root?")
        time.sleep(0.01)


def run(*command: str) -> None:
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command[-6:])}: {done.stderr.strip()}")


def round_trips(address: Address) -> float:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect(address)
        client.send(MESSAGE)
        client.recv(1024)  # whoever makes a socket, or a process, for a new client has done so by now
        client.settimeout(None)
        begun, count = time.perf_counter(), 0
        while time.perf_counter() < begun + SECONDS:
            for _ in range(50):
                client.send(MESSAGE)
                client.recv(1024)
            count += 50
        return count / (time.perf_counter() - begun)


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # inherited by the others
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(process("echo"))
        relays = {"Link": stack.enter_context(process("Link", server))}
        if hasattr(select, "epoll"):
            relays["raw epoll"] = stack.enter_context(process("relay", server))
        if shutil.which("socat"):
            relays["socat"] = stack.enter_context(socat(server))
        else:
            print("socat is not installed (Debian: apt-get install socat)")
        of_direct("round trips", relays, server, round_trips, BOUND, ROUNDS)
        for kind in ("veth", "netem"):
            try:
                with virtual_cards(netem=kind == "netem") as address:
                    of_direct("round trips", {kind: address}, server, round_trips, BOUND, ROUNDS)
            except OSError as error:
                print(f"{kind} is not to be had here: {error}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1], sys.argv[2], (sys.argv[3], int(sys.argv[4])) if len(sys.argv) > 3 else None)
    main()
