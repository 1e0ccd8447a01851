"""The email method: headers and parts merged, then the attachments by their own methods (contract 7.3, email)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

from ingest.blocks import Block, Draft, Unreadable
from ingest.chunk import naive, presentation
from ingest.chunk.job import Job
from ingest.kinds import method_of
from ingest.parse import eml, sniff


def drafts(job: Job) -> Iterator[Draft]:
    """Chunks of a mail and of what is attached to it; an attachment that cannot be read is reported and left out."""
    form = sniff.form_of(job.path, job.name)
    if form is None:
        return
    if form != "email":
        raise sniff.not_supported(form)
    blocks: list[Block] = []
    attachments: list[eml.Attachment] = []
    for part in eml.parts(job.path):
        if isinstance(part, Block):
            blocks.append(part)
        else:
            attachments.append(part)
    yield from naive.arranged(iter(blocks), job)
    for number, attachment in enumerate(attachments[:eml.MAX_ATTACHMENTS], 1):
        outcome = yield from _attached(attachment, job)
        job.report(number / len(attachments), f"Attachment {attachment.name}: {outcome}")


def _attached(attachment: eml.Attachment, job: Job) -> Generator[Draft, None, str]:
    """Chunks of an attachment; returns in words what became of it."""
    method = _METHODS.get(method_of(attachment.name, "naive"))
    if method is None or job.depth >= eml.MAX_DEPTH:
        return "skipped, mails are within mails too deeply" if method else "skipped, file type not supported yet"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attachment"
        path.write_bytes(attachment.data)
        inner = Job(path, attachment.name, job.options, job.language, _silent, job.depth + 1)
        try:
            for draft in method(inner):
                yield replace(draft, positions=[])  # pages of an attachment are none of the mail's
        except Unreadable as error:
            return f"skipped, {error.message}"
    return "read"


def _silent(progress: float, message: str) -> None:
    """Attachments do not move the mail's progress."""


_METHODS: dict[str, Callable[[Job], Iterator[Draft]]] = {
    "naive": naive.drafts,
    "presentation": presentation.drafts,
    "email": drafts,
}
