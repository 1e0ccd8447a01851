"""Ranking (retrieval.md 1a, decisions B6) over real embeddings of the default model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models.base import database
from models.tables import TABLES, Chunk, Document
from search import catalogue, engine, outbox, ranking
from search.elastic.options import Options
from search.embedding import embedder, open_models
from search.index import IndexKey
from search.passages import passage_vectors
from search.ranking import Hit, Question
from tests.engines import both_engines
from tests.search import rooms

pytestmark = both_engines

MODEL = "all-MiniLM-L6-v2"
KEY, OTHERS = IndexKey(rooms.TENANT, MODEL), IndexKey("1" * 32, MODEL)
TEXTS = [
    "The pump must be primed with water before it is used.",
    "Clean the oil filter of the engine every week.",
    "Bananas and apples are fruits that grow on plants.",
    "The car's motor oil should be changed each year.",
    "如何安装水泵的说明书。",
]


@pytest.fixture
def document(tmp_path: Path, model_folder: Path, cluster: Options | None) -> Iterator[Document]:
    """A document whose chunks are the texts, in rooms with the default model."""
    rooms.open_rooms(tmp_path)
    catalogue.load({"models": {MODEL: {"source": "onnx"}}})
    open_models(model_folder)
    engine.open_indexes(cluster or tmp_path / "indexes")
    database.create_tables(TABLES)
    made = rooms.make_document(rooms.make_dataset(model=MODEL))
    rooms.write(made, TEXTS, key=KEY, vectors=list(passage_vectors(MODEL, "", TEXTS)))
    yield made
    engine.close()
    database.close_all()


def rank(keys: list[IndexKey], question: Question) -> list[Hit]:
    """The hits, as a reader gets them."""
    return ranking.read(keys, lambda: ranking.rank(keys, question))


def listed(document: Document, text: str, offset: int, limit: int) -> tuple[list[int], int]:
    """A listing by keywords, as a reader gets it."""
    return ranking.read([KEY], lambda: ranking.match(KEY, text=text, documents=[document.id], offset=offset, limit=limit))


def ask(document: Document, text: str, **options: object) -> Question:
    """A question to the document's dataset that keeps everything."""
    return replace(Question(text, [document.dataset], threshold=0.0), **options)


def test_hits_come_best_first_with_all_their_scores(document: Document) -> None:
    hits = rank([KEY], ask(document, "priming pumps"))
    best = hits[0]
    assert Chunk.get_by_id(best.slot).content == TEXTS[0] and best.chunk_id == Chunk.get_by_id(best.slot).id
    assert [hit.similarity for hit in hits] == sorted((hit.similarity for hit in hits), reverse=True)
    assert best.similarity == pytest.approx(0.7 * best.term_similarity + 0.3 * best.vector_similarity, abs=1e-6)
    floor = embedder(MODEL).floor
    assert best.vector_similarity == pytest.approx((best.cosine - floor) / (1 - floor), abs=1e-6)
    assert len(hits) == len(TEXTS)


def test_a_chunk_without_a_common_word_is_found_by_its_meaning(document: Document) -> None:
    assert Chunk.get_by_id(rank([KEY], ask(document, "lubricant of vehicles"))[0].slot).content == TEXTS[3]


def test_the_threshold_keeps_what_reaches_it(document: Document) -> None:
    hits = rank([KEY], ask(document, "oil filter"))
    limit = hits[1].similarity
    assert rank([KEY], ask(document, "oil filter", threshold=limit)) == hits[:2]
    assert rank([KEY], ask(document, "oil filter", threshold=1.1)) == []


@pytest.mark.parametrize(("weight", "same"), [(10.0, 1.0), (-3.0, 0.0)])
def test_a_weight_outside_0_to_1_is_clamped(document: Document, weight: float, same: float) -> None:
    assert rank([KEY], ask(document, "oil filter", weight=weight)) == rank([KEY], ask(document, "oil filter", weight=same))


def test_top_k_cuts_the_vector_candidates_and_not_those_of_the_terms(document: Document) -> None:
    assert {Chunk.get_by_id(hit.slot).content for hit in rank([KEY], ask(document, "oil", top_k=1))} >= {TEXTS[1], TEXTS[3]}
    assert len(rank([KEY], ask(document, "nowhere", top_k=2))) == 2


def test_equal_texts_have_equal_scores_and_go_by_chunk_id(document: Document) -> None:
    rooms.write(document, [TEXTS[0]] * 3, key=KEY, vectors=list(passage_vectors(MODEL, "", [TEXTS[0]] * 3)))
    first = rank([KEY], ask(document, "priming pumps"))[:4]
    assert len({(hit.similarity, hit.term_similarity, hit.cosine) for hit in first}) == 1
    assert [hit.chunk_id for hit in first] == sorted(hit.chunk_id for hit in first)


