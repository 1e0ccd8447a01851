"""The error tree: raised anywhere, worded and coded by the dialect that answers.

AppError                  expected, safe to show, logged without a traceback
|- InvalidInput           well formed, but a value is wrong
|- NotAuthenticated       missing, malformed, unknown
|- NotPermitted           a known caller, but not this caller's to change
|- NotFound               nothing of that id that this caller may see
|- Conflict               the state of the store forbids it
|- TooLarge               a size limit
|- Busy                   more of this is asked at once than is served
`- Unavailable            the database, index, model or blob store did not answer

Every error carries a `condition`, the stable key by which a dialect's table finds its own code and sentence,
a plain `message` for dialects that have no sentence of their own, and `details` to fill either in.
"""

from __future__ import annotations


class AppError(Exception):
    """An expected failure: `condition` names it, `message` says it, `details` fill in a dialect's sentence."""

    def __init__(self, condition: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.condition = condition
        self.message = message
        self.details = details


class InvalidInput(AppError):
    """A value that cannot be accepted; `field` names it as the house does."""

    def __init__(self, field: str, message: str, *, condition: str = "invalid", **details: object) -> None:
        super().__init__(condition, message, field=field, **details)


class NotAuthenticated(AppError):
    """The caller did not prove who it is; `reason` is missing, malformed or unknown."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"key.{reason}", message)


class NotPermitted(AppError):
    """A thing the caller can see but may not change."""

    def __init__(self, noun: str, id: str) -> None:
        super().__init__(f"{noun}.not_permitted", f"You may not change the {noun} {id}.", noun=noun, id=id)


class NotFound(AppError):
    """No such thing within the caller's reach; a stranger's thing answers the same."""

    def __init__(self, noun: str, id: str) -> None:
        super().__init__(f"{noun}.not_found", f"The {noun} {id} does not exist.", noun=noun, id=id)


class Conflict(AppError):
    """Well formed and permitted, but the present state forbids it."""


class TooLarge(AppError):
    """Over a size limit that the message names."""


class Busy(AppError):
    """As much of this as is served at once is under way; asked again a moment later it will be."""

    def __init__(self) -> None:
        super().__init__("busy", "Too many requests.")


class Unavailable(AppError):
    """A backend did not answer or could not write; logged at ERROR with its cause."""

    def __init__(self, backend: str) -> None:
        super().__init__("unavailable", f"The {backend} is not available at the moment.", backend=backend)
