"""What ingest children share: imported once in the process they are forked from, and kept out of the garbage collector's way.

A collection in a child would touch, and so copy, every page of it.
"""

from __future__ import annotations

import gc

from ingest import pipeline

__all__ = ["pipeline"]

gc.freeze()
