"""`python3 -m helpers site`: the course as a web site, from the stored lessons. Nothing is run, and no network is needed, to build it or to read it.

Comes in: the stored notebooks, the Markdown beside them, README. Goes out: a folder of pages. Sphinx builds them, with MyST-NB for notebooks and Furo's theme.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers import __version__
from helpers.course.environment import Trouble
from helpers.course.handouts import KINDS
from helpers.course.site.pages import DOWNLOADS, Source, repository_in_readme, write_pages

FOLDER = Path("site")
"""Where the site is written, in the folder in which the command is given."""

HERE = Path(__file__).parent
SHARED = [HERE.parent / "handouts" / "templates" / "handout" / name for name in ("outputs.css", "reference.css")]
"""How outputs look, and the pages of the reference, on a telephone and on paper: the handouts' own."""
MADE_BY_SPHINX = ".buildinfo"
"""A file that stands in every folder of pages that Sphinx has built, and in no other."""
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def write_site(arguments: Sequence[str]) -> int:
    """Write the site, into the folder that the command line names."""
    wanted = parse(arguments)
    target = free(wanted.to)
    with tempfile.TemporaryDirectory() as folder:
        source = Source(Path(folder), wanted.repository or repository_in_readme())
        lessons = write_pages(source)
        complaints = build(source, Path(folder) / "site")
        if target.exists():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder) / "site", target)
    print(
        f"{wanted.to / 'index.html'} written, with {lessons} lessons. It opens in a browser, from the folder or from a server."
    )
    if complaints:
        raise Trouble(f"Something in the pages is to be mended:\n{complaints}")
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers site",
        description="Write the course as a web site that needs no network: every stored lesson a page, with search.",
    )
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help=f"where to, {FOLDER} if not said")
    parser.add_argument(
        "--repository",
        type=a_repository,
        metavar="OWNER/NAME",
        help="where the course lies on GitHub, for links to Binder; if not said, as README's link to Binder says",
    )
    return parser.parse_args(arguments)


def a_repository(text: str) -> str:
    if not REPOSITORY.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no OWNER/NAME")
    return text


def free(folder: Path) -> Path:
    """`folder`, where nothing stands but a site that may be replaced."""
    target = folder.resolve()
    if target.is_file() or any(parent.is_file() for parent in target.parents):
        raise Trouble(f"{folder} cannot be a folder, a file has that name: name another, as in --to FOLDER.")
    if target.is_dir() and any(target.iterdir()) and not (target / MADE_BY_SPHINX).is_file():
        raise Trouble(f"{folder} holds something that is no site: name another folder, as in --to FOLDER.")
    return target


def build(source: Source, out: Path) -> str:
    """Build the pages in `source` into `out`. Comes back with what Sphinx complains of, a line each."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    said = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            source.pages,
            None,
            out,
            source.folder / "doctrees",
            "html",
            settings(source),
            status=None,
            warning=said,
        )
        app.build()
    return re.sub(r"\x1b\[[\d;]*m", "", said.getvalue()).replace(f"{source.pages.resolve()}/", "").strip()


def settings(source: Source) -> dict[str, Any]:
    """Sphinx's configuration."""
    return {
        "project": "Networking with Python",
        "version": __version__,
        "release": __version__,
        "language": "en",
        "extensions": ["myst_nb", "sphinx.ext.githubpages", "helpers.course.site.book"],
        "templates_path": [str(HERE / "templates")],
        "nb_execution_mode": "off",
        "nb_ipywidgets_js": {},  # they would come from the web
        "smartquotes": False,  # b'he' is not b‘he’
        "myst_heading_anchors": 3,
        "myst_update_mathjax": False,
        "html_theme": "furo",
        "html_title": f"Networking with Python {__version__}",
        "html_static_path": [str(HERE / "static"), *map(str, SHARED)],
        "html_css_files": [
            "outputs.css",
            "site.css",
            "reference.css",
        ],  # whose sheet of paper is to hold against the site's
        "html_js_files": ["site.js"],
        "html_extra_path": [str(source.downloads.parent)],
        "html_copy_source": False,
        "html_show_copyright": False,
        "html_show_sphinx": True,
        "html_use_index": False,
        "html_theme_options": {"top_of_page_buttons": []},
        "html_context": {
            "repository": source.repository,
            "downloads": DOWNLOADS,
            "kinds": {Path(name).stem: kind for name, kind in KINDS.items()},
        },
    }
