"""The client of model servers: pieces as they come, signs of silence, retries before the first word only, one clear error."""

from __future__ import annotations

import time

import pytest

from chat import llm
from chat.catalogue import Model
from chat.exchange import Turn, Usage
from chat.failures import ModelFailed
from chat.llm import Patience
from tests.scripted_model import answers, babbles, fails, is_cut, says, stalls

ASKED = [Turn("user", "Hello")]


def pieces(model):
    return list(llm.stream(model, ASKED, {}))


def text(model):
    return "".join(piece.text for piece in pieces(model) if piece)


def refused(model):
    with pytest.raises(ModelFailed) as failure:
        pieces(model)
    return failure.value.reason


def test_pieces_come_as_they_are_sent_and_the_usage_last(model, endpoint):
    model.plays(says("Hel", "lo", usage=(3, 2)))
    found = pieces(endpoint)
    assert [piece.text for piece in found if piece.text] == ["Hel", "lo"]
    assert found[-1].usage == Usage(3, 2)


def test_a_character_that_comes_in_two_pieces_is_whole_and_halves_and_nul_are_signs(model, endpoint):
    """Decisions B20."""
    model.plays(says("ok \ud83d", "\ude00 \ud83d no", "\0\udc00 \ud83d", thinks=["\ud83d", "\ude00\ud83d"]))
    found = [piece for piece in pieces(endpoint) if piece]
    assert "".join(piece.text for piece in found) == "ok 😀 \ufffd no\ufffd\ufffd \ufffd"
    assert "".join(piece.reasoning for piece in found) == "😀\ufffd"


def test_counts_that_are_none_lose_no_answer(model, endpoint):
    for usage in ({"prompt_tokens": None, "completion_tokens": 7}, {"total_tokens": 3}):
        model.plays(lambda wire, usage=usage: (wire.begin(), wire.frame({"content": "Hi"}, finish="stop"), wire.frame({}, usage=usage), wire.end()))
        assert text(endpoint) == "Hi"


def test_the_request_carries_the_models_name_its_key_and_the_settings(model, endpoint):
    list(llm.stream(endpoint, ASKED, {"temperature": 0.5}))
    (request,) = model.requests
    assert (request["path"], request["key"], request["model"]) == ("/v1/chat/completions", "Bearer sk-very-secret", "scripted-1")
    assert request["messages"] == [{"role": "user", "content": "Hello"}]
    assert (request["temperature"], request["stream"], request["stream_options"]) == (0.5, True, {"include_usage": True})


def test_a_key_of_the_environment_is_not_sent_to_a_server_that_has_none(model, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org")
    pieces(Model("scripted", "", model.url, "scripted-1"))
    assert "environment" not in model.requests[0]["key"]


def test_a_slow_first_word_is_waited_for_with_signs_of_silence(model, endpoint):
    model.plays(says("late", first=0.5))
    found = pieces(endpoint)
    assert found.count(None) >= 3
    assert [piece.text for piece in found if piece and piece.text] == ["late"]


def test_a_model_that_stays_silent_too_long_has_failed(model, endpoint):
    model.plays(stalls())
    llm.be_patient(Patience(read=0.5, silence=0.1, retries=0))
    assert refused(endpoint) == "silent"


def test_a_refusal_for_the_moment_is_tried_again(model, endpoint):
    model.plays(fails(429, headers={"Retry-After-Ms": "50"}), fails(503, headers={"Retry-After-Ms": "50"}), says("at last"))
    assert text(endpoint) == "at last"
    assert len(model.requests) == 3


def test_retries_come_to_an_end(model, endpoint):
    model.plays(fails(500, headers={"Retry-After-Ms": "20"}))
    assert refused(endpoint) == "failed"
    assert len(model.requests) == 3


def test_after_the_first_word_nothing_is_tried_again(model, endpoint):
    model.plays(is_cut("Hel"), says("never asked"))
    stream = llm.stream(endpoint, ASKED, {})
    assert next(stream).text == "Hel"
    with pytest.raises(ModelFailed, match="broke off"):
        list(stream)
    assert len(model.requests) == 1


@pytest.mark.parametrize("cleanly", [False, True])
def test_an_answer_that_is_cut_in_a_frame_is_not_taken_for_whole(model, endpoint, cleanly):
    model.plays(is_cut("Hel", cleanly=cleanly))
    assert refused(endpoint) == "broken"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"choices": [{"delta": {"content": "x', "malformed"),
        ('{"choices": 7}', "malformed"),
        ('{"choices": [7]}', "malformed"),
        ("[]", "malformed"),
        ("7", "malformed"),
        ('{"choices": [{"delta": {"content": {"a": 1}}}]}', "broken"),
        ('{"error": {"message": "sk-very-secret was used"}}', "broken"),
    ],
)
def test_nonsense_is_an_error_and_no_crash(model, endpoint, body, reason):
    model.plays(babbles("Hel", body=body))
    assert refused(endpoint) == reason


@pytest.mark.parametrize(("status", "reason"), [(400, "refused"), (401, "key"), (403, "key"), (404, "unknown"), (422, "refused")])
def test_a_final_refusal_is_not_tried_again_and_says_why(model, endpoint, status, reason):
    model.plays(fails(status))
    assert refused(endpoint) == reason
    assert len(model.requests) == 1


def test_a_server_that_answers_something_else_than_a_stream_has_failed(model, endpoint):
    model.plays(answers({"hello": "world"}))
    assert refused(endpoint) == "broken"


def test_a_server_that_is_not_there_cannot_be_reached():
    llm.be_patient(Patience(retries=0))
    assert refused(Model("gone", "", "http://127.0.0.1:9/v1", "gone")) == "unreachable"


def test_no_error_names_the_key_the_address_or_what_the_server_wrote(model, endpoint, caplog):
    for reply in (fails(401, message="bad key sk-very-secret"), fails(500, message="at /srv/x"), is_cut("x"), babbles("x")):
        model.plays(reply)
        llm.be_patient(Patience(retries=0))
        with pytest.raises(ModelFailed) as failure:
            pieces(endpoint)
        told = f"{failure.value} {failure.value.message} {failure.value.details} {caplog.text}"
        assert not [secret for secret in ("sk-very", "127.0.0.1", "/srv", "bad key") if secret in told]


def test_who_leaves_ends_the_request_at_the_models_server(model, endpoint):
    model.plays(stalls("Hel"))
    stream = llm.stream(endpoint, ASKED, {})
    assert next(stream).text == "Hel"
    assert next(stream) is None
    begun = time.monotonic()
    stream.close()
    assert model.left.wait(1.0)
    assert time.monotonic() - begun < 1.0


def test_who_leaves_before_the_first_word_ends_the_request_too(model, endpoint):
    model.plays(stalls())
    stream = llm.stream(endpoint, ASKED, {})
    assert next(stream) is None
    stream.close()
    assert model.left.wait(1.0)


def test_a_whole_answer_comes_without_its_reasoning(model, endpoint):
    model.plays(says("<think>hm, let me see</think>\nYes."))
    assert llm.waited(llm.complete(endpoint, ASKED, {})) == "Yes."
    model.plays(says("Yes."  , thinks=["hm"]))
    assert llm.waited(llm.complete(endpoint, ASKED, {})) == "Yes."
