"""What authors and clients give a canvas: Begin parameters and examples, within bounds (RAGFlow v1 contract 3.27, 8.3; decisions B25)."""

from __future__ import annotations

import numpy as np
import pytest

from chat.canvas import Limits, load
from chat.canvas.components.categorize import AT_ONCE
from chat.exchange import Failed
from models.errors import InvalidInput
from tests.chat.canvas.shapes import BUILT_IN, canvas, component
from tests.chat.canvas.test_runs import Bare, bare, run


def asking(type="line", key="k"):
    """A canvas that repeats its one parameter, which is due."""
    query = [{"key": key, "name": "n", "type": type, "optional": False}]
    begin = component("Begin", "Answer:A", prologue="Hi", query=query)
    return load(canvas(begin=begin, Answer__A=component("Answer", "Template:T"), Template__T=component("Template", "Answer:A", content="{begin@5}")))


@pytest.mark.parametrize("value", [None, "", [], {}])
@pytest.mark.parametrize("type", ["line", "options", "integer", "boolean", "file"])
def test_what_is_empty_is_no_value_of_any_type(type, value):
    assert asking(type).missing({"k": value}).key == "k"


@pytest.mark.parametrize(("type", "counts"), [("line", False), ("paragraph", False), ("integer", True), ("boolean", True)])
@pytest.mark.parametrize("value", [0, False])
def test_0_and_false_are_values_of_numbers_and_switches_alone(type, value, counts):
    own = asking(type)
    assert (own.missing({"k": value}) is None) is counts
    own.give({"k": value})


def test_a_key_that_is_a_number_keeps_its_value():
    own = asking(key=5)
    assert own.missing({"5": "five"}) is None
    own.give({"5": "five"})
    again = load(own.dsl())
    assert own.parameters == again.parameters and own.parameters[0]["value"] == "five"
    run(again)
    assert run(again, "Go")[-1].text == "five"


def sorting(examples):
    return bare(
        Answer__A=component("Answer", "Categorize:1"),
        Categorize__1=component("Categorize", **BUILT_IN, category_description={"a": {"examples": examples, "to": "Message:1"}}),
        Message__1=component("Message", "Answer:A", messages=["m"]),
    )


@pytest.mark.parametrize("examples", ["line\n" * 1_001, ["x"] * 1_001, "x" * 200_001, {"x": "y" * 200_001}])
def test_more_examples_than_a_model_could_compare_are_refused(examples):
    with pytest.raises(InvalidInput, match="Categorize:1: the examples are more than"):
        sorting(examples)


class Counting(Bare):
    """Counts how many texts it is asked for at once."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def embed(self, texts):
        self.counts.append(len(texts))
        return np.ones((len(texts), 2), dtype=np.float32)


def test_many_examples_are_compared_a_few_at_a_time_within_the_deadline():
    world = Counting()
    assert run(sorting([f"line {number}" for number in range(100)]), "Go", world)[-1].text == "m"
    assert max(world.counts) <= AT_ONCE and sum(world.counts) == 102
    late = run(sorting(["line"] * 100), "Go", Counting(), limits=Limits(seconds=0.0))[-1]
    assert isinstance(late, Failed) and late.error.condition == "run.deadline"
