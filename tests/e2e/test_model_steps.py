"""A running server's worker asks the model that its settings name, and stops asking when it is told to (contract 3.11, 4.3)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.e2e.clients import Client
from tests.running import Server, wait_for
from tests.scripted_model import ScriptedModel, says, stalls

pytestmark = pytest.mark.e2e


def test_the_worker_asks_the_settings_model_and_a_stop_ends_a_request_under_way(start_server: Callable[..., Server]) -> None:
    with ScriptedModel() as model:
        server = start_server(DOVETAIL_CHAT__BASE_URL=model.url, DOVETAIL_CHAT__MODEL="scripted-1")
        client = Client(server.url, server.key)
        dataset = client.ask("POST", "/datasets", json={"name": "manuals", "parser_config": {"auto_questions": 1}})["id"]
        documents = f"/datasets/{dataset}/documents"
        [uploaded] = client.ask("POST", documents, files={"file": ("manual.txt", "Turn the valve slowly.")})
        named = {"document_ids": [uploaded["id"]]}

        model.plays(says("How is the flange tightened?"))
        client.ask("POST", f"/datasets/{dataset}/chunks", json=named)
        wait_for(lambda: client.ask("GET", documents)["docs"][0]["run"] == "DONE")
        assert "1 model call, 12 tokens so far" in client.ask("GET", documents)["docs"][0]["progress_msg"]
        [chunk] = client.ask("POST", "/retrieval", json={"dataset_ids": [dataset], "question": "flange"})["chunks"]
        assert chunk["content"] == "Turn the valve slowly."

        model.plays(stalls())
        asked = len(model.requests)
        client.ask("POST", f"/datasets/{dataset}/chunks", json=named)
        wait_for(lambda: len(model.requests) > asked)
        begun = time.monotonic()
        client.ask("DELETE", f"/datasets/{dataset}/chunks", json=named)
        assert model.left.wait(2) and time.monotonic() - begun < 2
        assert client.ask("GET", documents)["docs"][0]["run"] == "CANCEL"
