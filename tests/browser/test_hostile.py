"""What a stranger sent stays text, wherever it is shown: nothing in it runs, and nothing in it makes the screen lie."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection
from typing import Any, NamedTuple
from urllib.parse import unquote

from playwright.sync_api import Page

from tests.support.browsing import Lab, from_a_stranger, longest_pause, open_notebook, reopen

MARK = "\x1b[2J\rtwo\b\u202e"
"""Clears the screen, goes back to the beginning of the line, deletes a character, turns the direction of writing."""
SPELLED = r"\x1b[2J"
"""How its beginning has to be shown, in text as in bytes."""
MARKUP = [
    "<script>window.__hacked = 1</script>",
    "<img src=x onerror=window.__hacked=2>",
    "</pre></textarea></text></title><b>",
    "'\"><svg onload=window.__hacked=3>",
    "<a href=javascript:window.__hacked=4>",
    "[x](javascript:window.__hacked=5) **b**",
    "$\\evil{$ &lt;i&gt; &#60;i&#62; %s {0}",
]
TRICKS = "\x1b]0;title\x07 \x1b[31mred \x9b1A \x00 \u2066turned\u2069 ze\u200bro \ufeff \u2028 \U000e0041 \x85 |"
FLOOD = "a" + "\u0301\u0333" * 40
"""Marks upon marks, which grow over the lines above and below."""
EVIL = "".join([MARK, *MARKUP, TRICKS])
MARKS = "[\u0300-\u036f]{5,}"
LINE = 1_000_000
"""Characters on one line."""

BEGIN = """
import socket
def raises(error):
    raise error
class Odd:
    def __repr__(self): return evil
class Fallen(Exception): pass
Fallen.__name__ = Fallen.__qualname__ = kind = evil.replace(chr(0), "")
def noted(*words):
    error = ValueError(*words)
    error.add_note(evil)
    return error
def talk(*pieces, address=None):
    with socket.create_connection(address or server.address) as s:
        for piece in pieces:
            s.sendall(piece)
            s.recv(65536)
def named(name, function):
    function.__name__ = name
    return function
server = helpers.EchoServer().start()
"""

# What is checked has the names of exercises.
CHECKED = """
def count_characters(data):
    {body}
