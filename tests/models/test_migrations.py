"""The scripts in models/migrations lead to the tables that models/tables.py declares."""

from __future__ import annotations

import re

import pytest
from peewee import SqliteDatabase
from playhouse.schema_diff import diff_models

from models.base import database
from models.database import MIGRATIONS, FolderInUse, lock_folder, migrate, open_database
from models.tables import TABLES, Chunk


@pytest.fixture(autouse=True)
def empty_database(tmp_path):
    open_database(f"sqlite:///{tmp_path}/dovetail.db")
    yield
    database.close_all()


def test_migrated_tables_equal_the_models():
    assert migrate() == sorted(script.stem for script in MIGRATIONS.glob("0*.py"))
    diff = diff_models(database.obj, TABLES)
    assert not diff, str(diff)


def test_migrated_columns_are_spelled_as_the_models_spell_them(tmp_path):
    migrate()
    declared = SqliteDatabase(str(tmp_path / "declared.db"))
    with declared.bind_ctx(TABLES):
        declared.create_tables(TABLES)
    for table in TABLES:
        name = table._meta.table_name
        assert _statement(database, name) == _statement(declared, name)


def test_migrating_twice_changes_nothing():
    migrate()
    assert migrate() == []


def test_a_slot_is_never_used_twice():
    migrate()
    row = {"id": "x", "tenant": "t", "dataset": "d", "document": "d", "content": "", "create_time": 0.0, "vector": b""}
    first = Chunk.create(**row).slot
    Chunk.delete().execute()
    assert Chunk.create(**row).slot > first


def test_a_second_server_on_one_data_folder_is_told_so(tmp_path):
    with lock_folder(tmp_path):
        with pytest.raises(FolderInUse, match=re.escape(str(tmp_path))):
            lock_folder(tmp_path)
    lock_folder(tmp_path).close()


def _statement(connection, table):
    (sql,) = connection.execute_sql("select sql from sqlite_master where name = ?", (table,)).fetchone()
    return sorted(part.strip() for part in sql.partition("(")[2].rpartition(")")[0].split(", "))
