"""The calls of plain sockets, each played against real ones: what it gives, whether it waits, what it raises."""

from __future__ import annotations

import os
import select
import selectors
import socket

from tests.course.reference.ends import (
    LOOPBACK,
    PATIENCE,
    SHORT,
    Found,
    datagrams,
    given,
    listening,
    most_descriptors,
    nobody,
    pair,
    raised_by,
    reset,
    silent,
    timed_out,
    waits_for,
    waits_until_readable,
)

# A socket ------------------------------------------------------------------------------------------------------------


def play_socket() -> Found:
    with socket.socket() as s:
        with most_descriptors(s.fileno()):
            full = raised_by(socket.socket, socket.AF_INET, socket.SOCK_STREAM)
        return Found(s, raised=[full])


def play_settimeout() -> Found:
    with socket.socket() as s:
        return Found(given(s.settimeout, 2), raised=[raised_by(s.settimeout, -1)])


def play_setblocking() -> Found:
    with socket.socket() as s:
        return Found(given(s.setblocking, False))


def play_setsockopt() -> Found:
    with socket.socket() as s:
        set_it = s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return Found(set_it, raised=[raised_by(s.setsockopt, socket.SOL_SOCKET, 9999, 1)])


def play_getsockname() -> Found:
    with listening() as listener:
        name = listener.getsockname()
        assert name[0] == LOOPBACK
    return Found(name, raised=[raised_by(listener.getsockname)])


def play_getpeername() -> Found:
    with pair() as (client, conn), socket.socket() as alone:
        assert client.getpeername() == conn.getsockname()
        return Found(client.getpeername(), raised=[raised_by(alone.getpeername)])


def play_fileno() -> Found:
    with socket.socket() as s:
        number = s.fileno()
    assert s.fileno() == -1
    return Found(number)


# A server ------------------------------------------------------------------------------------------------------------


def play_bind() -> Found:
    with listening() as listener, socket.socket() as s, socket.socket() as other:
        taken = raised_by(other.bind, listener.getsockname())
        elsewhere = raised_by(other.bind, ("203.0.113.1", 0))
        text = raised_by(other.bind, (LOOPBACK, "0"))
        bound = given(s.bind, (LOOPBACK, 0))
        assert s.getsockname()[1] > 0
        return Found(bound, raised=[taken, elsewhere, text])


def play_listen() -> Found:
    with socket.socket() as s:
        s.bind((LOOPBACK, 0))
        returned = given(s.listen)
        socket.create_connection(s.getsockname()).close()
        return Found(returned)


def play_create_server() -> Found:
    with socket.create_server((LOOPBACK, 0)) as server:
        socket.create_connection(server.getsockname()).close()
        return Found(server, raised=[raised_by(socket.create_server, server.getsockname())])


def play_accept() -> Found:
    with listening() as listener, socket.create_connection(listener.getsockname()) as client:
        accepted = listener.accept()
        with accepted[0]:
            assert accepted[1] == client.getsockname()
        listener.settimeout(SHORT)
        late = raised_by(listener.accept)
        listener.setblocking(False)
        errors = [late, raised_by(listener.accept), raised_by(client.accept)]
    return Found(accepted, timed_out(late), [*errors, raised_by(listener.accept)])


# A client ------------------------------------------------------------------------------------------------------------


def play_connect() -> Found:
    with listening() as listener, silent() as nowhere, socket.socket() as s, socket.socket() as other:
        returned = given(s.connect, listener.getsockname())
        again = raised_by(s.connect, listener.getsockname())
        other.settimeout(SHORT)
        late = raised_by(other.connect, nowhere)
    closed = raised_by(s.connect, nowhere)
    with socket.socket() as third:
        refused, unknown = raised_by(third.connect, nobody()), raised_by(third.connect, ("no such name", 80))
    return Found(returned, timed_out(late), [again, late, closed, refused, unknown])