helpers.check(count_characters, seed=1)
"""

SHOWN = {
    "a window: output": "helpers.background('print(evil)'.replace('evil', ascii(evil)), name='prints.py')",
    "a window: in colours": "helpers.background(lambda: print('\\x1b[1;31;44m', evil), name='red.py')",
    "a window: error": "helpers.background(lambda: raises(noted(evil)), name='raises.py')",
    "a window: kind of error": "helpers.background(lambda: raises(Fallen(1)), name='fallen.py')",
    "a window: several errors": "helpers.background(lambda: raises(ExceptionGroup(evil, [noted(evil)])), name='group.py')",
    "a window: name": "program = helpers.background('print(input())', name=evil, typed=[evil])\nprogram.wait(10)\nprogram",
    "a window: what is asked and typed": "helpers.background(lambda: input(evil), name='asks.py', typed=[evil])",
    "a window in words": "print(program.describe())",
    "a program": "[program, helpers.background('pass', name='pass.py')]",
    "a program that is not there": "helpers.program(evil + '!')",
    "a program that has ended": "program.type(evil)",
    "a server's log": "with helpers.PrintServer() as prints:\n    with socket.create_connection(prints.address) as s:\n"
    "        s.sendall(data)\n    prints.wait()\nprints.log",
    "a server that falls": "with helpers.Server(lambda conn, addr: raises(noted(evil))) as falls:\n"
    "    socket.create_connection(falls.address).close()\n    falls.wait()",
    "a server that fell": "falls.log",
    "a server's name": "helpers.Server(named(evil, lambda conn, addr: None))",
    "bytes": "data",
    "a conversation": "with helpers.watch() as recording:\n    talk(*pieces)\nrecording",
    "a conversation, all at once": "with helpers.watch() as at_once:\n    talk(data)\nat_once",
    "a conversation with somebody of that name": "with helpers.watch() as other:\n"
    "    with helpers.Server(named(evil, lambda conn, addr: conn.sendall(conn.recv(9)))) as s:\n"
    "        helpers.background(lambda: talk(b'x', address=s.address), name=evil + '.py').wait(10)\nother",
    "somebody's life cycle": "helpers.pictures.life_cycle(other)",
    "somebody's stream": "helpers.pictures.stream(other)",
    "an address": "with helpers.watch() as wrong:\n    with socket.socket() as s:\n        try:\n            s.connect((kind, 1))\n"
    "        except Exception: pass\nwrong",
    "a conversation in words": "print(recording.describe())\nprint(other.describe())\nprint(wrong.describe())",
    "its calls": "recording.events, other.events, wrong.events",
    "the life cycle": "helpers.pictures.life_cycle(recording, wrong)",
    "the stream": "helpers.pictures.stream(recording)",
    "states": "view = helpers.states(server)\nview.look(evil)\nview",
    "states in words": "print(view.describe())\nview.steps",
    "a text": "helpers.pictures.encoding(evil, 'utf-8', 'utf-16', 'ascii')",
    "bytes of a text": "helpers.pictures.encoding([data[:30], data[30:], b'\\xff\\xfe\\xc3'], 'utf-8', 'latin-1')",
    "an encoding that is not there": "helpers.pictures.encoding('a', evil)",
    "an error handler that is not there": "helpers.pictures.encoding('a', errors=evil)",
    "a check: returned": CHECKED.format(body="return evil"),
    "a check: returned bytes": CHECKED.format(body="return evil.encode()"),
    "a check: raised": CHECKED.format(body="raise ValueError(evil)"),
    "a check: raised a kind": CHECKED.format(body="raise type(kind, (Exception,), {})(1)"),
    "a check: an odd thing": CHECKED.format(body="return type(kind, (), {})()"),
    "a check: printed": CHECKED.format(body="print(evil)"),
    "a check: sent": "def greet(address):\n    with socket.create_connection(address) as s:\n        s.sendall(data)\n"
    "helpers.check(greet, seed=1)",
    "a check of something else": "helpers.check(Odd())",
    "a check of another name": "helpers.check(named(evil, lambda: None))",
    "a hint for another name": "helpers.hint(evil)",
    "a panel: output": "link = helpers.Link(server.address, seed=1).start()\n"
    "helpers.panels.link(link, lambda: (talk(*pieces, address=link.address), print(evil)))",
    "a panel: error": "second = helpers.Link(server.address, seed=1).start()\n"
    "helpers.panels.link(second, named(evil, lambda: raises(noted(evil))))",
    "a bench": "bench = helpers.panels.bench('server.create', 'server.bind', 'server.listen', 'client.create', 'client.connect')\n"
    "for press in 'server.accept', 'client.send', 'conn.recv': bench.press(press, evil)\nbench",
    "a bench in words": "print(bench.describe())\nbench",
    "a press that is none": "bench.press(evil)",
    "a text panel": "helpers.panels.text(evil, errors='replace')",
    "a text panel of bytes": "panel = helpers.panels.text(data, 'latin-1')\npanel.decode('utf-8')\npanel",
    "a text panel in words": "print(panel.describe())\npanel",
    "a text panel with an encoding that is not there": "helpers.panels.text('a', evil)",
    "a panel of something else": "helpers.panels.link(Odd(), talk)",
    "the doctor": "create, socket.create_server = socket.create_server, lambda *a, **k: raises(OSError(evil))\n"
    "helpers.doctor()\nsocket.create_server = create",
    "states of something else": "helpers.states(Odd())",
    "a visit to somebody else": "helpers.visit((evil, 80))",
    "a visit to a path that is none": "helpers.visit(server.address, evil)",
}
"""Every path on which something from outside comes to be seen: a cell each, run one after the other, with `evil` (text), `data` and `pieces` (bytes) in hand."""
UNSHOWN = {
    "a server that fell",
    "somebody's stream",
    "an address",
    "the life cycle",
    "the stream",
    "states of something else",
}
"""They show what happened, and nothing of what was sent."""

READ = """cells => cells.map(cell => {
    const outputs = [...cell.querySelectorAll('.jp-OutputArea-output')];
    const found = outputs.flatMap((output) => [output, ...output.querySelectorAll('*')]);
    const drawings = found.filter((each) => each.tagName === 'IMG' && each.src.startsWith('data:image/svg+xml,')).map((each) =>
        new DOMParser().parseFromString(decodeURIComponent(each.src.split(/,(.*)/s)[1]), 'image/svg+xml'));
    const elements = [...found, ...drawings.flatMap((each) => [...each.querySelectorAll('svg *')])];
    const spoken = (each) => [...each.attributes].filter(({ name }) => !['src', 'href', 'style', 'd'].includes(name));
    return {
        texts: [
            ...outputs.map((each) => each.textContent),
            ...drawings.map((each) => each.documentElement.textContent),
            ...elements.flatMap((each) => spoken(each).map(({ value }) => value)),
            // But not what the learner may type into: that stays as it was typed.
            ...found.filter((each) => each.readOnly !== false).flatMap((each) => each.value ?? []).map(String),
        ],
        markup: elements.filter((each) =>
            /^(script|iframe|object|embed|base|form|svg|b|i|foreignObject|parsererror)$/i.test(each.tagName)
            || [...each.attributes].some(({ name }) => name.startsWith('on'))
            || /^\\s*javascript:/i.test(each.getAttribute('href') ?? '')
            || (each.tagName === 'IMG' && each.hasAttribute('src') && !each.src.startsWith('data:image/'))).map((each) => each.outerHTML.slice(0, 200)),
    };
})"""
"""What stands in the outputs of each cell: its texts, also those that are heard only, or that a picture holds; and elements that a stranger's text has become."""


