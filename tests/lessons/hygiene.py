"""What every lesson's file is held to, as rules: each takes a lesson and gives its complaints, none where all is well.

A complaint begins with the id of the cell that it is about.
"""

from __future__ import annotations

import ast
import base64
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

import helpers
from helpers import exercises
from helpers.course.lessons import NOTEBOOKS
from helpers.course.storing import is_binary
from helpers.notebook.boxes import WIDGET_VIEW

Lesson = Any
"""A notebook, as nbformat reads it."""

Rule = Callable[[Lesson], Iterable[str]]

RULES: list[Rule] = []

FIRST_CODE = "import socket\n%load_ext helpers"
LONGEST = 25
"""Lines of a cell: with its explanation it stands on one slide."""
MEDIAN = (2, 4)
"""Lines of half of the cells, over the whole course: a first lesson has shorter ones, a lesson about whole programs longer ones."""
SLEEPERS = {0: "the stop button", 5: "waiting", 13: "what freezes a loop, and what gives others their turn"}
"""The lessons that may sleep, and what they have to say about it."""
MAGICS = {"background", "load_ext", "watch"}

EXERCISES = {
    1: ["greet(address)"],
    2: ["is_anyone_there(address)"],
    3: ["open_listener()"],
    4: ["echo_server(listener)"],
    5: ["receive_all(conn)", "receive_within(conn, seconds)"],
    6: ["count_characters(data)", "decode_stream(chunks)"],
    7: ["parse_numbers(line)", "add_line(line)"],
    8: ["receive_exactly(conn, n)", "receive_messages(conn)", "read_lines(conn)"],
    9: ["send_everything(conn, data)", "ask_and_read(address, data)"],
    10: ["serve_each(listener, handle)"],
    11: ["broadcast(members, line)", "room_server(listener)"],
    12: ["room_server(listener)"],
    13: ["async def room_client(reader, writer, say, hear)", "async def serve_room(reader, writer, room)"],
    14: ["encode(kind, text)", "feed(buffer, data)"],
    15: ["read_request(conn)", "safe_path(root, target)"],
    16: ["ask(address, question, tries)", "send_all(address, pieces)"],
    17: ["connect_any(addresses)", "read_name(message, at)"],
    18: ["open_tls(address, name, ca)"],
    19: [
        "mend_1(listener)",
        "mend_2(address, data)",
        "mend_3(listener)",
        "mend_4(listener)",
        "mend_5(conn)",
        "mend_6(host, port)",
        "mend_7(address, question, tries)",
        "mend_8(port, clients)",
    ],
    20: ["chat_server(listener)", "serve_files(listener, root)", "attack(judge)"],
}
SICK = {each.signature: each.sick.strip() for each in exercises.exercises() if each.sick}
"""The exercises whose stub is a sick program, complete, with its source."""

SLIDE_TYPES = {"slide", "subslide", "fragment", "-", "skip", "notes"}
HIDDEN = {"skip", "notes"}


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def complaints(lesson: Lesson) -> list[str]:
    """What all the rules together say about `lesson`, each complaint with its rule's name."""
    return [f"{each.__name__}: {complaint}" for each in RULES for complaint in each(lesson)]


# Reading a lesson -----------------------------------------------------------------------------------------------------


def code_cells(lesson: Lesson) -> list[Any]:
    return [cell for cell in lesson.cells if cell.cell_type == "code"]


def markdown_cells(lesson: Lesson) -> list[Any]:
    return [cell for cell in lesson.cells if cell.cell_type == "markdown"]


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def uses_the_lectures_port(lesson: Any) -> bool:
    """Whether one of the lesson's cells binds port 65431, or tries whether it is free."""
    code = "\n".join(cell.source for cell in code_cells(lesson))
    return bool(re.search(r"bind\(\(HOST, PORT\)|bind\(.*65431|\bdoctor\(", code))


def slide_type(cell: Any) -> str | None:
    kind = cell.metadata.get("slideshow", {}).get("slide_type")
    return None if kind is None else str(kind)


def number(lesson: Lesson) -> int | None:
    """The lesson's number, as its title gives it."""
    found = re.match(r"# (\d+) · \S", lesson.cells[0].source) if lesson.cells else None
    return int(found[1]) if found else None


def is_program(cell: Any) -> bool:
    return str(cell.source).startswith("%%background")


def python_of(cell: Any) -> str:
    """The cell's Python; magics become comments, so that each line keeps its place."""
    return "\n".join("#" + line if line.startswith(("%", "!")) else line for line in cell.source.splitlines())


