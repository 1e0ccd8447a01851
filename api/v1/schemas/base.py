"""What all schemas of the dialect share: unknown keys, and how a route's arguments are read and refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import request
from marshmallow import EXCLUDE, RAISE, ValidationError
from marshmallow.types import UnknownOption

from api.v1 import bodies, grammar
from api.wire.objects import Wire
from api.wire.problems import first_problem
from models.errors import InvalidInput
from services import json_values
from services.compat import profile


class Strict(Wire):
    """An object whose unknown keys RAGFlow 0.19 refuses; the seeds' profile ignores them (decisions A7)."""

    def load(self, data: Any, *, many: bool | None = None, partial: Any = None, unknown: UnknownOption | None = None) -> Any:
        if unknown is None:
            unknown = RAISE if profile().name == "v0.19" else EXCLUDE
        return super().load(data, many=many, partial=partial, unknown=unknown)


class Arguments(Wire):
    """What a route takes from its request; `read` gives it in the house's names. Raises InvalidInput."""

    location: ClassVar[str] = "json"
    required: ClassVar[bool] = True

    def read(self) -> Any:
        return self.take(bodies.lenient())

    def take(self, sent: Mapping[str, Any]) -> Any:
        """The values of what was sent; refuses the first one that is wrong."""
        try:
            return self.load(sent)
        except ValidationError as error:
            raise first_problem(error, sent) from None


class Query(Arguments):
    """The query string; of a key given twice the first counts."""

    location = "query"

    def read(self) -> Any:
        return self.take(sent_query())


class StrictArguments(Strict, Arguments):
    """A dataset's body: every problem is told, in the grammar of contract 1.6."""

    def read(self) -> Any:
        return self.take(bodies.strict())

    def take(self, sent: Mapping[str, Any]) -> Any:
        try:
            return self.load(sent)
        except ValidationError as error:
            raise InvalidInput("body", grammar.lines(error.messages_dict, sent), condition="grammar") from None


class StrictQuery(StrictArguments):
    """A query string in the grammar of contract 1.6."""

    location = "query"

    def read(self) -> Any:
        return self.take(sent_query())


class Deletion(Arguments):
    """The body of a delete: an unknown key is refused, so that a misspelt one cannot mean "all" (decisions A6)."""

    required = False

    class Meta:
        unknown = RAISE

    def read(self) -> Any:
        return self.take(bodies.deleting() or {})


def sent_query() -> dict[str, str]:
    """The query string as it was sent. Raises InvalidInput for what no row can hold."""
    sent = request.args.to_dict()
    json_values.check(sent)
    return sent
