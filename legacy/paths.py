"""One form for every spelling of a legacy path, so that each route is written once (legacy contract 2.1, 10.1; decisions A10, C1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

INTERIM = ("dataset", "doc", "assistant", "session")
_OPEN_WEBUI = ("models", "chat", "version")


def canonical(path: str) -> str | None:
    """The path that the routes know: no doubled and no final slash, under /v1; None when the path is not this dialect's."""
    parts = [part for part in path.split("/") if part]
    match parts:
        case ["v1" | "api", "v1", "api", *rest]:
            found = ["api", *rest]
        case ["api", "v1", noun, *_] if noun in INTERIM:
            return "/" + "/".join(parts)
        case ["api", "v1", "document", "get", *rest]:
            found = ["document", "get", *rest]
        case ["api", "v1", *_]:
            return None
        case ["api", noun, *_] if noun in _OPEN_WEBUI:
            return None
        case ["api", *_] | ["document", *_]:
            found = parts
        case ["v1", *rest]:
            found = rest
        case _:
            return None
    if found[:3] == ["api", "document", "get"]:  # the manual of v0.6 spells it so
        found = found[1:]
    return "/" + "/".join(["v1", *found])


class CanonicalPaths:
    """A WSGI application that routes each spelling as the one form: old clients lose body or key on a redirect."""

    def __init__(self, inner: Callable[..., Iterable[bytes]]) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["PATH_INFO"] = canonical(environ["PATH_INFO"]) or environ["PATH_INFO"]
        return self._inner(environ, start_response)
