"""The default model prepared, and a catalogue that names it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from search import catalogue
from search.embedding import Embedder, embedder, open_models
from search.embedding.prepare import DEFAULT

SHIPPED = Path(__file__).parents[3] / "conf" / "models.yaml"


@pytest.fixture
def minilm(model_folder: Path) -> Iterator[Embedder]:
    """The default embedder, as a web process has it."""
    catalogue.load(yaml.safe_load(SHIPPED.read_text(encoding="utf-8")))
    open_models(model_folder, threads=1)
    yield embedder(DEFAULT)
