"""The qa method: one chunk for each question with its answer, found by the question alone (contract 7.3, qa)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from markdown_it import MarkdownIt

from ingest import questions
from ingest.blocks import Block, Draft, Unreadable
from ingest.chunk import sources
from ingest.chunk.job import Job
from ingest.chunk.merge import draft
from ingest.chunk.pairs import records
from ingest.chunk.questions import divided, numbering_of
from ingest.parse.encoding import read_text

UNRECOGNIZED = "Unable to recognize Q&A structure."
_TAKEN = sources.ROWS | {"pdf", "markdown", "docx"}


@dataclass(slots=True)
class _Pair:
    """A question and what was found of its answer so far; `place` is where the question stands."""

    question: str
    place: list[Block] = field(default_factory=list)
    answer: list[Block] = field(default_factory=list)


def drafts(job: Job) -> Iterator[Draft]:
    """A chunk for each pair; raises Unreadable for a form that has none, and for a PDF whose questions are not numbered."""
    form = sources.form_of(job, _TAKEN)
    if form is None:
        return
    for pair in _pairs(job, form):
        yield _draft(pair, is_english=job.language == "English")


def _pairs(job: Job, form: str) -> Iterator[_Pair]:
    if form == "pdf":
        return _numbered(list(sources.lines(job, form)))
    if form == "docx":
        return _under_headings(sources.lines(job, form))
    if form == "markdown":
        return _under_headings(_markdown(read_text(job.path)))
    return _of_rows(job, form)


def _draft(pair: _Pair, *, is_english: bool) -> Draft:
    answer = "\n".join(block.text for block in pair.answer if block.text or not block.picture)
    question, content = questions.pair(pair.question, answer, is_english=is_english)
    return replace(draft([*pair.place, *pair.answer], joint="\n"), content=content, indexed=question)


def _of_rows(job: Job, form: str) -> Iterator[_Pair]:
    """Pairs of rows and lines; a line that is no pair goes on with the answer before it."""
    pair: _Pair | None = None
    for record in records(job, form):
        if not isinstance(record, str):
            if pair:
                yield pair
            pair = _Pair(record[0], answer=[Block(record[1])])
        elif pair:
            pair.answer.append(Block(record))
    if pair:
        yield pair


def _under_headings(blocks: Iterable[Block]) -> Iterator[_Pair]:
    """What stands under each heading, the question being the heading below all those above it."""
    headings: dict[int, str] = {}
    answer: list[Block] = []
    for block in blocks:
        if not block.level:
            answer.append(block)
            continue
        yield from _answered(headings, answer)
        headings = {level: text for level, text in headings.items() if level < block.level} | {block.level: block.text}
        answer = []
    yield from _answered(headings, answer)


def _answered(headings: dict[int, str], answer: list[Block]) -> Iterator[_Pair]:
    if headings and any(block.text.strip() or block.picture for block in answer):
        yield _Pair("\n".join(headings.values()), answer=answer)


def _markdown(text: str) -> Iterator[Block]:
    """Headings of number signs with their levels, and the text between them as HTML."""
    parser = MarkdownIt("commonmark").enable("table")
    lines, begun = text.split("\n"), 0
    tokens = parser.parse(text)
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0 and token.markup.startswith("#") and token.map:
            yield Block(parser.render("\n".join(lines[begun:token.map[0]])).strip())
            yield Block(tokens[number + 1].content, level=int(token.tag[1:]))
            begun = token.map[1]
    yield Block(parser.render("\n".join(lines[begun:])).strip())


def _numbered(blocks: list[Block]) -> Iterator[_Pair]:
    """Questions as the text numbers them, each with all that follows; raises Unreadable when it numbers none."""
    numbering = numbering_of([block.text for block in blocks if not block.is_table])
    if numbering is None and blocks:
        raise Unreadable(UNRECOGNIZED)
    pair: _Pair | None = None
    for block in blocks:
        if numbering and not block.is_table and numbering.match(block.text):
            if pair:
                yield pair
            question, rest = divided(block.text)
            pair = _Pair(question, place=[block], answer=[Block(rest)] if rest else [])
        elif pair:
            pair.answer.append(block)
    if pair:
        yield pair
