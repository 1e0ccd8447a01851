"""Knowledge: datasets, and the files that are placed in them (contract 6; decisions A4, A5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, g, jsonify

from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.envelope import Refusal
from api.openwebui.ids import read_id
from api.openwebui.replies import list_of
from api.openwebui.schemas.auths import Person
from api.openwebui.schemas.files import View, file_objects
from api.openwebui.schemas.knowledge import (
    LISTED, FileId, FileIds, FilePage, Knowledge, KnowledgeForm, KnowledgePage, RemoveOptions, knowledge_object, short_file,
)  # fmt: skip
from models.errors import NotFound
from services import files, libraries, placing, sharing
from services.files import Shown

ROOT = "/api/v1/knowledge"
PAGE_SIZE = 30

blp = OpenWebuiBlueprint("knowledge", __name__, description="Knowledge: datasets, and the files in them.")


@blp.post(f"{ROOT}/create")
@blp.reads(KnowledgeForm)
@blp.response(200, Knowledge)
@blp.refuses(422)
def create_knowledge(body: Any) -> Any:
    """Make a knowledge."""
    made = libraries.create(g.principal, outline=body())
    return {**knowledge_object(made, []), "data": None, "files": None}


@blp.get(f"{ROOT}/")
@blp.reads(KnowledgePage)
@blp.response(200, LISTED)
@blp.refuses(422)
def list_knowledge(query: Any) -> Response:
    """List what the caller may read, the last changed first; of a page, with how many there are."""
    page = query()["page"]
    found = sharing.readable(g.principal)
    if page is None:
        return list_of(iter(_listed(found)))
    start = (page - 1) * PAGE_SIZE
    return list_of(iter(_listed(found[start : start + PAGE_SIZE])), {"total": len(found)}, "items")


@blp.get(f"{ROOT}/list")
@blp.response(200, Knowledge(many=True))
def list_writable_knowledge() -> Response:
    """List what the caller may change, the last changed first."""
    found = [row for row in sharing.readable(g.principal) if sharing.may_write(g.principal, row)]
    return list_of(iter(_listed(found)))


@blp.get(f"{ROOT}/<knowledge_id>")
@blp.response(200, Knowledge)
@blp.refuses(401)
def get_knowledge(knowledge_id: str) -> Response:
    """Show a knowledge with its files."""
    return _whole(sharing.readable_dataset(g.principal, read_id(knowledge_id)))


@blp.get(f"{ROOT}/<knowledge_id>/files")
@blp.reads(FilePage)
@blp.response(200, {"type": "object"})
@blp.refuses(401, 422)
def list_files_of_knowledge(query: Any, knowledge_id: str) -> Response:
    """List the files of a knowledge, a page at a time."""
    page = query()["page"] or 1
    dataset = sharing.readable_dataset(g.principal, read_id(knowledge_id))
    found = _newest_first(files.placed_in([dataset.id])[dataset.id])
    start = (page - 1) * PAGE_SIZE
    told = file_objects(found[start : start + PAGE_SIZE], View(full=True, knowledge=dataset.id))
    return list_of(told, {"total": len(found), "directories": [], "breadcrumbs": []}, "items")


@blp.post(f"{ROOT}/<knowledge_id>/update")
@blp.reads(KnowledgeForm)
@blp.response(200, Knowledge)
@blp.refuses(400, 422)
def update_knowledge(body: Any, knowledge_id: str) -> Response:
    """Change name, description and who may read; its files stay."""
    return _whole(libraries.update(g.principal, read_id(knowledge_id), outline=body()))


@blp.post(f"{ROOT}/<knowledge_id>/file/add")
@blp.reads(FileId)
@blp.response(200, Knowledge)
@blp.refuses(400, 422)
def add_file(body: Any, knowledge_id: str) -> Response:
    """Place a file in a knowledge."""
    file_id = body()
    dataset = sharing.writable_dataset(g.principal, read_id(knowledge_id))
    files.place(g.principal, dataset, ids=[file_id])
    return _whole(sharing.readable_dataset(g.principal, dataset.id))


@blp.post(f"{ROOT}/<knowledge_id>/file/update")
@blp.reads(FileId)
@blp.response(200, Knowledge)
@blp.refuses(400, 422)
def update_file(body: Any, knowledge_id: str) -> Response:
    """Make a file's passages in a knowledge anew, from what the file says now."""
    file_id = body()
    dataset = sharing.writable_dataset(g.principal, read_id(knowledge_id))
    placing.refresh(dataset, file_id)
    return _whole(sharing.readable_dataset(g.principal, dataset.id))


