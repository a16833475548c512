"""The lecture that the course follows, slide by slide, and where the course says it.

"Networking with Python", Thomas Schwarz, SJ. Every statement and every line of code of it stands here, in its words and
its order, with the lesson and the cells that hold it: a cell that goes takes a part of the lecture with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Lesson = Any
"""A notebook, as nbformat reads it."""


class Said(NamedTuple):
    """A statement of the lecture; the cells hold its key words, in capitals or not."""

    text: str
    lesson: int
    cells: str
    words: tuple[str, ...]

    def complaints(self, cells: list[Any]) -> Iterator[str]:
        there = "\n".join(cell.source for cell in cells).casefold()
        yield from (f"{self.text!r}: nothing of {word!r}" for word in self.words if word.casefold() not in there)


class Shown(NamedTuple):
    """Code of the lecture; the cells hold each of its lines to the letter, and put out what it puts out."""

    text: str
    lesson: int
    cells: str

    def complaints(self, cells: list[Any]) -> Iterator[str]:
        code = {line.strip() for cell in cells for line in cell.source.splitlines()}
        results = {line.strip() for cell in cells for line in shown_by(cell).splitlines()}
        for line in code_in(self.text):
            if line not in code:
                yield f"no line of code {line!r}"
        for line in results_in(self.text):
            if line not in results:
                yield f"nothing puts out {line!r}"


def said(text: str, where: str, *words: str) -> Said:
    """A statement that stands at `where`: "2: ipv4 loopback" are two cells of lesson 2."""
    lesson, _, cells = where.partition(": ")
    return Said(text, int(lesson), cells, words)


def shown(where: str, text: str) -> Shown:
    lesson, _, cells = where.partition(": ")
    return Shown(text, int(lesson), cells)


SERVER = """\
import socket

HOST = '127.0.0.1' #Loopback interface
PORT = 65431 #Silly port

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.bind((HOST, PORT))
    s.listen()
    conn, addr = s.accept()
    print('Connection from:', conn)
    while True:
        data = conn.recv(1024)
        if not data:
            break
        #conn.sendall(data) to return
        print(data.decode('UTF-8'))
"""

CLIENT = """\
import socket

HOST = '127.0.0.1' #Loopback interface
PORT = 65431 #Silly port

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    myinput = b'?:'
    while myinput:
        s.send(myinput)
        myinput = bytes(input('?:'), 'utf-8')
s.close() #not necessary
"""

PROGRAMS = {"server.py": SERVER, "client.py": CLIENT}
"""The lecture's two programs, put together from its slides. Lesson 4 holds them whole."""

