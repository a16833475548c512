"""Lesson 10: right and wrong servers with a thread for each client."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: dict[str, list[str]] = {
    "serve_each": [
        """
import threading

def serve_each(listener, handle):
    def one(conn, addr):
        try:
            handle(conn, addr)
        except Exception as error:
            print(addr, error)
        finally:
            conn.close()
    while True:
        try:
            conn, addr = listener.accept()
        except OSError:
            continue
        t = threading.Thread(target=one, args=(conn, addr), daemon=True)
        t.start()
""",
        """
import socketserver

def serve_each(listener, handle):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            handle(self.request, self.client_address)

    class Server(socketserver.ThreadingTCPServer):
        block_on_close = False

    server = Server(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    with server:
        server.serve_forever()
""",
        """
from concurrent.futures import ThreadPoolExecutor

def serve_each(listener, handle):
    pool = ThreadPoolExecutor(max_workers=1000)
    def work(client):
        conn, addr = client
        with conn:
            handle(conn, addr)
    try:
        while True:
            try:
                pool.submit(work, listener.accept())
            except ConnectionAbortedError:
                print('gone')
    finally:
        pool.shutdown(wait=False)
""",
        """
import selectors
import threading

class Visit(threading.Thread):
    def __init__(self, conn, addr, handle):
        super().__init__()
        self.conn, self.addr, self.handle = conn, addr, handle

    def run(self):
        with self.conn as conn:
            self.handle(conn, self.addr)

def serve_each(listener, handle):
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            selector.select()
            try:
                conn, addr = listener.accept()
            except ConnectionError:
                continue
            conn.settimeout(None)
            Visit(conn, addr, handle).start()
""",
        """
import asyncio
import threading

def serve_each(listener, handle):
    async def main():
        loop = asyncio.get_running_loop()
        while True:
            try:
                conn, addr = await loop.sock_accept(listener)
            except ConnectionAbortedError:
                continue
            conn.setblocking(True)
            threading.Thread(target=visit, args=(conn, addr)).start()

    def visit(conn, addr):
        with conn:
            handle(conn, addr)

    listener.setblocking(False)
    asyncio.run(main())
""",
    ]
}

WRONG: dict[str, list[Wrong]] = {
    "serve_each": [
        (  # one after another
            """
def serve_each(listener, handle):
    while True:
        conn, addr = listener.accept()
        with conn:
            handle(conn, addr)
""",
            26,
            "grace sent b'I am the second', and nobody answers, while ada, who had connected first, says nothing",
        ),
        (  # the function is called at once, and not by the thread
            """
import threading

def serve_each(listener, handle):
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=handle(conn, addr)).start()
        conn.close()
""",
            26,
            "stands in the backlog",
        ),
        (  # a thread, which is waited for
            """
import threading

def serve_each(listener, handle):
    while True:
        conn, addr = listener.accept()
        thread = threading.Thread(target=handle, args=(conn, addr))
        thread.start()
        thread.join()
        conn.close()
""",
            26,
            "stands in the backlog",
        ),
        (  # a few threads, as many as a pool has by itself
            """
from concurrent.futures import ThreadPoolExecutor

def serve_each(listener, handle):
    def one(conn, addr):
        with conn:
            handle(conn, addr)
    with ThreadPoolExecutor(max_workers=8) as pool:
        while True:
            try:
                conn, addr = listener.accept()
            except ConnectionError:
                continue
            pool.submit(one, conn, addr)
""",
            26,
            "waits until a thread is free",
        ),
        (  # the connection is closed while the thread has only begun
            """
import threading

def serve_each(listener, handle):
    while True:
        conn, addr = listener.accept()
        with conn:
            threading.Thread(target=handle, args=(conn, addr)).start()
""",
            None,
            "the connection was closed, though handle had not come back",
        ),
        (  # nobody closes it
            """
import threading

def serve_each(listener, handle):
    conns = []
    while True:
        conn, addr = listener.accept()
        conns.append(conn)
        threading.Thread(target=handle, args=(conn, addr)).start()
""",
            None,
            "handle has come back, since ada had said all, and the connection stays open",
        ),
        (  # Python closes it, some time
            """
import threading

def serve_each(listener, handle):
    while True:
        threading.Thread(target=handle, args=listener.accept()).start()
""",
            None,
            "Python did, when nothing referred to it any more",
        ),
        (  # not where handle raises an error
            """
import threading

def serve_each(listener, handle):
    open_ones = {}
    def one(conn, addr):
        open_ones[addr] = conn
        handle(conn, addr)
        conn.close()
        del open_ones[addr]
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=one, args=(conn, addr)).start()
""",
            None,
            "handle has raised an error, and the connection stays open",
        ),
        (  # an address of its own
            """
import threading

def serve_each(listener, handle):
    def one(conn):
        with conn:
            handle(conn, conn.getsockname())
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=one, args=(conn,)).start()
""",
            None,
            "handle was told that ada's address is",
        ),
        (  # shutdown of what is closed
            """
import socket
import threading

def serve_each(listener, handle):
    kept = []
    def one(conn, addr):
        kept.append(conn)
        try:
            handle(conn, addr)
        finally:
            conn.shutdown(socket.SHUT_WR)
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=one, args=(conn, addr)).start()
""",
            None,
            "still open in the server",
        ),
        (  # accept's error ends it
            """
import threading

def serve_each(listener, handle):
    def one(conn, addr):
        with conn:
            handle(conn, addr)
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=one, args=(conn, addr)).start()
""",
            21,
            "accept belongs into a `try`",
        ),
        (  # a timeout of accept ends it
            """
import threading

def serve_each(listener, handle):
    listener.settimeout(0.5)
    def one(conn, addr):
        conn.settimeout(None)
        with conn:
            handle(conn, addr)
    while True:
        try:
            conn, addr = listener.accept()
        except ConnectionError:
            continue
        threading.Thread(target=one, args=(conn, addr)).start()
""",
            None,
            "It raised TimeoutError",
        ),
        (  # and Ctrl-C does not
            """
import threading

def serve_each(listener, handle):
    def one(conn, addr):
        with conn:
            handle(conn, addr)
    while True:
        try:
            conn, addr = listener.accept()
            threading.Thread(target=one, args=(conn, addr)).start()
        except:
            pass
""",
            None,
            "Ctrl-C was pressed, and it went on",
        ),
        (  # a second thread for each client, which never ends
            """
import queue
import threading

def serve_each(listener, handle):
    def one(conn, addr):
        jobs = queue.Queue()
        threading.Thread(target=jobs.get, daemon=True).start()
        with conn:
            handle(conn, addr)
    while True:
        try:
            conn, addr = listener.accept()
        except ConnectionError:
            continue
        threading.Thread(target=one, args=(conn, addr)).start()
""",
            None,
            "too many still run",
        ),
        (  # one client only
            """
import threading

def serve_each(listener, handle):
    conn, addr = listener.accept()
    threading.Thread(target=handle, args=(conn, addr)).start()
""",
            None,
            "It returned",
        ),
        (  # two threads for each client, to be quicker
            """
import threading

def serve_each(listener, handle):
    def one(conn, addr):
        with conn:
            workers = [threading.Thread(target=handle, args=(conn, addr)) for _ in range(2)]
            for each in workers:
                each.start()
            for each in workers:
                each.join()
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=one, args=(conn, addr)).start()
""",
            28,
            "Two of its threads were in recv",
        ),
    ]
}
