"""Chats and their sessions, as they stood when they were added."""

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    DoubleField,
    IntegerField,
    JSONField,
    Model,
    TextField,
)


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Chat(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        name = CharField()
        name_key = CharField()
        avatar = TextField(default='')
        description = TextField(default='')
        language = CharField(max_length=32, default='English')
        datasets = JSONField(default=list)
        model = CharField(default='')
        generation = JSONField(default=dict)
        prompt = JSONField(default=dict)
        rerank_model = CharField(default='')
        similarity_threshold = DoubleField(default=0.2)
        vector_similarity_weight = DoubleField(default=0.3)
        top_n = IntegerField(default=6)
        top_k = IntegerField(default=1024)
        refers = BooleanField(default=True)

        class Meta:
            table_name = 'chat'
            indexes = ((('tenant', 'name_key'), False), (('tenant', 'create_time'), False))

    class Session(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        chat = CharField(max_length=32)
        kind = CharField(max_length=8, default='chat')
        name = CharField()
        caller = CharField(default='')
        messages = JSONField(default=list)
        references = JSONField(default=list)

        class Meta:
            table_name = 'session'
            indexes = ((('chat', 'kind', 'create_time'), False),)

    db.create_tables([Chat, Session])
