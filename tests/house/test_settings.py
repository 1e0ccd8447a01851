"""Settings: all documented, all checked, and a start that stops with one clear line."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
import yaml

from conf.sections import Settings
from conf.settings import DEFAULTS, SettingsError, load
from tests.house.source import ROOT


def test_every_setting_has_a_default_and_a_comment():
    lines = DEFAULTS.read_text().splitlines()
    documented = yaml.safe_load("\n".join(lines))
    assert {section: sorted(keys) for section, keys in documented.items()} == _declared()
    assert not [line for line in lines if line.startswith("  ") and "  # " not in line]


def _declared() -> dict[str, list[str]]:
    settings = load({})
    return {part.name: sorted(field.name for field in dataclasses.fields(getattr(settings, part.name))) for part in dataclasses.fields(Settings)}


def test_a_file_goes_before_the_defaults_and_the_environment_before_the_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("http: {port: 1000, threads: 3}\n")
    settings = load({"DOVETAIL_CONFIG": str(file), "DOVETAIL_HTTP__PORT": "2000"})
    assert (settings.http.port, settings.http.threads, settings.http.workers) == (2000, 3, 2)


def test_environment_values_are_json_where_they_are_json_and_text_where_text_is_due():
    settings = load({"DOVETAIL_DELETES__ALLOW_ALL": "false", "DOVETAIL_DATA__FOLDER": "2024", "DOVETAIL_EMBEDDING__KEYS": '{"OpenAI": "x"}'})
    assert settings.deletes.allow_all is False
    assert settings.folder.name == "2024"
    assert settings.embedding.keys == {"OpenAI": "x"}


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("DOVETAIL_HTTP__PORT", "99999", ["http.port", "99999", "a whole number from 1 to 65535"]),
        ("DOVETAIL_HTTP__PORT", "1.5", ["http.port", "1.5", "a whole number"]),
        ("DOVETAIL_HTTP__PORT", "null", ["http.port", "None", "a whole number"]),
        ("DOVETAIL_HTTP__PROT", "1", ["http.prot", "DOVETAIL_HTTP__PROT", "a setting named in conf/default.yaml"]),
        ("DOVETAIL_HTP__PORT", "1", ["htp.port", "a setting named in conf/default.yaml"]),
        ("DOVETAIL_PORT", "1", ["DOVETAIL_PORT", "DOVETAIL_SECTION__KEY"]),
        ("DOVETAIL_COMPAT__PROFILE", "v1", ["compat.profile", "'v1'", "one of seed, v0.19"]),
        ("DOVETAIL_DELETES__ALLOW_ALL", "perhaps", ["deletes.allow_all", "perhaps", "true or false"]),
        ("DOVETAIL_DATABASE__URL", "oracle://x", ["database.url", "oracle://x", "sqlite://"]),
        ("DOVETAIL_CONFIG", "/nowhere.yaml", ["DOVETAIL_CONFIG", "/nowhere.yaml", "YAML"]),
    ],
)
def test_a_wrong_setting_is_told_with_its_name_its_value_and_what_was_expected(variable, value, told):
    with pytest.raises(SettingsError) as error:
        load({variable: value})
    assert [part for part in told if part not in str(error.value)] == []


def test_a_password_or_key_is_not_told():
    with pytest.raises(SettingsError) as error:
        load({"DOVETAIL_DATABASE__URL": "oracle://me:secret@host/x"})
    assert "secret" not in str(error.value)
    with pytest.raises(SettingsError) as error:
        load({"DOVETAIL_EMBEDDING__KEYS": '["hidden"]'})
    assert "hidden" not in str(error.value)
    assert "hidden" not in repr(load({"DOVETAIL_EMBEDDING__KEYS": '{"OpenAI": "hidden"}'}))


def test_a_wrong_setting_stops_the_start_in_one_line():
    run = subprocess.run([sys.executable, "-m", "app", "serve"], cwd=ROOT, env={"DOVETAIL_HTTP__PORT": "-1"}, capture_output=True, text=True)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1 and "http.port: -1" in run.stderr
