"""Which chat and rerank models there are beside a tenant's own: those of the operator's settings, and the built-in ones."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

log = logging.getLogger(__name__)

PURPOSES = ("chat", "rerank")
BUILT_IN = {"chat": "extractive@Dovetail", "rerank": "vectors@Dovetail"}
CONTEXT_TOKENS = 8192


@dataclass(frozen=True, slots=True)
class Model:
    """A model that answers under `name@factory`; without `base_url` it is the built-in one.

    `path` is its name at the endpoint; `stands_in` when it answers for another model.
    """

    name: str
    factory: str = ""
    base_url: str = ""
    path: str = ""
    key: str = field(default="", repr=False)
    context_tokens: int = CONTEXT_TOKENS
    stands_in: bool = False

    @property
    def built_in(self) -> bool:
        """Whether it needs no endpoint."""
        return not self.base_url

    @property
    def label(self) -> str:
        """Its name as clients send it."""
        return f"{self.name}@{self.factory}" if self.factory else self.name


@dataclass(slots=True)
class _Loaded:
    models: dict[str, list[Model]] = field(default_factory=dict)
    defaults: dict[str, Model] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)


_loaded = _Loaded()


def load(entries: Mapping[str, Any], *, defaults: Mapping[str, Model], keys: Mapping[str, str]) -> None:
    """Replace the catalogue by the sections `chat`, `rerank` and their aliases of conf/models.yaml; `keys` maps a factory to its API key.

    `defaults` holds, per purpose, the model of the settings: one with an endpoint goes before all others, one without names
    another, and one without a name means the built-in one. A model that needs a key and whose factory has none is left out.
    Raises ValueError, naming the entry, for one that cannot be used.
    """
    global _loaded
    fresh = _Loaded()
    for purpose in PURPOSES:
        listed = [_model_from_entry(purpose, id, entry, keys) for id, entry in (entries.get(purpose) or {}).items()]
        given = defaults[purpose]
        models = [model for model in (given if given.base_url else None, *listed, _built_in(purpose)) if model is not None]
        fresh.models[purpose] = models + _aliases(purpose, entries, models)
        fresh.defaults[purpose] = _default(purpose, given, fresh.models[purpose])
    _loaded = fresh


def default(purpose: str) -> Model:
    """The model for who names none."""
    return _loaded.defaults[purpose]


def find(purpose: str, name: str, own: Iterable[Model] = ()) -> Model | None:
    """The model that answers a client's name, the tenant's `own` first; None for a name nobody answers (contract 2.8)."""
    for model in (*own, *_loaded.models[purpose]):
        if _answers(model, name):
            _tell(model)
            return model
    return None


def listed(purpose: str) -> list[Model]:
    """Every model there is, without the names that another one answers."""
    return [model for model in _loaded.models[purpose] if not model.stands_in]


def stand_ins(purpose: str) -> list[tuple[str, str]]:
    """Every name that another model answers, and that model, for `dovetail doctor`."""
    return [(model.label, model.path or BUILT_IN[purpose]) for model in _loaded.models[purpose] if model.stands_in]


def _answers(model: Model, name: str) -> bool:
    """A model without a factory answers its name with any; `name@factory` is split at the last @."""
    if name in (model.name, model.label):
        return True
    return not model.factory and name.rpartition("@")[0] == model.name


def _tell(model: Model) -> None:
    if model.stands_in and model.label not in _loaded.told:
        _loaded.told.add(model.label)
        log.info("The model %s is answered by %s (conf/models.yaml).", model.label, model.path or "the built-in one")


def _default(purpose: str, given: Model, models: Iterable[Model]) -> Model:
    name = given.name or BUILT_IN[purpose]
    found = next((model for model in models if _answers(model, name)), None)
    if found is None:
        raise ValueError(f"{purpose}: {name} has neither an endpoint in the settings nor an entry with a key")
    return found


def _built_in(purpose: str) -> Model:
    name, _, factory = BUILT_IN[purpose].partition("@")
    return Model(name, factory)


def _aliases(purpose: str, entries: Mapping[str, Any], models: Iterable[Model]) -> list[Model]:
    by_name = {model.name: model for model in models}
    made = []
    for alias, target in (entries.get(f"{purpose}_aliases") or {}).items():
        name, _, factory = alias.rpartition("@")
        if target in by_name:
            made.append(replace(by_name[target], name=name or factory, factory=factory if name else "", stands_in=True))
        elif target not in (entries.get(purpose) or {}):
            raise ValueError(f"{purpose}_aliases: {alias} names {target}, which is not among the models")
    return made


def _model_from_entry(purpose: str, id: str, entry: Mapping[str, Any], keys: Mapping[str, str]) -> Model | None:
    known = {"factory", "base_url", "path", "key", "needs_key", "context_tokens"}
    if wrong := set(entry) - known:
        raise ValueError(f"{purpose}: {id} has {', '.join(sorted(wrong))}; expected {', '.join(sorted(known))}")
    if not entry.get("base_url"):
        raise ValueError(f"{purpose}: {id} has no base_url")
    key = entry.get("key") or keys.get(entry.get("factory", ""), "")
    if entry.get("needs_key", True) and not key:
        return None
    fields = {name: value for name, value in entry.items() if name != "needs_key"}
    return Model(**{"path": id, **fields, "name": id, "key": key})
