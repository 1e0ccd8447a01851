"""The term index: tantivy over the tokens we make, with the filters beside them; scores are parts of BM25's bound."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Occur

from search.embedded.manifest import Damaged
from search.index import Entry

FOLDER = "terms"
SCHEMA_VERSION = 1
LONGEST_QUESTION = 256
SMALL_HEAP, LARGE_HEAP = 15_000_000, 64_000_000  # bytes; tantivy's least, and what indexes in bulk without many merges
_K1 = 1.2


def panics() -> tuple[type[BaseException], ...]:
    """The exception of a panic in a native module. It is no Exception, cannot be imported, and is made at the first panic."""
    return tuple(kind for kind in BaseException.__subclasses__() if kind.__module__ == "pyo3_runtime")


def _schema() -> tantivy.Schema:
    # Every integer is signed: deleting by an unsigned term silently deletes nothing.
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("slot", indexed=True, fast=True)
    builder.add_integer_field("dataset", indexed=True)
    builder.add_integer_field("document", indexed=True)
    builder.add_boolean_field("available", indexed=True)
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


SCHEMA = _schema()


@dataclass(frozen=True, slots=True)
class Where:
    """What the engine is asked to leave out; None and False leave out nothing. Codes as in the vector segments."""

    datasets: Sequence[int] | None = None
    documents: Sequence[int] | None = None
    only_available: bool = False


@dataclass(frozen=True, slots=True)
class Weighted:
    """The terms of a question that the index knows, the rarest 256 at most, and the sum of their weights (idf)."""

    terms: tuple[str, ...]
    bound: float


class TermsIndex:
    """The tantivy index in one folder. Searchers are snapshots; `reload` takes the latest commit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        with _as_damage(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(SCHEMA, path=str(self._folder), reuse=True)
            self._index.config_reader("manual")

    def searcher(self) -> TermsSearcher:
        """A snapshot of the latest commit. Raises Damaged."""
        with _as_damage(self._folder):
            self._index.reload()
            return TermsSearcher(self._folder, self._index.searcher())

    @contextmanager
    def writing(self, *, heap: int) -> Iterator[TermsWriter]:
        """Write one commit, made when the block ends well; segments are merged before this returns."""
        with _as_damage(self._folder):
            self._drop_unfinished()
            writer = self._index.writer(heap, 1)
        try:
            yield TermsWriter(writer)
            with _as_damage(self._folder):
                writer.commit()
        finally:
            with _as_damage(self._folder):
                writer.wait_merging_threads()  # also gives up the engine's own lock and, without a commit, what was added

    def _drop_unfinished(self) -> None:
        """Remove the delete files of a commit whose writer died: the next one may want the same names, and the engine writes over none."""
        committed = json.loads((self._folder / "meta.json").read_bytes())["opstamp"]
        for path in self._folder.glob("*.*.del"):
            if int(path.name.split(".")[1]) > committed:
                path.unlink()

    def files(self) -> list[str]:
        """The files of the latest commit, as paths within the index folder."""
        meta = json.loads((self._folder / "meta.json").read_bytes())
        deletes = {own["segment_id"].replace("-", ""): own["deletes"] for own in meta["segments"]}
        names = ["meta.json"]
        for name in os.listdir(self._folder):
            stem, _, rest = name.partition(".")
            if stem in deletes and (not rest.endswith(".del") or rest == f"{(deletes[stem] or {}).get('opstamp')}.del"):
                names.append(name)
        return [f"{FOLDER}/{name}" for name in sorted(names)]


class TermsWriter:
    """One open commit. What is removed is what was there before; what is added later stays."""

    def __init__(self, writer: tantivy.IndexWriter) -> None:
        self._writer = writer

    def remove(self, field: str, values: Iterable[int]) -> None:
        """Remove all entries with these values of slot, dataset or document."""
        for value in values:
            self._writer.delete_documents_by_term(field, value)

    def add(self, entry: Entry, *, dataset: int, document: int) -> None:
        """Add one entry; of the same slot there must be none."""
        fields = tantivy.Document()
        fields.add_integer("slot", entry.slot)
        fields.add_integer("dataset", dataset)
        fields.add_integer("document", document)
        fields.add_boolean("available", entry.available)
        fields.add_text("terms", " ".join(entry.terms))
        self._writer.add_document(fields)


class TermsSearcher:
    """One snapshot of the term index."""

    def __init__(self, folder: Path, searcher: tantivy.Searcher) -> None:
        self._folder = folder
        self._searcher = searcher

    def weigh(self, terms: Iterable[str]) -> Weighted:
        """Leave out the terms the index does not know, and keep the 256 rarest."""
        with _as_damage(self._folder):
            counts = [(self._searcher.doc_freq("terms", term), term) for term in set(terms)]
        known = sorted((count, term) for count, term in counts if count)[:LONGEST_QUESTION]
        everything = self._everything()
        bound = sum(math.log(1 + (everything - count + 0.5) / (count + 0.5)) for count, _ in known)
        return Weighted(tuple(term for _, term in known), bound)

    def count(self, question: Weighted, where: Where, *, share: float) -> int:
        """How many entries match."""
        with _as_damage(self._folder):
            return int(self._searcher.search(_query(question, where, share), 1, True).count)  # type: ignore[attr-defined]

    def best(self, question: Weighted, where: Where, *, limit: int, share: float = 0.0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Slots and scores (0..1) of the best entries, best first. A match has `share` of the terms, one at least."""
        return self._scored(_query(question, where, share), question, limit)

    def scores(self, question: Weighted, slots: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Those of the slots that match, in no particular order, with the scores that `best` gives them."""
        only = _without_score(tantivy.Query.term_set_query(SCHEMA, "slot", slots))
        return self._scored(tantivy.Query.boolean_query([(Occur.Must, only), (Occur.Must, _any(question, 0.0))]), question, len(slots))

    def entries(self) -> int:
        """How many entries there are, deleted ones left out."""
        return int(self._searcher.num_docs)

    def _everything(self) -> int:
        """BM25's N: like the document frequencies it counts entries that are deleted but not yet merged away, so idf stays positive."""
        return int(self._searcher.doc_freq("available", True)) + int(self._searcher.doc_freq("available", False))

    def _scored(self, query: tantivy.Query, question: Weighted, limit: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        with _as_damage(self._folder):
            hits = self._searcher.search(query, limit, False).hits
            slots = self._searcher.fast_field_values("slot", [address for _, address in hits])
        raw = np.array([score for score, _ in hits], dtype=np.float64)
        # Rounded, because the engine adds single-precision numbers in an order that depends on the query's shape.
        shares = np.minimum(raw / ((_K1 + 1) * question.bound), 1.0)
        return np.array(slots, dtype=np.int64), np.round(shares, 6).astype(np.float64)


def _query(question: Weighted, where: Where, share: float) -> tantivy.Query:
    """Terms and filters. The filters stand beside the terms, so that entries without a term are never visited."""
    terms = _any(question, share)
    parts = [(Occur.Must, _without_score(part)) for part in _required(where)]
    if where.only_available:
        parts.append((Occur.MustNot, tantivy.Query.term_query(SCHEMA, "available", False)))
    return tantivy.Query.boolean_query([*parts, (Occur.Must, terms)]) if parts else terms


def _required(where: Where) -> Iterator[tantivy.Query]:
    if where.datasets is not None:
        yield tantivy.Query.term_set_query(SCHEMA, "dataset", where.datasets)
    if where.documents is not None:
        yield tantivy.Query.term_set_query(SCHEMA, "document", where.documents)


def _any(question: Weighted, share: float) -> tantivy.Query:
    terms = [(Occur.Should, tantivy.Query.term_query(SCHEMA, "terms", term, index_option="freq")) for term in question.terms]
    least = max(1, math.ceil(share * len(terms) - 1e-9))
    return tantivy.Query.boolean_query(terms, minimum_number_should_match=least) if least > 1 else tantivy.Query.boolean_query(terms)


def _without_score(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)


@contextmanager
def _as_damage(folder: Path) -> Iterator[None]:
    """tantivy tells a file it cannot read by ValueError, and one that is cut short by a panic."""
    try:
        yield
    except ValueError as error:
        raise Damaged(f"{folder} cannot be opened") from error
    except panics() as error:
        raise Damaged(f"{folder} cannot be read") from error
