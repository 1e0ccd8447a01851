"""From a stored file to chunks that are found: order, atomicity, failures (contract 4, 2.6; decisions B1, B14)."""

from __future__ import annotations

import io
import time
import tracemalloc
from pathlib import Path

import docx
import numpy as np
import pytest
import xxhash
from PIL import Image

from ingest import pipeline
from models import blobs, counters, jobs
from models.base import database
from models.tables import Chunk, Dataset, Document, File, Job, Outbox
from search import catalogue, outbox
from search.index import IndexKey
from tests.ingest import rooms
from tests.ingest.rooms import assert_whole, ask_for_parse, contents, found, fresh, place, sentences
from tests.ingest.workers import endpoint_fixture, store_fixture  # noqa: F401  fixtures

ME = "elsewhere:1:1"


pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def claim() -> jobs.Lease:
    lease = jobs.claim(ME, seconds=60)
    assert lease is not None
    return lease


def parse(document: Document, folder: Path) -> Document:
    ask_for_parse(document)
    pipeline.run(claim(), folder)()
    for left in folder.iterdir():
        left.unlink()
    return fresh(document)


def add_by_hand(document: Document, content: str) -> None:
    vector = rooms.vector_of(content).astype(np.float16).tobytes()
    place = {"tenant": document.tenant, "dataset": document.dataset, "document": document.id}
    Chunk.create(id="byhand", content=content, token_count=3, create_time=time.time(), vector=vector, **place)
    with database.atomic():
        counters.move_document(document.id, document.dataset, chunks=1, tokens=3)
        outbox.record(IndexKey(document.tenant, rooms.MODEL), documents=[document.id])


def test_a_parsed_document_is_done_counted_and_found(folder: Path) -> None:
    document = parse(place(sentences(100)), folder)
    assert (document.run, document.progress) == ("done", 1.0)
    assert document.chunk_count == len(contents(document)) > 20
    assert document.token_count > 0 and document.process_duration > 0
    assert any("valve number 42" in text for text in found(document, "42"))
    assert_whole(document)


def test_the_log_tells_the_steps_in_the_words_clients_look_for(folder: Path) -> None:
    log = parse(place(sentences(10)), folder).progress_msg.splitlines()
    words = [line[9:] for line in log]
    assert all(line[2] == line[5] == ":" and line[8] == " " for line in log)
    assert words[:2] == ["Task is queued...", "Task has been received."]
    assert any(word.startswith("Generate ") and word.endswith(" chunks") for word in words)
    assert words[-2].startswith("Embedding chunks (") and words[-1].startswith("Indexing done (")
    assert "Task done (" in words[-1]


def test_equal_passages_of_a_document_are_one_chunk_with_the_contracts_id(folder: Path) -> None:
    line = "The same line again, as long as a chunk may be, so that every line is a chunk of its own here.\n"
    document = parse(place(line * 40, parser_config={"chunk_token_num": 1, "delimiter": "\\n"}), folder)
    rows = list(Chunk.select().where(Chunk.document == document.id))
    assert len(rows) == document.chunk_count == 1
    assert rows[0].id == xxhash.xxh64_hexdigest((rows[0].content + document.id).encode())


def test_a_vector_is_the_text_with_a_tenth_of_the_file_name(folder: Path) -> None:
    document = parse(place("Turn the valve.", name="boiler.txt"), folder)
    row = Chunk.get(Chunk.document == document.id)
    expected = 0.9 * rooms.vector_of("Turn the valve.") + 0.1 * rooms.vector_of("boiler.txt")
    stored = np.frombuffer(row.vector, dtype=np.float16).astype(np.float64)
    assert np.allclose(stored, expected / np.linalg.norm(expected), atol=1e-3)


@pytest.mark.parametrize(("weight", "share"), [(0.5, 0.5), (0, 0.0), (None, 0.1)], ids=["half", "nothing", "the default for null"])
def test_the_share_of_the_file_name_is_a_setting(folder: Path, weight: float | None, share: float) -> None:
    document = parse(place("Turn it.", name="boiler.txt", parser_config={"filename_embd_weight": weight}), folder)
    row = Chunk.get(Chunk.document == document.id)
    expected = (1 - share) * rooms.vector_of("Turn it.") + share * rooms.vector_of("boiler.txt")
    stored = np.frombuffer(row.vector, dtype=np.float16).astype(np.float64)
    assert np.allclose(stored, expected / np.linalg.norm(expected), atol=1e-3)


def test_parsing_again_replaces_all_chunks_also_those_added_by_hand(folder: Path) -> None:
    document = parse(place(sentences(30, "valve")), folder)
    add_by_hand(document, "written by a person")
    blobs.put(File.get_by_id(document.file).blob, sentences(20, "pump").encode())
    document = parse(document, folder)
    assert not found(document, "valve") and not found(document, "person") and found(document, "pump")
    assert_whole(document)


