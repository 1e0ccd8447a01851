"""How to reach a cluster, and how its indexes are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """An API key goes before a name and a password; without `ca_file` the system's authorities are trusted.

    `timeout_seconds` is that of one request, `retries` how often one is repeated that found no node or a busy one.
    `refresh_interval` is the index's own; "-1" shows nothing before a change is whole.
    `vector_index` is int8_flat (exact) or int8_hnsw (approximate). `prefix` begins the name of every index.
    """

    hosts: Sequence[str]
    api_key: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    timeout_seconds: float = 30.0
    retries: int = 3
    shards: int = 1
    replicas: int = 0
    refresh_interval: str = "-1"
    vector_index: str = "int8_flat"
    prefix: str = "dovetail"
