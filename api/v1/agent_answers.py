"""The codes and sentences of agents, their sessions and what is asked of them; rows of api.v1.answers."""

from __future__ import annotations

from api.v1.chat_answers import unsortable
from api.v1.outcomes import Answer, Pair, same, status


def _no(code: int, sentence: str) -> Pair:
    """An error whose `data` is false, in both profiles."""
    return Answer(code, sentence, data=False), Answer(code, sentence, data=False)


# Why a run may fail: its limits, the way its canvas goes, the operator's doors.
_RUNS = (
    "run.deadline", "run.tokens", "run.steps", "run.text", "run.items", "run.loop", "run.silent", "door.closed", "door.refused", "door.failed",
)  # fmt: skip
_NOT_MINE = "You don't own the agent {agent_id}"
_OWNER_ONLY = _no(103, "Only owner of canvas authorized for this operation.")

_AGENTS: dict[tuple[str, str], Pair] = {
    ("create_agent", "dsl.required"): _no(101, "No DSL data in request."),
    ("create_agent", "title.required"): _no(101, "No title in request."),
    ("*", "agent.title_taken"): same(102, "Agent with title {title} already exists."),
    ("*", "dsl.invalid"): same(102, "{message}"),
    ("update_agent", "agent.not_found"): _OWNER_ONLY,
    ("delete_agent", "agent.not_found"): _OWNER_ONLY,
    ("list_agents", "agent.not_found"): same(102, "The agent doesn't exist."),  # S25
    ("list_agents", "orderby.unknown"): unsortable("UserCanvas"),
    ("list_agent_versions", "agent.not_found"): same(102, f"{_NOT_MINE}."),
    ("get_agent_version", "agent.not_found"): same(102, f"{_NOT_MINE}."),
    ("get_agent_version", "version.not_found"): same(102, "The agent doesn't own the version {version_id}."),
}

_SESSIONS: dict[tuple[str, str], Pair] = {
    # RAGFlow tells another tenant's agent from none (3.27); here nobody learns what others have.
    ("create_agent_session", "agent.not_found"): same(102, "Agent not found."),
    ("create_agent_session", "parameter.unread"): same(102, "{message}"),
    ("create_agent_session", "parameter.missing"): same(102, "`{key}` with type `{type}` is required"),
    ("list_agent_sessions", "agent.not_found"): same(102, f"{_NOT_MINE}."),
    ("list_agent_sessions", "orderby.unknown"): unsortable("API4Conversation"),
    ("delete_agent_sessions", "agent.not_found"): same(102, _NOT_MINE),
    ("delete_agent_sessions", "sessions.none"): same(102, "Agent {id} has no sessions"),
    ("delete_agent_sessions", "sessions.unknown"): same(102, "{message}"),
    ("trace_agent_session", "agent.not_found"): same(102, f"{_NOT_MINE}."),
    ("trace_agent_session", "session.not_found"): same(102, "The agent doesn't own the session {session_id}"),
}

_COMPLETIONS: dict[tuple[str, str], Pair] = {
    **{("*", condition): same(102, "{message}") for condition in _RUNS},
    ("*", "parameter.missing"): same(102, "`{key}` is required"),
    ("converse_with_agent", "agent.not_found"): same(102, _NOT_MINE),
    ("converse_with_agent", "session.not_found"): same(102, "You don't own the session {id}"),
    ("converse_with_agent", "question.missing"): same(102, "`question` is required."),  # E16
    ("complete_agent", "keys.missing"): status(
        400, (101, "required argument are missing: {keys}; "), (101, "required argument are missing: {keys}; ")
    ),
    ("complete_agent", "messages.empty"): same(102, "You have to provide messages."),
    ("complete_agent", "turns.last"): same(102, "The last content of this conversation is not from user."),
    ("complete_agent", "unavailable"): (Answer(500, "{message}", 400), Answer(100, "{message}")),  # A11: what is 5xx, clients send again
    ("complete_agent", "agent.not_found"): (Answer(102, _NOT_MINE, 404), Answer(102, _NOT_MINE)),  # A11
    ("complete_agent", "session.not_found"): (Answer(102, "You don't own the session {id}", 404), Answer(102, "You don't own the session {id}")),
}

ROWS: dict[tuple[str, str], Pair] = {**_AGENTS, **_SESSIONS, **_COMPLETIONS}
