"""Canvases with no model server at all: the built-in model sorts, judges, extracts, rewrites and quotes (design.md 6)."""

from __future__ import annotations

import pytest

from tests.chat.canvas.conftest import spoken, texts

WARRANTY = "How long is the warranty of the kettle?"


def opened(stage, name):
    canvas = stage.load(name)
    stage.run(canvas)
    return canvas


def test_a_chatbot_quotes(plain):
    canvas = opened(plain, "chatbot")
    events = plain.run(canvas, WARRANTY)
    assert spoken(events) == "The kettle boils two litres. Its warranty lasts three years. [ID:0]"
    assert texts(events)[0] == "The" and len(texts(events)) > 3
    assert events[-1].reference.documents[0].name == "kettle.txt"


@pytest.mark.parametrize(
    ("text", "goes"),
    [
        ("my mail address is bob@example.com", "Message:Contact"),
        ("How often should the kettle be descaled?", "Retrieval:Manuals"),
        ("You can call me at 555 7788", "Message:Contact"),
    ],
)
def test_a_router_goes_by_descriptions_and_examples(plain, text, goes):
    canvas = opened(plain, "router")
    plain.run(canvas, text)
    assert canvas.state.path[-1][1] == goes


def test_a_question_that_only_points_is_completed_and_found(plain):
    canvas = opened(plain, "loop")
    plain.run(canvas, WARRANTY)
    assert canvas.state.path[-1] == ["Retrieval:Manuals", "Relevant:Check", "Generate:Reply", "Answer:Desk"]
    events = plain.run(canvas, "Is it long?")
    assert "RewriteQuestion:Again" in canvas.state.path[-1]
    assert spoken(events) == "The kettle boils two litres. Its warranty lasts three years. [ID:0]"


def test_items_are_worked_on_one_by_one(plain):
    canvas = plain.load("iteration")
    canvas.give({"items": "the kettle,a toaster"})
    assert spoken(plain.run(canvas, "Go")) == "# Report\nthe kettle is about kettle.\na toaster is about toaster."


def test_branches_meet(plain):
    canvas = opened(plain, "concentrator")
    said = spoken(plain.run(canvas, "Where is the kettle?"))
    assert said == "By the way: the shop opens at nine.\nYou said: Where is the kettle?\nkettle"


def test_nothing_found_is_said(plain):
    canvas = opened(plain, "nothing_found")
    assert spoken(plain.run(canvas, "What do penguins eat?")) == "The manuals are silent on this."


def test_without_passages_it_says_what_it_cannot(plain):
    canvas = plain.load("parameters")
    canvas.give({"name": "Ada", "story": "s", "tone": "kind", "copies": 1})
    assert spoken(plain.run(canvas, "Write it")) == "Without a language model I answer from documents alone, and here I was given none."
