"""A pytest plugin (see `addopts`): the kernels that tests start talk over Unix sockets, where there are any.

jupyter_client looks for free ports some time before the new kernel takes them. While six workers connect to one address after another, somebody else may have one of them by then, and the kernel does not start.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

plain_init = KernelManager.__init__


def init(self: KernelManager, *args: Any, **options: Any) -> None:
    # The sockets lie beside this file, and a system allows their names some hundred bytes.
    file = Path(tempfile.gettempdir(), f"kernel-{uuid.uuid4()}.json")
    plain_init(self, *args, **{"transport": "ipc", "connection_file": str(file), **options})


if os.name == "posix":
    KernelManager.__init__ = init  # type: ignore[method-assign]
