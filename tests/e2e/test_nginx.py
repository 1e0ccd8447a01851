"""conf/nginx.conf in a real nginx, before a server of the test's own: what passes, what is refused, and in whose words."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import contextmanager
from http.client import HTTPResponse

import pytest
import requests

from conf.settings import load
from legacy.paths import canonical
from tests.nginx import SHIPPED, Nginx
from tests.running import free_port, wait_for
from tests.upstream import Upstream, plain, start_stream

pytestmark = pytest.mark.e2e

LEGACY = {"code", "data", "message", "retcode", "retmsg"}
V1 = {"code", "data", "message"}
DOORS = [("/v1/api/list_chunks", LEGACY), ("/api/v1/datasets", V1)]
doors = pytest.mark.parametrize(("path", "keys"), DOORS, ids=["legacy", "v1"])
MIB = 1 << 20
SMALL = {"client_max_body_size 1024m;": "client_max_body_size 2m;"}


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as listening:
        yield listening


@pytest.fixture(scope="module")
def nginx(upstream, tmp_path_factory):
    """As it is shipped."""
    with Nginx(tmp_path_factory.mktemp("nginx"), upstream.port) as running:
        yield running


@pytest.fixture(scope="module")
def small(upstream, tmp_path_factory):
    """With a limit of 2 MiB for bodies."""
    with Nginx(tmp_path_factory.mktemp("small"), upstream.port, changes=SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """With nothing behind it."""
    with Nginx(tmp_path_factory.mktemp("alone"), free_port()) as running:
        yield running


def say(port, request, *, source="127.0.0.1"):
    """Send these bytes; gives the answer's status, and its body where that is JSON."""
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)) as connection:
        connection.sendall(request)
        answer = HTTPResponse(connection)
        answer.begin()
        text = answer.read()
    return answer.status, json.loads(text) if answer.headers["Content-Type"] == "application/json" else None


def get(port, target, **where):
    return say(port, f"GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode(), **where)


def assert_worded(answer, keys, status):
    assert (answer.status_code, set(answer.json())) == (status, keys)
    assert answer.json()["code"] != 0
    assert answer.json().get("retcode", answer.json()["code"]) == answer.json()["code"]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_limit_of_bodies_is_the_servers():
    [limit] = re.findall(r"client_max_body_size (\d+)m;", SHIPPED.read_text())
    assert int(limit) == load({}).http.max_upload_mb


@pytest.mark.parametrize(
    "target",
    [
        "/v1/api/list_chunks",
        "//v1//api/list_chunks/",
        "/v1//api//document/upload/",
        "/api/v1/datasets//documents",
        "/api/v1/datasets/a%2Fb%20c/documents?name=%E4%BD%A0+x&&=",
        "/api/completion",
        "/document/get/x.pdf",
        "/document/../document/./get",
        "/docs/v1/",
        "/docs/assets/swagger-ui.css",
        "/healthz",
        "/readyz",
        "/metrics",
        "/",
        "/anything/else",
    ],
)
def test_an_address_arrives_byte_for_byte(nginx, upstream, target):
    assert get(nginx.port, target) == (200, {})
    assert upstream.asked[-1].line == f"GET {target} HTTP/1.1"


def test_metrics_are_for_this_machine_alone(nginx, upstream):
    before = len(upstream.asked)
    for target in ("/metrics", "//metrics", "/metrics/", "/%6detrics", "/x/../metrics"):
        refused = get(nginx.port, target, source="127.0.0.2")
        assert refused == (404, {"code": 404, "data": None, "message": "Not Found"})
    assert len(upstream.asked) == before


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/api/completion", "//v1//api/completion", "/v1", "/v1/v1/api/retrieval", "/v1/nothing", "/v1x"),
        *("/api/completion", "/api/list_kb_docs?x=1", "/api", "/api/versions"),
        *("/document/get/1", "/documents", "/api/v1/document/get/1", "/api/v1/documents", "/api/v1/api/retrieval"),
        *("/api/v1/dataset/1", "/api/v1/doc/1", "/api/v1/assistant", "/api/v1/session", "//api//v1//session"),
        *("/api/v1", "/api/v1/", "/api/v1/datasets", "/api/v1/sessions", "/api/v1/retrieval?x=/v1"),
        *("/", "/healthz", "/docs/v1", "/elsewhere"),
    ],
)
def test_without_a_server_the_answer_is_502_in_the_words_of_the_dialect_that_owns_the_path(alone, path):
    keys = LEGACY if canonical(path.partition("?")[0]) else V1
    status, body = get(alone.port, path)
    assert (status, set(body), body["message"]) == (502, keys, "The server is not available at the moment.")
    assert body["code"] == body.get("retcode", 502) != 0


