"""Names of documents: in one dataset no two are equal in any case of letters (RAGFlow v1 contract 3.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from models.tables import Document
from services.access import select_in


def free_names(dataset_id: str, names: Sequence[str]) -> list[str]:
    """Each name, or its next numbered spelling that is free: a.txt, a(1).txt, a(2).txt, in any case of letters."""
    keys = [name.casefold() for name in names]
    in_dataset = Document.dataset == dataset_id
    taken = {row.name_key for row in select_in(Document, Document.name_key, keys, in_dataset)}
    clashing = {key for key, count in Counter(keys).items() if key in taken or count > 1}
    for stem in {_numbered_stem(key)[0] for key in clashing}:
        rows = Document.select(Document.name_key).where(in_dataset & Document.name_key.startswith(stem))
        taken.update(key for (key,) in rows.tuples())
    free = []
    for name in names:
        while name.casefold() in taken:
            name = _next_name(name)
        taken.add(name.casefold())
        free.append(name)
    return free


def _next_name(name: str) -> str:
    stem, number = _numbered_stem(name)
    return f"{stem}({number + 1}){_suffix(name)}"


def _suffix(name: str) -> str:
    return name[len(name.rpartition(".")[0]) :] if "." in name else ""


def _numbered_stem(name: str) -> tuple[str, int]:
    """The name without suffix and number, and the number: a(3).txt gives a, 3."""
    stem = name.removesuffix(_suffix(name))
    head, opening, rest = stem.rpartition("(")
    if opening and rest.endswith(")") and rest[:-1].isdecimal():
        return head, int(rest[:-1])
    return stem, 0
