"""The command line `dovetail`; what a command needs is imported when it runs, so that the small ones are quick."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import click
from peewee import PeeweeException

from conf.agent_commands import agent
from conf.key_commands import key
from conf.model_commands import model
from conf.sections import Settings
from conf.settings import SettingsError, load
from conf.user_commands import user
from models.errors import AppError


@contextmanager
def _told() -> Iterator[None]:
    """What an operator can mend is said in one line; a start that cannot be ends with code 2."""
    try:
        yield
    except SettingsError as error:
        click.echo(f"dovetail: {error}", err=True)
        sys.exit(2)
    except AppError as error:
        raise click.ClickException(error.message) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.") from None
    except PeeweeException as error:
        reason = str(error).rstrip(".")
        raise click.ClickException(f"The database cannot be used: {reason}. If its tables are missing, `dovetail migrate` makes them.") from None


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        with _told():
            ctx.obj = load()
            return super().invoke(ctx)


@click.group(cls=_Group)
def cli() -> None:
    """Dovetail: one RAG store, every API your clients already speak."""


cli.add_command(agent)
cli.add_command(key)
cli.add_command(model)
cli.add_command(user)


@cli.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Run the web server and the ingest worker until Ctrl-C."""
    from conf import serving

    serving.claim(settings)
    serving.prepare(settings)
    serving.run(settings)


@cli.command()
@click.option("--parent", type=int, hidden=True, help="End when this process is no longer the parent.")
@click.pass_obj
def worker(settings: Settings, parent: int | None) -> None:
    """Parse documents until SIGTERM; `serve` starts one of its own, other machines may start more."""
    from conf import default_model, logs
    from conf.rooms import open_catalogue, open_logged
    from conf.rows import open_rows
    from ingest.worker import Limits, run_forever

    logs.configure(settings.log.level)
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    open_rows(settings)
    open_catalogue(settings)
    default_model.require(settings)
    run_forever(
        partial(open_logged, settings),
        limits=Limits(
            children=settings.ingest.workers,
            document_seconds=settings.ingest.document_seconds,
            document_bytes=settings.ingest.document_mb << 20,
            lease_seconds=settings.ingest.lease_seconds,
        ),
        scratch=settings.folder / "scratch",
    )


def _end_with(parent: int) -> None:
    """A server ended by kill -9 cannot stop its worker; the worker sees it within a second."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


@cli.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database's tables up to date, and prepare the default embedding model."""
    from conf import default_model
    from conf.rows import open_rows
    from models import database

    open_rows(settings, make=True)
    applied = database.migrate()
    click.echo("\n".join(applied) or "The tables are up to date.")
    default_model.prepare(settings.model_folder)


@cli.command()
@click.option("--user", "email", help="Only the indexes of this user's tenant.")
@click.pass_obj
def reindex(settings: Settings, email: str | None) -> None:
    """Make the indexes anew from the rows; a running server goes on answering."""
    from conf import indexes
    from conf.rooms import open_rooms
    from search import outbox
    from services import users

    open_rooms(settings)
    if reason := indexes.misdirection():
        raise SettingsError(reason)
    indexes.await_engine(settings)
    tenant = users.find(email).id if email else None
    keys = [key for key in outbox.keys() if tenant in (None, key.tenant)]
    indexes.rebuild_all(keys)
    click.echo(f"{len(keys)} index(es) rebuilt.")


@cli.command()
@click.option("--recount", is_flag=True, help="Set the counters of datasets and documents to what is stored.")
@click.pass_obj
def doctor(settings: Settings, recount: bool) -> None:
    """Check everything that requests need, and say what to do where something is amiss."""
    from conf import doctor as examination
    from models import counters

    if not examination.examine(settings):
        sys.exit(1)
    if recount:
        click.echo(f"{counters.recount()} row(s) had wrong counters.")
