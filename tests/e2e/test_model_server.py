"""An answer by a real model server, `transformers serve` with a tiny random model: its words mean nothing, its protocol is the real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from chat.exchange import Answered
from conf.rooms import open_rooms
from conf.settings import load
from models.database import close_database, migrate
from services import models
from tests.chat.conftest import TEXTS, Asker, texts
from tests.running import ROOT, free_port, wait_for

QUESTION = "How long is the warranty of the kettle?"
START_SECONDS = 240.0  # torch alone takes a while on a busy machine


@pytest.fixture(scope="module")
def model_server(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """Its base URL and the name of its model."""
    folder = ROOT / ".tools" / "tiny-model"
    if not (folder / "model.safetensors").exists():
        subprocess.run([sys.executable, "-m", "tests.chat.tiny_model", str(folder)], check=True, cwd=ROOT, capture_output=True)
    port = free_port()
    line = [str(Path(sys.executable).with_name("transformers")), "serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    log = tmp_path_factory.mktemp("model") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(line, env={**os.environ, "HF_HUB_OFFLINE": "1"}, stdout=output, stderr=output)
    try:
        wait_for(lambda: _answers(port) or process.poll() is not None, START_SECONDS)
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health", timeout=2).ok
    except requests.RequestException:
        return False


@pytest.mark.e2e
def test_one_setting_makes_a_real_model_answer(model_server, tmp_path, model_folder):
    url, name = model_server
    settings = {"MODEL": name, "BASE_URL": url, "CONTEXT_TOKENS": "4096"}
    environment = {"DOVETAIL_DATA__FOLDER": str(tmp_path / "data"), "DOVETAIL_EMBEDDING__FOLDER": str(model_folder)}
    open_rooms(load({**environment, **{f"DOVETAIL_CHAT__{key}": value for key, value in settings.items()}}), make=True)
    migrate()
    asker = Asker()
    assert models.chat_model_name(asker.principal.tenant) == name
    events = asker.events(QUESTION, llm={"max_tokens": 64, "temperature": 0.5})
    answered = events[-1]
    assert isinstance(answered, Answered), answered
    assert len(texts(events)) > 3 and answered.usage.prompt_tokens > 100 and answered.usage.completion_tokens > 3
    assert TEXTS[0] in {passage.content for passage in answered.reference.passages}
    close_database()
