"""Text to tokens: the one analyser of both engines, the question, the highlighter and the explanation (retrieval.md 1a)."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import NamedTuple

import Stemmer  # type: ignore[import-not-found]

VERSION = 1  # changes with every change of what a text becomes; an index of another version is built anew
LONGEST = 64
STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with".split()
)

# How often the tokens of each part count in a chunk's one field (retrieval.md 1a).
TITLE, KEYWORDS, QUESTIONS = 2, 5, 6

# Han, kana, hangul, bopomofo and their marks: written without spaces, so indexed as characters and pairs.
_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_ASCII_WORDS = re.compile("([a-z0-9]{1,%d})" % LONGEST)
_INVISIBLE = "\u00ad\u200c\u200d\u2060\ufeff"  # soft hyphen, joiners: part of a word, and nothing to read
_TABLE_RANGES = (range(0x41, 0x5B), range(0x80, 0xD800), range(0xE000, 0x10000), range(0x10400, 0x10428), range(0x1D400, 0x1D800),
                 range(0x1F100, 0x1F300), range(0x20000, 0x323B0))  # fmt: skip


class Token(NamedTuple):
    """One token, and where in the original text it was read: text[start:end]."""

    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """All tokens of a text in reading order; a CJK character is followed by the pair it begins. Stop words are included."""
    read = _read(text)
    return _original([Token(*found) for found in _words(read.text)], read)


def places(text: str, wanted: Container[str]) -> list[Token]:
    """The tokens of a text that are wanted: as `tokens`, without making the others."""
    read = _read(text)
    hits: list[Token] = []
    for found in _pattern(read.text).finditer(read.text):
        if found.lastindex == 1:
            stem = _stem(found[0])
            if stem in wanted:
                hits.append(Token(stem, *found.span()))
        else:
            run, start = found[0], found.start()
            hits += [Token(char, at, at + 1) for at, char in enumerate(run, start) if char in wanted]
            hits += [Token(run[at : at + 2], start + at, start + at + 2) for at in range(len(run) - 1) if run[at : at + 2] in wanted]
    return _original(sorted(hits, key=itemgetter(1, 2)), read)


def question_terms(text: str) -> list[str]:
    """The distinct tokens of a question, without its stop words unless nothing else remains; the index keeps the 256 rarest."""
    words = _bare_words(text)
    telling = [word for word in words if word not in STOP_WORDS]
    return list(dict.fromkeys(map(_stem, telling or words)))


def chunk_terms(*, content: str, title: str = "", important_keywords: Sequence[str] = (), questions: Sequence[str] = ()) -> list[str]:
    """What an index holds of a chunk, with repetitions: content once, title twice, keywords five times, questions six times."""
    found = _terms(content)
    found += _terms(title) * TITLE
    found += _all_terms(important_keywords) * KEYWORDS
    found += _all_terms(questions) * QUESTIONS
    return found


def is_cjk(text: str) -> bool:
    """Tell whether a token was made from a script that is written without spaces."""
    return _cjk().match(text) is not None


def _all_terms(texts: Iterable[str]) -> list[str]:
    return [term for text in texts for term in _terms(text)]


def _terms(text: str) -> list[str]:
    return [_stem(word) if word.isascii() else word for word in _bare_words(text)]


class _Read(NamedTuple):
    """A normalised text; where each of its characters begins and ends in the original, when that is not at the same place."""

    text: str
    starts: list[int] | None = None
    ends: list[int] | None = None


def _read(text: str) -> _Read:
    if text.isascii():
        return _Read(text.lower())
    if _complex().search(text) is None:
        return _Read(text.translate(_table()))
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for unit in _units().finditer(text):
        start, end = unit.span()
        written = _normal(unit[0])
        out += (text[done:start].translate(_table()), written)
        starts += [*range(done, start), *[start] * len(written)]
        ends += [*range(done + 1, start + 1), *[end] * len(written)]
        done = end
    out.append(text[done:].translate(_table()))
    starts += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    return _Read("".join(out), starts, ends)


def _original(found: list[Token], read: _Read) -> list[Token]:
    """The tokens with their places in the original text."""
    starts, ends = read.starts, read.ends
    if starts is None or ends is None:
        return found
    return [Token(text, starts[start], ends[end - 1]) for text, start, end in found]


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Every token of a normalised text and its place there."""
    for found in _pattern(text).finditer(text):
        if found.lastindex == 1:
            yield _stem(found[0]), *found.span()
        else:
            yield from _run(found[0], found.start())


