"""Right and wrong ways to send a line to all members of a room."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT = [
    """
import threading

lock = threading.RLock()

def broadcast(members, line):
    def gets(conn):
        try:
            conn.sendall(line)
        except OSError:
            return False
        return True

    lock.acquire()
    try:
        return [name for name, conn in dict(members).items() if not gets(conn)]
    finally:
        lock.release()
""",
    """
import collections
import threading
import weakref

guard = threading.Lock()
locks = weakref.WeakKeyDictionary()

def lock_of(conn):
    with guard:
        return locks.setdefault(conn, threading.Lock())

def broadcast(members, line):
    gone = set()
    for name in tuple(members):
        conn = members[name]
        with lock_of(conn):
            rest = memoryview(line)
            try:
                while rest:
                    rest = rest[conn.send(rest):]
            except (ConnectionError, TimeoutError, OSError):
                gone.add(name)
    return list(gone)
""",
    """
import queue
import threading

jobs = queue.SimpleQueue()
started = threading.Lock()

def work():
    while True:
        conns, line, answer = jobs.get()
        gone = []
        for name, conn in conns:
            try:
                conn.sendall(line)
            except OSError:
                gone.append(name)
        answer.put(gone)

def broadcast(members, line):
    if started.acquire(blocking=False):
        threading.Thread(target=work, daemon=True).start()
    answer = queue.SimpleQueue()
    jobs.put((list(members.items()), line, answer))
    return answer.get()
""",
]

WRONG: list[Wrong] = [
    (  # no lock: Python has one itself, or has it?
        """
def broadcast(members, line):
    gone = []
    for name, conn in list(members.items()):
        try:
            conn.sendall(line)
        except OSError:
            gone.append(name)
    return gone
""",
        27,
        "bytes of one line lie between those of the other",
    ),
    (  # a lock for each call
        """
import threading

def broadcast(members, line):
    lock = threading.Lock()
    gone = []
    for name, conn in list(members.items()):
        with lock:
            try:
                conn.sendall(line)
            except OSError:
                gone.append(name)
    return gone
""",
        27,
        "One that is made in the function is another one in each call",
    ),
    (  # the dict itself
        """
import threading

lock = threading.Lock()

def broadcast(members, line):
    gone = []
    with lock:
        for name, conn in members.items():
            try:
                conn.sendall(line)
            except OSError:
                gone.append(name)
    return gone
""",
        None,
        "Another thread added a member while the loop went over the dict itself",
    ),
    (  # send, not sendall
        """
def broadcast(members, line):
    gone = []
    for name, conn in list(members.items()):
        try:
            conn.send(line)
        except OSError:
            gone.append(name)
    return gone
""",
        6,
        "send took only a part",
    ),
    (  # what a closed socket raises is no ConnectionError
        """
def broadcast(members, line):
    gone = []
    for name, conn in list(members.items()):
        try:
            conn.sendall(line)
        except ConnectionError:
            gone.append(name)
    return gone
""",
        21,
        "OSError is no ConnectionError; OSError is the family of them all",
    ),
    (  # nothing is caught
        """
def broadcast(members, line):
    for conn in list(members.values()):
        conn.sendall(line)
    return []
""",
        21,
        "whoever came after that member in the dict got nothing",
    ),
    (  # after the first that is gone, nobody
        """
def broadcast(members, line):
    gone = []
    try:
        for name, conn in list(members.items()):
            conn.sendall(line)
    except OSError:
        gone.append(name)
    return gone
""",
        None,
        "grace's socket was closed; and linus was to get",
    ),
    (  # no TimeoutError
        """
def broadcast(members, line):
    gone = []
    for name, conn in list(members.items()):
        if conn.fileno() < 0:
            gone.append(name)
            continue
        try:
            conn.sendall(line)
        except ConnectionError:
            gone.append(name)
    return gone
""",
        21,
        "TimeoutError is no ConnectionError",
    ),
    (  # the timeout is taken away
        """
def broadcast(members, line):
    gone = []
    for name, conn in list(members.items()):
        try:
            conn.settimeout(None)
            conn.sendall(line)
        except OSError:
            gone.append(name)
    return gone
""",
        None,
        "It never comes back: it waits in sendall()",
    ),
    (  # those who are gone are taken out
        """
def broadcast(members, line):
    gone = []
    for name, conn in list(members.items()):
        try:
            conn.sendall(line)
        except OSError:
            gone.append(name)
            del members[name]
    return gone
""",
        None,
        "It changed members",
    ),
    (  # a lock that is never given back
        """
import threading

lock = threading.Lock()

def broadcast(members, line):
    gone = []
    for name, conn in list(members.items()):
        lock.acquire()
        try:
            conn.sendall(line)
        except OSError:
            gone.append(name)
            continue
        lock.release()
    return gone
""",
        None,
        "a lock, as it seems, that the first one did not give back",
    ),
    (  # nothing comes back
        """
def broadcast(members, line):
    for name, conn in list(members.items()):
        try:
            conn.sendall(line)
        except OSError:
            print(name, 'is gone')
""",
        None,
        "It returned None where [] was to come",
    ),
    (  # a newline of its own
        """
def broadcast(members, line):
    for name, conn in list(members.items()):
        conn.sendall(line + b'\\n')
    return []
""",
        None,
        "ada was to get b'hello\\nand good bye\\n', and got b'hello\\n\\nand good ",
    ),
]
