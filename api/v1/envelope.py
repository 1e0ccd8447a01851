"""The envelope: `{"code": 0, "data": ...}` around what routes return, `{"code": n, "message": ...}` around errors."""

from __future__ import annotations

from typing import Any

from flask import g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from api.v1.answers import answer_to
from api.v1.outcomes import NOTHING, Answer
from models.errors import AppError, Conflict, NotAuthenticated, NotFound, NotPermitted, TooLarge
from services.compat import profile

# For errors that have no row of their own: their message is one that a person can read.
_PLAIN: dict[type[AppError], Answer] = {
    NotAuthenticated: Answer(109, "{message}", 401, False),
    NotPermitted: Answer(108, "{message}"),
    NotFound: Answer(102, "{message}"),
    Conflict: Answer(102, "{message}"),
    TooLarge: Answer(101, "{message}", 413, None),
}
_INVALID = Answer(101, "{message}")
_QUOTED_LENGTH = 128
RAISING = ("complete_chat", "list_chat_models", "complete_agent")


def success(data: Any = None) -> dict[str, Any]:
    """The envelope of a success; None means that there is nothing to tell (contract 1.2)."""
    return {"code": 0} if data is None else {"code": 0, "data": data}


def present_error(error: Exception) -> ResponseReturnValue:
    """The reply to any exception, by the rows of api.v1.answers."""
    if isinstance(error, AppError):
        answer, details = _expected(error), {"message": error.message, **error.details}
    elif isinstance(error, HTTPException):
        answer, details = _answer(f"http.{error.code}", "http.other"), {}
    else:
        answer, details = _answer("crash"), {}
    body: dict[str, Any] = {"code": answer.code, "message": answer.sentence.format_map(_context(details))}
    if answer.data is not NOTHING:
        body["data"] = answer.data
    return jsonify(body), _status(answer), _headers(error, answer)


def _status(answer: Answer) -> int:
    """The clients of some routes know an error by its status alone, which the seeds' profile therefore sends (decisions A11)."""
    raises = answer.status == 200 and _route() in RAISING and profile().name == "seed"
    return 400 if raises else answer.status


def _expected(error: AppError) -> Answer:
    backend = f"{error.condition}.{error.details.get('backend')}"
    found = answer_to(_route(), backend, error.condition, str(error.details.get("rule")))
    return found or next((answer for kind, answer in _PLAIN.items() if isinstance(error, kind)), _INVALID)


def _answer(*conditions: str) -> Answer:
    answer = answer_to(_route(), *conditions)
    if answer is None:
        raise LookupError(f"no answer to {conditions}")
    return answer


def _route() -> str:
    return (request.endpoint or "").rpartition(".")[2]


def _context(details: dict[str, Any]) -> dict[str, Any]:
    """What a sentence may name: the ids of the path, the caller's tenant, and the details of the error."""
    context: dict[str, Any] = {**(request.view_args or {}), **details}
    if "principal" in g:
        context["tenant"] = g.principal.tenant
    if "value" in details:
        context |= {"type": type(details["value"]).__name__, "quoted": quoted(str(details["value"]))}
    return context


def quoted(text: str) -> str:
    """The client's own text as RAGFlow quotes it in its messages (contract 1.10), shortened."""
    return repr(text if len(text) <= _QUOTED_LENGTH else text[:_QUOTED_LENGTH] + "...")


def _headers(error: Exception, answer: Answer) -> dict[str, str]:
    if answer.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if answer.status == 405 and isinstance(error, HTTPException):
        return {name: value for name, value in error.get_headers() if name == "Allow"}
    return {}
