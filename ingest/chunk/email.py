"""The email method: headers and parts merged, then the attachments by their own methods (contract 7.3, email)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

from ingest.blocks import Block, Draft, Unreadable
from ingest.chunk import naive, picture, presentation
from ingest.chunk.job import Job
from ingest.kinds import extension, method_of
from ingest.parse import eml, msg, office, sniff

Method = Callable[[Job], Iterator[Draft]]

_PARTS: dict[str, Callable[[Path], Iterator[eml.Part]]] = {"email": eml.parts, "msg": msg.parts}


def drafts(job: Job) -> Iterator[Draft]:
    """Chunks of a mail and of what is attached to it; an attachment that cannot be read is reported and left out."""
    form = sniff.form_of(job.path, job.name)
    if form is None:
        return
    if form not in _PARTS:
        raise sniff.not_supported(form, named=extension(job.name))
    blocks: list[Block] = []
    attachments: list[eml.Attachment] = []
    for part in _PARTS[form](job.path):
        if isinstance(part, Block):
            blocks.append(part)
        elif isinstance(part, eml.LeftOut):
            job.report(0.0, part.reason)
        else:
            attachments.append(part)
    yield from naive.arranged(iter(blocks), job)
    read = attachments[: eml.MAX_ATTACHMENTS]
    for number, attachment in enumerate(read, 1):
        outcome = yield from _attached(attachment, job)
        job.report(number / len(read), f"Attachment {number} of {len(attachments)}, {attachment.name}: {outcome}")


def _attached(attachment: eml.Attachment, job: Job) -> Generator[Draft, None, str]:
    """Chunks of an attachment; returns in words what became of it."""
    method = _METHODS.get(method_of(attachment.name, "naive"))
    if method is None:
        return "skipped, file type not supported yet"
    if job.depth >= eml.MAX_DEPTH:
        return "skipped, mails are within mails too deeply"
    with tempfile.TemporaryDirectory(prefix="attachment-") as folder:
        path = Path(folder) / "attachment"
        path.write_bytes(attachment.data)
        inner = replace(job, path=path, name=attachment.name, report=_silent, depth=job.depth + 1)
        try:
            yield from _unplaced(method, inner)
        except Unreadable as error:
            return f"skipped, {error.message}"
    return "read"


def _unplaced(method: Method, job: Job) -> Iterator[Draft]:
    """The chunks of an attachment without their places: its pages are none of the mail's."""
    with office.modern(job.path, job.name) as readable:
        for draft in method(replace(job, path=readable)):
            yield replace(draft, positions=[])


def _silent(progress: float, message: str) -> None:
    """Attachments do not move the mail's progress."""


_METHODS: dict[str, Method] = {
    "naive": naive.drafts,
    "presentation": presentation.drafts,
    "picture": picture.drafts,
    "email": drafts,
}
"""Those that a file's name alone can ask for."""
