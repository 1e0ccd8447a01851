"""How Dovetail is run: settings, command line, web server, logs and the operator's pages."""

from __future__ import annotations

import ctypes
import os

# Read by the matrix libraries when they are first imported, which is later than this in every process of ours.
# The processes share few cores; threads that a library starts on its own would only stand in each other's way.
for _name, _value in {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}.items():
    os.environ.setdefault(_name, _value)

# By default glibc keeps freed memory apart for every thread: 150 MB more in a process that embeds. The variable is for the
# programs that this process starts, the call for this one and what it forks.
_ARENAS, _M_ARENA_MAX = 1, -8
os.environ.setdefault("MALLOC_ARENA_MAX", str(_ARENAS))
if hasattr(_libc := ctypes.CDLL(None), "mallopt"):
    _libc.mallopt(_M_ARENA_MAX, _ARENAS)
