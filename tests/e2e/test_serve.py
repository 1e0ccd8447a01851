"""`dovetail serve`, which `make serve` ends in: one server per folder, orderly ends, quick starts, little memory."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
import requests

from tests.running import ROOT, wait_for

pytestmark = pytest.mark.e2e


def _whole(server):
    """The processes, once master, two web processes and the ingest worker are all there."""
    family = server.family()
    return family if len(family) >= 4 else None


def test_the_first_start_makes_a_key_that_only_the_owner_can_read(start_server):
    server = start_server()
    file = server.folder / "api-key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert server.folder.stat().st_mode & 0o777 == 0o700
    assert f"API key: {server.key}" in server.log.read_text()
    assert requests.get(f"{server.url}/api/v1/datasets", headers=server.headers).json() == {"code": 0, "data": []}


def test_a_second_start_keeps_the_key(start_server):
    """How quick it is, `make bench` measures."""
    first = start_server()
    first.stop()
    second = start_server()
    assert first.log == second.log and first.log.read_text().count("API key: ") == 1
    assert requests.get(f"{second.url}/api/v1/datasets", headers=second.headers).json()["code"] == 0


def test_a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on(start_server):
    first = start_server()
    refused = first.command("serve")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert f"{first.folder} is in use by another Dovetail server (process {first.process.pid})" in refused.stderr
    assert first.answers()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_web_processes_and_worker(start_server, sign):
    server = start_server()
    family = wait_for(lambda: _whole(server))
    assert server.stop(sign) in (0, -sign)
    assert psutil.wait_procs(family, timeout=5)[1] == []


def test_no_process_outlives_a_killed_server_and_the_folder_is_free_again(start_server):
    server = start_server()
    family = wait_for(lambda: _whole(server))
    server.stop(signal.SIGKILL)
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert start_server().answers()


def test_a_worker_that_dies_is_started_again(start_server):
    server = start_server()
    first = server.worker()
    first.kill()
    wait_for(lambda: server.worker().pid != first.pid)


def test_idle_the_processes_share_250_mb(start_server):
    server = start_server()
    wait_for(lambda: _whole(server))
    for _ in range(20):
        requests.get(f"{server.url}/readyz")
    time.sleep(2)
    shares = {" ".join(one.cmdline()[1:])[-40:] + f" {one.pid}": one.memory_full_info().pss >> 20 for one in server.family()}
    assert sum(shares.values()) <= 250, shares


def test_alive_and_ready_are_told_without_a_key(server):
    assert requests.get(f"{server.url}/healthz").json() == {"status": "ok"}
    ready = requests.get(f"{server.url}/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "checks": dict.fromkeys(["database", "index", "blobs", "queue", "model"], "ok")}


def test_metrics_add_up_over_the_web_processes(start_server):
    server = start_server()
    for _ in range(60):  # a new connection each, so that both processes answer some
        requests.get(f"{server.url}/api/v1/datasets", headers={**server.headers, "Connection": "close"})
    scrapes = [requests.get(f"{server.url}/metrics", headers={"Connection": "close"}).text for _ in range(4)]
    counted = r'dovetail_http_requests_total\{method="GET",route="/api/v1/datasets",status="200"\} (\d+)'
    assert [float(re.search(counted, text)[1]) for text in scrapes] == [60.0] * 4
    assert 'dovetail_jobs{state="queued"} 0' in scrapes[0]
    assert server.key not in scrapes[0] and not re.search(r"[0-9a-f]{32}", scrapes[0])


def test_every_log_line_is_json_and_requests_have_id_and_tenant_but_no_content(start_server):
    server = start_server()
    headers = {**server.headers, "X-Request-Id": "mine-1"}
    answer = requests.get(f"{server.url}/api/v1/datasets", headers=headers, params={"name": "top secret"})
    assert answer.headers["X-Request-Id"] == "mine-1"
    server.stop()
    text = server.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line.get("request") == "mine-1" and line["event"] == "request"]
    assert line["route"] == "/api/v1/datasets" and re.fullmatch("[0-9a-f]{32}", line["tenant"])
    assert "top secret" not in text
    assert text.count(server.key) == 1  # printed by the first start, and never logged
    assert [one for one in text.splitlines() if not one.startswith(("{", "API key:", "Dovetail answers"))] == []


def test_the_docs_page_asks_nothing_of_other_hosts(server):
    page = requests.get(f"{server.url}/docs/v1")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses and all(address.startswith("/") for address in addresses)
    assert all(requests.get(server.url + address).ok for address in addresses)


def test_every_answer_forbids_sniffing(server):
    for path in ("/healthz", "/api/v1/datasets", "/nowhere", "/docs/v1"):
        assert requests.get(server.url + path).headers["X-Content-Type-Options"] == "nosniff"


def test_a_body_over_the_limit_is_413_and_two_hundred_files_in_one_request_are_not(start_server):
    server = start_server(DOVETAIL_HTTP__MAX_BODY_MB="1", DOVETAIL_HTTP__MAX_UPLOAD_MB="4")
    large = {"name": "x" * (2 << 20)}
    assert requests.post(f"{server.url}/api/v1/datasets", json=large, headers=server.headers).status_code == 413
    dataset = requests.post(f"{server.url}/api/v1/datasets", json={"name": "many"}, headers=server.headers).json()["data"]["id"]
    documents = f"{server.url}/api/v1/datasets/{dataset}/documents"
    assert requests.post(documents, files={"file": ("large.txt", b"x" * (5 << 20))}, headers=server.headers).status_code == 413
    files = [("file", (f"{number}.txt", b"x" * 2048)) for number in range(200)]
    assert len(requests.post(documents, files=files, headers=server.headers).json()["data"]) == 200


def test_commands_manage_users_and_keys_beside_a_running_server(server):
    assert server.command("user", "create", "ada@example.org").returncode == 0
    again = server.command("user", "create", "ada@example.org")
    assert again.returncode == 1 and again.stderr == "Error: Email: ada@example.org has already registered!\n"
    key = server.command("key", "create", "--user", "ada@example.org", "--name", "laptop").stdout.strip()
    asked = {"Authorization": f"Bearer {key}"}
    assert requests.get(f"{server.url}/api/v1/datasets", headers=asked).json()["code"] == 0
    listed = server.command("key", "list").stdout
    [line] = [line for line in listed.splitlines() if "laptop" in line]
    assert key not in listed
    assert server.command("key", "revoke", line.split()[0]).returncode == 0
    assert requests.get(f"{server.url}/api/v1/datasets", headers=asked).json()["code"] == 109


def test_doctor_finds_a_server_well(server):
    found = server.command("doctor")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "BAAI/bge-large-zh-v1.5@BAAI is answered by all-MiniLM-L6-v2" in found.stdout


def test_commands_without_tables_say_what_to_do(tmp_path):
    (tmp_path / "dovetail.db").touch()
    line = [sys.executable, "-m", "app", "key", "list"]
    run = subprocess.run(line, cwd=ROOT, env={"DOVETAIL_DATA__FOLDER": str(tmp_path)}, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith("Error: The database cannot be used") and "dovetail migrate" in run.stderr
