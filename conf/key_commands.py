"""The commands `dovetail key ...`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conf import asked
from conf.rows import open_rows
from conf.sections import Settings
from models.errors import AppError

if TYPE_CHECKING:
    from legacy.exports import OldKey


@click.group()
def key() -> None:
    """API keys."""


@key.command("create")
@click.option("--user", "email", required=True, help="Whose key: an email address.")
@click.option("--name", default="", help="What it is for.")
@click.option("--existing", is_flag=True, help="Take over the key read from standard input instead of making one.")
@click.option("--chat", default="", help="The chat that it is bound to, by id: legacy clients talk with that one.")
@click.option("--agent", default="", help="The agent that it is bound to, by id.")
@click.pass_obj
def create_key(settings: Settings, email: str, name: str, existing: bool, chat: str, agent: str) -> None:
    """Make a key and print it; unless it is bound, this is the only time that it can be seen."""
    from services import tokens, users

    _require_one_binding(chat, agent)
    open_rows(settings)
    given = asked.key() if existing else None
    click.echo(tokens.create(user_id=users.find(email).id, name=name, key=given, binding=tokens.Binding(chat, agent)))


@key.command("import")
@click.argument("keys", nargs=-1)
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The old api_token table, exported as CSV or JSON.")
@click.option("--user", "email", default="", help="Whose keys: an email address.")
@click.option("--tenant", "tenants", multiple=True, help="Whose keys those of an old tenant_id are, as ID=EMAIL; once for each.")
@click.option("--chat", default="", help="The chat that KEYS are bound to, by id.")
@click.option("--agent", default="", help="The agent that KEYS are bound to, by id.")
@click.pass_obj
def import_keys(settings: Settings, /, keys: tuple[str, ...], file: Path | None, email: str, tenants: tuple[str, ...], **ids: str) -> None:
    """Take over KEYS of an old deployment, so that scripts go on with them.

    Rows of a file are their users' by their email column, where there is one, else by --tenant; --user is for KEYS, and for
    a file of one tenant. A key that is here already is not made twice. Ends with code 1 when one could not be taken over.
    """
    from legacy import exports
    from services.tokens import Binding

    _require_one_binding(ids["chat"], ids["agent"])
    if file is None and not keys:
        raise click.UsageError("Name keys, or a file.")
    open_rows(settings)
    old = [exports.OldKey(text, Binding(**ids)) for text in keys]
    old += exports.read_keys(file) if file is not None else []
    if not all([_take_over(one, whose) for one, whose in _owned(old, email, _emails(tenants))]):
        sys.exit(1)


@key.command("list")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """List the keys of all users, by their first characters."""
    from services import tokens, users

    open_rows(settings)
    emails = {user.id: user.email for user in users.list_()}
    for row in tokens.list_():
        bound = f"  chat {row.chat}" if row.chat else f"  agent {row.agent}" if row.agent else ""
        click.echo(f"{row.id}  {row.hint}...  {emails.get(row.user, row.user)}  {row.name}{bound}{'  revoked' if row.revoked else ''}")


@key.command("revoke")
@click.argument("key_id")
@click.pass_obj
def revoke_key(settings: Settings, key_id: str) -> None:
    """Make a key worthless at once; KEY_ID is the first column of `key list`."""
    from services import tokens

    open_rows(settings)
    tokens.revoke(key_id=key_id)


def _require_one_binding(chat: str, agent: str) -> None:
    if chat and agent:
        raise click.UsageError("A key is bound to a chat or to an agent, not to both.")


def _emails(tenants: Iterable[str]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in tenants]
    if not all(id and email for id, _, email in pairs):
        raise click.UsageError("--tenant wants ID=EMAIL.")
    return {id: email for id, _, email in pairs}


def _owned(old: list[OldKey], email: str, emails: Mapping[str, str]) -> Iterable[tuple[OldKey, str]]:
    """Each key with its user's email, empty where nothing tells it: one --user cannot stand for several old tenants."""
    single = len({one.tenant for one in old if one.tenant}) <= 1
    for one in old:
        yield one, one.email or emails.get(one.tenant) or (email if single or not one.tenant else "")


def _take_over(old: OldKey, email: str) -> bool:
    """Take one key over and tell what became of it; whether it now is the user's."""
    from services import tokens, users

    shown = f"{tokens.hint(old.text)}...  {email or '?'}"
    if not email:
        click.echo(f"{shown}  left: whose it is was not said; use --tenant {old.tenant or 'ID'}=EMAIL, or --user")
        return False
    try:
        outcome = tokens.take_over(user_id=users.find(email).id, key=old.text, binding=old.binding)
    except AppError as error:
        click.echo(f"{shown}  left: {error.message}")
        return False
    bound = old.binding.chat or old.binding.agent
    click.echo(f"{shown}  {outcome}{f', for {bound}' if bound else ''}")
    return True
