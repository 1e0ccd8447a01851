"""Failures of the machine below, as the errors of the house: only here are the drivers' exceptions known by name."""

from __future__ import annotations

import errno

from peewee import InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded

from models.errors import Unavailable

_DATABASE = (OperationalError, InterfaceError, MaxConnectionsExceeded)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def translated(error: Exception) -> Exception:
    """The Unavailable that a lost or full database or disk stands for, with the failure as its cause; any other error itself."""
    if isinstance(error, _DATABASE):
        failure = Unavailable("database")
    elif isinstance(error, OSError) and error.errno in _FULL:
        failure = Unavailable("disk")
    else:
        return error
    failure.__cause__ = error
    return failure
