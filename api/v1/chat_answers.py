"""The codes and sentences of chats, sessions and what is asked of them; rows of api.v1.answers."""

from __future__ import annotations

from api.v1.outcomes import Answer, Pair, differ, same, status

_MODELS_DIFFER = same(109, 'Datasets use different embedding models."')  # with the quote, 3.17
_UNKNOWN_COLUMN = differ((101, "{field} cannot be set, nothing was changed"), (100, "ValueError('Unrecognized field name: {field}')"))


def unsortable(table: str) -> Pair:
    """The answer to a column to sort by that there is not; RAGFlow names its table."""
    sentence = f"AttributeError(\"type object '{table}' has no attribute {{quoted}}\")"
    return differ((101, "orderby should be a column, such as create_time or update_time"), (100, sentence))


_CHATS: dict[tuple[str, str], Pair] = {
    ("*", "chat.dataset_empty"): same(102, "The dataset {id} doesn't own parsed file"),
    ("*", "chat.model_unknown"): same(102, "`model_name` {model} doesn't exist"),
    ("*", "chat.rerank_unknown"): same(102, "`rerank_model` {model} doesn't exist"),
    ("*", "variable.unused"): same(102, "Parameter '{key}' is not used"),
    ("*", "variable.incomplete"): differ((101, "Each of prompt.variables should have key and optional"), (100, "KeyError('{key}')")),  # 3.17
    ("create_chat", "dataset.not_found"): same(102, "You don't own the dataset {id}"),  # without a period, 3.17
    ("create_chat", "models.differ"): _MODELS_DIFFER,
    ("create_chat", "name.required"): same(102, "`name` is required."),
    ("create_chat", "chat.name_taken"): differ(
        (102, "Duplicated chat name in creating dataset."), (102, "Duplicated chat name in creating chat.")
    ),  # E8
    ("create_chat", "tenant.forbidden"): same(102, "`tenant_id` must not be provided."),
    ("update_chat", "chat.not_found"): same(102, "You do not own the chat"),
    ("update_chat", "dataset.not_found"): same(102, "You don't own the dataset {id}"),
    ("update_chat", "models.differ"): _MODELS_DIFFER,
    ("update_chat", "name.empty"): same(102, "`name` cannot be empty."),
    ("update_chat", "chat.name_taken"): differ(
        (102, "Duplicated chat name in updating dataset."), (102, "Duplicated chat name in updating chat.")
    ),  # E9
    ("update_chat", "column.unknown"): _UNKNOWN_COLUMN,
    ("delete_chats", "chats.unknown"): same(102, "{message}"),
    ("list_chats", "chat.not_found"): same(102, "The chat doesn't exist"),
    ("list_chats", "orderby.unknown"): unsortable("Dialog"),
}

_EMPTY_NAME = differ((102, "Name cannot be empty."), (102, "`name` can not be empty."))  # E10

_SESSIONS: dict[tuple[str, str], Pair] = {
    ("create_session", "chat.not_found"): same(102, "You do not own the assistant."),
    ("create_session", "name.empty"): _EMPTY_NAME,
    ("update_session", "session.not_found"): same(102, "Session does not exist"),
    ("update_session", "chat.not_found"): same(102, "You do not own the session"),
    ("update_session", "message.fixed"): same(102, "`message` can not be change"),
    ("update_session", "reference.fixed"): same(102, "`reference` can not be change"),
    ("update_session", "name.empty"): _EMPTY_NAME,
    ("update_session", "column.unknown"): _UNKNOWN_COLUMN,
    ("list_sessions", "chat.not_found"): same(102, "You don't own the assistant {id}."),
    ("list_sessions", "session.not_found"): same(102, "The session doesn't exist"),  # E11, B2
    ("list_sessions", "orderby.unknown"): unsortable("Conversation"),
    ("delete_sessions", "chat.not_found"): same(102, "You don't own the chat"),
    ("delete_sessions", "sessions.unknown"): differ((102, "The chat doesn't own the session"), (102, "{message}")),  # E12
}

_NOT_MINE = "You don't own the chat {id}"
_NOT_FROM_USER = "The last content of this conversation is not from user."

_COMPLETIONS: dict[tuple[str, str], Pair] = {
    ("*", "variable.missing"): same(102, "Miss parameter: {key}"),  # 6
    ("converse_with_chat", "chat.not_found"): same(102, _NOT_MINE),
    ("converse_with_chat", "session.not_found"): same(102, "You don't own the session {id}"),
    ("converse_with_chat", "question.missing"): same(102, "Please input your question."),  # E15
    ("complete_chat", "keys.missing"): status(
        400, (101, "required argument are missing: {keys}; "), (101, "required argument are missing: {keys}; ")
    ),
    ("complete_chat", "messages.empty"): same(102, "You have to provide messages."),
    ("complete_chat", "turns.last"): same(102, _NOT_FROM_USER),
    ("complete_chat", "turns.missing"): same(102, _NOT_FROM_USER),
    ("complete_chat", "unavailable"): (Answer(500, "{message}", 400), Answer(100, "{message}")),  # A11: what is 5xx, clients send again
    ("complete_chat", "chat.not_found"): (Answer(102, _NOT_MINE, 404), Answer(102, _NOT_MINE)),  # A11
    ("list_chat_models", "chat.not_found"): (Answer(102, _NOT_MINE, 404), Answer(102, _NOT_MINE)),  # A11
    ("suggest_questions", "question.required"): same(102, "`question` is required."),  # 3.31
}

ROWS: dict[tuple[str, str], Pair] = {**_CHATS, **_SESSIONS, **_COMPLETIONS}