def test_while_a_document_is_parsed_again_the_old_chunks_stay(folder: Path) -> None:
    document = parse(place(sentences(30)), folder)
    before, counted = contents(document), fresh(document).chunk_count
    ask_for_parse(document)
    assert contents(document) == before and fresh(document).chunk_count == counted and found(document, "valve")


def test_a_file_that_gives_no_chunk_ends_done_and_empty(folder: Path) -> None:
    document = parse(place(sentences(5)), folder)
    blobs.put(File.get_by_id(document.file).blob, b" \n \n")
    document = parse(document, folder)
    assert (document.run, document.chunk_count, document.token_count) == ("done", 0, 0)
    assert "No chunk built from manual.txt" in document.progress_msg and "Task done" in document.progress_msg
    assert_whole(document)


def assert_failed(document: Document, before: list[str], *words: str) -> None:
    row = fresh(document)
    last = row.progress_msg.splitlines()[-1]
    assert (row.run, row.progress) == ("fail", -1.0)
    assert last[9:].startswith("[ERROR]") and all(word in last for word in words), last
    assert "Traceback" not in last and "/" not in last.replace("[ERROR]", "")
    assert contents(document) == before and row.chunk_count == len(before)
    assert_whole(document)


def test_a_file_that_cannot_be_read_fails_with_the_reason_and_keeps_the_old_chunks(folder: Path) -> None:
    document = parse(place(sentences(30), name="manual.docx", parser_config={}), folder)
    assert_failed(document, [])
    plain = parse(place(sentences(30)), folder)
    before = contents(plain)
    Document.change(Document.id == plain.id, chunk_method="resume")  # decisions C9
    assert_failed(parse(plain, folder), before, "resume")


def test_a_model_that_does_not_answer_fails_the_document_and_keeps_the_old_chunks(folder: Path, endpoint: rooms.Endpoint) -> None:
    document = parse(place(sentences(30)), folder)
    before = contents(document)
    endpoint.status = 400
    assert_failed(parse(document, folder), before, "embedding model")


def test_a_missing_blob_fails_the_document(folder: Path) -> None:
    document = place(sentences(3))
    blobs.discard([File.get_by_id(document.file).blob])
    assert_failed(parse(document, folder), [], "stored file is missing")


@pytest.mark.parametrize("file", ["source", "passages", "embedded"])
def test_a_full_disk_fails_the_document_and_keeps_the_old_chunks(folder: Path, file: str) -> None:
    document = parse(place(sentences(30)), folder)
    before = contents(document)
    (folder / file).symlink_to("/dev/full")
    assert_failed(parse(document, folder), before, "The disk is full.")


def test_a_full_disk_of_the_database_fails_the_document_and_keeps_the_old_chunks(folder: Path) -> None:
    document = parse(place(sentences(30)), folder)
    before = contents(document)
    blobs.put(File.get_by_id(document.file).blob, sentences(3000).encode())
    pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
    database.execute_sql(f"PRAGMA max_page_count = {pages + 20}")
    try:
        parse(document, folder)
    finally:
        database.execute_sql("PRAGMA max_page_count = 1000000")
    assert_failed(document, before, "disk may be full")


