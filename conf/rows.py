"""The rows and what seals a part of them: all that a small command needs."""

from __future__ import annotations

from conf.sections import Settings
from conf.settings import SettingsError, without_password
from models.database import DriverMissing, make_folder, missing_file, open_database
from services import seals


def open_rows(settings: Settings, *, make: bool = False) -> None:
    """Bind the database and the secret for this process, and `make` a SQLite database that is not there.

    Raises SettingsError for a missing driver or database, and a secret's file that holds none.
    """
    try:
        open_database(settings.database_url)
    except DriverMissing as error:
        shown = without_password(settings.database_url)
        raise SettingsError(f"database.url: {shown!r} cannot be used; expected its package installed (`pip install {error}`).") from None
    missing = missing_file()
    if missing is not None and not make:
        where = f"data.folder (DOVETAIL_DATA__FOLDER) is {str(settings.folder)!r}"
        raise SettingsError(f"There is no database {str(missing)!r}; {where}: name the server's, or let `dovetail migrate` make one.")
    make_folder(settings.folder)
    try:
        seals.use(seals.Secret(settings.logins.secret, settings.secret_file))
    except (OSError, ValueError) as error:
        message = f"logins.secret: the file {str(settings.secret_file)!r} cannot be used ({error}); restore it from a backup,"
        raise SettingsError(f"{message} or remove it, which ends every login and hides the keys that were shown.") from None
