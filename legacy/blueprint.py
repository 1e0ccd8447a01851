"""The dialect's Blueprint: arguments are required before the caller is asked who it is, as old clients saw it (decisions A9)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from flask import current_app, request
from marshmallow import Schema, fields

from api.wire.blueprint import ReadingBlueprint, Route
from legacy import arguments, auth
from legacy.envelope import success

LARGEST_UNKNOWN = 1 << 20  # bytes of a body that is read before its sender is known (decisions C11)


class Reply(Schema):
    """Any reply: code 0 and `data`, or another code and a sentence; each under the names of both generations."""

    retcode = fields.Integer(required=True)
    retmsg = fields.String(required=True)
    code = fields.Integer(required=True)
    message = fields.String(required=True)
    data = fields.Raw(allow_none=True)


@cache
def _envelope(data: type[Schema], many: bool) -> type[Schema]:
    """The schema of a success around `data`, for the OpenAPI document."""
    return type(f"{data.__name__}{'List' if many else ''}Reply", (Reply,), {"data": fields.Nested(data, many=many, required=True)})


class LegacyBlueprint(ReadingBlueprint):
    """A noun of the legacy API; its name is the tag of its routes, whose function names are the keys of legacy.answers."""

    def add_url_rule(self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any) -> None:
        """Register a route under the tag of its noun; legacy.paths has taken any slash from the end of the path."""
        super().add_url_rule(rule, endpoint, view_func, **{**options, "tags": [self.name]})

    @staticmethod
    def requires(*names: str | tuple[str, ...]) -> Callable[[Route], Route]:
        """Refuse a request whose body lacks one of the names, before the caller is authenticated (contract 2.3); of a tuple any will do."""
        return _marking("required_arguments", names)

    @staticmethod
    def authenticated_by(check: Callable[[], None], *, from_body: bool = False) -> Callable[[Route], Route]:
        """Learn who is calling in another way than by a key in the header, such as from the body, which then must be small."""

        def mark(route: Route) -> Route:
            return _marking("authenticate", check)(_marking("known_by_body", from_body)(route))

        return mark

    @staticmethod
    def _prepare_response_content(data: Any) -> dict[str, Any]:
        return success(data)

    @staticmethod
    def _make_doc_response_schema(schema: Any) -> Any:
        """Errors leave with status 200 too, so every reply is documented as one of both."""
        if schema is None or isinstance(schema, Reply):
            return Reply
        if isinstance(schema, dict):
            return schema if schema.get("format") == "binary" else {"anyOf": [schema, Reply]}
        return {"anyOf": [_envelope(type(schema), bool(schema.many)), Reply]}

    def _prepare_arguments_doc(self, doc: Any, doc_info: Any, *, api: Any, spec: Any, **about: Any) -> Any:
        """Arguments that may be anywhere are documented in the query of a GET."""
        for parameter in doc_info.get("arguments", {}).get("parameters", ()) if about.get("method") == "get" else ():
            parameter["in"] = "query"
        return super()._prepare_arguments_doc(doc, doc_info, api=api, spec=spec, **about)


def begin() -> None:
    """Check what the route requires, then who is calling, but of a large body the latter first (decisions A9, C11).

    A browser asks with OPTIONS before that. Raises InvalidInput, NotAuthenticated.
    """
    if request.method == "OPTIONS":
        return
    route = current_app.view_functions[str(request.endpoint)]
    steps = [partial(arguments.require, getattr(route, "required_arguments", ())), getattr(route, "authenticate", auth.authenticate)]
    if getattr(route, "known_by_body", False):
        request.max_content_length = LARGEST_UNKNOWN
    elif _large():
        steps.reverse()
    for step in steps:
        step()


def _large() -> bool:
    """Whether the body is larger than a stranger's may be, or might be, as its size is not told."""
    return (request.content_length or 0) > LARGEST_UNKNOWN or "Transfer-Encoding" in request.headers


def _marking(name: str, value: Any) -> Callable[[Route], Route]:
    def mark(route: Route) -> Route:
        setattr(route, name, value)
        return route

    return mark
