"""Message: says one of its texts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.schema import required


@dataclass(frozen=True, slots=True)
class MessageParams(Params):
    """Those of a Message."""

    messages: tuple[str, ...] = ()


class Message(Component):
    """Picks a text at random."""

    kind = "Message"
    schema: ClassVar[type[Params]] = MessageParams
    params: MessageParams

    def check(self) -> None:
        required(self.params.messages, "[Message]", self.id)

    def run(self, call: Call) -> Running:
        return Output((random.choice(self.params.messages),))
        yield
