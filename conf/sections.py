"""Every setting by section: what the rest of the program is handed, and what a value must be to be accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from marshmallow import Schema, fields, post_load

from conf.rules import choice, count, expecting, keys, matching, name, path, secret, switch, text, url

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
    hosts: str = field(repr=False)
    api_key: str = field(repr=False)
    username: str
    password: str = field(repr=False)
    ca_file: str
    timeout_seconds: int
    retries: int
    start_seconds: int
    shards: int
    replicas: int
    refresh_seconds: int
    vector_index: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Embedding:
    default: str
    folder: str
    threads: int
    catalogue: str
    keys: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Chat:
    model: str
    base_url: str
    key: str = field(repr=False)
    context_tokens: int
    rerank_model: str
    rerank_url: str
    rerank_key: str = field(repr=False)
    keys: Mapping[str, str] = field(repr=False)
    answer_seconds: int
    silence_seconds: int
    retries: int


@dataclass(frozen=True, slots=True)
class Agents:
    invoke_hosts: str
    sql_databases: str = field(repr=False)
    door_seconds: int
    door_kb: int
    door_rows: int
    run_seconds: int
    run_tokens: int
    run_steps: int


@dataclass(frozen=True, slots=True)
class Ingest:
    workers: int
    document_seconds: int
    lease_seconds: int
    ocr_threads: int
    wait_seconds: int
    office: str


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
class Logins:
    secret: str = field(repr=False)
    key_file: str
    key_password: str = field(repr=False)
    signup: bool
    signup_role: str


@dataclass(frozen=True, slots=True)
class Legacy:
    envelope: str
    default_stream: bool
    default_quote: bool
    public_documents: bool
    public_images: bool
    default_chat: str
    parse_seconds: int


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
    chat: Chat
    agents: Agents
    ingest: Ingest
    http: Http
    compat: Compat
    logins: Logins
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

    @property
    def secret_file(self) -> Path:
        """The file that keeps the secret, where no setting gives one."""
        return self.folder / "secret"


class _Section(Schema):
    makes: ClassVar[type]

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Any:
        return self.makes(**values)


def _section(kind: type, **parts: fields.Field[Any]) -> fields.Nested:
    schema = type(kind.__name__, (_Section,), {"makes": kind, **parts})
    return fields.Nested(schema, **expecting("a section with keys"))


class Root(_Section):
    makes = Settings

    data = _section(Data, folder=text())
    database = _section(Database, url=url("sqlite", "postgresql", "mysql"))
    blobs = _section(Blobs, url=url("s3", "gs", "az", "file"))
    search = _section(
        Search,
        engine=choice("embedded", "elasticsearch"),
        hosts=matching(r"(https?://[^\s,]+)(,\s*https?://[^\s,]+)*", "URLs of nodes such as http://127.0.0.1:9200, separated by commas"),
        api_key=secret(),
        username=name(),
        password=secret(),
        ca_file=path(),
        timeout_seconds=count(600),
        retries=count(20, least=0),
        start_seconds=count(86_400, least=0),
        shards=count(1_024),
        replicas=count(16, least=0),
        refresh_seconds=count(3_600, least=0),
        vector_index=choice("int8_flat", "int8_hnsw"),
        prefix=matching(r"[a-z0-9][a-z0-9_.-]{0,63}", "1 to 64 lower-case letters, digits, hyphens, dots and underscores"),
    )
    embedding = _section(Embedding, default=text(), folder=path(), threads=count(64), catalogue=path(), keys=keys())
    chat = _section(
        Chat,
        model=name(),
        base_url=url("http", "https"),
        key=secret(),
        context_tokens=count(10_000_000, least=1024),
        rerank_model=name(),
        rerank_url=url("http", "https"),
        rerank_key=secret(),
        keys=keys(),
        answer_seconds=count(3_600),
        silence_seconds=count(60),
        retries=count(10, least=0),
    )
    agents = _section(
        Agents,
        invoke_hosts=matching(r"|[^\s,/]+(,\s*[^\s,/]+)*", "hosts such as api.example.org or 10.0.0.5:8080, separated by commas, or nothing"),
        sql_databases=matching(
            r"|(sqlite|postgresql|mysql)://\S+(,\s*(sqlite|postgresql|mysql)://\S+)*", "URLs of databases, separated by commas, or nothing"
        ),
        door_seconds=count(600),
        door_kb=count(65_536),
        door_rows=count(100_000),
        run_seconds=count(86_400),
        run_tokens=count(1_000_000_000),
        run_steps=count(1_000_000),
    )
    ingest = _section(
        Ingest,
        workers=count(64),
        document_seconds=count(86_400),
        lease_seconds=count(3_600),
        ocr_threads=count(64),
        wait_seconds=count(3_600, least=0),
        office=path(),
    )
    http = _section(
        Http,
        host=text(),
        port=count(65_535),
        workers=count(64),
        threads=count(256),
        max_upload_mb=count(65_536),
        max_body_mb=count(1_024),
    )
    compat = _section(Compat, profile=choice("seed", "v0.19"))
    logins = _section(
        Logins,
        secret=matching(r"|.{32,1000}", "nothing, or at least 32 characters"),
        key_file=path(),
        key_password=secret(),
        signup=switch(),
        signup_role=choice("user", "pending", "admin"),
    )
    legacy = _section(
        Legacy,
        envelope=choice("both", "retcode", "code"),
        default_stream=switch(),
        default_quote=switch(),
        public_documents=switch(),
        public_images=switch(),
        default_chat=name(),
        parse_seconds=count(3_600),
    )
    deletes = _section(Deletes, allow_all=switch())
    log = _section(Log, level=choice("debug", "info", "warning", "error"))
