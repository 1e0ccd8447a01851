"""Questions to knowledge and files, and how passages are made (contract 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, g, jsonify

from api.openwebui import wording
from api.openwebui.auth import admin_only, public
from api.openwebui.blueprint import OpenWebuiBlueprint
from api.openwebui.envelope import Refusal
from api.openwebui.ids import read_id, spelled
from api.openwebui.places import FILE, metadata_of, place_named
from api.openwebui.schemas.files import error_of
from api.openwebui.schemas.retrieval import CollectionQuery, DocQuery, FileForm, FileRead, Found, FoundWithIds, QuerySettings, Status
from services import datasets, files, passages, sharing
from services.passages import Passage, Place

ROOT = "/api/v1/retrieval"
COUNT = 3  # passages of an answer to a question that does not say
CHUNK_SIZE, BATCH_SIZE = 128, 64  # tokens of a chunk, texts of a batch, as the worker makes them

blp = OpenWebuiBlueprint("retrieval", __name__, description="Questions to knowledge and files.")


@blp.post(f"{ROOT}/query/collection")
@blp.reads(CollectionQuery)
@blp.response(200, Found)
@blp.refuses(400, 422)
def query_collections(body: Any) -> Any:
    """Find the passages of some knowledges and files that answer a question best; unknown ones have none."""
    asked = body()
    places = [place for place in map(place_named, asked["collection_names"]) if place is not None]
    return _told(_found(places, asked), hybrid=bool(asked["hybrid"]))


@blp.post(f"{ROOT}/query/doc")
@blp.reads(DocQuery)
@blp.response(200, {"anyOf": [FoundWithIds], "nullable": True})
@blp.refuses(400, 422)
def query_collection(body: Any) -> Response:
    """Find the passages of one knowledge or file that answer a question best; null for an unknown one."""
    asked = body()
    place = place_named(asked["collection_name"])
    if place is None or not passages.exists(g.principal, place):
        return jsonify(None)
    found = _found([place], asked)
    return jsonify({"ids": [[passage.id for passage in found]], **_told(found, hybrid=bool(asked["hybrid"]))})


@blp.post(f"{ROOT}/process/file")
@blp.reads(FileForm)
@blp.response(200, FileRead)
@blp.refuses(400, 404, 422)
def read_file(body: Any) -> Any:
    """Have a file read anew, or with another text, or place it in a knowledge."""
    asked = body()
    file = files.find(g.principal, read_id(asked["file_id"]))
    name = asked["collection_name"] or FILE + spelled(file.id)
    place = place_named(name)
    if place is None or place.file not in ("", file.id):
        raise Refusal(400, wording.NOT_FOUND)
    if asked["content"]:
        _require_words(asked["content"])
        file = files.rewrite(g.principal, file.id, content=asked["content"])
    elif place.file:
        file = files.parse(g.principal, file.id)
    if place.file:
        _require_read(file)
    else:
        files.place(g.principal, sharing.writable_dataset(g.principal, place.dataset), ids=[file.id])
    return {"status": True, "collection_name": name, "filename": file.name, "content": files.text_of(g.principal, file.id) or ""}


@blp.get(f"{ROOT}/")
@blp.response(200, Status)
@blp.doc(security=[])
@public
def tell_retrieval() -> Any:
    """Tell how passages are made and found."""
    return {
        "status": True,
        "chunk_size": CHUNK_SIZE,
        "chunk_overlap": 0,
        "template": "",
        "embedding_engine": "",
        "embedding_model": datasets.operators_model(),
        "reranking_model": "",
        "embedding_batch_size": BATCH_SIZE,
    }


@blp.get(f"{ROOT}/query/settings")
@blp.response(200, QuerySettings)
@blp.refuses(401)
@admin_only
def tell_query_settings() -> Any:
    """Tell what a question that says nothing of it is answered with."""
    return {"status": True, "template": "", "k": COUNT, "r": 0.0, "hybrid": False}


@blp.get(f"{ROOT}/config")
@blp.response(200, {"type": "object"})
@blp.refuses(401)
@admin_only
def tell_configuration() -> Response:
    """Tell how files are cut."""
    cut = {"text_splitter": "token", "chunk_size": CHUNK_SIZE, "chunk_overlap": 0}
    return jsonify({"status": True, "pdf_extract_images": True, "chunk": cut})


@blp.post(f"{ROOT}/query/settings/update")
@blp.post(f"{ROOT}/config/update", endpoint="change_configuration")
@blp.response(200, {"type": "object"})
@blp.refuses(400, 401)
@admin_only
def change_settings() -> Any:
    """Refuse: settings are the operator's, who changes them where the server runs."""
    raise Refusal(400, wording.default("settings are changed in the server's configuration, not through the API"))


def _require_words(content: str) -> None:
    if not content.strip():
        raise Refusal(400, wording.default(wording.EMPTY_CONTENT))


def _require_read(file: Any) -> None:
    shown = files.show([file])[0]
    if shown.state == files.FAILED:
        raise Refusal(400, wording.default(error_of(shown)))


def _found(places: Sequence[Place], asked: dict[str, Any]) -> list[Passage]:
    count = COUNT if asked["k"] is None else asked["k"]
    if count < 1:
        raise Refusal(400, wording.default("k should be at least 1"))
    hybrid = bool(asked["hybrid"])
    threshold = asked["r"] or 0.0 if hybrid else 0.0
    return passages.search(g.principal, places=places, questions=[asked["query"]], count=count, hybrid=hybrid, threshold=threshold)


def _told(found: Sequence[Passage], *, hybrid: bool) -> dict[str, Any]:
    """Distances, nearest first; of a hybrid search its scores, best first (contract 7.3)."""
    metadatas = [{**metadata_of(passage), "score": passage.score} if hybrid else metadata_of(passage) for passage in found]
    distances = [passage.score if hybrid else passage.distance for passage in found]
    return {"distances": [distances], "documents": [[passage.text for passage in found]], "metadatas": [metadatas]}
