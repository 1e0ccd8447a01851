"""Which model a name means: a tenant's own first, then the settings', then known providers with a key, then the built-in one."""

from __future__ import annotations

import pytest

from chat import catalogue
from chat.catalogue import Model
from conf.settings import SettingsError, load
from conf.settings import read_catalogue as entries_of

NONE = {"chat": Model(""), "rerank": Model("")}


@pytest.fixture
def entries():
    return entries_of(load({}))


@pytest.fixture(autouse=True)
def restored(entries):
    yield
    catalogue.load(entries, defaults=NONE, keys={})


def test_with_nothing_configured_the_built_in_model_is_the_only_and_the_default_one(entries):
    catalogue.load(entries, defaults=NONE, keys={})
    assert catalogue.default("chat").label == "extractive@Dovetail" and catalogue.default("chat").built_in
    assert catalogue.find("chat", "extractive@Dovetail") and catalogue.find("chat", "gpt-4o") is None


@pytest.mark.parametrize("name", ["qwen-plus", "qwen-plus@Tongyi-Qianwen"])
def test_a_provider_with_a_key_answers_its_models_names(entries, name):
    catalogue.load(entries, defaults=NONE, keys={"Tongyi-Qianwen": "sk-x"})
    found = catalogue.find("chat", name)
    assert (found.label, found.key, found.path) == ("qwen-plus@Tongyi-Qianwen", "sk-x", "qwen-plus")
    assert catalogue.find("chat", "qwen-plus@OpenAI") is None


def test_the_model_of_the_settings_is_the_default_and_answers_its_name_with_any_factory(entries):
    own = Model("qwen2.5:7b", "", "http://127.0.0.1:1/v1", "qwen2.5:7b")
    catalogue.load(entries, defaults={**NONE, "chat": own}, keys={})
    assert catalogue.default("chat") is own
    assert catalogue.find("chat", "qwen2.5:7b@Ollama") is own and catalogue.find("chat", "qwen2.5@Ollama") is None


def test_a_setting_may_name_a_providers_model(entries):
    catalogue.load(entries, defaults={**NONE, "chat": Model("gpt-4o@OpenAI")}, keys={"OpenAI": "sk-x"})
    assert catalogue.default("chat").label == "gpt-4o@OpenAI"
    with pytest.raises(ValueError, match="gpt-4o@OpenAI has neither"):
        catalogue.load(entries, defaults={**NONE, "chat": Model("gpt-4o@OpenAI")}, keys={})


def test_a_tenants_own_model_goes_before_one_of_the_same_name(entries):
    catalogue.load(entries, defaults=NONE, keys={"OpenAI": "sk-x"})
    own = Model("gpt-4o", "OpenAI", "http://127.0.0.1:1/v1", "mine")
    assert catalogue.find("chat", "gpt-4o", [own]) is own and catalogue.find("chat", "gpt-4o").path == "gpt-4o"


def test_an_alias_says_which_model_answers(entries, caplog):
    caplog.set_level("INFO")
    catalogue.load({**entries, "chat_aliases": {"deepseek-chat@DeepSeek": "extractive"}}, defaults=NONE, keys={})
    assert catalogue.find("chat", "deepseek-chat").built_in and "deepseek-chat@DeepSeek is answered by" in caplog.text
    with pytest.raises(ValueError, match="names nobody"):
        catalogue.load({**entries, "chat_aliases": {"x@y": "nobody"}}, defaults=NONE, keys={})


@pytest.mark.parametrize("entry", [{"factory": "x"}, {"base_url": "http://x", "colour": "red"}])
def test_an_entry_that_cannot_be_used_is_named(entries, entry):
    with pytest.raises(ValueError, match="chat: odd"):
        catalogue.load({**entries, "chat": {"odd": entry}}, defaults=NONE, keys={})


def test_a_key_is_shown_neither_by_a_model_nor_by_a_wrong_setting():
    assert "sk-x" not in repr(Model("m", key="sk-x"))
    with pytest.raises(SettingsError) as wrong:
        load({"DOVETAIL_CHAT__KEY": '["sk-x"]', "DOVETAIL_CHAT__RETRIES": "-1"})
    assert "sk-x" not in str(wrong.value)
