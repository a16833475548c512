"""Right ways to open a TLS connection, however they are written."""

from __future__ import annotations

RIGHT = [
    # Wrapped before it connects: connect does the handshake.
    """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    s = context.wrap_socket(socket.socket(), server_hostname=name)
    s.settimeout(2)
    try:
        s.connect(address)
    except OSError:
        s.close()
        raise
    s.settimeout(None)
    return s
""",
    # A context by hand.
    """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca)
    sock = socket.socket()
    sock.settimeout(1.5)
    try:
        sock.connect(address)
        tls = context.wrap_socket(sock, server_hostname=name)
    except:
        sock.close()
        raise
    tls.settimeout(None)
    return tls
""",
    # An exit stack that is emptied when all is well.
    """
import contextlib, socket, ssl

def open_tls(address, name, ca):
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(socket.create_connection(address, 2))
        tls = stack.enter_context(ssl.create_default_context(cadata=ca).wrap_socket(sock, server_hostname=name))
        tls.setblocking(True)
        stack.pop_all()
    return tls
""",
    # A handshake of its own, in a socket that does not block, with a deadline.
    """
import select, socket, ssl, time

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    deadline = time.monotonic() + 2
    tls = context.wrap_socket(socket.create_connection(address, 2), server_hostname=name, do_handshake_on_connect=False)
    try:
        tls.setblocking(False)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                ready = select.select([tls], [], [], max(0, deadline - time.monotonic()))
            except ssl.SSLWantWriteError:
                ready = select.select([], [tls], [], max(0, deadline - time.monotonic()))
            if not any(ready):
                raise TimeoutError('the handshake takes too long')
    except OSError:
        tls.close()
        raise
    tls.setblocking(True)
    return tls
""",
    # With a selector.
    """
import selectors, socket, ssl, time

def shake(tls, deadline):
    with selectors.DefaultSelector() as selector:
        selector.register(tls, selectors.EVENT_READ)
        while True:
            try:
                return tls.do_handshake()
            except ssl.SSLWantReadError:
                if not selector.select(deadline - time.monotonic()):
                    raise TimeoutError from None

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, timeout=2)
    sock.setblocking(False)
    tls = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
    try:
        shake(tls, time.monotonic() + 2)
        tls.settimeout(None)
        return tls
    except:
        tls.close()
        raise
""",
    # A class for the context, and one for the sockets that it makes.
    """
import socket, ssl

class Connection(ssl.SSLSocket):
    pass

class Context(ssl.SSLContext):
    sslsocket_class = Connection

def context_for(ca):
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

def open_tls(address, name, ca):
    sock = socket.create_connection(address, timeout=2)
    try:
        tls = context_for(ca).wrap_socket(sock, server_hostname=name)
    except Exception:
        sock.close()
        raise
    tls.settimeout(None)
    return tls
""",
    # From http.client, which is told where to connect by its own socket.
    """
import http.client, socket, ssl

class Connection(http.client.HTTPSConnection):
    def __init__(self, address, name, ca):
        super().__init__(name, timeout=2, context=ssl.create_default_context(cadata=ca))
        self._create_connection = lambda *_: socket.create_connection(address, 2)

def open_tls(address, name, ca):
    connection = Connection(address, name, ca)
    try:
        connection.connect()
    except OSError:
        connection.close()
        raise
    connection.sock.settimeout(None)
    return connection.sock
""",
    # From a file after all: one of its own, for as long as it is read.
    """
import os, socket, ssl, tempfile

def open_tls(address, name, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'ca.pem')
        with open(path, 'w') as file:
            file.write(ca)
        context.load_verify_locations(path)
    sock = socket.create_connection(address, timeout=2)
    try:
        tls = context.wrap_socket(sock, server_hostname=name)
    except OSError:
        sock.close()
        raise
    tls.settimeout(None)
    return tls
""",
    # As bytes that are no text (DER), which cadata takes too.
    """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ssl.PEM_cert_to_DER_cert(ca))
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
    sock = socket.create_connection(address)
    try:
        sock.settimeout(2)
        tls = context.wrap_socket(sock, server_hostname=name)
        tls.settimeout(None)
        return tls
    except BaseException:
        sock.close()
        raise
""",
    # The context first without any check, and then with all of them.
    """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS)
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.load_verify_locations(cadata=ca)
    tls = context.wrap_socket(socket.socket(), server_hostname=name)
    try:
        tls.settimeout(2)
        tls.connect(address)
        assert tls.getpeercert()
        return tls
    except:
        tls.close()
        raise
    finally:
        if tls.fileno() != -1:
            tls.settimeout(None)
""",
    # Somebody else ends what takes too long.
    """
import socket, ssl, threading

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address)
    tls = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
    late = threading.Event()
    def end():
        late.set()
        socket.socket.shutdown(tls, socket.SHUT_RDWR)
    timer = threading.Timer(2, end)
    timer.start()
    try:
        tls.do_handshake()
        return tls
    except OSError:
        tls.close()
        if late.is_set():
            raise TimeoutError('no handshake') from None
        raise
    finally:
        timer.cancel()
        timer.join()
""",
    # Driven by hand, bytes in and bytes out: it returns what can be used as a socket.
    """
import socket, ssl, time

class Connection:
    def __init__(self, sock, context, name):
        self.sock, self.incoming, self.outgoing = sock, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.deadline = time.monotonic() + 2

    def run(self, step, *args):
        while True:
            try:
                return step(*args)
            except ssl.SSLWantReadError:
                self.flush()
                if self.deadline is not None:
                    self.sock.settimeout(max(self.deadline - time.monotonic(), 0.001))
                if data := self.sock.recv(65536):
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()
            finally:
                self.flush()

    def flush(self):
        if data := self.outgoing.read():
            self.sock.sendall(data)

    def recv(self, size):
        return self.run(self.tls.read, size)

    def sendall(self, data):
        self.run(self.tls.write, data)

    def settimeout(self, seconds):
        self.sock.settimeout(seconds)

    def gettimeout(self):
        return self.sock.gettimeout()

    def close(self):
        self.sock.close()

def open_tls(address, name, ca):
    connection = Connection(socket.create_connection(address, 2), ssl.create_default_context(cadata=ca), name)
    try:
        connection.run(connection.tls.do_handshake)
    except BaseException:
        connection.close()
        raise
    connection.deadline = None
    connection.settimeout(None)
    return connection
""",
    # The handshake in another thread, whose result is waited for; an outdated finally, that closes what was given away.
    """
import concurrent.futures, socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, 2)
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            tls = pool.submit(context.wrap_socket, sock, server_hostname=name).result()
        tls.settimeout(None)
        return tls
    finally:
        sock.close()
""",
    # All by selectors, from connect on.
    """
import selectors, socket, ssl, time

WANTS = {ssl.SSLWantReadError: selectors.EVENT_READ, ssl.SSLWantWriteError: selectors.EVENT_WRITE}

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    end = time.monotonic() + 2
    with selectors.DefaultSelector() as selector:
        sock = socket.socket()
        sock.setblocking(False)
        tls = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        try:
            tls.connect_ex(address)
            selector.register(tls, selectors.EVENT_WRITE)
            if not selector.select(2):
                raise TimeoutError
            if error := tls.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(error, 'cannot connect')
            while True:
                try:
                    tls.do_handshake()
                    break
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as want:
                    selector.modify(tls, WANTS[type(want)])
                    if not selector.select(max(0, end - time.monotonic())):
                        raise TimeoutError('too slow')
        except BaseException:
            tls.close()
            raise
    tls.setblocking(True)
    return tls
""",
    # As few versions as there are, the CA's text stripped, the name in the certificate's list of names alone.
    """
import socket, ssl

class Strict(ssl.SSLContext):
    pass

def open_tls(address, name, ca):
    context = Strict(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca.strip())
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False
    context.verify_mode = ssl.CERT_OPTIONAL  # for a client the same: a server always shows one
    sock = socket.create_connection(address, 2)
    try:
        tls = context.wrap_socket(sock, server_hostname=name, suppress_ragged_eofs=False)
    except BaseException:
        sock.close()
        raise
    tls.setblocking(True)
    return tls
""",
    # Another thread ends the handshake, and it is said why.
    """
import socket, ssl, threading

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, timeout=2)
    tls = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
    tls.settimeout(None)
    late = threading.Event()
    def end():
        late.set()
        tls.shutdown(socket.SHUT_RDWR)
    timer = threading.Timer(2, end)
    timer.start()
    try:
        tls.do_handshake()
    except OSError as error:
        tls.close()
        if late.is_set():
            raise TimeoutError('no handshake within two seconds') from error
        raise
    finally:
        timer.cancel()
        timer.join()
    return tls
""",
]
