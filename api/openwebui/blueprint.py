"""The dialect's Blueprint: what routes return leaves as it is, and errors are documented with their statuses."""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import Response
from flask_smorest.utils import resolve_schema_instance
from marshmallow import Schema, fields

from api.openwebui.replies import in_order
from api.wire.blueprint import ReadingBlueprint, Route
from api.wire.streams import MEDIA_TYPE


class Error(Schema):
    """An error: a sentence, or a list of what is wrong with the request."""

    detail = fields.Raw(required=True)


class Invalid(Schema):
    """A request that is not what its route reads."""

    detail = fields.List(fields.Dict(), required=True)


class OpenWebuiBlueprint(ReadingBlueprint):
    """A noun of Open WebUI's API; its name is the tag of its routes, whose function names are the keys of api.openwebui.answers."""

    def add_url_rule(self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any) -> None:
        """Register a route, with or without a slash at its end (decisions A10), under the tag of its noun."""
        super().add_url_rule(rule, endpoint, view_func, **{"strict_slashes": False, **options, "tags": [self.name]})

    def response(self, status_code: int, schema: Any = None, **described: Any) -> Any:
        """Document what a route answers, and write it; its keys leave in their order, for an object of the client's own stays as it was sent."""
        document, shape = super().response(status_code, schema, **described), resolve_schema_instance(schema)

        def decorate(route: Route) -> Any:
            @wraps(route)
            def written(*args: Any, **kwargs: Any) -> Response:
                told = route(*args, **kwargs)
                return told if isinstance(told, Response) else in_order(shape.dump(told) if isinstance(shape, Schema) else told)

            return document(written)

        return decorate

    def refuses(self, *statuses: int) -> Any:
        """Document the statuses of a route's errors, beside those of every route."""

        def decorate(route: Route) -> Route:
            for status in statuses:
                route = self.alt_response(status, schema=Invalid if status == 422 else Error)(route)
            return route

        return decorate

    def may_stream(self, route: Route) -> Route:
        """Document that a route answers as a stream of events too."""
        event = {"type": "object", "properties": {"data": {"type": "string"}}}
        documented: Route = self.alt_response(200, schema=event, content_type=MEDIA_TYPE)(route)
        return documented
