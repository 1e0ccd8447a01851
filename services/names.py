"""The keys by which names are compared, in any case of letters."""

from __future__ import annotations

import hashlib

LONGEST = 255  # characters of a key, as the columns hold them


def key(name: str) -> str:
    """The name's key: names that differ by case alone share it.

    Folding can make three characters of one, so that the end of a key that would be too long is the hash of the whole.
    """
    folded = name.casefold()
    if len(folded) <= LONGEST:
        return folded
    digest = hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()
    return folded[: LONGEST - len(digest)] + digest
