"""The tables, declarations only. `tenant` on a row is the id of the tenant that owns it.

Ids are 32 hex digits (models.base.new_id); times are milliseconds since the epoch, UTC, unless a comment says otherwise.
References are plain id columns, not foreign keys: every lookup is by (tenant, id) and every cascade is written out in services.
"""

from __future__ import annotations

from peewee import BigIntegerField, BlobField, BooleanField, CharField, DoubleField, IntegerField, JSONField, TextField

from models import agent_tables
from models.base import Row, SlotField, TimedRow, new_id
from models.file_tables import File as File
from models.file_tables import FileText as FileText
from models.model_tables import TenantModel
from models.transcript_tables import Folder, Transcript


class Id(CharField):
    """A column of 32 hex digits."""

    def __init__(self, **options: object) -> None:
        super().__init__(max_length=32, **options)


class User(TimedRow):
    """A person; owns the tenant of the same id."""

    id = Id(primary_key=True, default=new_id)
    email = CharField(unique=True)
    nickname = CharField(default="")
    password_hash = CharField(null=True)
    role = CharField(max_length=8, default="user")  # admin | user | pending


class Tenant(TimedRow):
    """The account that owns datasets; its id is its owner's user id."""

    id = Id(primary_key=True)
    name = CharField(default="")


class Membership(TimedRow):
    """A user who joined another user's tenant (decisions B12)."""

    id = Id(primary_key=True, default=new_id)
    tenant = Id()
    user = Id(index=True)

    class Meta:
        indexes = ((("tenant", "user"), True),)


class ApiKey(TimedRow):
    """An API key, found by the SHA-256 of its text; only one that a client may ask for again keeps its text, sealed."""

    id = Id(primary_key=True, default=new_id)
    tenant = Id(index=True)
    user = Id()
    name = CharField(default="")
    digest = CharField(max_length=64, unique=True)
    hint = CharField(max_length=16)  # its first characters, to tell keys apart in a list
    revoked = BooleanField(default=False)
    chat = CharField(default="")  # what it is bound to: an id as the client gave it, of a chat that need not exist,
    agent = CharField(default="")  # or of an agent
    sealed = TextField(null=True)  # its text (services.seals), while it may be shown again


class ModelSetting(TimedRow):
    """A model a tenant uses by default for one purpose; conf gives the default where there is no row."""

    id = Id(primary_key=True, default=new_id)
    tenant = Id()
    purpose = CharField(max_length=16)  # embedding | chat | rerank
    name = CharField()

    class Meta:
        indexes = ((("tenant", "purpose"), True),)


class Dataset(TimedRow):
    """A set of documents that share an embedding model."""

    id = Id(primary_key=True, default=new_id)
    tenant = Id()
    created_by = Id()
    name = CharField()
    name_key = CharField()  # casefolded, for comparison; not unique (decisions A5)
    avatar = TextField(null=True)
    description = TextField(null=True)
    language = CharField(max_length=32, default="English")
    embedding_model = CharField()  # as the client sent it (decisions B8)
    model = CharField(max_length=128)  # what that name meant then: its vectors stay of this model, whatever the name means later
    permission = CharField(max_length=8, default="me")  # me | team
    chunk_method = CharField(max_length=32, default="naive")
    parser_config = JSONField(default=dict)
    document_count = IntegerField(default=0)
    chunk_count = IntegerField(default=0)
    token_count = BigIntegerField(default=0)
    similarity_threshold = DoubleField(default=0.2)
    vector_similarity_weight = DoubleField(default=0.3)
    pagerank = IntegerField(default=0)
    hidden = BooleanField(default=False)  # holds its owner's unplaced files (decisions A4)
    shares = JSONField(null=True)  # members who may read and write beside its owner, named one by one, or "team": all may read

    class Meta:
        indexes = ((("tenant", "name_key"), False),)


class Document(TimedRow):
    """The placement of a file in one dataset; the first placement carries the file's id."""

    id = Id(primary_key=True, default=new_id)
    tenant = Id()
    dataset = Id()
    file = Id(index=True)
    created_by = Id()
    name = CharField()
    name_key = CharField()  # casefolded
    location = CharField()
    kind = CharField(max_length=8)  # pdf | doc | visual | aural | other
    size = BigIntegerField()
    source_type = CharField(max_length=16, default="local")
    thumbnail = CharField(default="")
    chunk_method = CharField(max_length=32)
    parser_config = JSONField(default=dict)
    meta_fields = JSONField(default=dict)
    enabled = BooleanField(default=True)
    run = CharField(max_length=8, default="unstart")  # unstart | running | cancel | done | fail
    progress = DoubleField(default=0.0)  # 0..1, -1 on failure
    progress_msg = TextField(default="")
    process_begin_at = BigIntegerField(null=True)
    process_duration = DoubleField(default=0.0)  # seconds
    chunk_count = IntegerField(default=0)
    token_count = BigIntegerField(default=0)

    class Meta:
        indexes = ((("dataset", "create_time"), False), (("dataset", "name_key"), False))


