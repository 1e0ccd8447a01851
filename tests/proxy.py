"""A real HTTP proxy before a cluster: refuses requests when told to, asks for a password or a key, speaks TLS."""

from __future__ import annotations

import base64
import datetime
import http.client
import ipaddress
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Refusal = Callable[[str, str], int]


class Proxy:
    """Passes requests on to `target`. `refuse` gets method and path and gives a status to answer, 0 to pass it on.

    `accepted`: the values of the Authorization header that it takes, all when empty.
    """

    def __init__(self, target: str, *, certificate: Path | None = None, accepted: tuple[str, ...] = ()) -> None:
        self.refuse: Refusal = lambda method, path: 0
        self.accepted = accepted
        self.seen: list[tuple[str, str, int]] = []
        self.target = urlsplit(target).netloc
        proxy = self

        class Answering(_Answering):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Answering(BaseHTTPRequestHandler):
    owner: Proxy
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, content = self._asked(body)
        self.owner.seen.append((self.command, self.path, status))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError):  # who asked has given up
                self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer

    def _asked(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        own = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}
        if self.owner.accepted and self.headers.get("Authorization") not in self.owner.accepted:
            return 401, own, b'{"error": {"type": "security_exception", "reason": "who are you"}, "status": 401}'
        if status := self.owner.refuse(self.command, self.path):
            return status, own, b'{"error": {"type": "es_rejected_execution_exception", "reason": "too busy"}, "status": %d}' % status
        connection = http.client.HTTPConnection(self.owner.target, timeout=60)
        try:
            passed = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "authorization", "content-length")}
            connection.request(self.command, self.path, body or None, passed)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in ("content-length", "transfer-encoding")}
            return answer.status, kept, answer.read()
        except OSError:
            return 503, own, b"{}"
        finally:
            connection.close()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def basic(name: str, password: str) -> str:
    """The header of a name and a password."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 with its key in one file, and the authority that signed it in another."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(secret + public)
    (folder / "authority.pem").write_bytes(public)
    return folder / "server.pem", folder / "authority.pem"
