"""The table of answers fits the routes that use it."""

from __future__ import annotations

import string

from flask import Flask

import api
from api.v1.answers import ANSWERS


def test_every_row_belongs_to_a_route():
    app = Flask("bare")
    api.register(app)
    routes = {rule.endpoint.rpartition(".")[2] for rule in app.url_map.iter_rules() if rule.endpoint.startswith("v1.")}
    assert {route for route, _ in ANSWERS} - {"*"} <= routes


def test_only_authentication_may_answer_an_error_with_code_0():
    """Contract 1.3."""
    zero = {condition for (_, condition), pair in ANSWERS.items() for answer in pair if answer.code == 0}
    assert zero == {"key.missing", "key.malformed"}


def test_sentences_name_only_what_errors_carry():
    known = "agent_id asked caller choices current count dataset_id done field id ids index key keys least "
    known += "limit message model most name quoted session_id size tenant title type value version_id"
    named = {part[1] for pair in ANSWERS.values() for answer in pair for part in string.Formatter().parse(answer.sentence) if part[1]}
    assert named <= set(known.split())


def test_the_seeds_profile_shows_no_python():
    """Decisions A2."""
    signs = ("Error(", "NoneType", "<NotFound", "'{type}'")
    assert not [key for key, (seed, _) in ANSWERS.items() if any(sign in seed.sentence for sign in signs)]
