"""The tables of agents, of what they were before, and of what their sessions need beside what was said; part of models.tables."""

from __future__ import annotations

from peewee import CharField, IntegerField, JSONField, TextField

from models.base import Row, TimedRow, new_id


class Agent(TimedRow):
    """A canvas under a title: components, and how they are joined."""

    id = CharField(max_length=32, primary_key=True, default=new_id)
    tenant = CharField(max_length=32)
    title = CharField()
    title_key = CharField()  # casefolded
    avatar = TextField(null=True)
    description = TextField(null=True)
    canvas_type = CharField(null=True)
    permission = CharField(max_length=8, default="me")  # stored and shown, nothing more
    dsl = JSONField(default=dict)
    version = IntegerField(default=1)  # of the canvas; the next change has the next one

    class Meta:
        indexes = ((("tenant", "title_key"), False), (("tenant", "create_time"), False))


class AgentVersion(TimedRow):
    """A canvas as it was once saved; the newest is the agent's own."""

    id = CharField(max_length=32, primary_key=True, default=new_id)
    tenant = CharField(max_length=32)
    agent = CharField(max_length=32)
    number = IntegerField()
    title = CharField()
    dsl = JSONField(default=dict)

    class Meta:
        indexes = ((("agent", "number"), True),)


class AgentState(Row):
    """How far the canvas of a session has come: its private copy."""

    session = CharField(max_length=32, primary_key=True)
    tenant = CharField(max_length=32)
    agent = CharField(max_length=32, index=True)
    version = IntegerField()  # of the agent that it is a copy of
    dsl = JSONField(default=dict)


class AgentTrace(TimedRow):
    """What each component did in one run of a session."""

    id = CharField(max_length=32, primary_key=True, default=new_id)
    tenant = CharField(max_length=32)
    agent = CharField(max_length=32, index=True)
    session = CharField(max_length=32)
    exchange = CharField(default="")  # the id of question and answer; empty for the run that opened the session
    failure = TextField(default="")  # why the run failed; empty: it did not
    steps = JSONField(default=list)

    class Meta:
        indexes = ((("session", "create_time"), False),)


TABLES = (Agent, AgentVersion, AgentState, AgentTrace)