def tree_of(cell: Any) -> ast.AST:
    """The cell's syntax tree, empty where a cell is wrong on purpose."""
    try:
        return ast.parse(python_of(cell))
    except SyntaxError:
        return ast.Module([], [])


def calls(cell: Any) -> Iterator[tuple[str, ast.Call]]:
    """Every call in the cell, by the last name of what is called: `sleep` for `time.sleep(1)`."""
    return calls_in(tree_of(cell))


def calls_in(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2], node


class Text(NamedTuple):
    """One text of an output."""

    kind: str
    """Its MIME type, or what it is otherwise: stream, error."""
    text: str


def texts(cell: Any) -> Iterator[Text]:
    """Everything in the cell's outputs that can be read."""
    for output in cell.get("outputs", []):
        if "text" in output:
            yield Text("stream", output.text)
        if output.output_type == "error":
            yield Text("error", plain("\n".join([f"{output.ename}: {output.evalue}", *output.traceback])))
        for kind, value in output.get("data", {}).items():
            if not is_binary(kind):
                yield Text(kind, value if isinstance(value, str) else repr(value))


def plain(traceback: str) -> str:
    """`traceback` without a terminal's colours and without the numbers of lines."""
    return re.sub(r"^(?:-+> ?| +)\d+ ", "", re.sub(r"\x1b\[[\d;]*m", "", traceback), flags=re.MULTILINE)


def outside_of_code(markdown: str) -> str:
    """`markdown` without its code: what looks like a link in there is none."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE))


# The file -------------------------------------------------------------------------------------------------------------


@rule
def was_run_in_order(lesson: Lesson) -> Iterator[str]:
    """nbval compares nothing where there is no execution_count, so that a lesson which never ran would pass."""
    for expected, cell in enumerate(code_cells(lesson), start=1):
        if cell.execution_count != expected:
            yield f"{cell.id}: execution_count is {cell.execution_count}, not {expected}"


@rule
def is_valid(lesson: Lesson) -> Iterator[str]:
    try:
        nbformat.validate(lesson)
    except nbformat.ValidationError as error:
        yield f"the file: {str(error).splitlines()[0]}"


KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:CLIENT_RANDOM|\w+_TRAFFIC_SECRET\w*) [0-9a-f]{16}")
"""A private key, and a line of what SSLKEYLOGFILE writes."""


@rule
def holds_no_key(lesson: Lesson) -> Iterator[str]:
    """Certificates are made when they are needed; nothing that is stored holds a private key, or the secrets of a session: no picture either, whatever way its text is written."""
    for cell in lesson.cells:
        for text in (cell.source, *(each.text for each in texts(cell))):
            packed = (base64.b64decode(each).decode("latin-1") for each in re.findall(r";base64,([\w+/]+=*)", text))
            if any(KEY.search(each) for each in (text, urllib.parse.unquote_plus(text), *packed)):
                yield f"{cell.id}: a private key, or the secret of a session"


@rule
def ids_are_slugs(lesson: Lesson) -> Iterator[str]:
    """An id says what its cell is about: it stands in links, in reviews, and in the table of the lecture's slides."""
    ids = [cell.get("id", "") for cell in lesson.cells]
    for each in ids:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", each):
            yield f"{each}: not a slug"
        elif re.search(r"\b[0-9a-f]{8}\b", each):
            yield f"{each}: a random id"
    yield from (f"{each}: more than one cell has this id" for each in sorted(set(ids)) if ids.count(each) > 1)


@rule
def has_slides(lesson: Lesson) -> Iterator[str]:
    for cell in lesson.cells:
        if slide_type(cell) not in SLIDE_TYPES:
            yield f"{cell.id}: its slide_type is {slide_type(cell)}"
    for cell in code_cells(lesson):
        if slide_type(cell) in HIDDEN:
            yield f"{cell.id}: is on no slide, so nobody runs it there, and later pictures show what it leaves open"
    visible = [cell for cell in lesson.cells if slide_type(cell) not in HIDDEN]
    if visible and slide_type(visible[0]) != "slide":
        yield f"{visible[0].id}: the first visible cell starts no slide"


@rule
def needs_no_kernel(lesson: Lesson) -> Iterator[str]:
    """A widget's view without its state shows "model not found" to whoever opens the lesson."""
    if "widgets" in lesson.metadata:
        yield "the file: holds the state of widgets"
    for cell in code_cells(lesson):
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        if any(kind == WIDGET_VIEW or kind.startswith("application/vnd.jupyter.widget") for kind in kinds):
            yield f"{cell.id}: holds a widget's view"


