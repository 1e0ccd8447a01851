"""Turn a sentence-transformers model into an int8 ONNX file; the one use of torch, at set-up."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path

import numpy as np

from search.embedding.vectors import Vectors

MAPPED = 4 << 20  # bytes from which a tensor is mapped; the others are packed anew for the processor in any case


def export(source: Path, target: Path) -> None:
    """Write the transformer of `source` as float32 ONNX: input_ids, attention_mask -> hidden states [n, length, dim]."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from transformers import AutoModel
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    model = AutoModel.from_pretrained(str(source), attn_implementation="eager").eval()

    class LastHiddenState(torch.nn.Module):
        """The model with its one output that is pooled."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return hidden

    mask = torch.ones(2, 16, dtype=torch.long)
    mask[1, 9:] = 0  # a padded row, or the exporter finds the mask to be unused
    sizes = {0: torch.export.Dim("texts"), 1: torch.export.Dim("length", max=model.config.max_position_embeddings)}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            LastHiddenState(), (torch.ones_like(mask), mask), str(target), dynamo=True, dynamic_shapes=(sizes, sizes),
            input_names=["input_ids", "attention_mask"], output_names=["hidden"], external_data=False, verbose=False,
        )


def quantise(source: Path, target: Path, *, reduced: bool = False) -> None:
    """Write the model with int8 weights, one scale per channel: one per tensor loses ten times as much.

    `reduced` uses seven bits, for processors without VNNI whose eight-bit products overflow.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().addFilter(_without_preprocessing_hint)
    quantize_dynamic(str(source), str(target), weight_type=QuantType.QInt8, per_channel=True, reduce_range=reduced)
    logging.getLogger().removeFilter(_without_preprocessing_hint)
    adopt(target, target)


def adopt(source: Path, target: Path) -> None:
    """Write a model as it is, but with its large tensors, the word embeddings, in a file that all processes map and share."""
    import onnx

    model = onnx.load(source)
    words = target.with_suffix(".bin")
    words.unlink(missing_ok=True)  # it would be appended to
    onnx.save_model(model, str(target), save_as_external_data=True, location=words.name, size_threshold=MAPPED)
    if words.exists():
        words.chmod(0o644)


def _without_preprocessing_hint(record: logging.LogRecord) -> bool:
    return "pre-processing" not in record.getMessage()


def agreement(left: Vectors, right: Vectors) -> float:
    """The mean cosine of vectors of the same texts."""
    return float(np.mean(np.sum(left * right, axis=1)))
