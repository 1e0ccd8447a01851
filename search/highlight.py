"""The original text with its hits in <em>, as safe HTML: found by the tokens of search.terms, so stems and variants match."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from search import terms

SENTENCES = 3
LONGEST = 300  # characters of one sentence; a longer one is cut at a space, or anywhere where there is none

_SENTENCE = re.compile(r".*?(?:[!?;](?=\s)|\.(?=\s)|[。！？；\n]|$)", re.DOTALL)

Span = tuple[int, int]


def mark(text: str, terms: Sequence[str]) -> str:
    """The best one to three sentences as HTML, hits in <em>, in reading order, `...` where text is left out; '' without a hit."""
    spans = _spans(text, terms)
    if not spans:
        return ""
    chosen = sorted(_best(text, spans))
    parts: list[str] = []
    for number, (start, end) in enumerate(chosen):
        if number:
            parts.append(" " if text[chosen[number - 1][1] : start].strip() == "" else " ... ")
        parts.append(_marked(text, start, end, spans))
    return "".join(parts)


def mark_all(text: str, terms: Sequence[str]) -> str:
    """The whole text as HTML, hits in <em>; '' without a hit."""
    spans = _spans(text, terms)
    return _marked(text, 0, len(text), spans) if spans else ""


def _spans(text: str, wanted: Sequence[str]) -> list[Span]:
    """Where the text has the terms; what touches is one span, so a CJK run is marked whole."""
    hits = terms.places(text, set(wanted))
    telling = _telling(wanted)
    spans: list[Span] = []
    for _, start, end in [hit for hit in hits if hit.text in telling] or hits:
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _telling(wanted: Sequence[str]) -> set[str]:
    """The terms without CJK characters that a pair of the question holds already: alone they match almost anything."""
    pairs = [term for term in wanted if len(term) == 2 and terms.is_cjk(term)]
    return set(wanted) - {char for pair in pairs for char in pair}


def _best(text: str, spans: Sequence[Span]) -> list[Span]:
    """Up to three sentences with hits: those with the most different hits first, then those with more marked text."""
    scored = []
    for start, end in _sentences(text):
        inside = [text[max(low, start) : min(high, end)].lower() for low, high in spans if low < end and high > start]
        if inside:
            scored.append((-len(set(inside)), -sum(map(len, inside)), start, end))
    return [(start, end) for _, _, start, end in sorted(scored)[:SENTENCES]]


def _sentences(text: str) -> Iterable[Span]:
    """The sentences without the space around them, long ones in pieces."""
    for found in _SENTENCE.finditer(text):
        start, end = found.span()
        while end - start > LONGEST:
            cut = text.rfind(" ", start + 1, start + LONGEST)
            cut = cut if cut > 0 else start + LONGEST
            yield start, cut
            start = cut
        inner = text[start:end]
        if inner.strip():
            yield end - len(inner.lstrip()), start + len(inner.rstrip())


def _marked(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    """text[start:end] escaped, its spans in <em>."""
    parts: list[str] = []
    done = start
    for low, high in spans:
        low, high = max(low, done), min(high, end)
        if low < high:
            parts += (html.escape(text[done:low], quote=False), "<em>", html.escape(text[low:high], quote=False), "</em>")
            done = high
    return "".join(parts) + html.escape(text[done:end], quote=False)
