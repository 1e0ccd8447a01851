"""A DSL that cannot run is refused when it is loaded, and the place is named (RAGFlow v1 contract 8.1, 8.3)."""

from __future__ import annotations

import json

import pytest

from chat.canvas import load
from models.errors import InvalidInput
from tests.chat.canvas.conftest import SAMPLES
from tests.chat.canvas.shapes import MODEL, canvas, component


def simple(**components):
    """begin and an Answer, and what a test is about."""
    return canvas(**{"begin": component("Begin", "Answer:A"), "Answer__A": component("Answer"), **components})


def refusal(dsl):
    """What the DSL is refused with, and the place it names."""
    with pytest.raises(InvalidInput) as caught:
        load(dsl)
    assert caught.value.condition == "dsl.invalid"
    return caught.value.message, caught.value.details["place"]


TO_A = {"to": "Answer:A"}
WRONG_PARAMS = {
    "a Generate without a model": ("Generate", {}, "[Generate] LLM does not support empty value."),
    "a Message without messages": ("Message", {}, "[Message] does not support empty value."),
    "a Template without content": ("Template", {}, "[Template] Content does not support empty value."),
    "a Switch that leads nowhere": ("Switch", {"conditions": [{"items": []}]}, "[Switch] 'To' can not be empty!"),
    "a Switch without conditions": ("Switch", {}, "[Switch] conditions does not support empty value."),
    "a category that leads nowhere": (
        *("Categorize", {**MODEL, "category_description": {"c": {"description": "x"}}}),
        "[Categorize] 'To' of category c can not be empty!",
    ),
    "a Relevant that leads nowhere": ("Relevant", {**MODEL, "yes": "Answer:A"}, "[Relevant] 'No' does not support empty value."),
    "an unknown parameter": ("Message", {"messages": ["a"], "shout": True}, "X:1: params has the unknown parameter shout."),
    "a text for a number": ("Generate", {**MODEL, "top_p": "high"}, "X:1: params.top_p should be a number."),
    "a number for a switch": ("Generate", {**MODEL, "cite": 1}, "X:1: params.cite should be true or false."),
    "an object for a list": ("Message", {"messages": {}}, "X:1: params.messages should be a list."),
    "a number out of its range": ("Generate", {**MODEL, "temperature": 2}, "X:1: params.temperature should be from 0 to 1."),
    "an unknown operator": (
        *("Switch", {"conditions": [{**TO_A, "items": [{"cpn_id": "begin", "operator": "like", "value": ""}]}]}),
        "X:1: the operator like is not known. Known are contains, not contains, start with, end with, empty, not empty, =, ≠, >, <, ≥, ≤.",
    ),
    "an item with an unknown key": (
        *("Switch", {"conditions": [{**TO_A, "items": [{"cpn": "begin"}]}]}),
        "X:1: params.conditions[0].items[0] has the unknown parameter cpn.",
    ),
    "a reference to nothing": ("Retrieval", {"query": [{"component_id": "Answer:Z"}]}, "X:1: Answer:Z is not among the components."),
    "a parameter that Begin lacks": (
        *("Retrieval", {"query": [{"component_id": "begin@x"}]}),
        "X:1: begin@x is not among the parameters of begin.",
    ),
    "a route to nothing": ("Switch", {"conditions": [{"to": "Answer:Z"}]}, "X:1: Answer:Z is not among the components."),
    "a database nobody knows": (
        *("ExeSQL", {"db_type": "mssql"}),
        "X:1: databases of type mssql are not offered. Known are mysql, mariadb, postgresql, sqlite.",
    ),
    "a proxy": (
        *("Invoke", {"url": "http://a", "proxy": "http://p:1"}),
        "X:1: params.proxy: a proxy is not offered, it would hide where a request goes.",
    ),
    "params that are no object": ("Message", [], "X:1: params should be an object."),
}


@pytest.mark.parametrize(("kind", "params", "message"), WRONG_PARAMS.values(), ids=list(WRONG_PARAMS))
def test_wrong_parameters_are_named(kind, params, message):
    entry = component(kind)
    entry["obj"]["params"] = params
    assert refusal(simple(X__1=entry)) == (message, "X:1")


