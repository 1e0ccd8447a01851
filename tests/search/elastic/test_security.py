"""A cluster with security on: certificates of an authority of its own, names and passwords, and no more rights than are needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.errors import Unavailable
from search.elastic.cluster import Cluster
from search.elastic.options import Options
from search.index import Changes, Filter, IndexKey, Query
from tests import elastic
from tests.search.elastic.conftest import SPACE, entry
from tests.search.elastic.test_connection import Scripted, scripted

__all__ = ["scripted"]

PASSWORD = "a-secret-of-tests"
ROLE = {"dovetail": {"cluster": ["monitor"], "indices": [{"names": ["secure-*"], "privileges": ["manage", "read", "write"]}]}}
SETTINGS = (
    "xpack.security.enabled: true",
    "xpack.security.http.ssl.enabled: true",
    "xpack.security.http.ssl.key: key.pem",
    "xpack.security.http.ssl.certificate: certificate.pem",
    "cluster.routing.allocation.disk.threshold_enabled: false",
)


class Secure(elastic.Elasticsearch):
    """A node that wants TLS and a password; `authority` is the file of its certificates' authority."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.url = self.url.replace("http:", "https:")
        self.authority = folder / "authority.pem"

    def _add_to(self, home: Path) -> None:
        config = self.folder / "config"
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority", "-keyout", "authority.key",
                 "-out", self.authority, folder=self.folder)  # fmt: skip
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=tests", "-keyout", config / "key.pem", "-out", "request", folder=self.folder)
        (self.folder / "extension").write_text("subjectAltName=IP:127.0.0.1")
        _openssl("x509", "-req", "-in", "request", "-CA", self.authority, "-CAkey", "authority.key", "-CAcreateserial", "-days", "2",
                 "-extfile", "extension", "-out", config / "certificate.pem", folder=self.folder)  # fmt: skip
        (config / "roles.yml").write_text(json.dumps(ROLE))
        self.hand_over()
        environment = {**os.environ, "HOME": str(self.folder), "ES_PATH_CONF": str(config), "ES_JAVA_HOME": elastic.java()}
        users = [home / "bin" / "elasticsearch-users", "useradd", "dovetail", "-p", PASSWORD, "-r", "dovetail"]
        subprocess.run(users, env=environment, check=True, capture_output=True, **elastic.as_other())

    def _answers(self) -> bool:
        try:
            open_cluster(self, password=PASSWORD).wait(0, lambda reason: None)
        except Unavailable:
            return False
        return True


def _openssl(*words: str | Path, folder: Path) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def open_cluster(node: Secure, **options: Any) -> Cluster:
    """The node as one with these options sees it."""
    given = {"ca_file": str(node.authority), "username": "dovetail", **options}
    return Cluster(Options([node.url], prefix="secure", retries=0, timeout_seconds=20, **given))


@pytest.fixture(scope="module")
def node() -> Iterator[Secure]:
    """A node with security on."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing, which makes the certificates")
    try:
        with elastic.kept(Secure, *SETTINGS) as started:
            yield started
    except elastic.Missing as missing:
        pytest.skip(str(missing))


def test_an_index_is_made_filled_replaced_and_dropped_with_the_rights_that_the_manual_names(node: Secure) -> None:
    index = open_cluster(node, password=PASSWORD).index(IndexKey("owner", "model"), lambda: SPACE)
    index.apply(Changes(entries=[entry(1)]))
    fresh = index.begin()
    fresh.apply(Changes(entries=[entry(2)]), version=2)
    index.replace_by(fresh)
    assert index.search(Query(["apple"], Filter())).slots.tolist() == [2] and index.verify()
    index.drop()
    assert index.count() == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"password": "wrong"}, "unable to authenticate"),
        ({"username": ""}, "missing authentication"),
        ({"password": PASSWORD, "ca_file": ""}, "CERTIFICATE_VERIFY_FAILED"),
        ({"api_key": "bm90OmtleQ=="}, "unable to authenticate"),
    ],
    ids=["a wrong password", "no password", "an unknown authority", "a wrong API key"],
)
def test_a_refusal_is_told_with_its_reason(node: Secure, options: dict[str, str], reason: str) -> None:
    said: list[str] = []
    with pytest.raises(Unavailable):
        open_cluster(node, **options).wait(0, said.append)
    assert reason in said[0] and PASSWORD not in said[0]


def test_an_api_key_goes_before_a_password(scripted: Scripted) -> None:
    """By a scripted server: the distribution that tests run cannot make API keys."""
    scripted.answer = lambda lines: (200, {"count": 1})
    options = Options([scripted.url], api_key="a2V5", username="dovetail", password=PASSWORD)
    assert Cluster(options).index(IndexKey("owner", "model"), lambda: SPACE).count() == 1
    assert scripted.authorizations == ["ApiKey a2V5"]
    assert "a2V5" not in repr(options) and PASSWORD not in repr(options)
