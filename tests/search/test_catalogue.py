"""Names of embedding models: RAGFlow v1 contract 2.8, decisions B8."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.errors import InvalidInput
from search import catalogue

SHIPPED: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "conf" / "models.yaml").read_text(encoding="utf-8"))
OWN: dict[str, Any] = {
    "models": {
        "small": {"source": "onnx", "factory": "Maker"},
        "odd@name": {"source": "onnx", "factory": "Maker"},
        "far": {"source": "remote", "factory": "Cloud", "base_url": "http://127.0.0.1:9/v1"},
        "near": {"source": "remote", "factory": "House", "base_url": "http://127.0.0.1:9/v1", "needs_key": False},
    },
    "aliases": {"org/big@Maker": "small"},
}


@pytest.fixture
def shipped() -> None:
    catalogue.load(SHIPPED)


@pytest.fixture
def own() -> None:
    catalogue.load(OWN)


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    "name",
    [
        "all-MiniLM-L6-v2",
        "BAAI/bge-large-zh-v1.5",
        "BAAI/bge-large-zh-v1.5@BAAI",
        "BAAI/bge-zh-v1.5",
        "BAAI/bge-small-en-v1.5@BAAI",
        "maidalun1020/bce-embedding-base_v1@Youdao",
    ],
)
def test_what_the_old_clients_send_is_answered_by_the_local_model(name: str) -> None:
    assert catalogue.resolve(name) == "all-MiniLM-L6-v2"
    assert catalogue.is_known(name)


@pytest.mark.usefixtures("shipped")
def test_a_catalogued_model_without_a_key_is_unauthorised_and_not_unknown() -> None:
    for name in ("text-embedding-3-small@OpenAI", "text-embedding-3-small", "embedding-3@ZHIPU-AI"):
        with pytest.raises(InvalidInput) as caught:
            catalogue.resolve(name)
        assert caught.value.condition == "model.unauthorized"
        assert caught.value.details["model"] == name
        assert catalogue.is_known(name)


def test_a_key_of_its_factory_authorises_a_model() -> None:
    catalogue.load(OWN, keys={"Cloud": "secret"})
    assert catalogue.resolve("far@Cloud") == "far"
    assert catalogue.model("far").key == "secret"
    assert "secret" not in repr(catalogue.model("far"))


@pytest.mark.usefixtures("own")
def test_a_local_endpoint_needs_no_key() -> None:
    assert catalogue.resolve("near@House") == "near"


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["", "@", "unknown", "small@Cloud", "small@Nobody", "@Maker", "small@", "SMALL", "org/big@maker", "x" * 300])
def test_any_other_name_is_unsupported(name: str) -> None:
    assert not catalogue.is_known(name)
    with pytest.raises(InvalidInput) as caught:
        catalogue.resolve(name)
    assert caught.value.condition == "model.unsupported"
    assert caught.value.details["model"] == name


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("small", ("small", "")),
        ("small@Maker", ("small", "Maker")),
        ("small@Stranger", ("small@Stranger", "")),
        ("odd@name", ("odd@name", "")),
        ("odd@name@Maker", ("odd@name", "Maker")),
        ("a@b@Stranger", ("a@b", "Stranger")),
    ],
)
def test_a_name_is_split_before_a_known_factory_or_at_the_last_of_several(name: str, parts: tuple[str, str]) -> None:
    assert catalogue.split(name) == parts


@pytest.mark.usefixtures("own")
def test_names_of_one_model_are_the_same() -> None:
    assert catalogue.same("small", "small@Maker")
    assert catalogue.same("small", "org/big@Maker")
    assert not catalogue.same("small", "far")
    assert catalogue.same("gone", "gone")
    assert not catalogue.same("gone", "small")


def test_a_stand_in_is_told_once_and_listed(caplog: pytest.LogCaptureFixture) -> None:
    catalogue.load(OWN)
    with caplog.at_level(logging.INFO, logger="search.catalogue"):
        for _ in range(3):
            catalogue.resolve("org/big@Maker")
    assert [record.getMessage() for record in caplog.records] == ["The embedding model org/big@Maker is answered by small (conf/models.yaml)."]
    assert list(catalogue.stand_ins()) == [("org/big@Maker", "small")]


@pytest.mark.usefixtures("own")
def test_a_model_that_left_the_catalogue_is_unsupported() -> None:
    with pytest.raises(InvalidInput) as caught:
        catalogue.model("gone")
    assert caught.value.condition == "model.unsupported"


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ({"models": {"m": {"source": "magic"}}}, "m has source magic"),
        ({"models": {"m": {"source": "onnx", "sauce": 1}}}, "m has sauce"),
        ({"models": {"m": {"source": "remote"}}}, "m is remote and has no base_url"),
        ({"models": {"m": {"source": "onnx"}}, "aliases": {"a@b": "n"}}, "alias a@b names n"),
    ],
)
def test_a_wrong_entry_is_named(entries: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        catalogue.load(entries)
