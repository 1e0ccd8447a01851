"""Choosing documents by their meta_fields, however many match (RAGFlow v1 contract 3.16; the metadata_condition of later clients)."""

from __future__ import annotations

import json

import pytest

from models.base import database, new_id
from models.tables import Document
from tests.api.v1.wire import BASE, assert_success, upload
from tests.engines import both_engines

pytestmark = both_engines

MANY = 100_000


@pytest.fixture
def crowd(client, dataset):
    """MANY documents in English, of which three have a chunk, and one in French, which has one: gives the ids of the four."""
    documents = [_with_chunk(client, dataset, number, language) for number, language in enumerate(("en", "en", "en", "fr"))]
    _multiply(documents[0], MANY - 3)
    assert Document.select().where(Document.dataset == dataset).count() == MANY + 1
    return documents


def _with_chunk(client, dataset, number, language):
    id = upload(client, dataset, f"kettle {number}.txt")["id"]
    path = f"{BASE}/datasets/{dataset}/documents/{id}"
    assert_success(client.put(path, json={"meta_fields": {"language": language}}))
    assert_success(client.post(f"{path}/chunks", json={"content": f"The kettle of model {number} is made of steel."}))
    return id


def _multiply(id, times):
    """Store that many more rows like this document's; one statement for all, as a row at a time would take minutes."""
    [row] = Document.select().where(Document.id == id).dicts()
    row = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in row.items()}
    statement = f"INSERT INTO document ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
    with database.atomic():
        database.connection().executemany(statement, ({**row, "id": new_id()} for _ in range(times)))


def test_a_condition_may_match_a_hundred_thousand_documents(client, dataset, crowd):
    def ask(operator, value, **fields):
        condition = {"name": "language", "comparison_operator": operator, "value": value}
        body = {"question": "Which kettle is made of steel?", "dataset_ids": [dataset], "metadata_condition": {"conditions": [condition]}}
        return assert_success(client.post(f"{BASE}/retrieval", json={**body, **fields}))

    def found(*condition, **fields):
        data = ask(*condition, **fields)
        assert data["total"] == len(data["chunks"])
        return {item["document_id"]: item["similarity"] for item in data["chunks"]}

    everything = found("not empty", None)
    assert set(everything) == set(crowd)
    assert found("=", "en") == {id: everything[id] for id in crowd[:3]}
    assert found("≠", "en") == {crowd[3]: everything[crowd[3]]}
    assert found("=", "de") == {}
    assert found("=", "en", document_ids=crowd[2:]) == {crowd[2]: everything[crowd[2]]}
    page = ask("=", "en", page=2, page_size=2)
    assert (page["total"], len(page["chunks"])) == (3, 1)
