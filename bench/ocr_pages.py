"""Pages drawn as pictures, with what they say: upright and as scanners and cameras leave them, in English and Chinese."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

LANGUAGES = ("English", "Chinese")
FONT_PACKAGE = "fonts-wqy-microhei"
_SENTENCES = {
    "English": (
        "The quick brown fox jumps over the lazy dog while {} invoices wait for approval.",
        "Payment is due within thirty days of delivery, unless agreed otherwise in writing.",
        "Each department reports its quarterly figures (revenue, costs, margin) by the {}th of the following month.",
        "Temperatures above {} degrees were measured at seven stations; the record was not reached.",
        "Retrieval systems combine lexical evidence with vectors, which is why both indexes must agree.",
        "See section {} for the method, and Table 7 for all results: 92% precision at 81% recall.",
        "Who pays the difference if the exchange rate falls below {}?",
    ),
    "Chinese": (
        "本合同自双方签字盖章之日起生效，有效期为{}天。",
        "甲方应当在收到发票后三十日内支付全部款项，逾期每日按千分之五支付违约金。",
        "气象部门昨天发布了高温预警，预计未来一周最高气温将达到{}摄氏度，请市民注意防暑降温。",
        "研究结果表明，该方法在中文数据集上的准确率为{}%，比基线提高了若干个百分点。",
        "公司第三季度营业收入为{}万元，同比增长，净利润有所下降。",
        "图书馆周一至周五上午九点开放，节假日安排另行通知；如有疑问请拨打电话咨询。",
    ),
}
_CHINESE_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
)


class Missing(Exception):
    """No font for a language; says what to install."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page of A4 and the text on it, its lines parted by newlines."""

    image: Image.Image
    text: str


def drawn(language: str, *, dpi: int = 150, points: float = 11, lines: int = 35, seed: int = 0) -> Drawn:
    """A page of running text, black on white. Raises Missing."""
    width, height, margin = round(8.27 * dpi), round(11.69 * dpi), round(0.9 * dpi)
    font = ImageFont.truetype(font_file(), round(points * dpi / 72)) if language == "Chinese" else ImageFont.load_default(points * dpi / 72)
    rows = _wrapped(_words(language, random.Random(seed)), font.getlength, width - 2 * margin, " " if language == "English" else "", lines)
    image = Image.new("RGB", (width, height), "white")
    pen, pitch = ImageDraw.Draw(image), round(1.4 * points * dpi / 72)
    for number, row in enumerate(rows):
        pen.text((margin, margin + number * pitch), row, font=font, fill="black")
    return Drawn(image, "\n".join(rows))


def hard(language: str, *, lines: int = 35, seed: int = 0) -> dict[str, Drawn]:
    """The same page as it may come, and pages of little resolution and of small print."""
    page = drawn(language, lines=lines, seed=seed)
    turned: dict[str, Callable[[Image.Image], Image.Image]] = {
        "turned by 90 degrees": lambda image: image.rotate(90, expand=True),
        "turned by 270 degrees": lambda image: image.rotate(270, expand=True),
        "upside down": lambda image: image.rotate(180),
        "2 degrees askew": lambda image: image.rotate(2, Image.Resampling.BICUBIC, fillcolor="white"),
        "white on black": ImageOps.invert,
    }
    return {
        **{name: Drawn(turn(page.image), page.text) for name, turn in turned.items()},
        "at 100 dpi": drawn(language, dpi=100, lines=lines, seed=seed),
        "8 points": drawn(language, points=8, lines=lines, seed=seed),
    }


def errors(expected: str, found: str) -> float:
    """The share of characters that are wrong, missing or too many; blanks and line ends do not count."""
    wanted, got = ("".join(text.split()) for text in (expected, found))
    codes, places = np.array([ord(character) for character in got]), np.arange(len(got) + 1)
    costs = places
    for count, character in enumerate(wanted, 1):
        kept = np.minimum(costs[:-1] + (codes != ord(character)), costs[1:] + 1)
        costs = np.minimum.accumulate(np.concatenate([[count], kept]) - places) + places
    return float(costs[-1]) / max(len(wanted), 1)


@cache
def font_file() -> str:
    """A font with Chinese letters. Raises Missing."""
    found = next((name for name in _CHINESE_FONTS if Path(name).is_file()), "")
    try:
        found = found or subprocess.run(["fc-list", ":lang=zh-cn", "file"], capture_output=True, text=True).stdout.partition(":")[0]
    except FileNotFoundError:
        found = ""
    if not found:
        raise Missing(f"No font with Chinese letters is installed; Debian has {FONT_PACKAGE}.")
    return found


def _words(language: str, chance: random.Random) -> list[str]:
    sentences: list[str] = []
    for _ in range(80):
        number = chance.choice([f"{chance.randint(2, 99)}", f"{chance.randint(1, 9)}.{chance.randint(1, 9)}", f"{chance.randint(1000, 9999):,}"])
        sentences.append(chance.choice(_SENTENCES[language]).format(number))
    return " ".join(sentences).split() if language == "English" else list("".join(sentences))


def _wrapped(words: list[str], length: Callable[[str], float], width: float, blank: str, count: int) -> list[str]:
    rows = [words[0]]
    for word in words[1:]:
        if length(rows[-1] + blank + word) <= width:
            rows[-1] += blank + word
        elif len(rows) < count:
            rows.append(word)
        else:
            break
    return rows
