"""safe_path(root, target): the file that a request may have."""

from __future__ import annotations

from helpers.checking.exercise import Exercise

STUB = '''
def safe_path(root, target):
    """The path of the file in the folder root that target names; None where there is no such file to give.

    root: a folder's name, a str. target: as it stands in a request, such as "/Z%C3%BCrich.html?lang=de": what
    follows ? is no part of the name, and %C3%BC stands for two bytes of UTF-8; decoded once. A target that
    ends in / is the index.html of that folder. Nothing outside of root is given, whatever leads there:
    dots, links, anything. It raises nothing: a missing file, a folder, nonsense are None, which is answered with 404.
    """
'''

safe_path = Exercise(
    lesson=15,
    signature="safe_path(root, target)",
    brief="Return the path of the file in the folder root that target names (a str, or a Path), and None where there is no such file to give. root is a folder's name, a str. target is what stands in a request, such as "
    "'/Z%C3%BCrich.html?lang=de': what follows ? is no part of the name, and %C3%BC stands for two bytes of UTF-8, decoded once. A target that ends in / is the index.html of that folder. "
    "Nothing outside of root is given, whatever leads there: dots, links, anything. It raises nothing: a missing file, a folder, nonsense are None.",
    hints=("", "", ""),
    solution="",
    reasons="",
)
