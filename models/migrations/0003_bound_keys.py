"""Keys that are bound to a chat or an agent, and keys that can be shown again."""

from peewee import CharField, TextField


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('api_key', 'chat', CharField(default='')),
        migrator.add_column('api_key', 'agent', CharField(default='')),
        migrator.add_column('api_key', 'sealed', TextField(null=True)),
    )
