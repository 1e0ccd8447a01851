"""What a language model adds to a document: keywords, questions, tags, summaries, a graph; what it costs, and what its failures do (contract 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat import llm
from chat.catalogue import Model
from chat.llm import Patience
from ingest import pipeline
from ingest.model import writer
from models import jobs
from models.base import database
from models.tables import Chunk, Document
from search import engine, outbox, ranking
from search.index import IndexKey
from search.ranking import Question
from search.rows import graph_of
from services.writers import ModelWriter
from tests.ingest import rooms
from tests.ingest.rooms import ask_for_parse, assert_whole, contents, found, fresh, make_dataset, place, sentences
from tests.ingest.workers import endpoint_fixture, store_fixture  # noqa: F401  fixtures
from tests.scripted_model import ScriptedModel, Wire, fails, is_cut, says

pytestmark = pytest.mark.usefixtures("store")

Parse = Callable[..., Document]


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    """A scripted chat model that is every tenant's own."""
    with ScriptedModel() as scripted:
        llm.be_patient(Patience(connect=2.0, read=2.0, silence=0.1, retries=1))
        writer.use(lambda tenant: ModelWriter(Model("scripted", "", scripted.url, "scripted-1", "key")))
        yield scripted
    llm.be_patient(Patience())


@pytest.fixture(autouse=True)
def no_model_afterwards() -> Iterator[None]:
    writer.use(lambda tenant: None)
    yield
    writer.use(lambda tenant: None)


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    """Place a text with this parser_config and parse it."""

    def run(text: str, **config: object) -> Document:
        place_in = config.pop("dataset", None)
        document = place(text, dataset=place_in, parser_config={"chunk_token_num": 16, "delimiter": "\\n"} | config)
        ask_for_parse(document)
        lease = jobs.claim("elsewhere:1:1", seconds=60)
        assert lease is not None
        folder = tmp_path / document.id
        folder.mkdir()
        pipeline.run(lease, folder)()
        return fresh(document)

    return run


def answering(**by_word: str) -> Callable[[Wire], None]:
    """A reply that depends on what was asked: the answer of the first word that is in the request's messages."""

    def reply(wire: Wire) -> None:
        asked = " ".join(message["content"] for message in wire.asked["messages"])
        says(next((text for word, text in by_word.items() if word in asked), "NONE"))(wire)

    return reply


def chunks(document: Document, kind: str | None = None) -> list[Chunk]:
    of_kind = Chunk.kind.is_null() if kind is None else Chunk.kind == kind
    return list(Chunk.select().where(Chunk.document == document.id, of_kind).order_by(Chunk.slot))


def test_a_model_chooses_keywords_that_find_the_chunk_and_tells_its_cost(parse: Parse, model: ScriptedModel) -> None:
    model.plays(says("Gauge, pressure relief\n3. boiler, more than three"))
    document = parse("Turn the valve slowly.", auto_keywords=3)
    assert chunks(document)[0].important_keywords == ["Gauge", "pressure relief", "boiler"]
    assert found(document, "gauge")
    assert "Keywords: chunk 1 of 1" in document.progress_msg
    assert "1 model call, 12 tokens so far" in document.progress_msg
    assert_whole(document)


def test_without_a_language_model_keywords_are_the_words_that_tell_a_chunk_from_the_others(parse: Parse) -> None:
    text = "The valve is red, the valve is open and hot.\nThe pump is red, the pump is open and cold today."
    document = parse(text, auto_keywords=2, chunk_token_num=1)
    assert [row.important_keywords[0] for row in chunks(document)] == ["valve", "pump"]
    assert "model call" not in document.progress_msg


def test_words_for_many_chunks_leave_room_in_the_log(parse: Parse) -> None:
    document = parse("\n".join(f"Sentence {number} is about valves." for number in range(50)), auto_keywords=1, chunk_token_num=1)
    assert len(chunks(document)) > 16 and document.progress_msg.count("Keywords: chunk") == 1


def test_questions_find_the_chunk_and_are_what_is_embedded(parse: Parse, model: ScriptedModel) -> None:
    model.plays(says("1. How is the flange tightened?\n2. Which wrench fits?"))
    document = parse("Turn the valve slowly.", auto_questions=2, filename_embd_weight=0)
    [row] = chunks(document)
    assert row.questions == ["How is the flange tightened?", "Which wrench fits?"]
    assert found(document, "flange")
    expected = rooms.vector_of("How is the flange tightened?\nWhich wrench fits?").astype("float16").tobytes()
    assert row.vector == expected


