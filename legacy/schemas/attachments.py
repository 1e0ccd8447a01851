"""Files as old clients attach them to a conversation (legacy contract 6.6)."""

from __future__ import annotations

from flask_smorest.fields import Upload as PartField
from marshmallow import fields

from legacy.arguments import Arguments
from legacy.schemas.documents import uploads
from services.arrivals import Upload


class AttachmentUpload(Arguments):
    """The form: files, and the conversation they are for, which `legacy.schemas.completions.ConversationNamed` reads."""

    location = "files"
    required = True

    conversation_id = fields.String(required=True)
    file = PartField(required=True)

    def read(self) -> list[Upload]:
        """The files. Raises InvalidInput."""
        return uploads()