def play_connect_ex() -> Found:
    with listening() as listener, silent() as nowhere, socket.socket() as s, socket.socket() as other:
        assert s.connect_ex(listener.getsockname()) == 0
        other.settimeout(SHORT)
        unknown = raised_by(s.connect_ex, ("no such name", 80))
        return Found(other.connect_ex(nowhere), other.connect_ex(nowhere) != 0, [unknown])


def play_create_connection() -> Found:
    refused = raised_by(socket.create_connection, nobody())
    with listening() as listener, socket.create_connection(listener.getsockname()) as s, silent() as nowhere:
        return Found(s, timed_out(raised_by(socket.create_connection, nowhere, SHORT)), [refused])


# Sending and receiving -----------------------------------------------------------------------------------------------


def gone() -> list[BaseException]:
    """What `send` raises when the peer has broken off, and then once more."""
    with pair() as (client, conn):
        reset(conn)
        waited = waits_until_readable(client)
        assert waited
        return [raised_by(client.send, b"one"), raised_by(client.send, b"two")]


def after_its_own_end(send: str) -> BaseException:
    with pair() as (client, _):
        client.shutdown(socket.SHUT_WR)
        return raised_by(getattr(client, send), b"more")


def send_on(s: socket.socket) -> None:
    """Until it raises: what was sent may move on to the other end meanwhile, and make room."""
    while True:
        s.send(bytes(65536))


def play_send() -> Found:
    with pair() as (client, _):
        returned = client.send(b"hello")
        assert returned == 5
        text = raised_by(client.send, "hello")
        client.settimeout(SHORT)
        late = raised_by(send_on, client)
        client.setblocking(False)
        no_room = raised_by(send_on, client)
    return Found(returned, timed_out(late), [text, late, no_room, *gone(), after_its_own_end("send")])


def play_sendall() -> Found:
    with pair() as (client, conn):
        returned = given(client.sendall, b"hello")
        text = raised_by(client.sendall, "hello")
        client.settimeout(SHORT)
        late = raised_by(client.sendall, bytes(50_000_000))
        client.settimeout(PATIENCE)
        reset(conn)
        broken = raised_by(client.sendall, b"x")
    return Found(returned, timed_out(late), [text, late, broken, after_its_own_end("sendall")])


def play_recv() -> Found:
    with pair() as (client, conn), socket.socket() as alone:
        conn.sendall(b"hello")
        part = client.recv(2)
        assert part == b"he"
        assert client.recv(1024) == b"llo"
        client.settimeout(SHORT)
        late = raised_by(client.recv, 1)
        client.setblocking(False)
        nothing_yet = raised_by(client.recv, 1)
        conn.shutdown(socket.SHUT_WR)
        client.settimeout(PATIENCE)
        assert client.recv(1) == client.recv(1) == b""
        errors = [late, nothing_yet, raised_by(alone.recv, 1)]
    with pair() as (client, conn):
        reset(conn)
        return Found(part, timed_out(late), [*errors, raised_by(client.recv, 1)])


def play_makefile() -> Found:
    with pair() as (client, _), client.makefile("rb") as lines:
        return Found(lines)


def play_readline() -> Found:
    with pair() as (client, conn), client.makefile("rb") as lines:
        conn.sendall(b"tea\nmi")
        line = lines.readline()
        client.settimeout(SHORT)
        late = raised_by(lines.readline)
    with pair() as (client, conn), client.makefile("rb") as lines:
        conn.sendall(b"half")
        conn.shutdown(socket.SHUT_WR)
        assert (lines.readline(), lines.readline()) == (b"half", b"")
    with pair() as (client, conn), client.makefile("rb") as lines:
        reset(conn)
        return Found(line, timed_out(late), [late, raised_by(lines.readline)])


# Ending --------------------------------------------------------------------------------------------------------------


def play_shutdown() -> Found:
    with pair() as (client, conn), socket.socket() as alone:
        returned = given(client.shutdown, socket.SHUT_WR)
        assert conn.recv(1) == b""
        conn.sendall(b"still")
        assert client.recv(5) == b"still"
        return Found(returned, raised=[raised_by(alone.shutdown, socket.SHUT_WR)])


