"""`python3 -m helpers`, as whoever starts it meets it: in folders of its own, with things missing and broken."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import flit_core
import pytest
from packaging.requirements import Requirement

import helpers
from helpers.course import commands, environment, front_door

ROOT = environment.ROOT
PART_OF_IT = ["helpers", "pyproject.toml", "README.md"]
WELL = """\
ok    Python 3.11 or newer
ok    venv and pip, which install the course
ok    a message to 127.0.0.1 comes back
ok    the system hands out a free port
ok    port 65431, the lecture's, is free
ok    IPv6 loopback ::1
ok    a browser
"""

# Reach the environment at once and need nothing that would have to be installed there: for a learner, for whoever changes the course.
NO_SUCH_LESSON = ["edit", "99"]
NO_SUCH_LESSON_STORED = ["store", "99"]
INSIDE = "There is no lesson '99'"


# A folder to start in ------------------------------------------------------------------------------------------------


def make_clone(folder: Path, needed: str = "needed==1.0") -> Path:
    """What the front door needs of the repository, with other requirements, and the wheel of one package."""
    folder.mkdir()
    for name in PART_OF_IT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    require(folder, needed)
    make_wheel(folder, "needed")
    return folder


def require(clone: Path, needed: str, tool: str = "") -> None:
    """A learner needs the one, and whoever changes the course the other, too."""
    project = clone / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(
        re.sub(r"(?ms)^dependencies = \[$.*?^\]", f"dependencies = {json.dumps([needed], indent=1)}", text),
        encoding="utf-8",
    )
    pins = f"{needed}  # via networking-with-python (pyproject.toml)\n{tool}\n"
    (clone / "requirements.txt").write_text(pins, encoding="utf-8")


def of_version(clone: Path, version: str) -> None:
    """Make it another version of the course."""
    face = clone / "helpers" / "__init__.py"
    text = face.read_text(encoding="utf-8")
    face.write_text(re.sub('(?m)^__version__ = ".*"$', f'__version__ = "{version}"', text), encoding="utf-8")


def make_wheel(clone: Path, name: str) -> None:
    """An empty module, to be installed from the folder in which packed courses have such files."""
    (clone / "wheels").mkdir(exist_ok=True)
    files = {
        f"{name}.py": "",
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(clone / "wheels" / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)


def has(clone: Path, name: str) -> bool:
    return any((clone / ".venv").rglob(f"{name}.py"))


def surroundings(*python_path: Path, **more: str) -> dict[str, str]:
    """A user's environment without this machine's settings for Python and pip, and without a network for pip."""
    offline = {"PIP_NO_INDEX": "1", "PYTHONUTF8": "1"}
    return without_settings() | offline | {"PYTHONPATH": os.pathsep.join(map(str, python_path))} | more


def without_settings() -> dict[str, str]:
    """A user's environment without this machine's settings for Python and pip."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV"))}
    return kept | {"PIP_CONFIG_FILE": os.devnull}


PATIENCE = 240
"""Seconds that a command may take which makes an environment: some ten on a quiet machine, and more than 60 were seen on one where six tests had their turn."""


def start(clone: Path, *arguments: str, env: dict[str, str], start_new_session: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [base_python(), "-m", "helpers", *arguments],
        cwd=clone,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env=env,
        start_new_session=start_new_session,
    )


