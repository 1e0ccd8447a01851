"""How much a model may read: tokens counted, histories and texts cut to them (RAGFlow v1 contract 6 steps 7 and 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from chat.exchange import Turn

KNOWN_SHARE = 0.97  # of the context that passages may fill
HISTORY_SHARE = 0.95  # of the context that all messages together may fill
MESSAGE_TOKENS = 4  # what a message costs beside its text


def count(text: str) -> int:
    """The cl100k tokens of a text."""
    return int(_vocabulary().count(_encodable(text)))


def cut(text: str, tokens: int) -> str:
    """The beginning of the text that has at most so many tokens."""
    if tokens <= 0:
        return ""
    text = _encodable(text)
    encoded = _vocabulary().encode(text)
    if len(encoded) <= tokens:
        return text
    # A token may end within a character, which then is left out.
    while tokens and (kept := _vocabulary().decode(encoded[:tokens])) is None:
        tokens -= 1
    return str(kept) if tokens else ""


def fit(turns: Sequence[Turn], context: int) -> list[Turn]:
    """The turns that a context of so many tokens has room for: the system's, the last, and the newest between them.

    When even the first and the last do not fit, the longer of both is cut.
    """
    room = int(context * HISTORY_SHARE)
    system, rest = (list(turns[:1]), list(turns[1:])) if turns[0].role == "system" else ([], list(turns))
    fixed = [*system, rest[-1]]
    left = room - sum(map(_cost, fixed))
    if left < 0:
        return _shortened(fixed, room)
    kept: list[Turn] = []
    for turn in reversed(rest[:-1]):
        left -= _cost(turn)
        if left < 0:
            break
        kept.insert(0, turn)
    while kept and kept[0].role != "user":  # an answer without its question confuses, and some models refuse it
        kept.pop(0)
    return [*system, *kept, rest[-1]]


def spent(turns: Sequence[Turn]) -> int:
    """The tokens of all these messages."""
    return sum(map(_cost, turns))


def _shortened(turns: list[Turn], room: int) -> list[Turn]:
    costs = [count(turn.content) for turn in turns]
    longer = costs.index(max(costs))
    others = sum(costs) - costs[longer] + MESSAGE_TOKENS * len(turns)
    # A second text that is too long by itself leaves the first its half.
    turns[longer] = replace(turns[longer], content=cut(turns[longer].content, max(room - others, room // 2)))
    if len(turns) == 2 and spent(turns) > room:
        other = 1 - longer
        turns[other] = replace(turns[other], content=cut(turns[other].content, room - _cost(turns[longer]) - MESSAGE_TOKENS))
    return turns


def _cost(turn: Turn) -> int:
    return count(turn.content) + MESSAGE_TOKENS


def _encodable(text: str) -> str:
    """The text without lone surrogates, which JSON may carry and no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _vocabulary() -> Any:
    from rs_bpe import bpe

    return bpe.openai.cl100k_base()
