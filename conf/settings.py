"""Settings: the only reader of YAML and of DOVETAIL_ environment variables.

conf/default.yaml < the file named by DOVETAIL_CONFIG < DOVETAIL_SECTION__KEY.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml
from marshmallow import Schema, ValidationError, fields, post_load, validate

DEFAULTS = Path(__file__).parent / "default.yaml"
MODELS = Path(__file__).parent / "models.yaml"
PREFIX = "DOVETAIL_"
CONFIG = "DOVETAIL_CONFIG"

Layers = dict[str, dict[str, Any]]


class SettingsError(Exception):
    """A setting that cannot be used; the text names it, its value and what was expected."""


@dataclass(frozen=True, slots=True)
class Data:
    folder: str


@dataclass(frozen=True, slots=True)
class Database:
    url: str


@dataclass(frozen=True, slots=True)
class Blobs:
    url: str


@dataclass(frozen=True, slots=True)
class Search:
    engine: str


@dataclass(frozen=True, slots=True)
class Embedding:
    default: str
    folder: str
    threads: int
    catalogue: str
    keys: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ingest:
    workers: int
    document_seconds: int
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class Http:
    host: str
    port: int
    workers: int
    threads: int
    max_upload_mb: int
    max_body_mb: int


@dataclass(frozen=True, slots=True)
class Compat:
    profile: str


@dataclass(frozen=True, slots=True)
class Deletes:
    allow_all: bool


@dataclass(frozen=True, slots=True)
class Log:
    level: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; the properties are where things lie when no URL or folder of their own is set."""

    data: Data
    database: Database
    blobs: Blobs
    search: Search
    embedding: Embedding
    ingest: Ingest
    http: Http
    compat: Compat
    deletes: Deletes
    log: Log

    @property
    def folder(self) -> Path:
        """The data folder, absolute."""
        return Path(self.data.folder).absolute()

    @property
    def database_url(self) -> str:
        """The URL of the rows."""
        return self.database.url or f"sqlite:///{self.folder / 'dovetail.db'}"

    @property
    def blob_store(self) -> str | Path:
        """The URL or folder of the blobs."""
        return self.blobs.url or self.folder / "blobs"

    @property
    def index_folder(self) -> Path:
        """The folder of the embedded indexes."""
        return self.folder / "indexes"

    @property
    def model_folder(self) -> Path:
        """The folder of the prepared models."""
        return Path(self.embedding.folder).absolute() if self.embedding.folder else self.folder / "models"

    @property
    def catalogue_file(self) -> Path:
        """The file that names the embedding models."""
        return Path(self.embedding.catalogue or MODELS)

    @property
    def address(self) -> str:
        """Host and port, as in a URL."""
        host = f"[{self.http.host}]" if ":" in self.http.host else self.http.host
        return f"{host}:{self.http.port}"

    @property
    def key_file(self) -> Path:
        """The file that keeps the first API key."""
        return self.folder / "api-key"


def _expecting(expected: str) -> dict[str, Any]:
    """The arguments of a field that says the same whatever is wrong with its value."""
    return {"required": True, "error_messages": dict.fromkeys(("invalid", "null", "required", "too_large"), expected)}


def _count(most: int) -> fields.Integer:
    expected = f"a whole number from 1 to {most}"
    return fields.Integer(strict=True, validate=validate.Range(1, most, error=expected), **_expecting(expected))


def _choice(*names: str) -> fields.String:
    expected = "one of " + ", ".join(names)
    return fields.String(validate=validate.OneOf(names, error=expected), **_expecting(expected))


def _url(*schemes: str) -> fields.String:
    expected = "nothing, or a URL that begins with " + "://, ".join(schemes) + "://"
    return fields.String(validate=validate.Regexp(rf"^$|^({'|'.join(schemes)})://", error=expected), **_expecting(expected))


def _text() -> fields.String:
    expected = "a text that is not empty"
    return fields.String(validate=validate.Length(min=1, error=expected), **_expecting(expected))


def _path() -> fields.String:
    return fields.String(**_expecting("a path, or nothing"))