class Seen(NamedTuple):
    texts: list[str]
    markup: list[str]


def test_what_a_stranger_sends_stays_text(fresh_page: Page, lab: Lab) -> None:
    """Live; saved, in the file itself and opened from it; and in a file that JupyterLab does not trust."""
    events: list[str] = []
    fresh_page.on("dialog", lambda dialog: events.append(f"a dialog: {dialog.message}"))
    fresh_page.on("request", lambda request: events.append(request.url) if is_astray(request.url, lab) else None)
    path, names = write(lab, "hostile", ascii(EVIL), SHOWN)
    notebook = open_notebook(fresh_page, lab, path)
    notebook.run_all()
    found = complaints("live", names, read(fresh_page), SHOWN.keys() - UNSHOWN)
    assert fresh_page.evaluate("window.__hacked") is None
    notebook.save()
    found += complaints("in the file", names, read_file(lab, path), SHOWN.keys() - UNSHOWN)
    reopen(fresh_page, lab, path)
    found += complaints("reopened", names, read(fresh_page), SHOWN.keys() - UNSHOWN)
    assert fresh_page.evaluate("window.__hacked") is None
    reopen(fresh_page, lab, from_a_stranger(lab, path))
    found += complaints("from a stranger", names, read(fresh_page), SHOWN.keys() - UNSHOWN)
    assert fresh_page.evaluate("window.__hacked") is None
    assert not events
    assert not found, "\n".join(found)


def write(lab: Lab, name: str, evil: str, shown: dict[str, str]) -> tuple[str, list[str]]:
    """A notebook of these cells, each of which may fail; its path, and what its cells are. `evil` is Python."""
    pieces = [MARK.encode(), *(each.encode() for each in MARKUP), TRICKS.encode(), b"\xff\xfe\xc3"]
    before = [f"evil = {evil}\ndata = evil.encode()\npieces = {pieces!r}", BEGIN]
    path = lab.write(name, *before, *shown.values())
    notebook = json.loads((lab.root / path).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["raises-exception"]
    (lab.root / path).write_text(json.dumps(notebook), encoding="utf-8")
    return path, ["loading", "the payload", "the beginning", *shown]


def is_astray(url: str, lab: Lab) -> bool:
    """Whether nobody of ours asks for that."""
    return not url.startswith((lab.url, "data:", "blob:")) or url.endswith("/x")


def read(page: Page) -> list[Seen]:
    """What stands on the page."""
    return [Seen(**each) for each in page.locator(".jp-Notebook .jp-Cell").evaluate_all(READ)]


def read_file(lab: Lab, path: str) -> list[Seen]:
    """What stands in the file. JupyterLab draws tracebacks with the escapes for colours that IPython puts there."""
    return [Seen([text for output in cell["outputs"] for text in texts_of(output)], []) for cell in lab.cells(path)]


def texts_of(output: dict[str, Any]) -> list[str]:
    data = {kind: value for kind, value in output.get("data", {}).items() if not kind.startswith("image/")}
    traceback = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.get("traceback", [])))
    texts = ["".join(each) for each in (output.get("text", ""), traceback, *data.values())]
    drawings = [each for text in texts for each in re.findall(r'src="data:image/svg\+xml,([^"]*)"', text)]
    return texts + [unquote(each) for each in drawings]


