"""ExeSQL: reads a database by the statements that come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chat.canvas import databases, sql
from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.components.generate import ModelParams
from chat.canvas.databases import StatementFailed, Table, Target
from chat.canvas.schema import refused, required
from chat.characters import whole
from models.errors import AppError

KINDS = {"mysql": "mysql", "mariadb": "mysql", "postgresql": "postgresql", "sqlite": "sqlite"}
TYPES = tuple(KINDS)
NOTHING = "No record in the database!"
FAILED = "**Error**: "  # what canvases look for to have a statement mended


@dataclass(frozen=True, slots=True)
class ExeSQLParams(ModelParams):
    """Those of an ExeSQL; `loop` is how often it may run in one round."""

    db_type: str = "mysql"
    database: str = ""
    username: str = ""
    host: str = ""
    port: int = 0
    password: str = ""
    loop: int = 3
    top_n: int = 30


class ExeSQL(Component):
    """Its output is a table per statement, or what the database says against it, so that a canvas can mend it."""

    kind = "ExeSQL"
    schema: ClassVar[type[Params]] = ExeSQLParams
    params: ExeSQLParams

    def check(self) -> None:
        if self.params.db_type not in TYPES:
            raise refused(self.id, f"{self.id}: databases of type {self.params.db_type[:50]} are not offered. Known are {', '.join(TYPES)}.")
        required(self.params.database, "Database name", self.id)
        if self.params.db_type != "sqlite":
            required(self.params.host, "IP Address", self.id)
        if self.params.top_n < 1 or self.params.loop < 1:
            raise refused(self.id, f"{self.id}: params.top_n and params.loop should be over 0.")

    def run(self, call: Call) -> Running:
        if call.state.path[-1].count(self.id) >= self.params.loop:
            raise AppError("run.loop", f"{self.id} ran {self.params.loop} times without a result.")
        texts = [self._read(call, statement) for statement in sql.statements(call.text(), KINDS[self.params.db_type])]
        return Output(tuple(texts) or (NOTHING,))
        yield

    def _read(self, call: Call, statement: str) -> str:
        names = ("host", "port", "database", "username", "password")
        target = Target(self.params.db_type, **{name: getattr(self.params, name) for name in names})
        try:
            table = databases.read(target, statement, call.world.doors, rows=self.params.top_n, seconds=call.meter.seconds_left())
        except StatementFailed as error:
            call.meter.check()
            return whole(f"{FAILED}{error}\n{statement}")
        call.meter.check()
        return whole(_markdown(table)) if table.rows else NOTHING


def _markdown(table: Table) -> str:
    lines = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    drawn = "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)
    return f"{drawn}\n\n(and more)" if table.cut else drawn


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).replace("|", "\\|").split())
