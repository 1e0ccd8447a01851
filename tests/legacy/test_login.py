"""Logging in, and making keys with the session (legacy contract 4.4, 6.1, 9 row 23; RAGFlow v1 contract, appendix A; decisions C2)."""

from __future__ import annotations

import base64
import shutil

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from app import create_app
from conf.settings import SettingsError, load
from services import logins, users
from tests.factories import make_user
from tests.legacy.wire import BASE, V1, assert_error, assert_success

LOGIN = "/v1/user/login"
NOT_LOGGED_IN = "<Unauthorized '401: Unauthorized'>"
NO_MATCH = "Email and password do not match!"


@pytest.fixture(scope="module")
def private_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def environment(tmp_path, private_key):
    """The operator hands over the private key that RAGFlow's clients encrypt for, with its passphrase."""
    form = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"open")
    (tmp_path / "private.pem").write_bytes(private_key.private_bytes(serialization.Encoding.PEM, *form))
    return {"DOVETAIL_LOGINS__KEY_FILE": str(tmp_path / "private.pem"), "DOVETAIL_LOGINS__KEY_PASSWORD": "open"}


@pytest.fixture
def encrypted(private_key):
    """A password as RAGFlow's clients send it: base64, encrypted, base64 again."""

    def encrypt(password: str) -> str:
        sealed = private_key.public_key().encrypt(base64.b64encode(password.encode()), padding.PKCS1v15())
        return base64.b64encode(sealed).decode()

    return encrypt


@pytest.fixture
def person(app):
    """A user who has a password."""
    user = make_user("kim@example.org")
    users.set_password(email=user.email, password="pässword")
    return user


def test_client_23_logs_in_makes_a_key_and_uses_it_on_the_modern_api(anonymous, person, encrypted):
    reply = anonymous.post(LOGIN, json={"email": "kim@example.org", "password": encrypted("pässword")})
    assert assert_success(reply)["email"] == "kim@example.org"
    session = reply.headers["Authorization"]
    assert " " not in session
    made = anonymous.post(f"{BASE}/new_token", headers={"Authorization": session}, json={"dialog_id": "ragflow"}).json
    assert made["retcode"] == 0
    assert made["data"]["token"].startswith("ragflow-")
    listed = anonymous.get(f"{V1}/datasets", headers={"Authorization": f"Bearer {made['data']['token']}"})
    assert listed.json == {"code": 0, "data": []}


def test_a_plain_password_logs_in_too_as_json_or_form(anonymous, person):
    for body in ({"json": {"email": "kim@example.org", "password": "pässword"}}, {"data": {"email": "kim@example.org", "password": "pässword"}}):
        assert_success(anonymous.post(LOGIN, **body))


def test_the_reply_tells_no_secret(anonymous, person):
    data = assert_success(anonymous.post(LOGIN, json={"email": "kim@example.org", "password": "pässword"}))
    assert set(data) == {"id", "tenant_id", "email", "nickname", "create_time", "create_date", "update_time", "update_date"}


def test_a_wrong_password_and_an_unknown_address_answer_alike(anonymous, person):
    for email, password in (("kim@example.org", "wrong"), ("nobody@example.org", "pässword"), ("kim@example.org", ""), ("", "")):
        assert_error(anonymous.post(LOGIN, json={"email": email, "password": password}), 109, NO_MATCH, False)


def test_who_has_no_password_cannot_log_in(anonymous, app):
    make_user("lee@example.org")
    for password in ("", "None", "lee@example.org"):
        assert_error(anonymous.post(LOGIN, json={"email": "lee@example.org", "password": password}), 109, NO_MATCH, False)


def test_bad_input_is_told_in_the_envelope(anonymous, person):
    for body, message in (
        ({}, "required argument are missing: email,password; "),
        ({"email": "kim@example.org"}, "required argument are missing: password; "),
        ({"email": ["kim@example.org"], "password": "x"}, "email should be a string"),
        ({"email": "kim@example.org", "password": {"$ne": ""}}, "password should be a string"),
        ({"email": "kim@example.org", "password": "x" * 5000}, "password should have at most 4096 characters"),
    ):
        assert_error(anonymous.post(LOGIN, json=body), 101, message, None)


def test_a_password_that_another_key_encrypted_opens_nothing(anonymous, person):
    """The library gives nonsense for it, or refuses it: a wrong password, or none."""
    other = base64.b64encode(b"x" * 256).decode()
    assert anonymous.post(LOGIN, json={"email": "kim@example.org", "password": other}).json["retcode"] in (101, 109)


