"""What requests bring, read by a schema; every value that is wrong is told, as clients of typed endpoints know it (contract 1)."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from flask import request
from marshmallow import ValidationError

from api.openwebui.envelope import Refusal
from api.openwebui.problems import entries, entry
from api.wire.objects import Wire
from services import json_values


class JsonBody(Wire):
    """A JSON object; unknown keys are ignored."""

    location: ClassVar[str] = "json"
    required: ClassVar[bool] = True

    def read(self) -> Any:
        """The values under the house's names. Raises Refusal."""
        sent = json_body()
        if not isinstance(sent, dict):
            raise Refusal(422, [entry("model_attributes_type", ["body"], sent)])
        return _loaded(self, sent, "body")


class JsonList(Wire):
    """A JSON list of such objects."""

    location: ClassVar[str] = "json"
    required: ClassVar[bool] = True

    def read(self) -> list[Any]:
        """The values of each. Raises Refusal."""
        sent = json_body()
        if not isinstance(sent, list):
            raise Refusal(422, [entry("list_type", ["body"], sent)])
        for place, item in enumerate(sent):
            if not isinstance(item, dict):
                raise Refusal(422, [entry("model_attributes_type", ["body", place], item)])
        try:
            found: list[Any] = self.load(sent, many=True)
        except ValidationError as error:
            raise Refusal(422, entries(error.messages, sent, "body")) from None
        return found


class Query(Wire):
    """The query of the URL; of a name that is there twice, the last counts."""

    location: ClassVar[str] = "query"
    required: ClassVar[bool] = False

    def read(self) -> Any:
        """The values under the house's names. Raises Refusal."""
        sent = {name: found[-1] for name, found in request.args.lists()}
        json_values.check(sent)
        return _loaded(self, sent, "query")


def json_body() -> Any:
    """The body as a JSON value, whatever its content type says. Raises Refusal, also where there is none, and InvalidInput."""
    data = request.get_data()
    if not data.strip():
        raise Refusal(422, [entry("missing", ["body"], None)])
    try:
        return json_values.parse(data)
    except json.JSONDecodeError as error:
        raise Refusal(422, [entry("json_invalid", ["body", error.pos], {}, error=error.msg)]) from None
    except ValueError:  # not UTF-8, or numbers of too many digits
        raise Refusal(422, [entry("json_invalid", ["body", 0], {}, error="Invalid value")]) from None


def _loaded(schema: Wire, sent: dict[str, Any], where: str) -> Any:
    try:
        return schema.load(sent)
    except ValidationError as error:
        raise Refusal(422, entries(error.messages, sent, where)) from None
