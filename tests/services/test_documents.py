"""Uploads, names, placements and what a deletion takes along (RAGFlow v1 contract 2.7, 3.5, 3.9; decisions A4)."""

from __future__ import annotations

import io
import resource
import signal

import pytest

from models import blobs
from models.errors import NotFound, Unavailable
from models.tables import Chunk, Dataset, Document, File, Job
from services import datasets, document_changes, documents
from services.arrivals import Upload

from tests.engines import both_engines

pytestmark = both_engines


def upload(owner, dataset, *names, content=b"text"):
    uploads = [Upload(name, io.BytesIO(content)) for name in names]
    return documents.upload(owner, dataset.id, uploads=uploads)


def names(uploaded):
    return [document.name for document in uploaded.documents]


def test_a_taken_name_gets_the_next_number(story, owner):
    dataset = story.dataset()
    assert names(upload(owner, dataset, "a.txt", "a.txt", "A.TXT")) == ["a.txt", "a(1).txt", "A(2).TXT"]
    assert names(upload(owner, dataset, "a.txt", "b.txt")) == ["a(3).txt", "b.txt"]
    assert names(upload(owner, dataset, "a(3).txt")) == ["a(4).txt"]


def test_the_first_placement_of_a_file_carries_its_id(story, owner):
    (document,) = upload(owner, story.dataset(), "a.txt").documents
    file = File.get_by_id(document.id)
    assert (document.file, file.size, file.name) == (file.id, 4, "a.txt")


def test_a_file_of_unsupported_type_is_refused_and_the_others_are_stored(story, owner):
    uploaded = upload(owner, story.dataset(), "a.txt", "b.exe", "c.txt")
    assert (names(uploaded), uploaded.refused) == (["a.txt", "c.txt"], ["b.exe"])


def test_a_deleted_dataset_takes_everything_along(story, owner):
    dataset = story.dataset()
    document = story.document(dataset)
    story.chunk(document, "A passage.")
    key = File.get_by_id(document.file).blob
    datasets.delete(owner, ids=[dataset.id])
    for table in (Dataset, Document, File, Chunk, Job):
        assert table.select().count() == 0
    with pytest.raises(FileNotFoundError):
        blobs.read(key)


@pytest.fixture
def small_disk():
    """No file may grow over a mebibyte: what a full disk is to whoever writes one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_an_upload_that_finds_no_room_leaves_nothing(story, owner, small_disk, settings):
    dataset = story.dataset()
    uploads = [Upload("a.txt", io.BytesIO(b"x")), Upload("b.txt", io.BytesIO(b"x" * (4 << 20)))]
    with pytest.raises(Unavailable):
        documents.upload(owner, dataset.id, uploads=uploads)
    assert File.select().count() == Document.select().count() == 0
    assert not [path for path in settings.blob_store.rglob("*") if path.is_file()]


def test_a_file_of_another_dataset_is_not_deleted(story, owner):
    first, second = story.dataset("first"), story.dataset("second")
    document = story.document(second)
    batch = documents.delete(owner, first.id, ids=[document.id])
    assert (batch.done, batch.unknown) == (0, [document.id])


def test_a_download_is_what_was_uploaded(story, owner, stranger):
    dataset = story.dataset()
    content = bytes(range(256)) * 20_000
    document = story.document(dataset, "a.bin.txt", content)
    found = documents.download(owner, dataset.id, document.id)
    assert (found.name, found.size, b"".join(found.parts)) == ("a.bin.txt", len(content), content)
    with pytest.raises(NotFound):
        documents.download(stranger, dataset.id, document.id)


def test_a_dataset_whose_model_left_the_catalogue_can_still_be_changed_and_deleted(story, owner):
    dataset = story.dataset()
    document = story.document(dataset)
    story.chunk(document, "A passage.")
    Dataset.change(Dataset.id == dataset.id, model="a model that is gone")
    changed = document_changes.update(owner, dataset.id, document.id, sent={"meta_fields": {"a": 1}, "enabled": 0})
    assert changed.meta_fields == {"a": 1} and not changed.enabled
    documents.delete(owner, dataset.id, ids=[document.id])
    datasets.delete(owner, ids=[dataset.id])
    assert Dataset.select().count() == Chunk.select().count() == 0


def test_a_name_that_is_all_extension_is_numbered_before_it(story, owner):
    assert names(upload(owner, story.dataset(), ".txt", ".txt")) == [".txt", "(1).txt"]


def test_a_changed_chunk_method_leaves_the_thumbnail_to_come(story, owner):
    dataset = story.dataset()
    document = story.document(dataset, "a.pdf", b"%PDF-1.4")
    document_changes.update(owner, dataset.id, document.id, sent={"chunk_method": "book"})
    assert [job.kind for job in Job.select()] == ["thumbnail"]
