"""The rows and what seals a part of them: all that a small command needs."""

from __future__ import annotations

from conf.sections import Settings
from models.database import open_database
from services import seals


def open_rows(settings: Settings) -> None:
    """Bind the database and the secret for this process."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    open_database(settings.database_url)
    seals.use(seals.Secret(settings.logins.secret, settings.secret_file))