def run(clone: Path, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit status and all that was said. Nothing that is said is ever a traceback."""
    with start(clone, *arguments, env=env or surroundings()) as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in said
    return process.returncode, said


def base_python() -> str:
    """A Python without the course's packages."""
    return getattr(sys, "_base_executable", sys.executable)


def installs(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that installs something: it takes seconds, and all of them share one clone."""
    return pytest.mark.xdist_group("installs")(pytest.mark.slow(test))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with flit_core alone: it builds the package, and where pip has no network it cannot be installed."""
    folder = tmp_path_factory.mktemp("builder")
    shutil.copytree(Path(flit_core.__file__).parent, folder / "flit_core")
    return folder


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, builder: Path) -> tuple[Path, list[str]]:
    """A clone that was started twice at the same time, and what the two said."""
    clone = make_clone(tmp_path_factory.mktemp("started") / "a clone, with a space")
    both = [start(clone, *NO_SUCH_LESSON, env=surroundings(builder)) for _ in range(2)]
    said = []
    for process in both:
        with process:
            said.append(process.communicate(timeout=PATIENCE)[0])
    return clone, said


# Starting ------------------------------------------------------------------------------------------------------------


@installs
def test_first_start_makes_the_environment_once_though_two_start_at_once(started: tuple[Path, list[str]]) -> None:
    clone, said = started
    assert [INSIDE in text for text in said] == [True, True], said
    assert sum("Making .venv" in text for text in said) == 1
    jupyter = clone / ".venv" / "share" / "jupyter"
    assert (jupyter / "lab" / "settings" / "overrides.d" / "networking-with-python.json").is_file()
    assert (jupyter / "labextensions" / "networking-with-python" / "static" / "pictures.js").is_file()
    assert has(clone, "needed")


@installs
def test_second_start_is_quick(started: tuple[Path, list[str]]) -> None:
    clone, _ = started
    script = (
        "import time; began = time.process_time();"
        "from helpers.course import front_door;"
        "front_door.hand_over = lambda command: print(time.process_time() - began);"
        f"front_door.main({NO_SUCH_LESSON})"
    )
    seconds = [
        float(subprocess.run([base_python(), "-c", script], cwd=clone, capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    assert min(seconds) < 0.05


@installs
def test_update_without_network_says_so_and_goes_on_later(started: tuple[Path, list[str]], builder: Path) -> None:
    clone, _ = started
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}/simple"
    env = surroundings(builder, PIP_INDEX_URL=dead, PIP_RETRIES="1") | {"PIP_NO_INDEX": "0"}

    require(clone, "no-such-package==1.0")
    status, said = run(clone, *NO_SUCH_LESSON, env=env)
    assert status == 1
    assert "pip could not reach the package index: connect this computer to the internet" in said
    assert "pip said last: ERROR: Cannot install no-such-package==1.0" in said
    assert "The folder wheels has what a learner needs on another computer; this is Python 3." in said

    require(clone, "needed==1.0")
    of_version(clone, "9.8.7")
    status, said = run(clone, *NO_SUCH_LESSON, env=surroundings(builder))
    assert INSIDE in said and "Making .venv" not in said
    assert [path.name for path in (clone / ".venv").rglob("networking_with_python*.dist-info")] == [
        "networking_with_python-9.8.7.dist-info"
    ]


@installs
def test_half_made_environment_is_finished(started: tuple[Path, list[str]], builder: Path) -> None:
    clone, _ = started
    (clone / ".venv" / "made-from.txt").unlink()
    _, said = run(clone, *NO_SUCH_LESSON, env=surroundings(builder))
    assert INSIDE in said and "Installing" in said and "Making .venv" not in said


@installs
def test_environment_whose_python_is_gone_is_made_anew(started: tuple[Path, list[str]], builder: Path) -> None:
    clone, _ = started
    for python in (clone / ".venv").glob("[bS]*/python*"):
        python.unlink()
    _, said = run(clone, *NO_SUCH_LESSON, env=surroundings(builder))
    assert INSIDE in said and "Making .venv" in said


@installs
def test_environment_of_another_python_is_made_anew_and_said_to_be(
    started: tuple[Path, list[str]], builder: Path
) -> None:
    clone, _ = started
    stamp = clone / ".venv" / "made-from.txt"
    this, _, rest = stamp.read_text(encoding="utf-8").partition("\n")
    stamp.write_text(f"Python 3.9 in {clone}\n{rest}", encoding="utf-8")
    _, said = run(clone, *NO_SUCH_LESSON, env=surroundings(builder))
    assert INSIDE in said and f", anew: it was made for Python 3.9 in {clone}, and this is {this} …" in said
    assert stamp.read_text(encoding="utf-8").startswith(this)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to send to another process here")
@installs
def test_ctrl_c_while_installing(started: tuple[Path, list[str]], builder: Path) -> None:
    clone, _ = started
    require(clone, "never-answered==1.0")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        env = surroundings(builder, PIP_INDEX_URL=index) | {"PIP_NO_INDEX": "0"}
        with start(clone, *NO_SUCH_LESSON, env=env, start_new_session=True) as process:
            silent.settimeout(30)
            conn, _ = silent.accept()  # pip asks, and waits for an answer
            with conn:
                os.killpg(process.pid, signal.SIGINT)
                said, _ = process.communicate(timeout=30)
    require(clone, "needed==1.0")
    assert process.returncode == 130
    assert "Stopped. The same command goes on from here." in said and "Traceback" not in said


@installs
def test_what_the_developers_need_comes_with_the_first_command_that_needs_it(
    started: tuple[Path, list[str]], builder: Path
) -> None:
    """What stands stays, whole, if the rest cannot be had."""
    clone, _ = started
    env = surroundings(builder)
    require(clone, "needed==1.0", "tool==1.0")
    _, said = run(clone, *NO_SUCH_LESSON, env=env)
    assert INSIDE in said and not has(clone, "tool")

    status, said = run(clone, *NO_SUCH_LESSON_STORED, env=env)
    assert status == 1
    assert INSIDE not in said and "pip said last: ERROR: No matching distribution found for tool==1.0" in said
    _, said = run(clone, *NO_SUCH_LESSON, env=env)
    assert INSIDE in said and "Installing" not in said

    make_wheel(clone, "tool")
    _, said = run(clone, *NO_SUCH_LESSON_STORED, env=env)
    assert INSIDE in said and "Making .venv" not in said and has(clone, "tool")
    for command in NO_SUCH_LESSON, NO_SUCH_LESSON_STORED:
        _, said = run(clone, *command, env=env)
        assert INSIDE in said and "Installing" not in said


# What is missing -----------------------------------------------------------------------------------------------------


def test_python_too_old(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    pretend = "import sys, runpy; sys.version_info = (3, 8, 18); runpy.run_module('helpers', run_name='__main__')"
    done = subprocess.run([base_python(), "-c", pretend], cwd=clone, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr.startswith("The course needs Python 3.11 or newer, and this is Python 3.8")


def test_python_that_is_really_too_old(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    there = [python for python in old_pythons() if subprocess.run([python, "-V"], capture_output=True).returncode == 0]
    if not there:
        pytest.skip("no old Python on this machine")
    for python in there:
        done = subprocess.run([python, "-m", "helpers", "lab"], cwd=clone, capture_output=True, text=True, timeout=30)
        assert done.returncode == 1
        assert done.stderr.startswith("The course needs Python 3.11 or newer")


def old_pythons() -> list[str]:
    """Old Pythons where a machine may have them: on the path, or with pyenv."""
    names = [f"python3.{minor}" for minor in range(7, 11)]
    on_path = [found for name in names if (found := shutil.which(name))]
    return on_path + [str(found) for name in names for found in Path.home().glob(f".pyenv/versions/*/bin/{name}")]


def test_no_ensurepip(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")
    status, said = run(clone, "lab", env=surroundings(tmp_path))
    assert status == 1
    assert "sudo apt install python3-venv" in said
    assert run(clone, "doctor", env=surroundings(tmp_path))[0] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="to make a link takes a privilege on Windows")
def test_an_environment_that_is_a_link_is_not_emptied(tmp_path: Path) -> None:
    """What it leads to may be the environment of another folder: everything in that stays as it is."""
    clone = make_clone(tmp_path / "clone")
    theirs = tmp_path / "another" / ".venv"
    (theirs / "bin").mkdir(parents=True)
    (theirs / "bin" / "tool").write_text("theirs")
    (clone / ".venv").symlink_to(theirs)
    status, said = run(clone, "lab")
    assert status == 1
    assert f"is a link to {theirs.resolve()}" in said and "Remove the link" in said and "Traceback" not in said
    assert (theirs / "bin" / "tool").read_text() == "theirs"


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main(arguments) == 0
    said = capsys.readouterr().out
    for command in [*commands.COMMANDS, "doctor", "--version"]:
        assert f"\n  {command} " in said


@pytest.mark.parametrize("asked", ["-h", "--help"])
@pytest.mark.parametrize("command", sorted(commands.COMMANDS.keys() - commands.WITH_OPTIONS))
def test_help_with_a_command_that_has_no_options_is_a_line(
    command: str, asked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is made for it, nor done."""
    monkeypatch.setattr(front_door, "open_door", lambda command, rest: pytest.fail("the environment was entered"))
    assert front_door.main([command, asked]) == 0
    assert re.fullmatch(rf"python3 -m helpers {command}\n[A-Z].*\.\n", capsys.readouterr().out)


@pytest.mark.parametrize("command", sorted(commands.WITH_OPTIONS))
def test_help_with_a_command_that_has_options_names_them(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.COMMANDS[command](["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python3 -m helpers {command} [-h]")


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"python3 -m helpers ([\w-]+)", readme))
    assert named == {*commands.COMMANDS, "doctor", "--version"}


def test_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main(["lap"]) == 2
    assert capsys.readouterr().err.startswith("There is no command 'lap'.")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/there"), "No permission to write /there"),
        (OSError(28, "No space left on device", "/there"), "No space left on device: /there"),
        (ModuleNotFoundError("No module named 'x'", name="x"), "This Python has no x: pip install -r requirements.txt"),
        (environment.Trouble("What to do."), "What to do."),
    ],
)
def test_trouble_is_a_sentence(error: Exception, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise error

    assert front_door.guarded(fail) == 1
    assert sentence in capsys.readouterr().err


def test_an_environment_that_has_the_course_installed_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on Binder: no .venv stands or is made, and the running Python, which runs these tests, has everything."""
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "STAMP", tmp_path / ".venv" / "made-from.txt")
    for command in NO_SUCH_LESSON, NO_SUCH_LESSON_STORED:
        assert front_door.main(command) == 1
        assert INSIDE in capsys.readouterr().err
    monkeypatch.setattr(front_door, "find_spec", lambda name: None)  # what a learner needs is there, and no more
    assert front_door.main(NO_SUCH_LESSON_STORED) == 1
    assert "This Python has no pytest: pip install -r requirements.txt" in capsys.readouterr().err
    assert not (tmp_path / ".venv").exists()


# doctor --------------------------------------------------------------------------------------------------------------


@pytest.mark.xdist_group("port 65431")
def test_doctor_needs_no_environment(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    programs = tmp_path / "bin"  # with a browser, which the machine may not have
    programs.mkdir()
    for name in "chromium", "chromium.exe":
        (programs / name).touch(0o755)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    status, said = run(clone, "doctor", env=surroundings(PATH=path))
    first, _, lines = said.partition("\n")
    assert first.startswith(f"Networking with Python {helpers.__version__}, Python {platform.python_version()}, ")
    assert re.sub(r" \(off here.*\)", "", lines) == WELL
    assert status == 0
    assert not (clone / ".venv").exists()


def test_version_needs_no_environment(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    assert run(clone, "--version") == (0, f"Networking with Python {helpers.__version__}\n")
    assert not (clone / ".venv").exists()


# The commands --------------------------------------------------------------------------------------------------------


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The tools that a command would have run."""
    wanted: list[list[str]] = []

    def note(tools: list[list[str]]) -> int:
        wanted.extend(tools)
        return 0

    monkeypatch.setattr(commands, "run_all", note)
    return wanted


@pytest.mark.parametrize(
    ("arguments", "last"),
    [
        ([], ["pytest"]),
        (["--quick"], ["pytest", "tests", "-m", "not slow"]),
    ],
)
def test_test_runs_the_linters_before_pytest(arguments: list[str], last: list[str], tools: list[list[str]]) -> None:
    commands.test(arguments)
    assert [tool[0] for tool in tools] == ["ruff", "ruff", "mypy", "pytest"]
    assert tools[-1] == last


def test_test_gives_other_arguments_to_pytest_alone(tools: list[list[str]]) -> None:
    commands.test(["-k", "doctor"])
    assert tools == [["pytest", "-k", "doctor"]]


def test_every_tool_runs_though_one_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(environment.Trouble, match="^Failed: no_such_tool -x$"):
        commands.run_all([["no_such_tool", "-x"], ["this"]])
    assert "Beautiful is better than ugly." in capfd.readouterr().out


# Progress of an installation -----------------------------------------------------------------------------------------

PINS = """\
# made by uv
ours==1.0     # via networking-with-python (pyproject.toml), x
Ours.Else==2  # via Ours
old-python==1.0 ; python_full_version < '3'  # via x, ours-else
new-python==1.0 ; python_full_version >= '3'  # via ours-else
both==1 ; python_full_version < '3'  # via new-python
both==2 ; python_full_version >= '3'  # via new-python
tool==1  # via networking-with-python (pyproject.toml)
x==1     # via tool
"""


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    pins = tmp_path / "requirements.txt"
    pins.write_text(PINS, encoding="utf-8")
    monkeypatch.setattr(environment, "REQUIREMENTS", pins)
    monkeypatch.setattr(environment, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(environment, "dependencies", lambda: ["ours<2"])
    return pins


def test_what_a_regions_encoding_does_not_have_is_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp437"))
    front_door.speak_anywhere()
    print("Making .venv …", flush=True)
    assert written.getvalue().startswith(b"Making .venv ?")


def test_packages_of_this_platform_are_counted(pinned: Path) -> None:
    needed = {"ours", "ours-else", "new-python", "both"}
    assert environment.packages(everything=False) == needed
    assert environment.packages(everything=True) == needed | {"tool", "x"}


def test_what_a_learner_needs_is_what_the_packages_say_that_they_need() -> None:
    """requirements.txt's notes against what is installed."""
    seen: set[str] = set()
    more = [Requirement(each) for each in environment.dependencies()]
    while more:
        each = more.pop()
        if str(each) not in seen:
            seen.add(str(each))
            more += wanted_by(each)
    needed = {environment.name_of(each) for each in seen}
    assert needed == environment.packages(everything=False)
    assert not needed & {"playwright", "mypy", "ruff", "uv", "pytest", "hypothesis", "nbval", "pre-commit"}


def wanted_by(requirement: Requirement) -> list[Requirement]:
    """What a package requires on this computer, with those of its extras that are asked for."""
    wanted = map(Requirement, distribution(requirement.name).requires or [])
    extras = requirement.extras or {""}
    return [r for r in wanted if not r.marker or any(r.marker.evaluate({"extra": extra}) for extra in extras)]


def test_every_command_for_developers_is_one() -> None:
    assert set(commands.COMMANDS) > commands.FOR_DEVELOPERS


def test_the_counter_ends_where_it_says(
    pinned: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever pip says more than once, or brings along."""
    said = [
        "Collecting ours==1.0 (from -r requirements.txt (line 2))",
        "Requirement already satisfied: ours_else==2 in ./lib (from -r requirements.txt (line 3)) (2)",
        "Processing /wheels/new_python-1.0-py3-none-any.whl",
        "Requirement already satisfied: Ours.Else in ./lib (from both)",
        "Collecting surprise>=1 (from both)",
        "Collecting both==2 (from -r requirements.txt (line 7))",
        "Collecting ours==1.0 (from both)",
        "Installing collected packages: ours, both",
    ]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert list(environment.show_progress(said, environment.packages(everything=False))) == said
    shown = capsys.readouterr().out
    assert "\x1b" not in shown  # which the terminal of an older Windows shows as it stands
    counts = re.findall(r"(\d+) of (\d+): (\w+)", shown)
    assert counts == [("1", "4", "ours"), ("2", "4", "ours_else"), ("3", "4", "new_python"), ("4", "4", "both")]


STRANDED = """
import asyncio
from anyio import to_thread
from helpers.course.commands import end_idle_workers

async def page():
    await to_thread.run_sync(print, "read")
    loop.stop()
    await asyncio.Event().wait()

loop = asyncio.new_event_loop()
task = loop.create_task(page())
loop.run_forever()  # as JupyterLab's server does it: the task never ends
end_idle_workers()
"""


def test_a_thread_that_waits_for_work_keeps_no_jupyterlab_from_its_end() -> None:
    done = subprocess.run([sys.executable, "-c", STRANDED], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"read\n")