# Outputs --------------------------------------------------------------------------------------------------------------

QUOTE = r"(?:'|&#x27;|&#39;|\"|&quot;)"
HOST = r"(?:[\d.]+|[0-9a-f]*:[0-9a-f:]*|localhost|)"
PORTS = [
    rf"\({QUOTE}{HOST}{QUOTE}, (\d+)",
    r"(?:\b\d+\.\d+\.\d+\.\d+|\blocalhost|::1?\]):(\d+)",
    r"\bport\W{1,2}(\d+)",
    r"\A\s*\(?(3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[45]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-4])\)?\s*\Z",
]
"""Where a port stands; the last is a number on its own that a system would choose for one."""
LASTING_PORTS = {"0", "65431", "61234"}

PASSING = {
    "a time": r"\b[0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?\b(?!:)",
    "a date": r"\b20\d\d-[01]\d-[0-3]\d\b",
    "a duration": r"\b\d+(?:\.\d+)? ?(?:[mnuµμ]?s|sec(?:onds?)?|milliseconds?|minutes?|min)\b",
    "a measured number": r"\b\d+\.\d{5,}\b",
    "an object's address": r"\bat 0x[0-9A-Fa-f]+|\b0x[0-9A-Fa-f]{6,}",
    "a descriptor": r"\bfd=\d+",
    "a folder of a machine": (
        r"(?<![\w<.…])/(?:home|Users|root|tmp|var|usr|opt|private|work|mnt|srv|etc|nix|Library|builds)/\S*"
        r"|\b[A-Z]:[\\/](?![\\/])\S+|(?<!\S)~/\S+|file://\S+|\bsite-packages\b|\bipykernel_\d+"
    ),
    "a version of Python": r"\bpython3\.\d+|\b3\.\d+\.\d+\b",
}


PIXELS = r"data:image/png;base64,[A-Za-z0-9+/=]*"
"""Of a plot: they hold anything, by chance."""
OUR_DURATIONS = r"TimeoutError after [\d.]+ s\b|waited [\d.]+ s\b|within [\d.]+ seconds?\b|\bmeasured: [^\n<\"]*|TTL[^\n<\"%]{0,25}?\d+ s\b"
"""Of pictures and loads: a timeout as it was set, and a clock, or what was measured, which comparisons overlook; and a TTL, which stands in the message."""


@rule
def outputs_repeat_themselves(lesson: Lesson) -> Iterator[str]:
    """What is another at every run, or on every machine, has no place in the file."""
    for cell in code_cells(lesson):
        for kind, text in texts(cell):
            yield from (f"{cell.id}: {what} in its {kind}: {found!r}" for what, found in passing(text, cell.source))


def passing(text: str, source: str) -> Iterator[tuple[str, str]]:
    """What in `text` will not last; a port or a duration that is written in the cell's `source` does."""
    text = re.sub(PIXELS, "", text)
    for pattern in PORTS:
        for found in re.finditer(pattern, text):
            if found[1] not in LASTING_PORTS and found[0] not in source:
                yield "a port", found[0]
    text = re.sub(OUR_DURATIONS, "", text)
    for what, pattern in PASSING.items():
        for found in re.finditer(pattern, text):
            if what != "a duration" or found[0] not in source:
                yield what, found[0]
    home = str(Path.home())
    if len(home) > 1 and home in text:
        yield "a folder of a machine", home


@rule
def errors_are_announced(lesson: Lesson) -> Iterator[str]:
    for cell in code_cells(lesson):
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised and "raises-exception" not in tags(cell):
            yield f"{cell.id}: raises, and has no tag raises-exception"
        elif "raises-exception" in tags(cell) and not raised:
            yield f"{cell.id}: has the tag raises-exception, and raises nothing"


@rule
def nothing_on_stderr(lesson: Lesson) -> Iterator[str]:
    """Warnings of a library are noise; a cell that means to write there has the tag `stderr`."""
    for cell in code_cells(lesson):
        if "stderr" not in tags(cell) and any(output.get("name") == "stderr" for output in cell.outputs):
            yield f"{cell.id}: writes on stderr"


NO_DESCRIPTION = "No description has been provided for this image"  # nbconvert's, and axe passes it


