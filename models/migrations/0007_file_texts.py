"""What files say, who brought them, and who may read and write a dataset beside its owner."""

from peewee import BooleanField, CharField, IntegerField, JSONField, Model, TextField

from models.base import SlotField


def up(migrator, db):
    class FileText(Model):
        id = SlotField()
        file = CharField(max_length=32)
        part = IntegerField()
        text = TextField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'file_text'
            indexes = ((('file', 'part'), True),)

    db.create_tables([FileText])
    migrator.migrate(
        migrator.add_column('file', 'created_by', CharField(default='', max_length=32)),
        migrator.add_column('file', 'content_type', CharField(null=True)),
        migrator.add_column('file', 'facts', JSONField(null=True)),
        migrator.add_column('file', 'text_digest', CharField(max_length=64, null=True)),
        migrator.add_column('file', 'edited', BooleanField(default=False)),
        migrator.add_column('dataset', 'shares', JSONField(null=True)),
    )
