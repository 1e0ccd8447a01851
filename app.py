"""The composition root: the Flask application, its WSGI entry point, and the command line."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from conf.cli import cli
from conf.sections import Settings
from conf.settings import SettingsError, load

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["cli", "create_app", "wsgi"]


def create_app(settings: Settings) -> Flask:
    """The application over the rooms that these settings name; no thread is started, no model loaded."""
    from flask import Flask

    import api
    import legacy
    from conf import failures, health, web
    from conf.rooms import open_rooms

    open_rooms(settings)
    app = Flask("dovetail", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    web.observe(app, settings)
    health.register(app, settings)
    api.register(app, legacy.dialect(legacy.Options(**asdict(settings.legacy))), translate=failures.translated)
    return app


def wsgi() -> Flask:
    """The application for gunicorn, by the environment's settings; claims the data folder for this server and mends its indexes."""
    from conf import default_model, indexes, logs, serving

    try:
        settings = load()
        serving.claim(settings)
        logs.configure(settings.log.level)
        app = create_app(settings)
        default_model.require(settings)
    except SettingsError as error:
        sys.exit(f"dovetail: {error}")
    indexes.mend(settings)
    return app


if __name__ == "__main__":
    cli()