def _keys() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.String(), **_expecting("a mapping of names to keys"))


def _switch() -> fields.Boolean:
    return fields.Boolean(**_expecting("true or false"))


class _Section(Schema):
    makes: ClassVar[type]

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Any:
        return self.makes(**values)


def _section(kind: type, **parts: fields.Field[Any]) -> fields.Nested:
    schema = type(kind.__name__, (_Section,), {"makes": kind, **parts})
    return fields.Nested(schema, **_expecting("a section with keys"))


class _Root(_Section):
    makes = Settings

    data = _section(Data, folder=_text())
    database = _section(Database, url=_url("sqlite", "postgresql", "mysql"))
    blobs = _section(Blobs, url=_url("s3", "gs", "az", "file"))
    search = _section(Search, engine=_choice("embedded"))
    embedding = _section(Embedding, default=_text(), folder=_path(), threads=_count(64), catalogue=_path(), keys=_keys())
    ingest = _section(Ingest, workers=_count(64), document_seconds=_count(86_400), lease_seconds=_count(3_600))
    http = _section(
        Http,
        host=_text(),
        port=_count(65_535),
        workers=_count(64),
        threads=_count(256),
        max_upload_mb=_count(65_536),
        max_body_mb=_count(1_024),
    )
    compat = _section(Compat, profile=_choice("seed", "v0.19"))
    deletes = _section(Deletes, allow_all=_switch())
    log = _section(Log, level=_choice("debug", "info", "warning", "error"))


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force; raises SettingsError on the first that cannot be used."""
    layers = _read(DEFAULTS)
    origin: dict[str, str] = {}
    if name := environment.get(CONFIG):
        _overlay(layers, _read(Path(name)), name, origin)
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable != CONFIG:
            section, separator, key = variable.removeprefix(PREFIX).lower().partition("__")
            if not separator:
                raise SettingsError(f"{variable}: {environment[variable]!r} sets nothing; expected {PREFIX}SECTION__KEY.")
            default = layers.get(section, {}).get(key)
            _overlay(layers, {section: {key: _value(environment[variable], default)}}, variable, origin)
    try:
        settings: Settings = _Root().load(layers)
    except ValidationError as error:
        raise SettingsError(_sentence(error.messages_dict, layers, origin)) from None
    return settings


def without_password(text: str) -> str:
    """The text with the user and password of its URLs replaced."""
    return re.sub(r"://[^@/]*@", "://***@", text)


def read_catalogue(settings: Settings) -> dict[str, Any]:
    """The embedding models and aliases, as search.catalogue.load takes them. Raises SettingsError."""
    return _read(settings.catalogue_file, "embedding.catalogue")


def _read(path: Path, name: str = CONFIG) -> Layers:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{name}: {str(path)!r} cannot be read; expected a YAML file ({' '.join(str(error).split())}).") from None
    if not isinstance(content, dict) or not all(isinstance(part, dict) for part in content.values()):
        raise SettingsError(f"{name}: {str(path)!r} cannot be used; expected sections with keys, as in the file of that kind in conf/.")
    return content


def _overlay(layers: Layers, upper: Layers, source: str, origin: dict[str, str]) -> None:
    for section, values in upper.items():
        layers.setdefault(section, {}).update(values)
        origin.update({f"{section}.{key}": source for key in values})


def _value(text: str, default: Any) -> Any:
    """JSON where it is JSON; a setting whose default is text stays text, so that a folder may be called 2024."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(default, str) and not isinstance(value, str) else value


def _sentence(problems: dict[str, Any], layers: Layers, origin: dict[str, str]) -> str:
    section, problem = next(iter(problems.items()))
    key, texts = next(iter(problem.items() if isinstance(problem, dict) else [(next(iter(layers[section]), ""), problem)]))
    name, value = f"{section}.{key}", layers[section].get(key)
    expected = "a setting named in conf/default.yaml" if texts == ["Unknown field."] else texts[0]
    source = f" (from {origin[name]})" if name in origin else ""
    shown = "(a secret)" if key == "keys" else without_password(repr(value))
    return f"{name}: {shown} cannot be used{source}; expected {expected}."
