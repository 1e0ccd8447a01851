"""gunicorn behind nginx as both are shipped; `pytest --behind-nginx` sends the API suites the same way."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from http.client import HTTPResponse

import pytest
import requests

from tests.nginx import Nginx
from tests.running import wait_for
from tests.scripted_model import ScriptedModel

pytestmark = pytest.mark.e2e

MIB = 1 << 20


@pytest.fixture(scope="module")
def nginx(server, tmp_path_factory):
    with Nginx(tmp_path_factory.mktemp("nginx"), server.port) as running:
        yield running


@pytest.fixture
def asked(new_key):
    """The headers of a tenant of the test's own."""
    return {"Authorization": f"Bearer {new_key()}"}


@pytest.fixture
def documents(nginx, asked):
    """The address of the documents of a dataset."""
    dataset = requests.post(f"{nginx.url}/api/v1/datasets", json={"name": "files"}, headers=asked).json()["data"]["id"]
    return f"{nginx.url}/api/v1/datasets/{dataset}/documents"


@pytest.mark.parametrize("page", ["/docs/v1", "/docs/legacy"])
def test_the_pages_of_the_apis_work(nginx, page):
    text = requests.get(nginx.url + page).text
    addresses = [f"{page}/openapi.json", *re.findall(r'(?:src|href)="([^"]+)"', text)]
    assert len(addresses) > 3 and all(requests.get(nginx.url + address).ok for address in addresses)


def test_health_and_metrics_are_told(nginx):
    assert requests.get(f"{nginx.url}/healthz").json() == {"status": "ok"}
    assert requests.get(f"{nginx.url}/readyz").json()["status"] == "ok"
    assert "dovetail_http_requests_total" in requests.get(f"{nginx.url}/metrics").text


def test_the_servers_own_answers_pass_as_they_are(nginx, server):
    for path in ("/api/v1/datasets", "/nowhere", "/v1/api/list_kb_docs", "/v1/nowhere"):
        direct, passed = requests.post(server.url + path), requests.post(nginx.url + path)
        assert (passed.status_code, passed.json()) == (direct.status_code, direct.json())
        assert passed.headers["X-Content-Type-Options"] == "nosniff"
        assert passed.headers.get("WWW-Authenticate") == direct.headers.get("WWW-Authenticate")


@pytest.mark.parametrize("path", ["/v1/api/list_kb_docs", "//v1//api//list_kb_docs", "/v1//api/list_kb_docs/", "//api/list_kb_docs/"])
def test_doubled_slashes_reach_the_route_without_a_redirect(nginx, asked, path):
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {asked['Authorization']}\r\nContent-Length: 20\r\n\r\n"
    with socket.create_connection(("127.0.0.1", nginx.port), timeout=10) as connection:
        connection.sendall(head.encode() + b'{"kb_name": "files"}')
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200
        assert b"Can't find this knowledgebase!" in answer.read()


def test_a_proxys_header_that_a_client_forges_does_no_harm(nginx, asked):
    forged = {"X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl", "X-Forwarded-Proto": "https", "SCRIPT_NAME": "/api", "PATH_INFO": "/nowhere"}
    assert requests.get(f"{nginx.url}/api/v1/datasets", headers={**asked, **forged}).json() == {"code": 0, "data": []}


@pytest.mark.parametrize("size", [MIB, 64 * MIB])
def test_a_refusal_that_comes_before_the_body_is_read_is_passed_on(nginx, size):
    """gunicorn alone would cut the connection under nginx, which would say 502."""
    for path in ("/api/v1/datasets/x/documents", "/api/v1/datasets"):
        told = [requests.post(nginx.url + path, data=b"x" * size, headers={"Content-Type": "text/plain"}).status_code for _ in range(8)]
        assert set(told) <= {401, 413}, told


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA\x00: b\r\n\r\n", 400),
    ],
    ids=["no HTTP", "long address", "many headers", "NUL"],
)
def test_without_nginx_too_what_is_no_request_is_refused_in_json(server, request_bytes, status):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        answer = HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")
        assert answer.read() == b'{"code": 101, "data": null, "message": "Bad Request"}'


