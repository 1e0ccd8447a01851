"""Which files an upload takes, and the method each gets (contract 2.3, decisions B9)."""

from __future__ import annotations

import pytest

from ingest.kinds import kind_of, method_of

CONTRACT = {
    "pdf": "pdf",
    "doc": "eml doc docx ppt pptx yml xml htm html json csv txt ini xls xlsx wps rtf hlp pages numbers key md py js java c cpp h php go"
    " ts sh cs kt sql ods xlsb epub odt msg log rs",
    "aural": "wav flac ape alac wavpack wv mp3 aac ogg vorbis opus",
    "visual": "jpg jpeg png tif gif pcx tga exif fpx svg psd cdr pcd dxf ufo eps ai raw webp avif apng icon ico mpg mpeg avi rm rmvb mov"
    " wmv asf dat asx wvx mpe mpa mp4 tiff bmp",
}
KINDS = [(extension, kind) for kind, extensions in CONTRACT.items() for extension in extensions.split()]


@pytest.mark.parametrize(("extension", "kind"), KINDS, ids=[extension for extension, _ in KINDS])
def test_an_extension_has_its_kind_in_either_case(extension, kind):
    assert kind_of(f"name.{extension}") == kind_of(f"a.b.{extension.upper()}") == kind


@pytest.mark.parametrize("name", ["a.exe", "a.zip", "a", "", ".", "pdf", "a.", "a.pdf "])
def test_other_names_have_none(name):
    assert kind_of(name) is None


@pytest.mark.parametrize(
    ("name", "method"),
    [("a.png", "picture"), ("a.MP4", "picture"), ("a.mp3", "audio"), ("a.PPT", "presentation"), ("a.pptx", "presentation"),
     ("a.pages", "presentation"), ("a.eml", "email"), ("a.pdf", "laws"), ("a.txt", "laws"), ("a.exe", "laws")],
    ids=lambda value: value,
)
def test_a_format_with_a_method_of_its_own_overrides_the_datasets(name, method):
    assert method_of(name, "laws") == method
