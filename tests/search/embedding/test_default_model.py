"""The default model: quality, floor, determinism, threads, forks, what it imports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.errors import InvalidInput, Unavailable
from search import catalogue
from search.embedding import Embedder, embedder, open_models
from search.embedding.onnx import OnnxEmbedder
from search.embedding.prepare import DEFAULT, bundled_source, slug
from search.embedding.vectors import measure, unit

ROOT = Path(__file__).parents[3]
LONG = "The tide tables of the harbour are printed every year, and the fishermen trust them more than the radio. " * 6
TEXTS = [
    "A pump moves water from the lower to the upper basin.",
    "Wer hat das Buch geschrieben?",
    "水泵把水从下池抽到上池。",
    "x",
    "def area(radius): return 3.14159 * radius ** 2",
    "SELECT name FROM users WHERE age > 30;",
    LONG,
]


def test_int8_vectors_agree_with_the_float32_model_through_sentence_transformers(minilm: Embedder) -> None:
    script = (
        "import json, sys; from sentence_transformers import SentenceTransformer;"
        "model = SentenceTransformer(sys.argv[1], device='cpu');"
        "print(json.dumps(model.encode(json.loads(sys.argv[2]), normalize_embeddings=True).tolist()))"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(bundled_source()), json.dumps(TEXTS)]
    reference = np.array(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]))
    cosines = (reference * minilm.embed_passages(TEXTS)).sum(axis=1)
    assert cosines.mean() >= 0.98
    assert cosines.min() >= 0.96


def test_vectors_are_of_unit_length_and_in_the_order_of_the_texts(minilm: Embedder) -> None:
    vectors = minilm.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), minilm.dimension) == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-6)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.array_equal(minilm.embed_passages([text])[0], vector)


def test_a_question_is_nearest_to_the_passage_that_answers_it(minilm: Embedder) -> None:
    passages = ["The oven reaches 250 degrees.", "Goals scored away count double.", "Leases end after a written notice."]
    questions = ["How hot does the stove get?", "Are away goals worth more?", "How do I terminate my rental contract?"]
    cosines = np.stack([minilm.embed_query(question) for question in questions]) @ minilm.embed_passages(passages).T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2]


def test_the_floor_is_the_mean_cosine_of_unrelated_texts(minilm: Embedder) -> None:
    assert minilm.floor == pytest.approx(0.03, abs=0.015)  # retrieval.md 1a measured 0.03
    assert minilm.mean.shape == (384,)
    assert float(minilm.mean @ minilm.mean) == pytest.approx(minilm.floor, abs=0.02)
    assert measure(minilm.embed_passages).floor == minilm.floor


def test_no_texts_give_no_vectors_of_the_right_width(minilm: Embedder) -> None:
    assert minilm.embed_passages([]).shape == (0, 384)
    assert minilm.count_tokens([]) == []


def test_tokens_are_counted_beyond_the_length_that_is_embedded(minilm: Embedder) -> None:
    assert minilm.count_tokens(["hello world", "", "unbelievable", "word " * 1000]) == [2, 0, 1, 1000]


def test_a_text_of_nothing_visible_or_of_broken_characters_still_has_a_vector(minilm: Embedder) -> None:
    texts = ["", " ", "\x00", "\ud800", "\u200b" * 50, "a" * 100_000]
    assert np.isfinite(minilm.embed_passages(texts)).all()
    assert len(minilm.count_tokens(texts)) == len(texts)


def test_text_beyond_the_models_length_does_not_count(minilm: Embedder) -> None:
    head = "word " * 254  # 256 tokens with the two marks
    assert np.array_equal(minilm.embed_query(head + "harbour"), minilm.embed_query(head + "volcano"))
    assert not np.array_equal(minilm.embed_query(head[5:] + "harbour"), minilm.embed_query(head[5:] + "volcano"))


def test_threads_change_no_vector(minilm: Embedder, model_folder: Path) -> None:
    texts = TEXTS * 5
    expected = minilm.embed_passages(texts)
    assert np.array_equal(OnnxEmbedder(model_folder / slug(DEFAULT), threads=3).embed_passages(texts), expected)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(minilm.embed_passages, [texts] * 4):
            assert np.array_equal(vectors, expected)


def test_a_child_process_embeds_after_a_fork(minilm: Embedder) -> None:
    expected = minilm.embed_query("fork")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        vector = embedder(DEFAULT).embed_passages(["fork"])
        os.write(write, vector.tobytes())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        assert np.array_equal(np.frombuffer(answer.read(), dtype=np.float32), expected)
    assert os.waitpid(child, 0)[1] == 0


def test_serving_imports_neither_torch_nor_anything_heavy_before_the_first_text(minilm: Embedder, model_folder: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from search import catalogue
from search.embedding import embedder, open_models
catalogue.load({{"models": {{"{DEFAULT}": {{"source": "onnx"}}}}}})
open_models(Path({str(model_folder)!r}))
assert not {{"onnxruntime", "tokenizers", "httpx"}} & set(sys.modules)
assert embedder("{DEFAULT}").mean.shape == (384,) and embedder("{DEFAULT}").floor > 0
assert not {{"onnxruntime", "tokenizers", "httpx"}} & set(sys.modules)
embedder("{DEFAULT}").embed_query("hello")
assert not {{"torch", "transformers", "sentence_transformers", "onnx"}} & set(sys.modules)
resident = int(open("/proc/self/statm").read().split()[1]) * 4 // 1024
assert resident < 160, resident
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_a_vector_that_is_zero_or_not_finite_is_refused() -> None:
    for row in ([0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0]):
        with pytest.raises(InvalidInput) as caught:
            unit(np.array([[1.0, 0.0], row]))
        assert caught.value.condition == "vector.unusable"


@pytest.mark.parametrize("lost", ["tokenizer.json", "model.int8.onnx", "model.int8.bin"])
def test_a_prepared_folder_that_lost_a_file_is_unavailable(tmp_path: Path, model_folder: Path, lost: str) -> None:
    shutil.copytree(model_folder / slug(DEFAULT), tmp_path, dirs_exist_ok=True)
    (tmp_path / lost).unlink()
    with pytest.raises(Unavailable):
        OnnxEmbedder(tmp_path, threads=1).embed_query("hello")


def test_a_damaged_model_file_is_unavailable(tmp_path: Path, model_folder: Path) -> None:
    shutil.copytree(model_folder / slug(DEFAULT), tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.int8.onnx").write_bytes(b"not a model")
    with pytest.raises(Unavailable):
        OnnxEmbedder(tmp_path, threads=1).embed_query("hello")


def test_a_model_that_was_not_prepared_is_unavailable(tmp_path: Path) -> None:
    catalogue.load({"models": {"absent": {"source": "onnx"}}})
    open_models(tmp_path)
    with pytest.raises(Unavailable, match="embedding model"):
        embedder("absent")