class Chunk(Row):
    """A passage, the truth from which every index is made.

    A changed chunk is a new row with a new slot under the same id, so what an index holds of a slot never changes.
    """

    slot = SlotField()
    id = CharField(max_length=64)  # xxh64 of content + document id, 16 hex digits, when it was made
    tenant = Id()
    dataset = Id(index=True)
    document = Id()
    content = TextField()
    indexed = TextField(null=True)  # the text whose words and vector find it, where that is not the content
    important_keywords = JSONField(default=list)
    questions = JSONField(default=list)
    tags = JSONField(null=True)  # [tag, ...]
    fields = JSONField(null=True)  # a table row's values by field name (contract 7.3, table)
    kind = CharField(max_length=8, null=True)  # summary | entity | relation, when a model wrote it of other chunks
    available = BooleanField(default=True)
    positions = JSONField(default=list)  # [[page from 1, left, right, top, bottom], ...]
    page = IntegerField(null=True)  # of the first position; null sorts last
    top = IntegerField(default=0)  # of the first position
    image_id = CharField(default="")
    image_kind = CharField(max_length=16, default="")  # "" or image
    titled = BooleanField(default=True)  # whether words of the document's name find it (contract 3.12)
    token_count = IntegerField(default=0)
    create_time = DoubleField()  # seconds since the epoch
    vector = BlobField()  # float16 [dim], unit length

    class Meta:
        indexes = ((("document", "id"), True), (("id",), False), (("document", "page", "top"), False))


class Outbox(Row):
    """Changes that an index still has to apply: a set, whose entries go when they are in the index."""

    id = SlotField()
    tenant = Id()
    model = CharField(max_length=128)  # with tenant, names the index
    scope = CharField(max_length=8)  # slot | document | dataset
    target = CharField(max_length=32)  # a slot number, or an id

    class Meta:
        indexes = ((("tenant", "model"), False),)


class Lease(Row):
    """The right to bring one index further, for one process at a time over all machines (models.leases)."""

    name = CharField(max_length=180, primary_key=True)
    owner = CharField(max_length=128, default="")
    until = BigIntegerField(default=0)  # 0 when nobody holds it
    token = BigIntegerField(default=0)  # of the last holder; every holder's is larger than the one before
    applied = BigIntegerField(default=0)  # token of the last holder that changed the index
    shown = BigIntegerField(default=0)  # searches see what the holders up to this token changed


class Rebuild(Row):
    """An index being made anew beside the one that serves; there while it lasts, so that another process can go on with it."""

    id = SlotField()
    tenant = Id()
    model = CharField(max_length=128)  # with tenant, names the index
    target = CharField(max_length=128)  # what is being filled, as the engine calls it
    version = BigIntegerField(default=0)  # token under which it is filled
    slot = BigIntegerField(default=0)  # the rows up to this one are in it
    touched = BigIntegerField(default=0)

    class Meta:
        indexes = ((("tenant", "model"), True),)


class RebuildChange(Row):
    """A change that a rebuild under way may have read too early; as in Outbox."""

    id = SlotField()
    rebuild = BigIntegerField(index=True)
    scope = CharField(max_length=8)
    target = CharField(max_length=32)


class Job(TimedRow):
    """Work for an ingest worker: queue and truth at once (models.jobs)."""

    id = Id(primary_key=True, default=new_id)
    tenant = Id()
    dataset = Id(index=True)
    document = Id(index=True)
    kind = CharField(max_length=16)  # parse | thumbnail
    state = CharField(max_length=12, default="queued")  # queued | running; the row goes when its work ends
    priority = IntegerField(default=0)  # higher first
    attempt = IntegerField(default=0)
    lease_owner = CharField(max_length=128, default="")
    lease_until = BigIntegerField(default=0)

    class Meta:
        indexes = ((("state", "priority", "create_time"), False),)


class Chat(TimedRow):
    """An assistant: which datasets it answers from, with which model, and how it is told to."""

    id = Id(primary_key=True, default=new_id)
    tenant = Id()
    name = CharField()
    name_key = CharField()  # casefolded
    avatar = TextField(default="")
    description = TextField(default="")
    language = CharField(max_length=32, default="English")
    datasets = JSONField(default=list)  # ids, some of which may be gone
    model = CharField(default="")  # as the client sent it; empty: the tenant's default
    generation = JSONField(default=dict)  # settings of the model, as sent: what is missing has its default when it is needed
    prompt = JSONField(default=dict)  # prompt, variables, opener, empty_response, show_quote and whatever else was sent beside them
    rerank_model = CharField(default="")
    similarity_threshold = DoubleField(default=0.2)
    vector_similarity_weight = DoubleField(default=0.3)
    top_n = IntegerField(default=6)
    top_k = IntegerField(default=1024)
    refers = BooleanField(default=True)  # stored and shown, nothing more (contract 3.18, show_quotation)

    class Meta:
        indexes = ((("tenant", "name_key"), False), (("tenant", "create_time"), False))


class Session(TimedRow):
    """What was said with a chat: the opener, then question and answer in turn."""

    id = Id(primary_key=True, default=new_id)
    tenant = Id()
    chat = Id()
    kind = CharField(max_length=8, default="chat")  # chat | legacy | agent (of which `chat` is the id): a dialect lists its own
    name = CharField()
    caller = CharField(default="")  # the user_id that the client gave
    messages = JSONField(default=list)  # [{role, content, id, created_at, ...}, ...]; the opener has neither id nor time
    references = JSONField(default=list)  # the n-th belongs to the n-th answer after the opener

    class Meta:
        indexes = ((("chat", "kind", "create_time"), False),)


TABLES = (
    User, Tenant, Membership, ApiKey, ModelSetting, Dataset, File, Document, Chunk,
    Outbox, Lease, Rebuild, RebuildChange, Job, Chat, Session, TenantModel, Transcript, Folder, FileText,
    *agent_tables.TABLES,
)
