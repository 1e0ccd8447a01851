"""Rebuilding indexes where a person waits for it: at a start that finds one damaged, and by `dovetail reindex`."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

import click

from search import outbox
from search.engine import verify_all
from search.index import IndexKey
from search.rebuild import rebuild


def rebuild_all(keys: Iterable[IndexKey]) -> None:
    """Make the indexes anew from the rows, one progress bar each."""
    for key in keys:
        with click.progressbar(length=100, label=f"Index {key.tenant} {key.model}", file=sys.stderr) as bar:
            rebuild(key, report=partial(_advance, bar))


def _advance(bar: Any, share: float) -> None:
    bar.update(round(share * 100) - bar.pos)


def mend() -> None:
    """Rebuild what is damaged or incomplete, in a fork, so that no model is loaded where the server forks its own."""
    fork = multiprocessing.get_context("fork").Process(target=lambda: rebuild_all(verify_all(outbox.keys())))
    fork.start()
    fork.join()
    if fork.exitcode:
        sys.exit("dovetail: the indexes could not be made ready; `dovetail doctor` tells more")