SLIDES: list[tuple[str, list[Said | Shown]]] = [
    (
        "Networking with Python",
        [
            said("Networking with Python", "0: the-course", "Networking with Python"),
            said("Thomas Schwarz, SJ", "0: the-course", "Thomas Schwarz"),
        ],
    ),
    (
        "Socket Programming In Python: the interface",
        [
            said("Python translates the UNIX socket interface", "1: unix", "Python", "UNIX socket interface"),
            said(
                "IPv4: Use a tuple IP-address, port number", "2: two-types-said ipv4", "tuple", "IPv4", "host", "port"
            ),
            said("Sockets go through a life cycle:", "3: title two-lives", "lives", "stages"),
            said(
                "Creation, Connection, Receiving / Sending, Closing",
                "3: two-lives",
                "creation, connection, receiving / sending, closing",
            ),
            said("Creation, Binding, Listening, Closing", "3: two-lives", "creation, binding, listening, closing"),
        ],
    ),
    (
        "Socket Programming In Python: example",
        [
            said(
                "Example: A simple writer to another process", "0: the-course", "example", "writer to another process"
            ),
            said("Data is send as a byte stream", "4: pieces", "a byte stream"),
            said("Using local-loop to avoid opening the firewall", "2: firewall", "firewall", "we use loopback"),
            said(
                "Otherwise: Go to firewall administration and create a new rule to open port 61234 for TCP",
                "2: firewall-open",
                *("go to the firewall's administration", "create a new rule", "opens port 61234 for TCP"),
            ),
            said("Afterwards: remove this rule", "2: firewall-open", "Afterwards, remove this rule"),
        ],
    ),
    (
        "Socket Programming In Python: server, create",
        [
            said("Server:", "4: server-intro", "The server"),
            said(
                "Create socket using ipv4 (AF_INET) and TCP",
                "1: create create-said",
                "create",
                "AF_INET",
                "IPv4",
                "TCP",
            ),
            shown("4: server", "import socket"),
            shown("4: server", "HOST = '127.0.0.1' #Loopback interface"),
            shown("4: server", "PORT = 65431 #Silly port"),
            shown("4: server", "with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:"),
        ],
    ),
    (
        "Socket Programming In Python: server, bind",
        [
            said("Bind socket to port and listen", "3: bind-said listen-said", "bind the socket", "port", "`listen`"),
            shown(
                "4: server",
                """
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.bind((HOST, PORT))
    s.listen()
    conn, addr = s.accept()
""",
            ),
        ],
    ),
    (
        "Socket Programming In Python: server, receive",
        [
            said(
                "Receive data from client, stop when no data remains",
                "4: server-lines",
                *("client", "receive until nothing is left"),
            ),
            shown(
                "4: server",
                """
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.bind((HOST, PORT))
    s.listen()
    conn, addr = s.accept()
    print('Connection from:', conn)
    while True:
        data = conn.recv(1024)
        if not data:
            break
        #conn.sendall(data) to return
        print(data.decode('UTF-8'))
""",
            ),
            said("Data is send in binary, as UTF-8", "4: utf-8", "Data is send in binary, as UTF-8"),
        ],
    ),
    (
        "Socket Programming In Python: client, connect",
        [
            said("Client:", "4: client-intro", "The client"),
            said(
                "Instead of binding, we directly connect to the socket",
                "4: client-intro",
                *("Instead of binding", "connects"),
            ),
            shown("4: client", "import socket"),
            shown("4: client", "HOST = '127.0.0.1' #Loopback interface"),
            shown("4: client", "PORT = 65431 #Silly port"),
            shown(
                "4: client",
                """
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
""",
            ),
        ],
    ),
    (
        "Socket Programming In Python: client, write",
        [
            said("Client: Now we can write to the server", "1: send", "Now we can write to the server"),
            shown(
                "4: client",
                """
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    myinput = b'?:'
    while myinput:
        s.send(myinput)
        myinput = bytes(input('?:'), 'utf-8')
s.close() #not necessary
""",
            ),
        ],
    ),
    (
        "Running in the Command Window: server",
        [
            said("Open a command window", "4: terminals", "Open two terminals"),
            said("Navigate to your server program", "4: terminal-server", "go to the folder"),
            said("Invoke `python3 server.py`", "4: terminal-server", "python3 server.py"),
            # And a picture of a terminal, in which somebody looks about: cd ../, cd Python\ Echo, ls, and then
            said("python3 server.py", "4: terminal-server", "\ncd ", "\npython3 server.py\n"),
        ],
    ),
    (
        "Running in the Command Window: client",
        [
            said("Create another command window / terminal", "4: terminal-client", "second terminal"),
            said("Navigate to your client program", "4: terminal-client", "cd "),
            said("Type: `python3 client.py`", "4: terminal-client", "\npython3 client.py\n"),
            said("Should respond with the prompt", "4: terminal-client", "The prompt", "\n?:\n"),
            # And a picture of a terminal: cd Documents/My\ website/Classes/Networking/Python\ Echo, and then
            said("python3 client.py", "4: terminal-client", "\ncd ", "\npython3 client.py\n"),
            said("?:", "4: terminal-client", "\n?:\n"),
        ],
    ),
    (
        "Repetition",
        [
            said("Python allows us quickly create sockets", "1: create create-said", "create", "socket"),
            shown("1: load", "import socket"),
            shown("1: with-socket", "with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:"),
        ],
    ),
    (
        "TCP Sockets in Python: listening",
        [
            said("Setting up for listening:", "3: listen-guess listen-said", "`listen`"),
            said("Bind the socket to a host and port", "3: bind-said", "Bind the socket to a host and port"),
            said(
                "If you do not want to fight firewalls, use the loopback address",
                "2: firewall",
                *("no firewall", "loopback"),
            ),
            said(
                "Parameter is a tuple of Host and Port: Extra pair of ( )",
                "2: parentheses-said",
                *("a tuple", "extra pair of parentheses"),
            ),
            said("Set the socket to listen for incoming packets", "3: packets", "listen for incoming packets"),
            said("Accept segments", "3: accept-segments", "accept segments"),
            shown(
                "4: address",
                """
HOST = '127.0.0.1' #Loopback interface
PORT = 65431 #Silly port
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.bind((HOST, PORT))
    s.listen()
    conn, addr = s.accept()
    print('Connection from:', conn, 'Address', addr)
""",
            ),
        ],
    ),
    (
        "TCP Sockets in Python: sending",
        [
            said("Setting up for sending", "1: send", "## Send"),
            said(
                "Use connect and send / sendall",
                "1: connect send-or-sendall sendall-said",
                "connect",
                "`send`",
                "`sendall`",
            ),
            shown(
                "4: client",
                """
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    myinput = b'?:'
    while myinput:
        s.send(myinput)
        myinput = bytes(input('?:'), 'utf-8')
""",
            ),
        ],
    ),
    (
        "TCP Sockets in Python: receiving",
        [
            said("Receiving communication:", "5: title", "`recv`"),
            said("Use a connection and receive", "3: listener-said", "connection", "`recv`"),
            said(
                "conn.recv blocks unless there is data",
                "5: still-running-said",
                "`conn.recv` blocks unless there is data",
            ),
            said(
                "Parameter is the maximum number of bytes to receive at once",
                "5: maximum-said",
                "the maximum number of bytes to receive at once",
            ),
            shown(
                "5: waiting",
                """
conn, addr = s.accept()
while True:
    data = conn.recv(1024)
    if not data:
        break
""",
            ),
        ],
    ),
    (
        "Bytes vs. Strings: the type",
        [
            said(
                "The type of the message is an array of bytes",
                "6: bytes-guess",
                "type of a message is an array of bytes",
            ),
            said(
                "To move between bytes and strings use encode and decode",
                "6: encode-decode",
                *("move between", "use `encode` and `decode`"),
            ),
        ],
    ),
    (
        "Bytes vs. Strings: the parameters",
        [
            said(
                "encode and decode have two optional parameters:",
                "6: encodings",
                *("`encode` and `decode`", "two optional parameters"),
            ),
            said(
                "encoding: One of the many character encodings known to Python",
                "6: encodings",
                *("the encoding", "one of the many that Python knows"),
            ),
            said("Default is 'UTF-8'", "6: encodings", "if you leave it out, it is UTF-8"),
            said(
                "errors: What to do if there is a bad character:",
                "6: errors",
                "`errors`",
                "what to do about a bad character",
            ),
            said("'strict', 'ignore', 'replace'", "6: errors", "'strict'", "'ignore'", "'replace'"),
        ],
    ),
    (
        "Bytes vs. Strings: examples",
        [
            shown(
                "6: encode",
                """
>>> astring='hello world'
>>> astring.encode('utf-8')
b'hello world'
""",
            ),
            shown(
                "6: bytestring decode",
                """
>>> bytestring = b'hello world'
>>> bytestring
b'hello world'
>>> bytestring.decode('utf-8')
'hello world'
""",
            ),
        ],
    ),
    (
        "String Parsing Primer: split",
        [
            said(
                "Whether we have a default string or a string of bytes: For parsing:",
                "7: split-head",
                "Whether we have a string or a string of bytes",
            ),
            said(
                "Use split in order to create an array of components in a composite string",
                "7: split-head",
                *("`split` creates", "parts"),
            ),
            said("The default is splitting at white space", "7: split-head", "The default is splitting at white space"),
            shown(
                "7: split",
                """
>>> bs = b'12 13 14'
>>> bs.split()
[b'12', b'13', b'14']
""",
            ),
        ],
    ),
    (
        "String Parsing Primer: to numbers",
        [
            said(
                "Whether we have a normal string or a string of bytes: For conversion:",
                "7: convert",
                "Both take bytes as well",
            ),
            said("String to Integer: use `int()`", "7: convert", "String to integer: `int()`"),
            said("String to Float: use `float()`", "7: convert", "String to float: `float()`"),
            shown(
                "7: floats",
                """
>>> bytestring = b'3.145 2.76'
>>> for number in bytestring.split():
    print(float(number))

3.145
2.76
""",
            ),
        ],
    ),
    (
        "String Parsing Primer: to bytes",
        [
            said("To convert a number to a byte string", "7: back", "From numbers to bytes"),
            said("Convert to a string", "7: back", "convert the number to a string"),
            said(
                "Then convert the string using `bytes()`",
                "7: back back-bytes",
                "then the string to bytes",
                "bytes(str(",
            ),
            said("But need to specify encoding", "7: back", "needs an encoding"),
            shown(
                "7: back-bytes",
                """
>>> bytes(str(3.145), encoding='utf-8')
b'3.145'
""",
            ),
        ],
    ),
]


