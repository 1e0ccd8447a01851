"""Commands tell in one line what an operator can mend, and make nothing where they have no business."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import requests

from models.database import close_database, open_database
from models.tables import Lease
from tests.running import ROOT, Server

pytestmark = pytest.mark.e2e

GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "conf/gunicorn.conf.py", "app:wsgi()")


@pytest.fixture
def dovetail(tmp_path, model_folder, migrated):
    """A server that was not started, whose folder holds empty tables."""
    (tmp_path / "data").mkdir()
    shutil.copy(migrated, tmp_path / "data")
    return Server(tmp_path / "data", model_folder)


def test_without_its_model_neither_gunicorn_nor_a_worker_starts(dovetail):
    dovetail.environment["DOVETAIL_EMBEDDING__FOLDER"] = str(dovetail.folder / "models")
    for line in (GUNICORN, (sys.executable, "-m", "app", "worker")):
        run = subprocess.run(line, cwd=ROOT, env=dovetail.environment, capture_output=True, text=True, timeout=60)
        assert run.returncode != 0 and "Traceback" not in run.stderr
        [told] = [line for line in run.stderr.splitlines() if line.startswith("dovetail: ")]
        assert "all-MiniLM-L6-v2 is not prepared" in told and "`dovetail migrate`" in told


def test_with_another_engine_than_the_server_has_nothing_is_made_anew(dovetail):
    open_database(f"sqlite:///{dovetail.folder / 'dovetail.db'}")
    Lease.create(name="engine", owner="elasticsearch dovetail")
    close_database()
    told = "search.engine: these settings say 'embedded', the database says 'elasticsearch dovetail'; use the settings of the server"
    refused = dovetail.command("reindex")
    assert refused.returncode == 2 and refused.stderr.startswith(f"dovetail: {told}") and len(refused.stderr.splitlines()) == 1
    examined = dovetail.command("doctor")
    assert examined.returncode == 1 and f"WRONG  engine: {told}" in examined.stdout


def test_the_doctor_says_why_and_what_to_do(dovetail, tmp_path):
    (tmp_path / "data" / "dovetail.db").write_bytes(b"")
    (tmp_path / "bare").mkdir()
    dovetail.environment["DOVETAIL_EMBEDDING__FOLDER"] = str(tmp_path / "bare")
    lines = {line.split()[1].rstrip(":"): line for line in dovetail.command("doctor").stdout.splitlines()}
    for name in ("database", "queue"):
        assert lines[name].startswith("WRONG") and "no such table" in lines[name] and "`dovetail migrate` makes missing tables" in lines[name]
    assert lines["model"].startswith("WRONG") and "is not prepared" in lines["model"] and "`dovetail migrate`" in lines["model"]
    assert lines["index"].startswith("ok")


def test_a_database_without_its_driver_is_told_with_the_package(dovetail):
    dovetail.environment["DOVETAIL_DATABASE__URL"] = "mysql://kim:hunter2@127.0.0.1/rows"
    told = dovetail.command("user", "list")
    assert told.returncode == 2 and len(told.stderr.splitlines()) == 1
    assert told.stderr.startswith("dovetail: database.url: 'mysql://***@127.0.0.1/rows'") and "pymysql" in told.stderr


@pytest.mark.parametrize("words", ["user list", "doctor", "worker"])
def test_in_a_wrong_folder_a_command_says_where_it_looked_and_makes_nothing(tmp_path, model_folder, words):
    wrong = Server(tmp_path / "wrong", model_folder)
    told = wrong.command(*words.split())
    assert told.returncode == 2 and len(told.stderr.splitlines()) == 1
    assert str(wrong.folder / "dovetail.db") in told.stderr and "DOVETAIL_DATA__FOLDER" in told.stderr
    assert not wrong.folder.exists()


def test_the_doctor_tells_no_password(dovetail):
    dovetail.environment["DOVETAIL_DATABASE__URL"] = "postgresql://kim:hunter2@127.0.0.1:1/rows"
    examined = dovetail.command("doctor")
    [line] = [line for line in examined.stdout.splitlines() if line.startswith("WRONG  database")]
    assert "127.0.0.1" in line and "see to database.url" in line
    assert examined.returncode == 1 and "hunter2" not in examined.stdout + examined.stderr and "Traceback" not in examined.stderr


def test_migrate_prepares_the_model_too(dovetail, tmp_path):
    (tmp_path / "file").touch()
    dovetail.environment["DOVETAIL_EMBEDDING__FOLDER"] = str(tmp_path / "file" / "models")  # where nothing can be prepared, which is quick
    told = dovetail.command("migrate")
    assert told.returncode == 2 and "the model all-MiniLM-L6-v2 could not be prepared" in told.stderr.splitlines()[-1]


def test_a_model_that_was_lost_is_told_as_not_ready(dovetail, tmp_path, model_folder):
    link = tmp_path / "models"
    link.symlink_to(model_folder)
    dovetail.environment["DOVETAIL_EMBEDDING__FOLDER"] = str(link)
    try:
        dovetail.start(*GUNICORN)
        assert requests.get(f"{dovetail.url}/readyz").status_code == 200
        link.unlink()
        lost = requests.get(f"{dovetail.url}/readyz")
        assert (lost.status_code, lost.json()["checks"]["model"]) == (503, "unavailable")
    finally:
        dovetail.stop()
