"""One folder of an index: commits to it, and views of its latest commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path

from search import terms as tokeniser
from search.embedded import manifest as manifests
from search.embedded import segment
from search.embedded.draft import Draft, distinct
from search.embedded.manifest import Damaged, Manifest
from search.embedded.segment import Segment
from search.embedded.terms_index import FOLDER, LARGE_HEAP, SCHEMA_VERSION, SMALL_HEAP, TermsIndex, TermsSearcher, TermsWriter
from search.embedded.vectors import Vectors, codes
from search.index import Changes, Entry, Space

BATCH = 512
_META = f"{FOLDER}/meta.json"
_TANTIVY = version("tantivy")


class Unsettled(Exception):
    """A commit is being made at this moment: the terms are newer than the manifest."""


@dataclass(frozen=True, slots=True)
class View:
    """One commit of one folder, readable for as long as it is held."""

    folder: Path
    manifest: Manifest
    terms: TermsIndex
    searcher: TermsSearcher
    vectors: Vectors


def fingerprint(space: Space) -> str:
    """What an index was made with; one of another fingerprint has to be built anew."""
    return f"terms {tokeniser.VERSION}, schema {SCHEMA_VERSION}, tantivy {_TANTIVY}, dimension {space.dimension}, model {space.digest}"


def open_view(folder: Path, *, previous: View | None, settled: bool = False) -> View:
    """Open the latest commit, with what a previous view of the folder has open already.

    `settled`: no commit can be under way, so terms beyond the manifest are left over from one that died.
    Raises Unsettled, FileNotFoundError when the folder is replaced meanwhile, Damaged.
    """
    manifest = manifests.read(folder)
    known = previous if previous is not None and previous.folder == folder else None
    if known is None:
        manifests.require_sizes(folder, manifest, but=_META)  # which a commit under way changes, and nobody maps
    terms = known.terms if known else TermsIndex(folder)
    searcher = terms.searcher()
    if not settled and _is_ahead(folder, manifest):
        raise Unsettled
    vectors = Vectors(list(_segments(folder, manifest, known)))
    return View(folder, manifest, terms, searcher, vectors)


def verify(folder: Path, space: Space) -> None:
    """Check that a folder was made for this model by this program, and read all of it. Raises FileNotFoundError, Damaged."""
    manifest = manifests.read(folder)
    if manifest.fingerprint != fingerprint(space):
        raise Damaged(f"{folder} was made with {manifest.fingerprint}")
    manifests.require_sums(folder, manifest)
    view = open_view(folder, previous=None, settled=True)
    if view.searcher.entries() != view.vectors.count:
        raise Damaged(f"{folder} has {view.searcher.entries()} entries with terms and {view.vectors.count} with vectors")


def commit(folder: Path, changes: Changes, space: Space, *, previous: View | None = None) -> bool:
    """Make one commit, when there is anything to change; only one process may do this at a time. Raises OSError, Damaged."""
    base = manifests.read(folder) if (folder / manifests.NAME).exists() else Manifest(fingerprint(space), space.dimension)
    known = previous if previous is not None and previous.folder == folder else None
    draft = Draft(folder, list(_segments(folder, base, known)), space)
    documents, datasets = codes(changes.documents), codes(changes.datasets)
    died = draft.remove(slots=changes.slots, documents=documents, datasets=datasets)
    batches = _batches(changes.entries)
    first = next(batches, [])
    unsettled = _is_ahead(folder, base)
    is_new = not (folder / manifests.NAME).exists()  # a first commit leaves an index that is whole, if empty
    if not (died or first or unsettled or is_new):
        return False
    terms = known.terms if known else TermsIndex(folder)
    with terms.writing(heap=LARGE_HEAP if len(first) == BATCH else SMALL_HEAP) as writer:
        for field, values in (("slot", changes.slots), ("document", documents.tolist()), ("dataset", datasets.tolist())):
            writer.remove(field, values)
        for batch in chain([first] if first else [], batches):
            _add(writer, draft, batch, replace_all=unsettled)
        segments = draft.finish()
    _install(folder, base, draft, segments, terms.files())
    return True


def _add(writer: TermsWriter, draft: Draft, batch: list[Entry], *, replace_all: bool) -> None:
    entries = distinct(batch)
    there = draft.add(entries)
    writer.remove("slot", [entry.slot for entry in entries] if replace_all else there)
    for entry in entries:
        writer.add(entry, dataset=segment.code(entry.dataset), document=segment.code(entry.document))


def _install(folder: Path, base: Manifest, draft: Draft, segments: tuple[manifests.SegmentFiles, ...], term_files: list[str]) -> None:
    """Write the manifest of the new state, then let go of the files that no commit needs."""
    files: dict[str, tuple[int, int]] = {}
    for name in [name for own in segments for name in (own.name, own.state) if name]:
        files[name] = draft.sums.get(name) or base.files[name]
    for name in term_files:
        # tantivy never writes a file of one name twice, but for its meta.json.
        files[name] = base.files[name] if name in base.files and name != _META else manifests.checksum(folder / name)
    manifest = Manifest(base.fingerprint, base.dimension, segments, files)
    manifests.write(folder, manifest)
    for path in manifests.strays(folder, manifest):
        path.unlink()


def _is_ahead(folder: Path, manifest: Manifest) -> bool:
    path = folder / _META
    return path.exists() and manifest.files.get(_META) != manifests.checksum(path)


def _segments(folder: Path, manifest: Manifest, known: View | None) -> Iterator[Segment]:
    """The segments of a commit; those that are open already, in the same or an older state, are used again."""
    there = {own.files.name: own for own in known.vectors.segments} if known else {}
    for files in manifest.segments:
        own = there.get(files.name)
        if own is None:
            yield segment.load(folder, files, manifest.dimension)
        else:
            yield own if own.files == files else segment.reload(folder, files, own)


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    source = iter(entries)
    while batch := list(islice(source, BATCH)):
        yield batch
