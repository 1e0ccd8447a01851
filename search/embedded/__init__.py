"""The engine that needs no server: tantivy for terms, mapped segments for vectors, joined under one manifest."""

from search.embedded.index import EmbeddedIndex
from search.embedded.manifest import Damaged
from search.index import Space

__all__ = ["Damaged", "EmbeddedIndex", "Space"]
