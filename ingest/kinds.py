"""Which files are accepted, and by which method each is chunked (contract 2.3, decisions B9)."""

from __future__ import annotations

from typing import Literal

Kind = Literal["pdf", "doc", "visual", "aural"]

SOURCE_CODE = frozenset(
    "py js java c cpp h php go ts sh cs kt sql cc cxx hpp hh jsx tsx vue rs rb swift scala lua pl pm r jl m mm dart ex exs erl hs clj"
    " groovy gradle vb fs ps1 bat cmd bash zsh fish css scss sass less asm proto graphql tf toml cfg conf properties env diff patch tex".split()
)
_OFFICE = (
    "eml doc docx ppt pptx yml xml htm html json csv tsv txt ini xls xlsx wps rtf hlp pages numbers key md"
    " yaml markdown mdx ods xlsb epub odt msg log"
)
_AURAL = "wav flac ape alac wavpack wv mp3 aac ogg vorbis opus"
_VISUAL = (
    "jpg jpeg png tif gif pcx tga exif fpx svg psd cdr pcd dxf ufo eps ai raw webp avif apng icon ico mpg mpeg avi rm rmvb mov wmv asf"
    " dat asx wvx mpe mpa mp4 tiff bmp"
)
_KINDS: dict[str, Kind] = {
    "pdf": "pdf",
    **dict.fromkeys(SOURCE_CODE, "doc"),
    **dict.fromkeys(_OFFICE.split(), "doc"),
    **dict.fromkeys(_AURAL.split(), "aural"),
    **dict.fromkeys(_VISUAL.split(), "visual"),
}
_PICTURED = frozenset("pdf pptx jpg jpeg png tif tiff gif bmp webp ico".split())
_METHOD_OF_KIND = {"visual": "picture", "aural": "audio"}
_METHOD_OF_EXTENSION = {"ppt": "presentation", "pptx": "presentation", "pages": "presentation", "eml": "email", "msg": "email"}


def extension(name: str) -> str:
    """What follows the last dot of a file name, in lower case; empty when there is none."""
    _, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot else ""


def kind_of(name: str) -> Kind | None:
    """The document type of a file name; None means that an upload refuses it."""
    return _KINDS.get(extension(name))


def method_of(name: str, default: str) -> str:
    """The chunk method a file gets at upload: its own where the format has one, else `default`."""
    kind = kind_of(name)
    return _METHOD_OF_KIND.get(kind or "") or _METHOD_OF_EXTENSION.get(extension(name), default)


def has_thumbnail(name: str) -> bool:
    """Whether a file of this name gets a small picture: first pages, first slides, images (contract 2.3)."""
    return extension(name) in _PICTURED
