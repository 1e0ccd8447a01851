"""Every code and sentence of the dialect, by route and condition, for each profile (RAGFlow v1 contract 0.1, 10.1).

Nothing else in the dialect knows that there are profiles' sentences. A key is (route, condition); the route `*` stands
for all. Rows cite the contract where the profiles differ: E is 10.1, the rest are section numbers, A and B decisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from api.v1 import agent_answers, chat_answers
from api.v1.outcomes import Answer, Pair, differ, kind, same, status
from services.compat import profile


def answer_to(route: str, *conditions: str) -> Answer | None:
    """The answer of the profile in force to the first condition that the route, else any route, has a row for."""
    column = 1 if profile().name == "v0.19" else 0
    for condition in conditions:
        for key in ((route, condition), ("*", condition)):
            if key in ANSWERS:
                return ANSWERS[key][column]
    return None


_NOT_AN_INTEGER = "int() argument must be a string, a bytes-like object or a real number, not '{type}'"

_ANY_ROUTE: dict[str, Pair] = {
    "key.missing": status(401, (401, "`Authorization` can't be empty"), (0, "`Authorization` can't be empty"), data=False),
    "key.malformed": status(
        401, (401, "Please check your authorization format."), (0, "Please check your authorization format."), data=False
    ),
    "key.unknown": status(
        401, (109, "Authentication error: API key is invalid!"), (109, "Authentication error: API key is invalid!"), data=False
    ),
    "http.404": status(404, (404, "Not Found"), (100, "<NotFound '404: Not Found'>")),
    "http.405": status(405, (405, "Method Not Allowed"), (100, "<MethodNotAllowed '405: Method Not Allowed'>")),
    "http.413": status(413, (101, "The request is too large."), (100, "<RequestEntityTooLarge '413: Request Entity Too Large'>")),
    "http.429": status(429, (101, "Too many requests."), (100, "<TooManyRequests '429: Too Many Requests'>")),
    "http.other": status(400, (101, "Bad Request"), (100, "<BadRequest '400: Bad Request'>")),
    "crash": status(500, (500, "Internal Server Error"), (100, "<InternalServerError '500: Internal Server Error'>")),
    "unavailable": status(500, (500, "{message}"), (100, "{message}")),
    # 1.5, 1.10: what RAGFlow says of a body it cannot look keys up in.
    "body.type": differ((101, "{message}"), (100, """AttributeError("'{type}' object has no attribute 'get'")""")),
    # 1.7, 1.10: types.
    "integer.literal": kind('ValueError("invalid literal for int() with base 10: {quoted}")'),
    "integer.type": kind(f'TypeError("{_NOT_AN_INTEGER}")'),
    "integer.least": differ((101, "{message}"), (100, "ValueError('Search does not support negative slicing.')")),
    "number.literal": kind('ValueError("could not convert string to float: {quoted}")'),
    "number.type": kind("""TypeError("float() argument must be a string or a real number, not '{type}'")"""),
    "text.type": kind("TypeError('expected string or bytes-like object')"),
    "list.item": kind("TypeError('sequence item {index}: expected str instance, {type} found')"),
    "ids.list.item": same(101, "ids should be a list of strings"),  # a delete refuses what it cannot read (A6)
    "chunk_ids.list.item": same(101, "chunk_ids should be a list of strings"),
    "document_ids.list.item": same(101, "document_ids should be a list of strings"),
    "object.type": kind("""AttributeError("'{type}' object has no attribute 'items'")"""),
    "flag.literal": kind('ValueError("invalid literal for int() with base 10: {quoted}")'),
    "flag.type": kind(f'TypeError("{_NOT_AN_INTEGER}")'),
    "required": same(102, "`{field}` is required"),
    "orderby.unknown": differ(
        (101, "orderby should be create_time or update_time"), (100, "AttributeError(\"type object 'Document' has no attribute {quoted}\")")
    ),
    "model.unsupported": same(101, "Unsupported model: <{model}>"),
    "model.unauthorized": same(101, "Unauthorized model: <{model}>"),
    "dataset.not_found": same(102, "You don't own the dataset {id}."),
    "document.not_found": same(102, "You don't own the document {id}."),
}

_DATASETS: dict[tuple[str, str], Pair] = {
    ("create_dataset", "body.type"): same(101, "{message}"),
    ("update_dataset", "body.type"): same(101, "{message}"),
    ("delete_datasets", "body.type"): same(101, "{message}"),
    ("create_dataset", "dataset.name_taken"): differ(
        (102, "Duplicated knowledgebase name in creating dataset."), (103, "Dataset name '{name}' already exists")
    ),  # E1
    ("delete_datasets", "datasets.not_found"): differ(
        (102, "You don't own the dataset."), (108, "User '{tenant}' lacks permission for datasets: '{id}'")
    ),  # E2
    ("update_dataset", "tenant.fixed"): same(102, "Can't change tenant_id."),  # E3; v0.19 refuses the key itself
    ("list_datasets", "dataset.not_found"): differ(
        (102, "The dataset doesn't exist"), (108, "User '{tenant}' lacks permission for dataset '{id}'")
    ),  # E4
    ("update_dataset", "dataset.not_found"): same(108, "User '{tenant}' lacks permission for dataset '{id}'"),
    ("update_dataset", "dataset.name_taken"): same(102, "Dataset name '{name}' already exists"),
    ("update_dataset", "dataset.model_fixed"): same(102, "When chunk_num ({count}) > 0, embedding_model must remain {current}"),
}

_DOCUMENTS: dict[tuple[str, str], Pair] = {
    ("upload_documents", "dataset.not_found"): differ(
        (102, "Can't find the dataset with ID {id}!"), (100, 'LookupError("Can\'t find the dataset with ID {id}!")')
    ),  # B3
    ("upload_documents", "upload.unsupported"): same(500, "{message}"),
    ("update_document", "dataset.not_found"): same(102, "You don't own the dataset."),
    ("update_document", "document.not_found"): differ(
        (102, "The dataset does not have the document."), (102, "The dataset doesn't own the document.")
    ),  # E5
    ("update_document", "document.counter_fixed"): same(102, "Can't change `{field}`."),
    ("update_document", "meta_fields.type"): same(102, "meta_fields must be a dictionary"),
    ("update_document", "name.type"): kind("""AttributeError("'{type}' object has no attribute 'encode'")"""),
    ("update_document", "config.type"): kind("""AttributeError("'{type}' object has no attribute 'items'")"""),
    ("update_document", "config.not_an_object"): differ((101, "{message}"), (100, "AssertionError()")),
    ("update_document", "method.unknown"): same(102, "`chunk_method` {value} doesn't exist"),
    ("update_document", "method.unsupported"): same(102, "Not supported yet!"),
    ("download_document", "dataset.not_found"): same(102, "You do not own the dataset {id}."),
    ("download_document", "document.not_found"): same(102, "The dataset not own the document {id}."),
    ("download_document", "file.not_found"): same(102, "This file is empty."),
    ("list_documents", "dataset.not_found"): same(102, "You don't own the dataset {id}. "),  # with the space, 3.8
    ("delete_documents", "dataset.not_found"): differ(
        (102, "You do not own the dataset {id}."), (102, "You don't own the dataset {id}. ")
    ),  # E6
    ("delete_documents", "documents.unknown"): same(102, "Documents not found: {ids}"),
    ("parse_documents", "documents.unknown"): same(102, "Documents not found: {ids}"),
}

_LOOKUP = (102, "Can't find the document with ID {id}!"), (100, 'LookupError("Can\'t find the document with ID {id}!")')

_CHUNKS: dict[tuple[str, str], Pair] = {
    ("add_chunk", "content.text.type"): kind("""TypeError("unsupported operand type(s) for +: '{type}' and 'str'")"""),
    ("add_chunk", "important_keywords.list.type"): same(102, "`important_keywords` is required to be a list"),
    ("add_chunk", "questions.list.type"): same(102, "`questions` is required to be a list"),
    ("list_chunks", "chunk.not_found"): same(404, "Chunk not found: {dataset_id}/{id}"),
    ("delete_chunks", "body.absent"): same(102, "`chunk_ids` is required"),  # E14
    ("delete_chunks", "document.not_found"): differ(*_LOOKUP),  # B3
    ("delete_chunks", "chunks.unknown"): same(102, "rm_chunk deleted chunks {done}, expect {asked}"),
    ("update_chunk", "chunk.ill_formed"): differ((1001, "Invalid Chunk ID"), (102, "Can't find this chunk {id}")),  # B7
    ("update_chunk", "chunk.not_found"): same(102, "Can't find this chunk {id}"),
    ("update_chunk", "unavailable.embedding model"): (Answer(1002, "Chunk Update Failed"), Answer(100, "{message}")),  # B7
    ("update_chunk", "important_keywords.list.type"): same(102, "`important_keywords` should be a list"),
    ("update_chunk", "questions.list.type"): same(102, "`questions` should be a list"),
    ("update_chunk", "qa.shape"): same(102, "Q&A must be separated by TAB/ENTER key."),
}

_RETRIEVAL: dict[tuple[str, str], Pair] = {
    ("retrieve_chunks", "datasets.required"): differ((102, "`datasets` is required."), (102, "`dataset_ids` is required.")),  # E7
    ("retrieve_chunks", "dataset_ids.list.type"): same(102, "`dataset_ids` should be a list"),
    ("retrieve_chunks", "document_ids.list.type"): same(102, "`documents` should be a list"),
    ("retrieve_chunks", "models.differ"): same(102, 'Datasets use different embedding models."'),  # with the quote, 3.16
    ("retrieve_chunks", "question.required"): same(102, "`question` is required."),
    ("retrieve_chunks", "document.outside"): same(102, "The datasets don't own the document {id}"),
    ("retrieve_chunks", "top_k.integer.least"): differ(
        (101, "top_k must be greater than 0"), (100, "ValueError('[top_k] must be greater than 0')")
    ),
    ("retrieve_chunks", "rerank.unknown"): differ((101, "{message}"), (100, "LookupError('Model({model}) not authorized')")),
}


def _rows() -> Iterator[tuple[tuple[str, str], Pair]]:
    for condition, pair in _ANY_ROUTE.items():
        yield ("*", condition), pair
    for table in (_DATASETS, _DOCUMENTS, _CHUNKS, _RETRIEVAL, chat_answers.ROWS, agent_answers.ROWS):
        yield from table.items()


ANSWERS: Mapping[tuple[str, str], Pair] = dict(_rows())
