"""How kernels and JupyterLab's server talk to each other, so that nobody else on the machine listens.

Comes in: where Jupyter keeps what belongs to a running kernel. Goes out: options for JupyterLab.
"""

from __future__ import annotations

import sys
from pathlib import Path

LONGEST_NAME = len("/kernel-01234567-89ab-cdef-0123-456789abcdef-ipc-5")
"""Of a kernel's socket, within that folder."""


def kernels_apart() -> dict[str, object]:
    """Unix sockets in the user's own folder: no port that another kernel could take at the same moment, as happens when a class starts together, and nothing that others could open.

    Where there are none (Windows), or their names would be too long, kernels talk over TCP, encrypted.
    """
    import zmq
    from jupyter_core.paths import jupyter_runtime_dir

    if sys.platform == "win32" or not fits(Path(jupyter_runtime_dir()), zmq.IPC_PATH_MAX_LEN):
        return {"--MappingKernelManager.transport_encryption": "auto"}  # wherever the kernel can, as ours does
    return {"--KernelManager.transport": "ipc"}


def fits(folder: Path, most: int) -> bool:
    """Whether the names of a kernel's sockets are short enough for the system there: `most` bytes."""
    return len(bytes(folder)) + LONGEST_NAME <= most
