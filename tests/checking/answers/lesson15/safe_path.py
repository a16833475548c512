"""Answers to safe_path, of lesson 15."""

from __future__ import annotations

from helpers.exercises.lesson15.paths import safe_path
from tests.checking.answers import Wrong
from tests.checking.answers.lesson15.read_request import but as changed


def but(*changes: tuple[str, str]) -> str:
    """The solution, with something of it changed."""
    return changed(*changes, of=safe_path.solution)


RIGHT: list[str] = [
    """
from pathlib import Path
from urllib.parse import unquote_to_bytes

def safe_path(root, target):
    path, _, _ = target.partition("?")
    try:
        name = unquote_to_bytes(path).decode()
        if name[:1] != "/":
            return None
        if name[-1] == "/":
            name = name + "index.html"
        root = Path(root).resolve(strict=True)
        file = root.joinpath(*[part for part in name.split("/") if part]).resolve(strict=True)
        file.relative_to(root)
        return file if file.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None
""",
    """
import os, urllib.parse

def safe_path(root, target):
    target = target.split("?")[0]
    if not target.startswith("/"):
        return None
    parts = [urllib.parse.unquote(part) for part in target.split("/")[1:]]
    for part in parts[:-1]:
        if part in ("", ".", ".."):
            return None
    for part in parts:
        if part == ".." or "/" in part or os.sep in part or "\\\\" in part or "\\0" in part:
            return None
    path = os.path.join(root, *parts)
    if parts[-1] == "":
        path = os.path.join(path, "index.html")
    at = root
    for part in parts:
        at = os.path.join(at, part)
        if os.path.islink(at):
            return None
    return path if os.path.isfile(path) else None
""",
    """
import os
from pathlib import Path
from urllib.parse import unquote

def safe_path(root, target):
    wanted = unquote(target.split("?", 1)[0])
    inside = os.path.realpath(root)
    for folder, _, names in os.walk(inside):
        for name in names:
            path = os.path.join(folder, name)
            url = "/" + os.path.relpath(path, inside).replace(os.sep, "/")
            if wanted in (url, url.removesuffix("index.html")) and not os.path.islink(path) and os.path.isfile(path):
                return path
    return None
""",
    """
import os.path
from urllib.parse import unquote

def safe_path(root, target):
    name, *_ = target.split("?")
    name = unquote(name)
    if "\\0" in name or name[:1] != "/":
        return
    full = os.path.normpath(root + os.sep + name)
    if name.endswith("/"):
        full = os.path.join(full, "index.html")
    if not os.path.isfile(full):
        return
    real, base = os.path.realpath(full), os.path.realpath(root)
    if real.startswith(base + os.sep):
        return real
""",
    but(("    return path\n", "    return Path(path)\n"), ("not Path(path).is_relative_to(root)", "os.path.commonpath([root, path]) != root")),
    but(('not name.startswith("/") or ', ""), ('    if name.endswith("/"):\n', '    if name.endswith("/") or os.path.isdir(os.path.join(root, name.lstrip("/"))):\n'), ('name += "index.html"', 'name += "/index.html"')),
]  # fmt: skip

INSIDE = "not Path(path).is_relative_to(root) or "
LEXICAL = ("    path = os.path.realpath(os.path.join(root, name.lstrip('/')))\n".replace("'", '"'), '    path = os.path.normpath(os.path.join(root, name.lstrip("/")))\n')  # fmt: skip
DECODE = '    name = unquote(target.partition("?")[0])\n'

WRONG: list[Wrong] = [
    ("def safe_path(root, target):\n    path = root / target[1:]\n    return path if path.is_file() else None\n", None, "root is a str, the name of a folder"),
    (but(("    return path\n", "    return os.path.relpath(path, root)\n")), None, "the way from root on"),
    (but(('target.partition("?")[0]', 'target.rpartition("?")[0] or target')), None, "what follows the first ?"),
    (but((DECODE, DECODE + "    name = '/'.join(part for part in name.split('/') if part != '..')\n"), LEXICAL), 37, "A link leads there"),
    ("def safe_path(root, target):\n    return root + target\n", 37, "where nothing is"),
    ("import os\ndef safe_path(root, target):\n    return os.path.join(root, target)\n", 37, "where nothing is"),
    ("import os\ndef safe_path(root, target):\n    path = root + target\n    return path if os.path.isfile(path) else None\n", None, "what follows ? is no part of the name"),
    (but((INSIDE, "")), 37, "outside of root"),
    (but(("unquote(target.partition(\"?\")[0])", "target.partition('?')[0]")), None, "% and two digits stand for a byte"),
    (but((DECODE, "    target = target.partition('?')[0]\n    if '..' in target:\n        return None\n    name = unquote(target)\n"), (INSIDE, "")), 37, "look at the name when it is decoded"),
    (but((DECODE, DECODE + "    if '..' in name:\n        return None\n")), None, "two dots lead up only where"),
    (but((DECODE, DECODE + "    name = name.replace('../', '')\n"), (INSIDE, "")), 37, "outside of root"),
    (but((INSIDE, "not path.startswith(root) or ")), 37, "compare folders, not letters"),
    (but(('name.lstrip("/")', "name[1:]"), (INSIDE, "name.startswith('/..') or '/../' in name or ")), 37, "forget all that stands before"),
    (but(LEXICAL), 37, "A link leads there"),
    (but(("    root = os.path.realpath(root)\n", "")), None, "compare like with like"),
    (but((DECODE, "    name = unquote(target).partition('?')[0]\n")), None, "%3F is a ? in the name"),
    (but(("from urllib.parse import unquote\n", "from urllib.parse import unquote_plus as unquote\n")), None, "a + in a name is a +"),
    (but((DECODE, DECODE + "    while '%' in name and name != unquote(name):\n        name = unquote(name)\n")), None, "decoded once"),
    (but((DECODE, DECODE + "    if not os.path.isfile(os.path.join(root, name.lstrip('/'))):\n        name = unquote(name)\n"), (INSIDE, "'..' in os.path.join(root, unquote(target.partition('?')[0]).lstrip('/')).split('/') or ")), 37, "decoded once"),
    (but((' or "\\0" in name', "")), None, "null"),
    (but((' or "\\0" in name', ""), ("os.path.isfile(path)", "Path(path).is_file()"), ("    path = os.path.realpath(os.path", "    path = open(os.path.join(root, name.lstrip('/'))).name and os.path.realpath(os.path")), None, "It raised FileNotFoundError"),
    (but(('    if name.endswith("/"):\n        name += "index.html"\n', "")), None, "is the index.html of that folder"),
    (but((" or not os.path.isfile(path)", "")), None, "That folder has no index.html"),
    (but(("not os.path.isfile(path)", "not os.path.exists(path)")), None, "A folder is no file"),
    (but(("not os.path.isfile(path)", "not os.path.exists(path) or os.path.isdir(path)")), None, "a pipe is none"),
    (but(("    return path\n", "    return open(path, 'rb').read()\n")), None, "a path was to come"),
    (but(("        return None\n    return path\n", "        raise PermissionError('outside')\n    return path\n")), None, "what is no file's name is None"),
    ("import os\ndef safe_path(root, target):\n    for path, folders, files in os.walk(root):\n        if target.strip('/') in files:\n            return os.path.join(path, target.strip('/'))\n", None, "returned None, though"),
]  # fmt: skip
