"""The greedy merge for any text and any delimiters: nothing lost, nothing twice, no chunk too large by more than a piece."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest.blocks import Block
from ingest.chunk import chunk_file
from ingest.chunk.merge import merged
from ingest.parse.text import delimiter_pattern, pieces
from ingest.tokens import count

# Surrogates cannot be written to a file; NUL and carriage returns are read as nothing and as newlines.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"), max_size=400)
DELIMITERS = st.text(st.sampled_from(list("`\\n!?;。；！#ab .")), min_size=1, max_size=12)


@given(TEXTS, DELIMITERS)
def test_pieces_are_the_text_without_its_delimiters_in_order(text, delimiter):
    pattern = delimiter_pattern(delimiter)
    found = list(pieces(text, delimiter=delimiter))
    assert "".join(found) == (pattern.sub("", text) if pattern else text)
    assert not pattern or not any(pattern.search(piece) for piece in found)


@given(st.lists(TEXTS, max_size=30), st.integers(1, 60), st.sampled_from(["", "\n"]))
def test_every_piece_is_in_one_chunk_and_chunks_are_closed_when_they_exceed_the_limit(texts, limit, joint):
    drafts = list(merged(map(Block, texts), limit=limit, joint=joint))
    assert joint.join(draft.content for draft in drafts).replace(joint, "") == "".join(texts).replace(joint, "")
    sizes, number = [], 0
    for draft in drafts:
        taken: list[int] = []
        while sum(taken) <= limit and number < len(texts):
            taken.append(count(texts[number]))
            number += 1
        sizes.append(taken)
        assert draft.content == joint.join(text for text in texts[number - len(taken):number] if text)
    assert number == len(texts)
    assert all(sum(taken[:-1]) <= limit for taken in sizes)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff", exclude_categories=["Cc", "Cs"]), max_size=300), DELIMITERS)
def test_a_text_file_is_covered_by_its_chunks(text, delimiter):
    pattern = delimiter_pattern(delimiter)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stored"
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
        config = {"delimiter": delimiter, "chunk_token_num": 5}
        drafts = chunk_file(path, name="a.txt", method="naive", config=config, language="English", report=lambda *_: None)
        found = "".join(draft.content for draft in drafts)
    expected = pattern.sub("", text) if pattern else text
    assert re.sub(r"\s", "", found) == re.sub(r"\s", "", expected)


@given(st.dictionaries(st.sampled_from(["chunk_token_num", "delimiter", "html4excel", "layout_recognize", "task_page_size", "pages"]),
                       st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2))))
def test_any_configuration_gives_chunks(config):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stored"
        path.write_text("one line\nanother line\n")
        assert list(chunk_file(path, name="a.csv", method="naive", config=config, language="", report=lambda *_: None))
