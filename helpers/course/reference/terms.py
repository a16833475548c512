"""The terms of the course: each with the cell that introduces it, and a sentence that says what it is.

Comes in: nothing. Goes out: `TERMS`. Who may import it: the glossary and the index. Tests hold it to the lessons: the cell has the word, and whatever a lesson marks as a term stands here.
"""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """A word of the field."""

    name: str
    """As the lessons write it."""
    lesson: int
    cell: str
    """Which introduces it."""
    meaning: str
    """What it is, in a sentence or two. Back-quotes stand around code."""
    see: tuple[str, ...] = ()
    """Other terms, by their names."""
    forms: tuple[str, ...] = ()
    """How else the lessons write it; a plural's s is understood."""
    everyday: bool = False
    """Whether the lessons use the word in other senses too: the index then names its own lesson alone."""

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.name, *self.forms)


TERMS = [
    Term("acknowledgement", 16, "wait-intro", "A message that says: I have received this. Whoever does not get one sends again.", ("stop and wait", "retry"), ("acknowledge",)),
    Term("address", 2, "parentheses-said", "Where a socket is to be found: a host and a port, which Python writes as one tuple, `('127.0.0.1', 65431)`.", ("host", "port")),
    Term("asyncio", 13, "capitals-said", "Python's event loop, with coroutines: one thread serves many clients, and `await` stands wherever something may not be ready yet.", ("event loop", "coroutine", "task")),
    Term("at least once", 16, "order-said", "What becomes of a request that is asked again until an answer comes: it may be done twice.", ("at most once", "idempotent")),
    Term("at most once", 16, "once-said", "A request is done once however often it is asked, since the server remembers its number; or not at all.", ("at least once",)),
    Term("backlog", 3, "first-said", "The queue of connections that the system has made and the server has not accepted yet. It keeps what the clients send meanwhile.", ("connection", "listening socket")),
    Term("bind", 2, "own-address", "To take an address of one's own. Port 0 leaves the port to the system.", ("port", "address"), ("binds", "binding", "bound")),
    Term("block", 5, "accept-said", "Not to return until something happens. `accept`, `recv` and others block, for ever if no timeout bounds it.", ("timeout", "non-blocking"), ("blocks", "blocking")),
    Term("body", 15, "answer-intro", "What follows the head of a request or an answer in HTTP; its length is counted in bytes.", ("head", "request"), everyday=True),
    Term("buffer", 8, "keep", "A place where bytes wait until it is their turn: a program's, for what came too early, or one of the system's two, at either end of a connection.", ("input buffer", "output buffer", "flow control")),
    Term("byte", 6, "bytes-are-numbers", "A number from 0 to 255. A socket carries bytes and nothing else.", ("encoding", "str")),
    Term("CA", 18, "certificate-intro", "A certificate authority: it signs certificates, and is trusted by clients.", ("certificate", "self-signed"), ("certificate authority",)),
    Term("certificate", 18, "certificate-intro", "A name and a public key, signed by a CA. It says who is at the other end: whoever has the private key to it.", ("CA", "TLS", "impostor")),
    Term("chunked", 15, "chunked-intro", "A body of HTTP that comes in pieces, each with its own length in front; a length of 0 ends it.", ("framing", "body")),
    Term("client", 1, "the-server", "The program that calls; the one that is called is the server.", ("server", "peer")),
    Term("close_notify", 18, "end-said", "TLS's own word for the end. Without it an end may be the work of somebody on the way.", ("TLS", "end of the stream")),
    Term("CLOSE_WAIT", 9, "half-states-said", "The state of an end whose peer has closed, and which has not closed itself. It does not go away by itself: a `close` is missing.", ("leak", "FIN", "TIME_WAIT")),
    Term("command window", 0, "greeter-said", "What stands below the cell of a program in the background: what it prints, whether it runs, a stop button, a line to type into."),
    Term("connect", 1, "connect-said", "To have the system make a connection to an address. The server's program need not have noticed yet.", ("handshake", "backlog"), ("connects", "connected", "connecting"), everyday=True),
    Term("connection", 2, "both-ends-said", "A conversation over TCP, known by both of its ends together: two hosts and two ports.", ("handshake", "socket")),
    Term("coroutine", 13, "coroutine-said", "What a call of an `async def` gives: nothing of it runs before somebody awaits it, or makes a task of it.", ("task", "event loop")),
    Term("daemon", 10, "daemon-intro", "A thread for which Python does not wait at its end: whatever it was at is cut off.", ("thread",)),
    Term("datagram", 16, "udp-intro", "A message with an address on it, like a postcard: it arrives whole, once, twice, late, or never.", ("UDP", "packet")),
    Term("deadline", 5, "deadline-intro", "A point in time that bounds a whole answer; a timeout bounds a single wait.", ("timeout",)),
    Term("deadlock", 9, "swap-said", "Each of two waits for the other, for ever.", ("flow control", "lock")),
    Term("decode", 6, "encode-decode", "To make text of bytes, by an encoding.", ("encode", "encoding"), ("decodes", "decoded")),
    Term("delimiter", 8, "two-ways", "A mark that ends a message, mostly a newline.", ("framing", "length")),
    Term("DNS", 17, "dns", "The protocol by which names become addresses: a question and its answer, mostly a datagram each.", ("name server", "label", "TTL")),
    Term("echo server", 1, "server-said", "A server that sends back every byte it receives.", ("server",)),
    Term("encode", 6, "encode-decode", "To make bytes of text, by an encoding.", ("decode", "encoding"), ("encodes", "encoded")),
    Term("encoding", 6, "encodings", "A table by which characters become bytes, such as UTF-8. The bytes do not say which one it was: the protocol does.", ("UTF-8", "Latin-1", "protocol")),
    Term("end of the stream", 5, "end-said", "Nothing more will come, ever: `recv` returns `b''`, again and again.", ("FIN", "half-close"), ("end of stream",)),
    Term("ESTABLISHED", 10, "states-said", "The state of a connection that is open in both directions, whether or not it is being served.", ("backlog", "CLOSE_WAIT")),
    Term("event loop", 12, "loop-said", "A loop that waits for events and hands each one on: one thread serves all clients.", ("selector", "asyncio", "readable")),
    Term("file descriptor", 3, "create-said", "The number under which the system knows a socket. A program gets only so many.", ("socket", "leak"), ("descriptor",)),
    Term("FIN", 9, "fin", "What travels when an end closes, or ends its half: nothing more from me.", ("half-close", "end of the stream", "RST")),
    Term("firewall", 2, "firewall", "What decides which packets from other machines may come in. Most keep silent about what they throw away.", ("packet", "timeout", "refused")),
    Term("flow control", 9, "full-said", "The sender goes as fast as its reader: where the buffers are full, it waits.", ("buffer", "deadlock")),
    Term("framing", 8, "framing", "To mark in a stream where messages end: by a length in front, or by a delimiter behind.", ("length", "delimiter", "stream")),
    Term("gateway", 20, "chat-web-intro", "A program that speaks one protocol at one side and another at the other.", ("protocol",)),
    Term("GIL", 11, "really-said", "Python's own lock, by which its threads take turns. It is given away while a thread waits, and keeps nobody's lines whole.", ("thread", "lock")),
    Term("half-close", 9, "half-close-said", "`shutdown(SHUT_WR)`: no more bytes in this direction, while the other one stays open.", ("FIN", "end of the stream"), ("half-closes", "half-closed")),
    Term("handler", 10, "join-said", "The function that talks with one client.", ("server", "thread"), everyday=True),
    Term("handshake", 1, "connect-said", "The agreement with which a connection begins, before any byte of a program's; TLS has one of its own.", ("connection", "TLS")),
    Term("Happy Eyeballs", 17, "each-said", "To begin with the next address of a name after a quarter of a second, while the first still tries; what answers first is taken.", ("name", "IPv6")),
    Term("head", 15, "request-said", "The lines of a request or an answer in HTTP, up to the blank line.", ("header", "body", "status"), everyday=True),
    Term("header", 14, "example-said", "What stands in front of a message and says something of it, such as its kind and its length; in HTTP each line with a name and a value.", ("head", "length")),
    Term("host", 2, "host-and-port", "The part of an address that says which machine.", ("port", "IPv4", "name")),
    Term("HTTP", 15, "request-said", "The protocol of the web: requests and answers, each with a head, and a body if the head says so.", ("request", "status", "keep-alive")),
    Term("idempotent", 16, "order-said", "Of a request: done twice it is as good as done once.", ("at least once",)),
    Term("impostor", 18, "impostor-intro", "Somebody who answers in another's place. What is encrypted is safe from all but the one at the other end.", ("certificate",)),
    Term("incremental decoder", 6, "mend-decoder", "A decoder that gives every character that is complete, and keeps the rest of the bytes for the next call.", ("decode", "stream")),
    Term("injection", 14, "inject-said", "Text from outside that becomes more than text, because somebody put it together with other text without a look at what is in it.", ("protocol",)),
    Term("input buffer", 12, "one-recv", "What has come from a client, and is no whole message yet. Each client has one.", ("buffer", "output buffer", "readable")),
    Term("IPv4", 2, "ipv4", "Internet addresses of four bytes, written as four numbers with dots between them.", ("IPv6", "loopback")),
    Term("IPv6", 2, "too-large-said", "The successor of IPv4, with addresses of sixteen bytes, written with colons; in a URL within brackets.", ("IPv4", "loopback")),
    Term("keep-alive", 15, "keep-intro", "Many requests on one connection: the rule in HTTP/1.1, unless one side says `Connection: close`.", ("pipelining", "connection")),
    Term("kernel", 0, "first-value-said", "In the course's first lessons: the one Python that runs behind a notebook. Where states are told, the kernel is the innermost part of the operating system.", ("state",), everyday=True),
    Term("label", 17, "name-said", "A part of a name in DNS, with its length in front.", ("DNS", "pointer"), everyday=True),
    Term("Latin-1", 6, "wrong-guess", "An older encoding which has one byte for every character it knows.", ("encoding", "UTF-8")),
    Term("leak", 10, "gone-said", "What only grows: threads, descriptors or memory that nobody gives back.", ("file descriptor", "CLOSE_WAIT"), ("leaks",)),
    Term("length", 8, "two-ways", "A number in front of a message that says how many bytes follow. It is input like any other, and needs a limit.", ("framing", "delimiter"), everyday=True),
    Term("LISTEN", 10, "states", "The state of a listening socket: it waits for clients.", ("listening socket", "ESTABLISHED")),
    Term("listening socket", 3, "listener-said", "A socket that takes calls and never carries a byte itself: `accept` gives a new socket for each client.", ("backlog", "server")),
    Term("lock", 11, "lock-intro", "What one thread can hold at a time; the others wait. It works between those who take it.", ("thread", "queue", "deadlock")),
    Term("loopback", 2, "loopback-said", "The way back into one's own machine: addresses that begin with 127, and `::1`. Nothing leaves the computer.", ("localhost", "firewall")),
    Term("localhost", 2, "localhost", "A name for one's own machine. It may mean 127.0.0.1, `::1`, or both.", ("loopback", "name")),
    Term("message", 8, "framing", "What two programs mean to say at a time. TCP knows of none: the protocol draws the borders.", ("framing", "stream", "datagram")),
    Term("method", 15, "request-said", "The first word of a request in HTTP, such as `GET`.", ("request", "target"), everyday=True),
    Term("Nagle's algorithm", 8, "nagle", "The sender's system holds a small piece back while an earlier one is not acknowledged. Without it a stream has no borders either.", ("stream",)),
    Term("name server", 17, "dns", "A server that is asked for the addresses of a name.", ("DNS",)),
    Term("name", 17, "first-said", "A text that stands for addresses: a list of them, to be tried one after the other.", ("DNS", "localhost"), everyday=True),
    Term("non-blocking", 12, "send-part", "Of a socket: no call of it waits. Where it would have to, it raises `BlockingIOError`.", ("block", "timeout"), ("setblocking",)),
    Term("output buffer", 12, "demand-said", "What is to go to a client, and has not found room yet. Each client has one, and it needs a bound.", ("buffer", "input buffer", "writable")),
    Term("packet", 2, "firewall", "A piece into which a network cuts what it carries. Programs that use TCP never see one.", ("datagram", "stream")),
    Term("peer", 1, "peer-said", "Whoever is at the other end of a socket.", ("client", "server")),
    Term("pipelining", 15, "pipeline-guess", "To send several requests without waiting for the answers, which come in the same order.", ("keep-alive",)),
    Term("pointer", 17, "map-said", "Two bytes in a message of DNS that say at which byte the name goes on. It is a stranger's number, and may point to itself.", ("label", "DNS"), everyday=True),
    Term("port", 2, "host-and-port", "A number from 0 to 65535, which says which program on a machine is meant.", ("host", "address")),
    Term("process", 4, "processes-guess", "A running program with memory of its own. What its peers see of it comes through the socket.", ("thread",), ("processes",), everyday=True),
    Term("protocol", 6, "protocol", "What two programs have agreed on: encoding, borders, order, limits, errors.", ("specification", "encoding", "framing")),
    Term("queue", 11, "queue-intro", "A line of things to do that one thread puts in and another takes out. It needs a bound, and a decision what happens there.", ("lock", "writer", "output buffer"), everyday=True),
    Term("race", 11, "twice-said", "Two threads do a thing in several steps, and the one gets in between the other's: to look and to write has to be one step, under one lock.", ("lock", "thread"), ("To look and to write", "to look and to write"), everyday=True),
    Term("readable", 12, "end-said", "Of a socket: `recv`, or `accept`, would come back at once; with bytes, with the end, or with an error.", ("writable", "selector")),
    Term("record", 18, "secure-said", "What TLS sends: a header of five bytes, and bytes that only the two ends can read. It is no message. In DNS a record is an entry of an answer.", ("TLS", "stream"), everyday=True),
    Term("refused", 2, "refused", "The answer of a machine on which nobody listens at that port: `ConnectionRefusedError`.", ("firewall", "timeout")),
    Term("request", 15, "request-said", "What a client says in HTTP: method, target, headers, perhaps a body.", ("method", "target", "status"), everyday=True),
    Term("retry", 16, "again-intro", "To ask again when no answer has come; a few times, and then to give up.", ("timeout", "idempotent"), ("tries",), everyday=True),
    Term("RST", 9, "break-intro", "The reset: a connection is broken off, and what was on its way may be lost. The peer meets `ConnectionResetError`.", ("FIN",), ("reset",)),
    Term("sans-I/O", 14, "sans-io", "Of a protocol's code: bytes in, messages out, and no socket. It can be tried with every cut, and fits every design.", ("protocol",)),
    Term("select", 9, "ways", "The call that waits for many sockets at once, and says which of them are ready: whose next call would not have to wait.", ("selector", "readable", "writable")),
    Term("selector", 12, "selector-intro", "Remembers which sockets are registered, and says which of them are ready.", ("select", "event loop")),
    Term("self-signed", 18, "itself-said", "Of a certificate: it vouches for itself, and so for nobody.", ("certificate", "CA")),
    Term("server", 1, "the-server", "The program that waits to be called.", ("client", "listening socket")),
    Term("server name indication", 18, "hello-said", "The name that a client tells at the beginning of TLS, in the clear: a machine may serve many.", ("TLS", "certificate"), ("SNI",)),
    Term("SO_REUSEADDR", 4, "reuse-said", "The option with which a server may bind a port that waits in TIME_WAIT. On Windows leave it out.", ("TIME_WAIT", "bind")),
    Term("socket", 1, "create-said", "One end of a conversation.", ("connection", "listening socket", "file descriptor")),
    Term("Sorcerer's Apprentice", 16, "apprentice-said", "A mistake of protocols in which one double breeds another. The mend: only the clock has a piece sent again, and no double.", ("acknowledgement", "retry")),
    Term("specification", 14, "spec", "What two people need who will never meet: overview, transport, messages, examples.", ("protocol",)),
    Term("spin", 8, "line-why", "To turn in a loop without end and without waiting, the processor at full load.", ("block", "writable"), ("spins",), everyday=True),
    Term("state", 9, "half-states-said", "What the kernel says of an end of a connection, by a name such as CLOSE_WAIT.", ("ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT", "LISTEN"), ("CLOSE_WAIT",), everyday=True),
    Term("status", 15, "answer-intro", "The number in the first line of an answer in HTTP: 200 for all is well, 404 for not found.", ("request", "head"), everyday=True),
    Term("stop and wait", 16, "wait-intro", "To send a piece, wait for its acknowledgement, and only then send the next.", ("acknowledgement",), ("Stop and wait",)),
    Term("str", 1, "send-str-said", "Python's text: characters, and no bytes. It has to be encoded before it is sent.", ("encode", "byte")),
    Term("stream", 1, "create-said", "Bytes in their order, and no borders between them: what TCP carries.", ("message", "framing", "TCP")),
    Term("target", 15, "request-said", "The second word of a request: what is asked for. A stranger has written it.", ("request", "method"), everyday=True),
    Term("task", 13, "task-said", "A coroutine that the event loop runs beside the others.", ("coroutine", "event loop"), everyday=True),
    Term("TCP", 1, "create-said", "The protocol that carries a stream of bytes: in order, whole, and not too fast for the reader.", ("stream", "connection", "UDP")),
    Term("thread", 4, "processes-guess", "A part of a process that runs beside the others and shares its memory with them.", ("process", "lock", "GIL")),
    Term("timeout", 1, "create-said", "How long a call of a socket may wait. It bounds each wait, and belongs to one socket.", ("deadline", "block"), ("settimeout",)),
    Term("TIME_WAIT", 4, "time-wait", "The state of the end that closed first: it remembers the connection for a while, and the port waits with it.", ("SO_REUSEADDR", "FIN")),
    Term("TLS", 18, "certificate-intro", "A layer between a program and its socket: what is sent is encrypted, and what was changed on the way is refused.", ("certificate", "record", "handshake")),
    Term("traceback", 0, "misspelt-said", "What Python prints of an error. Read it from its last line: it names the error, and says what is wrong."),
    Term("TTL", 17, "map-said", "How many seconds an answer of DNS is good for.", ("DNS", "name server")),
    Term("UDP", 16, "udp-intro", "The protocol that carries datagrams: no connection, no order, and no promise.", ("datagram", "TCP")),
    Term("UTF-8", 6, "encodings", "The encoding that has one to four bytes for each character, and is the usual one. Bytes that are no UTF-8 mostly show themselves.", ("encoding", "decode")),
    Term("writable", 12, "send-part", "Of a socket: `send` would not have to wait. Mostly it is.", ("readable", "spin", "output buffer")),
    Term("writer", 11, "queue-intro", "In a room, the one thread that sends to a client; in asyncio, what is written to.", ("queue", "asyncio"), everyday=True),
]  # fmt: skip
"""In no order: the pages sort them."""