class Images(HTMLParser):
    """Collects, of each image in a piece of HTML, what it says in words."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "img":
            self.words.append(said.get("alt") or "")
        elif tag == "svg" and said.get("aria-hidden") != "true":
            self.words.append(said.get("aria-label") or said.get("aria-labelledby") or "")


def images_in(html: str) -> list[str]:
    """What each image in `html` says in words."""
    parser = Images()
    parser.feed(html)
    return parser.words


def images_of(cell: Any) -> Iterator[str]:
    """What each image says in words, in a cell's text and in its outputs."""
    if cell.cell_type == "markdown":
        text = outside_of_code(cell.source)
        yield from re.findall(r"!\[([^\]]*)\]", text)
        yield from images_in(text)
    for kind, text in texts(cell):
        yield from images_in(text) if kind == "text/html" else ()
    for output in cell.get("outputs", []):
        # JupyterLab drops an alt text that stands in an output's metadata.
        yield from ("" for kind in output.get("data", {}) if kind.startswith("image/"))


@rule
def images_speak(lesson: Lesson) -> Iterator[str]:
    for cell in lesson.cells:
        for words in images_of(cell):
            if len(words.split()) < 2 or NO_DESCRIPTION in words:
                yield f"{cell.id}: an image without a real alt text: {words!r}"


# Cells ----------------------------------------------------------------------------------------------------------------


@rule
def cells_are_short(lesson: Lesson) -> Iterator[str]:
    lengths = {cell.id: len(cell.source.splitlines()) for cell in code_cells(lesson)}
    yield from (f"{name}: {lines} lines" for name, lines in lengths.items() if lines > LONGEST)


@rule
def begins_with_the_helpers(lesson: Lesson) -> Iterator[str]:
    cells = code_cells(lesson)
    if not cells or cells[0].source != FIRST_CODE:
        yield f"{cells[0].id if cells else 'the file'}: the first code cell is not {FIRST_CODE!r}"


@rule
def title_says_what_for(lesson: Lesson) -> Iterator[str]:
    title = lesson.cells[0]
    if title.cell_type != "markdown" or number(lesson) is None:
        yield f"{title.id}: the first cell is no title as in '# 1 · A first conversation'"
    if not re.search(r"\bAbout \d+ minutes\b", title.source):
        yield f"{title.id}: does not say 'About … minutes'"
    if not re.search(r"At the end you can\n\n(- .+\n?){2,}", title.source):
        yield f"{title.id}: does not list what one can do at the end"


@rule
def ending_looks_back_and_ahead(lesson: Lesson) -> Iterator[str]:
    """The last cell names what comes next, and links to it where it is there."""
    last = lesson.cells[-1]
    if last.cell_type != "markdown" or not re.search(r"^## What we learned\n+(- .+\n?){2,}", last.source, re.M):
        yield f"{last.id}: the last cell does not list what we learned"
    elif not re.search(r"\bNext\b", last.source.rpartition("\n- ")[2]):
        yield f"{last.id}: does not say what comes next"
    for following in NOTEBOOKS.glob(f"{(number(lesson) or 0) + 1:02}-*.ipynb"):
        if f"]({following.name})" not in last.source:
            yield f"{last.id}: does not link to {following.name}"


@rule
def links_lead_somewhere(lesson: Lesson) -> Iterator[str]:
    for cell in markdown_cells(lesson):
        for target in links(cell.source):
            path = target.partition("#")[0]
            if path and not (NOTEBOOKS / path).exists():
                yield f"{cell.id}: {target} is not there"


def links(markdown: str) -> list[str]:
    """The targets in `markdown` that are files beside the lesson."""
    text = outside_of_code(markdown)
    found = re.findall(r"\]\(\s*<?([^)>\s]+)", text) + re.findall(r"(?:href|src)=[\"']([^\"']+)", text)
    return [target for target in found if not re.match(r"[a-z][a-z0-9+.-]*:|//|#", target)]


# Exercises ------------------------------------------------------------------------------------------------------------


@rule
def exercises_are_stubs(lesson: Lesson) -> Iterator[str]:
    """Each exercise is there, untouched, with the signature that the rest of the course relies on; a later cell says so."""
    for signature in EXERCISES.get(number(lesson) or 0, []):
        name = signature.partition("(")[0].removeprefix("async def ")
        stubs = [cell for cell in code_cells(lesson) if is_stub(cell, signature)]
        if len(stubs) != 1:
            yield f"{name}: {len(stubs)} cells are a stub of {signature}, not one"
            continue
        later = [each.text for cell in lesson.cells[lesson.cells.index(stubs[0]) + 1 :] for each in texts(cell)]
        said = "it fell in scenario" if signature in SICK else "not started"
        if not any(text.startswith(f"{name}: {said}") for text in later):
            yield f"{stubs[0].id}: no later cell says '{name}: {said}'"


