"""What a client is told when a model fails: one sentence per reason, and never what the model's server said."""

from __future__ import annotations

from chat.wording import KEY_HINT
from models.errors import Unavailable

_SENTENCES = {
    "silent": "The {noun} did not answer in time.",
    "unreachable": "The {noun} cannot be reached.",
    "busy": "The {noun} has too much to do at the moment.",
    "refused": "The {noun} refused the request.",
    "key": f"The {{noun}} refused its API key (invalid key). {KEY_HINT}",
    "unknown": "The {noun} is not known to its server.",
    "failed": "The {noun} failed.",
    "malformed": "The {noun} sent something that cannot be read.",
    "broken": "The answer of the {noun} broke off.",
}


class ModelFailed(Unavailable):
    """A chat or rerank model that did not do its work; `reason` is a key of the sentences above."""

    def __init__(self, noun: str, reason: str) -> None:
        super().__init__(noun)
        self.reason = self.details["reason"] = reason
        self.message = _SENTENCES[reason].format(noun=noun)
        self.args = (self.message,)


def reason_of(status: int) -> str:
    """The reason behind an HTTP status of a model's server."""
    if status in (401, 403):
        return "key"
    if status == 404:
        return "unknown"
    if status in (408, 409, 425, 429, 503, 529):
        return "busy"
    return "failed" if status >= 500 else "refused"
