"""Every setting by section, as the rest of the program is handed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
    document_mb: int
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
