"""What the value of a setting must be to be accepted: fields that say what they expect, whatever is wrong."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate


def expecting(expected: str) -> dict[str, Any]:
    """The arguments of a field that says the same whatever is wrong with its value."""
    return {"required": True, "error_messages": dict.fromkeys(("invalid", "null", "required", "too_large"), expected)}


def count(most: int, *, least: int = 1) -> fields.Integer:
    """A whole number."""
    expected = f"a whole number from {least} to {most}"
    return fields.Integer(strict=True, validate=validate.Range(least, most, error=expected), **expecting(expected))


def choice(*names: str) -> fields.String:
    """One of these words."""
    expected = "one of " + ", ".join(names)
    return fields.String(validate=validate.OneOf(names, error=expected), **expecting(expected))


def url(*schemes: str) -> fields.String:
    """Nothing, or a URL of these schemes."""
    expected = "nothing, or a URL that begins with " + "://, ".join(schemes) + "://"
    return fields.String(validate=validate.Regexp(rf"^$|^({'|'.join(schemes)})://", error=expected), **expecting(expected))


def matching(pattern: str, expected: str) -> fields.String:
    """A text that a pattern describes."""
    return fields.String(validate=validate.Regexp(rf"({pattern})\Z", error=expected), **expecting(expected))


def text() -> fields.String:
    """A text that is not empty."""
    expected = "a text that is not empty"
    return fields.String(validate=validate.Length(min=1, error=expected), **expecting(expected))


def path() -> fields.String:
    """A path, or nothing."""
    return fields.String(**expecting("a path, or nothing"))


def name() -> fields.String:
    """A name, or nothing."""
    return fields.String(**expecting("a name, or nothing"))


def secret() -> fields.String:
    """A key or password, or nothing."""
    return fields.String(**expecting("a key, or nothing"))


def keys() -> fields.Dict:
    """A mapping of names to keys."""
    return fields.Dict(keys=fields.String(), values=fields.String(), **expecting("a mapping of names to keys"))


def switch() -> fields.Boolean:
    """True or false."""
    return fields.Boolean(**expecting("true or false"))
