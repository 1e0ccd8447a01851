"""Hands each room the part of the settings that it needs."""

from __future__ import annotations

import re
from pathlib import Path

from chat import catalogue as chat_models
from chat import llm
from chat.canvas import Doors, Limits
from chat.catalogue import Model
from chat.llm import Patience
from conf import logs
from conf.rows import open_rows
from conf.sections import Settings
from conf.settings import SettingsError, read_catalogue, without_password
from ingest.model import writer
from ingest.parse import ocr_engine, office
from models import blobs
from search import catalogue
from search.elastic.options import Options
from search.embedding import open_models
from search.engine import open_indexes
from services import agent_runs, canvas, compat, passwords, people, waiting, writers


def open_rooms(settings: Settings, *, make: bool = False) -> None:
    """Bind rows, blobs, indexes, models and profile for this process; starts no thread and loads no model.

    `make` a SQLite database that is not there. Raises SettingsError for a catalogue or key file that cannot be used.
    """
    open_rows(settings, make=make)
    settings.index_folder.mkdir(parents=True, exist_ok=True)
    _open_passwords(settings)
    _open_blobs(settings)
    open_indexes(_place(settings))
    open_models(settings.model_folder, threads=settings.embedding.threads)
    open_catalogue(settings)
    _open_chat(settings)
    waiting.use(settings.ingest.wait_seconds)
    people.use(people.SignUp(settings.logins.signup, settings.logins.signup_role))
    _open_agents(settings)
    writer.use(writers.writer_of)
    office.use(settings.ingest.office)
    ocr_engine.use_threads(settings.ingest.ocr_threads)
    compat.use(settings.compat.profile, embedding_default=settings.embedding.default, delete_all=settings.deletes.allow_all)


def open_logged(settings: Settings) -> None:
    """Bind the rooms in a process that begins here, an ingest child."""
    logs.configure(settings.log.level)
    open_rooms(settings)


def _place(settings: Settings) -> Path | Options:
    """Where the indexes are."""
    given = settings.search
    if given.engine == "embedded":
        return settings.index_folder
    return Options(
        [host.strip() for host in given.hosts.split(",")],
        api_key=given.api_key,
        username=given.username,
        password=given.password,
        ca_file=given.ca_file,
        timeout_seconds=given.timeout_seconds,
        retries=given.retries,
        shards=given.shards,
        replicas=given.replicas,
        refresh_interval=f"{given.refresh_seconds}s" if given.refresh_seconds else "-1",
        vector_index=given.vector_index,
        prefix=given.prefix,
    )


def _open_passwords(settings: Settings) -> None:
    file = settings.logins.key_file
    try:
        passwords.use(file, settings.logins.key_password)
    except (OSError, ValueError) as error:
        raise SettingsError(f"logins.key_file: {file!r} cannot be used; expected a PEM file with a private RSA key ({error}).") from None


def _open_blobs(settings: Settings) -> None:
    try:
        blobs.open_store(settings.blob_store)
    except ValueError as error:
        shown = without_password(settings.blobs.url)
        raise SettingsError(f"blobs.url: {shown!r} cannot be used; expected a URL with all that its store needs ({error}).") from None


def open_catalogue(settings: Settings) -> None:
    """Read the catalogue of embedding models. Raises SettingsError."""
    file, default = settings.catalogue_file, settings.embedding.default
    try:
        catalogue.load(read_catalogue(settings), keys=settings.embedding.keys)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"embedding.catalogue: {str(file)!r} cannot be used; expected what conf/models.yaml describes ({error}).") from None
    if not catalogue.is_known(default):
        raise SettingsError(f"embedding.default: {default!r} cannot be used; expected a name in {file}.")


def _open_chat(settings: Settings) -> None:
    given = settings.chat
    defaults = {
        "chat": Model(given.model, "", given.base_url, given.model, given.key, given.context_tokens),
        "rerank": Model(given.rerank_model, "", given.rerank_url, given.rerank_model, given.rerank_key),
    }
    try:
        chat_models.load(read_catalogue(settings), defaults=defaults, keys=given.keys)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"chat.model: {given.model!r} cannot be used; expected what conf/models.yaml describes ({error}).") from None
    llm.be_patient(Patience(read=given.answer_seconds, silence=given.silence_seconds, retries=given.retries))


def _open_agents(settings: Settings) -> None:
    given = settings.agents
    doors = Doors(
        hosts=tuple(re.findall(r"[^\s,]+", given.invoke_hosts)),
        databases=tuple(re.split(r",\s*(?=\w+://)", given.sql_databases)) if given.sql_databases else (),
        seconds=given.door_seconds,
        bytes=given.door_kb << 10,
        rows=given.door_rows,
    )
    canvas.open_doors(doors)
    agent_runs.use_limits(Limits(given.run_seconds, given.run_tokens, given.run_steps))
