"""The switches of retrieval that ask models: keyword, rerank_id, cross_languages (contract 3.16, decisions B13, retrieval.md 1a)."""

from __future__ import annotations

import pytest

from chat import questions
from chat.catalogue import Model
from models.errors import AppError, InvalidInput, Unavailable
from services import answers, models, retrieval
from services.retrieval import Search
from tests.scripted_model import answers as replies
from tests.scripted_model import fails, says


@pytest.fixture
def tenant(asker, model):
    """The tenant, with a scripted chat model and a scripted reranker."""
    for purpose in ("chat", "rerank"):
        models.add(asker.principal.tenant, purpose, Model("scripted", "", model.url, "scripted-1"), default=purpose == "chat")
    yield asker
    for purpose in ("chat", "rerank"):
        models.remove(asker.principal.tenant, purpose, "scripted")


def found(asker, question, **fields):
    scope = retrieval.scope(asker.principal, dataset_ids=[asker.dataset.id])
    return retrieval.retrieve(scope, search=Search(question, **fields))


def contents(result):
    return [one.chunk.content for one in result.chunks]


def test_keywords_of_the_model_are_searched_with_the_question(tenant, model):
    model.plays(says("vinegar, "), says("descale"))
    plain = found(tenant, "toaster")
    widened = found(tenant, "toaster", keyword=True)
    assert not any("vinegar" in text for text in contents(plain)[:1])
    assert any("vinegar" in text for text in contents(widened))
    assert model.requests[-1]["messages"][-1]["content"] == "toaster"


def test_keywords_of_the_built_in_model_change_nothing(asker):
    question = "How long is the warranty of the kettle?"
    assert contents(found(asker, question, keyword=True)) == contents(found(asker, question))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How long is the warranty of the kettle?", ["warranty", "kettle"]),
        ("What is it?", []),
        ("水壶的保修期是多久？", ["水壶的保修期是多久"]),
        ("", []),
    ],
)
def test_content_words_are_what_a_question_is_about(question, words):
    assert questions.content_words(question) == words


def test_translations_are_searched_beside_the_question_and_a_chunk_counts_by_its_best(tenant, model):
    model.plays(says("Wie oft entkalken?\n", "How often to descale the kettle with vinegar?"))
    before = found(tenant, "多久除垢一次？")
    after = found(tenant, "多久除垢一次？", cross_languages=["German", "English"])
    alone = found(tenant, "How often to descale the kettle with vinegar?")
    assert "German, English" in model.requests[-1]["messages"][0]["content"]
    assert not any("vinegar" in text for text in contents(before)) and "vinegar" in contents(after)[0]
    assert after.chunks[0].hit.similarity == alone.chunks[0].hit.similarity


def test_languages_without_a_model_are_refused_and_not_ignored(asker):
    with pytest.raises(AppError) as refused:
        found(asker, "kettle", cross_languages=["German"])
    assert refused.value.condition == "cross_languages.unavailable"


def test_a_reranker_replaces_the_vectors_part_and_the_order_follows(tenant, model):
    def scores(wire):
        texts = model.requests[-1]["documents"]
        results = [{"index": place, "relevance_score": 0.9 if "toaster" in text else 0.1} for place, text in enumerate(texts)]
        replies({"results": results[::-1]})(wire)

    model.plays(scores)
    result = found(tenant, "kettle toaster", rerank_id="scripted", vector_similarity_weight=0.9)
    assert "toaster" in contents(result)[0] and model.requests[-1]["path"] == "/v1/rerank"
    best = result.chunks[0].hit
    assert best.vector_similarity == 0.9
    assert best.similarity == pytest.approx(0.1 * best.term_similarity + 0.9 * 0.9, abs=1e-6)
    assert result.total == len([one for one in result.chunks if one.hit.similarity >= 0.2])


def test_pages_of_a_reranked_result_are_parts_of_one_order(tenant, model):
    model.plays(replies({"results": [{"index": place, "relevance_score": place / 4} for place in range(3)]}))
    options = {"rerank_id": "scripted", "similarity_threshold": 0.0}
    whole = contents(found(tenant, "kettle toaster", **options))
    assert [contents(found(tenant, "kettle toaster", page=page, page_size=1, **options))[0] for page in (1, 2, 3)] == whole
    assert len(model.requests[-1]["documents"]) == 3


def test_logits_are_brought_to_0_to_1(tenant, model):
    model.plays(replies({"results": [{"index": place, "relevance_score": logit} for place, logit in enumerate((-4.0, 0.0, 7.5))]}))
    result = found(tenant, "kettle toaster", rerank_id="scripted", similarity_threshold=0.0)
    assert sorted(round(one.hit.vector_similarity, 3) for one in result.chunks) == [0.018, 0.5, 0.999]


@pytest.mark.parametrize(
    "body", [{"results": []}, {"results": [{"index": 0}]}, [], {"results": 3}, {"results": [{"index": 0, "relevance_score": "x"}]}]
)
def test_a_reranker_that_answers_nonsense_is_unavailable(tenant, model, body):
    model.plays(replies(body))
    with pytest.raises(Unavailable, match="rerank model"):
        found(tenant, "kettle", rerank_id="scripted")


def test_a_reranker_that_fails_is_named_without_its_key(tenant, model):
    model.plays(fails(401, message="sk-secret"))
    with pytest.raises(Unavailable, match="The rerank model refused its API key"):
        found(tenant, "kettle", rerank_id="scripted")


def test_an_unknown_reranker_is_the_contracts_error_and_ragflows_own_two_are_known(asker):
    with pytest.raises(InvalidInput) as refused:
        found(asker, "kettle", rerank_id="nobody")
    assert refused.value.condition == "rerank.unknown"
    for name in ("BAAI/bge-reranker-v2-m3", "maidalun1020/bce-reranker-base_v1@Youdao"):
        assert contents(found(asker, "kettle", rerank_id=name)) == contents(found(asker, "kettle"))


def test_another_tenants_model_is_unknown(tenant, model):
    from tests.factories import make_principal

    assert models.knows_chat_model(tenant.principal.tenant, "scripted") and not models.knows_chat_model(make_principal().tenant, "scripted")


def test_related_questions_come_from_the_model_without_their_numbers(tenant, model):
    model.plays(says("1. How heavy is it?\n- Is it safe?\n\n"))
    assert answers.related_questions(tenant.principal, question="kettle?") == ["How heavy is it?", "Is it safe?"]


def test_related_questions_of_the_built_in_model_turn_the_questions_words_around(asker):
    related = answers.related_questions(asker.principal, question="What is the kettle's warranty?")
    assert len(related) >= 3 and all("warranty" in question for question in related)
