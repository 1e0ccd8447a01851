"""The catalogue of embedding models: which names clients may send, and which model answers each."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.errors import InvalidInput

log = logging.getLogger(__name__)

SOURCES = ("onnx", "sentence", "remote")


@dataclass(frozen=True, slots=True)
class Model:
    """One model that can embed. `id` names it in index keys and folders; `key` and `base_url` belong to remote ones.

    `source`: onnx is a folder that `search.embedding.prepare` wrote, sentence is loaded by sentence-transformers from
    `path` (a Hugging Face name or a folder), remote is an OpenAI-compatible endpoint.
    """

    id: str
    source: str
    factory: str
    path: str
    base_url: str = ""
    key: str = field(default="", repr=False)
    needs_key: bool = True
    query_prefix: str = ""
    passage_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that clients may send. `stands_in` when another model than the named one answers."""

    name: str
    factory: str
    model: str
    stands_in: bool


@dataclass(slots=True)
class _Catalogue:
    models: dict[str, Model] = field(default_factory=dict)
    names: dict[str, list[Name]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)


_loaded = _Catalogue()


def load(entries: Mapping[str, Any], *, keys: Mapping[str, str] | None = None) -> None:
    """Replace the catalogue by the content of conf/models.yaml; `keys` maps a factory to its API key.

    Raises ValueError, naming the entry, for one that cannot be used.
    """
    global _loaded
    fresh = _Catalogue()
    for id, entry in entries["models"].items():
        model = _model_from_entry(id, entry, keys or {})
        fresh.models[id] = model
        _add(fresh, Name(id, model.factory, id, stands_in=False))
    for alias, id in (entries.get("aliases") or {}).items():
        if id not in fresh.models:
            raise ValueError(f"models: alias {alias} names {id}, which is not among the models")
        name, _, factory = alias.rpartition("@")
        _add(fresh, Name(name, factory, id, stands_in=True) if name else Name(alias, "", id, stands_in=True))
    _loaded = fresh


def resolve(name: str) -> str:
    """Find the id of the model that answers a client's name.

    Raises InvalidInput: condition `model.unsupported` for a name that is not catalogued, `model.unauthorized` for one
    whose factory has no key.
    """
    found = _find(name)
    if found is None:
        raise InvalidInput("embedding_model", f"Unsupported model: {name}", condition="model.unsupported", model=name)
    model = _loaded.models[found.model]
    if model.source == "remote" and model.needs_key and not model.key:
        raise InvalidInput("embedding_model", f"Unauthorized model: {name}", condition="model.unauthorized", model=name)
    if found.stands_in and name not in _loaded.told:
        _loaded.told.add(name)
        log.info("The embedding model %s is answered by %s (conf/models.yaml).", name, model.id)
    return model.id


def is_known(name: str) -> bool:
    """Tell whether the name is catalogued, authorised or not."""
    return _find(name) is not None


def same(left: str, right: str) -> bool:
    """Tell whether two names mean the same model; two unknown names do when they are equal."""
    found, other = _find(left), _find(right)
    return left == right if found is None or other is None else found.model == other.model


def has_model(id: str) -> bool:
    """Tell whether a model, by the id that `resolve` once gave, is still in the catalogue."""
    return id in _loaded.models


def model(id: str) -> Model:
    """Get a model by the id that `resolve` gave. Raises InvalidInput (`model.unsupported`) when it has left the catalogue."""
    if not has_model(id):
        raise InvalidInput("embedding_model", f"Unsupported model: {id}", condition="model.unsupported", model=id)
    return _loaded.models[id]


def stand_ins() -> Iterator[tuple[str, str]]:
    """Every name that another model answers, as (name@factory, model id), for `dovetail doctor`."""
    for names in _loaded.names.values():
        yield from ((f"{name.name}@{name.factory}".rstrip("@"), name.model) for name in names if name.stands_in)


def split(name: str) -> tuple[str, str]:
    """Split `name@factory` (contract 2.8); the factory is '' where there is none.

    One `@` splits only before a factory of the catalogue, several always at the last.
    """
    bare, _, factory = name.rpartition("@")
    factories = {entry.factory for names in _loaded.names.values() for entry in names}
    if bare and ("@" in bare or factory in factories):
        return bare, factory
    return name, ""


def _find(name: str) -> Name | None:
    bare, factory = split(name)
    return next((entry for entry in _loaded.names.get(bare, ()) if not factory or factory == entry.factory), None)


def _add(catalogue: _Catalogue, name: Name) -> None:
    catalogue.names.setdefault(name.name, []).append(name)


def _model_from_entry(id: str, entry: Mapping[str, Any], keys: Mapping[str, str]) -> Model:
    known = {"source", "factory", "path", "base_url", "key", "needs_key", "query_prefix", "passage_prefix"}
    wrong = set(entry) - known
    if wrong:
        raise ValueError(f"models: {id} has {', '.join(sorted(wrong))}; expected {', '.join(sorted(known))}")
    if entry.get("source") not in SOURCES:
        raise ValueError(f"models: {id} has source {entry.get('source')}; expected one of {', '.join(SOURCES)}")
    if entry["source"] == "remote" and not entry.get("base_url"):
        raise ValueError(f"models: {id} is remote and has no base_url")
    factory = entry.get("factory", "")
    values = {"path": id, "key": keys.get(factory, ""), **entry, "id": id, "factory": factory}
    return Model(**values)
