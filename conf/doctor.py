"""`dovetail doctor`: looks at everything that requests need, and says what to do where something is amiss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import click

from chat import catalogue as chat_models
from chat import llm
from chat.exchange import Turn
from conf.health import checks
from conf.indexes import misdirection
from conf.rooms import open_rooms
from conf.sections import Settings
from conf.settings import without_password
from models.errors import AppError
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
        "blobs": str(settings.blob_store),
        "queue": "the job table",
    }
    found = checks(settings)
    for name, place in places.items():
        yield name, found[name], place
    yield _model(settings.embedding.default)
    yield _chat_model()
    yield from _stand_ins()
    if found["database"] and found["index"]:
        reason = misdirection()
        yield ("engine", False, reason) if reason else ("engine", True, opened().name)
        yield from () if reason else _indexes()


def _model(name: str) -> Finding:
    try:
        dimension = embedder(catalogue.resolve(name)).embed_query("Is anyone there?").shape[0]
    except AppError as error:
        return "model", False, f"{name}: {error.message} ({error.__cause__})"
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
