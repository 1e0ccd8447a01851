"""The product's source as the house tests read it."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "chat", "conf", "ingest", "legacy", "models", "search", "services")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product by its path, migrations apart, for they are snapshots."""
    paths = [ROOT / "app.py", *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))]
    names = [str(path.relative_to(ROOT)) for path in paths if "migrations" not in path.parts]
    return {name: ast.parse((ROOT / name).read_text(encoding="utf-8")) for name in names}


def functions() -> Iterator[tuple[str, Function]]:
    """Every function of the product, with where it is."""
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


def public_functions() -> Iterator[tuple[str, Function]]:
    """The functions and methods that other modules may call; what overrides a base's method is the base's to describe."""
    for name, tree in modules().items():
        for node in _public(tree):
            yield f"{name}:{node.lineno} {node.name}", node


def _public(parent: ast.Module | ast.ClassDef) -> Iterator[Function]:
    for node in parent.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not node.bases:
            yield from _public(node)


def tracked() -> list[Path]:
    """The text files that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192]]