def code_in(text: str) -> list[str]:
    """The lines of code in `text`, which may show the prompts of an interactive session."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not any(line.startswith(">>> ") for line in lines):
        return [line.strip() for line in lines]
    return [line.removeprefix(">>> ").strip() for line in lines if line.startswith((">>> ", " "))]


def results_in(text: str) -> list[str]:
    """What an interactive session in `text` put out."""
    if ">>> " not in text:
        return []
    return [line for line in text.splitlines() if line.strip() and not line.startswith((">>> ", " "))]


def shown_by(cell: Any) -> str:
    """What the cell put out, as text."""
    outputs = cell.get("outputs", [])
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


def complaints(lessons: Mapping[int, Lesson]) -> list[str]:
    """What of the lecture is not in `lessons`, which are given by their numbers."""
    return [
        f"{slide}: lesson {item.lesson}, {item.cells}: {complaint}"
        for slide, items in SLIDES
        for item in items
        for complaint in complaints_about(item, lessons)
    ]


def complaints_about(item: Said | Shown, lessons: Mapping[int, Lesson]) -> Iterator[str]:
    by_id = {cell.id: cell for cell in lessons[item.lesson].cells}
    wanted = item.cells.split()
    yield from (f"the cell {name} is gone" for name in wanted if name not in by_id)
    yield from item.complaints([by_id[name] for name in wanted if name in by_id])


def complaints_about_programs(lesson: Lesson) -> Iterator[str]:
    """Whether `lesson` holds the lecture's two programs, each as a program in the background, saved under its name."""
    for name, program in PROGRAMS.items():
        first_line = re.compile(rf"%%background {re.escape(name)} .*--save {re.escape(name)}\b")
        bodies = [cell.source.partition("\n")[2] for cell in lesson.cells if first_line.match(cell.source)]
        if bodies != [program.rstrip("\n")]:
            yield f"{name}: not to the letter in one cell of its own"
