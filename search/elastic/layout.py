"""What an index looks like: names, settings, mapping, and the lines of a bulk; pure functions."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import InvalidInput
from search import terms
from search.elastic.options import Options
from search.index import Entry, IndexKey, Space

VERSION = 1  # changes with every change of the mapping; an index of another version is built anew
LARGEST_PAGE = 10_000_000  # offset and size of a listing together
MOST_TERMS = 2_000_000  # ids of one filter

Body = dict[str, Any]


def alias(key: IndexKey, prefix: str) -> str:
    """The name under which an index is used: one to recognise, and a digest so that no two keys share it."""
    name = re.sub(r"[^0-9a-z.]+", "-", f"{key.tenant}-{key.model}".lower())[:64]
    digest = hashlib.blake2b(f"{key.tenant}\0{key.model}".encode(), digest_size=8).hexdigest()
    return f"{prefix}-{name}-{digest}"


def numbered(alias: str, number: int) -> str:
    """The name of the index itself, which the alias leads to."""
    return f"{alias}-{number:06d}"


def number_of(name: str) -> int:
    """The number in the name of an index."""
    return int(name.rpartition("-")[2])


def fingerprint(space: Space, options: Options) -> Body:
    """What an index was made with; one of another fingerprint has to be built anew."""
    return {
        "layout": VERSION,
        "terms": terms.VERSION,
        "dimension": space.dimension,
        "model": space.digest,
        "vectors": options.vector_index,
    }


def body(space: Space, options: Options, *, alias: str) -> Body:
    """Settings, mapping and alias of a new index."""
    settings = {
        "number_of_shards": options.shards,
        "number_of_replicas": options.replicas,
        "refresh_interval": options.refresh_interval,
        "max_result_window": LARGEST_PAGE,
        "max_terms_count": MOST_TERMS,
    }
    keyword = {"type": "keyword", "doc_values": False}
    vector = {
        "type": "dense_vector",
        "dims": space.dimension,
        # Not `cosine`, which would lengthen what 16 bits keep a little short of unit length; both engines take the same product.
        "similarity": "max_inner_product",
        "index_options": {"type": options.vector_index},
    }
    properties = {
        "slot": {"type": "long"},
        "dataset": keyword,
        "document": keyword,
        "available": {"type": "boolean", "doc_values": False},
        "terms": {"type": "text", "analyzer": "whitespace", "index_options": "freqs"},
        "vector": vector,
    }
    mapping = {"dynamic": "strict", "_source": {"enabled": False}, "_meta": fingerprint(space, options), "properties": properties}
    return {"settings": {"index": settings}, "mappings": mapping, "aliases": {alias: {}}}


def lines(entry: Entry, version: int, dimension: int) -> tuple[str, str]:
    """An entry as two lines of a bulk, which puts it in place of an older one of its slot. Raises InvalidInput for another dimension."""
    require_dimension(len(entry.vector), dimension)
    fields = {"slot": entry.slot, "dataset": entry.dataset, "document": entry.document, "available": entry.available}
    fields["terms"] = " ".join(entry.terms)
    return _action(entry.slot, version), f'{json.dumps(fields, ensure_ascii=False)[:-1]},"vector":[{_numbers(entry.vector)}]}}'


def removal(slot: int, version: int) -> tuple[str, str]:
    """The lines of a bulk that leave nothing of a slot but its version, by which a late entry is known.

    No `delete`: the engine forgets it after a while, and makes an index for it where none is, whatever a mapping should be.
    """
    return _action(slot, version), "{}"


def require_dimension(given: int, dimension: int) -> None:
    """Raises InvalidInput for a vector of another model, before the engine sees it."""
    if given != dimension:
        raise InvalidInput("vector", f"A vector of {given} numbers does not fit a model of {dimension}.")


def _action(slot: int, version: int) -> str:
    return f'{{"index":{{"_id":"{slot}","version":{version},"version_type":"external_gte"}}}}'


def _numbers(vector: NDArray[np.float16]) -> str:
    """The numbers of a vector; those of 16 bits are found in a table ten times as fast as they are formatted."""
    return ",".join(map(_decimals().__getitem__, vector.astype(np.float16, copy=False).view(np.uint16).tolist()))


@cache
def _decimals() -> list[str]:
    """Every number of 16 bits, in decimals that 32 bits read back unchanged."""
    return [str(number) for number in np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)]