class Peak:
    """The most that these processes held of their own while the block ran, above what they held before."""

    def __init__(self, *memory):
        self._memory = memory
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look)

    def _look(self):
        while not self._ended.wait(0.02):
            self.bytes = max(self.bytes, sum(held() for held in self._memory) - self._before)

    def __enter__(self):
        self._before, self.bytes = sum(held() for held in self._memory), 0
        self._watch.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._watch.join()


def test_a_file_of_200_mb_passes_both_ways_in_little_memory(server, nginx, asked, documents):
    def held():
        return sum(one.memory_info().rss for one in server.family() if one.is_running())

    parts, boundary = 200, b"x" * 30
    head = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="large.bin.txt"\r\n\r\n' % boundary
    block = bytes(range(256)) * (MIB // 256)

    def body():
        yield head
        for _ in range(parts):
            yield block
        yield b"\r\n--%b--\r\n" % boundary

    headers = {**asked, "Content-Type": f"multipart/form-data; boundary={boundary.decode()}"}
    with Peak(held, nginx.memory) as peak:
        stored = requests.post(documents, data=body(), headers=headers).json()["data"][0]
        assert stored["size"] == parts * MIB
        digest = hashlib.sha256()
        with requests.get(f"{documents}/{stored['id']}", headers=asked, stream=True) as answer:
            for part in answer.iter_content(MIB):
                digest.update(part)
    assert digest.hexdigest() == hashlib.sha256(block * parts).hexdigest()
    assert peak.bytes < 64 * MIB, f"{peak.bytes / MIB:.0f} MiB"


def test_a_killed_server_is_502_in_each_dialect_and_all_is_well_once_it_is_back(start_server, tmp_path):
    server = start_server()
    with Nginx(tmp_path / "nginx", server.port) as nginx:

        def told():
            return [requests.post(nginx.url + path, headers=server.headers) for path in ("/v1/api/list_kb_docs", "/api/v1/retrieval")]

        assert [answer.status_code for answer in told()] == [200, 200]
        server.stop(9)
        wait_for(lambda: not server.answers())
        legacy, v1 = told()
        assert (legacy.status_code, legacy.json()["retcode"], legacy.json()["code"]) == (502, 100, 100)
        assert (v1.status_code, v1.json()["code"], set(v1.json())) == (502, 502, {"code", "data", "message"})
        server.start()
        assert [answer.status_code for answer in told()] == [200, 200]


def gated(passes):
    """A model that says a word whenever the test lets it."""

    def reply(wire):
        wire.begin()
        for word in ("one", "two", "three", "four"):
            assert passes.acquire(timeout=10)
            wire.frame({"content": f"{word} "})
        wire.frame({}, finish="stop")
        wire.send("data: [DONE]\n\n")
        wire.end()

    return reply


def test_answers_are_read_word_by_word(start_server, tmp_path):
    """The model says the next word only when the client has read the one before, through gunicorn and nginx, in both dialects."""
    with ScriptedModel() as model:
        server = start_server(DOVETAIL_CHAT__BASE_URL=model.url, DOVETAIL_CHAT__MODEL="scripted")
        with Nginx(tmp_path / "nginx", server.port) as nginx:

            def post(path, **body):
                return requests.post(nginx.url + path, json=body, headers=server.headers, timeout=20).json()["data"]["id"]

            chat = post("/api/v1/chats", name="talker")
            session = post(f"/api/v1/chats/{chat}/sessions", name="talk")
            conversation = post(f"/v1/api/new_conversation?dialog_id={chat}")
            v1 = (f"/api/v1/chats/{chat}/completions", {"session_id": session, "question": "Count."})
            legacy = ("/v1/api/completion", {"conversation_id": conversation, "messages": [{"role": "user", "content": "Count."}]})
            for path, body in (v1, legacy):
                passes = threading.Semaphore(1)
                model.plays(gated(passes))
                told = []
                with requests.post(nginx.url + path, json=body, headers=server.headers, stream=True, timeout=20) as answer:
                    for line in answer.iter_lines(chunk_size=1):
                        frame = json.loads(line.removeprefix(b"data:") or b"{}").get("data")
                        if isinstance(frame, dict) and frame["answer"].split()[len(told) :]:
                            told = frame["answer"].split()
                            passes.release()
                assert told == ["one", "two", "three", "four"], path
