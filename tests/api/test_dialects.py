"""Several dialects on one application: each words the errors of its own paths."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask

import api
from api.dialects import Dialect
from services import compat


@pytest.fixture
def client():
    """A bare application with a second dialect beside /api/v1; nothing here needs a key or a row."""
    blueprint = Blueprint("old", __name__)

    @blueprint.get("/api/v1/old/crash")
    def crash():
        raise RuntimeError

    old = Dialect("old", ("/v1", "/api/v1/old"), lambda app: app.register_blueprint(blueprint), lambda error: ("old words", 200))
    compat.use("seed", embedding_default="all-MiniLM-L6-v2")
    app = Flask("bare")
    api.register(app, old)
    return app.test_client()


@pytest.mark.parametrize("path", ["/v1/api/nothing", "/api/v1/old/nothing", "/api/v1/old/crash"])
def test_a_dialect_answers_for_its_routes_and_prefixes(client, path):
    assert client.get(path).text == "old words"


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/nothing", "/"])
def test_the_first_dialect_answers_for_all_the_rest(client, path):
    assert client.get(path).json["code"] == 404
