"""How much memory other processes hold."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")


def resident(process: int) -> int:
    """Bytes that a process and those that it started hold in memory; 0 of one that is gone, and on systems without /proc."""
    folder = _PROCESSES / str(process)
    with suppress(OSError):
        own = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return own + sum(map(resident, map(int, (folder / "task" / str(process) / "children").read_text().split())))
    return 0
