"""`python -m bench [SECTION ...]`: measure, print each figure beside its goal, and keep them in bench/results.json."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench import collections, ingest, latency, memory, quality, start
from bench.figures import Figure, row, save
from bench.server import MODELS, ROOT, Server

RESULTS = Path(__file__).with_name("results.json")
Section = Callable[[Server, Path], Iterator[Figure]]


def sections(given: argparse.Namespace) -> dict[str, Section]:
    """The sections in the order in which they run, each with a server of its own."""
    return {
        "start": start.measure,
        "memory": memory.measure,
        "ingest": ingest.measure,
        "latency": latency.measure,
        "quality": partial(quality.measure, names=given.collections, questions=given.questions),
    }


def run(name: str, section: Section, folder: Path) -> Iterator[Figure]:
    """Run one section; `start` starts its server itself."""
    with Server() as server:
        if name != "start":
            server.start()
        yield from section(server, folder)


def main() -> None:
    """Measure a server of its own on a temporary folder."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="start memory ingest latency quality; default: all")
    parser.add_argument("--questions", type=int, default=0, help="ask at most so many of each collection (quality)")
    parser.add_argument("--collections", nargs="+", choices=collections.NAMES, default=list(collections.NAMES), help="which (quality)")
    parser.add_argument("--collections-folder", type=Path, default=collections.FOLDER)
    given = parser.parse_args()
    known = sections(given)
    unknown = set(given.sections) - set(known)
    if unknown:
        parser.error(f"unknown section {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    subprocess.run([sys.executable, "-m", "search.embedding.prepare", "--folder", str(MODELS)], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    print(f"load average at the start {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the server is stopped too
    figures: list[Figure] = []
    try:
        for name in given.sections or known:
            for figure in run(name, known[name], given.collections_folder):
                figures.append(figure)
                print(row(figure), flush=True)
    except collections.Missing as missing:
        sys.exit(str(missing))
    finally:
        save(figures, RESULTS)


if __name__ == "__main__":
    main()
