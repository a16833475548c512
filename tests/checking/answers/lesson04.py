"""Lesson 4: right and wrong echo servers that stay."""

from __future__ import annotations

from tests.checking.answers import Wrong

RIGHT: dict[str, list[str]] = {
    "echo_server": [
        """
def echo_server(listener):
    while True:
        conn, _ = listener.accept()
        try:
            for data in iter(lambda: conn.recv(65536), b''):
                conn.sendall(data)
        except OSError:
            continue
        finally:
            conn.close()
""",
        """
import threading

def serve(conn):
    try:
        with conn:
            while data := conn.recv(10):
                conn.sendall(data)
    except ConnectionError as error:
        print('gone', error)

def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        print('Connection from', addr)
        threading.Thread(target=serve, args=(conn,)).start()
""",
        """
def echo_server(listener):
    buffer = bytearray(1000)
    view = memoryview(buffer)
    while True:
        conn = listener.accept()[0]
        with conn:
            try:
                while size := conn.recv_into(buffer):
                    sent = 0
                    while sent < size:
                        sent += conn.send(view[sent:size])
            except (ConnectionResetError, BrokenPipeError, ConnectionAbortedError):
                pass
""",
        """
import selectors

def echo_server(listener):
    selector = selectors.DefaultSelector()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    unsent = {}
    while True:
        for key, events in selector.select():
            sock = key.fileobj
            if sock is listener:
                conn, _ = sock.accept()
                conn.setblocking(False)
                unsent[conn] = b''
                selector.register(conn, selectors.EVENT_READ)
                continue
            try:
                if events & selectors.EVENT_READ:
                    data = sock.recv(4096)
                    if not data and not unsent[sock]:
                        raise EOFError
                    unsent[sock] += data
                unsent[sock] = unsent[sock][sock.send(unsent[sock]):]
            except BlockingIOError:
                pass
            except (OSError, EOFError):
                selector.unregister(sock)
                del unsent[sock]
                sock.close()
                continue
            selector.modify(sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent[sock] else 0))
""",
        """
import asyncio

async def echo(reader, writer):
    try:
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()

async def serve(listener):
    server = await asyncio.start_server(echo, sock=listener)
    async with server:
        await server.serve_forever()

def echo_server(listener):
    asyncio.run(serve(listener))
""",
        """
import socketserver

class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(1024):
            self.request.sendall(data)

class Server(socketserver.TCPServer):
    def handle_error(self, request, client_address):
        pass

def echo_server(listener):
    server = Server(listener.getsockname(), Echo, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()
""",
        """
import socket

def echo_server(listener):
    listener.settimeout(0.5)
    while True:
        try:
            conn, addr = listener.accept()
        except TimeoutError:
            continue
        with conn:
            conn.settimeout(None)
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
""",
        """
import contextlib

def pieces(conn):
    while True:
        piece = conn.recv(1)
        if piece == b'':
            return
        yield piece

def echo_server(listener):
    while True:
        with listener.accept()[0] as conn, contextlib.suppress(ConnectionError):
            for piece in pieces(conn):
                conn.sendall(piece)
""",
        """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                with conn.makefile('rwb') as stream:
                    while data := stream.read1():
                        stream.write(data)
                        stream.flush()
            except ConnectionError:
                pass
""",
    ],
}

