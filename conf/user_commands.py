"""The commands `dovetail user ...`."""

from __future__ import annotations

import sys

import click

from conf.rows import open_rows
from conf.sections import Settings


@click.group()
def user() -> None:
    """Users and their teams."""


@user.command("create")
@click.argument("email")
@click.option("--nickname", default="")
@click.option("--password", "logs_in", is_flag=True, help="Ask for a password, or read it from standard input, so that the user can log in.")
@click.pass_obj
def create_user(settings: Settings, email: str, nickname: str, logs_in: bool) -> None:
    """Make a user with a tenant of its own."""
    from services import users

    open_rows(settings)
    click.echo(users.create(email=email, nickname=nickname, password=_asked_password() if logs_in else None).id)


@user.command("set-password")
@click.argument("email")
@click.pass_obj
def set_password(settings: Settings, email: str) -> None:
    """Ask for a password, or read it from standard input, and let the user log in with it alone."""
    from services import users

    open_rows(settings)
    users.set_password(email=users.find(email).email, password=_asked_password())


@user.command("set-role")
@click.argument("email")
@click.argument("role", type=click.Choice(["admin", "user", "pending"]))
@click.pass_obj
def set_role(settings: Settings, email: str, role: str) -> None:
    """Let the user do what the role may; who is pending may sign in to wait, and nothing more, with a key or a password."""
    from services import users

    open_rows(settings)
    users.set_role(email=email, role=role)


@user.command("list")
@click.pass_obj
def list_users(settings: Settings) -> None:
    """List the users."""
    from services import users

    open_rows(settings)
    for row in users.list_():
        click.echo(f"{row.id}  {row.email}  {row.role}  {row.nickname}")


@user.command("add-member")
@click.argument("team")
@click.argument("member")
@click.pass_obj
def add_member(settings: Settings, team: str, member: str) -> None:
    """Let MEMBER read and write the team datasets of TEAM, both email addresses."""
    from services import users

    open_rows(settings)
    users.add_member(team=team, member=member)


@user.command("remove-member")
@click.argument("team")
@click.argument("member")
@click.pass_obj
def remove_member(settings: Settings, team: str, member: str) -> None:
    """End a membership."""
    from services import users

    open_rows(settings)
    users.remove_member(team=team, member=member)


def _asked_password() -> str:
    """What a person types twice, unseen, or the first line of a pipe."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.UsageError("Standard input holds no password.")
    return password
