"""What changed in the rows, each thing once: slots, documents, datasets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from search import rows
from search.index import Changes, IndexKey


@dataclass(frozen=True, slots=True)
class Scopes:
    """What an index has to be made equal to the rows in."""

    slots: tuple[int, ...] = ()
    documents: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()

    def changes(self, key: IndexKey) -> Changes:
        """What makes the index equal the rows here; the rows are read while the changes are applied."""
        entries = rows.entries(key, slots=self.slots, documents=self.documents, datasets=self.datasets)
        graphs = tuple(map(rows.graph_of, self.datasets))
        return Changes(slots=self.slots, documents=self.documents, datasets=(*self.datasets, *graphs), entries=entries)

    def targets(self) -> Iterator[tuple[str, str]]:
        """Each thing as its kind and name, as it is stored."""
        yield from (("slot", str(slot)) for slot in self.slots)
        yield from (("document", document) for document in self.documents)
        yield from (("dataset", dataset) for dataset in self.datasets)


def scopes_of(stored: Iterable[tuple[str, str]]) -> Scopes:
    """The scopes that were stored as kind and name, however often each."""
    found: dict[str, dict[str, None]] = {"slot": {}, "document": {}, "dataset": {}}
    for kind, name in stored:
        found[kind][name] = None
    return Scopes(tuple(map(int, found["slot"])), tuple(found["document"]), tuple(found["dataset"]))