@blp.post(f"{ROOT}/<knowledge_id>/file/remove")
@blp.reads(RemoveOptions)
@blp.reads(FileId)
@blp.response(200, Knowledge)
@blp.refuses(400, 422)
def remove_file(body: Any, query: Any, knowledge_id: str) -> Response:
    """Take a file out of a knowledge, and away when it is in no other one."""
    asked, file_id = query(), body()
    dataset = sharing.writable_dataset(g.principal, read_id(knowledge_id))
    placing.take_out(dataset, file_id, keep=not asked["delete_file"])
    return _whole(sharing.readable_dataset(g.principal, dataset.id), emptied=True)


@blp.post(f"{ROOT}/<knowledge_id>/files/batch/add")
@blp.reads(FileIds)
@blp.response(200, Knowledge)
@blp.refuses(400, 422)
def add_files(body: Any, knowledge_id: str) -> Response:
    """Place files in a knowledge, all or none; those that are there already stay as they are."""
    sent = [one["file_id"] for one in body()]
    dataset = sharing.writable_dataset(g.principal, read_id(knowledge_id))
    by_id = {read_id(text): text for text in sent}
    try:
        files.place(g.principal, dataset, ids=list(by_id), refuse_twins=False)
    except NotFound as error:
        if error.condition == "file.not_found":
            raise Refusal(400, f"File {by_id.get(str(error.details['id']), '')} not found") from None
        raise
    return _whole(sharing.readable_dataset(g.principal, dataset.id))


@blp.post(f"{ROOT}/<knowledge_id>/reset")
@blp.response(200, Knowledge)
@blp.refuses(400)
def reset_knowledge(knowledge_id: str) -> Any:
    """Take all files out of a knowledge; they stay."""
    emptied = libraries.empty(g.principal, read_id(knowledge_id))
    return {**knowledge_object(emptied, []), "data": {"file_ids": []}, "files": None}


@blp.delete(f"{ROOT}/<knowledge_id>/delete")
@blp.response(200, {"type": "boolean"})
@blp.refuses(400)
def delete_knowledge(knowledge_id: str) -> Response:
    """Delete a knowledge; its files stay."""
    libraries.delete(g.principal, read_id(knowledge_id))
    return jsonify(True)


def _whole(dataset: Any, *, emptied: bool = False) -> Response:
    """A knowledge with all that its files say."""
    found = files.placed_in([dataset.id])[dataset.id]
    told = knowledge_object(dataset, [shown.file.id for shown in found])
    if emptied and not found:
        told["data"] = {"file_ids": []}
    return list_of(file_objects(_newest_first(found), View(full=True, knowledge=dataset.id)), told, "files")


def _listed(found: list[Any]) -> list[dict[str, Any]]:
    placed, owners = files.placed_in([row.id for row in found]), libraries.owners(found)
    return [
        {
            **knowledge_object(row, [shown.file.id for shown in placed[row.id]]),
            "user": Person().dump(owners[row.created_by]) if row.created_by in owners else None,
            "files": [short_file(shown, row.id) for shown in placed[row.id]],
        }
        for row in found
    ]


def _newest_first(found: Sequence[Shown]) -> list[Shown]:
    return sorted(reversed(found), key=lambda shown: -(shown.file.update_time // 1000))
