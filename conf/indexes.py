"""Making indexes ready where a person waits for it: at a start, and by `dovetail reindex`."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import click

from conf.sections import Settings
from models.errors import Unavailable
from search import outbox
from search.engine import is_another, opened, remember, remembered, verify_all
from search.index import IndexKey
from search.rebuild import rebuild, tidy

_POLL_SECONDS = 0.5
_GIVEN_UP = 3  # exit code of the fork when it has said why


def await_engine(settings: Settings) -> None:
    """Wait for the engine, telling why; ends the program when it does not come."""
    last = [""]

    def report(reason: str) -> None:
        last[0] = reason
        click.echo(f"dovetail: waiting up to {settings.search.start_seconds} s: {reason}", err=True)

    try:
        opened().wait(settings.search.start_seconds, report)
    except Unavailable:
        click.echo(f"dovetail: given up after {settings.search.start_seconds} s (search.start_seconds): {last[0]}", err=True)
        sys.exit(_GIVEN_UP)


def misdirection() -> str:
    """Why the indexes of these settings are not those that a server uses, and what to do; '' when they may be."""
    if not is_another():
        return ""
    said = f"these settings say {opened().name!r}, the database says {remembered()!r}"
    return f"search.engine: {said}; use the settings of the server, or start the server with these, which moves the indexes."


def rebuild_all(keys: Iterable[IndexKey], *, unless: Callable[[IndexKey], bool] = lambda key: False) -> None:
    """Make the indexes anew from the rows, one progress bar each; one that was interrupted goes on where it was.

    `unless` is asked when it is this process's turn, for another one may have done it meanwhile.
    """
    for key in keys:
        _await_other(key)
        with click.progressbar(length=100, label=f"Index {key.tenant} {key.model}", file=sys.stderr) as bar:
            rebuild(key, report=partial(_advance, bar), unless=partial(unless, key))


def _await_other(key: IndexKey) -> None:
    if opened().is_rebuilding(key):
        click.echo(f"dovetail: another process makes the index of {key.tenant} {key.model} anew; waiting for it", err=True)
    while opened().is_rebuilding(key):
        time.sleep(_POLL_SECONDS)


def _advance(bar: Any, share: float) -> None:
    bar.update(round(share * 100) - bar.pos)


def mend(settings: Settings) -> None:
    """Rebuild what is damaged or incomplete, in a fork, so that no model is loaded where the server forks its own."""
    fork = multiprocessing.get_context("fork").Process(target=_mend, args=(settings,))
    fork.start()
    fork.join()
    if fork.exitcode == _GIVEN_UP:
        sys.exit(1)
    if fork.exitcode:
        sys.exit("dovetail: the indexes could not be made ready; `dovetail doctor` tells more")


def _mend(settings: Settings) -> None:
    await_engine(settings)
    keys = outbox.keys()
    for key in keys:
        tidy(key)
    bad = dict.fromkeys(keys, "another engine had the changes until now") if is_another() else verify_all(keys)
    for key, reason in bad.items():
        click.echo(f"dovetail: the index of {key.tenant} {key.model} is made anew: {reason}", err=True)
    rebuild_all(bad, unless=lambda key: not (is_another() or verify_all([key])))
    remember()
