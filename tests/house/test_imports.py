"""The arrows between the rooms, as setup.cfg draws them."""

from __future__ import annotations

import subprocess
import sys

from tests.house.source import ROOT


def test_every_import_follows_the_arrows():
    code = "from importlinter.cli import lint_imports_command as run; run()"
    lint = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_idle_processes_hold_no_heavy_library():
    """What web processes and the worker's supervisor import at start; models and parsers come with the first need."""
    code = "import sys, app, api, conf.rooms, conf.web, conf.health, ingest.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    models = {"torch", "sentence_transformers", "transformers", "onnxruntime", "tokenizers"}
    parsers = {"pypdfium2", "pdfplumber", "docx", "pptx", "openpyxl", "PIL"}
    assert not (models | parsers) & set(loaded)
