"""The seam every dialect plugs into: who answers for which paths, and the one handler that errors go through."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, request
from flask.typing import ResponseReturnValue

from models.errors import AppError, Unavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A wire language: the name of its outermost blueprint, the paths it answers for, and how it is mounted.

    A prefix that ends with a slash answers for what is below it, and not for itself; `others` matches paths that no prefix can tell.
    `present` makes the reply to any exception: an AppError, werkzeug's HTTPException, or a crash.
    """

    blueprint: str
    prefixes: tuple[str, ...]
    mount: Callable[[Flask], None]
    present: Callable[[Exception], ResponseReturnValue]
    others: re.Pattern[str] | None = None


def install(app: Flask, dialects: Sequence[Dialect], translate: Callable[[Exception], Exception]) -> None:
    """Mount the dialects and let each word the errors of its own paths; the first one answers for all other paths.

    `translate` knows the failures of databases and disks, and gives the AppError that each stands for.
    """
    for dialect in dialects:
        dialect.mount(app)

    # The application's crash handler: it must see everything, or an exception would leave as Flask's HTML.
    @app.errorhandler(Exception)
    def _answer(raised: Exception) -> ResponseReturnValue:
        error = translate(raised)
        _record(error)
        return _speaker(dialects).present(error)


def _speaker(dialects: Sequence[Dialect]) -> Dialect:
    """The dialect of the route that ran, else of the longest prefix of the path: no blueprint ran for a 404 or 405."""
    outermost = (request.blueprint or "").partition(".")[0]
    for dialect in dialects:
        if dialect.blueprint == outermost:
            return dialect
    for dialect in dialects:
        if dialect.others and dialect.others.fullmatch(request.path):
            return dialect
    fits = [(len(prefix), dialect) for dialect in dialects for prefix in dialect.prefixes if _is_under(request.path, prefix)]
    return max(fits, key=lambda fit: fit[0])[1] if fits else dialects[0]


def _is_under(path: str, prefix: str) -> bool:
    if prefix.endswith("/"):
        return path.startswith(prefix) and path != prefix
    return f"{path}/".startswith(f"{prefix}/")


def _record(error: Exception) -> None:
    if isinstance(error, Unavailable):
        log.error("backend unavailable: %s", error.message, exc_info=error)
    elif isinstance(error, AppError):
        log.info("refused: %s", error.condition)
    elif getattr(error, "code", None) is None:
        log.error("crash", exc_info=error)
