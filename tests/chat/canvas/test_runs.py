"""How a run goes from component to component, what it may spend, and what stays (RAGFlow v1 contract 8.2)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.canvas import Doors, Limits, Lookup, Spoken, load
from chat.canvas.component import Output
from chat.canvas.components.switch import OPERATORS
from chat.canvas.inputs import bulleted
from chat.catalogue import Model
from chat.exchange import Failed, Passage
from chat.prompt import filled
from chat.writing import Material
from models.errors import InvalidInput
from tests.chat.canvas.conftest import SAMPLES, spoken, started
from tests.chat.canvas.shapes import BUILT_IN, MODEL, canvas, component
from tests.scripted_model import says, stalls


class Bare:
    """A world with nothing in it but one model."""

    doors = Doors()

    def __init__(self, model: Model | None = None) -> None:
        self.named = model or Model("extractive", "Dovetail")
        self.lookups: list[Lookup] = []

    def model(self, name):
        return self.named

    def retrieve(self, lookup):
        self.lookups.append(lookup)
        passage = Passage("c", f"About {lookup.question}.", "d", "d.txt", "s", term_similarity=1.0, vector_similarity=1.0)
        return Material(total=1, passages=(passage,), space="m")

    def embed(self, texts):
        return np.ones((len(texts), 2), dtype=np.float32)


def bare(**components):
    """begin with a short prologue, an Answer, and what a test is about."""
    return load(canvas(**{"begin": component("Begin", "Answer:A", prologue="Hi"), "Answer__A": component("Answer"), **components}))


def run(canvas, question="", world=None, **options):
    return list(canvas.run(world or Bare(), question=question, **options))


def test_the_first_question_passes_over_an_opener_that_was_told(stage):
    chat = canvas(begin=component("Begin", "Answer:A", prologue="Hi"), Answer__A=component("Answer", "Template:T"))
    chat["components"]["Template:T"] = component("Template", "Answer:A", content="<{Answer:A}>")
    chat["components"]["Answer:A"]["upstream"] += ["Template:T"]
    never_opened = load(chat)
    assert spoken(run(never_opened, "one")) == "<one>"
    assert never_opened.state.path == [["begin"], ["Answer:A"], ["Template:T", "Answer:A"]]
    assert never_opened.state.history[:2] == [["assistant", "Hi"], ["user", "one"]]
    prefilled = load({**chat, "history": [["user", "zero"], ["assistant", "0"]]})
    assert spoken(run(prefilled, "one")) == "<one>"
    assert prefilled.state.history == [["user", "zero"], ["assistant", "0"], ["user", "one"], ["assistant", "<one>"]]


def test_a_second_answer_is_spoken_by_the_next_call(model):
    two = bare(
        begin=component("Begin", "Generate:1", "Generate:2"),
        Generate__1=component("Generate", "Answer:A", **MODEL, prompt="one"),
        Generate__2=component("Generate", "Answer:B", **MODEL, prompt="two"),
        Answer__B=component("Answer", "Message:1"),
        Message__1=component("Message", "Answer:A", messages=["three"]),
    )
    world = Bare(Model("scripted", "", model.url, "scripted-1"))
    model.plays(says("second, written ahead"), says("first"))
    assert spoken(run(two, "Go", world)) == "first"
    two = load(two.dsl())
    assert two.state.answer == ["Answer:B"]
    assert spoken(run(two, "on", world)) == "second, written ahead"
    assert spoken(run(two, "on", world)) == "three"
    assert two.state.path == [["begin"], ["Generate:1", "Generate:2", "Answer:A", "Answer:B"], ["Message:1", "Answer:A"]]


def test_a_crash_leaves_the_session_where_it_was():
    class Broken(Bare):
        def retrieve(self, lookup):
            raise ZeroDivisionError

    fragile = bare(Answer__A=component("Answer", "Retrieval:1"), Retrieval__1=component("Retrieval", "Answer:A", kb_ids=["d"]))
    run(fragile)
    with pytest.raises(ZeroDivisionError):
        run(fragile, "tea", Broken())
    assert fragile.state.path == [["begin"], ["Answer:A"]] and fragile.state.history == [["assistant", "Hi"]]
    assert spoken(run(fragile, "tea")) == "About tea."


def test_a_canvas_that_reaches_no_answer_says_so():
    dead = bare(Answer__A=component("Answer", "Message:1"), Message__1=component("Message", messages=["a"]))
    run(dead)
    [*_, failed] = run(dead, "Go")
    assert isinstance(failed, Failed) and failed.error.condition == "run.silent"
    assert failed.error.message.startswith("The dialog flow has no way to interact with you.")


def test_a_component_waits_for_those_that_it_names():
    late = bare(
        Answer__A=component("Answer", "Template:Join", "Template:One"),
        Template__Join=component("Template", "Answer:A", content="{Template:One} and {Template:Two}"),
        Template__One=component("Template", "Template:Two", content="one"),
        Template__Two=component("Template", "Template:Join", content="two"),
    )
    run(late)
    events = run(late, "Go")
    assert started(events) == ["Template:One", "Template:Two", "Template:Join"]
    assert spoken(events) == "one and two"


def test_what_is_named_but_never_comes_is_not_waited_for_for_ever():
    lone = bare(
        Answer__A=component("Answer", "Template:Join"),
        Template__Join=component("Template", "Answer:A", content="[{Template:Never}]"),
        Template__Never=component("Template", content="never"),
    )
    run(lone)
    assert spoken(run(lone, "Go")) == "[]"


def test_a_query_can_be_a_transcript_or_a_constant():
    said = {"type": "reference", "component_id": "Answer:A"}
    asking = bare(
        Answer__A=component("Answer", "Retrieval:1", "Template:1"),
        Retrieval__1=component("Retrieval", kb_ids=["d"], query=[said], keywords_similarity_weight=0.25),
        Template__1=component("Template", "Answer:A", content="{input}", query=[{"type": "input", "value": "constant"}, said]),
    )
    world = Bare()
    run(asking, world=world)
    assert spoken(run(asking, "What is tea?", world)) == "constant\nASSISTANT:Hi\nUSER:What is tea?"
    assert world.lookups == [Lookup("What is tea?", ("d",), vector_similarity_weight=0.75)]


def test_datasets_can_be_named_by_a_parameter():
    chosen = bare(
        begin=component("Begin", "Retrieval:1", query=[{"key": "sets", "type": "line", "optional": True}]),
        Retrieval__1=component("Retrieval", "Answer:A", kb_vars=[{"type": "reference", "component_id": "begin@sets"}]),
    )
    world = Bare()
    chosen.give({"sets": "a, b"})
    events = run(chosen, "tea", world)
    assert world.lookups[0].datasets == ("a", "b")
    assert spoken(events) == "About tea." and events[-1].reference.passages[0].chunk_id == "c"


def test_a_branch_that_is_picked_takes_the_question_along():
    asked = {"cpn_id": "Answer:A"}
    routed = bare(
        Answer__A=component("Answer", "Switch:1"),
        Switch__1=component("Switch", "Concentrator:1", conditions=[{"to": "Concentrator:1", "items": [{**asked, "operator": "not empty"}]}]),
        Concentrator__1=component("Concentrator", "KeywordExtract:1", "Retrieval:1"),
        KeywordExtract__1=component("KeywordExtract", **BUILT_IN),
        Retrieval__1=component("Retrieval", "Generate:1", kb_ids=["d"]),
        Generate__1=component("Generate", "Answer:A", **BUILT_IN),
    )
    world = Bare()
    run(routed, world=world)
    events = run(routed, "Who grows Darjeeling tea?", world)
    assert world.lookups[0].question == "Who grows Darjeeling tea?"
    assert spoken(events) == "About Who grows Darjeeling tea?. [ID:0]"


@pytest.mark.parametrize(
    ("limits", "condition"),
    [(Limits(steps=2), "run.steps"), (Limits(tokens=11), "run.tokens"), (Limits(seconds=0.0), "run.deadline")],
)
def test_a_run_that_takes_too_much_is_stopped(stage, model, limits, condition):
    chatbot = stage.load("router")
    stage.run(chatbot)
    model.plays(says("2. product"))
    [*_, failed] = stage.run(chatbot, "How long is the warranty?", limits=limits)
    assert isinstance(failed, Failed) and failed.error.condition == condition


def test_a_model_is_told_how_many_tokens_the_run_has_left(stage, model):
    chatbot = stage.load("chatbot")
    stage.run(chatbot)
    model.plays(says("Three years.", usage=(10, 2)))
    stage.run(chatbot, "How long is the warranty?", limits=Limits(tokens=1_000))
    assert model.requests[0]["max_tokens"] == 256 and (model.requests[0]["temperature"], model.requests[0]["top_p"]) == (0.1, 0.3)
    stage.run(chatbot, "How long is the warranty?", limits=Limits(tokens=300))
    assert 0 < model.requests[1]["max_tokens"] < 256
    [*_, failed] = stage.run(chatbot, "How long is the warranty?", limits=Limits(tokens=50))
    assert failed.error.condition == "run.tokens" and len(model.requests) == 2


def test_what_an_editor_has_switched_off_is_not_sent(model):
    off = {"temperature": 0.5, "temperatureEnabled": False, "max_tokens": 9, "maxTokensEnabled": False, "top_p": 0.4, "presence_penalty": 0}
    writing = bare(begin=component("Begin", "Generate:1"), Generate__1=component("Generate", "Answer:A", **MODEL, **off, prompt="Hi"))
    run(writing, "Go", Bare(Model("scripted", "", model.url, "scripted-1")))
    sent = model.requests[0]
    assert sent["top_p"] == 0.4 and not {"temperature", "max_tokens", "presence_penalty", "frequency_penalty"} & set(sent)


def test_a_model_that_never_answers_is_stopped_at_the_deadline(stage, model):
    chatbot = stage.load("chatbot")
    stage.run(chatbot)
    model.plays(stalls("Thr"))
    [*_, failed] = stage.run(chatbot, "How long is the warranty?", limits=Limits(seconds=0.7))
    assert isinstance(failed, Failed) and failed.error.condition == "run.deadline" and failed.text == "Thr"
    assert model.left.wait(5)


def test_a_trace_has_every_step_with_what_it_took(stage, model):
    router = stage.load("router")
    stage.run(router)
    model.plays(says("2. product", usage=(100, 2)), says("Three years.", usage=(50, 4)))
    events = stage.run(router, "How long is the warranty of the kettle?")
    assert [(step.kind, step.prompt_tokens, step.completion_tokens) for step in router.trace] == [
        ("Categorize", 100, 2),
        ("Retrieval", 0, 0),
        ("Generate", 50, 4),
    ]
    assert router.trace[0].name == "What is it about" and router.trace[0].output == "2. product"
    assert router.trace[1].inputs == "How long is the warranty of the kettle?" and "three years" in router.trace[1].output
    assert (events[-1].usage.prompt_tokens, events[-1].usage.completion_tokens) == (150, 6)
    assert all(step.seconds >= 0 and not step.error for step in router.trace)


def test_a_newer_canvas_takes_over_what_was_said(plain):
    old = plain.load("switch")
    old.give({"name": "Ada"})
    plain.run(old)
    plain.run(old, "tea")
    changed = plain.dsl("switch")
    changed["components"]["Message:Either"]["obj"]["params"]["messages"] = ["cup"]
    newer = old.adopt(load(changed))
    assert newer.state.path == old.state.path and newer.state.history == old.state.history
    assert spoken(plain.run(newer, "coffee")) == "cup" and spoken(plain.run(newer, "who am I")) == "filled"


def test_a_reset_canvas_remembers_its_parameters_alone(plain):
    switch = plain.load("switch")
    switch.give({"name": "Ada"})
    plain.run(switch)
    switch.reset()
    assert switch.dsl()["path"] == [] and switch.dsl()["components"]["begin"]["obj"]["output"] is None
    assert spoken(plain.run(switch, "who am I")) == "filled"


def test_many_turns_keep_a_session_small(plain):
    message = plain.load("message")
    plain.run(message)
    for number in range(1_100):
        assert isinstance(plain.run(message, str(number))[-1], Spoken)
    assert json.dumps(message.dsl())
    assert max(len(kept) for kept in (message.state.history, message.state.messages, message.state.path, message.state.reference)) <= 1_000


TEXTS = st.one_of(st.text(max_size=8), st.floats(allow_nan=False, width=16).map(str), st.integers(-99, 99).map(str))


@given(TEXTS, TEXTS)
def test_operators_complement_each_other(text, value):
    holds = {name: compare(text, value) for name, compare in OPERATORS.items()}
    for one, other in (("contains", "not contains"), ("empty", "not empty"), ("=", "≠"), (">", "≤"), ("<", "≥")):
        assert holds[one] != holds[other]
    assert not (holds[">"] and holds["<"])
    assert holds["contains"] or not (holds["start with"] or holds["end with"])


@given(st.dictionaries(st.from_regex(r"[a-z]{1,3}(:[a-z])?", fullmatch=True), st.text(max_size=9), max_size=4), st.text("{}:abc ", max_size=40))
def test_a_filled_text_holds_values_as_they_are(values, text):
    """What a value says is never looked into."""
    marked = {name: "{a}" + value for name, value in values.items()}
    names = [name for name in values if "{" + name + "}" in text]
    out = filled(text, marked)
    assert all(marked[name] in out for name in names)
    assert out == text or names


def test_lists_are_bulleted():
    assert (bulleted(()), bulleted(("a",)), bulleted(("a", "b"))) == ("", "a", " - a\n - b")
    assert Output(("a", "b")).text == "a\nb"


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6)
DSLS = [json.loads(path.read_text(encoding="utf-8"))["dsl"] for path in sorted(SAMPLES.glob("*.json"))]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_broken_dsl_does_more_than_be_refused(data):
    dsl = json.loads(json.dumps(data.draw(st.sampled_from(DSLS))))
    place = dsl
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(place[key], dict | list):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    try:
        load(load(dsl).dsl())
    except InvalidInput as error:
        assert error.condition == "dsl.invalid" and error.details["place"]
