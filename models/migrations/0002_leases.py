"""Leases on indexes, and rebuilds that another process can go on with."""

from peewee import BigIntegerField, CharField, Model

from models.base import SlotField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Lease(Base):
        name = CharField(primary_key=True, max_length=180)
        owner = CharField(default='', max_length=128)
        until = BigIntegerField(default=0)
        token = BigIntegerField(default=0)
        applied = BigIntegerField(default=0)
        shown = BigIntegerField(default=0)

        class Meta:
            table_name = 'lease'

    class Rebuild(Base):
        id = SlotField()
        tenant = CharField(max_length=32)
        model = CharField(max_length=128)
        target = CharField(max_length=128)
        version = BigIntegerField(default=0)
        slot = BigIntegerField(default=0)
        touched = BigIntegerField(default=0)

        class Meta:
            table_name = 'rebuild'
            indexes = ((('tenant', 'model'), True),)

    class RebuildChange(Base):
        id = SlotField()
        rebuild = BigIntegerField(index=True)
        scope = CharField(max_length=8)
        target = CharField(max_length=32)

        class Meta:
            table_name = 'rebuild_change'

    db.create_tables([Lease, Rebuild, RebuildChange])
