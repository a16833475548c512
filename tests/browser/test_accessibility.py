"""Who sees little, or works by keyboard alone, is kept out of nothing that the helpers show: WCAG 2.1 AA, as far as axe can tell.

The lessons themselves are looked through where they are run, in test_lessons.py.
"""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.browsing import Lab, Notebook, barriers, open_notebook, picture, reopen

CONVERSATION = """
import socket
server = helpers.EchoServer().start()
with helpers.watch() as recording:
    with socket.create_connection(server.address) as s:
        s.sendall(b'hello')
        s.recv(2)
        s.recv(1024)
"""
STATES = """
listener = socket.create_server(('127.0.0.1', 0))
view = helpers.states(listener)
client = socket.create_connection(listener.getsockname())
view.look('connected')
client.close()
listener.close()
view
"""
WRONG = """
def count_characters(data):
    print('given', data)
    return len(data)
helpers.check(count_characters, seed=1)
"""
RIGHT = """
def count_characters(data):
    return len(data.decode())
helpers.check(count_characters, seed=1)
"""
BREAKS_OFF = """
def greet(address):
    with socket.create_connection(address) as s:
        return s.recv(1024)
helpers.check(greet, seed=1)
"""
LINK = """
link = helpers.Link(server.address, seed=1).start()
def talk(size=3):
    with socket.create_connection(link.address) as s:
        s.sendall(b'hello')
        print(s.recv(size))
"""

BENCH = """bench = helpers.panels.bench('server.create', 'client.connect', 'server.bind', 'server.listen', 'client.create')
for press in 'client.connect', 'server.accept', 'client.send', 'conn.recv', 'server.recv', 'conn.close', 'client.recv':
    bench.press(press)
bench"""
TEXT = """text = helpers.panels.text('é€😀')
text.drop(3)
text.cut(5, in_pieces=True)
text"""
COLOURS = r"""%%background colours.py
for n in range(8):
    print(f'\x1b[{30 + n}mletters \x1b[0;2;{90 + n}mdim \x1b[0;{40 + n}mbehind \x1b[0;7mturned\x1b[0m')
"""

MISTAKEN = "def encode(kind, text): return f'{kind} {len(text)}\\n{text}'.encode()\nhelpers.check(encode)"

SHOWN = {
    "a window that waits for input": "%%background asks.py --type hello\nwhile True: print(repr(input('?:')))",
    "one that listens": "%%background listens.py\nimport socket\nsocket.create_server(('127.0.0.1', 0)).accept()",
    "one that printed more than fits": "%%background long.py\nfor n in range(200): print('line', n, 'x' * 300)",
    "one in colours": COLOURS,
    "one that asks for a password": "%%background password.py\nimport getpass\ngetpass.getpass()",
    "one that fell": "%%background fell.py\nprint('on the way')\n1 / 0",
    "one that was stopped": "program = helpers.background('import time; time.sleep(60)', name='stopped.py')\nprogram.stop()\nprogram",
    "one that says nothing": "%%background silent.py\npass",
    "a conversation": f"{CONVERSATION}\nrecording",
    "the life cycle": "helpers.pictures.life_cycle(recording)",
    "the stream": "helpers.pictures.stream(recording)",
    "the states": STATES,
    "an encoding": "helpers.pictures.encoding('é€😀', 'utf-8', 'latin-1')",
    "a broken one": "helpers.pictures.encoding([b'\\xc3', b'\\xa9\\xff'])",
    "in words": "print(recording.describe())\nprint(server.log)\nhelpers.program('fell.py').describe()",
    "not started": "def greet(address):\n    '''Say hello.'''\n    ...\nhelpers.check(greet)",
    "fell, and printed": WRONG,
    "fell, with a picture": BREAKS_OFF,
    "fell, for a common mistake": MISTAKEN,
    "it holds": RIGHT,
    "hints": "helpers.hint('greet')",
    "a solution": "helpers.solution('greet', sure=True)",
    "a solution that is played": "helpers.solution('receive_exactly', sure=True)",
    "progress": "helpers.progress()",
    "the doctor": "helpers.doctor()",
    "the panel of a link": f"{LINK}\nhelpers.panels.link(link, talk)",
    "the panel of a link, with the size of recv": "def ask(size=3): talk()\nhelpers.panels.link(helpers.Link(server.address).start(), ask)",
    "a bench": "helpers.panels.bench()",
    "a bench in the middle": BENCH,
    "a bench that waits": "helpers.panels.bench('server.create', 'server.bind', 'server.listen', 'server.accept')",
    "a room": "helpers.panels.room()",
    "a room that puts one out": "helpers.panels.room('lock', 'loop', 'queues', members=3, lines=9)",
    "a text": "helpers.panels.text()",
    "a broken text": TEXT,
}
"""What the helpers show, by what it is: a cell each, run one after the other. Something new to show is a line more."""

BAD = {
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "button-name": "<button></button>",
    "color-contrast": '<p style="color: #999; background: #bbb">grey on grey</p>',
    "select-name": "<select><option>one</option></select>",
    "heading-order": "<h2>two</h2><h5>five</h5>",
}
"""Outputs that keep people out, by the rule that they break."""
WIDE = 1280


def test_what_the_helpers_show_keeps_nobody_out(page: Page, lab: Lab) -> None:
    """Live; and stored, without a kernel."""
    path = lab.write("shown", *SHOWN.values())
    notebook = open_notebook(page, lab, path)
    notebook.run_all()
    found = looked_through(notebook, "live")
    notebook.save()
    found += looked_through(reopen(page, lab, path), "stored")
    assert not found, "\n".join(found)


def looked_through(notebook: Notebook, when: str) -> list[str]:
    names = ["loading", *SHOWN]
    notebook.unroll(WIDE)
    found = []
    for theme in ("Dark", "Light"):
        notebook.theme(theme)
        picture(notebook.page, f"shown-{when.replace(' ', '-')}-{theme.lower()}.png")
        found += [f"{names[number]}, {when}, {theme}: {what}" for number, what in barriers(notebook.page)]
    return found


def test_what_keeps_people_out_is_found(page: Page, lab: Lab) -> None:
    shown = ["from IPython.display import HTML", *(f"HTML({html!r})" for html in BAD.values())]
    notebook = open_notebook(page, lab, lab.write("bad", *shown))
    notebook.run_all()
    notebook.unroll(WIDE)
    found = {(number, what.partition(":")[0]) for number, what in barriers(page)}
    assert found >= set(enumerate(BAD, start=2))
