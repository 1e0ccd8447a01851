"""Which methods there are, and what each takes (contract 7.1, 7.3)."""

from __future__ import annotations

import pytest
from tests.ingest import samples

from ingest.chunk import METHODS, chunk_file
from services.parser_config import CHUNK_METHODS

WORD = samples.word(lambda document: document.add_paragraph("word"))
SLIDES = samples.slides(lambda slide: samples.say(slide, "slide", left=10, top=10))
FILES: dict[str, bytes | str] = {
    "txt": "text\tof\nChapter 1", "py": "x = 1", "md": "# one\ntwo", "html": "<p>text</p>", "json": '{"a": 1}', "csv": "a,b\n1,2",
    "docx": WORD, "xlsx": samples.workbook(One=[["a", "b"], [1, 2]]), "pptx": SLIDES, "eml": "Subject: one\n\ntwo",
    "pdf": samples.pdf(samples.lines("Q: What is it?", "A page.", leading=40)), "rtf": rb"{\rtf1 hello}", "png": samples.picture(),
}  # fmt: skip
TAKEN = {
    "naive": "txt py md html json csv docx xlsx pdf rtf",
    "manual": "docx pdf",
    "qa": "xlsx csv txt pdf md docx",
    "table": "xlsx csv txt",
    "paper": "pdf",
    "book": "docx pdf txt html rtf",
    "laws": "docx pdf txt html rtf",
    "presentation": "pptx pdf",
    "picture": "png",
    "one": "docx pdf xlsx txt md html rtf",
    "knowledge_graph": "txt py md html json csv docx xlsx pdf rtf",
    "email": "eml",
    "tag": "xlsx csv txt",
}


def test_there_are_the_methods_that_clients_can_choose():
    assert set(METHODS) == set(CHUNK_METHODS) == set(TAKEN)


@pytest.mark.parametrize("method", TAKEN)
def test_a_method_takes_its_formats_and_refuses_the_others_in_the_words_clients_know(chunk, refusal, method):
    for suffix, content in FILES.items():
        if suffix in TAKEN[method].split():
            chunk(f"a.{suffix}", content, method=method)
        else:
            assert refusal(f"a.{suffix}", content, method=method).startswith("file type not supported yet("), suffix


@pytest.mark.parametrize("method", ["resume", "nonsense"])
def test_a_method_that_is_none_says_which_there_are(refusal, method):  # decisions C9
    message = refusal("a.txt", "text", method=method)
    assert f"'{method}'" in message
    assert "choose one of naive, manual, qa, table" in message


@pytest.mark.parametrize("name", ["a.key", "a"])
def test_a_type_that_nobody_reads_is_refused(refusal, name):
    assert "file type not supported yet" in refusal(name, "text", method="naive")


@pytest.fixture
def told(tmp_path):
    """What the chunking of thirty pages says: fractions and lines."""

    def run(**config):
        path, method = tmp_path / "a.pdf", config.pop("method", "naive")
        path.write_bytes(samples.pdf(*[samples.lines(f"page {n}") for n in range(30)]))
        said: list[tuple[float, str]] = []
        list(chunk_file(path, name="a.pdf", method=method, config=config, language="English", report=lambda *told: said.append(told)))
        assert all(message.endswith(" pages/s)") for _, message in said)
        return [(round(progress, 2), message.split(":")[0]) for progress, message in said]

    return run


@pytest.mark.parametrize("method", ["naive", "presentation"])
def test_progress_rises_to_one_and_names_the_pages(told, method):
    assert told(method=method) == [(0.4, "Page(1~12) of 30"), (0.8, "Page(13~24) of 30"), (1.0, "Page(25~30) of 30")]
    assert told(method=method, pages=[[1, 1], [3, 3]]) == [(0.1, "Page(1~3) of 30")]


def test_where_pages_take_long_each_is_named_as_soon_as_it_was_read(told, monkeypatch):
    monkeypatch.setattr("ingest.pace.SILENCE", 0.0)
    assert [message for _, message in told()][:8] == [f"Page {number} of 30" for number in range(1, 9)]
    assert [message for _, message in told(method="presentation")] == [f"Page({number}~{number}) of 30" for number in range(1, 31)]
