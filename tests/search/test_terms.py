"""Tokens (retrieval.md 1a)."""

from __future__ import annotations

import pytest

from search.terms import STOP_WORDS, chunk_terms, question_terms, tokens


def texts(text: str) -> list[str]:
    """The tokens without their places."""
    return [token.text for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Indexing the indexed INDEX", ["index", "the", "index", "index"]),
        ("snake_case, kebab-case; 3.14 2024", ["snake", "case", "kebab", "case", "3", "14", "2024"]),
        ("安装说明", ["安", "安装", "装", "装说", "说", "说明", "明"]),
        ("安装，说明", ["安", "安装", "装", "说", "说明", "明"]),
        ("繁體", ["繁", "繁体", "体"]),
        ("用Python3写", ["用", "python3", "写"]),
        ("カタカナ ﾊﾟ", ["カ", "カタ", "タ", "タカ", "カ", "カナ", "ナ", "パ"]),
        ("한국어", ["한", "한국", "국", "국어", "어"]),
        ("ＦＵＬＬ ﬁshes ㎏ ①", ["full", "fish", "kg", "1"]),
        ("Straße naïve ΟΔΟΣ", ["straße", "naïve", "οδοσ"]),
        ("हिन्दी", ["हिन्दी"]),
        ("in\u00adform re\u200dform", ["inform", "reform"]),
        ("a\ud800b", ["a", "b"]),
        ("s", ["s"]),
        ("--- ??? \x00", []),
        ("", []),
    ],
)
def test_a_text_becomes_these_tokens(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_composed_and_decomposed_letters_are_one_word() -> None:
    assert texts("cafe\u0301 \u1112\u1161\u11ab") == texts("café 한")


def test_traditional_and_simplified_are_one_word() -> None:
    assert texts("軟體資料庫") == texts("软体资料库")


def test_places_lead_back_to_the_original_text() -> None:
    text = "The ﬁre-ﬂy cafe\u0301, ㍿安裝"
    assert [(token.text, text[token.start : token.end]) for token in tokens(text)] == [
        ("the", "The"), ("fire", "ﬁre"), ("fly", "ﬂy"), ("café", "cafe\u0301"), ("株", "㍿"), ("株式", "㍿"), ("式", "㍿"), ("式会", "㍿"),
        ("会", "㍿"), ("会社", "㍿"), ("社", "㍿"), ("社安", "㍿安"), ("安", "安"), ("安装", "安裝"), ("装", "裝"),
    ]  # fmt: skip


def test_a_long_run_is_cut_into_tokens_of_64_characters() -> None:
    assert [len(text) for text in texts("x1" * 100)] == [64, 64, 64, 8]
    assert [len(text) for text in texts("é" * 100)] == [64, 36]


def test_stop_words_leave_a_question_but_not_a_chunk() -> None:
    assert question_terms("What is the pump for? The PUMP!") == ["what", "pump"]
    assert chunk_terms(content="what is the pump") == ["what", "i", "the", "pump"]


def test_a_question_of_stop_words_keeps_them() -> None:
    assert question_terms("To be, or not to be") == ["to", "be", "or", "not"]


def test_there_are_the_33_stop_words_of_lucene() -> None:
    assert len(STOP_WORDS) == 33


def test_a_chunk_repeats_title_keywords_and_questions() -> None:
    assert sorted(chunk_terms(content="pump", title="Valve guide", important_keywords=["oil"], questions=["why?", "how?"])) == sorted(
        ["pump"] + ["valv", "guid"] * 2 + ["oil"] * 5 + ["why", "how"] * 6
    )


def test_a_question_of_100_000_characters_and_query_syntax_is_only_words() -> None:
    assert question_terms("+title:(pump^2 AND \"oil*\")~ \\ /re/ [a TO z]") == ["titl", "pump", "2", "oil", "re", "z"]
    assert len(question_terms(" ".join(f"word{number}" for number in range(12_000)))) == 12_000
