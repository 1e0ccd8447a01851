"""The commands `dovetail agent ...`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conf.rows import open_rows
from conf.sections import Settings

if TYPE_CHECKING:
    from services.access import Principal

_whose = click.option("--user", "email", required=True, help="Whose agent: an email address.")


@click.group()
def agent() -> None:
    """Agents: taken from files, listed, written to files."""


@agent.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_whose
@click.option("--update", is_flag=True, help="Give an agent that has the title already the file's canvas, as a new version.")
@click.pass_obj
def import_agents(settings: Settings, files: tuple[Path, ...], email: str, update: bool) -> None:
    """Make an agent of each of FILES: a template of RAGFlow's, a canvas, or what its editor exports. Prints their ids."""
    from models.errors import AppError
    from services import agent_templates, agents

    principal = _principal(settings, email)
    for file in files:
        try:
            new = agent_templates.agent_from(file.read_text(encoding="utf-8"), title=file.stem)
            made = agents.put(principal, new=new) if update else agents.create(principal, new=new)
        except UnicodeDecodeError:
            raise click.ClickException(f"{file}: This is no text in UTF-8.") from None
        except AppError as error:
            raise click.ClickException(f"{file}: {error.message}") from None
        click.echo(f"{made.id}  {made.title}")


@agent.command("list")
@_whose
@click.pass_obj
def list_agents(settings: Settings, email: str) -> None:
    """List a user's agents."""
    from services import agents
    from services.paging import Paging

    for row in agents.list_(_principal(settings, email), paging=Paging(page_size=100_000, desc=False)):
        click.echo(f"{row.id}  {row.title}  version {row.version}")


@agent.command("export")
@click.argument("agent_id")
@_whose
@click.option("--file", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Where to write it; else it is printed.")
@click.pass_obj
def export_agent(settings: Settings, agent_id: str, email: str, file: Path | None) -> None:
    """Write the agent AGENT_ID as a template, which `agent import` takes."""
    from services import agent_templates, agents

    text = json.dumps(agent_templates.template(agents.get(_principal(settings, email), agent_id)), ensure_ascii=False, indent=1)
    if file is None:
        click.echo(text)
    else:
        file.write_text(f"{text}\n", encoding="utf-8")


def _principal(settings: Settings, email: str) -> Principal:
    """The caller that a user's own key would be."""
    from services import users
    from services.access import Principal

    open_rows(settings)
    id = users.find(email).id
    return Principal(tenant=id, user=id)
