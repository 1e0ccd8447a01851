"""`dovetail model`: a tenant's own models, from the command line to an answer."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from conf.cli import cli
from services import models
from tests.factories import make_user
from tests.scripted_model import says


@pytest.fixture
def dovetail(app, settings, monkeypatch):
    """Run a command with this test's settings."""
    monkeypatch.setenv("DOVETAIL_DATA__FOLDER", settings.data.folder)
    return lambda *words, key=None: CliRunner().invoke(cli, ["model", *words], input=key)


def test_a_model_is_added_used_listed_without_its_key_and_removed(dovetail, model):
    from services import answers
    from services.access import Principal

    user = make_user("ann@example.org")
    added = dovetail("add", "big@Acme", model.url, "--user", user.email, "--path", "big-1", "--with-key", "--default", key="sk-ann\n")
    assert added.exit_code == 0, added.output
    assert models.chat_model_name(user.id) == "big@Acme"
    model.plays(says("Next?"))
    assert answers.related_questions(Principal(user.id, user.id), question="kettle") == ["Next?"]
    assert (model.requests[0]["model"], model.requests[0]["key"]) == ("big-1", "Bearer sk-ann")
    listed = dovetail("list", "--user", user.email).output
    assert "big@Acme" in listed and "sk-ann" not in listed
    assert dovetail("remove", "big@Acme", "--user", user.email).exit_code == 0
    assert models.chat_model_name(user.id) == "extractive@Dovetail" and not models.knows_chat_model(user.id, "big@Acme")


def test_a_wrong_endpoint_user_or_name_is_told(dovetail):
    user = make_user()
    assert "BASE_URL begins with" in dovetail("add", "big", "ftp://x", "--user", user.email).output
    assert "does not exist" in dovetail("remove", "big", "--user", user.email).output
    assert "does not exist" in dovetail("list", "--user", "nobody@example.org").output
