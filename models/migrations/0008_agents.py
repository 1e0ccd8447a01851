"""Agents, their versions, and what their sessions need beside what was said, as they stood when they were added."""

from peewee import BigIntegerField, CharField, IntegerField, JSONField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Agent(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        title = CharField()
        title_key = CharField()
        avatar = TextField(null=True)
        description = TextField(null=True)
        canvas_type = CharField(null=True)
        permission = CharField(max_length=8, default='me')
        dsl = JSONField(default=dict)
        version = IntegerField(default=1)

        class Meta:
            table_name = 'agent'
            indexes = ((('tenant', 'title_key'), False), (('tenant', 'create_time'), False))

    class AgentVersion(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        agent = CharField(max_length=32)
        number = IntegerField()
        title = CharField()
        dsl = JSONField(default=dict)

        class Meta:
            table_name = 'agent_version'
            indexes = ((('agent', 'number'), True),)

    class AgentState(Base):
        session = CharField(primary_key=True, max_length=32)
        tenant = CharField(max_length=32)
        agent = CharField(max_length=32, index=True)
        version = IntegerField()
        dsl = JSONField(default=dict)

        class Meta:
            table_name = 'agent_state'

    class AgentTrace(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        agent = CharField(max_length=32, index=True)
        session = CharField(max_length=32)
        exchange = CharField(default='')
        failure = TextField(default='')
        steps = JSONField(default=list)

        class Meta:
            table_name = 'agent_trace'
            indexes = ((('session', 'create_time'), False),)

    db.create_tables([Agent, AgentVersion, AgentState, AgentTrace])
