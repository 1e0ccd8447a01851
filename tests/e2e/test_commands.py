"""Commands tell in one line what an operator can mend, and make nothing where they have no business."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import requests

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