def play_close() -> Found:
    with pair() as (client, conn):
        client.sendall(b"unread")
        assert waits_until_readable(conn)
        returned = given(conn.close)
        conn.close()
        assert isinstance(raised_by(client.recv, 1), ConnectionResetError)
    return Found(returned)


# Many sockets --------------------------------------------------------------------------------------------------------


def play_select() -> Found:
    with pair() as (client, conn):
        ready = waits_for(lambda: select.select([client], [], [], None), lambda: conn.sendall(b"x"))
        assert ready == ([client], [], [])
        assert select.select([conn], [], [], 0) == ([], [], [])
        with most_descriptors(2048), socket.socket(fileno=os.dup2(client.fileno(), 1024)) as high:
            beyond = raised_by(select.select, [high], [], [], 0)
    closed = raised_by(select.select, [client], [], [], 0)
    assert (str(beyond), closed.args) != (str(closed), beyond.args)
    return Found(ready, True, [beyond, closed])


def play_register() -> Found:
    with selectors.DefaultSelector() as selector, socket.socket() as s, socket.socket() as closed:
        closed.close()
        key = selector.register(s, selectors.EVENT_READ, "a note")
        assert (key.fileobj, key.data) == (s, "a note")
        twice = raised_by(selector.register, s, selectors.EVENT_READ)
        return Found(key, raised=[twice, raised_by(selector.register, closed, selectors.EVENT_READ)])


def play_modify() -> Found:
    with selectors.DefaultSelector() as selector, socket.socket() as s:
        unknown = raised_by(selector.modify, s, selectors.EVENT_READ)
        selector.register(s, selectors.EVENT_READ)
        return Found(selector.modify(s, selectors.EVENT_WRITE), raised=[unknown])


def play_unregister() -> Found:
    with selectors.DefaultSelector() as selector, socket.socket() as s:
        unknown = raised_by(selector.unregister, s)
        selector.register(s, selectors.EVENT_READ)
        return Found(selector.unregister(s), raised=[unknown])


def play_selector_select() -> Found:
    with selectors.DefaultSelector() as selector, pair() as (client, conn):
        selector.register(client, selectors.EVENT_READ)
        assert selector.select(SHORT) == []
        ready = waits_for(lambda: selector.select(None), lambda: conn.sendall(b"x"))
        ((key, events),) = ready
        assert (key.fileobj, events) == (client, selectors.EVENT_READ)
        return Found(ready, True)


# Datagrams -----------------------------------------------------------------------------------------------------------


def play_sendto() -> Found:
    with datagrams() as (one, other):
        returned = one.sendto(b"hello", other.getsockname())
        assert returned == 5
        one.sendto(b"hello", nobody())
        return Found(returned, raised=[raised_by(one.sendto, bytes(65_508), other.getsockname())])


def play_recvfrom() -> Found:
    with datagrams() as (one, other):
        one.sendto(b"hello", other.getsockname())
        came = other.recvfrom(3)
        assert came == (b"hel", one.getsockname())
        other.settimeout(SHORT)
        late = raised_by(other.recvfrom, 3)  # and not the rest
        return Found(came, timed_out(late), [late])


def play_udp_connect() -> Found:
    with datagrams() as (one, _):
        return Found(given(one.connect, nobody()))


def play_udp_recv() -> Found:
    with datagrams() as (one, other), datagrams() as (stranger, _):
        one.connect(other.getsockname())
        stranger.sendto(b"not asked", one.getsockname())
        other.sendto(b"hello", one.getsockname())
        came = one.recv(3)
        assert came == b"hel"
        one.settimeout(SHORT)
        late = raised_by(one.recv, 3)
        one.connect(nobody())
        one.send(b"to nobody")
        return Found(came, timed_out(late), [late, raised_by(one.recv, 3)])


def play_getaddrinfo() -> Found:
    found = socket.getaddrinfo(LOOPBACK, 80, type=socket.SOCK_STREAM)
    assert found[0][-1] == (LOOPBACK, 80)
    return Found(found, None, [raised_by(socket.getaddrinfo, "no such name", 80)])
