"""The built-in model: it answers with sentences of the passages, and says so when none fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chat import markers, sentences
from chat.exchange import Passage
from search import terms

NOTHING_FITS = "The documents say nothing that answers this question."
NO_DOCUMENTS = "Without a language model I answer from documents alone, and this chat has none."

# Measured on squad and cmrc (bench, section chat): a sentence fits by the similarity of its chunk and the question's words it has.
TERM_SHARE = 0.7  # of a chunk's similarity, whatever the chat's own weights are
WORDS = 0.3  # what a sentence with all the question's words gains
UNKNOWN = 0.3  # what all sentences lose when no passage has any of the question's words: a small index scores only words that it knows
LEAST = 0.52  # below this the best sentence is about something else
NEAR_BEST = 0.15  # how far below the best a further sentence may be
MOST = 3  # sentences
LONGEST = 600  # characters of one quote

# A question's words by how much they say: names and numbers more, long words a little more.
NAMED, LONG = 1.6, 1.2
LONG_LETTERS = 8

# Words that ask and are no part of what is asked about.
ASKING = frozenset(
    "what which who whom whose when where why how do does did can could should would may might must has have had you i we me my our your is are "
    "was were be been being much many long often name named type kind term called use used one most some any other than from about after before "
    "during between over under more also else s".split()
) | terms.STOP_WORDS  # fmt: skip
_ASKING_CHINESE = re.compile("什么|甚么|怎么样|怎么|怎样|为什么|为何|如何|哪里|哪些|哪个|哪|谁|多少|多久|何时|何地|几|是|的|了|吗|呢|有|在|被|和|于|其")
_WORD = re.compile(r"\w+")
_WHOLE = re.compile(r"""[.!?;:。！？；：]["'”’)\]」』）]*$""")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence as it stands in a passage."""

    text: str
    passage: int


def quotes(question: str, passages: Sequence[Passage]) -> list[Quote]:
    """The sentences that answer best, those of the best passage first; none when nothing fits."""
    weights = word_weights(question)
    scored = []
    for number, passage in enumerate(passages):
        similarity = TERM_SHARE * passage.term_similarity + (1 - TERM_SHARE) * passage.vector_similarity
        for start, end in sentences.split(passage.content):
            part = share(passage.content[start:end], weights)
            if part:
                scored.append((similarity + WORDS * part, -number, -start, end))
    scored.sort(reverse=True)
    known = share("\n".join(passage.content for passage in passages), weights)
    if not scored or scored[0][0] - UNKNOWN * (1 - known) < LEAST:
        return []
    near = [one for one in scored[:MOST] if one[0] >= scored[0][0] - NEAR_BEST]
    order = list(dict.fromkeys(-one[1] for one in near))
    chosen = sorted((order.index(-one[1]), -one[2], one[3]) for one in near)
    return _distinct([Quote(_quoted(passages[order[place]].content, start, end), order[place]) for place, start, end in chosen])


def written(quotes: Sequence[Quote], *, quote: bool) -> Iterator[str]:
    """The quotes word by word, each passage's marker behind the last of its sentences when `quote` is on."""
    for place, one in enumerate(quotes):
        yield from re.findall(r"\s*\S+", (" " if place else "") + one.text)
        last = place + 1 == len(quotes) or quotes[place + 1].passage != one.passage
        if quote and last:
            yield markers.marker(one.passage)


def word_weights(question: str) -> dict[str, float]:
    """The question's terms and how much each of them says; empty where it only asks."""
    weights: dict[str, float] = {}
    for place, word in enumerate(_WORD.findall(_ASKING_CHINESE.sub(" ", question))):
        if word.lower() in ASKING:
            continue
        named = (place and word[0].isupper()) or any(char.isdigit() for char in word)
        weight = (NAMED if named else 1.0) * (LONG if word.isascii() and len(word) >= LONG_LETTERS else 1.0)
        for term in terms.question_terms(word):
            weights[term] = max(weights.get(term, 0.0), weight)
    return weights


def share(text: str, weights: Mapping[str, float]) -> float:
    """How much of what the question says is in the text, 0..1."""
    said = {token.text for token in terms.places(text, weights)}
    return sum(weights[term] for term in said) / sum(weights.values()) if said else 0.0


def _quoted(content: str, start: int, end: int) -> str:
    """The sentence on one line, without what reads as a marker; a heading takes along what it stands over."""
    text = content[start:end].strip()
    if not _WHOLE.search(text) and end < len(content):
        following = sentences.split(content[end:])[0]
        text = f"{text} {content[end:][slice(*following)]}"
    text = markers.neutral(" ".join(text.split()), 0)
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition(" ")[0] or text[:LONGEST]
        text += " ..."
    return text if text.count(markers.FENCE) % 2 == 0 else text.replace(markers.FENCE, "")  # our marker must not stand in code


def _distinct(quotes: Sequence[Quote]) -> list[Quote]:
    """The quotes without those that say what one before them says already."""
    kept: list[Quote] = []
    for one in quotes:
        if not any(one.text in other.text for other in kept):
            kept.append(one)
    return kept
