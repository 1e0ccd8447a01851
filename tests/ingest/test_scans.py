"""Scanned documents through a worker: read page by page, stopped within two seconds, never in a web process."""

from __future__ import annotations

import io

import psutil
import pypdfium2
import pytest

from bench.ocr_pages import errors
from models import jobs
from models.base import database
from tests.e2e.clients import Client, web_processes
from tests.ingest import drawn, rooms, samples
from tests.ingest.rooms import ask_for_parse, contents, fresh, place
from tests.ingest.workers import StartWorker, endpoint_fixture, start_worker_fixture, store_fixture  # noqa: F401  fixtures
from tests.running import Server, wait_for


@pytest.fixture(scope="module")
def scan() -> bytes:
    """A scanned document of thirty pages."""
    return drawn.scan(*[drawn.page(lines=20, seed=number).image for number in range(3)] * 10)


@pytest.mark.e2e
def test_a_scanned_document_is_stopped_soon_also_while_a_page_is_read(
    store: None, start_worker: StartWorker, scan: bytes, endpoint: rooms.Endpoint
) -> None:
    document = place(scan, name="scan.pdf", kind="pdf")
    ask_for_parse(document)
    worker = start_worker()
    wait_for(lambda: "of 30" in fresh(document).progress_msg, 60)
    (child,) = [one for one in psutil.Process(worker.pid).children(recursive=True) if one.ppid() != worker.pid]
    with database.atomic():
        jobs.stop([document.id])
    wait_for(lambda: not child.is_running())
    assert fresh(document).run == "cancel" and contents(document) == []
    following = place("Another file is read.")
    ask_for_parse(following)
    wait_for(lambda: fresh(following).run == "done")


def test_pages_without_text_are_read_and_every_chunk_knows_its_place(chunk) -> None:
    pages = [drawn.page(lines=4, seed=number) for number in (1, 2)]
    drafts = chunk("scan.pdf", drawn.scan(*[page.image for page in pages]), chunk_token_num=1)
    assert errors("".join(page.text for page in pages), "".join(draft.content for draft in drafts)) <= 0.02
    positions = [position for draft in drafts for position in draft.positions]
    assert {page for page, *_ in positions} == {1, 2}
    assert all(60 <= left < right <= 535 and 60 <= top < bottom <= 130 for _, left, right, top, bottom in positions)
    assert all(draft.image for draft in drafts)


def test_of_a_mixed_document_only_what_shows_no_text_is_read_as_a_picture(chunk) -> None:
    page = drawn.page(lines=2, seed=3)
    mixed = pypdfium2.PdfDocument.new()
    typed_page = samples.pdf(lambda sheet: sheet.text(72, 72, "Typed, not scanned, with enough words to be told from a mark."))
    for part in (typed_page, drawn.scan(page.image)):
        mixed.import_pages(pypdfium2.PdfDocument(part))
    stream = io.BytesIO()
    mixed.save(stream)
    typed, *read = chunk("mixed.pdf", stream.getvalue(), chunk_token_num=1)
    assert "Typed, not scanned" in typed.content
    assert errors(page.text, "".join(draft.content for draft in read)) <= 0.02


@pytest.mark.e2e
def test_an_image_is_found_by_its_text_and_no_web_process_learns_to_read(server: Server) -> None:
    client = Client(server.url, server.new_key())
    dataset = client.new_dataset("images")
    page = drawn.page(lines=3, seed=5)
    (document,) = client.upload(dataset, {"page.png": drawn.stored(page.image)})
    client.ask("POST", f"/datasets/{dataset}/chunks", json={"document_ids": [document]})
    wait_for(lambda: client.documents(dataset)[0]["run"] == "DONE", 60)
    (hit,) = client.ask("POST", "/retrieval", json={"question": page.text.split(".")[0], "dataset_ids": [dataset]})["chunks"]
    assert errors(page.text, hit["content"]) <= 0.02
    assert hit["positions"] == [[1, 0, 1240, 0, 1754]] and hit["image_id"]
    for process in web_processes(server):
        assert not [file.path for file in process.memory_maps() if "cv2" in file.path or "rapidocr" in file.path]
