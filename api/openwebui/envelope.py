"""Errors leave as `{"detail": ...}` under their HTTP status; successes leave bare, always with 200 (contract 1)."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from api.openwebui import wording
from api.openwebui.answers import answer_to
from api.openwebui.outcomes import Answer
from models.errors import AppError, Busy, Conflict, InvalidInput, NotAuthenticated, NotFound, NotPermitted, TooLarge, Unavailable

# For errors that have no row of their own.
_PLAIN: dict[type[AppError], Answer] = {
    InvalidInput: Answer(400, wording.default("{message}")),
    NotAuthenticated: Answer(401, wording.UNAUTHORIZED),
    NotPermitted: Answer(401, wording.ACCESS_PROHIBITED),
    NotFound: Answer(404, wording.NOT_FOUND),
    Conflict: Answer(400, wording.default("{message}")),
    TooLarge: Answer(413),
    Busy: Answer(429),
    Unavailable: Answer(503),
}


class Refusal(AppError):
    """What only this dialect knows to refuse: its status, and the sentence, or the list of what is wrong with the request."""

    def __init__(self, status: int, detail: str | list[dict[str, Any]]) -> None:
        super().__init__(f"refused.{status}", detail if isinstance(detail, str) else str(detail[0]["msg"]))
        self.status, self.detail = status, detail


def present_error(error: Exception) -> ResponseReturnValue:
    """The reply to any exception, by the rows of api.openwebui.answers."""
    if isinstance(error, Refusal):
        return jsonify({"detail": error.detail}), error.status
    if isinstance(error, AppError):
        return _told(_expected(error), {"message": error.message, **error.details})
    if isinstance(error, HTTPException):
        return _refused(error)
    return Response("Internal Server Error", 500, content_type="text/plain; charset=utf-8")


def detail_of(error: AppError) -> str:
    """The sentence that a client is told of an expected error."""
    if isinstance(error, Refusal):
        return error.message
    return _expected(error).detail.format_map({"message": error.message, **error.details})


def _expected(error: AppError) -> Answer:
    route = (request.endpoint or "").rpartition(".")[2]
    found = answer_to(route, error.condition, str(error.details.get("rule")))
    return found or next((answer for kind, answer in _PLAIN.items() if isinstance(error, kind)), Answer(400))


def _refused(error: HTTPException) -> ResponseReturnValue:
    """What Werkzeug refuses before or in the place of a route."""
    answer = answer_to("", f"http.{error.code}") or Answer(error.code or 400, error.name)
    allowed = {name: value for name, value in error.get_headers() if name in ("Allow", "Location")}
    return *_told(answer, {}), allowed


def _told(answer: Answer, details: dict[str, Any]) -> tuple[Response, int]:
    return jsonify({"detail": answer.detail.format_map(details)}), answer.status
