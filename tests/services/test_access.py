"""What is within reach: one's own, one's team's, never a stranger's (RAGFlow v1 contract 2.5, decisions B12)."""

from __future__ import annotations

import pytest

from models.errors import NotFound
from services import access, datasets, users
from services.paging import Paging


@pytest.fixture
def team(story):
    """A dataset of the owner's that its team may use, and one that it may not."""
    return story.dataset("shared", permission="team"), story.dataset("private")


@pytest.fixture
def joined(team, stranger):
    users.add_member(team="owner@example.org", member="stranger@example.org")
    return stranger


def test_a_member_reads_the_team_dataset_and_no_other(team, joined):
    shared, private = team
    assert access.readable_dataset(joined, shared.id).name == "shared"
    assert [found.name for found in datasets.list_(joined, paging=Paging())] == ["shared"]
    with pytest.raises(NotFound):
        access.readable_dataset(joined, private.id)


def test_a_stranger_reads_neither(team, stranger):
    for dataset in team:
        with pytest.raises(NotFound):
            access.readable_dataset(stranger, dataset.id)
    assert datasets.list_(stranger, paging=Paging()) == []


def test_a_member_changes_the_team_dataset_but_does_not_delete_it(team, joined, owner):
    shared, _ = team
    datasets.update(joined, shared.id, changes={"description": "ours"})
    assert access.readable_dataset(owner, shared.id).description == "ours"
    with pytest.raises(NotFound):
        datasets.delete(joined, ids=[shared.id])
    assert datasets.delete(joined, ids=None) == 0
    assert access.readable_dataset(owner, shared.id)


def test_who_leaves_the_team_is_a_stranger_again(team, joined):
    shared, _ = team
    users.remove_member(team="owner@example.org", member="stranger@example.org")
    with pytest.raises(NotFound):
        access.readable_dataset(joined, shared.id)
