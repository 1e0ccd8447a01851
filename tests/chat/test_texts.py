"""Markers, sentences and budgets: what is done to texts on their way to a model and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import budget, markers, prompt, sentences
from chat.characters import Joined, whole
from chat.exchange import Passage, Turn

ANY_TEXT = st.text(st.sampled_from("ab. !?。\n`[]ID:0129#$【】() ref;Dr</think>"), max_size=60)


@given(ANY_TEXT)
def test_sentences_are_all_of_the_text(text):
    assert "".join(text[start:end] for start, end in sentences.split(text)) == text


def test_abbreviations_and_initials_end_no_sentence_and_a_fence_is_one():
    text = "Dr. J. Smith of the U.S. Army came. He saw 3.5 km! 他来了。他走了。\n```\ncode. x\n```\nend"
    assert [text[start:end].strip() for start, end in sentences.split(text)] == [
        "Dr. J. Smith of the U.S. Army came.", "He saw 3.5 km!", "他来了。", "他走了。", "```\ncode. x\n```", "end",
    ]  # fmt: skip


@given(ANY_TEXT, st.lists(st.integers(0, 60), max_size=5))
def test_a_stream_of_markers_never_takes_back_what_it_showed(text, cuts):
    stream = markers.Stream(3)
    shown = [""]
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(text)], strict=True):
        shown.append(stream.add(text[start:end]))
    shown.append(stream.end())
    assert all(late.startswith(early) for early, late in zip(shown, shown[1:], strict=False))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a (ID: 1).", "a [ID:1]."),
        ("a [ID:0][ID:2]", "a [ID:0] [ID:2]"),
        ("a [ID: 0, 2, 7]", "a [ID:0] [ID:2]"),
        ("a (see page 2) [3] (2020)", "a (see page 2) [3] (2020)"),
        ("prefer 1, ref 99 stays, $$99$$ stays", "prefer 1, ref 99 stays, $$99$$ stays"),
        ("gone##9$$ gone [ID:9] [ID:99999999999999]", "gone gone"),
        ("customer (ID: 42), 【2024】, [ID: 7, 8]", "customer (ID: 42), 【2024】, [ID: 7, 8]"),
        ("a [ID:0] [ID:0][ID:0] (ID: 1)##0$$. b [ID:0]", "a [ID:0] [ID:1]. b [ID:0]"),
        ("a `ref0 [ID:1]` [ID:1]\n```\nref 1 [ID:0]\n``` [ID:2]", "a `ref0 [ID:1]` [ID:1]\n```\nref 1 [ID:0]\n``` [ID:2]"),
        ("<think>```\n[ID:0]</think>a ##0$$ ```\n##1$$", "<think>```\n[ID:0]</think>a [ID:0] ```\n##1$$"),
        ("it`s three [ID: 1]\nyears` (ID: 2)", "it`s three [ID:1]\nyears` [ID:2]"),
    ],
)
def test_markers_are_read_in_every_form_and_ordinary_text_is_left_alone(written, read):
    assert markers.neutral(written, 3) == read
    stream = markers.Stream(3)
    for char in written:
        stream.add(char)
    assert stream.end() == read


def test_of_markers_in_a_row_there_are_four_at_most():
    """Legacy contract 6.4.5, decisions B23."""
    assert markers.neutral("a [ID:0][ID:1][ID:2] [ID:3] [ID:4]. b [ID:4]", 9) == "a [ID:0] [ID:1] [ID:2] [ID:3]. b [ID:4]"


def test_markers_in_code_are_neither_citations_nor_written_anew():
    text = "`[ID:0]` a [ID:1]\n```\n[ID:2]\n```\n [ID:3] ```[ID:4]"
    assert markers.cited(text) == [1, 3]
    assert markers.ragflow_markers(text) == "`[ID:0]` a ##1$$\n```\n[ID:2]\n```\n ##3$$ ```[ID:4]"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["." * 20_000, "\n " * 20_000, "【1," + " " * 20_000, "(ID:" * 9_000, "$$1 " * 9_000, "`a" * 9_000])
def test_no_text_takes_long_to_read(text):
    sentences.split(text)
    markers.neutral(text, 3)
    markers.ragflow_markers(text)


@given(st.text(st.sampled_from("a\0\ud83d\ude00é"), max_size=12), st.lists(st.integers(0, 12), max_size=4))
def test_a_character_in_two_pieces_comes_out_whole_and_its_half_as_a_sign(text, cuts):
    """Decisions B20."""
    joined = Joined()
    shown = [joined.add(text[start:end]) for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(text)], strict=True)]
    shown.append(joined.end())
    assert [one.encode() for one in shown] and "\0" not in "".join(shown)
    assert "".join(shown) == whole(text)


def test_markers_are_written_as_clients_know_them_and_taken_out_of_histories():
    assert markers.ragflow_markers("Two litres. [ID:0] [ID:12]") == "Two litres. ##0$$ ##12$$"
    assert markers.without_markers("Two ##0$$ litres [ID:12].") == "Two litres."
    assert markers.cited("b [ID:2] a [ID:0] b [ID:2]") == [2, 0]


def test_a_cut_text_is_a_beginning_with_no_broken_character():
    text = "héllo 你好世界 🎉🎉 abc \ud800"
    whole = text.encode("utf-8", "replace").decode()
    for tokens in range(25):
        kept = budget.cut(text, tokens)
        assert whole.startswith(kept) and budget.count(kept) <= tokens


def test_the_newest_turns_are_kept_beside_the_system_and_the_last_and_begin_with_a_question():
    turns = [Turn("system", "s"), *(Turn(("user", "assistant")[place % 2], f"{place} " + "word " * 300) for place in range(8)), Turn("user", "q")]
    kept = budget.fit(turns, 1500)
    assert [turn.content.split()[0] for turn in kept] == ["s", "4", "5", "6", "7", "q"]
    assert budget.spent(kept) <= 1500 * budget.HISTORY_SHARE


@pytest.mark.parametrize(("system", "question"), [(5000, 10), (10, 5000), (5000, 5000)])
def test_when_two_messages_are_too_long_they_are_cut_and_both_remain(system, question):
    kept = budget.fit([Turn("system", "s " * system), Turn("user", "q " * question)], 2000)
    assert budget.spent(kept) <= 1900 and [bool(turn.content) for turn in kept] == [True, True]


def test_fragments_are_as_many_of_the_best_as_fit_and_at_least_one():
    passages = [Passage(str(number), "word " * 100, f"d{number % 2}", f"{number % 2}.txt", "s") for number in range(6)]
    text, given_ = prompt.fragments(passages, {}, 330)
    assert given_ == 3 and [text.count(f"ID: {number}\n") for number in range(4)] == [1, 1, 1, 0]
    assert text.index("ID: 2\n") < text.index("ID: 1\n")  # by document
    assert prompt.fragments(passages, {}, 1)[1] == 1
