"""Preparing models: once, whole or not at all, and read as each model wants."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.embedding import Embedder
from search.embedding.onnx import OnnxEmbedder, read_card
from search.embedding.prepare import DEFAULT, Reading, bundled_source, prepare, slug

ROOT = Path(__file__).parents[3]


@pytest.fixture
def ready_made(model_folder: Path, tmp_path: Path) -> Path:
    """A folder with an .onnx file and its tokenizer, as others publish them."""
    source = tmp_path / "published"
    source.mkdir()
    prepared = model_folder / slug(DEFAULT)
    for name in ("model.int8.onnx", "model.int8.bin", "tokenizer.json"):
        shutil.copy(prepared / name, source)
    return source


def visible(folder: Path) -> set[str]:
    """What is there, without the lock."""
    return {path.name for path in folder.iterdir()} - {".lock"}


def test_preparing_again_changes_nothing(model_folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (model_folder / slug(DEFAULT)).iterdir()}
    prepare(model_folder)
    assert {path: path.stat().st_mtime_ns for path in (model_folder / slug(DEFAULT)).iterdir()} == before


def test_a_published_onnx_file_is_taken_as_it_is_and_measured(ready_made: Path, tmp_path: Path, minilm: Embedder) -> None:
    target = prepare(tmp_path, name="org/published", source=ready_made)
    assert target == tmp_path / "org--published"
    card = read_card(target)
    assert (card.dimension, card.floor, card.pooling) == (384, minilm.floor, "mean")
    assert np.array_equal(OnnxEmbedder(target, threads=1).embed_query("hello"), minilm.embed_query("hello"))


def test_pooling_and_prefixes_come_from_the_source_or_are_said(ready_made: Path, tmp_path: Path) -> None:
    (ready_made / "1_Pooling").mkdir()
    (ready_made / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    (ready_made / "config_sentence_transformers.json").write_text('{"prompts": {"query": "query: ", "passage": "passage: "}}')
    (ready_made / "sentence_bert_config.json").write_text('{"max_seq_length": 128}')
    card = read_card(prepare(tmp_path, name="first", source=ready_made))
    assert (card.pooling, card.query_prefix, card.passage_prefix, card.max_tokens) == ("first", "query: ", "passage: ", 128)
    said = read_card(prepare(tmp_path, name="said", source=ready_made, reading=Reading("mean", "", "text: ")))
    assert (said.pooling, said.query_prefix, said.passage_prefix) == ("mean", "", "text: ")


def test_prefixes_and_pooling_move_the_vectors(ready_made: Path, tmp_path: Path, minilm: Embedder) -> None:
    reading = Reading("mean", "query: ", "passage: ")
    prefixed = OnnxEmbedder(prepare(tmp_path, name="prefixed", source=ready_made, reading=reading), threads=1)
    assert np.array_equal(prefixed.embed_query("tide"), minilm.embed_query("query: tide"))
    assert np.array_equal(prefixed.embed_passages(["tide"])[0], minilm.embed_passages(["passage: tide"])[0])
    first = OnnxEmbedder(prepare(tmp_path, name="first", source=ready_made, reading=Reading("first")), threads=1)
    assert not np.allclose(first.embed_query("tide"), minilm.embed_query("tide"))


def test_a_changed_source_is_prepared_anew_and_replaces_the_old(ready_made: Path, tmp_path: Path) -> None:
    old = read_card(prepare(tmp_path, name="model", source=ready_made))
    new = read_card(prepare(tmp_path, name="model", source=ready_made, reading=Reading("first")))
    assert old.digest != new.digest
    assert visible(tmp_path) == {"published", "model"}


def test_a_failed_preparation_leaves_the_previous_model_and_no_rubbish(ready_made: Path, tmp_path: Path) -> None:
    target = prepare(tmp_path, name="model", source=ready_made)
    before = read_card(target)
    (ready_made / "tokenizer.json").write_text("{}")
    with pytest.raises(Exception):  # noqa: B017  # the tokenizer's own, of no type
        prepare(tmp_path, name="model", source=ready_made)
    assert read_card(target) == before
    assert visible(tmp_path) == {"published", "model"}


def test_two_processes_that_prepare_one_model_do_not_disturb_each_other(ready_made: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "search.embedding.prepare", "--folder", str(tmp_path), "--model", "model", "--source", str(ready_made)]
    running = [subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    assert visible(tmp_path) == {"published", "model"}


def test_an_interrupted_preparation_is_done_again(ready_made: Path, tmp_path: Path) -> None:
    target = prepare(tmp_path, name="model", source=ready_made)
    (target / "model.json").write_text('{"name": ')
    (tmp_path / ".preparing-by-one-that-was-killed").mkdir()
    prepare(tmp_path, name="model", source=ready_made)
    assert json.loads((target / "model.json").read_text())["dimension"] == 384
    assert visible(tmp_path) == {"published", "model"}


def test_any_folder_of_sentence_transformers_serves_through_the_catalogue(tmp_path: Path, minilm: Embedder) -> None:
    """In a process of its own, for it takes torch; the second start finds the floor measured."""
    script = f"""
import json
from pathlib import Path
from search import catalogue
from search.embedding import embedder, open_models
catalogue.load({{"models": {{"local": {{"source": "sentence", "path": {str(bundled_source())!r}}}}}}})
open_models(Path({str(tmp_path)!r}))
model = embedder(catalogue.resolve("local"))
texts = ["hello world", "tide"]
print(json.dumps([model.dimension, model.floor, model.embed_passages(texts).tolist(), model.embed_query("tide").tolist(), model.count_tokens(texts)]))
"""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    dimension, floor, passages, query, tokens = json.loads(run.stdout.splitlines()[-1])
    assert (dimension, tokens) == (384, [2, 1])
    assert floor == pytest.approx(minilm.floor, abs=0.01)
    assert (np.array(passages) * minilm.embed_passages(["hello world", "tide"])).sum(axis=1).min() > 0.97
    assert np.allclose(passages[1], query, atol=1e-5)
    assert json.loads((tmp_path / "local" / "measures.json").read_text())["floor"] == floor