WRONG: dict[str, list[Wrong]] = {
    "echo_server": [
        (
            """
def echo_server(listener):
    conn, addr = listener.accept()
    while True:
        data = conn.recv(1024)
        if not data:
            break
        conn.sendall(data)
""",
            20,
            "did not stick in connect",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            data = conn.recv(1024)
            conn.sendall(data)
""",
            None,
            "until recv gives b''",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        data = conn.recv(1024)
        conn.sendall(data)
""",
            None,
            "until recv gives b''",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            while True:
                data = conn.recv(1024)
                if not data:
                    break
                conn.sendall(data)
""",
            21,
            "nobody caught it",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while True:
                    data = conn.recv(1024)
                    if not data:
                        break
                    conn.sendall(data)
            except ConnectionResetError:
                pass
""",
            21,
            "BrokenPipeError",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            while True:
                try:
                    data = conn.recv(1024)
                except ConnectionError:
                    break
                if not data:
                    break
                conn.sendall(data)
""",
            21,
            "nobody was there to take the echo",
        ),
        (
            """
def echo_server(listener):
    try:
        while True:
            conn, addr = listener.accept()
            with conn:
                while data := conn.recv(1024):
                    conn.sendall(data)
    except ConnectionError:
        pass
""",
            None,
            "belongs inside the outer loop",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while True:
                    conn.sendall(conn.recv(1024))
            except ConnectionError:
                pass
""",
            11,
            "round and round",
        ),
        (
            """
def echo_server(listener):
    conn, addr = listener.accept()
    while True:
        data = conn.recv(1024)
        if not data:
            continue
        conn.sendall(data)
""",
            11,
            "round and round",
        ),
        (
            """
import threading

def serve(conn):
    while True:
        data = conn.recv(1024)
        if data:
            conn.sendall(data)

def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()
""",
            11,
            "round and round",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            data = b''
            while piece := conn.recv(1024):
                data += piece
            conn.sendall(data)
""",
            12,
            "Both wait",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn, conn.makefile('rwb') as stream:
            for line in stream:
                stream.write(line)
                stream.flush()
""",
            12,
            "Both wait",
        ),
        (
            """
import socket

def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            while data := conn.recv(1024, socket.MSG_WAITALL):
                conn.sendall(data)
""",
            12,
            "Both wait",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.send(data)
            except ConnectionError:
                pass
""",
            6,
            "sendall goes on",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data.decode('UTF-8'))
            except ConnectionError:
                pass
""",
            7,
            "recv gives bytes",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    print(data.decode('UTF-8'))
                    conn.sendall(data)
            except ConnectionError:
                pass
""",
            24,
            "need not know what the bytes mean",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data.decode(errors='ignore').encode())
            except ConnectionError:
                pass
""",
            10,
            "errors='ignore'",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            while data := conn.recv(1024):
                conn.sendall(data.upper())
""",
            None,
            "and got back",
        ),
        (
            """
def echo_server(listener):
    with listener:
        conn, addr = listener.accept()
        with conn:
            while data := conn.recv(1024):
                conn.sendall(data)
""",
            20,
            "did not stick in connect",
        ),
        (
            """
import socket

def echo_server(listener):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        while True:
            conn, addr = s.accept()
            with conn:
                while data := conn.recv(1024):
                    conn.sendall(data)
""",
            None,
            "nobody accepts it",
        ),
        (
            """
def echo_server(listener):
    listener.bind(('127.0.0.1', 65431))
    listener.listen()
    while True:
        conn, addr = listener.accept()
""",
            None,
            "OSError",
        ),
        (
            """
def echo_server(listener):
    while True:
        data = listener.recv(1024)
        listener.sendall(data)
""",
            None,
            "OSError",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        while data := conn.recv(1024):
            print(data)
""",
            12,
            "Both wait",
        ),
        (
            """
def echo_server(listener):
    for _ in range(20):
        conn, addr = listener.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
            except ConnectionError:
                pass
""",
            None,
            "It returned",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                data = conn.recv(1024)
                while data:
                    conn.sendall(data)
                    data = conn.recv(1024)
                    if data == b'':
                        return
            except ConnectionError:
                pass
""",
            20,
            "did not stick in connect",
        ),
        (
            """
def echo_server(listener):
    pass
    return
    yield
""",
            None,
            "",
        ),
        (
            """
def echo_server(listener):
    return 'echo'
""",
            None,
            "It returned",
        ),
        (
            """
def echo_server(listener):
    listener.settimeout(1)
    while True:
        conn, addr = listener.accept()
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
            except ConnectionError:
                pass
""",
            None,
            "No client came for a moment, and the server ended, with TimeoutError",
        ),
        (
            """
import contextlib, select

def echo_server(listener):
    while select.select([listener], [], [], 0.3)[0]:
        conn, addr = listener.accept()
        with conn, contextlib.suppress(ConnectionError):
            while data := conn.recv(1024):
                conn.sendall(data)
""",
            None,
            "No client came for a moment, and the server ended.",
        ),
        (
            """
def echo_server(listener):
    while True:
        conn, addr = listener.accept()
        conn.settimeout(0.5)
        with conn:
            try:
                while data := conn.recv(1024):
                    conn.sendall(data)
            except ConnectionError:
                pass
""",
            None,
            "TimeoutError",
        ),
    ],
}
