"""Which answer each error has: one row for a condition, of one route or of all (contract 1.1)."""

from __future__ import annotations

from api.openwebui import store_answers, wording
from api.openwebui.outcomes import Answer, Key

_NOTHING_SENT = Answer(403, wording.NOT_AUTHENTICATED)  # decisions A11

_ROWS: dict[Key, Answer] = {
    ("*", "key.missing"): _NOTHING_SENT,
    ("*", "key.malformed"): _NOTHING_SENT,
    ("*", "key.unknown"): Answer(401, wording.INVALID_TOKEN),
    ("*", "key.foreign"): Answer(401, wording.UNAUTHORIZED),
    ("*", "key.pending"): Answer(401, wording.ACCESS_PROHIBITED),
    ("*", "key.password"): Answer(400, wording.INVALID_CRED),
    ("*", "admin.not_permitted"): Answer(401, wording.ACCESS_PROHIBITED),
    ("*", "sign_up.not_permitted"): Answer(403, wording.ACCESS_PROHIBITED),
    ("*", "email.invalid"): Answer(400, wording.INVALID_EMAIL),
    ("*", "user.email_taken"): Answer(400, wording.EMAIL_TAKEN),
    ("*", "key.not_found"): Answer(404, wording.KEY_NOT_FOUND),
    ("*", "file.not_found"): Answer(404, wording.NOT_FOUND),
    ("*", "chat_model.unknown"): Answer(400, wording.MODEL_NOT_FOUND),
    ("*", "crash"): Answer(500, "Internal Server Error"),
    ("*", "transcript.not_found"): Answer(401, wording.NOT_FOUND),
    ("delete_chat", "transcript.not_found"): Answer(404, wording.NOT_FOUND),
    ("*", "http.404"): Answer(404, "Not Found"),
    ("*", "http.405"): Answer(405, "Method Not Allowed"),
    ("*", "http.413"): Answer(413, "The request is too large."),
    **store_answers.ROWS,
}


def answer_to(route: str, *conditions: str) -> Answer | None:
    """The row of the first condition that has one, the route's own before everybody's."""
    for condition in conditions:
        found = _ROWS.get((route, condition)) or _ROWS.get(("*", condition))
        if found:
            return found
    return None
