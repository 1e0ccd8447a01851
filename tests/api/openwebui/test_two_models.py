"""Knowledges of different embedding models: files go between them, and questions to both at once (contract 7.1; decisions A4)."""

from __future__ import annotations

import pytest
import yaml

from models import counters
from models.tables import Chunk
from search import catalogue
from tests.api.openwebui.store import FILES, KNOWLEDGE, OTHER, add, bare, datasets, found, knowledge, ok, upload
from tests.ingest.rooms import DIMENSION, Endpoint

pytestmark = pytest.mark.usefixtures("reader")
DEFAULT, SECOND = "all-MiniLM-L6-v2", "second-model"
SIZES = {DEFAULT: 384 * 2, SECOND: DIMENSION * 2}  # bytes of a vector


@pytest.fixture
def environment(tmp_path):
    """A catalogue of two models, one of them behind an endpoint."""
    endpoint = Endpoint()
    models = {DEFAULT: {"source": "onnx", "factory": "x"}, SECOND: {"source": "remote", "base_url": endpoint.url, "needs_key": False, "factory": "x"}}
    file = tmp_path / "catalogue.yaml"
    file.write_text(yaml.safe_dump({"models": models, "aliases": {}}))
    yield {"DOVETAIL_EMBEDDING__CATALOGUE": str(file)}
    endpoint.close()


@pytest.fixture
def second(client) -> str:
    """A knowledge of the second model, which RAGFlow's client made."""
    made = client.post("/api/v1/datasets", json={"name": "second", "embedding_model": f"{SECOND}@x"}).json
    assert made["code"] == 0, (made, catalogue.is_known(SECOND))
    return str(made["data"]["id"])


def vectors(dataset):
    return {len(row.vector) for row in Chunk.select(Chunk.vector).where(Chunk.dataset == bare(dataset))}


def test_a_file_goes_to_a_knowledge_of_another_model_and_back(app, client, second):
    file = upload(client)
    ok(add(client, second, file))
    assert vectors(second) == {SIZES[SECOND]} and "kettle" in found(client, second)[0]
    assert len(found(client, f"file-{file}", k=10)) == len(found(client, second, k=10)) == Chunk.select().count()
    assert counters.recount() == 0
    ok(client.post(f"{KNOWLEDGE}/{second}/reset"))
    events = client.get(f"{FILES}/{file}/process/status?stream=true").text
    assert '"completed"' in events
    assert {len(row.vector) for row in Chunk.select(Chunk.vector)} == {SIZES[DEFAULT]} and "kettle" in found(client, f"file-{file}")[0]
    assert datasets(client)[bare(second)]["chunk_count"] == counters.recount() == 0


def test_a_question_goes_to_both(app, client, second):
    own = knowledge(client)
    ok(add(client, own, upload(client)))
    ok(add(client, second, upload(client, OTHER, "birds.txt")))
    for hybrid in (False, True):
        texts = found(client, [own, second], "How long are the legs of birds?", k=10, hybrid=hybrid)
        assert len(texts) == 2 and "Cranes" in texts[0], texts
