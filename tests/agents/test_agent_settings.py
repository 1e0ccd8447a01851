"""Section `agents` of the settings: which doors are open, and how much a run may take (docs/agents.md)."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conf.settings import SettingsError, load
from tests.agents.canvases import canvas, component

V1 = "/api/v1"


class Weather(BaseHTTPRequestHandler):
    """A web service that says one thing."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"It rains. " * 1_000)

    def log_message(self, *words):
        """Say nothing."""


@pytest.fixture(scope="module")
def web():
    """The address of a web service."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Weather) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def database(tmp_path):
    """A database with one row."""
    path = tmp_path / "weather.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table weather (place text, sky text)")
        connection.execute("insert into weather values ('Bergen', 'rain')")
    return path


@pytest.fixture
def environment(request, web, database):
    """Doors as the test has them."""
    given = getattr(request, "param", {})
    return {f"DOVETAIL_AGENTS__{name}": value.format(web=web, database=database) for name, value in given.items()}


@pytest.fixture
def answered(client, web, database):
    """What an agent with such a component answers, or the reason why it does not."""

    def ask(kind, **params):
        components = {
            "begin": component("Begin", ["Answer:A"], [], prologue="Hello."),
            "Answer:A": component("Answer", ["Door:D"], ["begin", "Door:D"]),
            "Door:D": component(kind, ["Answer:A"], ["Answer:A"], **params),
        }
        client.post(f"{V1}/agents", json={"title": "door", "dsl": canvas(components)})
        path = f"{V1}/agents/{client.get(f'{V1}/agents').json['data'][0]['id']}"
        session = client.post(f"{path}/sessions", json={}).json["data"]["id"]
        question = "select place, sky from weather"
        reply = client.post(f"{path}/completions", json={"session_id": session, "question": question, "stream": False}).json
        return reply["data"]["answer"] if reply["code"] == 0 else reply["message"]

    return ask


def test_both_doors_are_shut_until_an_operator_opens_them(answered, client, web, database):
    assert answered("Invoke", timeout=5, url=f"http://{web}/").startswith("Invoke is switched off here")
    client.delete(f"{V1}/agents/{client.get(f'{V1}/agents').json['data'][0]['id']}")
    assert answered("ExeSQL", db_type="sqlite", database=str(database)).startswith("ExeSQL is switched off here")


@pytest.mark.parametrize("environment", [{"INVOKE_HOSTS": "api.example.org, {web}", "DOOR_KB": "1"}], indirect=True)
def test_a_host_that_is_listed_is_asked_and_its_answer_bounded(answered, web):
    assert answered("Invoke", timeout=5, url=f"http://{web}/").startswith("It rains. It rains.")
    assert len(answered("Invoke", timeout=5, url=f"http://{web}/")) <= 1_100


@pytest.mark.parametrize("environment", [{"SQL_DATABASES": "postgresql://a:b@127.0.0.1:1/x, sqlite:///{database}"}], indirect=True)
def test_a_database_that_is_listed_is_read(answered, database):
    assert "| Bergen | rain |" in answered("ExeSQL", db_type="sqlite", database=str(database))


@pytest.mark.parametrize("environment", [{"RUN_STEPS": "1"}], indirect=True)
def test_a_run_takes_as_many_steps_as_the_operator_allows(client):
    components = {
        "begin": component("Begin", ["Message:M"], [], prologue=""),
        "Message:M": component("Message", ["Answer:A"], ["begin"], messages=["x"]),
        "Answer:A": component("Answer", [], ["Message:M"]),
    }
    client.post(f"{V1}/agents", json={"title": "steps", "dsl": canvas(components)})
    [agent] = client.get(f"{V1}/agents").json["data"]
    assert client.post(f"{V1}/agents/{agent['id']}/sessions", json={}).json == {"code": 102, "message": "The run took more than its 1 steps."}


@pytest.mark.parametrize(
    ("name", "value"),
    [("INVOKE_HOSTS", "http://x/"), ("SQL_DATABASES", "oracle://me:hidden@host/x"), ("RUN_SECONDS", "0"), ("DOOR_ROWS", "many")],
)
def test_what_is_no_host_database_or_number_stops_the_start(name, value):
    with pytest.raises(SettingsError) as error:
        load({f"DOVETAIL_AGENTS__{name}": value})
    assert f"agents.{name.lower()}" in str(error.value) and "hidden" not in str(error.value)


def test_passwords_of_databases_are_not_shown():
    assert "hidden" not in repr(load({"DOVETAIL_AGENTS__SQL_DATABASES": "postgresql://me:hidden@host/x"}))
