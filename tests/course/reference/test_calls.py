"""The cheat sheet: each call is played against real sockets, and waits, returns and raises as its row says."""

from __future__ import annotations

import itertools
import sys

import pytest

from helpers.course.reference.calls import CALLS, Call
from helpers.course.reference.lessons import spelt, stored
from tests.course.reference import layered_calls, plain_calls
from tests.course.reference.ends import Found

PLAYED = {
    "socket.socket(AF_INET, SOCK_STREAM)": plain_calls.play_socket,
    "s.settimeout(seconds)": plain_calls.play_settimeout,
    "s.setblocking(False)": plain_calls.play_setblocking,
    "s.setsockopt(level, option, value)": plain_calls.play_setsockopt,
    "s.getsockname()": plain_calls.play_getsockname,
    "s.getpeername()": plain_calls.play_getpeername,
    "s.fileno()": plain_calls.play_fileno,
    "s.bind((host, port))": plain_calls.play_bind,
    "s.listen()": plain_calls.play_listen,
    "socket.create_server(address)": plain_calls.play_create_server,
    "s.accept()": plain_calls.play_accept,
    "s.connect((host, port))": plain_calls.play_connect,
    "s.connect_ex(address)": plain_calls.play_connect_ex,
    "socket.create_connection(address)": plain_calls.play_create_connection,
    "s.send(data)": plain_calls.play_send,
    "s.sendall(data)": plain_calls.play_sendall,
    "s.recv(n)": plain_calls.play_recv,
    "s.makefile('rb')": plain_calls.play_makefile,
    "lines.readline()": plain_calls.play_readline,
    "s.shutdown(SHUT_WR)": plain_calls.play_shutdown,
    "s.close()": plain_calls.play_close,
    "select.select(r, w, x, seconds)": plain_calls.play_select,
    "selector.register(s, events, data)": plain_calls.play_register,
    "selector.modify(s, events, data)": plain_calls.play_modify,
    "selector.unregister(s)": plain_calls.play_unregister,
    "selector.select(seconds)": plain_calls.play_selector_select,
    "udp.sendto(data, address)": plain_calls.play_sendto,
    "udp.recvfrom(n)": plain_calls.play_recvfrom,
    "udp.connect(address)": plain_calls.play_udp_connect,
    "udp.recv(n)": plain_calls.play_udp_recv,
    "socket.getaddrinfo(host, port)": plain_calls.play_getaddrinfo,
    "context.wrap_socket(s, …)": layered_calls.play_wrap_socket,
    "tls.recv(n)": layered_calls.play_tls_recv,
    "tls.pending()": layered_calls.play_pending,
    "tls.unwrap()": layered_calls.play_unwrap,
    "await start_server(f, host, port)": layered_calls.play_start_server,
    "await open_connection(host, port)": layered_calls.play_open_connection,
    "await reader.read(n)": layered_calls.play_read,
    "await reader.readline()": layered_calls.play_async_readline,
    "writer.write(data)": layered_calls.play_write,
    "await writer.drain()": layered_calls.play_drain,
    "await wait_for(x, seconds)": layered_calls.play_wait_for,
}
ROWS = list(itertools.chain(*CALLS.values()))
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the rows say what Linux does; the page of what you see says where others differ"
)


def complaints(call: Call, found: Found) -> list[str]:
    """What a row says that was not found, and what was found that it does not say."""
    kinds = [kind.__name__ for kind in type(found.returned).__mro__]
    returned = "None" if found.returned is None else kinds
    raised = {type(error).__name__ for error in found.raised}
    wrong = []
    if call.type not in ([returned] if returned == "None" else returned):
        wrong.append(f"returns {returned}, and not {call.type}")
    if found.waits is not None and found.waits != bool(call.waits):
        wrong.append("waits" if found.waits else "does not wait")
    if raised != set(call.raises):
        wrong.append(f"raises {sorted(raised)}, and not {sorted(call.raises)}")
    return wrong


@pytest.mark.parametrize("call", ROWS, ids=lambda call: call.written)
def test_a_call_does_what_its_row_says(call: Call) -> None:
    assert complaints(call, PLAYED[call.written]()) == []


def test_every_row_is_played() -> None:
    assert [call.written for call in ROWS] == list(PLAYED)


def is_in_its_cell(call: Call) -> bool:
    return bool(spelt([call.name]).search(stored().cell(call.lesson, call.cell).source))


def test_each_calls_cell_has_it() -> None:
    assert [call.written for call in ROWS if not is_in_its_cell(call)] == []
    assert not is_in_its_cell(ROWS[0]._replace(written="socket.renamed()"))


def test_a_row_that_says_something_else_is_noticed() -> None:
    (sends,) = (call for call in ROWS if call.name == "sendto")
    found = plain_calls.play_sendto()
    assert complaints(sends, found) == []
    assert complaints(sends._replace(waits="room"), found) == ["does not wait"]
    assert complaints(sends._replace(returns="`None`"), found) == ["returns ['int', 'object'], and not None"]
    assert complaints(sends._replace(raises={}), found) == ["raises ['OSError'], and not []"]
