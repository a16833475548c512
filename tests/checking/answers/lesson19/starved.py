"""Patient 1, a starved client: mends that hold, and some that do not."""

from __future__ import annotations

from helpers.exercises.lesson19.starved import mend_1
from tests.checking.answers import Wrong

RIGHT: list[str] = [
    """
import threading

def mend_1(listener):
    class Talk(threading.Thread):
        def __init__(self, conn):
            super().__init__(daemon=True)
            self.conn = conn

        def run(self):
            with self.conn as conn:
                try:
                    while data := conn.recv(1024):
                        conn.sendall(data)
                except ConnectionError:
                    print('a client has broken off')

    while True:
        conn, addr = listener.accept()
        Talk(conn).start()
""",
    """
import asyncio

async def echo(reader, writer):
    try:
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        print('a client has broken off')
    finally:
        writer.close()

def mend_1(listener):
    async def main():
        server = await asyncio.start_server(echo, sock=listener)
        await server.serve_forever()
    asyncio.run(main())
""",
    """
import selectors

def mend_1(listener):
    def serve(conn):
        conn.setblocking(False)
        with conn:
            try:
                while True:
                    yield selectors.EVENT_READ
                    if not (data := conn.recv(1024)):
                        return
                    while data:
                        yield selectors.EVENT_WRITE
                        data = data[conn.send(data):]
            except ConnectionError:
                print('a client has broken off')

    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                conn = listener.accept()[0]
                talk = serve(conn)
                selector.register(conn, next(talk), talk)
                continue
            selector.unregister(key.fileobj)
            if events := next(key.data, 0):
                selector.register(key.fileobj, events, key.data)
""",
    """
import socketserver

def mend_1(listener):
    class Talk(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                while data := self.request.recv(1024):
                    self.request.sendall(data)
            except ConnectionError:
                pass

    class Server(socketserver.ThreadingTCPServer):
        block_on_close = False

    server = Server(listener.getsockname(), Talk, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    with server:
        server.serve_forever()
""",
    # other ways to start a thread
    "import threading\n"
    + mend_1.sick.replace("        serve(conn)\n", "        threading.Timer(0, serve, (conn,)).start()\n"),
    "import _thread\n"
    + mend_1.sick.replace("        serve(conn)\n", "        _thread.start_new_thread(serve, (conn,))\n"),
]

