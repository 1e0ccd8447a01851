"""Every chunk method of texts, for any text: all of it is there, in order, and only headings stand in more than one chunk."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest import samples
from tests.ingest.conftest import chunks_of

from ingest.chunk import book
from ingest.chunk.hierarchy import ORPHAN_TOKENS
from ingest.tokens import count

WORDS = st.lists(st.sampled_from("the valve 阀门 turns slowly and 说明 well über".split()), min_size=1, max_size=6).map(" ".join)
HEADINGS = st.sampled_from(["第一编 ", "第二章 ", "第三节 ", "第四条 ", "（一）", "PART ONE ", "Chapter II ", "Section 3 ", "1. ", "1.2 ", "1.2.3 ", "一、", "(1) "])
LINES = st.lists(st.tuples(st.just("") | HEADINGS, WORDS), max_size=25).map(
    lambda pairs: [f"{heading}{words} #{number}" for number, (heading, words) in enumerate(pairs)]
)
LEVELS = st.lists(st.tuples(st.integers(0, 4), WORDS), max_size=15).map(
    lambda pairs: [(level, f"{words} #{number}") for number, (level, words) in enumerate(pairs)]
)
CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=6).filter(str.strip)


def contents(name: str, content: bytes | str, method: str, **config: object) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stored"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return [draft.content for draft in chunks_of(path, name=name, method=method, **config)]


def assert_covered(found: list[str], lines: list[str], *, repeated: set[str]) -> None:
    """Every line once and in order, but for those that lead to others, which come first where they belong."""
    seen = [line for content in found for line in content.split("\n")]
    assert list(dict.fromkeys(seen)) == lines
    assert {line for line in seen if seen.count(line) > 1} <= repeated


def is_heading(line: str) -> bool:
    return not line.startswith(tuple("the valve 阀门 turns slowly and 说明 well über".split()))


@given(LINES)
@settings(max_examples=50, deadline=None)
def test_a_book_has_all_its_lines_in_order(lines):
    found = contents("a.txt", "\n".join(lines), "book")
    assert_covered(found, lines, repeated=set(filter(is_heading, lines)))


@given(LINES)
@settings(max_examples=50, deadline=None)
def test_a_law_has_all_its_lines_in_order_or_no_chunk_at_all(lines):
    found = contents("a.txt", "\n".join(lines), "laws")
    assert not found or lines
    if found:
        assert_covered(found, lines, repeated=set(filter(is_heading, lines)))


@given(LEVELS)
@settings(max_examples=50, deadline=None)
def test_a_page_has_all_its_lines_in_order(levels):
    html = "".join(f"<h{level}>{text}</h{level}>" if level else f"<p>{text}</p>" for level, text in levels)
    assert "\n".join(contents("a.html", f"<body>{html}</body>", "book")).split("\n") == ([text for _, text in levels] or [""])


@pytest.mark.parametrize("method", ["manual", "laws", "book", "one", "naive"])
@given(LEVELS)
@settings(max_examples=15, deadline=None)
def test_a_word_file_has_all_its_lines_in_order(method, levels):
    def fill(document):
        for level, text in levels:
            document.add_heading(text, level) if level else document.add_paragraph(text)

    found = contents("a.docx", samples.word(fill), method)
    if found or method != "laws":
        assert_covered(found, [text for _, text in levels], repeated={text for level, text in levels if level})


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff", exclude_categories=["Cc", "Cs"]) | st.just("\n"), max_size=300))
@settings(max_examples=50, deadline=None)
def test_a_text_as_one_chunk_is_the_text(text):
    assert "".join(contents("a.txt", b"\xef\xbb\xbf" + text.encode(), "one")).strip() == text.strip()


@given(st.lists(WORDS, min_size=1, max_size=120), st.booleans())
@settings(max_examples=30, deadline=None)
def test_lines_without_headings_are_merged_up_to_a_size_and_one_line_more(lines, has_heading):
    numbered = [f"{line} #{number}" for number, line in enumerate(lines)]
    found = contents("a.txt", "\n".join([*numbered, *(["第一章 end"] if has_heading else [])]), "book")
    limit = ORPHAN_TOKENS if has_heading else book.CHUNK_TOKENS
    for content in found:
        assert sum(count(line) for line in content.split("\n")[:-1]) <= limit


@given(st.lists(st.tuples(CELL, CELL, st.lists(WORDS, max_size=3)), max_size=10), st.sampled_from(["a.txt", "a.csv"]))
@settings(max_examples=50, deadline=None)
def test_every_pair_and_what_follows_it_is_one_chunk(pairs, name):
    pairs = [(f"q{n} {q}".translate(NO_MARKS), f"a{n} {a}".translate(NO_MARKS), more) for n, (q, a, more) in enumerate(pairs)]
    text = "\n".join("\n".join([f"{question}\t{answer}", *more]) for question, answer, more in pairs)
    expected = ["\n".join([f"Question: {question}\tAnswer: {answer}", *more]) for question, answer, more in pairs]
    assert contents(name, text, "qa") == list(expected)


NO_MARKS = {ord(mark): "x" for mark in ",\t\":："}


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12))
@settings(max_examples=50, deadline=None)
def test_every_row_of_a_table_is_one_chunk_with_all_its_cells(rows):
    stream = io.StringIO()
    csv.writer(stream).writerows([["name", "size", "note"], *rows])
    found = contents("a.csv", "\ufeff" + stream.getvalue(), "table")
    assert found == [f"name:{row[0]}; size:{row[1]}; note:{row[2]}" for row in rows]
