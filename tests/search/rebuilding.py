"""A process that makes an index anew, and is killed after some of its pieces."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from models.tables import Rebuild
from search.elastic.engine import ElasticEngine
from search.rebuild import rebuild
from tests.search.rooms import KEY, open_rooms

PIECE = 100

if __name__ == "__main__":
    open_rooms(Path(sys.argv[1]))
    ElasticEngine.piece = PIECE
    rebuild(KEY, lambda share: os.kill(os.getpid(), signal.SIGKILL) if Rebuild.get().slot >= 3 * PIECE else None)
