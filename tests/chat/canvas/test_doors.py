"""Invoke and ExeSQL reach what an operator has listed, read it, and bring back no more than is wanted."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chat.canvas import Doors, databases, load, sql, web
from chat.canvas.databases import StatementFailed, Target
from chat.canvas.web import Request
from chat.exchange import Failed
from models.errors import AppError, InvalidInput
from tests.chat.canvas.conftest import spoken
from tests.chat.canvas.shapes import canvas, component
from tests.chat.canvas.test_runs import Bare
from tests.postgresql import Missing, PostgreSQL


def drip(out, beginning: bytes) -> None:
    """Letter after letter, until nobody listens or 5 seconds are over."""
    with suppress(OSError):
        out.write(beginning)
        for _ in range(100):
            out.write(b"x")
            out.flush()
            time.sleep(0.05)


class Site(BaseHTTPRequestHandler):
    """Says what it was asked; some paths send on, drip or never end."""

    seen: list[tuple[str, str, dict[str, str], str]] = []
    strange = "é\\ud800+2AA- \0".encode()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if self.path == "/slow-head":
            drip(self.wfile, b"HTTP/1.1 200 OK\r\nX-A: ")
            return
        if self.path.startswith(("/to?", "/keep?")):
            self.send_response(302 if self.path.startswith("/to?") else 307)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", f"text/html; charset={self.path.partition('charset=')[2] or 'utf-8'}")
        self.end_headers()
        if self.path == "/drip":
            drip(self.wfile, b"")
        elif self.path == "/long":
            self.wfile.write(b"x" * 500_000)
        elif "charset=" in self.path:
            self.wfile.write(self.strange)
        else:
            self.wfile.write("<html><script>no()</script><h1>Größe</h1><p>1 < 2</p></html>".encode())

    do_POST = do_PUT = do_GET

    def log_message(self, format, *args) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """A site, as host:port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    Site.seen.clear()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def refused(url, doors, **request):
    with pytest.raises(AppError) as caught:
        web.fetch(Request("GET", url, **request), doors)
    return caught.value.condition


def test_nothing_is_asked_until_a_host_is_listed(site):
    assert refused(f"http://{site}/", Doors()) == "door.closed"
    assert refused(f"http://{site}/", Doors(hosts=("example.org",))) == "door.refused"
    assert refused(f"http://{site}/", Doors(hosts=("127.0.0.1",))) == "door.refused"  # another port
    assert not Site.seen
    assert web.fetch(Request("GET", f"http://{site}/a?b=c"), Doors(hosts=(site,))).status == 200
    assert Site.seen[0][1] == "/a?b=c"


@pytest.mark.parametrize("url", ["ftp://{}/", "file:///etc/hosts", "http://user:pw@{}/", "http:///x", "http://[::1", "http://{}:99999/", "//{}/"])
def test_what_is_no_plain_url_is_refused(site, url):
    assert refused(url.format(site), Doors(hosts=(site,))) == "door.refused"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "fe80::1%eth0", "fc00::1"]
    + ["::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::", "64:ff9b:1::a00:1", "fec0::1", "::127.0.0.1", "192.0.0.8", "3fff::1"],
)
def test_a_listed_name_that_means_a_private_address_is_refused(monkeypatch, address):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", (address, 80))])
    assert refused("http://api.example.org/", Doors(hosts=("api.example.org",))) == "door.refused"


def test_a_name_is_looked_up_once_and_asked_at_the_address_that_was_looked_at(monkeypatch, site):
    """A name that changes its address between look and call (rebinding) reaches nothing new."""
    port = int(site.partition(":")[2])
    answers = iter(["127.0.0.1"])
    real = socket.getaddrinfo

    def looked_up(host, *args, **more):
        return real(next(answers) if host == "api.example.org" else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    web.fetch(Request("GET", f"http://API.example.org.:{port}/"), Doors(hosts=(f"api.example.org:{port}", f"127.0.0.1:{port}")))
    assert Site.seen[0][2]["host"] == f"api.example.org:{port}"


def test_a_listed_address_opens_its_own_port_alone_to_a_name(monkeypatch, site):
    """An address is listed as host:port, or with the scheme's own port, whether it is asked by itself or by a name."""
    port = int(site.partition(":")[2])
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **more: real("127.0.0.1", *args, **more))
    for listed in ("127.0.0.1", f"127.0.0.1:{port + 1}", "::1", "a:b"):
        assert refused(f"http://api.example.org:{port}/", Doors(hosts=(f"api.example.org:{port}", listed))) == "door.refused"
    assert not Site.seen