def complaints(when: str, names: list[str], seen: list[Seen], marked: Collection[str] = ()) -> list[str]:
    """What is wrong with what is shown; `marked`: what has to show the mark, spelled out."""
    found = []
    for name, (texts, markup) in zip(names, seen, strict=True):
        found += [f"{name}, {when}: became markup: {each}" for each in markup]
        raw = sorted({ascii(each)[1:-1] for text in texts for each in text if lies(each)})
        found += [f"{name}, {when}: raw: {' '.join(raw)}"] if raw else []
        if name in marked and not any(SPELLED in text for text in texts):
            found.append(f"{name}, {when}: does not show {SPELLED}: {' '.join(texts)[:300]!a}")
    return found


def lies(character: str) -> bool:
    """Whether it moves the cursor, turns the direction, or cannot be seen: a control, a format character, a separator of lines."""
    return character not in "\n\t" and unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}


def test_what_gets_in_is_found(fresh_page: Page, lab: Lab) -> None:
    """The same functions, on what JupyterLab shows as it comes."""
    shown = {"markup": "from IPython.display import HTML\nHTML(evil)", "raw": "print(evil)"}
    path, names = write(lab, "open", ascii(EVIL), shown)
    open_notebook(fresh_page, lab, path).run_all()
    found = complaints("live", names, read(fresh_page), shown)
    for beginning in ("markup, live: became markup: <svg", "raw, live: raw: ", "raw, live: does not show"):
        assert any(each.startswith(beginning) for each in found), beginning
    fresh_page.wait_for_function("window.__hacked")


FLOODED = {
    name: SHOWN[name]
    for name in (
        "a window: output",
        "a window: name",
        "a conversation with somebody of that name",
        "somebody's life cycle",
        "states",
        "a text",
        "a check: raised",
        "a check: printed",
        "a panel: output",
    )
}


def test_marks_do_not_grow_over_their_neighbours(page: Page, lab: Lab) -> None:
    """Marks upon marks, as many as a stranger likes, would stand over the lines above and below."""
    path, names = write(lab, "flood", ascii(FLOOD), FLOODED)
    open_notebook(page, lab, path).run_all()
    floods = [
        f"{name}: {len(flood)} marks upon each other"
        for name, seen in zip(names, read(page), strict=True)
        for flood in re.findall(MARKS, "\n".join(seen.texts))
    ]
    assert not floods, "\n".join(floods)


LONG = {
    name: SHOWN[name]
    for name in (
        "a window: output",
        "a window: error",
        "a window: several errors",
        "a window: what is asked and typed",
        "a server's log",
        "a server that falls",
        "a conversation",
        "a conversation, all at once",
        "the life cycle",
        "the stream",
        "a text",
        "bytes of a text",
        "a check: returned",
        "a check: returned bytes",
        "a check: raised",
        "a check: printed",
        "a panel: output",
        "a panel: error",
    )
}
"""Where it may come from outside: the name of a program is not made by a stranger, and bytes that are a cell's last line are shown by JupyterLab."""
PIECES = """
with helpers.watch() as long:
    a, b = socket.socketpair()
    with a, b:
        a.sendall(data[:2000])
        for _ in range(2000):
            b.recv(1)
long
"""
MOST = 110_000
"""Characters that a cell may show of what is too long."""


def test_a_megabyte_on_one_line(page: Page, lab: Lab) -> None:
    """Of what is too long a part is shown, and the page goes on."""
    path, names = write(lab, "megabyte", f"'<b>' * {LINE // 3}", LONG | {"in many pieces": PIECES})
    notebook = open_notebook(page, lab, path)
    notebook.run_all()
    assert longest_pause(page) < 1
    found = complaints("live", names, read(page))
    found += too_long("live", names, read(page))
    notebook.save()
    found += too_long("in the file", names, read_file(lab, path))
    assert not found, "\n".join(found)


def too_long(when: str, names: list[str], seen: list[Seen]) -> list[str]:
    """The cells that show more than `MOST` characters."""
    sizes = [sum(map(len, texts)) for texts, _ in seen]
    return [f"{name}, {when}: {size:,} characters" for name, size in zip(names, sizes, strict=True) if size > MOST]
