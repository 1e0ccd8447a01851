"""Keywords, questions and tags for every chunk, by the language model where there is one (contract 4.3)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from peewee import chunked

from ingest.model.extras import Extras
from ingest.model.keywords import Vocabulary
from ingest.model.tagging import TagSets
from ingest.model.writer import Metered, Request
from ingest.publish import Passage

BATCH = 16
SECONDS = 5.0  # between lines of the log, which is short and has the other steps to tell of
LONGEST = 200  # characters of a keyword or, twice as many, of a question
_KEYWORDS = (
    "You choose keywords for a passage of a document, for a search engine: the {count} most telling words or short terms, in the passage's"
    " language, the most telling first. Answer with the keywords alone, separated by commas."
)
_QUESTIONS = (
    "You write questions that a passage of a document answers: {count} different ones, in the passage's language, each complete in itself, the"
    " most important first. Answer with one question per line, without numbers, and nothing else."
)
_NUMBER = re.compile(r"^\s*(?:\d+[.)、:：]|[-*•])\s*")

Say = Callable[[float, str], None]


class Words:
    """What a document's chunks are given beside their text; `writer` is None where there is only the built-in model."""

    def __init__(self, extras: Extras, writer: Metered | None, *, tenant: str, passages: Iterable[Passage]) -> None:
        self._extras, self._writer = extras, writer
        self._vocabulary = Vocabulary(one.content for one in passages) if extras.keywords and writer is None else None
        self._sets = TagSets(tenant, extras.tag_datasets) if extras.tag_datasets else None

    def given(self, passages: Iterable[Passage], total: int, say: Say) -> Iterator[Passage]:
        """The passages with their words, `total` in all; `say` hears how far it is. Raises Unavailable."""
        begun, done = time.monotonic(), 0
        told = begun
        if self._sets is not None and not self._sets:
            say(0.0, "Tags: none of the tag sets named is there.")
        for batch in chunked(passages, BATCH):
            columns = zip(batch, self._keywords(batch), self._questions(batch), self._tags(batch), strict=True)
            for passage, keywords, questions, tags in columns:
                known = dict.fromkeys((*passage.important_keywords, *keywords))
                yield replace(passage, important_keywords=tuple(known), questions=questions, tags=(*passage.tags, *tags))
            done += len(batch)
            now = time.monotonic()
            is_told = done == total or now - told >= SECONDS
            told = now if is_told else told
            say(done / total, f"{self._what()}: chunk {done} of {total} ({done / max(now - begun, 1e-3):.1f} chunks/s)" if is_told else "")

    def _what(self) -> str:
        extras = self._extras
        asked = (("keywords", extras.keywords), ("questions", extras.questions), ("tags", extras.tag_datasets))
        return ", ".join(name for name, wanted in asked if wanted).capitalize()

    def _keywords(self, batch: Sequence[Passage]) -> list[tuple[str, ...]]:
        count = self._extras.keywords
        if self._vocabulary is not None:
            return [tuple(self._vocabulary.keywords(one.content, count)) for one in batch]
        return self._asked(batch, _KEYWORDS, count, separators=r"[,，、;；\n]", longest=LONGEST)

    def _questions(self, batch: Sequence[Passage]) -> list[tuple[str, ...]]:
        return self._asked(batch, _QUESTIONS, self._extras.questions, separators=r"\n", longest=2 * LONGEST)

    def _tags(self, batch: Sequence[Passage]) -> list[tuple[str, ...]]:
        if not self._sets:
            return [()] * len(batch)
        return [self._sets.tags(one.content, self._extras.tags) for one in batch]

    def _asked(self, batch: Sequence[Passage], instruction: str, count: int, *, separators: str, longest: int) -> list[tuple[str, ...]]:
        """What the model says of each passage, cut into its parts; nothing where nothing is asked for."""
        if not count or self._writer is None:
            return [()] * len(batch)
        requests = [Request(instruction.format(count=count), one.content) for one in batch]
        return [_parts(answer, separators, longest)[:count] for answer in self._writer.answers(requests)]


def _parts(answer: str, separators: str, longest: int) -> tuple[str, ...]:
    shown = (" ".join(_NUMBER.sub("", part).split()).strip("\"'“”") for part in re.split(separators, answer))
    return tuple(dict.fromkeys(part for part in shown if part and len(part) <= longest))
