"""What every test may ask for: settings in a folder of its own, the application, clients with keys, a real server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from conf.sections import Settings
from conf.settings import load
from models.database import close_database, migrate, open_database
from search.elastic.options import Options
from tests import behind, elastic, engines
from tests.factories import make_key
from tests.nginx import Nginx
from tests.running import Server

ROOT = Path(__file__).parents[1]
PROFILES = ("seed", "v0.19")
# A test marked with this runs once per profile (decisions A1); it may ask for `profile` to know which.
both_profiles = pytest.mark.parametrize("profile", PROFILES, indirect=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the way to the server that the clients take, and the engine."""
    parser.addoption(behind.OPTION, action="store_true", dest="behind", help="run what speaks through a client against gunicorn behind nginx")
    parser.addoption("--engine", choices=engines.ENGINES, default=engines.ENGINES[0], help="what keeps the indexes of tests that do not say it")
    parser.addoption("--write-golden", action="store_true", help="write anew what real files are expected to give; to be read before it is kept")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run behind nginx."""
    if config.option.behind:
        config.hook.pytest_deselected(items=[item for item in items if not behind.fits(item)])
        items[:] = filter(behind.fits, items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI set, what a test needs has to be there: a skipped test has failed. Elsewhere the summary says what was missing."""
    report = yield
    if report.skipped and "CI" in os.environ and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not accept: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real files and collections beside the repository, which a user's clone does not have."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing: real documents and collections, kept beside the repository where it is developed")
    return folder


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """The prepared embedding models, shared by all tests and by `make test`."""
    folder = ROOT / ".tools" / "models"
    subprocess.run([sys.executable, "-m", "search.embedding.prepare", "--folder", str(folder)], check=True, cwd=ROOT, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[str]:
    """The URL of an Elasticsearch for all tests: the one that ES_URL names, or one of our own."""
    if named := os.environ.get("ES_URL"):
        yield named
        return
    try:
        with elastic.running() as node:
            yield node.url
    except elastic.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """A connection to anywhere but this machine is a fault of the product or of the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a test tried to reach {host}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture
def profile(request: pytest.FixtureRequest) -> str:
    """The compat profile; `both_profiles` runs a test in each."""
    return str(getattr(request, "param", "seed"))


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """What keeps the indexes; `both_engines` (tests/engines.py) runs a test on each."""
    return str(getattr(request, "param", request.config.option.engine))


@pytest.fixture
def cluster(request: pytest.FixtureRequest, engine: str) -> Iterator[Options | None]:
    """Where the test's indexes are in the cluster; None with the embedded engine."""
    if engine == "embedded":
        yield None
        return
    with engines.indexes_of_its_own(request.getfixturevalue("elasticsearch")) as options:
        yield options


@pytest.fixture
def environment() -> dict[str, str]:
    """Settings of this test as environment variables; a module may override the fixture."""
    return {}


@pytest.fixture
def settings(tmp_path: Path, model_folder: Path, profile: str, cluster: Options | None, environment: dict[str, str]) -> Settings:
    """Settings with a data folder of their own."""
    return load(
        {
            "DOVETAIL_DATA__FOLDER": str(tmp_path / "data"),
            "DOVETAIL_EMBEDDING__FOLDER": str(model_folder),
            "DOVETAIL_COMPAT__PROFILE": profile,
            **engines.environment(cluster),
            **environment,
        }
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with empty tables, to be copied: making the tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "dovetail.db"
    open_database(f"sqlite:///{path}")
    migrate()
    close_database()
    return path


@pytest.fixture
def app(request: pytest.FixtureRequest, settings: Settings, migrated: Path) -> Iterator[Flask]:
    """The application over empty, migrated tables; everything runs in this process but the ingest worker."""
    if request.config.option.behind:
        yield request.getfixturevalue("deployed").app
    else:
        if not settings.database.url:
            settings.folder.mkdir()
            shutil.copy(migrated, settings.folder)
        built = create_app(settings)
        migrate()
        yield built
    close_database()


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[behind.Deployment]:
    """gunicorn behind nginx, with `--behind-nginx` alone."""
    with behind.Deployment(tmp_path_factory.mktemp("deployed"), model_folder) as running:
        yield running


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that sends the first tenant's key."""
    return _client(app, make_key())


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A client of another tenant."""
    return _client(app, make_key())


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """A client without a key."""
    return app.test_client()


def _client(app: Flask, key: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[Server]:
    """One running `dovetail serve`, web processes and ingest worker, for all tests that do not disturb it."""
    folder = tmp_path_factory.mktemp("server")
    with Server(folder / "data", model_folder) as running, ExitStack() as before:
        if request.config.option.behind:
            running.url = before.enter_context(Nginx(folder / "nginx", running.port)).url
        yield running


@pytest.fixture
def new_key(server: Server) -> Callable[[], str]:
    """Make a user of its own on the shared server; returns its API key."""
    return server.new_key


@pytest.fixture
def start_server(tmp_path: Path, model_folder: Path, cluster: Options | None) -> Iterator[Callable[..., Server]]:
    """Start servers of the test's own, on one folder unless it says otherwise: start_server(DOVETAIL_COMPAT__PROFILE="v0.19")."""
    started: list[Server] = []

    def start(folder: Path = tmp_path / "data", **environment: str) -> Server:
        started.append(Server(folder, model_folder, {**engines.environment(cluster), **environment}).start())
        return started[-1]

    yield start
    for running in started:
        running.stop()
