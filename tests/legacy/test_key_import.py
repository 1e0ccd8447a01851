"""Keys of an old deployment go on working (legacy contract 10.4; decisions C2), and the commands that make keys and users."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from app import cli
from models.tables import ApiKey
from services import tokens, users
from tests.factories import make_user
from tests.legacy.wire import BASE, UNKNOWN, V1, assert_success

KEY = "ragflow-I0YmY0OTIwNWM0MDExZWY4ZjBlMDI0Mm"
OTHER = "ragflow-U5NTkxMjIwNWM0MDExZWZiZDI1MDI0Mm"


@pytest.fixture
def dovetail(app, settings, monkeypatch):
    """Run a command on this test's data folder; gives the lines it printed and its exit code."""
    for name, value in {"DATA__FOLDER": settings.data.folder, "EMBEDDING__FOLDER": settings.embedding.folder}.items():
        monkeypatch.setenv(f"DOVETAIL_{name}", value)

    def run(*words, input=None):
        result = CliRunner().invoke(cli, [str(word) for word in words], input=input)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.output.splitlines(), result.exit_code

    return run


@pytest.fixture
def kim(app):
    return make_user("kim@example.org")


@pytest.fixture
def lee(app):
    return make_user("lee@example.org")


def test_a_script_goes_on_with_its_old_key(dovetail, kim, anonymous):
    assert dovetail("key", "import", KEY, "--user", kim.email, "--chat", UNKNOWN) == ([f"ragflow-I0Ym...  {kim.email}  taken over, for {UNKNOWN}"], 0)
    headers = {"Authorization": f"Bearer {KEY}"}
    assert_success(anonymous.post(f"{BASE}/document/infos", json={"doc_ids": []}, headers=headers))
    assert anonymous.get(f"{V1}/datasets", headers=headers).json["code"] == 0
    assert tokens.authenticate(KEY).chat == UNKNOWN
    [row] = assert_success(anonymous.get(f"{BASE}/token_list?dialog_id={UNKNOWN}", headers=headers))
    assert (row["token"], row["tenant_id"]) == (KEY, kim.id)


def test_importing_again_makes_nothing_twice_and_can_bind_anew(dovetail, kim):
    words = ("key", "import", KEY, OTHER, "--user", kim.email)
    told = [dovetail(*words), dovetail(*words), dovetail(*words, "--agent", "flow")]
    assert [[line.split("  ")[2] for line in lines] for lines, _ in told] == [
        ["taken over"] * 2,
        ["already here"] * 2,
        ["already here, bound anew, for flow"] * 2,
    ]
    assert [code for _, code in told] == [0, 0, 0]
    assert ApiKey.select().count() == 2
    assert tokens.authenticate(KEY).agent == "flow"


def test_a_key_of_another_user_and_a_revoked_one_are_left_alone(dovetail, kim, lee):
    dovetail("key", "import", KEY, "--user", kim.email)
    assert dovetail("key", "import", KEY, "--user", lee.email) == ([f"ragflow-I0Ym...  {lee.email}  left: This key is another user's."], 1)
    dovetail("key", "revoke", ApiKey.get().id)
    assert dovetail("key", "import", KEY, "--user", kim.email) == ([f"ragflow-I0Ym...  {kim.email}  left: This key was revoked."], 1)
    assert ApiKey.select().count() == 1


@pytest.mark.parametrize("key", ["two words", "x" * 256, "line\nbreak"])
def test_what_no_header_can_carry_is_no_key(dovetail, kim, key):
    lines, code = dovetail("key", "import", key, "--user", kim.email)
    assert code == 1 and ApiKey.select().count() == 0
    assert "left: A key is one word of at most 255 printable characters." in "\n".join(lines)


@pytest.mark.parametrize(
    ("given", "told", "code"),
    [
        ("", "Standard input holds no key.", 2),
        ("\n", "Standard input holds no key.", 2),
        ("two words\n", "A key is one word of at most 255 printable characters.", 1),
        ("x" * 256, "A key is one word of at most 255 printable characters.", 1),
    ],
)
def test_an_existing_key_has_to_be_one(dovetail, kim, given, told, code):
    assert dovetail("key", "create", "--user", kim.email, "--existing", input=given)[0][-1] == f"Error: {told}"
    assert dovetail("key", "create", "--user", kim.email, "--existing", input=given)[1] == code
    assert ApiKey.select().count() == 0


