"""The rows and what seals a part of them: all that a small command needs."""

from __future__ import annotations

from conf.sections import Settings
from conf.settings import SettingsError, without_password
from models.database import DriverMissing, open_database
from services import seals


def open_rows(settings: Settings) -> None:
    """Bind the database and the secret for this process. Raises SettingsError for a missing driver, and a secret's file that holds none."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    try:
        open_database(settings.database_url)
    except DriverMissing as error:
        shown = without_password(settings.database_url)
        raise SettingsError(f"database.url: {shown!r} cannot be used; expected its package installed (`pip install {error}`).") from None
    try:
        seals.use(seals.Secret(settings.logins.secret, settings.secret_file))
    except (OSError, ValueError) as error:
        message = f"logins.secret: the file {str(settings.secret_file)!r} cannot be used ({error}); restore it from a backup,"
        raise SettingsError(f"{message} or remove it, which ends every login and hides the keys that were shown.") from None
