"""The operator's routes: /healthz (alive), /readyz (able to serve), /metrics (Prometheus)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from peewee import PeeweeException
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from conf import default_model
from conf.sections import Settings
from conf.settings import without_password
from models import blobs, jobs
from models.tables import Job, User
from search.engine import opened

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_LONGEST = 300  # characters of a problem in words


def register(app: Flask, settings: Settings) -> None:
    """Mount the operator's routes; they need no key and tell nothing of any tenant."""
    routes = Blueprint("operator", __name__)
    routes.add_url_rule("/healthz", "healthz", _healthz)
    routes.add_url_rule("/readyz", "readyz", partial(_readyz, settings))
    routes.add_url_rule("/metrics", "metrics", _metrics)
    app.register_blueprint(routes)


def problems(settings: Settings) -> dict[str, str]:
    """What keeps each thing that requests need from answering, in words without secrets; '' where nothing does."""
    return {
        "database": words(_failure(User.select(User.id))),
        "index": "" if opened().is_healthy() else "it does not answer, or lacks data",
        "blobs": words(blobs.failure()),
        "queue": words(_failure(Job.select(Job.id))),
        "model": default_model.problem(settings),
    }


def words(failure: BaseException | None) -> str:
    """The first line that a driver says, without users, passwords and signatures of addresses; '' for no failure."""
    if failure is None:
        return ""
    line = next(iter(str(failure).splitlines()), "")
    return re.sub(r"\?\S+", "", without_password(line))[:_LONGEST].rstrip(" .") or type(failure).__name__


def _healthz() -> ResponseReturnValue:
    return jsonify(status="ok")


def _readyz(settings: Settings) -> ResponseReturnValue:
    found = problems(settings)
    ready = not any(found.values())
    shown = {name: "unavailable" if problem else "ok" for name, problem in found.items()}
    return jsonify(status="ok" if ready else "unavailable", checks=shown), 200 if ready else 503


def _metrics() -> ResponseReturnValue:
    """Counts of all web processes together, and the jobs as the database has them now."""
    registry = CollectorRegistry()
    if MULTIPROCESS in os.environ:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(_Jobs())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Jobs(Collector):
    """The number of jobs by state."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gauge = GaugeMetricFamily("dovetail_jobs", "Jobs by state.", labels=["state"])
        for state, count in jobs.counts().items():
            gauge.add_metric([state], count)
        yield gauge


def _failure(question: Any) -> Exception | None:
    try:
        question.exists()
    except (PeeweeException, OSError) as error:
        return error
    return None
