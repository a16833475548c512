"""What programs bring along from the standard library, and what held so far: each a real exchange in a window, stopped without a leak."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

import helpers
from tests.support.waiting import eventually

SERVERS = {
    "socketserver": "import socketserver\nclass H(socketserver.StreamRequestHandler):\n    def handle(self): self.wfile.write(self.rfile.readline())\nwith socketserver.TCPServer(('127.0.0.1', 0), H) as server: server.serve_forever()",
    "socketserver in threads": "import socketserver\nclass H(socketserver.StreamRequestHandler):\n    def handle(self): self.wfile.write(self.rfile.readline())\nwith socketserver.ThreadingTCPServer(('127.0.0.1', 0), H) as server: server.serve_forever()",
    "asyncio": "import asyncio\nasync def serve(reader, writer):\n    writer.write(await reader.readline())\n    await writer.drain()\n    writer.close()\nasync def main():\n    async with await asyncio.start_server(serve, '127.0.0.1', 0) as server: await server.serve_forever()\nasyncio.run(main())",
    "selectors": "import selectors, socket\nlistener = socket.create_server(('127.0.0.1', 0))\nlistener.setblocking(False)\nselector = selectors.DefaultSelector()\nselector.register(listener, selectors.EVENT_READ)\nwhile True:\n    for key, _ in selector.select():\n        if key.fileobj is listener:\n            conn, _ = listener.accept()\n            selector.register(conn, selectors.EVENT_READ)\n        else:\n            data = key.fileobj.recv(100)\n            if data: key.fileobj.sendall(data)\n            else:\n                selector.unregister(key.fileobj)\n                key.fileobj.close()",
    "makefile": "import socket\nwith socket.create_server(('127.0.0.1', 0)) as listener:\n    while True:\n        conn, _ = listener.accept()\n        with conn, conn.makefile('rwb') as file:\n            file.write(file.readline())\n            file.flush()",
    "sendfile": "import socket, tempfile\nwith socket.create_server(('127.0.0.1', 0)) as listener, tempfile.TemporaryFile() as file:\n    while True:\n        conn, _ = listener.accept()\n        with conn:\n            file.seek(0)\n            file.truncate()\n            file.write(conn.recv(100))\n            file.seek(0)\n            conn.sendfile(file)",
}  # fmt: skip


@pytest.mark.parametrize("source", SERVERS.values(), ids=SERVERS)
def test_a_server_echoes_and_is_stopped(source: str) -> None:
    program = helpers.background(source, "server.py")
    assert program.address, program.describe()
    for _ in range(3):
        with socket.create_connection(program.address, timeout=5) as client:
            client.sendall(b"hello\n")
            assert client.recv(100) == b"hello\n"
    program.stop()
    assert (program.running, program.error) == (False, None)


@pytest.mark.skipif(not hasattr(socket.socket, "recvmsg"), reason="this system has no recvmsg")
def test_descriptors_travel_by_recvmsg() -> None:
    source = "import os, socket\na, b = socket.socketpair()\nr, w = os.pipe()\nsocket.send_fds(a, [b'x'], [w])\ndata, fds, _, _ = socket.recv_fds(b, 1, 1)\nos.write(fds[0], b'through')\nprint(data, os.read(r, 100))\nfor each in (r, w, fds[0]): os.close(each)\na.close(); b.close()"
    program = helpers.background(source, "descriptors.py")
    assert program.wait(5) and program.output == "b'x' b'through'\n", program.describe()


def answered(server: helpers.Program, client: str) -> str:
    """What a program prints that talks with `server`, whose port it finds as PORT."""
    assert server.address, server.describe()
    program = helpers.background(client.replace("PORT", str(server.address[1])), "client.py")
    assert program.wait(10) and program.error is None, program.describe()
    return program.output


def test_http() -> None:
    source = "import http.server\nclass H(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(b'hello')\nwith http.server.ThreadingHTTPServer(('127.0.0.1', 0), H) as server: server.serve_forever()"
    server = helpers.background(source, "http.py")
    client = "import urllib.request\nwith urllib.request.urlopen('http://127.0.0.1:PORT/', timeout=5) as page: print(page.read())"
    assert answered(server, client) == "b'hello'\n"
    assert eventually(lambda: '"GET / HTTP/1.1" 200 -' in server.output)


def test_xmlrpc() -> None:
    source = "from xmlrpc.server import SimpleXMLRPCServer\nwith SimpleXMLRPCServer(('127.0.0.1', 0), logRequests=False) as server:\n    server.register_function(pow)\n    server.serve_forever()"
    client = "from xmlrpc.client import ServerProxy\nwith ServerProxy('http://127.0.0.1:PORT') as proxy: print(proxy.pow(2, 5))"
    assert answered(helpers.background(source, "rpc.py"), client) == "32\n"


def test_both_families_at_once() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("IPv6 is off here")
    source = "import socket\nwith socket.create_server(('', 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:\n    while True:\n        conn, _ = listener.accept()\n        with conn: conn.sendall(conn.recv(10))"
    program = helpers.background(source, "dual.py")
    assert program.address
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, program.address[1]), timeout=5) as client:
            client.sendall(b"hello")
            assert client.recv(10) == b"hello"


TLS_SERVER = """
import socket, ssl
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(CERTIFICATE)
with socket.create_server(('127.0.0.1', 0)) as listener:
    while True:
        conn, _ = listener.accept()
        with context.wrap_socket(conn, server_side=True) as tls:
            tls.sendall(tls.recv(10))
"""
TLS_CLIENT = """
import socket, ssl
context = ssl.create_default_context(cafile=CERTIFICATE)
with socket.create_connection(('127.0.0.1', PORT)) as s, context.wrap_socket(s, server_hostname='localhost') as tls:
    tls.sendall(b'hello')
    print(tls.recv(10))
"""
TLS_ASYNCIO = """
import asyncio, ssl
async def main():
    reader, writer = await asyncio.open_connection('127.0.0.1', PORT)
    await writer.start_tls(ssl.create_default_context(cafile=CERTIFICATE), server_hostname='localhost')
    writer.write(b'hello')
    print(await reader.read(10))
    writer.close()
asyncio.run(main())
"""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which makes the certificate, is not installed")
def test_tls(tmp_path: Path) -> None:
    file = tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(file), "-out", str(tmp_path / "public.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_text(file.read_text() + (tmp_path / "public.pem").read_text())
    server = helpers.background(TLS_SERVER.replace("CERTIFICATE", repr(str(file))), "tls.py")
    for source in (TLS_CLIENT, TLS_ASYNCIO):
        assert answered(server, source.replace("CERTIFICATE", repr(str(tmp_path / "public.pem")))) == "b'hello'\n"
    server.stop()
    assert server.error is None
