"""What chunk methods find beside text, as it is stored and searched (contract 7.3: qa, table, tag, paper; 3.6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import pipeline
from models import jobs
from models.tables import Chunk, Dataset, Document
from tests.ingest.rooms import ask_for_parse, assert_whole, contents, found, fresh, make_dataset, place
from tests.ingest.workers import endpoint_fixture, store_fixture  # noqa: F401  fixtures

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def parse(tmp_path: Path):
    """Parse a document of this content by a method; returns it as it is then."""
    folder = tmp_path / "job"
    folder.mkdir()

    def run(content: str, method: str, **fields: object) -> Document:
        document = place(content, chunk_method=method, parser_config={}, **fields)
        ask_for_parse(document)
        lease = jobs.claim("elsewhere:1:1", seconds=60)
        assert lease is not None
        pipeline.run(lease, folder)()
        for left in folder.iterdir():
            left.unlink()
        return fresh(document)

    return run


def rows(document: Document) -> list[Chunk]:
    return list(Chunk.select().where(Chunk.document == document.id).order_by(Chunk.slot))


def test_a_pair_is_found_by_its_question_alone(parse):
    document = parse("Where is the valve?\tBehind the kettle.", "qa", name="faq.txt")
    assert contents(document) == ["Question: Where is the valve?\tAnswer: Behind the kettle."]
    assert found(document, "valve") == set(contents(document))
    assert found(document, "kettle") == found(document, "question") == set()
    assert_whole(document)


def test_rows_keep_their_typed_columns_and_the_dataset_learns_their_names(parse):
    dataset = make_dataset(parser_config={"raptor": {"use_raptor": False}})
    document = parse("Name (full),Price,Sold\nvalve,3.5,2024-03-01\npump,4,2024-03-02\n", "table", name="a.csv", dataset=dataset)
    assert [row.fields for row in rows(document)] == [
        {"Name_tks": "valve", "Price_flt": 3.5, "Sold_dt": "2024-03-01T00:00:00"},
        {"Name_tks": "pump", "Price_flt": 4.0, "Sold_dt": "2024-03-02T00:00:00"},
    ]
    config = Dataset.get_by_id(dataset.id).parser_config
    assert config["field_map"] == {"Name_tks": "Name (full)", "Price_flt": "Price", "Sold_dt": "Sold"}
    assert config["raptor"] == {"use_raptor": False}
    parse("Town\nUlm\n", "table", name="b.csv", dataset=dataset)
    assert set(Dataset.get_by_id(dataset.id).parser_config["field_map"].values()) == {"Name (full)", "Price", "Sold", "Town"}


def test_tags_are_stored_beside_their_text(parse):
    document = parse("a leaking valve\twater,pipes.old", "tag", name="tags.txt")
    assert [(row.content, row.tags) for row in rows(document)] == [("a leaking valve", ["water", "pipes_old"])]


@pytest.mark.parametrize("method", ["manual", "paper", "email", "picture", "presentation"])
def test_a_document_of_a_type_its_method_does_not_take_fails_in_the_words_clients_know(parse, method):
    document = parse("text", method, name="a.txt")
    assert (document.run, document.progress) == ("fail", -1)
    assert "[ERROR]Internal server error while chunking: file type not supported yet(.txt)" in document.progress_msg


def test_a_law_without_articles_is_done_without_chunks_and_says_so(parse):
    document = parse("just text", "laws", name="a.txt")
    assert (document.run, document.chunk_count) == ("done", 0)
    assert "No chunk parsed out." in document.progress_msg
