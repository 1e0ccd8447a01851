"""Which methods there are, and what each takes (contract 7.1, 7.3)."""

from __future__ import annotations

import pytest
from tests.ingest import samples

from ingest.chunk import chunk_file

@pytest.mark.parametrize("method", ["audio", "resume", "nonsense"])
def test_a_method_that_is_none_says_which_there_are(refusal, method):  # decisions C9
    message = refusal("a.txt", "text", method=method)
    assert f"'{method}'" in message
    assert "choose one of naive, manual, qa, table" in message


@pytest.mark.parametrize(
    ("name", "content", "method"),
    [
        ("a.eml", "Subject: hello\n\nbody", "naive"),
        ("a.pptx", samples.slides(lambda slide: None), "naive"),
        ("a.txt", "text", "presentation"),
        ("a.txt", "text", "email"),
        ("a.key", "text", "naive"),
        ("a", "text", "naive"),
    ],
    ids=["mail by naive", "slides by naive", "text by presentation", "text by email", "a type nobody reads", "no type"],
)
def test_a_type_that_the_method_does_not_take_is_refused_in_the_words_clients_know(refusal, name, content, method):
    assert "file type not supported yet" in refusal(name, content, method=method)


def test_old_office_files_are_refused_with_advice(refusal):
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "WordDocument\0".encode("utf-16-le") + b"\0" * 500
    assert refusal("a.doc", old) == "file type not supported yet (.doc): save it as .docx and upload that"


def test_progress_rises_to_one_and_names_the_pages(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(samples.pdf(*[samples.lines(f"page {n}") for n in range(30)]))
    said: list[tuple[float, str]] = []
    list(chunk_file(path, name="a.pdf", method="naive", config={}, language="English", report=lambda *told: said.append(told)))
    assert [message.split(":")[0] for _, message in said] == ["Page(1~12) of 30", "Page(13~24) of 30", "Page(25~30) of 30"]
    assert [round(progress, 2) for progress, _ in said] == [0.4, 0.8, 1.0]
