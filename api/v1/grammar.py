"""The messages of dataset validation, one line per problem (RAGFlow v1 contract 1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.wire.fields import Problem
from api.wire.problems import Path, inside, problems
from services.json_values import shortened

_SHOWN = 125
_WHOLE = 128

TEXTS = {
    "required": "Field required",
    "extra": "Extra inputs are not permitted",
    "text.type": "Input should be a valid string",
    "text.least": "String should have at least {limit} {characters}",
    "text.most": "String should have at most {limit} characters",
    "integer.type": "Input should be a valid integer",
    "integer.literal": "Input should be a valid integer, unable to parse string as an integer",
    "integer.fraction": "Input should be a valid integer, got a number with a fractional part",
    "integer.least": "Input should be greater than or equal to {limit}",
    "integer.most": "Input should be less than or equal to {limit}",
    "number.type": "Input should be a valid number",
    "number.literal": "Input should be a valid number, unable to parse string as a number",
    "number.least": "Input should be greater than or equal to {least}",
    "number.most": "Input should be less than or equal to {most}",
    "flag.type": "Input should be a valid boolean",
    "flag.literal": "Input should be a valid boolean, unable to interpret input",
    "list.type": "Input should be a valid list",
    "list.most": "List should have at most {limit} items after validation",
    "object.type": "Input should be a valid dictionary or instance of {model}",
    "object.size": "Parser config exceeds size limit (max {limit:,} characters). Current size: {size:,}",
    "choice": "Input should be {alternatives}",
    "uuid1": "Invalid UUID1 format",
    "duplicates": "Duplicate ids: '{ids}'",
    "avatar.missing": "Missing MIME prefix. Expected format: data:<mime>;base64,<data>",
    "avatar.prefix": "Invalid MIME prefix format. Must start with 'data:'",
    "avatar.type": "Unsupported MIME type. Allowed: ['image/jpeg', 'image/png']",
    "model.format": "Embedding model identifier must follow <model_name>@<provider> format",
    "model.parts": "Both model_name and provider must be non-empty strings",
}


def lines(messages: Mapping[Any, Any], sent: Mapping[str, Any]) -> str:
    """All problems of a marshmallow error, in the order of the fields, unknown keys last."""
    return "\n".join(_line(path, problem, sent) for path, problem in problems(messages, sent))


def _line(path: Path, problem: Problem, sent: Mapping[str, Any]) -> str:
    value: Any = sent
    for key in path[:-1] if problem == "required" else path:
        value = inside(value, key)
    place = shortened(".".join(str(key) for key in path))
    return f"Field: <{place}> - Message: <{_text(problem)}> - Value: <{_shortened(str(value))}>"


def _text(problem: Problem) -> str:
    details = dict(problem.details)
    details["characters"] = "character" if details.get("limit") == 1 else "characters"
    details["alternatives"] = _alternatives(details.get("choices", ()))
    return TEXTS[problem].format_map(details)


def _alternatives(choices: tuple[str, ...]) -> str:
    words = [f"'{choice}'" for choice in choices]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _shortened(text: str) -> str:
    return text if len(text) <= _WHOLE else text[:_SHOWN] + "..."
