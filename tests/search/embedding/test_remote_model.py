"""A model behind HTTP, against a scripted server of our own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from models.errors import InvalidInput, Unavailable
from search import catalogue
from search.embedding import Embedder, embedder, open_models

Reply = Callable[[dict[str, Any]], Response]


class Endpoint:
    """An OpenAI-compatible server: `script` holds replies for the next requests, after which it embeds."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        assert request.path == "/v1/embeddings"
        self.bodies.append(request.get_json())
        self.headers.append(dict(request.headers))
        reply = self.script.pop(0) if self.script else embeddings
        return reply(self.bodies[-1])(environ, start_response)


def embeddings(body: dict[str, Any]) -> Response:
    """Three dimensions made of the text's letters, in reverse order of index, as the protocol allows."""
    rows = [{"index": index, "embedding": letters(text)} for index, text in enumerate(body["input"])]
    return Response(json.dumps({"data": rows[::-1]}), mimetype="application/json")


def letters(text: str) -> list[float]:
    return [len(text), text.count("e") + 1.0, text.count("a") - 3.0]


def failing(status: int, **headers: str) -> Reply:
    return lambda body: Response("{}", status=status, headers=headers)


def saying(text: str) -> Reply:
    return lambda body: Response(text, mimetype="application/json")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.stop()


@pytest.fixture
def remote(endpoint: Endpoint, tmp_path: Path) -> Embedder:
    entry = {"source": "remote", "factory": "Own", "base_url": endpoint.url, "path": "wire-name", "passage_prefix": "passage: "}
    catalogue.load({"models": {"own": entry}}, keys={"Own": "secret"})
    open_models(tmp_path, timeout=5.0)
    found = embedder("own")
    endpoint.bodies.clear()
    return found


def test_texts_are_sent_in_batches_and_come_back_in_order(remote: Embedder, endpoint: Endpoint) -> None:
    texts = [f"text {'e' * count}" for count in range(70)]
    expected = np.array([letters("passage: " + text) for text in texts])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert remote.embed_passages(texts) == pytest.approx(expected, abs=1e-6)
    assert [len(body["input"]) for body in endpoint.bodies] == [32, 32, 6]
    assert endpoint.bodies[0]["model"] == "wire-name"
    assert endpoint.headers[-1]["Authorization"] == "Bearer secret"


def test_a_question_has_its_own_prefix_and_no_passage_one(remote: Embedder, endpoint: Endpoint) -> None:
    assert remote.embed_query("where?").shape == (3,)
    assert endpoint.bodies[0]["input"] == ["where?"]


def test_no_texts_send_nothing(remote: Embedder, endpoint: Endpoint) -> None:
    assert remote.embed_passages([]).shape == (0, 3)
    assert endpoint.bodies == []


def test_passing_failures_are_tried_again(remote: Embedder, endpoint: Endpoint) -> None:
    endpoint.script = [failing(500), failing(429, **{"Retry-After": "0.3"}), failing(503)]
    assert remote.embed_query("again").shape == (3,)
    assert len(endpoint.bodies) == 4


def test_a_refusal_is_not_tried_again(remote: Embedder, endpoint: Endpoint) -> None:
    endpoint.script = [failing(401)]
    with pytest.raises(Unavailable, match="embedding model"):
        remote.embed_query("refused")
    assert len(endpoint.bodies) == 1


@pytest.mark.parametrize("text", ["not json", "{}", '{"data": [{"index": 0}]}', '{"data": []}', '{"data": [{"index": 0, "embedding": [1, 2]}]}'])
def test_an_answer_that_is_no_vector_of_the_models_width_is_unavailable(remote: Embedder, endpoint: Endpoint, text: str) -> None:
    endpoint.script = [saying(text)]
    with pytest.raises(Unavailable):
        remote.embed_query("odd")


@pytest.mark.parametrize("vector", ["[0, 0, 0]", "[NaN, 1, 1]"])
def test_a_vector_that_cannot_be_ranked_is_refused(remote: Embedder, endpoint: Endpoint, vector: str) -> None:
    endpoint.script = [saying('{"data": [{"index": 0, "embedding": %s}]}' % vector)]
    with pytest.raises(InvalidInput):
        remote.embed_query("zero")


def test_retries_end_when_the_time_is_up(endpoint: Endpoint, tmp_path: Path) -> None:
    catalogue.load({"models": {"own": {"source": "remote", "base_url": endpoint.url, "needs_key": False}}})
    open_models(tmp_path, timeout=1.0)
    endpoint.script = [failing(503)] * 50
    with pytest.raises(Unavailable):
        embedder("own")
    assert 2 <= len(endpoint.bodies) <= 6


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    catalogue.load({"models": {"own": {"source": "remote", "base_url": "http://127.0.0.1:9/v1", "needs_key": False}}})
    open_models(tmp_path, timeout=0.5)
    with pytest.raises(Unavailable, match="embedding model"):
        embedder("own")


def test_the_floor_is_measured_once_and_kept(remote: Embedder, endpoint: Endpoint, tmp_path: Path) -> None:
    assert 0.0 <= remote.floor < 1.0 and remote.mean.shape == (3,)
    open_models(tmp_path, timeout=5.0)
    again = embedder("own")
    assert endpoint.bodies == []
    assert (again.floor, again.dimension) == (remote.floor, remote.dimension)
    assert np.array_equal(again.mean, remote.mean)


def test_tokens_are_counted_without_asking_the_server(remote: Embedder, endpoint: Endpoint) -> None:
    assert remote.count_tokens(["hello world", ""]) == [2, 0]
    assert endpoint.bodies == []
