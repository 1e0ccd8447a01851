"""The official Python client, unmodified, as its users have it: each version in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
VERSIONS = ["0.17.2", "0.19.0", "0.20.5"]


def session(version, script, *words):
    """What a script of this folder saw with a version of the client."""
    client = FOLDER.parents[1] / ".tools" / f"ragflow-sdk-{version}"
    assert client.exists(), f"{client} is missing; `make test` installs it"
    environment = {**os.environ, "PYTHONPATH": str(client)}
    run = subprocess.run([sys.executable, str(FOLDER / script), *words], env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