WRONG: list[Wrong] = [
    (mend_1.sick, 26, "stands in the backlog"),
    (  # a timeout: everybody waits, only not for ever; and who thinks for a while is thrown out
        mend_1.sick.replace("with conn:", "conn.settimeout(1)\n        with conn:").replace(
            "except ConnectionError", "except OSError"
        ),
        26,
        "stands in the backlog",
    ),
    (  # a longer queue
        mend_1.sick.replace(
            "    while True:\n        conn, addr", "    listener.listen(1000)\n    while True:\n        conn, addr"
        ),
        26,
        "stands in the backlog",
    ),
    (  # called at once, and not by the thread
        "import threading\n"
        + mend_1.sick.replace("        serve(conn)\n", "        threading.Thread(target=serve(conn)).start()\n"),
        26,
        "stands in the backlog",
    ),
    (  # a thread that is waited for
        "import threading\n"
        + mend_1.sick.replace(
            "        serve(conn)\n",
            "        talk = threading.Thread(target=serve, args=(conn,))\n        talk.start()\n        talk.join()\n",
        ),
        26,
        "stands in the backlog",
    ),
    (  # run() is an ordinary call
        "import threading\n"
        + mend_1.sick.replace("        serve(conn)\n", "        threading.Thread(target=serve, args=(conn,)).run()\n"),
        26,
        "stands in the backlog",
    ),
    (  # one answer for each client, and everybody has his turn
        mend_1.sick.replace("while data := conn.recv(1024):", "if data := conn.recv(1024):"),
        None,
        "ada was to get b'hello again', and the connection was closed",
    ),
    (  # no more than four at a time
        "from concurrent.futures import ThreadPoolExecutor\n"
        + mend_1.sick.replace(
            "    while True:\n        conn",
            "    pool = ThreadPoolExecutor(max_workers=4)\n    while True:\n        conn",
        ).replace("        serve(conn)\n", "        pool.submit(serve, conn)\n"),
        26,
        "waits until a thread is free",
    ),
    (  # no more than 64: the same illness, later
        "from concurrent.futures import ThreadPoolExecutor\n"
        + mend_1.sick.replace(
            "    while True:\n        conn",
            "    pool = ThreadPoolExecutor(max_workers=64)\n    while True:\n        conn",
        ).replace("        serve(conn)\n", "        pool.submit(serve, conn)\n"),
        26,
        "waits until a thread is free",
    ),
    (  # the connection is closed while the thread has only begun
        "import threading\n"
        + mend_1.sick.replace(
            "        serve(conn)\n",
            "        with conn:\n            threading.Thread(target=serve, args=(conn,)).start()\n",
        ),
        None,
        "the connection was closed, though the talk with one client was not over",
    ),
    (  # nobody hears Ctrl-C any more
        "import threading\n"
        + mend_1.sick.replace(
            "        conn, addr = listener.accept()\n        serve(conn)\n",
            "        try:\n            conn, addr = listener.accept()\n            threading.Thread(target=serve, args=(conn,)).start()\n        except:\n            pass\n",
        ),
        None,
        "Ctrl-C was pressed, and it went on",
    ),
    (  # one thread with select: nobody's silence matters any more, and whoever reads nothing stops all
        """
import select

def mend_1(listener):
    conns = []
    while True:
        for ready in select.select([listener, *conns], [], [])[0]:
            if ready is listener:
                conns.append(listener.accept()[0])
                continue
            try:
                data = ready.recv(1024)
                ready.sendall(data)
            except ConnectionError:
                data = b''
            if not data:
                conns.remove(ready)
                ready.close()
""",
        29,
        "the server waits in a send for ada",
    ),
    (  # a thread for each, and one lock for all
        "import threading\n"
        + mend_1.solution.replace("        with conn:\n", "        with lock, conn:\n").replace(
            "    def serve", "    lock = threading.Lock()\n\n    def serve"
        ),
        None,
        "there is a thread for each, and this one waits for another",
    ),
    (  # whoever says nothing at once is hung up on
        "import select\n"
        + mend_1.sick.replace(
            "        serve(conn)\n",
            "        if select.select([conn], [], [], 0.2)[0]:\n            serve(conn)\n        else:\n            conn.close()\n",
        ),
        26,
        "stands in the backlog",
    ),
    (  # a thread for each, with a clock
        mend_1.solution.replace("        with conn:\n", "        conn.settimeout(0.5)\n        with conn:\n").replace(
            "except ConnectionError", "except OSError"
        ),
        None,
        "Nobody came, and nobody said anything, for a moment",
    ),
    (  # five at a time
        "import threading\n"
        + mend_1.solution.replace("        with conn:\n", "        with few, conn:\n").replace(
            "    def serve", "    few = threading.Semaphore(5)\n\n    def serve"
        ),
        None,
        "such as a lock or a semaphore",
    ),
    *(  # no tuple, or not started
        (
            "import threading\n"
            + mend_1.sick.replace("        serve(conn)\n", f"        threading.Thread(target=serve, {args}).start()\n"),
            None,
            "args=(conn,), with the comma",
        )
        for args in ("args=conn", "args=(conn)", "args=(conn, addr)")
    ),
    (
        "import threading\n"
        + mend_1.sick.replace("        serve(conn)\n", "        threading.Thread(target=serve, args=(conn,))\n"),
        None,
        "A thread begins with start()",
    ),
    (  # one thread for all of them, beside the loop
        "import queue, threading\n"
        + mend_1.sick.replace(
            "    while True:\n        conn",
            "    came = queue.Queue()\n    threading.Thread(target=lambda: [serve(each) for each in iter(came.get, None)], daemon=True).start()\n    while True:\n        conn",
        ).replace("        serve(conn)\n", "        came.put(conn)\n"),
        26,
        "the server waits for ada",
    ),
    (  # eight that accept, and serve one client each
        "import threading\n"
        + mend_1.sick.replace(
            "    while True:\n        conn, addr = listener.accept()\n        serve(conn)\n",
            "    def work():\n        while True:\n            serve(listener.accept()[0])\n\n    threads = [threading.Thread(target=work) for _ in range(8)]\n    for each in threads:\n        each.start()\n    for each in threads:\n        each.join()\n",
        ),
        26,
        "stands in the backlog",
    ),
    (  # a coroutine that awaits nothing
        "import asyncio\n"
        + mend_1.sick.replace("    def serve", "    async def serve").replace(
            "        serve(conn)\n", "        asyncio.run(serve(conn))\n"
        ),
        26,
        "stands in the backlog",
    ),
]
