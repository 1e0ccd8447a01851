"""Hands each room the part of the settings that it needs."""

from __future__ import annotations

from conf.settings import Settings
from models import blobs
from models.database import open_database
from services import compat


def open_rooms(settings: Settings) -> None:
    """Bind rows, blobs, indexes, models and profile for this process; starts no thread and loads no model."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    open_rows(settings)
    blobs.open_store(settings.blob_store)
    compat.use(settings.compat.profile, embedding_default=settings.embedding.default, delete_all=settings.deletes.allow_all)


def open_rows(settings: Settings) -> None:
    """Bind the database alone, for what needs no more."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    open_database(settings.database_url)
