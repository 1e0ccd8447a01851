"""Chat and rerank models of a tenant's own."""

from peewee import BigIntegerField, CharField, IntegerField, Model


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class TenantModel(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        purpose = CharField(max_length=16)
        name = CharField(max_length=128)
        factory = CharField(default='', max_length=64)
        base_url = CharField()
        path = CharField()
        key = CharField(default='', max_length=1024)
        context_tokens = IntegerField(default=8192)

        class Meta:
            table_name = 'tenant_model'
            indexes = ((('tenant', 'purpose', 'name', 'factory'), True),)

    db.create_tables([TenantModel])
