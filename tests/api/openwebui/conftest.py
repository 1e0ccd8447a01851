"""What tests of Open WebUI's dialect ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat.catalogue import Model
from services import models, tokens
from tests.api.openwebui.reading import worker
from tests.scripted_model import ScriptedModel


@pytest.fixture
def model(client) -> Iterator[ScriptedModel]:
    """A model server that does as it is told, under the name `scripted`, for the first tenant."""
    tenant = tokens.authenticate(client.environ_base["HTTP_AUTHORIZATION"].split()[1]).tenant
    with ScriptedModel() as server:
        models.add(tenant, "chat", Model("scripted", "", server.url, "scripted-1", "sk-secret"))
        yield server


@pytest.fixture
def reader(app) -> Iterator[None]:
    """Somebody who reads the files that are uploaded."""
    with worker():
        yield
