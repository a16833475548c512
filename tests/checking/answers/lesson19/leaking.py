"""Patient 4, a leak of descriptors: mends that hold, and some that do not."""

from __future__ import annotations

from helpers.exercises.lesson19.leaking import mend_4
from tests.checking.answers import Wrong

RETURN = "            return  # its own fault, and nobody else's\n"
CLOSE = "        del guests[addr]\n        conn.close()\n"

RIGHT: list[str] = [
    # closed on every way out, and still counted: no descriptor is left
    """
import threading

def mend_4(listener):
    guests = {}

    def serve(conn, addr):
        guests[addr] = conn
        with conn:
            try:
                while data := conn.recv(1024):
                    text = data.decode('ascii')
                    conn.sendall(text.upper().encode('ascii'))
            except (ConnectionError, UnicodeDecodeError):
                return
            del guests[addr]

    while True:
        conn, addr = listener.accept()
        threading.Thread(target=serve, args=(conn, addr)).start()
""",
    mend_4.sick.replace(
        RETURN, "            pass\n        finally:\n            del guests[addr]\n            conn.close()\n"
    ).replace("            conn.close()\n" + CLOSE, "            conn.close()\n"),
    """
import threading

def mend_4(listener):
    def serve(conn, addr):
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data.decode('ascii').upper().encode())
            except (OSError, ValueError) as error:
                print(type(error).__name__)

    while True:
        threading.Thread(target=serve, args=listener.accept()).start()
""",
    """
import asyncio

def mend_4(listener):
    async def serve(reader, writer):
        try:
            while data := await reader.read(1024):
                writer.write(data.decode('ascii').upper().encode('ascii'))
                await writer.drain()
        except (ConnectionError, UnicodeDecodeError):
            pass
        finally:
            writer.close()

    async def main():
        async with await asyncio.start_server(serve, sock=listener) as server:
            await server.serve_forever()

    asyncio.run(main())
""",
    """
import selectors

def mend_4(listener):
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                conn = key.fileobj
                if conn is listener:
                    selector.register(listener.accept()[0], selectors.EVENT_READ)
                    continue
                try:
                    data = conn.recv(1024)
                    conn.sendall(data.decode('ascii').upper().encode('ascii'))
                except (ConnectionError, UnicodeDecodeError):
                    data = b''
                if not data:
                    selector.unregister(conn)
                    conn.close()
""",
]

WRONG: list[Wrong] = [
    (mend_4.sick, None, "holds a file descriptor, until there are no more"),
    (  # one way out is mended
        mend_4.sick.replace(
            "        except (ConnectionError, UnicodeDecodeError):\n" + RETURN,
            "        except UnicodeDecodeError:\n            pass\n        except ConnectionError:\n            return\n",
        ),
        None,
        "still open in the server",
    ),
    (  # the other one
        mend_4.sick.replace(
            "        except (ConnectionError, UnicodeDecodeError):\n" + RETURN,
            "        except ConnectionError:\n            pass\n        except UnicodeDecodeError:\n            return\n",
        ),
        None,
        "the connection stays open",
    ),
    (  # nothing is raised any more: the ä is thrown away, and the client waits for an end that does not come
        mend_4.sick.replace("data.decode('ascii')", "data.decode('ascii', errors='ignore')"),
        None,
        "whose words are no ASCII is hung up on), and the connection stays open",
    ),
    (  # its words come back as question marks
        mend_4.sick.replace("data.decode('ascii')", "data.decode('ascii', errors='replace').replace('\\ufffd', '?')"),
        None,
        "got more bytes, which nobody had to send",
    ),
    (  # forgotten, and not closed: the loop's variable holds it until the next one comes
        mend_4.sick.replace(RETURN, "            pass\n").replace(CLOSE, "        del guests[addr]\n"),
        None,
        "the connection stays open",
    ),
    (  # the direction is ended, and the descriptor is still there
        mend_4.sick.replace("import threading\n", "import socket\nimport threading\n").replace(
            RETURN,
            "            try:\n                conn.shutdown(socket.SHUT_RDWR)\n            except OSError:\n                pass\n            return\n",
        ),
        None,
        "still open in the server",
    ),
    (  # the connection is closed in the loop, when the talk has only begun
        mend_4.sick + "        conn.close()\n",
        None,
        "was not over",
    ),
    (  # out of the dict, in the loop, when somebody else comes: the last one stays
        mend_4.sick.replace(
            "    while True:\n        conn, addr = listener.accept()\n",
            "    while True:\n        conn, addr = listener.accept()\n        for old in [each for each in guests if guests[each].fileno() < 0]:\n            del guests[old]\n",
        ),
        None,
        "the connection stays open",
    ),
    (  # one at a time: nobody leaks, and nobody else is served
        mend_4.solution.replace("threading.Thread(target=serve, args=(conn, addr)).start()", "serve(conn, addr)"),
        26,
        "stands in the backlog",
    ),
    (  # a clock: whoever says nothing is thrown out, and the connection stays open all the same
        mend_4.sick.replace(
            "        guests[addr] = conn\n", "        guests[addr] = conn\n        conn.settimeout(0.5)\n"
        ).replace("(ConnectionError, UnicodeDecodeError)", "(OSError, UnicodeDecodeError)"),
        None,
        "the connection stays open",
    ),
    (  # Python is to tidy up
        "import gc\n"
        + mend_4.sick.replace(RETURN, "            guests.pop(addr)\n            gc.collect()\n            return\n"),
        None,
        "Python did, when nothing referred to it any more",
    ),
    (  # swallowed in the loop, and the client waits for its end
        mend_4.sick.replace(
            "                text = data.decode('ascii')\n",
            "                try:\n                    text = data.decode('ascii')\n                except UnicodeDecodeError:\n                    continue\n",
        ).replace(RETURN, "            pass\n"),
        None,
        "the connection stays open",
    ),
    (  # a daemon dies with the program, and no sooner
        mend_4.sick.replace("args=(conn, addr))", "args=(conn, addr), daemon=True)"),
        None,
        "the connection stays open",
    ),
    (  # all are let go when there is no descriptor left
        mend_4.sick.replace(
            "        conn, addr = listener.accept()\n",
            "        try:\n            conn, addr = listener.accept()\n        except OSError:\n            guests.clear()\n            continue\n",
        ),
        None,
        "the connection stays open",
    ),
]
