"""Transcripts, their folders, and what each user may do: the first one is the administrator."""

from peewee import BigIntegerField, BooleanField, CharField, JSONField, Model, TextField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class User(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        role = CharField(default='user', max_length=8)

        class Meta:
            table_name = 'user'

    class Transcript(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        user = CharField(max_length=32)
        title = TextField()
        content = JSONField(default=dict)
        sought = TextField(default='')
        archived = BooleanField(default=False)
        pinned = BooleanField(default=False)
        folder = CharField(default='', max_length=32)

        class Meta:
            table_name = 'transcript'
            indexes = ((('user', 'update_time'), False),)

    class Folder(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        user = CharField(index=True, max_length=32)
        name = CharField()

        class Meta:
            table_name = 'folder'

    db.create_tables([Transcript, Folder])
    migrator.migrate(migrator.add_column('user', 'role', CharField(default='user', max_length=8)))
    first = User.select(User.id).order_by(User.create_time, User.id).first()
    if first is not None:
        User.update(role='admin').where(User.id == first.id).execute()
