"""What a file really is: its content decides, its name only where content says nothing."""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path
from typing import Literal

import puremagic

from ingest.blocks import Unreadable
from ingest.kinds import SOURCE_CODE, extension
from ingest.parse.archive import blocks_of, members
from ingest.parse.encoding import SAMPLE, decode, refuse_binary
from ingest.parse.signatures import image_kind

Form = Literal[
    "text", "markdown", "html", "xml", "csv", "json", "email", "pdf", "docx", "pptx", "sheet", "rtf", "odt", "epub", "msg", "doc", "ppt", "wps",
    "image",
]

_FORMS: dict[str, Form] = {
    **dict.fromkeys(SOURCE_CODE, "text"),
    **dict.fromkeys(("txt", "log", "ini", "yml", "yaml"), "text"),
    **dict.fromkeys(("md", "markdown", "mdx"), "markdown"),
    **dict.fromkeys(("htm", "html"), "html"),
    **dict.fromkeys(("csv", "tsv"), "csv"),
    **dict.fromkeys(("xlsx", "xls", "xlsb", "ods"), "sheet"),
    "xml": "xml",
    "json": "json",
    "eml": "email",
    "pdf": "pdf",
    "docx": "docx",
    "pptx": "pptx",
    "doc": "doc",
    "ppt": "ppt",
    "wps": "wps",
    "rtf": "rtf",
    "odt": "odt",
    "epub": "epub",
    "msg": "msg",
    **dict.fromkeys(("png", "apng", "jpg", "jpeg", "tif", "tiff", "gif", "bmp", "webp", "ico", "icon", "pcx", "avif", "psd"), "image"),
}
NOT_SUPPORTED = "file type not supported yet"
_OFFICE = frozenset(("pdf", "docx", "pptx", "sheet", "rtf", "odt", "epub", "msg", "doc", "ppt", "wps", "image"))
"""Forms whose content begins with a signature."""
_ARCHIVES = (
    (0, b"\x1f\x8b", "gz"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"BZh", "bz2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (257, b"ustar", "tar"),
)
_UNPACKED = frozenset(("zip", *(form for _, _, form in _ARCHIVES)))
_FILMS = frozenset("mpg mpeg avi rm rmvb mov wmv asf dat asx wvx mpe mpa mp4".split())
_ZIP_MEMBERS: tuple[tuple[str, str], ...] = (
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("xl/workbook.xml", "sheet"),
    ("xl/workbook.bin", "sheet"),
    ("META-INF/container.xml", "epub"),
)
_ODF = {b"application/vnd.oasis.opendocument.text": "odt", b"application/vnd.oasis.opendocument.spreadsheet": "sheet"}
_OLE_STREAMS = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
    ("__properties_version1.0", "msg"),
    ("Workbook", "sheet"),
    ("Book", "sheet"),
)
_HTML_STARTS = (b"<!doctype html", b"<html", b"<table", b"<head", b"<body")


def form_of(path: Path, name: str) -> Form | None:
    """How to read a file; None when it is empty. Raises Unreadable when it is of no form that can be read."""
    with path.open("rb") as stream:
        head = stream.read(SAMPLE)
    if not head:
        return None
    found = _content(path, head)
    if found == "encrypted":
        raise Unreadable("The file is protected by a password. Save a copy without one and upload that.")
    if found == "ole" and extension(name) == "wps":
        return "wps"
    if found == "image" and _FORMS.get(extension(name)) != "image":
        found = image_kind(head)
    if found in _OFFICE:
        return found  # type: ignore[return-value]
    if found is None:
        return _by_name(head, name)
    raise not_supported(found, named=extension(name))


def not_supported(found: str, *, named: str = "") -> Unreadable:
    """The refusal of a type of file, in the words that clients look for (contract 7.1)."""
    advice = ": archives are not unpacked here; unpack it and upload the files in it" if found in _UNPACKED else ""
    advice = ": videos cannot be parsed, only images" if _FILMS & {found, named} else advice
    if found == "image":
        return Unreadable(f"{NOT_SUPPORTED}(an image): the chunk method picture reads images")
    return Unreadable(f"{NOT_SUPPORTED}({_label(found, named)}){advice}")


def _label(found: str, named: str) -> str:
    """A file's type as its name has it, with what it really is where that is something else."""
    if named and found not in (named, _FORMS.get(named)):
        return f"a {found} file named .{named}"
    return f".{named or found}" if named or found else "a name without a type"


def _by_name(head: bytes, name: str) -> Form:
    """The form its name promises, for content that has no signature and so must be text."""
    suffix = extension(name)
    form = _FORMS.get(suffix)
    if suffix == "pdf" and b"%PDF-" in head[:1024]:
        return "pdf"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML_STARTS) and (form == "sheet" or suffix == "doc"):
        return "html"
    if form in _OFFICE:
        raise Unreadable(f"The file is named .{suffix} but is damaged or not of that type.")
    if form is None:
        raise not_supported(suffix)
    return form


def _content(path: Path, head: bytes) -> str | None:
    """The format of content with a signature: a Form, another format's name, or None."""
    if head.lstrip().startswith(b"%PDF-") or (b"%PDF-" in head[:1024] and not _is_text(head)):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_content(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole_content(path)
    if head.lstrip().startswith(b"{\\rtf"):
        return "rtf"
    packed = next((form for place, mark, form in _ARCHIVES if head.startswith(mark, place)), None)
    if packed is not None:
        return packed
    if image_kind(head):
        return "image"
    return None if _is_text(head) else _binary_content(path)


def _zip_content(path: Path) -> str:
    entries = members(path)
    for member, form in _ZIP_MEMBERS:
        if member in entries:
            return form
    # Any part name will do for an Office file that a strange program wrote.
    for folder, form in (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "sheet")):
        if "[Content_Types].xml" in entries and any(entry.startswith(folder) for entry in entries):
            return form
    return _odf_content(path) if "mimetype" in entries else "zip"


def _odf_content(path: Path) -> str:
    """The form that the entry `mimetype` tells; templates and the like only lengthen the name."""
    with zipfile.ZipFile(path) as archive:
        mime = next(blocks_of(archive, "mimetype"), b"")[:200]
    found = next((form for start, form in _ODF.items() if mime.startswith(start)), None)
    return found or ("odf" if mime.startswith(b"application/vnd.oasis.opendocument.") else "zip")


def _ole_content(path: Path) -> str:
    """Which program's streams a compound file lists; its directory may be anywhere, so the file is searched."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for name, form in _OLE_STREAMS:
            if content.find((name + "\0").encode("utf-16-le")) >= 0:
                return form
    return "ole"


def _is_text(head: bytes) -> bool:
    try:
        refuse_binary(decode(head))
    except Unreadable:
        return False
    return True


def _binary_content(path: Path) -> str | None:
    try:
        found = puremagic.magic_file(str(path))
    except (puremagic.PureError, ValueError, OSError):
        return None
    certain = [match.extension.lstrip(".") for match in found if match.extension and match.mime_type and match.confidence >= 0.8]
    return certain[0] if certain else None
