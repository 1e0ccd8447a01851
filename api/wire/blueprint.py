"""A Blueprint whose routes read their arguments when it is time."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any, ClassVar, Protocol, TypeVar

from flask_smorest import Blueprint

Route = TypeVar("Route", bound=Callable[..., Any])


class Readable(Protocol):
    """A schema of arguments that knows where they are; `read` gives them in the house's names. Raises InvalidInput."""

    location: ClassVar[str]
    required: ClassVar[bool]

    def read(self) -> Any:
        """Take the arguments from the request."""


class ReadingBlueprint(Blueprint):
    """A noun of any dialect."""

    def reads(self, arguments: Callable[[], Readable], *, documented: bool = True) -> Callable[[Route], Route]:
        """Document the arguments, and hand the route a function that reads them.

        `@blp.arguments` would read them before the route runs; here a route looks up what its path names first, as the
        order of checks wants it (contract, appendix B). A body read in two steps is documented by one of them.
        """
        schema = arguments()
        parameter = {"in": schema.location, "required": schema.required, "schema": schema}

        def decorate(route: Route) -> Route:
            @wraps(route)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                return route(schema.read, *args, **kwargs)

            wrapper._apidoc = deepcopy(getattr(wrapper, "_apidoc", {}))  # type: ignore[attr-defined]
            if documented:
                described = wrapper._apidoc.setdefault("arguments", {})  # type: ignore[attr-defined]
                described.setdefault("parameters", []).append(parameter)
            return wrapper  # type: ignore[return-value]

        return decorate