def _run(run: str, start: int) -> list[tuple[str, int, int]]:
    """The characters and pairs of a CJK run."""
    both: list[tuple[str, int, int]] = [("", 0, 0)] * (2 * len(run) - 1)
    both[::2] = [(char, at, at + 1) for at, char in enumerate(run, start)]
    both[1::2] = [(run[at : at + 2], start + at, start + at + 2) for at in range(len(run) - 1)]
    return both


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORDS if text.isascii() else _pieces()


def _bare_words(text: str) -> list[str]:
    """The tokens before stemming, faster than with their places."""
    if text.isascii():
        return _ASCII_WORDS.findall(text.lower())
    if _complex().search(text):
        text = _units().sub(lambda unit: _normal(unit[0]), text)
    words: list[str] = []
    for word, run in _pieces().findall(text.translate(_table())):
        if word:
            words.append(word)
        else:
            both = [""] * (2 * len(run) - 1)
            both[::2] = run
            both[1::2] = map("".join, zip(run, run[1:], strict=False))
            words += both
    return words


@lru_cache(maxsize=4096)
def _normal(unit: str) -> str:
    """A character with the marks that follow it: NFKC, lower case, simplified."""
    composed = unicodedata.normalize("NFKC", "".join(char for char in unit if char not in _INVISIBLE))
    return unicodedata.normalize("NFKC", composed.lower()).translate(_table())


class _Stems(dict[str, str]):
    """The stem of each English word met so far; other words are their own and need no room."""

    def __missing__(self, word: str) -> str:
        if not word.isascii():
            return word
        with _stemmer_lock:
            stem = str(_stemmer.stemWord(word)) or word  # Porter leaves nothing of a lone s
            if len(self) >= _STEMS:
                self.clear()
            self[word] = stem
        return stem


_STEMS = 65_536
_stemmer = Stemmer.Stemmer("porter", 0)
_stemmer_lock = threading.Lock()  # a Stemmer keeps state between calls
_stem = _Stems().__getitem__


@cache
def _table() -> dict[int, str]:
    """Every character that normalises to exactly one other: width, case, compatibility forms, traditional to simplified."""
    chars = [chr(code) for codes in _TABLE_RANGES for code in codes]
    normal = [unicodedata.normalize("NFKC", char).lower() for char in chars]
    pairs = {char: low for char, low in zip(chars, normal, strict=True) if len(low) == 1}
    pairs["ς"] = "σ"
    simple = _simplified("".join(pairs.values()))
    return {ord(char): low for char, low in zip(pairs, simple, strict=True) if char != low}


def _simplified(text: str) -> str:
    """Traditional to simplified, character by character, so that the length stays."""
    from opencc import OpenCC  # its dictionaries are read only when a text needs them

    han = sorted(set(re.findall("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]", text)))
    converted = OpenCC("t2s").convert("\n".join(han)).split("\n")
    return text.translate({ord(old): new for old, new in zip(han, converted, strict=True) if len(new) == 1})


@cache
def _complex() -> re.Pattern[str]:
    return re.compile(f"[{_growing()}{_followers()}]")


@cache
def _units() -> re.Pattern[str]:
    """What cannot be normalised one to one: a character with followers, or one whose normal form has another length."""
    return re.compile(f".[{_followers()}]+|[{_growing()}]", re.DOTALL)


@cache
def _growing() -> str:
    return _ranges(code for codes in _TABLE_RANGES for code in codes if len(unicodedata.normalize("NFKC", chr(code)).lower()) != 1)


@cache
def _followers() -> str:
    """Combining marks, conjoining vowels and finals of hangul, half-width voice marks, what is invisible: part of the character before."""
    combining = (code for code in range(0x300, 0xFFFF) if unicodedata.combining(chr(code)))
    return _ranges(combining) + f"\u1160-\u11ff\uff9e\uff9f{_INVISIBLE}"


@cache
def _pieces() -> re.Pattern[str]:
    """Group 1 is a word of letters, digits and marks, group 2 a CJK run."""
    cjk = _cjk()
    letters = (code for code in range(0x30, 0x20000) if _is_letter(chr(code)) and not cjk.match(chr(code)))
    return re.compile(f"([{_ranges(letters)}]{{1,{LONGEST}}})|([{_CJK}]+)")


@cache
def _cjk() -> re.Pattern[str]:
    return re.compile(f"[{_CJK}]")


def _is_letter(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char) in ("Mn", "Mc")


def _ranges(codes: Iterable[int]) -> str:
    """A character class of these ascending code points."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in runs)
