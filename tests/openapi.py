"""What is asked of every dialect's OpenAPI document and of its page."""

from __future__ import annotations

import re


def operations(app, document):
    """Path, method and tag of each operation that the document at an address describes."""
    paths = app.test_client().get(document).json["paths"]
    return [(path, method, methods[method]["tags"][0]) for path, methods in paths.items() for method in methods if method != "parameters"]


def served(app, blueprint):
    """Path and method of each route that a dialect serves, spelled as in its document."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(f"{blueprint}.")]
    return {(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)), method.lower()) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}}


def assert_asks_no_other_host(client, address):
    """Assert that a page is there, and that all it loads comes from this server; returns the addresses."""
    page = client.get(address)
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href|url)[=:]\s*"([^"]+)"', page.text)
    assert len(addresses) == 4
    for address in addresses:
        assert address.startswith("/docs/")
        assert client.get(address).status_code == 200
    return addresses
