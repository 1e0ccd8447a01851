"""What every request meets whatever its dialect: an id, size limits, headers, a log line, a count."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request
from flask_cors import CORS
from prometheus_client import Counter, Histogram

from conf.sections import Settings
from models.base import database

MIB = 1 << 20
FORM_PARTS = 10_000
_GIVEN_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_APIS = r"/(api|v1)/.*"  # as routed: legacy.paths has put every legacy path under /v1
_READABLE = ("Authorization", "Content-Disposition", "Content-Range", "Retry-After", "X-Request-Id")  # of the answers' headers
_PREFLIGHT_SECONDS = 30 * 86_400  # RAGFlow legacy contract 2.1
_OPERATORS = ("/healthz", "/readyz", "/metrics")

_log = structlog.get_logger("dovetail.web")
_requests = Counter("dovetail_http_requests", "Requests answered.", ["method", "route", "status"])
_seconds = Histogram("dovetail_http_seconds", "Seconds until the answer began.", ["route"])


def observe(app: Flask, settings: Settings) -> None:
    """Hang the hooks around every request of the app."""
    app.config["MAX_CONTENT_LENGTH"] = settings.http.max_upload_mb * MIB
    app.config["MAX_FORM_PARTS"] = FORM_PARTS
    # Pages of any site, but without a visitor's credentials (decisions A12), and not into a visitor's own network.
    shared = {"origins": "*", "send_wildcard": True, "allow_private_network": False, "expose_headers": _READABLE, "max_age": _PREFLIGHT_SECONDS}
    CORS(app, resources={_APIS: shared})
    body_limit = settings.http.max_body_mb * MIB

    @app.before_request
    def _begin() -> None:
        g.began = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)
        if request.mimetype != "multipart/form-data":
            request.max_content_length = body_limit

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        _record(response)
        return response

    @app.teardown_appcontext
    def _return_connection(_: BaseException | None) -> None:
        if not database.is_closed():
            database.close()


def _record(response: Response) -> None:
    """The route is its template, so that no id becomes a label and no query text a log line."""
    route = request.url_rule.rule if request.url_rule else "unmatched"
    seconds = time.perf_counter() - g.began
    method = request.method if request.method in _METHODS else "other"
    _requests.labels(method, route, response.status_code).inc()
    _seconds.labels(route).observe(seconds)
    if route not in _OPERATORS:
        tenant = g.principal.tenant if "principal" in g else None
        _log.info("request", method=method, route=route, status=response.status_code, ms=round(seconds * 1000, 1), tenant=tenant)
