"""What a list operation answers (RAGFlow v1 contract 1.8)."""

from __future__ import annotations

from typing import Any

from models.errors import Conflict
from services.batch import Batch


def outcome(kind: str, batch: Batch) -> dict[str, Any] | None:
    """The `data` of a batch: None without repeated ids. Raises Conflict when ids were only repeated, nothing done."""
    errors = [f"Duplicate {kind} ids: {id}" for id in batch.duplicates]
    if errors and not batch.done:
        raise Conflict("duplicates", ";".join(errors))
    return {"success_count": batch.done, "errors": errors} if errors else None


def require_known(batch: Batch) -> None:
    """Tell the ids of documents that were not found, the others being done. Raises Conflict."""
    if batch.unknown:
        raise Conflict("documents.unknown", "Documents not found", ids=str(batch.unknown))


def tolerant_outcome(kind: str, batch: Batch, *, missing: str, condition: str) -> dict[str, Any] | None:
    """The `data` of a delete that lists unknown ids when others were deleted. Raises Conflict when none was.

    `missing` is the sentence for an unknown id; repeated ids are told only where all are known.
    """
    if not batch.unknown:
        return outcome(kind, batch)
    errors = [missing.format(id=id) for id in batch.unknown]
    if not batch.done:
        raise Conflict(condition, "; ".join(errors))
    return {"success_count": batch.done, "errors": errors}
