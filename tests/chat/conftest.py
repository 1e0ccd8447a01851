"""A model that does as it is told, and a store to answer from, without HTTP of our own."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from chat import llm
from chat.catalogue import Model
from chat.exchange import Setup, Text, Turn
from chat.llm import Patience
from conf.rooms import open_rooms
from conf.settings import load
from models.database import close_database, migrate
from services import access, answers, chunks, datasets, documents
from services.chunks import NewChunk
from services.datasets import NewDataset
from tests.factories import make_principal
from tests.scripted_model import ScriptedModel

TEXTS = (
    "The kettle boils two litres. Its warranty lasts three years. Do not immerse it in water.",
    "Descale the kettle every month with vinegar. Rinse it twice afterwards.",
    "The toaster has six levels. Crumbs fall into a tray that can be taken out.",
)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    """A scripted model server, and clients that give up soon."""
    with ScriptedModel() as scripted:
        llm.be_patient(Patience(connect=2.0, read=2.0, silence=0.1, retries=2))
        yield scripted
    llm.be_patient(Patience())


@pytest.fixture
def endpoint(model) -> Model:
    """The scripted model as the catalogue would name it."""
    return Model("scripted", "", model.url, "scripted-1", "sk-very-secret")


@pytest.fixture(scope="module")
def rooms(tmp_path_factory, model_folder):
    """The rooms over empty, migrated tables; one store for a module's tests, each of which is a tenant of its own."""
    folder = tmp_path_factory.mktemp("rooms")
    open_rooms(load({"DOVETAIL_DATA__FOLDER": str(folder), "DOVETAIL_EMBEDDING__FOLDER": str(model_folder)}), make=True)
    migrate()
    yield
    close_database()


class Asker:
    """A tenant with one dataset of three chunks, and how it asks."""

    def __init__(self) -> None:
        self.principal = make_principal()
        self.dataset = datasets.create(self.principal, new=NewDataset(name="appliances"))
        self.document, self.other = (self.upload(name) for name in ("kettle.txt", "toaster.txt"))
        for text, document in zip(TEXTS, (self.document, self.document, self.other), strict=True):
            self.add(document, text)

    def upload(self, name):
        """A document without chunks."""
        uploaded = documents.upload(self.principal, self.dataset.id, uploads=[documents.Upload(name, io.BytesIO(b"x"))])
        return uploaded.documents[0]

    def add(self, document, text):
        """A chunk of a document."""
        return chunks.add(access.document(self.principal, document.dataset, document.id), new=NewChunk(text))

    def begin(self, *said, given={}, quote=True, documents=(), **setup):
        """The events of the answer to the last of what was said, which begins with the user; `setup` is what the chat says."""
        turns = [turn if isinstance(turn, Turn) else Turn(("user", "assistant")[place % 2], turn) for place, turn in enumerate(said)]
        wanted = Setup(**{"datasets": (self.dataset.id,), **setup})
        return answers.answer(self.principal, wanted, turns=turns, quote=quote, documents=documents, variables=given)

    def events(self, *said, **options):
        """All events."""
        return list(self.begin(*said, **options))

    def ask(self, *said, **options):
        """The last event alone."""
        return self.events(*said, **options)[-1]

    def ask_unquoting(self, question):
        """The last event, of a chat that does not quote."""
        setup = Setup(datasets=(self.dataset.id,), quote=False)
        return list(answers.answer(self.principal, setup, turns=[Turn("user", question)]))[-1]


@pytest.fixture(scope="module")
def asker(rooms) -> Asker:
    """A tenant that asks about kettles; who changes its rows makes one of its own."""
    return Asker()


def texts(events):
    """What was shown while the answer was written."""
    return [event.whole for event in events if isinstance(event, Text)]
