"""The door to the web: one request to a host on the operator's list, at an address that was looked at, with a bounded answer."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_match_hostname import CertificateError

from chat.canvas.cutoff import cut_off
from chat.canvas.world import Doors
from chat.characters import whole
from models.errors import AppError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_REDIRECTS = 3
PIECE = 64 * 1024
_PORTS = {"http": 80, "https": 443}
_LONGEST_CONNECT = 10.0  # seconds
_AS_IT_IS = "%/?:@!$&'()*+,;="  # what a path and a query may hold beside letters and digits
_OWN_HEADERS = frozenset(("host", "content-length", "transfer-encoding", "connection"))
# What `is_global` takes for public, in this or that version of Python.
_RESERVED = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24")))
_NAT64, _GLOBAL, _DOCUMENTATION = map(ipaddress.ip_network, ("64:ff9b::/96", "2000::/3", "3fff::/20"))


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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a URL leads: an origin, and what is asked of it under which name."""

    origin: tuple[str, str, int]
    named: str
    path: str


def fetch(request: Request, doors: Doors) -> Reply:
    """Ask, and follow redirects that stay on the list. Raises AppError door.closed, door.refused or door.failed."""
    if not doors.hosts:
        raise AppError("door.closed", "Invoke is switched off here: no host is on the list of those it may ask.")
    deadline = time.monotonic() + min(request.seconds, doors.seconds)
    place = _listed(request.url, doors)
    for _ in range(MOST_REDIRECTS + 1):
        reply, onward = _asked(request, place, doors, deadline)
        if not onward:
            return reply
        further = _listed(onward, doors)
        request = _redirected(request, reply.status, onward, stays=further.origin == place.origin)
        place = further
    raise AppError("door.failed", f"Invoke was sent on more than {MOST_REDIRECTS} times.")


def _asked(request: Request, place: _Place, doors: Doors, deadline: float) -> tuple[Reply, str]:
    """One exchange, and the URL that it sends the client on to."""
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}
    address = _address(place, doors)
    with closing(_connection(place, address, _left(deadline))) as connection:
        try:
            connection.connect()
            connection.timeout = _left(deadline)
            with cut_off(connection.sock.fileno(), _left(deadline)):
                connection.request(request.method, place.path, request.body, {**headers, "Host": place.named}, preload_content=False)
                return _reply(connection, request.url, doors.bytes, deadline)
        except (urllib3.exceptions.HTTPError, CertificateError, HTTPException, OSError):
            raise _failed(place, deadline) from None


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.05)


def _failed(place: _Place, deadline: float) -> AppError:
    late = time.monotonic() > deadline
    return AppError("door.failed", "Invoke waited too long for an answer." if late else f"Invoke got no answer from {place.origin[1]}.")


def _reply(connection: HTTPConnection, url: str, most: int, deadline: float) -> tuple[Reply, str]:
    answer = connection.getresponse()
    with closing(answer):
        location = str(answer.get_redirect_location() or "")
        body = b"" if location else _read(answer, most, deadline)
        return Reply(answer.status, answer.headers.get("Content-Type", ""), body), _joined(url, location) if location else ""


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise AppError("door.refused", "Invoke was sent on to no URL that can be read.") from None


def _listed(url: str, doors: Doors) -> _Place:
    """Where the URL leads, which is on the list."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        host = host if host.isascii() else host.encode("idna").decode()
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except (ValueError, UnicodeError):
        raise AppError("door.refused", "Invoke has no URL that can be read.") from None
    if parts.scheme not in _PORTS or not host or parts.username or parts.password:
        raise AppError("door.refused", "Invoke asks http and https URLs alone, without a user name in them.")
    if f"{host}:{port}" not in _meant(doors, parts.scheme):
        raise AppError("door.refused", f"Invoke may not ask {host}: it is not on the list.")
    named = (f"[{host}]" if ":" in host else host) + (f":{port}" if parts.port else "")
    return _Place((parts.scheme, host, port), named, _path(parts))


def _path(parts: SplitResult) -> str:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(whole(path), safe=_AS_IT_IS)


def _meant(doors: Doors, scheme: str) -> set[str]:
    """The list, each as host:port; without a port an entry means the scheme's own."""
    return {_with_port(one.strip().lower(), scheme) for one in doors.hosts}


def _with_port(listed: str, scheme: str) -> str:
    bare = listed.count(":") > 1 and not listed.startswith("[")
    try:
        split = urlsplit(f"//[{listed}]" if bare else f"//{listed}")
        return f"{split.hostname}:{split.port or _PORTS[scheme]}"
    except ValueError:  # no host can be meant
        return ""


def _address(place: _Place, doors: Doors) -> str:
    """The address to ask; every address of the name must be public, or itself on the list."""
    scheme, host, port = place.origin
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AppError("door.failed", f"Invoke finds no address of {host}.") from None
    listed = _meant(doors, scheme)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not _is_public(ipaddress.ip_address(address.partition("%")[0])) and f"{address}:{port}" not in listed:
            raise AppError("door.refused", f"Invoke may not ask {host}: it is within a private network.")
    return addresses[0]


def _is_public(address: Address) -> bool:
    """Also what is wrapped into an IPv6 address is looked at."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in one for one in _RESERVED)
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1]) or None
    if address in _NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return _is_public(inner)
    return address.is_global and address in _GLOBAL and address not in _DOCUMENTATION


def _connection(place: _Place, address: str, left: float) -> HTTPConnection:
    """A connection to this address alone; the name's certificate is asked for."""
    scheme, host, port = place.origin
    seconds = min(left, _LONGEST_CONNECT)
    if scheme == "https":
        return HTTPSConnection(address, port, timeout=seconds, server_hostname=host, assert_hostname=host)
    return HTTPConnection(address, port, timeout=seconds)


def _read(answer: urllib3.BaseHTTPResponse, most: int, deadline: float) -> bytes:
    """The body's first bytes, at most so many."""
    body = bytearray()
    while len(body) < most and time.monotonic() <= deadline and (piece := answer.read1(min(PIECE, most - len(body)), decode_content=True)):
        body += piece
    if time.monotonic() > deadline:  # the end that was read may be where the socket was shut
        raise AppError("door.failed", "Invoke waited too long for an answer.")
    return bytes(body)


def _redirected(request: Request, status: int, url: str, *, stays: bool) -> Request:
    """The next request; headers stay with the origin they were meant for, for any of them may hold a secret."""
    if status not in (307, 308):
        request = replace(request, method="GET", body=None)
    headers = {name: value for name, value in request.headers.items() if stays or (request.body and name.lower() == "content-type")}
    return replace(request, url=url, headers=headers)
