"""Finding lines of text on an image and reading them: rapidocr with the models of its own wheel, loaded when first needed.

It is loaded in ingest children alone: it holds some 300 MB.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height x width x 3, blue first, as OpenCV has them."""
Quad = NDArray[np.float32]
"""Corners of a line, 4 x 2: top left, top right, bottom right, bottom left of the writing as it runs."""

HEIGHT = 48
"""Pixels of a line's height that the model reads."""
_DETECTED_SIDE = 960
_FINEST_SIDE = 1_920
_SMALLEST_LINE = 11
"""Pixels, as the detector sees it: lines lower than that are looked for again at twice the size."""
_LONGEST_TILE = 2.0
"""Sides of a tile at most; longer images are looked at piece by piece."""
_STEP = 64
"""Widths of lines are multiples of it, so that memory is given back in pieces that fit again."""
_MODELS = {"Det.model_path": "PP-OCRv6_det_small.onnx", "Rec.model_path": "PP-OCRv6_rec_small.onnx"}

_threads = 1


@dataclass(frozen=True, slots=True)
class Read:
    """What a line says, and how sure that is (0..1)."""

    text: str
    score: float


def use_threads(count: int) -> None:
    """Read so many lines at a time; for a process that has not read yet."""
    global _threads
    _threads = count


def quads(pixels: Pixels) -> list[Quad]:
    """The lines of text on an image, wherever they run."""
    found: list[Quad] = []
    for top, left, tile in _tiles(pixels):
        here = _detected(tile)
        found += [quad + np.array([left, top], np.float32) for quad in here]
    return _once(found)


def texts(lines: Sequence[Pixels], *, width: float) -> list[Read]:
    """What lines say that were cut out along their quads; `width` narrows them, and a sixth of a letter's height must be left."""
    return list(_pool().map(lambda line: _text(line, width), lines))


def cut(pixels: Pixels, quad: Quad) -> Pixels:
    """A line set straight; one that runs downwards is turned to the left."""
    import cv2

    across = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]))
    down = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))
    size = max(1, round(float(across))), max(1, round(float(down)))
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    line: Pixels = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.rot90(line).copy() if is_tall(quad) else line


def is_tall(quad: Quad) -> bool:
    """Whether a line runs downwards rather than across."""
    return bool(np.linalg.norm(quad[0] - quad[3]) >= 1.5 * np.linalg.norm(quad[0] - quad[1]))


def _detected(pixels: Pixels) -> list[Quad]:
    """Lines on one tile, looked for again in finer detail where they are small."""
    longest = max(pixels.shape[:2])
    found = _at_side(pixels, _DETECTED_SIDE)
    if longest > _DETECTED_SIDE and found and _height(found) * _DETECTED_SIDE / longest < _SMALLEST_LINE:
        found = _at_side(pixels, _FINEST_SIDE)
    return found


def _at_side(pixels: Pixels, side: int) -> list[Quad]:
    import cv2

    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale < 1:
        small = cv2.resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    else:
        small = pixels
    boxes = _engine()(small, use_det=True, use_cls=False, use_rec=False).boxes
    return [] if boxes is None else [np.asarray(box, np.float32) / scale for box in boxes]


def _height(found: list[Quad]) -> float:
    """The height of most lines, in pixels."""
    return float(np.median([min(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[0] - quad[1])) for quad in found]))


def _tiles(pixels: Pixels) -> Iterator[tuple[int, int, Pixels]]:
    """Pieces of a long image, overlapping by a quarter, with where they begin (top, left)."""
    height, width = pixels.shape[:2]
    short, long = min(height, width), max(height, width)
    if long <= _LONGEST_TILE * max(short, _DETECTED_SIDE / 2):
        yield 0, 0, pixels
        return
    side = max(short, _DETECTED_SIDE // 2)
    for start in range(0, max(1, long - side // 4), side * 3 // 4):
        if height >= width:
            yield start, 0, pixels[start:start + side]
        else:
            yield 0, start, pixels[:, start:start + side]


def _once(found: list[Quad]) -> list[Quad]:
    """Without lines that two overlapping tiles show, of which the longer is kept."""
    kept: list[tuple[NDArray[np.float32], Quad]] = []
    for quad in sorted(found, key=lambda quad: -float(np.ptp(quad[:, 0]) * np.ptp(quad[:, 1]))):
        box = np.concatenate([quad.min(0), quad.max(0)])
        if not any(_lies_in(box, other) for other, _ in kept):
            kept.append((box, quad))
    return [quad for _, quad in kept]


def _lies_in(box: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    shared = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    return bool((shared > 0).all() and shared.prod() > 0.7 * (box[2:] - box[:2]).prod())


def _text(line: Pixels, width: float) -> Read:
    import cv2

    steps = max(1, round(line.shape[1] * HEIGHT / line.shape[0] * width / _STEP + 0.49))
    size = steps * _STEP, HEIGHT
    shrinks = line.shape[0] > HEIGHT and line.shape[1] > size[0]
    ready = cv2.resize(line, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    read = _engine()(ready, use_det=False, use_cls=False, use_rec=True)
    return Read(read.txts[0].strip(), float(read.scores[0])) if read.txts else Read("", 0.0)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_threads, thread_name_prefix="ocr")


@cache
def _engine() -> Callable[..., Any]:
    """rapidocr; told where its models lie, it neither writes beside them nor asks the network for them."""
    from rapidocr import RapidOCR

    folder = _model_folder()
    params = {
        **{key: str(folder / name) for key, name in _MODELS.items()},
        "Global.log_level": "error",
        "Global.text_score": 0.0,
        "Global.use_preprocess_img": False,
        "Det.limit_type": "max",
        "Det.limit_side_len": _FINEST_SIDE,
        "Rec.rec_batch_num": 1,
        "Rec.rec_img_shape": [3, HEIGHT, _STEP],
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
    }
    logging.getLogger("RapidOCR").propagate = False
    return RapidOCR(params=params)


def _model_folder() -> Path:
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("rapidocr")
    return Path(spec.origin).with_name("models")
