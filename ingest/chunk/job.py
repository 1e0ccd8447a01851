"""What a chunk method is given: a file, its settings, and where to say how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.chunk.options import Options

Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One file to chunk. `name` is what its uploader called it; `depth` counts the mails it is attached within."""

    path: Path
    name: str
    options: Options
    language: str
    report: Report
    depth: int = 0

    @property
    def title(self) -> str:
        """The file name without its extension (contract 7.1)."""
        return self.name.rpartition(".")[0] or self.name
