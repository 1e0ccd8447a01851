"""What finds a chunk beside its content, a table row's values, and what a model wrote of other chunks.

All may be null: a table of many chunks gains such columns at once.
"""

from peewee import CharField, JSONField, TextField


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('chunk', 'indexed', TextField(null=True)),
        migrator.add_column('chunk', 'tags', JSONField(null=True)),
        migrator.add_column('chunk', 'fields', JSONField(null=True)),
        migrator.add_column('chunk', 'kind', CharField(max_length=8, null=True)),
    )
