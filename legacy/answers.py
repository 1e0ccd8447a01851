"""Every code and sentence of the dialect, by route and condition (legacy contract 3.3, 11).

A key is (route, condition), else (blueprint, condition), else ("*", condition).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOTHING: Any = object()  # no `data` key at all, as 102 has it (contract 3.1, decisions C10)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told: a code, a sentence with places for details, `data` if there is any, and the HTTP status."""

    code: int
    sentence: str
    data: Any = NOTHING
    status: int = 200


ANSWERS: dict[tuple[str, str], Answer] = {
    ("*", "key.missing"): Answer(109, 'Token is not valid!"', False),
    ("*", "key.unknown"): Answer(109, 'Token is not valid!"', False),
    ("*", "http.404"): Answer(100, "<NotFound '404: Not Found'>", None),
    ("*", "http.405"): Answer(100, "<MethodNotAllowed '405: Method Not Allowed'>", None),
    ("*", "http.413"): Answer(101, "The request is too large.", None, 413),
    ("*", "http.429"): Answer(101, "Too many requests.", None, 429),
    ("*", "http.other"): Answer(100, "<BadRequest '400: Bad Request'>", None),
    ("*", "crash"): Answer(100, "<InternalServerError '500: Internal Server Error'>", None),
    ("*", "unavailable"): Answer(100, "{message}", None),
    ("*", "dataset.not_found"): Answer(102, "Can't find this knowledgebase!"),
    ("*", "document.not_found"): Answer(102, "Document not found!"),
    ("*", "file.not_found"): Answer(102, "Document not found!"),
}


def answer_to(route: str, blueprint: str, *conditions: str) -> Answer | None:
    """The answer to the first condition that the route, its blueprint, or any route has a row for."""
    for condition in conditions:
        for place in (route, blueprint, "*"):
            if (place, condition) in ANSWERS:
                return ANSWERS[place, condition]
    return None
