"""Arguments from wherever old clients put them: a JSON body of any content type, a form, or the query (legacy contract 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import g, request
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from api.wire.objects import Wire
from api.wire.problems import first_problem
from models.errors import InvalidInput
from services import json_values

_BODILESS = ("GET", "HEAD")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Arguments(Wire):
    """What a route takes, from body or query; `read` gives it in the house's names. Raises InvalidInput."""

    location: ClassVar[str] = "json"
    required: ClassVar[bool] = False

    def read(self) -> Any:
        return self.take(anywhere())

    def take(self, sent: Mapping[str, Any]) -> Any:
        """The values of what was sent; refuses the first one that is wrong."""
        try:
            return self.load(sent)
        except ValidationError as error:
            raise first_problem(error, sent) from None


def sent() -> dict[str, Any]:
    """The JSON body, or the form where there is none or an empty one; read once a request. Raises InvalidInput."""
    if "legacy_sent" not in g:
        g.legacy_sent = _json() or _flat(request.form)
    found: dict[str, Any] = g.legacy_sent
    return found


def anywhere() -> dict[str, Any]:
    """The query, and over it what `sent` gives. Raises InvalidInput."""
    return {**_flat(request.args), **sent()}


def before_body() -> dict[str, Any]:
    """What `sent` gives, and over it the query. Raises InvalidInput."""
    return {**sent(), **_flat(request.args)}


def nothing_sent() -> bool:
    """Whether the body is empty, or an empty JSON value; a form is neither, whatever is in it."""
    if request.mimetype == "multipart/form-data":
        return not request.content_length and "Transfer-Encoding" not in request.headers
    data = request.get_data().strip()
    try:
        return not data or json_values.parse(data) in ({}, [], "", None)
    except ValueError:
        return False


def require(names: Sequence[str | tuple[str, ...]]) -> None:
    """Refuse a request whose body lacks one of the names; null and empty values pass. Raises InvalidInput.

    Of a tuple any one will do, and the first is asked for.
    """
    spellings = [(name,) if isinstance(name, str) else name for name in names]
    missing = [known[0] for known in spellings if not sent().keys() & set(known)]
    if missing:
        raise InvalidInput(missing[0], f"required argument are missing: {','.join(missing)}; ")


def _json() -> dict[str, Any]:
    """The JSON object of the body; nothing for what is no JSON, and of a GET for any other value, which must not refuse it (contract 2.3).

    It is looked for before the form, which would consume the body.
    """
    if request.mimetype == "multipart/form-data":
        return {}
    try:
        value = json_values.parse(request.get_data())
    except ValueError:  # UnicodeDecodeError is one too
        return {}
    except InvalidInput:
        if request.method not in _BODILESS:
            raise
        return {}
    if isinstance(value, dict):
        return value
    if value and request.mimetype not in _FORMS and request.method not in _BODILESS:
        raise InvalidInput("body", "The body should be a JSON object.")
    return {}


def _flat(fields: MultiDict[str, str]) -> dict[str, Any]:
    """Each field's value, or the list of its values when it was given several times. Raises InvalidInput."""
    flat = {name: given[0] if len(given) == 1 else given for name, given in fields.to_dict(flat=False).items()}
    json_values.check(flat)
    return flat