@pytest.mark.parametrize(
    "path",
    [
        *("/api/models", "/api/chat/completions", "//api//chat", "/api/version", "/health", "/api/v1/files/", "/api/v1/knowledge/create"),
        *("/api/v1/auths/signin", "/api/v1/retrieval/query/doc", "/api/v1/chats/77cb080c-5de8-4ffb-9304-d658e44a4dfb?x=1"),
    ],
)
def test_without_a_server_open_webuis_paths_are_502_in_its_words(alone, path):
    assert get(alone.port, path) == (502, {"detail": "The server is not available at the moment."})


@doors
def test_a_refusal_has_the_headers_of_any_answer(alone, path, keys):
    answer = requests.post(alone.url + path, json={})
    assert_worded(answer, keys, 502)
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@doors
def test_a_body_over_the_limit_is_413(small, upstream, path, keys):
    before = len(upstream.asked)
    assert_worded(requests.post(small.url + path, data=b"x" * (2 * MIB + 1)), keys, 413)
    assert_worded(requests.post(small.url + path, data=iter([b"x" * MIB] * 3)), keys, 413)
    assert len(upstream.asked) == before
    assert requests.post(small.url + path, data=b"x" * 2 * MIB).status_code == 200
    assert requests.post(small.url + path, data=iter([b"x" * MIB] * 2)).status_code == 200
    assert [one.received for one in upstream.asked[before:]] == [2 * MIB] * 2


def test_an_upload_over_the_limit_that_announces_itself_is_refused_before_it_is_sent(nginx):
    head = f"POST /v1/api/document/upload HTTP/1.1\r\nHost: x\r\nContent-Length: {1024 * MIB + 1}\r\nExpect: 100-continue\r\n\r\n"
    status, body = say(nginx.port, head.encode())
    assert (status, set(body)) == (413, LEGACY)


def test_an_upload_passes_through_while_it_is_sent(nginx):
    """The server has the first half before the client sends the second, so that nothing is stored twice."""
    arrived = threading.Event()

    def half(handler):
        plain(handler)
        arrived.set()

    with Upstream(half) as upstream, Nginx(nginx.folder / "through", upstream.port) as running:

        def halves():
            yield b"x" * MIB
            wait_for(lambda: [name for name in (running.folder / "client_body").rglob("*") if name.is_file()] == [])
            assert not arrived.is_set()
            yield b"x" * MIB

        answer = requests.post(f"{running.url}/api/v1/datasets/1/documents", data=halves())
    assert (answer.status_code, upstream.asked[0].received, upstream.asked[0].headers["Transfer-Encoding"]) == (200, 2 * MIB, "chunked")


@pytest.fixture
def limited(upstream, tmp_path):
    """With room for three requests of one key, and one more each minute."""
    changes = {"zone=keys:10m rate=100r/s": "zone=keys:10m rate=1r/m", "burst=200 nodelay": "burst=2 nodelay"}
    with Nginx(tmp_path, upstream.port, changes=changes) as running:
        yield running


@doors
def test_one_key_that_asks_too_much_is_429_and_other_keys_are_not(limited, path, keys):
    def ask(key):
        return requests.get(limited.url + path, headers={"Authorization": f"Bearer {key}"})

    assert [ask("one").status_code for _ in range(3)] == [200] * 3
    refused = ask("one")
    assert_worded(refused, keys, 429)
    assert refused.json()["code"] == 101 and refused.headers["Retry-After"] == "1"
    assert ask("two").status_code == 200
    assert {requests.get(limited.url + path).status_code for _ in range(10)} == {200}


def test_an_address_that_guesses_passwords_is_429_and_may_still_ask_all_else(upstream, tmp_path):
    with Nginx(tmp_path, upstream.port, changes={"zone=logins:10m rate=1r/s": "zone=logins:10m rate=1r/m"}) as limited:
        paths = ["/v1/user/login", "//v1//user/login/", "/api/v1/auths/signin"] * 4
        statuses = [requests.post(limited.url + path, json={}).status_code for path in paths]
        assert statuses == [200] * 11 + [429]
        assert requests.post(f"{limited.url}/v1/api/retrieval", json={}).status_code == 200


@doors
def test_one_address_that_asks_too_much_is_429_and_may_still_ask_for_health(upstream, tmp_path, path, keys):
    changes = {"zone=addresses:10m rate=200r/s": "zone=addresses:10m rate=1r/m", "burst=400 nodelay": "burst=2 nodelay"}
    with Nginx(tmp_path, upstream.port, changes=changes) as limited:
        answers = [requests.get(limited.url + path, headers={"Authorization": f"Bearer {number}"}) for number in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert_worded(answers[-1], keys, 429)
        assert requests.get(f"{limited.url}/healthz").status_code == 200
        assert get(limited.port, path, source="127.0.0.2") == (200, {})


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/api/completion", {}),
        ("/v1//api/completion/", {}),
        ("/v1/api/completion_aibotk", {}),
        ("/api/v1/chats/1/completions", {}),
        ("/api/v1/chats_openai/1/chat/completions", {}),
        ("/api/chat/completions", {}),
        ("/some/other/stream", {"X_Accel_Buffering": "no"}),
    ],
)
def test_frames_leave_one_by_one(tmp_path, path, headers):
    """The server writes a frame only when the client has told the test that it has the one before."""
    received = threading.Semaphore(1)
    sent = []

    def stream(handler):
        start_stream(handler, **headers)
        for number in range(4):
            if not received.acquire(timeout=10):
                return
            sent.append(number)
            handler.wfile.write(f"data:{number}\n\n".encode())

    with Upstream(stream) as upstream, Nginx(tmp_path, upstream.port) as running:
        with requests.post(running.url + path, json={}, stream=True, timeout=20) as answer:
            frames = []
            for part in answer.iter_content(None):
                frames.append((part, len(sent)))
                received.release()
    assert frames == [(f"data:{number}\n\n".encode(), number + 1) for number in range(4)]


