"""Invoke: asks a web service, and hands on what it answers."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from chat import prompt
from chat.canvas import inputs, web
from chat.canvas.call import Call
from chat.canvas.component import Component, Output, Params, Running
from chat.canvas.schema import Binding, refused, required
from chat.characters import whole

METHODS = ("get", "post", "put")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
# Escapes and names of hosts that Python reads as if they were text: they take long, or yield halves of characters.
_NOT_OF_THE_WEB = frozenset(("utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode"))


@dataclass(frozen=True, slots=True)
class InvokeParams(Params):
    """Those of an Invoke; `headers` is a JSON object as a text."""

    proxy: str = ""
    headers: Any = ""
    method: str = "get"
    variables: tuple[Binding, ...] = ()
    url: str = ""
    timeout: int = 60
    clean_html: bool = False
    datatype: str = "json"


class Invoke(Component):
    """Sends its variables: in the query of a GET, else as JSON or a form. It reaches what the operator has listed, and nothing else."""

    kind = "Invoke"
    schema: ClassVar[type[Params]] = InvokeParams
    params: InvokeParams

    def check(self) -> None:
        required(self.params.url, "End point URL", self.id)
        if self.params.method.lower() not in METHODS:
            raise refused(self.id, f"{self.id}: params.method should be one of {', '.join(METHODS)}.")
        if self.params.datatype.lower() not in ("json", "formdata"):
            raise refused(self.id, f"{self.id}: params.datatype should be json or formdata.")
        if self.params.timeout < 1:
            raise refused(self.id, f"{self.id}: params.timeout should be over 0.")
        if self.params.proxy.strip() not in ("", "http://", "https://"):  # an editor's empty field
            raise refused(self.id, f"{self.id}: params.proxy: a proxy is not offered, it would hide where a request goes.")
        self.headers = self._headers()

    def references(self) -> Iterable[str]:
        """What its variables stand for."""
        return (*Component.references(self), *(one.component_id for one in self.params.variables if one.component_id))

    def mentions(self) -> Iterable[str]:
        """What stands in the braces of its URL."""
        return inputs.named(self.params.url)

    def run(self, call: Call) -> Running:
        reply = web.fetch(self._request(call), call.world.doors)
        text = whole(reply.body.decode(_charset(reply.kind), "replace"))
        return Output((_plain(text) if self.params.clean_html and "html" in reply.kind.lower() else text,))
        yield

    def _request(self, call: Call) -> web.Request:
        given = {one.key: call.output(one.component_id).text if one.component_id else one.value for one in self.params.variables if one.key}
        fillings = {name: output.text for name, output in call.fillings(self.params.url, {}).items()} | given
        url = prompt.filled(self.params.url.strip(), {name: quote(value, safe="") for name, value in fillings.items()})
        url = url if "://" in url else f"http://{url}"
        method = self.params.method.upper()
        seconds = min(float(self.params.timeout), call.meter.seconds_left())
        if method == "GET":
            more = urlencode(given)
            url += (("&" if urlsplit(url).query else "?") + more) if more else ""
            return web.Request(method, url, self.headers, None, seconds)
        as_form = self.params.datatype.lower() == "formdata"
        body = urlencode(given) if as_form else json.dumps(given, ensure_ascii=False)
        kind = "application/x-www-form-urlencoded" if as_form else "application/json"
        return web.Request(method, url, {"Content-Type": kind, **self.headers}, body.encode(), seconds)

    def _headers(self) -> dict[str, str]:
        given = self.params.headers or "{}"
        try:
            given = json.loads(given) if isinstance(given, str) and given.strip() else given
        except ValueError:
            given = None
        if not isinstance(given, Mapping) or not all(_is_header(name, value) for name, value in given.items()):
            raise refused(self.id, f"{self.id}: params.headers should be a JSON object of names of headers and their texts.")
        return dict(given)


def _is_header(name: object, value: object) -> bool:
    return all(isinstance(part, str) and part.isprintable() and part.isascii() for part in (name, value)) and bool(_NAME.fullmatch(str(name)))


def _charset(kind: str) -> str:
    """The encoding that a content type names; UTF-8 when it names none of text."""
    name = kind.lower().partition("charset=")[2].partition(";")[0].strip(" \"'") or "utf-8"
    try:
        found = codecs.lookup(name).name
        b"a".decode(found, "replace")  # codecs from bytes to bytes are none of text
    except (LookupError, UnicodeError, ValueError):
        return "utf-8"
    return "utf-8" if found in _NOT_OF_THE_WEB else found


def _plain(html: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    for node in tree.css("script, style, noscript, template"):
        node.decompose()
    lines = (line.strip() for line in tree.text(separator="\n").splitlines())
    return "\n".join(line for line in lines if line)
