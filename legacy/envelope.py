"""The envelope: `retcode` and `retmsg` beside `code` and `message`, for clients of both generations (legacy contract 3.1, 10.2)."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from legacy.answers import NOTHING, Answer, answer_to
from legacy.options import options
from models.errors import AppError, Conflict, InvalidInput, NotAuthenticated, NotFound, NotPermitted, TooLarge

# For errors that have no row of their own: their message is one that a person can read.
_PLAIN: dict[type[AppError], Answer] = {
    InvalidInput: Answer(101, "{message}", None),
    NotAuthenticated: Answer(109, "{message}", False),
    NotPermitted: Answer(108, "{message}", False),
    NotFound: Answer(102, "{message}"),
    Conflict: Answer(102, "{message}"),
    TooLarge: Answer(101, "{message}", None, 413),
    AppError: Answer(100, "{message}", None),
}


def enveloped(code: int, message: str, data: Any = NOTHING) -> dict[str, Any]:
    """The body of a reply or frame, its keys in the order of contract 10.2."""
    wanted = options().envelope
    keys = {"retcode": code, "retmsg": message} if wanted != "code" else {}
    keys |= {"code": code, "message": message} if wanted != "retcode" else {}
    return keys if data is NOTHING else {**keys, "data": data}


def success(data: Any = None) -> dict[str, Any]:
    """The envelope of a success; `data` is always there."""
    return enveloped(0, "success", data)


def present_error(error: Exception) -> ResponseReturnValue:
    """The reply to any exception, by the rows of legacy.answers; HTTP 200 but for size and rate limits (decisions A11)."""
    answer, message = answer_for(error)
    return jsonify(enveloped(answer.code, message, answer.data)), answer.status


def answer_for(error: Exception) -> tuple[Answer, str]:
    """The row for an exception, and its sentence filled in."""
    if isinstance(error, AppError):
        found = _row(error.condition, str(error.details.get("rule")))
        answer = found or next(answer for kind, answer in _PLAIN.items() if isinstance(error, kind))
        return answer, answer.sentence.format_map({"message": error.message, **error.details})
    answer = _row(f"http.{error.code}", "http.other") if isinstance(error, HTTPException) else _row("crash")
    if answer is None:
        raise LookupError("no answer to an exception")
    return answer, answer.sentence


def _row(*conditions: str) -> Answer | None:
    parts = (request.endpoint or "").split(".")
    return answer_to(parts[-1], parts[-2] if len(parts) > 1 else "", *conditions)
