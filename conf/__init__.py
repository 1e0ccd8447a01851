"""How Dovetail is run: settings, command line, web server, logs and the operator's pages."""

from __future__ import annotations

import os

# Read by the matrix libraries when they are first imported, which is later than this in every process of ours.
# The processes share few cores; threads that a library starts on its own would only stand in each other's way.
for _name, _value in {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}.items():
    os.environ.setdefault(_name, _value)
