"""ChunkIndex in a folder: one commit joins terms and vectors, and readers in every process follow the latest.

    <folder>/CURRENT -> g-<random>      a link, replaced in one step when an index was built anew
    <folder>/g-<random>/manifest.json   what belongs to the latest commit; terms/ is tantivy's, v-* are vectors
    <folder>.lock                       held by whoever writes
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import Unavailable
from search.embedded import generation
from search.embedded.answer import answer, nothing
from search.embedded.generation import Unsettled, View
from search.embedded.manifest import NAME, Damaged
from search.embedded.terms_index import panics
from search.index import Candidates, Changes, Query, Space

CURRENT = "CURRENT"
_ATTEMPTS = 10  # to open a folder that is replaced meanwhile

Stamp = tuple[int, int, int]


class EmbeddedIndex:
    """The embedded adapter of ChunkIndex. `space` is asked for the model's vectors only when it is needed."""

    def __init__(self, folder: Path, space: Callable[[], Space]) -> None:
        self._folder = folder
        self._space = space
        self._opening = threading.Lock()
        self._seen: tuple[Stamp, View] | None = None

    def apply(self, changes: Changes) -> None:
        """As ChunkIndex.apply."""
        with unavailable_on_failure(), self.writing():
            folder = self._current() or self._new_folder()
            seen = self._seen
            if generation.commit(folder, changes, self._space(), previous=seen[1] if seen else None):
                self._point_to(folder)

    def search(self, query: Query) -> Candidates:
        """As ChunkIndex.search. Without terms and vector nothing is opened."""
        if not query.terms and query.vector is None:
            return nothing()
        with unavailable_on_failure():
            view = self._view()
            return nothing() if view is None else answer(view, query, self._space)

    def count(self) -> int:
        """As ChunkIndex.count. Raises Unavailable."""
        with unavailable_on_failure():
            view = self._view()
            return 0 if view is None else view.vectors.count

    def drop(self) -> None:
        """As ChunkIndex.drop. Raises Unavailable."""
        with unavailable_on_failure(), self.writing():
            self._seen = None
            (self._folder / CURRENT).unlink(missing_ok=True)
            if self._folder.exists():
                shutil.rmtree(self._folder)

    def close(self) -> None:
        """As ChunkIndex.close; answers under way keep what they read from."""
        self._seen = None

    def memory(self) -> int:
        """About how many bytes this process holds for the index."""
        seen = self._seen
        return seen[1].vectors.memory() if seen else 0

    def verify(self) -> bool:
        """Tell whether the files are whole and fit program and model; an index that does not exist is."""
        with self.writing():
            folder = self._current()
            try:
                if folder is not None:
                    generation.verify(folder, self._space())
            except (FileNotFoundError, Damaged):
                return False
            return True

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock, between threads as between processes."""
        with locked(self._folder.with_name(f"{self._folder.name}.lock")):
            yield

    def begin(self) -> str:
        """Make a new, empty folder beside the current one; returns its name. Raises Unavailable."""
        with unavailable_on_failure():
            return self._new_folder().name

    def fill(self, name: str, changes: Changes) -> None:
        """Make one commit to a folder beside the current one. Raises Unavailable."""
        with unavailable_on_failure():
            generation.commit(self._folder / name, changes, self._space())

    def put_in_place(self, name: str) -> None:
        """Put a folder in place of the current one; readers of the old one finish with it. Raises Unavailable."""
        with unavailable_on_failure(), self.writing():
            self._point_to(self._folder / name)

    def sweep(self, keep: str = "") -> None:
        """Remove every folder that is neither the current one nor to be kept."""
        with self.writing():
            current = self._current()
            for folder in self._folder.glob("g-*"):
                if folder != current and folder.name != keep:
                    shutil.rmtree(folder, ignore_errors=True)

    def _view(self) -> View | None:
        """The latest commit; the one before while the latest is still being made."""
        stamp = self._stamp()
        seen = self._seen
        if seen is not None and seen[0] == stamp:
            return seen[1]
        if stamp is None:
            return None
        with self._opening:
            return self._opened()

    def _opened(self) -> View | None:
        for _ in range(_ATTEMPTS):
            stamp, folder, seen = self._stamp(), self._current(), self._seen
            if stamp is None or folder is None:
                return None
            if seen is not None and seen[0] == stamp:
                return seen[1]
            previous = seen[1] if seen else None
            try:
                view = self._opened_or_waited(folder, previous)
            except FileNotFoundError:
                continue
            self._seen = (stamp, view)
            return view
        raise Damaged(f"{self._folder} lacks files of its manifest")

    def _opened_or_waited(self, folder: Path, previous: View | None) -> View:
        """The latest commit, waiting for one that is being made: what this process saw last may lack one before it, which was acknowledged.

        Meanwhile files may come and go under the manifest, so that a folder is damaged only if it is when nobody writes.
        """
        try:
            return generation.open_view(folder, previous=previous)
        except (Unsettled, Damaged):
            with self.writing():
                return generation.open_view(folder, previous=None, settled=True)

    def _stamp(self) -> Stamp | None:
        """What changes with every commit; None where there is none."""
        try:
            status = os.stat(self._folder / CURRENT / NAME)
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def is_made(self) -> bool:
        """Tell whether anything was ever put into it, and is still there. Raises Unavailable."""
        with unavailable_on_failure():
            return self._current() is not None

    def _current(self) -> Path | None:
        try:
            return self._folder / os.readlink(self._folder / CURRENT)
        except FileNotFoundError:
            return None

    def _new_folder(self) -> Path:
        folder = self._folder / f"g-{secrets.token_hex(8)}"
        folder.mkdir(parents=True)
        return folder

    def _point_to(self, folder: Path) -> None:
        if self._current() == folder:
            return
        link = self._folder / f"{CURRENT}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(folder.name)
        os.replace(link, self._folder / CURRENT)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, opened afresh so that it also excludes other threads; the end of the process frees it. Raises Unavailable."""
    with unavailable_on_failure():
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = path.open("a")
    with opened as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)  # a child forked meanwhile holds the file open


def is_locked(path: Path) -> bool:
    """Tell whether somebody holds a lock file."""
    try:
        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


@contextmanager
def unavailable_on_failure() -> Iterator[None]:
    """A full disk, a damaged file and a panic in the engine are one thing to callers. Raises Unavailable."""
    try:
        yield
    except (OSError, Damaged) as error:
        raise Unavailable("index") from error
    except panics() as error:
        raise Unavailable("index") from error
