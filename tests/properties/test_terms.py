"""Tokens and highlights of any text."""

from __future__ import annotations

import html

from hypothesis import given
from hypothesis import strategies as st

from search.highlight import mark, mark_all
from search.terms import LONGEST, chunk_terms, question_terms, tokens

TEXTS = st.one_of(
    st.text(max_size=200),
    st.text(st.sampled_from("aB9é_ ,.ﬁ㍿①½安裝装한ᄒ\u1161\u11abｶﾞ\u0301\u0300\u00ad\u200dİΣς\n"), max_size=60),
)


@given(TEXTS)
def test_a_token_is_what_its_place_in_the_text_reads(text: str) -> None:
    for token in tokens(text):
        assert 0 <= token.start < token.end <= len(text)
        assert token.text in {inner.text for inner in tokens(text[token.start : token.end])}


@given(TEXTS)
def test_tokens_are_in_reading_order_short_and_without_space(text: str) -> None:
    found = tokens(text)
    assert [token.start for token in found] == sorted(token.start for token in found)
    assert all(0 < len(token.text) <= LONGEST and not any(char.isspace() for char in token.text) for token in found)


@given(TEXTS)
def test_every_part_of_a_chunk_becomes_the_same_tokens(text: str) -> None:
    assert chunk_terms(content=text) == [token.text for token in tokens(text)]
    assert set(question_terms(text)) <= set(chunk_terms(content=text))
    assert bool(question_terms(text)) == bool(tokens(text))


@given(TEXTS)
def test_words_beside_each_other_do_not_change_each_other(text: str) -> None:
    assert chunk_terms(content=f"{text}\n{text}") == chunk_terms(content=text) * 2


@given(TEXTS, TEXTS)
def test_a_highlight_without_its_marks_is_the_escaped_text(text: str, question: str) -> None:
    marked = mark_all(text, question_terms(question))
    assert marked.replace("<em>", "").replace("</em>", "") in ("", html.escape(text, quote=False))
    assert bool(mark(text, question_terms(question))) == bool(marked)
    assert mark(text, question_terms(question)).count("<em>") <= marked.count("<em>") + 3