@pytest.mark.parametrize("text", ["", "   \n", "\u3000"])
def test_an_empty_question_has_no_answer(document: Document, text: str) -> None:
    assert rank([KEY], ask(document, text)) == []


@pytest.mark.parametrize(
    "text", ["to be or not to be", "???", "+a:(b^2 AND \"c*\")~ \\ /re/ [a TO z] {", "oil " * 25_000, "x" * 100_000, "水泵", "\x00\ud7ff"]
)
def test_any_question_is_answered(document: Document, text: str) -> None:
    hits = rank([KEY], ask(document, text))
    assert len(hits) == len(TEXTS) and all(0 <= hit.similarity <= 1 for hit in hits)


def test_a_chinese_question_is_answered_by_terms_in_traditional_or_simplified(document: Document) -> None:
    for text in ("水泵安装", "水泵安裝"):
        hit = rank([KEY], ask(document, text))[0]
        assert Chunk.get_by_id(hit.slot).content == TEXTS[4] and hit.term_similarity > 0.5


def test_filters_never_change_a_score(document: Document) -> None:
    other = rooms.make_document(rooms.make_dataset(model=MODEL))
    rooms.write(other, ["Oil for pumps."], key=KEY, vectors=list(passage_vectors(MODEL, "", ["Oil for pumps."])))
    both = rank([KEY], replace(ask(document, "oil pumps"), datasets=[document.dataset, other.dataset]))
    mine = rank([KEY], ask(document, "oil pumps"))
    assert [hit for hit in both if hit in mine] == mine and len(both) == len(mine) + 1
    assert rank([KEY], ask(document, "oil pumps", documents=[document.id])) == mine
    assert rank([KEY], ask(document, "oil pumps", documents=[other.id])) == []


def test_another_owners_texts_neither_show_nor_move_a_score(document: Document) -> None:
    before = rank([KEY], ask(document, "oil pumps"))
    theirs = rooms.make_document(rooms.make_dataset(tenant=OTHERS.tenant, model=MODEL))
    rooms.write(theirs, ["Oil for pumps."] * 5, key=OTHERS, vectors=list(passage_vectors(MODEL, "", ["Oil for pumps."] * 5)))
    assert rank([KEY, OTHERS], ask(document, "oil pumps")) == before
    merged = rank([KEY, OTHERS], replace(ask(document, "oil pumps"), datasets=[document.dataset, theirs.dataset]))
    assert len(merged) == len(before) + 5 and [hit for hit in merged if hit in before] == before
    assert [hit.similarity for hit in merged] == sorted((hit.similarity for hit in merged), reverse=True)


def test_an_index_that_holds_a_slot_without_a_row_is_made_anew(document: Document) -> None:
    hits = rank([KEY], ask(document, "oil"))
    Chunk.delete().where(Chunk.slot == hits[0].slot).execute()
    assert [hit.slot for hit in rank([KEY], ask(document, "oil"))] == [hit.slot for hit in hits[1:]]


def test_a_row_that_goes_during_the_search_is_replaced_by_the_newest_state(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    best = rank([KEY], ask(document, "oil filter"))[0]
    read = ranking._chunk_ids

    def changed_before_it_is_read(slots: list[int]) -> dict[int, str]:
        monkeypatch.setattr(ranking, "_chunk_ids", read)
        old = Chunk.get_by_id(best.slot)
        with database.atomic():
            Chunk.delete().where(Chunk.slot == best.slot).execute()
            new = Chunk.create(**{**old.__data__, "slot": None})
            outbox.record(KEY, slots=[best.slot, new.slot])
        return read(slots)

    monkeypatch.setattr(ranking, "_chunk_ids", changed_before_it_is_read)
    hits = rank([KEY], ask(document, "oil filter"))
    assert hits[0].chunk_id == best.chunk_id and hits[0].slot > best.slot and len(hits) == len(TEXTS)


def test_a_listing_by_keywords_pages_through_the_matches_of_one_document(document: Document) -> None:
    rooms.write(rooms.make_document(rooms.make_dataset(model=MODEL)), ["oil"], key=KEY, vectors=list(passage_vectors(MODEL, "", ["oil"])))
    Chunk.update(available=False).where(Chunk.content == TEXTS[1]).execute()
    outbox.record(KEY, documents=[document.id])
    slots, total = listed(document, "oil filter", 0, 10)
    assert [Chunk.get_by_id(slot).content for slot in slots] == [TEXTS[1], TEXTS[3]] and total == 2
    assert listed(document, "oil filter", 1, 1) == (slots[1:], 2)
    assert listed(document, "oil filter", 5, 0) == ([], 2)
    assert listed(document, "???", 0, 5) == ([], 0)