@pytest.mark.parametrize("key", ["x", "hunter2", "ragflow-short"])
def test_no_more_than_half_of_a_key_is_shown(dovetail, kim, key):
    [told] = dovetail("key", "import", key, "--user", kim.email)[0]
    [listed] = dovetail("key", "list")[0]
    half = key[: len(key) // 2]
    assert told.startswith(f"{half}...  ") and f"  {half}...  " in listed


ROWS = [
    {"tenant_id": "old1", "token": KEY, "dialog_id": "a", "source": None, "beta": "b1", "create_time": 1712916381000},
    {"tenant_id": "old1", "token": OTHER, "dialog_id": "f", "source": "agent", "beta": None, "create_time": 1712916381000},
    {"tenant_id": "old2", "token": "plain", "dialog_id": None, "source": "dialog", "beta": None, "create_time": 1712916381000},
]


def _csv(separator, nothing):
    lines = [separator.join(ROWS[0])] + [separator.join(nothing if value is None else str(value) for value in row.values()) for row in ROWS]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "text",
    [json.dumps(ROWS), _csv(",", ""), _csv("\t", "NULL"), _csv(";", "\\N"), "\ufeff" + _csv(",", "NULL").replace("\n", "\r\n")],
    ids=["json", "commas", "tabs", "semicolons", "commas with a byte order mark"],
)
def test_an_export_of_the_old_table_is_taken_over_by_tenant(dovetail, kim, lee, tmp_path, text):
    file = tmp_path / "api_token"
    file.write_text(text, encoding="utf-8")
    lines, code = dovetail("key", "import", "--file", file, "--tenant", f"old1={kim.email}", "--tenant", f"old2={lee.email}")
    assert (len(lines), code) == (3, 0)
    bound = {key: tokens.authenticate(key) for key in (KEY, OTHER, "plain")}
    assert [(one.tenant, one.chat, one.agent) for one in bound.values()] == [(kim.id, "a", ""), (kim.id, "", "f"), (lee.id, "", "")]


def test_an_export_with_emails_needs_no_more(dovetail, kim, lee, tmp_path):
    (tmp_path / "keys.csv").write_text(f"email,token,dialog_id\n{kim.email},{KEY},a\n{lee.email},{OTHER},b\nnobody@example.org,x,c\n")
    lines, code = dovetail("key", "import", "--file", tmp_path / "keys.csv")
    assert code == 1 and "nobody@example.org  left" in lines[2]
    assert (tokens.authenticate(KEY).tenant, tokens.authenticate(OTHER).tenant) == (kim.id, lee.id)


def test_one_user_does_not_stand_for_several_tenants(dovetail, kim, tmp_path):
    (tmp_path / "keys.json").write_text(json.dumps(ROWS))
    lines, code = dovetail("key", "import", "--file", tmp_path / "keys.json", "--user", kim.email)
    assert code == 1 and ApiKey.select().count() == 0
    assert "use --tenant old1=EMAIL" in lines[0]
    (tmp_path / "keys.json").write_text(json.dumps(ROWS[:2]))
    assert dovetail("key", "import", "--file", tmp_path / "keys.json", "--user", kim.email)[1] == 0


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', '{"token": "x"}', "name,value\na,b\n", "[{", "\udcff"])
def test_a_file_that_is_no_export_is_told_and_changes_nothing(dovetail, kim, tmp_path, text):
    (tmp_path / "keys").write_bytes(text.encode("utf-8", "surrogateescape"))
    lines, code = dovetail("key", "import", "--file", tmp_path / "keys", "--user", kim.email)
    assert ApiKey.select().count() == 0
    assert code == 1 and lines[-1].startswith("Error: keys ")


def test_a_key_is_bound_to_a_chat_that_is_there(dovetail, kim, anonymous):
    key = dovetail("key", "create", "--user", kim.email)[0][0]
    made = anonymous.post(f"{V1}/chats", json={"name": "kettles"}, headers={"Authorization": f"Bearer {key}"}).json
    chat = made["data"]["id"]
    [bound], code = dovetail("key", "create", "--user", kim.email, "--chat", chat)
    assert code == 0 and tokens.authenticate(bound).chat == chat
    assert any(f"chat {chat}" in line for line in dovetail("key", "list")[0])
    assert dovetail("key", "create", "--user", kim.email, "--chat", UNKNOWN) == ([f"Error: The chat {UNKNOWN} does not exist."], 1)
    assert dovetail("key", "create", "--user", kim.email, "--chat", chat, "--agent", "x")[1] == 2


def test_a_person_is_made_with_a_password_and_given_another(dovetail, anonymous):
    assert dovetail("user", "create", "kim@example.org", "--password", input="first\n")[1] == 0
    assert_success(anonymous.post("/v1/user/login", json={"email": "kim@example.org", "password": "first"}))
    assert dovetail("user", "set-password", "kim@example.org", input="second\n")[1] == 0
    assert anonymous.post("/v1/user/login", json={"email": "kim@example.org", "password": "first"}).json["retcode"] == 109
    assert_success(anonymous.post("/v1/user/login", json={"email": "kim@example.org", "password": "second"}))
    assert dovetail("user", "set-password", "lee@example.org", input="x\n")[1] == 1
    assert dovetail("user", "create", "lee@example.org", "--password", input="\n")[1] == 2
    assert [user.email for user in users.list_()] == ["kim@example.org"]