def is_stub(cell: Any, signature: str) -> bool:
    """Whether the cell is a function of this `signature`, with a docstring, and nothing else; or the sick program that this exercise begins with, to the letter."""
    if signature in SICK:
        return bool(cell.source == SICK[signature])
    match tree_of(cell):
        case ast.Module(body=[(ast.FunctionDef() | ast.AsyncFunctionDef()) as stub]) if len(
            stub.body
        ) == 2 and isinstance(stub.body[1], ast.Expr):
            value = stub.body[1].value
            keyword = "async def " if isinstance(stub, ast.AsyncFunctionDef) else ""
            arguments = ", ".join(each.arg for each in stub.args.args)
            ends = isinstance(value, ast.Constant) and value.value is ...
            return ends and bool(ast.get_docstring(stub)) and f"{keyword}{stub.name}({arguments})" == signature
    return False


# What cells may not do ------------------------------------------------------------------------------------------------


@rule
def asks_nothing(lesson: Lesson) -> Iterator[str]:
    """`input` in a notebook's own cell stops whoever runs the lesson unattended. A function may ask that only programs call: `background(chat)`."""
    trees = {cell.id: tree_of(cell) for cell in code_cells(lesson) if not is_program(cell)}
    written = [function for tree in trees.values() for function in functions(tree)]
    asking = {"input", *(each.name for each in written if any(name == "input" for name, _ in calls_in(each)))}
    for name, tree in trees.items():
        later = {id(node) for function in functions(tree) for node in ast.walk(function)}
        if any(called in asking and id(call) not in later for called, call in calls_in(tree)):
            yield f"{name}: calls input() outside of %%background"


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@rule
def runs_no_shell(lesson: Lesson) -> Iterator[str]:
    """A shell's commands are another on Windows."""
    for cell in code_cells(lesson):
        source = cell.source
        if re.search(r"^\s*(?:[\w, ]+=\s*)?(?:!|%%?(?:sx|system|bash|sh|script|cmd)\b)", source, re.M) or any(
            ast.unparse(call.func) in {"os.system", "os.popen", "get_ipython().system"} for _, call in calls(cell)
        ):
            yield f"{cell.id}: runs a command of the shell"


@rule
def sleeps_only_where_that_is_the_subject(lesson: Lesson) -> Iterator[str]:
    """A cell waits for what it needs, by name: `program.wait(2)`."""
    if number(lesson) in SLEEPERS:
        return
    for cell in code_cells(lesson):
        if not is_program(cell) and any(name == "sleep" for name, _ in calls(cell)):
            yield f"{cell.id}: sleeps"


@rule
def stays_on_loopback(lesson: Lesson) -> Iterator[str]:
    """Whoever listens on every address lets the whole network in, and makes a firewall ask."""
    for cell in code_cells(lesson):
        if cell.id == "bind-empty":
            continue  # shows what such an address is, and does not listen
        binds = any(name in {"bind", "create_server"} for name, _ in calls(cell))
        hosts = [node.value for node in ast.walk(tree_of(cell)) if isinstance(node, ast.Constant)]
        bound = [host_of(call) for name, call in calls(cell) if name in {"bind", "create_server"}]
        if (binds and "0.0.0.0" in hosts) or "" in bound:
            yield f"{cell.id}: binds every address"


def host_of(call: ast.Call) -> Any:
    """The host in `bind((host, port))`, where it stands there."""
    match call.args:
        case [ast.Tuple(elts=[ast.Constant(value=host), *_]), *_]:
            return host
    return None


@rule
def knows_only_what_is_there(lesson: Lesson) -> Iterator[str]:
    """Every `helpers.…` and every magic, in code and in text, is one that the learner has."""
    for cell in lesson.cells:
        names = re.findall(r"\bhelpers\.(\w+)", cell.source) if cell.cell_type == "markdown" else helpers_in(cell)
        yield from (f"{cell.id}: helpers.{name} does not exist" for name in names if name not in helpers.__all__)
        for magic in re.findall(r"^%{1,2}(\w+)|`%{1,2}(\w+)", cell.source, re.M):
            if "".join(magic) not in MAGICS:
                yield f"{cell.id}: %{''.join(magic)} is none of the course's magics"


def helpers_in(cell: Any) -> Iterator[str]:
    """The names of the helpers that the cell's code uses."""
    for node in ast.walk(tree_of(cell)):
        match node:
            case ast.Attribute(value=ast.Name(id="helpers"), attr=name):
                yield name
            case ast.ImportFrom(module="helpers", names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module)) if module.startswith("helpers."):
                yield module.removeprefix("helpers.")
