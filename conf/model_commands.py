"""The commands `dovetail model ...`."""

from __future__ import annotations

import click

from conf import asked
from conf.rows import open_rows
from conf.sections import Settings

_purpose = click.option("--purpose", type=click.Choice(["chat", "rerank"]), default="chat", show_default=True, help="What it does.")
_whose = click.option("--user", "email", required=True, help="Whose model: an email address.")


@click.group()
def model() -> None:
    """Chat and rerank models of a user's own, behind OpenAI-compatible endpoints."""


@model.command("add")
@click.argument("name")
@click.argument("base_url")
@_whose
@_purpose
@click.option("--path", default="", help="Its name at the endpoint, where that is another.")
@click.option("--context-tokens", type=click.IntRange(1024), default=8192, show_default=True, help="Tokens that it reads and writes together.")
@click.option("--with-key", is_flag=True, help="Ask for its API key, or read it from standard input.")
@click.option("--default", "is_default", is_flag=True, help="Let it answer for chats that name no model.")
@click.pass_obj
def add_model(settings: Settings, /, name: str, base_url: str, email: str, purpose: str, **options: object) -> None:
    """Add the model NAME, or NAME@FACTORY, whose routes are below BASE_URL, such as http://127.0.0.1:11434/v1."""
    from chat.catalogue import Model
    from services import models, users

    if not base_url.startswith(("http://", "https://")):
        raise click.UsageError("BASE_URL begins with http:// or https://.")
    open_rows(settings)
    bare, _, factory = name.rpartition("@")
    key = asked.key() if options["with_key"] else ""
    given = Model(bare or factory, factory if bare else "", base_url, str(options["path"]), key, int(str(options["context_tokens"])))
    models.add(users.find(email).id, purpose, given, default=bool(options["is_default"]))


@model.command("list")
@_whose
@click.pass_obj
def list_models(settings: Settings, email: str) -> None:
    """List a user's own models, without their keys."""
    from services import models, users

    open_rows(settings)
    for purpose, one in models.list_(users.find(email).id):
        click.echo(f"{purpose}  {one.label}  {one.base_url}  {one.path}  {one.context_tokens} tokens{'  with a key' if one.key else ''}")


@model.command("remove")
@click.argument("name")
@_whose
@_purpose
@click.pass_obj
def remove_model(settings: Settings, name: str, email: str, purpose: str) -> None:
    """Remove the model NAME, or NAME@FACTORY; chats that name it cannot answer any more."""
    from services import models, users

    open_rows(settings)
    models.remove(users.find(email).id, purpose, name)
