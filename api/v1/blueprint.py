"""The dialect's Blueprint: envelopes made by flask-smorest's hooks."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint as FlaskBlueprint
from marshmallow import Schema, fields, validate

from api.v1.envelope import success
from api.wire.blueprint import ReadingBlueprint, Route
from api.wire.streams import MEDIA_TYPE


class Error(Schema):
    """An error: a code that is not 0, and a sentence for people."""

    code = fields.Integer(required=True, validate=validate.Range(min=1))
    message = fields.String(required=True)
    data = fields.Raw(allow_none=True)


class Done(Schema):
    """A success with nothing to tell."""

    code = fields.Integer(required=True, validate=validate.OneOf([0]))


@cache
def _envelope(data: type[Schema], many: bool, may_be_absent: bool) -> type[Schema]:
    """The schema of a success around `data`, for the OpenAPI document."""
    nested = fields.Nested(data, many=many, required=not may_be_absent)
    return type(f"{data.__name__}{'List' if many else ''}Reply", (Done,), {"data": nested})


class V1Blueprint(ReadingBlueprint):
    """A noun of /api/v1; its name is the tag of its routes, whose function names are the keys of api.v1.answers."""

    def add_url_rule(self, rule: str, endpoint: str | None = None, view_func: Any = None, *, alias: str = "", **options: Any) -> None:
        """Register a route, with or without a slash at its end (contract 1.1), under the tag of its noun.

        `alias` is a second path, which the OpenAPI document does not name.
        """
        options = {"strict_slashes": False, **options, "tags": [self.name]}
        super().add_url_rule(rule, endpoint, view_func, **options)
        if alias:
            options = {name: options[name] for name in ("strict_slashes", "methods")}
            FlaskBlueprint.add_url_rule(self, alias, view_func.__name__, view_func, **options)

    def or_error(self, route: Route) -> Route:
        """Document that a route whose success is no JSON answers an error in the envelope."""
        documented: Route = self.alt_response(200, schema=Error)(route)
        return documented

    def may_stream(self, route: Route) -> Route:
        """Document that a route answers as a stream of events too."""
        event = {"type": "object", "properties": {"data": {"type": "string"}}}
        documented: Route = self.alt_response(200, schema=event, content_type=MEDIA_TYPE)(route)
        return documented

    @staticmethod
    def _prepare_response_content(data: Any) -> dict[str, Any]:
        return success(data)

    @staticmethod
    def _make_doc_response_schema(schema: Any) -> Any:
        """Errors leave with status 200 too, so every reply is documented as one of both."""
        if isinstance(schema, (dict, Error)):
            return schema
        if schema is None:
            return {"oneOf": [Done, Error]}
        return {"oneOf": [_envelope(type(schema), bool(schema.many), getattr(schema, "may_be_absent", False)), Error]}
