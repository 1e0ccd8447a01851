"""The server: claims its data folder, makes ready what a first start lacks, runs gunicorn and the ingest worker."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import click

from conf.sections import Settings
from conf.settings import SettingsError
from models.database import FolderInUse, close_database, lock_folder, migrate
from services import tokens, users

GUNICORN_CONF = Path(__file__).parent / "gunicorn.conf.py"
APP = Path(__file__).parents[1] / "app.py"
FIRST_USER = "admin@localhost"
_STOP_SECONDS = 15.0
_RESTART_SECONDS = 1.0

_lock: IO[str] | None = None


def claim(settings: Settings) -> None:
    """Claim the data folder for this process and those it forks. Raises SettingsError when another server has it."""
    global _lock
    try:
        _lock = _lock or lock_folder(settings.folder)
    except FolderInUse as error:
        raise SettingsError(str(error)) from None


def prepare(settings: Settings) -> None:
    """Make ready what is missing: model, tables, first tenant and key. Quick when nothing is."""
    from conf import default_model
    from conf.rooms import open_rooms

    default_model.prepare(settings.model_folder)
    open_rooms(settings, make=True)
    default_model.require(settings)
    migrate()
    if not users.list_():
        write_first_key(settings.key_file)
    close_database()  # a connection must not cross a fork


def write_first_key(path: Path) -> None:
    """Make the first user and its API key, which only the owner of the data folder can read."""
    user = users.create(email=FIRST_USER, nickname="admin", role=users.ADMIN)
    key = tokens.create(user_id=user.id, name="first")
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
    click.echo(f"API key: {key}")


def run(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C; the ingest worker starts and ends with the server."""
    from gunicorn.app.wsgiapp import WSGIApplication

    sidecar = Sidecar()

    class Server(WSGIApplication):
        def load_config(self) -> None:
            super().load_config()
            forget = self.cfg.on_exit

            def ready(server: object) -> None:
                click.echo(f"Dovetail answers at http://{settings.address}; the first API key is in {settings.key_file}")
                sidecar.start()

            def end(server: object) -> None:
                sidecar.stop()
                forget(server)

            self.cfg.set("when_ready", ready)
            self.cfg.set("on_exit", end)

    sys.argv = ["dovetail", "--config", str(GUNICORN_CONF), "app:wsgi()"]
    Server("%(prog)s [OPTIONS] [APP_MODULE]").run()


class Sidecar:
    """The ingest worker beside the web server, started again whenever it ends by itself."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the worker and watch it, from gunicorn's master; once in a process."""
        # A web process forked in the middle of Popen would keep its pipe open, and Popen would wait for that process to end.
        os.register_at_fork(before=self._starting.acquire, after_in_parent=self._starting.release, after_in_child=self._starting.release)
        threading.Thread(target=self._watch, name="sidecar", daemon=True).start()

    def stop(self) -> None:
        """Ask the worker to hand back its jobs and end; kill it when it does not."""
        with self._starting:
            self._stopping.set()
        process = self.process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()

    def _watch(self) -> None:
        while (process := self._started()) is not None:
            process.wait()
            self._stopping.wait(_RESTART_SECONDS)

    def _started(self) -> subprocess.Popen[bytes] | None:
        command = [sys.executable, str(APP), "worker", "--parent", str(os.getpid())]
        with self._starting:
            if self._stopping.is_set():
                return None
            # A process group of its own: Ctrl-C reaches the server alone, which then ends the worker in order.
            self.process = subprocess.Popen(command, process_group=0)
        return self.process
