"""What JupyterHub is told, for a class on one machine.

In: the configuration that JupyterHub passes to `jupyterhub_config.py`, beside this file. Out: the same, filled; and the folders that the hub needs. Every setting can be given another value on the command line of `hub start`.
"""

from __future__ import annotations

import compileall
import grp
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

from helpers.course.environment import ROOT, Trouble
from helpers.course.hub import network
from helpers.course.hub.learners import GROUP, TEACHERS, of_class
from helpers.course.hub.serving import FIRST
from helpers.notebook.learner import CLASS_VARIABLE

DATA = Path("/var/lib/networking-course-hub")
"""What the hub keeps."""
DATA_VARIABLE = "NETWORKING_COURSE_HUB"
"""An environment variable with another folder."""
PRIVATE = "hub"
"""In it, root's alone: who has logged in, secrets."""
SHARED = "class"
"""In it: a folder for each learner, the learner's own, for what the learner shares with whoever teaches."""
TOKEN = "early-token"
"""Among the secrets: what `hub early` shows to the hub."""
LOCK = "lock"
"""Beside them: a file that is locked while a hub runs."""
SHOWN = "http://127.0.0.1:8000"
"""Where browsers find the hub if nothing else is said: on this machine only, behind whatever brings HTTPS."""
PROXY = "configurable-http-proxy"

PATIENCE = 300
"""Seconds in which a server has to answer. A start takes 2 seconds of a core, and all who log in at nine o'clock share the cores: 40 on two cores take 40 s, 200 take 200."""
MEMORY = "400M"
"""For each learner, all kernels together."""
IDLE = 3600
"""Seconds after which a kernel ends that does nothing, and whose notebook nobody has open."""


def data() -> Path:
    return Path(os.environ.get(DATA_VARIABLE, DATA))


def configure(c: Any) -> None:
    """Fill JupyterHub's configuration `c`."""
    folder = data() / PRIVATE
    c.JupyterHub.bind_url = SHOWN
    c.JupyterHub.db_url = f"sqlite:///{folder / 'jupyterhub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(folder / "cookie-secret")
    c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
    c.ConfigurableHTTPProxy.command = [proxy() or PROXY]

    # The machine's accounts, of the class only. (NativeAuthenticator 1.3.0 answers every login with 500 under JupyterHub 6.1.)
    c.JupyterHub.authenticator_class = "pam"
    c.PAMAuthenticator.allowed_groups = {GROUP, *teachers()}
    c.PAMAuthenticator.admin_groups = teachers()

    # Who is over such a limit gets an error, and no place in a queue.
    c.JupyterHub.concurrent_spawn_limit = 0
    c.Spawner.http_timeout = PATIENCE
    c.Spawner.start_timeout = PATIENCE

    c.JupyterHub.spawner_class = "helpers.course.hub.spawner.OwnNetworkSpawner"
    c.JupyterHub.hub_ip = network.HUB
    c.JupyterHub.hub_port = network.HUB_PORT
    c.Spawner.cmd = [sys.executable, "-I", "-m", "helpers.course.hub.serving"]
    c.Spawner.args = [f"--MappingKernelManager.cull_idle_timeout={IDLE}", "--MappingKernelManager.cull_interval=300"]
    c.Spawner.default_url = FIRST
    c.Spawner.mem_limit = MEMORY
    c.Spawner.env_keep = ["LANG", "LC_ALL"]
    # `python3` in a terminal is the course's.
    c.Spawner.environment = {"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"}
    c.Spawner.pre_spawn_hook = share

    c.JupyterHub.services = [{"name": "early", "api_token": token()}]
    c.JupyterHub.load_roles = [
        {"name": "early", "scopes": ["admin:users", "servers", "list:users"], "services": ["early"]}
    ]


def prepare() -> None:
    """What has to be there before JupyterHub starts, and needs root."""
    private, shared = data() / PRIVATE, data() / SHARED
    for each, mode in ((data(), 0o711), (private, 0o700), (shared, 0o751)):
        each.mkdir(parents=True, exist_ok=True)
        each.chmod(mode)
    os.chown(shared, 0, group_of_teachers())
    lock(private / LOCK)
    network.prepare()
    if trouble := network.close_off():
        print(
            f"There is no firewall, and learners' programs reach whatever listens on all of this machine's addresses: {trouble}",
            file=sys.stderr,
        )
    # No learner may write there, and each kernel would compile it anew.
    compileall.compile_dir(str(ROOT / "helpers"), quiet=2)


def lock(path: Path) -> None:
    """Only one hub at a time: a second one finds the addresses taken, and ends the first one's servers as it gives up."""
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Trouble("A hub runs on this machine already.") from None
    os.set_inheritable(handle, True)  # to the program that this one becomes


def share(spawner: Any) -> None:
    """A folder of the learner's own, which whoever teaches may read, and no other learner. Root alone writes into the one above it, so that nobody can take another's name, or put a link in its place."""
    from tornado.web import HTTPError

    try:
        account = of_class(spawner.user.name)
    except Trouble as error:
        raise HTTPError(403, str(error)) from None
    folder = data() / SHARED / account.pw_name
    folder.mkdir(exist_ok=True)
    os.chown(folder, account.pw_uid, group_of_teachers())
    folder.chmod(0o2750)  # 2: what is made in it has its group
    spawner.environment = {**spawner.environment, CLASS_VARIABLE: str(folder)}


def teachers() -> set[str]:
    """Their group, if there is one."""
    try:
        return {grp.getgrnam(TEACHERS).gr_name}
    except KeyError:
        return set()


def group_of_teachers() -> int:
    return grp.getgrnam(TEACHERS).gr_gid if teachers() else 0


def proxy() -> str | None:
    """JupyterHub's proxy: the one that is installed on the machine (npm), or else in the environment (pip)."""
    return shutil.which(PROXY) or shutil.which(PROXY, path=str(Path(sys.executable).parent))


def token() -> str:
    """What lets `early` in: made once, and read by root only."""
    path = data() / PRIVATE / TOKEN
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text()
