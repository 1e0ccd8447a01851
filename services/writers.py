"""The language model that the ingest worker's steps ask: the tenant's own default, through the chat room (design.md 6)."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from chat import budget, llm
from chat.catalogue import Model
from chat.exchange import Turn
from ingest.model.writer import Request, Writer, Written
from services import models

_TEMPERATURE = 0.1


@dataclass(frozen=True, slots=True)
class ModelWriter:
    """A chat model that does what it is told, one request at a time."""

    model: Model

    def ask(self, request: Request) -> Written:
        """The model's answer without its reasoning, and its tokens as it counted them, else by cl100k. Raises ModelFailed."""
        room = max(self.model.context_tokens - request.longest, self.model.context_tokens // 2)
        turns = budget.fit([Turn("system", request.instruction), Turn("user", request.text)], room)
        parts: list[str] = []
        tokens = 0
        with closing(llm.stream(self.model, turns, {"temperature": _TEMPERATURE, "max_tokens": request.longest})) as pieces:
            for piece in pieces:
                if piece is not None:
                    parts.append(piece.text)
                    tokens = piece.usage.total_tokens if piece.usage else tokens
        text = "".join(parts)
        return Written(text.rpartition("</think>")[2].strip(), tokens or budget.spent(turns) + budget.count(text))


def writer_of(tenant: str) -> Writer | None:
    """The tenant's default model; None when it is the built-in one, which quotes and writes nothing of its own."""
    model = models.chat_model(tenant)
    return None if model.built_in else ModelWriter(model)
