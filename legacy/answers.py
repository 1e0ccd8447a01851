"""Every code and sentence of the dialect, by route and condition (legacy contract 3.3, 11).

A key is (route, condition), else (blueprint, condition), else ("*", condition).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOTHING: Any = object()  # no `data` key at all, as 102 has it (contract 3.1, decisions C10)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told: a code, a sentence with places for details, `data` if there is any, and the HTTP status."""

    code: int
    sentence: str
    data: Any = NOTHING
    status: int = 200


_NOT_LOGGED_IN = Answer(401, "<Unauthorized '401: Unauthorized'>", None)
_INTERIM = ("interim-datasets", "interim-documents", "interim-chunks", "interim-assistants", "interim-sessions")
_ASKING = ("completions", "aibotk", "ask_in_session")
_UNANSWERABLE = ("chat_model.unknown", "rerank.unknown", "cross_languages.unavailable")
_UNEQUAL = 'Knowledge bases use different embedding models or does not exist."'

ANSWERS: dict[tuple[str, str], Answer] = {
    ("*", "key.missing"): Answer(109, 'Token is not valid!"', False),
    ("*", "key.unknown"): Answer(109, 'Token is not valid!"', False),
    ("*", "http.404"): Answer(100, "<NotFound '404: Not Found'>", None),
    ("*", "http.405"): Answer(100, "<MethodNotAllowed '405: Method Not Allowed'>", None),
    ("*", "http.413"): Answer(101, "The request is too large.", None, 413),
    ("*", "http.416"): Answer(101, "The file has no such part.", None, 416),
    ("*", "busy"): Answer(101, "{message}", None, 429),
    ("*", "http.429"): Answer(101, "Too many requests.", None, 429),
    ("*", "http.other"): Answer(100, "<BadRequest '400: Bad Request'>", None),
    ("*", "crash"): Answer(100, "<InternalServerError '500: Internal Server Error'>", None),
    ("*", "unavailable"): Answer(100, "{message}", None),
    ("*", "dataset.not_found"): Answer(102, "Can't find this knowledgebase!"),
    ("*", "document.not_found"): Answer(102, "Document not found!"),
    ("*", "file.not_found"): Answer(102, "Document not found!"),
    ("*", "session.not_found"): Answer(102, "Conversation not found!"),
    ("*", "chat.not_found"): Answer(102, "Dialog not found!"),
    ("open_conversation", "chat.not_found"): Answer(102, "Dialog not found"),
    ("*", "turns.missing"): Answer(102, "{message}"),
    ("*", "turns.last"): Answer(102, "{message}"),
    ("*", "question.blank"): Answer(101, "{message}", None),
    ("*", "variable.missing"): Answer(100, "{message}", None),
    **{(place, condition): Answer(100, "{message}", None) for place in _ASKING for condition in _UNANSWERABLE},  # 6.4.1
    ("*", "chunk.not_found"): Answer(102, "Chunk not found!"),
    ("*", "upload.no_part"): Answer(101, "No file part!", False),
    ("*", "upload.no_name"): Answer(101, "No file selected!", False),
    ("list_documents", "status.unknown.one"): Answer(102, "Invalid filter status conditions: {values}"),
    ("list_documents", "status.unknown.several"): Answer(102, "Invalid filter status conditions: {values}"),
    ("list_documents", "types.unknown.one"): Answer(102, "Invalid filter conditions: {values} type"),
    ("list_documents", "types.unknown.several"): Answer(102, "Invalid filter conditions: {values} types"),
    ("list_chunks", "documents.not_named"): Answer(0, "Can't find doc_name or doc_id", False),
    ("delete_documents", "documents.not_named"): Answer(0, "Can't find doc_names or doc_ids", False),
    ("log_in", "key.password"): Answer(109, "Email and password do not match!", False),
    ("*", "image.not_found"): Answer(102, "Image not found."),
    ("get_document", "image.not_found"): Answer(102, "Document not found!"),
    ("list_thumbnails", "thumbnails.not_named"): Answer(101, "{message}", False),
    ("tokens", "key.missing"): _NOT_LOGGED_IN,
    ("tokens", "key.unknown"): _NOT_LOGGED_IN,
    ("rename_document", "key.missing"): _NOT_LOGGED_IN,
    ("rename_document", "key.unknown"): _NOT_LOGGED_IN,
    **{(noun, f"key.{reason}"): Answer(109, "Token is not valid!", False) for noun in _INTERIM for reason in ("missing", "unknown")},
    **{("interim-datasets", f"{noun}.not_found"): Answer(102, "Can't find this dataset!") for noun in ("dataset", "datasets")},
    ("save_dataset", "dataset.not_of_client"): Answer(102, "{message}"),
    ("save_document", "method.unknown"): Answer(101, "`parser_method` {value} doesn't exist", None),
    ("change_parser", "method.unknown"): Answer(101, "`parser_id` {value} doesn't exist", None),
    ("interim-assistants", "chat.not_found"): Answer(103, "You do not own the assistant.", False),
    ("save_assistant", "datasets.unnamed"): Answer(102, "{message}"),
    ("save_assistant", "dataset.not_found"): Answer(102, "you do not own the knowledgebase"),
    ("save_assistant", "chat.dataset_empty"): Answer(102, "There is a invalid knowledgebase"),
    ("save_assistant", "chat.model_unknown"): Answer(102, "{message}"),
    ("save_assistant", "chat.rerank_unknown"): Answer(102, "{message}"),
    ("save_assistant", "name.required"): Answer(102, "name is required."),
    ("save_assistant", "name.empty"): Answer(102, "name is not empty."),
    ("save_assistant", "chat.name_taken"): Answer(102, "Duplicated assistant name."),
    ("save_assistant", "tenant.forbidden"): Answer(102, "tenant_id must not be provided."),
    ("save_assistant", "variable.unused"): Answer(102, "{message}"),
    ("interim-sessions", "session.not_found"): Answer(102, "Session does not exist"),
    ("interim-sessions", "chat.not_found"): Answer(102, "You do not own the assistant"),
    ("list_assistant_sessions", "chat.not_found"): Answer(103, "Only owner of the assistant is authorized for this operation.", False),
    ("save_session", "session.refused"): Answer(102, "{message}"),
    ("answer_question", "dataset.not_found"): Answer(102, "Knowledgebase not found!"),
    ("answer_question", "models.differ"): Answer(109, _UNEQUAL, False),
    ("retrieve_chunks", "dataset.not_found"): Answer(109, _UNEQUAL, False),
    ("retrieve_chunks", "models.differ"): Answer(109, _UNEQUAL, False),
    ("retrieve_chunks", "chunks.none"): Answer(102, "No chunk found! Check the chunk status please!", False),
}


def answer_to(route: str, blueprint: str, *conditions: str) -> Answer | None:
    """The answer to the first condition that the route, its blueprint, or any route has a row for."""
    for condition in conditions:
        for place in (route, blueprint, "*"):
            if (place, condition) in ANSWERS:
                return ANSWERS[place, condition]
    return None
