"""The model of datasets whose client names none: made ready by `dovetail migrate` and `serve`, asked for by whatever cannot do without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from conf.sections import Settings
from conf.settings import SettingsError
from models.errors import AppError
from search import catalogue
from search.embedding.onnx import read_card
from search.embedding.prepare import DEFAULT, Reading, bundled_source, digest_of, is_prepared, slug


def prepare(folder: Path) -> None:
    """Export the bundled model once, in a process of its own, for that takes torch. Raises SettingsError when that fails."""
    if is_prepared(folder / slug(DEFAULT), digest_of(bundled_source(), Reading())):
        return
    click.echo("Preparing the embedding model; this is done once.", err=True)
    command = [sys.executable, "-m", "search.embedding.prepare", "--folder", str(folder)]
    if subprocess.run(command, check=False).returncode:
        raise SettingsError(f"embedding.folder: the model {DEFAULT} could not be prepared in {str(folder)!r}; expected room there.")


def problem(settings: Settings) -> str:
    """Why the default model as it is set up cannot embed, and what to do; '' when it can. Loads nothing, asks no endpoint."""
    name = settings.embedding.default
    try:
        model = catalogue.model(catalogue.resolve(name))
    except AppError as error:  # a remote model without a key
        return f"embedding.default: {name!r} cannot be used ({error.message}); expected a model of this machine, or a key in embedding.keys."
    if model.source != "onnx" or _is_whole(settings.model_folder / slug(model.id)):
        return ""
    way = "`dovetail migrate`" if model.id == DEFAULT else f"`python -m search.embedding.prepare --model {model.id} --source FOLDER`"
    return f"embedding.default: the model {model.id} is not prepared in {str(settings.model_folder)!r}; {way} does that."


def require(settings: Settings) -> None:
    """Stop where no document could be embedded. Raises SettingsError."""
    if reason := problem(settings):
        raise SettingsError(reason)


def _is_whole(folder: Path) -> bool:
    try:
        read_card(folder)  # written last
    except (OSError, ValueError, TypeError):
        return False
    return True
