"""An ingest worker as a process of its own: python -m tests.ingest.worker_process FOLDER URL [setting=value ...].

`kill=SPEC` ends it by SIGKILL at a step: module:function:event[:count], where event is call or return. `victim=child` kills
the child process alone, `victim=none` raises an error there that nobody expects. The product has no hooks for this: a profile
function watches what Python calls. `largest=BYTES` is the size from which a child is replaced.
"""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from ingest import child, worker
from tests.ingest.rooms import open_rooms


def start(folder: Path, url: str, given: dict[str, str], supervisor: int) -> None:
    """What every child calls first."""
    logging.basicConfig(level="INFO")
    child.LARGEST_SIZE = float(given["largest"])
    open_rooms(folder, url)
    victims = {"all": [supervisor, os.getpid()], "child": [os.getpid()], "none": []}[given["victim"]]
    if given["kill"]:
        sys.setprofile(_Killer(given["kill"], victims))


class _Killer:
    def __init__(self, spec: str, victims: list[int]) -> None:
        module, self._function, self._event, *count = spec.split(":")
        self._file = module.replace(".", "/") + ".py"
        self._left = int(count[0]) if count else 1
        self._victims = victims

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event != self._event or frame.f_code.co_name != self._function or not frame.f_code.co_filename.endswith(self._file):
            return
        self._left -= 1
        if self._left == 0:
            for victim in self._victims:
                os.kill(victim, signal.SIGKILL)
            raise RuntimeError(f"planted in {self._file}")


def main() -> None:
    logging.basicConfig(level="INFO")
    folder, url = Path(sys.argv[1]), sys.argv[2]
    given = {"children": "1", "document_seconds": "60", "document_bytes": "2e9", "lease_seconds": "30", "kill": "", "victim": "all", "largest": "1e9"}
    given |= dict(word.split("=", 1) for word in sys.argv[3:])
    open_rooms(folder, url)
    if given["kill"]:
        sys.setprofile(_Killer(given["kill"], [os.getpid()]))
    worker.run_forever(
        functools.partial(start, folder, url, given, os.getpid()),
        limits=worker.Limits(
            children=int(given["children"]),
            document_seconds=float(given["document_seconds"]),
            document_bytes=int(float(given["document_bytes"])),
            lease_seconds=float(given["lease_seconds"]),
        ),
        scratch=folder / "scratch",
    )


if __name__ == "__main__":
    main()
