"""Canvases in the real world of a tenant: its datasets, its models, one of which is scripted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chat.canvas import Canvas, Spoken, Started, load
from chat.catalogue import Model
from chat.exchange import Text
from services import canvas, models
from tests.chat.conftest import Asker

SAMPLES = Path(__file__).parents[2] / "agents" / "samples"


class Stage:
    """A tenant with a dataset about appliances, and canvases that run there."""

    def __init__(self, asker: Asker, model: str) -> None:
        self.asker = asker
        self.model = model
        self.world = canvas.world(asker.principal)

    def dsl(self, name):
        """A sample's DSL, with this tenant's dataset and model."""
        text = (SAMPLES / f"{name}.json").read_text(encoding="utf-8")
        return json.loads(text.replace('"DATASET"', json.dumps(self.asker.dataset.id)).replace("extractive@Dovetail", self.model))["dsl"]

    def load(self, name):
        """A sample's canvas."""
        return load(self.dsl(name))

    def run(self, canvas: Canvas, question="", **options):
        """The events of a run."""
        return list(canvas.run(self.world, question=question, **options))


@pytest.fixture
def stage(asker, model) -> Stage:
    """Canvases on the scripted model."""
    models.add(asker.principal.tenant, "chat", Model("scripted", "Acme", model.url, "scripted-1", "sk-very-secret"))
    return Stage(asker, "scripted@Acme")


@pytest.fixture
def plain(asker) -> Stage:
    """Canvases on the built-in model."""
    return Stage(asker, "extractive@Dovetail")


def started(events):
    """The components that said that they begin."""
    return [event.component for event in events if isinstance(event, Started)]


def texts(events):
    """What was told, piece by piece."""
    return [event.whole for event in events if isinstance(event, Text)]


def spoken(events):
    """What was said in the end."""
    assert isinstance(events[-1], Spoken), events[-1]
    return events[-1].text
