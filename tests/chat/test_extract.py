"""The built-in model: it quotes, cites, streams, and says so when nothing fits (design.md 6)."""

from __future__ import annotations

import pytest

from chat import extract
from chat.exchange import Passage, Turn
from chat.wording import EMPTY_RESPONSE
from tests.chat.conftest import texts


def passage(content, similarity=0.6):
    return Passage("c", content, "d", "d.txt", "s", term_similarity=similarity, vector_similarity=similarity)


def quoted(question, *contents):
    return [quote.text for quote in extract.quotes(question, [passage(content) for content in contents])]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How long does the warranty last?", "Its warranty lasts three years. [ID:0]"),
        ("How do I descale it?", "Descale the kettle every month with vinegar. [ID:0]"),
        ("Where do crumbs fall?", "Crumbs fall into a tray that can be taken out. [ID:0]"),
    ],
)
def test_a_question_is_answered_with_the_sentence_that_says_it(asker, question, text):
    events = asker.events(question)
    assert events[-1].text.startswith(text)
    assert "### Query:" in events[-1].prompt and events[-1].usage.completion_tokens > 5
    assert len(texts(events)) > 5 and texts(events)[-1] == events[-1].text


@pytest.mark.parametrize("question", ["Who won the world cup in 1998?", "What is the capital of the kettle's king?", "What is it?", "？", "的"])
def test_a_question_about_something_else_is_declined(asker, question):
    answered = asker.ask(question)
    assert (answered.text, answered.reference.passages) == (EMPTY_RESPONSE, ())
    assert asker.ask(question, empty_response="").text == extract.NOTHING_FITS


def test_without_documents_it_says_that_it_has_none(asker):
    answered = asker.ask("How long is the warranty?", datasets=())
    assert (answered.text, answered.reference, answered.grounded) == (extract.NO_DOCUMENTS, None, False)


def test_a_question_that_points_back_is_searched_with_the_one_before(asker):
    answered = asker.ask("Tell me about the toaster", "It has six levels.", "Where do its crumbs fall?")
    assert answered.text.startswith("Crumbs fall into a tray")


def test_without_quoting_the_sentences_come_bare(asker):
    answered = asker.ask("How long does the warranty last?", quote=False)
    assert answered.text == "Its warranty lasts three years." and answered.reference is None


def test_tools_and_turns_of_others_are_no_matter(asker):
    answered = asker.ask(Turn("user", "x"), Turn("tool", "{}"), Turn("user", "How long does the warranty last?"))
    assert answered.text.startswith("Its warranty lasts three years.")


def test_markers_in_a_document_are_no_citations_of_ours():
    assert quoted("warranty", "The warranty [ID:0] lasts ##1$$ two years (ID: 3).") == ["The warranty lasts two years (ID: 3)."]


def test_a_heading_takes_along_what_it_stands_over():
    assert quoted("What of the warranty?", "Warranty\n\nIt lasts three years. It is short.") == ["Warranty It lasts three years."]


def test_sentences_of_one_passage_stand_together_and_are_cited_once():
    first, second = passage("The warranty of kettles is long. The warranty of kettles is free."), passage("A warranty of kettles.", 0.5)
    quotes = extract.quotes("warranty of kettles", [first, second])
    text = "".join(extract.written(quotes, quote=True))
    assert text == "The warranty of kettles is long. The warranty of kettles is free. [ID:0] A warranty of kettles. [ID:1]"


def test_what_was_said_already_is_not_said_again():
    assert quoted("warranty of kettles", "The warranty of kettles.", "The warranty of kettles.") == ["The warranty of kettles."]


def test_a_passage_without_sentences_is_quoted_in_part():
    (text,) = quoted("warranty", "warranty " * 500)
    assert len(text) < extract.LONGEST + 10 and text.endswith("...")


def test_nothing_asked_or_nothing_found_is_nothing_quoted():
    assert quoted("warranty") == [] and quoted("", "The warranty.") == [] and quoted("is it?", "It is.") == []
