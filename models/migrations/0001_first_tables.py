"""The first tables, as they stood when they were made; later changes are scripts of their own."""

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    DoubleField,
    IntegerField,
    JSONField,
    Model,
    TextField,
)

from models.base import SlotField


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class ApiKey(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(index=True, max_length=32)
        user = CharField(max_length=32)
        name = CharField(default='')
        digest = CharField(unique=True, max_length=64)
        hint = CharField(max_length=16)
        revoked = BooleanField(default=False)

        class Meta:
            table_name = 'api_key'

    class Chunk(Base):
        slot = SlotField()
        id = CharField(max_length=64)
        tenant = CharField(max_length=32)
        dataset = CharField(index=True, max_length=32)
        document = CharField(max_length=32)
        content = TextField()
        important_keywords = JSONField(default=list)
        questions = JSONField(default=list)
        available = BooleanField(default=True)
        positions = JSONField(default=list)
        page = IntegerField(null=True)
        top = IntegerField(default=0)
        image_id = CharField(default='')
        image_kind = CharField(max_length=16, default='')
        titled = BooleanField(default=True)
        token_count = IntegerField(default=0)
        create_time = DoubleField()
        vector = BlobField()

        class Meta:
            table_name = 'chunk'
            indexes = ((('document', 'id'), True), (('id',), False), (('document', 'page', 'top'), False))

    class Dataset(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        created_by = CharField(max_length=32)
        name = CharField()
        name_key = CharField()
        avatar = TextField(null=True)
        description = TextField(null=True)
        language = CharField(max_length=32, default='English')
        embedding_model = CharField()
        model = CharField(max_length=128)
        permission = CharField(max_length=8, default='me')
        chunk_method = CharField(max_length=32, default='naive')
        parser_config = JSONField(default=dict)
        document_count = IntegerField(default=0)
        chunk_count = IntegerField(default=0)
        token_count = BigIntegerField(default=0)
        similarity_threshold = DoubleField(default=0.2)
        vector_similarity_weight = DoubleField(default=0.3)
        pagerank = IntegerField(default=0)
        hidden = BooleanField(default=False)

        class Meta:
            table_name = 'dataset'
            indexes = ((('tenant', 'name_key'), False),)

    class Document(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        dataset = CharField(max_length=32)
        file = CharField(index=True, max_length=32)
        created_by = CharField(max_length=32)
        name = CharField()
        name_key = CharField()
        location = CharField()
        kind = CharField(max_length=8)
        size = BigIntegerField()
        source_type = CharField(max_length=16, default='local')
        thumbnail = CharField(default='')
        chunk_method = CharField(max_length=32)
        parser_config = JSONField(default=dict)
        meta_fields = JSONField(default=dict)
        enabled = BooleanField(default=True)
        run = CharField(max_length=8, default='unstart')
        progress = DoubleField(default=0.0)
        progress_msg = TextField(default='')
        process_begin_at = BigIntegerField(null=True)
        process_duration = DoubleField(default=0.0)
        chunk_count = IntegerField(default=0)
        token_count = BigIntegerField(default=0)

        class Meta:
            table_name = 'document'
            indexes = ((('dataset', 'create_time'), False), (('dataset', 'name_key'), False))

    class File(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(index=True, max_length=32)
        name = CharField()
        blob = CharField()
        size = BigIntegerField()
        digest = CharField(max_length=64)

        class Meta:
            table_name = 'file'

    class Job(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        dataset = CharField(index=True, max_length=32)
        document = CharField(index=True, max_length=32)
        kind = CharField(max_length=16)
        state = CharField(max_length=12, default='queued')
        priority = IntegerField(default=0)
        attempt = IntegerField(default=0)
        lease_owner = CharField(max_length=128, default='')
        lease_until = BigIntegerField(default=0)

        class Meta:
            table_name = 'job'
            indexes = ((('state', 'priority', 'create_time'), False),)

    class Membership(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        user = CharField(index=True, max_length=32)

        class Meta:
            table_name = 'membership'
            indexes = ((('tenant', 'user'), True),)

    class ModelSetting(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        tenant = CharField(max_length=32)
        purpose = CharField(max_length=16)
        name = CharField()

        class Meta:
            table_name = 'model_setting'
            indexes = ((('tenant', 'purpose'), True),)

    class Outbox(Base):
        id = SlotField()
        tenant = CharField(max_length=32)
        model = CharField(max_length=128)
        scope = CharField(max_length=8)
        target = CharField(max_length=32)

        class Meta:
            table_name = 'outbox'
            indexes = ((('tenant', 'model'), False),)

    class Tenant(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        name = CharField(default='')

        class Meta:
            table_name = 'tenant'

    class User(Base):
        id = CharField(primary_key=True, max_length=32)
        create_time = BigIntegerField()
        update_time = BigIntegerField()
        email = CharField(unique=True)
        nickname = CharField(default='')
        password_hash = CharField(null=True)

        class Meta:
            table_name = 'user'

    db.create_tables([ApiKey, Chunk, Dataset, Document, File, Job, Membership, ModelSetting, Outbox, Tenant, User])
