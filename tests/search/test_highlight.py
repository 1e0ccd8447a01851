"""Highlights: safe HTML, hits by tokens (retrieval.md 1a, contract 5.7)."""

from __future__ import annotations

import pytest

from search.highlight import mark, mark_all
from search.terms import question_terms


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("Pumping oil.", "pumps", "<em>Pumping</em> oil."),
        ("如何安裝軟體？", "安装软件", "如何<em>安裝軟</em>體？"),
        ("请安装说明书", "安装说明书", "请<em>安装说明书</em>"),
        ("A <b>pump</b> & co", "pump", "A &lt;b&gt;<em>pump</em>&lt;/b&gt; &amp; co"),
        ("<em>pump</em>", "pump", "&lt;em&gt;<em>pump</em>&lt;/em&gt;"),
        ("Ｐｕｍｐ ﬁlter", "pump filter", "<em>Ｐｕｍｐ</em> <em>ﬁlter</em>"),
        ("databases", "database", "<em>databases</em>"),
    ],
)
def test_hits_are_marked_in_the_original_text(text: str, question: str, expected: str) -> None:
    assert mark(text, question_terms(question)) == mark_all(text, question_terms(question)) == expected


def test_without_a_hit_there_is_no_highlight() -> None:
    assert mark("A pump.", ["oil"]) == mark_all("A pump.", ["oil"]) == mark("", ["oil"]) == mark("A pump.", []) == ""


def test_the_best_three_sentences_stand_in_their_order() -> None:
    text = "Oil. Nothing here. A pump. More nothing. The pump takes oil. No. Oil and the pump valve!"
    assert mark(text, question_terms("pump oil valve")) == (
        "A <em>pump</em>. ... The <em>pump</em> takes <em>oil</em>. ... <em>Oil</em> and the <em>pump</em> <em>valve</em>!"
    )


def test_neighbouring_sentences_are_not_torn_apart() -> None:
    assert mark("A pump. An oil pump.", ["pump", "oil"]) == "A <em>pump</em>. An <em>oil</em> <em>pump</em>."


def test_a_point_within_a_number_ends_no_sentence() -> None:
    assert mark("Use 3.14 pumps. Not this.", ["pump"]) == "Use 3.14 <em>pumps</em>."


def test_a_single_character_of_a_cjk_question_is_marked_only_when_no_pair_is_there() -> None:
    assert mark_all("安全的安装", question_terms("安装")) == "安全的<em>安装</em>"
    assert mark_all("安全的", question_terms("安装")) == "<em>安</em>全的"


def test_a_text_without_sentences_is_cut_around_its_hits() -> None:
    marked = mark("word " * 2000 + "pump " + "word " * 2000, ["pump"])
    assert "<em>pump</em>" in marked and len(marked) < 400
    assert len(mark("字" * 5000 + "安装" + "字" * 5000, question_terms("安装"))) < 400
