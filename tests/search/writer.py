"""A process that writes, and reads what it wrote; run with the folder, a number of its own, seconds, and where to die."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.tables import Document
from search import outbox
from search.embedded import draft, index, manifest, segment, terms_index
from tests.search.rooms import KEY, found, open_rooms, remove, write

# What a step is called before: dying there leaves everything before it done.
STEPS: dict[str, tuple[Any, str]] = {
    "the terms are added": (terms_index.TermsWriter, "add"),
    "the vectors are written": (segment, "write"),
    "the states are written": (segment, "write_state"),
    "the segments are merged": (draft.Draft, "_gathered"),
    "the manifest is written": (manifest, "write"),
    "the pointer is set": (index.EmbeddedIndex, "_point_to"),
    "the strays are removed": (manifest, "strays"),
    "the entries are deleted": (outbox, "_forget"),
}


def main(folder: str, number: str, seconds: str, step: str = "") -> None:
    """Add, find, delete and miss chunks until the time is over."""
    open_rooms(Path(folder))
    document = Document.select().first()
    if step:
        die_before(*STEPS[step])
    until = time.monotonic() + float(seconds)
    turn = 0
    while time.monotonic() < until:
        turn += 1
        word = f"n{number}x{turn}"
        slots = write(document, [f"every {word} {at}" for at in range(1 + turn % 3)])
        if found(word) != slots:
            sys.exit(f"{word}: wrote {slots}, found {found(word)}")
        print(*slots, flush=True)
        if turn % 2:
            remove(slots[:1])
            if found(word) != slots[1:]:
                sys.exit(f"{word}: deleted {slots[:1]} of {slots}, found {found(word)}")
    outbox.catch_up(KEY)


def die_before(owner: Any, name: str) -> None:
    """Let this process be killed at the third call of a function."""
    original: Callable[..., Any] = getattr(owner, name)
    calls = []

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(owner, name, counted)


if __name__ == "__main__":
    main(*sys.argv[1:])
