"""Ten canvases from the first event to the last: path, outputs and stream, on a scripted model (RAGFlow v1 contract 8)."""

from __future__ import annotations

import pytest

from chat.canvas import Spoken, Started, load
from chat.exchange import Failed, Text, Usage
from tests.chat.canvas.conftest import spoken, started, texts
from tests.scripted_model import fails, says

WARRANTY = "How long is the warranty of the kettle?"


def asked(model):
    """What the scripted model was told, request by request."""
    return [request["messages"] for request in model.requests]


def test_a_chatbot_opens_answers_with_citations_and_remembers(stage, model):
    canvas = stage.load("chatbot")
    opened = stage.run(canvas)
    assert opened[:2] == [Started("begin", "begin"), Text("Hi! What do you want to know about our appliances?")]
    assert canvas.state.path == [["begin"], ["Answer:Desk"]]

    model.plays(says("Three", " years", " [ID:0]."))
    events = stage.run(canvas, WARRANTY)
    assert events[:2] == [Started("Retrieval:Manuals", "Search the manuals"), Started("Generate:Reply", "Write the reply")]
    assert texts(events)[:2] == ["Three", "Three years"]
    assert spoken(events) == "Three years [ID:0]."
    assert events[-1].reference.passages[0].document_name == "kettle.txt"
    assert events[-1].usage == Usage(5, 7)
    assert canvas.state.path[2:] == [["Retrieval:Manuals", "Generate:Reply", "Answer:Desk"]]

    canvas = load(canvas.dsl())
    model.plays(says("Yes."))
    stage.run(canvas, "Is the warranty of the kettle really so long?")
    system, *turns = asked(model)[1]
    assert "ID: 0\n" in system["content"] and "three years" in system["content"]
    assert [turn["content"] for turn in turns] == [WARRANTY, "Three years.", "Is the warranty of the kettle really so long?"]
    assert [message["role"] for message in canvas.state.messages] == ["assistant", "user", "assistant", "user", "assistant"]
    assert canvas.state.messages[2]["content"] == "Three years ##0$$."
    assert [len(reference.get("passages", ())) > 0 for reference in canvas.state.reference] == [False, True, True]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("1. contact", ["Categorize:Kind", "Message:Contact", "Answer:Desk"]),
        ("It is about 2. product, not 1. contact: 2. product", ["Categorize:Kind", "Retrieval:Manuals", "Generate:Reply", "Answer:Desk"]),
        ("no idea", ["Categorize:Kind", "Retrieval:Manuals", "Generate:Reply", "Answer:Desk"]),
    ],
    ids=["named", "named most often", "the last one when none is named"],
)
def test_a_router_goes_where_the_model_says(stage, model, said, path):
    canvas = stage.load("router")
    stage.run(canvas)
    model.plays(says(said), says("Here you are."))
    events = stage.run(canvas, WARRANTY)
    assert canvas.state.path[-1] == path
    assert started(events) == path[:-1]
    assert spoken(events) == ("Here you are." if len(path) == 4 else "Thank you, we will be in touch.")
    assert "Example: My phone number is 555 0199" in asked(model)[0][0]["content"]


def test_a_loop_goes_on_until_what_is_found_is_relevant(stage, model):
    canvas = stage.load("loop")
    stage.run(canvas)
    model.plays(says("no"), says("How long is the warranty of the kettle?"), says("Yes."), says("Three years."))
    events = stage.run(canvas, "And of it?")
    assert canvas.state.path[-1] == [
        *("Retrieval:Manuals", "Relevant:Check", "RewriteQuestion:Again"),
        *("Retrieval:Manuals", "Relevant:Check", "Generate:Reply", "Answer:Desk"),
    ]
    assert spoken(events).startswith("Three years.")
    assert ["user", "How long is the warranty of the kettle?"] in canvas.state.history
    assert canvas.trace[3].inputs == "How long is the warranty of the kettle?"


def test_a_loop_without_end_is_stopped(stage, model):
    canvas = stage.load("loop")
    stage.run(canvas)
    model.plays(says("no"))
    events = stage.run(canvas, "And of it?")
    assert isinstance(events[-1], Failed)
    assert events[-1].error.message == "Too much loops: " + " => ".join(["Retrieval", "Relevant", "RewriteQuestion"] * 2)
    assert canvas.state.path == [["begin"], ["Answer:Desk"]]


def test_an_iteration_works_on_every_item(stage, model):
    canvas = stage.load("iteration")
    canvas.give({"items": "kettle , toaster,"})
    model.plays(says("water"), says("bread"))
    events = stage.run(canvas, "Go")
    assert spoken(events) == "# Report\nkettle is about water.\ntoaster is about bread."
    inside = ["IterationItem:Item", "KeywordExtract:Word", "Template:Line"]
    assert canvas.state.path[1] == [*inside, *inside, "Iteration:Each", "Template:All", "Answer:Desk"]
    assert started(events) == ["begin", "Iteration:Each", *inside[1:], *inside[1:], "Template:All"]


