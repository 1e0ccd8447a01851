"""The engines that a test runs on: `both_engines` marks what promises something of an index."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from models.base import new_id
from search.elastic.options import Options

ENGINES = ("embedded", "elasticsearch")
# A test marked with this runs once per engine; it may ask for `engine` to know which.
both_engines = pytest.mark.parametrize("engine", ENGINES, indirect=True)


@contextmanager
def indexes_of_its_own(url: str) -> Iterator[Options]:
    """Options for indexes that nobody else has, which are removed afterwards."""
    options = Options([url], prefix=f"test-{new_id()}", replicas=0)
    try:
        yield options
    finally:
        remove(url, options.prefix)


def remove(url: str, prefix: str) -> None:
    """Remove every index of a prefix; they are asked for by name, for a cluster may refuse patterns."""
    for name in names(url, prefix):
        urllib.request.urlopen(urllib.request.Request(f"{url}/{name}", method="DELETE"), timeout=30).close()


def names(url: str, prefix: str) -> list[str]:
    """The indexes of a prefix, in use or not."""
    with urllib.request.urlopen(f"{url}/_cat/indices/{prefix}*?format=json&h=index&expand_wildcards=all", timeout=30) as answer:
        return [str(own["index"]) for own in json.load(answer)]


def environment(options: Options | None) -> dict[str, str]:
    """The settings that choose a cluster, as variables; none for the embedded engine."""
    if options is None:
        return {}
    return {
        "DOVETAIL_SEARCH__ENGINE": "elasticsearch",
        "DOVETAIL_SEARCH__HOSTS": ",".join(options.hosts),
        "DOVETAIL_SEARCH__PREFIX": options.prefix,
        "DOVETAIL_SEARCH__REPLICAS": str(options.replicas),
    }
