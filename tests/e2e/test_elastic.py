"""A server whose indexes are in a cluster: its start, the cluster going and coming back, and changes of engine and mapping."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.clients import Client, Paper, Passage, Refused, complaints
from tests.postgresql import Missing, PostgreSQL
from tests.proxy import Proxy
from tests.running import ROOT, free_port

SENTENCES = ["The warranty lasts two years.", "Descale the kettle with vinegar.", "The kettle comes in red and black."]

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("engine", ["elasticsearch"], indirect=True)]


@pytest.fixture
def proxy(cluster):
    """What stands between the server and the cluster, and can be taken away."""
    with Proxy(cluster.hosts[0]) as passing:
        yield passing


@pytest.fixture(scope="module")
def postgresql():
    server = PostgreSQL()
    try:
        server.start()
    except Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


def filled(server):
    """A document with a chunk for each sentence."""
    client = Client(server.url, server.key)
    dataset = client.new_dataset("kettles")
    paper = Paper(client, dataset, *client.upload(dataset, {"a.txt": b"nothing"}))
    for sentence in SENTENCES:
        paper.add(Passage(sentence))
    return paper


def found(paper):
    return {passage.content for passage in paper.found("How is the kettle kept?").values()}


def ready(server):
    return requests.get(f"{server.url}/readyz", timeout=10)


def test_a_lost_cluster_is_told_at_once_writes_are_kept_and_found_when_it_is_back(start_server, proxy):
    server = start_server(DOVETAIL_SEARCH__HOSTS=proxy.url, DOVETAIL_SEARCH__RETRIES="0")
    paper = filled(server)
    assert found(paper) == set(SENTENCES) and ready(server).status_code == 200
    proxy.refuse = lambda method, path: 503
    begun = time.monotonic()
    paper.add(Passage("The kettle is kept dry."))
    for _ in range(5):
        with pytest.raises(Refused, match="not available at the moment"):
            found(paper)
    assert time.monotonic() - begun < 10
    lost = ready(server)
    assert (lost.status_code, lost.json()["checks"]["index"], lost.json()["checks"]["database"]) == (503, "unavailable", "ok")
    assert len(paper.listed()) == 4
    proxy.refuse = lambda method, path: 0
    assert found(paper) == {*SENTENCES, "The kettle is kept dry."}
    assert ready(server).status_code == 200


def test_a_start_waits_for_the_cluster_and_says_so(start_server, proxy):
    up = proxy.refuse
    proxy.refuse = lambda method, path: 503
    threading.Timer(8, lambda: setattr(proxy, "refuse", up)).start()
    server = start_server(DOVETAIL_SEARCH__HOSTS=proxy.url, DOVETAIL_SEARCH__RETRIES="0")
    assert f"dovetail: waiting up to 120 s: Elasticsearch at {proxy.url} does not answer" in server.log.read_text()
    assert ready(server).status_code == 200 and complaints(server.log) == []


@pytest.mark.usefixtures("engine")
def test_a_start_gives_up_in_one_line_that_names_the_setting(tmp_path, model_folder):
    url = f"http://127.0.0.1:{free_port()}"
    environment = {
        "DOVETAIL_SEARCH__ENGINE": "elasticsearch",
        "DOVETAIL_SEARCH__HOSTS": url,
        "DOVETAIL_SEARCH__START_SECONDS": "1",
        "DOVETAIL_SEARCH__PASSWORD": "s3cret",
        "DOVETAIL_SEARCH__USERNAME": "elastic",
        "DOVETAIL_DATA__FOLDER": str(tmp_path),
        "DOVETAIL_EMBEDDING__FOLDER": str(model_folder),
        "DOVETAIL_HTTP__PORT": str(free_port()),
    }
    line = [sys.executable, "-m", "app", "serve"]
    run = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode != 0
    [told] = [line for line in run.stderr.splitlines() if "given up after 1 s (search.start_seconds)" in line]
    assert url in told and "s3cret" not in run.stderr and "Traceback" not in run.stderr


def test_an_index_of_another_mapping_or_engine_is_made_anew_by_the_next_start_without_a_parse(start_server, cluster):
    server = start_server()
    paper = filled(server)
    assert found(paper) == set(SENTENCES)
    for change, reason in (
        ({"DOVETAIL_SEARCH__VECTOR_INDEX": "int8_hnsw"}, "was made with another vectors"),
        ({"DOVETAIL_SEARCH__ENGINE": "embedded"}, "another engine had the changes until now"),
        ({}, "another engine had the changes until now"),
    ):
        server.stop()
        server = start_server(**change)
        paper = Paper(Client(server.url, server.key), paper.dataset, paper.document)
        assert reason in server.log.read_text()
        assert found(paper) == set(SENTENCES)
        [one, *_] = paper.found("vinegar")
        paper.change(one, important_keywords=[reason])


def test_reindex_beside_a_running_server_changes_no_answer(start_server):
    server = start_server()
    paper = filled(server)
    rebuilt = server.command("reindex")
    assert rebuilt.returncode == 0 and rebuilt.stdout.endswith("1 index(es) rebuilt.\n"), rebuilt.stderr
    assert found(paper) == set(SENTENCES)
    doctor = server.command("doctor")
    assert doctor.returncode == 0, doctor.stdout


def test_servers_of_two_machines_read_at_once_what_the_other_acknowledged(start_server, tmp_path, postgresql):
    url = postgresql.new_database()
    one = start_server(tmp_path / "one", DOVETAIL_DATABASE__URL=url)
    other = start_server(tmp_path / "other", DOVETAIL_DATABASE__URL=url)
    papers = [filled(one)]
    papers.append(Paper(Client(other.url, one.key), papers[0].dataset, papers[0].document))

    def work(number):
        """Write through one server and read through the other, over and over."""
        writing, reading = papers[number % 2], papers[1 - number % 2]
        for turn in range(12):
            text = f"Note {turn} of clerk {number}: the kettle is kept dry."
            chunk = writing.add(Passage(text))
            assert text in found(reading)
            writing.change(chunk, available=False)
            assert text not in found(reading)
            writing.change(chunk, available=True, content=f"{text} And clean.")
            assert f"{text} And clean." in found(reading)
            writing.delete(chunk)
            assert f"{text} And clean." not in found(reading)

    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(work, range(4)):
            pass
    assert found(papers[0]) == found(papers[1]) == set(SENTENCES)
    assert one.command("doctor").returncode == 0
    assert complaints(one.log) == complaints(other.log) == []
