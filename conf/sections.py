"""Every setting by section: what the rest of the program is handed, and what a value must be to be accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from marshmallow import Schema, fields, post_load, validate

MODELS = Path(__file__).parent / "models.yaml"


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
class Legacy:
    envelope: str
    default_stream: bool
    default_quote: bool
    public_documents: bool
    public_images: bool


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
    legacy: Legacy
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


class Root(_Section):
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
    legacy = _section(
        Legacy,
        envelope=_choice("both", "retcode", "code"),
        default_stream=_switch(),
        default_quote=_switch(),
        public_documents=_switch(),
        public_images=_switch(),
    )
    deletes = _section(Deletes, allow_all=_switch())
    log = _section(Log, level=_choice("debug", "info", "warning", "error"))