def test_a_script_is_refused_with_the_reason():
    message, place = refusal(simple(Code__1=component("Code", lang="python", script="print()")))
    assert place == "Code:1" and "confines" in message


def test_an_unknown_component_is_refused_by_name():
    message, place = refusal(simple(DuckDuckGo__1=component("DuckDuckGo")))
    assert place == "DuckDuckGo:1" and message.startswith("DuckDuckGo:1: the component DuckDuckGo is not known. Known are Answer, Begin")


def test_begin_and_answer_have_to_be_there():
    assert refusal(canvas(Answer__A=component("Answer")))[0] == "There have to be an 'Begin' component."
    assert refusal(canvas(begin=component("Begin")))[0] == "There have to be an 'Answer' component."
    assert refusal(simple(Begin__2=component("Begin")))[1] == "Begin:2"


def test_an_edge_to_nothing_is_refused():
    dsl = simple(Message__1=component("Message", "Message:9", messages=["a"]))
    assert refusal(dsl) == ("Message:1: downstream names Message:9, which is not among the components.", "Message:1")


def test_an_edge_from_nothing_is_left_out():
    """A template of RAGFlow's own (HR_callout_zh) has one."""
    dsl = simple(Message__1=component("Message", "Answer:A", messages=["a"]))
    dsl["components"]["Message:1"]["upstream"] = ["Relevant:9", "begin"]
    assert load(dsl).graph.upstream["Message:1"] == ["begin"]
    dsl["components"]["Message:1"]["upstream"] = [{}]
    assert refusal(dsl) == ("Message:1: upstream should be a list of ids.", "Message:1")


# What editors of v0.17 to v0.19 write into `params` beside what a component is about.
ALWAYS = {"debug_inputs": [], "inputs": [], "infor_var_name": "infor", "output": None, "output_var_name": "output", "message_history_window_size": 22}
SWITCHES = [f"{name}Enabled" for name in ("temperature", "topP", "presencePenalty", "frequencyPenalty", "maxTokens")]
ASKING = {
    **{"llm_id": "deepseek-chat@DeepSeek", "prompt": "", "cite": True, "parameters": [], "parameter": "Precise", "query": []},
    **{"temperature": 0.1, "top_p": 0.3, "presence_penalty": 0.4, "frequency_penalty": 0.7, "max_tokens": 256},
    **{"llm_enabled_tools": [], **dict.fromkeys(SWITCHES, True)},
}
EDITED = {
    "Answer": {"post_answers": [], "query": []},
    "Begin": {"prologue": "", "query": [{"key": "k", "name": "n", "optional": False, "options": ["a"], "type": "options", "value": ""}]},
    "Categorize": {**ASKING, "category_description": {"c": {"description": "", "index": 0, "to": "Answer:A"}}},
    "Concentrator": {"query": []},
    "ExeSQL": {
        **{**ASKING, "database": "d", "db_type": "mysql", "host": "Your IP", "port": 3306, "username": "u", "password": "p"},
        **{"loop": 3, "top_n": 9},
    },
    "Generate": ASKING,
    "Invoke": {
        **{"clean_html": False, "datatype": "json", "headers": '{"Accept": "*/*"}', "method": "GET", "proxy": "http://", "timeout": 60},
        **{"url": "http://", "variables": [{"component_id": "begin@k", "id": "i", "key": "q", "value": ""}]},
    },
    "KeywordExtract": {**ASKING, "top_n": 2},
    "Message": {"messages": ["m"], "query": []},
    "Relevant": {**ASKING, "yes": "Answer:A", "no": "Answer:A"},
    "Retrieval": {
        **{"kb_ids": ["d"], "kb_vars": [], "similarity_threshold": 0.02, "keywords_similarity_weight": 1, "top_n": 8, "top_k": 1024},
        **{"rerank_id": None, "empty_response": None, "tavily_api_key": "", "use_kg": False},
        **{"query": [{"component_id": "begin@k", "type": "reference"}]},
    },
    "RewriteQuestion": {**ASKING, "language": "", "loop": 1},
    "Switch": {
        "conditions": [{"items": [{"cpn_id": "begin@k", "operator": "=", "value": "1"}], "logical_operator": "and", "to": "Answer:A"}],
        "end_cpn_id": "Answer:A",
    },
    "Template": {"content": "{k}", "parameters": [{"component_id": "begin@k", "id": "i", "key": "k"}]},
}


