"""Use cases without HTTP: an opened store, two tenants, and the plain verbs of a story."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from services import access, chunks, datasets, documents, users
from services.access import Principal
from services.chunks import NewChunk
from services.datasets import NewDataset
from services.arrivals import Upload


@pytest.fixture
def owner(app):
    return _principal("owner@example.org")


@pytest.fixture
def stranger(app):
    return _principal("stranger@example.org")


def _principal(email):
    user = users.create(email=email)
    return Principal(tenant=user.id, user=user.id)


@pytest.fixture
def story(owner):
    """The verbs of a story told by the owner."""

    def dataset(name="a dataset", **fields):
        return datasets.create(owner, new=NewDataset(name=name, **fields))

    def document(dataset, name="a.txt", content=b"some text"):
        uploaded = documents.upload(owner, dataset.id, uploads=[Upload(name, io.BytesIO(content))])
        (document,) = uploaded.documents
        return document

    def chunk(document, content, **fields):
        return chunks.add(access.document(owner, document.dataset, document.id), new=NewChunk(content, **fields))

    return SimpleNamespace(dataset=dataset, document=document, chunk=chunk)
