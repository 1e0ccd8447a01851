"""The greedy merge of plain text, as contract 7.2 and decisions B24 have it."""

from __future__ import annotations

import pytest

from ingest.tokens import count


def test_delimiters_are_discarded_and_words_they_parted_stay_apart(texts):  # decisions B24
    assert texts("a.txt", "One.\nTwo! Three\nthe\ncat") == ["One.\nTwo Three\nthe\ncat"]
    assert texts("a.txt", "x = 1;y = 2\n\n  z = 3") == ["x = 1\ny = 2  z = 3"]


@pytest.mark.parametrize("text", ["第一行\n第二行", "第一行\nline", "line\n第一行", "ひらがな\nカタカナ", "ก\nข"])
def test_scripts_without_spaces_are_joined_without_a_gap(texts, text):
    assert texts("a.txt", text) == [text.replace("\n", "")]


def test_a_chunk_is_closed_only_once_it_already_exceeds_the_limit(texts):
    words = [f"word{n} and some more" for n in range(30)]
    found = texts("a.txt", "\n".join(words), chunk_token_num=12)
    size = count(words[0])
    per_chunk = 12 // size + 1
    assert [text.count("word") for text in found[:-1]] == [per_chunk] * (len(found) - 1)
    assert "\n".join(found) == "\n".join(words)


def test_a_piece_is_never_cut(texts):
    long = "no delimiter here " * 500
    assert texts("a.txt", long, chunk_token_num=10) == [long]


def test_the_two_characters_backslash_n_mean_a_newline(texts):
    assert texts("a.txt", "one\ntwo", delimiter=r"\n", chunk_token_num=1) == ["one\ntwo"]
    assert texts("a.txt", "one two\nthree four", delimiter=r"\n", chunk_token_num=1) == ["one two", "three four"]


def test_back_quoted_groups_are_delimiters_of_several_characters(texts):
    found = texts("a.txt", "one # two##three and; four", delimiter="`##`;", chunk_token_num=1)
    assert found == ["one # two", "three and", " four"]


@pytest.mark.parametrize("delimiter", [None, "", 7, ["a"]], ids=["null", "empty", "a number", "a list"])
def test_a_delimiter_that_is_none_counts_as_absent(texts, delimiter):
    assert texts("a.txt", "a b c。d e f", delimiter=delimiter, chunk_token_num=1) == ["a b c", "d e f"]


@pytest.mark.parametrize("tokens", [None, 0, -5, "many", [], {}, True, float("nan"), 10**30], ids=repr)
def test_a_chunk_size_that_is_none_counts_as_absent(texts, tokens):
    text = "\n".join(f"line {n} of the file" for n in range(100))
    assert texts("a.txt", text, chunk_token_num=tokens) == texts("a.txt", text)


def test_chunk_token_count_is_an_alias(texts):
    text = "\n".join(f"line {n} of the file" for n in range(100))
    assert texts("a.txt", text, chunk_token_count=20) == texts("a.txt", text, chunk_token_num=20)


def test_chunks_without_pages_are_numbered(chunk):
    found = chunk("a.txt", "one two three\nfour five six\nseven", chunk_token_num=1)
    assert [draft.positions for draft in found] == [[(1, 0, 0, 0, 0)], [(2, 1, 1, 1, 1)], [(3, 2, 2, 2, 2)]]


@pytest.mark.parametrize("content", ["", "\n\n \n", "\ufeff"], ids=["empty", "blank", "a byte order mark alone"])
def test_a_file_without_text_gives_no_chunks(texts, content):
    assert texts("a.txt", content) == []


def test_no_database_meets_a_nul_or_half_a_character(texts):
    assert texts("a.txt", "before\0after" + " and more" * 9) == ["beforeafter" + " and more" * 9]
    assert texts("a.json", r'{"half": "a\ud800b"}') == ['{"half": "ab"}']
