"""`dovetail doctor`: looks at everything that requests need, and says what to do where something is amiss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import click

from chat import catalogue as chat_models
from chat import llm
from chat.exchange import Turn
from conf.health import problems, words
from conf.indexes import misdirection
from conf.rooms import open_rooms
from conf.sections import Settings
from conf.settings import without_password
from models.errors import AppError, Unavailable
from models.tables import Dataset
from search import catalogue, outbox
from search.embedding import embedder
from search.engine import index, opened, verify_all

Finding = tuple[str, bool, str]


def examine(settings: Settings) -> bool:
    """Print one line for each thing looked at; whether all is well."""
    open_rooms(settings)
    well = True
    for name, good, text in _findings(settings):
        click.echo(f"{'ok    ' if good else 'WRONG '} {name}: {text}")
        well = well and good
    return well


def _findings(settings: Settings) -> Iterator[Finding]:
    places = {
        "database": without_password(settings.database_url),
        "index": str(settings.index_folder) if settings.search.engine == "embedded" else without_password(settings.search.hosts),
        "blobs": without_password(str(settings.blob_store)),
        "queue": "the job table",
    }
    found = problems(settings)
    for name, place in places.items():
        problem = found[name]
        yield name, not problem, f"{place}: {_reason(name, problem)}; {_advice(name, settings)}" if problem else place
    yield _model(settings, found["model"])
    yield _chat_model()
    if not found["database"]:
        yield from _stand_ins()
    if not (found["database"] or found["index"]):
        reason = misdirection()
        yield ("engine", False, reason) if reason else ("engine", True, opened().name)
        yield from () if reason else _indexes()


def _reason(name: str, problem: str) -> str:
    """The problem in words; only a cluster tells more when it is asked again."""
    told: list[str] = []
    if name == "index":
        with suppress(Unavailable):
            opened().wait(0, told.append)
    return without_password(told[-1]) if told else problem


def _advice(name: str, settings: Settings) -> str:
    embedded = settings.search.engine == "embedded"
    rows = "`dovetail migrate` makes missing tables; else see to database.url, its server and its rights"
    if not settings.database.url:
        rows = "`dovetail migrate` makes missing tables; else see to the rights and the room of the data folder"
    return {
        "database": rows,
        "queue": rows,
        "index": "let this user read and write the folder" if embedded else "see to search.hosts, its key or password, and docs/elasticsearch.md",
        "blobs": "see to blobs.url and the credentials in the environment" if settings.blobs.url else "let this user read and write the folder",
    }[name]


def _model(settings: Settings, problem: str) -> Finding:
    name = settings.embedding.default
    if problem:
        return "model", False, problem
    try:
        dimension = embedder(catalogue.resolve(name)).embed_query("Is anyone there?").shape[0]
    except AppError as error:
        local = "remove its folder in embedding.folder and run `dovetail migrate`; where it is remote, see to its entry in the catalogue"
        return "model", False, f"{name}: {error.message} ({words(error.__cause__)}); {local} and its key"
    return "model", True, f"{name}, {dimension} dimensions"


def _chat_model() -> Finding:
    chosen = chat_models.default("chat")
    if chosen.built_in:
        return "chat model", True, f"{chosen.label}, which quotes the documents; the setting chat.model names another"
    try:
        llm.waited(llm.complete(chosen, [Turn("user", "Is anyone there?")], {"max_tokens": 1}))
    except AppError as error:
        return "chat model", False, f"{chosen.label}: {error.message}"
    return "chat model", True, chosen.label


def _stand_ins() -> Iterator[Finding]:
    """The names that another model answers (conf/models.yaml), with the datasets that were made by them."""
    used = Counter(row.embedding_model for row in Dataset.select(Dataset.embedding_model))
    for name, model in catalogue.stand_ins():
        count = sum(number for sent, number in used.items() if sent in (name, name.rpartition("@")[0]))
        yield "alias", True, f"{name} is answered by {model}; {count} dataset(s)"
    for purpose in chat_models.PURPOSES:
        yield from (("alias", True, f"{name} is answered by {model}") for name, model in chat_models.stand_ins(purpose))


def _indexes() -> Iterator[Finding]:
    """Each index against the rows it is made from."""
    keys = outbox.keys()
    bad = verify_all(keys)
    for key in keys:
        text = f"{bad[key]}; `dovetail reindex` makes it anew" if key in bad else f"{index(key).count()} chunks"
        yield "index", key not in bad, f"{key.tenant} {key.model}: {text}"
