"""The door to the web: one request to a host on the operator's list, at an address that was looked at, with a bounded answer."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3

from chat.canvas.world import Doors
from models.errors import AppError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_REDIRECTS = 3
PIECE = 64 * 1024
_PORTS = {"http": 80, "https": 443}
_PRIVATE_HEADERS = frozenset(("authorization", "cookie", "proxy-authorization", "x-api-key"))
_OWN_HEADERS = frozenset(("host", "content-length", "transfer-encoding", "connection"))


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; `seconds` is for all of it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `kind` is its content type."""

    status: int
    kind: str
    body: bytes


def fetch(request: Request, doors: Doors) -> Reply:
    """Ask, and follow redirects that stay on the list. Raises AppError door.closed, door.refused or door.failed."""
    if not doors.hosts:
        raise AppError("door.closed", "Invoke is switched off here: no host is on the list of those it may ask.")
    deadline = time.monotonic() + min(request.seconds, doors.seconds)
    for _ in range(MOST_REDIRECTS + 1):
        reply, onward = _asked(request, doors, deadline)
        if not onward:
            return reply
        request = _redirected(request, reply.status, onward)
    raise AppError("door.failed", f"Invoke was sent on more than {MOST_REDIRECTS} times.")


def _asked(request: Request, doors: Doors, deadline: float) -> tuple[Reply, str]:
    """One exchange, and where it sends the client on to."""
    url, host, port = _listed(request.url, doors)
    address = _address(host, port, doors)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}
    headers["Host"] = url.netloc
    left = max(deadline - time.monotonic(), 0.05)
    timeout = urllib3.Timeout(connect=min(left, 10.0), read=left)
    with _pool(url.scheme, host, port, address) as pool:
        try:
            answer = pool.urlopen(
                request.method, path, request.body, headers, retries=False, redirect=False, timeout=timeout, preload_content=False
            )
            try:
                onward = str(answer.get_redirect_location() or "")
                body = b"" if onward else _read(answer, doors.bytes, deadline)
                return Reply(answer.status, answer.headers.get("Content-Type", ""), body), onward
            finally:
                answer.close()
        except (urllib3.exceptions.HTTPError, OSError):
            raise AppError("door.failed", f"Invoke got no answer from {host}.") from None


def _listed(url: str, doors: Doors) -> tuple[SplitResult, str, int]:
    """The URL, its host and port, all of them on the list."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        host = host if host.isascii() else host.encode("idna").decode()
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except (ValueError, UnicodeError):
        raise AppError("door.refused", "Invoke has no URL that can be read.") from None
    if parts.scheme not in _PORTS or not host or parts.username or parts.password:
        raise AppError("door.refused", "Invoke asks http and https URLs alone, without a user name in them.")
    wanted = f"{host}:{port}"
    if not any(wanted == _with_port(one, parts.scheme) for one in doors.hosts):
        raise AppError("door.refused", f"Invoke may not ask {host}: it is not on the list.")
    return parts, host, port


def _with_port(listed: str, scheme: str) -> str:
    """An entry of the list as host:port; without a port it means the scheme's own."""
    split = urlsplit(f"//{listed.strip().lower()}")
    return f"{split.hostname}:{split.port or _PORTS[scheme]}"


def _address(host: str, port: int, doors: Doors) -> str:
    """The address to ask; every address of the name must be public, or itself on the list."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise AppError("door.failed", f"Invoke finds no address of {host}.") from None
    listed = {urlsplit(f"//{one.strip().lower()}").hostname for one in doors.hosts}
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not _is_public(ipaddress.ip_address(address.partition("%")[0])) and address not in listed:
            raise AppError("door.refused", f"Invoke may not ask {host}: it is within a private network.")
    return addresses[0]


def _is_public(address: Address) -> bool:
    """Also what is wrapped into an IPv6 address is looked at."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1]) or None
        if address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


@contextmanager
def _pool(scheme: str, host: str, port: int, address: str) -> Iterator[urllib3.HTTPConnectionPool]:
    """Connections to this address alone; the name's certificate is asked for."""
    pool = (
        urllib3.HTTPSConnectionPool(address, port, server_hostname=host, assert_hostname=host)
        if scheme == "https"
        else urllib3.HTTPConnectionPool(address, port)
    )
    try:
        yield pool
    finally:
        pool.close()


def _read(answer: urllib3.BaseHTTPResponse, most: int, deadline: float) -> bytes:
    """The body's first bytes, at most so many."""
    body = bytearray()
    while len(body) < most and (piece := answer.read1(min(PIECE, most - len(body)), decode_content=True)):
        body += piece
        if time.monotonic() > deadline:
            raise AppError("door.failed", "Invoke waited too long for an answer.")
    return bytes(body)


def _redirected(request: Request, status: int, onward: str) -> Request:
    """The next request; what is secret stays with the first host."""
    url = urljoin(request.url, onward)
    headers = dict(request.headers)
    if urlsplit(url).netloc.lower() != urlsplit(request.url).netloc.lower():
        headers = {name: value for name, value in headers.items() if name.lower() not in _PRIVATE_HEADERS}
    if status in (307, 308):
        return replace(request, url=url, headers=headers)
    return replace(request, url=url, headers=headers, method="GET", body=None)
