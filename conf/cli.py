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

from conf.sections import Settings
from conf.settings import SettingsError, load
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


def _open_rows(settings: Settings) -> None:
    """The database alone, for commands that need no more."""
    from models.database import open_database

    settings.folder.mkdir(parents=True, exist_ok=True)
    open_database(settings.database_url)


@click.group(cls=_Group)
def cli() -> None:
    """Dovetail: one RAG store, every API your clients already speak."""


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
    from conf import logs
    from conf.rooms import open_logged
    from ingest.worker import run_forever

    logs.configure(settings.log.level)
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _open_rows(settings)
    run_forever(
        partial(open_logged, settings),
        children=settings.ingest.workers,
        document_seconds=settings.ingest.document_seconds,
        lease_seconds=settings.ingest.lease_seconds,
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
    """Bring the database's tables up to date."""
    from models import database

    _open_rows(settings)
    applied = database.migrate()
    click.echo("\n".join(applied) or "The tables are up to date.")


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
    tenant = users.find(email).id if email else None
    keys = [key for key in outbox.keys() if tenant in (None, key.tenant)]
    indexes.rebuild_all(keys)
    click.echo(f"{len(keys)} index(es) rebuilt.")


@cli.group()
def key() -> None:
    """API keys."""


@key.command("create")
@click.option("--user", "email", required=True, help="Whose key: an email address.")
@click.option("--name", default="", help="What it is for.")
@click.option("--existing", is_flag=True, help="Take over the key read from standard input instead of making one.")
@click.pass_obj
def create_key(settings: Settings, email: str, name: str, existing: bool) -> None:
    """Make a key and print it, the only time that it can be seen."""
    from services import tokens, users

    _open_rows(settings)
    given = sys.stdin.readline().strip() if existing else None
    click.echo(tokens.create(user_id=users.find(email).id, name=name, key=given))


@key.command("list")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """List the keys of all users, by their first characters."""
    from services import tokens, users

    _open_rows(settings)
    emails = {user.id: user.email for user in users.list_()}
    for row in tokens.list_():
        click.echo(f"{row.id}  {row.hint}...  {emails.get(row.user, row.user)}  {row.name}{'  revoked' if row.revoked else ''}")


@key.command("revoke")
@click.argument("key_id")
@click.pass_obj
def revoke_key(settings: Settings, key_id: str) -> None:
    """Make a key worthless at once; KEY_ID is the first column of `key list`."""
    from services import tokens

    _open_rows(settings)
    tokens.revoke(key_id=key_id)


@cli.group()
def user() -> None:
    """Users and their teams."""


@user.command("create")
@click.argument("email")
@click.option("--nickname", default="")
@click.pass_obj
def create_user(settings: Settings, email: str, nickname: str) -> None:
    """Make a user with a tenant of its own."""
    from services import users

    _open_rows(settings)
    click.echo(users.create(email=email, nickname=nickname).id)


@user.command("list")
@click.pass_obj
def list_users(settings: Settings) -> None:
    """List the users."""
    from services import users

    _open_rows(settings)
    for row in users.list_():
        click.echo(f"{row.id}  {row.email}  {row.nickname}")


@user.command("add-member")
@click.argument("team")
@click.argument("member")
@click.pass_obj
def add_member(settings: Settings, team: str, member: str) -> None:
    """Let MEMBER read and write the team datasets of TEAM, both email addresses."""
    from services import users

    _open_rows(settings)
    users.add_member(team=team, member=member)


@user.command("remove-member")
@click.argument("team")
@click.argument("member")
@click.pass_obj
def remove_member(settings: Settings, team: str, member: str) -> None:
    """End a membership."""
    from services import users

    _open_rows(settings)
    users.remove_member(team=team, member=member)


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