@pytest.mark.parametrize(
    ("config", "option"),
    [
        ({"auto_questions": 1}, "auto_questions"),
        ({"raptor": {"use_raptor": True}}, "use_raptor"),
        ({"graphrag": {"use_graphrag": True}}, "use_graphrag"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_only_a_language_model_can_do_fails_before_the_work_starts(parse: Parse, config: dict[str, object], option: str) -> None:
    document = parse("Turn the valve.", **config)
    assert (document.run, document.progress) == ("fail", -1.0)
    assert document.progress_msg.splitlines()[-1].endswith(f"[ERROR]The parser option {option} needs a chat model, and none is configured.")
    assert "Generate" not in document.progress_msg


def test_a_tag_set_tags_the_chunks_that_are_like_its_examples(parse: Parse) -> None:
    tag_set = make_dataset(name="tags", name_key="tags")
    examples = parse("How to mend a leaking valve and a tap.\nBread and cake recipes.", dataset=tag_set, chunk_token_num=1)
    for row, tags in zip(chunks(examples), (["plumbing", "repairs"], ["baking"]), strict=True):
        Chunk.update(tags=tags).where(Chunk.slot == row.slot).execute()
    document = parse("Mend the leaking valve.\nBake bread and cake.", tag_kb_ids=[tag_set.id], topn_tags=2, chunk_token_num=1)
    assert [row.tags for row in chunks(document)] == [["plumbing", "repairs"], ["baking"]]
    assert found(document, "plumbing") == {"Mend the leaking valve."}
    assert "Tags: chunk 2 of 2" in document.progress_msg


def test_a_passage_of_ordinary_length_is_tagged_by_short_examples(parse: Parse) -> None:
    tag_set = make_dataset(name="tags", name_key="tags")
    examples = parse("How do football clubs transfer a player?\nGoals scored by a striker.\nFish live in water.", dataset=tag_set, chunk_token_num=1)
    for row, tag in zip(chunks(examples), ("transfers", "goals", "animals"), strict=True):
        Chunk.update(tags=[tag]).where(Chunk.slot == row.slot).execute()
    passage = (
        "Roberts made 647 league appearances during his career, almost half of which were for Norwich, where he overcame a weak start to become"
        " a favourite of its supporters. At his peak he scored 61 goals in three seasons, and finished as the third highest striker in the history"
        " of the football club. He was given a free transfer in 2004, became player and coach at Gillingham, and has written two books since."
    )
    assert [row.tags for row in chunks(parse(passage, tag_kb_ids=[tag_set.id], topn_tags=3, chunk_token_num=512))] == [["goals", "transfers"]]


def test_the_tag_sets_are_those_that_the_dataset_names_when_it_is_parsed(parse: Parse) -> None:  # contract 4.3, step 3
    tag_set = make_dataset(name="tags", name_key="tags")
    [example] = chunks(parse("How to mend a leaking valve.", dataset=tag_set))
    Chunk.update(tags=["plumbing"]).where(Chunk.slot == example.slot).execute()
    document = parse("Mend the leaking valve.", dataset=make_dataset(parser_config={"tag_kb_ids": [tag_set.id]}))
    assert [row.tags for row in chunks(document)] == [["plumbing"]]


def test_tag_sets_of_other_tenants_say_nothing(parse: Parse) -> None:
    foreign = make_dataset(tenant="f" * 32, created_by="f" * 32)
    document = parse("Mend the valve.", tag_kb_ids=[foreign.id])
    assert document.run == "done" and chunks(document)[0].tags is None
    assert "Tags: none of the tag sets named is there." in document.progress_msg


def test_raptor_adds_summaries_up_to_one_and_tells_layers_and_cost(parse: Parse, model: ScriptedModel) -> None:
    counted = iter(range(100))
    model.plays(lambda wire: says(f"Summary {next(counted)} of the turbine.")(wire))
    document = parse(sentences(40), raptor={"use_raptor": True, "max_token": 99, "prompt": "Short: {cluster_content}"})
    summaries = chunks(document, "summary")
    assert 40 // 8 < len(summaries) < 40 // 2
    assert found(document, "turbine") >= {row.content for row in summaries}
    assert all(wire["max_tokens"] == 99 and wire["messages"][1]["content"].startswith("Short: ") for wire in model.requests)
    assert "RAPTOR: layer 1, " in document.progress_msg and "RAPTOR: layer 2, " in document.progress_msg
    assert f"{len(model.requests)} model calls, {12 * len(model.requests)} tokens so far" in document.progress_msg
    assert_whole(document)


GRAPH = """entity | ACME | organization | makes valves
- entity | Wile Coyote | person | buys at ACME
entity | Road Runner | person | is chased
relation | Wile Coyote | ACME | is a customer of
relation | wile coyote | Road Runner | chases
This line says nothing."""


def test_a_graph_becomes_chunks_of_entities_and_relations(parse: Parse, model: ScriptedModel) -> None:
    model.plays(says(GRAPH))
    document = parse("Wile Coyote buys from ACME.", graphrag={"use_graphrag": True, "entity_types": ["person", "organization"]})
    assert [row.content for row in chunks(document, "entity")] == [
        "Wile Coyote (person): buys at ACME", "ACME (organization): makes valves", "Road Runner (person): is chased",
    ]  # fmt: skip
    assert {row.content for row in chunks(document, "relation")} == {
        "Wile Coyote - ACME: is a customer of", "Wile Coyote - Road Runner: chases",
    }  # fmt: skip
    assert "person, organization" in model.requests[0]["messages"][0]["content"]
    assert "Graph: 3 entities, 2 relations" in document.progress_msg
    assert_whole(document)


def test_the_graph_answers_only_questions_that_ask_for_it(parse: Parse, model: ScriptedModel) -> None:  # contract 3.16, use_kg
    model.plays(says(GRAPH))
    document = parse("Wile Coyote buys.", graphrag={"use_graphrag": True})
    key = IndexKey(document.tenant, rooms.MODEL)

    def kinds(*datasets: str) -> set[str | None]:
        question = Question("Who is Wile Coyote?", datasets, threshold=0.0)
        slots = [hit.slot for hit in ranking.read([key], lambda: ranking.rank([key], question))]
        return {row.kind for row in Chunk.select(Chunk.kind).where(Chunk.slot.in_(slots))}

    assert kinds(document.dataset) == {None}
    assert kinds(document.dataset, graph_of(document.dataset)) == {None, "entity", "relation"}
    with database.atomic():
        Chunk.delete().where(Chunk.dataset == document.dataset).execute()
        outbox.record(key, datasets=[document.dataset])
    assert kinds(document.dataset, graph_of(document.dataset)) == set()
    assert engine.index(key).count() == 0


def test_the_thorough_method_asks_for_what_was_missed_and_merges_names_and_reports_on_groups(parse: Parse, model: ScriptedModel) -> None:
    by_word = {"complete": "entity | ACME Corp | organization | is old\nrelation | ACME Corp | Road Runner | supplies", "mean the same": "1",
               "report": "The desert\nAll three meet.", "draw a graph": GRAPH}  # fmt: skip
    model.plays(answering(**by_word))
    document = parse("Wile Coyote buys.", graphrag={"use_graphrag": True, "method": "general", "resolution": True, "community": True})
    assert "ACME Corp (organization): is old; makes valves" in {row.content for row in chunks(document, "entity")}
    assert [row.content for row in chunks(document, "report")] == ["The desert\nAll three meet."]


@pytest.mark.parametrize(
    ("reply", "words"),
    [(fails(401), "refused its API key"), (fails(500), "failed"), (is_cut("half"), "broke off")],
    ids=["key refused", "server error", "cut off"],
)
def test_a_model_that_fails_ends_the_document_with_a_sentence_and_keeps_the_old_chunks(
    parse: Parse, model: ScriptedModel, reply: Callable[[Wire], None], words: str
) -> None:
    model.plays(reply)
    document = parse("Turn the valve.", auto_questions=1)
    assert (document.run, document.progress, contents(document)) == ("fail", -1.0, [])
    assert words in document.progress_msg.splitlines()[-1]
    assert "Traceback" not in document.progress_msg


def test_a_model_that_has_too_much_to_do_for_a_moment_is_asked_again(parse: Parse, model: ScriptedModel) -> None:
    model.plays(fails(429, headers={"Retry-After": "0"}), says("How?"))
    assert chunks(parse("Turn the valve.", auto_questions=1))[0].questions == ["How?"]
