"""`python -m bench [SECTION ...]`: measure, print each figure beside its goal, and keep them in bench/results.json."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from bench import (
    agents,
    answers,
    collections,
    documents,
    ingest,
    latency,
    memory,
    ocr,
    openwebui,
    parity,
    pdf,
    quality,
    scale,
    start,
    streams,
    tables,
)
from bench.figures import Figure, row, save
from bench.server import MODELS, ROOT, Server, cluster

RESULTS = Path(__file__).with_name("results.json")
ELASTIC_RESULTS = RESULTS.with_name("results-elasticsearch.json")
Section = Callable[[Server, Path], Iterator[Figure]]


def sections(given: argparse.Namespace, url: str) -> dict[str, Section]:
    """The sections in the order in which they run, each with a server of its own."""
    return {
        "start": start.measure,
        "memory": memory.measure,
        "ingest": ingest.measure,
        "latency": latency.measure,
        "streams": streams.measure,
        "answers": answers.measure,
        "openwebui": openwebui.measure,
        "agents": agents.measure,
        "quality": partial(quality.measure, names=given.collections, questions=given.questions),
        "documents": documents.measure,
        "scale": scale.measure,
        "tables": tables.measure,
        "pdf": pdf.measure,
        "ocr": ocr.measure,
        "parity": partial(parity.measure, url=url, names=given.collections, questions=given.questions),
    }


def run(name: str, section: Section, folder: Path, cluster: str) -> Iterator[Figure]:
    """Run one section; some start their server themselves, or need none."""
    with Server(cluster) as server:
        if name not in ("start", "streams", "agents", "tables", "pdf", "ocr", "parity"):
            server.start()
        yield from section(server, folder)


def main() -> None:
    """Measure a server of its own on a temporary folder."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION",
                        help="start memory ingest latency streams answers openwebui agents quality documents scale tables pdf ocr parity; "
                        "default: all but parity")
    parser.add_argument("--engine", choices=("embedded", "elasticsearch"), default="embedded",
                        help="elasticsearch: the one at ES_URL, or one of our own")
    parser.add_argument("--questions", type=int, default=0, help="ask at most so many of each collection (quality)")
    parser.add_argument("--collections", nargs="+", choices=collections.NAMES, default=list(collections.NAMES), help="which (quality)")
    parser.add_argument("--collections-folder", type=Path, default=collections.FOLDER)
    given = parser.parse_args()
    known = list(sections(given, ""))
    unknown = set(given.sections) - set(known)
    if unknown:
        parser.error(f"unknown section {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    subprocess.run([sys.executable, "-m", "search.embedding.prepare", "--folder", str(MODELS)], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    print(f"load average at the start {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the server is stopped too
    figures: list[Figure] = []
    wanted = given.sections or [name for name in known if name != "parity"]
    needs_cluster = given.engine == "elasticsearch" or "parity" in wanted
    try:
        with cluster() if needs_cluster else nullcontext("") as url:
            for name in wanted:
                for figure in run(name, sections(given, url)[name], given.collections_folder, url if given.engine == "elasticsearch" else ""):
                    figures.append(figure)
                    print(row(figure), flush=True)
    except collections.Missing as missing:
        sys.exit(str(missing))
    finally:
        save(figures, RESULTS if given.engine == "embedded" else ELASTIC_RESULTS)


if __name__ == "__main__":
    main()
