"""Who may read and write a knowledge beside its owner: never more than the team (contract 6; decisions B12, D6)."""

from __future__ import annotations

import io

import pytest

from api.openwebui import wording
from services import tokens, users
from tests.api.openwebui.store import FILES, KNOWLEDGE, OTHER, add, bare, found, knowledge, ok, refused, upload
from tests.factories import make_key, make_user
from tests.running import wait_for

pytestmark = pytest.mark.usefixtures("reader")


@pytest.fixture
def member(app, client):
    """A client of somebody who joined the first tenant's team; `id` is the member's."""
    user = make_user()
    owner = tokens.authenticate(client.environ_base["HTTP_AUTHORIZATION"].split()[1]).user
    address = next(row.email for row in users.list_() if row.id == owner)
    users.add_member(team=address, member=user.email)
    guest = app.test_client()
    guest.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_key(user)}"
    guest.user = user.id
    return guest


def read_by(person):
    return [row["name"] for row in ok(person.get(f"{KNOWLEDGE}/"))], [row["name"] for row in ok(person.get(f"{KNOWLEDGE}/list"))]


def grant(client, id, control):
    return ok(client.post(f"{KNOWLEDGE}/{id}/update", json={"name": "manuals", "description": "", "access_control": control}))


def named(*people, right):
    return {right: {"group_ids": [], "user_ids": list(people)}}


def test_null_is_for_the_team_to_read_and_an_empty_object_for_the_owner_alone(client, member, stranger):
    own = knowledge(client, access_control=None)
    ok(add(client, own, upload(client)))
    assert read_by(member) == (["manuals"], []) and read_by(client) == (["manuals"], ["manuals"])
    assert read_by(stranger) == ([], [])
    assert "kettle" in found(member, own)[0] and found(stranger, own) == []
    refused(add(member, own, upload(member, OTHER)), 400, wording.ACCESS_PROHIBITED)
    refused(member.delete(f"{KNOWLEDGE}/{own}/delete"), 400, wording.ACCESS_PROHIBITED)
    refused(add(stranger, own, upload(stranger, OTHER)), 400, wording.NOT_FOUND)
    assert grant(client, own, {})["access_control"] == {}
    assert read_by(member) == ([], []) and found(member, own) == []
    refused(member.get(f"{KNOWLEDGE}/{own}"), 401, wording.NOT_FOUND)


def test_who_is_named_may_read_or_write(client, member, stranger):
    own = knowledge(client, access_control=named(member.user, right="read"))
    assert ok(client.get(f"{KNOWLEDGE}/{own}"))["access_control"] == named(member.user, right="read")
    assert read_by(member) == (["manuals"], [])
    grant(client, own, named(member.user, right="write"))
    assert read_by(member) == (["manuals"], ["manuals"])
    file = upload(member, OTHER)
    added = ok(add(member, own, file))
    assert added["files"][0]["id"] == file and "Cranes" in found(client, own, "birds")[0]
    assert ok(member.get(f"{FILES}/{file}"))["meta"]["collection_name"] == own
    refused(client.get(f"{FILES}/{file}"), 404, wording.NOT_FOUND)  # a file is its owner's
    assert member.post(f"{KNOWLEDGE}/{own}/update", json={"name": "renamed", "description": "", "access_control": None}).status_code == 200
    shown = ok(client.get(f"{KNOWLEDGE}/{own}"))
    assert (shown["name"], shown["access_control"]) == ("renamed", named(member.user, right="write"))  # the owner alone says who may
    ok(client.post(f"{KNOWLEDGE}/{own}/reset"))
    wait_for(lambda: found(member, f"file-{file}", "birds"))  # read anew, for its owner's index
    assert "Cranes" in found(member, f"file-{file}", "birds")[0] and found(client, f"file-{file}", "birds") == []


def test_naming_a_stranger_lets_nobody_in(client, stranger):
    other = tokens.authenticate(stranger.environ_base["HTTP_AUTHORIZATION"].split()[1]).user
    own = knowledge(client, access_control={**named(other, right="read"), **named(other, right="write")})
    ok(add(client, own, upload(client)))
    assert read_by(stranger) == ([], []) and found(stranger, own) == []
    refused(stranger.get(f"{KNOWLEDGE}/{own}"), 401, wording.NOT_FOUND)


def test_what_ragflow_gives_the_team_is_the_teams_here_too(client, member):
    """Decisions B12, D6: members read and write it, and do not delete it."""
    dataset = client.post("/api/v1/datasets", json={"name": "manuals", "permission": "team"}).json["data"]["id"]
    assert read_by(member) == (["manuals"], ["manuals"])
    ok(add(member, dataset, upload(member, OTHER)))
    refused(member.delete(f"{KNOWLEDGE}/{dataset}/delete"), 400, wording.ACCESS_PROHIBITED)
    assert grant(client, dataset, None)["access_control"] is None
    assert read_by(member) == (["manuals"], ["manuals"])  # null takes nothing away
    grant(client, dataset, {})
    assert read_by(member) == ([], []) and member.get("/api/v1/datasets").json["data"] == []


def test_what_the_team_may_only_read_is_not_written_through_ragflow(client, member):
    """Decisions D6: there a dataset that is within reach may be written."""
    own = bare(knowledge(client, access_control=None))
    assert read_by(member) == (["manuals"], []) and member.get("/api/v1/datasets").json["data"] == []
    sent = member.post(f"/api/v1/datasets/{own}/documents", data={"file": (io.BytesIO(b"x"), "a.txt")})
    assert sent.json["code"] != 0 and client.get(f"/api/v1/datasets/{own}/documents").json["data"]["total"] == 0
    assert client.put(f"/api/v1/datasets/{own}", json={"permission": "team"}).json["code"] == 0
    assert read_by(member) == (["manuals"], ["manuals"])


@pytest.mark.parametrize("control", [{"read": 1}, {"read": {"user_ids": "x"}}, {"read": [1]}, {"write": {"user_ids": [1, None]}}, {"more": "x"}])
def test_nonsense_lets_nobody_in_and_is_told_as_it_was_sent(client, member, control):
    own = knowledge(client, access_control=control)
    assert ok(client.get(f"{KNOWLEDGE}/{own}"))["access_control"] == control
    assert read_by(member) == ([], [])
