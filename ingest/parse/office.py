"""Old office formats made new by LibreOffice, where it is installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ingest.blocks import Unreadable
from ingest.parse import sniff

SECONDS = 120.0
NEWER = {"doc": "docx", "wps": "docx", "ppt": "pptx"}
_PROGRAMS = ("soffice", "libreoffice")
_WORDS = ("--headless", "--norestore", "--nolockcheck", "--nodefault", "--convert-to")

_program = ""


def use(program: str) -> None:
    """Set LibreOffice's program for this process; empty, it is looked for in the PATH."""
    global _program
    _program = program


@contextmanager
def modern(path: Path, name: str) -> Iterator[Path]:
    """The file, or, while the block lasts, a copy of a doc, wps or ppt file as docx or pptx. Raises Unreadable."""
    form = sniff.form_of(path, name)
    if form not in NEWER:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="office-") as folder:
        yield _converted(path, form, Path(folder))


def _converted(path: Path, form: str, folder: Path) -> Path:
    """A copy of the file in its newer form.

    The program has a profile of its own, so that it neither waits for nor disturbs another; it runs in this process's group and
    is killed with it, or when it takes too long.
    """
    program = _program or next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise Unreadable(
            f"file type not supported yet(.{form}): reading it needs LibreOffice, which is not installed on the server;"
            f" save the file as .{NEWER[form]} and upload that"
        )
    source = folder / f"source.{form}"
    shutil.copyfile(path, source)
    _run([program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", *_WORDS, NEWER[form], "--outdir", str(folder), str(source)])
    result = source.with_suffix(f".{NEWER[form]}")
    if not result.exists():
        raise Unreadable("The file is damaged, protected by a password, or not of its type: LibreOffice could not open it.")
    return result


def _run(command: list[str]) -> None:
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError as error:
        raise Unreadable("file type not supported yet: LibreOffice cannot be started on the server") from error
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"The file is too complicated: LibreOffice did not open it within {SECONDS:g} seconds.") from None
    finally:
        for number in [*_family(process.pid)] if process.returncode is None else ():
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.wait()


def _family(number: int) -> Iterator[int]:
    """A process and what it started, the youngest first."""
    with suppress(OSError):
        for child in Path(f"/proc/{number}/task/{number}/children").read_text().split():
            yield from _family(int(child))
    yield number
