"""Files that people really have, by every method that fits them: how long they take, and why those are refused that are."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.client import Client, Refused, in_parallel
from bench.figures import Figure
from bench.server import ROOT, Server

FOLDER = ROOT.parent / "shared" / "documents"
LONGEST_REASON = 90  # characters
BY_NAME = "by its type"
METHODS: dict[str, Sequence[str]] = {
    BY_NAME: ("**/*.*",),
    "table": ("**/*.csv", "**/*.tsv", "**/*.xls*"),
    "qa": ("**/*.csv", "**/*.md", "**/*.xls*"),
    "one": ("**/*.txt", "**/*.md", "**/*.docx", "**/*.html", "**/*.odt"),
    "manual": ("**/*.docx", "pdfplumber/*.pdf"),
    "book": ("**/*.html", "**/*.epub", "**/*.doc"),
    "laws": ("**/*.docx", "**/*.txt"),
    "paper": ("mineru/*.pdf",),
}
"""The files that each method is tried on, beside the one that an upload would give them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `reason` is empty where it was parsed."""

    file: Path
    chunks: int
    seconds: float
    reason: str = ""


def measure(server: Server, folder: Path) -> Iterator[Figure]:
    """Yield a line for each method and format, and how many files were lost: neither parsed nor refused."""
    client = Client(server.base, server.key)
    lost = files = 0
    begun = time.monotonic()
    for method, patterns in METHODS.items():
        by_format: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in outcomes(client, method, files_of(patterns)):
            by_format[outcome.file.suffix[1:].lower()].append(outcome)
        for suffix, found in sorted(by_format.items()):
            files += len(found)
            lost += sum("Traceback" in one.reason or "internal error" in one.reason or "attempts ended" in one.reason for one in found)
            yield Figure("documents", f"{suffix} {method}: {len(found)} files", sum(one.seconds for one in found), "s", "", _note(found))
    yield Figure("documents", f"all {files} parses", time.monotonic() - begun, "s")
    yield Figure("documents", "files neither parsed nor refused with a reason", lost, "files", "<= 0")


def files_of(patterns: Sequence[str]) -> list[Path]:
    """The files of the folder that match, each once."""
    if not FOLDER.is_dir():
        raise SystemExit(f"There are no documents at {FOLDER}.")
    return sorted({path for pattern in patterns for path in FOLDER.glob(pattern) if path.is_file() and path.name != "README.md"})


def outcomes(client: Client, method: str, files: Sequence[Path]) -> list[Outcome]:
    """What became of each file in a dataset of that method; two clients, so that both of the worker's children have one each."""
    dataset = client.dataset(method, chunk_method="naive" if method == BY_NAME else method)
    return in_parallel(lambda file: _outcome(client, dataset, file), files, clients=2)


def _outcome(client: Client, dataset: str, file: Path) -> Outcome:
    try:
        [document] = client.upload(dataset, [(file.name, file.read_bytes())])
        client.call("POST", f"/datasets/{dataset}/chunks", json={"document_ids": [document]})
    except Refused as refused:
        return Outcome(file, 0, 0.0, "at upload, " + str(refused).rpartition(": ")[2].strip("'}"))
    while True:
        [found] = client.call("GET", f"/datasets/{dataset}/documents", params={"id": document})["docs"]
        if found["run"] != "RUNNING":
            reason = found["progress_msg"].rpartition("[ERROR]")[2] if found["run"] != "DONE" else ""
            return Outcome(file, found["chunk_count"], found["process_duration"], reason)
        time.sleep(0.1)


def _note(found: Sequence[Outcome]) -> str:
    reasons = Counter(one.reason[:LONGEST_REASON] for one in found if one.reason)
    refused = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common())
    return f"{sum(one.chunks for one in found)} chunks" + (f"; refused: {refused}" if refused else "")
