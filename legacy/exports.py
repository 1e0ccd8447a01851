"""Keys of an old deployment, from an export of its table api_token (legacy contract 4.2, 10.4)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import InvalidInput
from services.tokens import Binding

_NOTHING = ("", "NULL", "null", "\\N")


@dataclass(frozen=True, slots=True)
class OldKey:
    """A key as it was: its text, what it was bound to, its tenant's id there, and its user's email where the export has one."""

    text: str
    binding: Binding
    tenant: str = ""
    email: str = ""


def read_keys(file: Path) -> list[OldKey]:
    """The keys of a CSV file with a header (separated by commas, semicolons or tabs) or of a JSON list of rows. Raises InvalidInput, OSError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = json.loads(text) if text.lstrip()[:1] in ("[", "{") else _table(text)
    except ValueError as error:
        raise InvalidInput("file", f"{file.name} cannot be read: {error}.") from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) and "token" in row for row in rows):
        raise InvalidInput("file", f"{file.name} is no export of api_token: a header, or a list of objects, with a token in each row.")
    return [_key(row) for row in rows]


def _table(text: str) -> list[dict[str, Any]]:
    header = text.partition("\n")[0]
    separator = next((one for one in "\t;" if one in header), ",")
    return list(csv.DictReader(io.StringIO(text), delimiter=separator))


def _key(row: Mapping[str, Any]) -> OldKey:
    bound = _word(row, "dialog_id")
    binding = Binding(agent=bound) if _word(row, "source") == "agent" else Binding(chat=bound)
    return OldKey(_word(row, "token"), binding, _word(row, "tenant_id"), _word(row, "email"))


def _word(row: Mapping[str, Any], column: str) -> str:
    word = str(row.get(column) or "").strip()
    return "" if word in _NOTHING else word
