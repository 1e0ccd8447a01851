"""What each setting must be to be accepted."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import Schema, fields, post_load

from conf.rules import choice, count, expecting, keys, matching, name, path, secret, switch, text, url
from conf.sections import (
    Agents,
    Blobs,
    Chat,
    Compat,
    Data,
    Database,
    Deletes,
    Embedding,
    Http,
    Ingest,
    Legacy,
    Log,
    Logins,
    Search,
    Settings,
)


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
        document_mb=count(1_048_576, least=512),
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