@pytest.mark.parametrize(
    ("config", "option"),
    [
        ({"auto_questions": 1}, "auto_questions"),
        ({"raptor": {"use_raptor": True}}, "use_raptor"),
        ({"graphrag": {"use_graphrag": True}}, "use_graphrag"),
        ({"filename_embd_weight": "a lot"}, "filename_embd_weight"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_that_cannot_be_done_fails_by_its_name(folder: Path, config: dict[str, object], option: str) -> None:
    assert_failed(parse(place("text", parser_config=config), folder), [], option)


def test_options_that_are_off_or_null_are_no_obstacle(folder: Path) -> None:
    off = {"auto_keywords": 0, "auto_questions": None, "raptor": {"use_raptor": False}, "graphrag": None}
    assert parse(place("text", parser_config=off), folder).run == "done"


def test_a_document_stopped_in_between_keeps_its_old_chunks(folder: Path, endpoint: rooms.Endpoint) -> None:
    document = parse(place(sentences(30)), folder)
    before = contents(document)
    ask_for_parse(document)
    lease = claim()
    with database.atomic():
        jobs.stop([document.id])
    pipeline.run(lease, folder)()
    assert fresh(document).run == "cancel" and contents(document) == before
    assert_whole(document)


def test_a_job_that_was_taken_over_is_not_published(folder: Path, tmp_path: Path) -> None:
    document = place(sentences(30))
    ask_for_parse(document)
    late = claim()
    jobs.end_lease(late)
    time.sleep(0.002)
    second = jobs.claim("elsewhere:2:1", seconds=60)
    pipeline.run(late, folder)()
    assert fresh(document).run == "running" and contents(document) == []
    other = tmp_path / "other"
    other.mkdir()
    assert second is not None
    pipeline.run(second, other)()
    assert fresh(document).run == "done"
    assert_whole(document)


def test_a_document_deleted_in_between_leaves_nothing_behind(folder: Path) -> None:
    document = place(sentences(30))
    ask_for_parse(document)
    lease = claim()
    jobs.cancel([document.id])
    Document.delete().where(Document.id == document.id).execute()
    pipeline.run(lease, folder)()
    assert Chunk.select().count() == Outbox.select().count() == Job.select().count() == 0


def test_a_changed_embedding_model_fails_the_document_instead_of_mixing_vectors(folder: Path, endpoint: rooms.Endpoint) -> None:
    document = place(sentences(30))
    entry = {"source": "remote", "base_url": endpoint.url, "needs_key": False}
    catalogue.load({"models": {rooms.MODEL: entry, "other": entry}})
    ask_for_parse(document)
    lease = claim()
    read = blobs.download

    def changing(key: str, path: Path) -> None:
        read(key, path)
        Dataset.change(Dataset.id == document.dataset, embedding_model="other", model="other")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blobs, "download", changing)
        pipeline.run(lease, folder)()
    assert_failed(document, [], "embedding model was changed")


def test_chunks_of_a_disabled_document_stay_switched_off(folder: Path) -> None:
    document = parse(place(sentences(5), enabled=False), folder)
    assert not any(row.available for row in Chunk.select().where(Chunk.document == document.id))


def test_many_waiting_documents_share_an_index_commit_and_all_are_found(folder: Path) -> None:
    dataset = rooms.make_dataset()
    documents = [place(sentences(3, f"word{number}"), dataset=dataset, name=f"{number}.txt") for number in range(5)]
    for document in documents:
        ask_for_parse(document)
    for _ in documents:
        pipeline.run(claim(), folder)()
        for left in folder.iterdir():
            left.unlink()
    assert Outbox.select().count() == 0
    for number, document in enumerate(documents):
        assert found(document, f"word{number}")
        assert_whole(document)


def document_with_picture(color: str) -> bytes:
    picture, file = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (200, 100), color).save(picture, "png")
    written = docx.Document()
    written.add_paragraph(f"The {color} valve is shown here.")
    written.add_picture(io.BytesIO(picture.getvalue()))
    written.save(file)
    return file.getvalue()


def images(document: Document, tmp_path: Path) -> set[str]:
    """The keys of the stored images of the document's dataset, whether or not a chunk names them."""
    return {path.name for path in (tmp_path / "blobs" / "images" / document.dataset).glob("*/*")}


def test_images_of_chunks_are_stored_and_go_with_their_chunks(folder: Path) -> None:
    document = parse(place(document_with_picture("red"), name="manual.docx"), folder)
    named = {row.image_id for row in Chunk.select().where(Chunk.document == document.id)} - {""}
    assert images(document, folder.parent) == named and len(named) == 1
    row = Chunk.get(Chunk.image_id.in_(named))
    assert row.image_id == f"{document.dataset}-{row.id}" and row.image_kind == "image"
    blobs.put(File.get_by_id(document.file).blob, document_with_picture("blue"))
    document = parse(document, folder)
    assert len(images(document, folder.parent)) == 1 and images(document, folder.parent) != named


def test_a_parse_that_fails_leaves_the_old_images_and_none_of_its_own(folder: Path, endpoint: rooms.Endpoint) -> None:
    document = parse(place(document_with_picture("red"), name="manual.docx"), folder)
    before = images(document, folder.parent)
    blobs.put(File.get_by_id(document.file).blob, document_with_picture("blue"))
    endpoint.status = 400
    assert parse(document, folder).run == "fail"
    assert images(document, folder.parent) == before


def test_a_thumbnail_is_stored_and_named_on_the_document(folder: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (400, 300), "red").save(picture, "png")
    document = place(picture.getvalue(), name="photo.png", kind="visual", chunk_method="picture")
    jobs.enqueue(document, kind=jobs.THUMBNAIL)
    pipeline.run(claim(), folder)()
    assert fresh(document).thumbnail == f"thumbnail_{document.id}.png"
    assert blobs.read(fresh(document).thumbnail).startswith(b"\x89PNG")
    assert fresh(document).run == "unstart" and Job.select().count() == 0


def test_a_file_without_a_picture_quietly_gets_no_thumbnail(folder: Path) -> None:
    document = place(b"not a picture", name="photo.png", kind="visual", chunk_method="picture")
    jobs.enqueue(document, kind=jobs.THUMBNAIL)
    pipeline.run(claim(), folder)()
    assert (fresh(document).thumbnail, fresh(document).run) == ("", "unstart")
    assert Job.select().count() == 0


def test_a_long_document_is_never_whole_in_memory(folder: Path) -> None:
    """Four times the chunks, and the peak of what Python allocates stays about where it was."""

    def peak(lines: int) -> int:
        ask_for_parse(place(sentences(lines)))
        lease = claim()
        tracemalloc.start()
        try:
            pipeline.run(lease, folder)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    small = peak(500)
    assert peak(2000) < 2 * small