def test_only_post_logs_in(anonymous, app):
    assert_error(anonymous.get(LOGIN), 100, "<MethodNotAllowed '405: Method Not Allowed'>", None)


def test_a_session_ends_with_its_time_or_with_a_new_password(anonymous, person, monkeypatch):
    session = anonymous.post(LOGIN, json={"email": "kim@example.org", "password": "pässword"}).headers["Authorization"]
    listing = {"path": f"{BASE}/token_list?dialog_id=x", "headers": {"Authorization": session}}
    assert_success(anonymous.get(**listing))
    with monkeypatch.context() as patch:
        patch.setattr(logins, "SECONDS", -1)
        assert_error(anonymous.get(**listing), 401, NOT_LOGGED_IN, None)
    users.set_password(email=person.email, password="another")
    assert_error(anonymous.get(**listing), 401, NOT_LOGGED_IN, None)


def test_a_session_is_good_with_a_scheme_word_and_not_when_it_was_tampered_with(anonymous, person):
    session = anonymous.post(LOGIN, json={"email": "kim@example.org", "password": "pässword"}).headers["Authorization"]
    assert_success(anonymous.get(f"{BASE}/token_list?dialog_id=x", headers={"Authorization": f"Bearer {session}"}))
    broken = session[:40] + ("A" if session[40] != "A" else "B") + session[41:]
    assert_error(anonymous.get(f"{BASE}/token_list?dialog_id=x", headers={"Authorization": broken}), 401, NOT_LOGGED_IN, None)


def test_the_secret_is_kept_for_the_owner_of_the_data_folder_alone(anonymous, person, settings):
    anonymous.post(LOGIN, json={"email": "kim@example.org", "password": "pässword"})
    assert settings.secret_file.stat().st_mode & 0o777 == 0o600
    assert len(settings.secret_file.read_text()) >= 32
    assert [path.name for path in settings.folder.glob("secret*")] == ["secret"]


def test_an_empty_secret_stops_the_start(settings, migrated):
    """Anybody could forge what it seals: logins (contract 4.4) and keys that are shown again (6.1)."""
    settings.folder.mkdir()
    shutil.copy(migrated, settings.folder)
    for text in ("", " \n", "x" * 31):
        settings.secret_file.write_text(text)
        with pytest.raises(SettingsError, match="logins.secret"):
            create_app(settings)


def test_more_logins_at_once_than_are_served_are_told_to_wait(anonymous, person, monkeypatch):
    """Each takes 32 MiB, and no key is asked for (decisions A11: 429 is a status of its own)."""
    monkeypatch.setattr(logins, "_PATIENCE", 0.0)
    asking = {"json": {"email": "kim@example.org", "password": "pässword"}}
    with logins._hashing, logins._hashing:
        reply = anonymous.post(LOGIN, **asking)
    assert (reply.status_code, reply.json["retcode"]) == (429, 101)
    assert_success(anonymous.post(LOGIN, **asking))


def test_machines_with_one_secret_know_each_others_sessions(settings, tmp_path, model_folder, person, anonymous):
    session = anonymous.post(LOGIN, json={"email": "kim@example.org", "password": "pässword"}).headers["Authorization"]
    folders = {"DOVETAIL_DATA__FOLDER": str(tmp_path / "other"), "DOVETAIL_EMBEDDING__FOLDER": str(model_folder)}
    base = {**folders, "DOVETAIL_DATABASE__URL": settings.database_url}
    create_app(load(base))
    assert logins.recognise(session) is None
    create_app(load({**base, "DOVETAIL_LOGINS__SECRET": settings.secret_file.read_text()}))
    assert logins.recognise(session).tenant == person.id


def test_a_key_file_that_cannot_be_used_stops_the_start(migrated, tmp_path):
    (tmp_path / "d").mkdir()
    shutil.copy(migrated, tmp_path / "d")
    (tmp_path / "wrong.pem").write_text("no key")
    for name in ("wrong.pem", "missing.pem"):
        with pytest.raises(SettingsError, match="logins.key_file"):
            create_app(load({"DOVETAIL_DATA__FOLDER": str(tmp_path / "d"), "DOVETAIL_LOGINS__KEY_FILE": str(tmp_path / name)}))
