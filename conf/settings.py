"""Settings: the only reader of YAML and of DOVETAIL_ environment variables.

conf/default.yaml < the file named by DOVETAIL_CONFIG < DOVETAIL_SECTION__KEY.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError

from conf.accepted import Root
from conf.sections import Settings

DEFAULTS = Path(__file__).parent / "default.yaml"
PREFIX = "DOVETAIL_"
CONFIG = "DOVETAIL_CONFIG"
SECRETS = ("api_key", "key", "key_password", "keys", "password", "rerank_key", "secret")  # settings whose value is never told

Layers = dict[str, dict[str, Any]]


class SettingsError(Exception):
    """A setting that cannot be used; the text names it, its value and what was expected."""


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force; raises SettingsError on the first that cannot be used."""
    layers = _read(DEFAULTS)
    origin: dict[str, str] = {}
    if name := environment.get(CONFIG):
        _overlay(layers, _read(Path(name)), name, origin)
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable != CONFIG:
            section, separator, key = variable.removeprefix(PREFIX).lower().partition("__")
            if not separator:
                raise SettingsError(f"{variable}: {environment[variable]!r} sets nothing; expected {PREFIX}SECTION__KEY.")
            default = layers.get(section, {}).get(key)
            _overlay(layers, {section: {key: _value(environment[variable], default)}}, variable, origin)
    try:
        settings: Settings = Root().load(layers)
    except ValidationError as error:
        raise SettingsError(_sentence(error.messages_dict, layers, origin)) from None
    return settings


def without_password(text: str) -> str:
    """The text with the user and password of its URLs replaced."""
    return re.sub(r"://[^@/]*@", "://***@", text)


def read_catalogue(settings: Settings) -> dict[str, Any]:
    """The embedding models and aliases, as search.catalogue.load takes them. Raises SettingsError."""
    return _read(settings.catalogue_file, "embedding.catalogue")


def _read(path: Path, name: str = CONFIG) -> Layers:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{name}: {str(path)!r} cannot be read; expected a YAML file ({' '.join(str(error).split())}).") from None
    if not isinstance(content, dict) or not all(isinstance(part, dict) for part in content.values()):
        raise SettingsError(f"{name}: {str(path)!r} cannot be used; expected sections with keys, as in the file of that kind in conf/.")
    return content


def _overlay(layers: Layers, upper: Layers, source: str, origin: dict[str, str]) -> None:
    for section, values in upper.items():
        layers.setdefault(section, {}).update(values)
        origin.update({f"{section}.{key}": source for key in values})


def _value(text: str, default: Any) -> Any:
    """JSON where it is JSON; a setting whose default is text stays text, so that a folder may be called 2024."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(default, str) and not isinstance(value, str) else value


def _sentence(problems: dict[str, Any], layers: Layers, origin: dict[str, str]) -> str:
    section, problem = next(iter(problems.items()))
    key, texts = next(iter(problem.items() if isinstance(problem, dict) else [(next(iter(layers[section]), ""), problem)]))
    name, value = f"{section}.{key}", layers[section].get(key)
    expected = "a setting named in conf/default.yaml" if texts == ["Unknown field."] else texts[0]
    source = f" (from {origin[name]})" if name in origin else ""
    shown = "(a secret)" if key in SECRETS else without_password(repr(value))
    return f"{name}: {shown} cannot be used{source}; expected {expected}."