@pytest.mark.parametrize("kind", EDITED)
def test_what_editors_write_is_known(kind):
    asked = component("Begin", "Answer:A", **ALWAYS, **EDITED["Begin"])
    others = {} if kind in ("Begin", "Answer") else {"X__1": component(kind, "Answer:A", **{**ALWAYS, **EDITED[kind]})}
    load(canvas(begin=asked, Answer__A=component("Answer", **ALWAYS, **EDITED["Answer"]), **others))


def test_a_cycle_without_an_answer_is_refused():
    one, two = component("Template", "Template:2", content="a"), component("Template", "Template:1", content="b")
    message, place = refusal(simple(begin=component("Begin", "Template:1"), Template__1=one, Template__2=two))
    assert (message, place) == ("Template:1: Template:1 => Template:2 => Template:1 is a cycle without an Answer.", "Template:1")


def test_a_cycle_that_its_router_never_leaves_is_refused():
    switch = component("Switch", "Template:1", conditions=[{"to": "Template:1"}], end_cpn_id="Template:1")
    cyclic = {"Template__1": component("Template", "Switch:1", content="a"), "Switch__1": switch}
    assert refusal(simple(begin=component("Begin", "Template:1"), **cyclic))[1] == "Template:1"
    switch["obj"]["params"]["end_cpn_id"] = "Answer:A"
    load(simple(begin=component("Begin", "Template:1"), **cyclic))


def test_ten_thousand_components_are_refused():
    many = {f"Message__{number}": component("Message", "Answer:A", messages=["a"]) for number in range(10_000)}
    message, place = refusal(simple(**many))
    assert (message, place) == ("components: there are 10002, more than 500.", "components")


@pytest.mark.parametrize("dsl", [None, [], {}, {"components": []}, {"components": {"begin": []}}, {"components": {"begin": {"obj": {}}}}, "x"])
def test_what_is_no_dsl_is_refused(dsl):
    refusal(dsl)


def test_an_iteration_keeps_to_itself():
    inner = {"IterationItem__1": component("IterationItem", "Message:1", parent="Iteration:1")}
    message = component("Message", "Answer:A", parent="Iteration:1", messages=["a"])
    assert refusal(simple(Iteration__1=component("Iteration"), Message__1=message, **inner))[1] == "Message:1"
    assert refusal(simple(Iteration__1=component("Iteration")))[1] == "Iteration:1"
    assert refusal(simple(IterationItem__1=component("IterationItem")))[1] == "IterationItem:1"
    nested = component("Iteration", parent="Iteration:1")
    assert refusal(simple(Iteration__1=component("Iteration"), Iteration__2=nested, **inner, Message__1=message))[1] in ("Iteration:2", "Iteration:1")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_what_is_loaded_is_saved_as_it_came(path):
    dsl = json.loads(path.read_text(encoding="utf-8"))["dsl"]
    saved = json.loads(json.dumps(load(dsl).dsl()))
    for id, entry in dsl["components"].items():
        obj = saved["components"][id]["obj"]
        assert {**obj, "params": None} == {"inputs": [], "output": None, **entry["obj"], "params": None}
        assert {**obj["params"], "query": None} == {**entry["obj"]["params"], "query": None}
    assert {**saved, "components": None} == {**dsl, "components": None}


def test_a_state_that_cannot_be_read_is_left_out():
    odd = {"history": [["user", "a"], ["x"], 5], "path": [["begin"], ["gone", {}]], "messages": "no", "answer": ["gone", {}], "reference": None}
    state = load({**simple(), **odd}).state
    assert (state.history, state.path, state.messages, state.answer, state.reference) == ([["user", "a"]], [["begin"], []], [], [], [])
