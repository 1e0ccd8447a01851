"""A canvas of a few lines cannot fill the memory: its texts are bounded before they are built (RAGFlow v1 contract 8.2)."""

from __future__ import annotations

import tracemalloc

import pytest

from chat.canvas import Spoken, load, meter
from chat.canvas.state import MOST_SAID, State
from chat.exchange import Failed
from tests.chat.canvas.shapes import canvas, component


def chain(kind, first, count, params, begin=None):
    """Begin, so many components of one kind one behind the other, an Answer."""
    ids = [f"{kind}:{number}" for number in range(count)]
    after = dict(zip(ids, [*ids[1:], "Answer:A"], strict=True))
    parts = {id: component(kind, after[id], **params(ids[max(place - 1, 0)])) for place, id in enumerate(ids)}
    parts[ids[0]] = component("Template", after[ids[0]], content=first)
    opener = component("Begin", "Answer:A", prologue="Hi", **(begin or {}))
    return canvas(begin=opener, **{"Answer:A": component("Answer", ids[0])}, **parts)


def asked(dsl, **values):
    """The last event of a question, and how many bytes were taken at the most."""
    loaded = load(dsl)
    loaded.give(values)
    list(loaded.run(None))
    tracemalloc.start()
    try:
        last = list(loaded.run(None, question="Go"))[-1]
        return last, tracemalloc.get_traced_memory()[1], loaded
    finally:
        tracemalloc.stop()


def test_templates_that_double_each_other_are_stopped_before_the_text_is_built():
    last, peak, loaded = asked(chain("Template", "a" * 10_000, 40, lambda before: {"content": f"{{{before}}}{{{before}}}"}))
    assert isinstance(last, Failed) and last.error.condition == "run.text"
    assert peak < 20 * meter.MOST_TEXT
    assert loaded.trace[-1].error == last.error.message  # the trace names the component


def test_a_large_value_repeated_in_a_template_is_stopped_before_the_text_is_built():
    query = [{"key": "file", "type": "paragraph"}]
    last, peak, _ = asked(chain("Template", "{begin@file}" * 5_000, 1, lambda before: {}, {"query": query}), file="b" * 100_000)
    assert isinstance(last, Failed) and last.error.condition == "run.text"
    assert peak < meter.MOST_TEXT


def test_inputs_that_are_named_over_and_over_are_stopped():
    same = {"query": [{"component_id": "Template:0"}] * 1_000}
    dsl = chain("Template", "c" * 100_000, 1, lambda before: {})
    dsl["components"]["Template:0"]["downstream"] = ["KeywordExtract:0"]
    dsl["components"]["KeywordExtract:0"] = component("KeywordExtract", "Answer:A", llm_id="extractive@Dovetail", **same)
    last, peak, _ = asked(dsl)
    assert isinstance(last, Failed) and last.error.condition == "run.text"
    assert peak < meter.MOST_TEXT


def test_all_that_a_canvas_keeps_is_bounded():
    last, _, _ = asked(chain("Template", "d" * 199_999, 45, lambda before: {"content": f"{{{before}}}"}))
    assert isinstance(last, Failed) and last.error.condition == "run.text"


@pytest.mark.parametrize("count", [1, 20])
def test_texts_within_bounds_go_through(count):
    last, _, _ = asked(chain("Template", "e" * 100_000, count, lambda before: {"content": f"{{{before}}}"}))
    assert isinstance(last, Spoken) and last.text == "e" * 100_000


def test_what_was_said_long_ago_makes_room():
    state = State(history=[["user", "q"], ["assistant", "a" * MOST_SAID], ["user", "r"], ["assistant", "b"]])
    state.messages = [{"role": role, "content": text} for role, text in state.history]
    state.trimmed()
    assert state.history == [["user", "r"], ["assistant", "b"]] and len(state.messages) == 2
    state.history = [["assistant", "a" * (MOST_SAID + 1)]]
    state.trimmed()
    assert len(state.history) == 1
