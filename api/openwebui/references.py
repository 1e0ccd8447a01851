"""What the entries of `files` point at (contract 4.3)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from api.openwebui import wording
from api.openwebui.envelope import Refusal
from api.openwebui.ids import read_id
from api.openwebui.places import place_named
from services.replies import Enclosed, Place, Reference

MOST = 100  # entries


def references(entries: Any) -> tuple[Reference, ...]:
    """A reference for each entry that points at something; of equal ones the first, and nothing is searched twice. Raises Refusal."""
    if entries is None:
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries) or len(entries) > MOST:
        raise Refusal(400, wording.default(f"files should be a list of at most {MOST} objects"))
    known: set[Any] = set()
    found = []
    for number, entry in enumerate(entries):
        mark = json.dumps(entry, sort_keys=True)
        if mark in known:
            continue
        one = _reference(number, entry)
        fresh = tuple(place for place in one.places if place not in known)
        known.update((mark, *fresh))
        if fresh or one.file or one.enclosed:
            found.append(Reference(number, fresh, one.file, one.enclosed))
    return tuple(found)


def _reference(number: int, entry: dict[str, Any]) -> Reference:
    if entry.get("docs"):
        return Reference(number, enclosed=_documents(entry["docs"]))
    if entry.get("context") == "full":
        return _whole(number, entry)
    return Reference(number, places=tuple(_places(entry)))


def _documents(documents: Any) -> tuple[Enclosed, ...]:
    given = [one for one in documents if isinstance(one, dict)] if isinstance(documents, list) else []
    return tuple(
        Enclosed(one["content"], one["metadata"] if isinstance(one.get("metadata"), dict) else {})
        for one in given
        if isinstance(one.get("content"), str) and one["content"].strip()
    )


def _whole(number: int, entry: dict[str, Any]) -> Reference:
    """The text that the entry carries, else that of the file it names."""
    text: Any = entry
    for key in ("file", "data", "content"):
        text = text.get(key) if isinstance(text, dict) else None
    id = _id(entry.get("id"))
    if isinstance(text, str) and text.strip():
        name = entry.get("name")
        return Reference(number, enclosed=(Enclosed(text, {"file_id": entry.get("id"), "name": name, "source": name}),))
    return Reference(number, file=id if entry.get("type") != "collection" else "", places=_place(entry) if entry.get("type") == "collection" else ())


def _places(entry: dict[str, Any]) -> Sequence[Place]:
    if entry.get("type") == "collection" and entry.get("legacy") and isinstance(entry.get("collection_names"), list):
        return _named(entry["collection_names"])
    if entry.get("type") == "collection" or (entry.get("legacy") and entry.get("id")):
        return _place(entry)
    if entry.get("collection_name"):
        return _named([entry["collection_name"]])
    id = _id(entry.get("id"))
    return (Place(file=id),) if id else ()


def _place(entry: dict[str, Any]) -> tuple[Place, ...]:
    return _named([entry.get("id")])


def _named(names: Sequence[Any]) -> tuple[Place, ...]:
    found = (place_named(name) for name in names if isinstance(name, str))
    return tuple(place for place in found if place is not None)


def _id(value: Any) -> str:
    return read_id(value) if isinstance(value, str) else ""