@pytest.mark.parametrize("host", ["１２７.0.0.1", "127。0。0.1"])
def test_a_host_in_other_letters_is_asked_by_its_name_in_ascii(site, host):
    url = f"http://{host}:{site.partition(':')[2]}/Größe ?q=é\ud800"
    assert web.fetch(Request("GET", url), Doors(hosts=(site,))).status == 200
    [(_, path, headers, _)] = Site.seen
    assert headers["host"] == site and path == "/Gr%C3%B6%C3%9Fe%20?q=%C3%A9%EF%BF%BD"


@pytest.fixture
def secure_site(monkeypatch, tmp_path) -> Iterator[int]:
    """A site that proves to be api.example.org, which is this machine; its port. The file of its certificate is `certificate.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example.org")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("api.example.org")]), critical=False)
    (tmp_path / "certificate.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **more: real("127.0.0.1", *args, **more))
    Site.seen.clear()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_certificate_is_asked_for_by_the_name(monkeypatch, secure_site, tmp_path):
    doors = Doors(hosts=tuple(f"{host}:{secure_site}" for host in ("api.example.org", "other.example.org", "127.0.0.1")))
    url = f"https://api.example.org:{secure_site}/"
    assert refused(url, doors) == "door.failed"  # nobody vouches for it
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    assert web.fetch(Request("GET", url), doors).status == 200
    assert refused(url.replace("api", "other"), doors) == "door.failed"
    assert len(Site.seen) == 1


def test_redirects_are_looked_at_again_and_take_no_secret_along(site):
    doors = Doors(hosts=(site,))
    port = site.partition(":")[2]
    assert refused(f"http://{site}/to?http://localhost:{port}/x", doors) == "door.refused"
    assert refused(f"http://{site}/to?http://169.254.169.254/x", doors) == "door.refused"
    assert refused(f"http://{site}/to?file:///etc/hosts", doors) == "door.refused"
    assert refused(f"http://{site}/to?/to?/to?/to?/to?/x", doors) == "door.failed"
    Site.seen.clear()
    headers = {"Authorization": "Bearer s", "Host": "evil", "X-A": "b"}
    web.fetch(Request("POST", f"http://{site}/to?/x", headers, b"{}"), doors)
    assert [(method, path, body) for method, path, _, body in Site.seen] == [("POST", "/to?/x", "{}"), ("GET", "/x", "")]
    assert Site.seen[1][2]["authorization"] == "Bearer s" and Site.seen[1][2]["host"] == site
    onward, both = f"http://LOCALHOST:{port}/y", Doors(hosts=(site, f"localhost:{port}", f"[::1]:{port}"))
    web.fetch(Request("GET", f"http://{site}/to?{onward}", headers), both)
    assert not {"authorization", "x-a"} & set(Site.seen[-1][2])  # each of an author's headers may be a secret
    web.fetch(Request("PUT", f"http://{site}/keep?{onward}", {**headers, "Content-Type": "a/b"}, b"{}"), both)
    method, path, sent, body = Site.seen[-1]
    assert (method, path, body) == ("PUT", "/y", "{}") and sent["content-type"] == "a/b" and not {"authorization", "x-a"} & set(sent)
    assert refused(f"http://{site}/to?http://[::1", both) == "door.refused"


def test_headers_stay_with_scheme_and_port_too(monkeypatch):
    """From https to http the host may be the same, and what is sent is open to whoever listens."""
    asked, steps = [], iter(["http://api.example.org/x", "http://api.example.org/y", ""])
    monkeypatch.setattr(web, "_asked", lambda request, *more: asked.append(request) or (web.Reply(302, "", b""), next(steps)))
    web.fetch(Request("GET", "https://api.example.org/", {"X-Key": "s"}), Doors(hosts=("api.example.org",)))
    assert [bool(request.headers) for request in asked] == [True, False, False]


def test_an_answer_is_bounded_in_bytes_and_time(site):
    assert len(web.fetch(Request("GET", f"http://{site}/long"), Doors(hosts=(site,), bytes=1_000)).body) == 1_000
    for path in ("drip", "slow-head"):
        began = time.monotonic()
        assert refused(f"http://{site}/{path}", Doors(hosts=(site,), seconds=0.3)) == "door.failed"
        assert time.monotonic() - began < 4  # each drips for 5
    assert refused("http://127.0.0.1:9/", Doors(hosts=("127.0.0.1:9",))) == "door.failed"


def asking(site, **params):
    """A canvas that asks a site with the question."""
    params = {"url": f"http://{site}/{{Answer:A}}", "variables": [{"key": "q", "component_id": "Answer:A"}], **params}
    entry = component("Invoke", "Answer:A", **params)
    made = load(canvas(begin=component("Begin", "Answer:A"), Answer__A=component("Answer", "Invoke:1"), Invoke__1=entry))
    world = Bare()
    world.doors = Doors(hosts=(site,)) if site else Doors()
    list(made.run(world))
    return list(made.run(world, question="a/b&c"))


@pytest.mark.parametrize(
    ("params", "sent"),
    [
        ({}, ("GET", "/a%2Fb%26c?q=a%2Fb%26c", "")),
        ({"method": "POST"}, ("POST", "/a%2Fb%26c", '{"q": "a/b&c"}')),
        ({"method": "put", "datatype": "formdata"}, ("PUT", "/a%2Fb%26c", "q=a%2Fb%26c")),
    ],
    ids=["in the query", "as JSON", "as a form"],
)
def test_invoke_sends_its_variables(site, params, sent):
    events = asking(site, clean_html=True, headers='{"X-Key": "k"}', **params)
    [(method, path, headers, body)] = Site.seen
    assert (method, path, body) == sent and headers["x-key"] == "k"
    assert spoken(events) == "Größe\n1 < 2"


@pytest.mark.parametrize("charset", ["hex", "base64", "rot13", "idna", "undefined", "utf-7", "unicode_escape", "punycode", "nonsense", "%00"])
def test_an_answer_is_text_whatever_encoding_it_claims(site, charset):
    """Decisions B20: what no client and no database takes becomes U+FFFD."""
    assert spoken(asking(site, url=f"http://{site}/?charset={charset}", variables=[])) == "é\\ud800+2AA- \ufffd"


def test_an_answer_is_read_in_the_encoding_it_names(site):
    assert spoken(asking(site, url=f"http://{site}/?charset=latin-1", variables=[])).startswith("Ã©")


@pytest.mark.parametrize("name", ["", " a", "a:b", "a b", "a\n", "é"])
def test_what_is_no_name_of_a_header_is_refused_when_it_is_saved(name):
    with pytest.raises(InvalidInput) as caught:
        asking("", headers=json.dumps({name: "x"}))
    assert caught.value.details["place"] == "Invoke:1"


def test_a_shut_door_is_said_in_the_run():
    [*_, failed] = asking("")
    assert isinstance(failed, Failed) and failed.error.message == "Invoke is switched off here: no host is on the list of those it may ask."


@pytest.fixture
def shop(tmp_path):
    """A SQLite database of three items, as the URL of a list and as what a component names."""
    path = tmp_path / "shop #1.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table item (name text, price integer)")
        connection.executemany("insert into item values (?, ?)", [("kettle", 30), ("toaster", 20), ("a|b", None)])
    url = "sqlite://" + str(path).replace("#", "%23").replace(" ", "%20")
    return Doors(databases=(url,)), Target("sqlite", "", 0, path.name, "", "")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    """A real server."""
    server = PostgreSQL()
    try:
        server.start()
    except Missing as error:
        pytest.skip(str(error))
    yield server
    server.stop()


@pytest.fixture
def store(postgresql):
    """The same in PostgreSQL."""
    url = postgresql.new_database()
    with psycopg.connect(url) as connection:
        connection.execute("create table item (name text, price integer)")
        connection.execute("insert into item values ('kettle', 30), ('toaster', 20), ('a|b', null)")
    host, port = url.partition("@")[2].partition("/")[0].split(":")
    return Doors(databases=(url,), seconds=1.0), Target("postgresql", host, int(port), url.rpartition("/")[2], "", "")


@pytest.fixture(params=["shop", "store"], ids=["SQLite", "PostgreSQL"])
def database(request):
    """Each of both."""
    return request.getfixturevalue(request.param)


def read(database, statement, rows=10):
    doors, target = database
    return databases.read(target, statement, doors, rows=rows, seconds=30)


def test_a_listed_database_is_read(database):
    table = read(database, "select name, price from item where name like '%k%' order by price")
    assert (table.columns, table.rows, table.cut) == (("name", "price"), (("kettle", 30),), False)
    assert read(database, "select name from item", rows=2).cut


@pytest.mark.parametrize(
    "statement",
    [
        "insert into item values ('x', 1)",
        "update item set price = 0",
        "delete from item",
        "drop table item",
        "create table other (a int)",
        "select 1; delete from item",
        "with gone as (delete from item returning *) select * from gone",
        "commit",
        "pragma writable_schema = 1",
        "attach database '/tmp/x.db' as x",
        "vacuum into '/tmp/x.db'",
        "set default_transaction_read_only = off",
        "copy item to '/tmp/x.csv'",
        "select load_extension('x')",
    ],
)
def test_a_statement_can_only_read(database, statement):
    with pytest.raises(StatementFailed):
        read(database, statement)
    assert len(read(database, "select * from item").rows) == 3


def test_a_statement_that_takes_too_long_is_stopped(shop, store):
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    for doors, target in (shop, store):
        began = time.monotonic()
        with pytest.raises(StatementFailed):
            databases.read(target, endless, Doors(databases=doors.databases, seconds=0.5), rows=1, seconds=30)
        assert time.monotonic() - began < 20


def test_results_are_bounded_in_bytes(database):
    doors, target = database
    table = databases.read(target, "select name from item", Doors(databases=doors.databases, bytes=12), rows=10, seconds=30)
    assert len(table.rows) < 3 and table.cut


def test_what_is_not_listed_is_not_read(shop, tmp_path):
    doors, target = shop
    other = Target("sqlite", "", 0, str(tmp_path / "other.db"), "", "")
    for wanted, listed, condition in ((target, Doors(), "door.closed"), (other, doors, "door.refused")):
        with pytest.raises(AppError) as caught:
            databases.read(wanted, "select 1", listed, rows=1, seconds=30)
        assert caught.value.condition == condition
    elsewhere = Target("postgresql", "10.0.0.1", 5432, "shop", "u", "p")
    with pytest.raises(AppError) as caught:
        databases.read(elsewhere, "select 1", Doors(databases=("postgresql://10.0.0.1:5433/shop", "mysql://10.0.0.1:5432/shop")), rows=1, seconds=30)
    assert caught.value.condition == "door.refused"


def test_statements_are_told_apart_outside_of_texts():
    assert sql.statements("```sql\nselect ';' ;\n select \"a;b\" from t;\n```", "sqlite") == ["select ';'", 'select "a;b" from t']


@pytest.mark.parametrize(
    ("kind", "text", "apart"),
    [
        ("sqlite", "select 1 -- it's; all\nfrom t", ["select 1 -- it's; all\nfrom t"]),
        ("mysql", "select 'it\\'s;'; select 2 # it's", ["select 'it\\'s;'", "select 2 # it's"]),
        ("postgresql", "/* a;b */ select $$a;b$$; -- done", ["/* a;b */ select $$a;b$$"]),
    ],
)
def test_comments_and_quotes_of_each_database_hold_their_semicolons(kind, text, apart):
    assert sql.statements(text, kind) == apart


@pytest.mark.parametrize("statement", [
    "select pg_sleep(0.02) from generate_series(1, 500)",
    "select set_config('statement_timeout', '0', false), case when n > 101 then pg_sleep(2)::text end from generate_series(1, 105) n",
])
def test_a_statement_of_postgresql_has_one_deadline_for_all_its_rows(store, statement):
    doors, target = store
    began = time.monotonic()
    with pytest.raises(StatementFailed):
        databases.read(target, statement, Doors(databases=doors.databases), rows=1000, seconds=0.5)
    assert time.monotonic() - began < 4


def test_a_canvas_shows_tables_and_what_a_database_says_against_a_statement(shop):
    doors, target = shop
    params = {"db_type": "sqlite", "database": target.database, "top_n": 2, "port": "3306", "loop": 3}
    made = load(
        canvas(
            begin=component("Begin", "Answer:A"),
            Answer__A=component("Answer", "ExeSQL:1"),
            ExeSQL__1=component("ExeSQL", "Answer:A", **params),
        )
    )
    world = Bare()
    world.doors = doors
    list(made.run(world))
    assert spoken(list(made.run(world, question="select name, price from item order by price desc;"))).splitlines() == [
        *("| name | price |", "| --- | --- |", "| kettle | 30 |", "| toaster | 20 |", "", "(and more)"),
    ]
    assert "| a\\|b |  |" in spoken(list(made.run(world, question="select * from item where price is null")))
    assert spoken(list(made.run(world, question="select gone from item"))) == "**Error**: no such column: gone\nselect gone from item"
    assert spoken(list(made.run(world, question="select * from item where 0"))) == "No record in the database!"
    assert json.dumps(made.dsl())
