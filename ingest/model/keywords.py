"""The words of a chunk that tell it from the others of its document: what keywords are without a language model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from search import terms

_SHORTEST = 3  # letters of a word of the Latin, Greek or Cyrillic script
_LEAST_CJK = 2  # times that a pair of characters must stand in a chunk to be taken for a word


class Vocabulary:
    """In how many chunks of a document each token stands."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._counts: Counter[str] = Counter()
        self._total = 0
        for text in texts:
            self._counts.update({token.text for token in terms.tokens(text)})
            self._total += 1

    def keywords(self, text: str, count: int) -> list[str]:
        """The most telling words of a chunk, as they are written there: often here, seldom elsewhere."""
        found: dict[str, str] = {}
        times: Counter[str] = Counter()
        for token in terms.tokens(text):
            shown = text[token.start : token.end]
            if _may_tell(token.text, shown):
                found.setdefault(token.text, shown)
                times[token.text] += 1
        weights = {token: _weight(token, times[token], self._rarity(token)) for token in found}
        best = sorted((token for token in found if weights[token]), key=lambda token: (-weights[token], token))
        return [found[token] for token in best[:count]]

    def _rarity(self, token: str) -> float:
        return math.log(1 + (self._total + 1) / (1 + self._counts[token]))


def _may_tell(token: str, shown: str) -> bool:
    if terms.is_cjk(token):
        return len(token) > 1
    return len(token) >= _SHORTEST and token not in terms.STOP_WORDS and shown.lower() not in terms.STOP_WORDS and not token.isdecimal()


def _weight(token: str, times: int, rarity: float) -> float:
    if terms.is_cjk(token) and times < _LEAST_CJK:
        return 0.0
    return times * rarity