def test_begin_takes_parameters_of_every_type(stage, model):
    canvas = stage.load("parameters")
    given = {"name": "Ada", "story": "One.\nTwo.", "tone": "kind", "notes": "n.txt\nnotes", "copies": 0, "urgent": False}
    assert canvas.missing({**given, "copies": None}).key == "copies"
    assert canvas.missing(given) is None
    canvas.give(given)
    canvas.give({"name": "Bob"})
    model.plays(says("Dear Bob"))
    assert spoken(stage.run(canvas, "Write it")) == "Dear Bob"
    assert canvas.state.outputs["Template:Facts"].text == "Bob|One.\nTwo.|kind||0||{begin@nobody}"
    assert asked(model)[0][0]["content"] == "Write a kind letter to Bob. Facts: Bob|One.\nTwo.|kind||0||{begin@nobody}"
    assert [("value" in parameter, parameter["key"]) for parameter in canvas.parameters] == [
        *((True, "name"), (True, "story"), (True, "tone")),
        *((False, "notes"), (True, "copies"), (False, "urgent")),
    ]
    again = load(canvas.dsl())
    assert again.parameters == canvas.parameters
    assert spoken(stage.run(again, "Once more")) == "Dear Bob"


def test_a_search_without_a_hit_is_answered_by_its_own_text(stage, model):
    canvas = stage.load("nothing_found")
    stage.run(canvas)
    events = stage.run(canvas, "What do penguins eat?")
    assert spoken(events) == "The manuals are silent on this."
    assert texts(events) == ["The manuals are silent on this."]
    assert events[-1].reference is None and not model.requests


def test_citations_are_numbered_through_several_searches(stage, model):
    canvas = stage.load("citations")
    stage.run(canvas)
    model.plays(says("With vinegar [ID:0], and three years [ID:1]. Nothing [ID:7]."))
    events = stage.run(canvas, "How do I descale it?")
    assert canvas.state.path[-1] == ["Retrieval:Care", "Retrieval:Warranty", "Generate:Reply", "Answer:Desk"]
    assert spoken(events) == "With vinegar [ID:0], and three years [ID:1]. Nothing."
    assert [("vinegar" in one.content, "warranty" in one.content) for one in events[-1].reference.passages] == [(True, False), (False, True)]
    system = asked(model)[0][0]["content"]
    care, warranty = system.index("Care:"), system.index("Warranty:")
    assert care < system.index("ID: 0") < warranty < system.index("ID: 1") < system.index("Leave {this} alone.")


def test_citations_are_placed_where_the_model_makes_none(stage, model):
    canvas = stage.load("citations")
    stage.run(canvas)
    model.plays(says("Descale the kettle every month with vinegar."))
    events = stage.run(canvas, "How do I descale it?")
    assert spoken(events) == "Descale the kettle every month with vinegar. [ID:0]"


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("who am I", "", "empty"),
        ("who am I", "Ada", "filled"),
        ("WHO AM I", "Ada", "none"),
        ("fizz or zz", "", "lacks"),
        ("oddly", "", "differs"),
        ("odd one", "", "none"),
        ("this is the end", "", "ends"),
        ("1000", "", "above"),
        ("100", "", "none"),
        ("-200.5", "", "below"),
        ("tea", "", "either"),
        ("coffee", "", "either"),
    ],
)
def test_a_switch_goes_by_every_operator(plain, text, given, says):
    canvas = plain.load("switch")
    canvas.give({"name": given})
    plain.run(canvas)
    events = plain.run(canvas, text)
    assert spoken(events) == says
    assert canvas.state.path[-1] == ["Switch:Way", f"Message:{says.capitalize()}", "Answer:Desk"]


def test_branches_meet_in_concentrators_before_the_round_goes_on(stage, model):
    canvas = stage.load("concentrator")
    stage.run(canvas)
    model.plays(says("tea, cake"))
    events = stage.run(canvas, "tea and cake")
    assert canvas.state.path[-1] == [
        *("Template:Quote", "KeywordExtract:Words", "Message:Aside"),
        *("Concentrator:Inner", "Concentrator:Outer", "Answer:Desk"),
    ]
    assert spoken(events) == "By the way: the shop opens at nine.\nYou said: tea and cake\ntea, cake"


def test_a_message_is_said_with_its_postfix(stage, model):
    canvas = stage.load("message")
    stage.run(canvas)
    events = stage.run(canvas, "And?")
    assert events[:-1] == [Started("Message:Only", "message"), Text("There is nothing more to say. (Shall I go on?)")]
    assert isinstance(events[-1], Spoken) and not model.requests


def test_a_model_that_fails_leaves_the_session_able_to_go_on(stage, model):
    canvas = stage.load("chatbot")
    stage.run(canvas)
    model.plays(fails(401), says("Three years."))
    events = stage.run(canvas, WARRANTY)
    assert isinstance(events[-1], Failed) and "key" in events[-1].error.message
    assert canvas.trace[-1].error == events[-1].error.message
    canvas = load(canvas.dsl())
    assert canvas.state.messages[-1]["content"].startswith("**ERROR**: ")
    assert spoken(stage.run(canvas, WARRANTY)).startswith("Three years.")
    assert [turn["role"] for turn in asked(model)[1]] == ["system", "user"]


def test_a_client_that_leaves_keeps_what_it_was_told(stage, model):
    canvas = stage.load("chatbot")
    stage.run(canvas)
    model.plays(says("Three", " years", pause=0.05))
    events = canvas.run(stage.world, question=WARRANTY)
    assert next(event for event in events if isinstance(event, Text)).whole == "Three"
    events.close()
    assert canvas.state.history[-2:] == [["user", WARRANTY], ["assistant", "Three"]]
    assert canvas.state.path == [["begin"], ["Answer:Desk"]]


def test_reasoning_is_no_part_of_what_is_said(stage, model):
    canvas = stage.load("router")
    stage.run(canvas)
    model.plays(says("2. product"), says("Three years.", thinks=["Let me see."]))
    assert spoken(stage.run(canvas, WARRANTY)) == "Three years."