@doors
def test_a_server_that_is_silent_for_too_long_is_504(tmp_path, path, keys):
    with Upstream(lambda handler: time.sleep(2)) as upstream:
        with Nginx(tmp_path, upstream.port, changes={"proxy_read_timeout 3600s": "proxy_read_timeout 200ms"}) as running:
            assert_worded(requests.get(running.url + path), keys, 504)


def test_with_one_server_of_two_gone_every_request_is_answered(upstream, tmp_path):
    with Nginx(tmp_path, upstream.port, free_port()) as running:
        assert {requests.get(f"{running.url}/api/v1/datasets").status_code for _ in range(20)} == {200}


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1/%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /v1/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /v1/x HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /v1/x HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 9000 + b"\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"TRACE /v1/x HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ],
    ids=["no HTTP", "bad escape", "NUL", "no host", "long address", "long header", "two lengths", "length and chunks", "TRACE"],
)
def test_what_is_no_request_is_refused_in_json_and_goes_no_further(nginx, upstream, request_bytes, status):
    before = len(upstream.asked)
    told, body = say(nginx.port, request_bytes)
    assert (told, body["code"], body["message"]) == (status, 101, "Bad Request")
    assert len(upstream.asked) == before


def test_a_plain_request_id_is_kept_and_any_other_is_replaced(nginx, upstream, alone):
    requests.get(f"{nginx.url}/x?question=secret", headers={"X-Request-Id": "mine-1"})
    assert upstream.asked[-1].headers["X-Request-Id"] == "mine-1"
    requests.get(f"{nginx.url}/x", headers={"X-Request-Id": 'mine"\t{}'})
    made = upstream.asked[-1].headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert requests.get(f"{alone.url}/x", headers={"X-Request-Id": "mine-2"}).headers["X-Request-Id"] == "mine-2"
    lines = [json.loads(line) for line in wait_for(lambda: _logged(nginx, made)).splitlines()]
    [line] = [line for line in lines if line["request"] == "mine-1"]
    assert (line["asked"], line["status"], line["address"]) == ("GET /x", 200, "127.0.0.1")
    assert "secret" not in str(lines)


def _logged(nginx, text):
    log = (nginx.folder / "access.log").read_text()
    return log if text in log else None


def test_a_client_cannot_forge_where_it_comes_from(nginx, upstream):
    forged = {
        "X-Forwarded-For": "8.8.8.8",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Protocol": "ssl",
        "X-Forwarded-Ssl": "on",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=8.8.8.8",
        "SCRIPT_NAME": "/evil",
        "PATH_INFO": "/evil",
    }
    requests.get(f"{nginx.url}/x", headers=forged)
    headers = upstream.asked[-1].headers
    assert {name: headers[name] for name in forged} == {**dict.fromkeys(forged), "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http"}
    assert headers["Host"] == f"127.0.0.1:{nginx.port}"


@contextmanager
def stalled(port, request):
    """A client that sends this much and then nothing."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        yield connection


def test_a_client_that_stalls_is_let_go_and_takes_no_thread_of_the_server(upstream, tmp_path):
    changes = {"client_header_timeout 15s": "client_header_timeout 200ms", "client_body_timeout 60s": "client_body_timeout 200ms"}
    before = len(upstream.asked)
    with Nginx(tmp_path, upstream.port, changes=changes) as running:
        with stalled(running.port, b"GET /x HTTP/1.1\r\nHost: x\r\n") as connection:
            with pytest.raises(ConnectionResetError):
                connection.recv(100)
        with stalled(running.port, b"POST /v1/api/retrieval HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{") as connection:
            with pytest.raises(ConnectionResetError):
                connection.recv(100)
    assert len(upstream.asked) == before


def test_a_client_that_reads_slowly_takes_no_thread_of_the_server(tmp_path):
    written = threading.Event()

    def large(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(64 * MIB))
        handler.end_headers()
        for _ in range(64):
            handler.wfile.write(b"x" * MIB)
        written.set()

    with Upstream(large) as upstream, Nginx(tmp_path, upstream.port) as running:
        with stalled(running.port, b"GET /v1/document/get/1 HTTP/1.1\r\nHost: x\r\n\r\n"):
            assert written.wait(10)
